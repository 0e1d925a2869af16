"""From names of maps to the arrays that all matches of an env share."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from sims.ctf.art.atlas import N_THEMES
from sims.ctf.drawing.walls import GRID_BITS
from sims.ctf.ground import height_at
from sims.ctf.maps.catalogue import load, map_names
from sims.ctf.maps.check import check
from sims.ctf.maps.distance import FAR, distances, walkable
from sims.ctf.maps.layout import CELL, MAX_SPAWNS, Map
from sims.ctf.state import PLAYER_RADIUS, Maps

NEAR = 9
"""Obstacles that a player in one cell can touch at most; maps with more are refused."""

MapNames = str | Path | Map | Sequence[str | Path]


def pool(maps: MapNames) -> tuple[list[str], Maps]:
    """Names, in order, and arrays of the maps that `maps` names (see `sims.ctf.maps.catalogue.map_names`), or is.

    Raises:
        ValueError, FileNotFoundError: what `map_names` and `load` say of names and map files, `check` of a `Map`.
    """
    if isinstance(maps, Map):
        check(maps)
        return [maps.name], arrays_of([maps])
    names = map_names(maps)
    if all(Path(name).suffix == "" for name in names):
        return names, _generated(tuple(names))
    return names, arrays_of([load(name) for name in names])


@lru_cache(maxsize=4)
def _generated(names: tuple[str, ...]) -> Maps:
    """Maps that only depend on their names, so that envs of one process share them."""
    return arrays_of([load(name) for name in names])


def arrays_of(maps: Sequence[Map]) -> Maps:
    """Pad maps to the largest and stack them.

    Raises:
        ValueError: too many obstacles in one place.
    """
    n = len(maps)
    rows, columns = (max(each.solid.shape[axis] for each in maps) for axis in range(2))
    flat = all(each.family == "indoor" for each in maps)
    nodes = (2, 2) if flat else (2 * rows + 1, 2 * columns + 1)
    most = max([1, *(len(each.obstacles) for each in maps)])
    arrays = Maps(
        outdoor=np.array([each.family == "outdoor" for each in maps]),
        shape=np.array([each.solid.shape for each in maps], np.int32),
        theme=np.array([_theme(each.name) for each in maps], np.int32),
        solid=np.ones((n, rows, columns), np.uint8),
        walkable=np.zeros((n, rows * columns), np.uint8),
        surface=np.zeros((n, rows, columns), np.uint8),
        grid=np.zeros((n, 1 << 2 * GRID_BITS), np.int32),
        heights=np.zeros((n, nodes[0] * nodes[1]), np.float32),
        height_columns=nodes[1],
        obstacles=np.zeros((n, most, 5)),
        kinds=np.zeros((n, most), np.uint8),
        n_obstacles=np.array([len(each.obstacles) for each in maps], np.int32),
        near=np.full((n, rows, columns, 1 if flat else NEAR), -1, np.int16),
        stands=np.zeros((n, 2, 3)),
        spawns=np.zeros((n, 2, MAX_SPAWNS, 2)),
        spawn_headings=np.zeros((n, 2, MAX_SPAWNS), np.int32),
        n_spawns=np.array([each.spawns.shape[1] for each in maps], np.int32),
        to_stand=np.full((n, 2, rows * columns), FAR, np.uint16),
    )
    for k, each in enumerate(maps):
        _fill(arrays, k, each, nodes)
    return arrays


def map_at(names: Sequence[str], maps: Maps, k: int) -> Map:
    """Map `k` of a pool as `arrays_of` was given it."""
    rows, columns = (int(n) for n in maps.shape[k])
    outdoor, n_obstacles = bool(maps.outdoor[k]), int(maps.n_obstacles[k])
    nodes = maps.heights[k].reshape(-1, maps.height_columns)
    return Map(
        name=names[k],
        family="outdoor" if outdoor else "indoor",
        solid=maps.solid[k, :rows, :columns],
        surface=maps.surface[k, :rows, :columns],
        heights=nodes[: 2 * rows + 1, : 2 * columns + 1] if outdoor else nodes[:0, :0],
        obstacles=maps.obstacles[k, :n_obstacles, :4],
        kinds=maps.kinds[k, :n_obstacles],
        stands=maps.stands[k, :, :2],
        spawns=maps.spawns[k, :, : maps.n_spawns[k]],
        spawn_headings=maps.spawn_headings[k, :, : maps.n_spawns[k]],
    )


def _theme(name: str) -> int:
    """Which textures a map has: by its seed, where it has one."""
    number = name.rpartition(":")[2]
    return int(number) % N_THEMES if number.isdigit() else 0


def _fill(arrays: Maps, k: int, each: Map, nodes: tuple[int, int]) -> None:
    rows, columns = each.solid.shape
    arrays.solid[k, :rows, :columns] = each.solid
    arrays.surface[k, :rows, :columns] = each.surface
    ways = np.zeros(arrays.solid.shape[1:], np.uint8)
    ways[:rows, :columns] = walkable(each)
    arrays.walkable[k] = ways.reshape(-1)
    arrays.grid[k].reshape(1 << GRID_BITS, -1)[:rows, :columns] = each.surface
    if each.family == "outdoor":
        height, width = each.heights.shape
        padded = np.pad(each.heights, ((0, nodes[0] - height), (0, nodes[1] - width)), mode="edge")
        arrays.heights[k] = padded.reshape(-1)
        arrays.obstacles[k, : len(each.obstacles), :4] = each.obstacles
        arrays.kinds[k, : len(each.kinds)] = each.kinds
        for o, (x, y) in enumerate(each.obstacles[:, :2]):
            arrays.obstacles[k, o, 4] = height_at(arrays, k, x, y)
        _index_obstacles(arrays, k, each)
    arrays.spawns[k, :, : each.spawns.shape[1]] = each.spawns
    arrays.spawn_headings[k, :, : each.spawns.shape[1]] = each.spawn_headings
    for team in range(2):
        x, y = each.stands[team]
        arrays.stands[k, team] = x, y, height_at(arrays, k, x, y)
        field = np.full(arrays.solid.shape[1:], FAR, np.uint16)
        field[:rows, :columns] = distances(walkable(each), int(y / CELL), int(x / CELL))
        arrays.to_stand[k, team] = field.reshape(-1)


def _index_obstacles(arrays: Maps, k: int, each: Map) -> None:
    """Note, for every cell, the obstacles that a player in it can touch."""
    rows, columns = each.solid.shape
    for o, (x, y, radius, _) in enumerate(each.obstacles):
        reach = radius + PLAYER_RADIUS
        low_c, high_c = (int(np.clip((x + side * reach) // CELL, 0, columns - 1)) for side in (-1, 1))
        low_r, high_r = (int(np.clip((y + side * reach) // CELL, 0, rows - 1)) for side in (-1, 1))
        for r in range(low_r, high_r + 1):
            for c in range(low_c, high_c + 1):
                free = np.flatnonzero(arrays.near[k, r, c] < 0)
                if not len(free):
                    raise ValueError(f"map {each.name!r}: more than {NEAR} obstacles around cell [{r}, {c}]: thin them")
                arrays.near[k, r, c, free[0]] = o
