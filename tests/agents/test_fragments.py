"""Fragments: every step once, and the same outputs as one step at a time."""

import numpy as np
import pytest
import torch

from agents.fragments import SHORT, STEPS_APART, buckets, memory_of
from agents.nets import BlindAgent, Memory


@pytest.mark.parametrize("density", [0.0, 0.02, 0.3, 1.0])
def test_every_step_is_in_exactly_one_fragment(density):
    rng = np.random.default_rng(0)
    ended = rng.random((37, 11)) < density
    envs = np.array([9, 0, 4, 7])
    seen = np.zeros(ended.size, int)
    for bucket in buckets(ended, envs):
        np.add.at(seen, bucket.steps[bucket.valid].numpy(), 1)
        lengths = bucket.valid.sum(0)
        assert lengths.max() == len(bucket.steps)
        assert lengths.min() >= min(len(bucket.steps) / STEPS_APART, len(bucket.steps) - SHORT)
    assert (seen.reshape(ended.shape)[:, envs] == 1).all()
    assert seen.sum() == ended.shape[0] * len(envs)


def test_fragments_by_hand():
    """Four steps of two envs; env 1 ends at t = 1."""
    ended = np.array([[False, False], [False, True], [False, False], [False, False]])
    (bucket,) = buckets(ended, np.array([0, 1]))
    assert bucket.envs.tolist() == [0, 1, 1]
    assert bucket.fresh.tolist() == [False, False, True]
    assert bucket.steps.T.tolist() == [[0, 2, 4, 6], [1, 3, 3, 3], [5, 7, 7, 7]]
    assert bucket.valid.T.tolist() == [[True] * 4, [True, True, False, False], [True, True, False, False]]


def test_outputs_equal_those_of_one_step_at_a_time():
    torch.manual_seed(0)
    agent = BlindAgent(hidden=16, layers=2)
    for parameter in agent.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    rng = np.random.default_rng(1)
    n_steps, n_envs = 40, 6
    ended = rng.random((n_steps, n_envs)) < 0.1
    obs = torch.from_numpy(rng.normal(size=(n_steps, n_envs, 12)).astype(np.float32))
    before = Memory(torch.randn(2, n_envs, 16), torch.randn(2, n_envs, 16))
    logits, values = torch.zeros(n_steps, n_envs, 4), torch.zeros(n_steps, n_envs)
    memory = before
    with torch.no_grad():
        for t in range(n_steps):
            one_logits, one_values, memory = agent(obs[t][None], memory)
            logits[t], values[t] = one_logits[0], one_values[0]
            keep = torch.from_numpy(~ended[t]).float()[None, :, None]
            memory = Memory(memory.h * keep, memory.c * keep)
        for bucket in buckets(ended, np.arange(n_envs)):
            got, got_values, _ = agent(obs.flatten(0, 1)[bucket.steps], memory_of(bucket, before))
            index = bucket.steps[bucket.valid]
            assert torch.allclose(got[bucket.valid], logits.flatten(0, 1)[index], atol=1e-5)
            assert torch.allclose(got_values[bucket.valid], values.view(-1)[index], atol=1e-5)
