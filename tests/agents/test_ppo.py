"""Collecting and learning: bootstrapping, the update, and what stops it."""

import numpy as np
import pytest
import torch

from agents.nets import STOP_BIAS, BlindAgent
from agents.ppo import Losses, NotFiniteError, learn, precision_of_cpu
from agents.rollout import Position, blank_rollout, collect
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import FORWARD, STOP

SMALL = {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8}


def collected(agent, n_steps=12, n_envs=4, **settings):
    env = PointNavVectorEnv(n_envs, **{**SMALL, **settings})
    obs, _ = env.reset(seed=0)
    position = Position(obs, agent.blank_memory(n_envs))
    rollout = blank_rollout(n_steps, n_envs, obs.shape[1], position.memory)
    episodes = collect(env, agent, position, rollout, 0.9, torch.Generator().manual_seed(0))
    return rollout, episodes, position


def always(action):
    """An agent that always takes `action` and values everything at 7."""
    agent = BlindAgent(hidden=8)
    with torch.no_grad():
        agent.actor.bias[:] = -100.0
        agent.actor.bias[action] = 100.0
        agent.critic.weight.zero_()
        agent.critic.bias.fill_(7.0)
    return agent


def test_truncation_is_bootstrapped_and_termination_is_not():
    rewards = {"slack_reward": -0.5, "progress_reward": 0.0, "success_reward": 0.0}
    truncated, _, _ = collected(always(FORWARD), max_steps=5, **rewards)
    assert truncated.rewards[4].tolist() == pytest.approx([-0.5 + 0.9 * 7.0] * 4)
    assert truncated.rewards[3].tolist() == pytest.approx([-0.5] * 4)
    assert truncated.ended[4].all()
    assert truncated.ended[9].all()
    stopped, episodes, position = collected(always(STOP), **rewards)
    assert stopped.rewards.unique().tolist() == pytest.approx([-0.5])
    assert stopped.ended.all()
    assert sum(len(ended["success"]) for ended in episodes) == 48
    assert not position.memory.h.any(), "an episode begins with a blank memory"


def test_a_fresh_agent_seldom_stops_and_takes_the_other_actions_alike():
    torch.manual_seed(0)
    agent = BlindAgent()
    logits, values, _ = agent(torch.rand(1, 64, 12), agent.blank_memory(64))
    p = torch.softmax(logits[0], -1).mean(0)
    assert p[STOP].item() == pytest.approx(np.exp(STOP_BIAS) / (3 + np.exp(STOP_BIAS)), rel=0.05)
    assert p[1:].tolist() == pytest.approx([1 / 3] * 3, abs=0.01)
    assert values.abs().max() < 0.1


def test_learning_raises_the_probability_of_what_was_rewarded():
    torch.manual_seed(0)
    agent = BlindAgent(hidden=16)
    optimizer = torch.optim.Adam(agent.parameters(), lr=3e-3)
    rollout, _, _ = collected(agent, n_steps=32, n_envs=16)
    rollout.rewards[:] = (rollout.actions == FORWARD).float()
    obs, memory = rollout.obs[:1], agent.blank_memory(16)
    before = torch.softmax(agent(obs, memory)[0], -1)[..., FORWARD].mean()
    losses = Losses(epochs=4, minibatches=4)
    for _ in range(4):
        learn(agent, optimizer, rollout, losses, torch.Generator().manual_seed(0))
    after = torch.softmax(agent(obs, memory)[0], -1)[..., FORWARD].mean()
    assert after > before + 0.05


@pytest.mark.parametrize("name", ["observation", "reward"])
def test_what_is_not_finite_stops_the_run_and_is_named(name):
    agent = BlindAgent(hidden=8)
    optimizer = torch.optim.Adam(agent.parameters())
    rollout, _, _ = collected(agent)
    tensor = rollout.obs if name == "observation" else rollout.rewards
    tensor[3, 2] = float("nan")
    weights = agent.actor.weight.clone()
    with pytest.raises(NotFiniteError, match=f"the {name} is not finite"):
        learn(agent, optimizer, rollout, Losses(), torch.Generator())
    assert torch.equal(agent.actor.weight, weights)


def test_weights_that_are_not_finite_are_noticed_in_the_loss():
    agent = BlindAgent(hidden=8)
    rollout, _, _ = collected(agent)
    with torch.no_grad():
        agent.critic.weight[0, 0] = float("inf")
    with pytest.raises(NotFiniteError, match="the loss is not finite"):
        learn(agent, torch.optim.Adam(agent.parameters()), rollout, Losses(), torch.Generator())


def test_precision_is_one_of_two():
    assert precision_of_cpu() in ("bfloat16", "float32")
