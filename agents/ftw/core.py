"""The agent's recurrent cores: FTW's of two timescales, and a plain LSTM as the baseline, behind one interface."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from agents.ftw.recurrence import SCALE, SMALLEST_SCALE, TwoTimescales, schedule
from agents.gaussians import Gaussian
from agents.lstm import Recurrence
from agents.nets import Precision
from sims.core.checks import check_whole

CoreKind = Literal["two-timescale", "lstm"]


class Memory(NamedTuple):
    """What an agent carries from step to step, for a batch of envs; with the plain core some parts are 0 wide."""

    h: Tensor  # [env, hidden] of the (fast) LSTM
    c: Tensor  # [env, hidden]
    h_slow: Tensor  # [env, hidden] of the slow LSTM
    c_slow: Tensor  # [env, hidden]
    z: Tensor  # [env, latent] the latent of the step before
    age: Tensor  # [env] int64, steps since the episode began; the plain core doesn't count them
    action: Tensor  # [env, choice] the action of the step before, a one for every factor's choice; zeros at first

    def where(self, keep: Tensor) -> "Memory":
        """Itself where `keep` `[env]` is true, blank elsewhere."""
        return Memory._make(torch.where(keep.view(-1, *[1] * (part.ndim - 1)), part, 0) for part in self)

    def of(self, envs: Tensor) -> "Memory":
        """That of the chosen `envs`, indices or a mask."""
        return Memory._make(part[envs] for part in self)


class Latent(NamedTuple):
    """What the two timescales say of the latent z, `[time, env, latent]`, and which steps the slow one ticked at."""

    posterior: Gaussian
    prior: Gaussian
    ticks_t: Tensor  # [time, env] bool


class CoreWeights(NamedTuple):
    """A core's weights as they are multiplied: of its precision."""

    matrices: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]


class TwoTimescaleCore(nn.Module):
    """FTW's recurrence (Jaderberg et al. 2019, "recurrent processing with temporal hierarchy").

    A slow LSTM ticks at an episode's first step and every `tau` steps after it; it reads the fast LSTM's h of the step
    before and gives the prior p(z). A fast LSTM reads the input, the slow one's h and the z of the step before, and
    gives the posterior q(z), from which z is drawn and which is all that the heads see.

    Attributes:
        tau: steps between two ticks, of all envs or int64 `[env]`; 5 to 20 in the paper. It may be changed between
            calls. gradient_scale: of what goes back from the fast LSTM to the slow one; 0.1 to 1 in the paper.

    Args:
        inputs: numbers that it reads at each step. hidden: width of each LSTM. latent: of z.
        precision: of the products.

    Raises:
        ValueError: a width below 1.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int = 256,
        latent: int = 256,
        precision: Precision = "float32",
        tau: int | Tensor = 10,
        gradient_scale: float = 1.0,
    ) -> None:
        super().__init__()
        check_whole(inputs=inputs, hidden=hidden, latent=latent)
        self.hidden, self.latent, self.outputs = hidden, latent, latent
        self.tau, self.gradient_scale = tau, gradient_scale
        self._dtype = getattr(torch, precision)
        self.seen = nn.Linear(inputs, 4 * hidden)
        self.fast = nn.Linear(hidden + latent, 4 * hidden, bias=False)
        self.told = nn.Linear(hidden, 4 * hidden, bias=False)
        self.slow = nn.Linear(2 * hidden, 4 * hidden)
        self.posterior = nn.Linear(hidden, 2 * latent)
        self.prior = nn.Linear(hidden, 2 * latent)
        for layer in (self.seen, self.fast, self.told, self.slow, self.posterior, self.prior):
            nn.init.orthogonal_(layer.weight)
        for bias in (self.seen.bias, self.slow.bias):
            _remember_at_first(bias)
        with torch.no_grad():
            for layer in (self.posterior, self.prior):
                layer.weight[latent:] *= 0.1  # all scales about 0.1, where they are drawn to
                layer.bias.zero_()

    def blank(self, n: int) -> tuple[Tensor, ...]:
        """h, c, h_slow, c_slow and z of `n` envs at the start of an episode: zeros."""
        widths = (self.hidden,) * 4 + (self.latent,)
        return tuple(self.prior.weight.new_zeros(n, width) for width in widths)

    def weights(self) -> CoreWeights:
        """The weights as `forward` takes them; whoever steps many times with the same ones makes them once."""
        layers = (self.seen, self.fast, self.told, self.slow, self.posterior, self.prior)
        biased = (self.seen, self.slow, self.posterior, self.prior)
        return CoreWeights(
            tuple(layer.weight.to(self._dtype) for layer in layers),
            tuple(layer.bias.to(self._dtype) for layer in biased),
        )

    def forward(
        self, x_t: Tensor, memory: Memory, keep_t: Tensor, noise_t: Tensor, weights: CoreWeights | None = None
    ) -> tuple[Tensor, Latent, Memory]:
        """Run over time.

        Args:
            x_t: inputs `[time, env, input]`. memory: before the first step.
            keep_t: `[time, env]` bool, false where an episode begins and the memory is blanked.
            noise_t: standard normal `[time, env, latent]`, of which z is made; whoever learns from what was done passes
                the noise with which it was done. weights: what `weights()` gave.

        Returns:
            z `[time, env, latent]` float32, what was said of it, and the memory after the last step.

        Raises:
            ValueError: a tau below 1, or a gradient scale below 0.
        """
        _check_timescale(self.tau, self.gradient_scale, memory.age)
        (seen, fast, told, slow, posterior, prior), (b_seen, b_slow, b_posterior, b_prior) = weights or self.weights()
        times = schedule(memory.age, keep_t, self.tau)
        z_t, mean_t, scale_t, said, *last = TwoTimescales.apply(
            linear(x_t.to(self._dtype), seen, b_seen),
            *(fast, told, slow, b_slow, posterior, b_posterior),
            noise_t.float(),
            keep_t.float()[..., None],
            times.rows,
            self.gradient_scale,
            *memory[:5],
        )
        before = linear(said.to(self._dtype), prior, b_prior).float()
        mean, raw = before.split(self.latent, 1)
        p = Gaussian(mean[times.last_tick_t], (softplus(raw) * SCALE + SMALLEST_SCALE)[times.last_tick_t])
        after = Memory._make([*last, z_t[-1].detach(), times.age, memory.action])
        return z_t, Latent(Gaussian(mean_t, scale_t), p, times.ticks_t), after


class LstmCore(nn.Module):
    """The baseline: one LSTM, whose h is what the heads see.

    Args:
        inputs: numbers that it reads at each step. hidden: width. precision: of the products.

    Raises:
        ValueError: a width below 1.
    """

    def __init__(self, inputs: int, hidden: int = 256, precision: Precision = "float32") -> None:
        super().__init__()
        check_whole(inputs=inputs, hidden=hidden)
        self.hidden, self.latent, self.outputs = hidden, 0, hidden
        self._dtype = getattr(torch, precision)
        self.lstm = nn.Linear(hidden + inputs, 4 * hidden)
        nn.init.orthogonal_(self.lstm.weight)
        _remember_at_first(self.lstm.bias)

    def blank(self, n: int) -> tuple[Tensor, ...]:
        """h and c of `n` envs at the start of an episode, zeros, and three parts of no width."""
        return tuple(self.lstm.weight.new_zeros(n, width) for width in (self.hidden, self.hidden, 0, 0, 0))

    def weights(self) -> CoreWeights:
        """The weights as `forward` takes them; whoever steps many times with the same ones makes them once."""
        return CoreWeights((torch.cat([self.lstm.weight, self.lstm.bias[:, None]], 1).to(self._dtype),), ())

    def forward(
        self, x_t: Tensor, memory: Memory, keep_t: Tensor, noise_t: Tensor, weights: CoreWeights | None = None
    ) -> tuple[Tensor, None, Memory]:
        """Run over time; as `TwoTimescaleCore.forward`, with noise `[time, env, 0]` and nothing to say of a latent."""
        (weight,), _ = weights or self.weights()
        x_t = x_t.to(self._dtype)
        h_t, c_t = Recurrence.apply(x_t, weight, memory.h, memory.c, keep_t.float()[..., None])
        return h_t.float(), None, memory._replace(h=h_t[-1].detach().float(), c=c_t[-1])


Core = TwoTimescaleCore | LstmCore


def _remember_at_first(bias: Tensor) -> None:
    """Forget gates open, all else zero (Jozefowicz et al. 2015)."""
    nn.init.zeros_(bias)
    with torch.no_grad():
        bias.view(4, -1)[1] = 1.0


def _check_timescale(tau: int | Tensor, gradient_scale: float, age: Tensor) -> None:
    each = torch.tensor(tau, device=age.device).expand(age.shape) if not isinstance(tau, Tensor) else tau
    if each.shape != age.shape or each.dtype != torch.int64:
        raise ValueError(
            f"tau must be a whole number or int64 of shape {list(age.shape)}, one an env, "
            f"got {each.dtype} of shape {list(each.shape)}"
        )
    if (each < 1).any():
        raise ValueError(f"tau must be at least 1 step, got {int(each.min())}")
    if not gradient_scale >= 0.0:
        raise ValueError(f"gradient_scale must be a number of at least 0, got {gradient_scale}")
