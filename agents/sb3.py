"""Stable-Baselines3: the batched worlds as its `VecEnv`s, and SB3-contrib's `RecurrentPPO` as a `Policy`.

env = WorldVecEnv(PointNavVectorEnv(64))
model = RecurrentPPO("MlpLstmPolicy", env).learn(100_000)
play(Sb3Policy(model), PointNavVectorEnv(64, layouts="houses:1000000-1000010"), numbers)
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from gymnasium.spaces import Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

try:
    from sb3_contrib import RecurrentPPO
    from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
    from stable_baselines3.common.distributions import CategoricalDistribution
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import VecEnv
    from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"{missing.name} is not installed, and agents.sb3 needs it: pip install 'umwelt-sims[sb3]'", name=missing.name
    ) from missing

from agents.lstm import LstmState
from agents.policy import STARTED
from agents.rollout import gumbel
from sims.pointnav.state import N_ACTIONS
from sims.pointnav.view import N_OBS


class WorldVecEnv(VecEnv):
    """A batched world as Stable-Baselines3 wants it; all envs are still stepped together, in this process.

    At an episode's end `infos[e]` holds the world's measures, `terminal_observation`, `TimeLimit.truncated` and, as
    SB3's `Monitor` would have it, `episode` (`r` its return, `l` its steps, `t` seconds since the beginning), so that
    SB3's logs show them; and `is_success` where the world measures `success`.

    `seed(s)` has the next `reset` seed env i with `s + i`; a `reset` without goes on to every env's next episode.

    Args:
        env: a `PointNavVectorEnv`, or any Gymnasium `VectorEnv` that resets in the same step.

    Raises:
        ValueError: an env that resets otherwise, or one that overwrites the arrays it has given.
    """

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        mode = env.metadata.get("autoreset_mode")
        if mode is not AutoresetMode.SAME_STEP:
            raise ValueError(
                f"the env must reset in the step that ends an episode (AutoresetMode.SAME_STEP), got {mode}: "
                "give Gymnasium's own vector envs autoreset_mode=AutoresetMode.SAME_STEP"
            )
        if not getattr(env, "copy", True):
            raise ValueError("the env overwrites its arrays at every step and SB3 keeps them: make it with copy=True")
        self.env = env
        self._actions: NDArray[Any] = np.zeros(env.num_envs, np.int64)
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        self._began = time.monotonic()
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> VecEnvObs:
        """Begin an episode in every env, with the seed and the options given since the last time."""
        obs, batch = self.env.reset(seed=self._seeds[0], options=self._options[0] or None)
        self.reset_infos = [_row(batch, e) for e in range(self.num_envs)]
        self._returns[:], self._lengths[:] = 0.0, 0
        self._reset_seeds()
        self._reset_options()
        return obs

    def set_options(self, options: list[dict[str, Any]] | dict[str, Any] | None = None) -> None:
        """Options of the next reset, the batch's own, such as `{"episodes": [...]}`, one number an env.

        Raises:
            ValueError: a list of dictionaries, one an env.
        """
        if isinstance(options, list):
            raise ValueError("the envs are reset together: give one dictionary of options for all, not a list of them")
        super().set_options(options)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions `[env]` for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Take the actions; where an episode ended, the observation is already the next one's first."""
        obs, rewards, terminated, truncated, batch = self.env.step(self._actions)
        self._returns += rewards
        self._lengths += 1
        ongoing = {name: value for name, value in batch.items() if not name.lstrip("_").startswith("final_")}
        infos = [_row(ongoing, e) for e in range(self.num_envs)]
        done = terminated | truncated
        for e in np.flatnonzero(done):
            self.reset_infos[e] = infos[e]
            infos[e] = self._at_end(e, batch, bool(truncated[e] and not terminated[e]))
        self._returns[done], self._lengths[done] = 0.0, 0
        return obs, rewards.astype(np.float32), done, infos

    def _at_end(self, e: np.intp, batch: Mapping[str, Any], truncated: bool) -> dict[str, Any]:
        info = _row(batch.get("final_info", {}), e)
        if "success" in info:
            info["is_success"] = bool(info["success"])
        return info | {
            "terminal_observation": batch["final_obs"][e],
            "TimeLimit.truncated": truncated,
            "episode": {
                "r": round(float(self._returns[e]), 6),
                "l": int(self._lengths[e]),
                "t": round(time.monotonic() - self._began, 6),
            },
        }

    def close(self) -> None:
        """Close the world."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The world's attribute for every env of `indices`: an array or tuple with one entry an env is shared out.

        Raises:
            AttributeError: there is none of that name.
        """
        return self._shared_out(getattr(self.env, attr_name), indices)

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set the world's attribute, which all envs share.

        Raises:
            ValueError: `indices` are not all envs.
        """
        self._check_whole(f"attribute {attr_name!r}", indices)
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """Call the world's method, once, and share out what it returns as `get_attr` does.

        Raises:
            AttributeError: there is none of that name. ValueError: `indices` are not all envs.
        """
        self._check_whole(f"method {method_name!r}", indices)
        return self._shared_out(getattr(self.env, method_name)(*args, **kwargs), indices)

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """Whether it does what the wrapper does: yes for `Monitor`, whose `episode` infos it gives."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """A picture of every env; None without a render mode."""
        frames: Any = self.env.render()
        return [None] * self.num_envs if frames is None else list(frames)

    def _shared_out(self, value: Any, indices: VecEnvIndices) -> list[Any]:
        """`value` for every env of `indices`, or its part where it has one for each."""
        listed = type(value) in (tuple, list) or (isinstance(value, np.ndarray) and value.ndim > 0)
        each = listed and len(value) == self.num_envs
        return [value[e] if each else value for e in self._get_indices(indices)]

    def _check_whole(self, what: str, indices: VecEnvIndices) -> None:
        if len(set(self._get_indices(indices))) != self.num_envs:
            raise ValueError(f"the {what} is that of all {self.num_envs} envs together: leave indices out")


class Sb3Policy:
    """A trained `RecurrentPPO` of SB3-contrib; implements `sims.core.policy.Policy`.

    Its memory is that of the actor's LSTM: h and c `[layer, env, hidden]`. A critic's own is left out, and
    observations are normalised as the model's `VecNormalize`, where it has one, would.

    Args:
        model: trained on flat observations. greedy: take the likeliest action instead of drawing one.
        seed: of the draws.

    Raises:
        ValueError: a model of another kind, or of other observations or actions than PointNav's.
    """

    def __init__(self, model: RecurrentPPO, *, greedy: bool = False, seed: int = 0) -> None:
        if not isinstance(model, RecurrentPPO):
            raise ValueError(f"the model must be a RecurrentPPO of sb3_contrib, got {type(model).__name__}")
        expected = ((N_OBS,), Discrete(N_ACTIONS))
        if (model.observation_space.shape, model.action_space) != expected:
            raise ValueError(
                f"the model must take flat observations of shape ({N_OBS},) and have {N_ACTIONS} actions, got "
                f"{model.observation_space} and {model.action_space}: train it on PointNavVectorEnv(obs='flat')"
            )
        self.policy, self.greedy = cast(RecurrentActorCriticPolicy, model.policy), greedy
        self._normaliser = model.get_vec_normalize_env()
        self._generator = torch.Generator().manual_seed(seed)

    def initial_state(self, n: int) -> LstmState:
        """Blank memory for `n` envs."""
        lstm = self.policy.lstm_actor
        zeros = torch.zeros(lstm.num_layers, n, lstm.hidden_size, device=self.policy.device)
        return LstmState(zeros, zeros.clone())

    @torch.no_grad()
    def step(self, obs: NDArray[np.float32], state: LstmState) -> tuple[NDArray[np.int64], LstmState]:
        """Actions `[env]` for observations `[env, 12]`, and the memory afterwards."""
        self.policy.set_training_mode(False)
        seen = obs if self._normaliser is None else self._normaliser.normalize_obs(obs)
        starts, seen = (
            torch.tensor(array, dtype=torch.float32, device=self.policy.device) for array in (obs[:, STARTED], seen)
        )
        distribution, (h, c) = self.policy.get_distribution(seen, (state.h, state.c), starts)
        assert isinstance(distribution, CategoricalDistribution)
        scores = distribution.distribution.logits
        if not self.greedy:
            scores = scores + gumbel(tuple(scores.shape), self._generator).to(scores.device)
        return scores.argmax(-1).cpu().numpy(), LstmState(h, c)


def _row(batch: Mapping[str, Any], e: int | np.intp) -> dict[str, Any]:
    """Env `e`'s entries of Gymnasium's batched infos, without the masks `_<name>` and what they mask."""
    row: dict[str, Any] = {}
    for name, value in batch.items():
        mask = batch.get(f"_{name}")
        if name.startswith("_") or (mask is not None and not mask[e]):
            continue
        entry = _row(value, e) if isinstance(value, Mapping) else value[e]
        row[name] = entry.item() if isinstance(entry, np.generic) else entry
    return row
