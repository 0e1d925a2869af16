"""What stands in the rooms of a home, kind by kind, at the sizes that furniture is sold in."""

from collections.abc import Callable

import numpy as np

from sims.pointnav.floors.floorplan import Box, area, between, box_polygon, overlap, round_polygon, turned_polygon
from sims.pointnav.floors.furniture import (
    Space,
    against_wall,
    chair,
    chairs_around,
    drop_misplaced,
    fits,
    in_the_open,
    on_side,
    scatter,
    solid,
    table,
)

Furnisher = Callable[[np.random.Generator, Space, float], None]


def furnish(rng: np.random.Generator, space: Space, kind: str, density: float, clutter: float) -> None:
    """Put furniture into a room.

    Args:
        rng: random stream.
        space: the room, changed in place.
        kind: `hall`, `closet`, `bath`, `kitchen`, `dining`, `living`, `bedroom`, `study`, `storage`, `garage`.
        density: 0 for an empty room, 1 for all that belongs in such a room.
        clutter: small things per square metre.
    """
    since = len(space.pieces)
    if density > 0:
        FURNISHERS[kind](rng, space, density)
        drop_misplaced(space, since)
    if clutter > 0:
        scatter(rng, space, int(clutter * area(space.inner) + rng.random()))


def wall_piece(
    rng: np.random.Generator, space: Space, widths: tuple[float, float], depths: tuple[float, float], tries: int = 4
) -> tuple[Box, int] | None:
    """Stand one solid piece against a wall."""
    width = between(rng, *widths)
    found = against_wall(rng, space, width, between(rng, *depths), tries=tries)
    if found:
        space.pieces.append(solid(found[0]))
    return found


def several(
    rng: np.random.Generator, space: Space, n: int, widths: tuple[float, float], depths: tuple[float, float]
) -> None:
    """Stand up to `n` solid pieces against walls; `widths` and `depths` are ranges in metres."""
    for _ in range(n):
        wall_piece(rng, space, widths, depths)


def _facing(box: Box, side: int, distance: float, width: float, depth: float) -> Box:
    """A box of `width` by `depth` in front of a piece at a wall, `distance` metres from it, centred on it."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if side == 0:
        return box[2] + distance, y - width / 2, box[2] + distance + depth, y + width / 2
    if side == 1:
        return x - width / 2, box[3] + distance, x + width / 2, box[3] + distance + depth
    if side == 2:
        return box[0] - distance - depth, y - width / 2, box[0] - distance, y + width / 2
    return x - width / 2, box[1] - distance - depth, x + width / 2, box[1] - distance


def _add_facing(
    rng: np.random.Generator, space: Space, place: tuple[Box, int], distance: float, width: float, depth: float
) -> Box | None:
    """Stand a table in front of a piece if there is room for it."""
    box = _facing(*place, distance, width, depth)
    if not fits(space, box, min(distance, 0.4)):
        return None
    space.taken.append(box)
    space.pieces.append(table(rng, box))
    return box


def _bedroom(rng: np.random.Generator, space: Space, density: float) -> None:
    wide = between(rng, 1.4, 1.9) if area(space.inner) > 10 else between(rng, 0.8, 1.4)
    bed = wall_piece(rng, space, (wide, wide), (1.95, 2.15), tries=8)
    if bed and rng.random() < density:
        _nightstands(space, *bed)
    if rng.random() < density + 0.2:
        wall_piece(rng, space, (1.0, 2.6), (0.5, 0.65), tries=6)
    if rng.random() < density * 0.7:
        desk(rng, space)
    several(rng, space, int(density * 2 * rng.random() + area(space.inner) / 20), (0.4, 1.4), (0.35, 0.5))
    if area(space.inner) > 16 and rng.random() < 0.5:
        armchair(rng, space)


def _nightstands(space: Space, bed: Box, side: int) -> None:
    low, high = (bed[1], bed[3]) if side in (0, 2) else (bed[0], bed[2])
    for along in (low - 0.45, high):
        box = on_side(space.inner, side, along, 0.45, 0.4)
        others = [other for other in space.taken if other != bed]
        if fits(space._replace(taken=others), box):
            space.taken.append(box)
            space.pieces.append(solid(box))


def desk(rng: np.random.Generator, space: Space) -> None:
    """Stand a desk against a wall, with a chair before it unless a door needs the place."""
    width, depth = between(rng, 1.0, 1.8), between(rng, 0.55, 0.8)
    found = against_wall(rng, space, width, depth)
    if found is None:
        return
    space.pieces.append(table(rng, found[0], 0.35))
    seat = _facing(*found, 0.0, 0.5, 0.5)
    if not any(overlap(seat, kept) for kept in space.keep):
        space.taken.append(seat)
        space.pieces.append(chair(rng, (seat[0] + seat[2]) / 2, (seat[1] + seat[3]) / 2, between(rng, 0.4, 0.55)))


def armchair(rng: np.random.Generator, space: Space) -> None:
    """Stand an armchair on open floor, turned at random."""
    size = between(rng, 0.7, 0.95)
    room = round(size * 1.3, 2)
    box = in_the_open(rng, space, room, room)
    if box:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        seat = box_polygon((x - size / 2, y - size / 2, x + size / 2, y + size / 2))
        space.pieces.append((turned_polygon(seat, 2 * rng.random() - 1),))


def sofa(rng: np.random.Generator, space: Space) -> tuple[Box, int] | None:
    """Stand a sofa against a wall, in three of ten cases an L; its box and side, or None if nothing fitted."""
    width, depth = between(rng, 1.6, 2.8), between(rng, 0.8, 1.0)
    found = against_wall(rng, space, width, depth, tries=6)
    if found is None:
        return None
    space.pieces.append(solid(found[0]))
    if rng.random() < 0.3:
        _chaise(rng, space, *found)
    return found


def _chaise(rng: np.random.Generator, space: Space, sofa: Box, side: int) -> None:
    """Make the sofa an L: a second part at one of its ends."""
    inner = space.inner
    low, high = (sofa[1], sofa[3]) if side in (0, 2) else (sofa[0], sofa[2])
    along = low if rng.random() < 0.5 else high - 0.85
    box = on_side(inner, side, along, 0.85, between(rng, 1.5, 2.2))
    others = [other for other in space.taken if other != sofa]
    if fits(space._replace(taken=others), box):
        space.taken.append(box)
        space.pieces.append(solid(box))


def _living(rng: np.random.Generator, space: Space, density: float) -> None:
    size = area(space.inner)
    place = sofa(rng, space)
    if place and rng.random() < 0.4 + density / 2:
        _add_facing(rng, space, place, between(rng, 0.35, 0.6), between(rng, 0.7, 1.3), between(rng, 0.5, 0.8))
    wall_piece(rng, space, (1.2, 2.2), (0.35, 0.5), tries=6)
    if size > 24 and rng.random() < 0.7:
        _floating_sofa(rng, space)
    for _ in range(int(size / 14 + density * 1.5 * rng.random())):
        armchair(rng, space)
    several(rng, space, int(density * (1 + size / 12) * rng.random() + 0.5), (0.4, 1.8), (0.25, 0.55))
    if size > 26 and rng.random() < 0.5:
        dining_table(rng, space, density)
    if size > 40 and rng.random() < 0.3:
        _piano(rng, space)


def _floating_sofa(rng: np.random.Generator, space: Space) -> None:
    width, depth = between(rng, 1.7, 2.6), between(rng, 0.8, 1.0)
    if rng.random() < 0.5:
        width, depth = depth, width
    box = in_the_open(rng, space, width, depth, 0.6)
    if box:
        space.pieces.append(solid(box))


def _piano(rng: np.random.Generator, space: Space) -> None:
    box = in_the_open(rng, space, 1.5, 1.8)
    if box:
        x0, y0, x1, y1 = box
        space.pieces.append((np.array([[x0, y0], [x1, y0], [x1, y0 + 0.8], [x0 + 0.7, y1], [x0, y1]]),))


def dining_table(rng: np.random.Generator, space: Space, density: float) -> None:
    """Stand a dining table on open floor, with chairs around it."""
    width, depth = between(rng, 0.9, 2.4), between(rng, 0.8, 1.1)
    if rng.random() < 0.5:
        width, depth = depth, width
    spot = in_the_open(rng, space, width + 1.0, depth + 1.0, 0.3, tries=6) or in_the_open(
        rng, space, width + 0.6, depth + 0.6, 0.2, tries=4
    )
    if spot is None:
        return
    x, y = (spot[0] + spot[2] - width) / 2, (spot[1] + spot[3] - depth) / 2
    board = x, y, x + width, y + depth
    space.pieces.append(table(rng, board))
    space.pieces.extend(chairs_around(rng, board, 0.3 + 0.65 * density))


def _dining(rng: np.random.Generator, space: Space, density: float) -> None:
    dining_table(rng, space, density)
    several(rng, space, 1 + int(2 * density * rng.random()), (0.8, 2.0), (0.35, 0.5))


def _kitchen(rng: np.random.Generator, space: Space, density: float) -> None:
    depth = between(rng, 0.58, 0.68)
    sides = [side for side in range(4) if space.solid[side]]
    n_rows = 1 + (rng.random() < 0.6) + (density > 0.7 and rng.random() < 0.3)
    start = int(rng.random() * 4)
    for step in range(min(n_rows, len(sides))):
        _counter(rng, space, sides[(start + step) % len(sides)], depth)
    size = area(space.inner)
    if size > 13 and rng.random() < 0.55:
        _island(rng, space)
    elif size > 9 and rng.random() < 0.5:
        dining_table(rng, space, density)
    if rng.random() < density:
        wall_piece(rng, space, (0.6, 0.9), (0.6, 0.7))


def _counter(rng: np.random.Generator, space: Space, side: int, depth: float) -> None:
    """A counter along the longest stretch of a wall that no door needs, touching other counters at corners."""
    x0, y0, x1, y1 = space.inner
    low, high = (y0, y1) if side in (0, 2) else (x0, x1)
    band = on_side(space.inner, side, low, high - low, depth)
    first = 1 if side in (0, 2) else 0
    blocks = [(box[first], box[first + 2]) for box in space.keep if overlap(box, band)]
    edges = [low, *sorted(stop for _, stop in blocks)], [*sorted(start for start, _ in blocks), high]
    start, stop = max(zip(*edges, strict=True), key=lambda stretch: stretch[1] - stretch[0])
    start, stop = max(low, start), min(high, stop)
    if stop - start > 3.5 and rng.random() < 0.6:
        stop = start + between(rng, 2.4, 3.5)
    if stop - start < 0.9:
        return
    box = on_side(space.inner, side, start, stop - start, depth)
    if any(overlap(box, kept) for kept in space.keep):
        return
    space.taken.append(box)
    space.pieces.append(solid(box))


def _island(rng: np.random.Generator, space: Space) -> None:
    width, depth = between(rng, 1.2, 2.4), between(rng, 0.7, 1.0)
    if rng.random() < 0.5:
        width, depth = depth, width
    box = in_the_open(rng, space, width, depth, 0.8, tries=6)
    if box:
        space.pieces.append(solid(box))


def bath(rng: np.random.Generator, space: Space, density: float) -> None:
    """Tub or shower, toilet and basin along the walls, perhaps a washing machine."""
    kind = rng.random()
    if kind < 0.45:
        wall_piece(rng, space, (1.5, 1.75), (0.7, 0.8), tries=6)
    elif kind < 0.85:
        wall_piece(rng, space, (0.8, 1.0), (0.8, 1.0), tries=6)
    for widths, depths in (((0.38, 0.42), (0.6, 0.7)), ((0.5, 1.0), (0.4, 0.5))):
        found = against_wall(rng, space, between(rng, *widths), between(rng, *depths), gap=0.1, tries=8)
        if found:
            space.pieces.append(solid(found[0]))
    if rng.random() < density / 2:
        wall_piece(rng, space, (0.5, 0.65), (0.55, 0.65))


def _closet(rng: np.random.Generator, space: Space, density: float) -> None:
    x0, y0, x1, y1 = space.inner
    depth = min(between(rng, 0.3, 0.6), round(min(x1 - x0, y1 - y0) - 0.6, 2))
    if depth > 0.15 and rng.random() < 0.3 + density / 2:
        width = round(0.9 * max(x1 - x0, y1 - y0), 2) if rng.random() < 0.6 else between(rng, 0.4, 0.9)
        wall_piece(rng, space, (width, width), (depth, depth), tries=6)


def study(rng: np.random.Generator, space: Space, density: float) -> None:
    """Desks, shelves, an armchair."""
    desk(rng, space)
    several(rng, space, 1 + int(3 * density * rng.random()), (0.6, 1.6), (0.28, 0.45))
    if rng.random() < 0.4:
        armchair(rng, space)
    if rng.random() < 0.3 * density:
        desk(rng, space)


def storage(rng: np.random.Generator, space: Space, density: float) -> None:
    """Deep shelves along the walls and boxes anywhere."""
    several(rng, space, 2 + int(4 * density * rng.random()), (0.6, 2.0), (0.4, 0.8))
    scatter(rng, space, int(density * area(space.inner) * 0.6))


def _garage(rng: np.random.Generator, space: Space, density: float) -> None:
    width, depth = between(rng, 1.7, 2.0), between(rng, 3.9, 4.9)
    for _ in range(1 + (area(space.inner) > 34)):
        wide = space.inner[2] - space.inner[0] > space.inner[3] - space.inner[1]
        box = in_the_open(rng, space, depth, width, 0.5) if wide else in_the_open(rng, space, width, depth, 0.5)
        if box and rng.random() < 0.4 + density / 2:
            space.pieces.append(solid(box))
    storage(rng, space, density / 2)


def _hall(rng: np.random.Generator, space: Space, density: float) -> None:
    x0, y0, x1, y1 = space.inner
    narrow = min(x1 - x0, y1 - y0)
    if narrow < 1.3:
        return
    several(rng, space, int(2 * density * rng.random() + 0.5), (0.5, 1.4), (0.25, min(0.45, narrow - 0.95)))
    if narrow > 2.5 and rng.random() < 0.3:
        box = in_the_open(rng, space, 0.8, 0.8, 0.7)
        if box:
            space.pieces.append((round_polygon((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 0.4, 16),))


FURNISHERS: dict[str, Furnisher] = {
    "bath": bath,
    "bedroom": _bedroom,
    "closet": _closet,
    "dining": _dining,
    "garage": _garage,
    "hall": _hall,
    "kitchen": _kitchen,
    "living": _living,
    "storage": storage,
    "study": study,
}
"""How each kind of room is furnished."""
