"""Kernels that draw the inside of a building: walls by casting a ray for each column, floors and ceilings by rows."""

import numpy as np

from sims.core.kernels import kernel
from sims.core.lanes import load, store
from sims.ctf.art.atlas import (
    CEILING_KIND,
    FLOOR_KIND,
    LAST_LEVEL,
    N_KINDS,
    SIZE_BITS,
    TEXELS_A_METRE,
    WALL_KIND,
    WALL_TEXELS_A_METRE,
)
from sims.ctf.drawing.shading import light_at, shaded
from sims.ctf.maps.layout import CELL
from sims.ctf.state import WALL_HEIGHT

FAR = 1e9
SIDE_LIGHT = 0.8
"""Walls that run along x are darker, so that corners show."""

HALF = 0.5
ONE = 65536.0
"""One in 16.16 fixed point, in which the rows of walls' texels are counted."""

GRID_BITS = 6
GRID_MASK = (1 << GRID_BITS) - 1
"""The grid of surfaces is padded to 2^6 a side, so that what lies beyond the map needs no check."""


@kernel
def draw_building(maps, k, camera, art, canvas):
    """Draw map `k` as the camera sees it: every pixel, and each column's depth.

    Args:
        camera, canvas: `Camera` and `Canvas` of `sims.ctf.drawing.canvas`; the canvas is written.
        art: `sims.ctf.art.atlas.Art`.
    """
    first = maps.theme[k] * N_KINDS
    for x in range(camera.width):
        _cast(maps, k, camera, first, x, art, canvas)
    for y in range(camera.height):
        _row(maps, k, camera, first, y, art, canvas)


@kernel
def _cast(maps, k, camera, first, x, art, canvas):
    """Find the wall of column `x`: its depth, the rows it covers, and the column of texels that it shows."""
    aside = (x + HALF - HALF * camera.width) / camera.focal
    ux = camera.cos + camera.sin * aside
    uy = camera.sin - camera.cos * aside
    px, py = camera.x / CELL, camera.y / CELL
    c, r = np.int64(px), np.int64(py)
    per_c = abs(1.0 / ux) if ux != 0.0 else FAR
    per_r = abs(1.0 / uy) if uy != 0.0 else FAR
    step_c, step_r = (1 if ux > 0.0 else -1), (1 if uy > 0.0 else -1)
    to_c = (c + 1.0 - px if ux > 0.0 else px - c) * per_c
    to_r = (r + 1.0 - py if uy > 0.0 else py - r) * per_r
    at, along_x = 0.0, False
    for _ in range(256):  # the rim is solid: a ray ends long before
        along_x = to_r <= to_c
        if along_x:
            at, r = to_r, r + step_r
            to_r += per_r
        else:
            at, c = to_c, c + step_c
            to_c += per_c
        if maps.solid[k, np.uint64(r), np.uint64(c)] != 0:
            break
    depth = max(at * CELL, 1e-3)
    on = px + at * ux if along_x else py + at * uy
    u = on - np.floor(on)
    if (along_x and uy > 0.0) or (not along_x and ux < 0.0):
        u = 1.0 - u  # seen from the other side, or every second wall would be mirrored
    _wall_column(camera, x, depth, u, along_x, first + WALL_KIND + maps.surface[k, r, c], art, canvas)


@kernel
def _wall_column(camera, x, depth, u, along_x, texture, art, canvas):
    scale = camera.focal / depth  # pixels a metre
    top = camera.horizon - (WALL_HEIGHT - camera.z) * scale
    bottom = camera.horizon + camera.z * scale
    level = 0
    while level < LAST_LEVEL and scale * (1.5 * (1 << level)) < WALL_TEXELS_A_METRE:
        level += 1
    size = (1 << SIZE_BITS) >> level
    canvas.depth[x] = depth
    canvas.top[x] = np.int32(np.ceil(max(top, -1.0) - HALF))
    canvas.bottom[x] = np.int32(np.ceil(min(bottom, camera.height + 1.0) - HALF))
    per_row = size / (bottom - top)
    canvas.wall_v[x] = np.int32((HALF - top) * per_row * ONE)
    canvas.wall_dv[x] = np.int32(per_row * ONE)
    column = min(np.int64(u * size), size - 1)
    canvas.wall_base[x] = art.level_base[level] + texture * size * size + column * size
    canvas.wall_last[x] = size - 1
    canvas.wall_light[x] = np.int32(light_at(depth) * (SIDE_LIGHT if along_x else 1.0) * camera.light)


@kernel
def _row(maps, k, camera, first, y, art, canvas):
    """Draw row `y`: floor or ceiling, and walls in front of it."""
    below = y + HALF - camera.horizon
    floor = below > 0.0
    drop = camera.z if floor else WALL_HEIGHT - camera.z
    depth = min(drop * camera.focal / max(abs(below), 1e-3), 200.0)
    level = 0
    while level < LAST_LEVEL and depth * TEXELS_A_METRE > camera.focal * (1.5 * (1 << level)):
        level += 1
    bits = SIZE_BITS - level
    size = 1 << bits
    # Where the row's plane lies under column 0, and how it goes on from column to column, in cells.
    aside = (HALF - HALF * camera.width) / camera.focal
    cell_x = (camera.x + depth * (camera.cos + camera.sin * aside)) / CELL
    cell_y = (camera.y + depth * (camera.sin - camera.cos * aside)) / CELL
    step_x = depth * camera.sin / (camera.focal * CELL)
    step_y = -depth * camera.cos / (camera.focal * CELL)
    base = art.level_base[level] + (first + (FLOOR_KIND if floor else CEILING_KIND)) * size * size
    light = np.int32(light_at(depth) * camera.light)
    cells = np.float32(cell_x), np.float32(step_x), np.float32(cell_y), np.float32(step_y)
    _row_pixels(maps.grid[k], art.texels, canvas, y, camera.stride, cells, base, size, light)


@kernel
def _row_pixels(grid, texels, canvas, y, stride, cells, base, size, light):
    """The inner loop, for LLVM to do for many pixels at once: no branch, all look-ups by `load`, and 32 bits a number.

    Coordinates are floats because Numba widens integers at every step, and LLVM then multiplies 64 bits; what follows
    is cut back to `int32` at once for the same reason.
    """
    row = y * stride
    row_y, light = np.int32(y), np.int32(light)
    u0, du, v0, dv = cells
    texels_a_cell = np.float32(size)
    size, mask, area, base = np.int32(size), np.int32(size - 1), np.int32(size * size), np.int32(base)
    grid_mask, zero = np.int32(GRID_MASK), np.int32(0)
    for x in range(stride):
        across = load(canvas.across, x)
        u, v = u0 + across * du, v0 + across * dv
        cell = np.int32(np.int32(np.int32(np.int32(v) & grid_mask) << GRID_BITS) | np.int32(np.int32(u) & grid_mask))
        texel_u = np.int32(np.int32(u * texels_a_cell) & mask)
        texel_v = np.int32(np.int32(v * texels_a_cell) & mask)
        kind = np.int32(load(grid, cell) * area)
        ground = np.int32(np.int32(base + kind) + np.int32(np.int32(texel_u * size) + texel_v))
        wall_v = np.int32(np.int32(load(canvas.wall_v, x) + np.int32(row_y * load(canvas.wall_dv, x))) >> 16)
        wall = np.int32(load(canvas.wall_base, x) + min(max(wall_v, zero), load(canvas.wall_last, x)))
        is_wall = (row_y >= load(canvas.top, x)) & (row_y < load(canvas.bottom, x))
        texel = load(texels, wall if is_wall else ground)
        bright = np.uint32(load(canvas.wall_light, x) if is_wall else light)
        store(canvas.pixels, row + x, shaded(texel, bright))


@kernel
def building_depths(camera, canvas):
    """The depth of every pixel of a building, metres along the view's axis, as `draw_building` left it."""
    for y in range(camera.height):
        below = y + HALF - camera.horizon
        drop = camera.z if below > 0.0 else WALL_HEIGHT - camera.z
        row = min(drop * camera.focal / max(abs(below), 1e-3), 200.0)
        for x in range(camera.width):
            canvas.far[y * camera.stride + x] = min(row, canvas.depth[x])
