"""`umwelt bench ctf`: agent-frames a second through the public `VectorEnv`, and where the time goes."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Literal, cast

import gymnasium
import numpy as np
import tyro
from numpy.typing import NDArray

import sims  # noqa: F401 (registers the ids)
from sims.core.bench import Figure, emit, pinned
from sims.core.threads import available_threads
from sims.ctf.bench_vizdoom import vizdoom_is_here, vizdoom_rate
from sims.ctf.bot_kernels import act
from sims.ctf.bots import blank_bots
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.step import step

UNIT = "agent-frames/s"


@dataclass(frozen=True)
class BenchSettings:
    """What `umwelt bench ctf` measures."""

    name: Annotated[Literal["ctf"], tyro.conf.Positional] = "ctf"
    """Which benchmark."""
    n_matches: int = 32
    """Matches of 2 v 2 played together."""
    warm_up: int = 300
    """Steps played before, so that players are spread over the maps and fight."""
    steps: int = 150
    """Steps in one measurement, always the same ones."""
    repeats: int = 5
    """Measurements; the median is printed."""
    threads: tuple[int, ...] = tuple(sorted({1, available_threads()}))
    """Thread counts; the process is pinned to as many cores."""


def run(settings: BenchSettings) -> None:
    """Measure and print one JSON line a figure."""
    for figure in measure(settings):
        emit("ctf", figure)


def measure(settings: BenchSettings) -> Iterator[Figure]:
    """The figures, each thread count pinned to as many cores.

    Raises:
        ValueError: a thread count that this process has no cores for.
    """
    for n_threads in settings.threads:
        with pinned(n_threads):
            for family in ("indoor", "outdoor"):
                yield from _measure(settings, family, n_threads)


def _measure(settings: BenchSettings, family: str, n_threads: int) -> Iterator[Figure]:
    pixels = _Played(settings, family, n_threads)
    rates = pixels.rates(pixels.play)
    yield Figure(f"{family} 84x84", rates, UNIT, n_threads)
    if vizdoom_is_here() and family == "indoor":
        yield from _vizdoom(n_threads, median(rates))
    yield Figure(f"{family} 84x84, arrays reused", pixels.rates(pixels.play_reusing), UNIT, n_threads)
    yield Figure(f"{family}: looking alone", pixels.costs(pixels.look), "ns/agent-frame", n_threads)
    yield Figure(f"{family}: writing the frames", pixels.costs(pixels.fill), "ns/agent-frame", n_threads)
    yield Figure(f"{family}: bots of level 3", pixels.costs(pixels.think), "ns/agent-step", n_threads)
    yield Figure(f"{family} without pixels", pixels.rates(pixels.move), "agent-steps/s", n_threads)
    vectors = _Played(settings, family, n_threads, obs="vector")
    yield Figure(f"{family} vector", vectors.rates(vectors.play), "agent-steps/s", n_threads)
    if n_threads == 1:
        yield Figure(f"{family}: memory", [float(pixels.env.memory_per_match())], "bytes/match", n_threads)


def _vizdoom(n_threads: int, ours: float) -> Iterator[Figure]:
    """The same for ViZDoom; where its game doesn't come about, a line on standard error and no figure."""
    try:
        theirs = [vizdoom_rate() for _ in range(3)]
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return
    yield Figure("ViZDoom, 4 players, 160x120", theirs, UNIT, n_threads, "indoor 84x84", median(theirs) / ours)


class _Played:
    """Matches with a past, and the actions that bots of level 3 took from there on: what is timed plays them again."""

    def __init__(self, settings: BenchSettings, family: str, n_threads: int, obs: str = "rgb") -> None:
        self.settings = settings
        made = gymnasium.make_vec(
            "umwelt/CaptureTheFlag-v0",
            num_envs=4 * settings.n_matches,
            maps=f"{family}:0-32",
            obs=obs,
            n_threads=n_threads,
        )
        self.env = cast(CaptureTheFlagVectorEnv, made)
        self.env.reset(seed=0)
        self.bots = blank_bots(self.env.maps, dict.fromkeys(range(4), 3), settings.n_matches, 4)
        for _ in range(settings.warm_up):
            self.env.step(self._choose())
        self.past = [array.copy() for array in self.env.state]
        self.actions = []
        for _ in range(settings.steps):
            self.actions.append(self._choose())
            self.env.step(self.actions[-1])

    def _choose(self) -> NDArray[np.int8]:
        chosen = np.zeros((self.settings.n_matches, 4, 6), np.int8)
        env = self.env
        act(env.maps, env.state, self.bots, chosen, 0, env.n_matches, env.rules.beam_range)
        return chosen.reshape(-1, 6)

    def _back(self) -> None:
        for array, past in zip(self.env.state, self.past, strict=True):
            array[...] = past

    def rates(self, call: Callable[[int], object]) -> list[float]:
        """Agent-steps a second of each repeat of the same steps."""
        return [1e9 / cost for cost in self.costs(call)]

    def costs(self, call: Callable[[int], object]) -> list[float]:
        """Nanoseconds an agent-step of each repeat of the same steps."""
        costs = []
        for _ in range(self.settings.repeats):
            self._back()
            began = time.perf_counter()
            for k in range(self.settings.steps):
                call(k)
            costs.append(1e9 * (time.perf_counter() - began) / (self.settings.steps * self.env.num_envs))
        return costs

    def play(self, k: int) -> None:
        """A step through the public call, as made by default."""
        self.env.copy = True
        self.env.step(self.actions[k])

    def play_reusing(self, k: int) -> None:
        """The same with `copy=False`."""
        self.env.copy = False
        self.env.step(self.actions[k])

    def look(self, k: int) -> None:
        """Frames alone, of players who stand still."""
        env = self.env
        env._by_lane(lambda canvas, start, stop: env._observe(canvas, start, stop, env._frames))

    def fill(self, k: int) -> None:
        """The least that frames can cost: their bytes, written."""
        self.env._frames.rgb.fill(k & 255)

    def think(self, k: int) -> None:
        """The bots' choices alone."""
        self._choose()

    def move(self, k: int) -> None:
        """Physics, beams, flags, events and rewards of given actions."""
        env = self.env
        env._actions[:] = self.actions[k].reshape(env._actions.shape)
        env._by_lane(
            lambda canvas, start, stop: step(
                env.maps, env.state, env._actions, start, stop, env.rules, env._weights, env._out
            )
        )
