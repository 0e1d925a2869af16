"""PyTorch modules as image models: layers are read by forward hooks and copied at once."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from probes.vision.interface import ImageModel, Interface, Pooling, Seen
from probes.vision.patterns import chosen, listed, matches


def torch_model(name: str, module: nn.Module, interface: Interface, device: str = "cpu") -> ImageModel:
    """A module that maps `[n, 3, size, size]` float32 to logits `[n, class]` (or to something with `.logits`).

    It is put into evaluation mode and on `device`, and never trained.

    Raises:
        ValueError: a device that torch doesn't have.
    """
    try:
        module = module.eval().to(torch.device(device))
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"torch can't use the device {device!r} here ({error}): expected cpu, or cuda") from error

    def forward(pixels: NDArray[np.float32], patterns: Sequence[str], pooling: Pooling) -> Seen:
        return _forward(name, module, torch.from_numpy(pixels).to(device), patterns, pooling)

    return ImageModel(name, interface, forward, weights_sha256(module))


def weights_sha256(module: nn.Module) -> str:
    """The SHA-256 of a module's parameters and buffers: their names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _forward(name: str, module: nn.Module, pixels: torch.Tensor, patterns: Sequence[str], pooling: Pooling) -> Seen:
    names = {part: own for own, part in module.named_modules() if own}
    chosen(names.values(), patterns)
    layers: dict[str, NDArray[np.float32]] = {}

    def keep(part: nn.Module, _: Any, output: Any) -> None:
        own = names[part]
        calls = sum(key == own or key.startswith(f"{own}#") for key in layers)
        key = f"{own}#{calls + 1}" if calls else own
        layers[key] = _pooled(key, _tensor(f"the layer {key}", output), len(pixels), pooling)

    wanted = [part for part, own in names.items() if any(matches(own, pattern) for pattern in patterns)]
    hooks = [part.register_forward_hook(keep) for part in wanted]
    try:
        with torch.inference_mode():
            output = module(pixels)
    finally:
        for hook in hooks:
            hook.remove()
    if wanted and not layers:
        raise ValueError(
            f"no layer that fits {', '.join(patterns)} is called in {name}'s forward pass: name parts of it, got "
            f"{listed([names[part] for part in wanted])}"
        )
    logits = _tensor(f"the model {name}", getattr(output, "logits", output))
    return Seen(logits.float().cpu().numpy(), layers)


def _tensor(what: str, output: Any) -> torch.Tensor:
    """A tensor, or the first of a tuple's, as attention returns it with its weights."""
    if isinstance(output, tuple) and output:
        output = output[0]
    if not isinstance(output, torch.Tensor) or output.dim() == 0:
        raise ValueError(f"{what} must return a tensor [n, ...], got {type(output).__name__}: choose another one")
    return output


def _pooled(name: str, output: torch.Tensor, n: int, pooling: Pooling) -> NDArray[np.float32]:
    """`[n, unit]`, copied: what follows may change the tensor in place."""
    if len(output) != n:
        raise ValueError(
            f"the layer {name} returns {tuple(output.shape)} for {n} pictures, expected [{n}, ...]: choose one that "
            "keeps pictures apart"
        )
    return pooled(output.detach().float().cpu().numpy(), pooling)


def pooled(values: NDArray[np.float32], pooling: Pooling, channels: int = 1) -> NDArray[np.float32]:
    """`[n, unit]` of a layer's values: the mean over space of `[n, channel, y, x]`, over tokens of `[n, token, width]`,
    or all units; two axes stay as they are. `channels`: 3 for layers `[n, y, x, channel]`.
    """
    if pooling == "mean" and values.ndim == 4:
        return values.mean((2, 3) if channels == 1 else (1, 2))
    if pooling == "mean" and values.ndim == 3:
        return values.mean(1)
    return np.array(values.reshape(len(values), -1))
