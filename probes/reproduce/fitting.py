"""Trains a network to name objects, with or without the usual augmentation of ImageNet's pictures."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.ppo import precision_of_cpu
from probes.reproduce.networks import EMBEDDING, Architecture, Network
from probes.reproduce.pictures import Labelled

WARM = 0.15
"""Of all steps, over which the learning rate rises; it falls to nothing over the rest."""

LEAST_AREA, STRETCH = 0.25, 4 / 3
"""Of the crops: the least share of the picture (ImageNet's recipe has 0.08, of pictures that show more beside their
object) and the most that a side is stretched against the other."""

ASKED_AT_ONCE = 128
"""Pictures."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast an architecture learns: AdamW, with a rate that rises and falls (Smith, Topin 2018)."""

    epochs: int
    """Passes over the pictures."""
    batch: int
    """Pictures a step."""
    lr: float
    """The highest learning rate."""
    weight_decay: float = 0.05
    """Of AdamW."""
    half: bool = False
    """Multiply in bfloat16 on a processor that has it."""


RECIPES: Mapping[Architecture, Recipe] = {
    "resnet": Recipe(epochs=25, batch=32, lr=3e-3, half=True),
    "vit": Recipe(epochs=40, batch=32, lr=1e-3),
}
"""Chosen by accuracy alone, on worlds held out of `fixed`, before anything was asked of invariance."""


def pixels(labelled: Labelled) -> Tensor:
    """The pictures as networks want them: `[n, 3, side, side]` float32 from -2 to 2."""
    images = torch.from_numpy(labelled.images).permute(0, 3, 1, 2).float()
    return images.div_(63.75).sub_(2.0).contiguous(memory_format=torch.channels_last)


def fit(network: Network, train: Labelled, recipe: Recipe, *, augmented: bool, seed: int) -> float:
    """Train in place; the order of the pictures and the augmentation come from `seed`.

    Returns:
        The mean loss over the last epoch, in nats.

    Raises:
        ArithmeticError: the loss is not finite. ValueError: fewer pictures than a batch.
    """
    images, labels, n = pixels(train), torch.from_numpy(train.labels), len(train.labels)
    if n < recipe.batch:
        raise ValueError(f"{n} pictures are fewer than one batch of {recipe.batch}: render more, or lower the batch")
    generator = torch.Generator().manual_seed(seed)
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), recipe.lr, weight_decay=recipe.weight_decay)
    steps, step, losses = recipe.epochs * (n // recipe.batch), 0, []
    half = recipe.half and precision_of_cpu() == "bfloat16"
    for _ in range(recipe.epochs):
        losses = []
        for rows in torch.randperm(n, generator=generator)[: n // recipe.batch * recipe.batch].split(recipe.batch):
            for group in optimizer.param_groups:
                group["lr"] = recipe.lr * rate_at(step / steps)
            shown = crop_and_flip(images[rows], generator) if augmented else images[rows]
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                loss = functional.cross_entropy(network(shown).float(), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            step += 1
        if not math.isfinite(sum(losses)):
            raise ArithmeticError(f"the loss is {sum(losses) / len(losses)}: lower the learning rate of {recipe}")
    network.eval()
    return sum(losses) / len(losses)


def rate_at(share: float) -> float:
    """The learning rate after this share of all steps, as a share of the highest."""
    if share < WARM:
        return share / WARM
    return 0.5 + 0.5 * math.cos(math.pi * (share - WARM) / (1.0 - WARM))


def crop_and_flip(images: Tensor, generator: torch.Generator) -> Tensor:
    """Of each picture `[n, 3, side, side]` a random part, brought back to the side, and every other one mirrored.

    Areas are uniform from LEAST_AREA to 1, the sides' ratio log-uniform within STRETCH, and parts lie inside.
    """
    n = len(images)
    area, ratio, x, y, mirrored = torch.rand(5, n, generator=generator)
    size = (LEAST_AREA + (1.0 - LEAST_AREA) * area).sqrt()
    tilt = STRETCH ** (ratio - 0.5)  # width over height, within STRETCH, is the square of it
    width, height = (size * tilt).clamp(max=1.0), (size / tilt).clamp(max=1.0)
    affine = torch.zeros(n, 2, 3)
    affine[:, 0, 0] = torch.where(mirrored < 0.5, -width, width)
    affine[:, 1, 1] = height
    affine[:, 0, 2], affine[:, 1, 2] = (2.0 * x - 1.0) * (1.0 - width), (2.0 * y - 1.0) * (1.0 - height)
    grid = functional.affine_grid(affine, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


@torch.no_grad()
def settle(network: Network, train: Labelled, batch: int = 64) -> None:
    """Give the batch norms of a network that isn't trained the statistics of pictures; its weights stay.

    Untrained, they would scale nothing, and its layers would be compared with those of networks where they do.
    """
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = None  # the mean of all batches
    network.train()
    for images in pixels(train).split(batch):
        network(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


@torch.no_grad()
def logits_and_layers(network: Network, asked: Labelled) -> tuple[Tensor, dict[str, Tensor]]:
    """What a network in `eval` mode makes of pictures: logits `[n, class]`, and every layer `[n, unit]`."""
    parts = [network.layers(images) for images in pixels(asked).split(ASKED_AT_ONCE)]
    layers = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    return network.head(layers[EMBEDDING]), layers
