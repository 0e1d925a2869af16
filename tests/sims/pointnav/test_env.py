"""The Gymnasium shells: observations, batches, seeds, resets, errors."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from tests.sims.pointnav.rooms import env_at, room_file
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import sims  # noqa: F401
from sims.pointnav.env import PointNavEnv, PointNavVectorEnv, habitat_form
from sims.pointnav.state import FORWARD, LEFT, STOP

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8}


def walk(env, n_steps, seed=0):
    """Observations, rewards and ends of a random walk, as bytes."""
    obs, _ = env.reset(seed=seed)
    rng = np.random.default_rng(0)
    record = [obs.tobytes()]
    for _ in range(n_steps):
        record += [part.tobytes() for part in env.step(rng.integers(0, 4, env.num_envs))[:4]]
    return b"".join(record)


@pytest.mark.kernels
def test_first_observation_by_hand(tmp_path):
    """Start (2, 1) facing +y; goal at (5, 5): 4 ahead and 3 to the right."""
    env = env_at(room_file(tmp_path, []), [(2, 1, 90)])
    env.state.goal_x[:], env.state.goal_y[:] = 5, 5
    obs, *_ = env.step(np.array([FORWARD]))
    assert obs[0] == pytest.approx([4, -3, 0.25, 0, 1, 0, 0.5, 0, 0, 1, 0, 0], abs=1e-6)
    obs, *_ = env.step(np.array([LEFT]))
    assert obs[0] == pytest.approx([4, -3, 0.25, 0, np.cos(0.1745329), np.sin(0.1745329), 0.5, 0, 0, 0, 1, 0], abs=1e-6)
    env.state.goal_x[:], env.state.goal_y[:] = 2, 1.55
    obs, *_ = env.step(np.array([LEFT]))
    assert obs[0, 6] == pytest.approx(0.3)


def test_dict_form_has_habitats_signs():
    """Goal 4 ahead and 3 to the right, after walking 1 ahead and turning left by 90 degrees."""
    flat = np.array([4, -3, 1, 0, 0, 1, 0.5, 0, 0, 1, 0, 0], np.float32)
    form = habitat_form(flat)
    assert form["gps"].tolist() == [1.0, 0.0]
    assert form["compass"] == pytest.approx([np.pi / 2])
    assert form["pointgoal_with_gps_compass"] == pytest.approx([np.hypot(3, 3), -0.75 * np.pi])
    right = habitat_form(np.array([4, -3, 0, -2, 1, 0, 0.5, 0, 0, 1, 0, 0], np.float32))
    assert right["gps"].tolist() == [0.0, 2.0], "metres to the right are positive"


@pytest.mark.parametrize("obs", ["flat", "dict"])
def test_checkers_pass_without_a_warning(obs):
    env = gymnasium.make("umwelt/PointNav-v0", obs=obs, render_mode="rgb_array", **SMALL)
    assert env.spec.max_episode_steps is None
    check_env(env.unwrapped)
    check_env_sb3(env.unwrapped)


def test_make_vec_gives_the_native_batch():
    env = gymnasium.make_vec("umwelt/PointNav-v0", num_envs=4, **SMALL)
    assert isinstance(env, PointNavVectorEnv)
    obs, _ = env.reset(seed=0)
    assert obs.dtype == np.float32
    assert env.observation_space.contains(obs)
    assert env.metadata["autoreset_mode"] is gymnasium.vector.AutoresetMode.SAME_STEP


def test_slot_i_equals_the_single_env_reset_with_s_plus_i():
    n, seed = 6, 41
    batch = PointNavVectorEnv(n, max_steps=40, **SMALL)
    singles = [PointNavEnv(max_steps=40, **SMALL) for _ in range(n)]
    obs, _ = batch.reset(seed=seed)
    assert (obs == [env.reset(seed=seed + i)[0] for i, env in enumerate(singles)]).all()
    rng = np.random.default_rng(5)
    ends = 0
    for _ in range(120):
        actions = rng.choice(4, n, p=[0.02, 0.5, 0.24, 0.24])
        obs, rewards, terminated, truncated, infos = batch.step(actions)
        for i, env in enumerate(singles):
            one_obs, reward, one_terminated, one_truncated, info = env.step(actions[i])
            assert (reward, one_terminated, one_truncated) == (rewards[i], terminated[i], truncated[i])
            if one_terminated or one_truncated:
                ends += 1
                assert one_obs.tobytes() == infos["final_obs"][i].tobytes()
                assert info == {name: infos["final_info"][name][i] for name in info}
                one_obs, _ = env.reset()
            assert one_obs.tobytes() == obs[i].tobytes()
    assert ends > n


@pytest.mark.parametrize("n_threads", [1, 2, 4, 16])
def test_same_bytes_in_any_number_of_threads(n_threads):
    env = PointNavVectorEnv(600, max_steps=20, n_threads=1, **SMALL)
    other = PointNavVectorEnv(600, max_steps=20, **SMALL)
    other.n_threads = n_threads
    assert walk(env, 45) == walk(other, 45)


def test_different_seeds_differ():
    env = PointNavVectorEnv(4, **SMALL)
    assert walk(env, 5, seed=0) == walk(env, 5, seed=0)
    assert walk(env, 5, seed=0) != walk(env, 5, seed=4)


@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1, 2**64 + 5, 10**40])
def test_absurd_seeds_work(seed):
    obs, _ = PointNavVectorEnv(3, **SMALL).reset(seed=seed)
    assert np.isfinite(obs).all()


def test_looking_changes_nothing():
    env, other = (PointNavVectorEnv(3, render_mode="rgb_array", **SMALL) for _ in range(2))
    env.reset(seed=0)
    other.reset(seed=0)
    for k in range(30):
        pictures = env.render()
        assert len(pictures) == 3
        assert pictures[0].dtype == np.uint8
        actions = np.full(3, 1 + k % 3)
        assert env.step(actions)[0].tobytes() == other.step(actions)[0].tobytes()


def test_returned_arrays_are_fresh_unless_asked_otherwise():
    env = PointNavVectorEnv(3, **SMALL)
    first, _ = env.reset(seed=0)
    kept = first.copy()
    second = env.step([1, 1, 1])
    third = env.step([2, 2, 2])
    assert (first == kept).all()
    assert not any(np.shares_memory(a, b) for a, b in zip(second[:4], third[:4], strict=True))
    reused = PointNavVectorEnv(3, copy=False, **SMALL)
    reused.reset(seed=0)
    assert np.shares_memory(reused.step([1, 1, 1])[0], reused.step([2, 2, 2])[0])


def test_reset_mask_and_episode_numbers():
    env = PointNavVectorEnv(3, **SMALL)
    env.reset(seed=0, options={"episodes": np.array([5, 6, 7])})
    assert env.state.episode.tolist() == [5, 6, 7]
    env.step([1, 1, 1])
    env.reset(options={"reset_mask": np.array([False, True, False]), "episodes": np.array([-1, 9, -1])})
    assert env.state.episode.tolist() == [5, 9, 7]
    assert env.state.steps.tolist() == [1, 0, 1]
    single = PointNavEnv(**SMALL)
    assert single.reset(options={"episode": 9})[1]["episode"] == 9


def test_reset_without_a_seed_goes_on_to_the_next_episode():
    env = PointNavVectorEnv(64, **SMALL)
    first = env.reset(seed=0)[1]["episode"]
    assert (env.reset()[1]["episode"] != first).any()
    other = PointNavVectorEnv(64, **SMALL)
    other.reset(seed=0)
    for _ in range(1):
        other.step(np.full(64, STOP))
    env.reset(seed=0)
    env.reset()
    assert (env.state.episode == other.state.episode).all(), "an autoreset is the same as a reset"


def test_refill_changes_the_episodes_and_keeps_the_layouts():
    env = PointNavVectorEnv(2, **SMALL)
    env.reset(seed=0)
    before = env.pool
    env.refill(pool_seed=1)
    assert env.pool.names == before.names
    assert not np.array_equal(env.pool.arrays.start, before.arrays.start)
    with pytest.raises(RuntimeError, match=r"call env\.reset"):
        env.step([1, 1])
    env.reset(seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_envs": 0}, "num_envs must be an integer of at least 1"),
        ({"max_steps": 0}, "max_steps must be an integer of at least 1"),
        ({"max_steps": 2.5}, "max_steps must be an integer"),
        ({"n_threads": 0}, "n_threads must be an integer of at least 1"),
        ({"obs": "pixels"}, "obs must be 'flat' or 'dict'"),
        ({"render_mode": "human"}, "render_mode must be None or 'rgb_array'"),
        ({"slack_reward": float("nan")}, "rewards must be finite"),
        ({"goals_per_layout": 0}, "goals_per_layout must be at least 1"),
        ({"pool_seed": -1}, "seed must be at least 0"),
        ({"memory_budget": 1000}, "over memory_budget"),
        ({"layouts": "castles:0-3"}, "unknown layout family 'castles'"),
        ({"layouts": "houses:3-3"}, "names no layout"),
        ({"layouts": []}, "layouts= is empty"),
        ({"layouts": ["houses:0-2", "houses:1"]}, "more than once"),
        ({"layouts": "houses:0..3"}, "expected family:start-stop"),
    ],
)
def test_bad_settings_are_refused_with_a_cure(settings, message):
    with pytest.raises(ValueError, match=message):
        PointNavVectorEnv(**{"num_envs": 2, **SMALL, **settings})


def test_a_map_file_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"there is no map file 'nowhere\.yaml'"):
        PointNavVectorEnv(1, layouts="nowhere.yaml")


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([1, 1], "integers of shape"),
        ([[1, 1, 1]], "integers of shape"),
        ([1.0, 1.0, 1.0], "got float64"),
        ([1, 4, 1], "got 4"),
        ([1, -1, 1], "got -1"),
        ([1, np.nan, 1], "got float64"),
    ],
)
def test_bad_actions_are_refused(actions, message):
    env = PointNavVectorEnv(3, **SMALL)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.step(actions)


def test_stepping_before_reset_or_after_the_end_is_refused():
    with pytest.raises(RuntimeError, match="before the first reset"):
        PointNavVectorEnv(3, **SMALL).step([1, 1, 1])
    env = PointNavEnv(**SMALL)
    env.reset(seed=0)
    env.step(STOP)
    with pytest.raises(RuntimeError, match="the episode is over"):
        env.step(FORWARD)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 3}, "unknown reset options"),
        ({"episodes": np.array([0, 1])}, "episodes must be integers of shape"),
        ({"episodes": np.array([0, 1, 10**6])}, "episodes must be in"),
        ({"reset_mask": np.array([1, 0, 0])}, "reset_mask must be bool"),
    ],
)
def test_bad_reset_options_are_refused(options, message):
    env = PointNavVectorEnv(3, **SMALL)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=message):
        env.reset(options=options)


@pytest.mark.parametrize("seed", [-1, True])
def test_bad_seeds_are_refused(seed):
    with pytest.raises((ValueError, gymnasium.error.Error)):
        PointNavVectorEnv(3, **SMALL).reset(seed=seed)
