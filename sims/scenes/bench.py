"""`umwelt bench scenes`: seconds an image, every annotation included, and how many of them are Blender's own."""

import sys
import time
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import tyro

from sims.core.bench import Figure, emit
from sims.core.threads import available_threads
from sims.scenes.cycles.renderer import Cycles
from sims.scenes.designs import random_design
from sims.scenes.factors import Continuous, Discrete, Space
from sims.scenes.scene import Scene

Case = Literal["224x16", "224x32", "512x16"]
SIZES: dict[Case, tuple[int, int]] = {"224x16": (224, 16), "224x32": (224, 32), "512x16": (512, 16)}


@dataclass(frozen=True)
class BenchSettings:
    """Measure how long scenes take; one JSON line a case on standard output."""

    name: Annotated[Literal["scenes"], tyro.conf.Positional] = "scenes"
    """Which benchmark."""
    cases: tuple[Case, ...] = ("224x16",)
    """Pixels a side x samples a pixel."""
    images: int = 200
    """How many scenes, drawn at random and put into the order of their cost, as data sets are."""
    seed: int = 0
    """Of the draw."""
    pack: str = "basic"
    """What is drawn: `basic`, or `animals` or `furniture` once they are fetched."""


def run(settings: BenchSettings) -> None:
    """Measure and print; progress goes to standard error.

    Raises:
        ValueError: fewer than 3 images. FileNotFoundError: there is no Blender, or no such pack.
    """
    if settings.images < 3:
        raise ValueError(f"a median needs 3 images at least, got {settings.images}")
    for case in settings.cases:
        pixels, samples = SIZES[case]
        whole, bare = _measure(pixels, samples, settings)
        ratio = float(np.median(whole) / np.median(bare))
        threads = available_threads()
        case_of = case if settings.pack == "basic" else f"{case}, {settings.pack}"
        emit("scenes", Figure(case_of, whole, "s/image", threads, "Blender's own render and annotation pass", ratio))


def _measure(pixels: int, samples: int, settings: BenchSettings) -> tuple[list[float], list[float]]:
    """Seconds of each image: all that a caller waits for, and within Blender's two renders of it."""
    renderer = Cycles(samples)
    whole, bare = [], []
    with Scene(settings.pack, renderer, width=pixels, height=pixels) as scene:
        space = Space(
            (
                Discrete("world_name", scene.pack.worlds),
                Discrete("character_name", scene.pack.characters),
                Discrete("character_texture", ("Default", "Sky", "Grass", "Asphalt")),
                Discrete("character_scale", (0.7, 1.0, 1.3)),
                Continuous("camera_yaw", 0.0, 360.0, unit="deg"),
            )
        )
        table = random_design(space, settings.images, settings.seed)
        scene.render({})  # the start of Blender is not an image's
        for k, row in enumerate(table.take(scene.cost_order(table)).to_pylist()):
            began = time.perf_counter()
            scene.render(row)
            whole.append(time.perf_counter() - began)
            bare.append(renderer.render_s)
            if (k + 1) % 20 == 0:
                sys.stderr.write(
                    f"{pixels}x{samples}: {k + 1} of {settings.images} images, median {np.median(whole):.2f} s\n"
                )
    return whole, bare
