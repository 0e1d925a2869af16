"""A seal on the chief's file: one SHA-256 over what it says, so that whatever alters a byte of that is found out."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from agents.population.census import Population, Report
from agents.population.lineage import Birth
from agents.population.members import to_json


def begun_log(founding: dict[str, Any], births: Iterable[Birth]) -> "hashlib._Hash":
    """The running hash of a log that nothing has been added to: the founding and the founders."""
    log = hashlib.sha256(_line(founding))
    _add_births(log, births)
    return log


def continued(log: "hashlib._Hash", report: Report, births: Iterable[Birth]) -> "hashlib._Hash":
    """The running hash after a report and who was born of it; `log` stays what it was."""
    log = log.copy()
    log.update(_line(report))
    _add_births(log, births)
    return log


def log_of(founding: dict[str, Any], births: Sequence[Birth], reports: Sequence[Report]) -> "hashlib._Hash":
    """The running hash of a whole log, from its beginning."""
    by_match: dict[int, list[Birth]] = {}
    for birth in births:
        by_match.setdefault(birth.match, []).append(birth)
    log = begun_log(founding, by_match.get(0, ()))
    for k, report in enumerate(reports):
        log = continued(log, report, by_match.get(k + 1, ()))
    return log


def seal(log: "hashlib._Hash", population: Population) -> str:
    """Of a log and of where it has led, in hexadecimal."""
    members = [[m.slot, m.birth, m.rating, m.games, m.tried] for m in population.members]
    total = log.copy()
    total.update(_line([members, population.outsiders]))
    return total.hexdigest()


def _add_births(log: "hashlib._Hash", births: Iterable[Birth]) -> None:
    for birth in births:
        log.update(_line([*birth[:-1], to_json(birth.hyperparameters)]))


def _line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
