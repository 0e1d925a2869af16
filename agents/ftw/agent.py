"""The FTW agent put together: torso, core and heads, over whole rollouts or for one tick."""

from typing import Any, NamedTuple, get_args

import torch
from torch import Tensor, nn

from agents.auxiliary import FRAMES, balanced_triples
from agents.ftw.core import Core, CoreKind, CoreWeights, Latent, LstmCore, Memory, TwoTimescaleCore
from agents.ftw.heads import (
    PixelControl,
    PolicyValue,
    RewardPrediction,
    best_actions,
    choices_of,
    joint_log_p,
    log_probabilities,
)
from agents.ftw.torso import EMBEDDED, Torso, TorsoKind, TorsoWeights
from agents.ftw.trajectory import Outputs, Trajectory
from agents.nets import Precision
from agents.rollout import gumbel
from sims.core.checks import check_whole
from sims.ctf.actions import FACTORS


class Weights(NamedTuple):
    """An agent's weights as they are multiplied."""

    torso: TorsoWeights
    core: CoreWeights


class Thought(NamedTuple):
    """What goes through an agent's head, `[time, env, ...]`."""

    embedded: Tensor  # [time, env, 256] the frames' embeddings
    z: Tensor  # [time, env, latent] float32, what the heads see
    latent: Latent | None


class Acted(NamedTuple):
    """One tick."""

    actions: Tensor  # [env, factor] int64
    log_p: Tensor  # [env]
    values: Tensor  # [env]
    noise: Tensor  # [env, latent] bfloat16, of which z was made; what learns from this tick must have it
    memory: Memory


class FtwAgent(nn.Module):
    """Frames and memory to actions, values and memory (Jaderberg et al. 2019).

    Its inputs are frames and its own last action. The paper's agent is told the game's points besides; this one is not,
    so that whoever steps it needs to know nothing of the rewards that it was trained by.

    Args:
        torso, core: which ones. height, width: of the frames, in pixels.
        hidden: width of each LSTM. latent: of z; the plain core has none.
        tau: steps between two ticks of the slow LSTM. gradient_scale: of what goes back from the fast LSTM to it.
        precision: of the products of torso, core and pixel control; all else is float32.
        pixel_channels: of pixel control's features. factors: choices of each factor of an action.
        repeat: steps of the game for which an action is kept before it sees the next frame; a tick is one of these
            times, and whoever steps it heeds that (`agents.ftw.playing`).

    Attributes:
        arguments: all of these but tau and gradient_scale, which the core has and which may be changed.

    Raises:
        ValueError: unknown kinds, widths or repeats below 1, or frames too small.
    """

    def __init__(
        self,
        torso: TorsoKind = "small",
        core: CoreKind = "two-timescale",
        *,
        height: int = 84,
        width: int = 84,
        hidden: int = 256,
        latent: int = 256,
        tau: int = 10,
        gradient_scale: float = 1.0,
        precision: Precision = "float32",
        pixel_channels: int = 32,
        factors: tuple[int, ...] = FACTORS,
        repeat: int = 1,
    ) -> None:
        super().__init__()
        check_whole(repeat=repeat)
        self.arguments: dict[str, Any] = {
            "torso": torso,
            "core": core,
            "height": height,
            "width": width,
            "hidden": hidden,
            "latent": latent,
            "precision": precision,
            "pixel_channels": pixel_channels,
            "factors": factors,
            "repeat": repeat,
        }
        self.repeat = repeat
        self.factors = factors
        choices = sum(factors)
        self.torso = Torso(torso, height, width, precision=precision)
        inputs = EMBEDDED + choices
        self.core: Core
        if core == "two-timescale":
            self.core = TwoTimescaleCore(inputs, hidden, latent, precision, tau, gradient_scale)
        elif core == "lstm":
            self.core = LstmCore(inputs, hidden, precision)
        else:
            raise ValueError(f"core must be one of {', '.join(get_args(CoreKind))}, got {core!r}")
        self.heads = PolicyValue(self.core.outputs, choices)
        self.pixel_control = PixelControl(self.core.outputs, factors, pixel_channels, precision)
        self.reward_prediction = RewardPrediction()

    def blank_memory(self, n: int) -> Memory:
        """The memory of `n` envs at the start of an episode: zeros."""
        zeros = self.heads.critic.weight.new_zeros(n, sum(self.factors))
        return Memory._make([*self.core.blank(n), zeros.new_zeros(n, dtype=torch.int64), zeros])

    def weights(self) -> Weights:
        """The weights of torso and core as `forward` takes them; who acts many times with the same makes them once."""
        return Weights(self.torso.weights(), self.core.weights())

    def forward(
        self,
        frames_t: Tensor,
        actions_t: Tensor,
        memory: Memory,
        keep_t: Tensor,
        noise_t: Tensor,
        weights: Weights | None = None,
    ) -> tuple[Thought, Memory]:
        """Run over time.

        Args:
            frames_t: `[time, env, height, width, 3]` uint8.
            actions_t: what is done at each step but the last, int64 `[time - 1, env, factor]`.
            memory: before the first step. keep_t: `[time, env]` bool, false where an episode begins.
            noise_t: standard normal `[time, env, latent]`, of which z is made. weights: what `weights()` gave.

        Returns:
            What the heads read, and the memory after the last step; its action is still to be taken.
        """
        torso, core = self.weights() if weights is None else weights
        embedded = self.torso(frames_t.flatten(0, 1), torso).unflatten(0, frames_t.shape[:2])
        last_t = torch.cat([memory.action[None], choices_of(actions_t, self.factors)]) * keep_t[..., None]
        x_t = torch.cat([embedded, last_t.to(embedded.dtype)], -1)
        z_t, latent, after = self.core(x_t, memory, keep_t, noise_t, core)
        return Thought(embedded, z_t, latent), after

    @torch.no_grad()
    def act(
        self,
        frames: Tensor,
        memory: Memory,
        generator: torch.Generator,
        *,
        greedy: bool = False,
        weights: Weights | None = None,
    ) -> Acted:
        """One tick.

        Args:
            frames: `[env, height, width, 3]` uint8. memory: blank where an episode begins: `Memory.where(~ended)`.
            generator: on the CPU, of the draws of z and of the actions. greedy: the mean of z and the likeliest action
                instead. weights: what `weights()` gave.
        """
        n, device = len(frames), memory.h.device
        noise = torch.randn(n, self.core.latent, generator=generator).bfloat16().to(device) * (not greedy)
        keep = torch.ones(1, n, dtype=torch.bool, device=device)
        none = torch.zeros(0, n, len(self.factors), dtype=torch.int64, device=device)
        thought, after = self(frames[None], none, memory, keep, noise[None], weights)
        logits, values = self.heads(thought.z[0])
        scores = logits if greedy else logits + gumbel(tuple(logits.shape), generator).to(device)
        actions = best_actions(scores, self.factors)
        log_p = joint_log_p(log_probabilities(logits, self.factors), actions, self.factors)
        return Acted(actions, log_p, values, noise, after._replace(action=choices_of(actions, self.factors)))

    def study(
        self, trajectory: Trajectory, generator: torch.Generator, *, pixels: bool = True, n_rewards: int = 0
    ) -> Outputs:
        """What the networks say of a trajectory, with gradients.

        Args:
            trajectory: of this agent's own sizes. generator: on the CPU, of the draws of rewards to predict.
            pixels: with pixel control. n_rewards: how many rewards to predict.
        """
        thought, _ = self(trajectory.frames, trajectory.actions, trajectory.before, trajectory.keep(), trajectory.noise)
        logits, values = self.heads(thought.z)
        of_pixels = self.pixel_control(thought.z, trajectory.actions) if pixels else None
        if n_rewards == 0:
            return Outputs(logits, values, thought.latent, of_pixels, None, None)
        time, env = balanced_triples(trajectory.rewards, trajectory.ended, n_rewards, generator)
        triples = torch.stack([thought.embedded[time - back, env] for back in range(FRAMES - 1, -1, -1)], 1)
        return Outputs(logits, values, thought.latent, of_pixels, self.reward_prediction(triples.float()), (time, env))
