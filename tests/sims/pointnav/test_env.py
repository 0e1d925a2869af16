"""The Gymnasium shells: observations, batches, seeds, resets, errors."""

import copy
import inspect

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_env_sb3
from stable_baselines3.common.vec_env import DummyVecEnv

import sims  # noqa: F401
from sims.pointnav.env import PointNavEnv, PointNavSettings, PointNavVectorEnv
from sims.pointnav.spaces import habitat_form
from sims.pointnav.state import FORWARD, LEFT, STOP
from tests.sims.pointnav.rooms import env_at, room_file

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8}


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


@pytest.mark.parametrize("seed", [0, 2**32, 2**64 - 1, 2**64 + 5, 10**40])
def test_absurd_seeds_work(seed):
    obs, _ = PointNavVectorEnv(3, **SMALL).reset(seed=seed)
    assert np.isfinite(obs).all()


def test_reset_mask_and_episode_numbers():
    env = PointNavVectorEnv(3, **SMALL)
    env.reset(seed=0, options={"episodes": np.array([5, 6, 7])})
    assert env.state.episode.tolist() == [5, 6, 7]
    env.step([1, 1, 1])
    env.reset(options={"reset_mask": np.array([False, True, False]), "episodes": np.array([-1, 9, -1])})
    assert env.state.episode.tolist() == [5, 9, 7]
    assert env.state.steps.tolist() == [1, 0, 1]
    single = PointNavEnv(**SMALL)
    assert single.reset(options={"episode": 9})[1]["episode_number"] == 9


def test_reset_without_a_seed_goes_on_to_the_next_episode():
    env = PointNavVectorEnv(64, **SMALL)
    first = env.reset(seed=0)[1]["episode_number"]
    assert (env.reset()[1]["episode_number"] != first).any()
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
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"call reset"):
        env.step([1, 1])
    env.reset()
    assert env.state.episode_count.tolist() == [1, 1], "seeds and counters go on"


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
        ({"goals_per_layout": 0}, "goals_per_layout must be an integer of at least 1"),
        ({"goals_per_layout": 2.5}, "goals_per_layout must be an integer"),
        ({"pool_seed": -1}, "seed must be an integer of at least 0"),
        ({"layouts": None}, "layouts= must be a string"),
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
    with pytest.raises(gymnasium.error.ResetNeeded, match="before the first reset"):
        PointNavVectorEnv(3, **SMALL).step([1, 1, 1])
    env = PointNavEnv(**SMALL)
    env.reset(seed=0)
    env.step(STOP)
    with pytest.raises(gymnasium.error.ResetNeeded, match="the episode is over"):
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


def test_last_observations_of_dictionaries_are_kept_by_env():
    env, flat = (PointNavVectorEnv(3, obs=form, **SMALL) for form in ("dict", "flat"))
    env.reset(seed=0)
    flat.reset(seed=0)
    actions = [FORWARD, STOP, LEFT]
    last = env.step(actions)[4]["final_obs"]
    expected = habitat_form(flat.step(actions)[4]["final_obs"][1])
    assert last[0] is None
    assert last[2] is None
    assert all((last[1][name] == values).all() for name, values in expected.items())
    assert env.observation_space["gps"].shape == (3, 2)


def test_wrappers_that_own_the_key_episode_work():
    env = gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make("umwelt/PointNav-v0", **SMALL))
    env.reset(seed=0)
    *_, info = env.step(STOP)
    assert info["episode"]["l"] == 1
    assert info["success"] in (0.0, 1.0)
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(PointNavVectorEnv(3, **SMALL))
    envs.reset(seed=0)
    *_, infos = envs.step(np.array([STOP, FORWARD, FORWARD]))
    assert infos["_episode"].tolist() == [True, False, False]


def test_stable_baselines3_learns_without_a_monitor():
    env = DummyVecEnv([lambda: gymnasium.make("umwelt/PointNav-v0", max_steps=20, **SMALL)] * 2)
    PPO("MlpPolicy", env, n_steps=32, batch_size=32, n_epochs=1, device="cpu").learn(64)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_gymnasiums_own_batches_of_single_envs_agree_with_ours(mode):
    kwargs = {"vectorization_mode": mode, "vector_kwargs": {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}}
    theirs = gymnasium.make_vec("umwelt/PointNav-v0", num_envs=2, max_steps=6, **kwargs, **SMALL)
    ours = PointNavVectorEnv(2, max_steps=6, **SMALL)
    assert (theirs.reset(seed=3)[0] == ours.reset(seed=3)[0]).all()
    for k in range(14):
        actions = np.array([1 + k % 3, FORWARD])
        a, b = theirs.step(actions), ours.step(actions)
        assert all((x == y).all() for x, y in zip(a[:4], b[:4], strict=True))
        assert a[4].keys() == b[4].keys() or not a[2].any()
        if "final_info" in b[4]:
            assert (a[4]["final_info"]["spl"] == b[4]["final_info"]["spl"]).all()
    theirs.close()


def test_a_copied_env_goes_on_alike_and_shares_its_pool():
    env = PointNavVectorEnv(3, **SMALL)
    env.reset(seed=0)
    other = copy.deepcopy(env)
    assert other.pool.arrays.field is env.pool.arrays.field
    assert env.step([1, 2, 3])[0].tobytes() == other.step([1, 2, 3])[0].tobytes()


def test_actions_of_any_integer_kind_are_taken_as_they_are():
    envs = [PointNavVectorEnv(3, **SMALL) for _ in range(4)]
    frozen = np.array([1, 2, 3])
    frozen.flags.writeable = False
    strided = np.array([[1, 0], [2, 0], [3, 0]], np.int8)[:, 0]
    results = []
    for env, actions in zip(envs, ([1, 2, 3], frozen, strided, np.array([1, 2, 3], np.uint16)), strict=True):
        env.reset(seed=0)
        results.append(env.step(actions)[0].tobytes())
    assert len(set(results)) == 1


def test_pictures_have_one_size_whatever_the_floor():
    env = PointNavVectorEnv(24, layouts="houses:0-6", goals_per_layout=1, starts_per_goal=2, render_mode="rgb_array")
    env.reset(seed=0)
    pictures = env.render()
    assert {picture.shape for picture in pictures} == {(640, 640, 3)}
    assert pictures[0].flags.writeable


def test_masks_are_arrays_of_their_own():
    env = PointNavVectorEnv(2, **SMALL)
    env.reset(seed=0)
    infos = env.step([STOP, STOP])[4]
    infos["final_info"]["_spl"][:] = False
    assert infos["_final_obs"].all()
    assert infos["final_info"]["_success"].all()


def test_asked_threads_are_kept():
    assert PointNavVectorEnv(2, n_threads=8, **SMALL).n_threads == 8
    assert PointNavVectorEnv(2, **SMALL).n_threads == 1


def test_the_single_env_takes_what_the_batch_takes():
    ours = inspect.signature(PointNavVectorEnv.__init__).parameters
    missing = (
        set(ours) - set(PointNavSettings.__annotations__) - {"self", "num_envs", "n_threads", "copy", "render_mode"}
    )
    assert missing == set()
    assert set(PointNavSettings.__annotations__) <= set(ours)


@pytest.mark.parametrize("action", [4, -1, 1.0, [1, 2], np.array([1]), None])
def test_bad_single_actions_are_refused(action):
    env = PointNavEnv(**SMALL)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="the action must be 0 STOP"):
        env.step(action)


def test_the_spec_survives_json():
    spec = gymnasium.make("umwelt/PointNav-v0", **SMALL).spec
    again = gymnasium.envs.registration.EnvSpec.from_json(spec.to_json())
    assert gymnasium.make(again).reset(seed=0)[0].shape == (12,)


def test_a_restored_state_goes_on_as_the_original_does():
    original, other = PointNavVectorEnv(4, max_steps=9, **SMALL), PointNavVectorEnv(4, max_steps=9, **SMALL)
    original.reset(seed=3)
    actions = np.random.default_rng(0).integers(0, 4, (30, 4))
    for k in range(15):
        obs, *_ = original.step(actions[k])
    assert np.array_equal(other.restore(original.state), obs)
    for k in range(15, 30):
        for a, b in zip(original.step(actions[k])[:4], other.step(actions[k])[:4], strict=True):
            assert np.array_equal(a, b)


def test_a_state_of_another_env_is_refused():
    original = PointNavVectorEnv(4, **SMALL)
    original.reset(seed=3)
    with pytest.raises(ValueError, match=r"state.seed must be uint64 \(3,\), got uint64 \(4,\)"):
        PointNavVectorEnv(3, **SMALL).restore(original.state)
    with pytest.raises(ValueError, match="give the env the same layouts"):
        PointNavVectorEnv(4, **{**SMALL, "layouts": "houses:3-6"}).restore(original.state)
