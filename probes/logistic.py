"""Logistic regressions of many yes/no answers on the same samples, all at once, each with the penalty that suits it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

PENALTIES = (10.0, 1.0, 0.1, 0.01)
"""Of the mean loss; sklearn's C is 1 / (samples x penalty)."""

STEPS = 300
"""Of L-BFGS, at most."""

FARTHEST = 10.0
"""Spreads from the mean beyond which a unit counts as this far."""


class Scaling(NamedTuple):
    """Mean and spread of each unit over the training samples; a unit that is always the same has spread 1."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    def of(self, x: NDArray[np.floating]) -> NDArray[np.float32]:
        """`[sample, unit]` standardised, within FARTHEST."""
        return np.clip((x.astype(np.float32) - self.mean) / self.spread, -FARTHEST, FARTHEST)


class Readers(NamedTuple):
    """Regressions: the log-odds of answer k are `standardised @ weights[:, k] + bias[k]`.

    Attributes:
        weights: `[unit, answer]`. bias: `[answer]`. penalty: `[answer]`, which was chosen.
    """

    scaling: Scaling
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    penalty: NDArray[np.float64]

    def log_odds(self, x: NDArray[np.floating]) -> NDArray[np.float32]:
        """`[sample, answer]` for `x` `[sample, unit]`."""
        return self.scaling.of(x) @ self.weights + self.bias


def scaling_of(x: NDArray[np.floating]) -> Scaling:
    """Of training samples `[sample, unit]`."""
    mean, spread = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
    return Scaling(mean.astype(np.float32), np.where(spread > 1e-6, spread, 1.0).astype(np.float32))


def fit_readers(
    x: NDArray[np.floating],
    answers: NDArray[np.int8],
    validation: NDArray[np.floating],
    validation_answers: NDArray[np.int8],
    penalties: Sequence[float] = PENALTIES,
) -> Readers:
    """Fit a regression for every answer, with less and less penalty until its mean loss on the validation gets worse.

    They share their samples and nothing else: the sum of their losses is minimised where each of them is.

    Args:
        x, validation: `[sample, unit]`. answers, validation_answers: `[sample, answer]`: 1, 0, or -1 where there is
            none. penalties: half of each times the squared weights is added to the mean loss.

    Raises:
        ValueError: an answer that is never given, in training or validation; or penalties not above 0.
    """
    if not penalties or min(penalties) <= 0.0:
        raise ValueError(f"penalties must be above 0, got {tuple(penalties)}: as in {PENALTIES}")
    for name, given in (("training", answers), ("validation", validation_answers)):
        never = np.flatnonzero((given < 0).all(0))
        if len(never):
            raise ValueError(f"answer {never[0]} is given in no {name} sample: leave it out")
    scaling = scaling_of(x)
    own = _axes_of(scaling.of(x))
    there = scaling.of(validation) @ own.axes
    n_answers = answers.shape[1]
    best = np.zeros((x.shape[1] + 1, n_answers), np.float32)
    lowest, chosen, open_ = np.full(n_answers, np.inf), np.zeros(n_answers), np.arange(n_answers)
    for penalty in sorted(penalties, reverse=True):  # each begins where the stricter one ended
        now = _fitted(own, answers[:, open_], penalty, best[:, open_])
        loss = _losses(there @ now[:-1] + now[-1], validation_answers[:, open_])[0]
        better = loss < lowest[open_]
        open_, now, loss = open_[better], now[:, better], loss[better]  # what has got worse will go on doing so
        best[:, open_], lowest[open_], chosen[open_] = now, loss, penalty
        if not len(open_):
            break
    return Readers(scaling, own.axes @ best[:-1], best[-1], chosen)


class _Axes(NamedTuple):
    """Principal axes of standardised training samples: `x @ axes` has the mean squares `size`, `[unit]`."""

    x: NDArray[np.float32]  # [sample, unit]
    axes: NDArray[np.float32]  # [unit, unit]
    size: NDArray[np.float32]


def _axes_of(x: NDArray[np.float32]) -> _Axes:
    size, axes = np.linalg.eigh((x.T @ x).astype(np.float64) / len(x))
    axes = axes.astype(np.float32)
    return _Axes(x @ axes, axes, np.maximum(size, 0.0).astype(np.float32))


def _fitted(own: _Axes, answers: NDArray[np.int8], penalty: float, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights on the axes `[unit, answer]` with the bias below them, from such a `start`.

    Each axis is scaled by the root of the curvature's upper bound, size / 4 + penalty (Boehning 1992), in which all
    directions are about as steep: L-BFGS then needs tens of steps, and hundreds without.
    """
    scale = 1.0 / np.sqrt(0.25 * own.size + penalty)
    x, left = own.x * scale, (penalty * scale**2)[:, None]
    unit = np.append(scale, 1.0).astype(np.float32)[:, None]

    def cost(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        both = flat.reshape(start.shape).astype(np.float32)
        losses, slope = _losses(x @ both[:-1] + both[-1], answers)
        gradient = np.vstack([x.T @ slope + left * both[:-1], slope.sum(0)])
        return float(losses.sum() + 0.5 * (left * both[:-1] ** 2).sum()), gradient.astype(np.float64).reshape(-1)

    options = {"maxiter": STEPS, "ftol": 1e-7, "gtol": 1e-5, "maxcor": 10}
    found = minimize(cost, (start / unit).reshape(-1), jac=True, method="L-BFGS-B", options=options).x
    return found.reshape(start.shape).astype(np.float32) * unit


def _losses(
    log_odds: NDArray[np.float32], answers: NDArray[np.int8]
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """The mean loss of each answer, and its slope in `log_odds` `[sample, answer]`."""
    given, so = answers >= 0, answers == 1
    share = (given / given.sum(0)).astype(np.float32)
    small = np.exp(-np.abs(log_odds))
    loss = (np.maximum(log_odds, 0.0) + np.log1p(small) - log_odds * so) * share
    p = np.where(log_odds >= 0, np.float32(1.0), small) / (1.0 + small)
    return loss.sum(0, dtype=np.float64), (p - so) * share
