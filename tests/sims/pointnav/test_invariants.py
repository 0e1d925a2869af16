"""What must hold at every step of every walk, on every kind of floor."""

import numpy as np
import pytest

from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.raster import clearance_at
from sims.pointnav.state import AGENT_RADIUS, FORWARD, FORWARD_STEP, LEFT, RIGHT

GENERATED = ["houses:0-6", "offices:0-2", "mazes:0-12"]


def walk_and_check(layouts, n_envs, n_steps, seed=0):
    """Random walks that push into walls: no step goes too far, and no distance changes by more than the step."""
    env = PointNavVectorEnv(n_envs, layouts=layouts, goals_per_layout=2, starts_per_goal=64, max_steps=10**9)
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    state, pool = env.state, env.pool.arrays
    for _ in range(n_steps):
        x, y, geodesic, path = state.x.copy(), state.y.copy(), state.geodesic.copy(), state.path_length.copy()
        env.step(np.where(rng.random(n_envs) < 0.3, rng.integers(LEFT, RIGHT + 1, n_envs), FORWARD))
        moved = np.hypot(state.x - x, state.y - y)
        assert moved.max() <= FORWARD_STEP + 1e-9
        assert state.path_length - path == pytest.approx(moved)
        # Beyond the step itself, what interpolation on a 0.05 m grid may add.
        assert (np.abs(state.geodesic - geodesic) - moved).max() < 0.1
    for e in range(n_envs):
        base, columns = state.layout_base[e], state.columns[e]
        origin = state.origin_x[e], state.origin_y[e]
        value, _, _ = clearance_at(pool.clearance, base, columns, *origin, state.x[e], state.y[e])
        assert value >= AGENT_RADIUS


@pytest.mark.parametrize("layouts", GENERATED)
def test_walks_on_generated_floors(layouts):
    walk_and_check(layouts, 256, 150)


@pytest.mark.slow
@pytest.mark.parametrize("layouts", ["houses:100-160", "offices:100-108", "mazes:100-160"])
def test_long_walks_on_many_generated_floors(layouts):
    walk_and_check(layouts, 2048, 500)


def test_walks_on_real_floors(shared_maps):
    for name in ("amrl/GDC3.vectormap.txt", "willow/willow-2010-02-18-0.10.yaml", "bwi/2.yaml"):
        walk_and_check(str(shared_maps / name), 256, 100)


@pytest.mark.slow
def test_long_walks_on_every_real_floor(shared_maps):
    for path in sorted([*shared_maps.rglob("*.yaml"), *shared_maps.rglob("*.vectormap.txt")]):
        walk_and_check(f"{path}?seal_radius=1.5" if path.name.startswith("AHG1") else str(path), 512, 300)
