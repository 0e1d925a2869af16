"""Maps given as wall segments: reading them, and telling indoors from outdoors where the walls leak."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.pointnav.floors.layout import CLEARANCE_CAP, GRID

LARGEST_COORDINATE = 1e7
"""Coordinates beyond this many metres are refused: that far out floating point numbers lose the grid."""


def read_vector_map(text: str, source: str) -> NDArray[np.float64]:
    """Wall segments from text with one `x0, y0, x1, y1` a line, in metres.

    Args:
        text: the file's content; blank lines and what follows a `#` are skipped.
        source: the file's name for error messages.

    Returns:
        `[n, 4]` float64 in the file's order, n >= 1; repeated walls and mere points are left out (drawings have
        hundreds of both).

    Raises:
        ValueError: a line holds something else, or there is no wall; names file and line.
    """
    rows: list[tuple[float, ...]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.split("#")[0].strip()
        if content:
            rows.append(_wall(content, f"{source}, line {number}"))
    walls = [wall for wall in dict.fromkeys(rows) if wall[:2] != wall[2:]]
    if not walls:
        raise ValueError(f"{source}: expected a wall 'x0, y0, x1, y1' a line, got no wall at all; is the file whole?")
    return np.array(walls, np.float64)


def _wall(content: str, place: str) -> tuple[float, ...]:
    """The four numbers of a line."""
    try:
        wall = tuple(float(field) for field in content.split(","))
    except ValueError:
        wall = ()
    if len(wall) != 4 or not all(math.isfinite(value) and abs(value) < LARGEST_COORDINATE for value in wall):
        raise ValueError(
            f"{place}: expected four finite numbers 'x0, y0, x1, y1' in metres, each below {LARGEST_COORDINATE:.0e}, "
            f"got {content[:80]!r}; correct the line, or put a # before it if it is a remark"
        )
    return wall


def outside_of(clearance: NDArray[np.float32], seal_radius: float) -> NDArray[np.bool_]:
    """The nodes covered by a disc that rolls in from the border without crossing a wall.

    Args:
        clearance: `[n_y, n_x]` distance of each node to the nearest wall, exact below `CLEARANCE_CAP`; the border is
            at least `seal_radius` from every wall.
        seal_radius: of the disc, in metres, at least `GRID`.

    Returns:
        `[n_y, n_x]` bool.
    """
    places = _pieces(_uncapped(clearance, seal_radius) >= seal_radius)
    centres = places == places[0, 0]
    return np.asarray(ndimage.distance_transform_edt(~centres)) * GRID <= seal_radius


def _pieces(marked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The number of each node's piece, from 1, joined through the four neighbours; 0 where not marked."""
    pieces = np.empty(marked.shape, np.int32)
    ndimage.label(marked, output=pieces)
    return pieces


def _uncapped(clearance: NDArray[np.float32], needed: float) -> NDArray[np.floating]:
    """Clearances that go on beyond `CLEARANCE_CAP` where `needed` does, there exact to about a node."""
    if needed <= CLEARANCE_CAP:
        return clearance
    nearest = np.empty((2, *clearance.shape), np.int32)
    is_capped = clearance >= CLEARANCE_CAP
    further = np.asarray(ndimage.distance_transform_edt(is_capped, return_indices=True, indices=nearest))
    return further * GRID + clearance[nearest[0], nearest[1]]


def rooms_within(
    outside: NDArray[np.bool_], clearance: NDArray[np.float32], seal_radius: float, source: str
) -> NDArray[np.bool_]:
    """The nodes of all rooms: what is not outside, less every piece smaller than the disc.

    Such pieces are the corners that the disc does not fill, and the insides of columns and of hollow walls. Nodes
    within `GRID` of a wall count as floor wherever they are not outside.

    Args:
        outside: `[n_y, n_x]` bool.
        clearance: `[n_y, n_x]` distance to the nearest wall, in metres.
        seal_radius: of the disc, in metres.
        source: the file's name for error messages.

    Raises:
        ValueError: no room is left.
    """
    pieces = _pieces(~outside & (clearance > GRID))
    areas = np.bincount(pieces.ravel()) * GRID**2
    is_small = areas < math.pi * seal_radius**2
    is_small[0] = False
    if is_small[1:].all():
        raise ValueError(
            f"{source}: expected walls that enclose floor, but a disc of seal_radius {seal_radius} m rolls in from "
            f"outside nearly everywhere and leaves at most {areas[1:].max(initial=0):.1f} m2 in one piece, less than "
            "itself; pass a larger seal_radius to load_map (it seals gaps up to twice its size), or a smaller one if "
            "the whole building is that small"
        )
    return ~outside & ~is_small[pieces]


def seals_around(
    floor: NDArray[np.bool_], clearance: NDArray[np.float32], origin: tuple[float, float]
) -> NDArray[np.float64]:
    """Walls where floor ends and no wall is near.

    Where one of two nodes is within `GRID` of a wall, a disc of twice that radius cannot pass between them: nowhere on
    the border of their cells is further than (1 + sqrt(1/2)) `GRID` from that wall.

    Args:
        floor: `[n_y, n_x]` bool.
        clearance: `[n_y, n_x]` distance to the nearest wall, in metres.
        origin: world coordinates of node `[0, 0]`, in metres.

    Returns:
        `[n, 4]` float64 segments `x0, y0, x1, y1` in metres, along the edges of cells centred on the nodes.
    """
    bare = clearance > GRID
    i, j = np.nonzero((floor[:, 1:] != floor[:, :-1]) & bare[:, 1:] & bare[:, :-1])
    upright = np.stack([j + 0.5, i - 0.5, j + 0.5, i + 0.5], axis=1)
    i, j = np.nonzero((floor[1:] != floor[:-1]) & bare[1:] & bare[:-1])
    level = np.stack([j - 0.5, i + 0.5, j + 0.5, i + 0.5], axis=1)
    return (np.concatenate([upright, level]) * GRID + (*origin, *origin)).astype(np.float64)
