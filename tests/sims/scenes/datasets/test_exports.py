"""Exports are read back by the libraries that they are for."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sims.scenes.datasets import exports
from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.exports import EXPORTS, export
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.spec import FORMATS, parse_spec
from tests.sims.scenes.datasets.fake_scene import open_fake

SPEC = """
name = "small"
size = 24
annotations = ["depth", "instance"]
[factors]
character_name = ["Vase", "Mug", "Ball"]
world_name = ["Bridge", "Old Town"]
character2_name = ["Chair", "blank"]
camera_yaw = [0, 90, 180]
[shift]
kind = "hold_out_values"
values = {world_name = ["Old Town"]}
"""
N = 3 * 2 * 2 * 3

LEAKY = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""webdataset leaves the files that it reads to the garbage collector."""

OLD = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""pycocotools knows nothing of NumPy 2's `copy`."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("exports") / "out"
    render_dataset(parse_spec(SPEC), out, 1, open_fake)
    return open_dataset(out)


def opened(path):
    with Image.open(path) as picture:
        return np.array(picture)


def test_every_format_of_a_specification_can_be_written():
    assert set(EXPORTS) == set(FORMATS)


def imagefolder(root):
    """What `torchvision.datasets.ImageFolder(root)` has: sorted classes, then (path, class) sorted within each."""
    classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    samples = []
    for k, name in enumerate(classes):
        for folder, _, files in sorted(os.walk(root / name)):
            samples += [(Path(folder) / file, k) for file in sorted(files) if file.endswith(".png")]
    return classes, samples


@pytest.mark.parametrize(
    ("by", "classes"), [("character_name", ["Ball", "Mug", "Vase"]), ("camera_yaw", ["0.0", "180.0", "90.0"])]
)
def test_imagefolder(data, tmp_path, by, classes):
    export(data, "imagefolder", tmp_path / "folder", by=by)
    for split in ("train", "test"):
        found, samples = imagefolder(tmp_path / "folder" / split)
        part = data.split(split)
        assert found == classes
        assert len(samples) == len(part) == N // 2
        numbers = part.table["row"].to_pylist()
        for path, k in samples:
            sample = part[numbers.index(int(path.stem))]
            assert str(sample["factors"][by]) == classes[k]
            assert np.array_equal(opened(path), sample["image"])


def test_imagefolder_by_a_short_name_and_of_a_part(data, tmp_path):
    export(data.where(world="Bridge"), "imagefolder", tmp_path / "folder", by="character")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["train"]


@LEAKY
def test_webdataset(data, tmp_path):
    webdataset = pytest.importorskip("webdataset")
    export(data, "webdataset", tmp_path / "shards")
    part = data.split("test")
    shards = webdataset.WebDataset(str(tmp_path / "shards" / "test-000000.tar"), shardshuffle=False)
    samples = list(shards.decode("rgb8"))
    assert len(samples) == len(part)
    for sample, own in zip(samples, part, strict=True):
        assert sample["__key__"] == f"{own['row']:06d}"
        assert np.array_equal(sample["png"], own["image"])
        assert sample["json"]["character_name"] == own["factors"]["character_name"]
        assert sample["json"]["objects"] == own["objects"]
        assert np.array_equal(sample["depth.npy"], own["annotations"]["depth"])
    raw = list(webdataset.WebDataset(str(tmp_path / "shards" / "test-000000.tar"), shardshuffle=False))
    with Image.open(io.BytesIO(raw[0]["instance.png"])) as mask:
        assert np.array_equal(np.array(mask), part[0]["annotations"]["instance"])


def test_webdataset_is_the_same_every_time(data, tmp_path, monkeypatch):
    pytest.importorskip("webdataset")
    monkeypatch.setattr(exports, "SHARD", 5)
    for name in ("a", "b"):
        export(data, "webdataset", tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files[:4] == [f"test-{k:06d}.tar" for k in range(4)]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)


def test_huggingface(data, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(exports, "SHARD", 10)
    datasets = pytest.importorskip("datasets")
    export(data, "huggingface", tmp_path / "hub")
    read = datasets.load_dataset(str(tmp_path / "hub"), cache_dir=str(tmp_path / "cache"))
    assert set(read) == {"train", "test"}
    assert sorted(path.name for path in (tmp_path / "hub" / "data").glob("train*")) == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
    ]
    part = data.split("train")
    assert len(read["train"]) == len(part)
    for k in (0, len(part) - 1):
        row, own = read["train"][k], part[k]
        assert np.array_equal(np.array(row.pop("image")), own["image"])
        assert row == own["factors"]


@OLD
def test_coco(data, tmp_path, capsys):
    coco = pytest.importorskip("pycocotools.coco")
    export(data, "coco", tmp_path / "coco")
    read = coco.COCO(str(tmp_path / "coco" / "annotations" / "instances_train.json"))
    part = data.split("train")
    assert len(read.getImgIds()) == len(part)
    assert {one["name"] for one in read.loadCats(read.getCatIds())} == {"Mug", "Chair", "Ball", "Vase"}
    for k, own in enumerate(part):
        image = read.loadImgs([k + 1])[0]
        assert np.array_equal(opened(tmp_path / "coco" / "train" / image["file_name"]), own["image"])
        assert image["camera_yaw"] == own["factors"]["camera_yaw"]
        found = read.loadAnns(read.getAnnIds(imgIds=[k + 1]))
        assert len(found) == len(own["objects"])
        for one, seen in zip(found, own["objects"], strict=True):
            mask = own["annotations"]["instance"] == seen["instance"]
            assert np.array_equal(read.annToMask(one), mask)
            assert one["area"] == mask.sum() == seen["pixels"]
            left, top, right, bottom = seen["box"]
            assert one["bbox"] == [left, top, right - left, bottom - top]
            assert one["category_id"] == seen["category"]
    capsys.readouterr()


@OLD
def test_coco_scores_its_own_masks_perfectly(data, tmp_path, capsys):
    coco, evaluation = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    export(data, "coco", tmp_path / "coco")
    truth = coco.COCO(str(tmp_path / "coco" / "annotations" / "instances_test.json"))
    detections = [{**one, "score": 1.0} for one in truth.dataset["annotations"]]
    scores = evaluation.COCOeval(truth, truth.loadRes(detections), "segm")
    scores.evaluate()
    scores.accumulate()
    scores.summarize()
    assert scores.stats[0] == pytest.approx(1.0)
    capsys.readouterr()


def test_coco_needs_masks(tmp_path):
    render_dataset(parse_spec('name = "a"\nsize = 16\n[factors]\ncamera_yaw = [0]\n'), tmp_path / "out", 1, open_fake)
    with pytest.raises(ValueError, match=r"COCO needs masks, which .*out has not: add 'instance'"):
        export(open_dataset(tmp_path / "out"), "coco", tmp_path / "coco")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_what_can_not_be_exported(data, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="there is no format 'cocoa': expected one of imagefolder"):
        export(data, "cocoa", tmp_path / "out")
    with pytest.raises(ValueError, match="there are no pictures to export"):
        export(data.where(world="Bridge").where(world="Old Town"), "imagefolder", tmp_path / "out")
    (tmp_path / "there").mkdir()
    with pytest.raises(FileExistsError, match="there exists already: remove it first"):
        export(data, "imagefolder", tmp_path / "there")
    monkeypatch.setitem(sys.modules, "webdataset", None)
    with pytest.raises(ImportError, match=r"needs webdataset, which is not installed: pip install 'umwelt-sims\[exp"):
        export(data, "webdataset", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


def test_a_file_system_without_links_gets_copies(data, tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    export(data, "imagefolder", tmp_path / "folder")
    path = next((tmp_path / "folder" / "train" / "Mug").iterdir())
    assert path.stat().st_nlink == 1
    assert json.dumps(opened(path).shape) == "[24, 24, 3]"


def test_a_picture_that_is_gone_stops_an_export(tmp_path):
    render_dataset(
        parse_spec('name = "a"\nsize = 16\n[factors]\ncamera_yaw = [0, 9]\n'), tmp_path / "out", 1, open_fake
    )
    data = open_dataset(tmp_path / "out")
    (tmp_path / "out" / data.table["file"][1].as_py()).unlink()
    with pytest.raises(FileNotFoundError):
        export(data, "imagefolder", tmp_path / "folder", by="camera_yaw")
    assert not (tmp_path / "folder").exists()
