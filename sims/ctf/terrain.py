"""Kernels that draw the open air: a height field by planes of growing depth, its ground textures, and the sky."""

import numpy as np

from sims.core.kernels import kernel
from sims.core.lanes import load, store
from sims.ctf.art import GRASS_KIND, SIZE_BITS, TEXELS_A_METRE
from sims.ctf.maps.layout import HEIGHT_GRID
from sims.ctf.walls import GRID_BITS, GRID_MASK, HALF

FIRST_DEPTH = 0.6
LAST_DEPTH = 110.0
"""Metres of the nearest and the farthest plane."""

FINE_WIDTH = 160
"""Frames wider than this get planes at half the spacing."""

AMBIENT = 150.0
SUN_X, SUN_Y = 130.0, 60.0
"""Light of flat ground, and what a slope of 45 degrees towards x and y takes from it, in 1 / 256."""

HAZE_DEPTH = 90.0
"""Metres at which half of what is seen is haze."""

SKY_BITS = 10
SKY_ROWS = 128
SKY_ROWS_A_RADIAN = SKY_ROWS / (np.pi / 3.0)
SKY_HAZE = 4
"""Row of the sky whose colour the haze has."""


@kernel
def draw_land(maps, k, camera, art, canvas):
    """Draw outdoor map `k` as the camera sees it, with the depth of every pixel (infinite in the sky)."""
    width, height = camera.width, camera.height
    turn = np.arctan2(camera.sin, camera.cos)
    for x in range(width):
        angle = np.arctan((x + HALF - HALF * width) / camera.focal)
        azimuth = np.int64(np.floor((turn - angle) * ((1 << SKY_BITS) / (2.0 * np.pi)))) & ((1 << SKY_BITS) - 1)
        canvas.azimuth[x] = azimuth * SKY_ROWS
        canvas.raise_by[x] = np.cos(angle)
        canvas.depth[x] = 1e9
        canvas.top[x] = height
        canvas.last_rise[x] = 1e9
    ratio = 1.045 if width > FINE_WIDTH else 1.09
    depth, before = FIRST_DEPTH, FIRST_DEPTH
    while depth < LAST_DEPTH:
        _plane(maps.heights[k], maps.height_columns, camera, canvas, depth)
        _fill(camera, canvas, before, depth)
        before = depth
        depth *= ratio
    first, all_ground = height, 0
    for x in range(width):
        first = min(first, canvas.top[x])
        all_ground = max(all_ground, canvas.top[x])
    for y in range(first):
        _sky_row(camera, art.sky, canvas, y)
    for y in range(first, height):
        _ground_row(maps.grid[k], camera, art, canvas, y, y < all_ground)


@kernel
def _plane(heights, columns, camera, canvas, depth):
    """At which row the ground at one depth lies in every column, and how the sun lights it."""
    last_c, last_r = np.float32(columns - 1.001), np.float32(heights.shape[0] // columns - 1.001)
    zero = np.float32(0.0)
    aside = (HALF - HALF * camera.width) / camera.focal
    x0 = np.float32((camera.x + depth * (camera.cos + camera.sin * aside)) / HEIGHT_GRID)
    y0 = np.float32((camera.y + depth * (camera.sin - camera.cos * aside)) / HEIGHT_GRID)
    dx = np.float32(depth * camera.sin / (camera.focal * HEIGHT_GRID))
    dy = np.float32(-depth * camera.cos / (camera.focal * HEIGHT_GRID))
    eye, horizon, scale = np.float32(camera.z), np.float32(camera.horizon), np.float32(camera.focal / depth)
    ambient, sun_x, sun_y = np.float32(AMBIENT), np.float32(SUN_X), np.float32(SUN_Y)
    dark, bright = np.float32(40.0), np.float32(255.0)
    for x in range(camera.width):
        column = min(max(x0 + np.float32(x) * dx, zero), last_c)
        row = min(max(y0 + np.float32(x) * dy, zero), last_r)
        c, r = np.int32(column), np.int32(row)
        u, v = column - np.float32(c), row - np.float32(r)
        at = np.int32(r * columns + c)
        h00, h01 = load(heights, at), load(heights, np.int32(at + 1))
        h10, h11 = load(heights, np.int32(at + columns)), load(heights, np.int32(at + columns + 1))
        low, high = h00 + (h01 - h00) * u, h10 + (h11 - h10) * u
        store(canvas.rise, x, horizon - (low + (high - low) * v - eye) * scale)
        lit = ambient - sun_x * (h01 - h00) - sun_y * (h10 - h00)
        store(canvas.lit, x, min(max(lit, dark), bright))


@kernel
def _fill(camera, canvas, before, depth):
    """Give the rows that come into sight between two planes their depth (as 1 / metres, even along a column)."""
    near, far = np.float32(1.0 / before), np.float32(1.0 / depth)
    half = np.float32(HALF)
    for x in range(camera.width):
        rise, last = canvas.rise[x], canvas.last_rise[x]
        canvas.last_rise[x] = rise
        stop = canvas.top[x]
        if rise - half > np.float32(stop - 1):
            continue
        first = max(0, np.int64(np.ceil(rise - half)))
        per_row = (near - far) / max(last - rise, np.float32(1.0))
        lit = canvas.lit[x]
        for y in range(first, stop):
            pixel = y * camera.width + x
            canvas.nearness[pixel] = min(near, far + (np.float32(y) + half - rise) * per_row)
            canvas.shade[pixel] = lit
        canvas.top[x] = first


@kernel
def _sky_texel(sky, up, raise_by, azimuth):
    """The sky at `up` (rows over the horizon by the focal length) in a column: its texel's number."""
    raised = up * raise_by
    angle = raised / (np.float32(1.0) + np.float32(0.28) * raised * raised)  # the arctangent, to half a degree
    elevation = np.int32(angle * np.float32(SKY_ROWS_A_RADIAN))
    return np.int32(azimuth + min(max(elevation, np.int32(0)), np.int32(SKY_ROWS - 1)))


@kernel
def _sky_row(camera, sky, canvas, y):
    """Colour a row of nothing but sky."""
    row = y * camera.width
    up = np.float32((camera.horizon - y - HALF) / camera.focal)
    infinite = np.float32(np.inf)
    for x in range(camera.width):
        texel = load(sky, _sky_texel(sky, up, load(canvas.raise_by, x), load(canvas.azimuth, x)))
        store(canvas.pixels, row + x, np.uint32(texel & np.uint32(0xFFFFFF)))
        store(canvas.far, row + x, infinite)


@kernel
def _ground_row(grid, camera, art, canvas, y, some_sky):
    """Colour a row from its depths, ground or sky, and turn the depths into metres."""
    width = camera.width
    row = y * width
    one, up = np.float32(1.0), np.float32((camera.horizon - y - HALF) / camera.focal)
    near_texels = np.float32(camera.focal * 1.5 / TEXELS_A_METRE)  # metres at which level 0 ends
    scale, haze_depth = np.float32(TEXELS_A_METRE), np.float32(HAZE_DEPTH)
    haze = art.sky[SKY_HAZE]
    haze_rb, haze_g = np.uint32(haze & np.uint32(0xFF00FF)), np.uint32(haze & np.uint32(0x00FF00))
    cam_x, cam_y = np.float32(camera.x), np.float32(camera.y)
    cos, sin = np.float32(camera.cos), np.float32(camera.sin)
    aside0, aside_step = np.float32((HALF - HALF * width) / camera.focal), np.float32(1.0 / camera.focal)
    for x in range(width):
        nearness = load(canvas.nearness, row + x)
        is_sky = some_sky & (y < load(canvas.top, x))
        depth = one / max(nearness, np.float32(1e-4))
        aside = aside0 + np.float32(x) * aside_step
        tu = np.int32((cam_x + depth * (cos + sin * aside)) * scale)
        tv = np.int32((cam_y + depth * (sin - cos * aside)) * scale)
        kind = np.int32(load(grid, _ragged_cell(tu, tv)) + GRASS_KIND)
        level = np.int32(
            np.int32(depth > near_texels)
            + np.int32(depth > np.float32(2.0) * near_texels)
            + np.int32(depth > np.float32(4.0) * near_texels)
            + np.int32(depth > np.float32(8.0) * near_texels)
        )
        bits = np.int32(SIZE_BITS - level)
        size = np.int32(np.int32(1) << bits)
        mask = np.int32(size - 1)
        u, v = np.int32(np.int32(tu >> level) & mask), np.int32(np.int32(tv >> level) & mask)
        ground = np.int32(load(art.level_base, level) + np.int32(np.int32(kind * size + u) * size) + v)
        above = _sky_texel(art.sky, up, load(canvas.raise_by, x), load(canvas.azimuth, x))
        far_part = depth / (depth + haze_depth)
        clear = np.uint32(np.int32(load(canvas.shade, row + x) * (one - far_part)))
        hazy = np.uint32(np.int32(np.float32(256.0) * far_part))
        texel = load(art.texels, np.int32(0) if is_sky else ground)
        red_blue = np.uint32(np.uint32(texel & np.uint32(0xFF00FF)) * clear + haze_rb * hazy)
        green = np.uint32(np.uint32(texel & np.uint32(0x00FF00)) * clear + haze_g * hazy)
        mixed = np.uint32(
            np.uint32(np.uint32(red_blue >> np.uint32(8)) & np.uint32(0xFF00FF))
            | np.uint32(np.uint32(green >> np.uint32(8)) & np.uint32(0x00FF00))
        )
        sky_texel = np.uint32(load(art.sky, above) & np.uint32(0xFFFFFF))
        store(canvas.pixels, row + x, sky_texel if is_sky else mixed)
        store(canvas.far, row + x, np.float32(np.inf) if is_sky else depth)


@kernel
def _ragged_cell(tu, tv):
    """The cell whose kind of ground a texel shows, a little aside: edges between kinds are ragged, as grass is."""
    ragged = np.int32(np.int32(np.int32(tu * 7 + tv * 13) ^ np.int32(tu * 3 - tv * 5)) & np.int32(15))
    column = np.int32(np.int32(tu + ragged - 8) >> np.int32(SIZE_BITS)) & np.int32(GRID_MASK)
    row = np.int32(np.int32(tv + 7 - ragged) >> np.int32(SIZE_BITS)) & np.int32(GRID_MASK)
    return np.int32(np.int32(np.int32(row) << np.int32(GRID_BITS)) | np.int32(column))
