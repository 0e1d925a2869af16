"""The rendered pictures: what is read of them, and what is refused."""

import shutil

import numpy as np
import pytest

from probes.reproduce import pictures as module
from probes.reproduce.pictures import load_pictures, rendered
from sims.scenes.datasets.plan import plan_of
from sims.scenes.datasets.rendering import open_scene
from sims.scenes.datasets.spec import read_spec
from tests.probes.reproduce.fake_sets import MANY_SIDES, MANY_SIZES, make_sets, make_test, make_train


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    return make_sets(tmp_path_factory.mktemp("sets"))


@pytest.fixture
def copied(sets, tmp_path):
    """A copy, of which a test replaces some."""
    return shutil.copytree(sets, tmp_path / "sets")


def test_pictures_have_classes_pairs_and_ranges(sets):
    pictures = load_pictures(sets)
    assert pictures.classes == ("Ball", "Chair", "Crate", "Lamp", "Mug", "Vase")
    assert {name: len(part.labels) for name, part in pictures.train.items()} == {"fixed": 36, "yaw": 36, "scale": 36}
    assert np.array_equal(pictures.train["fixed"].labels, pictures.train["yaw"].labels)
    assert not np.array_equal(pictures.train["fixed"].images, pictures.train["yaw"].images)
    assert pictures.at_base().sum() == 6
    yaw, scale = pictures.asked["camera_yaw"], pictures.asked["character_scale"]
    assert (yaw.base, scale.base) == (0.0, 1.0)
    assert yaw.trained() == [45.0]  # 135 is beyond 90
    assert (scale.low, scale.high) == (0.5, 1.3)
    assert scale.trained() == [0.5]  # the edge of the range, which a hypercube only nearly reaches
    for factor, asked in pictures.asked.items():
        for value, pairs in asked.pairs.items():
            assert pairs.shape == (6, 2)
            assert (pictures.values[factor][pairs] == [asked.base, value]).all()
            assert (pictures.test.labels[pairs[:, 0]] == pictures.test.labels[pairs[:, 1]]).all()


def test_what_is_missing_is_rendered_and_what_is_there_is_not(copied, monkeypatch, capsys):
    shutil.rmtree(copied / "yaw")
    made = []
    monkeypatch.setattr(module, "read_spec", lambda name: made.append(name))
    monkeypatch.setattr(module, "render_dataset", lambda spec, out, workers: made.append((out, workers)))
    rendered(copied, 2)
    assert made == ["invariance-yaw", (copied / "yaw", 2)]
    assert "rendering yaw into" in capsys.readouterr().err
    make_train(copied, "yaw", yaw=MANY_SIDES)
    made.clear()
    rendered(copied, 2)
    assert made == []


def remade(folder, name, **kwargs):
    shutil.rmtree(folder / name)
    (make_test if name == "test" else make_train)(folder, **({} if name == "test" else {"name": name}), **kwargs)


@pytest.mark.parametrize(
    ("name", "kwargs", "message"),
    [
        ("yaw", {"yaw": MANY_SIDES, "n": 30}, "has 30 pictures, and the fixed set 36"),
        ("yaw", {"yaw": MANY_SIDES, "scale": MANY_SIZES}, "camera_yaw alone, got camera_yaw, character_scale"),
        ("scale", {}, "character_scale alone, got no difference"),
        ("test", {"world": "Beach"}, "should have others of world_name"),
        ("test", {"characters": '"Mug", "Chair", "Lamp"'}, "should have the same of character_name"),
        ("test", {"yaw": "10, 45, 135", "base": "10"}, "should have one value of camera_yaw"),
    ],
)
def test_sets_that_differ_in_the_wrong_way_are_refused(copied, name, kwargs, message):
    remade(copied, name, **kwargs)
    with pytest.raises(ValueError, match=message):
        load_pictures(copied)


def test_the_specifications_that_ship_are_one_design():
    plans = {}
    for name in module.SETS:
        spec = read_spec(f"invariance-{name}")
        scene = open_scene(spec, 1)
        plans[name] = plan_of(spec, scene.space, scene.pack).table
        scene.close()
    assert sum(plan.num_rows for plan in plans.values()) <= 3000
    for factor, name in module.VARIED.items():
        fixed, varied = plans["fixed"].to_pydict(), plans[name].to_pydict()
        assert [column for column in fixed if fixed[column] != varied[column]] == [factor]
        asked = set(plans["test"][factor].to_pylist())
        assert set(fixed[factor]) < asked
    assert not set(plans["test"]["world_name"].to_pylist()) & set(plans["fixed"]["world_name"].to_pylist())
