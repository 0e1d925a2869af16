"""What must hold of every map, generated or drawn: symmetry to the last bit, room to stand, ways between the bases."""

import numpy as np
from numpy.typing import NDArray

from sims.ctf.maps.distance import FAR, distances, walkable
from sims.ctf.maps.layout import (
    CELL,
    HALF_TURN,
    MAX_CELLS,
    MAX_OBSTACLES,
    MAX_SLOPE,
    MAX_SPAWNS,
    PLAYER_RADIUS,
    Map,
    cell_of,
    image,
    slopes,
)

SWAPPED = np.array([0, 2, 1], np.uint8)
"""Whose a cell is after the half turn, by whose it was."""


def check(map: Map) -> None:
    """Refuse a map that can't be played fairly.

    Raises:
        ValueError: the map is too large, its arrays don't fit one another, its rim isn't solid, it isn't its own image
            under the half turn (exactly), a stand or spawn point has no room for a player, a way is missing between
            the bases or from a spawn point, or the ground is steeper than `MAX_SLOPE`. The message names the cure.
    """
    _check_sizes(map)
    _check_rim(map)
    _check_grids(map)
    _check_points(map)
    _check_obstacles(map)
    _check_room(map)
    _check_ways(map)
    _check_slopes(map)


def _refuse(map: Map, what: str) -> ValueError:
    return ValueError(f"map {map.name!r}: {what}")


def _check_sizes(map: Map) -> None:
    rows, columns = map.solid.shape
    if max(rows, columns) > MAX_CELLS or min(rows, columns) < 3:
        raise _refuse(map, f"{rows} by {columns} cells: make both sides 3 to {MAX_CELLS} cells")
    n = map.spawns.shape[1] if map.spawns.ndim == 3 else 0
    if not 1 <= n <= MAX_SPAWNS:
        raise _refuse(map, f"{n} spawn points a team: give each team 1 to {MAX_SPAWNS}")
    k = len(map.obstacles)
    if k > MAX_OBSTACLES:
        raise _refuse(map, f"{k} obstacles: place at most {MAX_OBSTACLES}")
    flat = map.family == "indoor"
    shapes = {
        "surface": (rows, columns),
        "heights": (0, 0) if flat else (2 * rows + 1, 2 * columns + 1),
        "obstacles": (k, 4),
        "kinds": (k,),
        "stands": (2, 2),
        "spawns": (2, n, 2),
        "spawn_headings": (2, n),
    }
    for field, shape in shapes.items():
        got = getattr(map, field).shape
        if got != shape:
            raise _refuse(map, f"`{field}` has shape {got}: its shape must be {shape} on {rows} by {columns} cells")


def _check_rim(map: Map) -> None:
    rim = np.ones(map.solid.shape, bool)
    rim[1:-1, 1:-1] = False
    if not map.solid[rim].all():
        row, column = np.argwhere(rim & (map.solid == 0))[0]
        raise _refuse(map, f"cell ({row}, {column}) of the rim is open: make the outermost cells solid all round")


def _check_grids(map: Map) -> None:
    grids = [("solid", map.solid, map.solid), ("heights", map.heights, map.heights)]
    if map.surface.max() > 2:
        raise _refuse(map, f"`surface` holds {map.surface.max()}: use 0 for nobody's, 1 for red's, 2 for blue's cells")
    for field, grid, swapped in [*grids, ("surface", map.surface, SWAPPED[map.surface])]:
        differs = np.argwhere(grid != swapped[::-1, ::-1])
        if len(differs):
            row, column = differs[0]
            raise _refuse(
                map,
                f"`{field}` isn't its own image under the half turn at [{row}, {column}]: make it {field}[::-1, ::-1]"
                + (" with 1 and 2 swapped" if field == "surface" else ""),
            )


def _check_points(map: Map) -> None:
    shape = map.solid.shape
    for field, points in (("stands", map.stands), ("spawns", map.spawns)):
        if not np.array_equal(points[1], image(points[0], shape)):
            raise _refuse(
                map,
                f"blue's `{field}` aren't the images of red's: make them width - x, depth - y, in the same order and "
                "exactly (coordinates that are multiples of 1/64 m are)",
            )
    red, blue = map.spawn_headings
    if not np.array_equal(blue, (red + HALF_TURN) % (2 * HALF_TURN)) or red.min() < 0 or red.max() >= 2 * HALF_TURN:
        raise _refuse(
            map, f"blue's spawn headings must be red's plus {HALF_TURN}, modulo {2 * HALF_TURN}: turn them half round"
        )


def _check_obstacles(map: Map) -> None:
    twin = map.obstacles.copy()
    twin[:, :2] = image(map.obstacles[:, :2], map.solid.shape)
    if not np.array_equal(_sorted(map.obstacles, map.kinds), _sorted(twin, map.kinds)):
        raise _refuse(map, "the obstacles aren't their own images: give each a twin at width - x, depth - y, exactly")
    if (map.obstacles[:, 2:] <= 0).any():
        raise _refuse(map, "an obstacle has no radius or height: make both positive")


def _sorted(obstacles: NDArray[np.float64], kinds: NDArray[np.uint8]) -> NDArray[np.float64]:
    rows = np.column_stack([obstacles, kinds.astype(np.float64)])
    return rows[np.lexsort(rows.T)]


def _check_room(map: Map) -> None:
    """Where a player starts or takes a flag, its disc must touch nothing. Symmetry takes care of blue's half."""
    width, depth = map.solid.shape[1] * CELL, map.solid.shape[0] * CELL
    for what, points in (("stand", map.stands[:1]), ("spawn point", map.spawns[0])):
        for x, y in points:
            inside = 0 <= x < width and 0 <= y < depth
            if not inside or clearance(map, x, y) < PLAYER_RADIUS:
                raise _refuse(
                    map,
                    f"the {what} at x = {x}, y = {y} is nearer than {PLAYER_RADIUS} m to something solid: "
                    "move it to the middle of an open cell",
                )


def clearance(map: Map, x: float, y: float) -> float:
    """Metres from (x, y) to the nearest solid cell or obstacle, 0 or less inside one."""
    row, column = np.nonzero(map.solid)
    dx = np.maximum(np.maximum(column * CELL - x, x - (column + 1) * CELL), 0.0)
    dy = np.maximum(np.maximum(row * CELL - y, y - (row + 1) * CELL), 0.0)
    walls = np.sqrt((dx**2 + dy**2).min(initial=np.inf))
    ox, oy, radius = map.obstacles[:, 0] - x, map.obstacles[:, 1] - y, map.obstacles[:, 2]
    return float(min(walls, (np.sqrt(ox**2 + oy**2) - radius).min(initial=np.inf)))


def _check_ways(map: Map) -> None:
    field = distances(walkable(map), *cell_of(map.stands[1]))
    if field[cell_of(map.stands[0])] == FAR:
        raise _refuse(map, "no way leads from one base to the other: open a wall or take an obstacle away")
    for x, y in map.spawns.reshape(-1, 2):
        if field[cell_of(np.array([x, y]))] == FAR:
            raise _refuse(
                map, f"no way leads from the spawn point at x = {x}, y = {y} to the bases: move it or open one"
            )


def _check_slopes(map: Map) -> None:
    if not map.heights.size:
        return
    steep = slopes(map.heights)
    steep[np.repeat(np.repeat(map.solid != 0, 2, axis=0), 2, axis=1)] = 0.0
    row, column = np.unravel_index(steep.argmax(), steep.shape)
    if steep[row, column] > MAX_SLOPE:
        raise _refuse(
            map,
            f"the ground rises by {steep[row, column]:.2f} m a metre at heights[{row}, {column}]: flatten it to "
            f"{MAX_SLOPE} or make the cell solid",
        )
