import numpy as np
import pytest

from sims.scenes.unrealcv.axes import (
    Transform,
    camera_pose_of,
    camera_transform_of,
    from_unreal,
    matrix_of,
    pose_of,
    rotator_of,
    to_unreal,
    transform_of,
)


def test_our_axes_in_unreals():
    # ours: x right, y away from the camera of yaw 0, z up; theirs: X away, Y right, Z up, in cm
    np.testing.assert_allclose(to_unreal(np.array([1.0, 2.0, 3.0])), [200.0, 100.0, 300.0])
    np.testing.assert_allclose(from_unreal(np.array([200.0, 100.0, 300.0])), [1.0, 2.0, 3.0])


def test_rotators_as_the_engine_has_them():
    forward, right, up = matrix_of(np.array([0.0, 90.0, 0.0])).T  # yaw turns from X to Y: to the right
    np.testing.assert_allclose([forward, right, up], [[0, 1, 0], [-1, 0, 0], [0, 0, 1]], atol=1e-12)
    forward, right, up = matrix_of(np.array([90.0, 0.0, 0.0])).T  # pitch looks up
    np.testing.assert_allclose([forward, right, up], [[0, 0, 1], [0, 1, 0], [-1, 0, 0]], atol=1e-12)
    forward, right, up = matrix_of(np.array([0.0, 0.0, 90.0])).T  # roll leans right: the right side goes down
    np.testing.assert_allclose([forward, right, up], [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)


def test_rotators_round_trip_straight_up_and_down_too():
    rng = np.random.default_rng(0)
    rotations = rng.uniform([-90, -180, -180], [90, 180, 180], (200, 3))
    rotations[:2, 0] = 90.0, -90.0
    for rotation in rotations:
        matrix = matrix_of(rotation)
        np.testing.assert_allclose(matrix_of(rotator_of(matrix)), matrix, atol=1e-7)
    np.testing.assert_allclose(rotator_of(matrix_of(rotations[5])), rotations[5], atol=1e-9)


def test_a_camera_looks_along_x_with_its_right_to_y():
    location, rotation = camera_transform_of(
        np.array([[1.0, 0, 0, 0], [0, 0, 1, -3], [0, -1, 0, 1], [0, 0, 0, 1]])  # at y = -3, 1 m up, looks along +y
    )
    np.testing.assert_allclose(location, [-300.0, 0.0, 100.0])
    np.testing.assert_allclose(rotation, [0.0, 0.0, 0.0], atol=1e-12)


def test_poses_round_trip():
    rng = np.random.default_rng(1)
    for _ in range(50):
        place = Transform(rng.normal(0, 300, 3), rng.uniform([-89, -180, -180], [89, 180, 180]), rng.uniform(0.2, 3, 3))
        there = transform_of(pose_of(place))
        for was, now in zip(place, there, strict=True):
            np.testing.assert_allclose(now, was, rtol=1e-9, atol=1e-9)
        pose = camera_pose_of(place.location, place.rotation)
        assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)  # right-handed, as OpenCV's
        for was, now in zip(place[:2], camera_transform_of(pose), strict=True):
            np.testing.assert_allclose(now, was, rtol=1e-9, atol=1e-9)


def test_what_no_transform_does():
    sheared, mirrored = np.eye(4), np.diag([1.0, 1.0, -1.0, 1.0])
    sheared[0, 1] = 0.5
    for pose in (sheared, mirrored):
        with pytest.raises(ValueError, match="shears or mirrors"):
            transform_of(pose)
    with pytest.raises(ValueError, match="flattens"):
        transform_of(np.diag([1.0, 0.0, 1.0, 1.0]))
