"""Data sets: the same bytes whoever renders them, however often they are killed; nothing done twice, nothing half."""

import errno
import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from PIL import Image

from sims.core import files
from sims.core.files import sha256_of
from sims.scenes.datasets import dataset, rendering
from sims.scenes.datasets.dataset import DatasetSettings, render_dataset, run
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.rendering import row_seed
from sims.scenes.datasets.spec import parse_spec
from sims.scenes.datasets.writing import folder_name, read_record, record_path
from sims.scenes.factors import factors_of
from tests.sims.scenes.datasets.fake_scene import FakeScene, open_fake

SPEC = """
name = "small"
size = 24
seed = 5
annotations = ["depth", "normals", "instance", "semantic", "albedo"]
[factors]
world_name = ["Old Town", "Beach"]
character_name = {first = 3}
camera_yaw = [0, 90, 180]
[card]
title = "Small"
"""
N = 2 * 3 * 3


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The folder of SPEC, rendered in one go by this process, and what its files hash to."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    render_dataset(parse_spec(SPEC), out, 1, open_fake)
    return out, hashes(out)


@pytest.fixture
def log(tmp_path, monkeypatch):
    """The file into which the fake scene writes what it renders."""
    path = tmp_path / "log"
    monkeypatch.setenv("UMWELT_FAKE_LOG", str(path))
    return path


def hashes(out):
    return {
        path.relative_to(out).as_posix(): sha256_of(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def rendered(log):
    return [json.loads(line)[0] for line in log.read_text().splitlines()] if log.exists() else []


def start(tmp_path, out, workers, pause=0.0, text=SPEC):
    spec = tmp_path / "spec.toml"
    spec.write_text(text)
    environment = {**os.environ, "UMWELT_FAKE_PAUSE": str(pause)}
    command = [sys.executable, "-m", "tests.sims.scenes.datasets.fake_scene", str(spec), str(out), str(workers)]
    root = Path(__file__).resolve().parents[4]
    return subprocess.Popen(command, env=environment, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process):
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    return json.loads(out)


def kill(process):
    process.kill()
    process.communicate()


def done_rows(out):
    return {row for row in range(N) if read_record(out, row) is not None}


def test_what_is_written(undisturbed):
    out, found = undisturbed
    manifest = json.loads((out / "MANIFEST.json").read_text())
    table = pq.read_table(out / "table.parquet")
    assert table.num_rows == N == manifest["images"]
    assert factors_of(table) == ("world_name", "character_name", "camera_yaw")
    assert manifest["sha256"].items() <= found.items()
    assert {"settings.json", "table.parquet"} <= manifest["sha256"].keys()
    assert len(manifest["sha256"]) == 2 + 6 * N
    assert "metres" in manifest["conventions"]["depth"]
    row = table.to_pylist()[4]
    assert row["file"] == "images/Old Town/Chair/000004.png"
    assert row["sha256"] == found[row["file"]]
    assert row["seed"] == row_seed({name: row[name] for name in factors_of(table)}, 5)
    assert row["objects"][0]["box"] == [2, 2, 10, 10]
    assert row["camera"]["width"] == 24
    with Image.open(out / row["instance_file"]) as mask:
        assert np.array(mask).dtype == np.uint16
    assert np.load(out / row["depth_file"], allow_pickle=False).dtype == np.float32


def test_the_card_says_how_it_was_made_and_whom_to_name(undisturbed):
    out, _ = undisturbed
    card = (out / "README.md").read_text()
    assert card.startswith("---\npretty_name: Small\nlicense: other\nlicense_name: CC0-1.0\n")
    for words in ("# Small", "18 pictures", "| `camera_yaw` | 3: 0, 90, 180 |", "Someone", "umwelt dataset small.toml"):
        assert words in card
    with Image.open(out / "contact_sheet.png") as sheet:
        assert sheet.size == (8 * 112, 3 * 112)


def test_the_card_states_the_splits_and_the_flaws(tmp_path):
    text = SPEC.replace("[card]", 'character_texture = ["Default", "Red"]\n[shift]\nkind = "hold_out_values"\n'
        'values = {world_name = ["Beach"]}\n[card]')  # fmt: skip
    made = render_dataset(parse_spec(text), tmp_path / "out", 1, open_fake)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "Held-out values: world_name is never Beach (train: 18, test: 18)" in card
    assert "18 of them have flaws" in card
    assert made.flawed == 18


@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_workers_gives_the_same_bytes(tmp_path, undisturbed, workers, log):
    made = render_dataset(parse_spec(SPEC), tmp_path / "out", workers, open_fake)
    assert hashes(tmp_path / "out") == undisturbed[1]
    assert made.rendered == len(rendered(log)) == N
    assert made.manifest == undisturbed[1]["MANIFEST.json"]


def test_a_finished_one_is_left_as_it_is(tmp_path, undisturbed, log):
    for _ in range(2):
        made = render_dataset(parse_spec(SPEC), tmp_path / "out", 1, open_fake)
    assert (made.rendered, made.seconds) == (0, 0.0)
    assert len(rendered(log)) == N
    assert hashes(tmp_path / "out") == undisturbed[1]


@pytest.mark.parametrize(("workers", "seed"), [(1, 0), (2, 1)])
def test_killed_and_run_again_it_is_as_if_nothing_had_been(tmp_path, undisturbed, log, workers, seed):
    out, wait_for = tmp_path / "out", random.Random(seed).randint(2, N - 3)
    process = start(tmp_path, out, workers, pause=0.05)
    while len(rendered(log)) < wait_for and process.poll() is None:
        time.sleep(0.005)
    kill(process)
    check_resumed(tmp_path, out, workers, log, undisturbed[1])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_moments(tmp_path, undisturbed, log, seed):
    draw = random.Random(seed)
    out, workers = tmp_path / "out", draw.choice([1, 2])
    for _ in range(draw.randint(1, 3)):
        process = start(tmp_path, out, workers, pause=0.05)
        time.sleep(draw.uniform(0.5, 4.0))
        kill(process)
    check_resumed(tmp_path, out, workers, log, undisturbed[1])


def check_resumed(tmp_path, out, workers, log, expected):
    """Half of nothing is listed; going on renders what is missing once, and ends as an undisturbed run does."""
    if out.exists() and not (out / "MANIFEST.json").exists():
        with pytest.raises(ValueError, match=r"is not finished|holds no data set"):
            open_dataset(out)
    time.sleep(0.1)  # workers of the killed process end with it, in their own time
    before, done = len(rendered(log)), done_rows(out)
    if (out / "images").exists():
        (out / "images" / ".tmp-left").write_bytes(b"half")
    made = finish(start(tmp_path, out, workers))
    assert made["rendered"] == N - len(done) == len(rendered(log)) - before
    assert hashes(out) == expected
    assert open_dataset(out).verify() == 6 * N


def test_two_processes_at_once(tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(dataset, "PATIENCE", 0.0)
    with FileLock(out / ".lock"), pytest.raises(ValueError, match=r"another process works on .*out: wait for it"):
        render_dataset(parse_spec(SPEC), out, 1, open_fake)
    assert [path.name for path in out.iterdir()] == [".lock"]


def test_another_specification_is_refused(tmp_path):
    render_dataset(parse_spec(SPEC), tmp_path, 1, open_fake)
    before = hashes(tmp_path)
    other = parse_spec(SPEC.replace("size = 24", "size = 32").replace("seed = 5", "seed = 6"))
    with pytest.raises(ValueError, match=r"size is 32 here and 24 there; seed is 6 here and 5 there. Choose another"):
        render_dataset(other, tmp_path, 1, open_fake)
    assert hashes(tmp_path) == before


def test_a_changed_pack_is_refused(tmp_path, monkeypatch):
    render_dataset(parse_spec(SPEC), tmp_path, 1, open_fake)
    monkeypatch.setattr("tests.sims.scenes.datasets.fake_scene.FakePack.licence", "MIT")
    with pytest.raises(ValueError, match="the pack basic has changed since; choose another --out"):
        render_dataset(parse_spec(SPEC), tmp_path, 1, open_fake)


def test_a_new_title_is_no_other_specification(tmp_path, log):
    render_dataset(parse_spec(SPEC), tmp_path / "out", 1, open_fake)
    render_dataset(parse_spec(SPEC.replace("Small", "Tiny")), tmp_path / "out", 1, open_fake)
    assert "# Tiny" in (tmp_path / "out" / "README.md").read_text()
    assert len(rendered(log)) == N


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ValueError, match=r"has 'thesis.txt' in it and is no data set: choose an empty --out"):
        render_dataset(parse_spec(SPEC), tmp_path, 1, open_fake)


def test_damaged_settings_are_refused(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(ValueError, match=r"settings.json is damaged"):
        render_dataset(parse_spec(SPEC), tmp_path, 1, open_fake)


def test_workers_are_at_least_one(tmp_path):
    with pytest.raises(ValueError, match="--workers must be at least 1, got 0"):
        render_dataset(parse_spec(SPEC), tmp_path, 0, open_fake)


def test_a_full_disk_is_one_line_and_what_is_done_stays(tmp_path, monkeypatch, undisturbed, log):
    fsync, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > 60:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    out = tmp_path / "out"
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match=r"^the disk of .*out is full: 4 of 18 images are done and stay valid; make room"):
        render_dataset(parse_spec(SPEC), out, 1, open_fake)
    monkeypatch.setattr(files.os, "fsync", fsync)
    done = done_rows(out)
    assert len(done) == 4
    assert not list(out.rglob(".tmp-*"))
    made = render_dataset(parse_spec(SPEC), out, 1, open_fake)
    assert made.rendered == N - 4
    assert hashes(out) == undisturbed[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_really_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(disk)], check=False).returncode:
        pytest.skip("this system mounts nothing")
    try:
        process = start(tmp_path, disk / "out", 2)
        _, said = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "images are done and stay valid" in said.decode()
        for row in done_rows(disk / "out"):
            record = json.loads((disk / "out" / record_path(row)).read_text())
            for file in record["files"].values():
                assert sha256_of(disk / "out" / file["path"]) == file["sha256"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("damage", ["truncated", "removed", "record"])
def test_what_is_damaged_is_made_anew_and_only_that(tmp_path, undisturbed, log, damage):
    render_dataset(parse_spec(SPEC), tmp_path / "out", 1, open_fake)
    record = tmp_path / "out" / record_path(7)
    picture = tmp_path / "out" / json.loads(record.read_text())["files"]["image"]["path"]
    if damage == "record":
        record.write_text(record.read_text()[:40])
    elif damage == "removed":
        picture.unlink()
    else:
        picture.write_bytes(picture.read_bytes()[:100])
    made = render_dataset(parse_spec(SPEC), tmp_path / "out", 1, open_fake)
    assert made.rendered == 1
    assert hashes(tmp_path / "out") == undisturbed[1]


def test_a_flaw_that_the_scene_has_is_tried_twice_and_flagged(tmp_path, log):
    text = SPEC.replace("[card]", 'character_texture = "Red"\n[card]')
    made = render_dataset(parse_spec(text), tmp_path / "out", 1, open_fake)
    table = pq.read_table(tmp_path / "out" / "table.parquet")
    assert made.flawed == N
    assert len(rendered(log)) == 2 * N
    assert set(table["attempts"].to_pylist()) == {2}
    assert table["flaws"].to_pylist() == [["Mug is out of sight (0 pixels)"]] * N
    first = {name: table[name][0].as_py() for name in factors_of(table)}
    assert table["seed"][0].as_py() == row_seed(first, 5)


def test_a_flaw_that_the_render_has_is_mended_by_another_seed(tmp_path):
    text = SPEC.replace("[card]", 'character_texture = "Stone"\n[card]')
    render_dataset(parse_spec(text), tmp_path / "out", 1, open_fake)
    table = pq.read_table(tmp_path / "out" / "table.parquet").to_pylist()
    assert {(row["attempts"], bool(row["flaws"])) for row in table} == {(1, False), (2, False), (2, True)}
    assert all((row["seed"] % 2 == 0) == bool(row["flaws"]) for row in table)


def test_what_only_the_picture_shows_is_a_flaw_too():
    scene = FakeScene(24)
    sound = scene.render({})
    assert rendering.flaws_of(sound) == ()
    assert rendering.flaws_of(sound._replace(image=np.zeros_like(sound.image))) == ("the picture is of one colour",)
    assert rendering.flaws_of(sound._replace(depth=sound.depth * np.nan)) == ("an annotation is not a number",)


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_worker_raises_is_raised_here(tmp_path, workers):
    text = SPEC.replace("[card]", "camera_pitch = 85\n[card]")
    with pytest.raises(ValueError, match="this renderer can't look down"):
        render_dataset(parse_spec(text), tmp_path / "out", workers, open_fake)


def test_a_worker_that_dies_is_an_error_with_its_cure(tmp_path):
    with pytest.raises(ChildProcessError, match=r"a worker died \(exit code 7.*fewer --workers"):
        render_dataset(parse_spec(SPEC), tmp_path / "out", 2, open_dying)


def open_dying(spec, threads):
    scene = open_fake(spec, threads)
    if os.getppid() == int(os.environ["OPENER"]):
        os._exit(7)
    return scene


@pytest.fixture(autouse=True)
def _opener(monkeypatch):
    monkeypatch.setenv("OPENER", str(os.getpid()))


def test_a_seed_is_of_the_row_and_of_the_data_set():
    seeds = {row_seed({"a": a}, seed, attempt) for a in (1, 2) for seed in (0, 1) for attempt in (0, 1)}
    assert len(seeds) == 8
    assert row_seed({"b": 1, "a": 2}, 0) == row_seed({"a": 2, "b": 1}, 0)
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_names_of_folders_are_safe():
    assert [folder_name(name) for name in ("Old Town", "..", "a/b", "ü", 0.5)] == [
        "Old Town",
        "%2E%2E",
        "a%2Fb",
        "%C3%BC",
        "0.5",
    ]


def test_the_command_renders_exports_and_reports(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dataset, "render_dataset", lambda *given: render_dataset(*given, open_fake))
    (tmp_path / "small.toml").write_text(SPEC)
    settings = DatasetSettings(str(tmp_path / "small.toml"), tmp_path / "out", 1, ("imagefolder",), json=True)
    run(settings)
    document = json.loads(capsys.readouterr().out)
    assert document["images"] == document["rendered"] == N
    assert document["images_per_second"] > 0
    assert document["exports"] == [str(tmp_path / "out" / "exports" / "imagefolder")]
    assert len(list((tmp_path / "out" / "exports").rglob("*.png"))) == N
    run(DatasetSettings(str(tmp_path / "small.toml"), tmp_path / "out", 1, ("imagefolder",)))
    said = capsys.readouterr()
    assert said.out == ""
    assert "18 images in" in said.err


def test_formats_that_could_not_be_written_are_refused_before_anything_is_rendered(tmp_path, monkeypatch):
    (tmp_path / "small.toml").write_text('name = "a"\n[factors]\nworld_name = "*"\n')
    with pytest.raises(ValueError, match="COCO needs masks: add 'instance' to the annotations of a"):
        run(DatasetSettings(str(tmp_path / "small.toml"), tmp_path / "out", 1, ("coco",)))
    monkeypatch.setitem(sys.modules, "webdataset", None)
    with pytest.raises(ValueError, match=r"--export webdataset: this format needs webdataset.*umwelt-sims\[exports\]"):
        run(DatasetSettings(str(tmp_path / "small.toml"), tmp_path / "out", 1, ("webdataset",)))
    assert not (tmp_path / "out").exists()


def test_progress_without_a_terminal_is_a_line(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    with dataset.Progress("small", 3, 1) as progress:
        progress.add(())
        progress.add(("a flaw",))
    assert "images/s, 1 with flaws, 3 of 3, 0.0 min left" in said.getvalue()
    assert said.getvalue().count("\n") == 1
