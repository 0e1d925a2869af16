"""The kernels that move a batch of PointGoal worlds by one action each."""

import numpy as np

from sims.core.kernels import kernel
from sims.core.prefetch import prefetch
from sims.pointnav.build import begin
from sims.pointnav.floors.layout import GRID
from sims.pointnav.raster import clearance_at
from sims.pointnav.state import (
    AGENT_RADIUS,
    FORWARD,
    FORWARD_STEP,
    LEFT,
    N_HEADINGS,
    RIGHT,
    STOP,
    SUCCESS_DISTANCE,
)
from sims.pointnav.view import geodesic_at, heading, observe

STRIDE = 0.05
"""Metres between the points at which a move near a wall is checked: half the radius, so that no wall is jumped and a
corner is cut by 3 mm at most. Where another wall becomes the nearest in between, the way there is checked too."""

TURNED = 0.8
"""Two clearance gradients (of length one) whose product is less than this belong to different walls."""

SKIN = 1e-3
"""A disc nearer to a wall than its radius plus this many metres touches it."""

HEAD_ON = 0.02
"""Sine of the angle to the wall's normal below which a disc does not slide."""

AHEAD = 12
"""Envs by which memory is fetched ahead of the one that moves."""

COLLISION_SLACK = 1e-5
"""Habitat's: a FORWARD collided if moved^2 + this < requested^2 (habitat-sim, object_controls)."""


@kernel
def step(pool, state, actions, start, stop, max_steps, sliding, rewards_of, autoreset, out):
    """Take `actions[start:stop]`, in place; write observations, rewards, ends and, where an episode ended, measures.

    Args:
        pool: `Pool`. state: `State`. actions: `[env]` integers in [0, 4). start, stop: the envs to move.
        max_steps: steps after which an episode is truncated. sliding: whether walls are slid along.
        rewards_of: float64 `(slack, progress, success, spl)`: the reward is slack + progress * (decrease of the
            geodesic distance) and at a STOP also success * (success) + spl * (SPL).
        autoreset: begin the env's next episode in the same step, with its first observation in place of the last.
        out: `sims.pointnav.env.Outputs`; rows of `final_*` are written only where an episode ended.
    """
    for e in range(start, min(stop, start + AHEAD)):
        _fetch(pool, state, actions, e)
    for e in range(start, stop):
        if e + AHEAD < stop:
            _fetch(pool, state, actions, e + AHEAD)
        action = actions[e]
        before = state.geodesic[e]
        moved = False
        state.collided[e] = False
        if action == FORWARD:
            moved = _forward(pool, state, e, sliding)
        elif action == LEFT:
            state.turn[e] = (state.turn[e] + 1) % N_HEADINGS
        elif action == RIGHT:
            state.turn[e] = (state.turn[e] + N_HEADINGS - 1) % N_HEADINGS
        if moved:
            state.geodesic[e] = geodesic_at(pool, state, e, state.x[e], state.y[e])
        state.steps[e] += 1
        state.previous_action[e] = action
        terminated = action == STOP
        truncated = not terminated and state.steps[e] >= max_steps
        out.terminated[e] = terminated
        out.truncated[e] = truncated
        reward = rewards_of[0] + rewards_of[1] * (before - state.geodesic[e])
        if terminated or truncated:
            _measure(state, e, terminated, out.final_measures)
            if terminated:
                reward += rewards_of[2] * out.final_measures[e, 0] + rewards_of[3] * out.final_measures[e, 1]
            out.final_episode[e] = state.episode[e]
            out.final_steps[e] = state.steps[e]
            if autoreset:
                observe(state, e, out.final_obs)
                begin(pool, state, e, state.episode_count[e] + 1)
        out.rewards[e] = reward
        observe(state, e, out.obs)


@kernel
def _fetch(pool, state, actions, e):
    """Have what env `e`'s move will read brought into the cache: most of a step is waiting for memory."""
    if actions[e] != FORWARD:
        return
    ux, uy = heading(state, e)
    columns = state.columns[e]
    right, up = state.x[e] - state.origin_x[e], state.y[e] - state.origin_y[e]
    here = np.int64(up * (1.0 / GRID)) * columns + np.int64(right * (1.0 / GRID))
    right, up = right + FORWARD_STEP * ux, up + FORWARD_STEP * uy
    there = np.int64(up * (1.0 / GRID)) * columns + np.int64(right * (1.0 / GRID))
    layout, field = state.layout_base[e], state.field_base[e]
    prefetch(pool.clearance, layout + here)
    prefetch(pool.clearance, layout + here + columns)
    prefetch(pool.clearance, layout + there)
    prefetch(pool.clearance, layout + there + columns)
    prefetch(pool.field, field + there)
    prefetch(pool.field, field + there + columns)


@kernel
def _forward(pool, state, e, sliding):
    """Move env `e` ahead as far as walls allow; return whether its position changed."""
    x, y = state.x[e], state.y[e]
    ux, uy = heading(state, e)
    base, columns = state.layout_base[e], state.columns[e]
    new_x, new_y = travel(
        pool.clearance, base, columns, state.origin_x[e], state.origin_y[e], x, y, ux, uy, FORWARD_STEP, sliding
    )
    dx, dy = new_x - x, new_y - y
    moved2 = dx * dx + dy * dy
    if moved2 + COLLISION_SLACK < FORWARD_STEP * FORWARD_STEP:
        state.collided[e] = True
        state.collisions[e] += 1
    if moved2 == 0.0:
        return False
    state.x[e], state.y[e] = new_x, new_y
    state.path_length[e] += np.sqrt(moved2)
    return True


@kernel
def _measure(state, e, terminated, measures):
    """Habitat's measures of the episode that just ended, in the order of `MEASURES`."""
    best = state.start_geodesic[e]
    efficiency = best / max(best, state.path_length[e])
    success = 1.0 if terminated and state.geodesic[e] < SUCCESS_DISTANCE else 0.0
    measures[e, 0] = success
    measures[e, 1] = success * efficiency
    measures[e, 2] = max(0.0, 1.0 - state.geodesic[e] / best) * efficiency
    measures[e, 3] = state.geodesic[e]
    measures[e, 4] = state.collisions[e]
    measures[e, 5] = state.path_length[e]
    measures[e, 6] = best


@kernel
def travel(clearance, base, columns, origin_x, origin_y, x, y, ux, uy, length, sliding):
    """Where a disc at (x, y) that wants to go `length` metres along the unit vector (ux, uy) ends up.

    The disc advances by what is surely free (its clearance, as in sphere tracing), or by STRIDE. Touching a wall, it
    goes on along the wall with the part of its motion that the wall leaves; where a stride ends too near a wall it is
    pushed back along the clearance's gradient. Without sliding it stops where it first touches. It never ends up
    farther away than `length`.
    """
    here, gx, gy = clearance_at(clearance, base, columns, origin_x, origin_y, x, y)
    if here - AGENT_RADIUS >= length:
        return x + length * ux, y + length * uy
    end_x, end_y = x + length * ux, y + length * uy
    there, _, _ = clearance_at(clearance, base, columns, origin_x, origin_y, end_x, end_y)
    if here + there - 2.0 * AGENT_RADIUS >= length:
        return end_x, end_y
    from_x, from_y = x, y
    remaining, stride = length, STRIDE
    while remaining > 1e-9:
        dx, dy = ux, uy
        asked = min(remaining, max(here - AGENT_RADIUS, stride))
        into = ux * gx + uy * gy
        if sliding and into < 0.0 and here < AGENT_RADIUS + SKIN:
            into /= gx * gx + gy * gy
            dx, dy = ux - into * gx, uy - into * gy
            speed = np.sqrt(dx * dx + dy * dy)
            if speed < HEAD_ON:
                break
            asked = min(remaining, stride / speed)
        ahead_x, ahead_y = x + asked * dx, y + asked * dy
        ahead, ahead_gx, ahead_gy = clearance_at(clearance, base, columns, origin_x, origin_y, ahead_x, ahead_y)
        if ahead < AGENT_RADIUS:
            if not sliding:
                return _touch(clearance, base, columns, origin_x, origin_y, x, y, ux, uy, asked)
            for _ in range(5):
                steepness = max(ahead_gx * ahead_gx + ahead_gy * ahead_gy, 0.05)
                push = min(STRIDE, (AGENT_RADIUS + 0.5 * SKIN - ahead) / steepness)
                ahead_x += push * ahead_gx
                ahead_y += push * ahead_gy
                ahead, ahead_gx, ahead_gy = clearance_at(clearance, base, columns, origin_x, origin_y, ahead_x, ahead_y)
                if ahead >= AGENT_RADIUS:
                    break
            if ahead < AGENT_RADIUS or (ahead_x - x) * ux + (ahead_y - y) * uy < 1e-3 * asked:
                break
        turned = gx * ahead_gx + gy * ahead_gy < TURNED
        if turned and _pinched(clearance, base, columns, origin_x, origin_y, x, y, ahead_x, ahead_y):
            stride *= 0.5
            if stride < STRIDE / 16.0:
                break
            continue
        if (ahead_x - from_x) ** 2 + (ahead_y - from_y) ** 2 > length * length * (1.0 + 1e-12):
            break
        x, y, here, gx, gy = ahead_x, ahead_y, ahead, ahead_gx, ahead_gy
        remaining -= asked
    return x, y


@kernel
def _pinched(clearance, base, columns, origin_x, origin_y, x, y, ahead_x, ahead_y):
    """Whether the way from (x, y) straight ahead leads through a gap that is too narrow for the disc."""
    for k in range(1, 8):
        part = k / 8.0
        at_x, at_y = x + part * (ahead_x - x), y + part * (ahead_y - y)
        there, _, _ = clearance_at(clearance, base, columns, origin_x, origin_y, at_x, at_y)
        if there < AGENT_RADIUS - 0.02 * SKIN:
            return True
    return False


@kernel
def _touch(clearance, base, columns, origin_x, origin_y, x, y, ux, uy, stride):
    """The last free point on the way from (x, y), which is free, by `stride` metres, which isn't: by bisection."""
    free, blocked = 0.0, stride
    for _ in range(16):
        middle = 0.5 * (free + blocked)
        there, _, _ = clearance_at(clearance, base, columns, origin_x, origin_y, x + middle * ux, y + middle * uy)
        if there >= AGENT_RADIUS:
            free = middle
        else:
            blocked = middle
    return x + free * ux, y + free * uy
