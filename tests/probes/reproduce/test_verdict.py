"""The rule of the verdict, by hand."""

import numpy as np
import pytest

from probes.reproduce.verdict import Difference, above, alike, difference_of, everywhere, interval_of_mean

HOLDS, FAILS, OPEN = "holds", "does not hold at this scale", "undecided"


def found(low, score, high, objects=None):
    return Difference(score, (score,) * 3, (low, high), objects or (score, score))


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (found(0.01, 0.2, 0.4), HOLDS),
        (found(0.01, 0.049, 0.1), OPEN),  # above 0, but too small to matter, and not surely so
        (found(-0.01, 0.2, 0.4), OPEN),
        (found(0.01, 0.03, 0.049), FAILS),  # surely there, surely too small
        (found(-0.3, -0.2, -0.1), FAILS),
        (found(0.1, 0.2, 0.3, (-0.01, 0.4)), OPEN),  # other objects might not show it
        (found(-0.01, 0.02, 0.04, (0.0, 0.06)), OPEN),
    ],
)
def test_a_difference_is_above_zero_or_not_or_not_known(difference, verdict):
    assert above(difference) == verdict


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (found(-0.09, 0.0, 0.09), HOLDS),
        (found(-0.09, 0.0, 0.11), OPEN),
        (found(0.11, 0.2, 0.3), FAILS),
        (found(-0.3, -0.2, -0.11), FAILS),
        (found(0.05, 0.2, 0.3), OPEN),
    ],
)
def test_two_are_alike_or_not_or_not_known(difference, verdict):
    assert alike(difference) == verdict


def test_a_claim_must_hold_everywhere():
    assert everywhere([HOLDS, HOLDS]) == HOLDS
    assert everywhere([HOLDS, OPEN]) == OPEN
    assert everywhere([HOLDS, OPEN, FAILS]) == FAILS
    with pytest.raises(ValueError, match="needs a place"):
        everywhere([])


def test_the_intervals_are_what_they_are_by_hand():
    difference = difference_of([0.1, 0.2, 0.3], [0.19, 0.2, 0.21])
    assert difference.score == pytest.approx(0.2)
    half = 4.302653 * 0.1 / np.sqrt(3)  # t of 2 degrees of freedom, the spread of 0.1, 0.2, 0.3 is 0.1
    assert difference.over_seeds == pytest.approx((0.2 - half, 0.2 + half), abs=1e-6)
    half = 4.302653 * np.sqrt(2 / 3 * (0.01**2 + 0.01**2))
    assert difference.over_objects == pytest.approx((0.2 - half, 0.2 + half), abs=1e-6)
    assert difference.interval == difference.over_seeds
    assert interval_of_mean(np.array([0.1, 0.2, 0.3])) == pytest.approx(difference.over_seeds)
    assert difference.document()["seeds"] == [0.1, 0.2, 0.3]


def test_the_jackknife_of_a_mean_is_the_interval_of_that_mean():
    values = np.random.default_rng(0).normal(size=10)
    without = (values.sum() - values) / 9
    difference = difference_of([values.mean()] * 3, without)
    assert difference.over_objects == pytest.approx(interval_of_mean(values))


@pytest.mark.parametrize(
    ("by_seed", "without", "named"),
    [([0.1, 0.2], [0.1] * 5, "seeds"), ([0.1] * 3, [0.1], "objects"), ([0.1, np.nan, 0.1], [0.1] * 5, "seeds")],
)
def test_too_few_or_not_finite_numbers_are_refused(by_seed, without, named):
    with pytest.raises(ValueError, match=f"finite numbers of 3 {named} at least"):
        difference_of(by_seed, without)
