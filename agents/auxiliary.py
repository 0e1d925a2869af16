"""Auxiliary tasks of UNREAL (Jaderberg et al. 2017), which FTW keeps: pixel control and reward prediction.

Pixel control: the picture's centre is cut into cells, and for each of them the agent learns the value of making it
change. Reward prediction: from three frames, whether the reward that comes next is negative, zero or positive.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

CELLS = 20
"""Cells on a side."""

FRAMES = 3
"""Frames from which a reward is predicted."""

NEGATIVE, ZERO, POSITIVE = 0, 1, 2
"""Classes of rewards."""


def cell_size(height: int, width: int) -> int:
    """Pixels on a side of a cell: as many as fit CELLS times; at 84 x 84, 4, and a margin of 2 is left out.

    Raises:
        ValueError: a frame with fewer pixels than cells.
    """
    if min(height, width) < CELLS:
        raise ValueError(f"pixel control needs frames of {CELLS} x {CELLS} pixels or more, got {height} x {width}")
    return min(height, width) // CELLS


def pixel_change(frames_t: Tensor) -> Tensor:
    """How much each cell changes from frame to frame: the pseudo-rewards of pixel control (section 3.1).

    Args:
        frames_t: `[time + 1, env, height, width, channel]` uint8.

    Returns:
        Mean absolute change over a cell's pixels and channels, in [0, 1], `[time, env, 20, 20]` float32.

    Raises:
        ValueError: not uint8, or a frame with fewer pixels than cells.
    """
    if frames_t.dtype != torch.uint8:
        raise ValueError(f"frames must be uint8, 0 to 255, got {frames_t.dtype}")
    n_steps, n, height, width, channels = frames_t[1:].shape
    size = cell_size(height, width)
    side = CELLS * size
    top, left = (height - side) // 2, (width - side) // 2
    line = size * channels
    weights = torch.eye(CELLS, device=frames_t.device).repeat_interleave(line, 0) / (255.0 * size * line)
    change_t = torch.empty(n_steps, n, CELLS, CELLS, device=frames_t.device)
    for t in range(n_steps):  # a step at a time stays in the cache: three times as fast as all together
        before, after = frames_t[t], frames_t[t + 1]
        change = torch.maximum(before, after).sub_(torch.minimum(before, after)).flatten(-2)
        lines = change[:, top : top + side, left * channels : (left + side) * channels].unflatten(1, (CELLS, size))
        torch.matmul(lines.sum(2, dtype=torch.int32).float(), weights, out=change_t[t])
    return change_t


@torch.no_grad()
def pixel_returns(change_t: Tensor, best_last: Tensor, q_t: Tensor, ended_t: Tensor, gamma: float = 0.9) -> Tensor:
    """n-step targets of pixel control, n as far as the rollout or the episode goes: `[time, env, 20, 20]`.

    Args:
        change_t: pseudo-rewards of the actions at t, `[time, env, 20, 20]`.
        best_last: the highest Q after the last action, `[env, 20, 20]`. q_t: Q of the actions taken, as `change_t`.
        ended_t: whether the action at t ended the episode, `[time, env]` bool. What it changed is never seen, since
            the next frame is another episode's: its return is its own Q, and so what the action before builds upon.
        gamma: discount.
    """
    return_t, following = torch.empty_like(change_t), best_last
    for t in range(len(change_t) - 1, -1, -1):
        following = torch.where(ended_t[t, :, None, None], q_t[t], change_t[t] + gamma * following)
        return_t[t] = following
    return return_t


def pixel_control_loss(q_t: Tensor, return_t: Tensor) -> Tensor:
    """Half the squared error, summed over the cells, `[time, env]`."""
    return 0.5 * (q_t - return_t).square().sum((-2, -1))


def reward_class(r: Tensor) -> Tensor:
    """NEGATIVE, ZERO or POSITIVE, int64."""
    return r.sign().long() + 1


def balanced_triples(r_t: Tensor, ended_t: Tensor, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw moments whose rewards to predict, as often one with a reward as one without (section 3.2).

    A moment is one whose frame and the two before it are of one episode.

    Args:
        r_t: rewards of the actions at t, `[time, env]`. ended_t: whether the action at t ended the episode, likewise.
        n: how many, drawn with replacement; the half, rounded up, has a reward. generator: on the CPU.

    Returns:
        Times and envs of the moments, int64 `[n]`. None, `[0]`, where the rollout has not both kinds: what has no
        counterpart would teach that rewards always or never come.
    """
    whole_t = torch.ones_like(ended_t)
    whole_t[: FRAMES - 1] = False
    for back in range(1, FRAMES):
        whole_t[back:] &= ~ended_t[:-back]
    with_reward, without = ((whole_t & kind).nonzero().cpu() for kind in (r_t != 0.0, r_t == 0.0))
    counts = (n - n // 2, n // 2) if len(with_reward) and len(without) else (0, 0)
    draws = [
        kind[torch.randint(max(len(kind), 1), (count,), generator=generator)]
        for kind, count in zip((with_reward, without), counts, strict=True)
    ]
    time, env = torch.cat(draws).to(r_t.device).unbind(1)
    return time, env


def reward_prediction_loss(logits: Tensor, r: Tensor) -> Tensor:
    """Cross entropy in nats of the class of each reward `[n]`, given logits `[n, 3]`; its mean, and 0 of none."""
    if len(r) == 0:
        return logits.sum()
    return cross_entropy(logits, reward_class(r))
