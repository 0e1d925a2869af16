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
    ended: Tensor  # [time, env] bool, whether the action was its episode's last
    before: Memory
    last_values: Tensor  # [env]


@dataclass
class Position:
    """Where collecting stands: the observation not yet acted on, and the memory before it."""

    obs: NDArray[np.float32]
    memory: Memory


def blank_rollout(n_steps: int, n_envs: int, n_obs: int, memory: Memory) -> Rollout:
    """Memory for `n_steps` of `n_envs`, on the device of `memory`."""

    def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.zeros(shape, dtype=dtype, device=memory.h.device)

    return Rollout(
        zeros(n_steps, n_envs, n_obs),
        zeros(n_steps, n_envs, dtype=torch.int64),
        zeros(n_steps, n_envs),
        zeros(n_steps, n_envs),
        zeros(n_steps, n_envs),
        zeros(n_steps, n_envs, dtype=torch.bool),
        Memory(*(torch.zeros_like(part) for part in memory)),
        zeros(n_envs),
    )


@torch.no_grad()
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
    for kept, part in zip(rollout.before, position.memory, strict=True):
        kept.copy_(part)
    weights, device = agent.weights(), rollout.obs.device
    noise_t = gumbel((*rollout.actions.shape, agent.actor.out_features), generator).to(device)
    for t in range(len(rollout.actions)):
        rollout.obs[t] = torch.from_numpy(position.obs)
        logits, rollout.values[t], memory = agent(rollout.obs[t : t + 1], position.memory, weights=weights)
        actions = rollout.actions[t] = (logits[0] + noise_t[t]).argmax(-1)
        rollout.log_p[t] = torch.log_softmax(logits[0], -1).gather(-1, actions[:, None])[:, 0]
        next_obs, rewards, terminated, truncated, infos = env.step(actions.cpu().numpy())
        assert isinstance(next_obs, np.ndarray), "the env's observations must be flat"
        position.obs = next_obs
        rollout.rewards[t] = torch.from_numpy(rewards)
        ended = terminated | truncated
        if ended.any():
            rollout.ended[t] = torch.from_numpy(ended)
            if truncated.any():
                rows = torch.from_numpy(np.flatnonzero(truncated)).to(device)
                final_obs = torch.from_numpy(infos["final_obs"]).to(device)
                _, values, _ = agent(final_obs[rows][None], memory.of(rows), weights=weights)
                rollout.rewards[t, rows] += gamma * values[0]
            memory = memory.where(~rollout.ended[t])
            ended_episodes.append({name: infos["final_info"][name][ended] for name in (*MEASURES, "steps")})
        else:
            rollout.ended[t] = False
        position.memory = memory
    last_obs = torch.from_numpy(position.obs).to(device)
    rollout.last_values[:] = agent(last_obs[None], position.memory, weights=weights)[1][0]
    return ended_episodes


def gumbel(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Standard Gumbel noise: logits plus this have their maximum at an action drawn from their softmax."""
    uniform = torch.rand(shape, generator=generator)
    return -torch.log(-torch.log(uniform.clamp(1e-10, 1.0 - 1e-7)))
