"""Failures of a planted model, whose failing settings are known, in scenes drawn with NumPy; every refusal."""

import json
import re
from contextlib import closing
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from probes.failures import FailuresSettings, run
from probes.failures.looks import key_of, verdict_of
from probes.failures.naming import searched
from probes.failures.searching import check_search
from probes.failures.strategies import STARTUP, STRATEGIES
from sims.core.files import check_folder
from sims.scenes.factors import Continuous, Discrete, Space
from tests.sims.scenes.datasets.fake_scene import CHARACTERS, WORLDS, FakePack, FakeScene

SHADE, SMALL = 40, 0.8
MODEL = "tests.probes.test_failures:planted"
BASE = ("character_name=Chair",)
FACTORS = ("character_scale", "world_name", "camera_yaw")


class CodedScene(FakeScene):
    """Red is the object, green the scale; a texture of Red is a flaw. The second render of `fickle` is another one."""

    def __init__(self, fickle=False):
        super().__init__(16)
        self.renders, self.fickle, self.closed = 0, fickle, False

    def render(self, factors, *, seed=None):
        self.renders += 1
        seen = super().render(factors, seed=seed)
        image = np.empty_like(seen.image)
        image[..., 0] = 10 + SHADE * CHARACTERS.index(seen.factors["character_name"])
        image[..., 1] = round(100 * seen.factors["character_scale"])
        image[..., 2] = 0
        image[0, 0, 2] = 1 + 9 * (self.fickle and self.renders == 2)
        return seen._replace(image=image)

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class Planted(nn.Module):
    """Names the shade of red, but a Mug, whose logit is 80 less the scale in per cent, the sooner the smaller it is."""

    def forward(self, x):
        red, green = (255 * x[:, k].mean((1, 2)) for k in (0, 1))
        logits = -(red[:, None] - torch.arange(10, 10 + SHADE * len(CHARACTERS), SHADE)).abs()
        return torch.cat([100 * SMALL - 0.25 - green[:, None], logits[:, 1:]], 1)


def planted():
    return Planted(), {"size": 16, "mean": (0.0,) * 3, "std": (1.0,) * 3, "classes": list(CHARACTERS)}


def settings(out, **changed):
    return FailuresSettings(**{"model": MODEL, "factors": FACTORS, "base": BASE, "budget": 60, "out": out, **changed})


def opener(scenes, **kinds):
    """Opens plain scenes first, then, for the proofs, one of another kind."""

    def open_scene(settings):
        scenes.append(CodedScene(**kinds if scenes else {}))
        return scenes[-1]

    return open_scene


def searched_in(out, scenes, capsys, **changed):
    run(settings(out, json=True, **changed), opener(scenes))
    return json.loads(capsys.readouterr().out)


def test_the_failures_of_a_planted_model_are_found_and_proved(tmp_path, capsys):
    scenes = []
    found = searched_in(tmp_path / "out", scenes, capsys)
    assert found["failures"]
    for failure in found["failures"]:
        assert failure["factors"]["character_scale"] < SMALL
        assert failure["said_name"] == "Mug"
        assert failure["right_names"] == ["Chair"]
        assert failure["verdict"]["margin"] <= 0.0
        assert failure["reproduced"]
        assert failure["factors"]["character_name"] == "Chair"
        assert (tmp_path / "out" / failure["picture"]).is_file()
    margins = [failure["verdict"]["margin"] for failure in found["failures"]]
    assert margins == sorted(margins)
    tried = found["strategies"]
    assert tried["optuna"]["rate"]["score"] > tried["random"]["rate"]["score"]
    low, high = tried["random"]["rate"]["interval"]
    assert low < (SMALL - 0.3) / 1.7 < high
    assert "Only the rate of `random`" in found["selected"]
    assert all(scene.closed for scene in scenes)
    check_folder(tmp_path / "out")


@pytest.mark.parametrize("budget", [8, 9, 13, 30])
def test_the_budget_is_never_exceeded_and_every_render_is_counted(tmp_path, capsys, budget):
    scenes = []
    found = searched_in(tmp_path / "out", scenes, capsys, budget=budget)
    made = sum(scene.renders for scene in scenes)
    assert made == found["renders"]["made"] <= budget
    assert made >= budget - 1 - len(found["strategies"])
    assert found["renders"]["looking"] + found["renders"]["proving"] == made
    assert scenes[0].renders == found["renders"]["looking"]  # a second renderer proves


def test_a_model_that_always_fails_costs_two_renders_a_look(tmp_path, capsys):
    scenes = []
    changed = {"factors": ("character_scale=0.3:0.7",), "strategies": ("random",), "budget": 21}
    found = searched_in(tmp_path / "out", scenes, capsys, **changed)
    assert found["renders"] == {"budget": 21, "made": 20, "looking": 10, "proving": 10}
    assert found["strategies"]["random"]["rate"]["score"] == 1.0
    assert found["base"]["verdict"]["margin"] < 0.0
    assert sum(not failure["found_by"] for failure in found["failures"]) == 1  # the base stood at the beginning


def test_a_small_space_ends_before_the_budget(tmp_path, capsys):
    changed = {"factors": ("world_name",), "strategies": ("random", "optuna", "one-at-a-time")}
    found = searched_in(tmp_path / "out", [], capsys, **changed)
    assert found["renders"]["made"] == len(WORLDS)
    assert found["failures"] == []
    assert found["strategies"]["random"]["different"] == len(WORLDS)
    assert found["strategies"]["one-at-a-time"]["tried"] == len(WORLDS)
    assert "No failure was found" in (tmp_path / "out" / "index.html").read_text()


def test_a_stopped_search_goes_on_and_ends_as_one_that_was_not(tmp_path, capsys):
    whole = searched_in(tmp_path / "whole", [], capsys)

    class StoppedError(RuntimeError):
        pass

    class Stopping(CodedScene):
        def render(self, factors, *, seed=None):
            if self.renders == 25:
                raise StoppedError
            return super().render(factors, seed=seed)

    with pytest.raises(StoppedError):
        run(settings(tmp_path / "out"), lambda given: Stopping())
    assert not (tmp_path / "out" / "MANIFEST.json").exists()
    scenes = []
    resumed = searched_in(tmp_path / "out", scenes, capsys)
    assert sum(scene.renders for scene in scenes) == whole["renders"]["made"] - 25
    for name in ("strategies", "failures", "base", "renders"):
        assert resumed[name] == whole[name]
    again = []
    assert searched_in(tmp_path / "out", again, capsys) == resumed
    assert sum(scene.renders for scene in again) == 0


def test_a_failure_that_does_not_come_again_is_told_of(tmp_path, capsys):
    scenes = []
    changed = {"factors": ("character_scale=0.3:0.7",), "strategies": ("random",), "budget": 12}
    run(settings(tmp_path / "out", **changed), opener(scenes, fickle=True))
    assert " NO " in capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert sum(not failure["reproduced"] for failure in found["failures"]) == 1


def test_pictures_with_flaws_are_nobodys_failure(tmp_path, capsys):
    changed = {
        "factors": ("character_texture", "character_scale=0.3:0.7"),
        "strategies": ("optuna", "random"),
        "budget": 50,
    }
    found = searched_in(tmp_path / "out", [], capsys, **changed)
    assert all(failure["factors"]["character_texture"] != "Red" for failure in found["failures"])
    tried = found["strategies"]["random"]
    assert tried["flawed"] > 0
    assert tried["rate"]["n"] == tried["tried"] - tried["flawed"]
    assert tried["failing"] == tried["rate"]["n"]


def test_the_page_and_the_tables_tell_of_all(tmp_path, capsys):
    run(settings(tmp_path / "out"), opener([]))
    told = capsys.readouterr().out
    assert "one-at-a-time" in told
    assert "same bytes again" in told
    assert "Only the rate of" in told
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:image/png") == 2
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"
    for word in ("What was searched", "How often it fails", "One change at a time", "Where it fails", "Chair", "Mug"):
        assert word in page


def test_verdicts_are_what_they_are_by_hand():
    logits = np.log([0.5, 0.3, 0.2]).astype(np.float32)
    sure = verdict_of(logits, (0,))
    assert (sure.margin, sure.right, sure.said, sure.confidence) == pytest.approx((np.log(5 / 3), 0.5, 0, 0.5))
    two = verdict_of(logits, (1, 2))
    assert (two.margin, two.right, two.said, two.confidence) == pytest.approx((np.log(3 / 5), 0.5, 0, 0.5))
    even = verdict_of(np.zeros(4), (0,))
    assert (even.margin, even.said) == (0.0, 1)  # of equals, a wrong one
    assert verdict_of(np.array([1e4, -1e4]), (1,)).right == 0.0


SPACE = Space(
    (Discrete("world_name", WORLDS), Continuous("camera_yaw", -180.0, 180.0, 0.0, "deg"), Continuous("size", 0, 1, 0.5))
)


def test_one_at_a_time_changes_one_and_takes_turns():
    rows = list(STRATEGIES["one-at-a-time"](SPACE, 0))
    base = SPACE.defaults()
    assert rows[0] == base
    changes = [[name for name in base if row[name] != base[name]] for row in rows[1:]]
    assert changes[:3] == [["world_name"], ["camera_yaw"], ["size"]]
    assert all(len(change) == 1 for change in changes)
    assert {row["camera_yaw"] for row in rows} == {-180.0, -108.0, -36.0, 0.0, 36.0, 108.0}
    assert {row["size"] for row in rows} == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert {row["world_name"] for row in rows} == set(WORLDS)


@pytest.mark.parametrize("name", ["random", "optuna"])
def test_what_is_drawn_is_drawn_again(name):
    def rows(seed):
        with closing(STRATEGIES[name](SPACE, seed)) as strategy:
            found = [next(strategy)]
            for row in islice(iter(lambda: found[-1], None), 12):
                found.append(strategy.send(None if row["world_name"] == "Beach" else row["size"]))
        return found

    assert rows(0) == rows(0) != rows(1)
    assert all(SPACE.completed(row) == row for row in rows(0))


def test_optuna_goes_where_the_margin_is_small():
    with closing(STRATEGIES["optuna"](SPACE, 0)) as strategy:
        row, sizes = next(strategy), []
        for _ in range(STARTUP + 24):
            sizes.append(row["size"])
            row = strategy.send(row["size"] - 0.2)
    assert np.mean(sizes[-12:]) < 0.25 < np.mean(sizes[:STARTUP])


def part(factors, base=(), classes=CHARACTERS):
    return searched(FakeScene(16).space, FakePack(), factors, base, classes)


def test_factors_are_written_with_ranges_and_values():
    meant = part(["camera_yaw", "camera_pitch=0:60", "world_name=Beach, Old Town"], ["camera_pitch=20"])
    yaw, pitch, world = meant.space.factors
    assert (yaw.low, yaw.high, yaw.default) == (-180.0, 180.0, 0.0)
    assert (pitch.low, pitch.high, pitch.default) == (0.0, 60.0, 20.0)
    assert (world.values, world.default) == (("Beach", "Old Town"), "Beach")
    assert (meant.base["character_name"], meant.base["world_name"]) == ("Mug", "Beach")
    assert meant.right["Vase"] == (4,)
    assert meant.values("world_name") == ("Beach", "Old Town")
    assert meant.values("character_name") == ("Mug",)
    assert part(["camera_pitch=30:60"]).space["camera_pitch"].default == 30.0  # 14 is nearest to it
    assert part(["character_name"], classes=("Vase", "Lamp", "dog")).values("character_name") == ("Lamp", "Vase")
    assert part(["camera_yaw"], classes=None).right["Chair"] == (1,)  # ImageNet's number of it


@pytest.mark.parametrize(
    ("factors", "base", "message"),
    [
        ([], (), "a space needs one factor at least"),
        (["camera_yaw", "camera_yaw"], (), "two factors have the same name"),
        (["camera_jaw"], (), "there is no factor 'camera_jaw': did you mean 'camera_yaw'"),
        (["camera_yaw=30"], (), "camera_yaw=30 is no range: write camera_yaw=low:high, in deg"),
        (["camera_yaw=10:5"], (), "must have finite low < high"),
        (["camera_pitch=0:200"], (), "camera_pitch is 200.0: expected a number from 0 to 85 deg"),
        (["camera_pitch=a:b"], (), "camera_pitch is 'a': expected a number"),
        (["world_name=Beech"], (), "world_name is 'Beech': did you mean 'Beach'"),
        (["camera_yaw"], ["world_name"], "world_name is '': expected one of"),
        (["camera_pitch=0:30"], ["camera_pitch=60"], "camera_pitch is 60.0: expected a number from 0 to 30"),
        (["character2_name"], (), "two objects are shown"),
        (["camera_yaw"], ["character2_name=Vase"], "two objects are shown"),
        (["character_name=Mug,blank"], (), "the model can't name 'blank', expected some of Mug"),
    ],
)
def test_searches_of_what_is_not_are_refused(factors, base, message):
    with pytest.raises(ValueError, match=message):
        part(factors, base)


def test_models_that_can_not_be_wrong_or_right_are_refused():
    with pytest.raises(ValueError, match="the class 'Mug' alone, expected two at least"):
        part(["camera_yaw"], classes=("Mug",))
    with pytest.raises(ValueError, match=r"no object of the pack 'basic' .* is one of the model's"):
        part(["camera_yaw"], classes=("dog", "cat"))


@pytest.mark.parametrize(
    ("strategies", "budget", "message"),
    [
        (("random", "optuna"), 5, "a budget of 5 renders is too small for 2 strategies: 6 would do"),
        (("random", "random"), 50, "each once, got 'random'"),
        (("grid",), 50, "strategies must be some of random, one-at-a-time, optuna"),
        ((), 50, "there are no strategies"),
    ],
)
def test_searches_that_can_not_be_are_refused(strategies, budget, message):
    with pytest.raises(ValueError, match=message):
        check_search(strategies, budget)


def test_bad_settings_leave_no_folder(tmp_path):
    out = tmp_path / "out"
    for changed, message in (
        ({"budget": 3}, "too small"),
        ({"shown": 0}, "--shown must be at least 1"),
        ({"factors": ("nothing",)}, "there is no factor"),
    ):
        with pytest.raises(ValueError, match=message):
            run(settings(out, **changed), opener([]))
    assert not out.exists()


def test_a_folder_of_another_search_is_refused(tmp_path, capsys):
    run(settings(tmp_path, budget=8), opener([]))
    with pytest.raises(ValueError, match="is of another search: seed is 1 here and 0 there; give the same, or choose"):
        run(settings(tmp_path, budget=8, seed=1), opener([]))


def test_altered_pictures_are_refused(tmp_path, capsys):
    found = searched_in(tmp_path, [], capsys, budget=12)
    picture = tmp_path / found["base"]["picture"]
    assert picture.stem == key_of(found["base"]["factors"])
    picture.write_bytes((tmp_path / found["failures"][0]["picture"]).read_bytes())
    with pytest.raises(ValueError, match="is not what was written"):
        run(settings(tmp_path, budget=12), opener([]))
    (tmp_path / "MANIFEST.json").unlink()
    with pytest.raises(ValueError, match="or its picture is not what was written: remove both"):
        run(settings(tmp_path, budget=12), opener([]))
