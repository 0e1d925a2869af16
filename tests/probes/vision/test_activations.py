"""Activations on disk: whole, readable without us, gone on with, refused where they are of something else."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from probes.vision.activations import read_activations, read_images, write_activations
from probes.vision.interface import ImageModel
from probes.vision.models import load_model
from sims.scenes.datasets.reader import SceneDataset
from tests.probes.vision.planted import colour_of, planted_dataset


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return planted_dataset(tmp_path_factory.mktemp("activations") / "data")


@pytest.fixture(scope="module")
def model():
    return load_model("tests.probes.vision.planted:reads_character")


class StoppedError(Exception):
    """What a test stops a call with."""


def stopping(model, after):
    """The model that stops at its call number `after`, and how often it was called."""
    calls = []

    def forward(pixels, patterns, pooling):
        if len(calls) == after:
            raise StoppedError
        calls.append(len(pixels))
        return model.forward(pixels, patterns, pooling)

    return ImageModel(model.name, model.interface, forward, model.fingerprint), calls


def test_samples_are_the_pictures_in_order(data, model, tmp_path):
    found = write_activations(model, data, tmp_path / "a", batch=7)
    colours = np.array([colour_of(row) for row in data.table.to_pylist()])
    assert list(found.layers) == ["mean"]
    assert np.allclose(found.layers["mean"], colours, atol=1.0)
    assert found.layers["mean"].dtype == np.float32
    assert np.allclose(found.logits, model.logits(read_images(data, range(24))), rtol=1e-6)
    assert isinstance(found.layers["mean"], np.memmap)
    assert not list(tmp_path.glob(".tmp-a/*"))


def test_the_folder_is_read_without_us(data, model, tmp_path):
    write_activations(model, data, tmp_path / "a")
    about = json.loads((tmp_path / "a" / "MANIFEST.json").read_text())
    assert about["layers"] == ["mean"]
    assert about["dataset"] == {"name": "planted", "pictures": 24, "sha256": about["dataset"]["sha256"]}
    assert about["model"]["weights_sha256"] == model.fingerprint
    assert about["sha256"].keys() == {"logits.npy", "layers/mean.npy", "pictures.parquet"}
    assert np.load(tmp_path / "a" / "layers" / "mean.npy").shape == (24, 3)
    table = pq.read_table(tmp_path / "a" / "pictures.parquet")
    assert table.column_names == ["file", "world_name", "character_name", "camera_yaw"]
    assert table["file"].to_pylist() == data.table["file"].to_pylist()


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_stopped_call_is_gone_on_with(data, model, tmp_path, after):
    whole = write_activations(model, data, tmp_path / "whole", batch=7)
    stopped, _ = stopping(model, after)
    with pytest.raises(StoppedError):
        write_activations(stopped, data, tmp_path / "a", batch=7)
    assert not (tmp_path / "a").exists()
    with pytest.raises(FileNotFoundError, match=r"there are no activations in .*a: expected a MANIFEST"):
        read_activations(tmp_path / "a")
    going_on, calls = stopping(model, 99)
    told = []
    again = write_activations(going_on, data, tmp_path / "a", batch=7, progress=lambda *done: told.append(done))
    assert sum(calls) == 24 - 7 * after
    assert told[-1] == (24, 24)
    assert again.about["sha256"] == whole.about["sha256"]
    assert np.array_equal(again.layers["mean"], whole.layers["mean"])


def test_what_a_killed_process_left_behind_the_last_batch_is_written_over(data, model, tmp_path):
    stopped, _ = stopping(model, 2)
    with pytest.raises(StoppedError):
        write_activations(stopped, data, tmp_path / "a", batch=7)
    with (tmp_path / ".tmp-a" / "layers" / "mean.npy").open("ab") as file:
        file.write(b"half a batch")
    whole = write_activations(model, data, tmp_path / "b", batch=5)
    assert write_activations(model, data, tmp_path / "a", batch=5).about["sha256"] == whole.about["sha256"]


def test_what_is_whole_is_not_made_again(data, model, tmp_path):
    write_activations(model, data, tmp_path / "a")
    never, calls = stopping(model, 0)
    write_activations(never, data, tmp_path / "a")
    assert calls == []
    (tmp_path / "a").rename(tmp_path / ".tmp-a")  # stopped just before it had its name
    write_activations(never, data, tmp_path / "a")
    assert calls == []


def test_folders_of_something_else_are_refused(data, model, tmp_path):
    write_activations(model, data, tmp_path / "a")
    other = load_model("tests.probes.vision.planted:reads_world")
    other_name = r"a is of something else: model is .*reads_world.* here and .*reads_character.* there. Remove it"
    with pytest.raises(ValueError, match=other_name):
        write_activations(other, data, tmp_path / "a")
    with pytest.raises(ValueError, match="pooling is flat here and mean there"):
        write_activations(model, data, tmp_path / "a", pooling="flat")
    with pytest.raises(ValueError, match=r"dataset is .* 'pictures': 12"):
        write_activations(model, data.where(world="Beach"), tmp_path / "a")
    stopped, _ = stopping(model, 1)
    with pytest.raises(StoppedError):
        write_activations(stopped, data, tmp_path / "b", batch=7)
    with pytest.raises(
        ValueError, match=r".tmp-b is of something else: patterns is \['mean'\] here and \['\*'\] there"
    ):
        write_activations(model, data, tmp_path / "b", ["mean"])


def test_damaged_folders(data, model, tmp_path):
    write_activations(model, data, tmp_path / "a")
    for damage, message in (
        (lambda a: (a / "logits.npy").write_bytes(b"x"), "logits.npy is missing or is not what was written: remove"),
        (lambda a: (a / "layers" / "mean.npy").unlink(), "mean.npy is missing"),
        (lambda a: (a / "MANIFEST.json").write_text("{"), "MANIFEST.json is damaged"),
        (lambda a: (a / "MANIFEST.json").write_text("[]"), "MANIFEST.json is damaged"),
        (_of_the_future, "is of format 99, this version reads 1: update umwelt-sims"),
    ):
        shutil.copytree(tmp_path / "a", tmp_path / "b")
        damage(tmp_path / "b")
        with pytest.raises(ValueError, match=message):
            write_activations(model, data, tmp_path / "b")
        shutil.rmtree(tmp_path / "b")
    stopped, _ = stopping(model, 1)
    with pytest.raises(StoppedError):
        write_activations(stopped, data, tmp_path / "c", batch=7)
    (tmp_path / ".tmp-c" / "progress.json").write_text("{}")
    with pytest.raises(ValueError, match=r"progress.json is damaged .* remove .*.tmp-c"):
        write_activations(model, data, tmp_path / "c", batch=7)


def _of_the_future(folder):
    about = json.loads((folder / "MANIFEST.json").read_text())
    (folder / "MANIFEST.json").write_text(json.dumps({**about, "format": 99}))


def test_a_full_disk_leaves_what_is_done(data, model, tmp_path, monkeypatch):
    stopped, _ = stopping(model, 2)
    with pytest.raises(StoppedError):
        write_activations(stopped, data, tmp_path / "a", batch=7)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("probes.vision.activations.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            write_activations(model, data, tmp_path / "a", batch=7)
    going_on, calls = stopping(model, 99)
    write_activations(going_on, data, tmp_path / "a", batch=7)
    assert sum(calls) == 10


def test_a_folder_that_another_process_works_on(data, model, tmp_path, monkeypatch):
    monkeypatch.setattr("probes.vision.activations.PATIENCE", 0.0)

    def forward(pixels, patterns, pooling):
        write_activations(model, data, tmp_path / "a")
        raise AssertionError("not reached")

    with pytest.raises(ValueError, match=r"another process works on .*a: wait for it, or choose another --out"):
        write_activations(ImageModel("nested", model.interface, forward, ""), data, tmp_path / "a")


def test_layers_with_names_that_are_no_file_names(data, model, tmp_path):
    def forward(pixels, patterns, pooling):
        seen = model.forward(pixels, (), pooling)
        return seen._replace(layers={"a/b:0": seen.logits, "..": seen.logits})

    found = write_activations(ImageModel("odd", model.interface, forward, ""), data, tmp_path / "a")
    assert list(found.layers) == ["a/b:0", ".."]
    assert sorted(path.name for path in (tmp_path / "a" / "layers").iterdir()) == ["...npy", "a%2Fb%3A0.npy"]


def test_layers_that_change_on_the_way(data, model, tmp_path):
    calls = []

    def forward(pixels, patterns, pooling):
        calls.append(1)
        seen = model.forward(pixels, (), pooling)
        width = 1 + (len(calls) > 1)
        names = ["a"] if len(calls) < 3 else ["b"]
        return seen._replace(layers=dict.fromkeys(names, seen.logits[:, :width]))

    with pytest.raises(ValueError, match=r"layers/a.npy has shape \[24, 1\] and this batch makes it \[24, 2\]"):
        write_activations(ImageModel("odd", model.interface, forward, ""), data, tmp_path / "a", batch=7)
    with pytest.raises(ValueError, match=r"the model called the layers \['b'\] and, before, \['a'\]"):
        write_activations(ImageModel("odd", model.interface, forward, ""), data, tmp_path / "a", batch=7)


def test_pictures_that_cannot_be_looked_at(data, model, tmp_path):
    with pytest.raises(ValueError, match="has no pictures left to look at"):
        write_activations(model, data.where(camera_yaw=lambda yaw: yaw > 999), tmp_path / "a")
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        write_activations(model, data, tmp_path / "a", batch=0)
    for k, size in enumerate((16, 20)):
        Image.new("RGB", (size, size)).save(tmp_path / f"{k}.png")
    mixed = SceneDataset(tmp_path, pa.table({"file": ["0.png", "1.png"]}), {})
    with pytest.raises(
        ValueError, match=r"1.png is of \(20, 20, 3\), 0.png of \(16, 16, 3\): have all pictures of one"
    ):
        read_images(mixed, [0, 1])
