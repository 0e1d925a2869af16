"""Kernels of the scripted players: where to go, whom to aim at, which buttons that takes."""

import numpy as np

from sims.core.kernels import kernel
from sims.core.seeding import pick
from sims.ctf.actions import YAW_UNITS
from sims.ctf.beams import sees
from sims.ctf.maps.distance import FAR, flood
from sims.ctf.maps.layout import CELL
from sims.ctf.state import (
    BLUE,
    CARRIED,
    EYE_HEIGHT,
    HOME,
    MAX_PITCH,
    N_HEADINGS,
    PLAYER_HEIGHT,
    PLAYER_RADIUS,
    RED,
    STEPS_PER_SECOND,
)

NOBODY, RANDOM, PATROL, DEFENDER, RUNNER, FULL = 0, 1, 2, 3, 4, 5
"""Kinds of bots."""

UNIT = 2.0 * np.pi / N_HEADINGS
FIELD_OF_VIEW = 0.3 * np.pi
"""Radians to either side in which a bot notices opponents: wider than the frame of a player, who can look around."""

NOTICED_NEAR = 3.0
"""Metres within which it notices them behind it too."""

GUARD = 5.0
"""Metres from its flag's stand beyond which a defender goes back."""

HOLD = 8
"""Steps for which a random choice is kept."""

COUNTERS = 16
"""Random numbers of a player and step."""

BOT_SEED = np.uint64(0xB07)


@kernel
def act(maps, state, bots, actions, start, stop, beam_range):
    """Write the actions of all bots of the matches `[start, stop)`; others' are left alone.

    Args:
        maps: `Maps`. state: `State`, only read. bots: `sims.ctf.bots.Bots`. actions: int8 `[match, player, 6]`.
        beam_range: metres.
    """
    n_players = state.x.shape[1]
    for m in range(start, stop):
        if state.clock[m] == 0:
            bots.field_cell[m, :] = -1
            for p in range(n_players):
                bots.seen_for[m, p] = 0
                bots.heading_for[m, p] = BLUE if p < n_players // 2 else RED
        for p in range(n_players):
            kind = bots.kind[m, p]
            if kind == NOBODY:
                continue
            _still(actions, m, p)
            if state.respawn[m, p] > 0:
                bots.seen_for[m, p] = 0
            elif kind == RANDOM:
                _press(state, actions, m, p)
            else:
                _play(maps, state, bots, actions, m, p, kind, beam_range)


@kernel
def _still(actions, m, p):
    actions[m, p, 0], actions[m, p, 1], actions[m, p, 2], actions[m, p, 3] = 2, 1, 1, 1
    actions[m, p, 4], actions[m, p, 5] = 0, 0


@kernel
def _draw(state, m, p, purpose, hold, n):
    """A random integer in [0, n): the same for `hold` steps of the match's clock."""
    time = state.match_count[m] * (1 << 24) + (state.clock[m] + 37 * p) // hold
    return pick(state.seed[m] ^ BOT_SEED, (time * 8 + p) * COUNTERS + purpose, n)


@kernel
def _press(state, actions, m, p):
    """Press buttons, a choice for half a second."""
    actions[m, p, 0] = _draw(state, m, p, 0, HOLD, 5)
    actions[m, p, 1] = _draw(state, m, p, 1, HOLD, 3)
    actions[m, p, 2] = _draw(state, m, p, 2, HOLD, 3)
    actions[m, p, 3] = _draw(state, m, p, 3, HOLD, 3)
    actions[m, p, 4] = _draw(state, m, p, 4, HOLD, 2)
    actions[m, p, 5] = 1 if _draw(state, m, p, 5, HOLD, 8) == 0 else 0


@kernel
def _play(maps, state, bots, actions, m, p, kind, beam_range):
    """Decide where to go and whom to aim at, and press what that takes."""
    target = -1 if kind == RUNNER else _target(maps, state, m, p)
    bots.seen_for[m, p] = bots.seen_for[m, p] + 1 if target >= 0 else 0
    if bots.seen_for[m, p] <= bots.reaction[m, p]:
        target = -1
    way_x, way_y, going = _way(maps, state, bots, m, p, kind)
    if going and _draw(state, m, p, 6, STEPS_PER_SECOND, 1000) < 1000.0 * bots.hesitation[m, p]:
        going = False
    if target >= 0:
        _aim(state, bots, actions, m, p, target, beam_range)
    elif going:
        _turn(actions, m, p, _angle(state, m, p, way_x, way_y))
    _level(state, actions, m, p, target)
    if going:
        _walk(state, actions, m, p, way_x, way_y)


@kernel
def _angle(state, m, p, x, y):
    """Units of heading, in [-N / 2, N / 2), that player `p` must turn by to face (x, y)."""
    wanted = np.arctan2(y - state.y[m, p], x - state.x[m, p]) / UNIT - state.yaw[m, p]
    return wanted - N_HEADINGS * np.floor(wanted / N_HEADINGS + 0.5)


@kernel
def _turn(actions, m, p, angle):
    """Choose the look speed that brings the heading nearest to `angle` units from here."""
    best, error = 2, abs(angle)
    for i in range(5):
        left = abs(angle - YAW_UNITS[i])
        if left < error - 1e-9:
            best, error = i, left
    actions[m, p, 0] = best


@kernel
def _level(state, actions, m, p, target):
    """Look up or down to the target's middle; straight ahead without one."""
    wanted = 0.0
    if target >= 0:
        dx, dy = state.x[m, target] - state.x[m, p], state.y[m, target] - state.y[m, p]
        rise = state.z[m, target] + 0.5 * PLAYER_HEIGHT - state.z[m, p] - EYE_HEIGHT
        wanted = np.arctan2(rise, np.sqrt(dx * dx + dy * dy) + 1e-9) / UNIT
    wanted = min(max(wanted, -1.0 * MAX_PITCH), 1.0 * MAX_PITCH)
    if wanted > state.pitch[m, p] + 0.5:
        actions[m, p, 1] = 2
    elif wanted < state.pitch[m, p] - 0.5:
        actions[m, p, 1] = 0


@kernel
def _walk(state, actions, m, p, x, y):
    """Walk and strafe towards (x, y) whichever way the bot looks; jump or sidestep where it gets nowhere."""
    yaw = state.yaw[m, p] + YAW_UNITS[actions[m, p, 0]]
    angle = np.arctan2(y - state.y[m, p], x - state.x[m, p]) - yaw * UNIT
    octant = np.int64(np.floor(angle / (0.25 * np.pi) + 0.5)) % 8
    speed2 = state.vx[m, p] ** 2 + state.vy[m, p] ** 2
    if speed2 < 1.0 and _draw(state, m, p, 7, HOLD, 3) == 0:
        octant = (octant + 1 + _draw(state, m, p, 8, HOLD, 7)) % 8
        actions[m, p, 5] = _draw(state, m, p, 9, HOLD, 2)
    actions[m, p, 3] = 2 if octant == 0 or octant == 1 or octant == 7 else (0 if 3 <= octant <= 5 else 1)
    actions[m, p, 2] = 0 if 1 <= octant <= 3 else (2 if octant >= 5 else 1)


@kernel
def _target(maps, state, m, p):
    """The opponent to aim at: the nearest that the bot notices, a flag carrier before all others; -1 for none."""
    half = state.x.shape[1] // 2
    enemies = half if p < half else 0
    best, nearest = -1, np.inf
    for q in range(enemies, enemies + half):
        if state.respawn[m, q] > 0:
            continue
        distance = np.sqrt((state.x[m, q] - state.x[m, p]) ** 2 + (state.y[m, q] - state.y[m, p]) ** 2)
        if distance > NOTICED_NEAR:
            if abs(_angle(state, m, p, state.x[m, q], state.y[m, q])) * UNIT > FIELD_OF_VIEW:
                continue
            if not sees(maps, state, m, p, q):
                continue
        if state.carrier[m, RED if p < half else BLUE] == q:
            distance -= 1000.0
        if distance < nearest:
            best, nearest = q, distance
    return best


@kernel
def _aim(state, bots, actions, m, p, target, beam_range):
    """Turn to the target, a little beside it, and fire where the beam would hit what the bot takes for it."""
    dx, dy = state.x[m, target] - state.x[m, p], state.y[m, target] - state.y[m, p]
    distance = np.sqrt(dx * dx + dy * dy)
    noise = bots.aim_noise[m, p]
    angle = _angle(state, m, p, state.x[m, target], state.y[m, target])
    angle += _draw(state, m, p, 10, HOLD, 2 * noise + 1) - noise
    _turn(actions, m, p, angle)
    left = abs(angle - YAW_UNITS[actions[m, p, 0]]) * UNIT
    wide = np.arctan2(0.9 * PLAYER_RADIUS, distance) + bots.fire_slack[m, p] * UNIT
    if left < wide and distance < beam_range:
        actions[m, p, 4] = 1


@kernel
def _way(maps, state, bots, m, p, kind):
    """Where to walk next: a point of the map, and whether to walk at all."""
    half = state.x.shape[1] // 2
    own = RED if p < half else BLUE
    if kind == PATROL:
        goal = bots.heading_for[m, p]
        if _stand_distance(maps, state, m, p, goal) < 3.0:
            goal = 1 - goal
            bots.heading_for[m, p] = goal
        return _down(maps, state, bots, m, p, goal, True)
    if state.carrier[m, 1 - own] == p:
        return _down(maps, state, bots, m, p, own, True)
    if state.flag[m, own] != HOME and kind != RUNNER and _chases(state, m, p, kind, own):
        return _down(maps, state, bots, m, p, own, False)
    if kind == DEFENDER or (kind == FULL and _defends(state, m, p, own)):
        x, y, going = _down(maps, state, bots, m, p, own, True)
        return x, y, going and _stand_distance(maps, state, m, p, own) > GUARD
    if state.flag[m, 1 - own] == CARRIED:  # a team-mate has it: be where the flag will be next, or with who brings it
        escort = p % 2 == 1
        return _down(maps, state, bots, m, p, 1 - own, not escort)
    return _down(maps, state, bots, m, p, 1 - own, False)


@kernel
def _chases(state, m, p, kind, own):
    """Whether the bot goes after its own flag: defenders do, others where it lies nearer than the enemies' or is the
    last thing between their team and a capture."""
    if kind == DEFENDER or _defends(state, m, p, own) or state.flag[m, 1 - own] == CARRIED:
        return True
    to_own = (state.flag_x[m, own] - state.x[m, p]) ** 2 + (state.flag_y[m, own] - state.y[m, p]) ** 2
    to_theirs = (state.flag_x[m, 1 - own] - state.x[m, p]) ** 2 + (state.flag_y[m, 1 - own] - state.y[m, p]) ** 2
    return to_own < to_theirs


@kernel
def _defends(state, m, p, own):
    """Whether it is this full player's part to stay near its own flag: of every three of a team, the last."""
    half = state.x.shape[1] // 2
    return (p - own * half) % 3 == 2


@kernel
def _stand_distance(maps, state, m, p, team):
    stand = maps.stands[state.map[m], team]
    return np.sqrt((stand[0] - state.x[m, p]) ** 2 + (stand[1] - state.y[m, p]) ** 2)


@kernel
def _down(maps, state, bots, m, p, team, to_stand):
    """The next point on the shortest way to a team's stand, or to where its flag is, and whether there is a way."""
    k = state.map[m]
    columns, rows = maps.solid.shape[2], maps.solid.shape[1]
    x, y = maps.stands[k, team, 0], maps.stands[k, team, 1]
    field = maps.to_stand[k, team]
    if not to_stand and state.flag[m, team] != HOME:
        x, y = state.flag_x[m, team], state.flag_y[m, team]
        _follow_flag(maps, state, bots, m, team, rows, columns)
        field = bots.field[m, team]
    r, c = np.int64(state.y[m, p] / CELL), np.int64(state.x[m, p] / CELL)
    goal_r, goal_c = np.int64(y / CELL), np.int64(x / CELL)
    for _ in range(2):  # two cells ahead, so that ways are cut a little, not walked from middle to middle
        if abs(r - goal_r) <= 1 and abs(c - goal_c) <= 1 and _straight(maps, k, columns, r, c, goal_r, goal_c):
            return x, y, True
        r, c = _next(maps.walkable[k], field, rows, columns, r, c)
    going = field[r * columns + c] != FAR
    return (c + 0.5) * CELL, (r + 0.5) * CELL, going


@kernel
def _straight(maps, k, columns, r, c, goal_r, goal_c):
    """Whether no blocked corner lies between two neighbouring cells."""
    return maps.walkable[k, r * columns + goal_c] != 0 and maps.walkable[k, goal_r * columns + c] != 0


@kernel
def _next(walkable, field, rows, columns, r, c):
    """The neighbour of a cell that is nearest to where the field leads."""
    best_r, best_c, best = r, c, field[r * columns + c]
    inside = walkable[r * columns + c] != 0
    for dr in range(-1, 2):
        for dc in range(-1, 2):
            nr, nc = r + dr, c + dc
            if nr < 0 or nc < 0 or nr >= rows or nc >= columns or field[nr * columns + nc] >= best:
                continue
            corner = walkable[r * columns + nc] != 0 and walkable[nr * columns + c] != 0
            if not inside or dr == 0 or dc == 0 or corner:
                best_r, best_c, best = nr, nc, field[nr * columns + nc]
    return best_r, best_c


@kernel
def _follow_flag(maps, state, bots, m, team, rows, columns):
    """Make the distances to where a team's flag is again, if it has come to another cell."""
    r, c = np.int64(state.flag_y[m, team] / CELL), np.int64(state.flag_x[m, team] / CELL)
    cell = r * columns + c
    if bots.field_cell[m, team] != cell:
        flood(maps.walkable[state.map[m]], rows, columns, r, c, bots.field[m, team], bots.queue[m])
        bots.field_cell[m, team] = cell
