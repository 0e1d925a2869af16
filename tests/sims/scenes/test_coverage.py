import numpy as np
import pytest

from sims.scenes.basic.solids import box, mesh, sphere
from sims.scenes.coverage import box_of, cover, project, silhouette
from sims.scenes.description import Camera, Material, Model, Placed

AHEAD = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])  # at the origin, looking along y, z up


def camera(width=100, height=80, fov_deg=90.0):
    return Camera(tuple(map(tuple, AHEAD.tolist())), fov_deg, width, height)


def placed(shape, at, scale=1.0):
    pose = np.diag([scale, scale, scale, 1.0])
    pose[:3, 3] = at
    return Placed(Model("thing", shape, (Material(),)), pose)


def test_a_point_is_projected_as_by_hand():
    # 90 degrees over 100 pixels: focal length 50; 2 m ahead, 1 m right, 0.5 m up
    x, y, z = project(np.array([[1.0, 2.0, 0.5]]), np.eye(4), camera())[0]
    assert (x, y, z) == pytest.approx((50 + 50 * 0.5, 40 - 50 * 0.25, 2.0))


@pytest.mark.kernels
def test_cover_marks_the_centres_within_a_triangle_whichever_way_it_turns():
    # the lower left half of a 4 x 4 square, its diagonal through pixel centres
    points = np.array([[0.0, 0.0, 1.0], [4.0, 4.0, 1.0], [0.0, 4.0, 1.0]])
    for order in ([0, 1, 2], [2, 1, 0]):
        covered = np.zeros((6, 6), np.bool_)
        cover(points, np.array([order]), 0, 0, covered)
        expected = np.zeros((6, 6), np.bool_)
        expected[:4, :4] = np.tril(np.ones((4, 4), np.bool_))
        np.testing.assert_array_equal(covered, expected)


@pytest.mark.kernels
def test_cover_stays_within_its_array_and_leaves_out_what_has_no_area():
    covered = np.zeros((3, 3), np.bool_)
    far = np.array([[-1e4, -1e4, 1.0], [1e4, -1e4, 1.0], [0.0, 1e4, 1.0], [5.0, 5.0, 1.0]])
    cover(far, np.array([[3, 3, 3], [0, 3, 0]]), 0, 0, covered)
    assert not covered.any()
    cover(far, np.array([[0, 1, 2]]), 0, 0, covered)
    assert covered.all()


def test_a_box_before_the_camera_covers_what_its_front_subtends():
    # the front side of a 2 m cube 4 m ahead lies at 3 m: 50 * 2 / 3 = 33.3 pixels a side
    outline = silhouette(placed(box((2, 2, 2)), (0, 4, 0)), camera())
    assert outline.pixels == outline.inside == 34 * 34 or outline.pixels == 33 * 33
    left, top, right, bottom = outline.box
    assert right - left == bottom - top in (33, 34)
    assert left + right == 100
    assert top + bottom == 80


def test_what_lies_beyond_the_frame_counts_too():
    # a square 2 m wide, 4 m ahead, its middle on the frame's right edge: half of its 25 x 25 pixels are inside
    square = mesh(np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1.0]]), np.array([[0, 1, 2], [0, 2, 3]]))
    outline = silhouette(placed(square, (4.0, 4.0, 0)), camera())
    assert outline.pixels in (24 * 24, 24 * 25, 25 * 25, 25 * 26, 26 * 26)
    assert outline.inside / outline.pixels == pytest.approx(0.5, abs=0.03)
    assert outline.box[2] == 100
    assert silhouette(placed(sphere(0.5, 3), (0, -4, 0)), camera()) == (0, 0, None)
    assert silhouette(placed(sphere(0.5, 3), (300, 4, 0)), camera()).inside == 0


def test_the_area_of_a_disc():
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    rim = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], -1)
    fan = np.stack([np.full(200, 200), np.arange(200), (np.arange(200) + 1) % 200], -1)
    disc = mesh(np.concatenate([rim, [[0, 0, 0]]]), fan)
    outline = silhouette(placed(disc, (0, 5, 0)), camera(400, 400))
    assert outline.pixels == pytest.approx(np.pi * 40**2, rel=0.01)


def test_boxes_around_masks():
    mask = np.zeros((5, 7), np.bool_)
    assert box_of(mask) is None
    mask[1:3, 2:6] = True
    assert box_of(mask) == (2, 1, 6, 3)
    assert box_of(mask, (10, 20)) == (12, 21, 16, 23)
