"""The kernels that look at a match: what each player sees, as pixels, depth and instances."""

import numpy as np

from sims.core.kernels import kernel
from sims.core.lanes import load, store
from sims.ctf.art.sprites import N_HEADINGS as N_VIEWS
from sims.ctf.art.sprites import STAND_TOP
from sims.ctf.drawing.billboards import add_item, draw_beam, draw_items, draw_own, prepare_own, stamp
from sims.ctf.drawing.canvas import Camera
from sims.ctf.drawing.terrain import draw_land, land_depths
from sims.ctf.drawing.walls import building_depths, draw_building
from sims.ctf.maps.layout import ROCK
from sims.ctf.motion import COS, SIN, TAN
from sims.ctf.state import BLUE, CARRIED, EYE_HEIGHT, HOME, MAX_PITCH, N_HEADINGS, RED

OUT_EYE = 0.5
OUT_LIGHT = 0.4
"""Eye height in metres and brightness of what a tagged player sees while it waits, where it fell."""

STRIDE = 0.9
"""Metres of a step of a figure's legs."""

ON_BACK, CARRIED_HEIGHT = 0.3, 0.5
"""Metres behind and above its carrier's feet that a carried flag's foot is."""

GADGET_RIGHT, ICON_LEFT, ICON_HEIGHT = 0.97, 0.03, 0.28
"""Parts of the frame: where the own gadget ends, where the carried flag begins, and how high that is."""

PLAYER_THING, FLAG_THING, STAND_THING, OBSTACLE_THING = 1, 101, 111, 121
"""Instance ids: 0 is the map itself, 1 + p player p, 101 and 102 red's and blue's flag, 111 and 112 their stands, 121
trees and rocks. What belongs to the viewer alone, gadget and beams, has none."""

HIGHEST_THING = OBSTACLE_THING

BEAM_COLOURS = np.array([0x5A78FF, 0xFFC85A], np.uint32)
"""Packed R | G << 8 | B << 16 of red's and blue's beams."""


@kernel
def observe(maps, state, art, canvas, seen, start, stop, frames, depths, things):
    """Write what players see in the matches `[start, stop)`.

    Args:
        maps: `Maps`. state: `State`, only read. art: `sims.ctf.art.atlas.Art`. canvas: `Canvas` of this thread.
        seen: int32 `[n]`: the players of each match who are looked through; slot `match * n + i` is `seen[i]`'s.
        frames: uint8 `[slot, height, width * 3]`, written.
        depths: float32 `[slot, height * width]`, metres along the view's axis (infinite: the sky), or `[0, 0]`.
        things: uint8 `[slot, height * width]`, instance ids (`PLAYER_THING` and those beside it), or `[0, 0]`.
    """
    n = seen.shape[0]
    planes = depths.shape[0] > 0 or things.shape[0] > 0
    height, width, stride = frames.shape[1], frames.shape[2] // 3, canvas.across.shape[0]
    for m in range(start, stop):
        for i in range(n):
            camera = eye_of(maps, state, m, seen[i], width, stride, height)
            draw(maps, state, art, canvas, m, seen[i], camera, planes)
            slot = m * n + i
            pack(canvas.pixels, stride, frames[slot])
            if depths.shape[0] > 0:
                _copy(canvas.far, width, stride, depths[slot])
            if things.shape[0] > 0:
                _copy(canvas.things, width, stride, things[slot])


@kernel
def prepare(maps, state, art, canvas, height, width):
    """Fill in what is the same in all frames of a size, once a canvas."""
    camera = eye_of(maps, state, 0, 0, width, canvas.across.shape[0], height)
    prepare_own(camera, art, canvas, GADGET_RIGHT)


@kernel
def _copy(values, width, stride, plane):
    for i in range(plane.shape[0]):
        plane[i] = values[i // width * stride + i % width]


@kernel
def eye_of(maps, state, m, p, width, stride, height):
    """The camera of player `p` of match `m`: 90 degrees wide."""
    yaw, pitch = np.uint8(state.yaw[m, p]), np.uint8(state.pitch[m, p] + MAX_PITCH)
    focal = 0.5 * width
    out = state.respawn[m, p] > 0
    return Camera(
        state.x[m, p],
        state.y[m, p],
        state.z[m, p] + (OUT_EYE if out else EYE_HEIGHT),
        COS[yaw],
        SIN[yaw],
        focal,
        0.5 * height + TAN[pitch] * focal,
        width,
        stride,
        height,
        OUT_LIGHT if out else 1.0,
        maps.outdoor[state.map[m]],
    )


@kernel
def draw(maps, state, art, canvas, m, p, camera, planes):
    """Draw the frame of player `p` onto the canvas."""
    k = state.map[m]
    if planes:
        canvas.things[:] = 0
    if maps.outdoor[k]:
        draw_land(maps, k, camera, art, canvas)
        if planes:
            land_depths(camera, canvas)
    else:
        draw_building(maps, k, camera, art, canvas)
        if planes:
            building_depths(camera, canvas)
    canvas.n_items[0] = 0
    _add_flags(maps, state, art, canvas, m, p, camera)
    for q in range(state.x.shape[1]):
        if q != p and state.respawn[m, q] == 0:
            _add_player(state, art, canvas, m, q, camera)
    for o in range(maps.n_obstacles[k]):
        _add_obstacle(maps, art, canvas, k, o, camera)
    draw_items(camera, art, canvas, planes)
    for q in range(state.x.shape[1]):
        if state.beam[m, q] > 0:
            _draw_beam_of(state, canvas, m, q, p, camera)
    _draw_own(state, art, canvas, m, p, camera)


@kernel
def pack(pixels, stride, frame):
    """Packed pixels to bytes: `frame` `[height, width * 3]` uint8, written."""
    height, bytes_a_row = frame.shape
    width = bytes_a_row // 3
    for y in range(height):
        line = frame[y]
        for x in range(width):
            pixel = load(pixels, y * stride + x)
            store(line, 3 * x, np.uint8(pixel & np.uint32(255)))
            store(line, 3 * x + 1, np.uint8((pixel >> np.uint32(8)) & np.uint32(255)))
            store(line, 3 * x + 2, np.uint8((pixel >> np.uint32(16)) & np.uint32(255)))


@kernel
def _team_of(state, p):
    return BLUE if p >= state.x.shape[1] // 2 else RED


@kernel
def _add_player(state, art, canvas, m, q, camera):
    x, y = state.x[m, q], state.y[m, q]
    bearing = np.arctan2(y - camera.y, x - camera.x) * (N_HEADINGS / (2.0 * np.pi))
    turned = (state.yaw[m, q] - bearing) * (N_VIEWS / N_HEADINGS)
    view = np.int64(np.floor(turned + 0.5)) % N_VIEWS
    walking = state.vx[m, q] ** 2 + state.vy[m, q] ** 2 > 1.0
    frame = 1 + np.int64(state.stride[m, q] / STRIDE) % 2 if walking else 0
    add_item(camera, art, canvas, art.figure[_team_of(state, q), frame, view], PLAYER_THING + q, x, y, state.z[m, q])


@kernel
def _add_flags(maps, state, art, canvas, m, p, camera):
    for team in range(2):
        stand = maps.stands[state.map[m], team]
        add_item(camera, art, canvas, art.stand[team], STAND_THING + team, stand[0], stand[1], stand[2])
        x, y, z = state.flag_x[m, team], state.flag_y[m, team], state.flag_z[m, team]
        if state.flag[m, team] == CARRIED:
            q = state.carrier[m, team]
            if q == p:
                continue
            yaw = np.uint8(state.yaw[m, q])
            x, y, z = x - ON_BACK * COS[yaw], y - ON_BACK * SIN[yaw], z + CARRIED_HEIGHT
        elif state.flag[m, team] == HOME:
            z += STAND_TOP
        frame = (state.clock[m] // 3) % art.flag.shape[1]
        add_item(camera, art, canvas, art.flag[team, frame], FLAG_THING + team, x, y, z)


@kernel
def _add_obstacle(maps, art, canvas, k, o, camera):
    sprites = art.rock if maps.kinds[k, o] == ROCK else art.tree
    sprite = sprites[o // 2 % sprites.shape[0]]
    x, y, z = maps.obstacles[k, o, 0], maps.obstacles[k, o, 1], maps.obstacles[k, o, 4]
    add_item(camera, art, canvas, sprite, OBSTACLE_THING, x, y, z)


@kernel
def _draw_beam_of(state, canvas, m, q, p, camera):
    """The beam of player `q`; one's own comes from the gadget at the lower right."""
    x, y, z = state.beam_from[m, q, 0], state.beam_from[m, q, 1], state.beam_from[m, q, 2]
    if q == p:
        x = camera.x + 0.6 * camera.cos + 0.25 * camera.sin
        y = camera.y + 0.6 * camera.sin - 0.25 * camera.cos
        z = camera.z - 0.25
    to = state.beam_to[m, q]
    draw_beam(camera, canvas, x, y, z, to[0], to[1], to[2], BEAM_COLOURS[_team_of(state, q)])


@kernel
def _draw_own(state, art, canvas, m, p, camera):
    """The player's own gadget, and the flag it carries at the lower left, so that it knows that it does."""
    if state.respawn[m, p] > 0:
        return
    team = _team_of(state, p)
    bright = np.uint32(256)
    draw_own(canvas, team)
    if state.carrier[m, 1 - team] == p:
        high = ICON_HEIGHT * camera.height
        wide = high * art.sprite_size[art.flag[1 - team, 0], 0] / art.sprite_size[art.flag[1 - team, 0], 1]
        top = camera.height - high
        stamp(
            camera,
            art,
            canvas,
            False,
            art.flag[1 - team, 0],
            0,
            ICON_LEFT * camera.width,
            top,
            wide,
            high,
            0.0,
            bright,
            np.uint32(0),
        )
