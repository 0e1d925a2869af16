"""What measures take: arrays `[sample, unit]`, checked once, as float64."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def checked(name: str, x: ArrayLike, least: int = 2) -> NDArray[np.float64]:
    """`x` `[sample, unit]` as float64.

    Args:
        name: what the caller calls it, for the message. least: samples without which the measure says nothing.

    Raises:
        ValueError: it is no numeric array of two axes, has no unit, fewer samples than `least`, or a value that is not
            finite.
    """
    array = np.asarray(x)
    if array.dtype.kind not in "biuf" or array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"{name} must be numbers [sample, unit] with at least one unit, got {array.dtype} of shape {array.shape}"
        )
    if len(array) < least:
        raise ValueError(f"{name} has {len(array)} samples, the measure needs at least {least}: give it more")
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        sample, unit = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"{name} must be finite, got {array[sample, unit]} at sample {sample}, unit {unit}: leave such samples out"
        )
    return array


def checked_pair(x: ArrayLike, y: ArrayLike, least: int = 2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`x` and `y` `[sample, unit]` as float64, of the same samples in the same order.

    Raises:
        ValueError: as `checked`, or one has more samples than the other.
    """
    a, b = checked("x", x, least), checked("y", y, least)
    if len(a) != len(b):
        raise ValueError(
            f"x and y must be of the same samples in the same order, got {len(a)} and {len(b)}: pair them first"
        )
    return a, b
