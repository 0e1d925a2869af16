"""The compact observation of a player: what rays over its field of view meet, and its own state."""

import numpy as np

from sims.core.kernels import kernel
from sims.ctf.beams import reach, sees
from sims.ctf.maps.layout import CELL
from sims.ctf.motion import COS, SIN, TOP_SPEED
from sims.ctf.state import (
    BLUE,
    EYE_HEIGHT,
    HOME,
    MAX_PITCH,
    PLAYER_HEIGHT,
    RED,
)

N_RAYS = 16
RANGE = 30.0
"""Metres that are one unit of distance; what is farther away is not sensed."""

CHANNELS = ("wall", "opponent", "teammate", "own_flag", "their_flag")
"""Of every ray, in blocks of N_RAYS from left to right: nearness, 1 at the eye to 0 at `RANGE` or where nothing is."""

OWN = (
    "speed_forward",
    "speed_left",
    "speed_up",
    "pitch",
    "airborne",
    "in_play",
    "hits",
    "can_tag",
    "carrying",
    "x",
    "y",
    "heading_cos",
    "heading_sin",
    "own_flag_home",
    "their_flag_home",
    "time_left",
    "lead",
)
"""The player's own state behind the rays: speeds in parts of the top speed, pitch in [-1, 1], hits taken; its place in
units of `RANGE` from the map's middle and its heading, both in its team's frame (blue's is turned by half a turn, so
that both teams see the same map); flags, the part of the match that is left, and the lead in tens of captures, as a
game's display shows them. (Pixels have no such display: as in FTW, players don't see the clock.)"""

N_SENSES = N_RAYS * len(CHANNELS) + len(OWN)


@kernel
def sense(maps, state, seen, start, stop, match_steps, vectors):
    """Write the compact observations of the matches `[start, stop)`.

    Args:
        maps: `Maps`. state: `State`, only read. seen: int32 `[n]`, the players of each match who are looked through.
        match_steps: length of a match.
        vectors: float32 `[slot, N_SENSES]`, slot `match * n + i` is `seen[i]`'s; written.
    """
    n = seen.shape[0]
    for m in range(start, stop):
        for i in range(n):
            row = vectors[m * n + i]
            row[:] = 0.0
            _sense_map(maps, state, m, seen[i], row)
            _sense_players(maps, state, m, seen[i], row)
            _sense_flags(maps, state, m, seen[i], row)
            _sense_self(maps, state, m, seen[i], match_steps, row)


@kernel
def _nearness(distance):
    return max(0.0, 1.0 - distance / RANGE)


@kernel
def _sense_map(maps, state, m, p, row):
    heading = state.yaw[m, p]
    for ray in range(N_RAYS):
        aside = (ray + 0.5 - 0.5 * N_RAYS) / (0.5 * N_RAYS)  # to the right, at one unit ahead, as in the frame
        length = np.sqrt(1.0 + aside * aside)
        ux = (COS[heading] + SIN[heading] * aside) / length
        uy = (SIN[heading] - COS[heading] * aside) / length
        z = state.z[m, p] + EYE_HEIGHT
        row[ray] = _nearness(reach(maps, state.map[m], state.x[m, p], state.y[m, p], z, ux, uy, 0.0, RANGE))


@kernel
def _mark(state, m, p, x, y, channel, row):
    """Note something at (x, y) in the ray that it is on, if it is in the field of view."""
    dx, dy = x - state.x[m, p], y - state.y[m, p]
    heading = state.yaw[m, p]
    ahead, right = dx * COS[heading] + dy * SIN[heading], dx * SIN[heading] - dy * COS[heading]
    if ahead <= 0.0 or abs(right) >= ahead:
        return
    ray = min(np.int64((right / ahead + 1.0) * 0.5 * N_RAYS), N_RAYS - 1)
    near = _nearness(np.sqrt(dx * dx + dy * dy))
    at = channel * N_RAYS + ray
    row[at] = max(row[at], np.float32(near))


@kernel
def _sense_players(maps, state, m, p, row):
    half = state.x.shape[1] // 2
    for q in range(2 * half):
        if q != p and state.respawn[m, q] == 0 and sees(maps, state, m, p, q):
            _mark(state, m, p, state.x[m, q], state.y[m, q], 2 if (q < half) == (p < half) else 1, row)


@kernel
def _sense_flags(maps, state, m, p, row):
    own = RED if p < state.x.shape[1] // 2 else BLUE
    for team in range(2):
        if state.carrier[m, team] == p:
            continue
        x, y = state.flag_x[m, team], state.flag_y[m, team]
        dx, dy = x - state.x[m, p], y - state.y[m, p]
        distance = np.sqrt(dx * dx + dy * dy)
        z = state.z[m, p] + EYE_HEIGHT
        if distance > 1e-6:
            slope = (state.flag_z[m, team] + 0.5 * PLAYER_HEIGHT - z) / distance
            ux, uy = dx / distance, dy / distance
            if reach(maps, state.map[m], state.x[m, p], state.y[m, p], z, ux, uy, slope, distance) < distance - 1e-6:
                continue
        _mark(state, m, p, x, y, 3 if team == own else 4, row)


@kernel
def _sense_self(maps, state, m, p, match_steps, row):
    own = RED if p < state.x.shape[1] // 2 else BLUE
    k, heading = state.map[m], state.yaw[m, p]
    vx, vy = state.vx[m, p], state.vy[m, p]
    x = state.x[m, p] - 0.5 * CELL * maps.shape[k, 1]
    y = state.y[m, p] - 0.5 * CELL * maps.shape[k, 0]
    side = 1.0 if own == RED else -1.0
    at = N_RAYS * 5
    row[at] = (vx * COS[heading] + vy * SIN[heading]) / TOP_SPEED
    row[at + 1] = (vy * COS[heading] - vx * SIN[heading]) / TOP_SPEED
    row[at + 2] = state.vz[m, p] / TOP_SPEED
    row[at + 3] = state.pitch[m, p] / MAX_PITCH
    row[at + 4] = state.airborne[m, p]
    row[at + 5] = state.respawn[m, p] == 0
    row[at + 6] = state.hits[m, p]
    row[at + 7] = state.cooldown[m, p] == 0
    row[at + 8] = state.carrier[m, 1 - own] == p
    row[at + 9], row[at + 10] = side * x / RANGE, side * y / RANGE
    row[at + 11], row[at + 12] = side * COS[heading], side * SIN[heading]
    row[at + 13] = state.flag[m, own] == HOME
    row[at + 14] = state.flag[m, 1 - own] == HOME
    row[at + 15] = 1.0 - state.clock[m] / match_steps
    row[at + 16] = 0.1 * (state.score[m, own] - state.score[m, 1 - own])
