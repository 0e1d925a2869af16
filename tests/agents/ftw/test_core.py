"""Both cores behind their one interface."""

import pytest
import torch

from agents.ftw.core import LstmCore, Memory, TwoTimescaleCore
from agents.gaussians import kl, kl_to_centred
from agents.lstm import Recurrence

TIME, ENVS, INPUTS = 9, 4, 7


def blank(core, n=ENVS):
    return Memory._make([*core.blank(n), torch.zeros(n, dtype=torch.int64), torch.zeros(n, 3)])


def inputs_of(core, n_steps=TIME):
    return torch.randn(n_steps, ENVS, INPUTS), torch.randn(n_steps, ENVS, core.latent)


@pytest.fixture(params=["two-timescale", "lstm"])
def core(request):
    torch.manual_seed(0)
    return TwoTimescaleCore(INPUTS, 8, 6, tau=3) if request.param == "two-timescale" else LstmCore(INPUTS, 8)


def test_many_steps_at_once_are_as_many_single_ones(core):
    x_t, noise_t = inputs_of(core)
    keep_t = torch.rand(TIME, ENVS) > 0.2
    z_t, _, after = core(x_t, blank(core), keep_t, noise_t)
    memory = blank(core)
    for t in range(TIME):
        z, _, memory = core(x_t[t : t + 1], memory, keep_t[t : t + 1], noise_t[t : t + 1], core.weights())
        torch.testing.assert_close(z[0], z_t[t], rtol=1e-5, atol=1e-6)
    for own, theirs in zip(memory, after, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-5, atol=1e-6)


def test_blanking_the_memory_and_not_keeping_it_are_the_same(core):
    x_t, noise_t = inputs_of(core)
    keep_t = torch.ones(TIME, ENVS, dtype=torch.bool)
    _, _, memory = core(x_t, blank(core), keep_t, noise_t)
    began = keep_t.clone()
    began[0, 1:] = False
    by_keep, _, _ = core(x_t, memory, began, noise_t)
    by_hand, _, _ = core(x_t, memory.where(began[0]), keep_t, noise_t)
    assert torch.equal(by_keep, by_hand)


def test_the_prior_holds_from_tick_to_tick_and_is_the_slow_lstms():
    torch.manual_seed(0)
    core = TwoTimescaleCore(INPUTS, 8, 6, tau=4)
    keep_t = torch.ones(TIME, ENVS, dtype=torch.bool)
    x_t, noise_t = inputs_of(core)
    z_t, latent, after = core(x_t, blank(core), keep_t, noise_t)
    assert latent.ticks_t[:, 0].tolist() == [t % 4 == 0 for t in range(TIME)]
    for part in latent.prior:
        assert torch.equal(part[0:4], part[:1].expand(4, -1, -1))
        assert torch.equal(part[4:8], part[4:5].expand(4, -1, -1))
        assert (part[4] != part[3]).any()
    mean, _ = core.prior(after.h_slow).chunk(2, -1)
    torch.testing.assert_close(latent.prior.mean[-1], mean)
    torch.testing.assert_close(z_t, latent.posterior.mean + latent.posterior.scale * noise_t)


def test_scales_begin_near_a_tenth():
    core = TwoTimescaleCore(INPUTS)
    x_t, noise_t = inputs_of(core)
    _, latent, _ = core(x_t, blank(core), torch.ones(TIME, ENVS, dtype=torch.bool), noise_t)
    for scale in (latent.posterior.scale, latent.prior.scale):
        assert scale.min() > 0.07
        assert scale.max() < 0.14


def test_the_costs_of_the_latent_reach_prior_and_posterior():
    torch.manual_seed(0)
    core = TwoTimescaleCore(INPUTS, 8, 6, tau=4, gradient_scale=0.0)
    x_t, noise_t = inputs_of(core)
    _, latent, _ = core(x_t, blank(core), torch.ones(TIME, ENVS, dtype=torch.bool), noise_t)
    (kl(latent.posterior, latent.prior).mean() + kl_to_centred(latent.prior).mean()).backward()
    for name, parameter in core.named_parameters():  # the slow LSTM's too, though the fast one tells it nothing
        assert parameter.grad.abs().max() > 0.0, name


def test_the_plain_core_is_the_recurrence():
    torch.manual_seed(0)
    core = LstmCore(INPUTS, 8)
    x_t, noise_t = inputs_of(core)
    keep_t = torch.rand(TIME, ENVS) > 0.2
    weight = torch.cat([core.lstm.weight, core.lstm.bias[:, None]], 1)
    expected, _ = Recurrence.apply(x_t, weight, *core.blank(ENVS)[:2], keep_t.float()[..., None])
    output, latent, _ = core(x_t, blank(core), keep_t, noise_t)
    assert torch.equal(output, expected)
    assert latent is None


def test_forget_gates_begin_open():
    for bias in (
        TwoTimescaleCore(INPUTS, 8).seen.bias,
        TwoTimescaleCore(INPUTS, 8).slow.bias,
        LstmCore(INPUTS, 8).lstm.bias,
    ):
        assert bias.view(4, 8).tolist() == [[0.0] * 8, [1.0] * 8, [0.0] * 8, [0.0] * 8]


def test_tau_and_the_gradient_scale_may_change_between_calls():
    core = TwoTimescaleCore(INPUTS, 8, 6, tau=2)
    x_t, noise_t = inputs_of(core, 6)
    keep_t = torch.ones(6, ENVS, dtype=torch.bool)
    core.tau = torch.tensor([1, 2, 3, 6])
    _, latent, _ = core(x_t, blank(core), keep_t, noise_t)
    assert latent.ticks_t.sum(0).tolist() == [6, 3, 2, 1]


def test_memories_are_blanked_even_of_what_is_not_finite():
    core = LstmCore(INPUTS, 8)
    memory = blank(core)._replace(h=torch.full((ENVS, 8), torch.nan), age=torch.arange(ENVS))
    kept = memory.where(torch.tensor([False, True, False, False]))
    assert not kept.h[0].any()
    assert kept.h[1].isnan().all()
    assert kept.age.tolist() == [0, 1, 0, 0]
    assert memory.of(torch.tensor([2, 1])).age.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tau": 0}, "tau must be at least 1 step, got 0"),
        ({"tau": torch.tensor([3, 3, 0, 3])}, "tau must be at least 1 step, got 0"),
        (
            {"tau": torch.tensor([3, 3])},
            r"tau must be a whole number or int64 of shape \[4\], one an env, got torch.int64",
        ),
        ({"tau": torch.ones(4)}, "tau must be a whole number or int64"),
        ({"tau": 2.5}, "tau must be a whole number or int64"),
        ({"gradient_scale": -0.1}, "gradient_scale must be a number of at least 0, got -0.1"),
        ({"gradient_scale": float("nan")}, "gradient_scale must be a number of at least 0, got nan"),
    ],
)
def test_impossible_timescales_are_refused(settings, said):
    core = TwoTimescaleCore(INPUTS, 8, 6, **settings)
    x_t, noise_t = inputs_of(core)
    with pytest.raises(ValueError, match=said):
        core(x_t, blank(core), torch.ones(TIME, ENVS, dtype=torch.bool), noise_t)


@pytest.mark.parametrize("width", ["inputs", "hidden", "latent"])
def test_impossible_widths_are_refused(width):
    with pytest.raises(ValueError, match=f"{width} must be an integer of at least 1, got 0"):
        TwoTimescaleCore(**{"inputs": 4, "hidden": 4, "latent": 4, width: 0})
    if width != "latent":
        with pytest.raises(ValueError, match=f"{width} must be an integer of at least 1, got 0"):
            LstmCore(**{"inputs": 4, "hidden": 4, width: 0})
