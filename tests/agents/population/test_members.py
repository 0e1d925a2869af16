"""Members and their hyperparameters."""

import json
from dataclasses import replace

import numpy as np
import pytest

from agents.population.census import founders
from agents.population.members import SIGNS, event_weights, from_json, to_json
from sims.ctf.state import EVENTS
from tests.agents.population.planted import MIDDLE


def test_what_a_player_does_is_good_and_what_is_done_to_it_is_bad():
    bad = {event for event, sign in zip(EVENTS, SIGNS, strict=True) if sign < 0}
    assert bad == {event for event in EVENTS if event.startswith(("tagged_with", "opponent_"))}
    weights = event_weights(replace(MIDDLE, rewards=tuple(map(float, range(13)))))
    assert weights.tolist() == [-0.0, -1.0, 2, 3, 4, 5, 6, 7, 8, 9, -10, -11, -12]
    assert weights.dtype == np.float64


def test_json_gives_the_same_back_bit_for_bit():
    for own in founders(20, seed=5):
        assert from_json(json.loads(json.dumps(to_json(own)))) == own


def test_every_hyperparameter_has_a_name_of_its_own():
    names = MIDDLE.scalars()
    assert len(names) == 8 + 13
    assert names["reward/captured"] == 1.0
    assert names["tau"] == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": -1e-4}, "lr must be a finite number of at least 0, got -0.0001"),
        ({"entropy": float("nan")}, "entropy must be a finite number"),
        ({"kl_prior": float("inf")}, "kl_prior must be a finite number"),
        ({"kl_prior": True}, "kl_prior must be a finite number"),
        ({"kl_prior": "0.1"}, "kl_prior must be a finite number"),
        ({"rewards": (1.0,) * 12}, "a tuple of 13 numbers"),
        ({"rewards": [1.0] * 13}, "a tuple of 13 numbers"),
        ({"rewards": (1.0,) * 12 + (-1.0,)}, "reward/opponent_returned must be a finite number of at least 0"),
        ({"tau": 0}, "tau must be a whole number of steps, at least 1, got 0"),
        ({"tau": 7.5}, "tau must be a whole number of steps"),
    ],
)
def test_hyperparameters_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(MIDDLE, **change)


@pytest.mark.parametrize("damage", [{"lr": 1.0}, to_json(MIDDLE) | {"momentum": 0.9}, to_json(MIDDLE) | {"rewards": 3}])
def test_json_of_something_else_is_refused(damage):
    with pytest.raises(ValueError, match="no hyperparameters"):
        from_json(damage)
