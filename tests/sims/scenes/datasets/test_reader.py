"""Reading data sets: by number, by factor, in pairs; and what is said of those that can't be read."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.reader import SceneDataset, open_dataset
from sims.scenes.datasets.spec import parse_spec
from sims.scenes.designs import full_factorial
from sims.scenes.factors import Discrete, Space
from tests.sims.scenes.datasets.fake_scene import FakeScene, open_fake

SPEC = """
name = "small"
size = 16
annotations = ["depth", "instance"]
[factors]
world_name = ["Bridge", "Beach"]
character_name = ["Mug", "Ball"]
character_texture = ["Default", "Red"]
character_scale = [0.7, 1.0]
camera_yaw = [0, 90, 180]
[shift]
kind = "hold_out_combinations"
factors = ["world_name", "character_name"]
share = 0.25
"""
N = 2 * 2 * 2 * 2 * 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("reader") / "out"
    render_dataset(parse_spec(SPEC), out, 1, open_fake)
    return out


@pytest.fixture(scope="module")
def data(made):
    return open_dataset(made)


@pytest.fixture
def own(tmp_path):
    """A data set to be damaged."""
    render_dataset(
        parse_spec('name = "a"\nsize = 16\nannotations = ["depth"]\n[factors]\ncamera_yaw = [0, 9]\n'),
        tmp_path / "out",
        1,
        open_fake,
    )
    return tmp_path / "out"


def test_a_sample_is_what_was_rendered(data):
    assert len(data) == N == len(list(data))
    sample = data[5]
    again = FakeScene(16).render(sample["factors"], seed=sample["seed"])
    assert sample["image"].dtype == np.uint8
    assert np.array_equal(sample["image"], again.image)
    assert np.array_equal(sample["annotations"]["depth"], again.depth)
    assert np.array_equal(sample["annotations"]["instance"], again.instance)
    assert sample["annotations"]["instance"].dtype == np.uint16
    assert set(sample["annotations"]) == {"depth", "instance"}
    assert len(sample["annotations"]) == 2
    assert sample["factors"].keys() == set(data.factors)
    assert sample["row"] == 5
    assert data[-1]["row"] == N - 1
    assert {"split", "flaws", "objects", "camera", "sha256"} <= sample.keys()


def test_samples_that_are_not_there(data):
    for i in (N, -N - 1):
        with pytest.raises(IndexError, match=f"there is no picture {i}: the data set has {N}"):
            data[i]
    with pytest.raises(KeyError, match="no 'normals' was kept of these pictures, but depth, instance"):
        data[0]["annotations"]["normals"]


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ({"world_name": "Bridge"}, N // 2),
        ({"world": "Bridge", "scale": 1.0}, N // 4),
        ({"world": "Bridge", "scale": 1}, N // 4),
        ({"character": "Mug", "texture": ["Red", "Default"]}, N // 2),
        ({"name": "Mug"}, N // 2),
        ({"camera_yaw": (0, 90)}, 2 * N // 3),
        ({"camera_yaw": lambda yaw: yaw > 10}, 2 * N // 3),
        ({"scale": np.float64(0.7)}, N // 2),
        ({}, N),
    ],
)
def test_where(data, query, n):
    part = data.where(**query)
    assert len(part) == n
    for name, wanted in query.items():
        values = set(part.column(name).tolist())
        if callable(wanted):
            assert all(map(wanted, values))
        else:
            assert values <= (set(wanted) if isinstance(wanted, list | tuple) else {wanted})
    assert part[0]["image"].shape == (16, 16, 3)


def test_where_of_where_may_be_empty(data):
    assert len(data.where(world="Bridge").where(world="Beach")) == 0


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"wrld": "Bridge"}, "there is no factor 'wrld': did you mean 'world'?"),
        ({"world": "Brige"}, "world_name is never 'Brige': did you mean 'Bridge'? expected one of 'Bridge', 'Beach'"),
        ({"camera_yaw": 45}, "camera_yaw is never 45: expected one of 0.0, 90.0, 180.0"),
        ({"scale": "1"}, "character_scale is never '1'"),
    ],
)
def test_queries_that_can_not_be_are_refused(data, query, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        data.where(**query)


def test_where_of_a_range(tmp_path):
    text = 'name = "a"\nsize = 16\n[factors]\ncamera_yaw = {low = 0, high = 9}\n[design]\nkind = "random"\nn = 3\n'
    render_dataset(parse_spec(text), tmp_path / "a", 1, open_fake)
    data = open_dataset(tmp_path / "a")
    assert len(data.where(camera_yaw=lambda yaw: yaw >= 0)) == 3
    assert len(data.where(camera_yaw=5)) == 0
    with pytest.raises(ValueError, match="camera_yaw is never 10: expected a number from 0 to 9 deg"):
        data.where(camera_yaw=10)


def test_a_short_name_of_two_factors_is_refused(tmp_path):
    space = Space((Discrete("character_scale", (1, 2)), Discrete("scale_name", ("a", "b"))))
    data = SceneDataset(tmp_path, full_factorial(space), {})
    with pytest.raises(ValueError, match="'scale' may be character_scale or scale_name: write the whole name"):
        data.where(scale=1)


def test_splits(data, own):
    assert data.splits == ("train", "test")
    train, test = data.split("train"), data.split("test")
    assert len(train) + len(test) == N
    seen = set(zip(train.column("world"), train.column("character"), strict=True))
    assert not seen & set(zip(test.column("world"), test.column("character"), strict=True))
    with pytest.raises(ValueError, match="there is no split 'valid': expected one of train, test"):
        data.split("valid")
    with pytest.raises(ValueError, match=r"has no splits: it was made without a \[shift\]"):
        open_dataset(own).split("train")


def test_sound_leaves_out_the_flawed(data):
    assert set(data.sound().column("texture")) == {"Default"}
    assert len(data.sound()) == N // 2


def test_pairs_differ_in_one_factor_alone(data):
    part = data.where(scale=1.0)
    pairs = part.pairs("camera_yaw")
    assert len(pairs) == 8 * 3
    for a, b in pairs[:5]:
        one, other = part[a]["factors"], part[b]["factors"]
        assert {name for name in one if one[name] != other[name]} == {"camera_yaw"}
    assert np.array_equal(part.pairs("world"), part.pairs("world_name"))


def test_verify_finds_a_changed_byte(own):
    data = open_dataset(own)
    assert data.verify() == 4
    path = own / data.table["depth_file"][1].as_py()
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(
        ValueError, match=r"000001.npy is not what was written \(its SHA-256 differs\): remove it, then"
    ):
        data.verify()
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"000001.npy is gone: run umwelt dataset with the same"):
        data.verify()


def test_a_picture_that_is_cut_off_or_gone(own):
    data = open_dataset(own)
    path = own / data.table["file"][0].as_py()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"000000.png is cut off or damaged .*--out .*out again"):
        data[0]
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"000000.png is cut off or damaged"):
        data[0]
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"000000.png is gone: run umwelt dataset"):
        data[0]


def test_an_annotation_that_is_cut_off(own):
    data = open_dataset(own)
    path = own / data.table["depth_file"][0].as_py()
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match=r"000000.npy is cut off or damaged"):
        data[0]["annotations"]["depth"]


def test_what_is_no_data_set(tmp_path, own):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*gone: expected a data set"):
        open_dataset(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty holds no data set: expected a MANIFEST.json"):
        open_dataset(tmp_path / "empty")
    manifest = (own / "MANIFEST.json").read_text()
    (own / "MANIFEST.json").write_text(manifest.replace('"format": 1', '"format": 9'))
    with pytest.raises(ValueError, match="is of format 9, this version reads 1: update umwelt-sims"):
        open_dataset(own)
    (own / "MANIFEST.json").write_text("{}")
    with pytest.raises(ValueError, match=r"MANIFEST.json is damaged \(KeyError\('format'\)\)"):
        open_dataset(own)
    (own / "MANIFEST.json").unlink()
    with pytest.raises(ValueError, match="is not finished, 2 of 2 images are done: run umwelt dataset"):
        open_dataset(own)
    (own / "settings.json").write_text("[]")
    with pytest.raises(ValueError, match=r"is not finished, 2 of \? images"):
        open_dataset(own)


def test_a_damaged_table_is_refused(own):
    (own / "table.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"table.parquet is not what was written"):
        open_dataset(own)


def test_grey_and_transparent_pictures_come_as_rgb(own):
    data = open_dataset(own)
    path = own / data.table["file"][0].as_py()
    for mode in ("L", "RGBA", "P"):
        Image.new(mode, (16, 16)).save(path)
        assert data[0]["image"].shape == (16, 16, 3)


def test_reading_needs_no_torch(made):
    program = (
        "import sys\nfrom sims.scenes.datasets.reader import open_dataset\n"
        f"open_dataset({json.dumps(str(made))})[0]['annotations']['depth']\n"
        "assert not {'torch', 'matplotlib', 'bpy', 'webdataset', 'datasets'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
