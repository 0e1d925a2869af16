"""A trained FTW agent as a `Policy`: what matches, videos and probes step."""

import numpy as np
import torch
from numpy.typing import NDArray

from agents.ftw.agent import FtwAgent
from agents.ftw.core import Memory


class FtwPolicy:
    """Steps an agent without learning; implements `sims.core.policy.Policy` but for one thing.

    Frames don't say that a match begins: whoever steps it blanks the memory where one does, `state.where(~ended)`.

    Args:
        agent: who acts. greedy: the mean of z and the likeliest action instead of draws. seed: of the draws.
    """

    def __init__(self, agent: FtwAgent, *, greedy: bool = False, seed: int = 0) -> None:
        self.agent, self.greedy = agent, greedy
        self._device = agent.heads.critic.weight.device
        self._generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self._weights = agent.weights()

    def initial_state(self, n: int) -> Memory:
        """Blank memory for `n` envs."""
        return self.agent.blank_memory(n)

    def step(self, obs: NDArray[np.uint8], state: Memory) -> tuple[NDArray[np.int64], Memory]:
        """Actions `[env, factor]` for frames `[env, height, width, 3]`, and the memory afterwards."""
        frames = torch.from_numpy(np.ascontiguousarray(obs)).to(self._device)
        acted = self.agent.act(frames, state, self._generator, greedy=self.greedy, weights=self._weights)
        return acted.actions.cpu().numpy(), acted.memory
