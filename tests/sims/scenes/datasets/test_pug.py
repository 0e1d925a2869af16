"""PUG's layouts: what its own classes do runs on ours, and ours opens what is downloaded of PUG."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.exports import export
from sims.scenes.datasets.pug import LAYOUTS
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.spec import parse_spec
from tests.sims.scenes.datasets.fake_scene import open_fake

IMAGENET = """
name = "one-at-a-time"
size = 16
[factors]
character_name = ["Mug", "Ball"]
world_name = ["Bridge", "Beach"]
camera_yaw = [0, 90]
character_scale = [1.0, 0.7]
character_texture = ["Default", "Blue"]
[design]
kind = "one_at_a_time"
for_each = ["character_name"]
"""
SPAR = """
name = "spar"
size = 16
[factors]
character_name = ["Mug", "Ball"]
world_name = ["Bridge", "Beach"]
[design]
kind = "relations"
"""
ANIMALS = """
name = "animals"
size = 16
[factors]
character_name = ["Mug", "Ball"]
world_name = ["Bridge", "Old Town"]
character_scale = [0.7, 1.0]
camera_yaw = [0, 45]
character_texture = ["Default", "Grass"]
"""


def written(tmp_path, text, layout):
    """A data set and the folder of its export."""
    render_dataset(parse_spec(text), tmp_path / "data", 1, open_fake)
    export(open_dataset(tmp_path / "data"), layout, tmp_path / "pug")
    return open_dataset(tmp_path / "data"), tmp_path / "pug"


def lines_of(folder, layout):
    with (folder / LAYOUTS[layout].csv).open(newline="") as file:
        return list(csv.DictReader(file))


def opened(path):
    with Image.open(path) as picture:
        return np.array(picture)


def test_animals_have_a_folder_each(tmp_path):
    data, folder = written(tmp_path, ANIMALS, "pug-animals")
    header = (folder / "labels_pug_animal.csv").read_text().splitlines()[0]
    assert header == "filename,world_name,character_name,character_scale,camera_yaw,character_texture"
    lines = lines_of(folder, "pug-animals")
    assert len(lines) == len(data) == 32
    for line, sample in zip(lines, data, strict=True):
        assert np.array_equal(opened(folder / line["character_name"] / line["filename"]), sample["image"])
        assert line["world_name"] == sample["factors"]["world_name"]
        assert float(line["camera_yaw"]) == sample["factors"]["camera_yaw"]
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["Ball", "Mug"]


def test_imagenet_has_subsets_that_imagefolder_reads(tmp_path):
    data, folder = written(tmp_path, IMAGENET, "pug-imagenet")
    header = (folder / "labels_pug_imagenet.csv").read_text().splitlines()[0].split(",")
    assert header[:4] == ["filename", "world_name", "character_name", "character_label"]
    assert header[4:] == [
        *("character_rotation_yaw", "character_rotation_roll", "character_rotation_pitch", "character_scale"),
        *("camera_roll", "camera_pitch", "camera_yaw", "character_texture", "scene_light"),
    ]
    lines = lines_of(folder, "pug-imagenet")
    assert len(lines) == len(data) == 2 * (1 + 1 + 1 + 1 + 1)
    for line, sample in zip(lines, data, strict=True):
        assert np.array_equal(opened(folder / line["filename"]), sample["image"])
        assert line["character_label"] == sample["factors"]["character_name"].lower()
        varied = [name for name in header[4:] if line[name] != "Default"]
        assert len(varied) <= 1
        subset = line["filename"].split("/")[0]
        assert subset == {"camera_yaw": "Camera_Yaw", "character_scale": "Object_Scale"}.get(
            varied[0] if varied else "", "Object_Texture" if varied else "Worlds"
        )
        assert line["filename"].split("/")[1] == line["character_label"]
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "Worlds",
        "Camera_Yaw",
        "Object_Scale",
        "Object_Texture",
    }
    assert json.loads((folder / "class_to_imagenet_idx.json").read_text()) == {"mug": [0], "ball": [3]}


def test_imagenet_varies_one_factor_at_a_time(tmp_path):
    with pytest.raises(
        ValueError, match="varies character_scale and character_texture: PUG: ImageNet varies one factor"
    ):
        written(tmp_path, ANIMALS, "pug-imagenet")
    assert not (tmp_path / "pug").exists()


def test_spar_is_asked_as_its_own_script_asks(tmp_path):
    data, folder = written(tmp_path, SPAR, "pug-spar")
    header = (folder / "labels.csv").read_text().splitlines()[0]
    assert header == (
        "filename,world_name,character_name,character2_name,character1_pos,character2_pos,"
        "character_texture,character2_texture"
    )
    lines = lines_of(folder, "pug-spar")
    assert len(lines) == len(data) == 2 * 3 * 3 * 4
    nothing = [line for line in lines if line["character_name"] == "blank" == line["character2_name"]]
    assert {line["world_name"] for line in nothing} == {"Bridge", "Beach"}
    single = [line for line in lines if line["character_name"] == "blank" != line["character2_name"]]
    assert {line["character1_pos"] for line in single if line["character_texture"] == "Default"} == {"left", "bottom"}
    assert {line["character2_texture"] for line in lines} == {"Default", "Red", "Stone"}
    for line, sample in zip(lines, data, strict=True):
        assert np.array_equal(opened(folder / line["filename"]), sample["image"])


def test_spar_needs_its_factors(tmp_path):
    with pytest.raises(ValueError, match="pug-spar needs the factor character1_pos, character2_name"):
        written(tmp_path, ANIMALS, "pug-spar")


@pytest.mark.parametrize(("text", "layout"), [(ANIMALS, "pug-animals"), (IMAGENET, "pug-imagenet"), (SPAR, "pug-spar")])
def test_what_is_written_is_read_back(tmp_path, text, layout):
    data, folder = written(tmp_path, text, layout)
    back = open_dataset(folder)
    assert back.factors == LAYOUTS[layout].columns
    assert len(back) == len(data) == back.verify()
    for k in (0, len(data) - 1):
        assert np.array_equal(back[k]["image"], data[k]["image"])
        assert back[k]["factors"]["character_name"] == data[k]["factors"]["character_name"]
    assert len(back.where(world="Bridge", character="Mug")) == len(data.where(world="Bridge", character="Mug"))
    assert back.splits == ()
    assert len(back.sound()) == len(back)


def downloaded(folder, columns, rows):
    """A folder as an unpacked download of PUG is."""
    for row in rows:
        path = folder / row[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (200, 100, 50)).save(path)
    return [",".join(columns), *(",".join(map(str, row)) for row in rows)]


def test_a_download_of_imagenet_keeps_its_words_and_its_numbers(tmp_path):
    columns = ("filename", *LAYOUTS["pug-imagenet"].columns)
    plain = ["Default"] * 6
    rows = [
        ["Worlds/Chest/1.png", "Egypt", "Chest3", "Chest", *plain, 0, "Default", "Default"],
        ["Camera_Pitch/Chest/2.png", "Egypt", "Chest3", "Chest", *plain[:5], 45, 0, "Default", "Default"],
    ]
    (tmp_path / "labels_pug_imagenet.csv").write_text("\n".join(downloaded(tmp_path, columns, rows)) + "\n")
    data = open_dataset(tmp_path)
    assert data.column("camera_pitch").tolist() == ["Default", "45"]
    assert data.column("camera_yaw").tolist() == [0, 0]
    assert len(data.where(camera_pitch="45", character_label="Chest")) == 1
    assert data[1]["image"][0, 0].tolist() == [200, 100, 50]
    assert data.pairs("camera_pitch").tolist() == [[0, 1]]


def test_a_download_of_animals(tmp_path):
    columns = ("filename", "world_name", "character_name", "character_scale", "camera_yaw", "character_texture")
    rows = [
        ["000000000.png", "Egypt", "Goldfish", 0.7, 0, "Default"],
        ["000000001.png", "Egypt", "Cat", 1.0, 45, "Sky"],
    ]
    lines = downloaded(tmp_path, columns, [[f"{row[2]}/{row[0]}", *row[1:]] for row in rows])
    lines = [line.replace("Goldfish/", "", 1).replace("Cat/", "", 1) for line in lines]
    (tmp_path / "labels_pug_animal.csv").write_text("\n".join(lines) + "\n")
    data = open_dataset(tmp_path)
    assert len(data.where(scale=0.7, camera_yaw=0)) == 1
    assert data[1]["image"].shape == (8, 8, 3)
    assert data.about == {"name": "pug-animals"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filename,world_name\na.png,Egypt\n", "has no column character1_pos, character2_name"),
        ("filename,world_name,character_name,character2_name,character1_pos,character2_pos,character_texture,"
         "character2_texture\n", "has no rows"),
        ("filename,world_name,character_name,character2_name,character1_pos,character2_pos,character_texture,"
         "character2_texture\n../../etc/x.png,a,b,c,d,e,f,g\n", "outside of its folder"),
        ("filename,world_name\na.png\n", "can't be read"),
        ("", "can't be read"),
    ],
)  # fmt: skip
def test_a_csv_file_that_is_none_of_pugs(tmp_path, text, message):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        open_dataset(tmp_path)
