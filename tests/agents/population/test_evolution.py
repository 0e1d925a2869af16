"""Evolution: ranges, frequencies, inheritance, and who may be replaced."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare, kstest

from agents.population.evolution import (
    RANGES,
    RULES,
    EvolutionRules,
    compare,
    draw_hyperparameters,
    due,
    perturbed,
    seasoned,
)
from agents.population.members import Member
from tests.agents.population.planted import MIDDLE

PLAIN = [name for name in RANGES if name not in ("tau", "rewards")]


def within(own):
    low, high = RANGES["rewards"]
    return all(RANGES[name][0] <= getattr(own, name) <= RANGES[name][1] for name in (*PLAIN, "tau")) and all(
        low <= value <= high for value in own.rewards
    )


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    return [draw_hyperparameters(rng) for _ in range(2000)]


def test_the_ranges_are_the_papers():
    assert RANGES == {
        "lr": (1e-5, 5e-3),
        "entropy": (5e-4, 1e-2),
        "reward_prediction": (0.1, 1.0),
        "pixel_control": (0.01, 0.1),
        "kl_prior": (1e-4, 0.1),
        "kl_posterior": (1e-3, 1.0),
        "gradient_scale": (0.1, 1.0),
        "tau": (5, 20),
        "rewards": (0.1, 10.0),
    }


def test_founders_are_log_uniform_over_the_ranges(drawn):
    assert all(map(within, drawn))
    for name in PLAIN:
        low, high = RANGES[name]
        part = [math.log(getattr(own, name) / low) / math.log(high / low) for own in drawn]
        assert kstest(part, "uniform").pvalue > 0.01
    rewards = np.log10([own.rewards for own in drawn]).ravel()
    assert kstest((rewards + 1) / 2, "uniform").pvalue > 0.01


def test_tau_takes_every_whole_number_log_uniformly(drawn):
    counts = np.bincount([own.tau for own in drawn], minlength=21)[5:]
    edges = np.log(np.arange(5, 22))
    assert all(isinstance(own.tau, int) for own in drawn)
    assert chisquare(counts, 2000 * np.diff(edges) / (edges[-1] - edges[0])).pvalue > 0.01


def test_a_value_changes_in_one_copy_of_twenty_and_by_a_fifth_up_or_down():
    rng, n = np.random.default_rng(1), 4000
    children = [perturbed(MIDDLE, rng, 0.05, 0.2) for _ in range(n)]
    for name, value in MIDDLE.scalars().items():
        others = [child.scalars()[name] for child in children if child.scalars()[name] != value]
        assert binomtest(len(others), n, 0.05).pvalue > 0.001, name
        assert binomtest(sum(other > value for other in others), len(others), 0.5).pvalue > 0.001, name
        assert {round(other / value, 9) for other in others} == {0.8, 1.2}, name


def test_changes_are_independent_of_one_another():
    rng, n = np.random.default_rng(2), 4000
    changed = np.array([[a != b for a, b in zip(p.rewards, MIDDLE.rewards, strict=True)] for p in (
        perturbed(MIDDLE, rng, 0.05, 0.2) for _ in range(n)
    )])  # fmt: skip
    correlation = np.corrcoef(changed.T)
    assert np.abs(correlation[~np.eye(13, dtype=bool)]).max() < 5 / math.sqrt(n)


def test_without_chance_children_are_their_parents_and_with_certainty_all_changes():
    rng = np.random.default_rng(3)
    assert perturbed(MIDDLE, rng, 0.0, 0.2) == MIDDLE
    child = perturbed(MIDDLE, rng, 1.0, 0.2).scalars()
    assert all(child[name] != value for name, value in MIDDLE.scalars().items())


def test_evolution_never_crosses_the_ranges(drawn):
    rng = np.random.default_rng(4)
    own = drawn[0]
    for _ in range(2000):
        own = perturbed(own, rng, 1.0, 0.2)
        assert within(own)
        assert isinstance(own.tau, int)


def test_what_is_off_stays_off_and_what_lies_outside_comes_in_when_it_changes():
    rng = np.random.default_rng(5)
    own = replace(MIDDLE, pixel_control=0.0, lr=1.0, tau=1, rewards=(0.0,) * 12 + (50.0,))
    assert perturbed(own, rng, 0.0, 0.2) == own
    child = perturbed(own, rng, 1.0, 0.2)
    assert child.pixel_control == 0.0
    assert child.rewards == (0.0,) * 12 + (10.0,)
    assert (child.lr, child.tau) == (5e-3, 5)


def population(*ratings, games=1000):
    return [Member(k, k, None, MIDDLE, rating, games) for k, rating in enumerate(ratings)]


def compare_often(members, slot, rules=RULES, n=200):
    rng = np.random.default_rng(0)
    return [compare(members, slot, rules, rng) for _ in range(n)]


@pytest.mark.parametrize(("gap", "replaced"), [(0.0, False), (147.0, False), (147.2, True), (-500.0, False)])
def test_only_who_loses_70_percent_makes_way(gap, replaced):
    found = compare_often(population(1000.0, 1000.0 + gap), 0)
    assert {f is not None for f in found} == {replaced}
    if replaced:
        assert found[0].slot == 0
        assert found[0].parent == 1
        assert found[0].win_probability == pytest.approx(0.7, abs=1e-4)


def test_one_of_the_others_is_sampled_evenly_and_nobody_is_sought_after_it():
    """Of three others one is strong enough: two comparisons in three leave the member where it is."""
    found = compare_often(population(1000.0, 1000.0, 900.0, 1300.0), 0, n=3000)
    assert binomtest(sum(f is not None for f in found), 3000, 1 / 3).pvalue > 0.01
    assert {f.parent for f in found if f} == {3}


def test_the_young_are_neither_replaced_nor_parents():
    rules = EvolutionRules(burn_in=50, least_games=20)
    founder, child = Member(0, 0, None, MIDDLE, games=49), Member(1, 9, 4, MIDDLE, games=20)
    assert not seasoned(founder, rules)
    assert seasoned(replace(founder, games=50), rules)
    assert seasoned(child, rules)
    assert not seasoned(replace(child, games=19), rules)
    young = [*population(1000.0), replace(founder, slot=1, rating=2000.0)]
    assert compare_often(young, 0, rules) == [None] * 200
    assert None not in compare_often([young[0], replace(young[1], games=50)], 0, rules)


def test_a_member_is_compared_when_seasoned_and_then_every_so_many_games():
    rules = EvolutionRules(burn_in=50, least_games=20)
    member = Member(0, 0, None, MIDDLE)
    assert [due(replace(member, games=g), rules) for g in (49, 50, 51)] == [False, True, True]
    assert [due(replace(member, games=g, tried=50), rules) for g in (51, 69, 70)] == [False, False, True]


def test_a_population_of_one_goes_on_as_it_is():
    assert compare_often(population(1000.0), 0) == [None] * 200
