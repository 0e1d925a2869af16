"""Linear centred kernel alignment.

Source: Kornblith, Norouzi, Lee, Hinton 2019, section 3; the unbiased HSIC is Song et al.'s (2012), as in Nguyen, Raghu,
Kornblith 2020, section 3.
"""

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.measurement import Measurement
from probes.measures.similarity.measuring import Asked, OfMoments, Rng, measured
from probes.measures.similarity.moments import Moments, refuse_unfit

LEAST_UNBIASED = 4
"""Samples without which there is no unbiased HSIC."""

NOTHING = 1e-12
"""What of a kernel is left by then is rounding."""


def linear_cka(
    x: ArrayLike,
    y: ArrayLike,
    *,
    debiased: bool = True,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> Measurement:
    """How alike the samples' inner products are in `x` and in `y` `[sample, unit]`: 1 for the same, 0 by chance.

    Symmetric; rotations, translations and one scale for all units leave it, other linear maps do not.

    Args:
        debiased: with the unbiased HSIC, in [-1, 1], whose mean over all shuffles is 0; else as first published, in
            [0, 1], whose mean over all shuffles is tr(X'X) tr(Y'Y) / ((n - 1) |X'X| |Y'Y|), much where units are many.
        n_null, n_resamples, clusters, rng: as `pwcca`'s; chance's closed forms are the ones above, and exact.

    Raises:
        ValueError: x and y are no finite numbers `[sample, unit]` of the same samples, there are fewer than 4 (2 where
            biased), one is constant, or all its samples are as far from one another.
    """
    return measured(x, y, [linear_cka_measure(debiased)], Asked(n_null, n_resamples, clusters, rng))[0]


def linear_cka_of(moments: Moments, debiased: bool = True) -> Measurement:
    """`linear_cka` of what a `MomentStream` has seen."""
    refuse_unfit(moments, LEAST_UNBIASED if debiased else 2)
    score = _alignment(moments, debiased)
    return Measurement(score, "similarity", 0.0 if debiased else _biased_by_chance(moments), moments.n)


def linear_cka_measure(debiased: bool = True) -> OfMoments:
    """`linear_cka` for what takes any measure."""
    bounds = (-1.0 if debiased else 0.0, 1.0)
    return OfMoments(partial(linear_cka_of, debiased=debiased), lambda moments: _alignment(moments, debiased), bounds)


def aligned(hsic: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    """The alignment of two kernels by their HSIC: `hsic` and `whole` are [x with x, x with y, y with y].

    Args:
        hsic: in any one unit. whole: the products of the kernels that they are left of, in the same unit.

    Raises:
        ValueError: of x's or of y's kernel nothing is left.
    """
    for name, k in (("x", 0), ("y", 2)):
        if hsic[k] <= NOTHING * whole[k]:
            raise ValueError(
                f"all samples of {name} are equally far from one another, so that there is nothing to align: take more "
                "samples, some of them alike"
            )
    return float(hsic[1] / np.sqrt(hsic[0]) / np.sqrt(hsic[2]))


def _alignment(moments: Moments, debiased: bool) -> float:
    whole = np.array([np.vdot(part, part) for part in (moments.xx, moments.xy, moments.yy)], np.float64)
    return aligned(whole - _bias(moments) if debiased else whole, whole)


def _bias(moments: Moments) -> NDArray[np.float64]:
    """What n (n - 3) times the unbiased HSIC lacks of |X'X|^2, |X'Y|^2, |Y'Y|^2, for centred X and Y.

    Off its diagonal a centred linear kernel sums to -|x_i|^2 in row i, and to -tr(X'X) in all; so Song et al.'s three
    terms need only the sums of |x_i|^2 |y_i|^2.
    """
    n, quartic = moments.n, moments.quartic[[0, 0, 1], [0, 1, 1]]
    of_x, of_y = np.trace(moments.xx), np.trace(moments.yy)
    traces = np.array([of_x * of_x, of_x * of_y, of_y * of_y])
    return quartic * (n / (n - 2)) - traces / ((n - 1) * (n - 2))


def _biased_by_chance(moments: Moments) -> float:
    """The mean over all shuffles: a centred kernel shuffled at random is its trace / (n - 1) times the identity."""
    of_x, of_y = (np.trace(part) / np.linalg.norm(part) for part in (moments.xx, moments.yy))
    return float(of_x * of_y / (moments.n - 1))
