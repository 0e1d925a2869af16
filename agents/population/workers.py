"""What an arena process and a learner process do from their beginning until they are ended.

Nothing that matters is theirs alone: the chief has the results, the shared memory the weights.
"""

import signal
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal, NamedTuple

from agents.ftw.matches import Tally, against_bots
from agents.population.arena import Arena
from agents.population.learner import (
    Clock,
    Student,
    founder,
    inherit,
    learn,
    lesson,
    load_arrays,
    put,
    rates,
    set_timescales,
    student_of,
)
from agents.population.local import LocalExchange
from agents.population.plan import TrainCtfSettings, bot_of, make_agent, slots_of
from agents.population.sharing import Region
from agents.population.states import restored, state_of
from agents.ppo import NotFiniteError
from agents.processes import prepared_cpu
from sims.core.processes import die_with
from sims.ctf.state import RULES

IDLE = 0.004
"""Seconds that a learner waits when none of its members has anything to learn from."""

Kind = Literal["arena", "learner"]


class Duty(NamedTuple):
    """Matches that an arena is to play for an evaluation: a member's team against a bot's, on maps held out."""

    slot: int
    bot: str
    matches: int
    seed: int


class Beginning(NamedTuple):
    """What a process is told when it begins. `kept`: the checkpoint that the run goes on from."""

    kind: Kind
    number: int
    settings: TrainCtfSettings
    kept: Path | None


def arena(exchange: LocalExchange, beginning: Beginning) -> None:
    """Play for ever; evaluations in between, as they are asked for."""
    settings, clock = beginning.settings, Clock(0.5)

    def beat() -> None:
        if clock.due():
            exchange.tell("beat")

    played = Arena(exchange, settings, beginning.number, beat)
    while True:
        duty = exchange.ask("played", played.play())
        if duty is not None:
            exchange.tell("busy")  # the first time, maps are made
            exchange.ask("evaluated", duty, evaluate(exchange, settings, duty, beat))


def evaluate(exchange: LocalExchange, settings: TrainCtfSettings, duty: Duty, beat: Callable[[], None]) -> Tally:
    """How a team of a member's copies fares, half of the matches as red."""
    agent, weights = make_agent(settings).requires_grad_(False), exchange.get_weights(duty.slot)
    assert weights is not None
    load_arrays(agent, weights)
    set_timescales(agent, exchange.members()[duty.slot].hyperparameters)
    (found,) = against_bots(
        agent,
        [bot_of(duty.bot)],
        duty.matches,
        team_size=settings.team_size,
        seed=duty.seed,
        maps=list(settings.evaluate_maps),
        rules=RULES._replace(match_steps=settings.match_steps),
        beat=beat,
    ).values()
    return found


def learner(exchange: LocalExchange, beginning: Beginning) -> None:
    """Teach its members for ever."""
    settings, clock = beginning.settings, Clock(0.5)
    students = [_student(exchange, beginning, slot) for slot in slots_of(beginning.number, settings)]
    while True:
        lessons = [_taught(exchange, settings, students, k) for k in range(len(students))]
        if not any(lessons):
            time.sleep(IDLE)
        if clock.due():
            for k in exchange.ask("wanted", beginning.number):
                student = next(student for student in students if student.member.slot == k)
                exchange.put_arrays("keep", k, student.member.birth, student.version, state_of(student))


def _student(exchange: LocalExchange, beginning: Beginning, slot: int) -> Student:
    """A member as its learner begins with it: as others have it, as a checkpoint has it, or a founder."""
    settings, member = beginning.settings, exchange.members()[slot]
    if exchange.ask("has_weights", slot):
        weights = exchange.get_weights(slot)
        assert weights is not None
        student = student_of(settings, member, make_agent(settings))
        load_arrays(student.agent, weights)
        student.version = weights.version
        return student
    if beginning.kept is None:
        student = founder(settings, member)
    else:
        student = restored(beginning.kept, exchange.ask("kept_birth", slot), settings, member)
    put(exchange, student)
    return student


def _taught(exchange: LocalExchange, settings: TrainCtfSettings, students: list[Student], k: int) -> bool:
    """Whether there was anything for student `k` to learn from."""
    student = students[k]
    child = exchange.evolve(student.member.slot, student.member.birth)
    if child is not None:
        student = students[k] = inherit(exchange, settings, student, child)
    taken = exchange.take_trajectories(student.member.slot, settings.seats)
    if not taken:
        return False
    lag = student.version - sum(put.version for put in taken) / len(taken)
    means = learn(student, lesson(taken, student.member.hyperparameters), settings)
    put(exchange, student)
    steps = sum(put.ended.size for put in taken)
    exchange.tell("learnt", student.member.slot, steps, {**means, **rates(taken), "lag": lag})
    return True


WORK: dict[Kind, Callable[[LocalExchange, Beginning], None]] = {"arena": arena, "learner": learner}


def work(beginning: Beginning, connection: Connection, region: Region, parent: int) -> None:
    """A process's whole life."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # is meant for the parent, which ends its children
    exchange = LocalExchange(connection, region)
    try:
        with prepared_cpu():
            WORK[beginning.kind](exchange, beginning)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # nobody is there any more
    except BaseException as error:
        exchange.tell("failed", f"{type(error).__name__}: {error}", isinstance(error, NotFiniteError))
        traceback.print_exc()
        sys.exit(1)
