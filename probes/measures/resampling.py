"""Chance by shuffling and intervals by resampling, for any statistic of chosen samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Statistic = Callable[[NDArray[np.int64]], float]
"""From the indices of the samples that are taken, `[n]`, to a number."""


def chance_by_shuffling(statistic: Statistic, n: int, n_null: int, rng: np.random.Generator) -> float | None:
    """The mean of `statistic` over `n_null` permutations of `n` samples; None for 0."""
    return None if n_null == 0 else float(np.mean([statistic(rng.permutation(n)) for _ in range(n_null)]))


def interval_by_bootstrap(
    statistic: Statistic,
    n: int,
    n_resamples: int,
    rng: np.random.Generator,
    clusters: NDArray[np.int64] | None = None,
) -> tuple[float, float] | None:
    """The 95 % percentile interval of `statistic` over resamples of `n` samples with replacement; None for 0.

    Args:
        clusters: `[n]`, numbers of what is resampled as one (an asset's pictures, a floor's episodes); by default each
            sample for itself.
    """
    if n_resamples == 0:
        return None
    members = None if clusters is None else [np.flatnonzero(clusters == c) for c in np.unique(clusters)]
    values = []
    for _ in range(n_resamples):
        if members is None:
            chosen = rng.integers(n, size=n)
        else:
            chosen = np.concatenate([members[c] for c in rng.integers(len(members), size=len(members))])
        values.append(statistic(chosen))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
