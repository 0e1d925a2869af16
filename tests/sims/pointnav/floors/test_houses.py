"""Houses: their sizes, rooms and doors, and that they stay what they are."""

import numpy as np
import pytest

from sims.pointnav.floors.floorplan import Plan, moved
from sims.pointnav.floors.houses import house, house_plan
from sims.pointnav.floors.layout import GRID
from tests.sims.pointnav.floors.test_floorplan import digest

SHA = {
    0: "3bfc37824c13edf95cb54cd171e622f6af4006d42d2864807cfd6417a7b0f2ba",
    17: "a49b141c550c6b4f265cf6281baef82304d218f84a441861cf78b5d236538a49",
    1_000_003: "67ce4ac097a45bfcc33749c88143cfb194f633267fd3b5d13f71b930fd44e464",
}


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [house_plan(seed) for seed in range(150)]


def distances(point: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """From one point to each of the segments."""
    start, step = segments[:, :2], segments[:, 2:] - segments[:, :2]
    along = np.clip(((point - start) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-12), 0.0, 1.0)
    return np.linalg.norm(start + along[:, None] * step - point, axis=1)


@pytest.mark.parametrize("seed", SHA)
def test_houses_never_change(seed: int) -> None:
    assert digest(house(seed).segments) == SHA[seed]


def test_sizes_are_within_the_limits_and_spread(plans: list[Plan]) -> None:
    corners = [np.array(plan.rooms) for plan in plans]
    sides = np.array(
        [
            box[:, 2:].max(axis=0) - box[:, :2].min(axis=0) + 2 * plan.outer
            for plan, box in zip(plans, corners, strict=True)
        ]
    )
    assert sides.min() >= 6.0
    assert sides.max() <= 30.0
    assert 0.5 < np.mean((sides >= 8) & (sides <= 18)) < 0.95
    areas = np.array([house(seed).floor.sum() * GRID**2 for seed in range(100)])
    low, middle, high = np.quantile(areas, [0.05, 0.5, 0.95])
    assert low < 45
    assert 60 < middle < 130
    assert high > 200


def test_rooms_are_of_many_sizes(plans: list[Plan]) -> None:
    boxes = np.array([room for plan in plans for room in plan.rooms])
    sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    low, high = np.quantile(sizes, [0.1, 0.95])
    assert low < 4.5
    assert high > 18
    assert sizes.min() > 0.6
    assert len({len(plan.rooms) for plan in plans}) > 15


def test_some_are_turned_some_empty_some_crowded(plans: list[Plan]) -> None:
    axis_parallel = [np.isclose(plan.frame, 0.0).sum() == 2 for plan in plans]
    assert 0.5 < np.mean(axis_parallel) < 0.8
    area = np.array([sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in plan.rooms) for plan in plans])
    density = np.array([len(plan.pieces) for plan in plans]) / area
    low, high = np.quantile(density, [0.05, 0.95])
    assert low < 0.08
    assert high > 0.4


def test_doors_are_wide_enough_and_free_on_both_sides(plans: list[Plan]) -> None:
    for seed, plan in enumerate(plans[:80]):
        segments = house(seed).segments
        for x0, y0, x1, y1 in plan.gaps:
            width, upright = max(x1 - x0, y1 - y0), y1 - y0 > x1 - x0
            assert width >= 0.7 - 1e-6
            middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
            reach = (min(x1 - x0, y1 - y0) / 2 + 0.3) * np.array([upright, not upright])
            for point in (middle - reach, middle, middle + reach):
                assert distances(moved(point, plan.frame), segments).min() >= 0.25, (seed, point)
