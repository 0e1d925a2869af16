"""How the Habitat environment sets habitat_sim up, and the episodes it draws there; on the stand-in."""

import math
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from sims.pointnav.episodes import Episode, read_episodes, write_episodes
from sims.pointnav.frames import from_habitat
from sims.pointnav.habitat import HabitatPointNavEnv
from sims.pointnav.habitat_scene import accepts
from sims.pointnav.state import FORWARD, STOP


def test_importing_the_module_does_not_import_habitat_sim() -> None:
    code = "import sys, sims.pointnav.habitat; assert 'habitat_sim' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_habitat_sim_the_cure_is_named(scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "habitat_sim", None)
    with pytest.raises(ImportError, match="conda install habitat-sim headless -c conda-forge -c aihabitat"):
        HabitatPointNavEnv(scene=scene)


def test_an_old_habitat_sim_is_refused(scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = types.ModuleType("habitat_sim")
    old.__version__ = "0.2.5"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "habitat_sim", old)
    with pytest.raises(ImportError, match=r"needs habitat_sim 0\.3 or newer, got 0\.2\.5"):
        HabitatPointNavEnv(scene=scene)


@pytest.mark.parametrize("sliding", [True, False])
def test_the_simulator_is_configured_for_the_task(fake: Any, scene: Path, sliding: bool) -> None:
    HabitatPointNavEnv(scene=scene, sliding=sliding)
    ((config,),) = fake.called("Simulator")
    backend, (agent,) = config.sim_cfg, config.agents
    assert backend.scene_id == str(scene)
    assert (backend.create_renderer, backend.load_semantic_mesh, backend.enable_physics) == (False, False, False)
    assert backend.allow_sliding is sliding
    assert (agent.height, agent.radius, agent.sensor_specifications) == (1.5, 0.1, [])
    amounts = {key: (spec.name, spec.actuation.amount) for key, spec in agent.action_space.items()}
    assert amounts == {
        "move_forward": ("move_forward", 0.25),
        "turn_left": ("turn_left", 10.0),
        "turn_right": ("turn_right", 10.0),
    }


def test_a_given_mesh_is_loaded_and_otherwise_that_of_the_scene(fake: Any, scene: Path) -> None:
    other = scene.with_name("other.navmesh")
    other.write_bytes(b"a navigation mesh")
    HabitatPointNavEnv(scene=scene, navmesh=other)
    assert fake.called("load_nav_mesh") == [(str(scene.with_suffix(".navmesh")),), (str(other),)]
    fake.calls.clear()
    HabitatPointNavEnv(scene=str(scene))
    assert fake.called("load_nav_mesh") == [(str(scene.with_suffix(".navmesh")),)]


def test_without_a_mesh_nothing_starts(fake: Any, scene: Path) -> None:
    scene.with_suffix(".navmesh").unlink()
    with pytest.raises(ValueError, match="got none beside the scene: pass navmesh="):
        HabitatPointNavEnv(scene=scene)
    assert fake.called("close") == [(True,)]
    scene.with_suffix(".navmesh").write_bytes(b"garbage")
    with pytest.raises(ValueError, match="got none that habitat-sim reads from"):
        HabitatPointNavEnv(scene=scene, navmesh=scene.with_suffix(".navmesh"))


def sampled(env: HabitatPointNavEnv, seed: int, n: int) -> list[Episode]:
    env.reset(seed=seed)
    episodes = []
    for _ in range(n):
        assert env._episode is not None
        episodes.append(env._episode)
        env.reset()
    return episodes


def test_sampled_episodes_obey_habitats_rule(fake: Any, scene: Path) -> None:
    env = HabitatPointNavEnv(scene=scene)
    episodes = sampled(env, 0, 400)
    ratios = []
    for one in episodes:
        assert one.geodesic_distance is not None
        assert 1 <= one.geodesic_distance <= 30
        # Never in the closet, whose radius is below 1.5 m.
        assert one.start_position[0] < 10
        assert one.goal_position[0] < 10
        ratios.append(one.geodesic_distance / math.dist(one.start_position, one.goal_position))
    # Straight ways, at ratio 1, pass with probability 20 * 0.02^2 = 0.008, so that a room with one wall, where more
    # than half of all ways are straight, gives few of them.
    assert 0 < np.mean(np.array(ratios) < 1.001) < 0.1
    headings = [float(from_habitat(one.start_position, one.start_rotation)[1]) for one in episodes]
    counts, _ = np.histogram(headings, 4, (-np.pi, np.pi))
    assert counts.min() > 70


def test_sampled_episodes_depend_on_seed_and_count_alone(fake: Any, scene: Path) -> None:
    first, second = HabitatPointNavEnv(scene=scene), HabitatPointNavEnv(scene=scene)
    episodes = sampled(first, 3, 5)
    # What else draws from the C library's random numbers changes nothing.
    second.reset(seed=8)
    for k, one in enumerate(episodes):
        second.reset(seed=3) if k == 0 else second.reset()
        second._sim.pathfinder.get_random_navigable_point()
        assert second._episode == one
    assert len({one.start_position for one in episodes}) == 5
    assert sampled(first, 4, 1) != episodes[:1]
    assert [one.episode_id for one in episodes] == ["0", "1", "2", "3", "4"]


def test_sampled_episodes_are_numbered_from_their_seed_on(fake: Any, scene: Path) -> None:
    env = HabitatPointNavEnv(scene=scene)
    for seed in (3, 8):
        for k in range(3):
            _, begun = env.reset(seed=seed if k == 0 else None)
            assert env._episode is not None
            assert (begun["episode_number"], begun["episode_id"]) == (k, str(k))
            assert begun["start_geodesic"] == pytest.approx(env._episode.geodesic_distance)
            ended = env.step(STOP)[4]
            assert (ended["episode_number"], ended["start_geodesic"]) == (k, begun["start_geodesic"])


def test_without_a_seed_episodes_differ(fake: Any, scene: Path) -> None:
    starts = set()
    for _ in range(3):
        env = HabitatPointNavEnv(scene=scene)
        env.reset()
        assert env._episode is not None
        starts.add(env._episode.start_position)
    assert len(starts) == 3


def test_a_sampled_episode_written_and_played_again_is_the_same(fake: Any, scene: Path) -> None:
    env = HabitatPointNavEnv(scene=scene)
    one = sampled(env, 11, 1)[0]
    path = scene.with_name("again.json.gz")
    write_episodes(path, [one])
    assert read_episodes(path) == [one]
    first, _ = env.reset(seed=11)
    again, _ = HabitatPointNavEnv(scene=scene, episodes=path).reset(seed=0)
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize(
    ("start", "goal", "geodesic", "draw", "accepted"),
    [
        ((0, 0, 0), (2, 0, 0), 3.0, 0.99, True),
        ((0, 0, 0), (2, 0, 0), 2.2, 0.99, True),
        ((0, 0, 0), (2, 0, 0), 2.0, 0.0079, True),  # 20 * 0.02^2 = 0.008
        ((0, 0, 0), (2, 0, 0), 2.0, 0.0081, False),
        ((0, 0, 0), (2, 0, 0), 2.16, 0.19, True),  # 20 * 0.1^2 = 0.2
        ((0, 0, 0), (2, 0, 0), 2.16, 0.21, False),
        ((0, 0, 0), (0.5, 0, 0), 0.99, 0.0, False),
        ((0, 0, 0), (9, 0, 0), 30.1, 0.0, False),
        ((0, 0, 0), (9, 0, 0), math.inf, 0.0, False),
        ((0, 0, 0), (2, 0.5, 0), 3.0, 0.5, True),
        ((0, 0.6, 0), (2, 0, 0), 3.0, 0.5, False),
    ],
)
def test_habitats_rule_by_hand(start: Any, goal: Any, geodesic: float, draw: float, accepted: bool) -> None:
    assert accepts(np.array(start, float), np.array(goal, float), geodesic, draw) is accepted


def test_a_mesh_without_room_for_episodes_is_told(fake: Any, scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake.PathFinder, "island_radius", lambda self, point: 1.4)
    env = HabitatPointNavEnv(scene=scene)
    with pytest.raises(RuntimeError, match="no start and goal 1 to 30 m apart on one floor found among 1000 goals"):
        env.reset(seed=0)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(FORWARD)
