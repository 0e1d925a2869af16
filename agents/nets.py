"""The blind recurrent agent: embeddings, LSTM, actor and critic.

'Emergence of Maps in the Memories of Blind Navigation Agents' (Wijmans et al. 2023, appendix A): every input is
embedded to 32 numbers, an LSTM (there 3 x 512) carries the memory, and two linear heads read it.
"""

from typing import Literal, NamedTuple, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from agents.lstm import Recurrence
from sims.pointnav.state import N_ACTIONS, STOP
from sims.pointnav.view import N_OBS

EMBEDDING = 32
INPUTS = {"goal": (0, 2), "gps_compass": (2, 6), "proximity": (6, 7), "previous_action": (7, N_OBS)}
"""Columns of the flat observation that are embedded together."""

STOP_BIAS = -5.0
"""First logit of STOP: an agent that stops at once never learns to walk; this one stops after 450 steps on average."""

Precision = Literal["float32", "bfloat16"]


class Memory(NamedTuple):
    """The LSTM's state for a batch of envs, `[layer, env, hidden]` float32 each."""

    h: Tensor
    c: Tensor

    def where(self, keep: Tensor) -> "Memory":
        """Itself where `keep` `[env]` is true, blank elsewhere."""
        factor = keep.to(self.h.dtype)[None, :, None]
        return Memory(self.h * factor, self.c * factor)

    def of(self, envs: Tensor) -> "Memory":
        """That of the chosen `envs`, indices or a mask."""
        return Memory(self.h[:, envs], self.c[:, envs])


class LayerWeights(NamedTuple):
    """One LSTM layer's weights as its products take them."""

    w_ih: Tensor  # [4 hidden, inputs]; of the first layer with the embeddings multiplied in, float32
    w_hh: Tensor  # [4 hidden, hidden]
    bias: Tensor  # [4 hidden]


class BlindAgent(nn.Module):
    """Observations and memory to action logits, value and memory.

    The parameters of `lstm` are nn.LSTM's, so that the weights load into a plain one.

    Args:
        hidden: width of the LSTM. layers: its depth.
        precision: of the LSTM's products; the memory's cells, the first layer's inputs and the heads are float32.

    Raises:
        ValueError: a width or depth below 1, or an unknown precision.
    """

    def __init__(self, hidden: int = 256, layers: int = 1, precision: Precision = "float32") -> None:
        super().__init__()
        if hidden < 1 or layers < 1:
            raise ValueError(f"hidden and layers must be at least 1, got {hidden} and {layers}")
        if precision not in get_args(Precision):
            raise ValueError(f"precision must be one of {', '.join(get_args(Precision))}, got {precision!r}")
        self.hidden, self.layers, self.precision = hidden, layers, precision
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
        return Memory(zeros, zeros.clone())

    def weights(self) -> list[LayerWeights]:
        """The LSTM's weights as `forward` takes them; whoever steps many times with the same ones makes them once.

        The embeddings are linear, so the first layer's are multiplied in: 12 inputs instead of 128, and in float32,
        since bfloat16 would round positions to 6 cm at 16 m.
        """
        own = dict(self.lstm.named_parameters())
        first = own["weight_ih_l0"]
        blocks = [
            (cast(nn.Linear, self.embeddings[name]), first[:, 32 * k : 32 * (k + 1)]) for k, name in enumerate(INPUTS)
        ]
        shift = sum(block @ embedding.bias for embedding, block in blocks)
        dtype = getattr(torch, self.precision)
        layers = []
        for k in range(self.layers):
            bias = own[f"bias_ih_l{k}"] + own[f"bias_hh_l{k}"]
            if k == 0:
                w_ih, bias = torch.cat([block @ embedding.weight for embedding, block in blocks], 1), bias + shift
            else:
                w_ih, bias = own[f"weight_ih_l{k}"].to(dtype), bias.to(dtype)
            layers.append(LayerWeights(w_ih, own[f"weight_hh_l{k}"].to(dtype), bias))
        return layers

    def trace(
        self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None = None, weights: list[LayerWeights] | None = None
    ) -> list[Memory]:
        """The memory after every step, a `Memory` `[time, env, hidden]` for each layer; arguments as `forward`'s."""
        keep = obs_t.new_ones(*obs_t.shape[:2], 1) if keep_t is None else keep_t.to(obs_t.dtype)[..., None]
        x_t, after = obs_t, []
        for layer, h_0, c_0 in zip(self.weights() if weights is None else weights, *memory, strict=True):
            gates_t = linear(x_t, layer.w_ih, layer.bias).to(layer.w_hh.dtype)
            x_t, c_t = Recurrence.apply(gates_t, layer.w_hh, h_0, c_0, keep)
            after.append(Memory(x_t, c_t))
        return after

    def heads(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """The last layer's h `[..., hidden]` to logits `[..., 4]` and values `[...]`, float32."""
        weight = torch.cat([self.actor.weight, self.critic.weight])
        both = linear(output.to(weight.dtype), weight, torch.cat([self.actor.bias, self.critic.bias]))
        return both[..., :N_ACTIONS], both[..., N_ACTIONS]

    def forward(
        self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None = None, weights: list[LayerWeights] | None = None
    ) -> tuple[Tensor, Tensor, Memory]:
        """Run over time.

        Args:
            obs_t: `[time, env, 12]`. memory: before the first step.
            keep_t: `[time, env]` bool, false where an episode begins and the memory is blanked; by default all true.
            weights: what `weights()` gave.

        Returns:
            Logits `[time, env, 4]`, values `[time, env]`, and the memory after the last step.
        """
        after = self.trace(obs_t, memory, keep_t, weights)
        logits, values = self.heads(after[-1].h)
        return logits, values, Memory(*(torch.stack([layer[k][-1].float() for layer in after]) for k in range(2)))
