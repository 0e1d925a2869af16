"""What the agent makes of an observation: hand-computed numbers, and that nothing is lost or carried over."""

import math

import numpy as np
import pytest
import torch

from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.senses import NEAR, SIZES, WAVES, perceive
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import FORWARD, LEFT


def named(inputs):
    parts = inputs.split(list(SIZES["egomotion"].values()), -1)
    return dict(zip(SIZES["egomotion"], parts, strict=True))


def test_by_hand():
    """At (1, 2) looking along y, come from (1, 1.75); the goal, at (4, 6), is 4 ahead and 3 to the right."""
    action = [0.0, 0.0, 1.0, 0.0, 0.0]
    obs = torch.tensor([[4.0, 6.0, 1.0, 2.0, 0.0, 1.0, 0.25, *action]])
    seen = named(perceive(obs, torch.tensor([[1.0, 1.75]]), "egomotion"))
    far = 5.0 + NEAR
    assert seen["goal"][0].tolist() == pytest.approx([4 / far, -3 / far, math.log(far), 0.4, 0.6])
    assert seen["egomotion"][0].tolist() == pytest.approx([1.0, 0.0])
    angles = [2 * math.pi * at / wave for wave in WAVES for at in (1.0, 2.0)]
    phases = [*map(math.sin, angles), *map(math.cos, angles)]
    assert seen["gps_compass"][0].tolist() == pytest.approx([*phases, 0.0, 1.0], abs=1e-6)
    assert seen["proximity"][0].tolist() == [0.5]
    assert seen["previous_action"][0].tolist() == action


def test_in_the_starts_frame_the_goal_is_not_seen_from_here():
    torch.manual_seed(0)
    obs, before = torch.randn(5, 12), torch.randn(5, 2)
    whole, less = (perceive(obs, before, senses) for senses in ("egomotion", "start-frame"))
    assert torch.equal(less, whole[:, 3:])
    assert less.shape[1] == sum(SIZES["start-frame"].values())


def test_the_papers_senses_are_the_observation():
    obs = torch.randn(3, 12)
    assert perceive(obs, torch.randn(3, 2), "paper") is obs


def test_it_stays_finite_at_the_goal():
    obs = torch.zeros(1, 12, requires_grad=True)
    inputs = perceive(obs, torch.zeros(1, 2), "egomotion")
    inputs.sum().backward()
    assert torch.isfinite(inputs).all()
    assert obs.grad is not None
    assert torch.isfinite(obs.grad).all()


def test_turned_and_shifted_worlds_feel_alike():
    """Where the goal lies and how one moved, told from here, are the same wherever the start's frame lies."""
    there, turn = torch.tensor([3.0, -2.0]), 0.7
    cos, sin = math.cos(turn), math.sin(turn)
    rotate = torch.tensor([[cos, sin], [-sin, cos]])
    goal, at, before = torch.tensor([[5.0, 1.0]]), torch.tensor([[2.0, 0.5]]), torch.tensor([[1.8, 0.4]])
    rest = torch.tensor([[0.5, 0.0, 0.0, 1.0, 0.0, 0.0]])
    plain = named(perceive(torch.cat([goal, at, torch.tensor([[1.0, 0.0]]), rest], 1), before, "egomotion"))
    moved = [point @ rotate + there for point in (goal, at, before)]
    obs = torch.cat([moved[0], moved[1], torch.tensor([[cos, sin]]), rest], 1)
    seen = named(perceive(obs, moved[2], "egomotion"))
    torch.testing.assert_close(seen["goal"][:, :3], plain["goal"][:, :3])
    torch.testing.assert_close(seen["egomotion"], plain["egomotion"])


def test_observations_that_are_written_over_are_not_remembered():
    """An env that hands out the same array again: the last position must not change under the memory."""
    paths = []
    for copy in (True, False):
        torch.manual_seed(0)
        policy = RecurrentPolicy(BlindAgent(8), seed=3)
        settings = {"layouts": "houses:0-2", "goals_per_layout": 2, "starts_per_goal": 4, "copy": copy}
        env = PointNavVectorEnv(2, **settings)
        obs, _ = env.reset(seed=0)
        memory, hidden = policy.initial_state(2), []
        for _ in range(8):
            _, memory = policy.step(obs, memory)
            hidden.append(memory.h)
            obs, *_ = env.step(np.full(2, FORWARD))
        paths.append(torch.stack(hidden))
    assert torch.equal(*paths)


def test_over_time_it_is_as_step_by_step_and_an_episodes_start_is_no_displacement():
    """Two episodes in one rollout: the second begins at zero, whatever the first one's last position was."""
    torch.manual_seed(0)
    agent = BlindAgent(8)
    env = PointNavVectorEnv(2, layouts="houses:0-2", goals_per_layout=2, starts_per_goal=4, max_steps=6)
    obs, _ = env.reset(seed=0)
    policy, memory, seen, kept, after = RecurrentPolicy(agent, greedy=True), agent.blank_memory(2), [], [], []
    for t in range(12):
        seen.append(torch.from_numpy(obs.copy()))
        kept.append(seen[-1][:, 7] == 0)
        _, memory = policy.step(obs, memory)
        after.append(memory.h[0])
        obs, *_ = env.step(np.full(2, FORWARD if t % 3 else LEFT))
    whole = agent.trace(torch.stack(seen), agent.blank_memory(2), torch.stack(kept))[0].h
    torch.testing.assert_close(whole, torch.stack(after))
    assert not torch.stack(kept)[6].any(), "the second episode must begin in the middle"
