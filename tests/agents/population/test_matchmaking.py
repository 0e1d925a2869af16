"""Who plays with whom: weights by hand, frequencies by chi-square, seats."""

import math

import numpy as np
import pytest
from scipy.stats import chisquare

from agents.population.matchmaking import draw_opponent, draw_seats, likeness, pick
from agents.population.ratings import rating_gap

RATINGS = np.array([1000.0, 1000.0, 1147.19, 1400.0, 700.0, 5000.0])


def test_weights_by_hand():
    """P = 0.5: 1; P = 0.7: exp(-(0.2 x 6)^2 / 2) = 0.4868; P = 1: exp(-(0.5 x 6)^2 / 2) = 0.0111."""
    weights = likeness(RATINGS, 1000.0)
    assert weights[[0, 1, 2, 5]] == pytest.approx([1.0, 1.0, math.exp(-0.72), math.exp(-4.5)], abs=1e-4)
    assert likeness([900.0], 1000.0) == pytest.approx(likeness([1100.0], 1000.0))
    assert (likeness([-1e308, 1e308, math.inf], 0.0) > 0.01).all()
    assert likeness(np.array([1000, 1400]), 1000).dtype == np.float64


def test_picks_follow_their_weights_and_reach_both_ends():
    rng = np.random.default_rng(0)
    counts = np.bincount([pick(np.array([1.0, 2.0, 5.0]), rng) for _ in range(8000)], minlength=3)
    assert chisquare(counts, [1000, 2000, 5000]).pvalue > 0.01


class Edge:
    """A generator whose draws are the largest number below 1."""

    def random(self):
        return np.nextafter(1.0, 0.0)


def test_a_pick_never_falls_off_the_end():
    assert pick(np.full(7, 0.1), Edge()) == 6


def test_opponents_are_met_as_often_as_the_formula_says():
    rng = np.random.default_rng(3)
    counts = np.bincount([draw_opponent(RATINGS, 1000.0, rng) for _ in range(20000)], minlength=6)
    weights = likeness(RATINGS[:-1], 1000.0)
    assert counts[-1] == 0, "it is hopeless"
    assert chisquare(counts[:-1], 20000 * weights / weights.sum()).pvalue > 0.01


def test_the_hopeless_are_passed_over_while_there_is_another():
    rng = np.random.default_rng(1)
    lost, won = 1000.0 + rating_gap(0.951), 1000.0 - rating_gap(0.951)  # the chance of beating the first is 4.9 %
    assert {draw_opponent([won, 1e9, lost], 1000.0, rng) for _ in range(2000)} == {0}
    assert {draw_opponent([won, 1000.0 + rating_gap(0.949)], 1000.0, rng) for _ in range(2000)} == {0, 1}
    assert {draw_opponent([lost, 1e9], 1000.0, rng) for _ in range(2000)} == {0, 1}


def test_pairs_are_seated_as_often_as_the_formula_says():
    """Two seats: the first player evenly, the second among the others by its likeness; then either order."""
    rng = np.random.default_rng(2)
    n, draws = len(RATINGS), 30000
    expected = np.zeros((n, n))
    for i in range(n):
        weights = likeness(RATINGS, RATINGS[i])
        weights[i] = 0.0
        expected[i] = weights / weights.sum() / n
    expected = (expected + expected.T) / 2
    counts = np.zeros((n, n))
    for _ in range(draws):
        a, b = draw_seats(RATINGS, 2, rng)
        counts[a, b] += 1
    off = ~np.eye(n, dtype=bool)
    assert counts[~off].sum() == 0
    assert chisquare(counts[off], draws * expected[off]).pvalue > 0.01


def test_nobody_has_two_seats_before_all_have_one():
    rng = np.random.default_rng(3)
    for n in range(1, 7):
        for _ in range(200):
            seats = draw_seats(RATINGS[:n], 4, rng)
            times = np.bincount(seats, minlength=n)
            assert len(seats) == 4
            assert times.max() - times.min() <= 1


def test_a_population_of_one_plays_itself():
    assert draw_seats([1000.0], 4, np.random.default_rng(0)) == [0, 0, 0, 0]


def test_every_team_of_two_comes_about():
    rng = np.random.default_rng(4)
    teams = {frozenset(draw_seats(np.full(4, 1000.0), 4, rng)[:2]) for _ in range(200)}
    assert len(teams) == 6


def test_the_same_generator_draws_the_same():
    first, second = ([draw_seats(RATINGS, 4, np.random.default_rng(s)) for s in range(20)] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("ratings", [[], [[1000.0, 1000.0]]])
def test_no_players_no_match(ratings):
    with pytest.raises(ValueError, match="at least one player"):
        draw_seats(ratings, 4, np.random.default_rng(0))
