"""Strengths from recorded matches: by hand, against choix, and planted ones found again."""

import choix
import numpy as np
import pytest

from agents.population.census import Individual, Report
from agents.population.ratings import win_probability
from agents.population.strengths import POINTS, Game, bradley_terry, design, game_of

PLANTED = np.array([-300.0, -100.0, 0.0, 50.0, 150.0, 200.0])


def duels(rng, n, planted=PLANTED, drawn=0.0):
    """Matches of one against one; every so many are draws whoever plays."""
    games = []
    for _ in range(n):
        a, b = rng.permutation(len(planted))[:2].tolist()
        won = rng.random() < win_probability(planted[a] - planted[b])
        games.append(Game((a,), (b,), 0.5 if rng.random() < drawn else float(won)))
    return games


def of_teams(rng, n, planted=PLANTED):
    games = []
    for _ in range(n):
        a, b, c, d = rng.permutation(len(planted))[:4].tolist()
        p = win_probability(planted[a] + planted[b] - planted[c] - planted[d])
        games.append(Game((a, b), (c, d), float(rng.random() < p)))
    return games


def test_two_players_by_hand():
    """Three wins of four, and the draw of each against an average player.

    With strengths x and -x the likelihood is greatest where 4 (3/4 - s(2x)) = s(x) - 1/2, s the logistic function.
    """
    games = [Game("a", "b", 1.0)] * 3 + [Game("a", "b", 0.0)]
    found = bradley_terry(games, n_resamples=2)
    x = (found.rating[0] - 1000.0) / POINTS

    def s(value):
        return 1 / (1 + np.exp(-value))

    assert found.players == ("a", "b")
    assert found.rating.sum() == pytest.approx(2000.0)
    assert 4 * (0.75 - s(2 * x)) == pytest.approx(s(x) - 0.5, abs=1e-6)
    assert found.n.tolist() == [4, 4]


@pytest.mark.parametrize("drawn", [0.0, 0.3])
def test_of_one_against_one_it_is_what_choix_computes(drawn):
    """The average player is one more item; a draw is half a win for each, so all is told to choix twice over."""
    games = duels(np.random.default_rng(0), 300, drawn=drawn)
    found = bradley_terry(games, range(6), n_resamples=1)
    pairs = []
    for (a,), (b,), result in games:
        pairs += {1.0: [(a, b)] * 2, 0.5: [(a, b), (b, a)], 0.0: [(b, a)] * 2}[result]
    pairs += [pair for k in range(6) for pair in ((k, 6), (6, k))]
    theirs = choix.opt_pairwise(7, pairs, alpha=1e-9, tol=1e-10)[:6]
    assert found.rating - 1000.0 == pytest.approx(POINTS * (theirs - theirs.mean()), abs=1e-2)


@pytest.mark.parametrize("made", [duels, of_teams])
def test_planted_strengths_are_found_within_their_intervals(made):
    """Of 6 x 10 intervals of 95 % three or so should miss."""
    missed = 0
    for seed in range(10):
        found = bradley_terry(made(np.random.default_rng(seed), 500), range(6), n_resamples=100, seed=seed)
        truth = 1000.0 + PLANTED - PLANTED.mean()
        missed += int(((truth < found.low) | (truth > found.high)).sum())
        assert np.abs(found.rating - truth).max() < 120.0
        assert ((found.low < found.rating) & (found.rating < found.high)).all()
    assert missed <= 9


def test_more_matches_narrow_the_intervals():
    rng = np.random.default_rng(3)
    few, many = (bradley_terry(of_teams(rng, n), range(6)) for n in (200, 3200))
    assert np.median((few.high - few.low) / (many.high - many.low)) == pytest.approx(4.0, rel=0.25)


def test_an_anchor_stays_where_it_is():
    games = duels(np.random.default_rng(1), 200)
    free, held = bradley_terry(games, range(6)), bradley_terry(games, range(6), anchor=2)
    assert (held.rating[2], held.low[2], held.high[2]) == (1000.0, 1000.0, 1000.0)
    assert np.diff(held.rating) == pytest.approx(np.diff(free.rating))


def test_who_never_lost_is_strong_and_not_infinitely():
    """400 s(-2x) = 2 s(x) - 1, s the logistic function, at x = 3.043: 528 points above the mean."""
    found = bradley_terry([Game("a", "b", 1.0)] * 200, n_resamples=50)
    assert found.rating == pytest.approx([1528.5, 471.5], abs=0.1)
    assert np.isfinite([found.low, found.high]).all()


def test_thousands_of_one_sided_matches_settle():
    games = [Game("a", "b", 1.0)] * 20000 + [Game("b", "c", 1.0)] * 20000 + [Game("c", "a", 0.5)]
    found = bradley_terry(games, n_resamples=3)
    assert np.isfinite(found.rating).all()
    assert (np.diff(found.rating) < 0).all()


def test_results_repeat():
    games = duels(np.random.default_rng(2), 100)
    first, second, other = (bradley_terry(games, range(6), seed=seed, n_resamples=20) for seed in (4, 4, 5))
    assert np.array_equal(first.low, second.low)
    assert not np.array_equal(first.low, other.low)


def test_who_sat_where():
    signs, results = design([Game("ab", "cd", 1.0), Game("aa", "bc", 0.5), Game("ab", "bc", 0.0)], "abcd")
    assert signs.tolist() == [[1, 1, -1, -1], [2, -1, -1, 0], [1, 0, -1, 0]]
    assert results.tolist() == [1.0, 0.5, 0.0]


def test_reports_are_games():
    a, b = Individual(0, 0), Individual(1, 5)
    assert game_of(Report(3, (a, "bot-1", b, b), (0, 2))) == Game((a, "bot-1"), (b, b), 0.0)
    assert game_of(Report(3, (a, b), (1, 1))).result == 0.5


@pytest.mark.parametrize(
    ("games", "message"),
    [
        ([], "no games to rate anybody by"),
        ([Game("a", "b", 1.5)], "game 0 has the result 1.5"),
        ([Game("a", "b", float("nan"))], "game 0 has the result nan"),
        ([Game("a", "e", 1.0)], "game 0 names 'e', who is none of a, b, c, d"),
        ([Game("a", "b", 1.0), Game("c", "d", 1.0)], "can't tell the strengths of '[abcd]' and '[abcd]' apart"),
        ([Game("ab", "cd", 1.0), Game("cd", "ab", 1.0)], "can't tell the strengths of .* apart: let them play"),
        ([Game("a", "b", 1.0), Game("b", "c", 1.0)], "can't tell the strengths of .* apart"),
    ],
)
def test_games_that_say_too_little_are_refused(games, message):
    with pytest.raises(ValueError, match=message):
        bradley_terry(games, "abcd")


def test_an_anchor_must_have_played_and_somebody_must_resample():
    games = [Game("a", "b", 1.0)]
    with pytest.raises(ValueError, match="anchor='z' is none of those who played: a, b"):
        bradley_terry(games, anchor="z")
    with pytest.raises(ValueError, match="n_resamples must be an integer of at least 1"):
        bradley_terry(games, n_resamples=0)
