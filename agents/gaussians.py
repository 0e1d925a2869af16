"""Diagonal Gaussians: what a latent variable is drawn from, and how far two of them are apart."""

from typing import NamedTuple

import torch
from torch import Tensor


class Gaussian(NamedTuple):
    """Independent normal distributions `[..., dimension]`."""

    mean: Tensor
    scale: Tensor
    """Standard deviations, above 0."""


def kl(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q || p) in nats, summed over the dimensions: `[...]`."""
    ratio = q.scale / p.scale
    distance = (q.mean - p.mean) / p.scale
    return (0.5 * (ratio.square() + distance.square() - 1.0) - ratio.log()).sum(-1)


def kl_to_centred(p: Gaussian, scale: float = 0.1) -> Tensor:
    """KL(p || N(0, scale^2)) in nats, summed over the dimensions: `[...]`; FTW's slow prior is held by scale 0.1."""
    return kl(p, Gaussian(torch.zeros_like(p.mean), torch.full_like(p.scale, scale)))
