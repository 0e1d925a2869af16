"""Keeps a furnished plan in one piece: finds floor that furniture cuts off and takes away what cuts it off."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.pointnav.floors.floorplan import (
    FREE,
    MARGIN,
    Box,
    Piece,
    Plan,
    Raster,
    area,
    axis_index,
    bounds,
    paint,
    stamp,
)
from sims.pointnav.floors.layout import GRID

REACH = 0.15
"""A passage counts if it is at least twice this wide: a disc of 0.1 m fits with nodes to spare on a 0.05 m grid."""

SLIVER = 12
"""Patches of fewer nodes than this (0.03 m2) may stay cut off."""

Origin = tuple[float, float]
Window = tuple[slice, slice]


def cleared(plan: Plan, rounds: int = 2) -> Plan:
    """The plan without the pieces that keep a disc of 0.1 m from some of the floor.

    Every patch of floor that is cut off from the largest one loses pieces: in the first `rounds` rounds the smallest
    piece that parts it from the rest, then all pieces beside it, until nothing but slivers is cut off.
    """
    raster = paint(plan)
    origin = float(raster.xs[0]) - MARGIN * GRID, float(raster.ys[0]) - MARGIN * GRID
    walls = _walls(raster, origin)
    covers = np.zeros(walls.shape, np.int16)
    pieces = list(plan.pieces)
    _stamp_all(covers, pieces, origin, 1)
    for step in range(rounds + 6):
        patches, main, lost = _patches(~walls & (covers == 0))
        doomed = _blockers(pieces, patches, main, lost, origin, one_each=step < rounds) if lost else set()
        doomed |= _fillers(plan.rooms, pieces, patches == main, origin) if step >= rounds or not lost else set()
        if not doomed:
            break
        _stamp_all(covers, [pieces[index] for index in doomed], origin, -1)
        pieces = [piece for index, piece in enumerate(pieces) if index not in doomed]
    return plan._replace(pieces=pieces)


def _walls(raster: Raster, origin: Origin) -> NDArray[np.bool_]:
    """Nodes nearer than `REACH` to a wall along both axes, on a grid in the plan's frame that covers the raster."""
    xs = origin[0] + GRID * np.arange(int((raster.xs[-1] - origin[0]) / GRID) + 2 * MARGIN)
    ys = origin[1] + GRID * np.arange(int((raster.ys[-1] - origin[1]) / GRID) + 2 * MARGIN)
    free = np.pad(raster.cells == FREE, 1)[axis_index(raster.ys, ys)[:, None], axis_index(raster.xs, xs)]
    walls = ~free
    for _ in range(round(REACH / GRID)):
        wide = walls.copy()
        wide[:, 1:] |= walls[:, :-1]
        wide[:, :-1] |= walls[:, 1:]
        walls = wide.copy()
        walls[1:] |= wide[:-1]
        walls[:-1] |= wide[1:]
    return walls


def _stamp_all(covers: NDArray[np.int16], pieces: list[Piece], origin: Origin, step: int) -> None:
    for piece in pieces:
        for part in piece:
            stamp(covers, part, origin, REACH, step)


def _patches(free: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int, set[int]]:
    """Connected patches of free nodes as labels, the label of the largest, and those cut off (more than slivers)."""
    patches = np.empty(free.shape, np.int32)
    ndimage.label(free, output=patches)
    sizes = np.bincount(patches.ravel())
    sizes[0] = 0
    main = int(sizes.argmax())
    return patches, main, set(np.flatnonzero(sizes >= SLIVER).tolist()) - {main}


def _window(box: Box, origin: Origin, margin: float) -> Window:
    """The nodes within `margin` metres of a box."""
    rows = slice(max(0, int((box[1] - margin - origin[1]) / GRID)), int((box[3] + margin - origin[1]) / GRID) + 2)
    columns = slice(max(0, int((box[0] - margin - origin[0]) / GRID)), int((box[2] + margin - origin[0]) / GRID) + 2)
    return rows, columns


def _blockers(
    pieces: list[Piece], patches: NDArray[np.int32], main: int, lost: set[int], origin: Origin, one_each: bool
) -> set[int]:
    """Indices of the pieces to take away: one for each lost patch, or all that stand beside one."""
    is_lost = np.isin(patches, sorted(lost))
    best: dict[int, tuple[bool, float, int]] = {}
    beside = set()
    for index, piece in enumerate(pieces):
        box = bounds(piece)
        window = _window(box, origin, REACH + GRID)
        if not is_lost[window].any():
            continue
        beside.add(index)
        labels = set(np.unique(patches[window]).tolist())
        for label in labels & lost:
            rank = main not in labels, area(box), index
            best[label] = min(best.get(label, rank), rank)
    return {rank[2] for rank in best.values()} if one_each else beside


def _fillers(rooms: list[Box], pieces: list[Piece], reached: NDArray[np.bool_], origin: Origin) -> set[int]:
    """Indices of the pieces in rooms of which nothing can be reached."""
    full = [room for room in rooms if not reached[_window(room, origin, -REACH)].any()]
    if not full:
        return set()
    boxes = [bounds(piece) for piece in pieces]
    return {
        index
        for index, (x0, y0, x1, y1) in enumerate(boxes)
        if any(x0 < room[2] and room[0] < x1 and y0 < room[3] and room[1] < y1 for room in full)
    }
