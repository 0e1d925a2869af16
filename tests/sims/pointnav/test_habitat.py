"""The Habitat environment on a stand-in for habitat_sim: what it calls, senses, pays and measures."""

import inspect
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import RecordEpisodeStatistics

from sims.core.seeding import pick
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.episodes import Episode, write_episodes
from sims.pointnav.habitat import HabitatPointNavEnv, measures
from sims.pointnav.habitat_map import AGENT, FREE, GOAL, PATH, WALL
from sims.pointnav.state import FORWARD, LEFT, MEASURES, RIGHT, STOP

FLOOR = 0.25  # the stand-in's
EAST = (0.0, -math.sqrt(0.5), 0.0, math.sqrt(0.5))  # facing +x
NORTH = (0.0, 0.0, 0.0, 1.0)  # facing -z, up the page


def episode(
    start: tuple[float, float], rotation: tuple[float, ...], goal: tuple[float, float], name: str = "0"
) -> Episode:
    """An episode between two points x, z of the stand-in's floor."""
    ends = (start[0], FLOOR, start[1]), rotation, (goal[0], FLOOR, goal[1])
    return Episode(name, "gibson/room.glb", *ends, 0.2, None)


def playing(scene: Path, one: Episode, **settings: Any) -> HabitatPointNavEnv:
    """An environment in the first step of the given episode."""
    path = scene.with_name("one.json.gz")
    write_episodes(path, [one])
    env = HabitatPointNavEnv(scene=scene, episodes=path, **settings)
    env.reset(seed=0)
    return env


# What is asked of habitat_sim


def test_each_action_is_one_step_of_the_simulator_and_stop_is_none(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((6.0, -1.0), NORTH, (6.0, -3.0)))
    for action in (FORWARD, LEFT, np.int64(RIGHT), STOP):
        env.step(action)
    assert fake.called("step") == [("move_forward",), ("turn_left",), ("turn_right",)]


def test_rounded_rotations_of_files_are_made_exact(fake: Any, scene: Path) -> None:
    # The stand-in, like Magnum, refuses what is 3e-5 off unit length.
    env = playing(scene, episode((6.0, -1.0), (0.0, 0.70713, 0.0, 0.70713), (6.0, -3.0)))
    (_, state) = fake.called("initialize_agent")[-1]
    np.testing.assert_allclose(state.rotation, [0, math.sqrt(0.5), 0, math.sqrt(0.5)], atol=1e-12)
    assert state.position.dtype == np.float32
    env.step(FORWARD)


def test_closing_frees_the_simulator_once(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((6.0, -1.0), NORTH, (6.0, -3.0)), render_mode="rgb_array")
    env.close()
    env.close()
    assert fake.called("close") == [(True,)]
    with pytest.raises(gymnasium.error.ClosedEnvironmentError, match="make the environment anew"):
        env.reset(seed=0)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(FORWARD)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.render()


# What the agent senses


def test_flat_observation_by_hand(fake: Any, scene: Path) -> None:
    # Facing +x with the goal 3 m ahead and, as z runs down the page, 1 m to the left.
    env = playing(scene, episode((5.0, -1.0), EAST, (8.0, -2.0)))
    first, _ = env.reset(seed=0)
    assert first.shape == (12,)
    assert first.dtype == np.float32
    np.testing.assert_allclose(first, [3, 1, 0, 0, 1, 0, 0.5, 1, 0, 0, 0, 0], atol=1e-6)
    ahead, *_ = env.step(FORWARD)
    np.testing.assert_allclose(ahead, [3, 1, 0.25, 0, 1, 0, 0.5, 0, 0, 1, 0, 0], atol=1e-6)
    turned = [env.step(LEFT)[0] for _ in range(3)][-1]
    cos, sin = math.cos(math.pi / 6), 0.5
    np.testing.assert_allclose(turned, [3, 1, 0.25, 0, cos, sin, 0.5, 0, 0, 0, 1, 0], atol=1e-6)
    moved, *_ = env.step(FORWARD)
    x, y = 0.25 + 0.25 * cos, 0.25 * sin
    np.testing.assert_allclose(moved, [3, 1, x, y, cos, sin, 0.5, 0, 0, 1, 0, 0], atol=1e-6)
    right, *_ = env.step(RIGHT)
    np.testing.assert_allclose(right[7:], [0, 0, 0, 0, 1])
    stopped, *_ = env.step(STOP)
    np.testing.assert_allclose(stopped[7:], [0, 1, 0, 0, 0])


def test_proximity_is_straight_through_walls_and_capped(fake: Any, scene: Path) -> None:
    near, _ = playing(scene, episode((3.75, -2.0), NORTH, (4.125, -2.0))).reset(seed=0)
    assert near[6] == pytest.approx(0.375)
    far, _ = playing(scene, episode((3.5, -2.0), NORTH, (4.125, -2.0))).reset(seed=0)
    assert far[6] == 0.5
    # In three dimensions, as the paper's code has it: 0.2 m to the side, 0.1 m up, 0.2 m ahead.
    above = episode((6.0, -1.0), NORTH, (6.2, -1.2))._replace(goal_position=(6.2, FLOOR + 0.1, -1.2))
    assert playing(scene, above).reset(seed=0)[0][6] == pytest.approx(0.3, abs=1e-6)


def test_dict_observation_by_hand(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((5.0, -1.0), EAST, (8.0, -2.0)), obs="dict")
    first, _ = env.reset(seed=0)
    assert sorted(first) == ["compass", "gps", "pointgoal_with_gps_compass"]
    assert {part.dtype for part in first.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(first["pointgoal_with_gps_compass"], [math.sqrt(10), math.atan2(1, 3)], rtol=1e-6)
    np.testing.assert_allclose(first["gps"], [0, 0], atol=1e-7)
    np.testing.assert_allclose(first["compass"], [0], atol=1e-7)
    for _ in range(9):
        env.step(LEFT)
    env.step(FORWARD)
    seen, *_ = env.step(RIGHT)
    # 0.25 m to the left of the start, facing 80 degrees to the left of its heading.
    np.testing.assert_allclose(seen["gps"], [0, -0.25], atol=1e-6)
    np.testing.assert_allclose(seen["compass"], [math.radians(80)], rtol=1e-6)
    rho, left = math.hypot(3, 0.75), math.atan2(0.75, 3) - math.radians(80)
    np.testing.assert_allclose(seen["pointgoal_with_gps_compass"], [rho, left], rtol=1e-5)


def rotated(rotation: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """`vector` turned by a quaternion x, y, z, w."""
    axis, w = rotation[:3], rotation[3]
    return vector + 2 * np.cross(axis, np.cross(axis, vector) + w * vector)


def test_dict_observation_is_what_habitat_labs_sensors_compute(fake: Any, scene: Path) -> None:
    rng = np.random.default_rng(3)
    env = HabitatPointNavEnv(scene=scene, obs="dict", max_steps=200)
    seen, _ = env.reset(seed=5)
    start = env._episode
    assert start is not None
    inverse = np.array([-1, -1, -1, 1])
    for action in rng.choice([FORWARD, FORWARD, LEFT, RIGHT], 150):
        seen, *_ = env.step(action)
        position, rotation = env._state()
        goal = rotated(rotation * inverse, np.array(start.goal_position) - position)
        phi = math.atan2(goal[0], -goal[2])
        gps = rotated(np.array(start.start_rotation) * inverse, position - np.array(start.start_position))
        ahead = rotated(rotation * inverse, rotated(np.array(start.start_rotation), np.array([0.0, 0.0, -1.0])))
        np.testing.assert_allclose(seen["gps"], [-gps[2], gps[0]], atol=1e-5)
        np.testing.assert_allclose(seen["compass"], [math.atan2(ahead[0], -ahead[2])], atol=1e-5)
        np.testing.assert_allclose(seen["pointgoal_with_gps_compass"], [math.hypot(goal[0], goal[2]), -phi], atol=1e-5)


@pytest.mark.parametrize("obs", ["flat", "dict"])
@pytest.mark.parametrize("render_mode", [None, "rgb_array"])
def test_gymnasium_finds_nothing_to_complain_about(
    fake: Any, scene: Path, obs: str, render_mode: str | None, registered: str
) -> None:
    check_env(gymnasium.make(registered, scene=scene, obs=obs, render_mode=render_mode).unwrapped)


@pytest.fixture
def registered() -> Iterator[str]:
    name = "umwelt-test/HabitatPointNav-v0"
    gymnasium.register(name, entry_point="sims.pointnav.habitat:HabitatPointNavEnv")
    yield name
    del gymnasium.registry[name]


# Moving, reward and measures


def test_a_straight_walk_to_the_goal(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((6.0, 0.0), NORTH, (6.0, -2.0)))
    rewards = []
    for _ in range(8):
        _, reward, terminated, truncated, info = env.step(FORWARD)
        rewards.append(reward)
        assert (terminated, truncated, info) == (False, False, {})
    np.testing.assert_allclose(rewards, 0.25 - 0.001, atol=1e-6)
    _, reward, terminated, truncated, info = env.step(STOP)
    assert (terminated, truncated) == (True, False)
    assert reward == pytest.approx(3.5 - 0.001, abs=1e-6)
    assert tuple(info) == (*MEASURES, "episode_number", "steps")
    expected = {"success": 1.0, "spl": 1.0, "soft_spl": 1.0, "distance_to_goal": 0.0, "collisions": 0}
    expected |= {"path_length": 2.0, "start_geodesic": 2.0, "episode_number": 0, "steps": 9}
    assert info == pytest.approx(expected, abs=1e-6)


def test_a_detour_lowers_spl_and_stopping_short_is_a_failure(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((6.0, 0.0), NORTH, (6.0, -2.0)))
    for action in [LEFT] * 18 + [FORWARD] * 2 + [RIGHT] * 18 + [FORWARD] * 9:
        env.step(action)
    _, reward, _, _, info = env.step(STOP)
    # 0.5 m away, 2.25 m back: 0.25 m short of the goal after 2.75 m.
    assert reward == pytest.approx(-0.001, abs=1e-5)
    assert (info["success"], info["spl"]) == (0.0, 0.0)
    assert info["distance_to_goal"] == pytest.approx(0.25, abs=1e-5)
    assert info["path_length"] == pytest.approx(2.75, abs=1e-5)
    assert info["soft_spl"] == pytest.approx((1 - 0.25 / 2) * 2 / 2.75, abs=1e-5)


def test_distance_is_around_the_wall_and_success_too(fake: Any, scene: Path) -> None:
    # 0.16 m from the goal as the crow flies, but the wall lies between.
    env = playing(scene, episode((3.875, -2.0), NORTH, (4.125, -2.0)))
    _, reward, _, _, info = env.step(STOP)
    assert info["start_geodesic"] == pytest.approx(4.25)
    assert (info["success"], reward) == (0.0, pytest.approx(-0.001))


def test_sliding_along_a_wall(fake: Any, scene: Path) -> None:
    # Facing 30 degrees off the wall at x = 4.125, 0.05 m from it.
    rotation = (0.0, math.sin(math.pi / 12), 0.0, math.cos(math.pi / 12))
    env = playing(scene, episode((4.175, -2.0), rotation, (8.0, -4.0)))
    seen, *_ = env.step(FORWARD)
    assert fake.called("try_step")
    position, _ = env._state()
    np.testing.assert_allclose(position, [4.125, FLOOR, -2 - 0.25 * math.cos(math.pi / 6)], atol=1e-6)
    _, _, _, _, info = env.step(STOP)
    assert info["collisions"] == 1
    assert info["path_length"] == pytest.approx(math.hypot(0.05, 0.25 * math.cos(math.pi / 6)), abs=1e-6)
    # In the start's frame: some ahead, some to the right.
    assert seen[2] > 0
    assert seen[3] < 0


def test_no_sliding_stops_at_the_wall(fake: Any, scene: Path) -> None:
    rotation = (0.0, math.sin(math.pi / 12), 0.0, math.cos(math.pi / 12))
    env = playing(scene, episode((4.175, -2.0), rotation, (8.0, -4.0)), sliding=False)
    env.step(FORWARD)
    assert fake.called("try_step_no_sliding")
    assert not fake.called("try_step")
    np.testing.assert_allclose(env._state()[0], [4.125, FLOOR, -2 - 0.05 / math.tan(math.pi / 6)], atol=1e-5)


def test_collisions_are_counted_each_time_and_turns_are_none(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((8.9, -2.0), EAST, (6.0, -2.0)))
    rewards = [env.step(action)[1] for action in (FORWARD, FORWARD, LEFT, FORWARD, STOP)][1:3]
    info = env._measures(False)
    assert info["collisions"] == 3
    # Against the wall nothing changes, so that only the slack is paid.
    assert rewards == [-0.001, -0.001]


def test_distance_is_measured_again_after_real_movement_only(
    fake: Any, scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = playing(scene, episode((6.0, 0.0), NORTH, (6.0, -2.0)))
    asked: list[Any] = []
    monkeypatch.setattr(fake.PathFinder, "find_path", lambda self, path: asked.append(path))
    env.step(LEFT)
    env.step(STOP)
    assert asked == []


def test_rewards_can_be_chosen(fake: Any, scene: Path) -> None:
    prices = {"slack_reward": -0.5, "progress_reward": 2.0, "success_reward": 10.0, "spl_reward": 4.0}
    # 0.5 m away, 2.5 m back: at the goal, 2 m from the start, after 3 m.
    env = playing(scene, episode((6.0, 0.0), NORTH, (6.0, -2.0)), **prices)
    for _ in range(18):
        assert env.step(LEFT)[1] == -0.5
    for _ in range(2):
        assert env.step(FORWARD)[1] == pytest.approx(-0.5 - 2 * 0.25, abs=1e-5)
    for _ in range(18):
        env.step(RIGHT)
    for _ in range(10):
        assert env.step(FORWARD)[1] == pytest.approx(-0.5 + 2 * 0.25, abs=1e-5)
    _, reward, _, _, info = env.step(STOP)
    assert info["spl"] == pytest.approx(2 / 3, abs=1e-5)
    assert reward == pytest.approx(-0.5 + 10 + 4 * 2 / 3, abs=1e-5)


def test_success_and_spl_are_paid_at_a_stop_at_the_goal_alone(fake: Any, scene: Path) -> None:
    prices: dict[str, Any] = {"slack_reward": 0.0, "progress_reward": 0.0, "success_reward": 10.0, "spl_reward": 4.0}
    at_goal = episode((6.0, 0.0), NORTH, (6.0, -0.25))
    env = playing(scene, at_goal, max_steps=1, **prices)
    _, reward, _, truncated, info = env.step(FORWARD)
    assert (reward, truncated, info["success"], info["steps"]) == (0.0, True, 0.0, 1)
    short = playing(scene, at_goal, **prices)
    assert short.step(STOP)[1] == 0.0
    here = playing(scene, at_goal, **prices)
    assert here.step(FORWARD)[1] == 0.0
    assert here.step(STOP)[1] == pytest.approx(14.0)


def test_rewards_are_those_of_the_native_env_by_name_and_default() -> None:
    ours, native = (inspect.signature(env.__init__).parameters for env in (HabitatPointNavEnv, PointNavVectorEnv))
    names = [name for name in native if name.endswith("_reward")]
    assert [(name, ours[name].default) for name in ours if name.endswith("_reward")] == [
        (name, native[name].default) for name in names
    ]


def test_other_peoples_records_of_episodes_fit_in(fake: Any, scene: Path) -> None:
    env = RecordEpisodeStatistics(playing(scene, episode((6.0, 0.0), NORTH, (6.0, -0.25))))
    for number in range(2):
        _, begun = env.reset(seed=0) if number == 0 else env.reset()
        assert "episode" not in begun
        env.step(FORWARD)
        info = env.step(STOP)[4]
        assert info["episode"]["r"] == pytest.approx(0.25 + 3.5 - 0.002, abs=1e-5)
        assert (info["episode"]["l"], info["steps"], info["success"]) == (2, 2, 1.0)


def test_truncated_at_the_last_step_but_a_stop_there_terminates(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((6.0, 0.0), NORTH, (6.0, -2.0)), max_steps=2)
    assert env.step(LEFT)[2:] == (False, False, {})
    _, _, terminated, truncated, info = env.step(LEFT)
    assert (terminated, truncated, info["success"], info["distance_to_goal"]) == (False, True, 0.0, 2.0)
    env.reset()
    env.step(LEFT)
    assert env.step(STOP)[2:4] == (True, False)


def test_stepping_without_an_episode_asks_for_a_reset(fake: Any, scene: Path) -> None:
    words = r"^the episode is over: call reset\(\) before the next step\(\)$"
    with pytest.raises(gymnasium.error.ResetNeeded, match=words):
        HabitatPointNavEnv(scene=scene).step(FORWARD)
    for last, settings in ((STOP, {}), (LEFT, {"max_steps": 1})):
        env = playing(scene, episode((6.0, 0.0), NORTH, (6.0, -2.0)), **settings)
        env.step(last)
        with pytest.raises(gymnasium.error.ResetNeeded, match=words):
            env.step(LEFT)
        env.reset()
        env.step(LEFT)


def test_measures_by_hand() -> None:
    assert measures(True, 4.0, 0.1, 5.0, 2) == {
        "success": 1.0,
        "spl": 0.8,
        "soft_spl": pytest.approx((1 - 0.1 / 4) * 0.8),
        "distance_to_goal": 0.1,
        "collisions": 2,
        "path_length": 5.0,
        "start_geodesic": 4.0,
    }
    # Ending further away than it began counts as nothing, not as less.
    assert measures(False, 4.0, 6.0, 2.0, 0)["soft_spl"] == 0.0


# Which episodes


def test_listed_episodes_are_picked_by_the_hash_of_seed_and_count(fake: Any, scene: Path) -> None:
    path = scene.with_name("val.json.gz")
    mine = [episode((6.0, -1.0), NORTH, (6.0, -2.0 - i / 10), str(i)) for i in range(10)]
    other = [mine[0]._replace(scene_id="gibson/hall.glb", episode_id="hall")] * 5
    write_episodes(path, other[:2] + mine + other[2:])
    env = HabitatPointNavEnv(scene=scene, episodes=path)
    names = [env.reset(seed=7)[1]["episode_id"], *(env.reset()[1]["episode_id"] for _ in range(30))]
    assert names == [str(pick(np.uint64(7), k, 10)) for k in range(31)]
    # Its number counts the episodes of the other scenes too: two of them come first.
    first, length = int(names[0]), 1 + int(names[0]) / 10
    info = env.reset(seed=7)[1]
    assert info.pop("start_geodesic") == pytest.approx(length)
    assert info == {"episode_number": first + 2, "episode_id": str(first), "scene_id": "gibson/room.glb"}
    assert type(info["episode_number"]) is int
    assert env.step(STOP)[4]["episode_number"] == first + 2
    write_episodes(path, other)
    with pytest.raises(
        ValueError, match=r"expected episodes in room\.glb, got 1 other scenes, such as \['hall\.glb'\]"
    ):
        HabitatPointNavEnv(scene=scene, episodes=path)


@pytest.mark.parametrize(
    ("goal", "length"),
    [((20.5, 0.5), "inf"), ((30.0, 0.0), "inf"), ((6.0, -1.0), "0.0")],
)
def test_goals_that_make_no_episode_are_refused(fake: Any, scene: Path, goal: tuple[float, float], length: str) -> None:
    with pytest.raises(ValueError, match=rf"episode 0 of gibson/room\.glb: .* got {length} m"):
        playing(scene, episode((6.0, -1.0), NORTH, goal))


def test_tilted_starts_are_refused(fake: Any, scene: Path) -> None:
    with pytest.raises(ValueError, match="which tilts"):
        playing(scene, episode((6.0, -1.0), (0.6, 0.0, 0.0, 0.8), (6.0, -3.0)))


# Pictures and settings


def test_the_map_shows_floor_path_goal_and_agent(fake: Any, scene: Path) -> None:
    # Up the page, then to the right: the corner of the path is up from the start.
    env = playing(scene, episode((6.0, 1.0), NORTH, (8.0, -3.0)), render_mode="rgb_array")
    for action in [FORWARD] * 8 + [RIGHT] * 9 + [FORWARD] * 4:
        env.step(action)
    before = env._state()
    image = env.render()
    assert image is not None
    np.testing.assert_array_equal(env._state()[0], before[0])
    assert (image.dtype, image.shape) == (np.uint8, (140, 400, 3))

    def colour(x: float, z: float) -> tuple[int, ...]:
        return tuple(int(c) for c in np.asarray(image)[round((z + 5) / 0.05), round((x - 1) / 0.05)])

    assert colour(2.0, 0.0) == FREE
    assert colour(4.0, -2.0) == WALL
    assert colour(20.5, 0.5) == FREE
    assert colour(15.0, 0.0) == WALL
    assert colour(8.0, -3.0) == GOAL
    assert colour(6.0, 0.0) == PATH
    assert colour(6.0, -1.0) == PATH
    assert colour(6.5, -1.0) == PATH
    assert colour(7.0, -1.0) == AGENT
    assert colour(7.35, -1.0) == AGENT  # looks to the right
    assert colour(6.6, -1.2) == FREE
    for _ in range(9):
        env.step(LEFT)
    image = env.render()
    assert image is not None
    assert (colour(7.0, -1.35), colour(7.35, -1.0)) == (AGENT, FREE)  # looks up the page


def test_the_map_of_a_floor_is_asked_for_once_an_episode(fake: Any, scene: Path) -> None:
    env = playing(scene, episode((6.0, 1.0), NORTH, (8.0, -3.0)), render_mode="rgb_array")
    first = env.render()
    env.step(FORWARD)
    second = env.render()
    assert fake.called("get_topdown_view") == [(0.05, FLOOR, 0.5)]
    assert first is not None
    assert second is not None
    assert (first != second).any()


def test_without_render_mode_nothing_is_drawn(fake: Any, scene: Path) -> None:
    assert playing(scene, episode((6.0, 1.0), NORTH, (8.0, -3.0))).render() is None
    with pytest.raises(gymnasium.error.ResetNeeded, match="no episode to draw"):
        HabitatPointNavEnv(scene=scene, render_mode="rgb_array").render()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_steps": 0}, "max_steps must be an integer of at least 1, got 0"),
        ({"max_steps": True}, "max_steps must be an integer"),
        ({"obs": "rgb"}, "obs must be 'flat' or 'dict', got 'rgb'"),
        ({"render_mode": "human"}, "render_mode must be None or 'rgb_array', got 'human'"),
        (
            {"slack_reward": math.nan},
            "rewards must be finite, got slack, progress, success, spl = .nan, 1.0, 3.5, 0.0.",
        ),
        ({"progress_reward": math.inf}, "rewards must be finite, .*: pass 0.0 to leave one out"),
        ({"success_reward": -math.inf}, "rewards must be finite"),
        ({"spl_reward": np.float32("nan")}, "rewards must be finite"),
    ],
)
def test_settings_out_of_range_are_refused(fake: Any, scene: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HabitatPointNavEnv(scene=scene, **settings)
    assert fake.calls == []


@pytest.mark.parametrize("settings", [{"scene": "no.glb"}, {"navmesh": "no.navmesh"}, {"episodes": "no.json.gz"}])
def test_files_that_are_not_there(fake: Any, scene: Path, settings: dict[str, Any]) -> None:
    settings = {"scene": scene} | settings
    with pytest.raises(FileNotFoundError, match=r"no\.(glb|navmesh|json\.gz)"):
        HabitatPointNavEnv(**settings)


@pytest.mark.parametrize("action", [4, -1, 1.0, None, "left"])
def test_actions_out_of_range_are_refused(fake: Any, scene: Path, action: Any) -> None:
    env = playing(scene, episode((6.0, -1.0), NORTH, (6.0, -3.0)))
    with pytest.raises(ValueError, match="an action must be 0 STOP, 1 FORWARD, 2 LEFT or 3 RIGHT"):
        env.step(action)
    assert fake.called("step") == []
