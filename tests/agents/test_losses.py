"""Losses, by hand."""

import math

import numpy as np
import pytest
import torch

from agents.losses import advantages_and_returns, class_selectivity, clip_loss, entropy_of
from probes.measures import units


def column(*values):
    return torch.tensor(values)[:, None]


def test_advantages_by_hand():
    """delta_1 = 2 + 0.9 x 0.3 - 0.4 = 1.87; delta_0 = 1 + 0.9 x 0.4 - 0.5 = 0.86; A_0 = 0.86 + 0.45 x 1.87."""
    going = torch.zeros(2, 1, dtype=torch.bool)
    advantage, returns = advantages_and_returns(
        column(1.0, 2.0), column(0.5, 0.4), torch.tensor([0.3]), going, gamma=0.9, lam=0.5
    )
    assert advantage[:, 0].tolist() == pytest.approx([1.7015, 1.87])
    assert returns[:, 0].tolist() == pytest.approx([2.2015, 2.27])


def test_nothing_crosses_an_episodes_end():
    ended = torch.tensor([[True], [False]])
    advantage, _ = advantages_and_returns(
        column(1.0, 2.0), column(0.5, 0.4), torch.tensor([0.3]), ended, gamma=0.9, lam=0.5
    )
    assert advantage[:, 0].tolist() == pytest.approx([0.5, 1.87])


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss"),
    [(1.5, 2.0, -2.4), (1.1, 2.0, -2.2), (0.5, 2.0, -1.0), (0.5, -1.0, 0.8), (1.5, -1.0, 1.5)],
)
def test_clip_loss_by_hand(ratio, advantage, loss):
    assert clip_loss(torch.tensor(ratio), torch.tensor(advantage), eps=0.2).item() == pytest.approx(loss)


def test_entropy_by_hand():
    uniform, certain = torch.log(torch.full((4,), 0.25)), torch.log_softmax(torch.tensor([50.0, 0.0, 0.0, 0.0]), -1)
    assert entropy_of(uniform).item() == pytest.approx(math.log(4))
    assert entropy_of(certain).item() == pytest.approx(0.0, abs=1e-6)


SAID = torch.tensor([[3.0, 1, 0, 0], [1, 1, 7, 0], [0, 1, 0, 0], [2, 1, 0, 0]])
LABELS = torch.tensor([0, 4, 2, 2])


def test_class_selectivity_by_hand():
    """Class means (3, 1, 1), absent ones left out: (3 - 1) / (3 + 1); flat; one-hot; dead."""
    assert class_selectivity(SAID, LABELS, 5).tolist() == pytest.approx([0.5, 0.0, 1.0, 0.0], abs=1e-6)
    assert class_selectivity(SAID.half(), LABELS, 5).tolist() == pytest.approx([0.5, 0.0, 1.0, 0.0], abs=1e-6)


def test_class_selectivity_is_the_measure():
    rng = np.random.default_rng(0)
    said, labels = rng.exponential(size=(90, 40)).astype(np.float32), rng.integers(6, size=90)
    loss = class_selectivity(torch.from_numpy(said), torch.from_numpy(labels), 6)
    assert loss.numpy() == pytest.approx(units.class_selectivity(said, labels).units, abs=1e-6)


def test_class_selectivity_can_be_followed_up_and_down():
    said = (SAID.double() + torch.rand(4, 4, dtype=torch.float64, generator=torch.manual_seed(0))).requires_grad_()
    assert torch.autograd.gradcheck(lambda a: class_selectivity(a, LABELS, 5), said)
    for alpha in (-1.0, 1.0):
        before = class_selectivity(said, LABELS, 5).mean()
        (slope,) = torch.autograd.grad(-alpha * before, said)
        after = class_selectivity((said - 0.01 * slope).clamp(min=0), LABELS, 5).mean()
        assert (after - before) * alpha > 0
    (slope,) = torch.autograd.grad(
        class_selectivity(dead := torch.zeros(4, 2, requires_grad=True), LABELS, 5).sum(), dead
    )
    assert slope.isfinite().all()


def test_class_selectivity_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match="must not be negative, got -1: take them behind a rectifier"):
        class_selectivity(SAID - 1, LABELS, 5)
    with pytest.raises(ValueError, match="labels must be below n_classes, 4, got 4"):
        class_selectivity(SAID, LABELS, 4)
    with pytest.raises(ValueError, match="a batch must hold 2 classes or more, got 1"):
        class_selectivity(SAID, torch.zeros(4, dtype=torch.int64), 5)
