"""`umwelt bench pointnav`: env-steps a second through the public `VectorEnv`, and where the time goes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, cast

import gymnasium
import numpy as np
import tyro
from numpy.typing import NDArray

import sims  # noqa: F401 (registers the ids)
from sims.core.bench import Figure, emit, pinned
from sims.core.threads import available_threads, split
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import FORWARD, N_ACTIONS, STOP
from sims.pointnav.view import N_OBS, observe_all

BLOCKS = 64
"""Random actions are drawn beforehand for this many steps, and repeated."""


@dataclass(frozen=True)
class BenchSettings:
    """What `umwelt bench` measures."""

    name: Annotated[Literal["pointnav"], tyro.conf.Positional] = "pointnav"
    """Which benchmark."""
    n_envs: int = 4096
    """Envs stepped together."""
    max_steps: int = 500
    """Length of an episode; also how many steps warm up, so that the envs' ends are spread evenly."""
    steps: int = 500
    """Steps in one measurement."""
    repeats: int = 5
    """Measurements; the median is printed."""
    threads: tuple[int, ...] = tuple(sorted({1, available_threads()}))
    """Thread counts; the process is pinned to as many cores."""


def run(settings: BenchSettings) -> None:
    """Measure and print one JSON line a figure; progress goes to standard error."""
    for figure in measure(settings):
        emit("pointnav", figure)


def measure(settings: BenchSettings) -> Iterator[Figure]:
    """The figures, each thread count pinned to as many cores.

    Raises:
        ValueError: a thread count that this process has no cores for.
    """
    for n_threads in settings.threads:
        with pinned(n_threads):
            yield from _measure(settings, n_threads)


def _measure(settings: BenchSettings, n_threads: int) -> Iterator[Figure]:
    env = cast(
        PointNavVectorEnv,
        gymnasium.make_vec("umwelt/PointNav-v0", num_envs=settings.n_envs, max_steps=settings.max_steps),
    )
    actions = np.random.default_rng(0).integers(FORWARD, N_ACTIONS, (BLOCKS, settings.n_envs))
    _warm_up(env, actions, settings)
    case = str(settings.n_envs)

    def whole(k: int) -> object:
        return env.step(actions[k % BLOCKS])

    yield Figure(case, _rates(whole, settings), "env-steps/s", n_threads)
    for part, call in _parts(env, actions).items():
        nanoseconds = [1e9 / rate for rate in _rates(call, settings)]
        yield Figure(f"{case}: {part}", nanoseconds, "ns/env-step", n_threads)


def _warm_up(env: PointNavVectorEnv, actions: NDArray[np.int64], settings: BenchSettings) -> None:
    """Play one episode's length in which env i stops at step i mod max_steps: from then on ends come evenly."""
    env.reset(seed=0)
    slots = np.arange(settings.n_envs) % settings.max_steps
    for k in range(settings.max_steps):
        env.step(np.where(slots == k, STOP, actions[k % BLOCKS]))


def _parts(env: PointNavVectorEnv, actions: NDArray[np.int64]) -> dict[str, Callable[[int], object]]:
    """Pieces of a step that can be run alone: all of the kernel, the kernel when nobody walks, the observations."""
    turns = np.where(actions == FORWARD, FORWARD + 1, actions)
    obs = np.empty((env.num_envs, N_OBS), np.float32)
    return {
        "kernel": lambda k: env.run_kernel(actions[k % BLOCKS]),
        "kernel, turns only": lambda k: env.run_kernel(turns[k % BLOCKS]),
        "observations": lambda k: split(
            lambda start, stop: observe_all(env.state, start, stop, obs), env.num_envs, env.n_threads
        ),
    }


def _rates(call: Callable[[int], object], settings: BenchSettings) -> list[float]:
    """Env-steps a second of each repeat."""
    rates = []
    for _ in range(settings.repeats):
        began = time.perf_counter()
        for k in range(settings.steps):
            call(k)
        rates.append(settings.steps * settings.n_envs / (time.perf_counter() - began))
    return rates
