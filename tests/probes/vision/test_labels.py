"""Which logits are right: classes of a model's own, ImageNet's numbers, and PUG's file of them."""

import json

import pytest

from probes.vision.labels import labels_of
from sims.scenes.datasets.exports import export
from sims.scenes.datasets.pug_export import CLASSES
from sims.scenes.datasets.reader import open_dataset
from tests.probes.vision.planted import planted_dataset
from tests.probes.vision.planted_towers import spar_dataset
from tests.sims.scenes.datasets.fake_scene import CHARACTERS

SPAR = """
name = "spar"
size = 16
[factors]
character_name = ["Mug"]
world_name = ["Bridge"]
[design]
kind = "relations"
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return planted_dataset(tmp_path_factory.mktemp("labels") / "data")


@pytest.fixture
def pug(data, tmp_path):
    export(data, "pug-imagenet", tmp_path / "pug")
    return tmp_path / "pug"


def test_classes_of_its_own_are_the_values_of_a_factor(data):
    labels = labels_of(data, CHARACTERS)
    assert labels.factor == "character_name"
    assert labels.values == ("Chair", "Lamp", "Mug")
    assert labels.names == CHARACTERS
    assert [labels.values[k] for k in labels.value] == data.column("character").tolist()
    assert labels.right.sum(1).tolist() == [1, 1, 1]
    assert [CHARACTERS[row.argmax()] for row in labels.right] == ["Chair", "Lamp", "Mug"]


def test_pictures_of_no_class_are_unknown(data):
    labels = labels_of(data, ("Mug", "Lamp", "Sofa"), "character")
    assert labels.values == ("Lamp", "Mug")
    assert (labels.value == -1).sum() == 8
    assert len(labels.of_known().value) == 16
    assert labels.of_known().value.min() == 0
    assert labels.take(labels.value.argsort()[:3]).value.tolist() == [-1, -1, -1]


def test_classes_of_numbers(data):
    labels = labels_of(data, ("0.0", "90.0", "180.0", "270.0"), "camera_yaw")
    assert labels.values == (0.0, 180.0, 270.0, 90.0)  # by their names
    assert [labels.values[k] for k in labels.value] == data.column("camera_yaw").tolist()
    assert labels_of(data, ("0.0", "90.0", "180.0", "270.0")).factor == "camera_yaw"


def test_imagenet_by_the_manifest(data):
    labels = labels_of(data, None)
    assert labels.factor == "character_name"
    assert labels.right.shape == (3, 1000)
    assert labels.right.nonzero()[1].tolist() == [1, 2, 0]  # Chair, Lamp, Mug of the fake pack
    assert labels.names[:4] == ("mug", "chair", "lamp", "ImageNet 3")


def test_imagenet_by_the_file_of_pug(pug):
    data = open_dataset(pug)
    (pug / CLASSES).write_text(json.dumps({"mug": [504, 968], "chair": 423}))
    labels = labels_of(data, None)
    assert labels.factor == "character_label"
    assert labels.values == ("chair", "mug")
    assert labels.right.sum(1).tolist() == [1, 2]
    assert (labels.value == -1).sum() == 8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "can't be read .* unpack the download again"),
        ("[1]", "can't be read"),
        ('{"mug": null}', "can't be read"),
        ('{"mug": [1000]}', "must name classes from 0 to 999"),
        ('{"mug": ["504"]}', "must name classes from 0 to 999"),
    ],
)
def test_damaged_files_of_pug(pug, text, message):
    (pug / CLASSES).write_text(text)
    with pytest.raises(ValueError, match=message):
        labels_of(open_dataset(pug), None)


def test_what_cannot_be_named(data, pug, tmp_path):
    with pytest.raises(ValueError, match=r"classes \(red, green\) are the values of no factor of .* say with --label"):
        labels_of(data, ("red", "green"))
    with pytest.raises(ValueError, match=r"no value of character_name \(Chair, Lamp, Mug\) is a class of the model"):
        labels_of(data, ("chairs", "red"), "character")
    with pytest.raises(ValueError, match="there is no factor 'colour'"):
        labels_of(data, ("red",), "colour")
    with pytest.raises(
        ValueError, match="of world_name the data set knows no ImageNet classes, only of character_name"
    ):
        labels_of(data, None, "world")
    (pug / CLASSES).unlink()
    with pytest.raises(ValueError, match=r"doesn't say which ImageNet classes .* or put PUG's class_to_imagenet_idx"):
        labels_of(open_dataset(pug), None)
    (pug / CLASSES).write_text(json.dumps({"sofa": [1]}))
    with pytest.raises(ValueError, match="none of chair, lamp, mug is a kind that ImageNet-1k knows"):
        labels_of(open_dataset(pug), None)
    both = spar_dataset(tmp_path / "both", SPAR)
    with pytest.raises(
        ValueError, match="shows two objects at once, so that no one class is right: use --ask captions"
    ):
        labels_of(both, None)
    with pytest.raises(ValueError, match="may be the values of character_name or character2_name: say which"):
        labels_of(both, ("Mug", "blank"))
