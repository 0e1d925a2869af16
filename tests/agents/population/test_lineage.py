"""Who descends from whom."""

import json

import pytest

from agents.population.census import founding_to_json
from agents.population.lineage import Birth, canonical, nearest_kept
from agents.population.members import from_json
from tests.agents.population.planted import MIDDLE, quick


def birth(k, slot, parent):
    return Birth(k, slot, 0 if parent is None else 40 + k, parent, slot, 0.75, 1100.0 + k / 3, MIDDLE)


BIRTHS = (birth(0, 0, None), birth(1, 1, None), birth(2, 0, 1), birth(3, 1, 2), birth(4, 0, 3))


def test_the_export_says_all_and_has_one_form():
    text = canonical(founding_to_json(quick(seed=7)), BIRTHS)
    said = json.loads(text)
    assert said["format"] == 1
    assert said["founding"]["seed"] == 7
    assert said["founding"]["rules"]["burn_in"] == 8
    assert [b["parent"] for b in said["births"]] == [None, None, 1, 2, 3]
    assert said["births"][4]["rating"] == BIRTHS[4].rating
    assert from_json(said["births"][2]["hyperparameters"]) == MIDDLE
    assert text.isascii()
    assert text.endswith(b"}\n")
    assert text.count(b"\n") == len(BIRTHS) + 2
    assert canonical(dict(reversed(founding_to_json(quick(seed=7)).items())), BIRTHS) == text


def test_weights_come_from_the_nearest_ancestor_whose_are_kept():
    assert nearest_kept(BIRTHS, 4, {4, 0}) == 4
    assert nearest_kept(BIRTHS, 4, {0, 2}) == 2
    assert nearest_kept(BIRTHS, 4, {0, 1}) == 1
    assert nearest_kept(BIRTHS, 0, {0, 1}) == 0


def test_weights_of_another_run_are_refused():
    with pytest.raises(ValueError, match=r"neither member 4 nor any ancestor .* kept \(\[0\]\): .* begin a new run"):
        nearest_kept(BIRTHS, 4, {0})
