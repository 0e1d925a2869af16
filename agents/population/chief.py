"""The chief of a population: says who plays whom, takes the results, and keeps ratings and lineage in one file."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filelock import FileLock

from agents.population import database, ledger
from agents.population.census import (
    MATCHMAKING,
    Founding,
    Player,
    Population,
    Report,
    after_match,
    begun,
    checked_report,
    founding_to_json,
    stream,
)
from agents.population.lineage import Birth, canonical
from agents.population.matchmaking import draw_opponent, draw_seats, pick
from agents.population.members import Hyperparameters, Member
from agents.population.seal import continued, seal
from sims.core.locks import locked

LOCK_PATIENCE = 10.0
"""Seconds that opening waits for the lock: a chief that was just killed may still be going down."""


class Match(NamedTuple):
    """A match to be played.

    Attributes:
        number: to be named in its report; no other has it. seed: for the env's reset, 63 bits.
        players: who sits in which seat, red first.
    """

    number: int
    seed: int
    players: tuple[Player, ...]


def found(path: Path, founding: Founding, hyperparameters: Sequence[Hyperparameters]) -> None:
    """Begin a population of as many members as there are `hyperparameters`, in the new file `path`.

    Raises:
        ValueError: no members. FileExistsError: there is such a file. FileNotFoundError: its folder does not exist.
        OSError: the disk is full.
    """
    path = Path(path)
    population, births = begun(founding, hyperparameters)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}: make it first, or begin the population elsewhere")
    with _locked(path, LOCK_PATIENCE):
        ledger.create(path, founding, population, births)


class Chief:
    """One process's hold on a population's file; close it, or use it in `with`.

    A report counts once the call has returned, and then survives whatever happens to the process. After an error the
    chief stands where it stood before the call. It belongs to the thread that made it.

    Args:
        path: what `found` wrote. patience: seconds to wait for another process to let go of it.

    Raises:
        FileNotFoundError: there is no such file. ValueError: another process works with it; or it is damaged, something
            else, or of a later version.
    """

    def __init__(self, path: Path, patience: float = LOCK_PATIENCE) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(f"there is no population in {self.path}: begin a new run")
        with ExitStack() as held:
            held.callback(_locked(self.path, patience).release)
            self._connection = database.connect(self.path)
            held.callback(self._connection.close)
            kept = ledger.read(self._connection, self.path)
            self.founding, self._population, self._births = kept.founding, kept.population, list(kept.births)
            self._next, self._log = kept.next_match, kept.log
            self._held = held.pop_all()

    @property
    def population(self) -> Population:
        """Where the population stands; a value, which later matches don't change."""
        return self._population

    @property
    def members(self) -> tuple[Member, ...]:
        """Who lives, by slot."""
        return self._population.members

    @property
    def births(self) -> tuple[Birth, ...]:
        """All births, number k at place k."""
        return tuple(self._births)

    def next_match(self) -> Match:
        """Who plays next: the population among itself or, where the founding names opponents, against one of those.

        Raises:
            OSError: the disk is full.
        """
        number = self._next
        with database.writing(self._connection, self.path):
            ledger.write_next_match(self._connection, number + 1)
        self._next = number + 1
        rng = stream(self.founding.seed, MATCHMAKING, number)
        seed = int(rng.bit_generator.random_raw()) >> 1
        return Match(number, seed, drawn_players(self.founding, self._population, rng))

    def report(self, report: Report) -> tuple[Birth, ...]:
        """Take the result of a match; returns who was born of it.

        A report that was taken before, word for word, is passed over: who did not hear the answer may say it again.

        Raises:
            ValueError: a report that can't be, or another one of a match that has been reported. OSError: the disk is
                full.
        """
        report = checked_report(self.founding, self._population.outsiders, self._births, report)
        before = self._reports(report.number)
        if before:
            if before[0] == report:
                return ()
            raise ValueError(
                f"match {report.number} was reported as {before[0]}, and now as {report}: give every match the number "
                "that next_match() gave it"
            )
        after, births = after_match(self.founding, self._population, report)
        log = continued(self._log, report, births)
        with database.writing(self._connection, self.path):
            ledger.write_report(self._connection, self._population.matches, report)
            ledger.write_next_match(self._connection, max(self._next, report.number + 1))
            ledger.write_population(self._connection, after, births, before=self._population)
            ledger.write_seal(self._connection, seal(log, after))
        self._population, self._log, self._next = after, log, max(self._next, report.number + 1)
        self._births += births
        return births

    def reports(self) -> list[Report]:
        """The log: every report, in the order in which they came."""
        return self._reports()

    def _reports(self, number: int | None = None) -> list[Report]:
        with database.explained(self.path):
            return ledger.read_reports(self._connection, number)

    def lineage(self) -> bytes:
        """Who descends from whom, as `agents.population.lineage.canonical` writes it."""
        return canonical(founding_to_json(self.founding), self._births)

    def copy_to(self, path: Path) -> None:
        """Write a copy of the file as it stands, whole or not at all, as for a checkpoint.

        Raises:
            FileNotFoundError: the folder of `path` does not exist. OSError: the disk is full.
        """
        database.copy(self._connection, Path(path))

    def close(self) -> None:
        """Let go of the file."""
        self._held.close()

    def __enter__(self) -> "Chief":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def drawn_players(founding: Founding, population: Population, rng: np.random.Generator) -> tuple[Player, ...]:
    """Who sits in which seat of a match, red first.

    Where there are outsiders, both teams are of one alone: a member, drawn evenly, and an outsider about as strong. A
    rating is then a member's own, and members can be told apart however few there are. Which team is red is drawn.
    """
    members, outsiders = population.members, population.outsiders
    ratings = [m.rating for m in members]
    if not outsiders:
        return tuple(members[k].individual for k in draw_seats(ratings, 2 * founding.team_size, rng))
    member, names = members[pick(np.ones(len(members)), rng)], tuple(outsiders)
    name = names[draw_opponent([outsiders[name].rating for name in names], member.rating, rng)]
    team, other = (member.individual,) * founding.team_size, (name,) * founding.team_size
    return team + other if rng.random() < 0.5 else other + team


def _locked(path: Path, patience: float) -> FileLock:
    return locked(path.with_name(f".{path.name}.lock"), f"the population in {path}", patience, "begin another run")
