"""What a match makes of a population."""

from dataclasses import replace

import numpy as np
import pytest

from agents.population.census import Founding, Individual, Report, after_match, begun, checked_report, founders
from agents.population.evolution import EvolutionRules
from tests.agents.population.planted import MIDDLE, QUICK, quick

FOUR = tuple(Individual(k, k) for k in range(4))


def four(founding=None):
    return begun(founding or quick(), [MIDDLE] * 4)[0]


def checked(report, opponents=()):
    founding = quick(opponents=opponents)
    return checked_report(founding, opponents, begun(founding, [MIDDLE] * 4)[1], report)


def changed(population, slot, **changes):
    members = [replace(m, **changes) if m.slot == slot else m for m in population.members]
    return population._replace(members=tuple(members))


def test_a_match_by_hand():
    after, births = after_match(quick(), four(), Report(0, FOUR, (2, 1)))
    assert [m.rating for m in after.members] == [1008.0, 1008.0, 992.0, 992.0]
    assert [m.games for m in after.members] == [1] * 4
    assert (after.matches, after.births, births) == (1, 4, ())


def test_who_sits_on_both_sides_is_not_rated():
    players = (FOUR[0], FOUR[1], FOUR[1], FOUR[2])
    after, _ = after_match(quick(), four(), Report(0, players, (1, 0)))
    assert [m.rating for m in after.members] == [1008.0, 1000.0, 992.0, 1000.0]
    assert [m.games for m in after.members] == [1, 0, 1, 0]


def test_outsiders_are_rated_and_count_their_games():
    founding = quick(opponents=("bot-1", "bot-3"))
    after, _ = after_match(founding, four(founding), Report(0, ("bot-3", "bot-3", FOUR[0], FOUR[2]), (0, 1)))
    assert [m.rating for m in after.members] == [1008.0, 1000.0, 1008.0, 1000.0]
    assert {name: tuple(o) for name, o in after.outsiders.items()} == {"bot-1": (1000.0, 0), "bot-3": (984.0, 1)}


def test_a_child_takes_over_and_the_rest_stay():
    """Member 3 is due, member 0 has 1500 points: the child begins with the parent's rating and without games."""
    founding = quick()
    before = changed(four(founding), 3, games=QUICK.burn_in - 1)
    before = changed(before, 0, rating=1500.0, games=50, tried=49, hyperparameters=replace(MIDDLE, lr=3e-3))
    births = []
    for number in range(60):
        before, born = after_match(founding, before, Report(number, (FOUR[3], FOUR[1], FOUR[2], FOUR[1]), (0, 0)))
        births += born
        if births:
            break
    (birth,) = births
    child = before.members[3]
    assert (birth.birth, birth.slot, birth.parent, birth.replaced) == (4, 3, 0, 3)
    assert birth.match == before.matches
    assert birth.rating == child.rating == 1500.0
    assert birth.win_probability > 0.9
    assert (child.birth, child.parent, child.games, child.tried) == (4, 0, 0, 0)
    assert child.hyperparameters == birth.hyperparameters
    assert child.hyperparameters.lr == pytest.approx(3e-3, rel=0.21)
    assert before.births == 5
    assert before.members[0].hyperparameters.lr == 3e-3


def test_nothing_happens_before_the_burn_in():
    founding = quick()
    population = four(founding)
    population = changed(population, 0, rating=3000.0)
    for number in range(QUICK.burn_in - 1):
        population, births = after_match(founding, population, Report(number, FOUR, (number % 2, 1)))
        assert births == ()
    assert [m.tried for m in population.members] == [0] * 4


def test_a_match_of_somebody_who_was_replaced_counts_and_changes_nothing():
    before = changed(four(), 1, birth=3)._replace(births=5)
    after, births = after_match(quick(), before, Report(0, FOUR, (2, 1)))
    assert after == before._replace(matches=1)
    assert births == ()


def test_founders_do_not_depend_on_how_many_there_are():
    assert founders(3, seed=1) == founders(5, seed=1)[:3]
    assert founders(3, seed=1) != founders(3, seed=2)
    assert len(set(founders(5, seed=1))) == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"number": -1}, "number -1: expected a whole number"),
        ({"number": 2**63}, "expected a whole number"),
        ({"number": True}, "expected a whole number"),
        ({"steps": 1.5}, "steps 1.5: expected a whole number"),
        ({"score": (1,)}, r"score \(1,\): expected red's and blue's captures"),
        ({"score": (1, -1)}, "expected red's and blue's captures"),
        ({"score": (1.0, 0.0)}, "expected red's and blue's captures"),
        ({"players": FOUR[:3]}, "names 3 players: two teams of 2 have 4"),
        ({"players": (*FOUR[:3], "bot-2")}, "names the outsider 'bot-2': did you mean .* there are bot-1, bot-3"),
        ({"players": (*FOUR[:3], Individual(3, 4))}, "names member 4: there are members 0 to 3"),
        ({"players": (*FOUR[:3], Individual(3, -1))}, "names member -1: there are members 0 to 3"),
        ({"players": (*FOUR[:3], Individual(4, 3))}, "names member 3 in slot 4: its slot is 3"),
    ],
)
def test_reports_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        checked(Report(3, FOUR, (0, 0))._replace(**change), ("bot-1", "bot-3"))


def test_where_there_are_no_outsiders_the_message_says_so():
    with pytest.raises(ValueError, match="names the outsider 'bot-1': there are none"):
        checked(Report(3, (*FOUR[:3], "bot-1"), (0, 0)))


def test_numpys_numbers_become_plain_ones():
    score = np.array([2, 1], np.int32)
    players = [[np.int64(k), k] for k in range(4)]
    report = checked(Report(np.int64(3), players, score, "m", np.int32(9)))
    assert report == Report(3, FOUR, (2, 1), "m", 9)
    assert {type(v) for v in (report.number, report.steps, *report.score, *report.players[0])} == {int}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed must be an integer of at least 0"),
        ({"seed": 0.5}, "seed must be an integer of at least 0"),
        ({"team_size": 0}, "team_size must be an integer of at least 1"),
        ({"k": 0.0}, "k must be a positive number of points, got 0.0: 16 is usual"),
        ({"k": float("nan")}, "k must be a positive number"),
        ({"opponents": ("bot-1", "bot-1")}, "opponents must differ"),
        ({"opponents": ("a", "b"), "first_ratings": (1000.0,)}, "one for each opponent, got 1 for 2"),
        ({"opponents": ("a",), "first_ratings": (float("nan"),)}, "first_ratings must be finite"),
        ({"rules": EvolutionRules(threshold=0.5)}, "threshold must lie between 0.5 and 1, got 0.5"),
        ({"rules": EvolutionRules(threshold=1.0)}, "threshold must lie between 0.5 and 1"),
        ({"rules": EvolutionRules(chance=1.1)}, "chance must lie in"),
        ({"rules": EvolutionRules(change=1.0)}, "change in"),
        ({"rules": EvolutionRules(burn_in=-1)}, "burn_in and least_games must be at least 0"),
    ],
)
def test_foundings_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Founding(**change)


def test_nobody_is_no_population():
    with pytest.raises(ValueError, match="at least one member"):
        begun(quick(), [])
