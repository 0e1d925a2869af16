"""`umwelt bench population`: agent-steps a second that a population is trained on, beside SB3's PPO with a `CnnPolicy`.

A step is a frame seen and an action taken by one agent; here actions are not repeated.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

import torch
import tyro

from agents.apart import apart, check_sides, in_turn, say
from agents.ftw.core import CoreKind
from agents.population.chief import Chief, found
from agents.population.plan import TrainCtfSettings, check, completed, founders_of, founding_of, make_env
from agents.population.training import one_thread_each, under_way
from sims.core.bench import Figure, emit
from sims.core.threads import available_threads

AGAINST = "stable_baselines3.PPO CnnPolicy"
UNIT = "agent-steps/s"


@dataclass(frozen=True)
class BenchSettings:
    """What `umwelt bench population` measures."""

    name: Annotated[Literal["population"], tyro.conf.Positional] = "population"
    """Which benchmark."""
    populations: tuple[int, ...] = (1, 2)
    """Members of each case; all play against themselves."""
    repeats: int = 3
    """Measurements of each side, in turn and each in a fresh process; medians are compared."""
    warm_up: float = 10.0
    """Seconds of training before each measurement."""
    seconds: float = 20.0
    """Seconds of each measurement of ours; SB3 has one rollout after one that warms up."""
    height: int = 84
    """Of frames, in pixels, for both sides."""
    width: int = 84
    """Of frames, in pixels, for both sides."""
    matches: int = 32
    """Matches played at once, for both sides."""
    rollout: int = 60
    """Steps of each seat between two updates, for both sides."""
    seats: int = 32
    """Seats whose trajectories make up an update, for both sides."""
    core: CoreKind = "two-timescale"
    """Recurrence of ours: the paper's, or an LSTM; SB3's network has none."""
    maps: str = "indoor:0-32"
    """Maps, for both sides."""
    processes: int = min(2, available_threads())
    """Cores that either side may use; SB3 has as many threads."""
    sb3: bool = True
    """Measure SB3 too."""


def run(settings: BenchSettings) -> None:
    """Measure and print one JSON line a figure; progress goes to standard error.

    Raises:
        ValueError: settings that can't be, or SB3 is not installed.
    """
    for figure in measure(settings):
        emit("population", figure)


def measure(settings: BenchSettings) -> Iterator[Figure]:
    """The figures, each as soon as it is known; `settings` are checked before the first is measured.

    Raises:
        ValueError: settings that can't be, or SB3 is not installed.
    """
    _check(settings)
    trainings = {f"population of {n}": training_of(n, settings) for n in settings.populations}
    theirs: list[float] = []
    for case, training in trainings.items():
        job, n = (training, settings), settings.processes
        ours, new = in_turn(
            case,
            settings.repeats,
            UNIT,
            partial(apart, _our_rate, job, n, threads=1),
            AGAINST,
            partial(apart, _sb3_rate, job, n, threads=n) if settings.sb3 and not theirs else None,
        )
        theirs += new
        against, ratio = (AGAINST, median(ours) / median(theirs)) if theirs else (None, None)
        yield Figure(case, ours, UNIT, settings.processes, against, ratio)
    if theirs:
        yield Figure(AGAINST, theirs, UNIT, settings.processes)


def training_of(population: int, settings: BenchSettings) -> TrainCtfSettings:
    """What is trained.

    Raises:
        ValueError: settings that can't be.
    """
    training = replace(
        TrainCtfSettings(),
        population=population,
        opponents="self",
        algorithm="vtrace",
        core=settings.core,
        height=settings.height,
        width=settings.width,
        matches=settings.matches,
        rollout=settings.rollout,
        seats=settings.seats,
        maps=(settings.maps,),
        repeat=1,
        match_steps=30 * settings.rollout,
        arenas=max(1, settings.processes // 2),
        learners=min(settings.processes, population),
    )
    check(training)
    return completed(training)


def _check(settings: BenchSettings) -> None:
    check_sides(settings.repeats, settings.processes, "stable_baselines3" if settings.sb3 else None)
    if not settings.populations:
        raise ValueError("--populations names none: use e.g. 1 2")
    if not (settings.seconds > 0.0 and settings.warm_up >= 0.0):
        raise ValueError(f"--seconds must be above 0 and --warm-up at least 0, got {settings.seconds}")


def _our_rate(job: tuple[TrainCtfSettings, BenchSettings]) -> float:
    """Agent-steps a second that all learners together have learnt from."""
    training, settings = job
    with tempfile.TemporaryDirectory() as folder, one_thread_each():
        path = Path(folder) / "chief.sqlite"
        found(path, founding_of(training), founders_of(training))
        with Chief(path) as chief, under_way(chief, training, None, say) as (office, crew):
            crew.look_after(settings.warm_up)
            began, steps = time.perf_counter(), office.steps
            crew.look_after(settings.seconds)
            return (office.steps - steps) / (time.perf_counter() - began)


def _sb3_rate(job: tuple[TrainCtfSettings, BenchSettings]) -> float:
    """Agent-steps a second of SB3: one policy in all seats, an epoch over minibatches of the same size."""
    from agents.population.sb3_bench import sb3_rate  # here, so that all else works where SB3 is not installed

    training, settings = job
    torch.set_num_threads(settings.processes)
    return sb3_rate(make_env(training), training.rollout, training.rollout * training.seats)
