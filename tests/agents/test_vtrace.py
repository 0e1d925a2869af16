"""V-trace by hand, by a loop in NumPy, and as torchrl computes it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.losses import advantages_and_returns
from agents.vtrace import vtrace

ANSWERS = json.loads((Path(__file__).parent / "answers" / "vtrace.json").read_text())
CASES = [name for name in ANSWERS if name != "made_by"]


def column(*values):
    return torch.tensor(values)[:, None]


def by_loop(log_ratio, r, v, v_last, ended, gamma, lam, rho_max, c_max):
    """The paper's definition, equation 1: a sum over all later differences, step by step; float64."""
    n_steps, n = r.shape
    ratio = np.exp(log_ratio)
    rho, c = np.minimum(ratio, rho_max), lam * np.minimum(ratio, c_max)
    v_next = np.concatenate([v[1:], v_last[None]])
    vs, advantage = v.copy(), np.empty_like(v)
    for e in range(n):
        for s in range(n_steps):
            weight = 1.0
            for t in range(s, n_steps):
                going = 0.0 if ended[t, e] else gamma
                vs[s, e] += weight * rho[t, e] * (r[t, e] + going * v_next[t, e] - v[t, e])
                weight *= going * c[t, e]
        for s in range(n_steps):
            following = v_last[e] if s == n_steps - 1 else vs[s + 1, e]
            going = 0.0 if ended[s, e] else gamma
            advantage[s, e] = rho[s, e] * (r[s, e] + going * following - v[s, e])
    return vs, advantage


def test_by_hand():
    """Ratios 2 and 0.5: rho 1 and 0.5, c likewise.

    delta_1 = 0.5 x (2 + 0.9 x 0.3 - 0.4) = 0.935, delta_0 = 1 + 0.9 x 0.4 - 0.5 = 0.86;
    vs_1 = 0.4 + 0.935, vs_0 = 0.5 + 0.86 + 0.9 x 0.935; A_0 = 1 + 0.9 x 1.335 - 0.5, A_1 = delta_1.
    """
    log_ratio = torch.log(column(2.0, 0.5))
    going = torch.zeros(2, 1, dtype=torch.bool)
    vs, advantage = vtrace(log_ratio, column(1.0, 2.0), column(0.5, 0.4), torch.tensor([0.3]), going, gamma=0.9)
    assert vs[:, 0].tolist() == pytest.approx([2.2015, 1.335])
    assert advantage[:, 0].tolist() == pytest.approx([1.7015, 0.935])


def test_nothing_crosses_an_episodes_end():
    ended = torch.tensor([[True], [False]])
    zero = torch.zeros(2, 1)
    vs, advantage = vtrace(zero, column(1.0, 2.0), column(0.5, 0.4), torch.tensor([0.3]), ended, gamma=0.9)
    assert vs[:, 0].tolist() == pytest.approx([1.0, 2.27])
    assert advantage[:, 0].tolist() == pytest.approx([0.5, 1.87])


def test_on_policy_the_targets_are_the_returns_of_gae_with_the_same_lambda():
    generator = torch.Generator().manual_seed(0)
    r, v = torch.randn(9, 4, generator=generator), torch.randn(9, 4, generator=generator)
    v_last, ended = torch.randn(4, generator=generator), torch.rand(9, 4, generator=generator) < 0.2
    vs, _ = vtrace(torch.zeros(9, 4), r, v, v_last, ended, gamma=0.97, lam=0.8)
    _, returns = advantages_and_returns(r, v, v_last, ended, gamma=0.97, lam=0.8)
    torch.testing.assert_close(vs, returns)


@pytest.mark.parametrize(("lam", "rho_max", "c_max"), [(1.0, 1.0, 1.0), (0.7, 3.0, 0.5)])
def test_it_is_the_papers_sum(lam, rho_max, c_max):
    rng = np.random.default_rng(1)
    log_ratio, r, v = rng.normal(size=(3, 10, 6))
    v_last, ended = rng.normal(size=6), rng.random((10, 6)) < 0.15
    expected = by_loop(log_ratio, r, v, v_last, ended, 0.95, lam, rho_max, c_max)
    given = (torch.from_numpy(part) for part in (log_ratio, r, v, v_last, ended))
    for own, theirs in zip(vtrace(*given, 0.95, lam, rho_max, c_max), expected, strict=True):
        np.testing.assert_allclose(own.numpy(), theirs, rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_it_is_torchrls(name):
    case = ANSWERS[name]
    at = {key: torch.from_numpy(np.array(case[key])) for key in case if isinstance(case[key], list)}
    gamma = case["gamma"]
    rewards = at["r"] + gamma * at["v_next"] * at["truncated"]  # as rollouts have it
    log_ratio = at["log_pi"] - at["log_mu"]
    vs, advantage = vtrace(
        log_ratio, rewards, at["v"], at["v_next"][-1], at["ended"], gamma, 1.0, case["rho_max"], case["c_max"]
    )
    torch.testing.assert_close(vs, at["vs"], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(advantage, at["advantage"], rtol=1e-12, atol=1e-12)


def test_no_gradient_goes_through_it():
    v = torch.zeros(3, 2, requires_grad=True)
    ended = torch.zeros(3, 2, dtype=torch.bool)
    for part in vtrace(torch.zeros(3, 2), torch.ones(3, 2), v, v[0], ended, 0.9):
        assert not part.requires_grad
