"""Elo ratings for players who play in teams: what a match is expected to give, and what it changes.

A team is as strong as the sum of its members (Jaderberg et al. 2019, supplement on Elo): with m_i how often player i is
in the red team less how often in the blue one, red wins with probability 1 / (1 + 10^(-sum_i m_i rating_i / 400)).
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Player = TypeVar("Player", bound=Hashable)

START = 1000.0
"""The rating of a player that has not played."""

SCALE = 400.0
"""A difference of this much is odds of 10 to 1."""

K = 16.0
"""Points that an outcome moves a rating by, for a difference of 1 between the outcome and what was expected.

The suite's choice: a rating forgets in about 43 matches, 4 x 400 / (16 ln 10), and its noise between eight equal
players in teams of two has a standard deviation of 36 points, a difference's of 57 (simulated, 40,000 matches).
"""


def win_probability(difference: float) -> float:
    """The probability, a draw counting half, that a side wins which is `difference` points stronger than the other."""
    return 1.0 / (1.0 + 10.0 ** (-max(-1e5, min(1e5, difference)) / SCALE))


def rating_gap(probability: float) -> float:
    """By how many points a side is stronger that wins with `probability`: 147.2 for 70 %.

    Raises:
        ValueError: not strictly between 0 and 1.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a probability of winning must lie between 0 and 1, got {probability}: no rating gives that")
    return SCALE * math.log10(probability / (1.0 - probability))


def outcome(score: int, score_against: int) -> float:
    """1 for a match won, 0.5 for a draw, 0 for one lost."""
    return 0.5 * (1 + (score > score_against) - (score < score_against))


def memberships(red: Sequence[Player], blue: Sequence[Player]) -> dict[Player, int]:
    """How often each player is in the red team less how often in the blue one; those for whom it's 0 are left out."""
    counts = Counter(red)
    counts.subtract(Counter(blue))
    return {player: m for player, m in counts.items() if m}


def elo_update(
    ratings: Mapping[Player, float], red: Sequence[Player], blue: Sequence[Player], result: float, k: float = K
) -> dict[Player, float]:
    """The new ratings of those whom a match rates: a step of size `k` along the gradient of its log-likelihood.

    Player i moves by k m_i (result - expected): everybody by as much as in plain Elo if nobody has two seats. Who is in
    both teams equally often is not rated by the match, and not returned.

    Args:
        ratings: of all who play, in points. red, blue: the teams. result: 1 if red won, 0.5 for a draw, 0 if blue won.
    """
    m = memberships(red, blue)
    expected = win_probability(sum(count * ratings[player] for player, count in m.items()))
    return {player: ratings[player] + k * count * (result - expected) for player, count in m.items()}
