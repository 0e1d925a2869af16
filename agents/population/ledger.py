"""What the chief's file says: the matches reported, the births, who lives, and a seal on all of it."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from agents.population.census import (
    Founding,
    Individual,
    Outsider,
    Player,
    Population,
    Report,
    founding_from_json,
    founding_to_json,
)
from agents.population.database import APPLICATION, SCHEMA, damaged, explained, writing
from agents.population.lineage import Birth
from agents.population.members import Member, from_json, to_json
from agents.population.seal import begun_log, log_of, seal
from sims.core.files import appearing

TABLES = """
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE matches (
    position INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, players TEXT NOT NULL,
    red INTEGER NOT NULL, blue INTEGER NOT NULL, map TEXT NOT NULL, steps INTEGER NOT NULL
);
CREATE TABLE births (
    birth INTEGER PRIMARY KEY, slot INTEGER NOT NULL, match INTEGER NOT NULL, parent INTEGER, replaced INTEGER,
    win_probability REAL, rating REAL NOT NULL, hyperparameters TEXT NOT NULL
);
CREATE TABLE members (
    slot INTEGER PRIMARY KEY, birth INTEGER NOT NULL, rating REAL NOT NULL, games INTEGER NOT NULL,
    tried INTEGER NOT NULL
);
CREATE TABLE outsiders (name TEXT PRIMARY KEY, rating REAL NOT NULL, games INTEGER NOT NULL);
"""


def create(path: Path, founding: Founding, population: Population, births: Sequence[Birth]) -> None:
    """Write a new file, whole or not at all.

    Raises:
        FileExistsError: there is one. FileNotFoundError: its folder does not exist. OSError: the disk is full.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already: open it to go on with it, or choose another name")
    with appearing(path) as temporary, explained(path):
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=MEMORY")  # there is nothing yet that could be lost
            connection.executescript(TABLES)
            with writing(connection, path):
                _put(connection, "founding", founding_to_json(founding))
                _put(connection, "next_match", 0)
                write_population(connection, population, births)
                write_seal(connection, seal(begun_log(founding_to_json(founding), births), population))
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={SCHEMA}")
        finally:
            connection.close()


def write_population(
    connection: sqlite3.Connection, after: Population, births: Sequence[Birth], before: Population | None = None
) -> None:
    """Write the births, and of the population what differs from `before`."""
    for birth in births:
        row = (*birth[:-1], json.dumps(to_json(birth.hyperparameters)))
        connection.execute("INSERT INTO births VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    for m in after.members:
        if before is None or before.members[m.slot] != m:
            row = (m.slot, m.birth, m.rating, m.games, m.tried)
            connection.execute("INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?)", row)
    for name, outsider in after.outsiders.items():
        if before is None or before.outsiders[name] != outsider:
            connection.execute("INSERT OR REPLACE INTO outsiders VALUES (?, ?, ?)", (name, *outsider))


def write_report(connection: sqlite3.Connection, position: int, report: Report) -> None:
    """Append a report; `position` is how many there were before it."""
    players = json.dumps([p if isinstance(p, str) else list(p) for p in report.players])
    row = (position, report.number, players, *report.score, report.map, report.steps)
    connection.execute("INSERT INTO matches VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def write_next_match(connection: sqlite3.Connection, number: int) -> None:
    """Keep the number of the next match to be played; the seal is not on it, since it changes between reports."""
    _put(connection, "next_match", number)


def write_seal(connection: sqlite3.Connection, value: str) -> None:
    """Keep the seal, at the end of a transaction that changes what it is on."""
    _put(connection, "seal", value)


class Kept(NamedTuple):
    """What a file says.

    Attributes:
        founding: how the population began. population: where it stands. births: all, in order.
        next_match: the number of the next match to be played. log: the running hash that the next seal goes on from.
    """

    founding: Founding
    population: Population
    births: tuple[Birth, ...]
    next_match: int
    log: "hashlib._Hash"


def read(connection: sqlite3.Connection, path: Path) -> Kept:
    """All that a file says, checked against its seal.

    Raises:
        ValueError: it isn't what was written.
    """
    with explained(path):
        try:
            founding, births = founding_from_json(_get(connection, "founding")), _births(connection)
            population, reports = _population(connection, founding, births), read_reports(connection)
            kept = Kept(
                founding,
                population,
                births,
                max([int(_get(connection, "next_match")), *(report.number + 1 for report in reports)]),
                log_of(founding_to_json(founding), births, reports),
            )
            if seal(kept.log, population) != _get(connection, "seal"):
                raise ValueError("its seal is broken: something in it has been altered")
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise damaged(path, error) from error
    return kept


def read_reports(connection: sqlite3.Connection, number: int | None = None) -> list[Report]:
    """All reports in the order in which they came, or that of match `number`, if any."""
    which, values = ("ORDER BY position", ()) if number is None else ("WHERE number = ?", (number,))
    rows = connection.execute(f"SELECT number, players, red, blue, map, steps FROM matches {which}", values)
    return [
        Report(n, tuple(_player(p) for p in json.loads(players)), (red, blue), map, steps)
        for n, players, red, blue, map, steps in rows
    ]


def _births(connection: sqlite3.Connection) -> tuple[Birth, ...]:
    rows = connection.execute("SELECT * FROM births ORDER BY birth").fetchall()
    return tuple(Birth._make((*numbers, from_json(json.loads(text)))) for *numbers, text in rows)


def _population(connection: sqlite3.Connection, founding: Founding, births: Sequence[Birth]) -> Population:
    rows = connection.execute("SELECT slot, birth, rating, games, tried FROM members ORDER BY slot").fetchall()
    members = tuple(Member(slot, k, births[k].parent, births[k].hyperparameters, *rest) for slot, k, *rest in rows)
    kept = {name: Outsider(*rest) for name, *rest in connection.execute("SELECT name, rating, games FROM outsiders")}
    outsiders = {name: kept[name] for name in founding.opponents}
    matches = connection.execute("SELECT count(*) FROM matches").fetchone()[0]
    return Population(members, outsiders, matches, len(births))


def _player(value: Any) -> Player:
    return value if isinstance(value, str) else Individual(*value)


def _get(connection: sqlite3.Connection, key: str) -> Any:
    return json.loads(connection.execute("SELECT value FROM run WHERE key = ?", (key,)).fetchone()[0])


def _put(connection: sqlite3.Connection, key: str, value: Any) -> None:
    connection.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (key, json.dumps(value)))
