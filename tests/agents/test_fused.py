"""The fused LSTM on cut rollouts: the cuts by hand, and the numbers and gradients of the loop over time."""

import pytest
import torch

from agents.fused import cut, fused
from agents.nets import BlindAgent, Memory

TIME, ENVS, HIDDEN = 7, 5, 16


def test_a_rollout_is_cut_before_every_step_that_begins_an_episode():
    keep_t = torch.tensor([[True, True], [True, False], [True, True]])
    fragments = cut(keep_t)
    assert fragments.batch_sizes.tolist() == [3, 2, 1]  # env 0 whole, env 1 from step 1, env 1's step 0
    assert fragments.env.tolist() == [0, 1, 1]
    assert fragments.start.tolist() == [0, 1, 0]
    assert fragments.places.tolist() == [0, 3, 1, 2, 5, 4]
    assert fragments.last.tolist() == [0, 1]


@pytest.mark.parametrize("share_kept", [0.0, 0.5, 0.9, 1.0])
def test_it_gives_the_loops_numbers_and_gradients(share_kept):
    torch.manual_seed(0)
    agent = BlindAgent(HIDDEN, layers=2)
    obs_t, keep_t = torch.randn(TIME, ENVS, 12), torch.rand(TIME, ENVS) < share_kept
    memory = Memory(torch.randn(2, ENVS, HIDDEN), torch.randn(2, ENVS, HIDDEN), torch.randn(ENVS, 2))
    inputs = torch.cat([memory.gps[None], obs_t[:-1, :, 2:4]]) * keep_t[..., None]
    loop = agent(obs_t, memory, keep_t)
    loop[0].sin().sum().backward()
    by_loop = [parameter.grad for parameter in agent.lstm.parameters()]
    agent.zero_grad(set_to_none=True)
    h_t, h, c = fused(agent.lstm, agent.embedded(obs_t, inputs), memory.h, memory.c, keep_t)
    logits, values = agent.heads(h_t)
    logits.sin().sum().backward()
    for found, expected in zip((logits, values, h, c), (*loop[:2], loop[2].h, loop[2].c), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for parameter, expected in zip(agent.lstm.parameters(), by_loop, strict=True):
        torch.testing.assert_close(parameter.grad, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("time", [1, TIME])
def test_the_agent_uses_it_on_a_gpu_and_says_the_same_as_on_a_cpu(time):
    torch.manual_seed(0)
    agent = BlindAgent(64, layers=3)
    obs_t, keep_t = torch.randn(time, ENVS, 12), torch.rand(time, ENVS) < 0.7
    memory = Memory(torch.randn(3, ENVS, 64), torch.randn(3, ENVS, 64), torch.randn(ENVS, 2))
    on_cpu = agent(obs_t, memory, keep_t)
    moved = Memory(*(part.cuda() for part in memory))
    on_gpu = agent.cuda()(obs_t.cuda(), moved, keep_t.cuda())
    for found, expected in zip((*on_gpu[:2], *on_gpu[2]), (*on_cpu[:2], *on_cpu[2]), strict=True):
        torch.testing.assert_close(found.cpu(), expected, rtol=2e-2, atol=2e-2)  # TF32
