"""What reads the latent: actions made of factors, the value, and the auxiliary tasks."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, linear, relu

from agents.auxiliary import CELLS, FRAMES
from agents.ftw.torso import EMBEDDED
from agents.nets import HEAD_GAIN, Precision

HIDDEN = 256
"""Width of the layer between the latent and the logits, and of that between it and the value."""

REWARD_HIDDEN = 128
"""Width of reward prediction's layer (Jaderberg et al. 2017, appendix)."""

COARSE, KERNEL, STRIDE = 9, 4, 2
"""Pixel control's features lie on 9 x 9, and are deconvolved to 20 x 20 by 4 x 4 at stride 2."""


def log_probabilities(logits: Tensor, factors: tuple[int, ...]) -> Tensor:
    """Log probabilities of each factor's choices, side by side as the logits are, `[..., choice]`."""
    return torch.cat([part.log_softmax(-1) for part in logits.split(list(factors), -1)], -1)


def joint_log_p(log_p: Tensor, actions: Tensor, factors: tuple[int, ...]) -> Tensor:
    """Log probability of whole actions `[..., factor]`, the sum over their factors, given `log_probabilities`."""
    return log_p.gather(-1, actions + _firsts(factors, actions.device)).sum(-1)


def joint_entropy(log_p: Tensor) -> Tensor:
    """Entropy in nats of whole actions, the sum over their factors, given `log_probabilities`."""
    return -(log_p.exp() * log_p).sum(-1)


def best_actions(scores: Tensor, factors: tuple[int, ...]) -> Tensor:
    """The highest choice of each factor, int64 `[..., factor]`.

    Of logits these are the likeliest actions; of logits with standard Gumbel noise, actions drawn from them.
    """
    return torch.stack([part.argmax(-1) for part in scores.split(list(factors), -1)], -1)


def choices_of(actions: Tensor, factors: tuple[int, ...]) -> Tensor:
    """A one for every factor's choice, `[..., choice]` float32."""
    ones = torch.zeros(*actions.shape[:-1], sum(factors), device=actions.device)
    return ones.scatter_(-1, actions + _firsts(factors, actions.device), 1.0)


def _firsts(factors: tuple[int, ...], device: torch.device) -> Tensor:
    """Where each factor's choices begin."""
    sizes = torch.tensor(factors, device=device)
    return sizes.cumsum(0) - sizes


class PolicyValue(nn.Module):
    """Latent to logits and value, through a rectified layer for each.

    Args:
        inputs: width of the latent. choices: of all factors together.
    """

    def __init__(self, inputs: int, choices: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, 2 * HIDDEN)
        self.actor = nn.Linear(HIDDEN, choices)
        self.critic = nn.Linear(HIDDEN, 1)
        for layer, gain in ((self.hidden, 2.0**0.5), (self.actor, HEAD_GAIN), (self.critic, 1.0)):
            nn.init.orthogonal_(layer.weight, gain=gain)
            nn.init.zeros_(layer.bias)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Logits `[..., choice]` and values `[...]` for latents `[..., latent]`."""
        for_actor, for_critic = relu(self.hidden(z)).split(HIDDEN, -1)
        return self.actor(for_actor), self.critic(for_critic)[..., 0]


class PixelQ(NamedTuple):
    """What pixel control says of a rollout."""

    taken: Tensor  # [time, env, 20, 20] Q of the actions taken
    best_last: Tensor  # [env, 20, 20] the highest Q after the last of them


class PixelControl(nn.Module):
    """Latent to how much actions will make each cell of the picture change, as a discounted sum: Q.

    UNREAL's (Jaderberg et al. 2017, section 3.1): a rectified linear layer to 9 x 9 features, deconvolved to a value
    and to advantages. Actions are made of factors, so every choice of every factor has an advantage of its own, and
    Q = value + the sum over the factors of (the choice's advantage - the factor's mean): the duelling form (Wang et al.
    2016), whose best action is the best choice of each factor.

    All of it is linear in the kernels: those of an action are added up before the features meet them, so that one map
    is deconvolved instead of one for every choice.

    Args:
        inputs: width of the latent. factors: choices of each factor. channels: of the features; the paper: 32.
        precision: of the products.
    """

    def __init__(
        self, inputs: int, factors: tuple[int, ...], channels: int = 32, precision: Precision = "float32"
    ) -> None:
        super().__init__()
        self.factors, self.channels = factors, channels
        self._dtype = getattr(torch, precision)
        self.features = nn.Linear(inputs, COARSE * COARSE * channels)
        # of the value and of every choice's advantage: one for every channel and place of the 4 x 4, and the bias
        self.kernels = nn.Parameter(torch.zeros(1 + sum(factors), channels * KERNEL * KERNEL + 1))
        nn.init.orthogonal_(self.features.weight, gain=2.0**0.5)
        nn.init.zeros_(self.features.bias)
        nn.init.normal_(self.kernels[:, :-1], std=HEAD_GAIN)

    def forward(self, z_t: Tensor, actions_t: Tensor) -> PixelQ:
        """For latents `[time + 1, env, latent]` and the actions after all but the last, `[time, env, factor]`."""
        taken = self.q_of(z_t[:-1].flatten(0, 1), actions_t.flatten(0, 1))
        return PixelQ(taken.unflatten(0, actions_t.shape[:2]), self.best_q(z_t[-1]))

    def q_of(self, z: Tensor, actions: Tensor) -> Tensor:
        """Q `[n, 20, 20]` of actions `[n, factor]` at latents `[n, latent]`."""
        sizes = torch.tensor(self.factors, device=z.device)
        centred = choices_of(actions, self.factors) - (1.0 / sizes).repeat_interleave(sizes)
        kernels = torch.cat([torch.ones_like(centred[:, :1]), centred], 1) @ self.kernels
        return self._deconvolved(self._features(z), kernels)

    def best_q(self, z: Tensor) -> Tensor:
        """The highest Q of any action, `[n, 20, 20]`."""
        n, grid = len(z), self._features(z)
        each = [self._deconvolved(grid, kernel.expand(n, -1)) for kernel in self.kernels]
        q, advantages = each[0], torch.stack(each[1:], 1)
        for part in advantages.split(list(self.factors), 1):
            q = q + part.amax(1) - part.mean(1)
        return q

    def _features(self, z: Tensor) -> Tensor:
        """`[n, 81, channel]`."""
        weight, bias = self.features.weight.to(self._dtype), self.features.bias.to(self._dtype)
        return relu(linear(z.to(self._dtype), weight, bias)).unflatten(1, (COARSE * COARSE, self.channels))

    def _deconvolved(self, features: Tensor, kernels: Tensor) -> Tensor:
        """A map `[n, 20, 20]` for features `[n, 81, channel]` and a kernel and bias each, `[n, channel x 16 + 1]`."""
        by_channel = kernels[:, :-1].to(self._dtype).unflatten(1, (self.channels, KERNEL * KERNEL))
        patches = torch.bmm(features, by_channel).transpose(1, 2).float()
        return fold(patches, (CELLS, CELLS), KERNEL, stride=STRIDE)[:, 0] + kernels[:, -1, None, None]


class RewardPrediction(nn.Module):
    """Embeddings of three frames to logits of the next reward's class (`agents.auxiliary.reward_class`)."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(FRAMES * EMBEDDED, REWARD_HIDDEN)
        self.logits = nn.Linear(REWARD_HIDDEN, 3)

    def forward(self, embedded: Tensor) -> Tensor:
        """Logits `[n, 3]` for embeddings `[n, 3, 256]`, the oldest frame's first."""
        return self.logits(relu(self.hidden(embedded.flatten(1))))
