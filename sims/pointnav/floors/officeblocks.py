"""How an office floor is cut into corridors, rows of cells, open areas and cores."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sims.pointnav.floors.floorplan import Box, area, between


class Room(NamedTuple):
    """A box and what it is for.

    Kinds: `corridor`, `lobby`, `cell`, `meeting`, `open`, `hall`, `lecture`, `stacks`, `toilet`, `storage`, and `core`
    (solid: stairs, lifts, shafts).
    """

    box: Box
    kind: str


def cut(box: Box, across_x: bool, *places: float) -> list[Box]:
    """A box in slices, cut at `x = place` (or `y = place`) for each of the rising places."""
    low, high = (box[0], box[2]) if across_x else (box[1], box[3])
    marks = [low, *(round(place, 2) for place in places), high]
    if across_x:
        return [(a, box[1], b, box[3]) for a, b in pairwise(marks)]
    return [(box[0], a, box[2], b) for a, b in pairwise(marks)]


def plate(rng: np.random.Generator, box: Box, corridor: float, module: float) -> list[Room]:
    """Fill a whole floor plate: a ring of corridors at the facade, or corridors cutting it up again and again."""
    short = min(box[2] - box[0], box[3] - box[1])
    if short > 24 and rng.random() < 0.5:
        return _ring(rng, box, corridor, module)
    return _blocks(rng, box, corridor, module)


def _ring(rng: np.random.Generator, box: Box, corridor: float, module: float) -> list[Room]:
    """Rows of rooms along the facade, a corridor all around inside them, and something in the middle."""
    depth = between(rng, 3.5, 6.5)
    x0, y0, x1, y1 = box
    lower, middle, upper = cut(box, False, y0 + depth, y1 - depth)
    left, inside, right = cut(middle, True, x0 + depth, x1 - depth)
    south, between_ways, north = cut(inside, False, inside[1] + corridor, inside[3] - corridor)
    west, heart, east = cut(between_ways, True, inside[0] + corridor, inside[2] - corridor)
    rooms = [Room(way, "corridor") for way in (south, west, east, north)]
    for strip, along_x in ((lower, True), (upper, True), (left, False), (right, False)):
        rooms += row(rng, strip, along_x, module)
    return rooms + _heart(rng, heart, corridor, module)


def _heart(rng: np.random.Generator, box: Box, corridor: float, module: float) -> list[Room]:
    """The middle of a ring: a courtyard, a core, an open area, or more corridors and rooms."""
    short, draw = min(box[2] - box[0], box[3] - box[1]), rng.random()
    if short > 8 and draw < 0.2:
        return []
    if short < 10:
        return _core(rng, box, module)
    return _blocks(rng, box, corridor, module) if draw < 0.75 else _big(rng, box)


def _blocks(rng: np.random.Generator, box: Box, corridor: float, module: float) -> list[Room]:
    """Cut a block by corridors until what is left is a row of cells or one large room."""
    width, height = box[2] - box[0], box[3] - box[1]
    short, long = min(width, height), max(width, height)
    draw = rng.random()
    if short < 8.5:
        return _core(rng, box, module) if draw < 0.12 else row(rng, box, width > height, module)
    if area(box) < 700 and draw < (0.3 if short < 16 else 0.45) and long < 3 * short:
        return _big(rng, box)
    if short < 20 or long > 2 * short or draw > 0.8:
        across_x = width < height if short < 20 and long < 60 else width > height
    else:
        across_x = rng.random() < 0.5
    low, length = (box[0], width) if across_x else (box[1], height)
    wide = corridor if rng.random() < 0.8 else between(rng, 1.5, 3.0)
    least = min(4.0, (length - wide) / 2)
    at = low + max(least, min(length - wide - least, (length - wide) * (0.25 + 0.5 * rng.random())))
    first, way, second = cut(box, across_x, at, at + wide)
    parts = [room for part in (first, second) for room in _blocks(rng, part, corridor, module)]
    return [Room(way, "corridor"), *parts]


def _big(rng: np.random.Generator, box: Box) -> list[Room]:
    """One large room, sometimes with a row of small ones along one end."""
    draw = rng.random()
    kind = "open" if draw < 0.55 else "hall" if draw < 0.75 else "lecture" if draw < 0.85 else "stacks"
    width, height = box[2] - box[0], box[3] - box[1]
    if max(width, height) < 14 or rng.random() < 0.6:
        return [Room(box, kind)]
    across_x = width > height
    low, high = (box[0], box[2]) if across_x else (box[1], box[3])
    depth = between(rng, 2.6, 4.5)
    if rng.random() < 0.5:
        strip, rest = cut(box, across_x, low + depth)
    else:
        rest, strip = cut(box, across_x, high - depth)
    return [Room(rest, kind), *row(rng, strip, not across_x, between(rng, 2.6, 4.0))]


def row(rng: np.random.Generator, box: Box, along_x: bool, module: float) -> list[Room]:
    """Rooms side by side along a corridor: mostly one or two modules wide, some much wider."""
    low, high = (box[0], box[2]) if along_x else (box[1], box[3])
    depth = (box[3] - box[1]) if along_x else (box[2] - box[0])
    least = max(module, depth / 2.6)
    places = []
    at = low
    while True:
        draw = rng.random()
        step = least if draw < 0.6 else 1.5 * least if draw < 0.75 else 2 * least if draw < 0.92 else 4 * least
        at += step
        if high - at < 0.75 * least:
            break
        places.append(at)
    return [Room(part, _row_kind(rng, area(part))) for part in cut(box, along_x, *places)]


def _row_kind(rng: np.random.Generator, size: float) -> str:
    draw = rng.random()
    if size > 70:
        return "open" if draw < 0.5 else "lecture" if draw < 0.75 else "stacks" if draw < 0.9 else "meeting"
    if size > 24:
        return "meeting" if draw < 0.35 else "cell" if draw < 0.75 else "open" if draw < 0.9 else "lecture"
    return (
        "cell"
        if draw < 0.8
        else "meeting"
        if draw < 0.86
        else "storage"
        if draw < 0.92
        else ("toilet" if draw < 0.96 else "core")
    )


def _core(rng: np.random.Generator, box: Box, module: float) -> list[Room]:
    """Stairs, lifts and shafts (solid), toilets and store rooms in a row."""
    along_x = box[2] - box[0] > box[3] - box[1]
    rooms = row(rng, box, along_x, max(2.4, module * 0.8))
    kinds = ["core" if (draw := rng.random()) < 0.45 else "toilet" if draw < 0.75 else "storage" for _ in rooms]
    return [Room(room.box, kind) for room, kind in zip(rooms, kinds, strict=True)]


def wings(rng: np.random.Generator, corridor: float, module: float) -> list[Room]:
    """Slabs with a corridor each that meet in lobbies: L, T, U, H, E, crosses and courts.

    The lobbies stand on a grid of 2 or 3 by 2 or 3 places; a random tree of slabs, sometimes with loops, joins them.
    """
    n_x, n_y = 2 + (rng.random() < 0.45), 2 + (rng.random() < 0.3)
    depth_x, depth_y = between(rng, 9.5, 16.0), between(rng, 9.5, 16.0)
    spans = [(98.0 - n * depth) / (n - 1) for n, depth in ((n_x, depth_x), (n_y, depth_y))]
    gap_x, gap_y = (round(8.0 + (span - 8.0) * rng.random() * rng.random(), 2) for span in spans)
    places = [(i, j) for j in range(n_y) for i in range(n_x)]
    boxes = [
        (i * (depth_x + gap_x), j * (depth_y + gap_y), i * (depth_x + gap_x) + depth_x, j * (depth_y + gap_y) + depth_y)
        for i, j in places
    ]
    links = _links(rng, places)
    rooms = []
    for index, box in enumerate(boxes):
        degree = sum(index in link for link in links)
        if degree:
            rooms += _node(rng, box, degree)
    for a, b in links:
        along_x = places[a][1] == places[b][1]
        slab = (
            (boxes[a][2], boxes[a][1], boxes[b][0], boxes[a][3])
            if along_x
            else (boxes[a][0], boxes[a][3], boxes[a][2], boxes[b][1])
        )
        rooms += _slab(rng, slab, along_x, corridor, module)
    return [Room((*(round(value, 2) for value in room.box),), room.kind) for room in rooms]  # type: ignore[arg-type]


def _links(rng: np.random.Generator, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A random tree on the grid of places, some of its ends cut off, and some links that close loops."""
    near = [
        (a, b)
        for a in range(len(places))
        for b in range(a + 1, len(places))
        if abs(places[a][0] - places[b][0]) + abs(places[a][1] - places[b][1]) == 1
    ]
    draws = rng.random(len(near)).tolist()
    order = sorted(range(len(near)), key=draws.__getitem__)
    loops = 0.5 * rng.random()
    size = max(3, round(len(places) * (0.6 + 0.4 * rng.random())))
    reached = {int(rng.random() * len(places))}
    links: list[tuple[int, int]] = []
    while len(reached) < size:
        a, b = next(near[k] for k in order if (near[k][0] in reached) != (near[k][1] in reached))
        reached |= {a, b}
        links.append((a, b))
    closing = [near[k] for k in order if near[k] not in links and set(near[k]) <= reached]
    return links + [link for link in closing if rng.random() < loops]


def _node(rng: np.random.Generator, box: Box, degree: int) -> list[Room]:
    """A lobby where slabs meet; at the end of a slab a hall or one more large room."""
    if degree > 1:
        return [Room(box, "lobby" if rng.random() < 0.75 else "hall")]
    return _big(rng, box)


def _slab(rng: np.random.Generator, box: Box, along_x: bool, corridor: float, module: float) -> list[Room]:
    """A wing: a corridor along its middle or one side, rows of rooms beside it; now and then one great hall."""
    if rng.random() < 0.08:
        return [Room(box, "hall" if rng.random() < 0.5 else "open")]
    low, high = (box[1], box[3]) if along_x else (box[0], box[2])
    free, draw = high - low - corridor, rng.random()
    if draw < 0.2:
        parts = cut(box, not along_x, low + corridor)
        return [Room(parts[0], "corridor"), *row(rng, parts[1], along_x, module)]
    share = 0.5 if draw < 0.5 else 0.35 + 0.3 * rng.random()
    first, way, second = cut(box, not along_x, low + share * free, low + share * free + corridor)
    return [Room(way, "corridor"), *row(rng, first, along_x, module), *row(rng, second, along_x, module)]
