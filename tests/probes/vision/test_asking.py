"""Answers about planted models, whose accuracy, invariance and shortcuts are known beforehand."""

import json

import numpy as np
import pytest

from probes.vision.activations import write_activations
from probes.vision.asking import ask
from probes.vision.models import load_model
from sims.scenes.datasets.exports import export
from sims.scenes.datasets.reader import open_dataset
from tests.probes.vision.planted import SPEC, planted_dataset

TWELVE = list(range(0, 360, 30))
SPURIOUS = f"""
name = "spurious"
size = 16
[factors]
world_name = ["Bridge", "Beach"]
character_name = ["Mug", "Chair"]
camera_yaw = {TWELVE}
[design]
kind = "full_factorial"
[shift]
kind = "spurious"
factor = "character_name"
other = "world_name"
rho = 0.8
n = 20
"""
HELD_OUT = f"""{SPEC}
[shift]
kind = "hold_out_values"
values = {{ world_name = ["Beach"] }}
"""


def asked(tmp_path_factory, text, name, **options):
    """Answers about the planted model of that name."""
    folder = tmp_path_factory.mktemp("asking")
    data = planted_dataset(folder / "data", text)
    model = load_model(f"tests.probes.vision.planted:{name}")
    return ask(data, write_activations(model, data, folder / "a"), model.classes, **options)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """Of a model that names the world: right for the mug on the bridge and for the chair on the beach."""
    return asked(tmp_path_factory, SPEC, "reads_world", least=8, failures=5)


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """Of a model that is always right and has a layer a channel: characters in red, worlds in green, yaw in blue."""
    return asked(tmp_path_factory, SPEC, "channels")


@pytest.fixture(scope="module")
def spurious(tmp_path_factory):
    return {name: asked(tmp_path_factory, SPURIOUS, name) for name in ("reads_world", "channels")}


def test_accuracy_over_all_and_by_value(wrong):
    overall = wrong.said.overall
    assert (overall["top1"].score, overall["top1"].chance) == (pytest.approx(1 / 3), pytest.approx(1 / 6))
    assert (overall["own"].score, overall["own"].chance) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert overall["top5"].score == 1.0
    by_value = {factor: {v: m.score for v, m in values.items()} for factor, values in wrong.said.by_value.items()}
    assert by_value["character_name"] == {"Chair": 0.5, "Lamp": 0.0, "Mug": 0.5}
    assert by_value["world_name"] == {"Beach": pytest.approx(1 / 3), "Bridge": pytest.approx(1 / 3)}
    assert by_value["camera_yaw"].keys() == {0.0, 90.0, 180.0, 270.0}


def test_what_one_change_does(wrong):
    (step,) = wrong.said.steps["world_name"]
    assert step.change.name == "Bridge → Beach"
    assert (step.delta.lost, step.delta.won, step.delta.delta.score, step.flips.score) == (4, 4, 0.0, 1.0)
    for step in wrong.said.steps["camera_yaw"]:
        assert (step.delta.lost, step.delta.won, step.flips.score, step.delta.delta.n) == (0, 0, 0.0, 6)
    assert "character_name" not in wrong.said.steps


def test_the_worst_group(wrong):
    group = wrong.said.worst["character_name"].groups[0]
    assert (group.values, group.accuracy, group.n) == ({"character_name": "Lamp"}, 0.0, 8)
    refused = next(why for what, why in wrong.refused.items() if what.startswith("worst group of camera_yaw, "))
    assert refused == "no group has 8 pictures, the largest has 6: ask with --least 6 or less"


def test_failures_are_the_surest_first(wrong):
    failures = wrong.document()["failures"]
    assert len(failures) == 5
    assert [each["confidence"] for each in failures] == sorted((each["confidence"] for each in failures), reverse=True)
    for each in failures:
        assert each["said"] == {"Bridge": "Mug", "Beach": "Chair"}[each["world_name"]]
        assert each["truth"] == each["character_name"] != each["said"]
        assert (wrong.pictures.data.root / each["file"]).is_file()


def test_a_model_that_is_always_right_fails_on_nothing(right):
    assert right.said.overall["top1"].score == 1.0
    assert right.said.wrong == []


def test_a_layer_without_the_factor_is_invariant_to_it(right):
    invariance = {factor: {k: m.score for k, m in found.items()} for factor, found in right.layers.invariance.items()}
    assert invariance["world_name"] == {"red": 1.0, "blue": 1.0}
    assert invariance["camera_yaw"] == {"red": 1.0, "green": 1.0, "blue": pytest.approx(0.0, abs=0.35)}
    assert invariance["character_name"] == {"green": 1.0, "blue": 1.0}
    why = right.refused["invariance to world_name, green"]
    assert why.startswith("z is the same for all 12 samples")  # the bridge alone: no other picture to hold it against


def test_invariance_falls_with_the_size_of_the_change(right):
    quarter, half = right.layers.by_change["camera_yaw"]
    assert (quarter.change.magnitude, half.change.magnitude) == (90.0, 180.0)
    assert quarter.found["red"].score == half.found["red"].score == 1.0
    assert len(quarter.change.pairs) == len(half.change.pairs) == 6


def test_a_change_that_moves_all_alike_is_equivariant(wrong, right):
    (trace,) = wrong.layers.equivariance["world_name"]
    assert trace.found["mean"].score == pytest.approx(1.0)
    assert [trace.change.name for trace in wrong.layers.equivariance["camera_yaw"]] == ["0 → 90", "0 → 180", "0 → 270"]
    assert all(trace.found["mean"].score == pytest.approx(1.0) for trace in wrong.layers.equivariance["camera_yaw"])
    assert "world_name" not in right.layers.equivariance  # red and blue do not move, and green has but one value
    assert "directions need at least 2" in right.refused["equivariance to world_name, Bridge → Beach, red"]


def test_what_is_in_a_layer_can_be_read_from_it(right):
    read = {name: {layer: m.score for layer, m in found.items()} for name, found in right.layers.decodability.items()}
    assert read["world_name"]["green"] == 1.0
    assert read["world_name"]["red"] <= 0.5
    assert read["camera_yaw"]["blue"] == 1.0
    assert right.layers.decodability["camera_yaw"]["blue"].chance == 0.25
    assert set(right.layers.read.values()) == {"balanced accuracy of classes"}
    assert read["character_name"]["green"] < 0.6


def test_a_cue_that_goes_along_in_training(spurious):
    cheat, honest = spurious["reads_world"].shifted, spurious["channels"].shifted
    assert cheat.kind == "spurious correlation"
    assert (cheat.own.first.score, cheat.own.second.score, cheat.own.gap.score) == (1.0, 0.0, 1.0)
    assert (honest.own.first.score, honest.own.second.score) == (1.0, 1.0)
    assert honest.readouts["red"].gap.score == 0.0
    assert honest.readouts["green"].gap.score == 1.0
    assert spurious["channels"].pictures.data.splits == ("test",)
    assert len(spurious["channels"].pictures.rows) == 12


def test_seen_against_held_out(tmp_path_factory):
    answers = asked(tmp_path_factory, HELD_OUT, "reads_world")
    assert answers.shifted.kind == "held-out values"
    assert (answers.shifted.own.first.n, answers.shifted.own.second.n) == (12, 12)
    assert answers.shifted.own.gap.score == 0.0
    assert len(answers.pictures.rows) == 12
    assert set(answers.pictures.data.column("world")) == {"Beach"}


def test_splits(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("splits")
    data = planted_dataset(data_dir / "data", HELD_OUT)
    model = load_model("tests.probes.vision.planted:reads_character")
    activations = write_activations(model, data, data_dir / "a")
    rows = {on: ask(data, activations, model.classes, on=on).pictures.rows for on in ("train", "test", "all")}
    assert sorted([*rows["train"], *rows["test"]]) == list(rows["all"]) == list(range(24))


def test_pictures_whose_right_answer_is_unknown_are_left_out_of_accuracy(tmp_path):
    data = planted_dataset(tmp_path / "data")
    model = load_model("tests.probes.vision.planted:reads_character", classes=("Mug", "Chair", "x", "y", "z", "w"))
    activations = write_activations(model, data, tmp_path / "a")
    answers = ask(data, activations, model.classes, label="character")
    assert answers.said.overall["top1"].n == 16
    assert answers.document()["labelled"] == 16
    assert answers.document()["pictures"] == 24
    unnamed = ask(data, activations, model.classes)
    assert unnamed.said is None
    assert "are the values of no factor" in unnamed.refused["what the model says"]
    assert unnamed.layers.invariance.keys() == {"world_name", "character_name", "camera_yaw"}
    with pytest.raises(ValueError, match="no value of world_name"):
        ask(data, activations, model.classes, label="world")


def test_one_class_is_no_choice(tmp_path):
    data = planted_dataset(tmp_path / "data").where(character="Mug")
    model = load_model("tests.probes.vision.planted:reads_character")
    activations = write_activations(model, data, tmp_path / "a")
    answers = ask(data, activations, model.classes)
    assert "own" not in answers.said.overall
    assert "a choice needs two classes at least" in answers.refused["a forced choice"]
    with pytest.raises(ValueError, match="a choice needs two classes at least, the pictures have 1: ask --among all"):
        ask(data, activations, model.classes, among="own")


def test_a_thousand_logits_are_imagenets(tmp_path):
    data = planted_dataset(tmp_path / "data")
    model = load_model("tests.probes.vision.planted:like_imagenet")
    answers = ask(data, write_activations(model, data, tmp_path / "a"), model.classes)
    assert answers.said.overall["top1"].score == 1.0
    assert answers.said.overall["top1"].chance == pytest.approx(1e-3)
    assert answers.said.overall["own"].chance == pytest.approx(1 / 3)


def test_activations_of_other_pictures(tmp_path):
    data = planted_dataset(tmp_path / "data")
    model = load_model("tests.probes.vision.planted:reads_character")
    activations = write_activations(model, data, tmp_path / "a")
    with pytest.raises(ValueError, match="the activations are of 24 pictures, the data set has 12"):
        ask(data.where(world="Beach"), activations, model.classes)
    with pytest.raises(ValueError, match="has no splits"):
        ask(data, activations, model.classes, on="train")


def test_a_data_set_without_pairs_says_so(tmp_path):
    text = SPEC + '[design]\nkind = "latin_hypercube"\nn = 20\n'
    text = text.replace("[0, 90, 180, 270]", "{ low = -180.0, high = 180.0 }")
    data = planted_dataset(tmp_path / "data", text)
    model = load_model("tests.probes.vision.planted:reads_character")
    answers = ask(data, write_activations(model, data, tmp_path / "a"), model.classes)
    for what in ("invariance to world_name", "what world_name does"):
        assert "no two pictures differ in world_name alone: ask of a factorial" in answers.refused[what]
    assert "camera_yaw" in answers.layers.invariance  # some differ in it alone by luck


def test_an_angle_of_many_values_is_read_as_its_cosine_and_its_sine(tmp_path):
    text = SPEC + '[design]\nkind = "random"\nn = 60\n'
    data = planted_dataset(tmp_path / "data", text.replace("[0, 90, 180, 270]", "{ low = 0.0, high = 90.0 }"))
    model = load_model("tests.probes.vision.planted:channels")
    answers = ask(data, write_activations(model, data, tmp_path / "a"), model.classes)
    read = answers.layers.decodability
    assert read["cos camera_yaw"]["blue"].score > 0.9
    assert read["sin camera_yaw"]["blue"].score > 0.9
    assert read["sin camera_yaw"]["red"].score < 0.2
    assert answers.layers.read["sin camera_yaw"] == "R2 of numbers"
    assert answers.refused["accuracy by camera_yaw"] == "it has more than 24 values: ask of a design with levels"


def test_answers_are_the_same_for_the_same_seed_and_plain_json(tmp_path):
    data = planted_dataset(tmp_path / "data")
    model = load_model("tests.probes.vision.planted:channels")
    activations = write_activations(model, data, tmp_path / "a")
    texts = [json.dumps(ask(data, activations, model.classes, seed=s).document(), allow_nan=False) for s in (3, 3)]
    assert texts[0] == texts[1]
    assert np.isfinite(len(texts[0]))


def test_a_download_of_pug(tmp_path):
    text = SPEC + '[design]\nkind = "one_at_a_time"\nfor_each = ["character_name"]\n'
    export(planted_dataset(tmp_path / "data", text), "pug-imagenet", tmp_path / "pug")
    data = open_dataset(tmp_path / "pug")
    model = load_model("tests.probes.vision.planted:like_imagenet")
    answers = ask(data, write_activations(model, data, tmp_path / "a"), model.classes)
    assert answers.naming.labels.factor == "character_label"
    assert answers.said.overall["top1"].score == 1.0
    (step,) = answers.said.steps["world_name"]
    assert (step.delta.delta.n, step.flips.score) == (3, 0.0)
    assert answers.layers.invariance["world_name"]["mean"].n == 3


def test_a_layer_that_is_not_finite_is_named_and_the_others_are_asked(tmp_path):
    data = planted_dataset(tmp_path / "data")
    model = load_model("tests.probes.vision.planted:channels")
    found = write_activations(model, data, tmp_path / "a")
    broken = np.array(found.layers["blue"])
    broken[:] = np.nan
    answers = ask(data, found._replace(layers={**found.layers, "blue": broken}), model.classes)
    assert "must be finite, got nan" in answers.refused["invariance to camera_yaw, blue"]
    assert answers.layers.invariance["camera_yaw"].keys() == {"red", "green"}
