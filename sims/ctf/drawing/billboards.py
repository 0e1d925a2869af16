"""Kernels that draw what stands in the world: players, flags, trees, rocks as billboards, and beams."""

import numpy as np

from sims.core.kernels import kernel
from sims.ctf.art.atlas import LAST_LEVEL
from sims.ctf.drawing.shading import haze_at, light_at, mixed_with
from sims.ctf.drawing.terrain import SKY_HAZE
from sims.ctf.drawing.walls import HALF, ONE

NEAR = 0.25
"""Metres in front of the eye at which things end."""

NO_COLOUR = np.uint32(0xFFFFFFFF)
"""What no drawn pixel is: their highest byte is 0."""

BEAM_WIDTH, WIDEST = 0.06, 0.012
"""Metres; and what half of it covers at most, a part of the frame, lest a beam past the eye hides everything."""


@kernel
def add_item(camera, art, canvas, sprite, thing, x, y, z):
    """Put a billboard onto the list of what is to be drawn, nearest last, if it can be in the picture.

    Args:
        sprite: its number in `art`. thing: its instance id. x, y, z: its foot in the world.
    """
    dx, dy = x - camera.x, y - camera.y
    depth = dx * camera.cos + dy * camera.sin
    aside = dx * camera.sin - dy * camera.cos
    n = canvas.n_items[0]
    reach = HALF * art.sprite_size[sprite, 0] + depth * (HALF * camera.width / camera.focal)
    if depth < NEAR or abs(aside) > reach or n >= canvas.item_depth.shape[0]:
        return
    i = n
    while i > 0 and canvas.item_depth[i - 1] < depth:
        canvas.item_depth[i] = canvas.item_depth[i - 1]
        canvas.item_aside[i] = canvas.item_aside[i - 1]
        canvas.item_foot[i] = canvas.item_foot[i - 1]
        canvas.item_sprite[i] = canvas.item_sprite[i - 1]
        canvas.item_thing[i] = canvas.item_thing[i - 1]
        i -= 1
    canvas.item_depth[i] = depth
    canvas.item_aside[i] = aside
    canvas.item_foot[i] = z
    canvas.item_sprite[i] = sprite
    canvas.item_thing[i] = thing
    canvas.n_items[0] = n + 1


@kernel
def draw_items(camera, art, canvas, planes):
    """Draw the list, the farthest first."""
    for i in range(canvas.n_items[0]):
        depth, sprite = canvas.item_depth[i], canvas.item_sprite[i]
        scale = camera.focal / depth
        wide, high = art.sprite_size[sprite, 0] * scale, art.sprite_size[sprite, 1] * scale
        left = HALF * camera.width + canvas.item_aside[i] * scale - HALF * wide
        bottom = camera.horizon + (camera.z - canvas.item_foot[i]) * scale
        hazy = haze_at(np.float32(depth)) if camera.outdoors else np.float32(0.0)
        clear = 256.0 * (1.0 - hazy) if camera.outdoors else light_at(depth)
        light, haze = np.uint32(clear * camera.light), np.uint32(256.0 * hazy * camera.light)
        thing, top = canvas.item_thing[i], bottom - high
        stamp(camera, art, canvas, planes, sprite, thing, left, top, wide, high, depth, light, haze)


@kernel
def stamp(camera, art, canvas, planes, sprite, thing, left, top, wide, high, depth, light, haze):
    """Draw a sprite into the rectangle of the screen, in pixels, where nothing is nearer than `depth` metres.

    Args:
        planes: whether depth and instances of each pixel are kept too. light, haze: the parts of 256, uint32, of the
            sprite's colours and of the haze's.
    """
    level = 0
    while level < LAST_LEVEL and (1 << art.sprite_bits[sprite, 1]) > high * (1.5 * (1 << level)):
        level += 1
    columns, rows = (1 << art.sprite_bits[sprite, 0]) >> level, (1 << art.sprite_bits[sprite, 1]) >> level
    base, span = art.sprite_base[sprite, level], art.span_base[sprite, level]
    du, per_texel = columns / wide, high / rows
    first_x, stop_x = max(0, np.int64(np.ceil(left - HALF))), min(camera.width, np.int64(np.ceil(left + wide - HALF)))
    dv = np.int64(rows / high * ONE)
    nearness = np.float32(1.0 / max(depth, 1e-3))
    haze_rb = np.uint32(np.uint32(art.sky[SKY_HAZE] & np.uint32(0xFF00FF)) * haze)
    haze_g = np.uint32(np.uint32(art.sky[SKY_HAZE] & np.uint32(0x00FF00)) * haze)
    for x in range(first_x, stop_x):
        if canvas.depth[x] <= depth:
            continue
        u = min(np.int64((x + HALF - left) * du), columns - 1)
        texels = base + u * rows
        first, stop = top + art.spans[span + u, 0] * per_texel, top + art.spans[span + u, 1] * per_texel
        first_y, stop_y = max(0, np.int64(np.ceil(first - HALF))), min(camera.height, np.int64(np.ceil(stop - HALF)))
        v = np.int64((first_y + HALF - top) / per_texel * ONE)
        land = canvas.top[x] if camera.outdoors else camera.height  # rows from here on can be ground
        for y in range(first_y, stop_y):
            texel = art.sprite_texels[texels + min(v >> 16, rows - 1)]
            v += dv
            pixel = y * camera.stride + x
            if y >= land and canvas.nearness[pixel] >= nearness:
                break  # down a column the ground only comes nearer
            if (texel >> np.uint32(24)) == 0:
                continue
            canvas.pixels[pixel] = mixed_with(texel, light, haze_rb, haze_g)
            if planes:
                canvas.far[pixel] = depth
                canvas.things[pixel] = thing


@kernel
def prepare_own(camera, art, canvas, right):
    """Note which pixels the own gadget covers, for either team: it is the same in every frame of a size.

    Args:
        right: where the gadget ends, a part of the frame.
    """
    for team in range(2):
        canvas.pixels[:] = NO_COLOUR
        gadget = art.gadget[team]
        wide, high = art.sprite_size[gadget, 0] * camera.width, art.sprite_size[gadget, 1] * camera.height
        canvas.depth[:] = NEAR
        left, top = right * camera.width - wide, camera.height - high
        stamp(camera, art, canvas, False, gadget, 0, left, top, wide, high, 0.0, np.uint32(256), np.uint32(0))
        n = 0
        for pixel in range(canvas.pixels.shape[0]):
            if canvas.pixels[pixel] != NO_COLOUR:
                canvas.own_at[team, n], canvas.own_colour[team, n] = pixel, canvas.pixels[pixel]
                n += 1
        canvas.n_own[team] = n


@kernel
def draw_own(canvas, team):
    """Draw the own gadget over everything."""
    for i in range(canvas.n_own[team]):
        canvas.pixels[canvas.own_at[team, i]] = canvas.own_colour[team, i]


@kernel
def draw_beam(camera, canvas, from_x, from_y, from_z, to_x, to_y, to_z, colour):
    """Draw a beam between two points of the world, in a packed colour, where nothing is nearer."""
    ax, ay = from_x - camera.x, from_y - camera.y
    bx, by = to_x - camera.x, to_y - camera.y
    a, b = ax * camera.cos + ay * camera.sin, bx * camera.cos + by * camera.sin
    aside_a, aside_b = ax * camera.sin - ay * camera.cos, bx * camera.sin - by * camera.cos
    over_a, over_b = from_z - camera.z, to_z - camera.z
    if a < NEAR and b < NEAR:
        return
    if a < NEAR:
        part = (NEAR - a) / (b - a)
        a, aside_a, over_a = NEAR, aside_a + part * (aside_b - aside_a), over_a + part * (over_b - over_a)
    if b < NEAR:
        part = (NEAR - b) / (a - b)
        b, aside_b, over_b = NEAR, aside_b + part * (aside_a - aside_b), over_b + part * (over_a - over_b)
    x0, y0 = HALF * camera.width + aside_a * camera.focal / a, camera.horizon - over_a * camera.focal / a
    x1, y1 = HALF * camera.width + aside_b * camera.focal / b, camera.horizon - over_b * camera.focal / b
    steps = np.int64(min(max(abs(x1 - x0), abs(y1 - y0)) + 1.0, 4.0 * (camera.width + camera.height)))
    for i in range(steps + 1):
        part = i / steps
        nearness = (1.0 - part) / a + part / b  # 1 / depth is what goes evenly along a line of the screen
        _dot(
            camera,
            canvas,
            x0 + part * (x1 - x0),
            y0 + part * (y1 - y0),
            1.0 / nearness,
            min(max(0.5, HALF * BEAM_WIDTH * camera.focal * nearness), WIDEST * camera.width),
            colour,
        )


@kernel
def _dot(camera, canvas, x, y, depth, radius, colour):
    """A square spot of the screen, where nothing is nearer than `depth`."""
    for row in range(max(0, np.int64(np.ceil(y - radius - HALF))), min(camera.height, np.int64(y + radius + HALF))):
        for column in range(
            max(0, np.int64(np.ceil(x - radius - HALF))), min(camera.width, np.int64(x + radius + HALF))
        ):
            pixel = row * camera.stride + column
            if canvas.depth[column] > depth and not (
                camera.outdoors and row >= canvas.top[column] and canvas.nearness[pixel] >= 1.0 / depth
            ):
                canvas.pixels[pixel] = colour
