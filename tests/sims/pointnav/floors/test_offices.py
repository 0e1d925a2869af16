"""Office floors: their sizes, corridors and doors, and that they stay what they are."""

import numpy as np
import pytest

from sims.pointnav.floors.floorplan import Plan
from sims.pointnav.floors.offices import office, office_plan
from tests.sims.pointnav.floors.test_floorplan import digest

SHA = {
    0: "a407098362003cbec540b8a7c677d5a18cb4598da1ddc9a1c78714a21fad9923",
    17: "ffcfc8711cf3fe63c77ac1cf53f81bafcc4ea17b265767c6147a694af5de2a55",
    1_000_003: "1968c5c505bccb0ee6f22efee6051ecd3c8070b8afba152a5f06ccde2cb45058",
}


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [office_plan(seed) for seed in range(60)]


@pytest.mark.parametrize("seed", SHA)
def test_offices_never_change(seed: int) -> None:
    assert digest(office(seed).segments) == SHA[seed]


def test_sizes_are_within_the_limits_and_spread(plans: list[Plan]) -> None:
    boxes = [np.array([*plan.rooms, *plan.walls]) for plan in plans]
    sides = np.array([box[:, 2:].max(axis=0) - box[:, :2].min(axis=0) for box in boxes])
    outer = np.array([plan.outer for plan in plans])[:, None]
    assert sides.min() >= 20.0
    assert (sides + 2 * outer).max() <= 100.0
    assert sides.max() > 85
    assert np.median(sides) > 30


def test_there_are_long_corridors_and_many_rooms(plans: list[Plan]) -> None:
    rooms = [np.array(plan.rooms) for plan in plans]
    spans = [np.sort(box[:, 2:] - box[:, :2], axis=1) for box in rooms]
    corridors = [((span[:, 0] < 3.1) & (span[:, 1] > 12)).any() for span in spans]
    assert np.mean(corridors) > 0.6
    assert np.median([len(box) for box in rooms]) > 20
    assert max(len(box) for box in rooms) > 80


def test_doors_are_wide_enough(plans: list[Plan]) -> None:
    gaps = np.array([gap for plan in plans for gap in plan.gaps])
    widths = (gaps[:, 2:] - gaps[:, :2]).max(axis=1)
    assert widths.min() >= 0.8 - 1e-6
    assert np.median(widths) < 1.2
