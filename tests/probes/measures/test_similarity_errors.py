"""What similarity measures refuse, by name and with the cure."""

import numpy as np
import pytest

from probes.measures.similarity import linear_cka, mean_cca, procrustes, pwcca, rbf_cka, svcca

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)), RNG.normal(size=(60, 3))
ALL = [pwcca, mean_cca, svcca, linear_cka, rbf_cka, procrustes]


def with_nan():
    x = X.copy()
    x[7, 2] = np.nan
    return x


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (with_nan(), Y, "x must be finite, got nan at sample 7, unit 2: leave such samples out"),
        (X, Y[:59], "of the same samples in the same order, got 60 and 59: pair them first"),
        (X[:1], Y[:1], "x has 1 samples, the measure needs at least"),
        (X[:0], Y[:0], "x has 0 samples, the measure needs at least"),
        (X[:, 0], Y, r"x must be numbers \[sample, unit\] with at least one unit, got float64 of shape \(60,\)"),
        (X, Y[:, :0], r"y must be numbers .* of shape \(60, 0\)"),
        (X.astype(str), Y, "x must be numbers"),
        (X + 1j, Y, "x must be numbers"),
        (X, np.full_like(Y, 0.1), "y is constant"),
        (np.full_like(X, 1e8), Y, "x is constant"),
        (X * 1e70, Y, r"x spreads over .*e\+70, outside of 1e-60 to 1e\+60: scale it first"),
        (X, Y * 1e300, "y spreads over"),
        (X * 1e-70, Y, "x spreads over"),
    ],
)
def test_bad_input_is_refused_by_name(measure, x, y, message):
    with pytest.raises(ValueError, match=message):
        measure(x, y)


@pytest.mark.parametrize("measure", [pwcca, mean_cca, svcca])
def test_too_few_samples_for_cca_are_refused_with_chance_and_cure(measure):
    made = measure(X[:20], Y[:20])
    assert made.n == 20
    message = "19 samples are too few .* of 4 and 3 directions .* mean square would be 0.22. Give it at least 20"
    with pytest.raises(ValueError, match=message):
        measure(X[:19], Y[:19])
    with pytest.raises(ValueError, match="there are 4 samples, the measure needs at least 5"):
        measure(X[:4, :1], Y[:4, :1])


def test_where_samples_are_fewer_than_units_all_units_count():
    wide = RNG.normal(size=(60, 100))
    with pytest.raises(ValueError, match=r"of 100 and 3 directions .* would be 1.00. Give it at least 500 samples"):
        pwcca(wide, Y)
    assert svcca(wide, Y, share=0.2).n == 60, "the cure that the message names"


def test_repeated_and_dead_units_need_no_more_samples():
    many = np.concatenate([X] * 10 + [np.zeros((60, 50))], axis=1)
    assert pwcca(many, Y).score == pytest.approx(pwcca(X, Y).score, abs=1e-9)


def test_unbiased_cka_needs_four_samples_and_some_that_are_nearer_than_others():
    with pytest.raises(ValueError, match="there are 3 samples, the measure needs at least 4"):
        linear_cka(X[:3], Y[:3])
    assert linear_cka(X[:3], Y[:3], debiased=False).n == 3
    for measure in (linear_cka, rbf_cka):
        with pytest.raises(ValueError, match="all samples of y are equally far from one another"):
            measure(X[:10], np.eye(10))


def test_rbf_cka_wants_distances():
    with pytest.raises(ValueError, match="more than half of all pairs of samples of y are at one point"):
        rbf_cka(X, np.eye(60)[:, :5])
