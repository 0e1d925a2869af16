"""Image models by name: `package.module:function` of anybody's PyTorch code, or the path of an ONNX file."""

import sys
from collections.abc import Mapping
from importlib import import_module
from inspect import isfunction, signature
from pathlib import Path
from typing import Any

from torch import nn

from probes.vision.interface import ImageModel, Interface, interface_of
from probes.vision.networks import torch_model
from probes.vision.onnx_files import onnx_model
from sims.core.hints import did_you_mean


def load_model(
    name: str,
    *,
    size: int | None = None,
    mean: tuple[float, float, float] | None = None,
    std: tuple[float, float, float] | None = None,
    classes: tuple[str, ...] | None = None,
    device: str = "cpu",
) -> ImageModel:
    """The model of that name, ready to be asked.

    `package.module:function` is called without arguments and returns an `nn.Module`, or `(module, interface)`: an
    `Interface`, or a plain dict of its values, so that the code need know nothing of us, for example
    `(net, {"size": 96, "mean": (0.5,) * 3, "std": (0.5,) * 3, "classes": ["mug", "vase"], "layers": ["blocks.*"]})`.
    What is left out is as ImageNet's models have it. The module maps float32 `[n, 3, size, size]` to logits
    `[n, class]`. A name that ends in `.onnx` is a file, see `probes.vision.onnx_files.onnx_model`.

    The function is code of yours and runs with your rights: name only what you trust.

    Args:
        name: see above. size, mean, std, classes: instead of what the model says of itself. device: of PyTorch models.

    Raises:
        ValueError: no such module or function, one that fails or returns something else, or values that `Interface`
            refuses. FileNotFoundError: no such file.
    """
    stated = {"size": size, "mean": mean, "std": std, "classes": classes}
    given = {key: value for key, value in stated.items() if value is not None}
    if name.lower().endswith(".onnx"):
        if device != "cpu":
            raise ValueError(f"ONNX files are computed on the cpu here, got --device {device}: leave it out")
        return onnx_model(Path(name), given)
    made = made_by(name)
    module, own = made if isinstance(made, tuple) and len(made) == 2 else (made, {})
    if not isinstance(module, nn.Module) or not isinstance(own, Interface | Mapping):
        raise ValueError(
            f"{name} must return a torch.nn.Module, or one with its interface (module, {{'size': ..., 'mean': ..., "
            f"'std': ..., 'classes': ..., 'layers': ...}}), got {_kind(made)}"
        )
    merged = {**(vars(own) if isinstance(own, Interface) else own), **given}
    return torch_model(name, module, interface_of(merged), device)


def find_modules_here() -> None:
    """From now on models are found among this folder's modules too, as a command's user expects."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # last, so that nothing here takes the place of a library


def short_name(name: str) -> str:
    """What a model is called on pages: the function of `package.module:function`, or the file without its ending."""
    return Path(name).stem if name.lower().endswith(".onnx") else name.rpartition(":")[2]


def made_by(name: str) -> Any:
    """What the function of the name `package.module:function` returns, called without arguments.

    Raises:
        ValueError: no such module or function, or it can't be called so.
    """
    function = _function(name)
    try:
        signature(function).bind()
    except TypeError as error:
        raise ValueError(
            f"{name} can't be called without arguments ({error}): wrap it in a function of none"
        ) from error
    return function()


def _function(name: str) -> Any:
    module_name, colon, function = name.partition(":")
    if not colon or not function or not all(part.isidentifier() for part in module_name.split(".")):
        raise ValueError(
            f"a model is package.module:function, such as probes.vision.pretrained:efficientnet_lite0, or a file that "
            f"ends in .onnx, got {name!r}"
        )
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and not module_name.startswith(error.name):
            raise ValueError(f"{module_name} needs {error.name}, which is not installed: pip install it") from error
        raise ValueError(
            f"there is no module {module_name} for the model {name}: install it, or add its folder to PYTHONPATH"
        ) from error
    if not callable(getattr(module, function, None)):
        known = [own for own, value in vars(module).items() if _is_own(module_name, value) and not own.startswith("_")]
        raise ValueError(
            f"{module_name} has no function {function!r}: {did_you_mean(function, known)}expected one of "
            f"{', '.join(known) or 'its functions, but it has none'}"
        )
    return getattr(module, function)


def _is_own(module_name: str, value: Any) -> bool:
    return isfunction(value) and value.__module__ == module_name


def _kind(made: Any) -> str:
    if isinstance(made, tuple):
        return f"({', '.join(type(part).__name__ for part in made)})"
    return type(made).__name__
