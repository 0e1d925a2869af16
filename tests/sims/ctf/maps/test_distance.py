"""Walking distances against SciPy's Dijkstra, ways against SciPy's maximum flow, and cells worked out by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra, maximum_flow

from sims.ctf.maps.distance import FAR, distances, flood, passable, two_ways, walkable, way
from sims.ctf.maps.outdoor import outdoor


def graph(free: NDArray[np.bool_]) -> coo_array:
    """The steps between cells as a sparse matrix of their lengths."""
    rows, columns = free.shape
    cell = np.arange(free.size).reshape(free.shape)
    tails, heads, lengths = [], [], []
    for di, dj in ((0, 1), (1, 0), (1, 1), (1, -1)):
        at = np.s_[: rows - di, max(0, -dj) : columns - max(0, dj)]
        to = np.s_[di:, max(0, dj) : columns + min(0, dj)]
        below, beside = np.s_[di:, at[1]], np.s_[: rows - di, to[1]]
        step = free[at] & free[to] & free[below] & free[beside]
        tails.append(cell[at][step])
        heads.append(cell[to][step])
        lengths.append(np.full(step.sum(), 14 if di and dj else 10))
    data = np.concatenate(lengths), (np.concatenate(tails), np.concatenate(heads))
    return coo_array(data, shape=(free.size, free.size))


def n_ways(free: NDArray[np.uint8], a: tuple[int, int], b: tuple[int, int]) -> int:
    """How many ways from `a` to `b` share no other cell: the largest flow where every cell lets one unit through."""
    steps = graph(free != 0)
    straight = steps.data == 10
    tail, head = steps.coords[0][straight], steps.coords[1][straight]
    n = free.size
    cells = np.arange(n)
    tails = np.concatenate([cells, tail + n, head + n])  # each cell is an entrance and, n further on, an exit
    heads = np.concatenate([cells + n, head, tail])
    network = coo_array((np.ones(tails.size, np.int32), (tails, heads)), shape=(2 * n, 2 * n)).tocsr()
    start, stop = (cell[0] * free.shape[1] + cell[1] for cell in (a, b))
    return int(maximum_flow(network, start + n, stop).flow_value)


def random_grid(rng: np.random.Generator, largest: int) -> NDArray[np.uint8]:
    shape = rng.integers(1, largest, 2)
    return (rng.random(shape) < rng.uniform(0.4, 1.0)).astype(np.uint8)


@pytest.mark.kernels
def test_distances_are_those_of_dijkstra() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        free = random_grid(rng, 24)
        row, column = (int(rng.integers(n)) for n in free.shape)
        field = distances(free, row, column)
        free[row, column] = 1
        wanted = dijkstra(graph(free != 0), directed=False, indices=row * free.shape[1] + column)
        assert np.array_equal(field.reshape(-1), np.where(np.isinf(wanted), FAR, wanted))


@pytest.mark.kernels
def test_no_diagonal_step_passes_a_blocked_corner() -> None:
    free = np.array([[1, 1, 0], [0, 1, 1], [0, 1, 1]], np.uint8)
    assert distances(free, 0, 0).tolist() == [[0, 10, FAR], [FAR, 20, 30], [FAR, 30, 34]]


@pytest.mark.kernels
def test_a_blocked_cell_can_be_the_goal() -> None:
    free = np.array([[1, 0, 1]], np.uint8)
    assert distances(free, 0, 1).tolist() == [[10, 0, 10]]


@pytest.mark.kernels
def test_flood_writes_only_into_its_part_of_longer_arrays() -> None:
    field, queue = np.full(9, 7, np.uint16), np.full(13, -5, np.int32)
    flood(np.ones(6, np.uint8), 2, 3, 0, 0, field, queue)
    assert field.tolist() == [0, 10, 20, 10, 14, 24, 7, 7, 7]
    assert (queue[12:] == -5).all()


@pytest.mark.parametrize("cell", [(-1, 0), (0, 3), (2, 0)])
def test_a_cell_beside_the_map_is_refused(cell: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="give a cell on the map"):
        distances(np.ones((2, 3), np.uint8), *cell)


def test_a_way_steps_down_the_field() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        free = random_grid(rng, 15)
        free[0, 0] = free[-1, -1] = 1
        field = distances(free, 0, 0)
        last = free.shape[0] - 1, free.shape[1] - 1
        if field[last] == FAR:
            with pytest.raises(ValueError, match="no way leads from cell"):
                way(field, free, last)
            continue
        cells = way(field, free, last)
        steps = np.abs(np.diff(cells, axis=0)).sum(axis=1) if len(cells) > 1 else np.zeros(0)
        assert cells[0] == last
        assert cells[-1] == (0, 0)
        assert (10 + 4 * (steps - 1)).sum() == field[last]


def test_a_field_of_another_grid_is_refused() -> None:
    field = np.array([[0, 50]], np.uint16)
    with pytest.raises(ValueError, match="pass the field that `distances` gave"):
        way(field, np.ones((1, 2), np.uint8), (0, 1))


def test_two_ways_are_what_the_largest_flow_says() -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(100):
        free = (rng.random((8, 9)) < 0.75).astype(np.uint8)
        free[1, 1] = free[6, 7] = 1
        ways = n_ways(free, (1, 1), (6, 7))
        assert two_ways(free, (1, 1), (6, 7)) == (ways >= 2)
        found.append(min(ways, 2))
    assert set(found) == {0, 1, 2}


def test_obstacles_block_their_own_cell_and_those_whose_middle_they_come_near() -> None:
    solid = np.zeros((3, 3), np.uint8)
    solid[0] = 1
    obstacle = np.array([[3.0, 3.0, 0.5, 1.0]])
    assert passable(solid, obstacle).tolist() == [[0, 0, 0], [1, 0, 1], [1, 1, 1]]
    near = np.array([[3.9, 3.0, 0.7, 1.0]])  # 0.4 m from the middle of the next cell
    assert passable(solid, near).tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 1]]
    assert passable(solid, np.zeros((0, 4))).tolist() == (1 - solid).tolist()


def test_every_step_between_walkable_cells_is_wide_enough_for_a_player() -> None:
    for seed in range(30):
        map = outdoor(seed)
        steps = graph(walkable(map) != 0)
        tail, head = (
            np.stack([(cell % map.solid.shape[1]) * 2.0 + 1, (cell // map.solid.shape[1]) * 2.0 + 1], axis=1)
            for cell in steps.coords
        )
        along = head - tail
        offset = map.obstacles[:, None, :2] - tail
        share = np.clip((offset * along).sum(axis=2) / (along**2).sum(axis=1), 0.0, 1.0)
        gap = np.linalg.norm(offset - share[..., None] * along, axis=2) - map.obstacles[:, None, 2]
        assert gap.min() >= 0.4
