"""What goes into a model and what may come out of it."""

import re

import numpy as np
import pytest
from PIL import Image

from probes.vision.interface import IMAGENET_MEAN, ImageModel, Interface, Seen, interface_of, prepared
from probes.vision.patterns import chosen, matches

RAW = Interface(4, (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255), ("a", "b"))


def model_of(logits):
    return ImageModel("planted", RAW, lambda pixels, patterns, pooling: Seen(np.array(logits, np.float32), {}), "")


def images(n=1, height=4, width=4):
    return np.zeros((n, height, width, 3), np.uint8)


def test_channels_are_scaled_as_the_model_wants_them():
    image = np.full((1, 224, 224, 3), 255, np.uint8)
    image[..., 1] = 0
    got = prepared(image, Interface())
    assert got.shape == (1, 3, 224, 224)
    assert got.dtype == np.float32
    assert np.allclose(got[0, :, 5, 7], [(1 - 0.485) / 0.229, -0.456 / 0.224, (1 - 0.406) / 0.225], atol=1e-6)


def test_a_picture_of_the_right_size_goes_in_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), np.uint8)
    assert np.allclose(prepared(image, RAW), image.transpose(0, 3, 1, 2), atol=1e-4)


def test_the_longer_side_is_cut_to_the_middle():
    wide = np.random.default_rng(0).integers(0, 256, (8, 16, 3), np.uint8)
    small = np.asarray(Image.fromarray(wide).resize((8, 4), Image.Resampling.BICUBIC))[:, 2:6]
    assert np.allclose(prepared(wide[None], RAW)[0], small.transpose(2, 0, 1), atol=1e-4)
    assert np.allclose(prepared(wide.transpose(1, 0, 2)[None], RAW)[0], small.transpose(2, 1, 0), atol=1e-4)


def test_pictures_that_are_not_contiguous_are_taken():
    image = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), np.uint8)
    assert np.array_equal(prepared(image[:, ::2, ::2], RAW), prepared(image[:, ::2, ::2].copy(), RAW))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((1, 4, 4, 3)),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((1, 3, 4, 4), np.uint8),
        np.zeros((0, 4, 4, 3), np.uint8),
    ],
)
def test_pictures_of_another_kind_are_refused(wrong):
    with pytest.raises(ValueError, match=re.escape("pictures must be uint8 [n, height, width, 3], one at least, got")):
        prepared(wrong, RAW)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 0}, "size must be pixels a side, a whole number above 0, got 0"),
        ({"size": True}, "size must be pixels a side"),
        ({"size": 96.0}, "size must be pixels a side"),
        ({"mean": (0.5, 0.5)}, "mean must be three finite numbers, of channels from 0 to 1"),
        ({"mean": 0.5}, "mean must be three finite numbers"),
        ({"mean": (0.5, float("nan"), 0.5)}, "mean must be three finite numbers"),
        ({"std": (1.0, 0.0, 1.0)}, "std must be three finite numbers, above 0"),
        ({"classes": "ab"}, "classes must be a list of names, one at least, got 'ab'"),
        ({"classes": []}, "classes must be a list of names"),
        ({"classes": ["a", "b", "a"]}, "different names, got 'a' twice"),
        ({"layers": [1]}, "layers must be a list of names"),
        ({"sise": 4}, "has no 'sise': did you mean 'size'\\? expected size, mean, std, classes, layers"),
    ],
)
def test_interfaces_that_cannot_be(given, message):
    with pytest.raises(ValueError, match=message):
        interface_of(given)


def test_an_interface_of_plain_values():
    own = interface_of({"size": 96, "classes": ["mug", "vase"], "mean": [0.5, 0.5, 0.5]})
    assert own == Interface(96, (0.5, 0.5, 0.5), classes=("mug", "vase"))
    assert Interface().mean == IMAGENET_MEAN


def test_logits_are_checked():
    assert model_of([[1.0, 2.0]]).logits(images()).tolist() == [[1.0, 2.0]]
    with pytest.raises(ValueError, match=r"must return logits \[2, class\] for 2 pictures, got \(1, 2\)"):
        model_of([[1.0, 2.0]]).logits(images(2))
    with pytest.raises(ValueError, match=r"returns 3 logits, it names 2 classes: return \(model, \{'classes'"):
        model_of([[1.0, 2.0, 3.0]]).logits(images())
    with pytest.raises(ValueError, match=r"not finite \(nan for picture 1 of 2\): look at its weights"):
        model_of([[1.0, 2.0], [0.0, np.nan]]).logits(images(2))


def test_a_model_without_names_has_those_of_imagenet():
    model = ImageModel("planted", Interface(4), lambda *_: Seen(np.zeros((1, 7), np.float32), {}), "")
    assert model.classes is None
    with pytest.raises(ValueError, match="returns 7 logits, ImageNet-1k has 1000 classes"):
        model.logits(images())


@pytest.mark.parametrize(
    ("name", "pattern", "fits"),
    [
        ("fc", "*", True),
        ("blocks.1", "*", False),
        ("blocks.1", "blocks.*", True),
        ("blocks.1.conv", "blocks.*", False),
        ("blocks.1.conv", "blocks.*.conv", True),
        ("blocks.12", "blocks.?", False),
        ("blocks.2", "blocks.[0-2]", True),
        ("Blocks", "blocks", False),
    ],
)
def test_patterns_stop_at_dots(name, pattern, fits):
    assert matches(name, pattern) is fits


def test_a_pattern_that_fits_nothing():
    names = [f"blocks.{k}" for k in range(14)]
    assert chosen(names, ["blocks.1?", "blocks.2"]) == ["blocks.2", *(f"blocks.{k}" for k in range(10, 14))]
    with pytest.raises(ValueError, match=r"no layer is called 'block.3': did you mean 'blocks.3'\? .* and 2 more; \*"):
        chosen(names, ["block.3"])
    with pytest.raises(ValueError, match="patterns of none \\(it has no parts that are called\\)"):
        chosen([], ["*"])
