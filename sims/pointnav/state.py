"""What a batch of PointGoal worlds is made of: the episode pool that all share, and the state of each env."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.arrays import blank

STOP, FORWARD, LEFT, RIGHT = 0, 1, 2, 3
"""Actions, numbered as Habitat numbers them."""

N_ACTIONS = 4
FORWARD_STEP = 0.25
"""Metres that FORWARD asks for."""

N_HEADINGS = 36
"""Headings an agent can have, relative to its first one: LEFT and RIGHT turn by 360 / 36 = 10 degrees."""

AGENT_RADIUS = 0.1
"""Radius of the disc, in metres."""

SUCCESS_DISTANCE = 0.2
"""STOP closer than this to the goal, in geodesic metres, is a success."""

PROXIMITY_RANGE = 0.5
"""The proximity sense is min(Euclidean distance to the goal, this), in metres."""

CLEARANCE_UNIT = 1.0 / 65535.0
"""Metres of one unit of `Pool.clearance`: 16 bits for 0 to 1 m."""

FIELD_STEPS = 65535
"""`Pool.field` stores each distance as a multiple of its field's own scale, at most this many times it."""

MEASURES = ("success", "spl", "soft_spl", "distance_to_goal", "collisions", "path_length", "start_geodesic")
"""Columns of the measures at the end of an episode (metres, counts, or in [0, 1])."""


class Pool(NamedTuple):
    """Layouts, goal fields and episodes: everything that stepping reads and nothing that it writes.

    Index L runs over layouts, F over goal fields (several a layout), E over episodes (several a field). Rasters lie
    flat one after the other, row by row, row 0 at the smallest y.
    """

    clearance: NDArray[np.uint16]  # flat: distance to the nearest wall in CLEARANCE_UNIT
    layout_base: NDArray[np.int64]  # [L] where the layout's raster begins in `clearance`
    layout_shape: NDArray[np.int32]  # [L, 2] rows, columns
    layout_origin: NDArray[np.float64]  # [L, 2] world x, y of node [0, 0]
    field: NDArray[np.uint16]  # flat: geodesic distance to the goal in `field_scale`, on the nodes of the layout
    field_base: NDArray[np.int64]  # [F] where the field begins in `field`
    field_scale: NDArray[np.float64]  # [F] metres a unit
    field_layout: NDArray[np.int32]  # [F]
    goal: NDArray[np.float64]  # [F, 2] world x, y
    episode_field: NDArray[np.int32]  # [E]
    start: NDArray[np.float64]  # [E, 4] world x, y, cos and sin of the heading

    def __deepcopy__(self, memo: object) -> "Pool":
        """Itself: nothing writes to it, and a copied env goes on sharing it."""
        return self


class State(NamedTuple):
    """Everything that differs from env to env, first axis the env; with the pool it determines the future."""

    seed: NDArray[np.uint64]
    episode_count: NDArray[np.int64]  # how many episodes this env has begun since its reset with `seed`
    episode: NDArray[np.int32]  # which one of the pool it is in
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    turn: NDArray[np.int32]  # heading relative to the first, in [0, N_HEADINGS), counter-clockwise
    start_x: NDArray[np.float64]
    start_y: NDArray[np.float64]
    start_cos: NDArray[np.float64]
    start_sin: NDArray[np.float64]
    goal_x: NDArray[np.float64]
    goal_y: NDArray[np.float64]
    geodesic: NDArray[np.float64]  # distance from here to the goal
    start_geodesic: NDArray[np.float64]
    path_length: NDArray[np.float64]
    collisions: NDArray[np.int32]
    collided: NDArray[np.bool_]  # by the last action
    steps: NDArray[np.int32]
    previous_action: NDArray[np.int8]  # -1 at the start
    # Copies of the pool's rows for the current episode, so that a step doesn't chase indices.
    layout_base: NDArray[np.int64]
    columns: NDArray[np.int32]
    origin_x: NDArray[np.float64]
    origin_y: NDArray[np.float64]
    field_base: NDArray[np.int64]
    field_scale: NDArray[np.float64]


def blank_state(n_envs: int) -> State:
    """A zeroed state for `n_envs` envs; `sims.pointnav.build.begin` fills it."""
    return blank(State, lambda _: (n_envs,))
