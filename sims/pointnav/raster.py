"""The kernels that read a raster between its nodes: clearance, and distance to a goal."""

import numpy as np

from sims.core.kernels import kernel
from sims.pointnav.floors.layout import GRID
from sims.pointnav.state import AGENT_RADIUS, CLEARANCE_UNIT

TORN = 3.0 * GRID
"""Corners of one cell whose distances differ by more than this many metres lie on two sides of a wall or a gap."""


@kernel
def distance_at(field, field_base, scale, clearance, clearance_base, columns, right, up):
    """Distance in metres at (right, up) metres from node [0, 0], bilinear between the nodes.

    `field` and `clearance` are flat rasters of the same shape that begin at their bases; `scale` is the metres of one
    unit of `field`. Where the cell is torn, only corners on the side of the point count.
    """
    u, v = right * (1.0 / GRID), up * (1.0 / GRID)
    j, i = np.int64(u), np.int64(v)
    fu, fv = u - j, v - i
    offset = i * columns + j
    node = field_base + offset
    f00, f01 = np.float64(field[node]), np.float64(field[node + 1])
    f10, f11 = np.float64(field[node + columns]), np.float64(field[node + columns + 1])
    if (max(f00, f01, f10, f11) - min(f00, f01, f10, f11)) * scale > TORN:
        return _one_side(field, node, scale, clearance, clearance_base + offset, columns, fu, fv)
    low, high = f00 + fu * (f01 - f00), f10 + fu * (f11 - f10)
    return (low + fv * (high - low)) * scale


@kernel
def _one_side(field, node, scale, clearance, clear_node, columns, fu, fv):
    """The mean of a cell's corners, bilinearly weighted, that agree with the free corner of the largest weight."""
    most, reference = -1.0, 0.0
    for k in range(4):
        step = (k // 2) * columns + k % 2
        weight = (fv if k >= 2 else 1.0 - fv) * (fu if k % 2 == 1 else 1.0 - fu)
        if clearance[clear_node + step] * CLEARANCE_UNIT >= AGENT_RADIUS and weight > most:
            most, reference = weight, np.float64(field[node + step])
    total, weights = 0.0, 0.0
    for k in range(4):
        step = (k // 2) * columns + k % 2
        weight = (fv if k >= 2 else 1.0 - fv) * (fu if k % 2 == 1 else 1.0 - fu)
        value = np.float64(field[node + step])
        if abs(value - reference) * scale <= TORN:
            total += weight * value
            weights += weight
    return scale * (total / weights if weights > 0.0 else reference)


@kernel
def clearance_at(clearance, base, columns, origin_x, origin_y, x, y):
    """Clearance in metres at world (x, y) and its gradient (per metre), bilinear between nodes."""
    u, v = (x - origin_x) * (1.0 / GRID), (y - origin_y) * (1.0 / GRID)
    j, i = np.int64(u), np.int64(v)
    fu, fv = u - j, v - i
    node = base + i * columns + j
    c00, c01 = np.float64(clearance[node]), np.float64(clearance[node + 1])
    c10, c11 = np.float64(clearance[node + columns]), np.float64(clearance[node + columns + 1])
    low, high = c00 + fu * (c01 - c00), c10 + fu * (c11 - c10)
    gx = (c01 - c00) * (1.0 - fv) + (c11 - c10) * fv
    value = (low + fv * (high - low)) * CLEARANCE_UNIT
    return value, gx * (CLEARANCE_UNIT / GRID), (high - low) * (CLEARANCE_UNIT / GRID)
