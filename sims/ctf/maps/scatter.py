"""Trees and rocks of outdoor maps: one to a cell at most, so that free cells stay passable."""

import numpy as np
from numpy.typing import NDArray

from sims.ctf.maps.layout import GRAIN, MAX_OBSTACLES, ROCK, TREE, centre_of, image, turned_cell
from sims.ctf.maps.noise import UNIT, noise
from sims.ctf.maps.teams import Cell

GLADE = 4
"""Cells around a stand, in both directions, without obstacles."""

FEWEST = 80
"""Obstacles of a map at least, where it has room for them."""

SPREAD = 99
"""Grains that an obstacle may reach from its cell's middle along x or y: 1.55 m, which leaves 0.45 m to the line that
joins the middles of neighbouring cells."""


def scattered(
    rng: np.random.Generator, solid: NDArray[np.uint8], stand: Cell
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Obstacles `[k, 4]` (x, y, radius, height in metres) and kinds `[k]`; the second half are the first's images.

    Trees have trunks of 0.3-0.5 m radius and are 5-8 m high, rocks have 0.5-1.4 m and 0.8-2.2 m.

    Args:
        rng: the map's random stream.
        solid: `[rows, columns]`, its own image; obstacles stand on open cells.
        stand: cell of a flag stand, kept free with `GLADE` cells around it, and so is its image.
    """
    cells, is_rock = _cells(rng, solid, stand)
    n = len(cells)
    radius = np.where(is_rock, rng.integers(32, 90, n), rng.integers(20, 33, n))
    height = np.where(is_rock, np.clip(radius + rng.integers(0, 61, n), 52, 140), rng.integers(320, 513, n))
    reach = np.minimum(SPREAD - radius, GRAIN - 4)[:, None]
    moved = np.rint((2.0 * rng.random((n, 2)) - 1.0) * reach)
    places = np.array([centre_of(cell) for cell in cells]).reshape(-1, 2) + moved / GRAIN
    twins = image(places, solid.shape)
    bodies = np.stack([radius, height], axis=1) / GRAIN
    obstacles = np.concatenate([np.hstack([places, bodies]), np.hstack([twins, bodies])])
    return obstacles, np.tile(np.where(is_rock, ROCK, TREE).astype(np.uint8), 2)


def _cells(rng: np.random.Generator, solid: NDArray[np.uint8], stand: Cell) -> tuple[list[Cell], NDArray[np.bool_]]:
    """Cells for obstacles, one of each pair of images, in clumps; and where rocks lie in place of trees."""
    shape = solid.shape
    free = solid == 0
    for i, j in (stand, turned_cell(stand, shape)):
        free[max(0, i - GLADE) : i + GLADE + 1, max(0, j - GLADE) : j + GLADE + 1] = False
    free.reshape(-1)[free.size // 2 :] = False  # the other half are images, and a cell in the centre is its own
    lure = noise(rng, shape, 5) / UNIT + (0.4 + 0.6 * rng.random()) * rng.random(shape)
    rocky = noise(rng, shape, 4) / UNIT + 0.4 * rng.random(shape)
    n = int(rng.integers(FEWEST // 2, MAX_OBSTACLES // 2 + 1))
    chosen = np.argsort(np.where(free, -lure, np.inf), axis=None, kind="stable")[: min(n, int(free.sum()))]
    cells = [(int(k) // shape[1], int(k) % shape[1]) for k in chosen]
    return cells, rocky.reshape(-1)[chosen] > 0.25
