"""Pairs of samples: true ones, the false ones that they are held against, and how far apart they are."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.arrays import checked

DERANGEMENTS = 10
"""By default every sample meets so many others, or all of them where there are fewer."""

LEAST_RESAMPLED = 10
"""With fewer samples, clusters or orders than this a bootstrap says little, and could take one of them alone."""

BLOCK = 2**20
"""Numbers that are subtracted at once, which bounds memory and stays in the cache."""


class Pairs(NamedTuple):
    """Samples `left` of one array and `right` of another (or of the same), `[pair]` each."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]


def matched(z: ArrayLike, z_t: ArrayLike, changed: str = "z_t") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`z` and `z_t` `[sample, unit]` as float64, divided by their largest value so that squares stay in range.

    Args:
        changed: what the caller calls `z_t`, for the messages.

    Raises:
        ValueError: one is no finite array `[sample, unit]` of three samples or more, or they differ in shape.
    """
    a, b = checked("z", z, 3), checked(changed, z_t, 3)  # of 2, all false pairs may be 0 apart
    if a.shape != b.shape:
        raise ValueError(
            f"z and {changed} must be of the same samples and units in the same order, got {a.shape} and {b.shape}: "
            f"pair them first"
        )
    scale = max(np.abs(a).max(), np.abs(b).max()) or 1.0
    return a / scale, b / scale


def refuse_constant(name: str, x: ArrayLike) -> None:
    """Refuse `x` `[sample, unit]` if no unit differs between samples by more than the rounding of its type.

    Raises:
        ValueError: so it is.
    """
    given = np.asarray(x)
    rounding = 4 * np.finfo(given.dtype if given.dtype.kind == "f" else np.float64).eps
    low, high = given.min(0).astype(np.float64), given.max(0).astype(np.float64)
    if (high / 2 - low / 2 <= rounding * np.maximum(np.abs(low), np.abs(high)) / 2).all():
        raise ValueError(
            f"{name} is the same for all {len(given)} samples, and the measure needs a representation that tells some "
            f"apart: take another layer, or samples that differ"
        )


def refuse_few(what: str, n: int, n_resamples: int) -> None:
    """Refuse an interval from `n` samples, clusters or orders if they are fewer than LEAST_RESAMPLED.

    Raises:
        ValueError: so it is.
    """
    if n_resamples and n < LEAST_RESAMPLED:
        raise ValueError(
            f"an interval needs at least {LEAST_RESAMPLED} {what} to resample, got {n}: give it more, or take "
            f"n_resamples=0"
        )


def clusters_of(n: int, clusters: ArrayLike | None, n_resamples: int) -> NDArray[np.int64] | None:
    """`clusters` numbered from 0, once it is known that each of `n` samples has one, and that they can be resampled.

    Raises:
        ValueError: `clusters` are no whole numbers `[n]`; or as `refuse_few`.
    """
    if clusters is None:
        refuse_few("samples", n, n_resamples)
        return None
    groups = np.asarray(clusters)
    if groups.shape != (n,) or groups.dtype.kind not in "iu":
        raise ValueError(
            f"clusters must be whole numbers, one for each of {n} samples, got {groups.dtype} {groups.shape}"
        )
    names, numbers = np.unique(groups, return_inverse=True)
    refuse_few("clusters", len(names), n_resamples)
    return numbers


def false_pairs(n: int, rng: np.random.Generator, derangements: int = DERANGEMENTS) -> Pairs:
    """Each of `n` samples with others, by random derangements: a ring in random order, turned by 1, 2, ... places.

    No pair comes twice, no sample meets itself, and each is as often on the left as on the right.
    """
    ring = rng.permutation(n)
    turns = range(1, min(derangements, n - 1) + 1)
    return Pairs(np.tile(ring, len(turns)), np.concatenate([np.roll(ring, turn) for turn in turns]))


def weights(pairs: Pairs, chosen: NDArray[np.int64], groups: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """How often each pair is there, `[pair]`, where the samples `chosen` are, whole `groups` of them at a time.

    Two draws of one sample are no pair, and neither are a sample and its neighbour of another draw of their group: that
    would make pairs within groups more frequent in resamples than they are.
    """
    times = np.bincount(chosen, minlength=int(max(pairs.left.max(), pairs.right.max())) + 1)
    if groups is None:
        return times[pairs.left] * times[pairs.right]
    return times[pairs.left] * np.where(groups[pairs.left] == groups[pairs.right], 1, times[pairs.right])


def distances(x: NDArray[np.float64], y: NDArray[np.float64], pairs: Pairs) -> NDArray[np.float64]:
    """Euclidean distances `[pair]` of samples of `x` to samples of `y`; exactly 0 between equal ones."""
    some = max(1, BLOCK // x.shape[1])
    blocks = [slice(begin, begin + some) for begin in range(0, len(pairs.left), some)]
    return np.concatenate([np.linalg.norm(x[pairs.left[b]] - y[pairs.right[b]], axis=1) for b in blocks])


def directions(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The samples of `x` `[sample, unit]` at length 1; one that is zero in all units stays zero."""
    largest = np.abs(x).max(1, keepdims=True)
    scaled = x / np.where(largest == 0, 1.0, largest)  # so that no square leaves the range
    return scaled / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1.0)
