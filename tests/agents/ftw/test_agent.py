"""The agent put together: one tick and many, resets, what it says and what it refuses."""

import math

import pytest
import torch

from agents.ftw.agent import FtwAgent
from agents.ftw.heads import choices_of, joint_log_p, log_probabilities
from sims.ctf.actions import FACTORS
from tests.agents.ftw.rollouts import ENVS, SIDE, TIME, play, small_agent

CORES = ("two-timescale", "lstm")


@pytest.mark.parametrize("core", CORES)
def test_many_ticks_at_once_are_as_many_single_ones(core):
    agent = small_agent(core)
    trajectory, ticks = play(agent)
    outputs = agent.study(trajectory, torch.Generator())
    torch.testing.assert_close(outputs.values, torch.stack([tick.values for tick in ticks]), rtol=1e-5, atol=1e-6)
    log_p = log_probabilities(outputs.logits[:-1], FACTORS)
    torch.testing.assert_close(joint_log_p(log_p, trajectory.actions, FACTORS), trajectory.log_p, rtol=1e-5, atol=1e-5)
    noise, keep = trajectory.noise, trajectory.keep()
    _, after = agent(trajectory.frames, trajectory.actions, trajectory.before, keep, noise)
    for own, theirs in zip(after[:-1], ticks[-1].memory[:-1], strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("core", CORES)
def test_in_bfloat16_the_ratio_of_an_unchanged_policy_is_near_1(core):
    agent = small_agent(core, "bfloat16")
    trajectory, _ = play(agent)
    outputs = agent.study(trajectory, torch.Generator())
    log_p = joint_log_p(log_probabilities(outputs.logits[:-1], FACTORS), trajectory.actions, FACTORS)
    torch.testing.assert_close(log_p, trajectory.log_p, rtol=0.0, atol=0.01)


@pytest.mark.parametrize("core", CORES)
def test_after_a_reset_nothing_depends_on_what_was_before(core):
    agent = small_agent(core)
    trajectory, _ = play(agent)
    ended = torch.zeros_like(trajectory.ended)
    ended[3, 0] = True
    frames = trajectory.frames.clone()
    frames[:4] = 255 - frames[:4]
    actions = trajectory.actions.clone()
    actions[:4] = 1 - actions[:4].clamp(max=1)
    one = agent.study(trajectory._replace(ended=ended), torch.Generator())
    other = agent.study(trajectory._replace(ended=ended, frames=frames, actions=actions), torch.Generator())
    for own, theirs in ((one.logits, other.logits), (one.values, other.values)):
        torch.testing.assert_close(own[4:, 0], theirs[4:, 0], rtol=1e-5, atol=1e-7)
        assert (own[4:, 1] - theirs[4:, 1]).abs().max() > 1e-5


def test_a_tick_draws_and_remembers_what_it_did():
    agent = small_agent()
    frames = torch.randint(0, 256, (ENVS, SIDE, SIDE, 3), dtype=torch.uint8)
    tick = agent.act(frames, agent.blank_memory(ENVS), torch.Generator().manual_seed(3))
    again = agent.act(frames, agent.blank_memory(ENVS), torch.Generator().manual_seed(3), weights=agent.weights())
    for own, theirs in zip((*tick[:4], *tick.memory), (*again[:4], *again.memory), strict=True):
        assert torch.equal(own, theirs)
    assert tick.actions.shape == (ENVS, len(FACTORS))
    assert (tick.actions < torch.tensor(FACTORS)).all()
    assert torch.equal(tick.memory.action, choices_of(tick.actions, FACTORS))
    assert tick.memory.age.tolist() == [1] * ENVS
    assert tick.noise.dtype == torch.bfloat16
    assert not tick.values.requires_grad


def test_its_last_action_matters():
    agent = small_agent()
    trajectory, _ = play(agent)
    memory = trajectory.before
    other = memory._replace(action=memory.action.flip(1))
    generators = (torch.Generator().manual_seed(0) for _ in range(2))
    one, two = (agent.act(trajectory.frames[0], own, next(generators)) for own in (memory, other))
    assert not torch.equal(one.values, two.values)


def test_greedy_ticks_are_the_likeliest_and_draw_nothing():
    agent = small_agent()
    frames = torch.randint(0, 256, (ENVS, SIDE, SIDE, 3), dtype=torch.uint8)
    ticks = [agent.act(frames, agent.blank_memory(ENVS), torch.Generator().manual_seed(k), greedy=True) for k in (1, 2)]
    assert torch.equal(ticks[0].actions, ticks[1].actions)
    assert not ticks[0].noise.any()
    assert (ticks[0].log_p > -math.log(540.0)).all()  # likelier than one of all actions is on average


@pytest.mark.parametrize("core", CORES)
def test_auxiliary_outputs_come_where_they_are_asked_for(core):
    agent = small_agent(core)
    trajectory, _ = play(agent)
    none = agent.study(trajectory, torch.Generator(), pixels=False)
    assert none.pixels is None
    assert none.reward_logits is None
    both = agent.study(trajectory, torch.Generator().manual_seed(0), n_rewards=6)
    assert both.pixels.taken.shape == (TIME, ENVS, 20, 20)
    assert both.reward_logits.shape == (6, 3)
    time, env = both.moments
    oldest_first = torch.stack([agent.torso(trajectory.frames[time - back, env]) for back in (2, 1, 0)], 1)
    torch.testing.assert_close(both.reward_logits, agent.reward_prediction(oldest_first))


def test_a_share_of_a_trajectory_is_its_columns():
    agent = small_agent()
    trajectory, _ = play(agent)
    whole, part = (agent.study(own, torch.Generator()) for own in (trajectory, trajectory.of(torch.tensor([3, 1]))))
    torch.testing.assert_close(part.values, whole.values[:, [3, 1]])


def test_unknown_cores_are_refused():
    with pytest.raises(ValueError, match="core must be one of two-timescale, lstm, got 'gru'"):
        FtwAgent(core="gru")
