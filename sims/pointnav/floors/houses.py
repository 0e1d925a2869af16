"""Seeded homes: an outline of 6-30 m cut into rooms, joined by doors and openings, and furnished."""

from typing import NamedTuple

import numpy as np

from sims.pointnav.floors.doors import (
    Edge,
    Opening,
    doors,
    largest_group,
    place_gap,
    shared_edges,
    walls_and_gaps,
)
from sims.pointnav.floors.features import hang_leaves, odd_features
from sims.pointnav.floors.floorplan import Box, Plan, area, between, generator, layout_of, random_frame
from sims.pointnav.floors.furnishing import furnish
from sims.pointnav.floors.furniture import Space, spaces_of
from sims.pointnav.floors.layout import Layout
from sims.pointnav.floors.passages import cleared

FAMILY = 1
OPEN_KINDS = ("living", "dining", "kitchen", "hall")


class Traits(NamedTuple):
    """What all rooms of one house have in common.

    Attributes:
        thickness: of inner walls, metres.
        outer: thickness of the outer wall, metres.
        door: usual width of a door, metres.
        openness: chance that two living rooms, kitchens or halls are not parted by a door.
        loops: chance of a door more than are needed.
        density: how much furniture, 0 empty to 1.
        clutter: small things per square metre.
        leaves: chance that an open door's leaf stands in the room.
        goal: multiplies the size of rooms.
    """

    thickness: float
    outer: float
    door: float
    openness: float
    loops: float
    density: float
    clutter: float
    leaves: float
    goal: float


def house(seed: int) -> Layout:
    """The home `houses:<seed>`, 6-30 m a side.

    Args:
        seed: any int from 0 on; each gives another house, the same on every machine.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    return layout_of(f"houses:{seed}", house_plan(seed))


def house_plan(seed: int) -> Plan:
    """The plan behind `house(seed)`, before it is turned into segments; errors as there."""
    rng = generator(FAMILY, seed, "houses")
    traits = _traits(rng)
    rooms = _rooms(rng, traits)
    edges = shared_edges(rooms)
    kinds = _kinds(rng, rooms)
    chosen = doors(
        rng,
        len(rooms),
        _passable(edges, traits.thickness),
        lambda edge: _door_cost(kinds[edge.a], kinds[edge.b]),
        lambda edge: _extra_chance(kinds[edge.a], kinds[edge.b], traits.loops),
    )
    openings = [_opening(rng, edge, kinds, traits) for edge in chosen]
    walls, gaps = walls_and_gaps(edges, openings, traits.thickness)
    spaces = spaces_of(rooms, edges, openings, traits.thickness)
    hang_leaves(rng, spaces, openings, traits.thickness, traits.leaves)
    for space, kind in zip(spaces, kinds, strict=True):
        _fill(rng, space, kind, traits)
    pieces = [piece for space in spaces for piece in space.pieces]
    return cleared(Plan(rooms, walls, gaps, traits.outer, pieces, np.zeros((0, 4)), random_frame(rng, 0.3, 0.08)))


def _rooms(rng: np.random.Generator, traits: Traits) -> list[Box]:
    """The rooms of a house, without those that no door could reach."""
    rooms = [room for wing in _outline(rng) for room in _divide(rng, wing, traits.goal, True)]
    group = largest_group(len(rooms), _passable(shared_edges(rooms), traits.thickness))
    return [rooms[index] for index in sorted(group)]


def _passable(edges: list[Edge], thickness: float) -> list[Edge]:
    """The edges long enough for a door of 0.7 m."""
    return [edge for edge in edges if edge.high - edge.low >= thickness + 0.85]


def _traits(rng: np.random.Generator) -> Traits:
    level = rng.random()
    density = 0.0 if level < 0.08 else min(1.0, 0.15 + level)
    mess = rng.random()
    return Traits(
        thickness=between(rng, 0.08, 0.2),
        outer=between(rng, 0.2, 0.4),
        door=between(rng, 0.72, 1.0),
        openness=float(rng.random()),
        loops=0.5 * rng.random() * rng.random() + 0.03,
        density=density,
        clutter=0.0 if mess < 0.35 else 1.5 * (mess - 0.3) ** 2,
        leaves=0.0 if rng.random() < 0.4 else 0.7 * rng.random(),
        goal=0.75 + 0.6 * rng.random(),
    )


def _side(rng: np.random.Generator) -> float:
    """Length of a house: mostly 8-18 m, some 6-8 m, some up to 29 m."""
    kind = rng.random()
    if kind < 0.12:
        return between(rng, 6.0, 8.5)
    if kind < 0.84:
        return between(rng, 8.0, 14.0) + between(rng, 0.0, 4.0)
    return between(rng, 15.0, 29.0)


def _outline(rng: np.random.Generator) -> list[Box]:
    """Disjoint boxes that make up the house: a rectangle, L, T, U, Z or a rectangle with a bay."""
    width = _side(rng)
    height = min(29.0, max(5.8, round(width * (0.5 + 0.5 * rng.random()), 2)))
    kind = rng.random() if height > 7.5 else 0.0
    if kind < 0.38:
        return [(0.0, 0.0, width, height)]
    base = round(height * (0.4 + 0.25 * rng.random()), 2)
    left, right = round(width * (0.25 + 0.15 * rng.random()), 2), round(width * (0.6 + 0.15 * rng.random()), 2)
    body = 0.0, 0.0, width, base
    if kind < 0.62:
        return [body, (0.0, base, between(rng, left, right), height)]
    if kind < 0.74:
        return [body, (left, base, right, height)]
    if kind < 0.84 and left > 3.0:
        return [body, (0.0, base, left, height), (right, base, width, round(height * (0.8 + 0.2 * rng.random()), 2))]
    if kind < 0.92:
        return [(0.0, 0.0, right, base), (left, base, width, height)]
    bay = between(rng, 1.2, 2.2)
    return [(0.0, 0.0, width, round(height - bay, 2)), (left, round(height - bay, 2), right, height)]


def _cut(box: Box, across_x: bool, at: float) -> tuple[Box, Box]:
    """The two parts of a box on either side of `x = at` (or `y = at`)."""
    x0, y0, x1, y1 = box
    if across_x:
        return (x0, y0, at, y1), (at, y0, x1, y1)
    return (x0, y0, x1, at), (x0, at, x1, y1)


def _divide(rng: np.random.Generator, box: Box, goal: float, hallway: bool) -> list[Box]:
    """Cut a box into rooms: by a hallway with rooms on both sides, or in two, until the parts are room-sized."""
    width, height = box[2] - box[0], box[3] - box[1]
    long, short = max(width, height), min(width, height)
    across_x = width > height
    size = rng.random()
    wanted = goal * (between(rng, 3, 8) if size < 0.2 else between(rng, 8, 17) if size < 0.7 else between(rng, 17, 40))
    if (area(box) <= wanted and long < 2.6 * short) or long < 3.2 or area(box) < 5.0:
        return _bitten(rng, box)
    if hallway and long > 7.5 and short > 5.8 and rng.random() < 0.6:
        return _along_hallway(rng, box, goal)
    low = box[0] if across_x else box[1]
    at = round(low + max(1.5, min(long - 1.5, long * (0.3 + 0.4 * rng.random()))), 2)
    return [room for part in _cut(box, across_x, at) for room in _divide(rng, part, goal, hallway)]


def _along_hallway(rng: np.random.Generator, box: Box, goal: float) -> list[Box]:
    """A hallway along the longer side, sometimes not to its end, with a row of rooms on either side."""
    across_x = box[2] - box[0] < box[3] - box[1]
    low, high = (box[0], box[2]) if across_x else (box[1], box[3])
    wide = between(rng, 1.05, 1.9)
    at = round(low + (high - low - wide) * (0.35 + 0.3 * rng.random()), 2)
    first, rest = _cut(box, across_x, at)
    hall, second = _cut(rest, across_x, round(at + wide, 2))
    rooms = [*_row(rng, first, not across_x, goal), *_row(rng, second, not across_x, goal)]
    if rng.random() < 0.5:
        start, length = (hall[1], hall[3] - hall[1]) if across_x else (hall[0], hall[2] - hall[0])
        return [*rooms, *_cut(hall, not across_x, round(start + length * (0.6 + 0.25 * rng.random()), 2))]
    return [*rooms, hall]


def _row(rng: np.random.Generator, box: Box, along_x: bool, goal: float) -> list[Box]:
    """Rooms side by side, each 1.8-6 m wide, some of them cut again."""
    low, high = (box[0], box[2]) if along_x else (box[1], box[3])
    depth = area(box) / (high - low)
    rooms = []
    while high - low > 3.6:
        wanted = goal * (between(rng, 5, 10) if rng.random() < 0.35 else between(rng, 10, 30))
        at = round(low + max(1.8, depth / 2.4, min(6.5, wanted / depth)), 2)
        if high - at < 1.8:
            break
        part, box = _cut(box, along_x, at)
        rooms.append(part)
        low = at
    rooms.append(box)
    return [leaf for room in rooms for leaf in (_divide(rng, room, goal, False) if area(room) > 24 else [room])]


def _bitten(rng: np.random.Generator, box: Box) -> list[Box]:
    """A room, sometimes with a closet or bathroom taken from one of its ends."""
    width, height = box[2] - box[0], box[3] - box[1]
    if not 10 < area(box) < 30 or min(width, height) < 2.4 or rng.random() < 0.72:
        return [box]
    across_x = width > height
    low, high = (box[0], box[2]) if across_x else (box[1], box[3])
    bite = between(rng, 0.9, 1.2) if rng.random() < 0.5 else between(rng, 1.6, 2.0)
    parts = _cut(box, across_x, round(low + bite if rng.random() < 0.5 else high - bite, 2))
    main, strip = sorted(parts, key=area, reverse=True)
    if min(width, height) < 3.4 or rng.random() < 0.4:
        return [main, strip]
    low, length = (strip[1], height) if across_x else (strip[0], width)
    return [main, *_cut(strip, not across_x, round(low + length * (0.4 + 0.2 * rng.random()), 2))]


def _kinds(rng: np.random.Generator, rooms: list[Box]) -> list[str]:
    """What each room is for, by its size and shape; the largest is the living room, one near the middle a kitchen."""
    kinds = [_kind(rng, room) for room in rooms]
    order = [i for i in sorted(range(len(rooms)), key=lambda i: -area(rooms[i])) if kinds[i] != "hall"]
    order = order or list(range(len(rooms)))
    kinds[order[0]] = "living"
    if len(order) > 2:
        kinds[order[1 + int(rng.random() * (len(order) // 2))]] = "kitchen"
    if len(order) > 3 and not {"bath"} & set(kinds):
        kinds[order[-1]] = "bath"
    return kinds


def _kind(rng: np.random.Generator, room: Box) -> str:
    size, short = area(room), min(room[2] - room[0], room[3] - room[1])
    draw = rng.random()
    if short < 2.0 and size > 2.6 * short * short:
        return "hall"
    if size < 3.2 or short < 1.3:
        return "closet"
    if size < 7.5:
        return "bath" if draw < 0.65 else "storage" if draw < 0.8 else "kitchen" if draw < 0.9 else "study"
    if size < 18:
        return "bedroom" if draw < 0.6 else "study" if draw < 0.75 else "dining" if draw < 0.9 else "storage"
    if size < 30:
        return "bedroom" if draw < 0.45 else "living" if draw < 0.7 else "dining" if draw < 0.85 else "study"
    return "living" if draw < 0.7 else "garage" if draw < 0.9 else "storage"


def _door_cost(a: str, b: str) -> float:
    """How unlikely a door between two kinds of room is, beside a random number in 0..1."""
    pair = {a, b}
    if "closet" in pair or "garage" in pair:
        return 1.0 if pair <= {"closet", "bath", "garage"} else 0.3
    if "hall" in pair:
        return 0.0
    if "bath" in pair:
        return 0.6 if "bedroom" in pair else 1.2
    if "bedroom" in pair:
        return 1.4 if a == b else 0.8
    return 0.3


def _extra_chance(a: str, b: str, loops: float) -> float:
    """Chance of a door that is not needed to reach a room."""
    if a in OPEN_KINDS and b in OPEN_KINDS:
        return min(0.7, 2.5 * loops)
    return 0.1 * loops if {a, b} & {"closet", "bath", "storage"} else loops


def _opening(rng: np.random.Generator, edge: Edge, kinds: list[str], traits: Traits) -> Opening:
    """A door, a wide opening, or no wall at all, after what the two rooms are."""
    room = round(edge.high - edge.low - traits.thickness - 0.1, 2)
    is_open = kinds[edge.a] in OPEN_KINDS and kinds[edge.b] in OPEN_KINDS and rng.random() < traits.openness
    if is_open and rng.random() < 0.4:
        return Opening(edge, edge.low, edge.high, bare=True)
    if is_open and room > 1.3:
        widest = room if rng.random() < 0.4 else min(room, 3.0)
        return place_gap(rng, edge, between(rng, 1.2, widest), traits.thickness)
    width = traits.door if rng.random() < 0.75 else between(rng, 0.7, 1.1)
    if {kinds[edge.a], kinds[edge.b]} & {"bath", "closet"}:
        width = max(0.7, round(width - 0.08, 2))
    return place_gap(rng, edge, width, traits.thickness)


def _fill(rng: np.random.Generator, space: Space, kind: str, traits: Traits) -> None:
    """Put odd features and furniture into one room."""
    odd_features(rng, space)
    density = min(1.0, traits.density * (0.6 + 0.8 * rng.random()))
    furnish(rng, space, kind, density, traits.clutter * 2 * rng.random())
