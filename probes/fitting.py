"""Fits a decoder: AdamW on shuffled minibatches, stopped by the loss on layouts that it doesn't learn from."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn


def fit(
    model: nn.Module,
    loss_of: Callable[[Tensor], Tensor],
    train: Tensor,
    validation: Tensor,
    *,
    epochs: int,
    patience: int,
    lr: float,
    weight_decay: float,
    batch: int,
    seed: int,
) -> float:
    """Fit `model` in place and leave it, in `eval` mode, as it was when the validation loss was lowest.

    Args:
        model: what is fitted. loss_of: the mean loss on some rows; it calls the model.
        train, validation: rows `[n]`, int64.
        epochs: at most so many. patience: stop after so many without a lower validation loss.
        lr, weight_decay: AdamW's. batch: rows a step. seed: of the order and of dropout.

    Returns:
        The lowest validation loss.

    Raises:
        ArithmeticError: the loss is not finite.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    best, kept, without = float("inf"), copy.deepcopy(model.state_dict()), 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(epochs):
            model.train()
            for rows in train[torch.randperm(len(train))].tensor_split(max(1, len(train) // batch)):
                optimizer.zero_grad()
                loss_of(rows).backward()
                optimizer.step()
            now = mean_loss(model, loss_of, validation, batch)
            without += 1
            if now < best:
                best, kept, without = now, copy.deepcopy(model.state_dict()), 0
            if without >= patience:
                break
    model.load_state_dict(kept)
    model.eval()
    return best


@torch.no_grad()
def mean_loss(model: nn.Module, loss_of: Callable[[Tensor], Tensor], rows: Tensor, batch: int) -> float:
    """The mean loss over `rows`, in `eval` mode.

    Raises:
        ArithmeticError: it is not finite.
    """
    model.eval()
    value = sum(loss_of(part).item() * len(part) for part in rows.split(batch)) / len(rows)
    if not torch.isfinite(torch.tensor(value)):
        raise ArithmeticError(f"the decoder's validation loss is {value}: lower its learning rate")
    return value


FARTHEST = 10.0
"""Spreads from the mean beyond which a unit counts as this far: cells that count up all day reach thousands."""


class Standardise(nn.Module):
    """Inputs with the mean and spread of the training rows taken out, unit by unit.

    The paper's decoders take the states as they are; this way units of any scale count alike, and so do an agent that
    was trained and one that was not.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        spread = rows.std(0)
        self.register_buffer("mean", rows.mean(0))
        self.register_buffer("scale", torch.where(spread > 1e-3 * spread.max(), spread, spread.max()).clamp_min(1e-12))

    def forward(self, x: Tensor) -> Tensor:
        """`[row, unit]` to the same shape."""
        return ((x - self.mean) / self.scale).clamp(-FARTHEST, FARTHEST)
