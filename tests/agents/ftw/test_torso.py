"""The convolutions: sizes, layers, types."""

import pytest
import torch
from torch.nn.functional import conv2d, linear, relu

from agents.ftw.torso import Torso


def frames_of(n, height=84, width=84):
    return torch.randint(0, 256, (n, height, width, 3), dtype=torch.uint8)


@pytest.mark.parametrize(
    ("kind", "shapes", "last"),
    [
        ("paper", [(32, 3, 8, 8), (64, 32, 4, 4), (64, 64, 3, 3), (64, 64, 3, 3)], (256, 5184)),
        ("small", [(16, 3, 8, 8), (32, 16, 4, 4)], (256, 2592)),
    ],
)
def test_the_layers_are_the_papers(kind, shapes, last):
    torso = Torso(kind)
    layers = [*torso.strided, *torso.residual]
    assert [tuple(layer.weight.shape) for layer in layers] == shapes
    assert tuple(torso.last.weight.shape) == last
    assert torso(frames_of(2)).shape == (2, 256)


@pytest.mark.parametrize("kind", ["paper", "small"])
def test_it_is_the_convolutions_as_torch_writes_them(kind):
    torch.manual_seed(0)
    torso, frames = Torso(kind, 36, 52), frames_of(3, 36, 52)
    x = frames.permute(0, 3, 1, 2) / 255.0
    for layer, stride in zip(torso.strided, (4, 2), strict=True):
        x = relu(conv2d(x, layer.weight, layer.bias, stride))
    for layer in torso.residual:
        x = relu(x + conv2d(x, layer.weight, layer.bias, padding=1))
    expected = relu(linear(x.permute(0, 2, 3, 1).flatten(1), torso.last.weight, torso.last.bias))
    torch.testing.assert_close(torso(frames), expected)
    torch.testing.assert_close(torso(frames, torso.weights()), expected)


def test_bfloat16_stays_near_float32():
    torch.manual_seed(0)
    exact, rounded = (Torso("paper", 44, 44, precision=precision) for precision in ("float32", "bfloat16"))
    frames = frames_of(8, 44, 44)
    rounded.load_state_dict(exact.state_dict())
    embedded = rounded(frames)
    assert embedded.dtype == torch.bfloat16
    torch.testing.assert_close(embedded.float(), exact(frames), rtol=0.05, atol=0.02)


def test_every_weight_learns():
    torso = Torso("paper", 28, 28, precision="bfloat16")
    torso(frames_of(4, 28, 28)).float().square().sum().backward()
    for name, parameter in torso.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0.0, name


def test_smallest_frames_pass():
    assert Torso("small", 20, 20)(frames_of(1, 20, 20)).shape == (1, 256)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "large"}, "torso must be one of paper, small, got 'large'"),
        ({"precision": "float16"}, "precision must be one of float32, bfloat16, got 'float16'"),
        ({"height": 19}, "frames must be 20 x 20 pixels or larger, got 19 x 84"),
    ],
)
def test_impossible_torsos_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        Torso(**settings)


@pytest.mark.parametrize(
    "frames",
    [
        torch.zeros(2, 28, 28, 3),
        torch.zeros(2, 3, 28, 28, dtype=torch.uint8),
        torch.zeros(28, 28, 3, dtype=torch.uint8),
    ],
)
def test_other_frames_are_refused(frames):
    with pytest.raises(ValueError, match=r"frames must be uint8 of shape \[frame, 28, 28, 3\], got"):
        Torso("small", 28, 28)(frames)
