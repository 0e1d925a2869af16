"""Pictures of two objects whose factors are written into bands of shades, and towers that read them."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.spec import parse_spec
from sims.scenes.relations import COLUMNS, with_captions
from tests.sims.scenes.datasets.fake_scene import CHARACTERS, PLACES, TEXTURES, WORLDS, FakeScene

SPEC = """
name = "spar"
size = 16
[factors]
character_name = ["Mug", "Lamp", "Ball"]
world_name = ["Bridge", "Beach", "Forest"]
[design]
kind = "relations"
"""
NAMES = (*CHARACTERS, "blank")
VALUES = dict(zip(COLUMNS, (WORLDS, NAMES, NAMES, PLACES, PLACES, TEXTURES, TEXTURES), strict=True))


class SparScene(FakeScene):
    """Band k of a picture has the shade of column k's value."""

    def render(self, factors, *, seed=None):
        rendered = super().render(factors, seed=seed)
        image = np.zeros((self.size, self.size, 3), np.uint8)
        for k, (name, values) in enumerate(VALUES.items()):
            image[2 * k : 2 * k + 2] = 20 + 20 * values.index(rendered.factors[name])
        return rendered._replace(image=image)


def open_spar(spec, threads):
    return SparScene(spec.size)


def spar_dataset(out: Path, text: str = SPEC):
    render_dataset(parse_spec(text), out, 1, open_spar)
    return open_dataset(out)


def caption_of(image):
    """What its own caption would be."""
    row = {name: values[(int(image[2 * k, 0, 0]) - 20) // 20] for k, (name, values) in enumerate(VALUES.items())}
    nouns = {name: name.lower() for name in CHARACTERS}
    return with_captions(pa.Table.from_pylist([row]), nouns)["caption"][0].as_py()


def direction(word):
    """A random direction that is the same for the same word."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=32).astype(np.float32)


class Reader:
    """Understands all: a caption is one direction."""

    def text_features(self, captions):
        return np.stack([self.feature(caption) for caption in captions])

    def image_features(self, images):
        return np.stack([self.feature(caption_of(image)) for image in images])

    def feature(self, caption):
        return direction(caption)


class BagOfWords(Reader):
    """Knows the words and not their order, as Yuksekgonul et al. 2023 say of CLIP."""

    def feature(self, caption):
        return np.sum([direction(word) for word in sorted(caption.replace(",", "").split())], axis=0)


class Broken(Reader):
    """Returns what it is given, in the place of features."""

    def __init__(self, images=None, texts=None):
        self.images, self.texts = images, texts

    def image_features(self, images):
        return super().image_features(images) if self.images is None else self.images(len(images))

    def text_features(self, captions):
        return super().text_features(captions) if self.texts is None else self.texts(len(captions))
