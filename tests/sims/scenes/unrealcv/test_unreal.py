"""The renderer `unreal` on our own server, both without Blender: what it shows is what is drawn directly."""

import contextlib
import socket
import threading
from dataclasses import replace
from importlib import resources

import gymnasium
import numpy as np
import pytest
import unrealcv

import sims  # noqa: F401 - registers the id
from sims.scenes.datasets.dataset import DatasetSettings, render_dataset, run
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.spec import parse_spec
from sims.scenes.placing import scene_state
from sims.scenes.scene import RENDERERS, Scene
from sims.scenes.unreal import Unreal, plain
from sims.scenes.unrealcv.desk import Desk
from sims.scenes.unrealcv.link import Link, UnrealError
from sims.scenes.unrealcv.mapping import Model, read_mapping
from sims.scenes.unrealcv.patterns import Table
from sims.scenes.unrealcv.stage import Optics
from sims.scenes.unrealcv.wire import framed
from tests.sims.scenes.flat import Flat
from tests.sims.scenes.unrealcv.doubled import open_desk, open_server

SIZE = {"width": 64, "height": 48}
PAIR = {
    "character2_name": "Barrel",
    "character2_pos": "top",
    "character1_pos": "bottom",
    "scene_light": "Red",
    "character_texture": "Red",
    "character2_texture": "Blue",
    "character_rotation_yaw": 100.0,
    "character_rotation_pitch": 90.0,
    "character_rotation_roll": 12.0,
    "character_scale": 0.77,
}


@pytest.fixture
def server():
    with open_server() as opened:
        yield opened


@contextlib.contextmanager
def through(server, **changes):
    mapping = replace(read_mapping(), address=f"127.0.0.1:{server.port}", timeout_s=30.0, **changes)
    with Scene(renderer=Unreal(mapping), **SIZE) as scene:
        yield scene


def test_the_same_masks_depths_and_poses(server):
    scenes = [
        {},
        {"world_name": "Snow", "camera_yaw": 37.0, "camera_roll": 20.0, "character_name": "Chair"},
        PAIR,
        {**PAIR, "character_name": "Drum", "camera_pitch": 85.0},
        {"character_name": "blank"},
    ]
    with through(server) as scene, Scene(renderer=Flat(), **SIZE) as drawn:
        for factors in [*scenes, *scenes[::-1]]:
            seen, expected = scene.render(factors, seed=0), drawn.render(factors, seed=0)
            np.testing.assert_array_equal(seen.instance, expected.instance)
            np.testing.assert_array_equal(seen.semantic, expected.semantic)
            np.testing.assert_array_equal(seen.image, expected.image)
            there = np.isfinite(expected.depth)
            np.testing.assert_array_equal(np.isfinite(seen.depth), there)
            np.testing.assert_allclose(seen.depth[there], expected.depth[there], rtol=1e-5)
            np.testing.assert_allclose(seen.normals, expected.normals, atol=0.01)
            np.testing.assert_array_equal(seen.albedo[there], expected.albedo[there])
            camera, *poses = scene.renderer.reported
            np.testing.assert_allclose(camera, np.array(expected.camera.pose), atol=2e-5)
            for pose, own in zip(poses, expected.objects, strict=False):
                np.testing.assert_allclose(pose, own.pose, atol=1e-3)  # the scale comes with three decimals
    assert [name for name in server.desk.stage.actors if name.startswith("umwelt_")] == []


def test_what_is_too_far_for_depth_is_in_the_masks(server, monkeypatch):
    with through(server) as scene, Scene(renderer=Flat(), **SIZE) as drawn:
        expected = drawn.render({}, seed=0)
        far = np.float32(100.0 * expected.depth.min())  # all is farther
        for module in ("sims.scenes.unrealcv.studio", "sims.scenes.unreal"):
            monkeypatch.setattr(f"{module}.FAR_CM", far)
        seen = scene.render({}, seed=0)
        np.testing.assert_array_equal(seen.instance, expected.instance)
        assert not np.isfinite(seen.depth).any()


def test_a_program_with_axes_and_actors_of_its_own(server):
    """Its origin elsewhere and turned, the teapot an actor that is there, its own model larger and facing +X."""
    desk = server.desk
    desk.execute("vset /objects/spawn Teapot SM_Teapot")
    models = {"Teapot": Model(object="SM_Teapot", scale=1.0), "*": Model(spawn="{value}")}
    changes = {"origin_cm": (500.0, -300.0, 20.0), "turn_deg": 70.0, "models": models, "level": {"*": ()}}
    factors = {"character_name": "Teapot", "camera_yaw": 30.0, "character_rotation_yaw": 50.0}
    with through(server, **changes) as scene, Scene(renderer=Flat(), **SIZE) as drawn:
        seen, expected = scene.render(factors), drawn.render(factors)
        np.testing.assert_array_equal(seen.instance, expected.instance)
        np.testing.assert_allclose(seen.normals, expected.normals, atol=0.01)
        np.testing.assert_allclose(scene.renderer.reported[0], np.array(expected.camera.pose), atol=2e-5)
        scene.render({**factors, "character_name": "Drum"})
        assert desk.stage.actors["SM_Teapot"].hidden
    assert "SM_Teapot" in desk.stage.actors


def test_the_environment(server, monkeypatch):
    mapping = replace(read_mapping(), address=f"127.0.0.1:{server.port}")
    monkeypatch.setattr("sims.scenes.unreal.read_mapping", lambda path: mapping)
    env = gymnasium.make("umwelt/Scene-v0", renderer="unreal", task="match", width=32, height=32)
    obs, _ = env.reset(seed=0)
    assert obs["image"].shape == (32, 32, 3)
    env.step(env.action_space.sample())
    env.close()


def test_a_data_set(server, tmp_path, monkeypatch):
    mapping = tmp_path / "mapping.toml"
    text = (resources.files("sims.scenes.unrealcv") / "umwelt.toml").read_text()
    mapping.write_text(text.replace("127.0.0.1:9000", f"127.0.0.1:{server.port}"))
    spec = tmp_path / "spec.toml"
    spec.write_text(
        'name = "two"\nsize = 32\nannotations = ["instance", "depth"]\n[factors]\ncharacter_name = ["Teapot", "Drum"]\n'
    )
    run(DatasetSettings(str(spec), tmp_path / "out", renderer=f"unreal:{mapping}"))
    data = open_dataset(tmp_path / "out")
    assert len(data) == 2
    with pytest.raises(ValueError, match="--workers must be 1 with the renderer 'unreal'"):
        render_dataset(parse_spec('name = "x"\nrenderer = "unreal"\n[factors]\ncamera_yaw = [0.0]'), tmp_path / "no", 2)


def refusing(desk, *patterns):
    """The same desk, some of whose commands say ok and do nothing."""
    table = Table(
        command._replace(do=lambda desk, *arguments: "") if command.pattern in patterns else command
        for command in desk.table.commands
    )
    return Desk(desk.stage, desk.studio, table)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("vset /camera/[uint]/location [float] [float] [float]", "/camera/0 is at .* was set"),
        ("vset /camera/[uint]/rotation [float] [float] [float]", "/camera/0 is turned by .* was set"),
        ("vset /camera/[uint]/fov [float]", "/camera/0 is 64.000000 48.000000 pixels and 50.000000 degrees"),
        ("vset /camera/[uint]/size [uint] [uint]", "/camera/0 is 20.000000 20.000000 pixels"),
        ("vset /object/[str]/location [float] [float] [float]", "/object/umwelt_0 is at"),
        ("vset /object/[str]/rotation [float] [float] [float]", "/object/umwelt_0 is turned by"),
        ("vset /object/[str]/scale [float] [float] [float]", "/object/umwelt_0 has the scale"),
    ],
)
def test_what_is_not_done_is_found(pattern, message):
    desk = open_desk()
    if "size" in pattern or "fov" in pattern:  # a level opens with what the server was started with
        desk.stage.views = replace(desk.stage.views, width=20, height=20) if "size" in pattern else Optics(50.0, 64, 48)
    desk = refusing(desk, pattern)
    factors = {"character_rotation_yaw": 30.0, "character_scale": 0.5, "character1_pos": "left", "camera_pitch": 40.0}
    with open_server(desk) as server, through(server) as scene, pytest.raises(UnrealError, match=message):
        scene.render(factors)


def test_a_refused_command_is_found(server):
    focal = {"*": ("vset /camera/0/focal 1 1",)}
    with through(server, light=focal) as scene, pytest.raises(UnrealError, match=r"refuses 'vset /camera/0/focal 1 1'"):
        scene.render()
    answers = "answers 'FusionCameraActor_1' to 'vget /cameras': expected ok"
    with through(server, light={"*": ("vget /cameras",)}) as scene, pytest.raises(UnrealError, match=answers):
        scene.render()
    mapping = replace(read_mapping(), address=f"127.0.0.1:{server.port}", camera=2)
    with pytest.raises(UnrealError, match=r"has 1 cameras and none of number 2: set spawn_camera = true"):
        Unreal(mapping)
    with through(server, camera=2, spawn_camera=True) as scene:
        assert scene.render().image.shape == (48, 64, 3)


def test_coats_and_poses_are_not_left_out_in_silence(server):
    with through(server) as scene:
        state = scene_state(scene.pack, scene.space.completed({}), 64, 48, 0)
        walking = state._replace(factors={**state.factors, "character_pose": "Walk"})
        with pytest.raises(ValueError, match="has no command for character_pose=Walk: leave it at Default"):
            scene.renderer.render(walking)


def test_a_server_that_goes_or_is_not_there():
    with open_server() as short:
        link = Link(f"127.0.0.1:{short.port}")
    with pytest.raises(UnrealError, match=r"hung up|is lost"):
        link.text("vget /objects")
    with pytest.raises(UnrealError, match=r"hung up earlier: connect anew"):
        link.text("vget /objects")
    link.close()
    with pytest.raises(UnrealError, match=r"no UnrealCV server answers at .*: start one, e.g. `umwelt serve scenes`"):
        Link("127.0.0.1:1")
    for address in ("nowhere", "host:", ":9", "host:70000", "host:x"):
        with pytest.raises(ValueError, match="an address is HOST:PORT or the path of a Unix socket"):
            Link(address)


def test_a_server_that_does_not_answer_is_left():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        opened = []
        meeting = threading.Thread(target=lambda: opened.append(greeted(mute)))
        meeting.start()
        link = Link(address, timeout_s=0.4)
        meeting.join()
        with pytest.raises(UnrealError, match=f"{address} did not answer within 0.4 s; the first .*: vget /objects"):
            link.ask(["vget /objects", "vget /cameras"])
        opened[0].close()


def greeted(listening):
    """A connection that is greeted, told once that there is no such command, and left without a further word."""
    peer, _ = listening.accept()
    peer.sendall(framed(b"connected to nobody"))
    if hasattr(unrealcv, "ApiVersionManager"):  # from 1.2 on a client begins with a question
        peer.recv(1 << 12)
        peer.sendall(framed(b"0:error no"))
    return peer


def test_a_token_and_a_unix_socket(tmp_path):
    token = "0123456789abcdef"
    with open_server(unix=tmp_path / "s", token=token) as server:
        with Link(f"127.0.0.1:{server.port}", token) as link:
            assert link.text("vget /unrealcv/echo x") == "x"
        with pytest.raises(UnrealError, match="refuses 'vset /unrealcv/token': error that is not the token"):
            Link(f"127.0.0.1:{server.port}", "wrong")
        with Link(str(tmp_path / "s")) as link:
            assert link.numbers(["vget /camera/0/size"]) == [[64.0, 48.0]]
            with pytest.raises(UnrealError, match="answers no numbers"):
                link.numbers(["vget /objects"])


def test_names_of_renderers():
    assert set(RENDERERS) == {"cycles", "unreal"}
    with pytest.raises(ValueError, match="there is no renderer 'lumen': expected one of cycles, unreal"):
        Scene(renderer="lumen")
    with pytest.raises(ValueError, match="takes nothing more, got 'x'"):
        Scene(renderer="cycles:x")
    with pytest.raises(ValueError, match="there is no mapping"):
        Scene(renderer="unreal:nowhere.toml")


def test_numbers_have_no_exponents():
    assert plain([1e-9, -123456.5, 2]) == "0.000000 -123456.500000 2.000000"
