"""Evolution: hyperparameters drawn and perturbed, and when one member takes another's place.

Population Based Training (Jaderberg et al. 2017) with the numbers of Jaderberg et al. 2019, supplement.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from agents.population.matchmaking import pick
from agents.population.members import Hyperparameters, Member
from agents.population.ratings import win_probability
from sims.ctf.state import N_EVENTS

RANGES: dict[str, tuple[float, float]] = {
    "lr": (1e-5, 5e-3),
    "entropy": (5e-4, 1e-2),
    "reward_prediction": (0.1, 1.0),
    "pixel_control": (0.01, 0.1),
    "kl_prior": (1e-4, 0.1),
    "kl_posterior": (1e-3, 1.0),
    "gradient_scale": (0.1, 1.0),
    "tau": (5, 20),
    "rewards": (0.1, 10.0),
}
"""From where to where founders draw each hyperparameter, log-uniformly, both ends included; evolution stays within."""


class EvolutionRules(NamedTuple):
    """When a member is replaced, and how its successor differs from the parent.

    The numbers of games are the suite's own: with K = 16 a rating forgets in 40 games, and after 100 a lead of 147
    points is 2.6 standard deviations of a difference between equals.
    """

    burn_in: int = 200
    """Games that a founder plays before it can be replaced or become a parent."""
    least_games: int = 100
    """The same for everybody born later; and how many games lie between two comparisons of a member."""
    threshold: float = 0.7
    """Probability of winning against a member, 147 points of Elo, that a parent must have at least."""
    chance: float = 0.05
    """That a hyperparameter changes when it is handed down."""
    change: float = 0.2
    """By which part of its value it then grows or shrinks."""


RULES = EvolutionRules()
"""As populations evolve by default."""


class Replacement(NamedTuple):
    """A member makes way for a copy of another.

    Attributes:
        slot: whose. parent: the slot of whom it's a copy. win_probability: the parent's against the member.
    """

    slot: int
    parent: int
    win_probability: float


def draw_hyperparameters(rng: np.random.Generator) -> Hyperparameters:
    """A founder's, each log-uniform over its range."""
    drawn = {name: _log_uniform(*limits, rng) for name, limits in RANGES.items() if name not in ("tau", "rewards")}
    low, high = RANGES["tau"]  # the last whole number is as wide as the others
    tau = min(int(_log_uniform(low, high + 1, rng)), int(high))
    rewards = tuple(_log_uniform(*RANGES["rewards"], rng) for _ in range(N_EVENTS))
    return Hyperparameters(**drawn, tau=tau, rewards=rewards)


def _log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    return min(max(math.exp(math.log(low) + rng.random() * math.log(high / low)), low), high)


def perturbed(parent: Hyperparameters, rng: np.random.Generator, chance: float, change: float) -> Hyperparameters:
    """`parent`'s, each of which, and each reward, with probability `chance` grows or shrinks by the part `change`.

    Growing and shrinking are equally likely (Jaderberg et al. 2017, section 4). What changes stays in its range; a
    value that was set to lie outside of it stays there until it changes. What is 0, and so switched off, stays 0.
    """

    def maybe(value: float, name: str) -> float:
        happens, grows = rng.random() < chance, rng.random() < 0.5  # both drawn always: each value has draws of its own
        if not happens or value == 0:
            return value
        low, high = RANGES[name]
        return min(max(value * (1.0 + change if grows else 1.0 - change), low), high)

    changes = {name: maybe(getattr(parent, name), name) for name in RANGES if name != "rewards"}
    rewards = tuple(maybe(value, "rewards") for value in parent.rewards)
    return replace(parent, **changes | {"tau": round(changes["tau"]), "rewards": rewards})


def seasoned(member: Member, rules: EvolutionRules) -> bool:
    """Whether a member has played enough for its rating to be relied on."""
    return member.games >= (rules.burn_in if member.parent is None else rules.least_games)


def due(member: Member, rules: EvolutionRules) -> bool:
    """Whether it is time to compare a member with another."""
    return seasoned(member, rules) and (member.tried == 0 or member.games - member.tried >= rules.least_games)


def compare(
    members: Sequence[Member], slot: int, rules: EvolutionRules, rng: np.random.Generator
) -> Replacement | None:
    """Compare the member in `slot` with one of the other seasoned ones, drawn evenly; None if it may stay.

    Args:
        members: all, in the order of their slots.
    """
    others = [member for member in members if member.slot != slot and seasoned(member, rules)]
    if not others:
        return None
    other = others[pick(np.ones(len(others)), rng)]
    p = win_probability(other.rating - members[slot].rating)
    return Replacement(slot, other.slot, p) if p >= rules.threshold else None
