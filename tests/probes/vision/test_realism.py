"""`umwelt bench realism`: what it counts as right, on pictures whose logits are planted."""

import json

import numpy as np
import pytest

from probes.vision import realism
from probes.vision.realism import BenchSettings, realism_of, run, sectors_of
from tests.probes.vision.planted import planted_dataset
from tests.sims.scenes.datasets.fake_scene import CHARACTERS

N_CLASSES = 1000


@pytest.fixture
def data(tmp_path):
    return planted_dataset(tmp_path / "planted")


def planted_logits(data, says):
    """Logits whose largest is what `says` gives for the k-th picture and its character."""
    logits = np.zeros((len(data), N_CLASSES), np.float32)
    for k, name in enumerate(data.column("character_name")):
        logits[k, says(k, str(name))] = 9.0
    return logits


def test_all_right_and_none_right(data):
    found = realism_of(data, planted_logits(data, lambda k, name: CHARACTERS.index(name)))
    assert found.top1.score == found.top5.score == 1.0
    assert found.top1.n == len(data) == 24
    assert found.top1.chance == pytest.approx(1 / N_CLASSES)
    none = realism_of(data, planted_logits(data, lambda k, name: 900))
    assert none.top1.score == 0.0
    assert none.confused["Chair"] == {900: 8}


def test_a_right_answer_in_second_place_counts_among_five_alone(data):
    logits = planted_logits(data, lambda k, name: 900)
    logits[np.arange(len(data)), [CHARACTERS.index(str(name)) for name in data.column("character_name")]] = 8.0
    found = realism_of(data, logits)
    assert (found.top1.score, found.top5.score) == (0.0, 1.0)


def test_shares_by_species_world_and_side(data):
    wrong_from_behind = data.column("camera_yaw") == 180.0
    found = realism_of(data, planted_logits(data, lambda k, n: 900 if wrong_from_behind[k] else CHARACTERS.index(n)))
    assert found.top1.score == 0.75
    assert {side: first.score for side, (first, _) in found.by["side"].items()} == {0: 1.0, 90: 1.0, 180: 0.0, 270: 1.0}
    assert {first.score for first, _ in found.by["character_name"].values()} == {0.75}
    assert set(found.by) == {"character_name", "world_name", "side"}
    assert found.classes == {"Mug": [0], "Chair": [1], "Lamp": [2]}


def test_sectors_are_around_the_front_and_turn_over():
    np.testing.assert_array_equal(
        sectors_of(np.array([0.0, 22.0, 23.0, 180.0, 337.0, 338.0, 360.0])), [0, 0, 45, 180, 315, 0, 0]
    )


def test_logits_of_other_pictures_are_refused(data):
    with pytest.raises(ValueError, match=r"logits must be \[24, 1000\], a row a picture .* got \[23, 1000\]"):
        realism_of(data, np.zeros((23, N_CLASSES), np.float32))


def test_a_model_with_classes_of_its_own_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has classes of its own: name a model of ImageNet-1k's"):
        run(BenchSettings(out=tmp_path, spec="objects-mini", model="tests.probes.vision.planted:reads_character"))


def test_the_command_prints_a_line_a_figure(tmp_path, monkeypatch, capsys, data):
    logits = planted_logits(data, lambda k, name: CHARACTERS.index(name))
    monkeypatch.setattr(realism, "render_dataset", lambda spec, out, workers: _made(len(data)))
    monkeypatch.setattr(realism, "open_dataset", lambda out: data)
    monkeypatch.setattr(realism, "load_model", lambda name: _model())
    monkeypatch.setattr(realism, "write_activations", lambda model, data, out, patterns: _activations(logits))
    run(BenchSettings(out=tmp_path))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["case"] == "top1"
    assert lines[0]["value"] == 1.0
    assert lines[0]["ratio"] == pytest.approx(1 / 0.2786)
    assert {line["bench"] for line in lines} == {"realism"}
    assert len(lines) == 2 + 2 * (3 + 2 + 4)
    document = json.loads((tmp_path / "realism.json").read_text())
    assert document["top1"]["score"] == 1.0
    assert document["pictures"] == 24


def _made(n):
    from sims.scenes.datasets.dataset import Made

    return Made(n, n, 0, 1.0, "")


def _model():
    from types import SimpleNamespace

    return SimpleNamespace(classes=None)


def _activations(logits):
    from types import SimpleNamespace

    return SimpleNamespace(logits=logits)
