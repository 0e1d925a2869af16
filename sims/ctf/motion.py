"""Kernels of looking, walking and jumping: Quake's ground movement in metres."""

import numpy as np

from sims.core.kernels import kernel
from sims.ctf.actions import PITCH_UNITS, YAW_UNITS
from sims.ctf.ground import height_at, push_out
from sims.ctf.state import MAX_PITCH, N_HEADINGS, PLAYER_HEIGHT, PLAYER_RADIUS, STEPS_PER_SECOND, SUBSTEPS

TOP_SPEED = 6.4
"""Metres a second on foot: Quake's 320 units, where a cell of DeepMind Lab's maps, 100 units, is 2 m."""

ACCELERATION = 10.0
"""Of the wished-for speed, a second, on the ground."""

AIR_ACCELERATION = 1.0
FRICTION = 6.0
"""Of the speed, a second, on the ground."""

AIR_SPEED_LIMIT = 1.25
"""Of the top speed: what jump after jump can gain. Quake sets no limit; here hops at three times the walking speed
would leave every other way of moving behind, and outrun the collisions."""

STOPPING_SPEED = 2.0
"""Below this many metres a second friction acts as at this speed, so that a player comes to rest."""

GRAVITY = 16.0
"""Metres a second squared, Quake's 800 units: jumps are 0.9 m high and last 0.7 s."""

JUMP_SPEED = 5.4
STEP_DOWN = 0.35
"""A walking player keeps to ground that falls by less than this many metres a substep; beyond it, it flies."""

DT = 1.0 / (STEPS_PER_SECOND * SUBSTEPS)

COS = np.cos(np.arange(N_HEADINGS) * (2.0 * np.pi / N_HEADINGS))
SIN = np.sin(np.arange(N_HEADINGS) * (2.0 * np.pi / N_HEADINGS))
TAN = np.tan(np.arange(-MAX_PITCH, MAX_PITCH + 1) * (2.0 * np.pi / N_HEADINGS))
"""Tangent of the pitch, from -MAX_PITCH on."""

YAW_TURNS = np.array(YAW_UNITS, np.int32)
PITCH_TURNS = np.array(PITCH_UNITS, np.int32)


@kernel
def move(maps, state, m, actions):
    """Look, walk and jump for one step: every player in play of match `m`. `actions` `[match, player, 6]`."""
    n_players = state.x.shape[1]
    for p in range(n_players):
        if state.respawn[m, p] == 0:
            _look(state, m, p, actions)
            if actions[m, p, 5] == 1 and not state.airborne[m, p]:
                state.airborne[m, p] = True
                state.vz[m, p] = JUMP_SPEED
    k = state.map[m]
    for _ in range(SUBSTEPS):
        for p in range(n_players):
            if state.respawn[m, p] == 0:
                _accelerate(state, m, p, actions[m, p, 2] - 1, actions[m, p, 3] - 1)
                _advance(maps, k, state, m, p)
        for _ in range(3):  # a wall may push one back into another
            if not _push_apart(state, m):
                break
            for p in range(n_players):
                state.x[m, p], state.y[m, p] = push_out(maps, k, state.x[m, p], state.y[m, p])
        for p in range(n_players):
            if state.respawn[m, p] == 0:
                _fall(maps, k, state, m, p)


@kernel
def _look(state, m, p, actions):
    yaw = state.yaw[m, p] + YAW_TURNS[np.uint8(actions[m, p, 0])]
    state.yaw[m, p] = yaw + N_HEADINGS if yaw < 0 else (yaw - N_HEADINGS if yaw >= N_HEADINGS else yaw)
    pitch = state.pitch[m, p] + PITCH_TURNS[np.uint8(actions[m, p, 1])]
    state.pitch[m, p] = min(max(pitch, -MAX_PITCH), MAX_PITCH)


@kernel
def _accelerate(state, m, p, strafe, walk):
    """Friction, then acceleration towards the wished-for velocity, as Quake's `PM_Friction` and `PM_Accelerate` do."""
    vx, vy = state.vx[m, p], state.vy[m, p]
    flying = state.airborne[m, p]
    if not flying:
        speed = np.sqrt(vx * vx + vy * vy)
        if speed > 0.0:
            kept = max(0.0, speed - max(speed, STOPPING_SPEED) * FRICTION * DT) / speed
            vx *= kept
            vy *= kept
    if strafe != 0 or walk != 0:
        heading = np.uint8(state.yaw[m, p])
        cos, sin = COS[heading], SIN[heading]
        wish_x, wish_y = walk * cos + strafe * sin, walk * sin - strafe * cos
        if strafe != 0 and walk != 0:
            wish_x *= np.sqrt(0.5)
            wish_y *= np.sqrt(0.5)
        lacking = TOP_SPEED - (vx * wish_x + vy * wish_y)
        if lacking > 0.0:
            gained = min(lacking, (AIR_ACCELERATION if flying else ACCELERATION) * TOP_SPEED * DT)
            vx += gained * wish_x
            vy += gained * wish_y
            speed = np.sqrt(vx * vx + vy * vy)
            if speed > AIR_SPEED_LIMIT * TOP_SPEED:
                vx *= AIR_SPEED_LIMIT * TOP_SPEED / speed
                vy *= AIR_SPEED_LIMIT * TOP_SPEED / speed
    state.vx[m, p], state.vy[m, p] = vx, vy


@kernel
def _advance(maps, k, state, m, p):
    """Move by the velocity, slide along what is in the way, and lose the speed that went into it."""
    x, y = state.x[m, p], state.y[m, p]
    vx, vy = state.vx[m, p], state.vy[m, p]
    if vx == 0.0 and vy == 0.0:
        return
    ahead_x, ahead_y = x + vx * DT, y + vy * DT
    new_x, new_y = push_out(maps, k, ahead_x, ahead_y)
    out_x, out_y = new_x - ahead_x, new_y - ahead_y
    out2 = out_x * out_x + out_y * out_y
    if out2 > 0.0:
        into = (vx * out_x + vy * out_y) / out2
        if into < 0.0:
            state.vx[m, p], state.vy[m, p] = vx - into * out_x, vy - into * out_y
    state.x[m, p], state.y[m, p] = new_x, new_y
    if not state.airborne[m, p]:
        state.stride[m, p] += np.sqrt((new_x - x) ** 2 + (new_y - y) ** 2)


@kernel
def _push_apart(state, m):
    """Part players who overlap, each by half; whether any did."""
    n_players = state.x.shape[1]
    pushed = False
    for p in range(n_players):
        for q in range(p):
            if state.respawn[m, p] > 0 or state.respawn[m, q] > 0:
                continue
            dx, dy = state.x[m, p] - state.x[m, q], state.y[m, p] - state.y[m, q]
            d2 = dx * dx + dy * dy
            if d2 >= 4.0 * PLAYER_RADIUS * PLAYER_RADIUS or abs(state.z[m, p] - state.z[m, q]) >= PLAYER_HEIGHT:
                continue
            distance = np.sqrt(d2)
            ux, uy = (dx / distance, dy / distance) if distance > 0.0 else (1.0, 0.0)
            half = 0.5 * (2.0 * PLAYER_RADIUS - distance)
            state.x[m, p] += half * ux
            state.y[m, p] += half * uy
            state.x[m, q] -= half * ux
            state.y[m, q] -= half * uy
            pushed = True
    return pushed


@kernel
def _fall(maps, k, state, m, p):
    """Keep to the ground, or fly and land."""
    ground = height_at(maps, k, state.x[m, p], state.y[m, p])
    if not state.airborne[m, p]:
        if state.z[m, p] - ground <= STEP_DOWN:
            state.z[m, p] = ground
            return
        state.airborne[m, p] = True
    state.vz[m, p] -= GRAVITY * DT
    state.z[m, p] += state.vz[m, p] * DT
    if state.z[m, p] <= ground:
        state.z[m, p], state.vz[m, p], state.airborne[m, p] = ground, 0.0, False
