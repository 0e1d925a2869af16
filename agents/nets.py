"""The blind recurrent agent: embeddings, LSTM, actor and critic.

'Emergence of Maps in the Memories of Blind Navigation Agents' (Wijmans et al. 2023, appendix A): every input is
embedded to 32 numbers, an LSTM (there 3 x 512) carries the memory, and two linear heads read it.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sims.pointnav.state import N_ACTIONS, STOP
from sims.pointnav.view import N_OBS

EMBEDDING = 32
INPUTS = {"goal": (0, 2), "gps_compass": (2, 6), "proximity": (6, 7), "previous_action": (7, N_OBS)}
"""Columns of the flat observation that are embedded together."""

STOP_BIAS = -5.0
"""First logit of STOP: an agent that stops at once never learns to walk; this one stops after 450 steps on average."""


class Memory(NamedTuple):
    """The LSTM's state for a batch of envs, `[layer, env, hidden]` each."""

    h: Tensor
    c: Tensor


class BlindAgent(nn.Module):
    """Observations and memory to action logits, value and memory.

    Args:
        hidden: width of the LSTM. layers: its depth.
    """

    def __init__(self, hidden: int = 256, layers: int = 1) -> None:
        super().__init__()
        self.hidden, self.layers = hidden, layers
        self.embeddings = nn.ModuleDict({name: nn.Linear(b - a, EMBEDDING) for name, (a, b) in INPUTS.items()})
        self.lstm = nn.LSTM(EMBEDDING * len(INPUTS), hidden, layers)
        self.actor = nn.Linear(hidden, N_ACTIONS)
        self.critic = nn.Linear(hidden, 1)
        self._initialise()

    def _initialise(self) -> None:
        """The paper's: orthogonal everywhere, the linear layers with gain 0.01, no biases; and a low STOP logit."""
        for name, parameter in self.lstm.named_parameters():
            if "weight" in name:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.zeros_(parameter)
        for layer in [*self.embeddings.values(), self.actor, self.critic]:
            assert isinstance(layer, nn.Linear)
            nn.init.orthogonal_(layer.weight, gain=0.01)
            nn.init.zeros_(layer.bias)
        with torch.no_grad():
            self.actor.bias[STOP] = STOP_BIAS

    def blank_memory(self, n: int) -> Memory:
        """The memory of `n` envs at the start of an episode: zeros."""
        zeros = self.critic.weight.new_zeros(self.layers, n, self.hidden)
        return Memory(zeros, zeros)

    def embed(self, obs: Tensor) -> Tensor:
        """Observations `[..., 12]` to LSTM inputs `[..., 128]`."""
        parts = [self.embeddings[name](obs[..., a:b]) for name, (a, b) in INPUTS.items()]
        return torch.cat(parts, dim=-1)

    def heads(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """LSTM outputs `[..., hidden]` to float32 logits `[..., 4]` and values `[...]`."""
        return self.actor(output).float(), self.critic(output).float().squeeze(-1)

    def forward(self, obs: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Memory]:
        """Run over whole fragments of episodes.

        Args:
            obs: `[time, env, 12]`, no episode ending inside. memory: before the first step.

        Returns:
            Logits `[time, env, 4]`, values `[time, env]`, and the memory after the last step.
        """
        output, state = self.lstm(self.embed(obs), tuple(memory))
        logits, values = self.heads(output)
        return logits, values, Memory(*state)
