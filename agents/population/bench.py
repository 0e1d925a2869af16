"""`umwelt bench population`: agent-steps a second that a population is trained on, beside SB3's PPO with a `CnnPolicy`.

A step is a frame seen and an action taken by one agent; here actions are not repeated.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

import torch
import tyro

from agents.apart import apart, say
from agents.ftw.core import CoreKind
from agents.population.chief import Chief, found
from agents.population.plan import TrainCtfSettings, check, completed, founders_of, founding_of
from agents.population.training import one_thread_each, under_way
from sims.core.bench import Figure, emit
from sims.core.threads import available_threads
from sims.ctf.env import CaptureTheFlagVectorEnv

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
        ours = []
        for k in range(settings.repeats):
            ours.append(apart(_our_rate, (training, settings), settings.processes, threads=1))
            say(f"{case}: {ours[-1]:,.0f} {UNIT} ({k + 1} of {settings.repeats})")
            if settings.sb3 and len(theirs) < settings.repeats:
                theirs.append(apart(_sb3_rate, (training, settings), settings.processes, settings.processes))
                say(f"{theirs[-1]:,.0f} {UNIT} by {AGAINST}")
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
    if settings.repeats < 1 or not settings.populations:
        raise ValueError(f"--repeats must be at least 1 and --populations named, got {settings.repeats} and none")
    if not (settings.seconds > 0.0 and settings.warm_up >= 0.0):
        raise ValueError(f"--seconds must be above 0 and --warm-up at least 0, got {settings.seconds}")
    if not 1 <= settings.processes <= available_threads():
        raise ValueError(
            f"--processes must be 1 to {available_threads()} (the cores this process may use), got {settings.processes}"
        )
    if settings.sb3 and find_spec("stable_baselines3") is None:
        raise ValueError("stable_baselines3 is not installed: pip install 'umwelt-sims[sb3]', or measure: --no-sb3")


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
    env = CaptureTheFlagVectorEnv(
        training.matches * 2 * training.team_size,
        maps=list(training.maps),
        team_size=training.team_size,
        height=training.height,
        width=training.width,
        match_steps=training.match_steps,
    )
    return sb3_rate(env, training.rollout, training.rollout * training.seats)
