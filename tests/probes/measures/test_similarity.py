"""Similarity of representations: the formulas worked out plainly, and what must leave each of them."""

import numpy as np
import pytest

from probes.measures.similarity import linear_cka, mean_cca, procrustes, pwcca, rbf_cka, svcca

RNG = np.random.default_rng(0)
N, P, Q = 400, 6, 9
X = RNG.normal(size=(N, P)) @ RNG.normal(size=(P, P)) + 3
Y = np.concatenate([X[:, :4] + RNG.normal(size=(N, 4)), RNG.normal(size=(N, Q - 4))], 1) @ RNG.normal(size=(Q, Q))
MIX = RNG.normal(size=(Q, Q))
TURN, TURN_X = (np.linalg.qr(RNG.normal(size=(k, k)))[0] for k in (Q, P))

CCA = [pwcca, mean_cca, svcca]
TURNED = [linear_cka, rbf_cka, procrustes, svcca]
ALL = [pwcca, mean_cca, svcca, linear_cka, rbf_cka, procrustes]


def same(value):
    return pytest.approx(value, abs=1e-6)


def identity(made):
    return {"similarity": 1.0, "distance": 0.0}[made.kind]


def plain_cca(x, y):
    """Canonical correlations and PWCCA's distance by QR and SVD of the arrays themselves."""
    x, y = x - x.mean(0), y - y.mean(0)
    basis_x, basis_y = np.linalg.qr(x)[0], np.linalg.qr(y)[0]
    turn, rho, _ = np.linalg.svd(basis_x.T @ basis_y)
    rho, h = rho[: min(x.shape[1], y.shape[1])], basis_x @ turn[:, : min(x.shape[1], y.shape[1])]
    alpha = np.array([sum(abs(h[:, i] @ x[:, j]) for j in range(x.shape[1])) for i in range(h.shape[1])])
    return rho, 1 - (alpha * rho).sum() / alpha.sum()


def plain_hsic(k, other):
    """Song et al. 2012, written as in Nguyen et al. 2020."""
    n, ones = len(k), np.ones(len(k))
    k, other = k - np.diag(np.diag(k)), other - np.diag(np.diag(other))
    middle = (ones @ k @ ones) * (ones @ other @ ones) / ((n - 1) * (n - 2))
    return (np.trace(k @ other) + middle - 2 / (n - 2) * ones @ k @ other @ ones) / (n * (n - 3))


def plain_cka(k, other, hsic=plain_hsic):
    return hsic(k, other) / np.sqrt(hsic(k, k) * hsic(other, other))


def biased_hsic(k, other):
    centre = np.eye(len(k)) - 1 / len(k)
    return np.trace(k @ centre @ other @ centre)


def plain_rbf(x, width=0.8):
    d = np.linalg.norm(x[:, None] - x[None], axis=-1)
    return np.exp(-(d**2) / (2 * (width * np.median(d[~np.eye(len(d), dtype=bool)])) ** 2))


@pytest.mark.parametrize(("a", "b"), [(X, Y), (Y, X), (X, X[:, :2] + Y[:, :2])])
def test_cca_is_what_the_papers_say(a, b):
    rho, distance = plain_cca(a, b)
    assert pwcca(a, b).score == pytest.approx(distance, rel=1e-10)
    assert mean_cca(a, b).score == pytest.approx(rho.mean(), rel=1e-10)


def test_two_units_worked_out_by_hand():
    # x_1 = (1, -1, 0, 0, ...) and x_2 three times as long at right angles; y is x_1 with as much noise, at right angles
    one, two, noise = np.kron(np.eye(3), [[1.0], [-1.0]]).T
    one, two, noise = (np.tile(part, 4) for part in (one, two, noise))
    x, y = np.column_stack([one, 3 * two]), np.column_stack([one + noise, two])
    # rho: 1 for two, 1 / sqrt 2 for one; the weights are the units' lengths, 3 and 1
    assert pwcca(x, y).score == same(1 - (3 * 1 + 1 / np.sqrt(2)) / 4)
    assert mean_cca(x, y).score == same((1 + 1 / np.sqrt(2)) / 2)
    # lengths squared in units of one's: X'Y = diag(1, 3), X'X = diag(1, 9), Y'Y = diag(2, 1)
    assert linear_cka(x, y, debiased=False).score == same((1 + 9) / np.sqrt((1 + 81) * (4 + 1)))
    assert procrustes(x, y).score == same(np.arccos((1 + 3) / np.sqrt((1 + 9) * (2 + 1))))


def test_svcca_takes_the_principal_directions_that_hold_the_share():
    x, y = RNG.normal(size=(N, 4)) * [100.0, 50.0, 1.0, 0.1], RNG.normal(size=(N, 3)) * [9.0, 3.0, 3.0]
    top = np.linalg.svd(x - x.mean(0), full_matrices=False)[0][:, :2]
    assert svcca(x, y).score == pytest.approx(plain_cca(top, y)[0].mean(), rel=1e-10)
    assert svcca(x, y, share=1.0).score == same(mean_cca(x, y).score)
    for share in (0.0, 1.1):
        with pytest.raises(ValueError, match=r"share must be in \(0, 1\]"):
            svcca(x, y, share=share)


@pytest.mark.parametrize("debiased", [True, False])
def test_cka_is_what_the_papers_say(debiased):
    hsic = plain_hsic if debiased else biased_hsic
    assert linear_cka(X, Y, debiased=debiased).score == pytest.approx(plain_cka(X @ X.T, Y @ Y.T, hsic), rel=1e-10)
    for width in (0.8, 0.3):
        expected = plain_cka(plain_rbf(X, width), plain_rbf(Y, width), hsic)
        assert rbf_cka(X, Y, width=width, debiased=debiased).score == pytest.approx(expected, rel=1e-6)


def test_procrustes_is_the_angle_after_the_best_turn():
    x, y = (part - part.mean(0) for part in (X, Y[:, :P]))
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
    u, _, v = np.linalg.svd(y.T @ x)
    assert procrustes(X, Y[:, :P]).score == same(np.arccos((x * (y @ u @ v)).sum()))
    a, b, c = (procrustes(*pair).score for pair in ((X, Y), (Y, MIX[RNG.integers(Q, size=N)]), (X, Y @ MIX)))
    assert 0 < a < np.pi / 2
    assert c <= a + procrustes(Y, Y @ MIX).score
    assert b > 1


@pytest.mark.parametrize("measure", ALL)
def test_a_representation_is_the_same_as_itself_and_kinds_are_as_said(measure):
    made = measure(X, X)
    assert made.score == same(identity(made))
    assert (made.n, made.interval) == (N, None)
    assert made.kind == ("distance" if measure in (pwcca, procrustes) else "similarity")


@pytest.mark.parametrize("measure", TURNED)
def test_rotation_scale_and_translation_leave_it(measure):
    score = measure(X, Y).score
    assert measure(X, 7 * Y @ TURN - 100).score == same(score)
    assert measure(1e-3 * X @ TURN_X + 5, Y).score == same(score)
    assert measure(Y, X).score == same(score)


@pytest.mark.parametrize("measure", [pwcca, mean_cca])
def test_any_invertible_map_of_y_leaves_cca(measure):
    score = measure(X, Y).score
    assert measure(X, Y @ MIX + 5).score == same(score)
    assert measure(X, Y * np.geomspace(1e-5, 1e5, Q)).score == same(score)  # scales of units are no rank
    bent = TURN @ np.diag(np.geomspace(1, 1e-4, Q)) @ TURN
    assert measure(X, Y @ bent).score == same(score)


def test_what_must_not_leave_a_measure_does_not():
    assert abs(pwcca(X, Y).score - pwcca(Y, X).score) > 0.01
    assert abs(pwcca(X @ TURN_X, Y).score - pwcca(X, Y).score) > 0.001
    assert mean_cca(X @ TURN_X, Y).score == same(mean_cca(X, Y).score)
    for measure in TURNED:
        assert abs(measure(X, Y @ MIX).score - measure(X, Y).score) > 0.001


@pytest.mark.parametrize("measure", ALL)
def test_dead_and_repeated_units_are_fine(measure):
    dead = np.concatenate([Y, np.zeros((N, 2)), np.full((N, 1), 0.1)], axis=1)
    assert measure(X, dead).score == same(measure(X, Y).score)
    assert measure(np.concatenate([X, X], 1), Y).score == same(measure(X, Y).score)


@pytest.mark.parametrize("measure", ALL)
def test_any_kind_of_number_in_any_layout(measure):
    score = measure(X, Y).score
    assert measure(np.asfortranarray(X)[::-1], Y[::-1]).score == same(score)
    assert measure(X.tolist(), np.repeat(Y, 2, axis=1)[:, ::2]).score == same(score)
    for dtype, near in ((np.float32, 1e-5), (np.float16, 1e-2), (np.int16, 0.1)):
        assert measure(X.astype(dtype), Y.astype(dtype)).score == pytest.approx(score, abs=near)
    assert measure(X * 1e50, Y * 1e-50).score == same(score)
    assert measure(X + 1e8, Y).score == same(score)
    one = measure(X[:, :1], Y[:, :1]).score
    assert measure(-X[:, :1], Y[:, :1]).score == same(one)
