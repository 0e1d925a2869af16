"""What the generated floors share: rooms as boxes, walls with gaps, solid pieces, and the `Layout` these make.

A plan is drawn in its own frame with axis-parallel boxes and then turned, mirrored or sheared as a whole. Only sums,
products and square roots touch coordinates (no sine, no exponential), so a seed gives the same bytes on any machine.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.pointnav.floors.layout import GRID, Layout, outline_of_cells

Box = tuple[float, float, float, float]
"""Axis-parallel rectangle `x0, y0, x1, y1` in metres, with `x0 < x1` and `y0 < y1`."""

Polygon = NDArray[np.float64]
"""Convex outline `[k, 2]` in metres, counter-clockwise, not repeating its first corner."""

Piece = tuple[Polygon, ...]
"""One piece of furniture: its solid parts (a table on legs has four)."""

OUTSIDE, WALL, FREE = 0, 1, 2
MARGIN = 4
"""Nodes kept outside the building on each side of a layout's arrays."""


class Plan(NamedTuple):
    """A floor before it is turned into segments, in the plan's own frame.

    Attributes:
        rooms: free boxes, which may share edges; their union is the inside of the building.
        walls: boxes that are solid, painted over the rooms.
        gaps: doorways and openings, painted free over the walls.
        outer: thickness of the outer wall around all rooms, in metres.
        pieces: solid pieces standing on the floor.
        lines: `[n, 4]` walls without thickness.
        frame: `[2, 2]` matrix from the plan's frame to the world's.
    """

    rooms: list[Box]
    walls: list[Box]
    gaps: list[Box]
    outer: float
    pieces: list[Piece]
    lines: NDArray[np.float64]
    frame: NDArray[np.float64]


class Raster(NamedTuple):
    """Boxes painted on the irregular grid of their own edges: `cells[i, j]` spans `xs[j:j+2]`, `ys[i:i+2]`."""

    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    cells: NDArray[np.int8]


def generator(family: int, seed: int, what: str) -> np.random.Generator:
    """The random stream of one layout.

    Args:
        family: tag that keeps the streams of houses, offices and mazes apart.
        seed: any whole number from 0 on, however large.
        what: name of the family, for the message.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"the seed of {what} must be an int >= 0, got {seed!r}: pass a whole number such as 17")
    return np.random.default_rng([family, int(seed)])


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """A length drawn evenly from `low..high` metres, in whole centimetres."""
    return round(low + (high - low) * rng.random(), 2)


def grown(box: Box, by: float) -> Box:
    """The box with every side moved outwards by `by` metres."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def overlap(a: Box, b: Box, gap: float = 0.0) -> bool:
    """Whether two boxes come nearer than `gap` metres to each other along both axes (touching is not overlap)."""
    slack = gap - 1e-6
    return a[0] < b[2] + slack and b[0] < a[2] + slack and a[1] < b[3] + slack and b[1] < a[3] + slack


def area(box: Box) -> float:
    """Area in square metres."""
    return (box[2] - box[0]) * (box[3] - box[1])


def box_polygon(box: Box) -> Polygon:
    """The four corners of a box."""
    x0, y0, x1, y1 = box
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def round_polygon(x: float, y: float, radius: float, corners: int = 8) -> Polygon:
    """A regular octagon, square or hexadecagon (4, 8 or 16 corners) around `x, y`, by halving angles without sines."""
    ring = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    while len(ring) < corners:
        middle = ring + np.roll(ring, -1, axis=0)
        middle = middle / np.sqrt(middle[:, :1] ** 2 + middle[:, 1:] ** 2)
        ring = np.stack([ring, middle], axis=1).reshape(-1, 2)
    return ring * radius + (x, y)


def turn(half_tangent: float) -> NDArray[np.float64]:
    """The rotation matrix of the angle `2 atan(half_tangent)`, counter-clockwise."""
    scale = 1.0 + half_tangent * half_tangent
    cos, sin = (1.0 - half_tangent * half_tangent) / scale, 2.0 * half_tangent / scale
    return np.array([[cos, -sin], [sin, cos]])


def moved(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points `[..., 2]` under a `[2, 2]` matrix, without a matrix product (whose rounding depends on the machine)."""
    x, y = points[..., 0], points[..., 1]
    return np.stack([matrix[0, 0] * x + matrix[0, 1] * y, matrix[1, 0] * x + matrix[1, 1] * y], axis=-1)


def turned_polygon(polygon: Polygon, half_tangent: float) -> Polygon:
    """The polygon turned by `2 atan(half_tangent)` about the middle of its bounding box."""
    middle = (polygon.min(axis=0) + polygon.max(axis=0)) / 2
    return moved(polygon - middle, turn(half_tangent)) + middle


def bounds(piece: Piece) -> Box:
    """The bounding box of a piece."""
    corners = piece[0] if len(piece) == 1 else np.concatenate(piece)
    (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return x0, y0, x1, y1


def random_frame(rng: np.random.Generator, turned: float, sheared: float) -> NDArray[np.float64]:
    """A quarter turn or mirroring, then with chance `sheared` a shear, then with chance `turned` a free rotation."""
    quarter = [[1.0, 0.0], [0.0, 1.0]] if rng.random() < 0.5 else [[0.0, 1.0], [1.0, 0.0]]
    signs = [[1.0 if rng.random() < 0.5 else -1.0] for _ in range(2)]
    frame = np.array(quarter) * np.array(signs)
    if rng.random() < sheared:
        slope = (0.05 + 0.15 * rng.random()) * (1.0 if rng.random() < 0.5 else -1.0)
        frame = np.stack([frame[0] + slope * frame[1], frame[1]])
    if rng.random() < turned:
        frame = moved(frame.T, turn(2.0 * rng.random() - 1.0)).T
    return frame


def paint(plan: Plan) -> Raster:
    """Paint outer wall, rooms, walls and gaps over one another on the grid of all their edges."""
    layers = [([grown(box, plan.outer) for box in plan.rooms], WALL), (plan.rooms, FREE)]
    layers += [(plan.walls, WALL), (plan.gaps, FREE)]
    boxes: NDArray[np.float64] = np.array([box for layer, _ in layers for box in layer], np.float64).round(3)
    xs, ys = np.unique(boxes[:, [0, 2]]), np.unique(boxes[:, [1, 3]])
    columns, rows = np.searchsorted(xs, boxes[:, [0, 2]]).tolist(), np.searchsorted(ys, boxes[:, [1, 3]]).tolist()
    values = [value for layer, value in layers for _ in layer]
    cells = np.zeros((len(ys) - 1, len(xs) - 1), np.int8)
    for (j0, j1), (i0, i1), value in zip(columns, rows, values, strict=True):
        cells[i0:i1, j0:j1] = value
    return Raster(xs, ys, cells)


def wall_outlines(raster: Raster) -> NDArray[np.float64]:
    """The faces of all walls as `[n, 4]` segments in the plan's frame."""
    places = outline_of_cells(raster.cells == WALL, 1.0, (0.0, 0.0)).astype(np.int64)
    xs, ys = raster.xs, raster.ys
    return np.stack([xs[places[:, 0]], ys[places[:, 1]], xs[places[:, 2]], ys[places[:, 3]]], axis=1)


def piece_outlines(pieces: list[Piece]) -> NDArray[np.float64]:
    """The closed outlines of all pieces as `[n, 4]` segments, without the seams between parts of one piece."""
    outlines = [_outline_of_parts(piece) for piece in pieces]
    return np.concatenate([np.zeros((0, 4)), *outlines])


def _outline_of_parts(piece: Piece) -> NDArray[np.float64]:
    edges = np.concatenate([np.concatenate([part, np.roll(part, -1, axis=0)], axis=1) for part in piece])
    if len(piece) == 1:
        return edges
    rows = [tuple(row) for row in edges.tolist()]
    seams = set(rows)
    return edges[[(x1, y1, x0, y0) not in seams for x0, y0, x1, y1 in rows]]


def axis_index(edges: NDArray[np.float64], at: NDArray[np.floating]) -> NDArray[np.int64]:
    """In which interval of `edges` each of the coordinates lies, plus one; 0 and `len(edges)` are beyond the ends.

    To the centimetre, by a table: a search for each of millions of nodes would take most of a large layout's time.
    """
    n = int((edges[-1] - edges[0]) * 100) + 3
    table = np.searchsorted(edges, edges[0] + (np.arange(n) - 0.5) / 100, side="right")
    return table[np.clip(((at - edges[0]) * 100 + 1.0), 0, n - 1).astype(np.int64)]


def floor_of(
    raster: Raster, frame: NDArray[np.float64], origin: tuple[float, float], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which nodes of a world grid lie on free cells of the raster, `[n_y, n_x]`."""
    (a, b), (c, d) = frame.tolist()
    determinant = a * d - b * c
    x, y = origin[0] + GRID * np.arange(shape[1]), (origin[1] + GRID * np.arange(shape[0]))[:, None]
    free = np.pad(raster.cells == FREE, 1)
    if b == c == 0.0:
        return free[axis_index(raster.ys, y / d), axis_index(raster.xs, x / a)]
    if a == d == 0.0:
        return free[axis_index(raster.ys, x / b), axis_index(raster.xs, y / c)]
    plan_x, plan_y = (d * x - b * y) / determinant, (a * y - c * x) / determinant
    return free[axis_index(raster.ys, plan_y), axis_index(raster.xs, plan_x)]


def stamp(
    field: NDArray[np.int16], polygon: Polygon, origin: tuple[float, float], margin: float, step: int
) -> tuple[slice, slice]:
    """Add `step` at the nodes within `margin` metres of a convex polygon (at corners somewhat farther).

    Args:
        field: `[n_y, n_x]` int16, changed in place; node `[0, 0]` lies at `origin`.
        polygon: `[k, 2]` corners.
        origin: as in `Layout`.
        margin: metres.
        step: what to add.

    Returns:
        The window of the field that was looked at.
    """
    (x0, y0), (x1, y1) = polygon.min(axis=0).tolist(), polygon.max(axis=0).tolist()
    j0, i0 = (max(0, int(np.ceil((low - margin - o) / GRID))) for low, o in zip((x0, y0), origin, strict=True))
    j1, i1 = (max(0, int(np.floor((high + margin - o) / GRID)) + 1) for high, o in zip((x1, y1), origin, strict=True))
    window = slice(i0, i1), slice(j0, j1)
    part = field[window]
    if len(polygon) == 4 and polygon[0, 1] == polygon[1, 1] and polygon[1, 0] == polygon[2, 0]:
        part += step
        return window
    x = origin[0] + GRID * np.arange(j0, j0 + part.shape[1])
    y = (origin[1] + GRID * np.arange(i0, i0 + part.shape[0]))[:, None]
    inside = np.ones(part.shape, np.bool_)
    for (ax, ay), (bx, by) in zip(polygon.tolist(), np.roll(polygon, -1, axis=0).tolist(), strict=True):
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        inside &= (by - ay) * (x - ax) - (bx - ax) * (y - ay) <= margin * length
    part += step * inside.astype(np.int16)
    return window


def layout_of(name: str, plan: Plan) -> Layout:
    """Turn a plan into the layout `name`, in the world's frame, with `MARGIN` nodes around it."""
    raster = paint(plan)
    local = np.concatenate([wall_outlines(raster), plan.lines, piece_outlines(plan.pieces)])
    segments = moved(local.reshape(-1, 2, 2), plan.frame).reshape(-1, 4)
    points = segments.reshape(-1, 2)
    x0, y0 = (np.floor(points.min(axis=0) / GRID) * GRID - MARGIN * GRID).tolist()
    n_x, n_y = (np.ceil((points.max(axis=0) - (x0, y0)) / GRID).astype(int) + MARGIN + 1).tolist()
    floor = floor_of(raster, plan.frame, (x0, y0), (n_y, n_x))
    solid = np.zeros(floor.shape, np.int16)
    reverse = plan.frame[0, 0] * plan.frame[1, 1] - plan.frame[0, 1] * plan.frame[1, 0] < 0
    for part in (part for piece in plan.pieces for part in piece):
        corners = moved(part, plan.frame)
        stamp(solid, corners[::-1] if reverse else corners, (x0, y0), 0.0, 1)
    return Layout(name, segments, (x0, y0), floor & (solid == 0))
