"""Matches of agents and bots: who sits where, what is counted, and what is refused."""

import numpy as np
import pytest
import torch
from scipy.stats import binomtest

from agents.ftw.matches import Tally, against_bots, pairings, play_matches, tally, wilson
from agents.ftw.playing import Fixture, batches, steps_of
from sims.ctf.matches import verify
from sims.ctf.state import RULES
from sims.ctf.tournament import play
from tests.agents.ftw.rollouts import small_agent

MAPS = "indoor:1000000-1000003"
SHORT = RULES._replace(match_steps=40)


def test_every_pair_meets_on_the_same_seeds_and_swaps_sides():
    fixtures = pairings([("a", "a"), ("b", "c"), ("2", "2")], 3, seed=7)
    assert len(fixtures) == 9
    assert fixtures[:3] == [
        Fixture(("a", "a", "b", "c"), 7),
        Fixture(("b", "c", "a", "a"), 8),
        Fixture(("a", "a", "b", "c"), 9),
    ]
    assert [fixture.seed for fixture in fixtures] == [7, 8, 9] * 3


def test_bots_play_as_in_their_own_tournament():
    rules = RULES._replace(match_steps=900)
    known = play(5, 1, 4, MAPS, 1, 900, seed=3)
    results = play_matches({"5": 5, "1": 1}, pairings([("5",), ("1",)], 4, seed=3), maps=MAPS, rules=rules, batch=3)
    rows, side = np.arange(4), np.arange(4) % 2
    np.testing.assert_array_equal(results.score[rows, side], known.score)
    np.testing.assert_array_equal(results.score[rows, 1 - side], known.score_against)
    np.testing.assert_array_equal(results.events[rows, side], known.events)
    assert known.score.sum() > 0


def test_agents_and_bots_play_in_one_call_and_every_match_can_be_played_again():
    agent, other = small_agent(), small_agent()
    entrants = {"a": agent, "b": other, "5": 5, "random": "random"}
    fixtures = [
        Fixture(("a", "b", "5", "random"), 0),
        Fixture(("a", "a", "b", "b"), 1),
        Fixture(("5", "5", "random", "random"), 2),
        Fixture(("random", "5", "b", "a"), 3),
        Fixture(("b", "a", "random", "5"), 4),
    ]
    played, recorded = [], {}
    results = play_matches(
        entrants, fixtures, maps=MAPS, rules=SHORT, record=recorded.__setitem__, progress=played.append
    )
    assert sum(played) == 5
    assert len(played) == 4  # four ways in which bots sit
    for k, (fixture, score, name) in enumerate(zip(fixtures, results.score, results.maps, strict=True)):
        match = recorded[k]
        assert match.players == fixture.players
        assert (match.seed, match.score, match.map) == (fixture.seed, tuple(score), name)
        verify(match)


def test_a_match_depends_on_its_seed_and_not_on_its_batch():
    entrants, fixtures = {"a": small_agent(), "3": 3}, pairings([("a", "a"), ("3", "3")], 6, seed=2)
    ends = []
    for batch in (64, 2):
        matches = {}
        play_matches(entrants, fixtures, maps=MAPS, rules=SHORT, greedy=True, record=matches.__setitem__, batch=batch)
        ends.append([matches[k].state_sha256 for k in range(6)])
    assert ends[0] == ends[1]


def test_each_agent_thinks_for_its_own_players_and_remembers():
    entrants = {"a": small_agent(), "b": small_agent()}
    with torch.no_grad():
        entrants["b"].heads.actor.bias[:] = 0.0
        entrants["b"].heads.actor.bias[0] = 50.0  # it always takes the first choice of the first factor
    fixtures = [Fixture(("a", "b"), 0), Fixture(("b", "a"), 1)]
    (batch,) = batches(entrants, fixtures, maps=MAPS, rules=SHORT)
    for moment in steps_of(batch):
        assert moment.minds["a"].slots.tolist() == [0, 3]
        assert moment.minds["b"].slots.tolist() == [1, 2]
        assert moment.minds["a"].memory.age.tolist() == [moment.step + 1] * 2
        assert (moment.minds["b"].memory.action[:, 0] == 1.0).all()
        if moment.step:
            assert (batch.env.actions[[0, 1], [1, 0], 0] == 0).all()
    assert moment.step == SHORT.match_steps - 1
    assert (batch.env.final_state.clock == SHORT.match_steps).all()


def test_against_bots_counts_from_the_agents_side():
    tallies = against_bots(small_agent(), (5, "random"), 3, maps=MAPS, rules=RULES._replace(match_steps=450))
    assert list(tallies) == ["5", "random"]
    assert all(each.n == 3 for each in tallies.values())
    assert tallies["5"].lost > 0  # an untrained agent doesn't beat it
    assert tallies["5"].won == 0


def test_tallies_count_draws_half():
    assert tally(np.array([2, 1, 0, 0]), np.array([1, 1, 3, 0])) == Tally(1, 2, 1)
    assert Tally(1, 2, 1).share == 0.5
    document = Tally(180, 10, 10).document()
    assert (document["win_rate"], document["part_won"], document["n"]) == (0.925, 0.9, 200)
    exact = binomtest(180, 200).proportion_ci(method="wilson")
    assert document["part_won_low"] == pytest.approx(exact.low)
    assert document["part_won_high"] == pytest.approx(exact.high)


@pytest.mark.parametrize(("points", "n"), [(0, 1), (5, 5), (3, 10), (0, 200)])
def test_wilsons_interval_is_scipys(points, n):
    exact = binomtest(points, n).proportion_ci(method="wilson")
    assert wilson(points, n) == pytest.approx((exact.low, exact.high), abs=1e-12)


@pytest.mark.parametrize(("points", "n"), [(0.0, 0), (3.0, 2), (-1.0, 2)])
def test_points_that_cant_be_are_refused(points, n):
    with pytest.raises(ValueError, match=f"got {points} of {n}: play some"):
        wilson(points, n)


@pytest.mark.parametrize(
    ("entrants", "players", "said"),
    [
        ({"2": 2}, [], "no match to play"),
        ({"2": 2}, [("2", "2", "2")], "fixture 0 has 3 players"),
        ({"2": 2}, [("2", "2"), ("2", "2", "2", "2")], "fixture 1 has 4 players"),
        ({"runner": "runner"}, [("runer", "runner")], "names 'runer', who is no entrant: did you mean 'runner'"),
        ({"9": 9}, [("9", "9")], "a level 1 to 5"),
    ],
)
def test_fixtures_that_cant_be_are_refused(entrants, players, said):
    with pytest.raises(ValueError, match=said):
        play_matches(entrants, [Fixture(names, 0) for names in players])


def test_agents_with_frames_of_different_sizes_are_refused():
    entrants = {"a": small_agent(), "b": small_agent(height=32, width=30)}
    with pytest.raises(ValueError, match=r"a 24 x 24, b 32 x 30\): let those play that were trained alike"):
        play_matches(entrants, [Fixture(("a", "b"), 0)])


def test_a_round_robin_needs_two_teams_and_a_match():
    with pytest.raises(ValueError, match="at least 2 teams, got 1: add a bot"):
        pairings([("a",)], 2)
    with pytest.raises(ValueError, match="n_matches"):
        pairings([("a",), ("b",)], 0)
