"""The kernels that read a raster between its nodes."""

import numpy as np

from sims.core.kernels import kernel
from sims.pointnav.floors.layout import GRID
from sims.pointnav.state import CLEARANCE_UNIT


@kernel
def interpolate(raster, base, columns, right, up):
    """Bilinear value of a flat raster that begins at `base`, at (right, up) metres from its node [0, 0]."""
    u, v = right * (1.0 / GRID), up * (1.0 / GRID)
    j, i = np.int64(u), np.int64(v)
    fu, fv = u - j, v - i
    node = base + i * columns + j
    f00, f01 = np.float64(raster[node]), np.float64(raster[node + 1])
    f10, f11 = np.float64(raster[node + columns]), np.float64(raster[node + columns + 1])
    low, high = f00 + fu * (f01 - f00), f10 + fu * (f11 - f10)
    return low + fv * (high - low)


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
