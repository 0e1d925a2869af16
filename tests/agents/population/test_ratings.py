"""Elo for teams, by hand."""

import math

import pytest

from agents.population.ratings import elo_update, memberships, outcome, rating_gap, win_probability


def test_probabilities_by_hand():
    """400 points are odds of 10 to 1; 147 points are 70 %."""
    assert win_probability(0.0) == 0.5
    assert win_probability(400.0) == pytest.approx(10 / 11)
    assert win_probability(-400.0) == pytest.approx(1 / 11)
    assert win_probability(147.19) == pytest.approx(0.7, abs=1e-5)
    assert rating_gap(0.7) == pytest.approx(400 * math.log10(7 / 3))
    assert round(rating_gap(0.7)) == 147
    assert rating_gap(win_probability(-33.0)) == pytest.approx(-33.0)


def test_probabilities_of_any_difference_are_numbers():
    assert [win_probability(d) for d in (-1e308, -math.inf, math.inf, 1e308)] == pytest.approx([0.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_no_gap_gives_certainty(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        rating_gap(p)


def test_outcomes():
    assert [outcome(2, 1), outcome(1, 1), outcome(0, 3)] == [1.0, 0.5, 0.0]


def test_an_update_of_two_by_hand():
    """1200 against 1000: expected 1 / (1 + 10^-0.5) = 0.7597; the favourite loses 16 x 0.7597 by losing."""
    after = elo_update({"a": 1200.0, "b": 1000.0}, ["a"], ["b"], 0.0, k=16)
    assert after == pytest.approx({"a": 1200 - 12.1560, "b": 1000 + 12.1560}, abs=1e-3)


def test_a_draw_pulls_together():
    after = elo_update({"a": 1200.0, "b": 1000.0}, ["a"], ["b"], 0.5, k=16)
    assert after == pytest.approx({"a": 1200 - 4.1560, "b": 1000 + 4.1560}, abs=1e-3)


def test_an_update_of_teams_by_hand():
    """1000 + 1100 against 900 + 1000: 200 points, so 0.7597 again; all four move by 16 x 0.2403 when red wins."""
    ratings = {"a": 1000.0, "b": 1100.0, "c": 900.0, "d": 1000.0}
    after = elo_update(ratings, ["a", "b"], ["c", "d"], 1.0, k=16)
    moved = {player: after[player] - ratings[player] for player in ratings}
    assert moved == pytest.approx({"a": 3.8440, "b": 3.8440, "c": -3.8440, "d": -3.8440}, abs=1e-3)


def test_two_seats_count_twice_and_both_teams_not_at_all():
    assert memberships(["a", "a"], ["b", "c"]) == {"a": 2, "b": -1, "c": -1}
    assert memberships(["a", "b"], ["a", "b"]) == {}
    ratings = {"a": 1000.0, "b": 1000.0, "c": 1000.0}
    assert elo_update(ratings, ["a", "a"], ["b", "b"], 1.0, k=16) == {"a": 1016.0, "b": 984.0}
    assert elo_update(ratings, ["a", "b"], ["a", "c"], 1.0, k=16) == {"b": 1008.0, "c": 992.0}
    assert elo_update(ratings, ["a", "b"], ["b", "a"], 1.0, k=16) == {}


def test_points_are_neither_made_nor_lost():
    ratings = {k: 1000.0 + 37 * k for k in range(4)}
    after = elo_update(ratings, [0, 3], [1, 2], 1.0)
    assert sum(after.values()) == pytest.approx(sum(ratings.values()))
