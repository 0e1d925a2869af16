"""What stands in the rooms of an office floor: desks in islands and cubicles, meeting tables, shelves, columns."""

from collections.abc import Callable

import numpy as np

from sims.pointnav.floors.floorplan import Box, area, between, overlap, round_polygon
from sims.pointnav.floors.furnishing import armchair, desk, several, sofa, storage, wall_piece
from sims.pointnav.floors.furniture import (
    Space,
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


def furnish_office(rng: np.random.Generator, space: Space, kind: str, density: float, clutter: float) -> None:
    """Put furniture into a room of an office floor.

    Args:
        rng: random stream.
        space: the room, changed in place.
        kind: as `officeblocks.Room.kind`, but not `core`.
        density: 0 for an empty room, 1 for all that belongs in such a room.
        clutter: small things per square metre.
    """
    since = len(space.pieces)
    if density > 0:
        FURNISHERS[kind](rng, space, density)
        drop_misplaced(space, since)
    if clutter > 0 and kind != "corridor":
        scatter(rng, space, int(clutter * min(area(space.inner), 150.0) + rng.random()))


def structural_columns(rng: np.random.Generator, spaces: list[Space], kinds: list[str]) -> None:
    """Stand the building's columns on one grid through all rooms; where they meet walls they become pilasters."""
    if rng.random() < 0.35:
        return
    step_x, step_y = between(rng, 5.0, 9.0), between(rng, 5.0, 9.0)
    size, is_round = between(rng, 0.3, 0.7), rng.random() < 0.3
    for space, kind in zip(spaces, kinds, strict=True):
        if kind in ("corridor", "toilet"):
            continue
        x0, y0, x1, y1 = space.inner
        for i in range(int((x0 - size) // step_x), int((x1 + size) // step_x) + 1):
            for j in range(int((y0 - size) // step_y), int((y1 + size) // step_y) + 1):
                _column(space, i * step_x, j * step_y, size, is_round)


def _column(space: Space, x: float, y: float, size: float, is_round: bool) -> None:
    half = size / 2
    x0, y0, x1, y1 = space.inner
    across, along = _stretched(x - half, x + half, x0, x1), _stretched(y - half, y + half, y0, y1)
    if across is None or along is None:
        return
    (left, right), (low, high) = across, along
    whole = right - left == 2 * half and high - low == 2 * half
    place = left, low, right, high
    if not fits(space, place, 0.1):
        return
    space.taken.append(place)
    space.pieces.append((round_polygon(x, y, half, 16),) if is_round and whole else solid(place))


def _stretched(low: float, high: float, least: float, most: float) -> tuple[float, float] | None:
    """An interval cut to `least..most`, and stretched to an end that it would miss by less than 0.4 m."""
    low, high = max(low, least), min(high, most)
    if high - low < 0.08:
        return None
    return (least if low - least < 0.4 else low), (most if most - high < 0.4 else high)


def _cell(rng: np.random.Generator, space: Space, density: float) -> None:
    for _ in range(max(1, int(area(space.inner) / 9 * (0.5 + density * 0.6)))):
        desk(rng, space)
    several(rng, space, int(3 * density * rng.random() + 0.6), (0.6, 1.6), (0.3, 0.5))
    if rng.random() < 0.3 * density:
        armchair(rng, space)


def _meeting(rng: np.random.Generator, space: Space, density: float) -> None:
    x0, y0, x1, y1 = space.inner
    aisle = between(rng, 1.0, 1.4)
    width, depth = min(x1 - x0 - 2 * aisle, 6.0), min(y1 - y0 - 2 * aisle, 6.0)
    if width < 0.7 or depth < 0.7:
        return _cell(rng, space, density)
    width, depth = (min(width, 1.8), depth) if width < depth else (width, min(depth, 1.8))
    x, y = (x0 + x1 - width) / 2, (y0 + y1 - depth) / 2
    board = x, y, x + width, y + depth
    if not fits(space, board, 0.2):
        return None
    space.taken.append((board[0] - 0.6, board[1] - 0.6, board[2] + 0.6, board[3] + 0.6))
    space.pieces.append(table(rng, board, 0.25))
    space.pieces.extend(chairs_around(rng, board, 0.3 + 0.7 * density))
    wall_piece(rng, space, (0.8, 2.0), (0.35, 0.5))
    return None


def _grid(space: Space, width: float, depth: float, aisle_x: float, aisle_y: float) -> list[Box]:
    """Boxes of one size in rows and columns, centred in the room, without those that stand in anything's way."""
    x0, y0, x1, y1 = space.inner
    n_x, n_y = int((x1 - x0 - aisle_x) / (width + aisle_x)), int((y1 - y0 - aisle_y) / (depth + aisle_y))
    start_x = (x0 + x1 - n_x * width - (n_x - 1) * aisle_x) / 2
    start_y = (y0 + y1 - n_y * depth - (n_y - 1) * aisle_y) / 2
    lows = [
        (round(start_x + i * (width + aisle_x), 2), round(start_y + j * (depth + aisle_y), 2))
        for j in range(n_y)
        for i in range(n_x)
    ]
    boxes = [(x, y, x + width, y + depth) for x, y in lows]
    return [box for box in boxes if fits(space, box, 0.1)]


def _open(rng: np.random.Generator, space: Space, density: float) -> None:
    draw = rng.random()
    if area(space.inner) < 25:
        _cell(rng, space, density)
    elif draw < 0.55:
        _islands(rng, space, density)
    elif draw < 0.85:
        _cubicles(rng, space, density)
    else:
        _hall(rng, space, density)
    several(rng, space, int(4 * density * rng.random()), (0.8, 3.0), (0.4, 0.6))


def _islands(rng: np.random.Generator, space: Space, density: float) -> None:
    """Blocks of desks back to back, chairs on both long sides."""
    n, place, back = 1 + int(3 * rng.random()), between(rng, 1.2, 1.7), between(rng, 1.2, 1.6)
    aisle, seats = between(rng, 1.3, 2.4), between(rng, 1.7, 2.6)
    along_x = rng.random() < 0.5
    size, aisles = ((n * place, back), (aisle, seats)) if along_x else ((back, n * place), (seats, aisle))
    style = rng.random()
    for box in _grid(space, *size, *aisles):
        if rng.random() > 0.5 + 0.5 * density:
            continue
        space.taken.append(box)
        space.pieces.append(table(rng, box, 0.9) if style < 0.2 else solid(box))
        for k in range(2 * n):
            if rng.random() < 0.8 * density:
                along, far = (k // 2 + 0.5) * place, 0.15 + 0.25 * rng.random()
                across = back + far if k % 2 else -far
                x, y = (box[0] + along, box[1] + across) if along_x else (box[0] + across, box[1] + along)
                space.pieces.append(chair(rng, x, y, 0.45))


def _cubicles(rng: np.random.Generator, space: Space, density: float) -> None:
    """Pairs of cells made of thin partitions, each open to the aisle, a desk along its back."""
    size, aisle = between(rng, 1.8, 2.6), between(rng, 1.3, 2.0)
    n = 1 + int(3 * rng.random())
    for box in _grid(space, n * size, 2 * size, aisle, aisle):
        if rng.random() > 0.5 + 0.5 * density:
            continue
        space.taken.append(box)
        x0, y0, x1, y1 = box
        middle, t = (y0 + y1) / 2, 0.06
        walls = [(x0, middle - t / 2, x1, middle + t / 2)]
        walls += [(x - t / 2, y0, x + t / 2, y1) for x in (x0 + k * size for k in range(n + 1))]
        space.pieces.extend(solid(wall) for wall in walls)
        for k in range(2 * n):
            if rng.random() < 0.3 + 0.6 * density:
                _cubicle_desk(rng, space, x0 + (k // 2) * size, middle, size, 1 if k % 2 else -1)


def _cubicle_desk(rng: np.random.Generator, space: Space, x: float, middle: float, size: float, up: int) -> None:
    left, right = x + 0.03, x + size - 0.03
    near, far = middle + up * 0.03, middle + up * 0.68
    space.pieces.append(solid((left, min(near, far), right, max(near, far))))
    if rng.random() < 0.6:
        space.pieces.append(chair(rng, x + size / 2, middle + up * 1.0, 0.45))


def _lecture(rng: np.random.Generator, space: Space, density: float) -> None:
    """Rows of benches or tables with aisles, the front of the room left free."""
    x0, y0, x1, y1 = space.inner
    along_x = rng.random() < 0.5
    if area(space.inner) < 25:
        return _meeting(rng, space, density)
    length = (x1 - x0) if along_x else (y1 - y0)
    n, aisle = 1 + int(length / 9), between(rng, 1.0, 1.4)
    bench, deep, gap = (length - (n + 1) * aisle) / n, between(rng, 0.4, 0.6), between(rng, 0.7, 1.1)
    size, aisles = ((bench, deep), (aisle, gap)) if along_x else ((deep, bench), (gap, aisle))
    front = (y0 if along_x else x0) + between(rng, 2.0, 3.0)
    for box in _grid(space, round(size[0], 2), round(size[1], 2), *aisles):
        if box[1 if along_x else 0] > front:
            space.pieces.append(solid(box))
            space.taken.append(box)
    return None


def _stacks(rng: np.random.Generator, space: Space, density: float) -> None:
    """Long shelves or laboratory benches side by side."""
    x0, y0, x1, y1 = space.inner
    along_x = x1 - x0 > y1 - y0
    length, deep = between(rng, 2.5, 7.0), between(rng, 0.5, 1.0)
    size = (length, deep) if along_x else (deep, length)
    gap, aisle = between(rng, 0.9, 1.6), between(rng, 1.2, 2.0)
    for box in _grid(space, *size, *((aisle, gap) if along_x else (gap, aisle))):
        if rng.random() < 0.55 + 0.45 * density:
            space.pieces.append(solid(box))
            space.taken.append(box)


def _hall(rng: np.random.Generator, space: Space, density: float) -> None:
    size = area(space.inner)
    for _ in range(int(min(8.0, size / 30) * density)):
        sofa(rng, space)
    for _ in range(int(min(25.0, size / 20) * density * rng.random())):
        _something(rng, space)


def _something(rng: np.random.Generator, space: Space) -> None:
    """A plant, a round table with chairs, a bench, a counter or an armchair somewhere on open floor."""
    draw = rng.random()
    if draw < 0.25:
        armchair(rng, space)
    elif draw < 0.45:
        box = in_the_open(rng, space, 0.6, 0.6)
        if box:
            space.pieces.append((round_polygon((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 0.3, 8),))
    elif draw < 0.7:
        box = in_the_open(rng, space, 2.0, 2.0)
        if box:
            board = box[0] + 0.55, box[1] + 0.55, box[2] - 0.55, box[3] - 0.55
            space.pieces.append(table(rng, board))
            space.pieces.extend(chairs_around(rng, board, 0.7))
    else:
        long, deep = between(rng, 1.5, 4.0), between(rng, 0.45, 1.0)
        box = in_the_open(rng, space, *((long, deep) if rng.random() < 0.5 else (deep, long)), 0.8)
        if box:
            space.pieces.append(solid(box))


def _toilet(rng: np.random.Generator, space: Space, density: float) -> None:
    """Partitions between stalls along one wall."""
    x0, y0, x1, y1 = space.inner
    side = int(rng.random() * 4)
    low, high = (y0, y1) if side in (0, 2) else (x0, x1)
    depth = between(rng, 1.2, 1.5)
    across = (x1 - x0) if side in (0, 2) else (y1 - y0)
    if not space.solid[side] or across < depth + 1.0:
        return
    for k in range(1, int((high - low) / 0.95)):
        box = on_side(space.inner, side, round(low + 0.95 * k, 2), 0.04, depth)
        if not any(overlap(box, kept) for kept in space.keep):
            space.pieces.append(solid(box))
            space.taken.append(box)


def _corridor(rng: np.random.Generator, space: Space, density: float) -> None:
    x0, y0, x1, y1 = space.inner
    narrow, long = sorted((x1 - x0, y1 - y0))
    if narrow < 1.7 or rng.random() > density:
        return
    for _ in range(int(long / 12 * rng.random() + 0.5)):
        wall_piece(rng, space, (0.4, 2.0), (0.3, min(0.6, narrow - 1.2)))


FURNISHERS: dict[str, Furnisher] = {
    "cell": _cell,
    "corridor": _corridor,
    "hall": _hall,
    "lecture": _lecture,
    "lobby": _hall,
    "meeting": _meeting,
    "open": _open,
    "stacks": _stacks,
    "storage": storage,
    "toilet": _toilet,
}
"""How each kind of room is furnished."""
