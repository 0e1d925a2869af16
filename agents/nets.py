"""The blind recurrent agent: embeddings, LSTM, actor and critic.

'Emergence of Maps in the Memories of Blind Navigation Agents' (Wijmans et al. 2023, appendix A): every input is
embedded to 32 numbers, an LSTM (there 3 x 512) carries the memory, and two linear heads read it.
"""

from typing import Literal, NamedTuple, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from agents.fused import fused
from agents.lstm import LstmState, Recurrence
from agents.senses import GPS, SIZES, Senses, perceive
from sims.pointnav.state import N_ACTIONS, STOP

EMBEDDING = 32
STOP_BIAS = -5.0
"""First logit of STOP: an agent that stops at once never learns to walk; this one stops after 450 steps on average."""

HEAD_GAIN = 0.01
"""Of the heads' first weights: all actions but STOP are alike at first."""

Precision = Literal["float32", "bfloat16"]


class Memory(NamedTuple):
    """What an agent carries from step to step, for a batch of envs, float32."""

    h: Tensor  # [layer, env, hidden] of the LSTM
    c: Tensor  # [layer, env, hidden]
    gps: Tensor  # [env, 2] metres, where the agent was when it last looked

    def where(self, keep: Tensor) -> "Memory":
        """Itself where `keep` `[env]` is true, blank elsewhere."""
        factor = keep.to(self.h.dtype)[:, None]
        return Memory(self.h * factor, self.c * factor, self.gps * factor)

    def of(self, envs: Tensor) -> "Memory":
        """That of the chosen `envs`, indices or a mask."""
        return Memory(self.h[:, envs], self.c[:, envs], self.gps[envs])


class BlindAgent(nn.Module):
    """Observations and memory to action logits, value and memory.

    The parameters of `lstm` are nn.LSTM's, so that the weights load into a plain one.

    Args:
        hidden: width of the LSTM. layers: its depth.
        precision: of the LSTM's products; the gates, the memory's cells and the heads are float32. `forward` on a GPU
            takes cuDNN's, which are TF32 unless torch.backends.cudnn.allow_tf32 is off.
        senses: what is made of an observation before it is embedded (`agents.senses`).

    Raises:
        ValueError: a width or depth below 1, or an unknown precision or unknown senses.
    """

    def __init__(
        self, hidden: int = 256, layers: int = 1, precision: Precision = "float32", senses: Senses = "egomotion"
    ) -> None:
        super().__init__()
        if hidden < 1 or layers < 1:
            raise ValueError(f"hidden and layers must be at least 1, got {hidden} and {layers}")
        if precision not in get_args(Precision):
            raise ValueError(f"precision must be one of {', '.join(get_args(Precision))}, got {precision!r}")
        if senses not in SIZES:
            raise ValueError(f"senses must be one of {', '.join(SIZES)}, got {senses!r}")
        self.hidden, self.layers, self.precision = hidden, layers, precision
        self.senses: Senses = senses
        self.memory_window = 0  # it is told of all inputs; `agents.windowed` has others
        self._dtype = getattr(torch, precision)
        self._parts = 2 if precision == "bfloat16" and senses == "paper" else 1
        self.embeddings = nn.ModuleDict({name: nn.Linear(size, EMBEDDING) for name, size in SIZES[senses].items()})
        self.lstm = nn.LSTM(EMBEDDING * len(self.embeddings), hidden, layers)
        self.actor = nn.Linear(hidden, N_ACTIONS)
        self.critic = nn.Linear(hidden, 1)
        self._initialise()

    def _initialise(self) -> None:
        """The paper's (orthogonal everywhere, the heads with gain 0.01, no biases) but for two things.

        The STOP logit starts low, and the embeddings with gain 1 instead of 0.01: at 0.01 it takes ten million steps
        until the agent begins to tell in which direction its goal lies.
        """
        for name, parameter in self.lstm.named_parameters():
            if "weight" in name:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.zeros_(parameter)
        for layer in (*self.embeddings.values(), self.actor, self.critic):
            linear_layer = cast(nn.Linear, layer)
            nn.init.orthogonal_(linear_layer.weight, gain=HEAD_GAIN if layer in (self.actor, self.critic) else 1.0)
            nn.init.zeros_(linear_layer.bias)
        with torch.no_grad():
            self.actor.bias[STOP] = STOP_BIAS

    def blank_memory(self, n: int) -> Memory:
        """The memory of `n` envs at the start of an episode: zeros."""
        zeros = self.critic.weight.new_zeros(self.layers, n, self.hidden)
        return Memory(zeros, zeros.clone(), zeros.new_zeros(n, 2))

    def weights(self) -> list[Tensor]:
        """Each layer's weights as `Recurrence` takes them; whoever steps many times with the same ones makes them once.

        The embeddings are linear, so they are multiplied into the first layer's: 31 inputs instead of 160 (with the
        paper's senses 12 instead of 128).
        """
        own = dict(self.lstm.named_parameters())
        layers = []
        for k in range(self.layers):
            w_ih, bias = own[f"weight_ih_l{k}"], own[f"bias_ih_l{k}"] + own[f"bias_hh_l{k}"]
            if k == 0:
                w_ih, shift = self._embedded(w_ih)
                bias = bias + shift
            layers.append(torch.cat([own[f"weight_hh_l{k}"], w_ih, bias[:, None]], 1).to(self._dtype))
        return layers

    def _embedded(self, w_ih: Tensor) -> tuple[Tensor, Tensor]:
        """The first layer's weights `[4 hidden, inputs]` and bias `[4 hidden]` with the embeddings multiplied in."""
        embeddings = [cast(nn.Linear, layer) for layer in self.embeddings.values()]
        blocks = list(zip(embeddings, w_ih.split(EMBEDDING, 1), strict=True))
        weight = torch.cat([block @ embedding.weight for embedding, block in blocks], 1)
        shift = torch.stack([block @ embedding.bias for embedding, block in blocks]).sum(0)
        return torch.cat([weight] * self._parts, 1), shift

    def embedded(self, obs: Tensor, gps_before: Tensor) -> Tensor:
        """Embeddings side by side `[env, 32 * inputs]` of observations `[env, 12]` after `gps_before` `[env, 2]`."""
        parts = perceive(obs, gps_before, self.senses).split(list(SIZES[self.senses].values()), -1)
        return torch.cat([layer(part) for layer, part in zip(self.embeddings.values(), parts, strict=True)], -1)

    def _gps_before(self, obs_t: Tensor, gps: Tensor, keep: Tensor) -> Tensor:
        """Where the agent was when it last looked, `[time, env, 2]`."""
        return torch.cat([gps[None], obs_t[:-1, :, GPS]]) * keep

    def _inputs(self, obs_t: Tensor, gps: Tensor, keep: Tensor) -> Tensor:
        """Observations as the first layer takes them.

        The paper's in bfloat16 as a sum of two, `[time, env, 2 x 12]`, since one alone would round positions to 6 cm at
        16 m.
        """
        inputs = perceive(obs_t, self._gps_before(obs_t, gps, keep), self.senses)
        rounded = inputs.to(self._dtype)
        return rounded if self._parts == 1 else torch.cat([rounded, (inputs - rounded).to(self._dtype)], -1)

    def trace(
        self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None = None, weights: list[Tensor] | None = None
    ) -> list[LstmState]:
        """The LSTM's state after every step, `[time, env, hidden]` for each layer; arguments as `forward`'s."""
        keep = obs_t.new_ones(*obs_t.shape[:2], 1) if keep_t is None else keep_t.to(obs_t.dtype)[..., None]
        x_t, after = self._inputs(obs_t, memory.gps, keep), []
        layers = self.weights() if weights is None else weights
        for weight, h_0, c_0 in zip(layers, memory.h, memory.c, strict=True):
            x_t, c_t = Recurrence.apply(x_t, weight, h_0, c_0, keep)
            after.append(LstmState(x_t, c_t))
        return after

    def heads(self, output: Tensor) -> tuple[Tensor, Tensor]:
        """The last layer's h `[..., hidden]` to logits `[..., 4]` and values `[...]`, float32."""
        weight = torch.cat([self.actor.weight, self.critic.weight])
        both = linear(output.to(weight.dtype), weight, torch.cat([self.actor.bias, self.critic.bias]))
        return both[..., :N_ACTIONS], both[..., N_ACTIONS]

    def forward(
        self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None = None, weights: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Memory]:
        """Run over time.

        Args:
            obs_t: `[time, env, 12]`. memory: before the first step.
            keep_t: `[time, env]` bool, false where an episode begins and the memory is blanked; by default all true.
            weights: what `weights()` gave.

        Returns:
            Logits `[time, env, 4]`, values `[time, env]`, and the memory after the last step.
        """
        if obs_t.is_cuda:
            return self._forward_fused(obs_t, memory, keep_t)
        after = self.trace(obs_t, memory, keep_t, weights)
        logits, values = self.heads(after[-1].h)
        h, c = (torch.stack([layer[k][-1].float() for layer in after]) for k in range(2))
        return logits, values, Memory(h, c, obs_t[-1, :, GPS].clone())  # observations are written over

    def _forward_fused(self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None) -> tuple[Tensor, Tensor, Memory]:
        keep = obs_t.new_ones(obs_t.shape[:2], dtype=torch.bool) if keep_t is None else keep_t
        x_t = self.embedded(obs_t, self._gps_before(obs_t, memory.gps, keep[..., None]))
        if keep_t is None:
            h_t, (h, c) = self.lstm(x_t, (memory.h, memory.c))
        else:
            h_t, h, c = fused(self.lstm, x_t, memory.h, memory.c, keep)
        logits, values = self.heads(h_t)
        return logits, values, Memory(h, c, obs_t[-1, :, GPS].clone())
