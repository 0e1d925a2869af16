"""Relative invariance and equivariance: what is known by hand, and what is refused."""

import numpy as np
import pytest

from probes.measures.invariance import relative_equivariance, relative_invariance
from probes.measures.pairing import Pairs, weights

RNG = np.random.default_rng(0)
Z, OTHER, V = RNG.normal(size=(200, 12)), RNG.normal(size=(200, 12)), RNG.normal(size=12)


def test_invariance_by_hand():
    """Own distances 1, 0, 2; false ones 10, 8 (of 0), 9, 2 (of 10), 19, 10 (of 20, 18 with the factor changed)."""
    z, z_t = [[0], [10], [20]], [[1], [10], [18]]
    assert relative_invariance(z, z_t).score == pytest.approx(1 - (3 / 3) / ((10 + 18 + 9 + 8 + 19 + 10) / 6))


def test_an_encoder_that_the_factor_leaves_alone_has_1():
    assert relative_invariance(Z, Z).score == 1.0
    assert relative_invariance(Z, Z).kind == "similarity"
    assert relative_invariance(Z, Z, n_resamples=50).interval == (1.0, 1.0)


@pytest.mark.parametrize("measure", [relative_invariance, relative_equivariance])
def test_an_encoder_that_knows_nothing_is_within_its_null(measure):
    null = [measure(Z, OTHER[np.random.default_rng(k).permutation(200)], n_null=0).score for k in range(200)]
    low, high = np.quantile(null, [0.005, 0.995])
    assert low < measure(Z, OTHER).score < high
    assert abs(measure(Z, OTHER, n_null=20).chance) < 0.01
    interval = measure(Z, OTHER, n_resamples=200).interval
    assert interval[0] < 0 < interval[1]


def test_chance_of_invariance_is_0_and_shuffles_find_it():
    near = Z + 0.1 * OTHER
    assert relative_invariance(Z, near).chance == 0.0
    shuffled = relative_invariance(Z, near, n_null=50)
    assert shuffled.score > 0.85
    assert shuffled.chance == pytest.approx(0.0, abs=0.02)


def test_a_shift_is_aligned_and_survives_the_shuffling():
    moved = relative_equivariance(Z, Z + V)
    assert moved.score == pytest.approx(1.0, abs=1e-12)
    assert moved.chance == pytest.approx(1.0, abs=1e-12)
    assert relative_equivariance(Z, Z + V, n_null=0).chance is None


def test_equivariance_by_hand():
    """Moves east, north, east: cosines 0, 1, 0."""
    z = np.array([[0.0, 0.0], [5.0, 1.0], [2.0, 9.0]])
    assert relative_equivariance(z, z + np.array([[1, 0], [0, 3], [2, 0]])).score == pytest.approx(1 / 3)


def test_one_way_by_different_lengths_beats_its_columns_alone():
    moved = relative_equivariance(Z, Z + RNG.exponential(size=(200, 1)) * V)
    assert moved.score == pytest.approx(1.0, abs=1e-12)
    assert moved.chance < 0.8


def test_back_and_forth_is_no_direction():
    """Half of the samples against the other half: of 200 x 199 pairs 100 x 100 x 2 have -1, the rest 1."""
    signs = np.repeat([1.0, -1.0], 100)[:, None]
    assert relative_equivariance(Z, Z + signs * V).score == pytest.approx(-1 / 199)


def test_samples_that_stay_are_left_out():
    moved = relative_equivariance(Z, Z + V * (np.arange(200) < 50)[:, None])
    assert (moved.n, moved.score) == (50, pytest.approx(1.0))


@pytest.mark.parametrize("measure", [relative_invariance, relative_equivariance])
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_scale_shift_and_rotation_of_both_change_nothing(measure, scale):
    turn, _ = np.linalg.qr(RNG.normal(size=(12, 12)))
    near = Z + 0.3 * OTHER + V
    turned = measure(scale * ((Z + 1) @ turn), scale * ((near + 1) @ turn), n_null=0)
    assert turned.score == pytest.approx(measure(Z, near, n_null=0).score, abs=1e-10)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.bool_])
@pytest.mark.parametrize("measure", [relative_invariance, relative_equivariance])
def test_any_number_in_any_layout(measure, dtype):
    z, z_t = (np.maximum(a, 0).astype(dtype) for a in (3 * Z, 3 * Z + 3 * OTHER))
    expected = measure(z.astype(float), z_t.astype(float))
    assert measure(np.asfortranarray(z), z_t[::-1][::-1]) == expected
    single = measure(z[:, :1], z_t[:, :1]).score
    assert np.isfinite(single)


@pytest.mark.parametrize("measure", [relative_invariance, relative_equivariance])
def test_the_same_seed_says_the_same(measure):
    near = Z + 0.5 * OTHER + V
    first = measure(Z, near, 3, n_null=5, n_resamples=50)
    assert measure(Z, near, np.random.default_rng(3), n_null=5, n_resamples=50) == first
    assert first.interval[0] < first.score < first.interval[1]


@pytest.mark.parametrize("measure", [relative_invariance, relative_equivariance])
def test_pictures_of_one_asset_are_resampled_as_one(measure):
    """20 assets, each pictured 10 times almost alike, are 20 samples and not 200."""
    assets = np.repeat(np.arange(20), 10)
    z = Z[assets] + 0.01 * OTHER
    z_t = z + V + OTHER[assets]
    alone, together = (measure(z, z_t, n_null=0, n_resamples=200, clusters=c).interval for c in (None, assets))
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])
    assert sum(together) / 2 == pytest.approx(measure(z, z_t, n_null=0).score, abs=0.2 * (together[1] - together[0]))
    each = np.arange(200)[::-1] * 7  # whoever is alone in a cluster is a sample
    assert measure(z, z_t, n_null=0, clusters=each).score == pytest.approx(measure(z, z_t, n_null=0).score)


def test_pairs_in_resamples_of_groups_by_hand():
    """Samples 0, 1 of a group drawn twice, 2 of one drawn once: twice the pair 0-1, never 0-0; twice each with 2."""
    pairs = Pairs(np.array([0, 1, 0, 2, 3]), np.array([1, 0, 2, 1, 0]))
    groups, chosen = np.array([0, 0, 1, 2]), np.array([0, 1, 2, 0, 1])
    assert weights(pairs, chosen, groups).tolist() == [2, 2, 2, 2, 0]
    assert weights(pairs, chosen, None).tolist() == [4, 4, 2, 2, 0]


def test_the_interval_covers_what_a_larger_sample_says():
    rng = np.random.default_rng(1)

    def drawn(n):
        z = rng.normal(size=(n, 5))
        return z, z + 0.5 * rng.normal(size=(n, 5)) * rng.exponential(size=(n, 1))

    truth = relative_invariance(*drawn(200_000)).score
    intervals = [relative_invariance(*drawn(60), n_resamples=200).interval for _ in range(60)]
    assert np.mean([low < truth < high for low, high in intervals]) > 0.85


@pytest.mark.parametrize("measure", [relative_invariance, relative_equivariance])
def test_what_cannot_be_measured_is_refused(measure):
    with pytest.raises(ValueError, match=r"same samples and units in the same order, got \(200, 12\) and \(199, 12\)"):
        measure(Z, OTHER[1:])
    with pytest.raises(ValueError, match="z_t has 1 samples, the measure needs at least 3"):
        measure(Z, OTHER[:1])
    with pytest.raises(ValueError, match="z must be finite, got nan at sample 0, unit 0"):
        measure(np.where(np.arange(12) == 0, np.nan, Z), OTHER)
    with pytest.raises(ValueError, match="z is the same for all 200 samples"):
        measure(np.ones((200, 12)), OTHER)
    with pytest.raises(ValueError, match="an interval needs at least 10 samples to resample, got 9"):
        measure(Z[:9], OTHER[:9], n_resamples=10)
    with pytest.raises(ValueError, match="an interval needs at least 10 clusters to resample, got 2"):
        measure(Z, OTHER, n_resamples=10, clusters=np.arange(200) % 2)
    with pytest.raises(
        ValueError, match=r"clusters must be whole numbers, one for each of 200 samples, got int64 \(7,\)"
    ):
        measure(Z, OTHER, n_resamples=10, clusters=np.arange(7))


def test_a_representation_that_is_constant_up_to_rounding_is_refused():
    hum = np.float32(1) + np.float32(1e-7) * (OTHER > 0)
    with pytest.raises(ValueError, match="z_t is the same for all 200 samples"):
        relative_invariance(Z, hum.astype(np.float32))
    assert np.isfinite(relative_invariance(Z + 1e8, OTHER + 1e8).score)  # far from the origin is not constant


def test_directions_need_samples_that_move():
    with pytest.raises(ValueError, match="z_t differs from z in 1 of 200 samples, and directions need at least 2"):
        relative_equivariance(Z, Z + V * (np.arange(200) == 0)[:, None])
