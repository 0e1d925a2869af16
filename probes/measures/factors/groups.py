"""The group of samples on which a model is worst, and how low a minimum over groups would be by luck alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from probes.measures.factors.inputs import Value, checked_assets, checked_flags, coded
from probes.measures.factors.intervals import effective, wilson
from probes.measures.measurement import Measurement

LEAST = 10
"""Samples of a group; of fewer an accuracy says little."""


class Group(NamedTuple):
    """Samples that share a combination of factors' values: how many, and the accuracy on them."""

    values: dict[str, Value]
    accuracy: float
    n: int


class WorstGroup(NamedTuple):
    """The least accuracy over groups.

    Attributes:
        worst: its `score` is the least accuracy; of several it is that of the smallest group. The least of many noisy
            accuracies is low even where all groups are alike: `chance` is the mean of such a minimum if each group had
            the accuracy of all samples together. `interval` holds the accuracy of the truly worst group: Wilson's for
            every group at a level that all hold at once (Bonferroni), the least low end and the least high end. `n`:
            samples in the groups that are counted.
        p: how often the minimum would be as low as it is if all groups were alike.
        groups: all that are counted, the worst first. too_small: those below the least n, not counted.
    """

    worst: Measurement
    p: float
    groups: tuple[Group, ...]
    too_small: tuple[Group, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        groups = {name: [group._asdict() for group in getattr(self, name)] for name in ("groups", "too_small")}
        return {"worst": self.worst.document(), "p": self.p, **groups}


def worst_group(
    correct: ArrayLike,
    factors: Mapping[str, ArrayLike],
    *,
    least: int = LEAST,
    assets: ArrayLike | None = None,
) -> WorstGroup:
    """The combination of the factors' values on which the fewest samples are right (Sagawa et al. 2020).

    Args:
        correct: `[sample]` bool. factors: `[sample]` values by the factor's name; combinations of all of them are the
            groups. least: samples that a group must have to be counted. assets: `[sample]` what samples that tend to be
            right together show; groups then count for as few samples as they are worth (Kish's design effect).

    Raises:
        ValueError: no factors, fewer than 1 sample as the least, or no group that has as many; the message says how
            many the largest has.
    """
    right = checked_flags("correct", correct)
    numbers, combinations = _combined(factors, len(right))
    of = None if assets is None else checked_assets(assets, len(right))
    sizes = np.bincount(numbers)
    if least < 1 or sizes.max() < least:
        raise ValueError(
            f"no group of {' x '.join(factors)} has {least} samples, the largest of {len(sizes)} has {sizes.max()}: "
            f"ask with least={sizes.max()} or less (1 at least), name fewer factors, or add samples"
        )
    means = np.bincount(numbers, right) / sizes
    found = [Group(c, float(a), int(n)) for c, a, n in zip(combinations, means, sizes, strict=True)]
    counted = np.flatnonzero(sizes >= least)
    members = [np.flatnonzero(numbers == k) for k in counted]
    apart = [(right[m], None if of is None else of[m]) for m in members]
    intervals = np.array([wilson(r, a, 1.0 - 0.05 / len(counted)) for r, a in apart])
    worth = np.array([effective(r, a) for r, a in apart])
    pooled, least_accuracy = float(right[np.concatenate(members)].mean()), float(means[counted].min())
    low, high = intervals.min(0)
    n = int(sizes[counted].sum())
    worst = Measurement(least_accuracy, "score", expected_minimum(pooled, worth), n, (float(low), float(high)))
    ordered = sorted((found[k] for k in counted), key=lambda group: (group.accuracy, group.n))
    too_small = tuple(group for group in found if group.n < least)
    return WorstGroup(worst, _at_most(least_accuracy, pooled, worth), tuple(ordered), too_small)


def expected_minimum(p: float, sizes: NDArray[np.int64]) -> float:
    """The mean, in closed form, of the least accuracy over groups of `sizes` `[group]` that all have accuracy `p`.

    It is the integral from 0 to 1 of the probability that all are above t, a staircase with steps at k / n.
    """
    steps = np.unique(np.concatenate([np.arange(n + 1) / n for n in np.unique(sizes)]))
    return float(np.diff(steps) @ _all_above(steps[:-1], p, sizes))


def _all_above(t: NDArray[np.float64], p: float, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probability that every group's accuracy is above `t` `[step]`."""
    above = np.ones(len(t))
    for n, groups in zip(*np.unique(sizes, return_counts=True), strict=True):
        above *= binom.sf(np.arange(n + 1), n, p)[np.floor(t * n + 1e-9).astype(np.int64)] ** groups
    return above


def _at_most(accuracy: float, p: float, sizes: NDArray[np.int64]) -> float:
    return float(1.0 - _all_above(np.array([accuracy]), p, sizes)[0])


def _combined(factors: Mapping[str, ArrayLike], n: int) -> tuple[NDArray[np.int64], list[dict[str, Value]]]:
    """`[sample]` numbers of the combinations that are there, and these."""
    if not factors:
        raise ValueError("worst_group needs the factors whose combinations are the groups, got none: name one at least")
    columns = {name: coded(name, values, n) for name, values in factors.items()}
    codes = np.stack([column.codes for column in columns.values()], 1)
    there, numbers = np.unique(codes, axis=0, return_inverse=True)
    combinations = [
        {name: column.values[k] for (name, column), k in zip(columns.items(), row, strict=True)} for row in there
    ]
    return numbers.reshape(-1), combinations
