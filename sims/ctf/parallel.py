"""The PettingZoo shell of Capture the Flag: one match, its agents by name."""

from copy import deepcopy
from typing import Any, Unpack

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from sims.ctf.env import CaptureTheFlagSettings, CaptureTheFlagVectorEnv
from sims.ctf.privileged import Privileged


class CaptureTheFlagParallelEnv(ParallelEnv[str, Any, Any]):
    """One match, a `VectorEnv` batch of one, for PettingZoo's parallel API.

    Agents are `red_0`, `red_1`, ..., `blue_0`, ...; players whom `bots=` names have none. Takes what
    `sims.ctf.env.CaptureTheFlagVectorEnv` takes, less the batch.
    """

    metadata: dict[str, Any] = {
        "name": "umwelt_capture_the_flag_v0",
        "render_modes": ["rgb_array"],
        "render_fps": 15,
        "is_parallelizable": True,
    }

    def __init__(self, *, render_mode: str | None = None, **settings: Unpack[CaptureTheFlagSettings]) -> None:
        team_size = settings.get("team_size", 2)
        n_bots = len(settings.get("bots") or {})
        n_slots = 2 * team_size - n_bots if isinstance(team_size, int | np.integer) else 1
        self.batch = CaptureTheFlagVectorEnv(max(1, n_slots), render_mode=render_mode, **settings)
        self.batch._autoreset = False
        self.render_mode = render_mode
        names = [f"{team}_{i}" for team in ("red", "blue") for i in range(team_size)]
        self.possible_agents = [names[p] for p in self.batch.controlled]
        self.agents: list[str] = []
        self._action_spaces = {agent: deepcopy(self.batch.single_action_space) for agent in self.possible_agents}

    def privileged(self) -> Privileged:
        """What probes ask and observations never tell, of a batch of one match."""
        return self.batch.privileged()

    def observation_space(self, agent: str) -> spaces.Space:
        """An agent's observations: the same for all."""
        self._check(agent)
        return self.batch.single_observation_space

    def action_space(self, agent: str) -> spaces.Space:
        """An agent's actions: the same kind for all, each with its own random numbers."""
        self._check(agent)
        return self._action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        """Begin a match; `seed` as in the batched env's first match. There are no options: what is passed is ignored.

        PettingZoo's `parallel_api_test` passes some and demands that.
        """
        obs, infos = self.batch.reset(seed=seed)
        self.agents = list(self.possible_agents)
        return self._by_agent(obs), {agent: {"map": int(infos["map"][0])} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        """Play one step; an action for every agent of the match."""
        if not self.agents:
            raise ResetNeeded("the match is over: call reset() before the next step()")
        missing = [agent for agent in self.agents if agent not in actions]
        if missing or len(actions) != len(self.agents):
            raise ValueError(f"actions must be given for exactly {self.agents}, got {sorted(actions)}")
        obs, rewards, over, _, infos = self.batch.step(np.array([actions[agent] for agent in self.agents]))
        agents, final = self.agents, infos.get("final_info", {})
        told: dict[str, dict[str, Any]] = {}
        for i, agent in enumerate(agents):
            last = {name: values[i].item() for name, values in final.items() if not name.startswith("_")}
            told[agent] = {"events": infos["events"][i]} | last
        results = (
            self._by_agent(obs),
            {agent: float(rewards[i]) for i, agent in enumerate(agents)},
            {agent: bool(over[i]) for i, agent in enumerate(agents)},
            dict.fromkeys(agents, False),
            told,
        )
        if over.any():
            self.agents = []
        return results

    def render(self) -> NDArray[np.uint8] | None:  # type: ignore[override]
        """What all agents see, side by side: `[height, agents * width, 3]` uint8; None without a mode."""
        frames = self.batch.render()
        return None if frames is None else np.concatenate(frames, axis=1)

    def _check(self, agent: str) -> None:
        if agent not in self.possible_agents:
            raise ValueError(f"there is no agent {agent!r}: expected one of {self.possible_agents}")

    def _by_agent(self, obs: Any) -> dict[str, Any]:
        if isinstance(obs, dict):
            return {a: {name: values[i] for name, values in obs.items()} for i, a in enumerate(self.possible_agents)}
        return {agent: obs[i] for i, agent in enumerate(self.possible_agents)}


def parallel_env(**settings: Unpack[CaptureTheFlagSettings]) -> CaptureTheFlagParallelEnv:
    """A match as a PettingZoo `ParallelEnv`; see `CaptureTheFlagParallelEnv`."""
    return CaptureTheFlagParallelEnv(**settings)
