"""The command from its arguments to the page, one JSON document, and its errors."""

import json
import sys
from dataclasses import replace

import pytest
import tyro

from probes.vision.command import VisionSettings, run
from tests.probes.vision.planted import planted_dataset
from tests.probes.vision.planted_towers import SPEC, spar_dataset

MODULE = "tests.probes.vision.planted"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data set's folder."""
    out = tmp_path_factory.mktemp("command") / "planted"
    planted_dataset(out)
    return out


@pytest.fixture
def settings(made, tmp_path):
    return VisionSettings(f"{MODULE}:channels", made, tmp_path / "out", resamples=20)


def test_everything_is_written_and_told(settings, made, capsys):
    run(replace(settings, model=f"{MODULE}:reads_world", layers=("mean",)))
    said = capsys.readouterr()
    assert "what it says" in said.out
    assert f"the page is {settings.out / 'index.html'}" in said.err
    assert "left out: worst group of" in said.out
    document = json.loads((settings.out / "results.json").read_text())
    assert document["said"]["overall"]["top1"]["score"] == pytest.approx(1 / 3)
    assert document["layers"]["names"] == ["mean"]
    assert document["dataset"]["pictures"] == 24
    assert document["settings"]["dataset"] == str(made)
    page = (settings.out / "index.html").read_text()
    for title in ("What it says", "What one change does", "Invariance", "Equivariance", "What can be read from the"):
        assert f"<h2>{title}" in page
    assert page.count("data:image/png") == 6
    assert "Where it fails" in page
    assert "Bridge → Beach" in page
    assert "http" not in page.replace("http-equiv", "")
    assert (settings.out / "activations" / "layers" / "mean.npy").is_file()
    run(replace(settings, model=f"{MODULE}:reads_world", layers=("mean",), seed=1))  # no picture is looked at twice
    assert "looked at" not in capsys.readouterr().err


def test_json_is_one_document_on_standard_output(settings, capsys):
    run(replace(settings, json=True))
    text = capsys.readouterr().out
    assert json.loads(text) == json.loads((settings.out / "results.json").read_text())
    assert json.loads(text)["failures"] == []


def test_captions(tmp_path, capsys):
    spar_dataset(tmp_path / "spar", SPEC.replace('["Bridge", "Beach", "Forest"]', '["Bridge"]'))
    towers = "tests.probes.vision.planted_towers:BagOfWords"
    run(VisionSettings(towers, tmp_path / "spar", tmp_path / "out", ask="captions"))
    said = capsys.readouterr().out
    assert "relation" in said
    document = json.loads((tmp_path / "out" / "results.json").read_text())
    assert document["captions"]["object"]["score"] == 1.0
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Which caption fits the picture?" in page
    assert "planted models" in page


def test_the_command_line(made):
    parsed = tyro.cli(VisionSettings, args=["--model", "a:b", "--dataset", str(made), "--layers", "blocks.*", "fc"])
    assert parsed == VisionSettings("a:b", made, layers=("blocks.*", "fc"))
    parsed = tyro.cli(VisionSettings, args=["--model", "a:b", "--dataset", "d", "--mean", "0", "0", "0"])
    assert parsed.mean == (0.0, 0.0, 0.0)


def test_models_in_this_folder_are_found_and_take_no_librarys_place(settings, tmp_path, monkeypatch, capsys):
    (tmp_path / "own_model.py").write_text(f"from {MODULE} import channels as mine\n")
    (tmp_path / "json.py").write_text("raise RuntimeError\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    run(replace(settings, model="own_model:mine", out=None))
    assert (tmp_path / "runs" / "vision" / "mine-planted" / "index.html").is_file()


def test_pictures_with_flaws_are_left_out(tmp_path, capsys):
    text = """
name = "flawed"
size = 16
[factors]
character_name = ["Mug", "Chair"]
character_texture = ["Default", "Red"]
camera_yaw = [0, 90]
"""
    planted_dataset(tmp_path / "data", text)
    settings = VisionSettings(f"{MODULE}:reads_character", tmp_path / "data", tmp_path / "out", resamples=0)
    run(settings)
    document = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (document["pictures"], document["dataset"]["left_out_for_flaws"]) == (4, 4)
    run(replace(settings, flawed=True, out=tmp_path / "all"))
    assert json.loads((tmp_path / "all" / "results.json").read_text())["pictures"] == 8
    with pytest.raises(ValueError, match="activations is of something else"):
        run(replace(settings, flawed=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 0}, "--batch must be at least 1, got 0"),
        ({"pairs": 1}, "--pairs must be at least 2, got 1"),
        ({"components": 0}, "--components must be at least 1"),
        ({"resamples": -1}, "--resamples must be at least 0"),
        ({"least": 0}, "--least must be at least 1"),
        ({"failures": -1}, "--failures must be at least 0"),
        ({"model": "nothing"}, "a model is package.module:function"),
        ({"layers": ("rad",)}, "no layer is called 'rad': did you mean 'red'"),
        ({"label": "colour"}, "there is no factor 'colour'"),
        ({"on": "train"}, "has no splits"),
        ({"ask": "captions"}, "must return an object with image_features"),
        ({"classes": ("a",)}, "returns 6 logits, it names 1 classes"),
    ],
)
def test_mistakes(settings, change, message):
    with pytest.raises(ValueError, match=message):
        run(replace(settings, **change))
    assert not (settings.out / "results.json").exists()


def test_data_sets_that_are_not_there(settings, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        run(replace(settings, dataset=tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="holds no data set"):
        run(replace(settings, dataset=tmp_path))


def test_nothing_but_flaws(tmp_path):
    text = 'name = "red"\nsize = 16\n[factors]\ncharacter_name = ["Mug", "Chair"]\ncharacter_texture = ["Red"]\n'
    planted_dataset(tmp_path / "data", text)
    with pytest.raises(ValueError, match=r"all 2 pictures of .* have flaws: ask about them with --flawed"):
        run(VisionSettings(f"{MODULE}:reads_character", tmp_path / "data", tmp_path / "out"))
