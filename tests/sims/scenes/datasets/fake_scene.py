"""A scene that draws small pictures from the factors with NumPy, for tests of what is done with pictures."""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from sims.scenes.columns import combinations
from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.spec import read_spec
from sims.scenes.description import Camera
from sims.scenes.factors import Continuous, Discrete, Space, factors_of
from sims.scenes.rendered import Rendered, Seen

CHARACTERS = ("Mug", "Chair", "Lamp", "Ball", "Vase", "Crate")
WORLDS = ("Bridge", "Beach", "Old Town", "Forest")
TEXTURES = ("Default", "Blue", "Red", "Grass", "Stone")
PLACES = ("centre", "left", "right", "bottom", "top")


class FakePack:
    name, characters, worlds = "basic", CHARACTERS, WORLDS
    licence, credits = "CC0-1.0", ("Someone",)

    def noun(self, name):
        return name.lower()

    def imagenet(self, name):
        return (CHARACTERS.index(name),)

    def fingerprint(self, characters, worlds):
        return f"{list(characters)} in {list(worlds)}"


class FakeScene:
    """Draws; writes the factors of each picture into the file UMWELT_FAKE_LOG, and waits UMWELT_FAKE_PAUSE seconds."""

    def __init__(self, size):
        self.size, self.pack = size, FakePack()
        self.space = Space(
            (
                Discrete("world_name", WORLDS),
                Discrete("character_name", (*CHARACTERS, "blank")),
                Discrete("character_texture", TEXTURES),
                Continuous("character_scale", 0.3, 2.0, 1.0),
                Discrete("character1_pos", PLACES),
                Discrete("character2_name", (*CHARACTERS, "blank"), "blank"),
                Discrete("character2_texture", TEXTURES),
                Discrete("character2_pos", PLACES, "right"),
                Continuous("camera_yaw", -360.0, 360.0, 0.0, "deg"),
                Continuous("camera_pitch", 0.0, 85.0, 14.0, "deg"),
            )
        )

    def render(self, factors, *, seed=None):
        whole = self.space.completed(factors)
        log = os.environ.get("UMWELT_FAKE_LOG")
        if log:
            with Path(log).open("a") as file:
                file.write(json.dumps([whole, seed]) + "\n")
        time.sleep(float(os.environ.get("UMWELT_FAKE_PAUSE", 0)))
        if whole["camera_pitch"] == 85.0:
            raise ValueError("this renderer can't look down")
        return drawn(whole, seed or 0, self.size)

    def cost_order(self, table):
        keys = [combinations(table, [name]) for name in ("world_name", "character_name") if name in factors_of(table)]
        return np.lexsort(keys[::-1]) if keys else np.arange(table.num_rows)

    def close(self):
        pass


def drawn(whole, seed, size):
    """Squares for objects on noise; a texture of Red is a flaw at every seed, of Stone at seeds that are even."""
    digest = hashlib.sha256(json.dumps([whole, seed], sort_keys=True).encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    image = rng.integers(0, 256, (size, size, 3), np.uint8)
    instance, semantic = np.zeros((size, size), np.uint16), np.ones((size, size), np.uint16)
    seen = []
    for name, left in ((whole["character_name"], 2), (whole["character2_name"], size // 2)):
        if name == "blank":
            continue
        k, category, side = len(seen) + 1, 10 + CHARACTERS.index(name), size // 3
        instance[2 : 2 + side, left : left + side], semantic[2 : 2 + side, left : left + side] = k, category
        box = (left, 2, left + side, 2 + side)
        seen.append(Seen(name, k, category, np.eye(4), np.zeros((8, 3)), box, box, side * side, 1.0, 1.0))
    flawed = whole["character_texture"] == "Red" or (whole["character_texture"] == "Stone" and seed % 2 == 0)
    camera = Camera(tuple(map(tuple, np.eye(4).tolist())), 35.0, size, size)
    depth = rng.random((size, size), np.float32)
    depth[0] = np.inf
    return Rendered(
        image,
        depth,
        depth,
        rng.random((size, size, 3), np.float32),
        instance,
        semantic,
        image // 2,
        tuple(seen),
        camera,
        whole,
        seed,
        ("Mug is out of sight (0 pixels)",) if flawed else (),
    )


def open_fake(spec, threads):
    assert threads >= 1
    return FakeScene(spec.size)


if __name__ == "__main__":
    made = render_dataset(read_spec(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), open_fake)
    sys.stdout.write(json.dumps(made._asdict()))
