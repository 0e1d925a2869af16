"""Geodesic fields against exact polygon distances, scikit-fmm's answers, and numbers worked out by hand."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from sims.pointnav.build import PoolSettings, build_pool
from sims.pointnav.floors.layout import Layout
from sims.pointnav.geodesic import GRID, distance_field
from sims.pointnav.ground import ground_of, solve
from sims.pointnav.raster import distance_at
from tests.sims.pointnav.geodesic_cases import ROOMS, walls

ANSWERS = json.loads((Path(__file__).parent / "answers" / "geodesic.json").read_text())


def ground(room):
    (width, height), _ = ROOMS[room]
    shape = (round(height / GRID) + 1, round(width / GRID) + 1)
    return ground_of(Layout(room, walls(room), (0.0, 0.0), np.ones(shape, bool)))


def distances(where, goal, points):
    goal, points = np.asarray(goal) - where.origin, np.asarray(points) - where.origin
    field, scale = solve(where, goal)
    clearance, columns = where.clearance.reshape(-1), where.free.shape[1]
    return np.array([distance_at(field, 0, scale, clearance, 0, columns, x, y) for x, y in points])


@pytest.mark.parametrize("room", ROOMS)
def test_mean_error_against_exact_polygon_distances_is_under_one_percent(room):
    pairs, exact = np.array(ANSWERS[room]["pairs"]), np.array(ANSWERS[room]["exact"])
    where = ground(room)
    ours = np.array([distances(where, goal, [start])[0] for start, goal in pairs])
    error = np.abs(ours - exact)[exact > 0.5] / exact[exact > 0.5]
    assert error.mean() < 0.01
    assert np.abs(ours - exact).max() < 0.1


@pytest.mark.parametrize("room", ROOMS)
def test_agrees_with_scikit_fmm(room):
    answers = ANSWERS[room]
    ours = distances(ground(room), answers["goal"], np.array(answers["pairs"])[:, 0])
    assert np.abs(ours - answers["scikit-fmm from goal"]).mean() < 0.02


@pytest.mark.kernels
def test_open_floor_is_euclidean():
    free = np.zeros((40, 60), bool)
    free[2:-2, 2:-2] = True
    field = distance_field(free, (1.0, 0.8), extend=0)
    y, x = np.mgrid[:40, :60] * GRID
    straight = np.hypot(x - 1.0, y - 0.8)
    assert np.abs(field - straight)[free].max() < 0.02
    assert np.isinf(field[~free]).all()


@pytest.mark.kernels
def test_no_leak_through_a_wall_one_cell_thick():
    free = np.zeros((30, 41), bool)
    free[2:-2, 2:-2] = True
    free[:, 20] = False
    field = distance_field(free, (0.5, 0.5), extend=0)
    assert np.isfinite(field[2:-2, 2:20]).all()
    assert np.isinf(field[:, 20:]).all()


@pytest.mark.kernels
def test_round_a_wall_by_hand():
    """A wall from the bottom to y = 1.0 between goal and start: the path bends at its tip."""
    free = np.zeros((45, 65), bool)
    free[2:-2, 2:-2] = True
    free[:21, 30] = False
    field = distance_field(free, (0.5, 0.5), extend=0)
    by_hand = np.hypot(1.5 - 0.5, 1.05 - 0.5) + np.hypot(2.5 - 1.5, 1.05 - 0.5)
    assert field[10, 50] == pytest.approx(by_hand, rel=0.01)


@pytest.mark.kernels
def test_extension_reaches_every_node_beside_the_free_ones():
    free = np.zeros((20, 20), bool)
    free[5:15, 5:15] = True
    field = distance_field(free, (0.5, 0.5), extend=1)
    assert np.isfinite(field[4:16, 4:16]).all()
    assert np.isinf(field[3]).all()
    assert field[4, 10] == pytest.approx(np.hypot(0.0, 0.3), abs=0.02)


@pytest.mark.parametrize("goal", [(0.05, 0.05), (-5.0, 1.0), (99.0, 1.0)])
def test_a_goal_off_the_floor_is_refused(goal):
    free = np.zeros((20, 20), bool)
    free[5:15, 5:15] = True
    with pytest.raises(ValueError, match="not on a free node"):
        distance_field(free, goal)


def test_a_missing_margin_is_refused():
    with pytest.raises(ValueError, match="margin of two False nodes"):
        distance_field(np.ones((20, 20), bool), (0.5, 0.5))


@pytest.mark.kernels
def test_nothing_is_lured_into_a_gap_that_is_too_narrow():
    """One blocked node between two halves whose distances differ by metres takes the larger distance."""
    free = np.zeros((60, 41), bool)
    free[2:-2, 2:-2] = True
    free[5:, 20] = False
    field = distance_field(free, (0.5, 2.5), extend=1)
    near_side, far_side = field[50, 19], field[50, 21]
    assert far_side > near_side + 3.0
    assert field[50, 20] >= far_side - 0.1
    assert (field[free] <= field[50, 20] + 5.0).all()


def test_a_goal_whose_straight_distance_rounds_into_the_bucket_below_ends_too():
    """It once marched for ever: a node was filed by its distance in float64 and looked for by that in float32."""
    made = []
    settings = PoolSettings(goals_per_layout=4, seed=13)
    thread = threading.Thread(target=lambda: made.append(build_pool(("houses:226",), settings)), daemon=True)
    thread.start()
    thread.join(120)
    assert made
    assert np.isfinite(made[0].field_scale).all()
