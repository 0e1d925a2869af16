"""Floor plans from files: ROS `map_server` rasters and lists of wall segments become `Layout`s."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.pointnav.floors.layout import GRID, Layout, clearance_field, outline_of_cells
from sims.pointnav.floors.rosmap import RasterMap, read_raster_map
from sims.pointnav.floors.vectormap import outside_of, read_vector_map, rooms_within, seals_around

MAX_NODES = 40_000_000
"""A map whose floor would need more nodes than this is refused: 40 million are 316 m x 316 m."""

MARGIN = 2 * GRID
"""Every node this close to the edge of a loaded map is solid, in metres."""


ROS_ENDINGS = (".yaml", ".yml")
WALLS_ENDING = ".vectormap.txt"


class _Nodes(NamedTuple):
    """A grid of nodes not yet filled: the world coordinates of node `[0, 0]` in metres, and `(n_y, n_x)`."""

    origin: tuple[float, float]
    shape: tuple[int, int]


def load_map(path: str | Path, seal_radius: float = 1.0) -> Layout:
    """Load a floor plan; the file name says how it is read.

    `*.yaml` and `*.yml` are ROS `map_server` maps (http://wiki.ros.org/map_server): the cells whose occupancy
    probability is below `free_thresh` are floor, occupied and unknown ones are solid. `*.vectormap.txt` holds a wall a
    line, `x0, y0, x1, y1` in metres; blank lines and what follows a `#` are skipped.

    Wall segments do not say which side is indoors, and real ones leak through door gaps. What a disc of `seal_radius`
    can reach from outside the bounding box is therefore outdoors, and where outdoors meets floor without a wall one is
    added, so that no disc of 0.1 m radius or more can leave. What is enclosed but smaller than the sealing disc, such
    as the inside of a column, is solid.

    Args:
        path: the file; it also becomes `Layout.name`, with forward slashes.
        seal_radius: radius of the sealing disc in metres, at least `GRID`; of no meaning for rasters, which are closed
            by nature. Gaps in the outer wall narrower than twice this are sealed.

    Returns:
        The layout in the file's own world frame, cropped to its floor with a solid margin.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is malformed, too large, has no floor, or encloses none at this `seal_radius`; the message
            names the file, the line or key where there is one, and the cure.
    """
    path = Path(path)
    source = path.as_posix()
    name = path.name.lower()
    if name.endswith(ROS_ENDINGS):
        return _layout_of_raster(read_raster_map(_read_text(path), path), source)
    if name.endswith(WALLS_ENDING):
        return _layout_of_walls(read_vector_map(_read_text(path), source), seal_radius, source)
    raise ValueError(
        f"{source}: expected a map named *.yaml or *.yml (ROS map_server) or *.vectormap.txt (wall segments), got "
        f"{path.name!r}; rename the file, and of a ROS map name the yaml, not the image"
    )


def is_map_file(path: Path) -> bool:
    """Whether `path` is a file that `load_map` would read, by its name."""
    return path.is_file() and path.name.lower().endswith((*ROS_ENDINGS, WALLS_ENDING))


def _read_text(path: Path) -> str:
    """The file's text; a byte order mark is skipped."""
    if path.is_dir():
        raise ValueError(f"{path.as_posix()}: expected a map file, got a folder; name a file inside it")
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path.as_posix()}, line {line}: expected UTF-8 text, got byte 0x{data[error.start]:02x}; save the file "
            "as UTF-8, and of a ROS map name the yaml, not the image"
        ) from error


def _layout_of_raster(raster: RasterMap, source: str) -> Layout:
    """The layout of a raster in the world frame, turned by its yaw and sampled on our nodes."""
    rows, columns = _spans(raster.free)
    free = np.pad(raster.free[rows, columns], 1)
    # The lower left corner of the padded crop, and its axes, in the world.
    x, y, yaw = raster.pose
    turn = np.array([[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]])
    corner = turn @ (np.array([columns.start - 1, rows.start - 1]) * raster.resolution) + (x, y)
    n_rows, n_columns = free.shape
    ends = np.array([[1, 1], [n_columns - 1, 1], [1, n_rows - 1], [n_columns - 1, n_rows - 1]]) * raster.resolution
    corners = ends @ turn.T + corner
    cure = "check `resolution` (metres a pixel), or crop the image"
    nodes = _nodes_over(corners.min(axis=0), corners.max(axis=0), source, cure)
    segments = outline_of_cells(free, raster.resolution, (0.0, 0.0)).reshape(-1, 2) @ turn.T + corner
    floor = _sample(free, raster.resolution, turn, corner, nodes)
    if not floor.any():
        raise ValueError(
            f"{source}: expected free cells that cover a node of the {GRID} m grid, got {free.sum()} cells of "
            f"{raster.resolution} m that cover none; check `resolution` (metres a pixel)"
        )
    return _cropped(Layout(source, segments.reshape(-1, 4), nodes.origin, floor))


def _sample(
    free: NDArray[np.bool_],
    resolution: float,
    turn: NDArray[np.float64],
    corner: NDArray[np.float64],
    nodes: _Nodes,
) -> NDArray[np.bool_]:
    """Whether each node lies in a free cell, `[n_y, n_x]`; `turn` and `corner` place the raster in the world."""
    # From (i, j) of a node to (row, column) of the raster, whose whole numbers are the centres of cells.
    steps = turn.T[::-1, ::-1] * (GRID / resolution)
    start = (turn.T @ (np.array(nodes.origin) - corner))[::-1] / resolution - 0.5
    sampled = ndimage.affine_transform(
        free.view(np.uint8), steps, start.tolist(), nodes.shape, output=np.uint8, order=0, mode="grid-constant"
    )
    return sampled.view(np.bool_)


def _layout_of_walls(walls: NDArray[np.float64], seal_radius: float, source: str) -> Layout:
    """The layout that wall segments enclose."""
    low = np.minimum(walls[:, :2], walls[:, 2:]).min(axis=0)
    high = np.maximum(walls[:, :2], walls[:, 2:]).max(axis=0)
    if not GRID <= seal_radius <= max(high - low) / 2:
        raise ValueError(
            f"{source}: expected a seal_radius from {GRID} m to half of the map's longer side, "
            f"{max(high - low) / 2:.2f} m, got {seal_radius}; pass a "
            f"{'larger' if seal_radius < GRID else 'smaller'} seal_radius to load_map"
        )
    around = 2 * seal_radius + GRID
    nodes = _nodes_over(low - around, high + around, source, "check its unit (metres) and for stray walls")
    clearance = clearance_field(Layout(source, walls, nodes.origin, np.ones(nodes.shape, np.bool_)))
    outside = outside_of(clearance, seal_radius)
    floor = rooms_within(outside, clearance, seal_radius, source)
    segments = np.concatenate([walls, seals_around(floor, clearance, nodes.origin)])
    return _cropped(Layout(source, segments, nodes.origin, floor))


def _nodes_over(low: NDArray[np.float64], high: NDArray[np.float64], source: str, cure: str) -> _Nodes:
    """Nodes from `low` to `high`, corners `(x, y)` in metres, and `MARGIN` further; refuses more than `MAX_NODES`.

    The lower left corner lies half a step from its nodes, so that on rasters of 0.05 m or 0.1 m no node lies on the
    edge of a cell.
    """
    n_x, n_y = (math.ceil(float(side) / GRID) + 2 * round(MARGIN / GRID) for side in high - low)
    if n_x * n_y > MAX_NODES:
        raise ValueError(
            f"{source}: expected at most {MAX_NODES:,} nodes of {GRID} m, got {n_x * n_y:,} "
            f"({n_x * GRID:,.0f} m x {n_y * GRID:,.0f} m); {cure}"
        )
    x, y = (float(edge) - MARGIN + GRID / 2 for edge in low)
    return _Nodes((x, y), (n_y, n_x))


def _cropped(layout: Layout) -> Layout:
    """The same layout on the nodes around its floor, with `MARGIN` of solid nodes on every side."""
    margin = round(MARGIN / GRID)
    rows, columns = _spans(layout.floor)
    x, y = layout.origin
    return layout._replace(
        origin=(x + GRID * (columns.start - margin), y + GRID * (rows.start - margin)),
        floor=np.pad(layout.floor[rows, columns], margin),
    )


def _spans(marked: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and the columns that hold every True of an array that has one."""
    rows = np.flatnonzero(marked.any(axis=1))
    columns = np.flatnonzero(marked.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
