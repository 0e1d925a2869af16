"""What similarity is by chance, and whether its intervals hold what they promise."""

import numpy as np
import pytest

from probes.measures.resampling import interval_by_bootstrap
from probes.measures.similarity import (
    MEASURES,
    compare,
    linear_cka,
    mean_by_chance,
    mean_cca,
    mean_squared_by_chance,
    moments_of,
    procrustes,
    pwcca,
    rbf_cka,
    svcca,
)
from probes.measures.similarity.bases import all_directions, correlations


def independent(rng, n, p, q):
    """Two Gaussians that have nothing to do with each other, x with units of very different size."""
    return rng.normal(size=(n, p)) * np.geomspace(10, 0.1, p), rng.normal(size=(n, q))


@pytest.mark.parametrize(("n", "p", "q"), [(60, 4, 10), (60, 10, 4), (110, 20, 20)])
def test_canonical_correlations_of_independent_gaussians(n, p, q):
    rng, squares, means, distances = np.random.default_rng(1), [], [], []
    for _ in range(300):
        x, y = independent(rng, n, p, q)
        moments = moments_of(x, y)
        rho, _ = correlations(moments, all_directions(moments))
        squares.append((rho**2).mean())
        means.append(rho.mean())
        distances.append(pwcca(x, y).score)
    assert mean_squared_by_chance(p, q, n) == max(p, q) / (n - 1)
    assert np.mean(squares) == pytest.approx(mean_squared_by_chance(p, q, n), rel=0.03)
    assert np.mean(means) == pytest.approx(mean_by_chance(p, q, n), rel=0.02)
    assert np.mean(distances) == pytest.approx(pwcca(x, y).chance, rel=0.02)


def test_shuffling_any_data_gives_the_mean_square_that_the_closed_form_says():
    rng = np.random.default_rng(2)
    x, y = rng.standard_cauchy(size=(60, 4)), rng.exponential(size=(60, 7))  # nothing like Gaussians
    squares = []
    for _ in range(400):
        moments = moments_of(x, y, None, rng.permutation(60))
        squares.append((correlations(moments, all_directions(moments))[0] ** 2).mean())
    assert np.mean(squares) == pytest.approx(7 / 59, rel=0.04)


def test_the_density_is_one_unit_against_one_by_hand():
    # p = q = 1: a semicircle of sqrt(l) up to 2 / sqrt(n - 1), whose mean is 4 / (3 pi) of that, but for 1 - l
    assert mean_by_chance(1, 1, 10_001) == pytest.approx(8 / (3 * np.pi) / 100, rel=1e-3)
    assert mean_by_chance(3, 8, 100) == mean_by_chance(8, 3, 100)
    with pytest.raises(ValueError, match="22 at least"):
        mean_by_chance(10, 10, 21)
    assert mean_squared_by_chance(30, 2, 20) == 1.0


@pytest.mark.parametrize("measure", [pwcca, mean_cca, svcca, linear_cka, rbf_cka])
def test_closed_forms_are_what_shuffling_gives(measure):
    rng = np.random.default_rng(3)
    x, y = independent(rng, 100, 6, 12)
    y[:, :3] += x[:, :3]  # shuffling takes that away
    shuffled = measure(x, y, n_null=200).chance
    assert shuffled == pytest.approx(measure(x, y).chance, abs=0.01)


@pytest.mark.parametrize("measure", [linear_cka, rbf_cka])
def test_biased_cka_is_large_by_chance_and_says_how_large(measure):
    x, y = independent(np.random.default_rng(4), 40, 30, 30)
    made = measure(x, y, debiased=False)
    assert measure(x, y, debiased=False, n_null=200).chance == pytest.approx(made.chance, rel=0.02)
    assert made.chance > 0.1
    assert measure(x, y).chance == 0.0


@pytest.mark.parametrize("measure", [pwcca, mean_cca, svcca, linear_cka, rbf_cka, procrustes])
def test_independent_data_are_inside_the_null(measure):
    rng = np.random.default_rng(5)
    x, y = independent(rng, 150, 8, 12)
    null = [measure(x, y[rng.permutation(150)]).score for _ in range(100)]
    low, high = np.quantile(null, [0.005, 0.995])
    made = measure(x, y, n_null=100)
    assert low < made.score < high
    assert low < made.chance < high


def test_there_is_no_closed_form_for_procrustes():
    x, y = independent(np.random.default_rng(6), 50, 3, 4)
    assert procrustes(x, y).chance is None
    assert 1.0 < procrustes(x, y, n_null=20).chance < np.pi / 2


def related(rng, n, units=3, most=0.9):
    """Units that have more and more to do with one another, from 0.1 to `most`."""
    z, rho = rng.normal(size=(n, units)), np.linspace(most, 0.1, units)
    return z, rho * z + np.sqrt(1 - rho**2) * rng.normal(size=(n, units))


@pytest.mark.parametrize("measure", [mean_cca, linear_cka])
def test_intervals_hold_what_other_samples_of_this_size_give_on_average(measure):
    rng, runs, n = np.random.default_rng(7), 80, 60
    truth = np.mean([measure(*related(rng, n, 8, 0.4)).score for _ in range(600)])
    held, held_by_bootstrap = 0, 0
    for k in range(runs):
        x, y = related(rng, n, 8, 0.4)
        low, high = measure(x, y, n_resamples=60, rng=k).interval
        held += low <= truth <= high

        def score(rows, x=x, y=y):
            return measure(x[rows], y[rows]).score

        low, high = interval_by_bootstrap(score, n, 60, rng)
        held_by_bootstrap += low <= truth <= high
    assert held >= 0.88 * runs
    assert held_by_bootstrap < 0.6 * runs, "a sample taken twice agrees with itself"


@pytest.mark.parametrize("measure", [pwcca, mean_cca, svcca, linear_cka, rbf_cka, procrustes])
def test_intervals_lie_around_the_score_and_within_the_measure_and_can_be_had_again(measure):
    x, y = related(np.random.default_rng(8), 120)
    made = measure(x, y, n_resamples=40, rng=3)
    assert made.interval[0] < made.score < made.interval[1]
    assert made == measure(x, y, n_resamples=40, rng=np.random.default_rng(3))
    assert made.interval != measure(x, y, n_resamples=40, rng=4).interval
    same = measure(x, x, n_resamples=40)
    assert same.interval == pytest.approx((same.score, same.score), abs=1e-6)


def test_samples_that_belong_together_are_drawn_together():
    rng = np.random.default_rng(9)
    x, y = related(rng, 40)
    episode = np.repeat(np.arange(40), 10)
    repeated = x[episode] + 0.01 * rng.normal(size=(400, 3)), y[episode] + 0.01 * rng.normal(size=(400, 3))
    each, whole = (mean_cca(*repeated, n_resamples=100, clusters=clusters).interval for clusters in (None, episode))
    assert whole[1] - whole[0] > 2 * (each[1] - each[0])
    uneven = np.minimum(episode, 30)
    assert mean_cca(*repeated, n_resamples=40, clusters=uneven).interval[0] < mean_cca(*repeated).score


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_resamples": 5}, "n_resamples must be 0 or at least 20, got 5"),
        ({"n_resamples": -1}, "n_resamples must be 0 or at least 20, got -1"),
        ({"n_null": -1}, "n_null must be 0 or more shuffles, got -1"),
        ({"n_resamples": 20, "clusters": np.arange(3)}, r"clusters must be numbers \[sample\] of 60 samples"),
        ({"n_resamples": 20, "clusters": np.repeat([0, 1], 30)}, "needs 10 clusters at least, got 2"),
    ],
)
def test_intervals_that_cannot_be_had_are_refused(changes, message):
    x, y = related(np.random.default_rng(10), 60)
    with pytest.raises(ValueError, match=message):
        mean_cca(x, y, **changes)


def test_several_at_once_are_what_each_is_alone():
    alone = {"pwcca": pwcca, "svcca": svcca, "mean_cca": mean_cca, "linear_cka": linear_cka, "procrustes": procrustes}
    x, y = related(np.random.default_rng(11), 90, 5)
    for asked in ({}, {"n_resamples": 20, "rng": 3}, {"n_null": 4, "clusters": np.arange(90) // 3, "n_resamples": 20}):
        assert compare(x, y, **asked) == {name: measure(x, y, **asked) for name, measure in alone.items()}
    assert list(compare(x, y)) == list(MEASURES) == list(alone)
    assert list(compare(x, y, ["procrustes"])) == ["procrustes"]
    for wrong, message in ((["pwcca", "cka"], "measures must be some of pwcca, .*, got cka"), ([], "got none")):
        with pytest.raises(ValueError, match=message):
            compare(x, y, wrong)
    with pytest.raises(ValueError, match="24 samples are too few"):
        compare(x[:24], y[:24])
