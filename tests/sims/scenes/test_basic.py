"""The built-in objects: closed, outward, one metre long, on the ground; and the tools they are made with."""

import inspect
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sims.scenes.basic import OBJECTS, build
from sims.scenes.basic.solids import (
    assembled,
    box,
    curve,
    extrude,
    joined,
    moved,
    normalised,
    oval,
    revolve,
    sphere,
    superellipsoid,
    torus,
    tube,
    turned_ring,
)
from sims.scenes.description import Material, Mesh, Model

MOST = 60_000
"""Triangles."""


def volumes(mesh: Mesh) -> NDArray[np.float64]:
    """The signed volume of each connected body, above 0 where its triangles look outward."""
    corners = mesh.vertices.astype(np.float64)[mesh.triangles]
    edges = mesh.triangles[:, [0, 1, 1, 2]].reshape(-1, 2)
    n = len(mesh.vertices)
    count, body = connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(n, n)), directed=False)
    middle = np.stack([np.bincount(body, mesh.vertices[:, k], count) for k in range(3)], -1)
    middle /= np.bincount(body, minlength=count)[:, None]
    own = body[mesh.triangles[:, 0]]
    a, b, c = np.moveaxis(corners - middle[own, None], 1, 0)  # about the middle, so that nothing small is lost
    return np.bincount(own, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6.0, count)


def watertight(mesh: Mesh) -> bool:
    """Whether each edge is there once in each direction."""
    edges = mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    forth, back = edges @ [len(mesh.vertices), 1], edges @ [1, len(mesh.vertices)]
    return len(np.unique(forth)) == len(forth) and np.array_equal(np.sort(forth), np.sort(back))


def areas(mesh: Mesh) -> NDArray[np.float64]:
    a, b, c = np.moveaxis(mesh.vertices.astype(np.float64)[mesh.triangles], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2.0


def check(model: Model) -> None:
    """All that a renderer and a scene rely on."""
    mesh = model.mesh
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    assert np.isfinite(mesh.vertices).all()
    assert (high - low).max() == pytest.approx(1.0, abs=1e-6)
    assert low[2] == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose((low + high)[:2], 0.0, atol=1e-6)
    assert 0 < len(mesh.triangles) < MOST
    assert mesh.triangles.min() >= 0
    assert len(np.unique(mesh.triangles)) == len(mesh.vertices)
    assert mesh.part.shape == mesh.smooth.shape == (len(mesh.triangles),)
    assert set(np.unique(mesh.part)) == set(range(len(model.materials)))
    assert areas(mesh).min() > 1e-11
    assert watertight(mesh)
    assert volumes(mesh).min() > 0.0


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_is_sound(name: str) -> None:
    model = build(name)
    assert model.name == name
    assert model.noun
    assert all(0 <= k < 1000 for k in model.imagenet)
    check(model)


def varied() -> list[tuple[str, str, float]]:
    """Every number that an object takes, a little less and a little more than its own."""
    out = []
    for name, make in OBJECTS.items():
        for key, parameter in inspect.signature(make).parameters.items():
            own = parameter.default
            out += [(name, key, own + step if isinstance(own, int) else own * (1 + 0.1 * step)) for step in (-1, 1)]
    return out


@pytest.mark.parametrize(("name", "key", "value"), varied())
def test_other_proportions_are_sound_and_of_effect(name: str, key: str, value: float) -> None:
    model = OBJECTS[name](**{key: value})
    check(model)
    assert model.key != build(name).key


def test_the_pack_as_a_whole() -> None:
    start = time.process_time()
    models = [make() for make in OBJECTS.values()]
    assert time.process_time() - start < 1.0  # a bound on what a process waits for, not a benchmark
    assert len(models) >= 24
    assert len({model.key for model in models}) == len(models)
    assert sum(bool(model.imagenet) for model in models) >= 16
    first = [model.imagenet[0] for model in models if model.imagenet]
    assert len(set(first)) == len(first)


def test_an_object_is_built_once_and_always_the_same() -> None:
    assert build("CoffeeMug") is build("CoffeeMug")
    assert OBJECTS["Bookcase"]().key == build("Bookcase").key


def test_an_unknown_object_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no object 'CofeeMug'.*did you mean 'CoffeeMug'.*expected one of"):
        build("CofeeMug")


CYLINDER = [(0, 0), (0.5, 0), (0.5, 2), (0, 2)]
SQUARE = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]


@pytest.mark.parametrize(
    ("shape", "volume", "within"),
    [
        (revolve(CYLINDER), 48 * np.sin(np.pi / 48) * 0.25 * 2, 1e-5),  # a prism on a regular 96-gon, exactly
        (revolve(CYLINDER), np.pi * 0.5, 0.01),
        (turned_ring([(0.5, 0), (1, 0), (1, 1), (0.5, 1)]), np.pi * 0.75, 0.01),
        (revolve([(0, 0), (1, 0), (1, 1), (0.5, 1), (0.5, 0.5), (0, 0.5)]), np.pi * 0.875, 0.01),  # a cup
        (box((1, 2, 3)), 6.0, 1e-6),
        (box((1, 1, 1), 0.5), np.pi / 6, 0.02),  # rounded all the way it is a ball
        (sphere(1.0), 4 * np.pi / 3, 0.01),
        (superellipsoid((2, 4, 6), 2.0), 8 * np.pi, 0.01),
        (torus(1.0, 0.25, around=48), 2 * np.pi**2 / 16, 0.01),
        (tube([(0, 0, 0), (1, 0, 0), (3, 0, 0)], 0.5, 96), np.pi * 0.75, 0.01),
        (tube([(0, 0, 0), (0, 0, 2)], 1.0, section=SQUARE), 2.0, 1e-6),
        (tube(np.c_[oval(2, 2, 96), np.zeros(96)], 0.2, 48, loop=True), 2 * np.pi**2 * 2 * 0.04, 0.01),
        (extrude(SQUARE, 3.0), 3.0, 1e-6),
        (moved(box((1, 1, 1)), (5, 6, 7), scale=(1, 2, 3), turn_deg=(10, 20, 30)), 6.0, 1e-5),
    ],
)
def test_solids_have_the_volume_of_the_body_they_are(shape: Mesh, volume: float, within: float) -> None:
    assert watertight(shape)
    assert volumes(shape).sum() == pytest.approx(volume, rel=within)
    assert len(volumes(shape)) == 1


def test_turning_goes_from_x_to_y_to_z() -> None:
    points = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    one = sphere(1.0, 0)._replace(vertices=points)
    np.testing.assert_allclose(moved(one, turn_deg=(0, 0, 90)).vertices[0], [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(moved(one, turn_deg=(90, 0, 0)).vertices[1], [0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(moved(one, turn_deg=(0, 90, 0)).vertices[2], [1, 0, 0], atol=1e-6)


def test_flat_sides_are_not_shaded_as_curved_ones() -> None:
    assert not box((1, 1, 1)).smooth.any()
    assert box((1, 1, 1), 0.1).smooth.any()
    assert (~box((1, 1, 1), 0.1).smooth).sum() == 12
    assert sphere().smooth.all()


def test_a_curve_goes_through_its_points_and_not_beyond() -> None:
    path = curve([[0, 0], [1, 0], [1, 1]], 101)
    np.testing.assert_array_equal(path[[0, -1]], [[0, 0], [1, 1]])
    np.testing.assert_allclose(path[50], [1, 0], atol=1e-9)
    assert path.min() >= 0.0
    assert path.max() <= 1.0


def test_joining_shares_equal_surfaces_and_keeps_parts() -> None:
    red, blue = Material((1, 0, 0)), Material((0, 0, 1))
    two = sphere(1.0, 0)._replace(part=np.array([0, 1] * 10, np.int32))
    mesh, surfaces = joined([(box((1, 1, 1)), blue), (two, (red, blue)), (box((1, 1, 1)), red)])
    assert surfaces == (blue, red)
    assert mesh.part.tolist() == [0] * 12 + [1, 0] * 10 + [1] * 12
    assert watertight(mesh)


def test_normalising_scales_the_longest_side_and_stands_it_on_the_ground() -> None:
    done = normalised(moved(box((1, 2, 4)), (10, 20, 30)))
    np.testing.assert_allclose(done.vertices.min(0), [-0.125, -0.25, 0], atol=1e-6)
    np.testing.assert_allclose(done.vertices.max(0), [0.125, 0.25, 1], atol=1e-6)
    check(assembled("Box", [(box((1, 2, 4)), Material())], "box"))


def test_profiles_and_outlines_that_make_no_body_are_refused() -> None:
    with pytest.raises(ValueError, match=r"begin and end on the axis.*got 1 and 0.*add points"):
        revolve([(1, 0), (1, 1), (0, 1)])
    with pytest.raises(ValueError, match=r"radii above 0.*got 0.*mend the profile"):
        revolve([(0, 0), (1, 0), (0, 0.5), (1, 1), (0, 1)])
    with pytest.raises(ValueError, match="radii above 0"):
        turned_ring([(0, 0), (1, 0), (1, 1)])
    with pytest.raises(ValueError, match=r"counter-clockwise.*turn it round"):
        extrude(SQUARE[::-1], 1.0)
