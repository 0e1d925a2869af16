"""Poses to Habitat's frame and back: by hand, at random, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims.pointnav.frames import from_habitat, to_habitat, wrap

HALF = np.sqrt(0.5)

# Heading, and the rotation about Habitat's +y that faces the same way: up the page is -z, forward at the identity.
BY_HAND = [
    (np.pi / 2, (0.0, 0.0, 0.0, 1.0)),
    (0.0, (0.0, -HALF, 0.0, HALF)),
    (-np.pi, (0.0, HALF, 0.0, HALF)),
    (np.pi / 6, (0.0, -0.5, 0.0, np.sqrt(0.75))),
]

metres = st.floats(-1e3, 1e3)
angles = st.floats(-50.0, 50.0)


@pytest.mark.parametrize(("heading", "rotation"), BY_HAND)
def test_poses_computed_by_hand(heading: float, rotation: tuple[float, ...]) -> None:
    position, turned = to_habitat((1.0, 2.0), heading, 0.5)
    np.testing.assert_allclose(position, [1.0, 0.5, -2.0])
    np.testing.assert_allclose(turned, rotation, atol=1e-15)
    xy, back, height = from_habitat((1.0, 0.5, -2.0), rotation)
    np.testing.assert_allclose(xy, [1.0, 2.0])
    np.testing.assert_allclose(back, heading, atol=1e-15)
    assert height == 0.5


def test_forward_is_where_the_heading_points() -> None:
    # Rotating (0, 0, -1) by a yaw a gives (-sin a, 0, -cos a).
    headings = np.linspace(-np.pi, np.pi, 37)
    _, rotation = to_habitat(np.zeros((37, 2)), headings)
    yaw = 2 * np.arctan2(rotation[:, 1], rotation[:, 3])
    forward = np.stack([-np.sin(yaw), np.zeros(37), -np.cos(yaw)], axis=1)
    ahead, _ = to_habitat(np.stack([np.cos(headings), np.sin(headings)], axis=1), 0.0)
    np.testing.assert_allclose(forward, ahead, atol=1e-15)


@given(metres, metres, angles, metres)
def test_there_and_back_changes_nothing(x: float, y: float, heading: float, height: float) -> None:
    xy, back, level = from_habitat(*to_habitat((x, y), heading, height))
    assert (float(xy[0]), float(xy[1]), float(level)) == (x, y, height)
    assert abs(float(wrap(back - heading))) < 1e-12 or abs(abs(float(wrap(back - heading))) - np.pi) > np.pi - 1e-12
    assert -np.pi <= back < np.pi


@given(angles, metres)
def test_back_and_there_changes_nothing_but_the_sign(yaw: float, z: float) -> None:
    rotation = np.array([0.0, np.sin(yaw / 2), 0.0, np.cos(yaw / 2)])
    position, turned = to_habitat(*from_habitat((3.0, -1.0, z), rotation))
    np.testing.assert_allclose(position, [3.0, -1.0, z])
    # q and -q are the same rotation.
    np.testing.assert_allclose(turned * np.sign(turned @ rotation), rotation, atol=1e-12)
    assert turned[3] >= 0


def test_leading_axes_are_kept_and_broadcast() -> None:
    rng = np.random.default_rng(0)
    xy, headings = rng.normal(size=(4, 3, 2)), rng.uniform(-3, 3, (4, 3))
    position, rotation = to_habitat(xy, headings, np.arange(3.0))
    assert (position.shape, rotation.shape) == ((4, 3, 3), (4, 3, 4))
    back, heading, height = from_habitat(position, rotation)
    np.testing.assert_allclose(back, xy)
    np.testing.assert_allclose(heading, headings, atol=1e-14)
    np.testing.assert_array_equal(height, np.broadcast_to(np.arange(3.0), (4, 3)))
    assert {a.dtype for a in (position, rotation, back, heading, height)} == {np.dtype(np.float64)}
    # Many places, one rotation.
    assert from_habitat(np.zeros((5, 3)), (0, 0, 0, 1))[1].shape == (5,)


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [(np.pi, -np.pi), (-np.pi, -np.pi), (-np.pi - 1e-16, -np.pi), (0.1, 0.1), (1e-300, 1e-300), (7.0, 7.0 - 2 * np.pi)],
)
def test_wrap_is_half_open(angle: float, wrapped: float) -> None:
    assert float(wrap(angle)) == pytest.approx(wrapped, abs=1e-15)


@given(st.floats(-1e6, 1e6))
def test_wrap_never_leaves_its_range(angle: float) -> None:
    assert -np.pi <= float(wrap(angle)) < np.pi


@pytest.mark.parametrize(
    ("position", "rotation", "message"),
    [
        ((0, 0, 0), (0, 0, 0, 0.9), "divide each by its length"),
        ((0, 0, 0), (0, 0, 0, 0), "of length 0"),
        ((0, 0, 0), (HALF, 0, 0, HALF), "which tilts"),
        ((0, 0, 0), (0, 0, 0.01, np.sqrt(1 - 1e-4)), "which tilts"),
        ((0, 0, 0), (1, 0, 0, 0), "in the order x, y, z, w"),
        ((0, 0), (0, 0, 0, 1), r"position must have shape \[..., 3\], got \(2,\)"),
        ((0, 0, 0), (0, 1), r"rotation must have shape \[..., 4\], got \(2,\)"),
        ((0, np.nan, 0), (0, 0, 0, 1), "position must be finite, got nan"),
        (np.zeros((2, 3)), np.tile([0.0, 0, 0, 1], (3, 1)), r"got shapes \(2, 3\) and \(3, 4\)"),
    ],
)
def test_from_habitat_refuses(position: object, rotation: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_habitat(position, rotation)  # type: ignore[arg-type]


def test_one_bad_rotation_among_many_is_shown() -> None:
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (5, 1))
    rotations[3] = [0.6, 0.0, 0.0, 0.8]
    with pytest.raises(ValueError, match=r"got \[0.6, 0.0, 0.0, 0.8\]"):
        from_habitat(np.zeros((5, 3)), rotations)


def test_rounded_rotations_pass() -> None:
    # As files have them: five decimals.
    _, heading, _ = from_habitat((0, 0, 0), (0, 0.70711, 0, 0.70711))
    assert abs(float(wrap(heading - np.pi))) < 1e-5


@pytest.mark.parametrize(
    ("xy", "heading", "height", "message"),
    [
        ((1.0, 2.0, 3.0), 0.0, 0.0, r"xy must have shape \[..., 2\], got \(3,\)"),
        (1.0, 0.0, 0.0, r"xy must have shape \[..., 2\], got \(\)"),
        ((1.0, 2.0), np.inf, 0.0, "heading must be finite, got inf"),
        ((1.0, 2.0), 0.0, np.nan, "height must be finite"),
        (np.zeros((4, 2)), np.zeros(3), 0.0, r"got shapes \(4, 2\), \(3,\) and \(\)"),
    ],
)
def test_to_habitat_refuses(xy: object, heading: object, height: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_habitat(xy, heading, height)  # type: ignore[arg-type]
