"""`umwelt bench parity`: the same scenes by Cycles directly and through our UnrealCV server and client; their times."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Literal, NamedTuple

import numpy as np
import tyro

from sims.core.bench import Figure, emit
from sims.core.threads import available_threads
from sims.scenes.description import SceneState
from sims.scenes.designs import random_design
from sims.scenes.rendered import Rendered
from sims.scenes.scene import LEAST_PIXELS, Scene
from sims.scenes.unreal import Unreal
from sims.scenes.unrealcv.link import Link
from sims.scenes.unrealcv.mapping import read_mapping

UPSTREAM_MS = 17.77
"""Of one `vget /camera/0/location` in the plugin's own report of a shipping build (test57_benchmark_shipping)."""

Case = Literal["scenes", "commands"]


STAGE_SEED: int = SceneState._field_defaults["seed"]
"""Of the samples of a served scene's pictures, which UnrealCV has no word for. Where ground fades into the horizon
chance decides, sample by sample, whose a pixel is: both sides must draw alike to be compared."""


@dataclass(frozen=True)
class BenchSettings:
    """Compare scenes with themselves through UnrealCV; one JSON line a figure on standard output."""

    name: Annotated[Literal["parity"], tyro.conf.Positional] = "parity"
    """Which benchmark."""
    cases: tuple[Case, ...] = ("scenes", "commands")
    """Scenes compared, and the time of commands without pictures."""
    settings: int = 50
    """How many scenes, all of their factors drawn at random."""
    pack: str = "basic"
    """Of which."""
    size: int = 64
    """Of the pictures' sides, in pixels."""
    samples: int = 2
    """Rays a pixel; masks, depth and poses don't depend on it."""
    commands: int = 2000
    """How many commands, one after another."""
    seed: int = 0
    """Of the draw."""


class Parity(NamedTuple):
    """How far two pictures of one scene are from each other.

    Attributes:
        iou: of the masks of each thing that shows LEAST_PIXELS in either. depth: the largest relative difference where
            both show the same thing. place, turn: the largest difference between the poses of the camera and of the
            objects and those that the server reports, in metres and in degrees.
    """

    iou: list[float]
    depth: float
    place: float
    turn: float


def run(settings: BenchSettings) -> None:
    """Measure and print; progress goes to standard error.

    Raises:
        ValueError: fewer than 1 scene or 100 commands. FileNotFoundError: there is no Blender, or no unrealcv.
    """
    if settings.settings < 1 or settings.commands < 100:
        raise ValueError(
            f"--settings must be 1 and --commands 100 at least, got {settings.settings}, {settings.commands}"
        )
    with served(settings.pack, settings.size, settings.samples) as address:
        if "scenes" in settings.cases:
            found = list(compared(settings, address))
            threads = available_threads()
            iou = [value for one in found for value in one.iou]
            emit("parity", Figure("mask", iou, "IoU of a thing", threads, "Cycles directly", None))
            emit("parity", Figure("depth", [one.depth for one in found], "largest relative error", threads))
            emit("parity", Figure("place", [one.place for one in found], "largest difference, m", threads))
            emit("parity", Figure("turn", [one.turn for one in found], "largest difference, deg", threads))
        if "commands" in settings.cases:
            times = command_times(address, settings.commands)
            upstream = "UnrealCV 1.0.1, a shipping build, by its own report"
            emit("parity", Figure("command", times, "ms", 1, upstream, UPSTREAM_MS / float(np.median(times))))


@contextmanager
def served(pack: str, size: int, samples: int) -> Iterator[str]:
    """The address of `umwelt serve scenes`, in a process of its own for as long as the block lasts."""
    arguments = ["--port", "0", "--pack", pack, "--width", str(size), "--height", str(size), "--samples", str(samples)]
    command = [sys.executable, "-m", "umwelt", "serve", "scenes", *arguments, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise ChildProcessError("umwelt serve scenes did not start: see what it wrote above")
            yield f"127.0.0.1:{json.loads(line)['port']}"
        finally:
            process.terminate()


def compared(settings: BenchSettings, address: str) -> Iterator[Parity]:
    """Each scene both ways."""
    size, samples = settings.size, settings.samples
    client = Unreal(replace(read_mapping(), address=address))
    with (
        Scene(settings.pack, client, width=size, height=size) as through,
        Scene(settings.pack, "cycles", width=size, height=size, samples=samples) as directly,
    ):
        table = random_design(directly.space, settings.settings, settings.seed)
        rows = table.take(directly.cost_order(table)).to_pylist()
        for k, row in enumerate(rows):
            one, other = directly.render(row, seed=STAGE_SEED), through.render(row)
            yield parity(one, other, client.reported)
            sys.stderr.write(f"{k + 1} of {len(rows)} scenes\n")


def parity(one: Rendered, other: Rendered, reported: tuple[np.ndarray, ...]) -> Parity:
    """Compare two pictures of a scene.

    Args:
        one: directly. other: through a server. reported: the poses that the server gave, the camera's first.
    """
    iou = []
    for number in np.union1d(one.instance, other.instance):
        a, b = one.instance == number, other.instance == number
        if max(a.sum(), b.sum()) >= LEAST_PIXELS:
            iou.append(float((a & b).sum() / (a | b).sum()))
    both = np.isfinite(one.depth) & np.isfinite(other.depth) & (one.instance == other.instance)
    depth = np.abs(other.depth[both] / one.depth[both] - 1.0).max() if both.any() else 0.0
    poses = [np.array(one.camera.pose), *(seen.pose for seen in one.objects)]
    pairs = list(zip(poses, reported, strict=False))  # props are reported too
    place = max(np.linalg.norm(a[:3, 3] - b[:3, 3]) for a, b in pairs)
    return Parity(iou, float(depth), float(place), max(_turn(a, b) for a, b in pairs))


def _turn(a: np.ndarray, b: np.ndarray) -> float:
    """Degrees between two poses' axes."""
    one, other = (pose[:3, :3] / np.linalg.norm(pose[:3, :3], axis=0) for pose in (a, b))
    return float(np.rad2deg(2.0 * np.arcsin(min(1.0, np.linalg.norm(one - other) / np.sqrt(8.0)))))


def command_times(address: str, n: int) -> list[float]:
    """Milliseconds of each of `n` commands, asked and set in turn through the official client, one after another."""
    with Link(address) as link:
        client = link.client
        times = []
        for k in range(n):
            command = "vget /camera/0/location" if k % 2 else f"vset /camera/0/location {k} 0 100"
            began = time.perf_counter()
            client.request(command)
            times.append(1e3 * (time.perf_counter() - began))
        return times
