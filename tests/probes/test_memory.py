"""How much of the past a window lets through, and what it costs those that need more."""

import numpy as np
import pytest
import torch
from sb3_contrib import RecurrentPPO

from agents.nets import BlindAgent
from agents.policy import STARTED, RecurrentPolicy
from agents.sb3 import Sb3Policy, WorldVecEnv
from probes.measures import Score
from probes.memory import MemoryLength, Windowed, memory_length
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import FORWARD, LEFT, STOP

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8}


class Counter:
    """Knows how many observations have fed its state, and stops at the twelfth."""

    def initial_state(self, n):
        return np.zeros(n, np.int64)

    def step(self, obs, state):
        seen = np.where(obs[:, STARTED] != 0, 0, state) + 1
        return np.where(seen >= 12, STOP, np.where(seen >= 3, LEFT, FORWARD)), seen


def observations(n, begins):
    obs = np.zeros((n, 2, 12), np.float32)
    obs[begins, :, STARTED] = 1
    obs[..., 2] = np.arange(n)[:, None] * 0.1
    return obs


@pytest.mark.parametrize("k", [1, 3, 5])
def test_no_more_than_k_inputs_feed_the_state(k):
    windowed = Windowed(Counter(), k)
    state = windowed.initial_state(2)
    for t, obs in enumerate(observations(9, [0, 6])):
        actions, state = windowed.step(obs, state)
        fed = min(k, t + 1 if t < 6 else t - 5)
        assert actions.tolist() == [LEFT if fed >= 3 else FORWARD] * 2


@pytest.mark.parametrize("senses", ["egomotion", "paper"])
def test_it_is_the_agent_from_a_blank_memory(senses):
    torch.manual_seed(0)
    agent = BlindAgent(8, 2, senses=senses)
    with torch.no_grad():
        agent.actor.weight.mul_(300)
        agent.actor.bias.zero_()
    rng = np.random.default_rng(0)
    obs = rng.normal(size=(30, 4, 12)).astype(np.float32)
    obs[:, :, STARTED] = 0
    obs[0, :, STARTED] = 1
    policy = RecurrentPolicy(agent, greedy=True)
    windowed, k, differ = Windowed(policy, 3), 3, 0
    state, whole = windowed.initial_state(4), policy.initial_state(4)
    for t in range(30):
        before = [part.copy() for part in state[1:]]
        actions, after = windowed.step(obs[t], state)
        assert all(np.array_equal(a, b) for a, b in zip(before, state[1:], strict=True)), "the old memory stays"
        state = after
        first = max(0, t - k + 1)
        memory = agent.blank_memory(4)._replace(
            gps=torch.from_numpy(obs[first - 1, :, 2:4] if first else obs[0, :, 2:4] * 0)
        )
        with torch.no_grad():
            logits, _, _ = agent(torch.from_numpy(obs[first : t + 1]), memory)
        assert actions.tolist() == logits[-1].argmax(-1).tolist()
        own, whole = policy.step(obs[t], whole)
        differ += int((own != actions).any())
    assert differ > 0


def test_a_window_longer_than_the_episode_is_the_agent_itself():
    env = PointNavVectorEnv(8, **SMALL, max_steps=40)
    agent = BlindAgent(8)
    found = memory_length(RecurrentPolicy(agent), env, 16, twin=Counter(), windows=(64,))
    assert found.windows[64] == found.whole
    assert found.windows[64]["spl"].n == 16
    assert set(found.document()["windows"]["64"]) == {"success", "spl"}


def test_an_agent_of_stable_baselines_can_be_asked():
    model = RecurrentPPO(
        "MlpLstmPolicy",
        WorldVecEnv(PointNavVectorEnv(2, **SMALL)),
        n_steps=8,
        policy_kwargs={"lstm_hidden_size": 8, "net_arch": []},
    )
    env = PointNavVectorEnv(4, **SMALL, max_steps=12)
    found = memory_length(Sb3Policy(model), env, 8, twin=Counter(), windows=(1, 4))
    assert sorted(found.windows) == [1, 4]


def score(value):
    return Score(value, 0.0, (value, value), 10)


def length(**spl):
    whole = {"success": score(1.0), "spl": score(0.8)}
    windows = {int(k[1:]): {"success": score(1.0), "spl": score(v)} for k, v in spl.items()}
    return MemoryLength(windows, whole, whole, 0.1)


def test_saturation_is_where_more_is_of_no_use():
    found = length(k1=0.1, k2=0.79, k4=0.5, k8=0.77, k16=0.8)
    assert found.saturates() == 8
    assert found.document()["metres_at_saturation"] == pytest.approx(0.8)
    assert length(k1=0.1).saturates() is None
    assert length(k1=0.1).document()["metres_at_saturation"] is None


def test_bad_questions_are_refused_with_the_cure():
    with pytest.raises(ValueError, match="1 is a policy without memory"):
        Windowed(Counter(), 0)
    env = PointNavVectorEnv(2, **SMALL)
    with pytest.raises(ValueError, match="such as 1, 16, 256"):
        memory_length(Counter(), env, 2, twin=Counter(), windows=())
    with pytest.raises(ValueError, match="obs='flat'"):
        memory_length(Counter(), PointNavVectorEnv(2, **SMALL, obs="dict"), 2, twin=Counter())
    with pytest.raises(ValueError, match="ask for 1 to 48"):
        memory_length(Counter(), env, 100, twin=Counter())
