"""Mazes: their sizes and kinds, and that they stay what they are."""

import numpy as np
import pytest

from sims.pointnav.floors.floorplan import Plan
from sims.pointnav.floors.mazes import maze, maze_plan
from tests.sims.pointnav.floors.test_floorplan import digest

SHA = {
    0: "54c3a04d6bf58a7b01b6c6a852876f075fbd504224e80bba62f3ed5fd973565c",
    17: "b45dc5f6ff7b4759eaac5165ee266a8a5e89fd01e0ce3604561791187b1236ab",
    1_000_003: "f72910fc36254111d42dacb5ae968f8a51c4a385a53626aab4156844d1134000",
}


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [maze_plan(seed) for seed in range(150)]


@pytest.mark.parametrize("seed", SHA)
def test_mazes_never_change(seed: int) -> None:
    assert digest(maze(seed).segments) == SHA[seed]


def test_sizes_are_within_the_limits_and_spread(plans: list[Plan]) -> None:
    boxes = [np.array(plan.rooms) for plan in plans]
    sides = np.array([box[:, 2:].max(axis=0) - box[:, :2].min(axis=0) for box in boxes])
    outer = np.array([plan.outer for plan in plans])[:, None]
    assert (sides + 2 * outer).min() >= 5.9
    assert (sides + 2 * outer).max() <= 30.0
    assert np.quantile(sides, 0.2) < 9
    assert np.quantile(sides, 0.8) > 15


def test_all_kinds_occur(plans: list[Plan]) -> None:
    thin = sum(len(plan.lines) > 0 for plan in plans)
    thick = sum(len(plan.walls) > 0 for plan in plans)
    obstacles = sum(len(plan.pieces) > 8 and not len(plan.lines) for plan in plans)
    assert thin > 30
    assert thick > 30
    assert obstacles > 20
