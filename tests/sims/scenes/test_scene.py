import numpy as np
import pytest

from sims.scenes import Discrete, Space, full_factorial
from sims.scenes.rendered import FIRST_CHARACTER
from sims.scenes.scene import Scene, seed_of
from tests.sims.scenes.flat import Flat


@pytest.fixture
def scene():
    with Scene(renderer=Flat(), width=96, height=96) as opened:
        yield opened


def test_a_scene_and_its_annotations(scene):
    seen = scene.render({"character_name": "Barrel", "world_name": "Desert"})
    (barrel,) = seen.objects
    assert seen.flaws == ()
    assert seen.image.shape == (96, 96, 3)
    assert barrel.name == "Barrel"
    assert barrel.category == FIRST_CHARACTER + scene.pack.characters.index("Barrel")
    assert set(np.unique(seen.semantic)) == {0, barrel.category}
    assert barrel.pixels == (seen.instance == barrel.instance).sum()
    assert barrel.visible_fraction == barrel.fraction_in_frame == 1.0
    assert barrel.box == barrel.loose_box
    left, top, right, bottom = barrel.box
    assert left + right == pytest.approx(96, abs=2)  # the camera looks at its middle
    assert top + bottom == pytest.approx(96, abs=12)
    np.testing.assert_allclose(np.ptp(barrel.corners, axis=0), [0.74, 0.74, 1.0], atol=1e-3)
    assert seen.factors["camera_distance"] == 3.0
    assert seen.factors["character_scale"] == 1.0


def test_depth_along_rays_is_that_along_the_axis_over_the_cosine(scene):
    seen = scene.render({})
    row, column = np.argwhere(seen.instance > 0)[0]
    ray = np.linalg.inv(seen.camera.intrinsics) @ [column + 0.5, row + 0.5, 1.0]
    assert seen.ray_depth[row, column] == pytest.approx(seen.depth[row, column] * np.linalg.norm(ray), rel=1e-6)


def test_yaw_turns_around_the_front_and_equal_scenes_have_equal_seeds(scene):
    front = scene.render({"character_name": "CoffeeMug"})
    eye = np.array(front.camera.pose)[:3, 3]
    assert eye[1] < 0
    assert eye[0] == pytest.approx(0.0, abs=1e-9)
    right = np.array(scene.render({"camera_yaw": 90.0}).camera.pose)[:3, 3]
    assert right[0] > 2.0
    assert front.seed == seed_of(front.factors) == scene.render({"character_name": "CoffeeMug"}).seed
    assert front.seed != scene.render({"camera_yaw": 1.0}).seed
    assert scene.render({}, seed=5).seed == 5


def test_a_turned_object_is_put_down_again(scene):
    for pitch, roll in ((90.0, 0.0), (0.0, 90.0), (35.0, 20.0)):
        (seen,) = scene.render(
            {"character_name": "WineBottle", "character_rotation_pitch": pitch, "character_rotation_roll": roll}
        ).objects
        vertices = scene.pack.model("WineBottle").mesh.vertices @ seen.pose[:3, :3].T + seen.pose[:3, 3]
        assert vertices[:, 2].min() == pytest.approx(0.0, abs=1e-6)


def test_a_ball_that_was_rolled_is_sound(scene):
    # the corners of its box lie below the ground then, it does not
    seen = scene.render({"character_name": "Orange", "character_rotation_roll": 45.0})
    assert seen.objects[0].corners[:, 2].min() < -0.1
    assert seen.flaws == ()


def test_two_objects_in_their_places(scene):
    pair = {"character_name": "Drum", "character2_name": "Bucket"}
    left, right = scene.render(pair | {"character1_pos": "left", "character2_pos": "right"}).objects
    assert left.box[2] <= right.box[0]
    bottom, top = scene.render(pair | {"character1_pos": "bottom", "character2_pos": "top"}).objects
    assert top.box[3] <= bottom.box[1] + 12
    assert top.corners[:, 2].min() > 0.5
    both = scene.render(pair | {"character1_pos": "left", "character2_pos": "left"})
    assert both.flaws == ("Drum is inside Bucket",)
    assert scene.render({"character_name": "blank"}).objects == ()


def test_what_is_wrong_with_a_picture_is_said(scene):
    close = scene.render({"camera_distance": 1.5, "character_scale": 2.0, "character_name": "Barrel"})
    assert close.objects[0].fraction_in_frame < 0.8
    hidden = scene.render(
        {
            "character_name": "WineBottle",
            "character1_pos": "centre",
            "character2_name": "Bookcase",
            "character2_pos": "bottom",
            "camera_pitch": 0.0,
        }
    )
    assert hidden.flaws == ("WineBottle is out of sight (0 pixels)",)
    assert hidden.objects[0].box is None
    assert hidden.objects[0].loose_box is not None


def test_unknown_names_are_refused_with_the_nearest(scene):
    with pytest.raises(ValueError, match="did you mean 'Barrel'"):
        scene.render({"character_name": "Barel"})
    with pytest.raises(ValueError, match="did you mean 'camera_yaw'"):
        scene.render({"camera_jaw": 0.0})
    with pytest.raises(ValueError, match="expected a number from -360 to 360 deg"):
        scene.render({"camera_yaw": float("nan")})
    with pytest.raises(ValueError, match="no renderer 'unreel'"):
        Scene(renderer="unreel")
    with pytest.raises(ValueError, match="no folder 'advanced'"):
        Scene("advanced", Flat())
    with pytest.raises(ValueError, match="from 16 to 8192"):
        Scene(renderer=Flat(), width=0)


def test_costly_factors_change_rarely_in_the_order_of_cost(scene):
    space = Space(
        (
            Discrete("camera_yaw", (0, 45)),
            Discrete("character_name", ("Barrel", "Drum")),
            Discrete("world_name", ("City", "Desert")),
        )
    )
    table = full_factorial(space)
    order = scene.cost_order(table)
    assert sorted(order) == list(range(8))
    worlds = np.array(table["world_name"].to_pylist())[order]
    names = np.array(table["character_name"].to_pylist())[order]
    assert (worlds[1:] != worlds[:-1]).sum() == 1
    assert (names[1:] != names[:-1]).sum() == 3
