"""Walking distances between the cells of a map, and whether one blocked cell can cut the two bases apart."""

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.ctf.maps.layout import CELL, Map

FAR = 65535
"""The distance of cells that can't be reached."""

STRAIGHT, DIAGONAL = 10, 14
"""Lengths of a step to a neighbouring cell, in tenths of a cell's side."""

REACH = 0.45
"""Metres around a cell's centre that no obstacle may enter: a player's radius and a little."""


def walkable(map: Map) -> NDArray[np.uint8]:
    """The cells through whose middle a player fits, `[rows, columns]` uint8, 1 or 0; see `passable`."""
    return passable(map.solid, map.obstacles)


def passable(solid: NDArray[np.uint8], obstacles: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The cells through whose middle a player fits.

    A cell is blocked where it is solid, where an obstacle's centre lies in it, or where an obstacle comes within
    `REACH` of its middle. A player may still stand in a corner of a blocked cell; its neighbours are then the nearest
    cells that have a distance.

    Args:
        solid: `[rows, columns]`.
        obstacles: `[k, 4]` as in `Map`, all of them on the map.

    Returns:
        `[rows, columns]` uint8, 1 or 0.
    """
    rows, columns = solid.shape
    free = solid == 0
    x, y, radius = obstacles[:, 0], obstacles[:, 1], obstacles[:, 2]
    dx = (np.arange(columns) + 0.5) * CELL - x[:, None]
    dy = (np.arange(rows) + 0.5) * CELL - y[:, None]
    reach = (radius + REACH)[:, None, None]
    free &= ~(dx[:, None, :] ** 2 + dy[:, :, None] ** 2 < reach**2).any(axis=0)
    free[(y // CELL).astype(np.int64), (x // CELL).astype(np.int64)] = False
    return free.astype(np.uint8)


def distances(walkable: NDArray[np.uint8], row: int, column: int) -> NDArray[np.uint16]:
    """Lengths of the shortest ways from every cell to one cell, over walkable cells, 8-connected.

    Args:
        walkable: `[rows, columns]`, 1 where players can go.
        row: of the cell that the ways lead to; it counts as walkable even where it isn't, as a flag may lie there.
        column: of the same cell.

    Returns:
        `[rows, columns]` uint16 tenths of a cell's side (10 for a straight step, 14 for a diagonal one; none goes past
        a blocked corner), `FAR` where there is no way.

    Raises:
        ValueError: the cell isn't on the map.
    """
    rows, columns = walkable.shape
    if not (0 <= row < rows and 0 <= column < columns):
        raise ValueError(f"there is no cell ({row}, {column}) on a map of {rows} by {columns}: give a cell on the map")
    field = np.empty(rows * columns, np.uint16)
    queue = np.empty(2 * rows * columns, np.int32)
    flood(np.ascontiguousarray(walkable).reshape(-1), rows, columns, row, column, field, queue)
    return field.reshape(rows, columns)


@kernel
def flood(walkable, rows, columns, row, column, field, queue):
    """Fill `field` with the distances to the cell (row, column); see `distances`.

    `walkable` is flat uint8 `[rows * columns]`, `field` uint16 of the same size (longer is fine), `queue` int32 memory
    of at least twice that size. The longest way must be shorter than `FAR`: on `MAX_CELLS` squared cells it is.

    Dijkstra without a heap: steps have two lengths, so two first-in-first-out queues, one a length, are each in order
    by themselves, and the nearest cell is at the head of one of them. A cell enters each of them at most once.
    """
    n = rows * columns
    for cell in range(n):
        field[cell] = FAR
    straight, straight_end, diagonal, diagonal_end = 0, 1, n, n
    queue[0] = row * columns + column
    field[queue[0]] = 0
    level = np.int64(0)
    while straight < straight_end or diagonal < diagonal_end:
        of_diagonals = straight == straight_end
        if straight < straight_end and diagonal < diagonal_end:
            of_diagonals = field[queue[diagonal]] < field[queue[straight]]
        if of_diagonals:
            cell = queue[diagonal]
            diagonal += 1
        else:
            cell = queue[straight]
            straight += 1
        here = np.int64(field[cell])
        if here < level:
            continue  # it was reached over a shorter way and has been dealt with
        level = here
        i, j = cell // columns, cell % columns
        for di in range(-1, 2):
            for dj in range(-1, 2):
                if (di == 0 and dj == 0) or i + di < 0 or i + di >= rows or j + dj < 0 or j + dj >= columns:
                    continue
                other = cell + di * columns + dj
                if walkable[other] == 0:
                    continue
                if di == 0 or dj == 0:
                    if here + STRAIGHT < field[other]:
                        field[other] = here + STRAIGHT
                        queue[straight_end] = other
                        straight_end += 1
                elif walkable[cell + di * columns] != 0 and walkable[cell + dj] != 0 and here + DIAGONAL < field[other]:
                    field[other] = here + DIAGONAL
                    queue[diagonal_end] = other
                    diagonal_end += 1


def way(field: NDArray[np.uint16], walkable: NDArray[np.uint8], cell: tuple[int, int]) -> list[tuple[int, int]]:
    """The cells (row, column) of a shortest way from `cell` to where `field` is 0, both ends included.

    Args:
        field: `[rows, columns]` as `distances` returns it for `walkable`.
        walkable: `[rows, columns]`.
        cell: (row, column).

    Raises:
        ValueError: there is no way from `cell`.
    """
    if field[cell] == FAR:
        raise ValueError(f"no way leads from cell {cell}: choose a cell whose distance is below {FAR}")
    cells = [cell]
    while field[cells[-1]]:
        cells.append(_next_cell(field, walkable, cells[-1]))
    return cells


def _next_cell(field: NDArray[np.uint16], walkable: NDArray[np.uint8], cell: tuple[int, int]) -> tuple[int, int]:
    i, j = cell
    here = int(field[cell])
    for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1)):
        other = i + di, j + dj
        if not (0 <= other[0] < field.shape[0] and 0 <= other[1] < field.shape[1]):
            continue
        step = DIAGONAL if di and dj else STRAIGHT
        if int(field[other]) + step == here and (step == STRAIGHT or (walkable[i + di, j] and walkable[i, j + dj])):
            return other
    raise ValueError(f"the field has no next cell at {cell}: pass the field that `distances` gave for this grid")


def two_ways(walkable: NDArray[np.uint8], a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two ways lead from cell `a` to cell `b` that share no other cell.

    They do unless a single cell cuts `a` from `b` (Menger's theorem), and such a cell lies on every way between them,
    so it is enough to block the cells of one way in turn.
    """
    field = distances(walkable, *b)
    if field[a] == FAR:
        return False
    grid, out = walkable.copy().reshape(-1), field.reshape(-1).copy()
    queue = np.empty(2 * grid.size, np.int32)
    rows, columns = walkable.shape
    for i, j in way(field, walkable, a)[1:-1]:
        cell = i * columns + j
        grid[cell] = 0
        flood(grid, rows, columns, b[0], b[1], out, queue)
        grid[cell] = 1
        if out[a[0] * columns + a[1]] == FAR:
            return False
    return True
