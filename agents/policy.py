"""A trained agent as a `Policy`: what evaluation, videos and probes step."""

import numpy as np
import torch
from numpy.typing import NDArray

from agents.nets import BlindAgent, Memory
from agents.rollout import gumbel
from agents.senses import ACTION

STARTED = ACTION.start
"""The column of the observation that says that an episode begins."""


class RecurrentPolicy:
    """Steps an agent without learning; implements `sims.core.policy.Policy`.

    Args:
        agent: who acts. greedy: take the likeliest action instead of drawing one, as the paper does.
        seed: of the draws.
    """

    def __init__(self, agent: BlindAgent, *, greedy: bool = False, seed: int = 0) -> None:
        self.agent, self.greedy = agent, greedy
        self._device = agent.critic.weight.device
        self._generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self._weights = agent.weights()

    def initial_state(self, n: int) -> Memory:
        """Blank memory for `n` envs."""
        return self.agent.blank_memory(n)

    @torch.no_grad()
    def step(self, obs: NDArray[np.float32], state: Memory) -> tuple[NDArray[np.int64], Memory]:
        """Actions `[env]` for observations `[env, 12]`, and the memory afterwards."""
        seen = torch.from_numpy(np.ascontiguousarray(obs, np.float32)).to(self._device)
        logits, _, after = self.agent(seen[None], state.where(seen[:, STARTED] == 0), weights=self._weights)
        scores = logits[0]
        if not self.greedy:
            scores = scores + gumbel(tuple(scores.shape), self._generator).to(scores.device)
        return scores.argmax(-1).cpu().numpy(), after
