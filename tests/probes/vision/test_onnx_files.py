"""ONNX files: graphs of known functions, what of them can be read, and files that can't."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from probes.vision.models import load_model

PLAIN = {"size": 4, "mean": [0.0, 0.0, 0.0], "std": [1 / 255, 1 / 255, 1 / 255], "classes": ["red", "green", "blue"]}


def write_graph(path, shape=("n", 3, "y", "x"), kind=TensorProto.FLOAT, metadata=None, outputs=("logits", "pool")):
    """Logits that are the mean of each channel; `pool` is the same before it is flattened."""
    axes = [2, 3] if shape[1] == 3 else [1, 2]
    nodes = [
        helper.make_node("ReduceMean", ["image", "axes"], ["pool"], keepdims=1),
        helper.make_node("Flatten", ["pool"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("image", kind, shape)],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [helper.make_tensor("axes", TensorProto.INT64, [2], axes)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    if metadata is not None:
        helper.set_model_props(model, {"umwelt": metadata})
    onnx.save(model, path)
    return str(path)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, 4, 4, 3), np.uint8)


@pytest.mark.parametrize("shape", [("n", 3, "y", "x"), ("n", "y", "x", 3), (2, 3, 4, 4), (1, 4, 4, 3)])
def test_logits_and_outputs(tmp_path, images, shape):
    path = write_graph(tmp_path / "a.onnx", shape, metadata=json.dumps(PLAIN))
    model = load_model(path)
    assert model.classes == ("red", "green", "blue")
    seen = model.look(images)
    assert np.allclose(seen.logits, images.mean((1, 2)), rtol=1e-5)
    assert list(seen.layers) == ["pool"]
    assert np.allclose(seen.layers["pool"], seen.logits)
    assert model.logits(images).dtype == np.float32


def test_what_is_given_goes_over_the_metadata(tmp_path, images):
    path = write_graph(tmp_path / "a.onnx", metadata=json.dumps(PLAIN))
    model = load_model(path, size=8, std=(1.0, 1.0, 1.0), classes=("a", "b", "c"))
    assert model.interface.size == 8
    assert model.classes == ("a", "b", "c")
    assert np.allclose(model.logits(np.full((1, 8, 8, 3), 51, np.uint8)), 0.2)


def test_a_graph_of_one_output_has_it_as_its_layer(tmp_path, images):
    path = write_graph(tmp_path / "a.onnx", metadata=json.dumps(PLAIN), outputs=("logits",))
    model = load_model(path)
    assert np.array_equal(model.activations(images)["logits"], model.logits(images))


def test_fingerprints_are_those_of_the_file(tmp_path):
    first = load_model(write_graph(tmp_path / "a.onnx", metadata=json.dumps(PLAIN)))
    second = load_model(write_graph(tmp_path / "b.onnx", metadata=json.dumps({**PLAIN, "size": 8})))
    assert first.fingerprint != second.fingerprint


def test_layers_that_are_no_outputs(tmp_path, images):
    path = write_graph(tmp_path / "a.onnx", metadata=json.dumps(PLAIN))
    with pytest.raises(ValueError, match=r"no layer is called 'pol': did you mean 'pool'\? .* only the outputs of its"):
        load_model(path).activations(images, ["pol"])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no model file"):
        load_model(str(tmp_path / "a.onnx"))
    (tmp_path / "a.onnx").write_bytes(b"no graph")
    with pytest.raises(ValueError, match=r"a.onnx can't be read as ONNX .* export the model again"):
        load_model(str(tmp_path / "a.onnx"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shape": ("n", 4, "y", "x")}, r"must have one input, float32 \[n, 3, y, x\] or \[n, y, x, 3\], got image"),
        ({"shape": ("n", 3, 4, 3)}, "must have one input"),
        ({"kind": TensorProto.DOUBLE}, r"must have one input.* got image tensor\(double\)"),
        ({"shape": ("n", 3, 4, 8)}, "takes pictures of 4 x 8: expected square ones"),
        ({"metadata": "{"}, "the metadata 'umwelt' of .* must be JSON, got '{'"),
        ({"metadata": "[]"}, r"must be a JSON object, got '\[\]'"),
        ({"metadata": json.dumps({"sise": 4})}, "a model's interface has no 'sise'"),
    ],
)
def test_graphs_that_are_no_image_models(tmp_path, given, message):
    with pytest.raises(ValueError, match=message):
        load_model(write_graph(tmp_path / "a.onnx", **given))


def test_a_size_that_the_graph_does_not_take(tmp_path):
    path = write_graph(tmp_path / "a.onnx", (1, 3, 4, 4))
    assert load_model(path).interface.size == 4
    with pytest.raises(ValueError, match="takes pictures of 4 pixels alone, got size 8"):
        load_model(path, size=8)


def test_outputs_that_are_no_floats(tmp_path, images):
    nodes = [helper.make_node("ArgMax", ["image"], ["logits"], axis=1)]
    graph = helper.make_graph(
        nodes,
        "argmax",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 4, 4])],
        [helper.make_tensor_value_info("logits", TensorProto.INT64, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, tmp_path / "a.onnx")
    with pytest.raises(ValueError, match=r"the output logits must be floats \[n, ...\], got int64"):
        load_model(str(tmp_path / "a.onnx")).logits(images)
