"""Thickening must not change how a floor is connected."""

import numpy as np
import pytest
from scipy import ndimage

from sims.pointnav.thicken import SIMPLE, thicken

pytestmark = pytest.mark.kernels


def pieces(floor):
    """Number of parts of the floor, and of obstacles (joined through corners too)."""
    return ndimage.label(floor)[1], ndimage.label(~floor, structure=np.ones((3, 3)))[1]


@pytest.mark.parametrize("seed", range(20))
def test_parts_and_obstacles_stay_as_many(seed):
    rng = np.random.default_rng(seed)
    clearance = np.pad(ndimage.gaussian_filter(rng.random((40, 40)), 1.5), 2)
    units = (clearance * 60000).astype(np.uint16)
    free = units >= np.quantile(units, 0.6)
    grown = thicken(free, units, float(np.quantile(units, 0.3)))
    assert grown.sum() > free.sum()
    assert (grown | ~free).all()
    assert pieces(grown) == pieces(free)


def test_a_gap_too_narrow_stays_shut():
    """Two rooms and a gap in the wall between them that is below the disc's radius but above the band's threshold."""
    clearance = np.full((20, 21), 1000, np.uint16)
    clearance[:, 9:12] = 0
    clearance[10, 9:12] = 80
    clearance[[0, -1]] = 0
    clearance[:, [0, -1]] = 0
    free = clearance >= 100
    grown = thicken(free, clearance, 75)
    assert ndimage.label(grown)[1] == 2
    assert 1 <= (grown & ~free).sum() <= 2


def test_a_flat_wall_moves_by_one_node():
    clearance = np.tile(np.array([0, 0, 80, 100, 200, 200, 200, 0, 0], np.uint16), (12, 1))
    clearance[[0, -1]] = 0
    free = clearance >= 100
    grown = thicken(free, clearance, 75)
    assert (grown[1:-1, 2]).all()
    assert not grown[:, 1].any()


@pytest.mark.parametrize(
    ("ring", "simple"),
    [
        ("1.......", True),  # one direct neighbour
        (".1......", False),  # a corner alone does not join
        ("1...1...", False),  # two sides: a bridge
        ("111.....", True),  # round a corner
        ("1.1.....", False),  # two sides whose corner is an obstacle
        ("11111.11", True),  # the tip of an obstacle
        ("11111111", False),  # the last of an obstacle
        ("........", False),
    ],
)
def test_neighbourhoods_by_hand(ring, simple):
    code = sum(1 << k for k, mark in enumerate(ring) if mark == "1")
    assert SIMPLE[code] == simple
