"""The worlds: level where objects stand, whole, enough of them, their plants on the ground and out of the way."""

from dataclasses import replace

import numpy as np
import pytest

from sims.scenes.grounds import FLAT, height_at
from sims.scenes.indoors import FURNISHED, HOURS, ROOMS
from sims.scenes.outdoors import LANDS, PLACES, SKIES
from sims.scenes.packs import open_pack
from sims.scenes.placing import ROOMY, scene_state, space_of
from sims.scenes.scattering import CAMERA, LOW, SHADE_FROM, Growth, merged, scattered, variants
from sims.scenes.worlds import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_are_level_where_objects_stand(name):
    world = WORLDS[name]
    models = world.models()
    assert models[0][1] == "ground"
    vertices = models[0][0].mesh.vertices
    inside = np.hypot(vertices[:, 0], vertices[:, 1]) < 0.99 * max(FLAT, min(world.level, 9.0))
    assert inside.any()
    np.testing.assert_allclose(vertices[inside, 2], 0.0, atol=0.0)
    for model, role in models:
        assert role in ("ground", "wall")
        assert np.isfinite(model.mesh.vertices).all()
    a, b, c = (vertices[models[0][0].mesh.triangles[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()  # seen from above


def test_there_are_enough_worlds():
    assert len(WORLDS) == 20 + len(PLACES) + len(FURNISHED) * len(HOURS)
    assert len(WORLDS) >= 64 + 20
    assert {world.light.hdri for world in WORLDS.values()} >= {"city", "forest", None}
    assert {sky for land in LANDS.values() for sky in land.skies} == set(SKIES)
    assert list(WORLDS)[:2] == ["City", "Courtyard"]  # designs that ship take the first of them


@pytest.mark.parametrize("name", [place.name for place in PLACES if place.name.endswith(("Noon", "Overcast", "Mist"))])
@pytest.mark.parametrize("unit", [0.3, 7.0])
def test_what_grows_stands_on_the_ground_and_makes_room(name, unit):
    world = WORLDS[name]
    growths = [growth for growth in world.growths if not growth.carpet and not growth.at]
    for k, growth in enumerate(growths):
        where = scattered(growth, world.terrain, k, unit)
        x, y, z = where[:, :3, 3].T
        tall = np.linalg.norm(where[:, :3, 2], axis=1)
        np.testing.assert_allclose(z, height_at(world.terrain, x, y))
        assert (np.hypot(x, y) >= 0.999 * growth.near).all()
        assert (np.hypot(x, y) >= CAMERA * unit + 0.5 * tall).all()  # no camera is in a stone
        assert np.median(tall) == pytest.approx(growth.size, rel=0.9)
    for model, copies, role in world.things(unit):
        assert role in ("plant", "furniture")
        assert copies.shape[1:] == (4, 4)
        assert np.isfinite(model.mesh.vertices).all()


def shaded(where, unit, turn, up):
    """Which of the things `where` `[n, 4, 4]` cast their shadow on the middle."""
    tall = np.linalg.norm(where[:, :3, 2], axis=1)
    towards = where[:, 0, 3] * np.sin(turn) - where[:, 1, 3] * np.cos(turn)
    aside = np.abs(where[:, 0, 3] * np.cos(turn) + where[:, 1, 3] * np.sin(turn))
    return (towards > 0) & (towards < tall / np.tan(up)) & (aside < 0.6 * tall + 0.5 * unit)


@pytest.mark.parametrize("name", ["AutumnWoodMorning", "ForestMorning", "TaigaDawn"])
def test_an_object_stands_in_the_sun(name):
    world = WORLDS[name]
    turn, up = np.deg2rad(world.light.rotation_deg), np.deg2rad(world.light.elevation_deg)
    trees = [growth for growth in world.growths if growth.size > SHADE_FROM]
    assert trees
    seeds = range(8 * len(trees))
    before = [scattered(trees[k % len(trees)], world.terrain, k, 1.5) for k in seeds]
    after = [scattered(trees[k % len(trees)], world.terrain, k, 1.5, (turn, up)) for k in seeds]
    assert any(shaded(where, 1.5, turn, up).any() for where in before)
    assert not any(shaded(where, 1.5, turn, up).any() for where in after)
    for old, new in zip(before, after, strict=True):  # no tree is lost, none is nearer, and none is within another
        np.testing.assert_allclose(np.hypot(*new[:, :2, 3].T), np.hypot(*old[:, :2, 3].T))
        assert nearest(new) >= min(nearest(old), 2.0)


def nearest(where):
    """Metres between the two of them that are nearest."""
    apart = np.linalg.norm(where[:, None, :2, 3] - where[None, :, :2, 3], axis=2)
    return (apart + 1e3 * np.eye(len(where))).min()


def test_no_tree_goes_into_the_water_for_the_sun():
    world = WORLDS["MarshDawn"]
    sun = np.deg2rad(world.light.rotation_deg), np.deg2rad(world.light.elevation_deg)
    for k, growth in enumerate(world.growths):
        if not growth.carpet:
            shady, sunny = (scattered(growth, world.terrain, k, 1.5, light) for light in (None, sun))
            assert len(sunny) == len(shady)


def test_carpets_are_low_around_what_is_small():
    growth, terrain = Growth("straw", 380, 0.0, 24.0, 0.22, 0.3, carpet=True), WORLDS["SavannaNoon"].terrain
    hare, ox = (scattered(growth, terrain, 0, unit) for unit in (0.5, 2.5))
    np.testing.assert_array_equal(hare[:, :2, 3], ox[:, :2, 3])
    far = np.hypot(*ox[:, :2, 3].T)
    tall = [np.linalg.norm(where[:, :3, 2], axis=1) for where in (hare, ox)]
    assert tall[0][far < 2.4].max() <= LOW * 0.5 * 1.01
    assert tall[1][far < 2.4].max() > 0.15
    np.testing.assert_allclose(tall[0][far > 6.6], tall[1][far > 6.6])


@pytest.mark.parametrize("name", ["GrasslandNoon", "SavannaNoon", "MarshDawn", "ForestNoon"])
@pytest.mark.parametrize("unit", [0.03, 0.2, 0.4, 1.0, 1.5])
def test_no_carpet_hides_a_small_object_from_its_camera(name, unit):
    world = WORLDS[name]
    carpets = {growth.kind for growth in world.growths if growth.carpet}
    meshes = [model.mesh for model, _, _ in world.things(unit) if model.name in carpets]
    assert meshes
    for mesh in meshes:
        near = np.hypot(mesh.vertices[:, 0], mesh.vertices[:, 1]) < 2.1 * unit
        assert not near.any() or mesh.vertices[near, 2].max() < 0.17 * unit


@pytest.mark.parametrize("name", [place.name for place in PLACES if place.name.endswith(("Noon", "Morning"))])
def test_no_camera_at_its_default_is_within_what_stands(name):
    distance = space_of(open_pack("basic"))["camera_distance"].default
    for unit in (0.1, 1.12, 1.37, 2.1):
        for model, copies, _ in WORLDS[name].things(unit):
            if model.name.startswith("rock"):
                at = np.einsum("kij,vj->kvi", copies[:, :2, :3], model.mesh.vertices) + copies[:, None, :2, 3]
                assert np.linalg.norm(at, axis=2).min() > distance * unit


@pytest.mark.parametrize("name", WORLDS)
def test_things_of_a_world_have_names_of_their_own(name):
    world = WORLDS[name]
    names = [model.name for model, _ in world.models()] + [model.name for model, _, _ in world.things(1.0)]
    assert len(set(names)) == len(names)


def test_growths_of_one_kind_in_two_sizes_are_one_thing():
    sizes = [growth.size for growth in WORLDS["RocksNoon"].growths if growth.kind == "rock"]
    (copies,) = (copies for model, copies, _ in WORLDS["RocksNoon"].things(1.0) if model.name == "rock 0")
    tall = copies[:, 2, 2]
    assert (tall < 2 * min(sizes)).any()
    assert (tall > 0.5 * max(sizes)).any()


def test_worlds_are_the_same_each_time_and_no_two_alike():
    growth = Growth("oak", 12, 8.0, 60.0, 10.0)
    terrain = WORLDS["ForestNoon"].terrain
    first, again, other = (scattered(growth, terrain, seed, 1.0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    apart = np.linalg.norm(first[:, None, :2, 3] - first[None, :, :2, 3], axis=2) + 99.0 * np.eye(12)
    assert apart.min() > 2.0


def test_plants_measure_what_they_should():
    for kind in ("oak", "fir", "acacia", "birch", "shrub"):
        for model in variants(kind):
            low, high = model.mesh.vertices.min(0), model.mesh.vertices.max(0)
            assert 0.8 < high[2] < 1.35, kind
            assert low[2] > -0.06, kind
    for model in variants("rock"):
        assert 0.5 < np.ptp(model.mesh.vertices[:, 0]) < 1.2
        assert model.mesh.vertices[:, 2].min() < -0.05 < 0.1 < model.mesh.vertices[:, 2].max()


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="nothing is of the kind 'triffid': expected one of grass"):
        variants("triffid")


def test_carpets_are_one_mesh():
    models = variants("litter")
    where = scattered(Growth("litter", 9, 0.0, 4.0, 0.1, carpet=True), WORLDS["ForestNoon"].terrain, 0, 1.0)
    which = np.arange(9) % len(models)
    one = merged("birch", models, where, which)
    assert len(one.mesh.triangles) == sum(len(models[k].mesh.triangles) for k in which)
    assert one.mesh.triangles.max() == len(one.mesh.vertices) - 1
    first = models[0].mesh.vertices @ where[0, :3, :3].T + where[0, :3, 3]
    np.testing.assert_allclose(one.mesh.vertices[: len(first)], first, atol=1e-5)


@pytest.mark.parametrize("name", ["StreetNoon", "FarmyardOvercast"])
@pytest.mark.parametrize("unit", [0.3, 2.5, 4.75, 8.0])
def test_houses_and_fences_make_room_in_their_rows(name, unit):
    world = WORLDS[name]
    growths = [growth for growth in world.growths if growth.at]
    assert len(growths) >= 2
    for growth in growths:
        own, moved = np.array(growth.at), scattered(growth, world.terrain, 0, unit)
        out = (moved[:, 1, 3] - own[:, 1]) * np.sign(own[:, 1])
        np.testing.assert_allclose(moved[:, 0, 3], own[:, 0])
        np.testing.assert_allclose(out, max(0.0, CAMERA * unit - growth.near))  # all as far, so in line
        for k, model in enumerate(variants(growth.kind)):
            for pose in moved[k :: len(variants(growth.kind))]:
                at = model.mesh.vertices @ pose[:3, :3].T + pose[:3, 3]
                assert np.hypot(at[:, 0], at[:, 1]).min() > max(growth.near, CAMERA * unit), model.name


@pytest.mark.parametrize("name", ["StreetNoon", "RocksNoon"])
def test_things_make_room_in_the_measure_of_a_world_that_grows(name):
    pack, long = open_pack("basic"), 20.0
    whale = replace(pack.model("Teapot"), size_m=long)
    pack = replace(pack, characters=("Whale",), builders={"Whale": lambda: whale})
    factors = space_of(pack).completed({"world_name": name, "character_name": "Whale"})
    nearest = []
    for thing in scene_state(pack, factors, 8, 8, 0).things:
        for pose in [thing.pose @ own for own in thing.copies] if thing.copies is not None else ():
            at = thing.model.mesh.vertices @ pose[:3, :3].T + pose[:3, 3]
            nearest.append(np.hypot(at[:, 0], at[:, 1]).min())
    assert CAMERA * long < min(nearest) < 1.3 * CAMERA * long


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_the_camera_goes_around_a_large_animal_within_all_but_what_is_low_in_its_room(room):
    ring = 2.1 * room.level / ROOMY  # an animal's default distance in its own lengths, in metres of a room not grown
    for model, copies, role in room.things(7.0):
        for pose in copies if role == "furniture" else ():
            at = model.mesh.vertices @ pose[:3, :3].T + pose[:3, 3]
            assert (np.hypot(*at[at[:, 2] > 0.5, :2].T) > ring).all(), model.name


def test_rooms_grow_with_their_furniture_and_the_camera_stays_inside():
    pack = open_pack("basic")
    space = space_of(pack)
    for room in ("LivingRoomDay", "HallwayEvening", "BarnDay"):
        state = scene_state(pack, space.completed({"world_name": room, "character_name": "Teapot"}), 64, 64, 0)
        assert {thing.role for thing in state.things} == {"object", "ground", "wall", "furniture", "plant"} - (
            set() if room == "BarnDay" else {"plant"}
        )
        half = WORLDS[room].width / 2.0
        assert np.abs(np.array(state.camera.pose)[:2, 3]).max() < half
        assert ROOMY * half / WORLDS[room].level > 2.1  # also around what is larger, from an animal's default distance
        for thing in state.things:
            if thing.role == "furniture":
                assert np.abs(thing.copies[:, :2, 3]).max() < half
