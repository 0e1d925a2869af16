"""From frames to embeddings: the convolutions of the FTW agent, and smaller ones for training on a CPU."""

from typing import Literal, NamedTuple, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear, relu

from agents.nets import Precision

TorsoKind = Literal["paper", "small"]

EMBEDDED = 256
"""Numbers of an embedding."""

CHANNELS: dict[TorsoKind, tuple[int, int]] = {"paper": (32, 64), "small": (16, 32)}
"""Of the first convolution, 8 x 8 at stride 4, and the second, 4 x 4 at stride 2."""

SMALLEST = 20
"""Pixels on a side below which nothing is left of a frame."""


class TorsoWeights(NamedTuple):
    """A torso's weights as they are multiplied: of its precision, channels last."""

    kernels: list[Tensor]
    kernel_biases: list[Tensor]
    last: Tensor
    last_bias: Tensor


class Torso(nn.Module):
    """Frames to embeddings.

    `paper` is FTW's (Jaderberg et al. 2019, supplement, figure S11): 32 channels of 8 x 8 at stride 4, 64 of 4 x 4 at
    stride 2, two residual layers of 64 of 3 x 3, and a linear layer of 256. `small` is IMPALA's shallow one (Espeholt
    et al. 2018, figure 3): 16 and 32 channels, no residual layers, a linear layer of 256. Convolutions at a stride are
    unpadded.

    Args:
        kind: `paper` or `small`. height, width: of the frames, in pixels; channels: of a pixel.
        precision: of the products.

    Raises:
        ValueError: an unknown kind or precision, or frames too small for the convolutions.
    """

    def __init__(
        self,
        kind: TorsoKind = "small",
        height: int = 84,
        width: int = 84,
        channels: int = 3,
        precision: Precision = "float32",
    ) -> None:
        super().__init__()
        if kind not in CHANNELS:
            raise ValueError(f"torso must be one of {', '.join(CHANNELS)}, got {kind!r}")
        if precision not in get_args(Precision):
            raise ValueError(f"precision must be one of {', '.join(get_args(Precision))}, got {precision!r}")
        if min(height, width) < SMALLEST:
            raise ValueError(f"frames must be {SMALLEST} x {SMALLEST} pixels or larger, got {height} x {width}")
        self.frame = (height, width, channels)
        self._dtype = getattr(torch, precision)
        first, second = CHANNELS[kind]
        self.strided = nn.ModuleList([nn.Conv2d(channels, first, 8, 4), nn.Conv2d(first, second, 4, 2)])
        n_residual = 2 if kind == "paper" else 0
        self.residual = nn.ModuleList([nn.Conv2d(second, second, 3, padding=1) for _ in range(n_residual)])
        rows, columns = (((pixels - 8) // 4 + 1 - 4) // 2 + 1 for pixels in (height, width))
        self.last = nn.Linear(rows * columns * second, EMBEDDED)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.orthogonal_(parameter, gain=2.0**0.5)
            else:
                nn.init.zeros_(parameter)

    def weights(self) -> TorsoWeights:
        """The weights as `forward` takes them; whoever runs many times with the same ones makes them once."""
        layers = [cast(nn.Conv2d, layer) for layer in (*self.strided, *self.residual)]
        # pixels count from 0 to 255: the first kernel brings them to 0 to 1, so that no pass over the frames has to
        scales = [1.0 / 255.0] + [1.0] * (len(layers) - 1)
        kernels = [
            (layer.weight * scale).to(self._dtype, memory_format=torch.channels_last)
            for layer, scale in zip(layers, scales, strict=True)
        ]
        biases = [cast(Tensor, layer.bias).to(self._dtype) for layer in layers]
        return TorsoWeights(kernels, biases, self.last.weight.to(self._dtype), self.last.bias.to(self._dtype))

    def forward(self, frames: Tensor, weights: TorsoWeights | None = None) -> Tensor:
        """Embed frames.

        Args:
            frames: `[frame, height, width, channel]` uint8. weights: what `weights()` gave.

        Returns:
            `[frame, 256]`, rectified, of the torso's precision.

        Raises:
            ValueError: frames of another size or type.
        """
        if frames.dtype != torch.uint8 or tuple(frames.shape[1:]) != self.frame:
            raise ValueError(
                f"frames must be uint8 of shape [frame, {', '.join(map(str, self.frame))}], "
                f"got {frames.dtype} of shape {list(frames.shape)}"
            )
        kernels, biases, last, last_bias = self.weights() if weights is None else weights
        x = frames.to(self._dtype).permute(0, 3, 1, 2)  # channels last, as frames are
        for kernel, bias, stride in zip(kernels[:2], biases[:2], (4, 2), strict=True):
            x = relu(conv2d(x, kernel, bias, stride))
        for kernel, bias in zip(kernels[2:], biases[2:], strict=True):
            x = relu(x + conv2d(x, kernel, bias, padding=1))
        return relu(linear(x.permute(0, 2, 3, 1).flatten(1), last, last_bias))
