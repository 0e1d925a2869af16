"""KL divergences of diagonal Gaussians, by hand and as torch.distributions has them."""

import math

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from agents.gaussians import Gaussian, kl, kl_to_centred


def test_by_hand():
    """One dimension: log(2 / 1) + (1 + 3^2) / (2 x 2^2) - 1/2, and two of them twice that."""
    q, p = Gaussian(torch.tensor([3.0]), torch.tensor([1.0])), Gaussian(torch.tensor([0.0]), torch.tensor([2.0]))
    once = math.log(2.0) + 10.0 / 8.0 - 0.5
    assert kl(q, p).item() == pytest.approx(once)
    twice = [Gaussian(*(part.repeat(2) for part in each)) for each in (q, p)]
    assert kl(*twice).item() == pytest.approx(2.0 * once)


def test_of_equals_it_is_exactly_zero():
    p = Gaussian(torch.randn(7, 5), torch.rand(7, 5) + 1e-3)
    assert torch.equal(kl(p, p), torch.zeros(7))


def test_it_is_torchs():
    torch.manual_seed(0)
    q, p = (Gaussian(torch.randn(4, 6), torch.rand(4, 6) + 0.05) for _ in range(2))
    expected = kl_divergence(*(Independent(Normal(*each), 1) for each in (q, p)))
    torch.testing.assert_close(kl(q, p), expected)


def test_to_the_centre_by_hand():
    """Mean 0.1 and scale 0.1 against N(0, 0.1^2): half a nat a dimension."""
    p = Gaussian(torch.full((3, 4), 0.1), torch.full((3, 4), 0.1))
    assert kl_to_centred(p).tolist() == pytest.approx([2.0] * 3)
    assert kl_to_centred(Gaussian(torch.zeros(4), torch.full((4,), 0.1))).item() == pytest.approx(0.0, abs=1e-6)
