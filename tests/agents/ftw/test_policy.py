"""The agent as a policy."""

import numpy as np
import torch

from agents.ftw.policy import FtwPolicy
from sims.core.policy import Policy
from sims.ctf.env import CaptureTheFlagVectorEnv
from tests.agents.ftw.rollouts import SIDE, small_agent


def test_it_plays_a_match():
    env = CaptureTheFlagVectorEnv(4, maps="indoor:0", width=SIDE, height=SIDE, match_steps=6, n_threads=1)
    policy: Policy = FtwPolicy(small_agent(), seed=1)
    obs, _ = env.reset(seed=0)
    state = policy.initial_state(4)
    ages = []
    for _ in range(8):
        actions, state = policy.step(obs, state)
        obs, _, ended, _, _ = env.step(actions)
        state = state.where(torch.from_numpy(~ended))
        ages.append(int(state.age[0]))
    assert actions.dtype == np.int64
    assert ages == [1, 2, 3, 4, 5, 0, 1, 2]


def test_the_same_seed_gives_the_same_actions_and_another_does_not():
    agent = small_agent()
    obs = np.random.default_rng(0).integers(0, 256, (32, SIDE, SIDE, 3), np.uint8)
    played = [FtwPolicy(agent, seed=seed).step(obs, agent.blank_memory(32))[0] for seed in (0, 0, 1)]
    assert np.array_equal(played[0], played[1])
    assert not np.array_equal(played[0], played[2])


def test_frames_that_are_not_contiguous_are_seen_alike():
    agent = small_agent()
    obs = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 8, 3), np.uint8).transpose(2, 0, 1, 3)
    played = [FtwPolicy(agent, greedy=True).step(seen, agent.blank_memory(8))[0] for seen in (obs, obs.copy())]
    assert np.array_equal(*played)
