"""The kernels that look at a batch of PointGoal worlds; looking changes nothing."""

import numpy as np

from sims.core.kernels import kernel
from sims.pointnav.raster import distance_at
from sims.pointnav.state import N_HEADINGS, PROXIMITY_RANGE

N_OBS = 12
"""Columns of the flat observation; `sims.pointnav.env` documents them."""

_ANGLES = np.arange(N_HEADINGS) * (2.0 * np.pi / N_HEADINGS)
COS, SIN = np.cos(_ANGLES), np.sin(_ANGLES)
for _table in (COS, SIN):  # exact at the quarter turns, where NumPy leaves 1e-16
    _table[np.abs(_table) < 1e-15] = 0.0


@kernel
def heading(state, e):
    """Unit vector (x, y) in the world frame along which env `e` looks."""
    c, s = COS[state.turn[e]], SIN[state.turn[e]]
    return state.start_cos[e] * c - state.start_sin[e] * s, state.start_sin[e] * c + state.start_cos[e] * s


@kernel
def observe(state, e, obs):
    """Write env `e`'s flat observation into `obs[e]` (float32): see `sims.pointnav.env.PointNavEnv`."""
    c, s = state.start_cos[e], state.start_sin[e]
    dx, dy = state.goal_x[e] - state.start_x[e], state.goal_y[e] - state.start_y[e]
    obs[e, 0] = c * dx + s * dy
    obs[e, 1] = c * dy - s * dx
    dx, dy = state.x[e] - state.start_x[e], state.y[e] - state.start_y[e]
    obs[e, 2] = c * dx + s * dy
    obs[e, 3] = c * dy - s * dx
    obs[e, 4] = COS[state.turn[e]]
    obs[e, 5] = SIN[state.turn[e]]
    dx, dy = state.goal_x[e] - state.x[e], state.goal_y[e] - state.y[e]
    obs[e, 6] = min(np.sqrt(dx * dx + dy * dy), PROXIMITY_RANGE)
    for k in range(5):
        obs[e, 7 + k] = 0.0
    obs[e, 8 + state.previous_action[e]] = 1.0


@kernel
def geodesic_at(pool, state, e, x, y):
    """Geodesic distance in metres from world (x, y) to env `e`'s goal."""
    return distance_at(
        pool.field,
        state.field_base[e],
        state.field_scale[e],
        pool.clearance,
        state.layout_base[e],
        state.columns[e],
        x - state.origin_x[e],
        y - state.origin_y[e],
    )


@kernel
def observe_all(state, start, stop, obs):
    """Write the flat observations of envs start to stop."""
    for e in range(start, stop):
        observe(state, e, obs)
