"""Who plays with whom: co-players of similar strength, drawn (Jaderberg et al. 2019, supplement).

Every draw is made from uniform numbers alone, which a generator gives the same in every version of NumPy.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from agents.population.ratings import SCALE

SPREAD = 1.0 / 6.0
"""Standard deviation of the probability of winning around one half."""


HOPELESS = 0.05
"""Probability of winning below which an opponent from outside is passed over while there is another: from matches that
are lost whatever it does a beginner learns nothing, and their many events drown what it could learn from."""


def likeness(ratings: ArrayLike, rating: float) -> NDArray[np.float64]:
    """With what weight players of `ratings` `[player]` play with one of `rating`: N(P_win; 1/2, 1/6), at most 1.

    P_win is the probability that one beats the other alone; 1 at equal strength, 0.011 where one always wins.
    """
    return np.exp(-0.5 * ((chances(rating, ratings) - 0.5) / SPREAD) ** 2)


def chances(rating: float, ratings: ArrayLike) -> NDArray[np.float64]:
    """The probability that somebody of `rating` beats each of `ratings` `[player]` alone."""
    difference = np.clip(rating - np.asarray(ratings, np.float64), -1e5, 1e5)
    return 1.0 / (1.0 + 10.0 ** (-difference / SCALE))


def pick(weights: NDArray[np.float64], rng: np.random.Generator) -> int:
    """An index, drawn in proportion to `weights` `[n]`, of which some are positive and none negative."""
    return min(int(np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), "right")), len(weights) - 1)


def draw_seats(ratings: ArrayLike, n_seats: int, rng: np.random.Generator) -> list[int]:
    """Players for the seats of a match, as indices of `ratings` `[player]`; the first half of the seats is one team.

    The first player is drawn evenly, the others by their `likeness` to it, none twice before all have a seat: a
    population smaller than a match sits down more than once. Then all are seated at random.

    Raises:
        ValueError: no players.
    """
    ratings = np.asarray(ratings, np.float64)
    if ratings.ndim != 1 or not len(ratings):
        raise ValueError(f"a match needs at least one player, got ratings of shape {ratings.shape}")
    first = pick(np.ones(len(ratings)), rng)
    weights = likeness(ratings, ratings[first])
    chosen, free = [first], [k for k in range(len(ratings)) if k != first]
    while len(chosen) < n_seats:
        free = free or list(range(len(ratings)))
        chosen.append(free.pop(pick(weights[free], rng)))
    return [chosen[k] for k in np.argsort(rng.random(n_seats))]


def draw_opponent(ratings: ArrayLike, rating: float, rng: np.random.Generator) -> int:
    """Which of `ratings` `[player]` plays against somebody of `rating`, drawn by `likeness`, but for the HOPELESS."""
    weights, hopeless = likeness(ratings, rating), chances(rating, ratings) < HOPELESS
    return pick(weights if hopeless.all() else np.where(hopeless, 0.0, weights), rng)
