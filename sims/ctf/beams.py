"""Kernels of tagging: where a beam ends, and whom it hits."""

import numpy as np

from sims.core.kernels import kernel
from sims.ctf.ground import height_at, solid_at
from sims.ctf.maps.layout import CELL
from sims.ctf.motion import COS, SIN, TAN
from sims.ctf.state import EYE_HEIGHT, MAX_PITCH, PLAYER_HEIGHT, PLAYER_RADIUS, WALL_HEIGHT

FAR = 1e9
BEAM_SEEN = 3
"""Steps that a beam is to be seen."""

STRIDE = 0.5
"""Metres between the points at which a beam is held against outdoor ground."""

MUZZLE = 0.25
"""Metres below the eye that a beam is drawn from; it is traced from the eye, so that the crosshair tells the truth."""


@kernel
def fire(maps, state, m, actions, rules, struck):
    """Fire the beams of every player of match `m` who tags and can, all at once; write who hit whom.

    Args:
        actions: `[match, player, 6]`. rules: `sims.ctf.state.Rules`.
        struck: int32 `[match, player]`: written: the opponent whom each player's beam hit, or -1.
    """
    n_players = state.x.shape[1]
    half = n_players // 2
    for p in range(n_players):
        struck[m, p] = -1
        state.beam[m, p] = max(state.beam[m, p] - 1, 0)
        if state.cooldown[m, p] > 0:
            state.cooldown[m, p] -= 1
        elif actions[m, p, 4] == 1 and state.respawn[m, p] == 0:
            state.cooldown[m, p] = rules.cooldown_steps - 1
            hit = _beam(maps, state, m, p, rules.beam_range)
            if hit >= 0 and (hit >= half) != (p >= half):  # a team-mate stops a beam and takes no harm
                struck[m, p] = hit


@kernel
def _beam(maps, state, m, p, beam_range):
    """Trace one beam, keep it for the eye, and return the player it hits, or -1."""
    yaw, pitch = np.uint8(state.yaw[m, p]), np.uint8(state.pitch[m, p] + MAX_PITCH)
    ux, uy, slope = COS[yaw], SIN[yaw], TAN[pitch]
    x, y, z = state.x[m, p], state.y[m, p], state.z[m, p] + EYE_HEIGHT
    length = beam_range / np.sqrt(1.0 + slope * slope)
    length = reach(maps, state.map[m], x, y, z, ux, uy, slope, length)
    hit = -1
    for q in range(state.x.shape[1]):
        if q != p and state.respawn[m, q] == 0:
            at = _player_distance(state, m, q, x, y, z, ux, uy, slope)
            if at < length:
                length, hit = at, q
    state.beam[m, p] = BEAM_SEEN
    state.beam_from[m, p, 0], state.beam_from[m, p, 1], state.beam_from[m, p, 2] = x, y, z - MUZZLE
    state.beam_to[m, p, 0], state.beam_to[m, p, 1] = x + length * ux, y + length * uy
    state.beam_to[m, p, 2] = z + length * slope
    return hit


@kernel
def reach(maps, k, x, y, z, ux, uy, slope, length):
    """Horizontal metres, at most `length`, that a ray goes until it meets the map: walls, ground, trees, rocks.

    Args:
        k: the map. x, y, z: where it begins. ux, uy: its horizontal direction, of length one. slope: metres up per
            metre.
    """
    length = _wall_distance(maps, k, x, y, ux, uy, length)
    if maps.outdoor[k]:
        for o in range(maps.n_obstacles[k]):
            length = min(length, _obstacle_distance(maps, k, o, x, y, z, ux, uy, slope))
        return _ground_distance(maps, k, x, y, z, ux, uy, slope, length)
    if slope > 0.0:
        return min(length, (WALL_HEIGHT - z) / slope)
    if slope < 0.0:
        return min(length, -z / slope)
    return length


@kernel
def _wall_distance(maps, k, x, y, ux, uy, length):
    """The first solid cell on the way, cell by cell (Amanatides and Woo 1987)."""
    c, r = np.int64(x / CELL), np.int64(y / CELL)
    step_c, step_r = (1 if ux > 0.0 else -1), (1 if uy > 0.0 else -1)
    per_c = CELL / abs(ux) if ux != 0.0 else FAR
    per_r = CELL / abs(uy) if uy != 0.0 else FAR
    to_c = ((c + (step_c > 0)) * CELL - x) / ux if ux != 0.0 else FAR
    to_r = ((r + (step_r > 0)) * CELL - y) / uy if uy != 0.0 else FAR
    at = 0.0
    while at < length:
        if to_c < to_r:
            at, c = to_c, c + step_c
            to_c += per_c
        else:
            at, r = to_r, r + step_r
            to_r += per_r
        if solid_at(maps, k, r, c):
            return min(at, length)
    return length


@kernel
def _circle(x, y, ux, uy, at_x, at_y, radius):
    """Distances at which a ray enters and leaves a circle, (FAR, FAR) if it misses or begins within."""
    dx, dy = at_x - x, at_y - y
    along = dx * ux + dy * uy
    aside2 = dx * dx + dy * dy - along * along
    if along < 0.0 or aside2 >= radius * radius:
        return FAR, FAR
    half = np.sqrt(radius * radius - aside2)
    if along - half < 0.0:
        return FAR, FAR
    return along - half, along + half


@kernel
def _player_distance(state, m, q, x, y, z, ux, uy, slope):
    """Where a ray meets player `q`, an upright cylinder, or FAR."""
    near, far = _circle(x, y, ux, uy, state.x[m, q], state.y[m, q], PLAYER_RADIUS)
    return _cylinder(near, far, z - state.z[m, q], slope, PLAYER_HEIGHT)


@kernel
def _obstacle_distance(maps, k, o, x, y, z, ux, uy, slope):
    at_x, at_y = maps.obstacles[k, o, 0], maps.obstacles[k, o, 1]
    near, far = _circle(x, y, ux, uy, at_x, at_y, maps.obstacles[k, o, 2])
    if near == FAR:
        return FAR
    return _cylinder(near, far, z - maps.obstacles[k, o, 4], slope, maps.obstacles[k, o, 3])


@kernel
def _cylinder(near, far, above, slope, height):
    """Where a ray that is within a cylinder's circle from `near` to `far` meets the cylinder, or FAR.

    Args:
        above: how high over the cylinder's foot the ray begins. slope: metres up per metre. height: the cylinder's.
    """
    if near == FAR:
        return FAR
    first, last = above + near * slope, above + far * slope
    if 0.0 <= first <= height:
        return near
    if first > height and last <= height:
        return (height - above) / slope
    if first < 0.0 and last >= 0.0:
        return -above / slope
    return FAR


@kernel
def _ground_distance(maps, k, x, y, z, ux, uy, slope, length):
    """Where a ray goes into the ground: strides, then bisection."""
    free, at = 0.0, STRIDE
    while free < length:
        at = min(at, length)
        if z + at * slope < height_at(maps, k, x + at * ux, y + at * uy):
            for _ in range(6):
                middle = 0.5 * (free + at)
                if z + middle * slope < height_at(maps, k, x + middle * ux, y + middle * uy):
                    at = middle
                else:
                    free = middle
            return free
        free = at
        at += STRIDE
    return length


@kernel
def sees(maps, state, m, p, q):
    """Whether the map leaves player `p` a free line from the eye to the middle of player `q`."""
    x, y, z = state.x[m, p], state.y[m, p], state.z[m, p] + EYE_HEIGHT
    dx, dy = state.x[m, q] - x, state.y[m, q] - y
    distance = np.sqrt(dx * dx + dy * dy)
    if distance < PLAYER_RADIUS:
        return True
    slope = (state.z[m, q] + 0.5 * PLAYER_HEIGHT - z) / distance
    return reach(maps, state.map[m], x, y, z, dx / distance, dy / distance, slope, distance) >= distance - 1e-6
