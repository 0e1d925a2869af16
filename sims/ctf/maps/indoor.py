"""Seeded indoor maps: point-symmetric mazes of rooms, halls and corridors on flat ground, 30-46 m a side."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.ctf.maps.distance import FAR, distances, two_ways
from sims.ctf.maps.layout import CELL, Map, turned_cell
from sims.ctf.maps.teams import Cell, stream, with_teams

TAG = 21
SHORTEST_WAY, LONGEST_WAY = 20.0, 60.0
"""Metres between the bases."""

MAX_HALL = 0.16
"""Share of the open cells that have no wall around them: above it a map is a field, not a maze."""

MAX_TRIES = 200

Grid = NDArray[np.bool_]
"""`[rows, columns]`, True where the map is open. Both sides are odd; cells of odd row and column are the maze's nodes,
those of one odd coordinate the walls or doors between two nodes, and those of none the posts."""

STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))


class Room(NamedTuple):
    """Cells `[row, row + depth) x [column, column + width)`: odd corner, odd sides."""

    row: int
    column: int
    depth: int
    width: int


def indoor(seed: int) -> Map:
    """The map `indoor:<seed>`: a maze of 15 to 23 cells a side with the bases in rooms at opposite ends.

    Two ways that share no cell lead from base to base, 20-60 m long, and nearly no corridor is a dead end.

    Args:
        seed: any int from 0 on; each gives another map, the same on every machine.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    rng = stream(TAG, seed, "indoor")
    for _ in range(MAX_TRIES):
        open_cells, base = _maze(rng)
        if _plays_well(open_cells, _middle(base)):
            break
    else:
        raise RuntimeError(f"indoor:{seed} found no map in {MAX_TRIES} tries: report this seed, and use another")
    open_cells = _reached(open_cells, _middle(base))
    inside = [(i, j) for i in range(base.row, base.row + base.depth) for j in range(base.column, _right(base))]
    inside.remove(_middle(base))
    chosen = rng.permutation(len(inside))[: 4 + int(rng.integers(5))]
    cells = [inside[k] for k in chosen.tolist()]
    open_cells, stand, cells = placed(rng, open_cells, _middle(base), cells)
    return with_teams(f"indoor:{seed}", "indoor", (~open_cells).astype(np.uint8), stand, cells)


def placed(rng: np.random.Generator, grid: Grid, stand: Cell, cells: list[Cell]) -> tuple[Grid, Cell, list[Cell]]:
    """The map as drawn (red's base on the left), or flipped, or with rows and columns swapped, in eight ways."""
    swap, flip_rows, flip_columns = (rng.random(3) < 0.5).tolist()
    points = [stand, *cells]
    if swap:
        grid, points = grid.T, [(j, i) for i, j in points]
    rows, columns = grid.shape
    if flip_rows:
        grid, points = grid[::-1], [(rows - 1 - i, j) for i, j in points]
    if flip_columns:
        grid, points = grid[:, ::-1], [(i, columns - 1 - j) for i, j in points]
    return np.ascontiguousarray(grid), points[0], points[1:]


def _maze(rng: np.random.Generator) -> tuple[Grid, Room]:
    """Open cells of a maze, its own image, and red's room, which is at the left end."""
    rows, columns = sorted((15 + 2 * rng.integers(0, 5, 2)).tolist())
    grid = np.zeros((rows, columns), bool)
    base = _base(rng, rows)
    rooms = [base, _turned(base, grid.shape)]
    rooms += _central_room(rng, grid.shape, rooms) + _side_rooms(rng, grid.shape, rooms)
    _carve(grid, rooms)
    _join(rng, grid)
    _widen(rng, grid)
    _end_dead_ends(rng, grid, 0.1 + 0.4 * rng.random())
    _open_loops(rng, grid, 0.06 * rng.random())
    _set_posts(rng, grid, 0.6 * rng.random())
    _carve(grid, rooms[:2])  # no pillar stands in a base
    return grid, base


def _base(rng: np.random.Generator, rows: int) -> Room:
    depth, width = (5 if big else 3 for big in (rng.random(2) < 0.6).tolist())
    return Room(1 + 2 * int(rng.integers((rows - depth) // 2)), 1, depth, width)


def _central_room(rng: np.random.Generator, shape: tuple[int, ...], rooms: list[Room]) -> list[Room]:
    """On half of the maps a room around the centre, where that fits odd corners and the bases leave room."""
    sides = [[side for side in (3, 5, 7) if (n - side) // 2 % 2 and side <= n - 8] for n in shape]
    if rng.random() < 0.5 or not all(sides):
        return []
    depth, width = (int(side[int(rng.integers(len(side)))]) for side in sides)
    room = Room((shape[0] - depth) // 2, (shape[1] - width) // 2, depth, width)
    return [] if any(_overlap(room, other) for other in rooms) else [room]


def _side_rooms(rng: np.random.Generator, shape: tuple[int, ...], rooms: list[Room]) -> list[Room]:
    """Up to three pairs of rooms that overlap no other."""
    added: list[Room] = []
    for _ in range(2 + int(rng.integers(4))):
        depth, width = (3 + 2 * int(k) for k in rng.integers(0, 2, 2))
        row = 1 + 2 * int(rng.integers((shape[0] - depth) // 2))
        column = 1 + 2 * int(rng.integers((shape[1] - width) // 2))
        room = Room(row, column, depth, width)
        twin = _turned(room, shape)
        if not any(_overlap(room, other) for other in [twin, *rooms, *added]):
            added += [room, twin]
    return added[:6]


def _carve(grid: Grid, rooms: list[Room]) -> None:
    for room in rooms:
        grid[room.row : room.row + room.depth, room.column : _right(room)] = True


def _overlap(a: Room, b: Room) -> bool:
    rows = a.row < b.row + b.depth and b.row < a.row + a.depth
    return rows and a.column < _right(b) and b.column < _right(a)


def _right(room: Room) -> int:
    return room.column + room.width


def _middle(room: Room) -> Cell:
    return room.row + room.depth // 2, room.column + room.width // 2


def _turned(room: Room, shape: tuple[int, ...]) -> Room:
    row, column = turned_cell((room.row + room.depth - 1, room.column + room.width - 1), shape)
    return room._replace(row=row, column=column)


def _set(grid: Grid, cell: Cell, value: bool) -> None:
    """Open or fill a cell and its image."""
    grid[cell] = grid[turned_cell(cell, grid.shape)] = value


def _doors(shape: tuple[int, ...]) -> list[tuple[Cell, Cell, Cell]]:
    """Of each pair of images one wall cell between two neighbouring nodes, with these nodes."""
    rows, columns = shape
    upright = [((i, j), (i, j - 1), (i, j + 1)) for i in range(1, rows, 2) for j in range(2, columns - 1, 2)]
    level = [((i, j), (i - 1, j), (i + 1, j)) for i in range(2, rows - 1, 2) for j in range(1, columns, 2)]
    return [door for door in upright + level if door[0] <= turned_cell(door[0], shape)]


def _join(rng: np.random.Generator, grid: Grid) -> None:
    """Open walls until all nodes are joined: Kruskal's tree on pairs of images, which closes some loops by itself."""
    leader = {(i, j): (i, j) for i in range(1, grid.shape[0], 2) for j in range(1, grid.shape[1], 2)}

    def root(node: Cell) -> Cell:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    doors = _doors(grid.shape)
    grid[1::2, 1::2] = True
    order = rng.random(len(doors)) - np.array([grid[door[0]] for door in doors])  # rooms have theirs open already
    for k in np.argsort(order, kind="stable").tolist():
        door, a, b = doors[k]
        if root(a) != root(b):
            _set(grid, door, True)
            leader[root(a)] = root(b)
            leader[root(turned_cell(a, grid.shape))] = root(turned_cell(b, grid.shape))


def _widen(rng: np.random.Generator, grid: Grid) -> None:
    """Make some stretches of corridor two cells wide, and open halls where they cross."""
    rows, columns = grid.shape
    for _ in range(int(rng.integers(3))):
        depth, width = 2, 4 + int(rng.integers(5))
        if rng.random() < 0.5:
            depth, width = width, depth
        row, column = (1 + int(rng.integers(n - 1 - side)) for n, side in ((rows, depth), (columns, width)))
        grid[row : row + depth, column : column + width] = True
        bottom, right = turned_cell((row, column), grid.shape)
        grid[bottom - depth + 1 : bottom + 1, right - width + 1 : right + 1] = True


def _end_dead_ends(rng: np.random.Generator, grid: Grid, fill: float) -> None:
    """Open each dead end into what lies behind one of its walls, or, with chance `fill`, fill it."""
    ends = _dead_ends(grid)
    while ends:
        cell = ends[int(rng.integers(len(ends)))]
        behind = [
            (cell[0] + di, cell[1] + dj)
            for di, dj in STEPS
            if not grid[cell[0] + di, cell[1] + dj] and _is_open(grid, cell[0] + 2 * di, cell[1] + 2 * dj)
        ]
        if not behind or rng.random() < fill:
            _set(grid, cell, False)
        else:
            _set(grid, behind[int(rng.integers(len(behind)))], True)
        ends = _dead_ends(grid)


def _is_open(grid: Grid, i: int, j: int) -> bool:
    return 0 <= i < grid.shape[0] and 0 <= j < grid.shape[1] and bool(grid[i, j])


def _dead_ends(grid: Grid) -> list[Cell]:
    """Open cells with at most one open neighbour."""
    n = grid.astype(np.int8)
    near = n[:-2, 1:-1] + n[2:, 1:-1] + n[1:-1, :-2] + n[1:-1, 2:]
    return [(i + 1, j + 1) for i, j in np.argwhere(grid[1:-1, 1:-1] & (near <= 1)).tolist()]


def _open_loops(rng: np.random.Generator, grid: Grid, share: float) -> None:
    """Open a share of the walls between two open nodes."""
    doors = _doors(grid.shape)
    for (door, a, b), draw in zip(doors, rng.random(len(doors)).tolist(), strict=True):
        if draw < share and grid[a] and grid[b]:
            _set(grid, door, True)


def _set_posts(rng: np.random.Generator, grid: Grid, share: float) -> None:
    """Set pillars into a share of the posts that stand free, and take a share of the single pillars away."""
    rows, columns = grid.shape
    for i in range(2, rows - 1, 2):
        for j in range(2, columns - 1, 2):
            around = int(grid[i - 1 : i + 2, j - 1 : j + 2].sum()) - int(grid[i, j])
            if (i, j) <= turned_cell((i, j), grid.shape) and around == 8 and rng.random() < share:
                _set(grid, (i, j), not grid[i, j])


def _plays_well(grid: Grid, stand: Cell) -> bool:
    """Whether the bases are a good way apart, out of each other's sight, on more than one way, not across a field."""
    free, other = grid.astype(np.uint8), turned_cell(stand, grid.shape)
    length = int(distances(free, *stand)[other]) * CELL / 10
    if not SHORTEST_WAY <= length <= LONGEST_WAY or _sees(grid, stand, other):
        return False
    return _hall_share(grid) <= MAX_HALL and two_ways(free, stand, other)


def _sees(grid: Grid, a: Cell, b: Cell) -> bool:
    """Whether the straight line between the middles of two cells crosses open cells only."""
    share = np.arange(510) / 509  # a prime, so that no sample lies just on the corner between two cells
    i, j = (np.floor(p + 0.5 + (q - p) * share).astype(np.int64) for p, q in zip(a, b, strict=True))
    return bool(grid[i, j].all())


def _hall_share(grid: Grid) -> float:
    inner = [grid[i : grid.shape[0] - 2 + i, j : grid.shape[1] - 2 + j] for i in range(3) for j in range(3)]
    return float(np.logical_and.reduce(inner).sum() / grid.sum())


def _reached(grid: Grid, stand: Cell) -> Grid:
    """The open cells that players can reach."""
    return distances(grid.astype(np.uint8), *stand) != FAR
