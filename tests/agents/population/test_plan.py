"""Settings of `umwelt train ctf`: what can't be is refused with its cure; founders begin near what learns."""

from dataclasses import replace

import pytest

from agents.population.evolution import RANGES
from agents.population.plan import (
    NEAR,
    STARTS,
    TrainCtfSettings,
    check,
    completed,
    costs_of,
    founders_of,
    founding_of,
    slots_of,
)

BASE = completed(TrainCtfSettings(maps=("indoor:0-2",), evaluate_maps=("indoor:1000000",)))


def test_the_settings_by_default_can_be():
    check(completed(TrainCtfSettings()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"population": 0}, "population must be an integer of at least 1"),
        ({"arenas": 0}, "arenas must be an integer of at least 1"),
        ({"match_steps": 1000}, r"no multiple of 240 .* use e.g. --match-steps 1200"),
        ({"population": 4, "learners": 5}, "--learners 5 are more than members .* use at most 4"),
        ({"hours": 0.0}, "--hours must be above 0, got 0.0"),
        ({"patience": float("nan")}, "--patience must be above 0, got nan"),
        ({"keep_checkpoints": -1}, "--keep-checkpoints must be 0"),
        ({"levels": ()}, "--levels names no bot"),
        ({"evaluate_bots": ("runer",)}, "runner"),
        ({"levels": ("6",)}, "gives slot 0 6"),
        ({"maps": ("idoor:0-2",)}, "indoor"),
        ({"height": 10}, "frames must be 20 x 20"),
        ({"torso": "large"}, "torso must be one of paper, small"),
        ({"burn_in": -1}, "burn_in and least_games must be at least 0"),
        ({"opponents": "bots", "levels": ("2", "2")}, "opponents must differ"),
        ({"seed": -1}, "seed must be an integer of at least 0"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cure(change, message):
    with pytest.raises(ValueError, match=message):
        check(replace(BASE, **change))


def test_founders_begin_near_one_that_is_known_to_learn():
    some, more = (founders_of(replace(BASE, population=n)) for n in (3, 20))
    assert some == more[:3]
    assert more[0] == STARTS
    for own in more[1:]:
        assert own != STARTS
        for name, (low, high) in RANGES.items():
            values = own.rewards if name == "rewards" else (getattr(own, name),)
            middles = STARTS.rewards if name == "rewards" else (getattr(STARTS, name),)
            for value, middle in zip(values, middles, strict=True):
                if middle == 0.0:
                    assert value == 0.0, "what is switched off stays so"
                    continue
                assert low <= value <= high
                assert 0.93 / NEAR <= value / middle <= 1.07 * NEAR, "tau is rounded"


def test_founders_may_be_drawn_over_the_whole_ranges():
    drawn = founders_of(replace(BASE, founders="drawn", population=40))
    lrs = [own.lr for own in drawn]
    assert min(lrs) < 5e-5
    assert max(lrs) > 1e-3


def test_members_are_shared_out_to_learners():
    settings = replace(BASE, population=5, learners=2)
    assert [list(slots_of(k, settings)) for k in range(2)] == [[0, 2, 4], [1, 3]]


def test_a_population_that_plays_bots_knows_them_by_name():
    assert founding_of(replace(BASE, opponents="self")).opponents == ()
    founding = founding_of(replace(BASE, opponents="bots", levels=("random", "2"), burn_in=7))
    assert founding.opponents == ("random", "2")
    assert founding.first_ratings == (1000.0, 2200.0)
    assert founding.rules.burn_in == 7


def test_a_members_own_weights_are_those_of_its_loss():
    costs = costs_of(replace(BASE, gamma=0.9, algorithm="ppo"), STARTS)
    assert (costs.entropy, costs.pixel_control, costs.kl_posterior) == (
        STARTS.entropy,
        STARTS.pixel_control,
        STARTS.kl_posterior,
    )
    assert (costs.gamma, costs.algorithm) == (0.9, "ppo")
