"""Seeded outdoor maps: hills with trees and rocks between two bases, closed in by cliffs, 56-72 m a side."""

import numpy as np
from numpy.typing import NDArray

from sims.ctf.maps.distance import FAR, distances, passable, two_ways
from sims.ctf.maps.layout import HEIGHT_GRID, Map, centre_of, slopes, turned_cell
from sims.ctf.maps.noise import UNIT, noise
from sims.ctf.maps.scatter import scattered
from sims.ctf.maps.teams import Cell, stream, with_teams

TAG = 22
MAX_TRIES = 50

FINE = 1.0 / 256
"""Heights are whole multiples of this many metres, so that float32 holds them exactly."""

STEEPEST = 0.66
"""Largest slope that hills get where players go; a little below `MAX_SLOPE`, as rounding adds some."""

YARD, SLOPE_OFF = 5.0, 13.0
"""Metres around a stand within which the ground is level, and from which on the hills are as they were."""

CLIFF = 2.5
"""Metres by which the ground rises over the first metre behind the rim's edge."""

DEEPEST = 6
"""Metres behind the rim's edge from which on the cliffs rise no further."""


def outdoor(seed: int) -> Map:
    """The map `outdoor:<seed>`: hills, woods and rocks on 28 to 36 cells a side; the rim is high ground.

    The slope stays below `MAX_SLOPE` wherever players go, the ground around the bases is level, and two ways that share
    no cell lead from base to base.

    Args:
        seed: any int from 0 on; each gives another map, the same on every machine.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    rng = stream(TAG, seed, "outdoor")
    for _ in range(MAX_TRIES):
        shape = tuple((28 + rng.integers(0, 9, 2)).tolist())
        stand = _stand(rng, shape)
        solid = _rim(rng, shape, stand)
        obstacles, kinds = scattered(rng, solid, stand)
        free = passable(solid, obstacles)
        if two_ways(free, stand, turned_cell(stand, shape)):
            break
    else:
        raise RuntimeError(f"outdoor:{seed} found no map in {MAX_TRIES} tries: report this seed, and use another")
    heights = _heights(rng, solid, stand)
    spawns = _spawns(rng, stand)
    return with_teams(f"outdoor:{seed}", "outdoor", solid, stand, spawns, heights, obstacles, kinds)


def _stand(rng: np.random.Generator, shape: tuple[int, ...]) -> Cell:
    """Red's cell, 5 or 6 cells from one of the four sides, in the middle half of that side."""
    sides = rng.permutation(2).tolist()
    across = shape[sides[1]]
    deep = 5 + int(rng.integers(2))
    place = across // 4 + int(rng.integers(across // 2))
    cell = (deep, place) if sides[0] == 0 else (place, deep)
    return turned_cell(cell, shape) if rng.random() < 0.5 else cell


def _spawns(rng: np.random.Generator, stand: Cell) -> list[Cell]:
    """4 to 8 of the cells around the stand, up to two cells away."""
    around = [(stand[0] + i, stand[1] + j) for i in range(-2, 3) for j in range(-2, 3) if i or j]
    return [around[k] for k in rng.permutation(len(around))[: 4 + int(rng.integers(5))].tolist()]


def _rim(rng: np.random.Generator, shape: tuple[int, ...], stand: Cell) -> NDArray[np.uint8]:
    """Solid cells: a rim 1 to 4 cells thick, and what it cuts off from the bases."""
    rows, columns = shape
    edge = np.minimum(np.arange(rows), np.arange(rows)[::-1])[:, None]
    edge = np.minimum(edge, np.minimum(np.arange(columns), np.arange(columns)[::-1]))
    thick = noise(rng, shape, 4) >> 21
    free = edge >= 2 + np.clip(thick, -1, 2)
    for i, j in (stand, turned_cell(stand, shape)):
        free[i - 3 : i + 4, j - 3 : j + 4] = True
    free[[0, -1]] = free[:, [0, -1]] = False
    return (distances(free.astype(np.uint8), *stand) == FAR).astype(np.uint8)


def _heights(rng: np.random.Generator, solid: NDArray[np.uint8], stand: Cell) -> NDArray[np.float32]:
    """`[2 rows + 1, 2 columns + 1]` metres: hills, level yards around both stands, and the rim's cliffs."""
    nodes = tuple(2 * n + 1 for n in solid.shape)
    wide, narrow = 14 + int(rng.integers(7)), 7 + int(rng.integers(4))
    hills = (noise(rng, nodes, wide) + noise(rng, nodes, narrow) * (0.2 + 0.3 * rng.random())) / UNIT
    for cell in (stand, turned_cell(stand, solid.shape)):
        hills = _levelled(hills, cell)
    rough = noise(rng, nodes, 3) / UNIT
    inside = np.repeat(np.repeat(solid == 0, 2, axis=0), 2, axis=1)
    steep = slopes(hills.astype(np.float32))[inside].max()
    hills *= STEEPEST * (0.6 + 0.4 * rng.random()) / max(float(steep), 1e-6)
    behind = _behind(solid)
    hills += np.where(behind > 0, CLIFF + behind * (0.8 + 0.5 * rough), 0.0)
    return (np.rint(hills / FINE) * FINE).astype(np.float32)


def _levelled(hills: NDArray[np.float64], cell: Cell) -> NDArray[np.float64]:
    """The hills with level ground around the middle of a cell, at the height that they have there."""
    x, y = centre_of(cell)
    rows, columns = hills.shape
    dx, dy = np.arange(columns) * HEIGHT_GRID - x, np.arange(rows)[:, None] * HEIGHT_GRID - y
    t = np.clip((np.sqrt(dx * dx + dy * dy) - YARD) / (SLOPE_OFF - YARD), 0.0, 1.0)
    share = t * t * (3 - 2 * t)
    level = hills[int(y / HEIGHT_GRID), int(x / HEIGHT_GRID)]
    return np.where(t < 1.0, level + (hills - level) * share, hills)  # untouched beyond, so that the image stays exact


def _behind(solid: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many nodes each node of the height grid lies behind the edge of the solid cells, 0 to `DEEPEST`."""
    squares = np.pad(np.repeat(np.repeat(solid != 0, 2, axis=0), 2, axis=1), 1, constant_values=True)
    inner = squares[1:, 1:] & squares[:-1, 1:] & squares[1:, :-1] & squares[:-1, :-1]
    behind = np.where(inner, DEEPEST, 0)
    n_y, n_x = inner.shape
    for _ in range(DEEPEST):
        near = np.pad(behind, 1, constant_values=DEEPEST)
        least = np.minimum.reduce([near[i : i + n_y, j : j + n_x] for i in range(3) for j in range(3)])
        behind = np.where(inner, np.minimum(least + 1, DEEPEST), 0)
    return behind
