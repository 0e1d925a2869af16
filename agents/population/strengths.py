"""Strengths from recorded matches, by the model of Bradley and Terry, with bootstrap intervals.

Elo forgets, and its noise doesn't show; this takes all matches at once. As in `agents.population.ratings` the members'
strengths of a team add up, so what is fitted is a logistic regression on who sat where (Jaderberg et al. 2019 do the
same for their tournaments). With teams of one it is what `choix` computes.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from agents.population.census import Report
from agents.population.ratings import SCALE, START, memberships, outcome
from sims.core.checks import check_whole

POINTS = SCALE / np.log(10.0)
"""Points of rating that a natural logarithm of odds is."""


class Game(NamedTuple):
    """A match as strengths see it: the two teams, and 1 if the first won, 0.5 for a draw, 0 if the second won."""

    team: Sequence[Hashable]
    other: Sequence[Hashable]
    result: float


class Strengths(NamedTuple):
    """Ratings in points, first axis the player, with their 95 % intervals.

    Attributes:
        players: whose. rating, low, high: `[player]`; only differences mean something, see `bradley_terry`.
        n: `[player]` matches in which each took part.
    """

    players: tuple[Hashable, ...]
    rating: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.int64]


def game_of(report: Report) -> Game:
    """A reported match; its players are the individuals of the population, and outsiders by name."""
    half = len(report.players) // 2
    return Game(report.players[:half], report.players[half:], outcome(*report.score))


def bradley_terry(
    games: Sequence[Game],
    players: Sequence[Hashable] | None = None,
    *,
    anchor: Hashable | None = None,
    n_resamples: int = 200,
    seed: int = 0,
) -> Strengths:
    """The strengths that make `games` likeliest, each player having also played one draw against an average one.

    That draw keeps somebody who never lost from being infinitely strong; it weighs as much as one match.

    Args:
        games: matches. players: whose strengths, in order; those of `games` as they come up, by default.
        anchor: the player who gets 1000 points; by default their mean is 1000.
        n_resamples: times that matches are drawn anew, with replacement, for the percentile intervals.
        seed: of those draws.

    Raises:
        ValueError: no games, unknown players, a result outside [0, 1]; or games from which the strengths of some
            players can't be told apart, because they never met, nor did those who met them.
    """
    check_whole(n_resamples=n_resamples)
    if not games:
        raise ValueError("no games to rate anybody by: play at least one")
    seen = dict.fromkeys(player for game in games for player in (*game.team, *game.other))
    players = tuple(seen if players is None else players)
    signs, results = design(games, players)
    _check_told_apart(signs, players)
    if anchor is not None and anchor not in players:
        raise ValueError(f"anchor={anchor!r} is none of those who played: {', '.join(map(str, players))}")
    rows, which = np.unique(np.column_stack([signs, results]), axis=0, return_inverse=True)
    counts = np.bincount(which.reshape(-1), minlength=len(rows)).astype(np.float64)
    log_odds = _fit(rows[:, :-1], rows[:, -1], counts)
    rating = _placed(log_odds, players, anchor)
    rng = np.random.default_rng(seed)
    drawn = [
        _placed(_fit(rows[:, :-1], rows[:, -1], resample, log_odds), players, anchor)
        for resample in rng.multinomial(len(games), counts / counts.sum(), size=n_resamples).astype(np.float64)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    took_part = [sum(player in game.team or player in game.other for game in games) for player in players]
    return Strengths(players, rating, low, high, np.array(took_part))


def design(games: Sequence[Game], players: Sequence[Hashable]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Who sat where: `[game, player]` seats in the first team less seats in the other; and the results `[game]`.

    Raises:
        ValueError: somebody plays who is not one of `players`, or a result outside [0, 1].
    """
    index = {player: k for k, player in enumerate(players)}
    signs, results = np.zeros((len(games), len(index))), np.zeros(len(games))
    for row, game in enumerate(games):
        if not 0.0 <= game.result <= 1.0:
            raise ValueError(f"game {row} has the result {game.result}: expected 1 (won), 0.5 (a draw) or 0 (lost)")
        for player, m in memberships(game.team, game.other).items():
            if player not in index:
                raise ValueError(f"game {row} names {player!r}, who is none of {', '.join(map(str, players))}")
            signs[row, index[player]] = m
        results[row] = game.result
    return signs, results


def _check_told_apart(signs: NDArray[np.float64], players: Sequence[Hashable]) -> None:
    """Refuse games that leave a direction of strengths open, other than all of them together."""
    _, sizes, directions = np.linalg.svd(signs.T @ signs)
    even = np.ones(len(players)) / np.sqrt(len(players))
    open_ = directions[sizes <= 1e-9 * max(sizes[0], 1.0)]
    open_ = open_ - np.outer(open_ @ even, even)
    worst = np.abs(open_).max(axis=1, initial=0.0) if len(open_) else np.zeros(1)
    if worst.max() < 1e-6:
        return
    direction = open_[int(worst.argmax())]
    a, b = players[int(direction.argmax())], players[int(direction.argmin())]
    raise ValueError(
        f"these games can't tell the strengths of {a!r} and {b!r} apart: let them play against one another, or both "
        "against a third, and not always in the same company"
    )


def _fit(
    signs: NDArray[np.float64],
    results: NDArray[np.float64],
    counts: NDArray[np.float64],
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Log-odds `[player]` of the greatest likelihood; each row of `signs` `[row, player]` happened `counts` times.

    With the draw against an average player, a row of the identity for each, it is strictly concave.
    """
    n = signs.shape[1]
    signs = np.vstack([signs, np.eye(n)])
    results, counts = np.append(results, np.full(n, 0.5)), np.append(counts, np.ones(n))

    def cost(strength: NDArray[np.float64]) -> float:
        odds = signs @ strength
        return float(counts @ (np.logaddexp(0.0, odds) - results * odds))

    def gradient(strength: NDArray[np.float64]) -> NDArray[np.float64]:
        return signs.T @ (counts * (expit(signs @ strength) - results))

    def curvature(strength: NDArray[np.float64]) -> NDArray[np.float64]:
        p = expit(signs @ strength)
        return (signs.T * (counts * p * (1.0 - p))) @ signs

    begin = np.zeros(n) if start is None else start
    tolerance = 1e-9 * float(counts.sum())
    return minimize(cost, begin, method="trust-exact", jac=gradient, hess=curvature, options={"gtol": tolerance}).x


def _placed(log_odds: NDArray[np.float64], players: Sequence[Hashable], anchor: Hashable | None) -> NDArray[np.float64]:
    """In points, the anchor or the mean at START."""
    origin = log_odds.mean() if anchor is None else log_odds[players.index(anchor)]
    return START + POINTS * (log_odds - origin)
