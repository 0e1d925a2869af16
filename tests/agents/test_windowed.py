"""The agent of a window: what it knows, and that it learns as any other does."""

import pytest
import torch

from agents.nets import BlindAgent
from agents.policy import STARTED, RecurrentPolicy
from agents.windowed import WindowedAgent, agent_with, ages
from probes.memory import Windowed


def observations(steps, n, begins):
    obs = torch.randn(steps, n, 12, generator=torch.Generator().manual_seed(1))
    obs[:, :, STARTED] = 0
    for t, e in begins:
        obs[t, e, STARTED] = 1
    return obs


def lively(agent):
    with torch.no_grad():
        agent.actor.weight.mul_(300)
        agent.actor.bias.zero_()
    return agent


BEGINS = [(0, 0), (0, 1), (0, 2), (7, 1), (9, 2), (10, 2)]


@pytest.mark.parametrize("senses", ["egomotion", "paper"])
@pytest.mark.parametrize(("window", "copies"), [(1, 1), (4, 4), (6, 3), (8, 2)])
def test_it_knows_the_last_inputs_and_no_others(window, copies, senses):
    torch.manual_seed(0)
    agent = WindowedAgent(window, copies, 8, 2, senses=senses)
    plain = BlindAgent(8, 2, senses=senses)
    plain.load_state_dict(agent.state_dict())
    obs = observations(23, 3, BEGINS)
    keep = obs[..., STARTED] == 0
    logits, values, _ = agent(obs, agent.blank_memory(3), keep)
    every = window // copies
    for e in range(3):
        first = 0
        for t in range(23):
            first = t if (t, e) in BEGINS else first
            age = t - first
            known = age + 1 if age < window else window - every + age % every + 1
            begin = t - known + 1
            gps = obs[begin - 1, e, 2:4] if begin > first else torch.zeros(2)
            memory = plain.blank_memory(1)._replace(gps=gps[None])
            expected, value, _ = plain(obs[begin : t + 1, e : e + 1], memory)
            assert torch.allclose(logits[t, e], expected[-1, 0], atol=1e-6), (t, e)
            assert values[t, e].item() == pytest.approx(value[-1, 0].item(), abs=1e-6)


def test_step_by_step_it_does_what_it_does_at_once():
    torch.manual_seed(0)
    agent = WindowedAgent(6, 3, 8)
    obs = observations(15, 3, BEGINS)
    keep = obs[..., STARTED] == 0
    at_once, _, last = agent(obs, agent.blank_memory(3), keep)
    memory = agent.blank_memory(3)
    for t in range(15):
        logits, _, memory = agent(obs[t : t + 1], memory.where(keep[t]))
        assert torch.allclose(logits[0], at_once[t], atol=1e-6)
    for a, b in zip(memory, last, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_as_a_policy_it_is_the_post_hoc_window():
    torch.manual_seed(0)
    agent = lively(WindowedAgent(3, 3, 8))
    plain = BlindAgent(8)
    plain.load_state_dict(agent.state_dict())
    policy, post_hoc = RecurrentPolicy(agent, greedy=True), Windowed(RecurrentPolicy(plain, greedy=True), 3)
    state, window = policy.initial_state(3), post_hoc.initial_state(3)
    for obs in observations(20, 3, BEGINS).numpy():
        own, state = policy.step(obs, state)
        other, window = post_hoc.step(obs, window)
        assert own.tolist() == other.tolist()


def test_gradients_stay_within_the_window():
    agent = WindowedAgent(2, 2, 8)
    obs = observations(9, 2, [(0, 0), (0, 1)]).requires_grad_()
    logits, _, _ = agent(obs, agent.blank_memory(2), obs[..., STARTED].detach() == 0)
    logits[6].sum().backward()
    assert obs.grad is not None
    felt = obs.grad.abs().sum((1, 2)) > 0
    assert felt.tolist() == [False] * 4 + [True, True, True] + [False] * 2  # 4: how far it came since is an input of 5


def test_ages_count_from_the_last_beginning():
    keep = torch.tensor([[True, False], [True, True], [False, True]])
    assert ages(torch.tensor([5.0, 9.0]), keep).tolist() == [[5, 0], [6, 1], [0, 2]]


@pytest.mark.parametrize(("window", "copies"), [(0, 1), (4, 0), (4, 3)])
def test_a_window_that_cannot_be_is_refused(window, copies):
    with pytest.raises(ValueError, match="as 16 with 4"):
        WindowedAgent(window, copies)


def test_windows_are_made_with_copies_that_divide_them():
    made = {k: agent_with(k, 8) for k in (1, 2, 16, 18, 256)}
    assert {k: agent.copies for k, agent in made.items()} == {1: 1, 2: 2, 16: 4, 18: 2, 256: 4}
    assert type(agent_with(0, 8)) is BlindAgent
    with pytest.raises(ValueError, match="as 16 with 4"):
        agent_with(-1)
