"""Matched pairs by what changes between them."""

import numpy as np
import pytest

from probes.vision.changes import base_of, by_magnitude, changes_of, from_base, is_angle, one_a_scene, varied
from tests.probes.vision.planted import planted_dataset

SCALES = """
name = "scales"
size = 16
seed = 1
[factors]
character_name = ["Mug", "Lamp"]
character_scale = [0.7, 1.0, 1.3]
character_texture = ["Blue", "Default", "Grass"]
"""
MANY = """
name = "many"
size = 16
[factors]
character_name = ["Mug", "Lamp"]
character_scale = { low = 0.5, high = 1.5 }
[design]
kind = "full_factorial"
levels = { character_scale = 12 }
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return planted_dataset(tmp_path_factory.mktemp("changes") / "data")


@pytest.fixture(scope="module")
def scales(tmp_path_factory):
    return planted_dataset(tmp_path_factory.mktemp("changes") / "data", SCALES)


def two(data, factor, pairs):
    return data.column(factor)[pairs]


def test_only_what_varies(data):
    assert varied(data) == ("world_name", "character_name", "camera_yaw")
    assert varied(data.where(world="Beach")) == ("character_name", "camera_yaw")


def test_numbers_change_by_so_much(scales):
    small, large = by_magnitude(scales, "character_scale")
    assert (small.name, small.magnitude, len(small.pairs)) == ("0.3", pytest.approx(0.3), 2 * 2 * 3)
    assert (large.name, large.magnitude, len(large.pairs)) == ("0.6", pytest.approx(0.6), 2 * 3)
    for change in (small, large):
        values = two(scales, "character_scale", change.pairs)
        assert (values[:, 1] > values[:, 0]).all()
        assert np.array_equal(*scales.column("character_texture")[change.pairs].T)


def test_angles_change_the_shorter_way_around(data):
    quarter, half = by_magnitude(data, "camera_yaw")
    assert (quarter.magnitude, half.magnitude) == (90.0, 180.0)
    assert {tuple(pair) for pair in two(data, "camera_yaw", quarter.pairs).tolist()} == {
        (0, 90),
        (90, 180),
        (180, 270),
        (270, 0),
    }
    assert len(quarter.pairs) == 6 * 4
    assert len(half.pairs) == 6 * 2
    assert is_angle("character_rotation_pitch")
    assert not is_angle("camera_pitch")


def test_names_change_from_the_base(scales):
    assert base_of(scales, "character_texture") == "Default"
    blue, grass = changes_of(scales, "character_texture")
    assert (blue.name, blue.magnitude) == ("Default → Blue", None)
    assert grass.name == "Default → Grass"
    assert two(scales, "character_texture", blue.pairs).tolist() == [["Default", "Blue"]] * 6


def test_numbers_change_from_the_base_too(scales):
    assert base_of(scales, "character_scale") == pytest.approx(1.0)
    smaller, larger = from_base(scales, "character_scale")
    assert (smaller.name, larger.name) == ("1 → 0.7", "1 → 1.3")
    assert smaller.magnitude == pytest.approx(0.3)
    assert set(two(scales, "character_scale", smaller.pairs)[:, 0]) == {1.0}
    assert base_of(scales.where(scale=[0.7, 1.3]), "character_scale") in (0.7, 1.3)
    assert base_of(scales.where(texture=["Blue", "Grass"]), "character_texture") == "Blue"


def test_many_magnitudes_are_grouped(tmp_path):
    data = planted_dataset(tmp_path / "many", MANY)
    changes = by_magnitude(data, "character_scale")
    assert len(changes) <= 8
    assert sum(len(change.pairs) for change in changes) == 2 * 66
    sizes = [change.magnitude for change in changes]
    assert sizes == sorted(sizes)
    for change in changes:
        values = two(data, "character_scale", change.pairs)
        assert (values[:, 1] - values[:, 0]).mean() == pytest.approx(change.magnitude, abs=1e-6)


def test_one_pair_a_scene(data):
    pairs = data.pairs("camera_yaw")
    rng = np.random.default_rng(0)
    chosen = one_a_scene(data, "camera_yaw", pairs, 100, rng)
    assert len(chosen) == 6
    scenes = {
        tuple(row[name] for name in ("world_name", "character_name"))
        for row in data.table.take(chosen[:, 0]).to_pylist()
    }
    assert len(scenes) == 6
    assert {tuple(pair) for pair in chosen} <= {tuple(pair) for pair in pairs}
    assert len(one_a_scene(data, "camera_yaw", pairs, 4, rng)) == 4
    assert np.array_equal(
        one_a_scene(data, "camera_yaw", pairs, 100, np.random.default_rng(3)),
        one_a_scene(data, "camera_yaw", pairs, 100, np.random.default_rng(3)),
    )


def test_a_factor_without_pairs(data):
    alone = data.where(camera_yaw=0)
    assert by_magnitude(alone, "camera_yaw") == []
    assert from_base(alone, "camera_yaw") == []
    assert len(one_a_scene(alone, "camera_yaw", alone.pairs("camera_yaw"), 9, np.random.default_rng(0))) == 0
