"""Poses between the flat world frame of `sims.pointnav` and Habitat's three-dimensional one.

Ours: x to the right, y up the page, heading counter-clockwise from +x, metres and radians. Habitat's: y up, forward is
-z at the identity rotation, rotations are unit quaternions stored as x, y, z, w. Seen from above with x to the right,
Habitat's z runs down the page, so X = x_habitat and Y = -z_habitat, and a turn by `a` about Habitat's +y is a heading
of a + pi/2. Source: habitat-lab, `tasks/nav/nav.py` (forward) and habitat-sim, `agent/agent.py` (order of the
coefficients).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOLERANCE = 1e-4
"""How far a quaternion's length, and its x and z, may be off: habitat-sim's own tolerance for unit length."""

Pose = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def to_habitat(
    xy: ArrayLike, heading: ArrayLike, height: ArrayLike = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Poses of the flat world as Habitat writes them.

    Args:
        xy: `[..., 2]` positions in metres.
        heading: `[...]` radians, counter-clockwise from +x, any range.
        height: `[...]` metres above Habitat's zero of the floor that the pose stands on; broadcasts, as heading does.

    Returns:
        position `[..., 3]` float64 (x, y, z) in metres, and rotation `[..., 4]` float64 (x, y, z, w), of unit length
        and with w >= 0.

    Raises:
        ValueError: `xy` does not end in an axis of 2, the shapes don't broadcast, or a number is not finite.
    """
    flat = _checked("xy", xy, 2)
    angle, level = _checked("heading", heading), _checked("height", height)
    try:
        x, y, angle, level = np.broadcast_arrays(flat[..., 0], flat[..., 1], angle, level)
    except ValueError as error:
        raise ValueError(
            f"xy, heading and height must agree in their leading axes, got shapes {flat.shape}, {angle.shape} and "
            f"{level.shape}: pass one heading and one height for each position, or one for all"
        ) from error
    half = wrap(angle - np.pi / 2) / 2
    zero = np.zeros_like(half)
    return np.stack([x, level, -y], axis=-1), np.stack([zero, np.sin(half), zero, np.cos(half)], axis=-1)


def from_habitat(position: ArrayLike, rotation: ArrayLike) -> Pose:
    """Habitat's poses as the flat world has them; the inverse of `to_habitat`.

    Args:
        position: `[..., 3]` x, y, z in metres.
        rotation: `[..., 4]` unit quaternions x, y, z, w that turn about the vertical only.

    Returns:
        xy `[..., 2]` in metres, heading `[...]` in radians within [-pi, pi), and height `[...]` in metres; float64.

    Raises:
        ValueError: a shape is wrong or a number not finite, the leading axes don't broadcast, or a rotation is not of
            unit length or tilts.
    """
    place, turn = _checked("position", position, 3), _checked("rotation", rotation, 4)
    _refuse_length(turn)
    _refuse_tilt(turn)
    heading = wrap(2 * np.arctan2(turn[..., 1], turn[..., 3]) + np.pi / 2)
    try:
        x, height, z, heading = np.broadcast_arrays(*np.moveaxis(place, -1, 0), heading)
    except ValueError as error:
        raise ValueError(
            f"position and rotation must agree in their leading axes, got shapes {place.shape} and {turn.shape}: pass "
            "one rotation for each position, or one for all"
        ) from error
    return np.stack([x, -z], axis=-1), heading.copy(), height.copy()


def wrap(angle: ArrayLike) -> NDArray[np.float64]:
    """Angles in radians, brought into [-pi, pi); those that lie there already stay as they are, to the last bit."""
    angle = np.asarray(angle, np.float64)
    turned = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    # The sum rounds: an angle a hair below -pi comes out as exactly +pi.
    turned = np.where(turned >= np.pi, -np.pi, turned)
    return np.where((angle >= -np.pi) & (angle < np.pi), angle, turned)


def _checked(name: str, values: ArrayLike, n: int | None = None) -> NDArray[np.float64]:
    """`values` as finite float64 whose last axis, where `n` is given, has that many entries."""
    array = np.asarray(values, np.float64)
    if n is not None and (array.ndim == 0 or array.shape[-1] != n):
        raise ValueError(f"{name} must have shape [..., {n}], got {array.shape}: the coordinates go in the last axis")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be finite, got {array[~np.isfinite(array)][0]}: drop the poses that are not known"
        )
    return array


def _refuse_length(rotation: NDArray[np.float64]) -> None:
    length = np.linalg.norm(rotation, axis=-1)
    wrong = np.abs(length - 1) > TOLERANCE
    if wrong.any():
        raise ValueError(
            f"rotations must be unit quaternions x, y, z, w, got {rotation[wrong][0].tolist()} of length "
            f"{length[wrong][0]:.6g}: divide each by its length"
        )


def _refuse_tilt(rotation: NDArray[np.float64]) -> None:
    tilted = np.abs(rotation[..., [0, 2]]).max(axis=-1) > TOLERANCE
    if tilted.any():
        raise ValueError(
            f"rotations must turn about the vertical only (x = z = 0), got {rotation[tilted][0].tolist()}, which "
            "tilts, and the flat world has no pitch or roll: pass the agent's body rather than its camera, and the "
            "coefficients in the order x, y, z, w"
        )
