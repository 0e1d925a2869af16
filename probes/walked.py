"""What several agents make of one and the same walk: their memories at the same moments, `[sample, unit]`."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.policy import RecurrentPolicy
from probes.record import record
from sims.core.policy import Policy
from sims.pointnav.env import PointNavVectorEnv

BATCH = 128
"""Episodes that are walked at once."""


class Walk(NamedTuple):
    """Whole episodes that somebody walked, and the moments of them at which memories are compared.

    Attributes:
        observations: `[step, 12]`, one episode after the other. first, length: `[episode]`, where each begins and how
            many steps it has. moments: `[episode, moment]`, steps of each episode, ascending.
        layouts: `[episode]`, numbers of the floors.
    """

    observations: NDArray[np.float32]
    first: NDArray[np.int64]
    length: NDArray[np.int64]
    moments: NDArray[np.int64]
    layouts: NDArray[np.int64]

    def floors(self) -> NDArray[np.int64]:
        """The floor of every sample that `memories` gives."""
        return np.repeat(self.layouts, self.moments.shape[1])


def walk(policy: Policy, env: PointNavVectorEnv, n_episodes: int, moments: int, seed: int = 0) -> Walk:
    """Have `policy` walk `n_episodes` of the env's pool; `moments` of each are looked at, the last one included.

    Walks with fewer steps than moments are left out, since a moment that is looked at twice agrees with itself.

    Raises:
        ValueError: no walk is long enough; or as `probes.record.record`.
    """
    made = record(policy, env, n_episodes, twin=policy, moments=1, seed=seed)
    steps = made.episodes["steps"]
    kept = np.flatnonzero(steps >= moments)
    if len(kept) == 0:
        raise ValueError(f"the longest of {n_episodes} walks has {steps.max()} steps: ask for as many moments or fewer")
    length = steps[kept]
    at = -(-length[:, None] * np.arange(1, moments + 1) // moments) - 1  # all different, as steps are enough
    return Walk(made.steps["observation"], made.episodes["first"][kept], length, at, made.layout_numbers()[kept])


def memories(policy: Policy, walked: Walk) -> dict[str, NDArray[np.float32]]:
    """What `policy` holds at the walk's moments once it has been shown the walk; its own actions are not taken.

    Returns:
        By part, `[sample, unit]`, an episode's moments one after the other: `h.0`, `c.0`, `h.1`, ... of the memory, and
        of our own agents what surrounds it: `embedding` (of the observation) and `heads` (logits and value).

    Raises:
        ValueError: the policy's memory has no h and c.
    """
    batches = [
        _batch(policy, walked, np.arange(begin, min(begin + BATCH, len(walked.first))))
        for begin in range(0, len(walked.first), BATCH)
    ]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def _batch(policy: Policy, walked: Walk, episodes: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    first, length, moments = walked.first[episodes], walked.length[episodes], walked.moments[episodes]
    state = policy.initial_state(len(episodes))
    if not (hasattr(state, "h") and hasattr(state, "c")):
        raise ValueError(
            f"{type(policy).__name__} has a memory without h and c ({type(state).__name__}): similarity compares LSTMs"
        )
    look = _looker(policy)
    kept: dict[str, NDArray[np.float32]] = {}
    for t in range(int(length.max())):
        obs = walked.observations[first + np.minimum(t, length - 1)]
        before = state
        _, state = policy.step(obs, state)
        now = moments == t
        if now.any():
            parts = _parts(state) | look(obs, before, state)
            for name, values in parts.items():
                room = kept.setdefault(name, np.empty((*moments.shape, values.shape[1]), np.float32))
                room[now] = values[np.nonzero(now)[0]]
    return {name: values.reshape(-1, values.shape[-1]) for name, values in kept.items()}


def _parts(state: Any) -> dict[str, NDArray[np.float32]]:
    both = {name: np.asarray(torch.as_tensor(getattr(state, name)).float().cpu()) for name in ("h", "c")}
    return {f"{name}.{k}": layer for name, layers in both.items() for k, layer in enumerate(layers)}


def _looker(policy: Policy) -> Callable[[NDArray[np.float32], Any, Any], dict[str, NDArray[np.float32]]]:
    """What lies before and behind the memory of one of our own agents; nothing of anybody else's."""
    if not isinstance(policy, RecurrentPolicy):
        return lambda obs, before, state: {}
    agent = policy.agent

    @torch.no_grad()
    def look(obs: NDArray[np.float32], before: Any, state: Any) -> dict[str, NDArray[np.float32]]:
        embedded = agent.embedded(torch.from_numpy(obs), before.gps)
        logits, value = agent.heads(state.h[-1])
        heads = torch.cat([logits, value[:, None]], 1)
        return {"embedding": embedded.float().cpu().numpy(), "heads": heads.float().cpu().numpy()}

    return look
