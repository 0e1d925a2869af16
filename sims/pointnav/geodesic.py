"""Geodesic distances of the disc's centre: the eikonal equation |grad T| = 1 by fast marching, second order.

Sethian 1999, 'Fast marching methods', with the second-order differences of its section 3.3 and, instead of a heap, a
ring of buckets a sixty-fourth of a cell wide ('untidy' queue: Yatziv, Bartesaghi, Sapiro 2006), so that a node costs
the same whatever the size of the map. The error of accepting nodes within one bucket in any order is far below that of
the differences.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.pointnav.floors.layout import GRID

N_BUCKETS = 1024
BUCKET = GRID / 64
EXACT_RADIUS = 0.5
"""Around the goal, nodes in straight sight within this many metres get their exact distance: there T is singular."""

DIAGONAL = np.sqrt(2.0) * GRID

WALL, FREE, REACHED = np.uint8(0), np.uint8(1), np.uint8(2)


class Marcher(NamedTuple):
    """Memory for one thread's marching over maps of at most `len(previous)` nodes."""

    status: NDArray[np.uint8]
    following: NDArray[np.int32]
    previous: NDArray[np.int32]
    head: NDArray[np.int32]


def marcher(n_nodes: int) -> Marcher:
    """Allocate the memory that `march` needs for maps of up to `n_nodes` nodes."""
    return Marcher(
        np.empty(n_nodes, np.uint8),
        np.empty(n_nodes, np.int32),
        np.empty(n_nodes, np.int32),
        np.empty(N_BUCKETS, np.int32),
    )


def distance_field(
    free: NDArray[np.bool_], goal: tuple[float, float], origin: tuple[float, float] = (0.0, 0.0), extend: int = 2
) -> NDArray[np.float32]:
    """Geodesic distance of every node to `goal` through the free nodes.

    Args:
        free: `[n_y, n_x]`, True where the disc's centre may be; two rows and columns at each edge must be False.
        goal: world coordinates `(x, y)` in metres; the node nearest to it must be free.
        origin: world coordinates of node `[0, 0]`.
        extend: how many layers of nodes beyond the free ones get extrapolated values, so that interpolation works up
            to the wall.

    Returns:
        `[n_y, n_x]` float32 metres, infinite where the goal can't be reached from.

    Raises:
        ValueError: the margin isn't there, or the goal is not on a free node.
    """
    edges = (free[:2], free[-2:], free[:, :2], free[:, -2:])
    if free.ndim != 2 or min(free.shape) < 5 or any(edge.any() for edge in edges):
        raise ValueError(f"free must be 2-D with a margin of two False nodes, got shape {free.shape}: np.pad(free, 2)")
    row, column = (goal[1] - origin[1]) / GRID, (goal[0] - origin[0]) / GRID
    n_y, n_x = free.shape
    if not (0 <= round(row) < n_y and 0 <= round(column) < n_x and free[round(row), round(column)]):
        raise ValueError(f"the goal {goal} is not on a free node of this map: choose a point where the disc fits")
    distance = np.empty(free.size, np.float32)
    no_links = np.zeros(free.size, np.uint8)
    march(free.reshape(-1).view(np.uint8), no_links, n_x, row, column, extend, marcher(free.size), distance)
    return distance.reshape(free.shape)


@kernel
def march(free, links, n_x, goal_row, goal_column, extend, memory, distance):
    """Fill `distance` (float32, flat, metres) with the geodesic distance to the goal; see `distance_field`.

    `free` is flat uint8 with a margin of two zeros all round, `links` the diagonal steps as in
    `sims.pointnav.ground.Ground`; the goal is given in nodes (row, column as floats).
    """
    n = free.size
    status, following, previous, head = memory
    for node in range(n):
        status[node] = FREE if free[node] != 0 else WALL
        distance[node] = np.inf
    head[:] = -1
    first = _start(n_x, n // n_x, goal_row, goal_column, status, following, previous, head, distance)
    bucket = first
    empty = 0
    while empty < N_BUCKETS:
        node = head[bucket % N_BUCKETS]
        if node < 0:
            bucket += 1
            empty += 1
            continue
        empty = 0
        head[bucket % N_BUCKETS] = following[node]
        if following[node] >= 0:
            previous[following[node]] = -1
        status[node] = REACHED
        for step in (-1, 1, -n_x, n_x):
            other = node + step
            if status[other] == FREE:
                _lower(other, _update(other, n_x, status, distance), bucket, following, previous, head, distance)
        across = distance[node] + DIAGONAL
        if links[node] & 1 and status[node + n_x + 1] == FREE:
            _lower(node + n_x + 1, across, bucket, following, previous, head, distance)
        if links[node - n_x - 1] & 1 and status[node - n_x - 1] == FREE:
            _lower(node - n_x - 1, across, bucket, following, previous, head, distance)
        if links[node - 1] & 2 and status[node + n_x - 1] == FREE:
            _lower(node + n_x - 1, across, bucket, following, previous, head, distance)
        if links[node - n_x] & 2 and status[node - n_x + 1] == FREE:
            _lower(node - n_x + 1, across, bucket, following, previous, head, distance)
    for _ in range(extend):
        _extrapolate(n_x, status, following, distance)


@kernel
def _start(n_x, n_y, goal_row, goal_column, status, following, previous, head, distance):
    """Give the nodes that the goal sees within EXACT_RADIUS their straight distance; return the first bucket."""
    reach = int(EXACT_RADIUS / GRID)
    row, column = round(goal_row), round(goal_column)
    lowest = np.int64(1 << 60)
    for i in range(max(2, row - reach), min(n_y - 2, row + reach + 1)):
        for j in range(max(2, column - reach), min(n_x - 2, column + reach + 1)):
            node = i * n_x + j
            straight = GRID * np.sqrt((i - goal_row) ** 2 + (j - goal_column) ** 2)
            if straight > EXACT_RADIUS or status[node] == WALL or not _sees(goal_row, goal_column, i, j, n_x, status):
                continue
            _lower(node, straight, np.int64(0), following, previous, head, distance)
            lowest = min(lowest, np.int64(distance[node] / BUCKET))  # of what is stored, as when it is unlinked
    return lowest


@kernel
def _sees(row, column, i, j, n_x, status):
    """Whether the nodes nearest to the straight line from (row, column) to node (i, j) are all free.

    The line's first cell doesn't count: the point itself is free even where the node nearest to it is not.
    """
    n = 2 * int(max(abs(i - row), abs(j - column))) + 2
    for k in range(n + 1):
        at_row, at_column = row + (i - row) * k / n, column + (j - column) * k / n
        if abs(at_row - row) < 1.0 and abs(at_column - column) < 1.0:
            continue
        if status[round(at_row) * n_x + round(at_column)] == WALL:
            return False
    return True


@kernel
def _update(node, n_x, status, distance):
    """The upwind solution at `node` from its reached neighbours."""
    weight_x, value_x, near_x = _along(node, 1, status, distance)
    weight_y, value_y, near_y = _along(node, n_x, status, distance)
    if weight_x > 0.0 and weight_y > 0.0:
        a = weight_x + weight_y
        b = weight_x * value_x + weight_y * value_y
        c = weight_x * value_x * value_x + weight_y * value_y * value_y - GRID * GRID
        root = b * b - a * c
        if root >= 0.0:
            solution = (b + np.sqrt(root)) / a
            if solution >= near_x and solution >= near_y:
                return solution
    best = np.inf
    if weight_x > 0.0:
        best = value_x + GRID / np.sqrt(weight_x)
    if weight_y > 0.0:
        best = min(best, value_y + GRID / np.sqrt(weight_y))
    return best


@kernel
def _along(node, step, status, distance):
    """Weight and value of the one-sided difference along one axis, second order where two neighbours are reached."""
    near = np.inf
    far = node
    for sign in (-1, 1):
        other = node + sign * step
        if status[other] == REACHED and distance[other] < near:
            near = np.float64(distance[other])
            far = other + sign * step
    if near == np.inf:
        return 0.0, 0.0, 0.0
    if status[far] == REACHED and distance[far] <= near:
        return 2.25, (4.0 * near - np.float64(distance[far])) / 3.0, near
    return 1.0, near, near


@kernel
def _lower(node, value, bucket_now, following, previous, head, distance):
    """Put `node` into the bucket of `value` if that is lower than what it had."""
    value = np.float32(value)  # what is stored must lead back to the same bucket
    if not value < distance[node]:
        return
    bucket = max(np.int64(value / BUCKET), bucket_now) % N_BUCKETS
    if distance[node] < np.inf:
        _unlink(node, max(np.int64(distance[node] / BUCKET), bucket_now) % N_BUCKETS, following, previous, head)
    distance[node] = value
    previous[node] = -1
    following[node] = head[bucket]
    if head[bucket] >= 0:
        previous[head[bucket]] = node
    head[bucket] = node


@kernel
def _unlink(node, bucket, following, previous, head):
    if previous[node] >= 0:
        following[previous[node]] = following[node]
    else:
        head[bucket] = following[node]
    if following[node] >= 0:
        previous[following[node]] = previous[node]


@kernel
def _extrapolate(n_x, status, layer, distance):
    """Give nodes beside reached ones the mean of their neighbours' straight continuations; `layer` is memory.

    Where the continuations disagree, the node lies in a gap too narrow for the disc with different distances on its two
    sides: it gets the largest, so that nothing is lured into the gap.
    """
    n = distance.size
    count = 0
    for node in range(2 * n_x, n - 2 * n_x):
        if status[node] == REACHED:
            continue
        total, weight, lowest, highest = 0.0, 0.0, np.inf, 0.0
        for step in (-1, 1, -n_x, n_x, -n_x - 1, -n_x + 1, n_x - 1, n_x + 1):
            near, far = node + step, node + 2 * step
            if status[near] == REACHED:
                straight = abs(step) == 1 or abs(step) == n_x
                value = np.float64(distance[near])
                slope = value - distance[far] if status[far] == REACHED else 0.0
                if abs(slope) < 1.1 * GRID * (1.0 if straight else np.sqrt(2.0)):  # no distance field is steeper
                    value += slope
                share = 1.0 if straight else 0.5
                total += share * value
                weight += share
                lowest, highest = min(lowest, value), max(highest, value)
        if weight > 0.0:
            distance[node] = max(total / weight if highest - lowest < 4.0 * GRID else highest, 0.0)
            layer[count] = node
            count += 1
    for k in range(count):
        status[layer[k]] = REACHED
