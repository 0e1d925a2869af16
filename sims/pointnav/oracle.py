"""The geodesic follower: an oracle that reads the distance field, the proof that episodes can be solved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.core.threads import split
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import FORWARD, FORWARD_STEP, LEFT, N_HEADINGS, RIGHT, STOP, SUCCESS_DISTANCE
from sims.pointnav.step import travel
from sims.pointnav.view import geodesic_at

STOP_WITHIN = 0.9 * SUCCESS_DISTANCE
"""Geodesic metres from the goal at which the oracle stops."""


class Oracle:
    """Turns to that one of its 36 headings along which a FORWARD brings it nearest to the goal, and goes.

    A `sims.core.policy.Policy` for the env it is made with; its memory is the env's own state.
    """

    def __init__(self, env: PointNavVectorEnv) -> None:
        self._env = env

    def initial_state(self, n: int) -> None:
        """It has no memory."""

    def step(self, obs: Any, state: None) -> tuple[NDArray[np.int64], None]:
        """Actions `[env]`; reads the env's state, not the observations."""
        env = self._env
        actions = np.empty(env.num_envs, np.int64)
        split(
            lambda start, stop: follow(env.pool.arrays, env.state, start, stop, env.sliding, actions),
            env.num_envs,
            env.n_threads,
        )
        return actions, None


@kernel
def follow(pool, state, start, stop, sliding, actions):
    """Write the oracle's action for envs start to stop."""
    for e in range(start, stop):
        if state.geodesic[e] < STOP_WITHIN:
            actions[e] = STOP
            continue
        turn = best_turn(pool, state, e, sliding)
        if turn == 0:
            actions[e] = FORWARD
        else:
            actions[e] = LEFT if turn <= N_HEADINGS // 2 else RIGHT


@kernel
def best_turn(pool, state, e, sliding):
    """How many LEFTs from here to the heading whose FORWARD ends nearest to the goal; among equals the least turn."""
    best, best_distance = 0, np.inf
    for k in range(N_HEADINGS):
        turn = (k + 1) // 2 if k % 2 == 1 else (N_HEADINGS - k // 2) % N_HEADINGS
        angle = 2.0 * np.pi * ((state.turn[e] + turn) % N_HEADINGS) / N_HEADINGS
        ux = state.start_cos[e] * np.cos(angle) - state.start_sin[e] * np.sin(angle)
        uy = state.start_sin[e] * np.cos(angle) + state.start_cos[e] * np.sin(angle)
        x, y = travel(
            pool.clearance,
            state.layout_base[e],
            state.columns[e],
            state.origin_x[e],
            state.origin_y[e],
            state.x[e],
            state.y[e],
            ux,
            uy,
            FORWARD_STEP,
            sliding,
        )
        distance = geodesic_at(pool, state, e, x, y)
        if distance < best_distance - 1e-6:
            best, best_distance = turn, distance
    return best
