"""Unreal's frame and ours, one function a way: left-handed, centimetres, degrees there; see `description` for ours.

Unreal's X (forward) is our y, its Y (right) our x, its Z (up) our z, so that a camera of yaw 0 looks along X and
nothing is mirrored in the picture. A rotator is (pitch, yaw, roll): yaw turns right seen from above, pitch looks up,
roll leans right, in the order roll, pitch, yaw (Unreal's FRotationMatrix). Models keep our axes, swapped the same way:
an object that is not turned has its front towards -X.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CM = 100.0
"""Centimetres a metre."""

SWAP = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Our axes to Unreal's, and back: it is its own inverse."""

LEVEL_WITH_US = 1e-6
"""How far axes of equal length may be from right angles: what sums in floats leave."""


class Transform(NamedTuple):
    """Where something is in Unreal's frame.

    Attributes:
        location: `[3]` centimetres. rotation: `[3]` pitch, yaw, roll in degrees. scale: `[3]` along its own axes.
    """

    location: NDArray[np.float64]
    rotation: NDArray[np.float64]
    scale: NDArray[np.float64]


def to_unreal(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points `[..., 3]`, metres, in Unreal's frame, centimetres."""
    return CM * (points.astype(np.float64) @ SWAP)


def from_unreal(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points `[..., 3]` of Unreal's frame, centimetres, in ours, metres."""
    return points.astype(np.float64) @ SWAP / CM


def matrix_of(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[3, 3]`, its columns the turned X, Y and Z axes, of a rotator."""
    (sp, sy, sr), (cp, cy, cr) = np.sin(np.deg2rad(rotation)), np.cos(np.deg2rad(rotation))
    forward = [cp * cy, cp * sy, sp]
    right = [sr * sp * cy - cr * sy, sr * sp * sy + cr * cy, -sr * cp]
    up = [-(cr * sp * cy + sr * sy), cy * sr - cr * sp * sy, cr * cp]
    return np.array([forward, right, up]).T


def rotator_of(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rotator of a rotation `[3, 3]`; where it looks straight up or down, the one of yaw 0."""
    forward, right, up = matrix.T
    flat = float(np.hypot(forward[0], forward[1]))
    pitch = np.arctan2(forward[2], flat)
    yaw = np.arctan2(forward[1], forward[0]) if flat > 1e-9 else 0.0
    level = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    roll = np.arctan2(up @ level, right @ level)
    return np.rad2deg([pitch, yaw, roll])


def pose_of(place: Transform) -> NDArray[np.float64]:
    """`[4, 4]` model to world, ours, of something in Unreal's frame."""
    pose = np.eye(4)
    pose[:3, :3] = SWAP @ (matrix_of(place.rotation) * place.scale) @ SWAP
    pose[:3, 3] = from_unreal(place.location)
    return pose


def transform_of(pose: NDArray[np.float64]) -> Transform:
    """Where a model with that pose `[4, 4]` is in Unreal's frame.

    Raises:
        ValueError: the pose shears or mirrors, which no transform of Unreal's does.
    """
    turned = SWAP @ pose[:3, :3] @ SWAP
    scale = np.linalg.norm(turned, axis=0)
    if not (scale > 0.0).all():
        raise ValueError(f"a pose that flattens has no transform in Unreal: its axes are {scale.tolist()} long")
    axes = turned / scale
    if not np.allclose(axes.T @ axes, np.eye(3), atol=LEVEL_WITH_US) or np.linalg.det(axes) < 0.0:
        raise ValueError("a pose that shears or mirrors has no transform in Unreal: turn and scale models only")
    return Transform(to_unreal(pose[:3, 3]), rotator_of(axes), scale)


def camera_pose_of(location: NDArray[np.float64], rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[4, 4]` camera (x right, y down, z forward) to world, ours, of a camera of Unreal's, which looks along its X."""
    forward, right, up = matrix_of(rotation).T
    pose = np.eye(4)
    pose[:3, :3] = SWAP @ np.stack([right, -up, forward], 1)
    pose[:3, 3] = from_unreal(location)
    return pose


def camera_transform_of(pose: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Location and rotator, in Unreal's frame, of a camera with that pose `[4, 4]`."""
    right, down, forward = (SWAP @ pose[:3, :3]).T
    return to_unreal(pose[:3, 3]), rotator_of(np.stack([forward, right, -down], 1))
