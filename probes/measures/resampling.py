"""Chance by shuffling and intervals by resampling, for any statistic of chosen samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


LEAST_HALVES, LEAST_CLUSTERS = 20, 10
"""With fewer halves there is no 2.5 % of them; with fewer clusters they are too few different halves."""


def intervals_by_halves(
    statistics: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    scores: NDArray[np.float64],
    n: int,
    n_resamples: int,
    rng: np.random.Generator,
    clusters: ArrayLike | None = None,
) -> NDArray[np.float64] | None:
    """The 95 % intervals of `scores`, the statistics of all `n` samples, from halves drawn without replacement.

    For statistics that a sample taken twice would mislead: to canonical correlations and unbiased kernel sums it is a
    sample that agrees with another one perfectly, and the bootstrap's interval then lies off the score itself. A half
    spreads around the mean of all halves as the whole does around its own (Politis, Romano, Wolf 1999, Subsampling,
    section 2), so those deviations are laid around the score. What a measure is off by because samples are few is
    moved by none of this: it is what chance is for.

    Args:
        statistics, scores: `[statistic]`, of chosen samples and of all. n_resamples: halves; None comes back for 0.
        clusters: `[n]`, numbers of what is drawn as one; by default each sample for itself.

    Returns:
        `[statistic, 2]`, low and high.

    Raises:
        ValueError: fewer than LEAST_HALVES halves or LEAST_CLUSTERS clusters, or clusters of another shape.
    """
    if n_resamples == 0:
        return None
    if n_resamples < LEAST_HALVES:
        raise ValueError(f"n_resamples must be 0 or at least {LEAST_HALVES}, got {n_resamples}")
    numbers = np.arange(n) if clusters is None else np.asarray(clusters)
    if numbers.shape != (n,):
        raise ValueError(f"clusters must be numbers [sample] of {n} samples, got shape {numbers.shape}")
    there, of_sample = np.unique(numbers, return_inverse=True)
    if clusters is not None and len(there) < LEAST_CLUSTERS:
        raise ValueError(
            f"an interval needs {LEAST_CLUSTERS} clusters at least, got {len(there)}: take samples from more of them, "
            "or finer ones"
        )
    values, stretch = np.empty((len(scores), n_resamples)), np.empty(n_resamples)
    for k in range(n_resamples):
        drawn = np.zeros(len(there), np.bool_)
        drawn[rng.choice(len(there), len(there) // 2, replace=False)] = True
        chosen = np.flatnonzero(drawn[of_sample])
        values[:, k] = statistics(chosen)
        stretch[k] = np.sqrt(len(chosen) / (n - len(chosen)))  # 1 for exact halves; clusters differ in size
    low, high = np.quantile((values - values.mean(1, keepdims=True)) * stretch, [0.025, 0.975], axis=1)
    return np.column_stack([scores + low, scores + high])
