"""Accuracy over all samples and by the values of a factor."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.factors.inputs import Value, checked_assets, checked_flags, coded
from probes.measures.factors.intervals import wilson
from probes.measures.measurement import Measurement


def accuracy(correct: ArrayLike, *, chance: float | None = None, assets: ArrayLike | None = None) -> Measurement:
    """The share of samples that are right, with Wilson's interval.

    Args:
        correct: `[sample]` bool. chance: of somebody who guesses, if known.
        assets: `[sample]` what samples that tend to be right or wrong together show; the interval is as much wider
            (Kish's design effect).

    Raises:
        ValueError: not bool, no samples, assets of another number, or a chance outside [0, 1].
    """
    right = checked_flags("correct", correct)
    return share(right, chance, None if assets is None else checked_assets(assets, len(right)))


def accuracy_by_value(
    correct: ArrayLike, values: ArrayLike, *, chance: float | None = None, assets: ArrayLike | None = None
) -> dict[Value, Measurement]:
    """`accuracy` of the samples of each value of a factor, by value in ascending order.

    Args:
        values: `[sample]` of the factor, text or numbers; the others as in `accuracy`.

    Raises:
        ValueError: as `accuracy`, or values that are not one finite number or text a sample.
    """
    right = checked_flags("correct", correct)
    factor = coded("values", values, len(right))
    of = None if assets is None else checked_assets(assets, len(right))
    found: dict[Value, Measurement] = {}
    for k, value in enumerate(factor.values):
        there = factor.codes == k
        found[value] = share(right[there], chance, None if of is None else of[there])
    return found


def share(right: NDArray[np.bool_], chance: float | None, assets: NDArray[np.int64] | None) -> Measurement:
    """The Measurement of checked arrays."""
    if chance is not None and not 0.0 <= chance <= 1.0:
        raise ValueError(f"chance must be an accuracy from 0 to 1, got {chance}: 1 / classes where they are even")
    return Measurement(float(right.mean()), "score", chance, len(right), wilson(right, assets))
