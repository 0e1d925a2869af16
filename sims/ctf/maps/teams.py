"""What both teams get on a map of any kind: stands, spawn points, and ground of their colour, mirrored exactly."""

import numpy as np
from numpy.typing import NDArray

from sims.ctf.maps.distance import FAR, distances, walkable, way
from sims.ctf.maps.layout import HALF_TURN, Family, Map, centre_of, image

HOME_SHARE = 0.3
"""Cells whose way to a base is shorter than this share of the way between the bases are drawn in the team's colour."""

NO_HEIGHTS = np.zeros((0, 0), np.float32)
NO_OBSTACLES = np.zeros((0, 4))
NO_KINDS = np.zeros(0, np.uint8)

Cell = tuple[int, int]


def stream(tag: int, seed: int, what: str) -> np.random.Generator:
    """The random stream of one map.

    Args:
        tag: keeps the streams of the families apart.
        seed: any whole number from 0 on.
        what: name of the family, for the message.

    Raises:
        ValueError: the seed is negative or not an int.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"the seed of {what} must be an int >= 0, got {seed!r}: pass a whole number such as 17")
    return np.random.Generator(np.random.PCG64([tag, int(seed)]))


def with_teams(
    name: str,
    family: Family,
    solid: NDArray[np.uint8],
    stand: Cell,
    spawns: list[Cell],
    heights: NDArray[np.float32] = NO_HEIGHTS,
    obstacles: NDArray[np.float64] = NO_OBSTACLES,
    kinds: NDArray[np.uint8] = NO_KINDS,
) -> Map:
    """A map from its ground and the cells of red's stand and spawn points; blue's are their images.

    Stands and spawn points are in the middle of their cells. Who spawns looks along the shortest way to the other base.

    Args:
        name: of the map.
        family: "indoor" or "outdoor".
        solid: `[rows, columns]`, its own image, as are the other arrays.
        stand: cell (row, column) of red's stand.
        spawns: cells of red's spawn points, put in the order in which one reads: from large y to small, then along x.
        heights: `[2 rows + 1, 2 columns + 1]` metres, or nothing on flat ground.
        obstacles: `[k, 4]` x, y, radius, height in metres.
        kinds: `[k]` TREE or ROCK.

    Raises:
        ValueError: there is no way between the bases or from a spawn point.
    """
    shape = solid.shape
    spawns = sorted(spawns, key=lambda cell: (-cell[0], cell[1]))
    stands = _both(np.array(centre_of(stand)), shape)
    points = _both(np.array([centre_of(cell) for cell in spawns]).reshape(-1, 2), shape)
    blank = np.zeros(shape, np.uint8)
    turns = np.zeros((2, len(spawns)), np.int32)
    map = Map(name, family, solid, blank, heights, obstacles, kinds, stands, points, turns)
    free = walkable(map)
    to_red = distances(free, *stand)
    to_blue = to_red[::-1, ::-1]
    if to_blue[stand] == FAR:
        raise ValueError(f"map {name!r}: no way leads from one base to the other: open a wall between them")
    red = np.array([_heading_out(name, to_blue, free, cell) for cell in spawns], np.int32).reshape(-1)
    headings = np.stack([red, (red + HALF_TURN) % (2 * HALF_TURN)])
    return map._replace(surface=_surface(to_red, int(to_blue[stand])), spawn_headings=headings)


def _both(red: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.stack([red, image(red, shape)])


def _heading_out(name: str, to_enemy: NDArray[np.uint16], free: NDArray[np.uint8], cell: Cell) -> int:
    """Heading of the first step of the shortest way to the other base: a multiple of an eighth of a turn."""
    if to_enemy[cell] == FAR:
        x, y = centre_of(cell)
        raise ValueError(f"map {name!r}: no way leads from the spawn point at x = {x}, y = {y} to the bases: open one")
    cells = way(to_enemy, free, cell)
    i, j = (b - a for a, b in zip(cells[0], cells[min(1, len(cells) - 1)], strict=True))
    eighths = {(0, 1): 0, (1, 1): 1, (1, 0): 2, (1, -1): 3, (0, -1): 4, (-1, -1): 5, (-1, 0): 6, (-1, 1): 7}
    return eighths.get((i, j), 0) * HALF_TURN // 4


def _surface(to_red: NDArray[np.uint16], between: int) -> NDArray[np.uint8]:
    """Whose each cell is; a blocked cell is a team's if it touches its ground and not the other's."""
    red = to_red < HOME_SHARE * between
    near = np.pad(red, 1)
    rows, columns = red.shape
    touched = np.zeros_like(red)
    for i in range(3):
        for j in range(3):
            touched |= near[i : i + rows, j : j + columns]
    red |= touched & (to_red == FAR)
    blue = red[::-1, ::-1]
    return (red & ~blue).astype(np.uint8) + 2 * (blue & ~red).astype(np.uint8)
