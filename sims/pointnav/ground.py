"""A layout made ready for walking: its clearance, its one connected floor, and distances through that."""

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sims.pointnav.floors.layout import GRID, Layout, clearance_field
from sims.pointnav.geodesic import march, marcher
from sims.pointnav.spaces import FARTHEST
from sims.pointnav.state import AGENT_RADIUS, CLEARANCE_UNIT, FIELD_STEPS
from sims.pointnav.thicken import thicken

MARGIN = 3
"""Nodes of wall around every raster, so that no lookup and no difference leaves it."""


class Ground(NamedTuple):
    """A layout made ready, with a margin of walls.

    Attributes:
        clearance: `[n_y, n_x]` in CLEARANCE_UNIT, zero on islands that are not part of the floor.
        free: the one connected floor where the disc fits.
        ways: `free`, thickened by half a cell: what distances are measured through.
        links: `[n_y, n_x]` uint8, diagonal steps between `ways` that the disc can make though neither node beside them
            is free: bit 0 from node [i, j] to [i + 1, j + 1], bit 1 from [i, j + 1] to [i + 1, j].
        origin: world coordinates of node [0, 0].
    """

    clearance: NDArray[np.uint16]
    free: NDArray[np.bool_]
    ways: NDArray[np.bool_]
    links: NDArray[np.uint8]
    origin: tuple[float, float]


def ground_of(layout: Layout) -> Ground:
    """Clearance of a layout with a margin of walls, and its largest connected floor; other islands become solid.

    The disc moves where the clearance, bilinear between nodes, is at least its radius. What that joins are exactly free
    nodes side by side, and free nodes across a cell whose saddle is free: distances use the same connections.

    Raises:
        ValueError: there is nowhere that the disc fits, or the floor is larger than observations can say.
    """
    n_y, n_x = layout.floor.shape
    if max(n_y, n_x) * GRID > FARTHEST:
        raise ValueError(
            f"layout {layout.name!r} is {n_x * GRID:.0f} x {n_y * GRID:.0f} m, over {FARTHEST:.0f} m a side"
        )
    clearance = np.pad(clearance_field(layout), MARGIN)
    units = np.floor(clearance / np.float32(CLEARANCE_UNIT)).astype(np.uint16)
    fits = units >= AGENT_RADIUS / CLEARANCE_UNIT
    links = links_of(units, fits)
    free = largest_island(fits, links)
    if not free.any():
        raise ValueError(f"layout {layout.name!r} has no floor where a disc of {AGENT_RADIUS} m fits")
    units[fits & ~free] = 0
    ways = thicken(free, units, (AGENT_RADIUS - GRID / 2) / CLEARANCE_UNIT)
    links = links_of(units, free)
    origin = (layout.origin[0] - MARGIN * GRID, layout.origin[1] - MARGIN * GRID)
    return Ground(units, free, ways, links, origin)


def links_of(units: NDArray[np.uint16], fits: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Diagonals of cells along which the bilinear clearance stays free though the other two corners are not."""
    a, b, c, d = (part.astype(np.float64) for part in _corners(units))
    free_a, free_b, free_c, free_d = _corners(fits)
    least = AGENT_RADIUS / CLEARANCE_UNIT
    with np.errstate(divide="ignore", invalid="ignore"):
        saddle = (a * d - b * c) / (a + d - b - c)
    rising = free_a & free_d & ~free_b & ~free_c & (saddle >= least)
    falling = free_b & free_c & ~free_a & ~free_d & (saddle >= least)
    links = np.zeros(units.shape, np.uint8)
    links[:-1, :-1] = rising.astype(np.uint8) | (falling.astype(np.uint8) << 1)
    return links


def _corners(raster: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    return raster[:-1, :-1], raster[:-1, 1:], raster[1:, :-1], raster[1:, 1:]


def largest_island(fits: NDArray[np.bool_], links: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The largest part of the floor that hangs together, side by side or by links."""
    labels, n = cast(tuple[NDArray[np.int32], int], ndimage.label(fits))
    rows, columns = np.nonzero(links)
    bits = links[rows, columns]
    one = labels[rows, np.where(bits == 1, columns, columns + 1)]
    other = labels[rows + 1, np.where(bits == 1, columns + 1, columns)]
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(n + 1, n + 1))
    _, island = connected_components(graph, directed=False)
    sizes = np.bincount(island[labels.reshape(-1)], weights=fits.reshape(-1), minlength=n + 1)
    return fits & (island[labels] == sizes.argmax())


def solve(ground: Ground, goal: NDArray[np.float64]) -> tuple[NDArray[np.uint16], float]:
    """The distance field of one goal (metres from node [0, 0]) as flat uint16, and the metres of one unit.

    Raises:
        ValueError: nothing can be reached from the goal.
    """
    distance = np.empty(ground.free.size, np.float32)
    march(
        ground.ways.reshape(-1).view(np.uint8),
        ground.links.reshape(-1),
        ground.ways.shape[1],
        goal[1] / GRID,
        goal[0] / GRID,
        1,
        marcher(ground.free.size),
        distance,
    )
    unreached = ~np.isfinite(distance)
    distance[unreached] = 0.0
    scale = float(distance.max()) / FIELD_STEPS
    if scale == 0.0:
        raise ValueError(f"nothing can be reached from the goal {tuple(goal + ground.origin)}: it is not on the floor")
    field = np.rint(distance / np.float32(scale)).astype(np.uint16)
    field[unreached] = FIELD_STEPS
    return field, scale
