"""Pictures whose colours are their factors, and models that are known functions of these colours."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.reader import open_dataset
from sims.scenes.datasets.spec import parse_spec
from tests.sims.scenes.datasets.fake_scene import CHARACTERS, WORLDS, FakeScene

STEP = 40
"""Between the shades of two characters (red) and of two worlds (green); yaw is blue, a degree two thirds of a shade."""

SPEC = """
name = "planted"
size = 16
[factors]
world_name = ["Bridge", "Beach"]
character_name = ["Mug", "Chair", "Lamp"]
camera_yaw = [0, 90, 180, 270]
"""


def colour_of(factors):
    """Red, green and blue, 0 to 255, of a picture's mean."""
    red, green = CHARACTERS.index(factors["character_name"]), WORLDS.index(factors["world_name"])
    return 10 + STEP * red, 10 + STEP * green, 2 + (factors["camera_yaw"] % 360.0) * 2 / 3


class PlantedScene(FakeScene):
    """Pictures of one mean colour: red by character, green by world, blue by camera yaw."""

    def render(self, factors, *, seed=None):
        rendered = super().render(factors, seed=seed)
        image = np.empty((self.size, self.size, 3), np.uint8)
        image[:] = np.array(colour_of(rendered.factors))
        image[::2] += 1  # a picture of one colour is a flaw
        image[1::2] -= 1
        return rendered._replace(image=image)


def open_planted(spec, threads):
    return PlantedScene(spec.size)


def planted_dataset(out: Path, text: str = SPEC):
    """The data set of a specification, of one colour a picture."""
    render_dataset(parse_spec(text), out, 1, open_planted)
    return open_dataset(out)


class Nearest(nn.Module):
    """Names the shade of one channel: logits fall with the distance to each; `mean` is the layer of mean colours."""

    def __init__(self, n: int, channel: int = 0) -> None:
        super().__init__()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.register_buffer("shades", 10.0 + STEP * torch.arange(n, dtype=torch.float32))
        self.channel = channel

    def forward(self, x):
        return -((self.mean(x)[:, self.channel].reshape(-1, 1) - self.shades) ** 2) / 100.0


PLAIN = {"size": 16, "mean": (0.0, 0.0, 0.0), "std": (1 / 255, 1 / 255, 1 / 255)}
"""Channels go in as they are, 0 to 255."""


def reads_character():
    """Always right."""
    return Nearest(len(CHARACTERS)), {**PLAIN, "classes": list(CHARACTERS)}


def reads_world():
    """Names the world as if it were the character: right where their numbers agree."""
    return Nearest(len(CHARACTERS), 1), {**PLAIN, "classes": list(CHARACTERS)}


def returns_nothing():
    """No model."""


def returns_a_pair():
    """A model with something that is no interface."""
    return Nearest(2), 7


def returns_another_size():
    """An interface with a slip in it."""
    return Nearest(2), {"sizes": 4}


class Channels(Nearest):
    """`reads_character` with a layer for each channel."""

    def __init__(self) -> None:
        super().__init__(len(CHARACTERS))
        self.red, self.green, self.blue = nn.Identity(), nn.Identity(), nn.Identity()

    def forward(self, x):
        colour = x.mean((2, 3))
        for k, layer in enumerate((self.red, self.green, self.blue)):
            layer(colour[:, k : k + 1])
        return super().forward(x)


def channels():
    """Always right, and its layers are red, green and blue."""
    return Channels(), {**PLAIN, "classes": list(CHARACTERS), "layers": ["red", "green", "blue"]}


def like_imagenet():
    """A thousand logits without names: the first six are those of `reads_character`."""

    class Padded(Nearest):
        def forward(self, x):
            logits = super().forward(x)
            return torch.cat([logits, torch.full((len(x), 994), -1e3)], 1)

    return Padded(len(CHARACTERS)), PLAIN
