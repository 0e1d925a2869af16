"""The same LSTM over whole rollouts through cuDNN, for GPUs, where a loop over time would only launch kernels.

cuDNN can't forget at an episode's end, so the rollout is cut there into fragments, which it takes packed: all that are
as long or longer side by side at every step, with nothing padded.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence


class Fragments(NamedTuple):
    """Where a rollout `[time, env]` is cut, longest fragment first."""

    places: Tensor  # [time x env] int64, the place in the flat rollout of every step as it is packed
    batch_sizes: Tensor  # [longest] int64 on the CPU, how many fragments have such a step
    start: Tensor  # [fragment] int64, their first steps
    env: Tensor  # [fragment] int64
    last: Tensor  # [env] int64, the fragment that each env's rollout ends with


def cut(keep_t: Tensor) -> Fragments:
    """Cut a rollout before every step that begins an episode.

    Args:
        keep_t: bool `[time, env]`, false where an episode begins.
    """
    n_steps, n_envs = keep_t.shape
    begins = ~keep_t
    begins[0] = True
    env, start = begins.t().nonzero(as_tuple=True)  # an env's fragments follow one another
    follows = torch.cat([env[1:] == env[:-1], env.new_zeros(1, dtype=torch.bool)])
    length = torch.where(follows, start.roll(-1), n_steps) - start
    order = length.argsort(descending=True, stable=True)
    place_of = torch.empty_like(order)
    place_of[order] = torch.arange(len(order), device=order.device)
    steps = torch.arange(int(length.max()), device=keep_t.device)
    there = steps[:, None] < length[order]
    places = ((start[order] + steps[:, None]) * n_envs + env[order])[there]
    return Fragments(places, there.sum(1).cpu(), start[order], env[order], place_of[~follows])


def fused(lstm: nn.LSTM, x_t: Tensor, h_0: Tensor, c_0: Tensor, keep_t: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Run over time, forgetting where `keep_t` is false.

    Args:
        lstm: of any depth. x_t: `[time, env, input]`. h_0, c_0: `[layer, env, hidden]`, before the first step.
        keep_t: bool `[time, env]`.

    Returns:
        The last layer's h after every step, `[time, env, hidden]`, and h and c of all after the last.
    """
    n_steps, n_envs = keep_t.shape
    fragments = cut(keep_t)
    first = ((fragments.start == 0) & keep_t[0, fragments.env]).to(h_0.dtype)[:, None]
    packed = PackedSequence(x_t.flatten(0, 1)[fragments.places], fragments.batch_sizes)
    out, (h, c) = lstm(packed, (h_0[:, fragments.env] * first, c_0[:, fragments.env] * first))
    h_t = torch.zeros_like(out.data).index_copy(0, fragments.places, out.data)
    return h_t.unflatten(0, (n_steps, n_envs)), h[:, fragments.last], c[:, fragments.last]
