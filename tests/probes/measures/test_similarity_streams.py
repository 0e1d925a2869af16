"""Streams give what the arrays give, whatever the blocks, and hold no more for more samples."""

import tracemalloc

import numpy as np
import pytest

from probes.measures.similarity import (
    MomentStream,
    RbfStream,
    linear_cka,
    linear_cka_of,
    mean_cca,
    mean_cca_of,
    moments_of,
    procrustes,
    procrustes_of,
    pwcca,
    pwcca_of,
    rbf_cka,
    svcca,
    svcca_of,
)
from probes.measures.similarity.moments import merged

RNG = np.random.default_rng(0)
N = 5000
X = RNG.normal(size=(N, 5)) @ RNG.normal(size=(5, 5)) + np.linspace(0, 40, N)[:, None]  # its mean wanders
Y = (0.7 * X + RNG.normal(size=(N, 5))) @ RNG.normal(size=(5, 5)) - 1000
PAIRS = [(pwcca, pwcca_of), (mean_cca, mean_cca_of), (svcca, svcca_of), (linear_cka, linear_cka_of)]
PAIRS += [(procrustes, procrustes_of)]


def streamed(edges):
    stream = MomentStream()
    for rows in np.split(np.arange(N), edges):
        stream.update(X[rows], Y[rows])
    return stream


@pytest.mark.parametrize(("whole", "of"), PAIRS)
@pytest.mark.parametrize("edges", [[1], [1, 2, 3, 4999], list(range(100, N, 100)), [4500]])
def test_the_streamed_estimate_equals_the_full_one(whole, of, edges):
    stream, full = streamed(edges), whole(X, Y)
    made = of(stream.moments)
    assert stream.n == made.n == N
    assert made.score == pytest.approx(full.score, rel=1e-10)
    assert made.chance == pytest.approx(full.chance, rel=1e-10) if full.chance else made.chance == full.chance


def test_biased_cka_and_another_share_can_be_streamed_too():
    stream = streamed([1234])
    assert linear_cka_of(stream.moments, debiased=False).score == pytest.approx(
        linear_cka(X, Y, debiased=False).score, rel=1e-10
    )
    assert svcca_of(stream.moments, share=0.5).score == pytest.approx(svcca(X, Y, share=0.5).score, rel=1e-10)


def test_moments_are_what_they_say():
    moments = streamed([7, 1000]).moments
    z = np.concatenate([X, Y], 1)
    z = z - z.mean(0)
    squares = np.stack([(z[:, :5] ** 2).sum(1), (z[:, 5:] ** 2).sum(1)])
    assert moments.mean == pytest.approx(np.concatenate([X, Y], 1).mean(0))
    assert moments.scatter == pytest.approx(z.T @ z)
    assert moments.cubic == pytest.approx(squares @ z, rel=1e-6, abs=1e-6 * np.abs(squares @ z).max())
    assert moments.quartic == pytest.approx(squares @ squares.T)
    assert (moments.xx.shape, moments.xy.shape, moments.yy.shape) == ((5, 5), (5, 5), (5, 5))
    halves = merged(moments_of(X[:99], Y[:99]), moments_of(X[99:], Y[99:]))
    assert halves.quartic == pytest.approx(moments.quartic)


def test_a_mean_far_away_costs_no_digits():
    near, far = MomentStream(), MomentStream()
    for rows in np.split(np.arange(N), [3, 500]):
        near.update(X[rows], Y[rows])
        far.update(X[rows] + 2.0**30, Y[rows] - 2.0**30)
    for _, of in PAIRS:
        assert of(far.moments).score == pytest.approx(of(near.moments).score, abs=1e-6)


def test_memory_does_not_grow_with_the_samples():
    def peak(blocks):
        stream, rng = MomentStream(), np.random.default_rng(0)
        tracemalloc.start()
        for _ in range(blocks):
            x = rng.standard_normal((512, 40))
            stream.update(x, x)
        linear_cka_of(stream.moments)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(40) < 1.1 * peak(4)


def test_what_was_refused_was_not_taken_in():
    stream = streamed([])
    before = stream.moments
    for x, y, message in (
        (X[:9, :4], Y[:9], "has seen 5 and 5 units until now, got 4 and 5"),
        (X[:9], np.where(Y[:9] > -np.inf, np.nan, 0), "y must be finite, got nan at sample 5000, unit 0"),
        (X[:9], Y[:8], "got 9 and 8: pair them first"),
        (X[:0], Y[:0], "x has 0 samples"),
    ):
        with pytest.raises(ValueError, match=message):
            stream.update(x, y)
    assert stream.moments is before
    with pytest.raises(ValueError, match="has seen no sample yet: update it first"):
        pwcca_of(MomentStream().moments)


def test_the_sample_that_is_not_finite_is_named_in_a_long_array():
    x = X.copy()
    x[4500, 3] = np.inf
    with pytest.raises(ValueError, match="x must be finite, got inf at sample 4500, unit 3"):
        pwcca(x, Y)


def test_rbf_over_minibatches_estimates_what_all_samples_give():
    x, y = X[:1200] - np.linspace(0, 40, N)[:1200, None], Y[:1200]
    full = rbf_cka(x, y, batch=1200).score
    scores = [rbf_cka(x, y, batch=100, rng=k).score for k in range(10)]
    assert np.mean(scores) == pytest.approx(full, abs=0.02)
    assert np.std(scores) < 0.05
    stream = RbfStream()
    for rows in np.array_split(np.random.default_rng(0).permutation(1200), 12):
        stream.update(x[rows], y[rows])
    assert stream.n == 1200
    assert stream.measurement() == rbf_cka(x, y, batch=100)
    assert rbf_cka(x, x, batch=100).score == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rbf_cka(X, Y, debiased=False), "debias it, or give it a batch of 5000"),
        (lambda: rbf_cka(X, Y, batch=7), "batch must be at least 8, got 7"),
        (lambda: rbf_cka(X[:50], Y[:50], width=0.0), "width must be above 0"),
        (lambda: RbfStream().measurement(), "has seen no sample yet"),
        (lambda: RbfStream().update(X[:3], Y[:3]), "x has 3 samples, the measure needs at least 4"),
    ],
)
def test_what_minibatches_cannot_do_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_biased_hsic_is_of_one_minibatch_alone():
    stream = RbfStream(debiased=False)
    stream.update(X[:50], Y[:50])
    with pytest.raises(ValueError, match="is that of one minibatch"):
        stream.update(X[50:90], Y[50:90])
