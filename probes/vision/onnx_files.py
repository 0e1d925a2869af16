"""ONNX files as image models, computed by onnxruntime on the processor; layers are the graph's other outputs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.vision.interface import ImageModel, Pooling, Seen, interface_of
from probes.vision.networks import pooled
from probes.vision.patterns import chosen
from sims.core.files import sha256_of

METADATA = "umwelt"
"""The key of a file's metadata that may hold its interface, as JSON."""


class Graph(NamedTuple):
    """A loaded file: its session, the name of its picture input, which axis has the channels, how many pictures it
    takes at once (None: any number) and how many pixels a side (None: any), its outputs, and its metadata's interface.
    """

    session: Any
    input: str
    channels: int
    batch: int | None
    size: int | None
    outputs: tuple[str, ...]
    interface: dict[str, Any]


def onnx_model(path: Path, given: dict[str, Any]) -> ImageModel:
    """The model in an ONNX file that maps float32 `[n, 3, y, x]` or `[n, y, x, 3]` to logits `[n, class]`.

    The logits are the output called `logits`, or the first. Its interface is that of the file's metadata (METADATA, as
    JSON), with `given` over it; the size that the graph is fixed to goes over both.

    Raises:
        FileNotFoundError: there is no such file. ValueError: onnxruntime is not installed or can't read the file, the
            graph has another input, or a size that contradicts it was asked for.
    """
    graph = _opened(path)
    merged = {**graph.interface, **given}
    if graph.size is not None:
        if merged.get("size", graph.size) != graph.size:
            raise ValueError(f"{path} takes pictures of {graph.size} pixels alone, got size {merged['size']}")
        merged["size"] = graph.size
    logits = "logits" if "logits" in graph.outputs else graph.outputs[0]
    layers = tuple(name for name in graph.outputs if name != logits)
    merged.setdefault("layers", layers or (logits,))

    def forward(pixels: NDArray[np.float32], patterns: Sequence[str], pooling: Pooling) -> Seen:
        names = _layers(path, graph, patterns)
        values = _run(graph, pixels, [logits, *names])
        return Seen(
            _float("logits", values[0]),
            {
                name: pooled(_float(name, value), pooling, graph.channels)
                for name, value in zip(names, values[1:], strict=True)
            },
        )

    return ImageModel(str(path), interface_of(merged), forward, sha256_of(path))


def _layers(path: Path, graph: Graph, patterns: Sequence[str]) -> list[str]:
    """The graph's outputs that fit, by patterns or by their whole names, in which anything may stand."""
    exact = [name for name in graph.outputs if name in patterns]
    rest = [pattern for pattern in patterns if pattern not in graph.outputs]
    try:
        fit = {*exact, *chosen(graph.outputs, rest)}
    except ValueError as error:
        raise ValueError(
            f"{error}. Of an ONNX file only the outputs of its graph can be read: add the layer to {path}'s outputs "
            "(model.graph.output.append, or export it with the layer returned)"
        ) from error
    return [name for name in graph.outputs if name in fit]


def _opened(path: Path) -> Graph:
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file {path}")
    try:
        import onnxruntime
    except ImportError as error:
        raise ValueError("ONNX files need onnxruntime: pip install umwelt-sims[vision]") from error
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        own = session.get_modelmeta().custom_metadata_map.get(METADATA, "{}")
    except Exception as error:  # onnxruntime's errors have no common base but this
        raise ValueError(f"{path} can't be read as ONNX ({error}): export the model again") from error
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    axes = [axis for axis in (1, 3) if len(shape) == 4 and shape[axis] == 3]
    if len(axes) != 1 or inputs[0].type != "tensor(float)":
        found = "; ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
        raise ValueError(f"{path} must have one input, float32 [n, 3, y, x] or [n, y, x, 3], got {found}")
    sides = [side for side in (shape[2:] if axes[0] == 1 else shape[1:3]) if isinstance(side, int)]
    if len(set(sides)) > 1:
        raise ValueError(f"{path} takes pictures of {sides[0]} x {sides[1]}: expected square ones; export it so")
    batch = shape[0] if isinstance(shape[0], int) else None
    outputs = tuple(each.name for each in session.get_outputs())
    return Graph(session, inputs[0].name, axes[0], batch, sides[0] if sides else None, outputs, _interface(path, own))


def _interface(path: Path, text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the metadata {METADATA!r} of {path} must be JSON, got {text[:60]!r} ({error})") from error
    if not isinstance(given, dict):
        raise ValueError(f"the metadata {METADATA!r} of {path} must be a JSON object, got {text[:60]!r}")
    return given


def _run(graph: Graph, pixels: NDArray[np.float32], names: Sequence[str]) -> list[NDArray[Any]]:
    """The outputs for all pictures; a graph of fixed batches gets as many as it takes, the last ones repeated."""
    fed = pixels if graph.channels == 1 else np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))
    batch = graph.batch or len(fed)
    parts = []
    for first in range(0, len(fed), batch):
        part = fed[first : first + batch]
        lacking = batch - len(part)
        whole = np.concatenate([part, np.repeat(part[-1:], lacking, 0)]) if lacking else part
        parts.append([value[: len(part)] for value in graph.session.run(list(names), {graph.input: whole})])
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def _float(name: str, value: NDArray[Any]) -> NDArray[np.float32]:
    if value.ndim < 2 or value.dtype.kind != "f":
        raise ValueError(f"the output {name} must be floats [n, ...], got {value.dtype} of shape {value.shape}")
    return value.astype(np.float32, copy=False)
