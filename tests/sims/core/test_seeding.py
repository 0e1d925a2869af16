"""Counter-based random numbers."""

import numpy as np
import pytest

from sims.core.seeding import mix, pick, slot_seeds

pytestmark = pytest.mark.kernels


def test_mix_is_splitmix64():
    """The first outputs of SplitMix64 from state 0, as published with the generator."""
    golden = 0x9E3779B97F4A7C15
    outputs = [int(mix(np.uint64(k * golden % 2**64))) for k in range(3)]
    assert outputs == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_picks_are_in_range_and_even(n):
    picks = np.array([pick(np.uint64(seed), count, n) for seed in range(40) for count in range(50)])
    assert picks.min() >= 0
    assert picks.max() < n
    if n == 7:
        counts = np.bincount(picks, minlength=7)
        expected = len(picks) / 7
        assert ((counts - expected) ** 2 / expected).sum() < 22.5  # chi-square, 6 degrees of freedom, p = 0.001


def test_neighbouring_seeds_and_counts_are_unrelated():
    row = np.array([[pick(np.uint64(seed), count, 1000) for count in range(60)] for seed in range(60)], float)
    assert abs(np.corrcoef(row[:-1].ravel(), row[1:].ravel())[0, 1]) < 0.06
    assert abs(np.corrcoef(row[:, :-1].ravel(), row[:, 1:].ravel())[0, 1]) < 0.06


def test_slot_seeds_count_up_and_wrap():
    assert slot_seeds(5, 3).tolist() == [5, 6, 7]
    assert slot_seeds(2**64 - 1, 2).tolist() == [2**64 - 1, 0]
    assert slot_seeds(10**30, 1).tolist() == [10**30 % 2**64]


@pytest.mark.parametrize("seed", [-1, 1.0, True, "7", None])
def test_other_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="a seed must be an integer of at least 0"):
        slot_seeds(seed, 2)
