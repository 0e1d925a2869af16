"""Walls between neighbouring rooms and the doors in them: which rooms meet, which tree joins them, what is cut."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sims.pointnav.floors.floorplan import Box, between


class Edge(NamedTuple):
    """The stretch that two rooms share: on the line `x = at` (`upright`) or `y = at`, from `low` to `high`."""

    a: int
    b: int
    upright: bool
    at: float
    low: float
    high: float


class Opening(NamedTuple):
    """A gap in the wall of an edge, from `low` to `high` along it; `bare` where no wall is left beside it."""

    edge: Edge
    low: float
    high: float
    bare: bool = False


def shared_edges(rooms: list[Box], least: float = 0.3) -> list[Edge]:
    """All pairs of rooms that share at least `least` metres of a side (rooms may touch but not overlap)."""
    boxes = np.array(rooms)
    edges = []
    for axis in (0, 1):
        low, high = boxes[:, axis], boxes[:, axis + 2]
        side_low, side_high = boxes[:, 1 - axis], boxes[:, 3 - axis]
        start = np.maximum(side_low[:, None], side_low[None, :])
        stop = np.minimum(side_high[:, None], side_high[None, :])
        first, second = np.nonzero((np.abs(high[:, None] - low[None, :]) < 1e-6) & (stop - start >= least))
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            edges.append(Edge(a, b, axis == 0, float(high[a]), float(start[a, b]), float(stop[a, b])))
    return edges


def edge_box(edge: Edge, low: float, high: float, thickness: float) -> Box:
    """The box around the part `low..high` of an edge's line."""
    half = thickness / 2
    if edge.upright:
        return edge.at - half, low, edge.at + half, high
    return low, edge.at - half, high, edge.at + half


def spanning_tree(n_rooms: int, edges: list[Edge], cost: list[float]) -> list[int]:
    """Kruskal's tree: indices of the edges that join all rooms that can be joined, cheapest first."""
    group = list(range(n_rooms))

    def root(room: int) -> int:
        while group[room] != room:
            room = group[room]
        return room

    chosen = []
    for index in sorted(range(len(edges)), key=cost.__getitem__):
        a, b = root(edges[index].a), root(edges[index].b)
        if a != b:
            group[a] = b
            chosen.append(index)
    return chosen


def largest_group(n_rooms: int, edges: list[Edge]) -> set[int]:
    """The rooms of the largest set that these edges join."""
    neighbours: list[list[int]] = [[] for _ in range(n_rooms)]
    for edge in edges:
        neighbours[edge.a].append(edge.b)
        neighbours[edge.b].append(edge.a)
    best: set[int] = set()
    unseen = list(range(n_rooms))
    while unseen:
        group, front = {unseen[0]}, [unseen[0]]
        while front:
            new = [room for room in neighbours[front.pop()] if room not in group]
            group.update(new)
            front.extend(new)
        best = group if len(group) > len(best) else best
        unseen = [room for room in unseen if room not in group]
    return best


def place_gap(rng: np.random.Generator, edge: Edge, width: float, thickness: float) -> Opening:
    """A doorway of `width` metres (less where the edge is short) near a corner, in the middle or anywhere."""
    slack = thickness / 2 + 0.05
    low, high = edge.low + slack, edge.high - slack
    width = min(width, round(high - low, 2))
    room = high - low - width
    kind = rng.random()
    if kind < 0.45:
        at = min(room, between(rng, 0.0, 0.25))
        at = at if kind < 0.225 else room - at
    else:
        at = room / 2 if kind < 0.55 else room * rng.random()
    start = round(low + at, 2)
    return Opening(edge, start, round(start + width, 2))


def keep_clear(opening: Opening, thickness: float, depth: float = 0.6) -> Box:
    """The floor on both sides of an opening on which nothing may stand: `depth` metres beyond either wall face."""
    return edge_box(opening.edge, opening.low, opening.high, thickness + 2 * depth)


def doors(
    rng: np.random.Generator,
    n_rooms: int,
    edges: list[Edge],
    penalty: Callable[[Edge], float],
    extra: Callable[[Edge], float],
) -> list[Edge]:
    """The edges that get an opening: a random tree that joins all rooms, and some more that make loops.

    Args:
        rng: random stream.
        n_rooms: number of rooms.
        edges: edges long enough for a door.
        penalty: how unlikely a door in an edge is to be part of the tree (added to a random number in 0..1).
        extra: the chance of a further door in an edge.
    """
    costs = [penalty(edge) + draw for edge, draw in zip(edges, rng.random(len(edges)).tolist(), strict=True)]
    tree = set(spanning_tree(n_rooms, edges, costs))
    draws = rng.random(len(edges)).tolist()
    return [edge for i, edge in enumerate(edges) if i in tree or draws[i] < extra(edge)]


def walls_and_gaps(edges: list[Edge], openings: list[Opening], thickness: float) -> tuple[list[Box], list[Box]]:
    """Wall boxes along all edges, and the boxes that the openings cut from them."""
    half = thickness / 2
    bare = {opening.edge for opening in openings if opening.bare}
    walls = [edge_box(e, e.low - half, e.high + half, thickness) for e in edges if e not in bare]
    gaps = [edge_box(o.edge, o.low, o.high, thickness) for o in openings if not o.bare]
    return walls, gaps
