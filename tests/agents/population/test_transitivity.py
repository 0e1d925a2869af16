"""How much of a round robin no rating explains."""

import numpy as np
import pytest
from scipy.special import expit

from agents.population.transitivity import cyclic_share, hodge, log_odds, non_transitivity

CIRCLE = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
"""Rock, paper, scissors."""


def round_robin(strengths, n):
    return n * expit(np.subtract.outer(strengths, strengths))


def test_the_decomposition_by_hand():
    """Ratings 2, 0, -2 with a circle of 3 on top: both come out as they went in, and are orthogonal."""
    ranked = np.subtract.outer([2.0, 0.0, -2.0], [2.0, 0.0, -2.0])
    circle = 3.0 * (CIRCLE - CIRCLE.T)
    rating, left = hodge(ranked + circle)
    assert rating == pytest.approx([2.0, 0.0, -2.0])
    assert left == pytest.approx(circle)
    assert (ranked * left).sum() == pytest.approx(0.0)
    assert cyclic_share(ranked + circle) == pytest.approx(54 / (54 + 48))


def test_rock_paper_scissors_is_all_circle():
    found = non_transitivity(100 * CIRCLE)
    assert found.share == pytest.approx(1.0)
    assert found.n == 300
    assert found.chance < 1.0


def test_an_elo_population_has_none():
    strengths = np.array([-1.5, -0.2, 0.0, 0.4, 1.0, 2.2])
    assert non_transitivity(round_robin(strengths, 1e7)).share == pytest.approx(0.0, abs=1e-6)


def test_matches_of_an_elo_population_have_as_much_as_luck_brings():
    rng = np.random.default_rng(0)
    strengths = np.linspace(-1.0, 1.0, 6)
    above = 0
    for seed in range(20):
        won = np.triu(rng.binomial(50, round_robin(strengths, 1.0)), 1)
        wins = won + np.triu(50 - won, 1).T
        found = non_transitivity(wins, seed=seed)
        assert 0.0 < found.chance < found.chance_high < 0.5
        above += found.share > found.chance_high
    assert above <= 4


def test_equal_players_are_mostly_luck_and_chance_says_so():
    rng, above = np.random.default_rng(1), 0
    for seed in range(20):
        won = np.triu(rng.binomial(40, np.full((8, 8), 0.5)), 1)
        found = non_transitivity(won + np.triu(40 - won, 1).T, seed=seed)
        assert found.share > 0.4
        assert 0.6 < found.chance < 0.8, "0.75 where all is noise: (n - 2) / n"
        above += found.share > found.chance_high
    assert above <= 4


def test_circles_among_ranked_players_stand_out():
    odds = np.subtract.outer([0.5, 0.0, -0.5], [0.5, 0.0, -0.5]) + (CIRCLE - CIRCLE.T)
    found = non_transitivity(400 * expit(odds))
    assert found.share > found.chance_high
    assert found.share == pytest.approx(cyclic_share(odds), abs=0.02)


def test_draws_and_two_players():
    assert non_transitivity(np.full((4, 4), 10.0)).share == 0.0
    assert non_transitivity([[0, 9], [1, 0]]).share == pytest.approx(0.0)
    assert non_transitivity([[0, 1], [0, 0]]).n == 1
    assert np.isfinite(log_odds(np.array([[0.0, 7.0], [0.0, 0.0]]))).all()


def test_the_diagonal_and_the_type_do_not_matter():
    wins = np.asfortranarray(round_robin(np.array([0.0, 1.0, 2.0]), 64).round())
    own = wins + np.diag([9.0, np.nan, 3.0])
    expected = non_transitivity(wins)
    assert non_transitivity(own) == expected
    assert non_transitivity(wins.astype(np.float16)) == expected
    assert non_transitivity(wins.astype(int)) == expected


@pytest.mark.parametrize(
    ("wins", "message"),
    [
        (np.zeros((2, 3)), r"a square, .* got shape \(2, 3\)"),
        (np.zeros((1, 1)), "at least 2 players"),
        (np.zeros(3), "a square"),
        ([[0, -1], [1, 0]], "finite numbers of at least 0"),
        ([[0, np.nan], [1, 0]], "finite numbers of at least 0"),
        ([[0, 1, 0], [1, 0, 1], [0, 1, 0]], "players 0 and 2 never met"),
    ],
)
def test_what_is_no_round_robin_is_refused(wins, message):
    with pytest.raises(ValueError, match=message):
        non_transitivity(wins)


def test_chance_must_be_drawn():
    with pytest.raises(ValueError, match="n_null must be an integer of at least 1"):
        non_transitivity(CIRCLE + CIRCLE.T, n_null=0)
