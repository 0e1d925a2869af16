"""What an agent does: whether it follows walls, turns where it collided, and how a second trip lies to the first.

Wijmans et al. 2023 tell of all three and measure none; the measures here are ours. Chamfer distances are as in their
`LoopCompare`, but straight instead of around walls.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import KDTree

from probes.measures import Score, score_of
from probes.records import Record
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.floors.layout import GRID
from sims.pointnav.ground import Ground, ground_of
from sims.pointnav.state import AGENT_RADIUS, CLEARANCE_UNIT, FORWARD, FORWARD_STEP, LEFT, RIGHT

NEAR = 0.1
"""Metres from the disc's edge to a wall within which it walks along that wall."""

MOVED = FORWARD_STEP / 2
"""Metres that a FORWARD must have led to count as walking along a wall, and not as standing before it."""

LEAST_TURNS = 4
"""Turns after collisions without which an episode says nothing of a hand."""


class Behaviour(NamedTuple):
    """Shares, means over episodes that have any to count.

    Attributes:
        wall_following: of FORWARDs, those along a wall; its chance is the share of the floor that is as near to one.
        turns_after_collision: of FORWARDs that collided, those with a turn next; its chance is the same of FORWARDs
            that did not collide.
        keeps_hand: of first turns after collisions, those in the direction of the one before; its chance is that of
            the same turns in any order. A wall kept on one hand is turned from in one direction.
    """

    wall_following: Score
    turns_after_collision: Score
    keeps_hand: Score

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: score.document() for name, score in self._asdict().items()}


def behaviour(record: Record) -> Behaviour:
    """Measure the episodes of `record`; no memory is looked at.

    Raises:
        ValueError: no episode has a FORWARD, a collision, or turns enough after collisions.
    """
    numbers = record.layout_numbers()
    walls, turns, hands = [], [], []
    for e, layout in enumerate(record.layouts):
        part = record.slice_of(e)
        action, collided = record.steps["action"][part], record.steps["collided"][part]
        walls.append(along_walls(record.steps["pose_world"][part, :2], action, layout))
        turns.append(turns_next(action, collided))
        hands.append(keeping_hand(first_turns(action, collided)))
    return Behaviour(
        _paired(np.array(walls), numbers, "a FORWARD"),
        _paired(np.array(turns), numbers, "a FORWARD that collided and one that did not"),
        _paired(np.array(hands), numbers, f"{LEAST_TURNS} turns after collisions"),
    )


def _paired(rates: NDArray[np.float64], layouts: NDArray[np.int64], what: str) -> Score:
    """The mean of the first column of `rates` `[episode, 2]`, and of the second as chance, where both are."""
    there = np.isfinite(rates).all(1)
    if not there.any():
        raise ValueError(f"none of {len(rates)} episodes has {what}: record more or longer ones")
    _, clusters = np.unique(layouts[there], return_inverse=True)
    return score_of(rates[there, 0], float(rates[there, 1].mean()), clusters)


def along_walls(xy: NDArray[np.float64], action: NDArray[np.int8], layout: str) -> tuple[float, float]:
    """The share of FORWARDs along a wall, and of the floor as near to one; NaN where there is no FORWARD.

    Args:
        xy: `[step, 2]` world, metres, before each action. action: `[step]`. layout: its name.
    """
    went = np.flatnonzero(action[:-1] == FORWARD)
    if len(went) == 0:
        return np.nan, np.nan
    ground, share = _ground(layout)
    near = clearance_of(ground, xy) - AGENT_RADIUS <= NEAR
    moved = np.linalg.norm(xy[went + 1] - xy[went], axis=1) >= MOVED
    return float((near[went] & near[went + 1] & moved).mean()), share


@lru_cache(maxsize=8)
def _ground(layout: str) -> tuple[Ground, float]:
    """A layout's ground, and how much of its floor is near a wall."""
    ground = ground_of(load_layout(layout))
    return ground, float((ground.clearance[ground.free] * CLEARANCE_UNIT - AGENT_RADIUS <= NEAR).mean())


def clearance_of(ground: Ground, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres to the nearest wall at points `[..., 2]` of the world, at most 1; bilinear between nodes."""
    columns, rows = np.moveaxis((xy - ground.origin) / GRID, -1, 0)
    return map_coordinates(ground.clearance.astype(np.float64), [rows, columns], order=1) * CLEARANCE_UNIT


def turns_next(action: NDArray[np.int8], collided: NDArray[np.bool_]) -> tuple[float, float]:
    """How often a turn follows a FORWARD that collided, and one that did not; NaN where there is none."""
    went, turned = action[:-1] == FORWARD, np.isin(action[1:], (LEFT, RIGHT))
    rates = [
        float(turned[some].mean()) if some.any() else np.nan for some in (went & collided[:-1], went & ~collided[:-1])
    ]
    return rates[0], rates[1]


def first_turns(action: NDArray[np.int8], collided: NDArray[np.bool_]) -> NDArray[np.int8]:
    """The turns that come right after collisions, LEFT or RIGHT, in their order."""
    after = action[1:][(action[:-1] == FORWARD) & collided[:-1]]
    return after[np.isin(after, (LEFT, RIGHT))]


def keeping_hand(turns: NDArray[np.int8]) -> tuple[float, float]:
    """How often a turn has the direction of the one before, and how often it would in any order; NaN for too few."""
    n = len(turns)
    if n < LEAST_TURNS:
        return np.nan, np.nan
    left = int((turns == LEFT).sum())
    same = left * (left - 1) + (n - left) * (n - left - 1)
    return float((turns[1:] == turns[:-1]).mean()), same / (n * (n - 1))


class Trips(NamedTuple):
    """How second trips lie to first ones, means over pairs.

    Attributes:
        length_ratio: the second's length through the first's; below 1 it takes shortcuts.
        off_the_first: metres from a point of the second to the nearest one of the first: whether it goes where the
            first has not been. left_out: from a point of the first to the second: excursions that it spares itself.
    """

    length_ratio: Score
    off_the_first: Score
    left_out: Score

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: score.document() for name, score in self._asdict().items()}


def compare_trips(
    first: Sequence[NDArray[np.float64]], second: Sequence[NDArray[np.float64]], layouts: Sequence[str], seed: int = 0
) -> Trips:
    """Compare pairs of paths `[step, 2]`, metres in one frame, first and second trip of each on its layout.

    The chance of each is that of false pairs: second trips with the first of another pair on the same layout (of any,
    where there is but one on it), both from their own start.

    Raises:
        ValueError: not as many of each, fewer than two pairs, or a path without a length.
    """
    if not len(first) == len(second) == len(layouts) or len(first) < 2:
        raise ValueError(
            f"trips come in pairs, two at least, each on its layout, got {len(first)}, {len(second)} and {len(layouts)}"
        )
    _, numbers = np.unique(layouts, return_inverse=True)
    own = np.array([_compared(a, b) for a, b in zip(first, second, strict=True)])
    other = _others(numbers, seed)
    false = np.array([_compared(first[k] - first[k][0] + first[e][0], second[e]) for e, k in enumerate(other)])
    return Trips(*(score_of(own[:, k], float(false[:, k].mean()), numbers) for k in range(3)))


def _compared(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float, float]:
    lengths = [float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum()) for path in (first, second)]
    if min(lengths) <= 0.0:
        raise ValueError("a trip has no length: leave out episodes that end where they began")
    return lengths[1] / lengths[0], chamfer(second, first), chamfer(first, second)


def chamfer(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The mean distance from points of `a` `[n, 2]` to the nearest point of `b` `[m, 2]`."""
    return float(KDTree(b).query(a)[0].mean())


def _others(layouts: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """For each pair another one, on its layout where there is another."""
    rng = np.random.default_rng(seed)
    everyone = np.arange(len(layouts))
    found = []
    for e in everyone:
        near = everyone[(layouts == layouts[e]) & (everyone != e)]
        found.append(rng.choice(near if len(near) else everyone[everyone != e]))
    return np.array(found)
