"""The single env of Capture the Flag: slot 0 of a batch of one match, bots elsewhere."""

from collections.abc import Mapping
from typing import Any, Unpack

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray

from sims.ctf.env import CaptureTheFlagSettings, CaptureTheFlagVectorEnv
from sims.ctf.privileged import Privileged
from sims.ctf.state import State


class CaptureTheFlagEnv(gymnasium.Env[Any, Any]):
    """One player of a match: slot 0 of a batch of one match, by default with bots of level 3 in all other places.

    `info` of the last step holds the match's results; `reset(seed=s)` begins what match m of a batch reset with `s - m`
    begins.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 15}

    def __init__(self, *, render_mode: str | None = None, **settings: Unpack[CaptureTheFlagSettings]) -> None:
        team_size, bots = settings.get("team_size", 2), settings.get("bots")
        n_others = 2 * team_size - 1 if isinstance(team_size, int | np.integer) else 1
        if bots is None:
            settings["bots"] = dict.fromkeys(range(1, 1 + n_others), 3)
        elif isinstance(bots, Mapping) and len(bots) < n_others:
            raise ValueError(
                "this env is one player's: bots= must name all the others, as {1: 3, 2: 3, 3: 3}, or be left out for "
                f"bots of level 3; got {bots!r}"
            )
        self.batch = CaptureTheFlagVectorEnv(1, render_mode=render_mode, **settings)
        self.batch._autoreset = False
        self.render_mode = render_mode
        self.observation_space = self.batch.single_observation_space
        self.action_space = self.batch.single_action_space
        self._over = True

    @property
    def state(self) -> State:
        """The privileged state, a batch of one match."""
        return self.batch.state

    def privileged(self) -> Privileged:
        """What probes ask and observations never tell, of a batch of one match."""
        return self.batch.privileged()

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin a match."""
        super().reset(seed=seed)
        if options:
            raise ValueError(f"unknown reset options {sorted(options)}: there are none")
        obs, infos = self.batch.reset(seed=seed)
        self._over = False
        return _first(obs), {"map": int(infos["map"][0])}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play one step."""
        if self._over:
            raise ResetNeeded("the match is over: call reset() before the next step()")
        obs, rewards, terminated, _, infos = self.batch.step(np.asarray(action)[None])
        self._over = bool(terminated[0])
        final = infos.get("final_info", {})
        info = {name: values[0].item() for name, values in final.items() if not name.startswith("_")}
        return _first(obs), float(rewards[0]), self._over, False, {"events": infos["events"][0]} | info

    def render(self) -> NDArray[np.uint8] | None:  # type: ignore[override]
        """What the player sees, `[height, width, 3]` uint8; None without a mode."""
        frames = self.batch.render()
        return None if frames is None else frames[0]


def _first(obs: Any) -> Any:
    return {name: values[0] for name, values in obs.items()} if isinstance(obs, dict) else obs[0]
