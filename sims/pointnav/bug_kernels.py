"""The kernels of the Bug algorithms: they feel walls by how far they got, follow them, and decide when to leave."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.pointnav.state import FORWARD, FORWARD_STEP, LEFT, N_HEADINGS, RIGHT, STOP, SUCCESS_DISTANCE
from sims.pointnav.step import COLLISION_SLACK

BUG0, BUG1, BUG2, TANGENT = 0, 1, 2, 3
"""When to leave a wall: the `kind` that `act` takes."""

GO, TRY, MEET, FOLLOW = 0, 1, 2, 3
"""Modes: towards the goal; the first such step off a wall; up against something whose direction is still unknown;
along a wall."""

STARTED, WALKED = 7, 9
"""Columns of the observation: the episode has just begun; the last action was FORWARD."""

TURN = 2.0 * np.pi / N_HEADINGS
STOP_WITHIN = 0.9 * SUCCESS_DISTANCE

PROGRESS = 0.05
"""A step that touched a wall and came less than this many metres nearer to the goal has hit an obstacle; one that came
nearer by more slides on. (Tuned, as all below, on houses 0 to 31.)"""

BUG2_PROGRESS = 0.2
"""The same for Bug2, which must not slide far off its line: it would cross it behind its hit point and never leave."""

STUCK = 0.03
"""A step of fewer metres tells no direction."""

CLEAN = 0.02
"""A step slid along one straight wall all the way if its length is FORWARD_STEP * cos(slip) within this many metres."""

LEAN = 4
"""Headings by which a follower looks into its wall: sliding then keeps it in touch and takes it round corners."""

AWAY = 4
"""Headings by which it turns off its wall when it got stuck."""

SWING = 5
"""Headings by which it turns to its wall after a step out of touch: round a circle of 0.3 m radius."""

ROUNDED = 0.2
"""A slide that turned to the wall's side by more than this many radians has gone round the wall's end."""

FLIP = np.radians(45.0)
"""A follower that slips to its hand's side by more than this has met its own wall at more than a right angle; by less
it has grazed something on its other side, such as the opposite jamb of a door."""

SURE = 9
"""Headings of swinging after which what it meets is its own wall, whatever the slip."""

LINE_GAP = 0.05
"""Bug2 leaves at points of its line that are nearer to the goal than the hit point by this many metres: the disc's
centre is 0.2 m nearer on the far side of a thin wall hit head on, and less where the line is slanted."""

LOOP_CLOSED = 0.3
"""Bug1 is back at a point within this many metres of it, going the same way (not on the other side of a thin wall)."""

LOOP_BEGUN = 1.0
"""Metres of path after which Bug1 begins to look out for its hit point."""


class Memory(NamedTuple):
    """What a Bug remembers, first axis the env; metres and radians in the frame of the episode's start."""

    mode: NDArray[np.int64]
    hand: NDArray[np.int64]  # 1: the wall is kept on the left, -1: on the right
    target: NDArray[np.int64]  # heading to turn to before the next FORWARD, in [0, N_HEADINGS)
    swung: NDArray[np.int64]  # headings turned towards the wall since it was last felt
    leg: NDArray[np.int64]  # Bug1: 0 going round, 1 on the way to the nearest point
    x: NDArray[np.float64]  # at the last observation
    y: NDArray[np.float64]
    tangent: NDArray[np.float64]  # direction of the last step along the wall; NaN while unknown
    path: NDArray[np.float64]  # length since the hit, or of Bug1's second leg
    hit_x: NDArray[np.float64]
    hit_y: NDArray[np.float64]
    hit_tangent: NDArray[np.float64]
    hit_distance: NDArray[np.float64]  # from the hit point to the goal
    nearest: NDArray[np.float64]  # smallest distance to the goal since the hit
    near_x: NDArray[np.float64]  # where that was
    near_y: NDArray[np.float64]
    near_tangent: NDArray[np.float64]
    near_path: NDArray[np.float64]
    way: NDArray[np.float64]  # Bug1: expected length of the second leg


def blank_memory(n: int) -> Memory:
    """The memory of `n` Bugs that have seen nothing yet."""
    integers = ("mode", "hand", "target", "swung", "leg")
    return Memory._make(np.zeros(n, np.int64) if k in integers else np.full(n, np.nan) for k in Memory._fields)


@kernel
def act(obs, hands, kind, memory, start, stop, actions):
    """Bring the memory of envs start to stop up to date with `obs`, in place, and write their actions.

    Args:
        obs: `[env, 12]` float32: see `sims.pointnav.env`. hands: `[env]` int64, 1 or -1: the hand that a Bug which hits
            an obstacle now will keep it on. kind: when to leave, BUG0 to TANGENT. memory: `Memory`. actions: `[env]`.
    """
    for e in range(start, stop):
        x, y = np.float64(obs[e, 2]), np.float64(obs[e, 3])
        goal_x, goal_y = np.float64(obs[e, 0]), np.float64(obs[e, 1])
        distance = np.hypot(goal_x - x, goal_y - y)
        facing = heading_of(np.arctan2(np.float64(obs[e, 5]), np.float64(obs[e, 4])))
        if obs[e, STARTED] == 1.0:
            memory.mode[e] = GO
        elif obs[e, WALKED] == 1.0:
            _feel(hands, kind, memory, e, x, y, goal_x, goal_y, distance, facing)
        memory.x[e], memory.y[e] = x, y
        if distance < STOP_WITHIN:
            actions[e] = STOP
            continue
        if memory.mode[e] <= TRY:
            memory.target[e] = heading_of(np.arctan2(goal_y - y, goal_x - x))
        left = (memory.target[e] - facing) % N_HEADINGS
        if left == 0:
            actions[e] = FORWARD
        else:
            actions[e] = LEFT if left <= N_HEADINGS // 2 else RIGHT


@kernel
def heading_of(angle):
    """The heading in [0, N_HEADINGS) nearest to an angle in radians."""
    return np.int64(np.floor(angle / TURN + 0.5)) % N_HEADINGS


@kernel
def wrapped(angle):
    """The same angle in [-pi, pi)."""
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


@kernel
def _feel(hands, kind, memory, e, x, y, goal_x, goal_y, distance, facing):
    """Take in what a FORWARD did: (x, y) is where it ended, `distance` is to the goal."""
    from_x, from_y = memory.x[e], memory.y[e]
    moved = np.hypot(x - from_x, y - from_y)
    touched = moved * moved + COLLISION_SLACK < FORWARD_STEP * FORWARD_STEP
    direction = np.arctan2(y - from_y, x - from_x)
    needed = BUG2_PROGRESS if kind == BUG2 else PROGRESS
    blocked = touched and np.hypot(goal_x - from_x, goal_y - from_y) - distance < needed
    mode = memory.mode[e]
    if mode == GO:
        if blocked:
            _hit(memory, e, hands[e], x, y, distance)
            _meet(memory, e, facing, direction, moved)
        return
    memory.path[e] += moved
    if mode == TRY:
        if blocked:
            _meet(memory, e, facing, direction, moved)
        else:
            memory.mode[e] = GO
        return
    if mode == MEET:
        if touched:
            _meet(memory, e, facing, direction, moved)
        return
    _follow(memory, e, facing, direction, moved, touched)
    bearing = np.arctan2(goal_y - y, goal_x - x)
    slack = memory.hand[e] * wrapped(bearing - memory.tangent[e])
    free = not touched or slack < 0.0
    if _leaves(kind, memory, e, x, y, goal_x, goal_y, distance, free):
        memory.mode[e] = TRY
    if distance < memory.nearest[e]:
        memory.nearest[e] = distance


@kernel
def _hit(memory, e, hand, x, y, distance):
    """Remember a new hit point."""
    memory.hand[e] = hand
    memory.leg[e] = 0
    memory.path[e] = 0.0
    memory.hit_x[e], memory.hit_y[e] = x, y
    memory.hit_tangent[e] = np.nan
    memory.hit_distance[e] = distance
    memory.nearest[e] = distance


@kernel
def _meet(memory, e, facing, direction, moved):
    """Having bumped into something, find its direction and turn so as to have it on the chosen hand."""
    hand = memory.hand[e]
    slip = wrapped(direction - facing * TURN)
    memory.swung[e] = 0
    memory.tangent[e] = np.nan
    memory.mode[e] = FOLLOW
    if moved < STUCK:
        memory.target[e] = (facing - hand * AWAY) % N_HEADINGS
    elif _slid(slip, moved):
        memory.tangent[e] = wrapped(direction + np.pi) if hand * slip > 0.0 else direction
        memory.target[e] = (heading_of(memory.tangent[e]) + hand * LEAN) % N_HEADINGS
    else:  # part of the step was free: the next one will tell
        memory.mode[e] = MEET
        memory.target[e] = facing


@kernel
def _follow(memory, e, facing, direction, moved, touched):
    """Choose the next heading along the wall on `memory.hand` from where the last step led."""
    hand = memory.hand[e]
    if moved < STUCK:
        memory.target[e] = (facing - hand * AWAY) % N_HEADINGS
        memory.swung[e] = 0
        return
    slip = hand * wrapped(direction - facing * TURN)
    landed = memory.swung[e] > 0
    if touched and landed and not _slid(slip, moved):  # part of the step was free: the next one will tell
        memory.target[e] = facing
        return
    rounded = hand * wrapped(direction - memory.tangent[e]) > ROUNDED  # False while the tangent is NaN
    memory.tangent[e] = direction
    if touched and slip < 0.0 and (landed or not rounded):
        memory.target[e] = (heading_of(direction) + hand * LEAN) % N_HEADINGS
        memory.swung[e] = 0
    elif touched and (slip > FLIP or (slip > 0.0 and memory.swung[e] > SURE)):
        memory.tangent[e] = wrapped(direction + np.pi)
        memory.target[e] = (heading_of(memory.tangent[e]) + hand * LEAN) % N_HEADINGS
        memory.swung[e] = 0
    else:
        memory.target[e] = (facing + hand * SWING) % N_HEADINGS
        memory.swung[e] += SWING
        if memory.swung[e] > N_HEADINGS:  # a full circle without a touch: there is nothing inside it
            memory.mode[e] = MEET
            memory.target[e] = facing


@kernel
def _slid(slip, moved):
    """Whether a step was a slide along one straight wall from its beginning to its end."""
    return abs(moved - FORWARD_STEP * np.cos(slip)) < CLEAN


@kernel
def _leaves(kind, memory, e, x, y, goal_x, goal_y, distance, free):
    """Whether the algorithm leaves the wall here; `free`: nothing is felt in the goal's direction."""
    if kind == BUG1:
        return _bug1_leaves(memory, e, x, y, distance)
    if not free:
        return False
    if kind == BUG0:
        return True
    if kind == TANGENT:
        return distance < memory.nearest[e]
    before = goal_x * memory.y[e] - goal_y * memory.x[e]  # the line from the start, (0, 0), to the goal
    after = goal_x * y - goal_y * x
    return before * after <= 0.0 and distance < memory.hit_distance[e] - LINE_GAP


@kernel
def _bug1_leaves(memory, e, x, y, distance):
    """Bug1: once round from the hit point, then to the nearest point by the shorter way."""
    tangent = memory.tangent[e]
    if memory.leg[e] == 0:
        if np.isnan(memory.hit_tangent[e]):
            memory.hit_x[e], memory.hit_y[e], memory.hit_tangent[e] = x, y, tangent
            memory.path[e] = 0.0
            memory.nearest[e] = np.inf
        if distance < memory.nearest[e]:
            memory.near_x[e], memory.near_y[e], memory.near_tangent[e] = x, y, tangent
            memory.near_path[e] = memory.path[e]
        elif memory.path[e] > LOOP_BEGUN and _back_at(
            x, y, tangent, memory.hit_x[e], memory.hit_y[e], memory.hit_tangent[e]
        ):
            _turn_to_nearest(memory, e)
        return False
    if _back_at(x, y, tangent, memory.near_x[e], memory.near_y[e], memory.near_tangent[e]):
        return True
    if memory.path[e] > 1.5 * memory.way[e] + 2.0:  # missed: what is left is to hit again
        memory.mode[e] = GO
    return False


@kernel
def _back_at(x, y, tangent, at_x, at_y, at_tangent):
    """Whether (x, y) on the way along `tangent` is a boundary point passed before."""
    return np.hypot(x - at_x, y - at_y) < LOOP_CLOSED and np.cos(tangent - at_tangent) > 0.3


@kernel
def _turn_to_nearest(memory, e):
    """Having gone round, set out for the nearest point, the other way about if that is shorter."""
    memory.leg[e] = 1
    length = memory.path[e]
    memory.path[e] = 0.0
    memory.way[e] = min(memory.near_path[e], length - memory.near_path[e])
    if 2.0 * memory.near_path[e] > length:
        memory.hand[e] = -memory.hand[e]
        memory.near_tangent[e] = wrapped(memory.near_tangent[e] + np.pi)
        memory.tangent[e] = wrapped(memory.tangent[e] + np.pi)
        memory.target[e] = (heading_of(memory.tangent[e]) + memory.hand[e] * LEAN) % N_HEADINGS
