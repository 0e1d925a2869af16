"""A layout made ready for walking: its clearance, its one connected floor, and distances through that."""

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.pointnav.floors.layout import GRID, Layout, clearance_field
from sims.pointnav.geodesic import march, marcher
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
        origin: world coordinates of node [0, 0].
    """

    clearance: NDArray[np.uint16]
    free: NDArray[np.bool_]
    ways: NDArray[np.bool_]
    origin: tuple[float, float]


def ground_of(layout: Layout) -> Ground:
    """Clearance of a layout with a margin of walls, and its largest connected floor; other islands become solid.

    Raises:
        ValueError: there is nowhere that the disc fits.
    """
    clearance = np.pad(clearance_field(layout), MARGIN)
    units = np.floor(clearance / np.float32(CLEARANCE_UNIT)).astype(np.uint16)
    fits = units >= AGENT_RADIUS / CLEARANCE_UNIT
    islands, n = cast(tuple[NDArray[np.int32], int], ndimage.label(fits))
    if n == 0:
        raise ValueError(f"layout {layout.name!r} has no floor where a disc of {AGENT_RADIUS} m fits")
    free = islands == np.bincount(islands.reshape(-1))[1:].argmax() + 1
    units[fits & ~free] = 0
    ways = thicken(free, units, (AGENT_RADIUS - GRID / 2) / CLEARANCE_UNIT)
    origin = (layout.origin[0] - MARGIN * GRID, layout.origin[1] - MARGIN * GRID)
    return Ground(units, free, ways, origin)


def solve(ground: Ground, goal: NDArray[np.float64]) -> tuple[NDArray[np.uint16], float]:
    """The distance field of one goal (metres from node [0, 0]) as flat uint16, and the metres of one unit."""
    distance = np.empty(ground.free.size, np.float32)
    march(
        ground.ways.reshape(-1).view(np.uint8),
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
    field = np.rint(distance / np.float32(scale)).astype(np.uint16)
    field[unreached] = FIELD_STEPS
    return field, scale
