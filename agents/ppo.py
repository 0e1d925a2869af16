"""Recurrent PPO's update (Schulman et al. 2017) on rollouts of whole time, cut into fragments for the fused LSTM.

Where torch.distributed is initialised, gradients are averaged over its processes after every minibatch, as in DD-PPO
(Wijmans et al. 2020), each process having stepped its own envs.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch import distributed as dist

from agents.fragments import buckets, memory_of
from agents.losses import advantages_and_returns, clip_loss, clipped_value_loss, entropy_of
from agents.nets import BlindAgent
from agents.rollout import Rollout


@dataclass(frozen=True)
class Losses:
    """Weights and limits of PPO's update."""

    epochs: int = 2
    """Times that each rollout is learnt from."""
    minibatches: int = 4
    """Updates an epoch; each takes the whole time of a share of the envs."""
    gamma: float = 0.99
    """Discount a step."""
    gae_lambda: float = 0.95
    """Lambda of generalised advantage estimation."""
    clip: float = 0.2
    """How far the probability ratio counts."""
    value_weight: float = 0.5
    """Weight of the value loss."""
    entropy_weight: float = 0.01
    """Weight of the entropy bonus."""
    max_grad_norm: float = 0.5
    """Gradients are scaled down to this norm."""


class NotFiniteError(ArithmeticError):
    """A NaN or an infinity, and where; the run stops before it is saved."""


def precision_of_cpu() -> str:
    """`bfloat16` where the CPU multiplies in it (AVX-512 BF16 or AMX), else `float32`; by its flags, not by timing."""
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.is_file() else set()
    return "bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"


def autocast(precision: str) -> Any:
    """The context in which matrix products run in `precision`."""
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")


def learn(
    agent: BlindAgent,
    optimizer: torch.optim.Optimizer,
    rollout: Rollout,
    losses: Losses,
    precision: str,
    generator: torch.Generator,
) -> dict[str, float]:
    """Update `agent` on one rollout; returns means of the losses.

    Raises:
        NotFiniteError: an observation, reward, loss or gradient is not finite.
    """
    check_finite("observation", rollout.obs)
    check_finite("reward", rollout.rewards)
    ended = torch.from_numpy(rollout.ended)
    advantages, returns = advantages_and_returns(
        rollout.rewards, rollout.values, rollout.last_values, ended, losses.gamma, losses.gae_lambda
    )
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-5)
    sums = {"policy_loss": 0.0, "value_loss": 0.0, "entropy": 0.0}
    n_envs, updates = rollout.actions.shape[1], 0
    for _ in range(losses.epochs):
        for columns in np.array_split(torch.randperm(n_envs, generator=generator).numpy(), losses.minibatches):
            optimizer.zero_grad(set_to_none=True)
            for name, value in _backward(agent, rollout, advantages, returns, columns, losses, precision).items():
                sums[name] += value
            average_gradients(agent)
            norm = nn.utils.clip_grad_norm_(agent.parameters(), losses.max_grad_norm)
            check_finite("gradient", norm)
            optimizer.step()
            updates += 1
    return {name: value / updates for name, value in sums.items()}


def _backward(
    agent: BlindAgent,
    rollout: Rollout,
    advantages: Tensor,
    returns: Tensor,
    columns: np.ndarray,
    losses: Losses,
    precision: str,
) -> dict[str, float]:
    """Add the gradients of one minibatch, the rollout's `columns`, fragment bucket by fragment bucket."""
    n = len(rollout.actions) * len(columns)
    flat_obs = rollout.obs.flatten(0, 1)
    sums = {"policy_loss": 0.0, "value_loss": 0.0, "entropy": 0.0}
    for bucket in buckets(rollout.ended, columns):
        with autocast(precision):
            logits, values, _ = agent(flat_obs[bucket.steps], memory_of(bucket, rollout.before))
        index = bucket.steps[bucket.valid]
        log_p = torch.log_softmax(logits[bucket.valid], -1)
        taken = rollout.actions.view(-1)[index]
        ratio = (log_p.gather(-1, taken[:, None])[:, 0] - rollout.log_p.view(-1)[index]).exp()
        parts = {
            "policy_loss": clip_loss(ratio, advantages.view(-1)[index], losses.clip).sum() / n,
            "value_loss": clipped_value_loss(
                values[bucket.valid], rollout.values.view(-1)[index], returns.view(-1)[index], losses.clip
            ).sum()
            / n,
            "entropy": entropy_of(log_p).sum() / n,
        }
        loss = (
            parts["policy_loss"] + losses.value_weight * parts["value_loss"] - losses.entropy_weight * parts["entropy"]
        )
        check_finite("loss", loss)
        loss.backward()
        for name, part in parts.items():
            sums[name] += part.item()
    return sums


def average_gradients(agent: nn.Module) -> None:
    """Average all gradients over the processes, in one message."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return
    gradients = [p.grad for p in agent.parameters() if p.grad is not None]
    flat = torch.cat([gradient.view(-1) for gradient in gradients])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def check_finite(name: str, tensor: Tensor) -> None:
    """Raise NotFiniteError naming the tensor and the first bad place."""
    if not torch.isfinite(tensor).all():
        place = torch.nonzero(~torch.isfinite(tensor.reshape(-1)))[0].item()
        raise NotFiniteError(
            f"the {name} is not finite (first at flat index {place} of shape {tuple(tensor.shape)}): "
            "the run stops here and its last checkpoint is sound; lower the learning rate, or look for the cause"
        )
