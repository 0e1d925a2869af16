"""From seeds to matches: which map, where everyone begins."""

from sims.core.kernels import kernel
from sims.core.seeding import pick
from sims.ctf.ground import height_at
from sims.ctf.state import BLUE, HOME, PLAYER_RADIUS, RED

SPAWNS_A_MATCH = 1 << 20
"""Counters of random numbers that a match has for itself."""


@kernel
def reset(maps, state, chosen):
    """Begin the match that seed and count determine in the slots `chosen`, integers `[n]`."""
    for i in range(chosen.shape[0]):
        begin(maps, state, chosen[i], state.match_count[chosen[i]])


@kernel
def begin(maps, state, m, match_count):
    """Begin match number `match_count` of slot `m`'s seed."""
    state.match_count[m] = match_count
    state.map[m] = pick(state.seed[m], match_count * SPAWNS_A_MATCH, maps.outdoor.shape[0])
    state.clock[m] = 0
    state.spawn_count[m] = 0
    for team in range(2):
        state.score[m, team] = 0
        send_home(maps, state, m, team)
    n_players = state.x.shape[1]
    for p in range(n_players):
        state.stride[m, p] = 0.0
        state.totals[m, p, :] = 0
        state.beam_from[m, p, :] = 0.0
        state.beam_to[m, p, :] = 0.0
        state.respawn[m, p] = 1  # not in play yet: nobody's spawn is in anybody's way by where they were before
    # Both teams begin on images of the same points, so that no side is luckier.
    half = n_players // 2
    for i in range(half):
        state.spawn_count[m] += 1
        first = _draw_spawn(maps, state, m)
        spawn(maps, state, m, i, first)
        spawn(maps, state, m, half + i, first)


@kernel
def send_home(maps, state, m, team):
    """Put a team's flag onto its stand."""
    k = state.map[m]
    state.flag[m, team] = HOME
    state.carrier[m, team] = -1
    state.flag_timer[m, team] = 0
    state.flag_x[m, team] = maps.stands[k, team, 0]
    state.flag_y[m, team] = maps.stands[k, team, 1]
    state.flag_z[m, team] = maps.stands[k, team, 2]


@kernel
def respawn(maps, state, m, p):
    """Bring a tagged player back at one of its team's spawn points, drawn by the match's own counter."""
    state.spawn_count[m] += 1
    spawn(maps, state, m, p, _draw_spawn(maps, state, m))


@kernel
def spawn(maps, state, m, p, first):
    """Put a player on its team's spawn point number `first`, or on the next one that nobody stands on."""
    k = state.map[m]
    team = BLUE if p >= state.x.shape[1] // 2 else RED
    n = maps.n_spawns[k]
    point = first
    for i in range(n):
        if not _occupied(maps, state, m, k, team, (first + i) % n):
            point = (first + i) % n
            break
    x, y = maps.spawns[k, team, point, 0], maps.spawns[k, team, point, 1]
    state.x[m, p], state.y[m, p] = x, y
    state.z[m, p] = height_at(maps, k, x, y)
    state.vx[m, p], state.vy[m, p], state.vz[m, p] = 0.0, 0.0, 0.0
    state.yaw[m, p] = maps.spawn_headings[k, team, point]
    state.pitch[m, p] = 0
    state.airborne[m, p] = False
    state.respawn[m, p] = 0
    state.hits[m, p] = 0
    state.cooldown[m, p] = 0
    state.beam[m, p] = 0


@kernel
def _draw_spawn(maps, state, m):
    counter = state.match_count[m] * SPAWNS_A_MATCH + state.spawn_count[m]
    return pick(state.seed[m], counter, maps.n_spawns[state.map[m]])


@kernel
def _occupied(maps, state, m, k, team, point):
    reach = 2.0 * PLAYER_RADIUS
    for q in range(state.x.shape[1]):
        dx = state.x[m, q] - maps.spawns[k, team, point, 0]
        dy = state.y[m, q] - maps.spawns[k, team, point, 1]
        if state.respawn[m, q] == 0 and dx * dx + dy * dy < reach * reach:
            return True
    return False
