"""Seeded courts: small point-symmetric fields with a few walls on flat ground, 16-30 m a side, for beginners."""

import numpy as np

from sims.ctf.maps.distance import distances, two_ways
from sims.ctf.maps.indoor import Grid, placed
from sims.ctf.maps.layout import CELL, Map, turned_cell
from sims.ctf.maps.teams import stream, with_teams

TAG = 23
DEPTHS, WIDTHS = (6, 9), (9, 13)
"""Open cells across and along a court, least and most."""

LONGEST_WAY = 30.0
"""Metres between the bases."""

MAX_TRIES = 200


def courts(seed: int) -> Map:
    """The map `courts:<seed>`: a field of 6 to 9 by 9 to 13 cells, up to a third of it walls, the bases at its ends.

    Two ways that share no cell lead from base to base, 10-30 m long; on most courts one base can be seen from the other
    or from a few steps on.

    Args:
        seed: any int from 0 on; each gives another map, the same on every machine.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    rng = stream(TAG, seed, "courts")
    for _ in range(MAX_TRIES):
        grid, stand = _field(rng)
        if _plays_well(grid, stand):
            break
    else:
        raise RuntimeError(f"courts:{seed} found no map in {MAX_TRIES} tries: report this seed, and use another")
    around = [(stand[0] + i, stand[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    chosen = rng.permutation(len(around))[: 4 + int(rng.integers(5))]
    grid, stand, cells = placed(rng, grid, stand, [around[k] for k in chosen.tolist()])
    return with_teams(f"courts:{seed}", "indoor", (~grid).astype(np.uint8), stand, cells)


def _field(rng: np.random.Generator) -> tuple[Grid, tuple[int, int]]:
    """Open cells, their own image, and red's stand, in the middle of 3 x 3 cells at the left end that are open."""
    depth, width = (int(rng.integers(low, high + 1)) for low, high in (DEPTHS, WIDTHS))
    grid = np.zeros((depth + 2, width + 2), bool)
    wall = rng.random((depth, width)) < rng.uniform(0.08, 0.22)
    grid[1:-1, 1:-1] = ~(wall | wall[::-1, ::-1])
    row, column = 2 + int(rng.integers(depth - 2)), 2
    grid[row - 1 : row + 2, 1:4] = True
    bottom, right = turned_cell((row, column), grid.shape)
    grid[bottom - 1 : bottom + 2, right - 1 : right + 2] = True
    return grid, (row, column)


def _plays_well(grid: Grid, stand: tuple[int, int]) -> bool:
    """Whether every open cell can be reached, and the bases on more than one way that isn't too long."""
    free, other = grid.astype(np.uint8), turned_cell(stand, grid.shape)
    field = distances(free, *stand)
    reached = field[grid]
    far = int(field[other]) * CELL / 10
    return bool((reached < 10 * grid.size).all()) and far <= LONGEST_WAY and two_ways(free, stand, other)
