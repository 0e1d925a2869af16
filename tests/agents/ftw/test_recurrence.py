"""The two timescales against the same written out step by step for autograd: numbers, gradients, ticks, resets."""

import pytest
import torch
from torch.nn.functional import softplus

from agents.ftw.recurrence import SCALE, SMALLEST_SCALE, TwoTimescales, schedule

TIME, ENVS, HIDDEN, LATENT = 11, 4, 6, 5
WEIGHTS = {
    "w_fast": (4 * HIDDEN, HIDDEN + LATENT),
    "w_told": (4 * HIDDEN, HIDDEN),
    "w_slow": (4 * HIDDEN, 2 * HIDDEN),
    "b_slow": (4 * HIDDEN,),
    "w_latent": (2 * LATENT, HIDDEN),
    "b_latent": (2 * LATENT,),
}


def lstm(s, c):
    i, f, g, o = s.chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.clone()

    @staticmethod
    def backward(ctx, d):
        return ctx.scale * d, None


def written_out(x_t, weights, noise_t, keep_t, age, tau, scale, h, c, h_slow, c_slow, z):
    """All envs at every step, and `where` for those whose slow LSTM ticks."""
    w_fast, w_told, w_slow, b_slow, w_latent, b_latent = weights
    zs, means, scales, slows = [], [], [], []
    for t in range(len(x_t)):
        keep = keep_t[t][:, None]
        age = torch.where(keep_t[t], age, 0)
        h, c, h_slow, c_slow, z = (torch.where(keep, part, 0.0) for part in (h, c, h_slow, c_slow, z))
        ticks = (age % tau == 0)[:, None]
        new_h, new_c = lstm(torch.cat([h_slow, h], 1) @ w_slow.t() + b_slow, c_slow)
        h_slow, c_slow = torch.where(ticks, new_h, h_slow), torch.where(ticks, new_c, c_slow)
        told = Scaled.apply(h_slow, scale) @ w_told.t()
        h, c = lstm(x_t[t] + torch.cat([h, z], 1) @ w_fast.t() + told, c)
        mean, raw = (h @ w_latent.t() + b_latent).chunk(2, 1)
        z_scale = softplus(raw) * SCALE + SMALLEST_SCALE
        z = mean + z_scale * noise_t[t]
        age = age + 1
        for kept, part in zip((zs, means, scales, slows), (z, mean, z_scale, h_slow), strict=True):
            kept.append(part)
    return [torch.stack(part) for part in (zs, means, scales, slows)], (h, c, h_slow, c_slow)


def run(x_t, weights, noise_t, keep_t, age, tau, scale, *memory):
    times = schedule(age, keep_t, tau)
    keep = keep_t.float()[..., None]
    z, mean, z_scale, said, *last = TwoTimescales.apply(x_t, *weights, noise_t, keep, times.rows, scale, *memory)
    return [z, mean, z_scale, said[times.last_tick_t]], last


@pytest.fixture
def case():
    torch.manual_seed(0)
    weights = [0.5 * torch.randn(shape) for shape in WEIGHTS.values()]
    x_t, noise_t = torch.randn(TIME, ENVS, 4 * HIDDEN), torch.randn(TIME, ENVS, LATENT)
    keep_t = torch.rand(TIME, ENVS) > 0.15
    keep_t[3] = True
    memory = [torch.randn(ENVS, width) for width in (HIDDEN,) * 4 + (LATENT,)]
    return x_t, weights, noise_t, keep_t, torch.tensor([0, 1, 2, 7]), memory


@pytest.mark.parametrize("tau", [1, 3, 50, torch.tensor([1, 2, 4, 9])])
@pytest.mark.parametrize("scale", [1.0, 0.3, 0.0])
def test_it_gives_the_numbers_and_gradients_of_autograd(case, tau, scale):
    x_t, weights, noise_t, keep_t, age, memory = case
    found = []
    for way in (written_out, run):
        leaves = [part.clone().requires_grad_() for part in (x_t, *weights)]
        outputs, last = way(leaves[0], leaves[1:], noise_t, keep_t, age, tau, scale, *memory)
        loss = sum(
            (part * torch.sin(torch.arange(float(part.numel())) + k).view_as(part)).sum()
            for k, part in enumerate(outputs)
        )
        found.append([*outputs, *last, *torch.autograd.grad(loss, leaves)])
    for theirs, own in zip(*found, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-4, atol=1e-5)


def test_ticks_come_at_an_episodes_first_step_and_every_tau_after_it():
    keep_t = torch.ones(7, 3, dtype=torch.bool)
    keep_t[2, 1] = False
    times = schedule(torch.tensor([0, 2, 1]), keep_t, torch.tensor([3, 3, 2]))
    expected = [[1, 0, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [0, 0, 0], [0, 1, 1], [1, 0, 0]]
    assert times.ticks_t.int().tolist() == expected
    assert [rows.tolist() for rows in times.rows] == [[k for k, at in enumerate(row) if at] for row in expected]
    assert times.age.tolist() == [7, 5, 8]
    # envs' memories are numbers 0 to 2, the ticks 3 and on, in the order of time and then env
    assert times.last_tick_t.tolist() == [
        [3, 1, 2],
        [3, 4, 5],
        [3, 6, 5],
        [7, 6, 8],
        [7, 6, 8],
        [7, 9, 10],
        [11, 9, 10],
    ]


def test_between_ticks_the_slow_state_stays_to_the_bit(case):
    x_t, weights, noise_t, _, _, memory = case
    keep_t, age, tau = torch.ones(1, ENVS, dtype=torch.bool), torch.tensor([0, 1, 2, 7]), 4
    for t in range(TIME):
        _, (h, c, h_slow, c_slow) = run(x_t[t : t + 1], weights, noise_t[t : t + 1], keep_t, age, tau, 1.0, *memory)
        stays = age % tau != 0
        assert torch.equal(h_slow[stays], memory[2][stays])
        assert torch.equal(c_slow[stays], memory[3][stays])
        assert (h_slow[~stays] != memory[2][~stays]).all()
        assert (h != memory[0]).all()
        memory, age = [h, c, h_slow, c_slow, memory[4]], age + 1


def test_a_rollout_without_a_tick_leaves_the_slow_lstm_without_a_gradient(case):
    x_t, weights, noise_t, _, _, memory = case
    leaves = [part.clone().requires_grad_() for part in weights]
    keep_t = torch.ones(TIME, ENVS, dtype=torch.bool)
    (z, *_), _ = run(x_t, leaves, noise_t, keep_t, torch.ones(ENVS, dtype=torch.int64), 100, 1.0, *memory)
    z.sum().backward()
    gradients = dict(zip(WEIGHTS, (leaf.grad for leaf in leaves), strict=True))
    assert not gradients["w_slow"].any()
    assert gradients["w_told"].any()  # of what the slow LSTM had said before


def test_the_gradient_scale_is_of_what_goes_back_to_the_slow_lstm(case):
    """z depends on the slow weights only through what the fast LSTM is told; within one tick that is linear in it."""
    x_t, weights, noise_t, _, _, memory = case
    keep_t = torch.ones(TIME, ENVS, dtype=torch.bool)
    found = {}
    for scale in (1.0, 0.25, 0.0):
        leaves = [part.clone().requires_grad_() for part in weights]
        zero = torch.zeros(ENVS, dtype=torch.int64)
        (z, *_), _ = run(x_t, leaves, noise_t, keep_t, zero, TIME, scale, *memory)  # one tick, at the first step
        z.square().sum().backward()
        found[scale] = dict(zip(WEIGHTS, (leaf.grad for leaf in leaves), strict=True))
    assert found[1.0]["w_slow"].abs().max() > 0.01
    torch.testing.assert_close(found[0.25]["w_slow"], 0.25 * found[1.0]["w_slow"])
    assert not found[0.0]["w_slow"].any()
    for name in ("w_fast", "w_told", "w_latent"):
        torch.testing.assert_close(found[0.25][name], found[1.0][name])


def test_after_a_reset_nothing_depends_on_what_was_before(case):
    x_t, weights, noise_t, _, age, memory = case
    keep_t = torch.ones(TIME, ENVS, dtype=torch.bool)
    keep_t[5, :2] = False
    x_t = x_t.clone().requires_grad_()
    outputs, last = run(x_t, weights, noise_t, keep_t, age, 3, 1.0, *memory)
    sum(part[5:, :2].square().sum() for part in outputs).backward()
    assert not x_t.grad[:5].any()
    assert x_t.grad[5:, :2].any(-1).all()
    other = [part + 1.0 for part in memory]
    elsewhere, last_elsewhere = run(
        x_t + (torch.arange(TIME) < 5)[:, None, None], weights, noise_t, keep_t, age + 3, 3, 1.0, *other
    )
    for own, theirs in zip(outputs, elsewhere, strict=True):
        assert torch.equal(own[5:, :2], theirs[5:, :2])
        assert not torch.equal(own[5:, 2:], theirs[5:, 2:])
    for own, theirs in zip(last, last_elsewhere, strict=True):
        assert torch.equal(own[:2], theirs[:2])


def test_in_bfloat16_it_stays_near(case):
    x_t, weights, noise_t, keep_t, age, memory = case
    exact, _ = run(x_t, weights, noise_t, keep_t, age, 3, 1.0, *memory)
    leaves = [part.bfloat16().requires_grad_() for part in (x_t, *weights)]
    near, _ = run(leaves[0], leaves[1:], noise_t, keep_t, age, 3, 1.0, *memory)
    for own, theirs in zip(near, exact, strict=True):
        assert own.dtype == torch.float32
        torch.testing.assert_close(own, theirs, rtol=0.05, atol=0.05)
    sum(part.sum() for part in near).backward()
    assert all(leaf.grad.dtype == torch.bfloat16 and leaf.grad.isfinite().all() for leaf in leaves)
