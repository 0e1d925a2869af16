"""The blind agent whose memory is a window: only the last k inputs feed its state, in training as in use.

A sliding window can't be had from one LSTM that is blanked every k steps, which knows 1 to k inputs by turns. Here
there are `copies` of its state, blanked by turns every k / copies steps, and the one that was blanked longest ago acts:
it knows k - k / copies + 1 to k inputs (and all of them while there are no more), for `copies` times the work of a
step. With as many copies as inputs the window is exactly k: Wijmans et al. 2023, section 3.2, whose agents run their
LSTM over the last k inputs at every step.
"""

import math

import torch
from torch import Tensor

from agents.nets import BlindAgent, Memory, Precision
from agents.policy import STARTED
from agents.senses import Senses
from sims.pointnav.state import N_ACTIONS

COPIES = 4
"""Of the state, at most, in training: the window is then k less a quarter to k inputs, and a step costs four."""


def agent_with(
    window: int, hidden: int = 256, layers: int = 1, precision: Precision = "float32", senses: Senses = "egomotion"
) -> BlindAgent:
    """An agent that is told of the last `window` inputs, or with 0 of all of them.

    Raises:
        ValueError: as `BlindAgent` and `WindowedAgent`.
    """
    if window == 0:
        return BlindAgent(hidden, layers, precision, senses)
    return WindowedAgent(window, math.gcd(window, COPIES), hidden, layers, precision, senses)


class WindowedAgent(BlindAgent):
    """A `BlindAgent` that is told of the last `window` inputs alone; its weights are those of a `BlindAgent`.

    Its memory is that of all copies, side by side: h and c `[layer, env, copies x hidden]`; `gps` `[env, 3]` has behind
    x and y how many steps of the episode went by.

    Args:
        window: inputs, k. copies: of the state; a divisor of the window.
        hidden, layers, precision, senses: see `BlindAgent`.

    Raises:
        ValueError: a window below 1, or copies that do not divide it.
    """

    def __init__(
        self,
        window: int,
        copies: int,
        hidden: int = 256,
        layers: int = 1,
        precision: Precision = "float32",
        senses: Senses = "egomotion",
    ) -> None:
        super().__init__(hidden, layers, precision, senses)
        if window < 1 or copies < 1 or window % copies:
            raise ValueError(
                f"a window must be at least 1, with copies that divide it, got {window} and {copies}: as 16 with 4"
            )
        self.memory_window, self.copies = window, copies

    def blank_memory(self, n: int) -> Memory:
        """The memory of `n` envs at the start of an episode: zeros."""
        zeros = self.critic.weight.new_zeros(self.layers, n, self.copies * self.hidden)
        return Memory(zeros, zeros.clone(), zeros.new_zeros(n, 3))

    def _gps_before(self, obs_t: Tensor, gps: Tensor, keep: Tensor) -> Tensor:
        """Where the agent was when it last looked, though the copy be blank."""
        going_on = (obs_t[..., STARTED : STARTED + 1] == 0).to(keep.dtype)
        return super()._gps_before(obs_t, gps, going_on)

    def forward(
        self, obs_t: Tensor, memory: Memory, keep_t: Tensor | None = None, weights: list[Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Memory]:
        """As `BlindAgent.forward`, every copy an env of its own."""
        n_steps, n = obs_t.shape[:2]
        m, every = self.copies, self.memory_window // self.copies
        keep = obs_t.new_ones((n_steps, n), dtype=torch.bool) if keep_t is None else keep_t
        age_t = ages(memory.gps[:, 2], keep)
        turn = (age_t % self.memory_window)[..., None] == every * torch.arange(m, device=obs_t.device)
        h, c = (part.reshape(self.layers, n * m, self.hidden) for part in (memory.h, memory.c))
        apart = Memory(h, c, _each(memory.gps[:, :2], m))
        logits, values, after = super().forward(
            _each(obs_t.transpose(0, 1), m).transpose(0, 1), apart, (keep[..., None] & ~turn).flatten(1), weights
        )
        oldest = ((age_t // every + 1) % m)[..., None]
        acting = logits.view(n_steps, n, m, N_ACTIONS).gather(2, oldest[..., None].expand(-1, -1, 1, N_ACTIONS))[
            :, :, 0
        ]
        value = values.view(n_steps, n, m).gather(2, oldest)[..., 0]
        h, c = (part.reshape(self.layers, n, m * self.hidden) for part in (after.h, after.c))
        return acting, value, Memory(h, c, torch.cat([after.gps[::m], (age_t[-1] + 1).to(h.dtype)[:, None]], 1))


def ages(before: Tensor, keep_t: Tensor) -> Tensor:
    """For every step how many of its episode went by, `[time, env]` int64; `before` `[env]` those before the first.

    Args:
        keep_t: bool `[time, env]`, false where an episode begins.
    """
    n_steps = len(keep_t)
    steps = torch.arange(n_steps, device=keep_t.device)[:, None]
    began = torch.where(keep_t, -1, steps).cummax(0).values  # the last step at which one began; -1 before the rollout
    return torch.where(began >= 0, steps - began, steps + before.long())


def _each(rows: Tensor, m: int) -> Tensor:
    """Every one of `rows` m times, one beside the other."""
    return rows.repeat_interleave(m, 0)
