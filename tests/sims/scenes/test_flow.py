import numpy as np
import pytest

from sims.scenes.description import Camera
from sims.scenes.flow import optical_flow
from sims.scenes.rendered import Rendered, Seen

SIZE = 20


def looking_along_y(at=(0.0, 0.0, 0.0), turn=0.0):
    c, s = np.cos(turn), np.sin(turn)
    pose = np.eye(4)
    pose[:3, :3] = np.array([[c, 0, -s], [s, 0, c], [0, -1, 0]])
    pose[:3, 3] = at
    return Camera(tuple(map(tuple, pose.tolist())), 90.0, SIZE, SIZE)


def picture(camera, depth, shift=(0.0, 0.0, 0.0), name="Ball"):
    instance = np.zeros((SIZE, SIZE), np.uint16)
    instance[5:15, 5:15] = 1
    pose = np.eye(4)
    pose[:3, 3] = shift
    seen = Seen(name, 1, 10, pose, np.zeros((8, 3)), None, None, 100, 1.0, 1.0)
    blank = np.zeros((SIZE, SIZE, 3), np.uint8)
    depth = np.where(instance > 0, np.float32(depth), np.float32(np.inf))
    return Rendered(blank, depth, depth, blank, instance, instance, blank, (seen,), camera, {}, 0, ())


def test_nothing_moves_where_nothing_moves():
    still = picture(looking_along_y(), 4.0)
    np.testing.assert_allclose(optical_flow(still, still), 0.0, atol=1e-5)


def test_an_object_moves_by_its_pose_and_the_rest_stays():
    # focal length 10: 1 m right and 0.5 m up, 4 m ahead
    flow = optical_flow(picture(looking_along_y(), 4.0), picture(looking_along_y(), 4.0, (1.0, 0.0, 0.5)))
    np.testing.assert_allclose(flow[5:15, 5:15], [2.5, -1.25] * np.ones((10, 10, 1)), atol=1e-5)
    np.testing.assert_allclose(flow[:5], 0.0, atol=1e-5)


def test_a_camera_that_moves_leaves_the_sky_and_one_that_turns_does_not():
    before = picture(looking_along_y(), 4.0)
    flow = optical_flow(before, picture(looking_along_y((1.0, 0.0, 0.0)), 4.0))
    np.testing.assert_allclose(flow[5:15, 5:15, 0], -2.5, atol=1e-5)
    np.testing.assert_allclose(flow[:5], 0.0, atol=1e-5)
    turned = optical_flow(before, picture(looking_along_y(turn=0.1), 4.0))
    assert turned[0, 10, 0] == pytest.approx(10 * np.tan(np.arctan(0.05) + 0.1) - 0.5, rel=1e-4)  # to the left


def test_what_is_gone_has_no_flow():
    flow = optical_flow(picture(looking_along_y(), 4.0), picture(looking_along_y(), 4.0, name="Cube"))
    assert np.isnan(flow[5:15, 5:15]).all()
    assert np.isfinite(flow[:5]).all()
    behind = optical_flow(picture(looking_along_y(), 4.0), picture(looking_along_y((0.0, 9.0, 0.0)), 4.0))
    assert np.isnan(behind[5:15, 5:15]).all()
    small = picture(looking_along_y(), 4.0)
    with pytest.raises(ValueError, match="one size"):
        optical_flow(small, small._replace(image=np.zeros((4, 4, 3), np.uint8)))
