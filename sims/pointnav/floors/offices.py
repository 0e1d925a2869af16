"""Seeded office floors of 20-100 m: corridors with cells, rings around cores, wings with lobbies, open plans."""

from typing import NamedTuple

import numpy as np

from sims.pointnav.floors.doors import Edge, Opening, doors, largest_group, place_gap, shared_edges, walls_and_gaps
from sims.pointnav.floors.features import hang_leaves, odd_features
from sims.pointnav.floors.floorplan import Box, Plan, between, generator, layout_of, random_frame
from sims.pointnav.floors.furniture import spaces_of
from sims.pointnav.floors.layout import Layout
from sims.pointnav.floors.officeblocks import Room, plate, wings
from sims.pointnav.floors.officefurnishing import furnish_office, structural_columns
from sims.pointnav.floors.passages import cleared

FAMILY = 2
WAYS = ("corridor", "lobby")
BIG = ("open", "hall", "lobby", "lecture", "stacks")


class Traits(NamedTuple):
    """What all of one floor has in common.

    Attributes:
        thickness: of inner walls, metres.
        outer: thickness of the outer wall, metres.
        door: width of doors, metres.
        corridor: width of corridors, metres.
        module: usual width of a cell, metres.
        loops: chance of a door more than are needed.
        density: how much furniture, 0 empty to 1.
        clutter: small things per square metre.
        leaves: chance that an open door's leaf stands in the room.
        glass: chance that an open area has no wall towards the corridor.
    """

    thickness: float
    outer: float
    door: float
    corridor: float
    module: float
    loops: float
    density: float
    clutter: float
    leaves: float
    glass: float


def office(seed: int) -> Layout:
    """The office floor `offices:<seed>`, 20-100 m a side.

    Args:
        seed: any int from 0 on; each gives another floor, the same on every machine.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    return layout_of(f"offices:{seed}", office_plan(seed))


def office_plan(seed: int) -> Plan:
    """The plan behind `office(seed)`, before it is turned into segments; errors as there."""
    rng = generator(FAMILY, seed, "offices")
    traits = _traits(rng)
    rooms, cores = _rooms(rng, traits)
    boxes, kinds = [room.box for room in rooms], [room.kind for room in rooms]
    edges = shared_edges(boxes)
    reachable = _passable(edges, traits.thickness)
    chosen = doors(
        rng,
        len(rooms),
        reachable,
        lambda edge: _door_cost(kinds[edge.a], kinds[edge.b]),
        lambda edge: _extra_chance(kinds[edge.a], kinds[edge.b], traits.loops),
    )
    openings = [_opening(rng, edge, kinds, traits) for edge in chosen]
    walls, gaps = walls_and_gaps(edges, openings, traits.thickness)
    walls += cores
    spaces = spaces_of(boxes, edges, openings, traits.thickness)
    structural_columns(rng, spaces, kinds)
    hang_leaves(rng, spaces, openings, traits.thickness, traits.leaves)
    for space, kind in zip(spaces, kinds, strict=True):
        odd_features(rng, space)
        density = min(1.0, traits.density * (0.6 + 0.8 * rng.random()))
        furnish_office(rng, space, kind, density, traits.clutter * 2 * rng.random())
    pieces = [piece for space in spaces for piece in space.pieces]
    return cleared(Plan(boxes, walls, gaps, traits.outer, pieces, np.zeros((0, 4)), random_frame(rng, 0.3, 0.06)))


def _rooms(rng: np.random.Generator, traits: Traits) -> tuple[list[Room], list[Box]]:
    """All rooms that can be reached, and the solid cores; cores that would part the floor become store rooms."""
    blocks = _floor(rng, traits)
    rooms = [room for room in blocks if room.kind != "core"]
    group = _reached(rooms, traits.thickness)
    if len(group) == len(rooms):
        return rooms, [room.box for room in blocks if room.kind == "core"]
    rooms = [Room(room.box, "storage") if room.kind == "core" else room for room in blocks]
    return [rooms[index] for index in sorted(_reached(rooms, traits.thickness))], []


def _passable(edges: list[Edge], thickness: float) -> list[Edge]:
    return [edge for edge in edges if edge.high - edge.low >= thickness + 0.95]


def _reached(rooms: list[Room], thickness: float) -> set[int]:
    return largest_group(len(rooms), _passable(shared_edges([room.box for room in rooms]), thickness))


def _traits(rng: np.random.Generator) -> Traits:
    level, mess = rng.random(), rng.random()
    return Traits(
        thickness=between(rng, 0.1, 0.2),
        outer=between(rng, 0.25, 0.4),
        door=between(rng, 0.8, 1.05),
        corridor=between(rng, 1.5, 2.2) if rng.random() < 0.7 else between(rng, 2.2, 3.0),
        module=between(rng, 2.6, 4.5),
        loops=0.3 * rng.random() * rng.random() + 0.02,
        density=0.0 if level < 0.1 else min(1.0, 0.15 + level),
        clutter=0.0 if mess < 0.4 else 0.3 * (mess - 0.35) ** 2,
        leaves=0.0 if rng.random() < 0.5 else 0.6 * rng.random(),
        glass=float(rng.random()),
    )


def _length(rng: np.random.Generator) -> float:
    """A side of 20-98 m, short ones more often (nearly even in its logarithm)."""
    u = rng.random()
    return round(20.2 + 20 * u + 57 * u * u * u, 2)


def _floor(rng: np.random.Generator, traits: Traits) -> list[Room]:
    if rng.random() < 0.5:
        return wings(rng, traits.corridor, traits.module)
    width, height = _length(rng), _length(rng)
    height = max(height, round(width / 3, 2))
    return plate(rng, (0.0, 0.0, width, height), traits.corridor, traits.module)


def _door_cost(a: str, b: str) -> float:
    """How unlikely a door between two kinds of room is, beside a random number in 0..1."""
    if a in WAYS and b in WAYS:
        return -2.0
    if a in WAYS or b in WAYS:
        return 0.0
    if a in BIG or b in BIG:
        return 1.1
    return 3.0 if "toilet" in (a, b) else 2.0


def _extra_chance(a: str, b: str, loops: float) -> float:
    """Chance of a door that is not needed to reach a room."""
    if a in WAYS and b in WAYS:
        return 0.9
    if "toilet" in (a, b) or "storage" in (a, b):
        return 0.0
    if a in BIG and b in BIG:
        return 0.4
    if (a in BIG or b in BIG) and (a in WAYS or b in WAYS):
        return 0.45
    return loops if a == b or a in BIG or b in BIG else 0.3 * loops


def _opening(rng: np.random.Generator, edge: Edge, kinds: list[str], traits: Traits) -> Opening:
    """Corridors run into one another, open areas open widely, all else has doors."""
    pair = (kinds[edge.a], kinds[edge.b])
    room = round(edge.high - edge.low - traits.thickness - 0.1, 2)
    if all(kind in WAYS for kind in pair):
        if rng.random() < 0.75:
            return Opening(edge, edge.low, edge.high, bare=True)
        return place_gap(rng, edge, between(rng, 1.2, max(1.2, min(room, 2.0))), traits.thickness)
    if any(kind in ("open", "hall", "lobby") for kind in pair) and rng.random() < traits.glass:
        if rng.random() < 0.4:
            return Opening(edge, edge.low, edge.high, bare=True)
        return place_gap(rng, edge, between(rng, 1.4, max(1.4, min(room, 5.0))), traits.thickness)
    width = traits.door if rng.random() < 0.8 else between(rng, 0.8, 1.2)
    return place_gap(rng, edge, width, traits.thickness)
