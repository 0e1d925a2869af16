"""Value noise that is its own image under the half turn, in whole numbers: hills, rims and woods are made of it."""

import numpy as np
from numpy.typing import NDArray

UNIT = 2.0**24
"""What `noise` returns lies within this of 0."""


def noise(rng: np.random.Generator, shape: tuple[int, ...], spacing: int) -> NDArray[np.int64]:
    """Value noise that is its own image under the half turn: whole numbers, so that the same everywhere, around 0.

    Args:
        rng: where the values of the lattice come from.
        shape: rows and columns of what is returned.
        spacing: nodes between two lattice points.

    Returns:
        `[rows, columns]`, within `UNIT` of 0.
    """
    weights = [_weights(n, spacing, int(rng.integers(spacing))) for n in shape]
    lattice = rng.integers(-128, 129, (weights[0].shape[1], weights[1].shape[1]))
    field = weights[0] @ lattice @ weights[1].T
    return field + field[::-1, ::-1]


def _weights(n: int, spacing: int, offset: int) -> NDArray[np.int64]:
    """Share in 256ths that each lattice point has in each of `n` nodes; smooth steps between the two nearest."""
    node = np.arange(n) + offset
    t = (node % spacing) / spacing
    share = np.rint(256 * t * t * (3 - 2 * t)).astype(np.int64)
    weights = np.zeros((n, (n + offset - 1) // spacing + 2), np.int64)
    weights[np.arange(n), node // spacing] = 256 - share
    weights[np.arange(n), node // spacing + 1] = share
    return weights
