"""The kernels that move a batch of Capture-the-Flag matches by one step: players, beams, flags, the clock."""

import numpy as np

from sims.core.kernels import kernel
from sims.ctf.beams import fire
from sims.ctf.build import begin, respawn, send_home
from sims.ctf.ground import height_at
from sims.ctf.motion import move
from sims.ctf.state import (
    BLUE,
    BY_OPPONENT,
    BY_TEAMMATE,
    CAPTURED,
    CARRIED,
    DROPPED,
    HOME,
    N_EVENTS,
    PICKED_UP,
    PLAYER_HEIGHT,
    RED,
    RETURNED,
    TAGGED_CARRIER,
    TAGGED_NONCARRIER,
)

TOUCH = 0.9
"""Metres between the middles of a player and a flag at which the player touches it."""


@kernel
def step(maps, state, actions, start, stop, rules, weights, out):
    """Play one step of the matches `[start, stop)`, in place; write events, rewards and which matches ended.

    Within a step everybody moves, then all beams are fired at once, then flags are returned, captured and picked up, so
    that neither team is at an advantage. (Of two team-mates who hit one opponent in one step, the first is credited.)

    Args:
        maps: `Maps`. state: `State`. actions: int8 `[match, player, 6]` indices into the factors of `sims.ctf.actions`.
        rules: `Rules`. weights: float64 `[match, player, N_EVENTS]`: what each event is worth to each player.
        out: `sims.ctf.env.Outputs`.
    """
    for m in range(start, stop):
        out.events[m, :, :] = 0
        move(maps, state, m, actions)
        fire(maps, state, m, actions, rules, out.struck)
        _wait(maps, state, m)
        _tag(maps, state, m, rules, out)
        _flags(maps, state, m, out.events)
        state.clock[m] += 1
        out.over[m] = state.clock[m] >= rules.match_steps
        _reward(state, m, weights, out)


@kernel
def restart(maps, state, start, stop, over):
    """Begin the next match where the last one is over."""
    for m in range(start, stop):
        if over[m]:
            begin(maps, state, m, state.match_count[m] + 1)


@kernel
def _wait(maps, state, m):
    """Count tagged players' time out down, and bring them back."""
    for p in range(state.x.shape[1]):
        if state.respawn[m, p] == 1:
            respawn(maps, state, m, p)
        elif state.respawn[m, p] > 1:
            state.respawn[m, p] -= 1


@kernel
def _tag(maps, state, m, rules, out):
    """Count the hits of this step's beams; who has taken enough of them is out, and drops the flag."""
    n_players = state.x.shape[1]
    half = n_players // 2
    for p in range(n_players):
        q = out.struck[m, p]
        if q < 0 or state.respawn[m, q] > 0:  # another's beam of this step was the last that it took
            continue
        state.hits[m, q] += 1
        if state.hits[m, q] < rules.hits_to_tag:
            continue
        team = RED if q >= half else BLUE  # whose flag q can carry
        carrying = state.carrier[m, team] == q
        out.events[m, p, TAGGED_CARRIER if carrying else TAGGED_NONCARRIER] += 1
        out.events[m, q, 0 if carrying else 1] += 1
        if carrying:
            _drop(maps, state, m, team, rules.flag_return_steps)
        state.respawn[m, q] = rules.respawn_steps


@kernel
def _drop(maps, state, m, team, return_steps):
    """Leave a carried flag on the ground where its carrier stands."""
    p = state.carrier[m, team]
    state.flag[m, team] = DROPPED
    state.carrier[m, team] = -1
    state.flag_timer[m, team] = return_steps + 1  # this very step counts down too, in `_flags`
    state.flag_x[m, team], state.flag_y[m, team] = state.x[m, p], state.y[m, p]
    state.flag_z[m, team] = height_at(maps, state.map[m], state.x[m, p], state.y[m, p])


@kernel
def _flags(maps, state, m, events):
    """Returns, then captures, then pick-ups, then carried flags go with their carriers."""
    half = state.x.shape[1] // 2
    for team in range(2):
        if state.flag[m, team] == DROPPED:
            p = _first_to_touch(state, m, team, team * half, team * half + half)
            state.flag_timer[m, team] -= 1
            if p >= 0:
                _tell(events, m, p, half, RETURNED)
            if p >= 0 or state.flag_timer[m, team] <= 0:
                send_home(maps, state, m, team)
    for team in range(2):
        p = state.carrier[m, 1 - team]
        if p >= 0 and state.flag[m, team] == HOME and _touches(state, m, p, team):
            state.score[m, team] += 1
            _tell(events, m, p, half, CAPTURED)
            send_home(maps, state, m, 1 - team)
    for team in range(2):
        if state.flag[m, team] != CARRIED:
            enemies = (1 - team) * half
            p = _first_to_touch(state, m, team, enemies, enemies + half)
            if p >= 0:
                state.flag[m, team] = CARRIED
                state.carrier[m, team] = p
                state.flag_timer[m, team] = 0
                _tell(events, m, p, half, PICKED_UP)
        p = state.carrier[m, team]
        if p >= 0:
            state.flag_x[m, team], state.flag_y[m, team] = state.x[m, p], state.y[m, p]
            state.flag_z[m, team] = state.z[m, p]


@kernel
def _distance2(state, m, p, team):
    """Squared horizontal metres from a player in play to a team's flag; infinite if they are on different floors."""
    if state.respawn[m, p] > 0 or abs(state.z[m, p] - state.flag_z[m, team]) >= PLAYER_HEIGHT:
        return np.inf
    return (state.x[m, p] - state.flag_x[m, team]) ** 2 + (state.y[m, p] - state.flag_y[m, team]) ** 2


@kernel
def _touches(state, m, p, team):
    return _distance2(state, m, p, team) < TOUCH * TOUCH


@kernel
def _first_to_touch(state, m, team, start, stop):
    """Which of the players `[start, stop)` touches a team's flag, the nearest first; -1 for none."""
    best, nearest = -1, TOUCH * TOUCH
    for p in range(start, stop):
        d2 = _distance2(state, m, p, team)
        if d2 < nearest:
            best, nearest = p, d2
    return best


@kernel
def _tell(events, m, p, half, event):
    """Write that player `p` did something with a flag, for itself, its team and its opponents."""
    for q in range(2 * half):
        if q == p:
            events[m, q, event] += 1
        elif (q >= half) == (p >= half):
            events[m, q, event + BY_TEAMMATE] += 1
        else:
            events[m, q, event + BY_OPPONENT] += 1


@kernel
def _reward(state, m, weights, out):
    """Add the step's events to the match's, and weigh them."""
    for p in range(state.x.shape[1]):
        reward = 0.0
        for i in range(N_EVENTS):
            count = out.events[m, p, i]
            if count > 0:
                state.totals[m, p, i] += count
                reward += count * weights[m, p, i]
        out.rewards[m, p] = reward
