"""A small ResNet and a small ViT for pictures of 96 pixels, every layer of which can be read.

He et al. 2016 (basic blocks) and Dosovitskiy et al. 2021 (pre-norm blocks; here without a class token: the embedding is
the mean of the tokens, which learns from fewer pictures).
"""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Architecture = Literal["resnet", "vit"]
ARCHITECTURES: tuple[Architecture, ...] = ("resnet", "vit")

EMBEDDING = "embedding"
"""The last layer before the classes, which is the one that the paper measures."""

GRAIN = 8
"""Maps are read as means of 8 x 8 parts, so that all layers say where something is as finely as the ViT's tokens."""


class Network(nn.Module):
    """Stages one after the other, the last of which is the EMBEDDING `[n, unit]`, and a linear layer to the classes."""

    def __init__(self, stages: Mapping[str, nn.Module], units: int, n_classes: int) -> None:
        super().__init__()
        self.stages = nn.ModuleDict(stages)
        self.head = nn.Linear(units, n_classes)

    def layers(self, x: Tensor) -> dict[str, Tensor]:
        """Pictures `[n, 3, side, side]`, -2 to 2, to what every stage makes of them, `[n, unit]`, maps at GRAIN."""
        seen = {}
        for name, stage in self.stages.items():
            x = stage(x)
            coarse = functional.adaptive_avg_pool2d(x, GRAIN) if x.ndim == 4 and x.shape[-1] > GRAIN else x
            seen[name] = coarse.flatten(1)
        return seen

    def forward(self, x: Tensor) -> Tensor:
        """Logits `[n, class]`."""
        for stage in self.stages.values():
            x = stage(x)
        return self.head(x)


def network(architecture: Architecture, n_classes: int, side: int, seed: int) -> Network:
    """A network with the initial weights of `seed`, for pictures of `side` pixels.

    Raises:
        ValueError: a side that the ViT can't cut into whole patches.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        own = _BUILDERS[architecture](n_classes, side)
    for weights in own.parameters():
        if weights.ndim == 4:  # of convolutions, which are faster this way
            weights.data = weights.data.contiguous(memory_format=torch.channels_last)
    return own


def _resnet(n_classes: int, side: int, widths: tuple[int, ...] = (16, 32, 64), blocks: int = 2) -> Network:
    """A stem at half the side, then a stage of basic blocks for each of `widths`, each but the first at half of it."""
    stem = nn.Sequential(nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU())
    stages: dict[str, nn.Module] = {"stem": stem}
    wide = widths[0]
    for k, width in enumerate(widths):
        parts = [Residual(wide if b == 0 else width, width, 2 if k and b == 0 else 1) for b in range(blocks)]
        stages[f"stage{k + 1}"], wide = nn.Sequential(*parts), width
    stages[EMBEDDING] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Network(stages, wide, n_classes)


class Residual(nn.Module):
    """Two convolutions of 3 x 3 beside a way around them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first, self.first_norm = nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after)
        self.second, self.second_norm = nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)
        same = before == after and stride == 1
        self.around = nn.Identity() if same else nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`[n, before, y, x]` to `[n, after, y / stride, x / stride]`."""
        inner = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.around(x) + self.second_norm(self.second(inner)))


def _vit(n_classes: int, side: int, patch: int = 12, width: int = 96, depth: int = 4, heads: int = 3) -> Network:
    """Patches of 12 pixels, four blocks of three heads."""
    if side % patch:
        raise ValueError(f"the ViT cuts pictures into patches of {patch} pixels, got a side of {side}: use a multiple")
    stages: dict[str, nn.Module] = {"patches": Patches(patch, width, (side // patch) ** 2)}
    stages |= {f"block{k + 1}": Attending(width, heads) for k in range(depth)}
    stages[EMBEDDING] = MeanToken(width)
    return Network(stages, width, n_classes)


class Patches(nn.Module):
    """Pictures to tokens: a linear map of each patch, and a learnt vector for its place."""

    def __init__(self, patch: int, width: int, n_tokens: int) -> None:
        super().__init__()
        self.cut = nn.Conv2d(3, width, patch, patch)
        self.place = nn.Parameter(0.02 * torch.randn(1, n_tokens, width))

    def forward(self, x: Tensor) -> Tensor:
        """`[n, 3, side, side]` to `[n, token, width]`."""
        return self.cut(x).flatten(2).transpose(1, 2) + self.place


class Attending(nn.Module):
    """A block of a ViT: attention, then a perceptron, each on normalised tokens and added to them."""

    def __init__(self, width: int, heads: int, wider: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.asked, self.mixed = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.perceptron = nn.Sequential(nn.Linear(width, wider * width), nn.GELU(), nn.Linear(wider * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """`[n, token, width]` to the same."""
        split = self.asked(self.before(x)).unflatten(-1, (3, self.heads, -1))  # [n, token, 3, head, width / head]
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.mixed(attended.transpose(1, 2).flatten(2))
        return x + self.perceptron(self.between(x))


class MeanToken(nn.Module):
    """The mean of the normalised tokens."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """`[n, token, width]` to `[n, width]`."""
        return self.norm(x).mean(1)


_BUILDERS: dict[Architecture, Callable[[int, int], Network]] = {"resnet": _resnet, "vit": _vit}
