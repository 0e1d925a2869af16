"""Losses as pure functions of tensors: PPO's, its advantages, and class selectivity."""

import torch
from torch import Tensor


def advantages_and_returns(
    r_t: Tensor, v_t: Tensor, v_last: Tensor, ended_t: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation (Schulman et al. 2016).

    Args:
        r_t: rewards of the actions at t, `[time, env]`; where an episode was truncated, gamma x the value of its last
            observation has been added, so that `ended_t` may cut there as at a true end.
        v_t: values before the actions, `[time, env]`.
        v_last: values after the last action, `[env]`.
        ended_t: whether the action at t ended the episode, `[time, env]` bool.
        gamma: discount. lam: GAE's lambda.

    Returns:
        Advantages and returns (advantage + value), `[time, env]`.
    """
    advantage_t = torch.empty_like(r_t)
    following, v_next = torch.zeros_like(v_last), v_last
    for t in range(len(r_t) - 1, -1, -1):
        goes_on = (~ended_t[t]).to(r_t.dtype)
        delta = r_t[t] + gamma * v_next * goes_on - v_t[t]
        following = delta + gamma * lam * goes_on * following
        advantage_t[t] = following
        v_next = v_t[t]
    return advantage_t, advantage_t + v_t


def clip_loss(ratio: Tensor, advantage: Tensor, eps: float = 0.2) -> Tensor:
    """PPO's clipped surrogate, to be minimised, elementwise (Schulman et al. 2017, eq. 7)."""
    return -torch.minimum(ratio * advantage, ratio.clamp(1.0 - eps, 1.0 + eps) * advantage)


def entropy_of(log_p: Tensor) -> Tensor:
    """Entropy in nats of distributions given as log probabilities `[..., action]`."""
    return -(log_p.exp() * log_p).sum(-1)


def class_selectivity(activations: Tensor, labels: Tensor, n_classes: int, eps: float = 1e-7) -> Tensor:
    """How much more each unit says to its favourite class than to the others, differentiable (Leavitt & Morcos 2020).

    (mu_max - mu_rest) / (mu_max + mu_rest + eps) with mu_max the unit's highest class mean and mu_rest the mean of its
    other ones, as `probes.measures.units.class_selectivity`. The paper's loss is the cross entropy less alpha times the
    mean over layers of `class_selectivity(layer, ...).mean()`: above 0, alpha makes units selective, below 0 it keeps
    them from it.

    Args:
        activations: `[sample, unit]`, none below 0; of a convolution, channels averaged over the picture.
        labels: `[sample]` int64, from 0. Classes that are not in the batch are left out.
        n_classes: how many there are. eps: keeps the slope of a unit that says next to nothing finite.

    Returns:
        `[unit]` in [0, 1], float32 at least; 0 for a unit that says nothing.

    Raises:
        ValueError: a negative activation, a label that is not below `n_classes`, or fewer than 2 classes in the batch.
    """
    if (activations < 0).any():
        raise ValueError(
            f"activations must not be negative, got {activations.min().item():g}: take them behind a rectifier"
        )
    counts = torch.bincount(labels, minlength=n_classes)
    if len(counts) > n_classes:
        raise ValueError(f"labels must be below n_classes, {n_classes}, got {len(counts) - 1}: count the classes again")
    present = int((counts > 0).sum())
    if present < 2:
        raise ValueError(
            f"a batch must hold 2 classes or more, got {present}: shuffle the samples, or take more of them"
        )
    said = activations.to(torch.promote_types(activations.dtype, torch.float32))
    sums = said.new_zeros(n_classes, said.shape[1]).index_add(0, labels, said)
    mu = sums / counts.clamp(min=1)[:, None]  # 0 for absent classes, so no maximum and nothing in the sum
    mu_max = mu.max(0).values
    mu_rest = (mu.sum(0) - mu_max) / (present - 1)
    return (mu_max - mu_rest) / (mu_max + mu_rest + eps)
