"""Two LSTMs over whole rollouts, one of which ticks slowly: FTW's recurrence, with a backward pass of its own.

As in `agents.lstm`, only what is sequential runs in the loop over time, and the gradients of the weights are large
products after it. The slow LSTM runs only for the envs that tick, all of a step's together; what it tells the fast one
is multiplied out once a tick and added until the next.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

SCALE = 0.1 / 0.6931471805599453
"""The posterior's standard deviation is SCALE x softplus(output) + SMALLEST_SCALE: about 0.1 at an output of 0."""

SMALLEST_SCALE = 1e-3
"""Keeps the KL divergence of two latents finite, and its slope; a hundredth of where they begin."""


class Schedule(NamedTuple):
    """Which envs' slow LSTMs tick at which step."""

    ticks_t: Tensor  # [time, env] bool
    rows: tuple[Tensor, ...]  # for every step the envs that tick, int64
    last_tick_t: Tensor  # [time, env] int64, where the newest tick is among [env memories before the rollout, ticks]
    age: Tensor  # [env] int64, steps since the episode began, after the last step


def schedule(age: Tensor, keep_t: Tensor, tau: int | Tensor) -> Schedule:
    """When the slow LSTMs tick: at an episode's first step and every `tau` steps after it.

    Args:
        age: steps that each env's episode is old, int64 `[env]`.
        keep_t: `[time, env]` bool, false where an episode begins.
        tau: of all envs, or int64 `[env]`.
    """
    n_steps, n = keep_t.shape
    steps = torch.arange(n_steps, device=age.device)[:, None].expand(n_steps, n)
    began_t = torch.where(keep_t, -1, steps).cummax(0).values
    age_t = torch.where(began_t >= 0, steps - began_t, age + steps)
    ticks_t = age_t % tau == 0
    numbers = n + ticks_t.flatten().cumsum(0).view(n_steps, n) - 1
    before = torch.arange(n, device=age.device)[None]
    last_tick_t = torch.cat([before, torch.where(ticks_t, numbers, 0)]).cummax(0).values[1:]
    rows = ticks_t.nonzero()[:, 1].split(ticks_t.sum(1).tolist())
    return Schedule(ticks_t, rows, last_tick_t, age_t[-1] + 1)


def cell(s: Tensor, c_in: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One LSTM step for sums `s` `[row, 4 hidden]`, overwritten by the gates i, f, g, o; gives h, c and tanh c."""
    i, f, g, o = s.chunk(4, 1)
    g.mul_(2.0)
    s.sigmoid_()
    g.mul_(2.0).sub_(1.0)  # tanh(x) = 2 sigmoid(2x) - 1, several times as fast
    c = (f * c_in).addcmul_(i, g)
    tanh_c = (c * 2.0).sigmoid_().mul_(2.0).sub_(1.0)
    return o * tanh_c, c, tanh_c


def cell_backward(d_h: Tensor, d_c: Tensor, s: Tensor, c_in: Tensor, tanh_c: Tensor, d_s: Tensor) -> Tensor:
    """Gradients of `cell`: into `d_s` those of its sums; gives that of `c_in`. `d_c` is overwritten."""
    i, f, g, o = s.chunk(4, 1)
    d_i, d_f, d_g, d_o = d_s.chunk(4, 1)
    through = d_h * o
    part = through * tanh_c
    torch.addcmul(part, part, o, value=-1.0, out=d_o)
    d_c.add_(through.addcmul_(part, tanh_c, value=-1.0))
    torch.mul(d_c, i, out=through)
    torch.mul(through, g, out=part)
    torch.addcmul(part, part, i, value=-1.0, out=d_i)
    torch.addcmul(through, part, g, value=-1.0, out=d_g)
    d_c_in = d_c * f
    torch.mul(d_c_in, c_in, out=part)
    torch.addcmul(part, part, f, value=-1.0, out=d_f)
    return d_c_in


class TwoTimescales(torch.autograd.Function):
    """The fast LSTM and the slow one over time, and the latent z that the fast one draws at every step.

    At each step the slow LSTM, where it ticks, reads the fast one's h of the step before; the fast one reads its input,
    the slow one's h and the z of the step before. z is drawn from a Gaussian whose mean and scale are linear in the
    fast one's h, the scale through a softplus.
    """

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        x_t: Tensor,
        w_fast: Tensor,
        w_told: Tensor,
        w_slow: Tensor,
        b_slow: Tensor,
        w_latent: Tensor,
        b_latent: Tensor,
        noise_t: Tensor,
        keep_t: Tensor,
        rows: tuple[Tensor, ...],
        gradient_scale: float,
        h: Tensor,
        c: Tensor,
        h_slow: Tensor,
        c_slow: Tensor,
        z: Tensor,
    ) -> tuple[Tensor, ...]:
        """Run over time.

        Args:
            x_t: what the input adds to the fast LSTM's sums, bias and all, `[time, env, 4 hidden]`.
            w_fast: of the fast LSTM on its h and z, `[4 hidden, hidden + latent]`; the products have its type. Gates
                are in nn.LSTM's order i, f, g, o.
            w_told: of the fast LSTM on the slow one's h, `[4 hidden, hidden]`.
            w_slow, b_slow: of the slow LSTM on its own h and the fast one's, `[4 hidden, 2 hidden]` and `[4 hidden]`.
            w_latent, b_latent: from the fast one's h to z's mean and scale, `[2 latent, hidden]` and `[2 latent]`.
            noise_t: standard normal, `[time, env, latent]`.
            keep_t: `[time, env, 1]` float32, 0 where the memory is blanked before the step, else 1.
            rows: for every step the envs whose slow LSTM ticks; those that are blanked must be among them.
            gradient_scale: of what goes back from the fast LSTM to the slow one.
            h, c, h_slow, c_slow, z: the memory before the first step, float32 `[env, ...]`; no gradient goes there.

        Returns:
            z, its mean and its scale `[time, env, latent]`; the slow LSTM's h before the first step, for every env, and
            behind it after every tick, in the order of `rows`, `[env + tick, hidden]`; and the last h, c, h_slow and
            c_slow. All float32; the last four carry no gradient.
        """
        dtype, (n_steps, n, latent), hidden = w_fast.dtype, noise_t.shape, h.shape[1]
        s_t = x_t.to(torch.float32, copy=True)
        c_in_t, tanh_c_t = (s_t.new_empty(n_steps, n, hidden) for _ in range(2))
        hz_t = w_fast.new_empty(n_steps, n, hidden + latent)
        h_t = w_fast.new_empty(n_steps, n, hidden)
        z_t, mean_t, raw_t, scale_t = (s_t.new_empty(n_steps, n, latent) for _ in range(4))
        slow: list[tuple[Tensor, ...]] = []
        said = [h_slow]
        h_slow, c_slow = h_slow.clone(), c_slow.clone()
        told = (h_slow.to(dtype) @ w_told.t()).float()
        for t, ticking in enumerate(rows):
            keep, hz = keep_t[t], hz_t[t]
            torch.mul(h, keep, out=hz[:, :hidden])
            torch.mul(z, keep, out=hz[:, hidden:])
            if len(ticking):
                kept = keep[ticking]
                before = torch.cat([(h_slow[ticking] * kept).to(dtype), hz[ticking, :hidden]], 1)
                c_in = c_slow[ticking] * kept
                s = torch.addmm(b_slow, before, w_slow.t()).to(torch.float32, copy=True)
                new_h, new_c, tanh_c = cell(s, c_in)
                slow.append((before, s, c_in, tanh_c))
                said.append(new_h)
                h_slow[ticking], c_slow[ticking] = new_h, new_c
                told[ticking] = (new_h.to(dtype) @ w_told.t()).float()
            c_in = torch.mul(c, keep, out=c_in_t[t])
            s = s_t[t].add_(told).add_(hz @ w_fast.t())
            new_h, c, tanh_c_t[t] = cell(s, c_in)
            h = h_t[t].copy_(new_h)
            mean_t[t], raw_t[t] = torch.addmm(b_latent, h, w_latent.t()).split(latent, 1)
            torch.add(softplus(raw_t[t]) * SCALE, SMALLEST_SCALE, out=scale_t[t])
            z = torch.addcmul(mean_t[t], scale_t[t], noise_t[t], out=z_t[t])
        said_all = torch.cat(said)
        ctx.save_for_backward(
            w_fast, w_told, w_slow, w_latent, noise_t, keep_t, s_t, c_in_t, tanh_c_t, hz_t, h_t, raw_t, said_all
        )
        ctx.rows, ctx.slow, ctx.gradient_scale, ctx.x_type = rows, slow, gradient_scale, x_t.dtype
        last = h.float(), c, h_slow, c_slow
        ctx.mark_non_differentiable(*last)
        return z_t, mean_t, scale_t, said_all, *last

    @staticmethod
    def backward(ctx: Any, d_z_t: Tensor, d_mean_t: Tensor, d_scale_t: Tensor, d_said: Tensor, *_: Tensor) -> Any:  # type: ignore[override]
        """The gradients of x_t and the weights."""
        w_fast, w_told, w_slow, w_latent, noise_t, keep_t, s_t, c_in_t, tanh_c_t, hz_t, h_t, raw_t, said = (
            ctx.saved_tensors
        )
        dtype, (n_steps, n, latent), hidden = w_fast.dtype, noise_t.shape, h_t.shape[2]
        slope_t = raw_t.sigmoid().mul_(SCALE)
        d_s_t, d_latent_t = torch.empty_like(s_t, dtype=dtype), h_t.new_empty(n_steps, n, 2 * latent)
        d_h, d_c, d_h_slow, d_c_slow = (s_t.new_zeros(n, hidden) for _ in range(4))
        d_z, d_told, d_s = s_t.new_zeros(n, latent), s_t.new_zeros(n, 4 * hidden), torch.empty_like(s_t[0])
        d_told_all, d_s_slow = [], []
        stop, slow = len(said), list(ctx.slow)
        for t in range(n_steps - 1, -1, -1):
            keep, ticking = keep_t[t], ctx.rows[t]
            d_z.add_(d_z_t[t])
            torch.add(d_mean_t[t], d_z, out=d_latent_t[t, :, :latent])
            d_z.mul_(noise_t[t]).add_(d_scale_t[t])
            torch.mul(d_z, slope_t[t], out=d_latent_t[t, :, latent:])
            d_h.add_(d_latent_t[t] @ w_latent)
            d_c = cell_backward(d_h, d_c, s_t[t], c_in_t[t], tanh_c_t[t], d_s).mul_(keep)
            d_told.add_(d_s)
            d_hz = d_s_t[t].copy_(d_s) @ w_fast
            torch.mul(d_hz[:, :hidden], keep, out=d_h)
            torch.mul(d_hz[:, hidden:], keep, out=d_z)
            if len(ticking):
                kept, start = keep[ticking], stop - len(ticking)
                _, s, c_in, tanh_c = slow.pop()
                d_told_all.append(d_told[ticking].to(dtype))
                d_told.index_fill_(0, ticking, 0.0)
                d_out = d_h_slow[ticking] + d_said[start:stop] + ctx.gradient_scale * (d_told_all[-1] @ w_told)
                d_sums = torch.empty_like(s)
                d_c_slow[ticking] = cell_backward(d_out, d_c_slow[ticking], s, c_in, tanh_c, d_sums).mul_(kept)
                d_s_slow.append(d_sums.to(dtype))
                d_before = (d_s_slow[-1] @ w_slow).float() * kept
                d_h_slow[ticking] = d_before[:, :hidden]
                d_h.index_add_(0, ticking, d_before[:, hidden:])
                stop = start
        d_told_all.append(d_told.to(dtype))  # of what was said before the first step
        d_fast, d_latent = d_s_t.flatten(0, 1), d_latent_t.flatten(0, 1)
        d_slow = torch.cat([w_slow.new_empty(0, 4 * hidden), *d_s_slow[::-1]])
        befores = torch.cat([w_slow.new_empty(0, 2 * hidden), *(part[0] for part in ctx.slow)])
        return (
            d_s_t.to(ctx.x_type),
            d_fast.t() @ hz_t.flatten(0, 1),
            torch.cat(d_told_all[::-1]).t() @ said.to(dtype),
            d_slow.t() @ befores,
            d_slow.sum(0),
            d_latent.t() @ h_t.flatten(0, 1),
            d_latent.sum(0),
            *[None] * 9,
        )
