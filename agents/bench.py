"""`umwelt bench train`: env-steps a second of collecting and learning together, beside SB3-contrib's `RecurrentPPO`."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median
from typing import Annotated, Literal, NamedTuple

import torch
import tyro

from agents.apart import apart, check_sides, in_turn
from agents.ppo import Losses, default_precision, learn
from agents.processes import Learner, run_learners, total
from agents.rollout import collect
from agents.training import TrainSettings, begin, check, training_env
from sims.core.bench import Figure, emit
from sims.core.threads import available_threads

AGAINST = "sb3_contrib.RecurrentPPO"
EPOCHS, MINIBATCHES = 2, 4
RECIPE = "recipe"
SAME_WEIGHTS = "-same-weights"
CASE = re.compile(rf"([1-9]\d*)x([1-9]\d*)(-float32|{SAME_WEIGHTS})?")


@dataclass(frozen=True)
class BenchSettings:
    """What `umwelt bench train` measures."""

    name: Annotated[Literal["train"], tyro.conf.Positional] = "train"
    """Which benchmark."""
    cases: tuple[str, ...] = (
        *("1x256", "3x512", "1x256-same-weights", "3x512-same-weights"),
        *("1x256-float32", "3x512-float32", RECIPE),
    )
    """LAYERSxHIDDEN in the precision chosen for this CPU, beside SB3, which initialises the same network in its own
    way: such an agent stops every fourth step, and SB3 is slow on short episodes; LAYERSxHIDDEN-same-weights, where SB3
    begins with our weights and so with our long episodes; LAYERSxHIDDEN-float32; `recipe`, what `umwelt train` does."""
    repeats: int = 3
    """Measurements of each side, in turn and each in a fresh process; medians are compared."""
    rollouts: int = 2
    """Rollouts in one measurement of ours, after one that warms up; SB3, so much slower, has one after one."""
    n_envs: int = 256
    """Envs of all processes together; `recipe` has its own number."""
    rollout: int = 128
    """Steps that every env takes between two updates; `recipe` has its own number."""
    layouts: tuple[str, ...] = TrainSettings.layouts
    """Floors, for both sides; `recipe` has its own."""
    processes: int = min(2, available_threads())
    """Our learners, SB3's threads, and the cores that either side may use."""
    sb3: bool = True
    """Measure SB3 too."""


def run(settings: BenchSettings) -> None:
    """Measure and print one JSON line a figure; progress goes to standard error.

    Raises:
        ValueError: settings that can't be, or SB3 is not installed.
    """
    for figure in measure(settings):
        emit("train", figure)


def measure(settings: BenchSettings) -> Iterator[Figure]:
    """The figures, each as soon as it is known; `settings` are checked before the first is measured.

    Raises:
        ValueError: settings that can't be, or SB3 is not installed.
    """
    _check(settings)
    trainings = {case: training_of(case, settings) for case in settings.cases}
    for case, training in trainings.items():
        job, n = _Theirs(training, case.endswith(SAME_WEIGHTS)), settings.processes
        ours, theirs = in_turn(
            case,
            settings.repeats,
            "env-steps/s",
            partial(apart, _our_rate, _Ours(training, settings.rollouts), n, threads=1),
            AGAINST,
            partial(apart, _sb3_rate, job, n, threads=n) if settings.sb3 and _compared(case) else None,
        )
        against, ratio = (AGAINST, median(ours) / median(theirs)) if theirs else (None, None)
        yield Figure(case, ours, "env-steps/s", settings.processes, against, ratio)


def training_of(case: str, settings: BenchSettings) -> TrainSettings:
    """What is trained in `case`.

    Raises:
        ValueError: a case of no known form, or envs that can't be shared by the processes and minibatches.
    """
    training, found = replace(TrainSettings(), processes=settings.processes), CASE.fullmatch(case)
    if found is None and case != RECIPE:
        raise ValueError(
            "--cases must be LAYERSxHIDDEN, with -same-weights or -float32 behind it or nothing, "
            f"or {RECIPE}, got {case!r}"
        )
    if found is not None:
        training = replace(
            training,
            layers=int(found[1]),
            hidden=int(found[2]),
            precision="float32" if found[3] == "-float32" else None,
            senses="paper",  # the only ones that a network without a memory of its last position can have
            n_envs=settings.n_envs,
            rollout=settings.rollout,
            losses=Losses(epochs=EPOCHS, minibatches=MINIBATCHES),
            layouts=settings.layouts,
        )
    check(training)
    return replace(training, precision=training.precision or default_precision())


def _compared(case: str) -> bool:
    return case != RECIPE and not case.endswith("-float32")


def _check(settings: BenchSettings) -> None:
    check_sides(settings.repeats, settings.processes, "sb3_contrib" if settings.sb3 else None)
    if settings.rollouts < 1:
        raise ValueError(f"--rollouts must be at least 1, got {settings.rollouts}")


@dataclass(frozen=True)
class _Ours:
    """What our learners are told; the first, which is the process that asks, leaves its wall time in `seconds`."""

    training: TrainSettings
    rollouts: int
    seconds: list[float] = field(default_factory=list)


def _our_rate(job: _Ours) -> float:
    """Env-steps a second of all learners together."""
    run_learners(_learn_timed, job, job.training.processes or 1)
    return job.rollouts * job.training.rollout * job.training.n_envs / job.seconds[0]


def _learn_timed(learner: Learner, job: _Ours) -> None:
    """One learner: what the loop of `agents.training.train` does, timed from when all begin to when all are done."""
    training = job.training
    agent, optimizer, generator, env, position, rollout = begin(learner, training)
    began = 0.0
    for k in range(1 + job.rollouts):
        if k == 1:
            began = _time_of_all()
        collect(env, agent, position, rollout, training.losses.gamma, generator)
        learn(agent, optimizer, rollout, training.losses, generator)
    job.seconds.append(_time_of_all() - began)


def _time_of_all() -> float:
    """The clock's seconds once every learner has come here."""
    total(torch.zeros(1))
    return time.perf_counter()


class _Theirs(NamedTuple):
    """What SB3 is told."""

    training: TrainSettings
    same_weights: bool


def _sb3_rate(job: _Theirs) -> float:
    """Env-steps a second of SB3; with denormals flushed, or its LSTM would crawl, and a thread for every core."""
    torch.set_flush_denormal(True)
    torch.set_num_threads(job.training.processes or 1)
    from agents.sb3_bench import sb3_rate  # here, so that all else works where SB3 is not installed

    return sb3_rate(job.training, training_env(job.training, job.training.n_envs), job.same_weights)
