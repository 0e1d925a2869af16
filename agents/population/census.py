"""Who lives and how strong they are, as a value; and what a match makes of it. The chief keeps it, this computes it.

It depends on the founding and on the reports, in order, and on nothing else: a log of matches, played again, gives the
same population and the same births.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from agents.population.evolution import (
    RULES,
    EvolutionRules,
    Replacement,
    compare,
    draw_hyperparameters,
    due,
    perturbed,
)
from agents.population.lineage import Birth
from agents.population.members import Hyperparameters, Individual, Member
from agents.population.ratings import START, K, elo_update, outcome
from sims.core.checks import check_whole
from sims.core.hints import did_you_mean

MATCHMAKING, EVOLUTION, FOUNDERS = 0, 1, 2
"""What random numbers are for: each purpose has a stream of its own, and in it each match."""

Player = Individual | str
"""Who plays in a seat: somebody of the population or, by name, somebody outside of it who doesn't learn."""


class Report(NamedTuple):
    """How a match ended.

    Attributes:
        number: the match's. players: who sat in which seat, red first, as `sims.ctf` numbers players.
        score: red's and blue's captures. map: its name. steps: played.
    """

    number: int
    players: tuple[Player, ...]
    score: tuple[int, int]
    map: str = ""
    steps: int = 0


@dataclass(frozen=True)
class Founding:
    """How a population begins, and by what rules it goes on.

    Raises:
        ValueError: what can't be, with what would do.
    """

    seed: int = 0
    """Of all draws."""
    team_size: int = 2
    """Players of a team."""
    opponents: tuple[str, ...] = ()
    """Who plays against the population, by name, instead of itself: all of a team the same. They are rated, too."""
    first_ratings: tuple[float, ...] = ()
    """Of `opponents`, one each, where it is known that some are stronger; START by default."""
    k: float = K
    """Step size of Elo, in points."""
    rules: EvolutionRules = RULES
    """Of evolution."""

    def __post_init__(self) -> None:
        check_whole(team_size=self.team_size)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be an integer of at least 0, got {self.seed!r}: pass e.g. seed=0")
        if len(set(self.opponents)) < len(self.opponents):
            raise ValueError(f"opponents must differ from one another, got {', '.join(self.opponents)}")
        if self.first_ratings and len(self.first_ratings) != len(self.opponents):
            raise ValueError(
                f"first_ratings must be one for each opponent, got {len(self.first_ratings)} for {len(self.opponents)}"
            )
        if not all(map(math.isfinite, self.first_ratings)):
            raise ValueError(f"first_ratings must be finite, got {self.first_ratings}")
        if not (np.isfinite(self.k) and self.k > 0):
            raise ValueError(f"k must be a positive number of points, got {self.k}: {K:g} is usual")
        rules = self.rules
        if not 0.5 < rules.threshold < 1.0:
            raise ValueError(f"threshold must lie between 0.5 and 1, got {rules.threshold}: the paper's is 0.7")
        if not 0.0 <= rules.chance <= 1.0 or not 0.0 <= rules.change < 1.0:
            raise ValueError(
                "chance must lie in [0, 1] and change in [0, 1), "
                f"got {rules.chance} and {rules.change}: the paper's are 0.05 and 0.2"
            )
        if min(rules.burn_in, rules.least_games) < 0:
            raise ValueError(f"burn_in and least_games must be at least 0, got {rules.burn_in}, {rules.least_games}")


def founding_to_json(founding: Founding) -> dict[str, Any]:
    """As what JSON knows."""
    lists = {name: list(getattr(founding, name)) for name in ("opponents", "first_ratings")}
    return {**asdict(founding), **lists, "rules": founding.rules._asdict()}


def founding_from_json(values: dict[str, Any]) -> Founding:
    """What `founding_to_json` wrote."""
    tuples = {name: tuple(values[name]) for name in ("opponents", "first_ratings")}
    return Founding(**{**values, **tuples, "rules": EvolutionRules(**values["rules"])})


class Outsider(NamedTuple):
    """Somebody who plays against the population and doesn't learn, as a bot."""

    rating: float = START
    games: int = 0


class Population(NamedTuple):
    """Where a population stands.

    Attributes:
        members: who lives, by slot. outsiders: by name. matches: reported so far. births: so far, the founders' too.
    """

    members: tuple[Member, ...]
    outsiders: dict[str, Outsider]
    matches: int
    births: int


def stream(seed: int, purpose: int, *counters: int) -> np.random.Generator:
    """The random numbers for one purpose and one occasion: nothing has to be kept for the next."""
    return np.random.default_rng((seed, purpose, *counters))


def founders(n: int, seed: int) -> list[Hyperparameters]:
    """Hyperparameters of `n` founders, each drawn over RANGES; the first k are the same for every n."""
    return [draw_hyperparameters(stream(seed, FOUNDERS, k)) for k in range(n)]


def begun(founding: Founding, hyperparameters: Sequence[Hyperparameters]) -> tuple[Population, tuple[Birth, ...]]:
    """A population of as many founders as there are `hyperparameters`.

    Raises:
        ValueError: none.
    """
    if not hyperparameters:
        raise ValueError("a population needs at least one member: give the hyperparameters of one")
    members = tuple(Member(k, k, None, own) for k, own in enumerate(hyperparameters))
    births = tuple(Birth(k, k, 0, None, None, None, START, own) for k, own in enumerate(hyperparameters))
    ratings = founding.first_ratings or (START,) * len(founding.opponents)
    outsiders = {name: Outsider(rating) for name, rating in zip(founding.opponents, ratings, strict=True)}
    return Population(members, outsiders, 0, len(members)), births


def checked_report(founding: Founding, outsiders: Collection[str], births: Sequence[Birth], report: Report) -> Report:
    """A report in plain Python types.

    Args:
        outsiders: names of those who may play. births: of the run so far, in order.

    Raises:
        ValueError: it can't be; the message says what is wrong with it.
    """
    what, seats = f"the report of match {report.number!r}", 2 * founding.team_size
    for name in ("number", "steps"):
        if not _is_count(getattr(report, name)):
            raise ValueError(f"{what} has {name} {getattr(report, name)!r}: expected a whole number of at least 0")
    if len(report.score) != 2 or not all(map(_is_count, report.score)):
        raise ValueError(f"{what} has the score {report.score!r}: expected red's and blue's captures, as (2, 1)")
    if len(report.players) != seats:
        raise ValueError(f"{what} names {len(report.players)} players: two teams of {founding.team_size} have {seats}")
    players = tuple(_checked_player(outsiders, births, player, what) for player in report.players)
    red, blue = map(int, report.score)
    return Report(int(report.number), players, (red, blue), str(report.map), int(report.steps))


def _is_count(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and 0 <= int(value) < 2**63


def _checked_player(outsiders: Collection[str], births: Sequence[Birth], player: Player, what: str) -> Player:
    if isinstance(player, str):
        if player in outsiders:
            return player
        known = ", ".join(outsiders) or "none"
        raise ValueError(f"{what} names the outsider {player!r}: {did_you_mean(player, outsiders)}there are {known}")
    slot, birth = player
    if not 0 <= birth < len(births):
        raise ValueError(f"{what} names member {birth}: there are members 0 to {len(births) - 1}")
    if births[birth].slot != slot:
        raise ValueError(f"{what} names member {birth} in slot {slot}: its slot is {births[birth].slot}")
    return Individual(int(slot), int(birth))


def after_match(founding: Founding, population: Population, report: Report) -> tuple[Population, tuple[Birth, ...]]:
    """What a match makes of a population: ratings move, and whoever took part and is due is compared with another.

    A match in which somebody played who has since been replaced counts, and changes nothing: who played on in that
    seat is not whom the rating is of.
    """
    population = population._replace(matches=population.matches + 1)
    present = {p.slot for p in report.players if not isinstance(p, str)}
    if any(not isinstance(p, str) and population.members[p.slot].birth != p.birth for p in report.players):
        return population, ()
    population = _rated(founding, population, report)
    births: list[Birth] = []
    for slot in sorted(present):
        if due(population.members[slot], founding.rules):
            population, born = _compared(founding, population, slot)
            births += born
    return population, tuple(births)


def _rated(founding: Founding, population: Population, report: Report) -> Population:
    half = founding.team_size
    ratings: dict[Player, float] = {m.individual: m.rating for m in population.members}
    ratings |= {name: outsider.rating for name, outsider in population.outsiders.items()}
    red, blue = report.players[:half], report.players[half:]
    after = elo_update(ratings, red, blue, outcome(*report.score), founding.k)
    members = tuple(
        replace(m, rating=after[m.individual], games=m.games + 1) if m.individual in after else m
        for m in population.members
    )
    outsiders = {
        name: Outsider(after[name], outsider.games + 1) if name in after else outsider
        for name, outsider in population.outsiders.items()
    }
    return population._replace(members=members, outsiders=outsiders)


def _compared(founding: Founding, population: Population, slot: int) -> tuple[Population, list[Birth]]:
    rng = stream(founding.seed, EVOLUTION, population.matches, slot)
    found = compare(population.members, slot, founding.rules, rng)
    if found is None:
        member = population.members[slot]
        return _with(population, replace(member, tried=member.games)), []
    birth = _birth(founding, population, found, rng)
    child = Member(slot, birth.birth, birth.parent, birth.hyperparameters, birth.rating)
    return _with(population, child)._replace(births=population.births + 1), [birth]


def _birth(founding: Founding, population: Population, found: Replacement, rng: np.random.Generator) -> Birth:
    parent = population.members[found.parent]
    return Birth(
        birth=population.births,
        slot=found.slot,
        match=population.matches,
        parent=parent.birth,
        replaced=population.members[found.slot].birth,
        win_probability=found.win_probability,
        rating=parent.rating,
        hyperparameters=perturbed(parent.hyperparameters, rng, founding.rules.chance, founding.rules.change),
    )


def _with(population: Population, member: Member) -> Population:
    members = (*population.members[: member.slot], member, *population.members[member.slot + 1 :])
    return population._replace(members=members)
