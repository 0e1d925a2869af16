"""Fur: as long as it should be, on the body, not on the face and the feet."""

from dataclasses import replace

import numpy as np
import pytest

from sims.scenes.animals.coats import FUR_M
from sims.scenes.animals.species import SPECIES
from sims.scenes.basic.solids import moved, sphere
from sims.scenes.cycles.install import cycles_is_ready
from sims.scenes.cycles.renderer import Cycles
from sims.scenes.description import Material, Model
from sims.scenes.fur import FACE, FEET, N_POINTS, strands_of
from sims.scenes.packs import Pack
from sims.scenes.scene import Scene
from sims.scenes.worlds import WORLDS

needs_cycles = pytest.mark.skipif(not cycles_is_ready(), reason="there is no Blender: umwelt setup cycles")
BODY = moved(sphere(0.5, 4), (0.0, 0.0, 0.3), scale=(0.5, 1.0, 0.6))
BEAST = Model("Beast", BODY, (Material((0.3, 0.2, 0.1)),), "beast", size_m=2.0, fur_m=0.1)


def test_fur_grows_on_the_body_alone():
    strands = strands_of(BEAST, 4000)
    assert strands.points.shape == (4000, N_POINTS, 3)
    assert strands.radius.shape == (4000, N_POINTS)
    assert strands.uv.shape == (4000, 2)
    root, tip = strands.points[:, 0], strands.points[:, -1]
    away = np.linalg.norm(root - [0.0, -0.5, 0.3], axis=1)
    assert away.min() > FACE[0]
    assert (root[:, 2] / 0.6).min() > FEET[0]
    length = np.linalg.norm(tip - root, axis=1)
    whole = (away > FACE[1]) & (root[:, 2] > FEET[1] * 0.6)
    assert 0.5 * 0.05 < np.median(length[whole]) < 1.5 * 0.05  # 0.1 m on a model of 2 m
    outside = ((tip - [0.0, 0.0, 0.3]) / [0.25, 0.5, 0.3]) ** 2
    assert (outside.sum(1) > 1.0).mean() > 0.9
    assert (tip - root)[:, 1].mean() > 0.0  # to the tail


def test_fur_is_the_same_each_time_and_refused_where_there_is_none():
    for one, other in zip(strands_of(BEAST, 100), strands_of(BEAST, 100), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="Beast has no fur"):
        strands_of(replace(BEAST, fur_m=0.0))


def test_lengths_are_of_animals_that_there_are():
    assert set(FUR_M) <= set(SPECIES)
    assert all(0.005 < length < 0.3 for length in FUR_M.values())
    assert not {"BushElephant", "Hippopotamus", "Pig", "Crocodile", "Walrus", "Crow"} & set(FUR_M)


@needs_cycles
def test_fur_is_drawn_and_belongs_to_its_animal():
    studio = {"WhiteStudioDay": WORLDS["WhiteStudioDay"]}
    pack = Pack("beasts", ("Beast",), tuple(studio), "MIT", (), {}, {"Beast": lambda: BEAST}, studio)
    pictures = []
    for fur in (True, False):
        renderer = Cycles(4, 2, fur=fur)
        with Scene(pack, renderer, width=64, height=64) as scene:
            pictures.append(scene.render({"character_name": "Beast", "camera_yaw": 90.0, "camera_distance": 3.0}))
    furry, bald = pictures
    assert not np.array_equal(furry.image, bald.image)
    assert furry.objects[0].pixels > bald.objects[0].pixels
    assert furry.flaws == bald.flaws == ()
    assert ((bald.instance == 1) & (furry.instance != 1)).sum() == 0
    body = (bald.instance == 1) & (furry.instance == 1)
    fur, hide = (((p.image[body] / 255.0) ** 2.2).mean(0) for p in (furry, bald))
    assert (fur > 0.7 * hide).all()  # strands shade one another
    assert fur[0] / fur[2] == pytest.approx(hide[0] / hide[2], rel=0.2)  # and keep the hide's hue
