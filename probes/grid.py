"""The map that is read out of a memory: a grid in the frame of the episode's start.

Cell [i, j] covers x in [(i - 48) / 4, (i - 47) / 4) and y in [(j - 48) / 4, (j - 47) / 4) metres, where x runs along
the first heading and y to its left: 96 x 96 cells of 0.25 m, 24 x 24 m around the start, which is the corner that the
four middle cells share. Size and resolution are those of Wijmans et al. 2023.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.pointnav.floors.layout import GRID
from sims.pointnav.state import AGENT_RADIUS, CLEARANCE_UNIT, Pool

CELLS = 96
CELL = 0.25
"""Metres."""

DILATIONS = 4
"""Loss and scores count cells within this many of a visited one, diagonals included: the reference's mask."""

SAMPLES = 4
"""A cell is looked at in SAMPLES x SAMPLES places, CELL / SAMPLES apart."""


def cells_of(xy: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Cells i `[...]` and j `[...]` of points `[..., 2]` in the start frame, and whether they are on the grid."""
    cells = np.floor(np.asarray(xy, np.float64) / CELL).astype(np.int64) + CELLS // 2
    inside = np.logical_and.reduce((cells >= 0) & (cells < CELLS), axis=-1)
    return cells[..., 0], cells[..., 1], inside


def visited(xy: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The cells `[96, 96]` that hold a point of the path `[step, 2]`, start frame, metres."""
    i, j, inside = cells_of(xy)
    grid = np.zeros((CELLS, CELLS), np.bool_)
    grid[i[inside], j[inside]] = True
    return grid


def near(grid: NDArray[np.bool_], dilations: int = DILATIONS) -> NDArray[np.bool_]:
    """The cells `[96, 96]` within so many of those of `grid`; by default what a walker may be asked about."""
    return np.asarray(ndimage.maximum_filter(grid, 2 * dilations + 1, mode="constant", cval=0), np.bool_)


def masks_along(xy: NDArray[np.floating], moments: NDArray[np.integer]) -> NDArray[np.bool_]:
    """For each of `moments` (steps of the path `[step, 2]`) the cells near those visited so far: `[moment, 96, 96]`."""
    i, j, inside = cells_of(xy)
    first = np.full((CELLS, CELLS), len(xy), np.int64)  # the step at which a cell is first visited
    np.minimum.at(first, (i[inside], j[inside]), np.flatnonzero(inside))
    first = ndimage.minimum_filter(first, 2 * DILATIONS + 1, mode="constant", cval=len(xy))
    return first[None] <= np.asarray(moments)[:, None, None]


def true_map(pool: Pool, layout: int, start: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The cells `[96, 96]` of the start frame that are free: two quarters or more have a point where the disc may be.

    It is the reference's rule (four points to a quarter). A stricter one (half of all points, say) calls walls many of
    the cells that an agent feeling its way along a wall has been in.

    Args:
        pool: an env's `pool.arrays`. layout: number in it. start: world x, y, cosine and sine of the heading.
    """
    offsets = (np.arange(CELLS * SAMPLES) + 0.5) * (CELL / SAMPLES) - CELLS * CELL / 2
    x, y = offsets[:, None], offsets[None, :]
    x_0, y_0, cos, sin = start
    free = _free(pool, layout, x_0 + cos * x - sin * y, y_0 + sin * x + cos * y)
    quarters = free.reshape(CELLS, 2, SAMPLES // 2, CELLS, 2, SAMPLES // 2).any((2, 5))
    return quarters.sum((1, 3)) >= 2


def _free(pool: Pool, layout: int, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the disc's centre may be at the raster's node nearest to world x, y; beyond the raster it may not."""
    n_rows, n_columns = (int(n) for n in pool.layout_shape[layout])
    columns = np.rint((x - pool.layout_origin[layout, 0]) / GRID).astype(np.int64)
    rows = np.rint((y - pool.layout_origin[layout, 1]) / GRID).astype(np.int64)
    inside = (rows >= 0) & (rows < n_rows) & (columns >= 0) & (columns < n_columns)
    nodes = pool.layout_base[layout] + rows.clip(0, n_rows - 1) * n_columns + columns.clip(0, n_columns - 1)
    return inside & (pool.clearance[nodes] * CLEARANCE_UNIT > AGENT_RADIUS)
