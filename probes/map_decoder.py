"""The network that draws a map from a memory, and the loss it is fitted with.

Wijmans et al. 2023, appendix: linear layers to 512 and to 128 x 6 x 6, then coordinate deconvolutions (Liu et al. 2018,
'An intriguing failing of convolutional neural networks and the CoordConv solution') of stride 2, and focal loss (Lin et
al. 2017). The reference's code has a convolution that keeps the size before and after every deconvolution, which costs
five times as much, and no padding, so that it draws 111 cells and keeps 96; here the deconvolutions alone go from 128
channels to 64, 32, 32 and 16, and 6 cells become exactly 96.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from probes.fitting import Standardise
from probes.grid import CELLS

CHANNELS = (128, 64, 32, 32, 16)
SMALL = CELLS // 2 ** (len(CHANNELS) - 1)
HIDDEN = 512
GAMMA, ALPHA = 2.0, 0.75
"""Of the focal loss; ALPHA weighs cells that are not free, 1 - ALPHA free ones, as in the reference."""


class CoordinateDeconvolution(nn.Module):
    """A transposed convolution of stride 2 that is told where it is: two more channels hold row and column."""

    place: Tensor

    def __init__(self, inputs: int, outputs: int, size: int, dropout: float) -> None:
        super().__init__()
        line = torch.linspace(-1.0, 1.0, size)
        self.register_buffer("place", torch.stack(torch.meshgrid(line, line, indexing="ij"))[None], persistent=False)
        self.dropout = nn.Dropout2d(dropout)
        self.conv = nn.ConvTranspose2d(
            inputs + 2, outputs, kernel_size=3, stride=2, padding=1, output_padding=1, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """`[row, inputs, size, size]` to `[row, outputs, 2 size, 2 size]`."""
        place = self.place.to(x.dtype).expand(len(x), -1, -1, -1)
        return self.norm(self.conv(torch.cat([self.dropout(x), place], 1))).relu()


class MapDecoder(nn.Module):
    """States `[row, unit]` to logits `[row, 2, 96, 96]`: not free, free.

    Args:
        states: the training rows' states; their mean and spread are taken out of every input.
        dropout: share of channels left out before each deconvolution in training.
    """

    def __init__(self, states: Tensor, dropout: float = 0.05) -> None:
        super().__init__()
        sizes = [states.shape[1], HIDDEN, CHANNELS[0] * SMALL**2]
        dense = [nn.Sequential(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ReLU()) for a, b in pairwise(sizes)]
        self.dense = nn.Sequential(Standardise(states), *dense)
        self.deconvolutions = nn.Sequential(
            *(CoordinateDeconvolution(a, b, SMALL * 2**k, dropout) for k, (a, b) in enumerate(pairwise(CHANNELS)))
        )
        self.head = nn.Conv2d(CHANNELS[-1], 2, kernel_size=1)

    def forward(self, states: Tensor) -> Tensor:
        """See the class."""
        x = self.dense(states).view(-1, CHANNELS[0], SMALL, SMALL)
        return self.head(self.deconvolutions(x))


def focal_loss(logits: Tensor, free: Tensor, mask: Tensor, gamma: float = GAMMA, alpha: float = ALPHA) -> Tensor:
    """The mean focal loss over the cells of `mask`.

    Args:
        logits: `[row, 2, 96, 96]`. free, mask: `[row, 96, 96]` bool.
        gamma: how little cells count that are right already (a factor that gradients do not go through, as in the
            reference). alpha: the weight of cells that are not free; free ones weigh 1 - alpha.
    """
    chosen = log_softmax(logits.float().permute(0, 2, 3, 1)[mask], -1)
    truth = free[mask]
    of_truth = torch.where(truth, chosen[:, 1], chosen[:, 0])
    weight = torch.where(truth, 1.0 - alpha, alpha) * (1.0 - of_truth.detach().exp()) ** gamma
    return -(weight * of_truth).mean()
