"""Loading models by name, and what hooks read of them."""

import numpy as np
import pytest
import torch
from torch import nn

from probes.vision.interface import Interface
from probes.vision.models import load_model
from probes.vision.networks import torch_model, weights_sha256
from tests.probes.vision import planted

MODULE = "tests.probes.vision.planted"
RAW = Interface(4, (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255), ("a", "b", "c"))


def images(n=2, size=4):
    return np.random.default_rng(0).integers(0, 256, (n, size, size, 3), np.uint8)


class Small(nn.Module):
    """A stem, a ReLU in place that is called twice, tokens from attention, and a head."""

    def __init__(self, head=None):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.relu = nn.ReLU(inplace=True)
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)
        self.unused = nn.Linear(1, 1)
        self.head = head or nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.stem(x) - 200.0)
        x = self.relu(1.0 - x)
        tokens = x.flatten(2).transpose(1, 2)
        return self.head(self.attention(tokens, tokens, tokens)[0].mean(1))


@pytest.fixture
def small():
    torch.manual_seed(0)
    return Small()


def test_layers_are_read_by_name_and_pooled(small):
    model, x = torch_model("small", small, RAW), images()
    pixels = torch.from_numpy(x.transpose(0, 3, 1, 2).astype(np.float32))
    layers = model.activations(x)
    assert list(layers) == ["stem", "relu", "relu#2", "attention", "head"]
    assert {name: values.shape for name, values in layers.items()} == {
        **dict.fromkeys(["stem", "relu", "relu#2", "attention"], (2, 4)),
        "head": (2, 3),
    }
    with torch.inference_mode():
        stem = small.stem(pixels).numpy()
    assert np.allclose(layers["stem"], stem.mean((2, 3)), rtol=1e-4)
    assert np.allclose(layers["relu"], np.maximum(stem - 200.0, 0.0).mean((2, 3)), rtol=1e-4, atol=1e-4)
    flat = model.activations(x, ["stem", "attention"], "flat")
    assert {name: values.shape for name, values in flat.items()} == {"stem": (2, 64), "attention": (2, 64)}
    assert np.allclose(flat["stem"], stem.reshape(2, -1), rtol=1e-4, atol=1e-4)
    assert all(values.dtype == np.float32 for values in flat.values())


def test_what_follows_in_place_does_not_change_what_was_read():
    class InPlace(nn.Sequential):
        def __init__(self):
            super().__init__(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.ReLU(inplace=True))

    interface = Interface(4, (1.0, 1.0, 1.0), classes=("a", "b", "c"))  # all that goes in is below 0
    seen = torch_model("in place", InPlace(), interface).look(images(), ["1"], "flat")
    assert (seen.layers["1"] < 0).all()
    assert (seen.logits == 0).all()


def test_logits_in_one_pass_are_those_alone(small):
    model, x = torch_model("small", small, RAW), images(5)
    assert np.array_equal(model.look(x).logits, model.logits(x))
    assert np.allclose(model.logits(x)[2:3], model.logits(x[2:3]), atol=1e-5)
    assert not small._forward_hooks
    assert all(not part._forward_hooks for part in small.modules())


def test_training_mode_is_left(small):
    small.train()
    torch_model("small", small, RAW)
    assert not small.training


class Output:
    def __init__(self, logits):
        self.logits = logits


class Wrapped(nn.Module):
    def __init__(self, wrap):
        super().__init__()
        self.wrap = wrap

    def forward(self, x):
        return self.wrap(x.mean((2, 3)))


def test_logits_may_be_an_attribute_or_the_first_of_several():
    plain = torch_model("plain", Wrapped(lambda x: x), RAW).logits(images())
    for wrap in (Output, lambda x: (x, None)):
        assert np.array_equal(torch_model("wrapped", Wrapped(wrap), RAW).logits(images()), plain)


def test_outputs_that_cannot_be_read(small):
    for wrap, kind in ((lambda x: {"logits": x}, "dict"), (lambda x: (), "tuple"), (lambda x: x.sum(), "Tensor")):
        with pytest.raises(ValueError, match=f"the model wrapped must return a tensor \\[n, ...\\], got {kind}"):
            torch_model("wrapped", Wrapped(wrap), RAW).logits(images())
    joined = nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (2, 48)), nn.Linear(48, 3))
    with pytest.raises(ValueError, match=r"the layer 0 returns \(96,\) for 2 pictures, expected \[2, ...\]"):
        torch_model("joined", joined, RAW).activations(images(), ["0"])
    with pytest.raises(ValueError, match="no layer that fits unused is called in small's forward pass"):
        torch_model("small", small, RAW).activations(images(), ["unused"])
    with pytest.raises(ValueError, match=r"no layer is called 'stm': did you mean 'stem'\?"):
        torch_model("small", small, RAW).activations(images(), ["stm"])


def test_a_device_that_is_not_there(small):
    with pytest.raises(ValueError, match="torch can't use the device 'nonsense' here"):
        torch_model("small", small, RAW, "nonsense")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="torch can't use the device 'cuda' here"):
            torch_model("small", small, RAW, "cuda")


def test_fingerprints_tell_weights_apart(small):
    before = weights_sha256(small)
    assert weights_sha256(small) == before
    with torch.no_grad():
        small.head.bias[0] += 1e-6
    assert weights_sha256(small) != before


def test_a_model_by_name():
    model = load_model(f"{MODULE}:reads_character")
    image = np.empty((1, 16, 16, 3), np.uint8)
    image[:] = planted.colour_of({"character_name": "Lamp", "world_name": "Beach", "camera_yaw": 0})
    assert model.classes is not None
    assert model.classes[int(model.logits(image)[0].argmax())] == "Lamp"
    assert model.interface.size == 16
    over = load_model(f"{MODULE}:reads_character", size=8, mean=(0.5, 0.5, 0.5), std=(1, 1, 1), classes=tuple("abcdef"))
    assert over.interface == Interface(8, (0.5, 0.5, 0.5), (1.0, 1.0, 1.0), tuple("abcdef"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("model", "a model is package.module:function, such as .* or a file that ends in .onnx, got 'model'"),
        ("a b:f", "a model is package.module:function"),
        ("a.b:", "a model is package.module:function"),
        (
            "no.such:f",
            "there is no module no.such for the model no.such:f: install it, or add its folder to PYTHONPATH",
        ),
        (
            f"{MODULE}:read_character",
            "has no function 'read_character': did you mean 'reads_character'\\? expected one of",
        ),
        (f"{MODULE}:STEP", "has no function 'STEP'"),
        ("tests.probes.vision:f", "expected one of its functions, but it has none"),
        (f"{MODULE}:Nearest", r"can't be called without arguments .* wrap it in a function of none"),
        (f"{MODULE}:returns_nothing", "must return a torch.nn.Module, or one with its interface .* got NoneType"),
        (f"{MODULE}:returns_a_pair", r"must return a torch.nn.Module.* got \(Nearest, int\)"),
        (f"{MODULE}:returns_another_size", "a model's interface has no 'sizes': did you mean 'size'"),
    ],
)
def test_names_that_are_no_model(name, message):
    with pytest.raises(ValueError, match=message):
        load_model(name)


def test_a_module_that_needs_what_is_not_installed(tmp_path, monkeypatch):
    (tmp_path / "needy_model.py").write_text("import nowhere_to_be_found\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="needy_model needs nowhere_to_be_found, which is not installed"):
        load_model("needy_model:f")


def test_onnx_is_computed_on_the_cpu(tmp_path):
    with pytest.raises(ValueError, match="ONNX files are computed on the cpu here, got --device cuda"):
        load_model(str(tmp_path / "a.onnx"), device="cuda")
