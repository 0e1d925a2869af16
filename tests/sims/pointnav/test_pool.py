"""The episode pool: Habitat's rule, independence of threads, the cache and its accidents."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage

from sims.core.files import check_folder
from sims.pointnav import build, starts
from sims.pointnav import pool as pools
from sims.pointnav.build import PoolSettings, build_pool, enter
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.floors.layout import GRID, Layout, clearance_field, outline_of_cells
from sims.pointnav.ground import ground_of, largest_island, links_of, solve
from sims.pointnav.pool import cache_folder, describe, episode_pool
from sims.pointnav.raster import clearance_at, distance_at
from sims.pointnav.starts import draw_points, draw_starts
from sims.pointnav.state import AGENT_RADIUS, blank_state
from tests.sims.pointnav.rooms import room_file

HOUSES = tuple(f"houses:{seed}" for seed in range(6))


@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    """A cache of its own, used whatever a pool took to build."""
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pools, "WORTH_CACHING", 0.0)
    pools._pool.cache_clear()
    yield tmp_path / "cache"
    pools._pool.cache_clear()


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_starts_follow_habitats_rule():
    pool = build_pool(HOUSES, PoolSettings(goals_per_layout=4, starts_per_goal=64))
    n = len(pool.start)
    state = blank_state(n)
    for k in range(n):
        enter(pool, state, k, k)
    assert state.geodesic.min() >= 1.0
    assert state.geodesic.max() <= 30.0
    straight = np.hypot(state.goal_x - state.x, state.goal_y - state.y)
    ratio = state.geodesic / straight
    assert ratio.min() > 0.97
    assert 0.02 < (ratio < 1.1).mean() < 0.3, "straight walks are few but not none"
    assert np.hypot(pool.start[:, 2], pool.start[:, 3]) == pytest.approx(1.0)
    angle = np.arctan2(pool.start[:, 3], pool.start[:, 2])
    assert abs(np.exp(1j * angle).mean()) < 0.08, "headings are uniform"


def test_straight_candidates_are_kept_with_habitats_probability(tmp_path):
    """In an empty room every ratio is about 1, so of all candidates a share of 20 (1 - 0.98)^2 = 0.008 or so is kept.

    The ratio of interpolated to straight distance scatters by a few parts in a thousand, and the square grows with it.
    """
    where = ground_of(load_layout(str(room_file(tmp_path, [], 12.0, 12.0))))
    goal = np.array([6.0, 6.0])
    field, scale = solve(where, goal)
    nodes = np.flatnonzero(where.free)
    drawn = [0]
    rng = np.random.default_rng(0)

    def counting(clearance, nodes, n, rng):
        points = draw_points(clearance, nodes, n, rng)
        drawn[0] += len(points)
        return points

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starts, "draw_points", counting)
        kept = draw_starts(where.clearance, nodes, field, scale, goal, 128, rng)
    assert len(kept) == 128
    assert 0.006 < 128 / drawn[0] < 0.016


def test_threads_do_not_matter(monkeypatch):
    settings = PoolSettings(goals_per_layout=2, starts_per_goal=4)
    monkeypatch.setattr(build, "available_threads", lambda: 1)
    alone = build_pool(HOUSES[:3], settings)
    monkeypatch.setattr(build, "available_threads", lambda: 8)
    assert same(alone, build_pool(HOUSES[:3], settings))


def test_a_layouts_episodes_do_not_depend_on_its_companions():
    settings = PoolSettings(goals_per_layout=2, starts_per_goal=4)
    one, several = build_pool(HOUSES[2:3], settings), build_pool(HOUSES[:3], settings)
    assert np.array_equal(one.start, several.start[-8:])
    assert np.array_equal(one.goal, several.goal[-2:])


def test_the_cache_gives_the_same_pool(fresh_cache):
    settings = PoolSettings(goals_per_layout=2, starts_per_goal=4)
    built = episode_pool("houses:0-3", settings)
    pools._pool.cache_clear()
    loaded = episode_pool("houses:0-3", settings)
    assert not built.cached
    assert loaded.cached
    assert same(built.arrays, loaded.arrays)
    assert "3 layouts, 6 goals, 24 episodes" in describe(loaded)
    assert not loaded.arrays.field.flags.writeable
    assert not built.arrays.field.flags.writeable


def test_a_damaged_cache_is_noticed_and_built_anew(fresh_cache):
    settings = PoolSettings(goals_per_layout=2, starts_per_goal=4)
    built = episode_pool("houses:0-3", settings)
    (folder,) = [path for path in cache_folder().iterdir() if path.is_dir()]
    data = bytearray((folder / "field.npy").read_bytes())
    data[-1] ^= 1
    (folder / "field.npy").write_bytes(data)
    pools._pool.cache_clear()
    with pytest.warns(UserWarning, match="is damaged and is built anew"):
        again = episode_pool("houses:0-3", settings)
    assert same(built.arrays, again.arrays)
    check_folder(folder)


def test_a_changed_map_file_is_another_pool(fresh_cache, tmp_path):
    settings = PoolSettings(goals_per_layout=1, starts_per_goal=4)
    path = room_file(tmp_path, [(5, 1, 5, 6)])
    before = episode_pool(path, settings)
    room_file(tmp_path, [(4, 2, 4, 7)])
    after = episode_pool(path, settings)
    assert not np.array_equal(before.arrays.clearance, after.arrays.clearance)


def test_a_full_disk_costs_the_cache_but_not_the_pool(fresh_cache, monkeypatch):
    def no_space(target, fill):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pools, "write_folder", no_space)
    with pytest.warns(UserWarning, match="could not be cached.*free some disk space"):
        pool = episode_pool("houses:0-2", PoolSettings(goals_per_layout=1, starts_per_goal=2))
    assert len(pool.arrays.start) == 4


def test_the_oldest_pools_make_room(fresh_cache, monkeypatch):
    settings = PoolSettings(goals_per_layout=1, starts_per_goal=2)
    episode_pool("houses:0-2", settings)
    monkeypatch.setattr(pools, "CACHE_LIMIT", 1)
    episode_pool("houses:2-4", settings)
    assert len([path for path in cache_folder().iterdir() if path.is_dir()]) == 1


def test_two_processes_at_once_build_one_pool(tmp_path):
    program = (
        "from sims.pointnav import pool\npool.WORTH_CACHING = 0.0\n"
        "made = pool.episode_pool('houses:0-4', pool.PoolSettings(goals_per_layout=2, starts_per_goal=4))\n"
        "print(made.cached, made.arrays.start.sum())"
    )
    environment = os.environ | {"UMWELT_CACHE": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = sorted(process.communicate()[0].split() for process in running)
    assert [output[0] for output in outputs] == ["False", "True"]
    assert outputs[0][1] == outputs[1][1]
    shutil.rmtree(tmp_path)


def test_other_islands_become_solid():
    floor = np.zeros((60, 100), bool)
    floor[5:55, 5:60] = True
    floor[5:55, 70:95] = True
    layout = Layout("islands", outline_of_cells(floor, GRID, (-GRID / 2, -GRID / 2)), (0.0, 0.0), floor)
    ground = ground_of(layout)
    assert not ground.free[:, 66:].any()
    assert ground.free[20:40, 20:40].all()
    assert (ground.clearance[:, 70:] < AGENT_RADIUS * 65535).all()


def test_a_floor_too_small_is_refused(tmp_path):
    tiny = room_file(tmp_path, [], 1.2, 1.2, name="tiny")
    with pytest.raises(ValueError, match=r"too little room for episodes of 1-30 m"):
        build_pool((f"{tiny}?seal_radius=0.3",), PoolSettings())
    floor = np.zeros((10, 10), bool)
    with pytest.raises(ValueError, match="no floor where a disc"):
        ground_of(Layout("none", np.zeros((0, 4)), (0.0, 0.0), floor))


@pytest.mark.kernels
def test_clearance_by_hand():
    """One wall from (0.5, 0.5) to (1.0, 0.5)."""
    layout = Layout("wall", np.array([[0.5, 0.5, 1.0, 0.5]]), (0.0, 0.0), np.ones((21, 31), bool))
    clearance = clearance_field(layout)
    assert clearance[10, 10] == 0.0
    assert clearance[14, 15] == pytest.approx(0.2)
    assert clearance[10, 24] == pytest.approx(0.2)
    assert clearance[4, 4] == pytest.approx(np.hypot(0.3, 0.3))


def test_outline_of_cells_by_hand():
    free = np.zeros((3, 4), bool)
    free[1, 1:3] = True
    sides = {tuple(row) for row in outline_of_cells(free, 0.5, (10.0, 20.0)).tolist()}
    assert sides == {
        (10.5, 20.5, 11.5, 20.5),
        (10.5, 21.0, 11.5, 21.0),
        (10.5, 20.5, 10.5, 21.0),
        (11.5, 20.5, 11.5, 21.0),
    }


def test_a_cache_that_cannot_be_written_costs_the_cache_but_not_the_pool(fresh_cache, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="could not be cached.*UMWELT_CACHE"):
        pool = episode_pool("houses:0-2", PoolSettings(goals_per_layout=1, starts_per_goal=2))
    assert len(pool.arrays.start) == 4


def test_no_lock_files_are_left(fresh_cache):
    episode_pool("houses:0-2", PoolSettings(goals_per_layout=1, starts_per_goal=2))
    assert list(cache_folder().glob("*.lock")) == []


def test_a_goal_whose_nearest_node_is_wall_is_solved_all_the_same():
    """Points where the disc just fits: the node nearest to them may be too near the wall."""
    where = ground_of(load_layout("houses:0"))
    n_y, n_x = where.free.shape
    rng = np.random.default_rng(0)
    edge = np.flatnonzero(where.free & ~ndimage.binary_erosion(where.free))
    points = (
        np.stack(np.divmod(rng.choice(edge, 4000), n_x)[::-1], axis=1) + rng.uniform(-0.95, 0.95, (4000, 2))
    ) * GRID
    clearance = where.clearance.reshape(-1)
    points = points[[clearance_at(clearance, 0, n_x, 0.0, 0.0, x, y)[0] >= AGENT_RADIUS for x, y in points]]
    columns, rows = np.rint(points / GRID).astype(int).T
    odd = points[~where.free[rows, columns]]
    assert len(odd) > 20
    for goal in odd[:20]:
        field, scale = solve(where, goal)
        right, up = goal
        assert distance_at(field, 0, scale, clearance, 0, n_x, right, up) < 0.1
        assert (field.reshape(n_y, n_x)[where.free] < 65535).sum() > 0.99 * where.free.sum()


def test_diagonal_gaps_are_open_to_distances_where_they_are_to_the_disc():
    """Two rooms that meet across one cell's diagonal: joined if the clearance at its saddle is a radius, else not."""
    for middle, joined in ((0.095, True), (0.04, False)):
        clearance = np.zeros((40, 40), np.float32)
        clearance[5:20, 5:20] = 0.15
        clearance[20:35, 20:35] = 0.15
        clearance[19, 20] = clearance[20, 19] = middle
        units = np.floor(clearance * 65535).astype(np.uint16)
        saddle = (0.15 * 0.15 - middle * middle) / (0.3 - 2 * middle)
        assert (saddle >= 0.1) == joined
        island = largest_island(units >= 0.1 * 65535, links_of(units, units >= 0.1 * 65535))
        assert island.sum() == (450 if joined else 225)
