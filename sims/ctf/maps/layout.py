"""What a map of Capture the Flag is: `sims.ctf.maps.check` says what must hold of every one."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Family = Literal["indoor", "outdoor"]

CELL = 2.0
"""Metres of a cell of the map's grid."""

HEIGHT_GRID = 1.0
"""Metres between the nodes of an outdoor map's heights: two to a cell."""

MAX_CELLS = 40
"""Rows and columns that a map may have at most."""

MAX_SPAWNS = 8
"""Spawn points of a team at most."""

MAX_OBSTACLES = 128
"""Trees and rocks of a map at most."""

TREE, ROCK = 0, 1
"""Kinds of obstacles."""

PLAYER_RADIUS = 0.4
"""Metres: players are upright cylinders."""

GRAIN = 64
"""Generated coordinates are whole multiples of 1 / GRAIN metres, so that the image `width - x` is exact."""

HALF_TURN = 120
"""Units of heading in half a turn, `sims.ctf.state.N_HEADINGS / 2`."""

MAX_SLOPE = 0.7
"""Rise over run that the ground has at most where players go: 35 degrees."""


class Map(NamedTuple):
    """One map. Its frame: x along the columns, y along the rows, metres, z up, the grid's corner [0, 0] at the origin.

    Cell [r, c] covers x in [c, c + 1) * CELL and y in [r, r + 1) * CELL. Headings count 1.5 degrees counter-clockwise
    from x (`sims.ctf.state.N_HEADINGS` a turn). The map is its own image under the half turn about its centre,
    exactly, with the teams swapped: `spawns[1][k]` is the image of `spawns[0][k]`.
    """

    name: str
    family: Family
    solid: NDArray[np.uint8]  # [rows, columns] 1 where players can't go: walls indoors, the rim outdoors
    surface: NDArray[np.uint8]  # [rows, columns] whose part of the map it is: 0 nobody's, 1 red's, 2 blue's
    heights: NDArray[np.float32]  # [2 rows + 1, 2 columns + 1] ground at the nodes, metres; [0, 0] indoors (flat at 0)
    obstacles: NDArray[np.float64]  # [k, 4] x, y, radius, height of trunks and rocks, metres; [0, 4] indoors
    kinds: NDArray[np.uint8]  # [k] TREE or ROCK
    stands: NDArray[np.float64]  # [2, 2] x, y of red's and blue's flag stands
    spawns: NDArray[np.float64]  # [2, n, 2] x, y of spawn points, n in 1 to MAX_SPAWNS
    spawn_headings: NDArray[np.int32]  # [2, n]


def image(points: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Where the half turn about the centre of a map of `shape` (rows, columns) takes `points`, `[..., 2]` metres."""
    rows, columns = shape
    return np.array([columns * CELL, rows * CELL]) - points


def turned_cell(cell: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    """Where the half turn about the centre of a map of `shape` (rows, columns) takes the cell (row, column)."""
    return shape[0] - 1 - cell[0], shape[1] - 1 - cell[1]


def cell_of(point: NDArray[np.float64]) -> tuple[int, int]:
    """The cell (row, column) in which a point `[2]` (x, y in metres) lies."""
    return int(point[1] // CELL), int(point[0] // CELL)


def centre_of(cell: tuple[int, int]) -> tuple[float, float]:
    """The middle (x, y in metres) of the cell (row, column)."""
    return (cell[1] + 0.5) * CELL, (cell[0] + 0.5) * CELL


def slopes(heights: NDArray[np.float32]) -> NDArray[np.float64]:
    """The steepest rise over run within each square of the height grid, however its surface is interpolated.

    Args:
        heights: `[n_y, n_x]` metres at nodes `HEIGHT_GRID` apart.

    Returns:
        `[n_y - 1, n_x - 1]`: the largest gradient among the four corners of each square.
    """
    ground = heights.astype(np.float64)
    along_x, along_y = (np.diff(ground, axis=axis) / HEIGHT_GRID for axis in (1, 0))
    x2 = np.maximum(along_x[:-1] ** 2, along_x[1:] ** 2)
    y2 = np.maximum(along_y[:, :-1] ** 2, along_y[:, 1:] ** 2)
    return np.sqrt(x2 + y2)
