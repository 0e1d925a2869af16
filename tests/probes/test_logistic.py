"""Many logistic regressions at once are each the one that sklearn finds alone."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from probes.logistic import FARTHEST, fit_readers


def samples(n=600, n_units=12, n_answers=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)) @ rng.normal(size=(5, n_units)) + 0.2 * rng.normal(size=(n, n_units))
    odds = x @ rng.normal(size=(n_units, n_answers)) / 3
    return x, (odds + rng.logistic(size=odds.shape) > 0.5).astype(np.int8)


@pytest.mark.parametrize("penalty", [1.0, 0.01, 0.001])
def test_each_is_sklearns(penalty):
    x, answers = samples()
    x[:, 3] = 7.0  # a unit that never says anything
    answers[::7, 1] = -1
    readers = fit_readers(x[:400], answers[:400], x[400:], answers[400:], (penalty,))
    assert (readers.penalty == penalty).all()
    standardised = readers.scaling.of(x[:400])
    for k in range(4):
        given = answers[:400, k] >= 0
        own = LogisticRegression(C=1 / (given.sum() * penalty), max_iter=5000, tol=1e-10)
        own.fit(standardised[given].astype(np.float64), answers[:400, k][given])
        np.testing.assert_allclose(readers.weights[:, k], own.coef_[0], atol=5e-3)
        assert readers.bias[k] == pytest.approx(own.intercept_[0], abs=5e-3)
        np.testing.assert_allclose(readers.log_odds(x)[:400], standardised @ readers.weights + readers.bias)


def test_the_penalty_is_chosen_for_each_answer():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 30))
    answers = np.column_stack([x[:, 0] > 0, rng.random(400) < 0.5]).astype(np.int8)
    readers = fit_readers(x[:200], answers[:200], x[200:], answers[200:])
    assert readers.penalty[0] < readers.penalty[1]  # what is there wants to be read, noise wants to be left alone


def test_scale_and_type_of_the_units_do_not_matter():
    x, answers = samples()
    one = fit_readers(x[:400], answers[:400], x[400:], answers[400:]).log_odds(x)
    for other_x in (x * 1e-3 + 0.5, (1e4 * x).astype(np.float32), np.asfortranarray(x)):
        other = fit_readers(other_x[:400], answers[:400], other_x[400:], answers[400:]).log_odds(other_x)
        np.testing.assert_allclose(one, other, atol=0.05)
    readers = fit_readers(x[:400], answers[:400], x[400:], answers[400:])
    assert np.isfinite(readers.log_odds(1e9 * x)).all()
    assert np.abs(readers.scaling.of(1e9 * x)).max() == FARTHEST


def test_what_cant_be_fitted_is_refused():
    x, answers = samples(60)
    missing = answers.copy()
    missing[:30, 2] = -1
    with pytest.raises(ValueError, match="answer 2 is given in no training sample"):
        fit_readers(x[:30], missing[:30], x[30:], missing[30:])
    with pytest.raises(ValueError, match="answer 2 is given in no validation sample"):
        fit_readers(x[30:], missing[30:], x[:30], missing[:30])
    with pytest.raises(ValueError, match="penalties must be above 0"):
        fit_readers(x, answers, x, answers, (0.0, 1.0))
