"""The worlds as Stable-Baselines3's `VecEnv`s, and its recurrent models as policies."""

import importlib
import sys

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import SyncVectorEnv
from sb3_contrib import RecurrentPPO
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

import agents.sb3
from agents.evaluate import play
from agents.lstm import LstmState
from agents.policy import STARTED
from agents.sb3 import Sb3Policy, WorldVecEnv
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.pointnav.env import PointNavEnv, PointNavVectorEnv
from sims.pointnav.state import FORWARD, STOP

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8}
LSTM = {"lstm_hidden_size": 16, "n_lstm_layers": 2, "net_arch": []}


def world(n_envs=4, **settings):
    return WorldVecEnv(PointNavVectorEnv(n_envs, **{**SMALL, **settings}))


def column(infos, name):
    return [info[name] for info in infos]


@pytest.mark.parametrize("obs", ["flat", "dict"])
def test_it_is_what_sb3_makes_of_single_envs(obs):
    batch = world(3, obs=obs, max_steps=7)
    singles = DummyVecEnv([lambda: Monitor(PointNavEnv(obs=obs, max_steps=7, **SMALL)) for _ in range(3)])
    assert batch.observation_space == singles.observation_space
    assert batch.action_space == singles.action_space
    for env in (batch, singles):
        env.seed(5)
    same(batch.reset(), singles.reset())
    assert batch.reset_infos == singles.reset_infos
    chance = np.random.default_rng(0)
    ends = 0
    for _ in range(60):
        actions = chance.choice(4, 3, p=[0.1, 0.5, 0.2, 0.2])
        (obs_a, rewards_a, done_a, infos_a), (obs_b, rewards_b, done_b, infos_b) = (
            batch.step(actions),
            singles.step(actions),
        )
        same(obs_a, obs_b)
        assert rewards_a.dtype == rewards_b.dtype
        assert rewards_a.tolist() == rewards_b.tolist()
        assert done_a.tolist() == done_b.tolist()
        for e in np.flatnonzero(done_a):
            ends += 1
            assert infos_a[e].keys() == infos_b[e].keys() | {"is_success"}
            same(infos_a[e]["terminal_observation"], infos_b[e]["terminal_observation"])
            assert infos_a[e]["TimeLimit.truncated"] == infos_b[e]["TimeLimit.truncated"]
            assert infos_a[e]["episode"]["l"] == infos_b[e]["episode"]["l"]
            assert infos_a[e]["episode"]["r"] == pytest.approx(infos_b[e]["episode"]["r"], abs=1e-5)
            assert infos_a[e]["spl"] == infos_b[e]["spl"]
    assert ends > 20
    same(batch.reset(), singles.reset())


def same(a, b):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        for name in a:
            same(a[name], b[name])
    else:
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


def test_a_truncated_episode_says_so_and_hands_over_its_last_observation():
    env = world(2, max_steps=3, slack_reward=-0.5, progress_reward=0.0, success_reward=0.0)
    env.seed(0)
    goals = env.reset()[:, :2].copy()
    for _ in range(2):
        _, rewards, done, infos = env.step(np.array([FORWARD, FORWARD]))
        assert rewards.tolist() == [-0.5, -0.5]
        assert not done.any()
        assert infos == [{}, {}]
    obs, _, done, infos = env.step(np.array([FORWARD, STOP]))
    assert done.all()
    assert column(infos, "TimeLimit.truncated") == [True, False], "STOP in the last step is an end of its own"
    assert [info["episode"]["r"] for info in infos] == [-1.5, -1.5]
    assert [info["episode"]["l"] for info in infos] == [3, 3]
    assert column(infos, "is_success") == [False, False]
    last = np.array(column(infos, "terminal_observation"))
    assert np.array_equal(last[:, :2], goals)
    assert last[:, 7:].tolist() == [[0, 0, 1, 0, 0], [0, 1, 0, 0, 0]]
    assert obs[:, STARTED].tolist() == [1, 1]
    _, _, done, infos = env.step(np.array([STOP, FORWARD]))
    assert done.tolist() == [True, False]
    assert infos[0]["episode"]["r"] == -0.5
    assert infos[0]["episode"]["l"] == 1
    assert infos[0]["TimeLimit.truncated"] is False


def test_seeds_and_options_hold_for_one_reset():
    env = world(2)
    env.seed(3)
    first, second = env.reset(), env.reset()
    env.seed(3)
    assert np.array_equal(env.reset(), first)
    assert not np.array_equal(second, first)
    assert np.array_equal(env.reset(), second)
    env.set_options({"episodes": np.array([4, 9])})
    env.reset()
    assert column(env.reset_infos, "episode_number") == [4, 9]
    env.set_options({"episodes": np.array([4, 9])})
    env.reset()
    env.reset()
    assert column(env.reset_infos, "episode_number") != [4, 9]
    with pytest.raises(ValueError, match="give one dictionary of options for all"):
        env.set_options([{}, {}])


def test_attributes_and_methods_are_those_of_the_batch():
    env = world(3, render_mode="rgb_array")
    env.seed(0)
    env.reset()
    assert env.get_attr("max_steps") == [500, 500, 500]
    assert env.get_attr("headings", [2, 0]) == [env.env.headings[2], env.env.headings[0]]
    assert env.env_method("layout_of", 1, indices=[0, 1, 2]) == [env.env.layout_of(1)] * 3
    env.set_attr("max_steps", 9)
    assert env.get_attr("max_steps", 1) == [9]
    assert env.has_attr("pool")
    assert not env.has_attr("nothing")
    assert env.env_is_wrapped(Monitor, 0) == [True]
    assert env.env_is_wrapped(gymnasium.wrappers.TimeLimit) == [False] * 3
    assert [frame.shape for frame in env.get_images()] == [(640, 640, 3)] * 3
    assert env.render().shape == (1280, 1280, 3)
    assert world(2).get_images() == [None, None]
    for call in (lambda: env.set_attr("max_steps", 5, 0), lambda: env.env_method("reset", indices=[1])):
        with pytest.raises(ValueError, match="that of all 3 envs together: leave indices out"):
            call()
    env.close()


def test_envs_that_sb3_would_misread_are_refused():
    with pytest.raises(ValueError, match="make it with copy=True"):
        world(copy=False)
    with pytest.raises(ValueError, match=r"got AutoresetMode\.NEXT_STEP"):
        WorldVecEnv(SyncVectorEnv([lambda: PointNavEnv(**SMALL)]))


def test_without_sb3_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sb3_contrib", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'umwelt-sims\[sb3\]'"):
        importlib.reload(agents.sb3)
    monkeypatch.undo()
    importlib.reload(agents.sb3)


@pytest.mark.parametrize(("obs", "policy"), [("flat", "MlpPolicy"), ("dict", "MultiInputPolicy")])
def test_ppo_trains_and_sees_returns(obs, policy):
    env = world(8, obs=obs, max_steps=20)
    model = PPO(policy, env, n_steps=32, batch_size=64, n_epochs=1, seed=0, device="cpu").learn(512)
    assert model.num_timesteps == 512
    assert model.ep_info_buffer
    assert len(model.ep_success_buffer) == len(model.ep_info_buffer)
    returns, lengths = evaluate_policy(model, env, 8, return_episode_rewards=True)
    assert len(returns) == 8
    assert max(lengths) <= 20


@pytest.fixture(scope="module")
def recurrent():
    """A recurrent model after a short training."""
    env = world(8, max_steps=20)
    settings = {"n_steps": 16, "batch_size": 64, "n_epochs": 1, "seed": 0, "device": "cpu"}
    return RecurrentPPO("MlpLstmPolicy", env, policy_kwargs=LSTM, **settings).learn(256)


def test_a_recurrent_model_plays_whole_episodes(recurrent):
    env = PointNavVectorEnv(4, max_steps=30, **SMALL)
    numbers = np.arange(6)
    drawn = [play(Sb3Policy(recurrent, seed=seed), env, numbers) for seed in (0, 0, 1)]
    assert drawn[0].steps.max() <= 30
    assert drawn[0].steps.tolist() == drawn[1].steps.tolist()
    assert drawn[0].measures["path_length"].tolist() != drawn[2].measures["path_length"].tolist()
    greedy = [play(Sb3Policy(recurrent, greedy=True, seed=seed), env, numbers) for seed in (0, 1)]
    assert greedy[0].measures["path_length"].tolist() == greedy[1].measures["path_length"].tolist()


def test_its_actions_and_memory_are_the_models_own(recurrent):
    env = PointNavVectorEnv(5, max_steps=4, **SMALL)
    policy = Sb3Policy(recurrent, greedy=True)
    obs, _ = env.reset(seed=1)
    state, theirs = policy.initial_state(5), None
    assert state.h.shape == state.c.shape == (2, 5, 16)
    for _ in range(10):  # episodes end on the way: the memory is blanked where the observation says so
        began = obs[:, STARTED] == 1
        expected, theirs = recurrent.predict(obs, theirs, began, deterministic=True)
        actions, state = policy.step(obs, state)
        assert actions.tolist() == expected.tolist()
        assert np.allclose(state.h, theirs[0], atol=1e-6)
        assert np.allclose(state.c, theirs[1], atol=1e-6)
        obs, *_ = env.step(np.where(np.arange(5) == 2, STOP, FORWARD))


def test_an_episodes_first_observation_blanks_the_memory(recurrent):
    obs, _ = PointNavVectorEnv(3, **SMALL).reset(seed=0)
    policy = Sb3Policy(recurrent)
    blank = policy.initial_state(3)
    other = LstmState(torch.randn(blank.h.shape), torch.randn(blank.c.shape))
    assert torch.equal(policy.step(obs, blank)[1].h, policy.step(obs, other)[1].h)


def test_a_models_normaliser_is_applied():
    env = VecNormalize(world(4, max_steps=20))
    settings = {"n_steps": 16, "batch_size": 64, "n_epochs": 1, "seed": 0, "device": "cpu"}
    model = RecurrentPPO("MlpLstmPolicy", env, policy_kwargs=LSTM, **settings).learn(64)
    obs, _ = PointNavVectorEnv(4, **SMALL).reset(seed=0)
    policy = Sb3Policy(model, greedy=True)
    _, state = policy.step(obs, policy.initial_state(4))
    _, expected = model.predict(env.normalize_obs(obs), None, np.ones(4, bool), deterministic=True)
    assert np.allclose(state.h, expected[0], atol=1e-6)


def test_other_models_are_refused():
    settings = {"n_steps": 2, "batch_size": 8, "device": "cpu"}
    with pytest.raises(ValueError, match="must be a RecurrentPPO of sb3_contrib, got PPO"):
        Sb3Policy(PPO("MlpPolicy", world(), **settings))
    model = RecurrentPPO("MultiInputLstmPolicy", world(obs="dict"), policy_kwargs=LSTM, **settings)
    with pytest.raises(ValueError, match=r"must take flat observations of shape \(12,\)"):
        Sb3Policy(model)


def test_capture_the_flag_trains_from_pixels():
    world = CaptureTheFlagVectorEnv(
        4, maps="indoor:0-2", bots={2: 1, 3: 1}, width=36, height=36, match_steps=20, n_threads=1
    )
    model = PPO("CnnPolicy", WorldVecEnv(world), n_steps=16, batch_size=32, n_epochs=1, device="cpu", seed=0)
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    model.learn(128)
    assert any((old != new).any() for old, new in zip(before, model.policy.parameters(), strict=True))
    assert len(model.ep_info_buffer) == 4, "a match ended in every slot, after 20 steps"
    assert {info["l"] for info in model.ep_info_buffer} == {20}
