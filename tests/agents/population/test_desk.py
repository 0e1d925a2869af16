"""The desk: what a worker held is given back when it has ended, and nothing is kept that nobody needs."""

from contextlib import contextmanager

import numpy as np
import pytest

from agents.population.census import founders
from agents.population.chief import Chief, found
from agents.population.desk import Desk, Parcel
from agents.population.sharing import PAGE
from tests.agents.population.planted import played, quick

ONE, OTHER = 1, 2


@contextmanager
def desk_on(path, pages=16, room=8):
    found(path / "chief.sqlite", quick(seed=5), founders(6, seed=5))
    with Chief(path / "chief.sqlite") as chief:
        yield Desk(chief, pages * PAGE, room)


def given(desk, worker, slot, seats=4):
    """A trajectory in the queue of `slot`."""
    said, offset = desk.answer(worker, "reserve_for_trajectory", slot, slot, PAGE)
    return said if said != "taken" else desk.answer(worker, "put_trajectory", Parcel(slot, slot, 1, seats, offset, ()))


def weighted(desk, worker, slot, version=1, birth=None):
    offset = desk.answer(worker, "reserve", PAGE)
    return desk.answer(worker, "put_weights", Parcel(slot, slot if birth is None else birth, version, 0, offset, ()))


def test_what_has_been_read_makes_room(tmp_path):
    with desk_on(tmp_path) as desk:
        assert given(desk, ONE, 0) == "taken"
        (parcel,) = desk.answer(OTHER, "take_trajectories", 0, 4)
        assert desk.held == PAGE
        desk.answer(OTHER, "release", [parcel.offset])
        assert desk.held == 0


def test_who_ends_gives_back_what_it_held(tmp_path):
    with desk_on(tmp_path) as desk:
        desk.answer(ONE, "reserve", 3 * PAGE)
        given(desk, ONE, 0)
        given(desk, OTHER, 1)
        desk.answer(ONE, "take_trajectories", 1, 4)
        assert desk.held == 5 * PAGE
        desk.forget(ONE)
        assert desk.held == PAGE, "what it had put into a queue stays there"
        desk.forget(ONE)
        desk.forget(OTHER)
        assert desk.held == PAGE


def test_new_weights_take_the_place_of_old_ones_once_these_have_been_read(tmp_path):
    with desk_on(tmp_path) as desk:
        weighted(desk, ONE, 0)
        held = desk.answer(OTHER, "get_weights", 0, None)
        weighted(desk, ONE, 0, 2)
        assert desk.held == 2 * PAGE
        desk.answer(OTHER, "release", [held.offset])
        assert desk.held == PAGE
        assert weighted(desk, ONE, 0, 3, birth=5) is False
        with pytest.raises(ValueError, match="count on from there"):
            weighted(desk, ONE, 0, 2)
        assert desk.held == PAGE, "what was refused is given back, too"


def test_without_memory_a_queue_is_full(tmp_path):
    with desk_on(tmp_path, pages=2, room=100) as desk:
        assert [given(desk, ONE, 0) for _ in range(3)] == ["taken", "taken", "full"]
        assert desk.answer(ONE, "reserve", PAGE) is None


def test_a_child_shares_its_parents_weights_and_the_queue_of_whom_it_replaced_is_freed(tmp_path):
    with desk_on(tmp_path) as desk:
        for slot in range(6):
            weighted(desk, ONE, slot)
            given(desk, ONE, slot)
        rng, births = np.random.default_rng(0), ()
        while not births:
            births = desk.report_match(played(desk.chief.next_match(), rng))
        assert desk.held == (12 - 2 * len(births)) * PAGE
        (first, *_) = births
        mine, parents = (desk.answer(ONE, "get_weights", slot, None) for slot in (first.slot, first.parent))
        assert mine.offset == parents.offset
        weighted(desk, ONE, first.parent, 2)
        assert desk.answer(ONE, "get_weights", first.slot, None).offset == mine.offset
