"""Which pixels an object would cover if nothing hid it and the frame had no end: what visible fractions are of."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.scenes.description import Camera, Placed

NEAR = 0.01
"""Metres before the camera within which nothing is seen."""

FRAMES = 4
"""How many frame sizes beyond the frame are looked at."""


class Silhouette(NamedTuple):
    """The outline of an object.

    Attributes:
        pixels: how many pixel centres it covers, in the frame and beyond it. inside: how many of those in the frame.
        box: (left, top, right, bottom) in pixels around it, right and bottom excluded, cut at the frame; None if it is
            nowhere in the frame.
    """

    pixels: int
    inside: int
    box: tuple[int, int, int, int] | None


def silhouette(thing: Placed, camera: Camera) -> Silhouette:
    """The outline of `thing` in the picture that `camera` takes; triangles that come behind the camera are left out."""
    mesh = thing.model.mesh
    points = project(mesh.vertices, thing.pose, camera)
    triangles = mesh.triangles[(points[mesh.triangles, 2] > NEAR).all(1)]
    if not len(triangles):
        return Silhouette(0, 0, None)
    seen = points[np.unique(triangles), :2]
    size = np.array([camera.width, camera.height])
    low = np.maximum(np.floor(seen.min(0)), -FRAMES * size).astype(np.int64)
    high = np.minimum(np.ceil(seen.max(0)), (1 + FRAMES) * size).astype(np.int64)
    if (high <= low).any():
        return Silhouette(0, 0, None)
    covered = np.zeros((high[1] - low[1], high[0] - low[0]), np.bool_)
    cover(points, triangles.astype(np.int64), low[0], low[1], covered)
    first, last = np.maximum(-low, 0), np.minimum(size - low, high - low)
    frame = covered[first[1] : max(last[1], 0), first[0] : max(last[0], 0)]
    return Silhouette(int(covered.sum()), int(frame.sum()), box_of(frame, (first + low).tolist()))


def project(vertices: NDArray[np.floating], pose: NDArray[np.float64], camera: Camera) -> NDArray[np.float64]:
    """`[n, 3]`: x and y in pixels and the depth in metres of points `[n, 3]` of a thing with that pose."""
    to_camera = np.linalg.inv(np.array(camera.pose)) @ pose
    x, y, z = (vertices.astype(np.float64) @ to_camera[:3, :3].T + to_camera[:3, 3]).T
    away = np.where(np.abs(z) > 1e-9, z, 1e-9)
    return np.stack([camera.focal * x / away + camera.width / 2, camera.focal * y / away + camera.height / 2, z], -1)


def box_of(mask: NDArray[np.bool_], corner: tuple[int, int] | list[int] = (0, 0)) -> tuple[int, int, int, int] | None:
    """(left, top, right, bottom) around the true pixels of `mask`, whose first pixel lies at `corner`; None of none."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    x, y = corner
    return int(columns[0] + x), int(rows[0] + y), int(columns[-1] + 1 + x), int(rows[-1] + 1 + y)


@kernel
def cover(points, triangles, left, top, covered):
    """Mark in `covered` `[height, width]`, whose first pixel is (left, top), the pixel centres within triangles.

    points: `[vertex, 3]` float64, x and y in pixels. triangles: `[triangle, 3]` int64.
    """
    height, width = covered.shape
    for t in range(triangles.shape[0]):
        ax, ay = points[triangles[t, 0], 0] - left, points[triangles[t, 0], 1] - top
        bx, by = points[triangles[t, 1], 0] - left, points[triangles[t, 1], 1] - top
        cx, cy = points[triangles[t, 2], 0] - left, points[triangles[t, 2], 1] - top
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0.0:
            continue
        sign = 1.0 if area > 0.0 else -1.0
        low_x, high_x = max(int(min(ax, bx, cx)), 0), min(int(max(ax, bx, cx)) + 1, width)
        low_y, high_y = max(int(min(ay, by, cy)), 0), min(int(max(ay, by, cy)) + 1, height)
        for row in range(low_y, high_y):
            y = row + 0.5
            for column in range(low_x, high_x):
                x = column + 0.5
                ab = sign * ((bx - ax) * (y - ay) - (by - ay) * (x - ax))
                bc = sign * ((cx - bx) * (y - by) - (cy - by) * (x - bx))
                ca = sign * ((ax - cx) * (y - cy) - (ay - cy) * (x - cx))
                if ab >= 0.0 and bc >= 0.0 and ca >= 0.0:
                    covered[row, column] = True
