"""Kernels that draw the open air: a height field by planes of growing depth, its ground textures, and the sky."""

import numpy as np

from sims.core.kernels import kernel
from sims.core.lanes import load, store
from sims.ctf.art.atlas import GRASS_KIND, SIZE_BITS, TEXELS_A_METRE
from sims.ctf.drawing.canvas import AZIMUTHS_A_RADIAN, SKY_BITS
from sims.ctf.drawing.shading import HAZE_DEPTH, mixed_with, shaded
from sims.ctf.drawing.walls import GRID_BITS, GRID_MASK, HALF
from sims.ctf.ground import height_at
from sims.ctf.maps.layout import HEIGHT_GRID

LAST_DEPTH = 85.0
"""Metres of the farthest plane."""

STEEPEST = 0.8
"""Rise over run of ground right before the eye, a little more than maps have where players go."""

NEAR_STEP, LONGEST_STEP, FAR_STEP = 0.3, 0.6, 0.16
"""From one plane to the next: 0.3 of its depth, at most 0.6 m (the heights lie 1 m apart), but at least 0.16 of
its depth: hills between two planes are then missed by less than half a pixel of an 84-pixel frame."""

FINE = 0.4
"""Of these steps, for frames wider than `FINE_WIDTH`."""

FINE_WIDTH = 160

AMBIENT = 180.0
SUN_X, SUN_Y = 130.0, 60.0
"""Light of flat ground, and what a slope of 45 degrees towards x and y takes from it, in 1 / 256."""

SKY_ROWS = 128
SKY_ROWS_A_RADIAN = SKY_ROWS / (np.pi / 3.0)
SKY_HAZE = 4
"""Row of the sky whose colour the haze has."""


@kernel
def draw_land(maps, k, camera, art, canvas):
    """Draw outdoor map `k` as the camera sees it, and note its ground's depth, from row `canvas.top` of each column."""
    width, height = camera.width, camera.height
    turn = np.arctan2(camera.sin, camera.cos) * AZIMUTHS_A_RADIAN
    for x in range(camera.stride):
        azimuth = np.int64(np.floor(turn - canvas.angle[x])) & ((1 << SKY_BITS) - 1)
        canvas.azimuth[x] = azimuth * SKY_ROWS
        canvas.depth[x] = 1e9
        canvas.top[x] = height
        canvas.rise[x] = 1e9
    fine = FINE if width > FINE_WIDTH else 1.0
    depth = _first_depth(maps, k, camera)
    before, odd = depth, False
    while depth < LAST_DEPTH:
        rise, last = (canvas.rise, canvas.other_rise) if odd else (canvas.other_rise, canvas.rise)
        if _plane(maps.heights[k], maps.height_columns, camera, canvas, rise, last, before, depth):
            _fill(camera, canvas, before)
        before, odd = depth, not odd
        depth += fine * max(FAR_STEP * depth, min(NEAR_STEP * depth, LONGEST_STEP))
    first, all_ground = height, 0
    for x in range(width):
        first = min(first, canvas.top[x])
        all_ground = max(all_ground, canvas.top[x])
    for y in range(first):
        _sky_row(camera, art.sky, canvas, y, canvas.pixels, y * camera.stride)
    for y in range(first, height):
        if y < all_ground:
            _sky_row(camera, art.sky, canvas, y, canvas.sky_row, 0)
        _ground_row(maps.grid[k], camera, art, canvas, y, y < all_ground)


@kernel
def _first_depth(maps, k, camera):
    """Metres of the nearest plane: where the ground first comes into the frame, even if it rises towards the eye."""
    over = max(camera.z - height_at(maps, k, camera.x, camera.y), 0.1)
    return max(0.1, over * camera.focal / (camera.height - camera.horizon + STEEPEST * camera.focal))


@kernel
def _plane(heights, columns, camera, canvas, rise, last, before, depth):
    """Find at which row the ground at one depth lies in every column, and how it is lit; whether any is seen."""
    last_c, last_r = np.float32(columns - 1.001), np.float32(heights.shape[0] // columns - 1.001)
    zero, half, least, one = np.float32(0.0), np.float32(HALF), np.float32(1.0), np.int32(1)
    aside = (HALF - HALF * camera.width) / camera.focal
    x0 = np.float32((camera.x + depth * (camera.cos + camera.sin * aside)) / HEIGHT_GRID)
    y0 = np.float32((camera.y + depth * (camera.sin - camera.cos * aside)) / HEIGHT_GRID)
    dx = np.float32(depth * camera.sin / (camera.focal * HEIGHT_GRID))
    dy = np.float32(-depth * camera.cos / (camera.focal * HEIGHT_GRID))
    eye, horizon, scale = np.float32(camera.z), np.float32(camera.horizon), np.float32(camera.focal / depth)
    ambient, sun_x, sun_y = np.float32(AMBIENT), np.float32(SUN_X), np.float32(SUN_Y)
    dark, bright = np.float32(40.0), np.float32(255.0)
    farther, step = np.float32(1.0 / depth), np.float32(1.0 / before - 1.0 / depth)
    row_step = np.int32(columns)
    seen = np.int32(0)
    for x in range(camera.stride):
        across = load(canvas.across, x)
        column = min(max(x0 + across * dx, zero), last_c)
        row = min(max(y0 + across * dy, zero), last_r)
        c, r = np.int32(column), np.int32(row)
        u, v = column - np.float32(c), row - np.float32(r)
        at = np.int32(np.int32(r * row_step) + c)
        below = np.int32(at + row_step)
        h00, h01 = load(heights, at), load(heights, np.int32(at + one))
        h10, h11 = load(heights, below), load(heights, np.int32(below + one))
        low, high = h00 + (h01 - h00) * u, h10 + (h11 - h10) * u
        risen = horizon - (low + (high - low) * v - eye) * scale
        first = np.int32(np.ceil(max(risen, zero) - half))
        per_row = step / max(load(last, x) - risen, least)
        store(rise, x, risen)
        store(canvas.first, x, first)
        store(canvas.per_row, x, per_row)
        store(canvas.begin, x, farther + (np.float32(first) + half - risen) * per_row)
        seen = np.int32(seen | np.int32(first < load(canvas.top, x)))
        store(canvas.lit, x, min(max(ambient - sun_x * (h01 - h00) - sun_y * (h10 - h00), dark), bright))
    return seen != 0


@kernel
def _fill(camera, canvas, before):
    """Give the rows that come into sight between two planes their depth (as 1 / metres, even along a column)."""
    nearest, stride = np.float32(1.0 / before), camera.stride
    for x in range(camera.width):
        first, stop = canvas.first[x], canvas.top[x]
        if first < stop:
            canvas.top[x] = first
            nearness, per_row, lit = canvas.begin[x], canvas.per_row[x], canvas.lit[x]
            for pixel in range(first * stride + x, stop * stride + x, stride):
                canvas.nearness[pixel] = min(nearest, nearness)
                canvas.shade[pixel] = lit
                nearness += per_row


@kernel
def _sky_texel(up, raise_by, azimuth):
    """The sky at `up` (rows over the horizon by the focal length) in a column: its texel's number."""
    raised = up * raise_by
    angle = raised / (np.float32(1.0) + np.float32(0.28) * raised * raised)  # the arctangent, to half a degree
    elevation = np.int32(angle * np.float32(SKY_ROWS_A_RADIAN))
    return np.int32(azimuth + min(max(elevation, np.int32(0)), np.int32(SKY_ROWS - 1)))


@kernel
def _sky_row(camera, sky, canvas, y, colours, at):
    """The sky of row `y`, written to `colours` from `at` on."""
    up, bright = np.float32((camera.horizon - y - HALF) / camera.focal), np.uint32(256.0 * camera.light)
    for x in range(camera.stride):
        texel = load(sky, _sky_texel(up, load(canvas.raise_by, x), load(canvas.azimuth, x)))
        store(colours, at + x, shaded(texel, bright))


@kernel
def _ground_row(grid, camera, art, canvas, y, some_sky):
    """Colour a row by its depths: ground, and with `some_sky` the colours of `canvas.sky_row` above it."""
    row, row_y = y * camera.stride, np.int32(y)
    one, least, bright = np.float32(1.0), np.float32(1e-4), np.float32(camera.light)
    level1 = np.float32(camera.focal * 1.5 / TEXELS_A_METRE)  # metres at which mip level 1 begins
    level2, level3, level4 = np.float32(2.0) * level1, np.float32(4.0) * level1, np.float32(8.0) * level1
    scale, full = np.float32(TEXELS_A_METRE), np.float32(256.0 * camera.light)
    haze_depth = np.float32(HAZE_DEPTH)
    haze = art.sky[SKY_HAZE]
    haze_rb, haze_g = np.uint32(haze & np.uint32(0xFF00FF)), np.uint32(haze & np.uint32(0x00FF00))
    cam_x, cam_y = np.float32(camera.x), np.float32(camera.y)
    cos, sin = np.float32(camera.cos), np.float32(camera.sin)
    aside0, aside_step = np.float32((HALF - HALF * camera.width) / camera.focal), np.float32(1.0 / camera.focal)
    for x in range(camera.stride):
        nearness = max(load(canvas.nearness, row + x), least)
        hazed = one + haze_depth * nearness
        inverse = one / (nearness * hazed)  # one division for both, depth and part of haze
        depth, far_part = inverse * hazed, inverse * nearness
        aside = aside0 + load(canvas.across, x) * aside_step
        tu = np.int32((cam_x + depth * (cos + sin * aside)) * scale)
        tv = np.int32((cam_y + depth * (sin - cos * aside)) * scale)
        level = np.int32(
            np.int32(np.int32(depth > level1) + np.int32(depth > level2))
            + np.int32(np.int32(depth > level3) + np.int32(depth > level4))
        )
        kind = np.int32(load(grid, _ragged_cell(tu, tv)) + GRASS_KIND)
        ground = _ground_texel(tu, tv, level, kind, load(art.level_base, level))
        clear = np.uint32(np.int32(load(canvas.shade, row + x) * (bright - bright * far_part)))
        hazy = np.uint32(np.int32(full * far_part))
        texel = load(art.texels, ground)
        mixed = mixed_with(texel, clear, np.uint32(haze_rb * hazy), np.uint32(haze_g * hazy))
        is_sky = some_sky & (row_y < load(canvas.top, x))
        above = load(canvas.sky_row, x)
        store(canvas.pixels, row + x, above if is_sky else mixed)


@kernel
def _ground_texel(tu, tv, level, kind, base):
    """The number of the texel (tu, tv), counted in texels of level 0, of a kind of ground."""
    # Unsigned, for LLVM can narrow only such shifts by a number of bits that differs from pixel to pixel.
    shift = np.uint32(level)
    size = np.uint32(np.uint32(1 << SIZE_BITS) >> shift)
    mask = np.uint32(size - np.uint32(1))
    u = np.uint32(np.uint32(np.uint32(tu) >> shift) & mask)
    v = np.uint32(np.uint32(np.uint32(tv) >> shift) & mask)
    column = np.uint32(np.uint32(np.uint32(kind) * size) + u)
    return np.int32(np.int32(base) + np.int32(np.uint32(np.uint32(column * size) + v)))


@kernel
def _ragged_cell(tu, tv):
    """The cell whose kind of ground a texel shows, a little aside: edges between kinds are ragged, as grass is."""
    mixed = np.int32(np.int32(np.int32(tu * np.int32(7)) + np.int32(tv * np.int32(13))) ^ np.int32(tu - tv))
    ragged = np.int32(mixed & np.int32(15))
    bits, mask = np.int32(SIZE_BITS), np.int32(GRID_MASK)
    column = np.int32(np.int32(np.int32(np.int32(tu + ragged) - np.int32(8)) >> bits) & mask)
    row = np.int32(np.int32(np.int32(np.int32(tv - ragged) + np.int32(7)) >> bits) & mask)
    return np.int32(np.int32(row << np.int32(GRID_BITS)) | column)


@kernel
def land_depths(camera, canvas):
    """The depth of every pixel, metres along the view's axis, infinite in the sky, as `draw_land` left it."""
    for y in range(camera.height):
        for x in range(camera.width):
            pixel = y * camera.stride + x
            canvas.far[pixel] = np.inf if y < canvas.top[x] else 1.0 / canvas.nearness[pixel]
