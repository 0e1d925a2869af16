"""How well numbers rank what is so above what is not: the area under the ROC curve, resampled by whole clusters."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from probes.measures.resampling import LEAST_CLUSTERS

MOST_LOST = 0.05
"""Share of resamples that may lack one of the two answers before the bootstrap is refused."""


class Ranking(NamedTuple):
    """Of all pairs of a sample that is so and one that is not, how many are ranked right, by their clusters.

    Attributes:
        right: `[cluster, other]` pairs of one that is so in `cluster` and one that isn't in `other`, ties half.
        so, not_so: `[cluster]` samples.
    """

    right: NDArray[np.float64]
    so: NDArray[np.float64]
    not_so: NDArray[np.float64]

    def areas(self, drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        """`[resample]` areas, cluster c being drawn `drawn[resample, c]` times; NaN where an answer is missing."""
        pairs = (drawn @ self.so) * (drawn @ self.not_so)
        found = np.einsum("rc,rc->r", drawn @ self.right, drawn.astype(np.float64))
        return np.divide(found, pairs, out=np.full(len(drawn), np.nan), where=pairs > 0)


def auroc(answers: ArrayLike, truth: ArrayLike) -> float:
    """The probability that a sample that is so is ranked above one that is not, ties half: 0.5 is chance.

    Args:
        answers: `[sample]` any numbers, higher for likelier. truth: `[sample]` bool.

    Raises:
        ValueError: other shapes, a number that is not finite, or one answer alone.
    """
    values, so = _checked(answers, truth)
    n = int(so.sum())
    ranks = rankdata(values)
    return float((ranks[so].sum() - n * (n + 1) / 2) / (n * (len(so) - n)))


def ranking(answers: ArrayLike, truth: ArrayLike, clusters: ArrayLike, n_clusters: int | None = None) -> Ranking:
    """The pairs of `auroc` by `clusters` `[sample]`, numbers from 0; `n_clusters` in all, should the last have none.

    Raises:
        ValueError: as `auroc`; clusters of another shape, or more than there are.
    """
    values, so = _checked(answers, truth)
    of = np.asarray(clusters)
    if of.shape != so.shape or of.dtype.kind not in "iu" or (of < 0).any():
        raise ValueError(f"clusters must be numbers from 0 of {len(so)} samples, got {of.dtype} of shape {of.shape}")
    n = int(of.max()) + 1 if n_clusters is None else n_clusters
    if of.max() >= n:
        raise ValueError(f"clusters must be numbers from 0 to {n - 1}, got {of.max()}")
    right = np.zeros((n, n))
    for other in range(n):
        below = np.sort(values[~so & (of == other)])
        under = np.searchsorted(below, values[so], "left") + np.searchsorted(below, values[so], "right")
        right[:, other] = np.bincount(of[so], under / 2.0, minlength=n)
    return Ranking(right, *(np.bincount(of[chosen], minlength=n).astype(np.float64) for chosen in (so, ~so)))


def resamples(n_clusters: int, n_resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`[resample, cluster]` how often each cluster is drawn.

    Raises:
        ValueError: fewer than LEAST_CLUSTERS, of which intervals are far too narrow.
    """
    if n_clusters < LEAST_CLUSTERS:
        raise ValueError(f"the bootstrap needs {LEAST_CLUSTERS} clusters at least, got {n_clusters}: record more")
    return rng.multinomial(n_clusters, np.full(n_clusters, 1.0 / n_clusters), size=n_resamples)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The 95 % percentile interval of `values` `[resample]`.

    Raises:
        ValueError: more than MOST_LOST of them are NaN.
    """
    lost = float(np.isnan(values).mean())
    if lost > MOST_LOST:
        raise ValueError(f"{lost:.0%} of resamples lack one of the two answers: show both in more clusters")
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def _checked(answers: ArrayLike, truth: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, so = np.asarray(answers), np.asarray(truth)
    if values.ndim != 1 or values.dtype.kind not in "biuf" or so.shape != values.shape or so.dtype != np.bool_:
        raise ValueError(
            f"an area needs numbers and bools [sample], got {values.dtype} {values.shape} and {so.dtype} {so.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"answers must be finite, got {values[~np.isfinite(values)][0]}: leave such samples out")
    if so.all() or not so.any():
        raise ValueError(f"all {len(so)} samples are {'' if so.any() else 'not '}so: an area needs both answers")
    return values.astype(np.float64), so
