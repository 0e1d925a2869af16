"""Where furniture can stand in a room, and the shapes of single pieces: tables, chairs, small things."""

from typing import NamedTuple

import numpy as np

from sims.pointnav.floors.doors import Edge, Opening, edge_box, keep_clear
from sims.pointnav.floors.floorplan import (
    Box,
    Piece,
    between,
    bounds,
    box_polygon,
    grown,
    overlap,
    round_polygon,
    turned_polygon,
)

PASSAGE = 0.4
"""Pieces stand this far from one another and from walls, in metres, unless they touch."""


class Space(NamedTuple):
    """The free box of one room, and what already stands in it.

    Attributes:
        inner: from wall face to wall face.
        solid: whether there is a wall at the left, lower, right and upper side.
        keep: boxes on which nothing may stand (in front of doors).
        taken: bounding boxes of pieces.
        pieces: what was placed, in order.
    """

    inner: Box
    solid: tuple[bool, bool, bool, bool]
    keep: list[Box]
    taken: list[Box]
    pieces: list[Piece]


def fits(space: Space, box: Box, gap: float = PASSAGE) -> bool:
    """Whether a box lies in the room, off the kept floor and at least `gap` metres from other pieces."""
    x0, y0, x1, y1 = space.inner
    if box[0] < x0 - 1e-6 or box[1] < y0 - 1e-6 or box[2] > x1 + 1e-6 or box[3] > y1 + 1e-6:
        return False
    return not any(overlap(box, kept) for kept in space.keep) and not any(
        overlap(box, other, gap) for other in space.taken
    )


def snapped(value: float, low: float, high: float) -> float:
    """Move an interval's start to an end of its range where it would leave a slit too thin to be of use."""
    if value - low < PASSAGE:
        return low
    return high if high - value < PASSAGE else value


def against_wall(
    rng: np.random.Generator, space: Space, width: float, depth: float, gap: float = PASSAGE, tries: int = 4
) -> tuple[Box, int] | None:
    """A place for a `width` (along the wall) by `depth` box that touches a wall: the box and the wall's side, or None.

    Sides are 0 left, 1 lower, 2 right, 3 upper. The box is entered among the taken ones.
    """
    x0, y0, x1, y1 = space.inner
    sides = [side for side in range(4) if space.solid[side]]
    for _ in range(tries if sides else 0):
        side = sides[int(rng.random() * len(sides))]
        low, high = (y0, y1 - width) if side in (0, 2) else (x0, x1 - width)
        if high < low:
            continue
        along = low if (draw := rng.random()) < 0.2 else high if draw < 0.4 else round(low + (high - low) * draw, 2)
        along = snapped(along, low, high)
        box = on_side(space.inner, side, along, width, depth)
        if fits(space, box, gap):
            space.taken.append(box)
            return box, side
    return None


def on_side(inner: Box, side: int, along: float, width: float, depth: float) -> Box:
    """The box that touches a side of the room, from `along` on, `width` long and `depth` deep."""
    x0, y0, x1, y1 = inner
    if side == 0:
        return x0, along, x0 + depth, along + width
    if side == 1:
        return along, y0, along + width, y0 + depth
    if side == 2:
        return x1 - depth, along, x1, along + width
    return along, y1 - depth, along + width, y1


def in_the_open(
    rng: np.random.Generator, space: Space, width: float, depth: float, gap: float = PASSAGE, tries: int = 4
) -> Box | None:
    """A place for a `width` (x) by `depth` (y) box at least `gap` metres from walls and pieces, or None."""
    x0, y0, x1, y1 = grown(space.inner, -gap)
    room_x, room_y = x1 - x0 - width, y1 - y0 - depth
    if room_x < 0 or room_y < 0:
        return None
    for _ in range(tries):
        left, low = round(x0 + room_x * rng.random(), 2), round(y0 + room_y * rng.random(), 2)
        box = left, low, left + width, low + depth
        if fits(space, box, gap):
            space.taken.append(box)
            return box
    return None


def stands_well(space: Space, piece: Piece) -> bool:
    """Whether a piece reaches neither into a wall nor onto the floor that is kept clear before a door."""
    box, room = bounds(piece), grown(space.inner, 0.01)
    inside = box[0] >= room[0] and box[1] >= room[1] and box[2] <= room[2] and box[3] <= room[3]
    return inside and not any(overlap(box, kept) for kept in space.keep)


def drop_misplaced(space: Space, since: int) -> None:
    """Take away the pieces from number `since` on that do not stand well."""
    space.pieces[since:] = [piece for piece in space.pieces[since:] if stands_well(space, piece)]


def legs(box: Box, thickness: float) -> Piece:
    """Four square legs at the corners of a table or chair: one walks between them."""
    x0, y0, x1, y1 = box
    t = thickness
    corners = [(x0, y0), (x1 - t, y0), (x1 - t, y1 - t), (x0, y1 - t)]
    return tuple(box_polygon((x, y, x + t, y + t)) for x, y in corners)


def solid(box: Box) -> Piece:
    """A piece that fills its box."""
    return (box_polygon(box),)


def table(rng: np.random.Generator, box: Box, open_share: float = 0.4) -> Piece:
    """A table: solid, on four legs, or round."""
    kind = rng.random()
    if kind < open_share:
        return legs(box, between(rng, 0.05, 0.09))
    x0, y0, x1, y1 = box
    if kind > 0.85 and abs((x1 - x0) - (y1 - y0)) < 0.5:
        return (round_polygon((x0 + x1) / 2, (y0 + y1) / 2, min(x1 - x0, y1 - y0) / 2, 16),)
    return solid(box)


def chair(rng: np.random.Generator, x: float, y: float, size: float = 0.42) -> Piece:
    """A chair around `x, y`: a slightly turned box, a round seat, or four legs."""
    kind = rng.random()
    if kind < 0.15:
        return (round_polygon(x, y, size / 2, 8),)
    box = x - size / 2, y - size / 2, x + size / 2, y + size / 2
    if kind < 0.3:
        return legs(box, 0.05)
    return (turned_polygon(box_polygon(box), (rng.random() - 0.5) * (0.5 if kind < 0.8 else 2.0)),)


def chairs_around(rng: np.random.Generator, box: Box, share: float) -> list[Piece]:
    """Chairs at the sides of a table, every 0.65 m or so, each there with chance `share`, pulled out by up to 0.3 m."""
    x0, y0, x1, y1 = box
    spots: list[tuple[float, float]] = []
    for low, high, flat in ((x0, x1, True), (y0, y1, False)):
        n = max(1, int((high - low) / 0.65))
        for k in range(n):
            at = low + (high - low) * (k + 0.5) / n
            out = [0.1 + 0.25 * rng.random(), 0.1 + 0.25 * rng.random()]
            spots += [(at, y0 - out[0]), (at, y1 + out[1])] if flat else [(x0 - out[0], at), (x1 + out[1], at)]
    return [chair(rng, x, y) for x, y in spots if rng.random() < share]


def scatter(rng: np.random.Generator, space: Space, n: int) -> None:
    """Up to `n` small things in odd places: boxes, turned boxes and round ones of 0.15 to 0.6 m."""
    x0, y0, x1, y1 = space.inner
    for _ in range(n):
        w, d, u, v, kind = (float(value) for value in rng.random(5))
        w, d = 0.15 + 0.45 * w * w, 0.15 + 0.45 * d * d
        if x1 - x0 < w + 0.1 or y1 - y0 < d + 0.1:
            return
        left = snapped(round(x0 + (x1 - x0 - w) * u, 2), x0, x1 - w)
        low = snapped(round(y0 + (y1 - y0 - d) * v, 2), y0, y1 - d)
        box = left, low, left + w, low + d
        if not fits(space, box, 0.3):
            continue
        space.taken.append(box)
        if kind < 0.4:
            space.pieces.append(solid(box))
        elif kind < 0.7:
            space.pieces.append((round_polygon(left + w / 2, low + d / 2, min(w, d) / 2, 8),))
        else:
            space.pieces.append((turned_polygon(box_polygon(box), 2 * kind - 1.7),))


def spaces_of(rooms: list[Box], edges: list[Edge], openings: list[Opening], thickness: float) -> list[Space]:
    """The free box of each room between its wall faces, with what must be kept clear before doors."""
    bare = {opening.edge for opening in openings if opening.bare}
    inset = [[0.0] * 4 for _ in rooms]
    is_solid = [[True] * 4 for _ in rooms]
    for edge in edges:
        for room, side in ((edge.a, 2 if edge.upright else 3), (edge.b, 0 if edge.upright else 1)):
            inset[room][side] = max(inset[room][side], 0.0 if edge in bare else thickness / 2)
            is_solid[room][side] &= edge not in bare
    keep: list[list[Box]] = [[] for _ in rooms]
    for opening in openings:
        low, high = (opening.low, opening.high) if not opening.bare else (opening.low + 0.5, opening.high - 0.5)
        clear = keep_clear(opening, thickness) if not opening.bare else edge_box(opening.edge, low, high, 0.9)
        keep[opening.edge.a].append(clear)
        keep[opening.edge.b].append(clear)
    spaces = []
    for (x0, y0, x1, y1), (a, b, c, d), walls, clear in zip(rooms, inset, is_solid, keep, strict=True):
        inner = x0 + a, y0 + b, x1 - c, y1 - d
        spaces.append(Space(inner, (walls[0], walls[1], walls[2], walls[3]), clear, [], []))
    return spaces
