"""A population's past, from the chief's log: who lived when, of which founder, and how strong after each match."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population.census import after_match, begun
from agents.population.chief import Chief
from agents.population.lineage import Birth
from agents.population.members import Hyperparameters

CHIEF = "chief.sqlite"

EVALUATED = re.compile(r"member/(\d+)/against/([^/]+)/won")

MOST_POINTS = 600
"""Of a rating's curve: more could not be seen."""


class Life(NamedTuple):
    """Somebody's time in a slot.

    Attributes:
        birth, slot, parent: as `agents.population.lineage.Birth`. founder: the slot of the founder it descends from.
        begin, end: matches reported when it was born, and when it made way or the run stands.
    """

    birth: int
    slot: int
    parent: int | None
    founder: int
    begin: int
    end: int


class Evaluation(NamedTuple):
    """Matches against a bot: million steps of training before them, points won (draws half), and matches."""

    steps: float
    points: float
    n: int


class Curve(NamedTuple):
    """How members fared against one bot: by slot, and all together in each round of evaluations."""

    members: dict[int, list[Evaluation]]
    rounds: list[Evaluation]


class History(NamedTuple):
    """A population from its founding to where it stands.

    Attributes:
        lives: by birth. matches: reported so far. at: `[point]` matches after which ratings are given.
        rating: `[point, slot]` Elo, and `outsiders` by name `[point]`.
        founders, living: hyperparameters by slot, then and now. games: `[slot]` of who lives now.
    """

    lives: tuple[Life, ...]
    matches: int
    at: NDArray[np.int64]
    rating: NDArray[np.float64]
    outsiders: dict[str, NDArray[np.float64]]
    founders: tuple[Hyperparameters, ...]
    living: tuple[Hyperparameters, ...]
    games: NDArray[np.int64]


def history_of(run: Path) -> History:
    """Play the log of a run's chief again.

    Raises:
        FileNotFoundError: there is no population in `run`. ValueError: it is damaged, or a process works with it.
    """
    with Chief(Path(run) / CHIEF) as chief:
        births, reports, founding, members = chief.births, chief.reports(), chief.founding, chief.members
    founders = [birth.hyperparameters for birth in births if birth.parent is None]
    population, _ = begun(founding, founders)
    kept = np.unique(np.linspace(0, len(reports), min(len(reports), MOST_POINTS) + 1).astype(np.int64))
    wanted = set(kept.tolist())
    ratings, others = [], []
    for k in range(len(reports) + 1):
        if k:
            population, _ = after_match(founding, population, reports[k - 1])
        if k in wanted:
            ratings.append([member.rating for member in population.members])
            others.append([outsider.rating for outsider in population.outsiders.values()])
    by_name = np.array(others).reshape(len(kept), -1).T
    return History(
        lives_of(births, len(reports)),
        len(reports),
        kept,
        np.array(ratings),
        dict(zip(population.outsiders, by_name, strict=True)),
        tuple(founders),
        tuple(member.hyperparameters for member in members),
        np.array([member.games for member in members]),
    )


def curves_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Curve]:
    """By the bot, the evaluations among a run's metrics, which are `member/00/against/BOT/won`, `drawn` and `lost`."""
    found: dict[str, list[tuple[float, int, int, int]]] = {}
    for row in rows:
        for slot, bot in (match.groups() for match in map(EVALUATED.fullmatch, row) if match is not None):
            won, drawn, lost = (int(row[f"member/{slot}/against/{bot}/{name}"]) for name in ("won", "drawn", "lost"))
            found.setdefault(bot, []).append((row["steps"] / 1e6, int(slot), 2 * won + drawn, won + drawn + lost))
    return {bot: _curve(sorted(each)) for bot, each in found.items()}


def _curve(found: list[tuple[float, int, int, int]]) -> Curve:
    members: dict[int, list[Evaluation]] = {}
    rounds: list[dict[int, Evaluation]] = [{}]
    for steps, slot, halves, n in found:
        own = Evaluation(steps, halves / 2.0, n)
        members.setdefault(slot, []).append(own)
        if slot in rounds[-1]:  # its turn again: another round
            rounds.append({})
        rounds[-1][slot] = own
    return Curve(members, [_together(list(each.values())) for each in rounds])


def _together(each: Sequence[Evaluation]) -> Evaluation:
    return Evaluation(max(e.steps for e in each), sum(e.points for e in each), sum(e.n for e in each))


def lives_of(births: Sequence[Birth], matches: int) -> tuple[Life, ...]:
    """From births, in order, to lives, in a run of so many matches."""
    ends = {birth.replaced: birth.match for birth in births if birth.replaced is not None}
    founder: list[int] = []
    for birth in births:
        founder.append(birth.slot if birth.parent is None else founder[birth.parent])
    return tuple(
        Life(b.birth, b.slot, b.parent, of, b.match, ends.get(b.birth, matches))
        for b, of in zip(births, founder, strict=True)
    )
