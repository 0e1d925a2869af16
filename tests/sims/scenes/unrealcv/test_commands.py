"""Every command, without a socket."""

import io
import re
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sims.scenes.flow import scene_flow
from sims.scenes.placing import LIGHTS
from sims.scenes.unrealcv.commands import TABLE
from sims.scenes.unrealcv.mapping import read_mapping
from sims.scenes.unrealcv.stage import MOST_ACTORS, CommandError, color_of
from tests.sims.scenes.unrealcv.doubled import open_desk

SCHEMA = (Path(__file__).parent / "schema.txt").read_text().splitlines()
NOT_HERE = 12


def said(desk, command):
    answer = desk.execute(command)
    return (answer() if callable(answer) else answer).decode()


def filled(pattern):
    return re.sub(r"\[(\w+)]", lambda kind: {"str": "x", "uint": "0", "float": "-.5"}[kind[1]], pattern)


@pytest.fixture
def desk():
    return open_desk()


def test_every_command_of_the_schema_is_known():
    found = [TABLE.find(filled(pattern))[0] for pattern in SCHEMA]
    assert len(found) == 95
    assert sum(command.do is None for command in found) == NOT_HERE
    for pattern, command in zip(SCHEMA, found, strict=True):
        assert pattern.split("[")[0] == command.pattern.split("[")[0]


@pytest.mark.parametrize("pattern", [command.pattern for command in TABLE.commands])
def test_every_command_answers_in_text_or_bytes(pattern, desk):
    answer = desk.execute(filled(pattern))
    if callable(answer):
        try:
            answer = answer()
        except CommandError as error:
            answer = str(error).encode()
    assert isinstance(answer, bytes)
    assert answer


def test_what_is_not_done_here_says_why(desk):
    assert said(desk, "vset /camera/0/motion_blur 1 1 1 1").startswith("error 'vset /camera/[uint]/motion_blur")
    assert "stands still" in said(desk, "vset /camera/0/motion_blur 1 1 1 1")
    assert said(desk, "vset /action/eyes_distance 20") == "error Not Implemented"


@pytest.mark.parametrize(
    "command", ["", "vget", "fly", "vget /objects x", "vset /camera/0/location 1e2 0 0", "vget /camera/-1/fov"]
)
def test_an_unknown_command_is_told_in_both_of_upstreams_words(desk, command):
    answer = said(desk, command)
    assert answer.startswith(f"error No handler found for URI '{command}'")
    assert "Can not find a handler" in answer


def test_cameras(desk):
    assert said(desk, "vget /cameras") == "FusionCameraActor_1"
    assert said(desk, "vset /cameras/spawn") == "FusionCameraActor_2"
    assert said(desk, "vget /cameras") == "FusionCameraActor_1 FusionCameraActor_2"
    assert said(desk, "vset /camera/1/pose 1.5 -2 .25 10 20 30") == "ok"
    assert said(desk, "vget /camera/1/location") == "1.500 -2.000 0.250"
    assert said(desk, "vget /camera/1/rotation  ") == "10.000 20.000 30.000"
    assert said(desk, "vget /camera/1/pose") == "1.500 -2.000 0.250 10.000 20.000 30.000"
    assert said(desk, "vget /camera/1/fov") == "35.000000"
    assert said(desk, "vset /camera/1/horizontal_fieldofview 90") == "ok"
    assert said(desk, "vget /camera/1/fov") == "90.000000"
    assert said(desk, "vget /camera/1/size") == "64 48"
    assert said(desk, "vset /camera/1/size 32 16") == "ok"
    assert said(desk, "vrun setres 40x30w") == "ok"
    assert said(desk, "vget /camera/1/size") == "40 30"
    assert "from 16 to 4096 pixels" in said(desk, "vset /camera/1/size 0 0")
    assert "from 1 to 170" in said(desk, "vset /camera/1/fov 0")
    assert said(desk, "vget /camera/9/fov") == "error Invalid sensor id 9: there are 2 cameras, counted from 0"
    assert "available options are perspective" in said(desk, "vset /camera/0/projection_type orthographic")
    assert said(desk, "vset /camera/0/projection_type Perspective") == "ok"
    assert "ldr, base, normal" in said(desk, "vset /camera/0/lit_source hdr")
    assert said(desk, "vset /object/FusionCameraActor_2/location 1 2 3") == "ok"
    assert said(desk, "vget /camera/1/location") == "1.000 2.000 3.000"
    assert "stays" in said(desk, "vset /object/FusionCameraActor_1/destroy")


def test_objects(desk):
    assert said(desk, "vget /objects") == "FusionCameraActor_1 character_1 Kitchen_ground Kitchen_walls"
    assert said(desk, "vset /objects/spawn Teapot pot") == "pot"
    assert said(desk, "vset /objects/spawn Teapot pot") == "error Failed to spawn pot, object exists."
    assert said(desk, "vset /objects/spawn_cube") == "CubeActor_1"
    assert said(desk, "vset /objects/spawn CubeActor box 100 0 50") == "box"
    assert said(desk, "vget /object/box/bounds") == "50.00 -50.00 0.00 150.00 50.00 100.00"
    assert said(desk, "vset /object/box/scale 2 1 1") == "ok"
    assert said(desk, "vset /object/box/rotation 0 90 0") == "ok"
    assert said(desk, "vget /object/box/bounds") == "50.00 -100.00 0.00 150.00 100.00 100.00"
    vertices = np.array([line.split() for line in said(desk, "vget /object/box/vertices").split("\n")[:-1]], float)
    np.testing.assert_allclose([vertices.min(0), vertices.max(0)], [[50, -100, 0], [150, 100, 100]])
    assert said(desk, "vset /object/box/color 9 8 7") == "ok"
    assert said(desk, "vget /object/box/color") == "(R=9,G=8,B=7,A=255)"
    assert "0 to 255" in said(desk, "vset /object/box/color 256 0 0")
    assert said(desk, "vget /object/box/uclass_name") == "CubeActor"
    assert said(desk, "vset /object/box/material 0 Grass") == "ok"
    assert said(desk, "vget /object/box/material") == "[0] Grass "
    assert "Invalid material slot" in said(desk, "vset /object/box/material 3 Grass")
    assert "Can not load material" in said(desk, "vset /object/box/material 0 Velvet")
    assert said(desk, "vset /object/box/name case") == "ok"
    assert said(desk, "vget /object/case/label") == "case"
    assert "overwrite" in said(desk, "vset /object/case/name pot")
    assert said(desk, "vset /object/case/destroy") == "ok"
    assert said(desk, "vget /object/case/location").startswith("error Cannot find object 'case'")
    assert said(desk, "vget /object//color").startswith("error Cannot find object")
    assert "Can not find a class with name 'Dragon'" in said(desk, "vset /objects/spawn Dragon")
    assert "a name is" in said(desk, "vset /objects/spawn Teapot ../x")
    assert "from 0.001" in said(desk, "vset /object/pot/scale 0 1 1")
    assert "from -10000000" in said(desk, f"vset /object/pot/location {'9' * 500} 0 0")
    assert said(desk, "vset /object/spawn Teapot older") == "older"


def test_long_numbers_are_read_in_one_way(desk):
    began = time.monotonic()
    for command in ("vset /camera/0/pose", "vset /camera/0/motion_blur", "vset /objects/spawn Drum x"):
        assert said(desk, f"{command} {' '.join(['9' * 8000] * 5)} x").startswith("error No handler found")
    assert time.monotonic() - began < 1.0  # by trying all ways to share out the digits it would be years
    for number in ("5", "-5.25", "+.5", "007"):
        assert said(desk, f"vset /camera/0/location {number} 0 0") == "ok"
    for number in ("5.", ".", "-", "1.2.3", "1e5", "nan", "inf", "", "0x1", "\u0663"):
        assert said(desk, f"vset /camera/0/location {number} 0 0").startswith("error No handler found")


def test_a_level_is_not_filled_without_end(desk):
    for _ in range(MOST_ACTORS):
        last = said(desk, "vset /objects/spawn_cube")
    assert last == f"error a level holds {MOST_ACTORS} actors at most: destroy some first"
    assert said(desk, "vset /action/game/level Snow") == "ok"
    assert said(desk, "vget /level/name") == "Snow"
    assert said(desk, "vget /objects") == "FusionCameraActor_1 character_1 Snow_ground"
    assert "there is no level 'Narnia'" in said(desk, "vset /action/game/level Narnia")


def test_the_rest(desk):
    assert said(desk, "vget /unrealcv/echo hello") == "hello"
    assert said(desk, "vget /unrealcv/version") == "1.1.0"
    status = said(desk, "vget /unrealcv/status")
    assert all(word in status for word in ("Port: 0\n", "Width: 64\n", "Height: 48\n", "Config file: "))
    assert "vget /unrealcv/commands" in said(desk, "vget /unrealcv/commands").split("\n")
    assert "vset /camera/[uint]/ortho_width [float]" not in said(desk, "vget /unrealcv/commands").split("\n")
    assert "vset /camera/[uint]/ortho_width [float]\nnot done here: " in said(desk, "vget /unrealcv/help")
    assert said(desk, "vget /action/game/is_paused") == "false"
    assert said(desk, "vset /action/game/pause") == "ok"
    assert said(desk, "vget /action/game/is_paused") == "true"
    assert said(desk, "vset /viewmode normal") == "ok"
    assert said(desk, "vget /viewmode") == "normal"
    assert "Can not set ViewMode" in said(desk, "vset /viewmode x-ray")
    assert said(desk, "vget /scene/name") == "basic"


@pytest.mark.parametrize(
    "command",
    [
        "vrun __import__('os').system('x')",
        "vrun setres 1;2x3",
        "vexec Light quit",
        "vbp Light __class__",
        "vbp Light set_light 1 1 1 nan",
        "vbp Light set_light 101 1 1 1",
        "vbp Light set_light 1 1 1",
        "vcmd exit",
    ],
)
def test_nothing_is_ever_evaluated(desk, command):
    before = repr((desk.stage.lamp, list(desk.stage.actors)))
    assert said(desk, command).startswith("error ")
    assert repr((desk.stage.lamp, list(desk.stage.actors))) == before


def test_the_lights_of_our_own_mapping_are_those_of_the_scenes(desk):
    lights = read_mapping().light
    assert set(lights) == set(LIGHTS)
    for name, (command,) in lights.items():
        assert said(desk, command) == "ok"
        assert desk.stage.lamp == (*LIGHTS[name], 1.0)


def test_colours_of_masks_are_far_enough_apart():
    colors = np.array([color_of(k) for k in range(2000)])
    assert (np.abs(colors[:, None] - colors[None]).max(-1) + 9 * np.eye(2000) >= 5).all()
    assert colors.any(1).all()


def picture(desk, command):
    return np.asarray(Image.open(io.BytesIO(desk.execute(command)())))


def test_pictures_agree_with_one_another(desk):
    mask = picture(desk, "vget /camera/0/object_mask png")
    assert mask.shape == (48, 64, 4)
    assert (mask[..., 3] == 255).all()
    color = [int(c) for c in re.findall(r"=(\d+)", said(desk, "vget /object/character_1/color"))]
    there = (mask == color).all(-1)
    assert 20 < there.sum() < 1500
    depth = np.load(io.BytesIO(desk.execute("vget /camera/0/depth npy")()))
    assert depth.dtype == "<f4"
    np.testing.assert_array_equal(depth < 65504.0, there)
    assert 250.0 < depth[there].mean() < 320.0  # the camera stands 3 m from the middle
    normal = picture(desk, "vget /camera/0/normal png")[there][0]
    np.testing.assert_array_equal(normal, [128, 128, 255, 255])  # up
    assert said(desk, "vset /object/character_1/hide") == "ok"
    assert not picture(desk, "vget /camera/0/seg png")[..., :3].any()
    assert said(desk, "vset /object/character_1/show") == "ok"
    bmp = picture(desk, "vget /camera/0/object_mask bmp")
    np.testing.assert_array_equal(bmp[..., :3], mask[..., :3])
    lit = picture(desk, "vget /screenshot png")
    np.testing.assert_array_equal(lit, picture(desk, "vget /camera/0/lit png"))
    for command in ("depth png", "lit npy", "object_mask npy"):
        with pytest.raises(CommandError, match="Invalid filename type"):
            desk.execute(f"vget /camera/0/{command}")()


def test_a_scene_with_nothing_in_it():
    desk = open_desk(character_name="blank")
    for name in said(desk, "vget /objects").split()[1:]:
        assert said(desk, f"vset /object/{name}/destroy") == "ok"
    assert said(desk, "vget /objects") == "FusionCameraActor_1"
    for kind in ("lit", "object_mask", "normal"):
        assert picture(desk, f"vget /camera/0/{kind} png").shape == (48, 64, 4)
    assert (np.load(io.BytesIO(desk.execute("vget /camera/0/depth npy")())) == 65504.0).all()
    assert not np.load(io.BytesIO(desk.execute("vget /camera/0/optical_flow npy")())).any()


def test_pictures_are_of_what_was_when_they_were_asked_for(desk):
    job = desk.execute("vget /camera/0/object_mask png")
    assert said(desk, "vset /object/character_1/hide") == "ok"
    assert np.asarray(Image.open(io.BytesIO(job())))[..., :3].any()


def test_optical_flow_is_the_motion_since_it_was_last_asked_for(desk):
    first = np.load(io.BytesIO(desk.execute("vget /camera/0/optical_flow npy")()))
    assert not first.any()
    there = np.load(io.BytesIO(desk.execute("vget /camera/0/depth npy")())) < 65504.0
    assert said(desk, "vset /object/character_1/location 0 10 0") == "ok"  # 10 cm to the right
    flow = np.load(io.BytesIO(desk.execute("vget /camera/0/optical_flow npy")()))
    moved = np.abs(flow[..., 0]) > 1.0
    assert 0.5 * there.sum() < moved.sum() < 1.5 * there.sum()
    focal = 32 / np.tan(np.deg2rad(17.5))
    assert np.median(flow[moved][:, 0]) == pytest.approx(0.1 * focal / 2.85, rel=0.1)
    assert np.abs(flow[~moved]).max() < 1e-3
    shown = np.asarray(Image.open(io.BytesIO(desk.execute("vget /camera/0/optical_flow png")())))
    assert not shown[..., :3].any()  # asked again: nothing has moved since
    assert scene_flow.__doc__


def test_what_stands_in_many_places_is_one_actor_with_all_of_them(desk):
    assert said(desk, "vset /action/game/level SavannaNoon") == "ok"
    assert "acacia_0" in said(desk, "vget /objects").split()
    low, high = np.array(said(desk, "vget /object/acacia_0/bounds").split(), float).reshape(2, 3)
    points = np.array([line.split() for line in said(desk, "vget /object/acacia_0/vertices").splitlines()], float)
    assert (high - low)[:2].min() > 3000.0  # one of them is about 5 m wide, in cm
    assert (points.min(0) >= low - 0.01).all()
    assert (points.max(0) <= high + 0.01).all()
    said(desk, "vset /object/acacia_0/location 100 0 0")
    moved = np.array(said(desk, "vget /object/acacia_0/bounds").split(), float).reshape(2, 3)
    np.testing.assert_allclose(moved - [low, high], [[100.0, 0.0, 0.0]] * 2, atol=0.02)
