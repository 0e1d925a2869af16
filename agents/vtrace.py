"""V-trace: returns and advantages from what an older policy did (Espeholt et al. 2018, IMPALA, section 4.1)."""

from typing import NamedTuple

import torch
from torch import Tensor


class VTrace(NamedTuple):
    """What the value and the policy are to learn, `[time, env]`, without gradients."""

    vs_t: Tensor
    """Targets of the values."""
    advantage_t: Tensor
    """Weights of the policy's log probabilities; clipped importance ratios are in them."""


@torch.no_grad()
def vtrace(
    log_ratio_t: Tensor,
    r_t: Tensor,
    v_t: Tensor,
    v_last: Tensor,
    ended_t: Tensor,
    gamma: float,
    lam: float = 1.0,
    rho_max: float = 1.0,
    c_max: float = 1.0,
) -> VTrace:
    """Value targets and advantages of the present policy on the actions of another.

    Args:
        log_ratio_t: log pi(a) - log mu(a) of the present policy pi and the one that acted, mu, `[time, env]`.
        r_t: rewards of the actions at t, `[time, env]`; where an episode was truncated, gamma x the value of its last
            observation has been added, so that `ended_t` may cut there as at a true end.
        v_t: the present policy's values before the actions, `[time, env]`. v_last: after the last one, `[env]`.
        ended_t: whether the action at t ended the episode, `[time, env]` bool.
        gamma: discount. lam: on the traces c, as in TD(lambda); the paper's remark 2.
        rho_max, c_max: the ratios of the temporal differences and of the traces are clipped to these; the paper's
            best are 1 and 1.
    """
    ratio_t = log_ratio_t.exp()
    rho_t, c_t = ratio_t.clamp(max=rho_max), lam * ratio_t.clamp(max=c_max)
    discount_t = gamma * (~ended_t).to(r_t.dtype)
    v_next_t = torch.cat([v_t[1:], v_last[None]])
    delta_t = rho_t * (r_t + discount_t * v_next_t - v_t)
    vs_minus_v_t, following = torch.empty_like(v_t), torch.zeros_like(v_last)
    for t in range(len(r_t) - 1, -1, -1):
        following = delta_t[t] + discount_t[t] * c_t[t] * following
        vs_minus_v_t[t] = following
    vs_t = v_t + vs_minus_v_t
    vs_next_t = torch.cat([vs_t[1:], v_last[None]])
    return VTrace(vs_t, rho_t * (r_t + discount_t * vs_next_t - v_t))
