"""The worlds of the basic pack: level where objects stand, whole, enough of them."""

import numpy as np
import pytest

from sims.scenes.grounds import FLAT
from sims.scenes.worlds import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_are_level_where_objects_stand(name):
    models = WORLDS[name].models()
    assert models[0][1] == "ground"
    vertices = models[0][0].mesh.vertices
    inside = np.hypot(vertices[:, 0], vertices[:, 1]) < 0.99 * FLAT
    assert inside.any()
    np.testing.assert_array_equal(vertices[inside, 2], 0.0)
    for model, role in models:
        assert role in ("ground", "wall")
        assert np.isfinite(model.mesh.vertices).all()
    a, b, c = (vertices[models[0][0].mesh.triangles[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()  # seen from above


def test_there_are_enough_worlds():
    assert len(WORLDS) >= 16
    assert {world.light.hdri for world in WORLDS.values()} >= {"city", "forest", None}
