"""The grid lies where it says, and its true maps are the floors'."""

import numpy as np

from probes.grid import CELLS, cells_of, masks_along, near, true_map, visited
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.ground import ground_of

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 1, "starts_per_goal": 4}


def test_cells_lie_where_the_documentation_says():
    i, j, inside = cells_of(np.array([[0.0, 0.0], [0.24, -0.01], [-12.0, 11.99], [12.0, 0.0], [0.0, -12.01]]))
    assert i[:3].tolist() == [48, 48, 0]
    assert j[:3].tolist() == [48, 47, 95]
    assert inside.tolist() == [True, True, True, False, False]


def test_near_is_a_square_of_four_cells_to_each_side():
    grid = visited(np.array([[0.1, 0.1], [99.0, 0.0]]))
    assert np.argwhere(grid).tolist() == [[48, 48]]
    assert np.array_equal(np.argwhere(near(grid)).min(0), [44, 44])
    assert np.array_equal(np.argwhere(near(grid)).max(0), [52, 52])
    assert near(grid).sum() == 81
    corner = visited(np.array([[-11.9, 11.9]]))
    assert near(corner).sum() == 25  # cut off at the edge, not wrapped


def test_masks_hold_what_was_visited_until_then():
    path = np.cumsum(np.random.default_rng(0).normal(0, 0.4, (60, 2)), axis=0)
    moments = np.array([0, 7, 7, 59])
    masks = masks_along(path, moments)
    for mask, t in zip(masks, moments, strict=True):
        assert np.array_equal(mask, near(visited(path[: t + 1])))


def test_a_true_map_is_the_floor_seen_from_the_start():
    arrays = PointNavVectorEnv(1, **SMALL).pool.arrays
    rng = np.random.default_rng(0)
    for episode, (x, y, cos, sin) in enumerate(arrays.start):
        layout = int(arrays.field_layout[arrays.episode_field[episode]])
        free = true_map(arrays, layout, arrays.start[episode])
        fits = ground_of(load_layout(f"houses:{layout}")).free
        for i, j in rng.integers(0, CELLS, (200, 2)):
            quarters = np.zeros((2, 2), bool)
            for a, b in np.ndindex(4, 4):
                ahead, left = (i - 48) / 4 + (a + 0.5) / 16, (j - 48) / 4 + (b + 0.5) / 16
                there = np.array([y + ahead * sin + left * cos, x + ahead * cos - left * sin])
                row, column = np.rint((there - arrays.layout_origin[layout][::-1]) / 0.05).astype(int)
                on_floor = 0 <= row < fits.shape[0] and 0 <= column < fits.shape[1] and fits[row, column]
                quarters[a // 2, b // 2] |= on_floor
            assert free[i, j] == (quarters.sum() >= 2)
        assert free[47:49, 47:49].any()


def test_a_true_map_turns_with_the_start():
    arrays = PointNavVectorEnv(1, **SMALL).pool.arrays
    x, y = arrays.start[0, :2]
    ahead = true_map(arrays, 0, np.array([x, y, 1.0, 0.0]))
    left = true_map(arrays, 0, np.array([x, y, 0.0, 1.0]))  # turned left: what was to the left is ahead
    assert np.array_equal(np.rot90(ahead, -1), left)
    area = ahead.sum() * 0.25**2
    rows, columns = arrays.layout_shape[0]
    assert 0.2 * rows * columns * 0.05**2 < area < rows * columns * 0.05**2
    assert ahead.shape == (CELLS, CELLS)


def test_beyond_the_raster_nothing_is_free():
    arrays = PointNavVectorEnv(1, **SMALL).pool.arrays
    assert not true_map(arrays, 0, np.array([1000.0, 1000.0, 1.0, 0.0])).any()
