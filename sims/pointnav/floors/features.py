"""What makes walls less plain: leaves of open doors, columns, slanted and rounded corners, partitions."""

import numpy as np

from sims.pointnav.floors.doors import Opening
from sims.pointnav.floors.floorplan import (
    Piece,
    area,
    between,
    bounds,
    box_polygon,
    moved,
    overlap,
    round_polygon,
    turn,
    turned_polygon,
)
from sims.pointnav.floors.furniture import Space, fits, stands_well


def door_leaf(rng: np.random.Generator, opening: Opening, thickness: float, far: bool) -> Piece:
    """The leaf of an open door, 4 cm thick, as wide as the doorway, hinged at one jamb and opened by 90-115 degrees.

    It stands in the room beyond the wall (at larger x or y) if `far`, else in the other one.
    """
    edge, width = opening.edge, opening.high - opening.low
    reach = width - 0.02
    face, near = thickness / 2 * (1 if far else -1), rng.random() < 0.5
    swing = turn(0.22 * rng.random() * rng.random())
    leaf = moved(np.array([[-0.04, 0.0], [0.0, 0.0], [0.0, reach], [-0.04, reach]]), swing)
    along = opening.low + leaf[:, 0] if near else opening.high - leaf[:, 0]
    across = edge.at + face + (leaf[:, 1] if face > 0 else -leaf[:, 1])
    corners = np.stack([across, along] if edge.upright else [along, across], axis=1)
    x, y = corners[:, 0], corners[:, 1]
    turning = float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    return (corners if turning > 0 else corners[::-1].copy(),)


def hang_leaves(
    rng: np.random.Generator, spaces: list[Space], openings: list[Opening], thickness: float, chance: float
) -> None:
    """Stand the leaves of some doors open in one of the two rooms."""
    for opening in openings:
        if opening.bare or opening.high - opening.low > 1.15 or rng.random() > chance:
            continue
        far = rng.random() < 0.5
        leaf = door_leaf(rng, opening, thickness, far)
        space = spaces[opening.edge.b if far else opening.edge.a]
        if stands_well(space, leaf):
            space.taken.append(bounds(leaf))
            space.pieces.append(leaf)


def odd_features(rng: np.random.Generator, space: Space) -> None:
    """Now and then a slanted or rounded corner, a column or a free-standing piece of wall in a larger room."""
    size, kind = area(space.inner), rng.random()
    if size < 9 or kind > 0.15:
        return
    if kind < 0.05:
        _slanted_corner(rng, space)
    elif kind < 0.08:
        _rounded_corner(rng, space)
    elif size > 16 and kind < 0.11:
        _column(rng, space)
    elif size > 20:
        _partition(rng, space)


def _corner(rng: np.random.Generator, space: Space, reach: float) -> tuple[float, float, float, float] | None:
    """A corner of the room whose `reach` by `reach` square is free: its place and the signs that lead inwards."""
    x0, y0, x1, y1 = space.inner
    right, upper = rng.random() < 0.5, rng.random() < 0.5
    if not (space.solid[2 if right else 0] and space.solid[3 if upper else 1]):
        return None
    x, y = (x1 if right else x0), (y1 if upper else y0)
    sx, sy = (-1.0 if right else 1.0), (-1.0 if upper else 1.0)
    box = min(x, x + sx * reach), min(y, y + sy * reach), max(x, x + sx * reach), max(y, y + sy * reach)
    if any(overlap(box, kept) for kept in space.keep):
        return None
    space.taken.append(box)
    return x, y, sx, sy


def _slanted_corner(rng: np.random.Generator, space: Space) -> None:
    x0, y0, x1, y1 = space.inner
    reach = round(min(x1 - x0, y1 - y0) * (0.2 + 0.3 * rng.random()), 2)
    found = _corner(rng, space, reach)
    if found:
        x, y, sx, sy = found
        corners = np.array([[x, y], [x + sx * reach, y], [x, y + sy * reach * (0.5 + 0.5 * rng.random())]])
        space.pieces.append((corners if sx * sy > 0 else corners[::-1].copy(),))


def _rounded_corner(rng: np.random.Generator, space: Space) -> None:
    """A corner filled in by triangles up to a quarter of a circle, hollow side to the room."""
    x0, y0, x1, y1 = space.inner
    reach = round(min(x1 - x0, y1 - y0) * (0.25 + 0.25 * rng.random()), 2)
    found = _corner(rng, space, reach)
    if not found:
        return
    x, y, sx, sy = found
    arc = round_polygon(0.0, 0.0, reach, 32)[16:25] + reach
    points = arc * (sx, sy) + (x, y)
    fan = [np.array([[x, y], a, b]) for a, b in zip(points[:-1].tolist(), points[1:].tolist(), strict=True)]
    space.pieces.append(tuple(part[::-1].copy() if sx * sy > 0 else part for part in fan))


def _column(rng: np.random.Generator, space: Space) -> None:
    x0, y0, x1, y1 = space.inner
    radius = between(rng, 0.12, 0.3)
    x, y = x0 + (x1 - x0) * (0.3 + 0.4 * rng.random()), y0 + (y1 - y0) * (0.3 + 0.4 * rng.random())
    box = x - radius, y - radius, x + radius, y + radius
    if fits(space, box):
        space.taken.append(box)
        space.pieces.append((round_polygon(x, y, radius, 16 if rng.random() < 0.5 else 8),))


def _partition(rng: np.random.Generator, space: Space) -> None:
    """A piece of wall in the middle of the room: straight, from one side or free-standing and askew, or an arc."""
    x0, y0, x1, y1 = space.inner
    if rng.random() < 0.4:
        piece = _arc(rng, (x0 + x1) / 2, (y0 + y1) / 2, 0.35 * min(x1 - x0, y1 - y0))
    else:
        length, is_free = (y1 - y0) * (0.35 + 0.2 * rng.random()), rng.random() < 0.5
        x, low = x0 + (x1 - x0) * (0.35 + 0.3 * rng.random()), y0 + ((y1 - y0 - length) / 2 if is_free else 0.0)
        wall = box_polygon((x - 0.06, low, x + 0.06, low + length))
        piece = (turned_polygon(wall, 0.5 * (rng.random() - 0.5)) if is_free else wall,)
    if fits(space, bounds(piece)):
        space.taken.append(bounds(piece))
        space.pieces.append(piece)


def _arc(rng: np.random.Generator, x: float, y: float, radius: float) -> Piece:
    """A curved wall 0.12 m thick: an eighth to three eighths of a ring, which way round by chance."""
    steps, start = 4 + int(9 * rng.random()), int(32 * rng.random())
    ring = np.roll(round_polygon(0.0, 0.0, 1.0, 32), -start, axis=0)[: steps + 1]
    inner, outer = ring * (radius - 0.06) + (x, y), ring * (radius + 0.06) + (x, y)
    return tuple(np.stack([inner[k], outer[k], outer[k + 1], inner[k + 1]]) for k in range(steps))
