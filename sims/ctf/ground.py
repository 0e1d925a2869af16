"""Kernels of the ground: its height, and what a disc on it bumps into."""

import numpy as np

from sims.core.kernels import kernel
from sims.ctf.maps.layout import CELL, HEIGHT_GRID
from sims.ctf.state import PLAYER_RADIUS


@kernel
def height_at(maps, k, x, y):
    """Height in metres of map `k`'s ground at (x, y), bilinear between the nodes; 0 indoors."""
    if not maps.outdoor[k]:
        return 0.0
    heights, columns = maps.heights, maps.height_columns
    column = min(max(x / HEIGHT_GRID, 0.0), columns - 1.001)
    row = min(max(y / HEIGHT_GRID, 0.0), heights.shape[1] // columns - 1.001)
    c, r = np.int64(column), np.int64(row)
    u, v = column - c, row - r
    at = r * columns + c
    low = heights[k, at] * (1.0 - u) + heights[k, at + 1] * u
    high = heights[k, at + columns] * (1.0 - u) + heights[k, at + columns + 1] * u
    return low * (1.0 - v) + high * v


@kernel
def solid_at(maps, k, r, c):
    """Whether cell [r, c] of map `k` is solid or outside."""
    if r < 0 or c < 0 or r >= maps.shape[k, 0] or c >= maps.shape[k, 1]:
        return True
    return maps.solid[k, r, c] != 0


@kernel
def push_out(maps, k, x, y):
    """Where a player at (x, y), moved a little into walls or obstacles, stands when pushed out of them: (x, y)."""
    for _ in range(2):  # pushed out of one wall, it may be in another: a corner takes two rounds
        c, r = np.int64(x / CELL), np.int64(y / CELL)
        u, v = x - c * CELL, y - r * CELL
        near_c = c - 1 if u < PLAYER_RADIUS else (c + 1 if u > CELL - PLAYER_RADIUS else c)
        near_r = r - 1 if v < PLAYER_RADIUS else (r + 1 if v > CELL - PLAYER_RADIUS else r)
        beside = near_c != c and solid_at(maps, k, r, near_c)
        ahead = near_r != r and solid_at(maps, k, near_r, c)
        if beside:
            x = c * CELL + PLAYER_RADIUS if near_c < c else (c + 1) * CELL - PLAYER_RADIUS
        if ahead:
            y = r * CELL + PLAYER_RADIUS if near_r < r else (r + 1) * CELL - PLAYER_RADIUS
        if near_c != c and near_r != r and not beside and not ahead and solid_at(maps, k, near_r, near_c):
            corner_x, corner_y = max(c, near_c) * CELL, max(r, near_r) * CELL
            x, y = _away_from(x, y, corner_x, corner_y, PLAYER_RADIUS)
        if maps.n_obstacles[k] > 0:
            x, y = _off_obstacles(maps, k, r, c, x, y)
        elif not (beside or ahead):
            break
    return x, y


@kernel
def _off_obstacles(maps, k, r, c, x, y):
    for i in range(maps.near.shape[3]):
        o = maps.near[k, r, c, i]
        if o < 0:
            break
        reach = maps.obstacles[k, o, 2] + PLAYER_RADIUS
        x, y = _away_from(x, y, maps.obstacles[k, o, 0], maps.obstacles[k, o, 1], reach)
    return x, y


@kernel
def _away_from(x, y, from_x, from_y, reach):
    """(x, y), moved to `reach` metres from a point that it is nearer to."""
    dx, dy = x - from_x, y - from_y
    d2 = dx * dx + dy * dy
    if d2 >= reach * reach:
        return x, y
    if d2 == 0.0:
        return x + reach, y
    scale = reach / np.sqrt(d2)
    return from_x + dx * scale, from_y + dy * scale
