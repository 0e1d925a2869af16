import os
import resource
import signal
import socket
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sims.scenes.basic.solids import assembled, box
from sims.scenes.cycles import install, renderer
from sims.scenes.cycles.install import DEBIAN, blender_command, cycles_is_ready
from sims.scenes.cycles.process import Worker, WorkerError, WorkerLostError
from sims.scenes.cycles.renderer import Cycles
from sims.scenes.cycles.wire import WireError, receive, send
from sims.scenes.description import Material, Model
from sims.scenes.packs import Pack
from sims.scenes.placing import scene_state
from sims.scenes.scene import Scene
from sims.scenes.worlds import WORLDS

needs_cycles = pytest.mark.skipif(not cycles_is_ready(), reason="there is no Blender: umwelt setup cycles")
SMALL = {"width": 64, "height": 64, "samples": 4}
HALF_A_SKY = 1024 * 256 * 3 * 4
"""Bytes of a panorama's upper half."""


@pytest.fixture(scope="module")
def scene():
    with Scene(**SMALL) as opened:
        yield opened


def test_messages_arrive_as_they_were_sent():
    a, b = socket.socketpair()
    arrays = {"x": np.arange(6, dtype=np.int16).reshape(2, 3), "none": np.zeros((0, 4)), "turned": np.eye(3)[:, ::-1]}
    send(a, {"verb": "hello", "n": 1.5}, arrays)
    document, out = receive(b)
    assert document == {"verb": "hello", "n": 1.5}
    for name, array in arrays.items():
        np.testing.assert_array_equal(out[name], array)
    a.sendall(b"\xff" * 16)
    with pytest.raises(WireError, match="no message"):
        receive(b)
    a.close()
    with pytest.raises(WireError, match="gone"):
        receive(b)
    b.close()


def test_a_worker_that_dies_or_says_nothing_is_told_of():
    dying = [sys.executable, "-c", "import sys; print('dear me'); sys.exit(3)"]
    worker = Worker(dying)
    with pytest.raises(WorkerLostError, match=r"status 3.*dear me"):
        worker.ask({"verb": "hello"}, timeout_s=30)
    worker.close()
    assert not worker.folder.exists()
    worker = Worker([sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(WorkerLostError, match=r"did not answer within 0 s: it wrote nothing"):
        worker.ask({"verb": "hello"}, timeout_s=0.2)
    worker.close()
    with pytest.raises(WorkerLostError, match="umwelt setup cycles"):
        Worker(["/no/such/blender"])


def test_without_blender_the_cure_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(install, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.delenv("UMWELT_BLENDER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="umwelt setup cycles"):
        Scene()
    monkeypatch.setenv("UMWELT_BLENDER", str(tmp_path / "blender"))
    with pytest.raises(FileNotFoundError, match="umwelt setup cycles"):
        blender_command()


def test_missing_libraries_name_the_packages(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ImportError: libXi.so.6: cannot open shared object file' >&2; exit 1\n")
    python.chmod(0o755)
    with pytest.raises(OSError, match=f"libXi.so.6.*apt-get install {DEBIAN}"):
        install._version([str(python), str(install.WORKER)])


def test_what_can_not_be_is_refused():
    if cycles_is_ready():
        with pytest.raises(ValueError, match="at least 1"):
            Cycles(samples=0)
        with pytest.raises(ValueError, match="no device 'TPU'"):
            Cycles(device="TPU")
    with pytest.raises(ValueError, match="expected cycles"):
        install.run(install.SetupSettings("unreal"))


@needs_cycles
def test_its_masks_and_depths_are_those_of_geometry(scene):
    seen = scene.render({"character_name": "GiftBox", "world_name": "SaltFlat", "character_rotation_yaw": 20.0})
    (box,) = seen.objects
    assert seen.flaws == ()
    assert box.visible_fraction == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(box.box, box.loose_box, atol=1)
    assert set(np.unique(seen.semantic)) <= {0, 1, box.category}
    # the ground: every pixel's ray meets z = 0 at the depth that is told
    rows, columns = np.nonzero(seen.semantic == 1)
    near = seen.depth[rows, columns] < 6.0
    rows, columns = rows[near], columns[near]
    rays = np.stack([columns + 0.5, rows + 0.5, np.ones(len(rows))]).T @ np.linalg.inv(seen.camera.intrinsics).T
    pose = np.array(seen.camera.pose)
    points = pose[:3, 3] + seen.depth[rows, columns, None] * (rays @ pose[:3, :3].T)
    assert len(rows) > 200
    np.testing.assert_allclose(points[:, 2], 0.0, atol=0.01)
    np.testing.assert_allclose(np.linalg.norm(seen.normals[seen.instance > 0], axis=1), 1.0, atol=1e-3)
    assert np.isinf(seen.depth[seen.instance == 0]).all()
    # the side towards the camera has the paint's colour
    red = seen.albedo[seen.instance == box.instance].astype(int)
    assert (red[:, 0] > red[:, 1]).mean() > 0.9


@needs_cycles
def test_the_same_bytes_in_any_number_of_threads_and_whatever_came_before(scene):
    factors = {"character_name": "Candle", "world_name": "Kitchen", "character_texture": "Wood"}
    first = scene.render(factors)
    scene.render({"character_name": "Barrel", "world_name": "Meadow", "camera_roll": 30.0})
    again = scene.render(factors)
    with Scene(**SMALL, threads=1) as single:
        alone = single.render(factors)
    for other in (again, alone):
        for name in ("image", "depth", "normals", "instance", "albedo"):
            np.testing.assert_array_equal(getattr(first, name), getattr(other, name), err_msg=name)
    assert not np.array_equal(first.image, scene.render(factors, seed=1).image)


@needs_cycles
def test_lights_that_are_gone_leave_nothing_behind(scene):
    # a sky's sun, a panorama, a room's lamps, a flame: each changes what the renderer keeps for the next picture
    rows = [{"character_name": n, "world_name": w} for w in ("City", "Kitchen", "Meadow") for n in ("Candle", "Goblet")]
    forth = [scene.render(row).image for row in rows]
    back = [scene.render(row).image for row in rows[::-1]][::-1]
    np.testing.assert_array_equal(forth, back)
    with Scene(**SMALL, threads=1) as single:
        for k in (3, 5):
            np.testing.assert_array_equal(single.render(rows[k]).image, forth[k])


@needs_cycles
def test_killed_and_hung_workers_are_replaced_and_the_picture_done(scene):
    factors = {"character_name": "Goblet"}
    expected = scene.render(factors).image
    cycles = scene.renderer
    before = cycles.restarts
    killer = threading.Timer(0.2, os.kill, (cycles._worker.process.pid, signal.SIGKILL))
    killer.start()  # while it renders
    np.testing.assert_array_equal(scene.render(factors).image, expected)
    killer.join()
    np.testing.assert_array_equal(scene.render(factors).image, expected)
    assert cycles.restarts == before + 1
    hung = cycles._worker
    os.kill(hung.process.pid, signal.SIGSTOP)
    cycles.timeout_s = 15.0
    try:
        np.testing.assert_array_equal(scene.render(factors).image, expected)
    finally:
        cycles.timeout_s = 600.0
    assert hung.process.poll() is not None
    assert not hung.folder.exists()


def boxes(n_models, n_surfaces):
    """A pack of boxes, each of another shape and in surfaces of its own, a triangle each."""

    def build(k):
        shape = box((1.0, 0.5, 0.2 + 0.05 * k), 0.1, 8)
        part = np.arange(len(shape.triangles), dtype=np.int32) % n_surfaces
        surfaces = [Material((k / n_models, i / n_surfaces, 0.5)) for i in range(n_surfaces)]
        return assembled(f"Box{k}", [(shape._replace(part=part), surfaces)], "box")

    builders = {f"Box{k}": partial(build, k) for k in range(n_models)}
    return Pack("boxes", tuple(builders), LIT, "MIT", (), {}, builders, {name: WORLDS[name] for name in LIT})


LIT = ("Studio", "DunesNoon", "HallwayEvening")
"""By a panorama, by a sky and its sun, and by lamps."""


@needs_cycles
@pytest.mark.parametrize(
    ("world", "kept_models", "n_surfaces"),
    [("Studio", 3, 2), ("Studio", 120, 150), ("DunesNoon", 3, 2), ("HallwayEvening", 120, 150)],
)
def test_what_a_worker_forgets_it_is_told_again(monkeypatch, world, kept_models, n_surfaces):
    # 2 x 150 surfaces a picture: the 400 that a worker keeps are passed in the second
    monkeypatch.setattr(renderer, "KEPT_MODELS", kept_models)
    pack = boxes(6, n_surfaces)
    places = {"world_name": world, "character1_pos": "left"}
    rows = [{**places, "character_name": f"Box{k}", "character2_name": f"Box{5 - k}"} for k in range(3)]
    with Scene(pack, **SMALL) as one:
        images = [one.render(row).image for row in [*rows, *rows]]
        assert one.renderer.restarts == 0
    for k, row in enumerate(rows):
        with Scene(pack, **SMALL) as fresh:
            expected = fresh.render(row).image
        np.testing.assert_array_equal(images[k], expected)
        np.testing.assert_array_equal(images[k + 3], expected)


@needs_cycles
def test_a_worker_that_has_grown_too_big_is_replaced(monkeypatch):
    with Scene(**SMALL) as opened:
        first = opened.render({}).image
        before = opened.renderer._worker
        monkeypatch.setattr(renderer, "LARGEST_MB", 1.0)
        opened.render({})
        assert opened.renderer._worker is None
        assert before.process.poll() is not None
        np.testing.assert_array_equal(opened.render({}).image, first)


@needs_cycles
def test_what_blender_can_not_do_is_reported_and_the_next_picture_is_done(scene):
    scene.render({})
    scene.renderer._known.add("no such key")
    state = scene_state(scene.pack, scene.space.completed({}), 64, 64, 0)
    model = state.things[0].model
    model.__dict__["key"] = "no such key"  # a shape that the worker was never sent
    try:
        with pytest.raises(WorkerError, match="no such key"):
            scene.renderer.render(state)
    finally:
        del model.__dict__["key"]
    assert scene.render({}).image.shape == (64, 64, 3)


@needs_cycles
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="no prlimit here: it is Linux's")
def test_a_sky_that_can_not_be_written_is_an_error_and_the_next_picture_is_done():
    with Scene(**SMALL) as opened:
        opened.render({"world_name": "Studio"})
        pid = opened.renderer._worker.process.pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (HALF_A_SKY * 3 // 2, most))  # what is above the horizon fits
        with pytest.raises(WorkerError, match="the sky could not be written"):
            opened.render({"world_name": "Meadow"})
        assert np.ptp(opened.render({"world_name": "Meadow"}).image) > 50


@needs_cycles
def test_nothing_stays_behind():
    def folders():
        return {p for base in (Path("/dev/shm"), Path("/tmp")) if base.is_dir() for p in base.glob("umwelt-cycles-*")}

    before = folders()
    with Scene(**SMALL) as opened:
        opened.render({})
        process = opened.renderer._worker.process
        assert len(folders() - before) == 1
    assert folders() <= before
    assert process.poll() is not None


@needs_cycles
def test_alpha_that_is_one_everywhere_is_none_and_holes_are_looked_through():
    red = np.full((8, 8, 4), (200, 20, 20, 255), np.uint8)
    holed = red.copy()
    holed[::2, :, 3] = 0
    pictures = {"Plain": red[..., :3], "Full": red, "Holed": holed}
    shape = box((0.6, 0.6, 0.6))
    shape = shape._replace(
        uv=np.tile(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], np.float32), (len(shape.part), 1, 1))
    )

    def build(name):
        return Model(name, shape, (Material(pattern="image", image="red"),), images=(("red", pictures[name].copy()),))

    builders = {name: partial(build, name) for name in pictures}
    pack = Pack("cards", tuple(pictures), ("Studio",), "MIT", (), {}, builders, {"Studio": WORLDS["Studio"]})
    with Scene(pack, **SMALL) as scene:
        seen = {name: scene.render({"character_name": name}, seed=0) for name in pictures}
    inside = seen["Plain"].instance == 1
    assert inside.sum() > 300
    assert (seen["Plain"].image[inside][:, 0] > 100).all()
    plain, full, holes = (seen[name].image.astype(int) for name in pictures)
    assert np.abs(plain - full).max() <= 1
    assert np.abs(plain - holes)[inside].mean() > 10
