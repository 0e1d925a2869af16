"""How much of a round robin no rating can explain: the part of the pay-offs that runs in circles."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from sims.core.checks import check_whole


class NonTransitivity(NamedTuple):
    """The cyclic share, and what it would be by luck alone.

    Attributes:
        share: of the squared log-odds, 0 (ratings say all) to 1 (rock, paper, scissors).
        chance: the mean share of round robins of as many matches between players who differ in rating as much, and
            without circles; chance_high: 95 % of them lie below.
        n: matches.
    """

    share: float
    chance: float
    chance_high: float
    n: int


def hodge(odds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rating `[player]` that explains most of antisymmetric `odds` `[player, player]`, and what it leaves.

    The combinatorial Hodge decomposition (Balduzzi et al. 2018, section 2; Jiang et al. 2011) of a complete graph:
    rating_i is the mean of odds_ij over all j, its own 0 included, and odds_ij - (rating_i - rating_j), orthogonal to
    it, is the cyclic part.
    """
    rating = odds.mean(axis=1)
    return rating, odds - (rating[:, None] - rating[None, :])


def cyclic_share(odds: NDArray[np.float64]) -> float:
    """The cyclic part of antisymmetric `odds` `[player, player]` by sums of squares; 0 where all are even."""
    whole = float((odds**2).sum())
    return float((hodge(odds)[1] ** 2).sum()) / whole if whole > 0.0 else 0.0


def log_odds(wins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithms of the odds `[player, player]` of row against column; half a win is added to either side."""
    return np.log((wins + 0.5) / (wins.T + 0.5))


def non_transitivity(wins: ArrayLike, *, n_null: int = 200, seed: int = 0) -> NonTransitivity:
    """How much of a round robin's pay-offs is cyclic.

    Log-odds are what an Elo rating adds up to, so that players whom ratings describe have a share of 0, apart from
    luck. Luck is cyclic for the most part: compare with `chance` before believing in circles.

    Args:
        wins: `[player, player]` how often row beat column, a draw as half a win for both; its diagonal is ignored.
        n_null: round robins that are drawn for `chance`, without draws. seed: of these.

    Raises:
        ValueError: not a square of finite numbers of at least 0, fewer than 2 players, or two who never met.
    """
    check_whole(n_null=n_null)
    wins = np.array(wins, np.float64)
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1] or len(wins) < 2:
        raise ValueError(f"wins must be a square, [player, player] of at least 2 players, got shape {wins.shape}")
    np.fill_diagonal(wins, 0.0)
    if not np.isfinite(wins).all() or (wins < 0).any():
        raise ValueError("wins must be finite numbers of at least 0: how often row beat column, draws as halves")
    played = wins + wins.T
    never = np.argwhere(np.triu(played == 0, 1))
    if len(never):
        i, j = never[0]
        raise ValueError(f"players {i} and {j} never met: a share is of a whole round robin; let them play")
    odds = log_odds(wins)
    rating, rng = _without_noise(wins, hodge(odds)[0]), np.random.default_rng(seed)
    by_luck = [_share_by_luck(rating, played, rng) for _ in range(n_null)]
    high = float(np.quantile(by_luck, 0.95))
    return NonTransitivity(cyclic_share(odds), float(np.mean(by_luck)), high, round(played.sum() / 2))


def _without_noise(wins: NDArray[np.float64], rating: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ratings shrunk to the spread that they have beyond their noise; else equals would pass for ranked."""
    variance = 1.0 / (wins + 0.5) + 1.0 / (wins.T + 0.5)
    np.fill_diagonal(variance, 0.0)
    noise, spread = float(variance.sum()) / len(rating) ** 2, float((rating**2).sum())
    return rating * np.sqrt(max(0.0, 1.0 - noise / spread)) if spread > 0.0 else rating


def _share_by_luck(rating: NDArray[np.float64], played: NDArray[np.float64], rng: np.random.Generator) -> float:
    """The cyclic share of a round robin between players of these ratings, in log-odds."""
    upper = np.triu_indices(len(rating), 1)
    n = np.maximum(1, np.rint(played[upper])).astype(np.int64)
    wins = np.zeros(played.shape)
    wins[upper] = rng.binomial(n, expit(rating[upper[0]] - rating[upper[1]]))
    wins.T[upper] = n - wins[upper]
    return cyclic_share(log_odds(wins))
