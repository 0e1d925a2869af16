"""What measures take: arrays `[sample, unit]`, checked once, as float64."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def shaped(name: str, x: ArrayLike, least: int = 2) -> NDArray[Any]:
    """`x` `[sample, unit]` as it is, for those who read it a block at a time; its values have not been looked at.

    Args:
        name: what the caller calls it, for the message. least: samples without which the measure says nothing.

    Raises:
        ValueError: it is no numeric array of two axes, has no unit, or fewer samples than `least`.
    """
    array = np.asarray(x)
    if array.dtype.kind not in "biuf" or array.ndim != 2 or array.shape[1] == 0:
        raise ValueError(
            f"{name} must be numbers [sample, unit] with at least one unit, got {array.dtype} of shape {array.shape}"
        )
    if len(array) < least:
        raise ValueError(f"{name} has {len(array)} samples, the measure needs at least {least}: give it more")
    return array


def checked(name: str, x: ArrayLike, least: int = 2, first: int = 0) -> NDArray[np.float64]:
    """`x` `[sample, unit]` as float64.

    Args:
        name, least: see `shaped`. first: the number of its first sample, where it is a block of a longer array.

    Raises:
        ValueError: as `shaped`, or a value is not finite.
    """
    array = shaped(name, x, least).astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        sample, unit = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(
            f"{name} must be finite, got {array[sample, unit]} at sample {first + sample}, unit {unit}: "
            "leave such samples out"
        )
    return array


def shaped_pair(x: ArrayLike, y: ArrayLike, least: int = 2) -> tuple[NDArray[Any], NDArray[Any]]:
    """`x` and `y` `[sample, unit]` as they are, of the same samples in the same order.

    Raises:
        ValueError: as `shaped`, or one has more samples than the other.
    """
    a, b = shaped("x", x, least), shaped("y", y, least)
    if len(a) != len(b):
        raise ValueError(
            f"x and y must be of the same samples in the same order, got {len(a)} and {len(b)}: pair them first"
        )
    return a, b


def checked_pair(
    x: ArrayLike, y: ArrayLike, least: int = 2, first: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`x` and `y` `[sample, unit]` as float64, of the same samples in the same order.

    Raises:
        ValueError: as `checked`, or one has more samples than the other.
    """
    a, b = shaped_pair(x, y, least)
    return checked("x", a, least, first), checked("y", b, least, first)
