"""Collects experience: preallocated time-major buffers, one forward pass for all envs a tick."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.nets import BlindAgent, Memory
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import MEASURES


@dataclass
class Rollout:
    """What `collect` fills: `[time, env, ...]`, and the memory before the first step."""

    obs: Tensor  # [time, env, 12]
    actions: Tensor  # [time, env] int64
    log_p: Tensor  # [time, env] of the actions taken
    values: Tensor  # [time, env]
    rewards: Tensor  # [time, env]; at a truncation gamma x the value of the last observation is added
    ended: NDArray[np.bool_]  # [time, env]
    before: Memory
    last_values: Tensor  # [env]


@dataclass
class Position:
    """Where collecting stands: the observation not yet acted on, and the memory before it."""

    obs: NDArray[np.float32]
    memory: Memory


def blank_rollout(n_steps: int, n_envs: int, n_obs: int, memory: Memory) -> Rollout:
    """Memory for `n_steps` of `n_envs`."""
    per_step = (n_steps, n_envs)
    return Rollout(
        torch.zeros(*per_step, n_obs),
        torch.zeros(per_step, dtype=torch.int64),
        torch.zeros(per_step),
        torch.zeros(per_step),
        torch.zeros(per_step),
        np.zeros(per_step, np.bool_),
        Memory(torch.zeros_like(memory.h), torch.zeros_like(memory.c)),
        torch.zeros(n_envs),
    )


@torch.inference_mode()
def collect(
    env: PointNavVectorEnv,
    agent: BlindAgent,
    position: Position,
    rollout: Rollout,
    gamma: float,
    generator: torch.Generator,
) -> list[dict[str, Any]]:
    """Play the rollout's number of steps and fill it; `position` moves on.

    Truncated episodes are bootstrapped: gamma x the value of their last observation is added to their last reward.

    Returns:
        The measures of the episodes that ended: a dictionary of arrays a tick in which any did.
    """
    ended_episodes: list[dict[str, Any]] = []
    rollout.before.h.copy_(position.memory.h)
    rollout.before.c.copy_(position.memory.c)
    for t in range(len(rollout.actions)):
        obs = torch.from_numpy(position.obs)
        logits, values, memory = agent(obs[None], position.memory)
        log_p = torch.log_softmax(logits[0], -1)
        noise = torch.rand(log_p.shape, generator=generator).clamp_(1e-10)
        actions = (log_p - torch.log(-torch.log(noise))).argmax(-1)  # Gumbel's way to sample
        rollout.obs[t] = obs
        rollout.actions[t] = actions
        rollout.log_p[t] = log_p.gather(-1, actions[:, None])[:, 0]
        rollout.values[t] = values[0]
        next_obs, rewards, terminated, truncated, infos = env.step(actions.numpy())
        assert isinstance(next_obs, np.ndarray), "the env's observations must be flat"
        position.obs = next_obs
        rollout.rewards[t] = torch.from_numpy(rewards)
        ended = terminated | truncated
        rollout.ended[t] = ended
        if ended.any():
            if truncated.any():
                rollout.rewards[t] += gamma * _values_at_truncation(agent, truncated, infos["final_obs"], memory)
            keep = torch.from_numpy(~ended).to(memory.h.dtype)[None, :, None]
            memory = Memory(memory.h * keep, memory.c * keep)
            ended_episodes.append({name: infos["final_info"][name][ended] for name in (*MEASURES, "steps")})
        position.memory = memory
    _, last_values, _ = agent(torch.from_numpy(position.obs)[None], position.memory)
    rollout.last_values.copy_(last_values[0])
    return ended_episodes


def _values_at_truncation(
    agent: BlindAgent, truncated: NDArray[np.bool_], final_obs: NDArray[np.float32], memory: Memory
) -> Tensor:
    """Values `[env]` of the last observations of truncated episodes, zero elsewhere; `memory` is that after acting."""
    rows = torch.from_numpy(np.flatnonzero(truncated))
    _, values, _ = agent(torch.from_numpy(final_obs)[rows][None], Memory(memory.h[:, rows], memory.c[:, rows]))
    spread = torch.zeros(len(truncated))
    spread[rows] = values[0]
    return spread
