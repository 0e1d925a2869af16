"""Intervals of shares: Wilson's, Newcombe's of a difference, and a bootstrap of whole assets for any mix of shares."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from agents.evaluate import design_effect
from probes.measures.resampling import LEAST_CLUSTERS

Interval = tuple[float, float]

MOST_LOST = 0.05
"""Share of resamples that may lack a group before the bootstrap is refused."""


def wilson(right: NDArray[np.bool_], assets: NDArray[np.int64] | None = None, level: float = 0.95) -> Interval:
    """Wilson's score interval of the share of `right` `[sample]`.

    With `assets` `[sample]`, numbers from 0, the samples are divided by the design effect of those (Kish 1965), since
    pictures of one asset tend to be right or wrong together. Where all are right, all wrong, or of one asset, that
    effect can't be seen, and each sample counts.
    """
    share, n = float(right.mean()), effective(right, assets)
    found = binomtest(round(share * n), n).proportion_ci(confidence_level=level, method="wilson")
    return min(share, float(found.low)), max(share, float(found.high))  # rounding to whole samples moves the share


def effective(right: NDArray[np.bool_], assets: NDArray[np.int64] | None) -> int:
    """How many independent samples tell as much of the mean of `right` as these do, one at least."""
    if assets is None:
        return len(right)
    _, clusters = np.unique(assets, return_inverse=True)
    return max(1, round(len(right) / design_effect(right.astype(np.float64), clusters)))


def newcombe(first: float, of_first: Interval, second: float, of_second: Interval) -> Interval:
    """The interval of `first` - `second`, shares of independent samples, from their Wilson intervals.

    Newcombe 1998, Interval estimation for the difference between independent proportions, method 10.
    """
    difference = first - second
    down = np.hypot(first - of_first[0], of_second[1] - second)
    up = np.hypot(of_first[1] - first, second - of_second[0])
    return float(difference - down), float(difference + up)


def by_resampling(
    right: NDArray[np.bool_],
    groups: NDArray[np.int64],
    names: Sequence[str],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    n_resamples: int,
    rng: np.random.Generator,
    assets: NDArray[np.int64] | None = None,
) -> NDArray[np.float64] | None:
    """95 % percentile intervals of numbers that are made of groups' accuracies; None for no resamples.

    As `probes.measures.resampling.interval_by_bootstrap`, for many numbers at once and far faster: of an asset only its
    counts in each group matter, and assets with the same counts are drawn together.

    Args:
        right: `[sample]`. groups: `[sample]` numbers from 0, none left out. names: of the groups, for messages.
        statistic: from accuracies `[resample, group]` to numbers `[resample, number]`.
        assets: `[sample]` numbers of what is resampled as one; by default each sample for itself.

    Returns:
        `[2, number]`, low and high.

    Raises:
        ValueError: too few assets, or too often a resample has no sample of some group; the message says which.
    """
    if n_resamples == 0:
        return None
    kinds, copies = _kinds(right, groups, len(names), assets)
    check_clusters(int(copies.sum()))
    drawn = rng.multinomial(copies.sum(), copies / copies.sum(), size=n_resamples)
    n_right, n = np.split(drawn @ kinds, [len(names)], axis=1)
    whole = (n > 0).all(1)
    if (~whole).mean() > MOST_LOST:
        _refuse_rare(kinds[:, len(names) :] > 0, copies, names, float((~whole).mean()))
    return np.quantile(statistic(n_right[whole] / n[whole]), [0.025, 0.975], axis=0)


def check_clusters(n: int) -> None:
    """Refuse to resample `n` assets (or samples, where there are none) that are too few.

    Raises:
        ValueError: fewer than LEAST_CLUSTERS, of which the bootstrap's intervals are far too narrow.
    """
    if n < LEAST_CLUSTERS:
        raise ValueError(
            f"the bootstrap needs {LEAST_CLUSTERS} assets at least (samples or pairs, where no assets are given), got "
            f"{n}: add some, or ask for no interval (n_resamples=0)"
        )


def _kinds(
    right: NDArray[np.bool_], groups: NDArray[np.int64], n_groups: int, assets: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Kinds of assets, `[kind, 2 * group]` the right samples and all samples in each group, and how many there are."""
    if assets is None:
        codes, copies = np.unique(2 * groups + right, return_counts=True)
        kinds = np.zeros((len(codes), 2 * n_groups), np.int64)
        kinds[np.arange(len(codes)), codes // 2] = codes % 2
        kinds[np.arange(len(codes)), n_groups + codes // 2] = 1
        return kinds, copies
    there, asset = np.unique(assets, return_inverse=True)
    cell, size = asset * n_groups + groups, len(there) * n_groups
    counts = [np.bincount(cell[chosen], minlength=size).reshape(-1, n_groups) for chosen in (right, slice(None))]
    return np.unique(np.concatenate(counts, axis=1), axis=0, return_counts=True)


def _refuse_rare(seen: NDArray[np.bool_], copies: NDArray[np.int64], names: Sequence[str], lost: float) -> None:
    assets_of = copies @ seen
    rarest = int(assets_of.argmin())
    would_do = max(int(assets_of[rarest]) + 1, math.ceil(math.log(len(names) / MOST_LOST)))
    raise ValueError(
        f"{names[rarest]} is seen on {assets_of[rarest]} of {copies.sum()} assets, so that {lost:.0%} of resamples "
        f"lack it or another group: show each on {would_do} assets or more, or ask for no interval (n_resamples=0)"
    )
