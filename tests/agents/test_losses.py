"""PPO's losses, by hand."""

import math

import pytest
import torch

from agents.losses import advantages_and_returns, clip_loss, entropy_of


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
