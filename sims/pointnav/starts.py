"""Draws goals and starts on one floor by Habitat's rule for PointNav episodes."""

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.pointnav.floors.layout import GRID
from sims.pointnav.raster import clearance_at, distance_at
from sims.pointnav.state import AGENT_RADIUS

NEAREST, FARTHEST = 1.0, 30.0
"""Geodesic metres between start and goal (habitat-lab, pointnav_generator)."""

STRAIGHT_RATIO = 1.1
"""Episodes whose geodesic is less than this many times the straight distance are mostly thrown away."""

CANDIDATES = 512
ROUNDS = 64


class NoStartError(ValueError):
    """A goal for which no starts, or a floor on which no goal, can be found."""


def draw_points(
    clearance: NDArray[np.uint16], nodes: NDArray[np.int64], n: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Up to `n` points where the disc fits, uniform over the floor.

    Args:
        clearance: `[n_y, n_x]` in CLEARANCE_UNIT.
        nodes: flat indices of the free nodes.
        n: how many to try; those that come to lie too near a wall are dropped.
        rng: where the draws come from.

    Returns:
        `[m, 2]` float64, m <= n, metres from node `[0, 0]` as (x, y).
    """
    chosen = rng.choice(nodes, n)
    columns = clearance.shape[1]
    points = np.stack([chosen % columns, chosen // columns], axis=1) + rng.uniform(-0.5, 0.5, (n, 2))
    points *= GRID
    fits = np.empty(n, np.bool_)
    _fits(clearance.reshape(-1), columns, points, fits)
    return points[fits]


def draw_starts(
    clearance: NDArray[np.uint16],
    nodes: NDArray[np.int64],
    field: NDArray[np.uint16],
    scale: float,
    goal: NDArray[np.float64],
    n: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """`n` starts for one goal: `[n, 4]` x, y (metres from node [0, 0]), cos and sin of a uniform heading.

    Habitat's rule: geodesic distance 1 to 30 m; where geodesic / Euclidean = ratio is below 1.1, accepted with
    probability 20 (ratio - 0.98)^2, so that few episodes are a straight walk.

    Raises:
        NoStartError: the floor round this goal has too few such points.
    """
    found: list[NDArray[np.float64]] = []
    for _ in range(ROUNDS):
        points = draw_points(clearance, nodes, CANDIDATES, rng)
        geodesic = np.empty(len(points))
        _geodesics(field, scale, clearance.reshape(-1), clearance.shape[1], points, geodesic)
        euclidean = np.maximum(np.hypot(*(points - goal).T), 1e-9)
        ratio = geodesic / euclidean
        keep = rng.random(len(points)) < np.where(ratio < STRAIGHT_RATIO, 20.0 * (ratio - 0.98) ** 2, 1.0)
        keep &= (geodesic >= NEAREST) & (geodesic <= FARTHEST)
        angle = rng.uniform(-np.pi, np.pi, len(points))
        found.append(np.column_stack([points, np.cos(angle), np.sin(angle)])[keep])
        if sum(map(len, found)) >= n:
            return np.concatenate(found)[:n]
    raise NoStartError(f"only {sum(map(len, found))} of {n} starts found in {ROUNDS * CANDIDATES} draws")


@kernel
def _fits(clearance, columns, points, fits):
    for k in range(points.shape[0]):
        value, _, _ = clearance_at(clearance, 0, columns, 0.0, 0.0, points[k, 0], points[k, 1])
        fits[k] = value >= AGENT_RADIUS


@kernel
def _geodesics(field, scale, clearance, columns, points, geodesics):
    for k in range(points.shape[0]):
        geodesics[k] = distance_at(field, 0, scale, clearance, 0, columns, points[k, 0], points[k, 1])
