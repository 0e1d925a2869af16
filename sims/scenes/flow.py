"""Optical flow between two scenes: where what a pixel of the first shows lies in the second."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import Camera
from sims.scenes.rendered import Rendered


def optical_flow(first: Rendered, second: Rendered) -> NDArray[np.float32]:
    """`[H, W, 2]` float32: by how many pixels right and down each pixel of `first` has moved in `second`.

    Objects move as their poses do, the rest of the world stands still, the sky is at infinity. It is exact geometry,
    and says nothing of whether the place is in the frame, or hidden, in `second`. NaN where there is no such place:
    behind the second camera, or on an object that is not there.

    Raises:
        ValueError: the pictures are not of one size.
    """
    if first.image.shape != second.image.shape:
        raise ValueError(f"pictures of one size have a flow, these are {first.image.shape} and {second.image.shape}")
    return scene_flow(first.depth, first.instance, first.camera, second.camera, _matched(first, second))


def scene_flow(
    depth: NDArray[np.float32],
    instance: NDArray[np.uint16],
    camera: Camera,
    second: Camera,
    moves: Iterable[tuple[int, NDArray[np.float64]]],
) -> NDArray[np.float32]:
    """As `optical_flow`, of what `camera` sees, `[H, W]`, to what `second` does.

    Args:
        moves: for a thing's number in `instance` how its points have moved in the world, `[4, 4]`, NaN if it is gone;
            the others stand still.
    """
    height, width = depth.shape
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(camera.intrinsics).T
    near = np.isfinite(depth)[..., None]
    points = np.where(near, rays * np.where(near, depth[..., None], 1.0), rays)
    homogeneous = np.concatenate([points, near], -1)  # a last coordinate of 0: a direction, the sky's
    world = homogeneous @ np.array(camera.pose).T
    for number, move in moves:
        mask = instance == number
        world[mask] = world[mask] @ move.T
    seen = world @ np.linalg.inv(np.array(second.pose)).T
    ahead = seen[..., 2] > 1e-6
    z = np.where(ahead, seen[..., 2], np.nan)
    f = second.focal
    return np.stack([f * seen[..., 0] / z + width / 2 - x, f * seen[..., 1] / z + height / 2 - y], -1).astype(
        np.float32
    )


def _matched(first: Rendered, second: Rendered) -> list[tuple[int, NDArray[np.float64]]]:
    """For every object of `first`, its number and how its points have moved, `[4, 4]`; NaN if it is not in `second`."""
    moves = []
    for k, seen in enumerate(first.objects):
        there = k < len(second.objects) and second.objects[k].name == seen.name
        move = second.objects[k].pose @ np.linalg.inv(seen.pose) if there else np.full((4, 4), np.nan)
        moves.append((seen.instance, move))
    return moves
