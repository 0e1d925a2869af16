"""What a floor plan is: wall segments, the floor they enclose, and from these the clearance of every point."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel

GRID = 0.05
"""Spacing of the nodes on which floors, clearances and distances are stored, in metres."""

CLEARANCE_CAP = 1.0
"""Clearances are stored up to this many metres; beyond it a point counts as this far from every wall."""


class Layout(NamedTuple):
    """One floor plan in the world frame: x to the right, y up the page (right-handed), metres.

    Attributes:
        name: how `layouts=` names it, e.g. `houses:17` or the path of a map file.
        segments: walls as `[n, 4]` float64 rows `x0, y0, x1, y1`. A wall has no thickness of its own: a thick one is
            its outline, a solid object its closed outline.
        origin: world coordinates `(x, y)` of node `[0, 0]`.
        floor: `[n_y, n_x]` bool; node `[i, j]` lies at `origin + GRID * (j, i)` and is True where there is floor, that
            is neither outside the building nor inside something solid. It need not respect the walls' last centimetres:
            clearance does.
    """

    name: str
    segments: NDArray[np.float64]
    origin: tuple[float, float]
    floor: NDArray[np.bool_]


def outline_of_cells(free: NDArray[np.bool_], resolution: float, origin: tuple[float, float]) -> NDArray[np.float64]:
    """Wall segments between the free and the other cells of a raster, in runs as long as possible.

    Args:
        free: `[n_rows, n_columns]`, row 0 at the bottom (smallest y). Everything beyond the raster counts as not free.
        resolution: side of a cell in metres.
        origin: world coordinates of the lower left corner of cell `[0, 0]`, in metres.

    Returns:
        `[n, 4]` float64 segments `x0, y0, x1, y1` in metres.
    """
    padded = np.pad(free, 1)
    horizontal = _runs(padded[1:, 1:-1] != padded[:-1, 1:-1])
    vertical = _runs((padded[1:-1, 1:] != padded[1:-1, :-1]).T)
    x0, y0 = origin
    rows = [
        np.stack([start, line, stop, line], axis=1) * resolution + (x0, y0, x0, y0)
        for line, start, stop in [horizontal]
    ] + [
        np.stack([line, start, line, stop], axis=1) * resolution + (x0, y0, x0, y0) for line, start, stop in [vertical]
    ]
    return np.concatenate(rows).astype(np.float64)


def _runs(edges: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Line, first and one-past-last position of each run of True along axis 1."""
    steps = np.diff(np.pad(edges, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    line, start = np.nonzero(steps == 1)
    _, stop = np.nonzero(steps == -1)
    return line, start, stop


def clearance_field(layout: Layout) -> NDArray[np.float32]:
    """Distance from each node to the nearest wall, `[n_y, n_x]` float32 metres, at most `CLEARANCE_CAP`.

    Exact at the nodes (point-to-segment distances); zero where there is no floor.
    """
    clearance = np.full(layout.floor.shape, CLEARANCE_CAP, np.float32)
    _lower_by_segments(layout.segments, layout.origin[0], layout.origin[1], clearance)
    clearance[~layout.floor] = 0.0
    return clearance


@kernel
def _lower_by_segments(segments, x_origin, y_origin, clearance):  # segments [n, 4], clearance [n_y, n_x] float32
    n_y, n_x = clearance.shape
    for s in range(segments.shape[0]):
        x0, y0, x1, y1 = segments[s, 0], segments[s, 1], segments[s, 2], segments[s, 3]
        dx, dy = x1 - x0, y1 - y0
        length2 = dx * dx + dy * dy
        j_lo = max(0, int(np.ceil((min(x0, x1) - CLEARANCE_CAP - x_origin) / GRID)))
        j_hi = min(n_x - 1, int(np.floor((max(x0, x1) + CLEARANCE_CAP - x_origin) / GRID)))
        i_lo = max(0, int(np.ceil((min(y0, y1) - CLEARANCE_CAP - y_origin) / GRID)))
        i_hi = min(n_y - 1, int(np.floor((max(y0, y1) + CLEARANCE_CAP - y_origin) / GRID)))
        for i in range(i_lo, i_hi + 1):
            for j in range(j_lo, j_hi + 1):
                px, py = x_origin + GRID * j - x0, y_origin + GRID * i - y0
                along = 0.0
                if length2 > 0.0:
                    along = min(1.0, max(0.0, (px * dx + py * dy) / length2))
                ex, ey = px - along * dx, py - along * dy
                distance = np.sqrt(ex * ex + ey * ey)
                if distance < clearance[i, j]:
                    clearance[i, j] = distance
