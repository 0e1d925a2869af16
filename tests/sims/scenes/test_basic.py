import numpy as np
import pytest

from sims.scenes.basic import OBJECTS, build
from sims.scenes.basic.solids import assembled, box, curve, moved, revolve, sphere, tube
from sims.scenes.description import Material
from sims.scenes.grounds import FLAT
from sims.scenes.worlds import WORLDS


def volume(shape):
    a, b, c = (shape.vertices.astype(np.float64)[shape.triangles[:, k]] for k in range(3))
    return np.einsum("ij,ij->", a, np.cross(b, c)) / 6.0


def is_closed(shape):
    """Every edge is run through once in each direction."""
    edges = shape.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    there = {(int(a), int(b)) for a, b in edges}
    return len(there) == len(edges) and all((b, a) in there for a, b in there)


@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_closed_and_stand_on_the_ground_a_metre_long(name):
    model = build(name)
    vertices = model.mesh.vertices
    assert model.name == name
    assert np.isfinite(vertices).all()
    low, high = vertices.min(0), vertices.max(0)
    assert (high - low).max() == pytest.approx(1.0, abs=1e-5)
    assert low[2] == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(low[:2] + high[:2], 0.0, atol=1e-5)
    assert is_closed(model.mesh)
    assert volume(model.mesh) > 0.0
    assert len(model.mesh.triangles) < 60_000
    assert set(np.unique(model.mesh.part)) == set(range(len(model.materials)))
    assert model.noun


def test_enough_of_them_are_imagenets_and_no_two_are_one():
    known = [name for name in OBJECTS if build(name).imagenet]
    assert len(OBJECTS) >= 20
    assert len(known) >= 12
    assert all(0 <= number < 1000 for name in known for number in build(name).imagenet)
    assert len({build(name).key for name in OBJECTS}) == len(OBJECTS)
    with pytest.raises(ValueError, match="did you mean 'Teapot'"):
        build("Teepot")


def test_solids_have_the_volumes_of_textbooks():
    assert volume(revolve([(0, 0), (0.5, 0), (0.5, 2), (0, 2)], 400)) == pytest.approx(np.pi / 2, rel=1e-3)
    assert volume(box((1, 2, 3))) == pytest.approx(6.0, rel=1e-6)
    assert volume(box((1, 2, 3), 0.1)) == pytest.approx(6.0, rel=0.05)
    assert volume(sphere(0.5, 4)) == pytest.approx(np.pi / 6, rel=0.01)
    ring = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    torus = tube(np.stack([np.cos(ring), np.sin(ring), 0 * ring], -1), 0.2, 40, loop=True)
    assert volume(torus) == pytest.approx(2 * np.pi**2 * 0.04, rel=0.02)
    assert volume(tube([[0, 0, 0], [0, 0, 3]], 0.5, 100)) == pytest.approx(3 * np.pi / 4, rel=0.01)
    for shape in (torus, box((1, 2, 3), 0.1), sphere(1, 2), revolve([(0, 0), (1, 0), (0, 1)])):
        assert is_closed(shape)


def test_a_moved_shape_and_an_assembled_one():
    turned = moved(box((1, 2, 4)), (10, 0, 0), turn_deg=(90, 0, 0))
    np.testing.assert_allclose(np.ptp(turned.vertices, axis=0), [1, 4, 2], atol=1e-6)
    red, blue = Material((1, 0, 0)), Material((0, 0, 1))
    model = assembled("x", [(turned, red), (box((1, 1, 1)), blue), (box((2, 2, 2)), red)], "thing")
    assert model.materials == (red, blue)
    assert np.bincount(model.mesh.part).tolist() == [24, 12]
    points = np.array([[0.0, 0.0], [1.0, 3.0], [2.0, 0.0]])
    np.testing.assert_array_equal(curve(points, 7)[[0, -1]], points[[0, -1]])
    with pytest.raises(ValueError, match="on the axis"):
        revolve([(0.1, 0), (0.5, 1), (0, 2)])


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
