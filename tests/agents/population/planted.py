"""Populations for the tests: hyperparameters that are easy to tell, and matches that planted strengths decide."""

import numpy as np

from agents.population.census import Founding, Individual, Report
from agents.population.evolution import EvolutionRules
from agents.population.members import Hyperparameters
from agents.population.ratings import win_probability

QUICK = EvolutionRules(burn_in=8, least_games=6)
"""Under which something happens within a few dozen matches."""

MIDDLE = Hyperparameters(
    lr=1e-4,
    entropy=2e-3,
    reward_prediction=0.3,
    pixel_control=0.03,
    kl_prior=1e-3,
    kl_posterior=1e-2,
    gradient_scale=0.3,
    tau=10,
    rewards=(1.0,) * 13,
)


def quick(seed=0, **changes):
    return Founding(seed=seed, rules=QUICK, **changes)


def played(match, rng, points=120.0):
    """The report of a match in which the member in slot k is `points` x k strong; an outsider is 300 strong."""
    half = len(match.players) // 2
    strong = [points * p.slot if isinstance(p, Individual) else 300.0 for p in match.players]
    red = rng.random() < win_probability(sum(strong[:half]) - sum(strong[half:]))
    score = (int(red) + int(rng.integers(3)) // 2, int(not red))
    return Report(match.number, match.players, score, f"indoor:{match.number % 5}", 30)


def play(chief, n, seed=0):
    """`n` matches of a chief; whoever is born."""
    rng = np.random.default_rng(seed)
    return [birth for _ in range(n) for birth in chief.report(played(chief.next_match(), rng))]
