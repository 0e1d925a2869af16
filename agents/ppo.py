"""Recurrent PPO's update (Schulman et al. 2017) on rollouts of whole time.

Where torch.distributed is initialised, gradients are averaged over its processes after every minibatch, as in DD-PPO
(Wijmans et al. 2020), each process having stepped its own envs.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch import distributed as dist

from agents.losses import advantages_and_returns, clip_loss, entropy_of
from agents.nets import BlindAgent, Precision
from agents.processes import total
from agents.rollout import Rollout


@dataclass(frozen=True)
class Losses:
    """Weights and limits of PPO's update."""

    epochs: int = 2
    """Times that each rollout is learnt from."""
    minibatches: int = 8
    """Updates an epoch; each takes the whole time of a share of the envs."""
    gamma: float = 0.998
    """Discount a step; the way round a wall takes a hundred of them."""
    gae_lambda: float = 0.98
    """Lambda of generalised advantage estimation."""
    clip: float = 0.2
    """How far the probability ratio counts."""
    value_weight: float = 0.125
    """Weight of the value loss, whose returns are in metres."""
    entropy_weight: float = 0.003
    """Weight of the entropy bonus."""
    max_grad_norm: float = 0.5
    """Gradients are scaled down to this norm."""


class NotFiniteError(ArithmeticError):
    """A NaN or an infinity, and where; the run stops before it is saved."""


def precision_of_cpu() -> Precision:
    """`bfloat16` where the CPU multiplies in it (AVX-512 BF16 or AMX), else `float32`; by its flags, not by timing."""
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.is_file() else set()
    return "bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"


def default_precision() -> Precision:
    """What a run begins with: beside a GPU float32, whose products there are TF32, else the CPU's."""
    return "float32" if torch.cuda.is_available() else precision_of_cpu()


def learn(
    agent: BlindAgent,
    optimizer: torch.optim.Optimizer,
    rollout: Rollout,
    losses: Losses,
    generator: torch.Generator,
) -> dict[str, float]:
    """Update `agent` on one rollout; returns means of the losses and of what tells whether the update was sound.

    Raises:
        NotFiniteError: an observation, reward, value, loss or gradient is not finite, in any process.
    """
    check_finite({"observation": rollout.obs, "reward": rollout.rewards, "value": rollout.values})
    advantages, returns = advantages_and_returns(
        rollout.rewards, rollout.values, rollout.last_values, rollout.ended, losses.gamma, losses.gae_lambda
    )
    left_over = 1.0 - (returns - rollout.values).var() / (returns.var() + 1e-8)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-5)
    keep_t = torch.cat([torch.ones_like(rollout.ended[:1]), ~rollout.ended[:-1]])
    sums: dict[str, Tensor] = {}
    for _ in range(losses.epochs):
        order = torch.randperm(rollout.actions.shape[1], generator=generator).to(advantages.device)
        for columns in order.tensor_split(losses.minibatches):
            optimizer.zero_grad(set_to_none=True)
            parts = minibatch_losses(agent, rollout, advantages, returns, keep_t, columns, losses)
            parts["loss"].backward()
            average_gradients(agent)
            norm = nn.utils.clip_grad_norm_(agent.parameters(), losses.max_grad_norm)
            check_finite({"loss": parts["loss"], "gradient": norm})
            optimizer.step()
            for name, part in (*parts.items(), ("grad_norm", norm)):
                sums[name] = sums.get(name, 0.0) + part.detach()
    updates = losses.epochs * losses.minibatches
    return {"explained_variance": left_over.item()} | {name: (total / updates).item() for name, total in sums.items()}


def minibatch_losses(
    agent: BlindAgent,
    rollout: Rollout,
    advantages: Tensor,
    returns: Tensor,
    keep_t: Tensor,
    columns: Tensor,
    losses: Losses,
) -> dict[str, Tensor]:
    """The losses, and how far the policy has moved, on the whole time of the rollout's `columns`."""
    logits, values, _ = agent(rollout.obs[:, columns], rollout.before.of(columns), keep_t[:, columns])
    log_p = torch.log_softmax(logits, -1)
    taken = rollout.actions[:, columns, None]
    log_ratio = log_p.gather(-1, taken)[..., 0] - rollout.log_p[:, columns]
    ratio = log_ratio.exp()
    policy_loss = clip_loss(ratio, advantages[:, columns], losses.clip).mean()
    value_loss = 0.5 * (values - returns[:, columns]).square().mean()
    entropy = entropy_of(log_p).mean()
    with torch.no_grad():
        kl = (ratio - 1.0 - log_ratio).mean()
        clipped = ((ratio - 1.0).abs() > losses.clip).float().mean()
    return {
        "loss": policy_loss + losses.value_weight * value_loss - losses.entropy_weight * entropy,
        "policy_loss": policy_loss,
        "value_loss": value_loss,
        "entropy": entropy,
        "approx_kl": kl,
        "clipped": clipped,
    }


def average_gradients(agent: nn.Module) -> None:
    """Average all gradients over the processes, in one message."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return
    gradients = [p.grad for p in agent.parameters() if p.grad is not None]
    flat = torch.cat([gradient.view(-1) for gradient in gradients])
    total(flat).div_(dist.get_world_size())
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def check_finite(tensors: dict[str, Tensor]) -> None:
    """Raise NotFiniteError, in all processes alike, if any of `tensors` holds a NaN or an infinity in any of them."""
    bad = total(torch.stack([(~torch.isfinite(tensor.detach())).sum() for tensor in tensors.values()]))
    for name, count in zip(tensors, bad.tolist(), strict=True):
        if count:
            raise NotFiniteError(
                f"the {name} is not finite ({count} bad values): the run stops here and its last checkpoint is sound; "
                "lower the learning rate, or look for the cause"
            )
