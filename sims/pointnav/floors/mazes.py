"""Seeded open mazes of 6-30 m: grid mazes with walls taken away, ring and honeycomb mazes, fields of obstacles."""

from itertools import pairwise
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from sims.pointnav.floors.doors import Edge, edge_box, shared_edges, spanning_tree
from sims.pointnav.floors.floorplan import (
    Box,
    Piece,
    Plan,
    between,
    bounds,
    box_polygon,
    generator,
    layout_of,
    moved,
    overlap,
    random_frame,
    round_polygon,
    turn,
    turned_polygon,
)
from sims.pointnav.floors.layout import Layout
from sims.pointnav.floors.passages import cleared

FAMILY = 3
NO_LINES = np.zeros((0, 4))
HEXAGON = sqrt(3.0)


def maze(seed: int) -> Layout:
    """The maze `mazes:<seed>`, 6-30 m a side.

    Args:
        seed: any int from 0 on; each gives another maze, the same on every machine.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    return layout_of(f"mazes:{seed}", maze_plan(seed))


def maze_plan(seed: int) -> Plan:
    """The plan behind `maze(seed)`, before it is turned into segments; errors as there."""
    rng = generator(FAMILY, seed, "mazes")
    draw = rng.random()
    width = between(rng, 6.0, 16.0) if rng.random() < 0.6 else between(rng, 16.0, 29.0)
    height = min(29.0, max(6.0, round(width * (0.5 + 0.5 * rng.random()), 2)))
    if draw < 0.5:
        plan = _grid_maze(rng, width, height)
    elif draw < 0.6:
        plan = _uneven_maze(rng, width, height)
    elif draw < 0.7:
        plan = _ring_maze(rng, width)
    elif draw < 0.8:
        plan = _honeycomb(rng, width, height)
    else:
        plan = _forest(rng, width, height)
    return plan._replace(frame=random_frame(rng, 0.3, 0.08))


def _kept_walls(rng: np.random.Generator, n_cells: int, edges: list[Edge]) -> list[Edge]:
    """The walls of a maze on these cells: no cell is cut off, and a random share of the other walls is gone too.

    The share ranges from none (a perfect maze, one way between any two cells) to most (scattered walls).
    """
    braid = 0.0 if rng.random() < 0.12 else 0.8 * rng.random() * rng.random() + 0.02
    tree = _winding_tree(rng, n_cells, edges) if rng.random() < 0.45 else _bushy_tree(rng, n_cells, edges)
    gone = rng.random(len(edges)).tolist()
    return [edge for i, edge in enumerate(edges) if i not in tree and gone[i] > braid]


def _bushy_tree(rng: np.random.Generator, n_cells: int, edges: list[Edge]) -> set[int]:
    """Kruskal's tree: many short dead ends; in some mazes one direction is preferred."""
    bias = 0.6 * rng.random()
    draws = rng.random(len(edges)).tolist()
    return set(spanning_tree(n_cells, edges, [d + bias * e.upright for d, e in zip(draws, edges, strict=True)]))


def _winding_tree(rng: np.random.Generator, n_cells: int, edges: list[Edge]) -> set[int]:
    """A depth-first tree: long winding ways, few dead ends."""
    ways: list[list[tuple[int, int]]] = [[] for _ in range(n_cells)]
    for index, edge in enumerate(edges):
        ways[edge.a].append((edge.b, index))
        ways[edge.b].append((edge.a, index))
    tree: set[int] = set()
    path = [int(rng.random() * n_cells)]
    seen = set(path)
    while path:
        new = [way for way in ways[path[-1]] if way[0] not in seen]
        if not new:
            path.pop()
            continue
        cell, index = new[int(rng.random() * len(new))]
        seen.add(cell)
        tree.add(index)
        path.append(cell)
    return tree


def _marks(rng: np.random.Generator, length: float, cell: float, uneven: float) -> list[float]:
    """Places of grid lines over `length`, about `cell` apart, each moved by up to `uneven` of that."""
    n = max(3, round(length / cell))
    inner = [length * (k + uneven * (rng.random() - 0.5)) / n for k in range(1, n)]
    return [0.0, *(round(mark, 2) for mark in inner), length]


def _cells(xs: list[float], ys: list[float]) -> list[Box]:
    return [(x0, y0, x1, y1) for y0, y1 in pairwise(ys) for x0, x1 in pairwise(xs)]


def _grid_maze(rng: np.random.Generator, width: float, height: float) -> Plan:
    cell = round(min(1.0 + 1.5 * rng.random() * rng.random(), max(1.0, width / 6)), 2)
    uneven = 0.0 if rng.random() < 0.5 else 0.4 * rng.random()
    uneven = uneven if cell > 1.4 else 0.0
    cells = _cells(_marks(rng, width, cell, uneven), _marks(rng, height, cell, uneven))
    return _walled(rng, cells, cell)


def _uneven_maze(rng: np.random.Generator, width: float, height: float) -> Plan:
    """A maze on boxes of many sizes, made by cutting a box again and again."""
    cell = round(min(between(rng, 1.1, 2.0), width / 5), 2)
    return _walled(rng, _shattered(rng, (0.0, 0.0, width, height), cell), cell)


def _shattered(rng: np.random.Generator, box: Box, cell: float) -> list[Box]:
    x0, y0, x1, y1 = box
    long = max(x1 - x0, y1 - y0)
    if long < 2 * cell or (long < 4 * cell and rng.random() < 0.15):
        return [box]
    share = cell / long + (1 - 2 * cell / long) * rng.random()
    if x1 - x0 > y1 - y0:
        at = round(x0 + share * (x1 - x0), 2)
        parts = (x0, y0, at, y1), (at, y0, x1, y1)
    else:
        at = round(y0 + share * (y1 - y0), 2)
        parts = (x0, y0, x1, at), (x0, at, x1, y1)
    return [leaf for part in parts for leaf in _shattered(rng, part, cell)]


def _walled(rng: np.random.Generator, cells: list[Box], cell: float) -> Plan:
    """A plan of cells with a maze's walls between them, thin as lines or up to a third of a cell thick."""
    edges = shared_edges(cells, 0.8)
    short = shared_edges(cells, 0.01)
    kept = _kept_walls(rng, len(cells), edges)
    kept += [edge for edge in short if edge.high - edge.low < 0.8]
    kept = _with_halls(rng, cells, kept)
    outer = between(rng, 0.05, 0.4)
    if rng.random() < 0.4:
        lines = [
            (e.at, e.low, e.at, e.high) if e.upright else (e.low, e.at, e.high, e.at) for e in sorted(kept, key=_line)
        ]
        return Plan(cells, [], [], outer, [], _joined(lines), np.eye(2))
    thick = between(rng, 0.05, min(0.5, cell - 0.65))
    walls = [edge_box(e, e.low - thick / 2, e.high + thick / 2, thick) for e in kept]
    return Plan(cells, walls, [], max(outer, thick / 2), [], NO_LINES, np.eye(2))


def _with_halls(rng: np.random.Generator, cells: list[Box], walls: list[Edge]) -> list[Edge]:
    """Take the walls out of up to three areas, which become halls."""
    right, upper = max(cell[2] for cell in cells), max(cell[3] for cell in cells)
    for _ in range(int(4 * rng.random()) if len(cells) > 60 and rng.random() < 0.5 else 0):
        wide, high = right * (0.15 + 0.25 * rng.random()), upper * (0.15 + 0.25 * rng.random())
        x, y = (right - wide) * rng.random(), (upper - high) * rng.random()
        hall = x, y, x + wide, y + high
        walls = [edge for edge in walls if not overlap(edge_box(edge, edge.low, edge.high, 0.0), hall)]
    return walls


def _line(edge: Edge) -> tuple[bool, float, float]:
    return edge.upright, edge.at, edge.low


def _joined(lines: list[tuple[float, float, float, float]]) -> NDArray[np.float64]:
    """Lines in order along each grid line, those that follow one another made into one."""
    joined: list[tuple[float, float, float, float]] = []
    for line in lines:
        last = joined[-1] if joined else None
        same = last is not None and (last[2], last[3]) == (line[0], line[1])
        if last is not None and same and (last[0] == line[2] or last[1] == line[3]):
            joined[-1] = last[0], last[1], line[2], line[3]
        else:
            joined.append(line)
    return np.array(joined).reshape(-1, 4)


def _tree_walls(
    rng: np.random.Generator, n_cells: int, pairs: list[tuple[int, int]], walls: list[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """The walls that a maze keeps, where wall `k` (`[n, 4]` segments) parts the two cells `pairs[k]`."""
    edges = [Edge(a, b, False, 0.0, 0.0, 0.0) for a, b in pairs]
    place = {edge: k for k, edge in enumerate(edges)}
    return [walls[place[edge]] for edge in _kept_walls(rng, n_cells, edges)]


def _ring_maze(rng: np.random.Generator, width: float) -> Plan:
    """Rings around a middle, parted by arcs and spokes; the number of cells doubles outwards as there is room."""
    cell = round(min(between(rng, 1.0, 2.0), width / 6), 2)
    n_rings = int(width / 2 / cell)
    cell = width / 2 / n_rings
    counts = [1]
    for ring in range(1, n_rings):
        fine = 8 if ring == 1 else counts[-1] * (2 if 6.28 * ring / counts[-1] > 1.9 else 1)
        counts.append(fine)
    first = np.cumsum([0, *counts]).tolist()
    pairs, walls = [], []
    for ring in range(1, n_rings):
        circle, n, inner = _circle(64), counts[ring], counts[ring - 1]
        for k in range(n):
            step = 64 // n
            spoke = circle[k * step]
            pairs.append((first[ring] + k, first[ring] + (k - 1) % n))
            walls.append(np.concatenate([spoke * ring, spoke * (ring + 1)])[None] * cell)
            arc = circle[k * step : (k + 1) * step + 1] * ring * cell
            pairs.append((first[ring] + k, first[ring - 1] + k * inner // n))
            walls.append(np.concatenate([arc[:-1], arc[1:]], axis=1))
    return _drawn(rng, _tree_walls(rng, first[-1], pairs, walls), _disc(n_rings * cell), cell)


def _circle(corners: int) -> NDArray[np.float64]:
    """Corners of a regular polygon on the unit circle, the first repeated at the end."""
    ring = round_polygon(0.0, 0.0, 1.0, corners)
    return np.concatenate([ring, ring[:1]])


def _disc(radius: float) -> Plan:
    """A round floor: a square one whose corners are filled up to the circle."""
    circle = _circle(64) * radius
    corners = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]) * radius
    filling = [
        tuple(np.stack([corner, circle[k + 1], circle[k]]) for k in range(16 * quarter, 16 * quarter + 16))
        for quarter, corner in enumerate(corners)
    ]
    return Plan([(-radius, -radius, radius, radius)], [], [], 0.3, filling, NO_LINES, np.eye(2))


def _drawn(rng: np.random.Generator, walls: list[NDArray[np.float64]], plan: Plan, cell: float) -> Plan:
    """The plan with these walls in it, as lines or as bars of up to a quarter of a cell."""
    lines = np.concatenate([NO_LINES, *walls])
    if rng.random() < 0.5:
        return plan._replace(lines=lines)
    thick = between(rng, 0.05, min(0.3, 0.25 * cell))
    return plan._replace(outer=max(plan.outer, thick), pieces=[*plan.pieces, *((_bar(line, thick),) for line in lines)])


def _bar(line: NDArray[np.float64], thick: float) -> NDArray[np.float64]:
    """The rectangle around a line, half its thickness longer at both ends."""
    start, stop = line[:2], line[2:]
    step = stop - start
    along = step / np.sqrt(step[0] ** 2 + step[1] ** 2) * (thick / 2)
    across = np.array([along[1], -along[0]])
    return np.stack([start - along + across, stop + along + across, stop + along - across, start - along - across])


def _honeycomb(rng: np.random.Generator, width: float, height: float) -> Plan:
    """Six-cornered cells in rows, every other row shifted by half a cell and so with a half cell at both ends."""
    side = between(rng, 0.9, 1.5)
    wide = round(side * HEXAGON, 2)
    n, n_rows = ceil(min(width, 27.0) / wide), ceil((min(height, 26.0) - side) / (1.5 * side)) + 1
    first = np.cumsum([0] + [n + row % 2 for row in range(n_rows)]).tolist()
    pairs, walls = [], []
    for row in range(n_rows):
        middle, odd = 1.5 * side * row, row % 2
        for k in range(n + odd):
            left = (k - odd / 2) * wide
            if k > 0:
                pairs.append((first[row] + k - 1, first[row] + k))
                walls.append(np.array([[left, middle - side / 2, left, middle + side / 2]]))
            for shift, start, rise in ((-odd, 0.0, 1), (1 - odd, 0.5, -1)):
                if row + 1 < n_rows and 0 <= k + shift < n + 1 - odd:
                    x, low, top = left + start * wide, middle + side / 2, middle + side
                    ends = (low, top) if rise > 0 else (top, low)
                    pairs.append((first[row] + k, first[row + 1] + k + shift))
                    walls.append(np.array([[x, ends[0], x + wide / 2, ends[1]]]))
    box = 0.0, -side / 2, n * wide, round(1.5 * side * (n_rows - 1) + side / 2, 3)
    plan = Plan([box], [], [], between(rng, 0.05, 0.3), [], NO_LINES, np.eye(2))
    return _drawn(rng, _tree_walls(rng, first[-1], pairs, walls), plan, side)


def _forest(rng: np.random.Generator, width: float, height: float) -> Plan:
    """A hall full of boxes, bars, round and many-cornered obstacles, in rows or anywhere."""
    spacing = between(rng, 0.9, 2.4)
    size = round(spacing * (0.25 + 0.5 * rng.random()), 2)
    order, share, kinds = rng.random(), 0.4 + 0.6 * rng.random(), rng.random(3)
    pieces: list[Piece] = []
    for x in np.arange(spacing / 2, width, spacing).tolist():
        for y in np.arange(spacing / 2, height, spacing).tolist():
            dx, dy, here, scale = rng.random(4).tolist()
            if here > share:
                continue
            reach = 0.0 if order < 0.2 else spacing
            scaled = size * (0.4 + 0.8 * scale)
            place = x + reach * (dx - 0.5), y + reach * (dy - 0.5)
            pieces.append((_obstacle(rng, *place, scaled, kinds),))
    inside = [piece for piece in pieces if _within(bounds(piece), width, height)]
    plan = Plan([(0.0, 0.0, width, height)], [], [], between(rng, 0.05, 0.4), inside, NO_LINES, np.eye(2))
    return cleared(plan)


def _within(box: Box, width: float, height: float, slit: float = 0.35) -> bool:
    """Whether a box leaves no thin slit at the walls."""
    return box[0] > slit and box[1] > slit and box[2] < width - slit and box[3] < height - slit


def _obstacle(
    rng: np.random.Generator, x: float, y: float, size: float, kinds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A convex obstacle about `size` metres wide around `x, y`; `kinds` are the weights of three shapes."""
    draw = rng.random() * kinds.sum()
    half = size / 2
    if draw < kinds[0]:
        return round_polygon(x, y, half, 8 if rng.random() < 0.5 else 16)
    if draw < kinds[0] + kinds[1]:
        long, flat = half * (0.7 + 0.8 * rng.random()), half * (0.3 + 0.7 * rng.random())
        box = box_polygon((x - long, y - flat, x + long, y + flat))
        return box if rng.random() < 0.3 else turned_polygon(box, 2 * rng.random() - 1)
    corners = round_polygon(0.0, 0.0, half, 16)[np.flatnonzero(rng.random(16) < 0.35)]
    if len(corners) < 3:
        corners = round_polygon(0.0, 0.0, half, 4)
    return moved(corners, turn(2 * rng.random() - 1)) * (1.0, 0.6 + 0.4 * rng.random()) + (x, y)
