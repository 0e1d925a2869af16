"""How the disc moves: numbers worked out by hand."""

import numpy as np
import pytest

from sims.pointnav.raster import clearance_at
from sims.pointnav.state import AGENT_RADIUS, FORWARD, FORWARD_STEP, LEFT, RIGHT, STOP
from tests.sims.pointnav.rooms import env_at, room_file

pytestmark = pytest.mark.kernels

BOX = [(4, 3, 6, 3), (6, 3, 6, 5), (6, 5, 4, 5), (4, 5, 4, 3)]


def after(path, poses, action=FORWARD, **settings):
    env = env_at(path, poses, **settings)
    env.step(np.full(len(poses), action))
    return env.state


def test_free_forward_moves_a_quarter_metre_along_the_heading(tmp_path):
    state = after(room_file(tmp_path, BOX), [(2, 2, 0), (2, 2, 90), (2, 2, 30)])
    assert state.x == pytest.approx([2.25, 2.0, 2 + 0.25 * np.cos(np.pi / 6)])
    assert state.y == pytest.approx([2.0, 2.25, 2 + 0.25 * np.sin(np.pi / 6)])
    assert not state.collided.any()
    assert state.path_length == pytest.approx(0.25)


def test_head_on_the_disc_stops_a_radius_before_the_wall(tmp_path):
    state = after(room_file(tmp_path, BOX), [(3.8, 4.0, 0), (9.7, 4, 0), (5, 7.7, 90)])
    assert state.x[0] == pytest.approx(4.0 - AGENT_RADIUS, abs=2e-3)
    assert state.x[1] == pytest.approx(10.0 - AGENT_RADIUS, abs=2e-3)
    assert state.y[2] == pytest.approx(8.0 - AGENT_RADIUS, abs=2e-3)
    assert state.collided.all()
    assert (state.collisions == 1).all()


@pytest.mark.parametrize("degrees", [20, 45, 70])
def test_touching_a_wall_the_disc_slides_by_the_tangential_part(tmp_path, degrees):
    wall_x = 4.0 - AGENT_RADIUS
    state = after(room_file(tmp_path, BOX), [(wall_x - 1e-4, 3.5, degrees)])
    assert state.x[0] == pytest.approx(wall_x, abs=3e-3)
    assert state.y[0] == pytest.approx(3.5 + FORWARD_STEP * np.sin(np.radians(degrees)), abs=5e-3)
    assert state.collided[0]


def test_without_sliding_the_disc_stops_where_it_touches(tmp_path):
    state = after(room_file(tmp_path, BOX), [(3.8, 3.5, 45)], sliding=False)
    assert state.x[0] == pytest.approx(4.0 - AGENT_RADIUS, abs=2e-3)
    assert state.y[0] == pytest.approx(3.5 + 0.1, abs=2e-3)
    assert state.collided[0]


def test_a_corner_is_rounded_at_the_radius(tmp_path):
    """Passing the corner (4, 3) diagonally at less than a radius, the disc is pushed out to it."""
    state = after(room_file(tmp_path, BOX), [(3.85, 2.85, 0), (3.97, 2.8, 80)])
    distance = np.hypot(np.maximum(4 - state.x, 0), np.maximum(3 - state.y, 0))
    assert (distance >= AGENT_RADIUS - 4e-3).all()


def test_turns_are_exact_and_move_nothing(tmp_path):
    env = env_at(room_file(tmp_path, BOX), [(2, 2, 10)] * 2)
    for _ in range(9):
        obs, *_ = env.step(np.array([LEFT, RIGHT]))
    assert obs[:, 4:6].tolist() == [[0.0, 1.0], [0.0, -1.0]]
    assert env.headings == pytest.approx(np.radians([100, -80]))
    assert (env.state.x == 2).all()
    for _ in range(27):
        obs, *_ = env.step(np.array([LEFT, RIGHT]))
    assert obs[:, 4:6].tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_no_walk_ever_leaves_the_floor_or_comes_nearer_than_the_radius(tmp_path):
    """Thin walls of every slant, corners and narrow gaps; random walks that push into them."""
    rng = np.random.default_rng(1)
    walls = [(*p, *(p + rng.uniform(-1.5, 1.5, 2))) for p in rng.uniform(1.5, 6.0, (14, 2))]
    path = room_file(tmp_path, walls)
    env = env_at(path, [(0.5, 0.5, 0)] * 1, starts_per_goal=8)
    n = 16
    env = type(env)(n, layouts=path, goals_per_layout=2, starts_per_goal=8, max_steps=10**6)
    env.reset(seed=3)
    pool = env.pool.arrays
    for _ in range(60):
        env.step(np.where(rng.random(n) < 0.25, rng.integers(LEFT, RIGHT + 1, n), FORWARD))
        s = env.state
        for e in range(n):
            value, _, _ = clearance_at(
                pool.clearance, s.layout_base[e], s.columns[e], s.origin_x[e], s.origin_y[e], s.x[e], s.y[e]
            )
            assert value >= AGENT_RADIUS
        assert np.isfinite(s.geodesic).all()
        assert (s.geodesic < 60).all()


def test_reward_is_slack_plus_progress_plus_success(tmp_path):
    env = env_at(room_file(tmp_path, []), [(5, 4, 0)] * 2)
    s = env.state
    s.geodesic[:] = 5.0
    before = s.geodesic.copy()
    _, rewards, *_ = env.step(np.array([FORWARD, LEFT]))
    assert rewards == pytest.approx(-0.001 + before - s.geodesic)
    assert rewards[1] == pytest.approx(-0.001)
    s.geodesic[:] = [0.1, 0.3]
    s.start_geodesic[:] = 4.0
    s.path_length[:] = 5.0
    _, rewards, terminated, truncated, infos = env.step(np.array([STOP, STOP]))
    assert rewards == pytest.approx([-0.001 + 3.5, -0.001])
    assert terminated.all()
    assert not truncated.any()
    final = infos["final_info"]
    assert final["success"].tolist() == [1.0, 0.0]
    assert final["spl"] == pytest.approx([0.8, 0.0])
    assert final["soft_spl"] == pytest.approx([(1 - 0.1 / 4) * 0.8, (1 - 0.3 / 4) * 0.8])
    assert final["distance_to_goal"] == pytest.approx([0.1, 0.3])


def test_spl_reward_is_dd_ppos(tmp_path):
    env = env_at(room_file(tmp_path, []), [(5, 4, 0)], slack_reward=-0.01, success_reward=0.0, spl_reward=2.5)
    s = env.state
    s.geodesic[:], s.start_geodesic[:], s.path_length[:] = 0.1, 4.0, 5.0
    _, rewards, *_ = env.step(np.array([STOP]))
    assert rewards[0] == pytest.approx(-0.01 + 2.5 * 0.8)


def test_steps_that_run_out_truncate_and_do_not_terminate(tmp_path):
    env = env_at(room_file(tmp_path, []), [(5, 4, 0)], max_steps=3)
    for k in range(3):
        _, _, terminated, truncated, infos = env.step(np.array([LEFT]))
        assert not terminated[0]
        assert truncated[0] == (k == 2)
    assert infos["final_info"]["steps"][0] == 3
    assert infos["final_info"]["success"][0] == 0.0
    assert env.state.steps[0] == 0, "the next episode has begun in the same step"
