"""What measures by factor take: right or wrong, factors' values, assets and matched pairs, a sample a row, checked."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Value = str | int | float | bool


class Column(NamedTuple):
    """A factor's values as numbers: `codes` `[sample]` index into `values`, which are in ascending order."""

    codes: NDArray[np.int64]
    values: list[Value]


def checked_flags(name: str, flags: ArrayLike, cure: str = "give predicted == label") -> NDArray[np.bool_]:
    """`flags` `[sample]` as bool.

    Raises:
        ValueError: it is not bool of one axis, or has no sample.
    """
    array = np.asarray(flags)
    if array.dtype != np.bool_ or array.ndim != 1:
        raise ValueError(f"{name} must be bool [sample], got {array.dtype} of shape {array.shape}: {cure}")
    if len(array) == 0:
        raise ValueError(f"{name} has no samples, expected one at least")
    return array


def coded(name: str, values: ArrayLike, n: int) -> Column:
    """A factor's `values` `[sample]`, text, numbers or true and false, as a Column.

    Raises:
        ValueError: it is neither, not of `n` samples, or has empty cells, NaN or infinities.
    """
    array = np.asarray(values)
    if array.dtype == object and all(isinstance(value, str) for value in array.flat):
        array = array.astype(np.str_)
    if array.dtype.kind not in "Ubiuf":
        raise ValueError(f"{name} must be text or numbers [sample], got {array.dtype}: give every sample a value")
    if array.shape != (n,):
        raise ValueError(f"{name} must be of the same {n} samples [sample], got shape {array.shape}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array[~np.isfinite(array)][0]}: leave such samples out")
    there, codes = np.unique(array, return_inverse=True)
    return Column(codes.astype(np.int64), there.tolist())


def checked_assets(assets: ArrayLike | None, n: int) -> NDArray[np.int64]:
    """`assets` `[sample]` as numbers from 0; without any each sample is one of its own."""
    return np.arange(n) if assets is None else coded("assets", assets, n).codes


def checked_pairs(pairs: ArrayLike, n: int) -> NDArray[np.int64]:
    """`pairs` `[pair, 2]` of numbers of samples.

    Raises:
        ValueError: no pairs, another shape, numbers that are none of the `n` samples, or a sample paired with itself.
    """
    array = np.asarray(pairs)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise ValueError(f"pairs must be whole numbers [pair, 2], got {array.dtype} of shape {array.shape}")
    if len(array) == 0:
        raise ValueError("there are no pairs, expected one at least: give samples that differ in one factor alone")
    if array.min() < 0 or array.max() >= n:
        raise ValueError(
            f"pairs must be numbers of the {n} samples, 0 to {n - 1}, got {array.min()} to {array.max()}: match them "
            "on the same table"
        )
    if (array[:, 0] == array[:, 1]).any():
        raise ValueError(f"sample {array[array[:, 0] == array[:, 1]][0, 0]} is paired with itself: leave that pair out")
    return array.astype(np.int64)


def assets_of_pairs(assets: ArrayLike | None, pairs: NDArray[np.int64], n: int) -> NDArray[np.int64] | None:
    """`[pair]` the asset that both samples of each pair show; None without assets.

    Raises:
        ValueError: a pair is of two assets, so that it belongs to no one cluster.
    """
    if assets is None:
        return None
    of_sample = checked_assets(assets, n)
    first, second = of_sample[pairs].T
    if (first != second).any():
        k = int(np.flatnonzero(first != second)[0])
        names: NDArray[Any] = np.asarray(assets)
        raise ValueError(
            f"pair {k} is of two assets, {names[pairs[k, 0]]} and {names[pairs[k, 1]]}, expected one: give as assets "
            "what both samples of a pair share"
        )
    return first
