"""PPO's losses and advantages as pure functions of tensors."""

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
