"""Scenes of animals: coats and poses as factors, real sizes, the camera and the world after them; the real pack."""

import numpy as np
import pytest

from sims.scenes.animals.species import SPECIES, VERSION
from sims.scenes.assets.cache import cache_folder, is_ready, write_manifest
from sims.scenes.cycles.install import cycles_is_ready
from sims.scenes.packs import open_pack
from sims.scenes.placing import CLOSE, ROOMY, scene_state, space_of
from sims.scenes.scene import Scene
from sims.scenes.worlds import WORLDS
from tests.sims.scenes.animals.small_pack import small_pack

CACHE = cache_folder()  # the user's own: the tests have another
needs_animals = pytest.mark.skipif(not is_ready("animals"), reason="no animals in the cache: umwelt assets get animals")
needs_cycles = pytest.mark.skipif(not cycles_is_ready(), reason="there is no Blender: umwelt setup cycles")


@pytest.fixture
def pack(tmp_path, monkeypatch):
    return small_pack(tmp_path, monkeypatch)


@pytest.fixture
def own_cache(monkeypatch):
    """The cache that the user has packs in."""
    monkeypatch.setenv("UMWELT_CACHE", str(CACHE))


def state_of(pack, **factors):
    return scene_state(pack, space_of(pack).completed(factors), 64, 64, 0)


def test_coats_and_poses_are_factors_by_name(pack):
    space = space_of(pack)
    assert space["character_coat"].describe()["values"] == ["Default", "Blue", "RedMale", "Natural"]
    assert space["character_pose"].describe()["values"] == ["Default", "Stand", "Walk", "Fly"]
    assert space["character2_pose"].default == "Default"
    assert space["camera_distance"].default == CLOSE
    assert "character_coat" not in space_of(open_pack("basic")).names
    assert space_of(open_pack("basic"))["camera_distance"].default == 3.0


def test_the_default_look_is_the_first(pack):
    assert pack.model("Beast") is pack.model("Beast", "Blue", "Stand")
    assert pack.model("Beast") is pack.model("Beast", "Default", "Stand")
    red = pack.model("Beast", "RedMale", "Walk")
    assert len(red.materials) == 2
    assert pack.noun("Beast") == "beast"
    assert pack.imagenet("Beast") == (291,)


def test_a_look_that_a_character_has_not_is_refused_by_name(pack):
    with pytest.raises(ValueError, match="no coat of Beast called 'Natural': expected one of Default, Blue, RedMale"):
        state_of(pack, character_name="Beast", character_coat="Natural")
    with pytest.raises(ValueError, match="no pose of Beast called 'Fly': expected one of Default, Stand, Walk"):
        state_of(pack, character_name="Beast", character_pose="Fly")
    with pytest.raises(ValueError, match="no coat of Giant called 'Blue'"):
        state_of(pack, character_name="Beast", character2_name="Giant", character2_coat="Blue")


def extent(thing):
    return np.ptp(thing.model.mesh.vertices @ thing.pose[:3, :3].T, axis=0).max()


def test_animals_have_their_sizes_and_fill_as_much_of_the_picture(pack):
    beast, giant = (state_of(pack, character_name=name) for name in ("Beast", "Giant"))
    assert extent(giant.things[0]) / extent(beast.things[0]) == pytest.approx(4.0)
    for state in (beast, giant):
        thing = state.things[0]
        middle = (thing.pose @ [0.0, 0.0, 0.0, 1.0])[:2]
        away = np.linalg.norm(np.array(state.camera.pose)[:2, 3] - middle)
        assert away / extent(thing) == pytest.approx(CLOSE * np.cos(np.deg2rad(14.0)))
    small = state_of(pack, character_name="Giant", character_scale=0.5)
    assert extent(small.things[0]) == pytest.approx(0.5 * extent(giant.things[0]))
    assert small.camera.pose[0] == giant.camera.pose[0]  # the camera does not follow the scale


def test_feet_are_on_the_ground_and_wings_are_not(pack):
    def lowest(state):
        thing = state.things[0]
        return (thing.model.mesh.vertices @ thing.pose[2, :3] + thing.pose[2, 3]).min()

    assert lowest(state_of(pack, character_name="Beast", character_pose="Walk")) == pytest.approx(0.0, abs=1e-6)
    giant = state_of(pack, character_name="Giant")
    assert lowest(giant) == pytest.approx(0.3 * giant.things[0].model.size_m)


@pytest.mark.parametrize("world", ["Meadow", "Kitchen"])
def test_a_world_grows_around_what_is_too_large_for_it(pack, world):
    near, far = (state_of(pack, character_name=name, world_name=world) for name in ("Beast", "Giant"))
    level = WORLDS[world].level
    assert (near.things[1].pose == np.eye(4)).all()
    grown = far.things[1].pose[0, 0]
    assert grown * level == pytest.approx(ROOMY * far.things[0].model.size_m)
    for before, after in zip(near.light.lamps, far.light.lamps, strict=True):
        assert after[3] == pytest.approx(grown**2 * before[3])
        assert after[:3] == pytest.approx([grown * x for x in before[:3]])
    if world == "Meadow":
        assert far.things[1].materials[0].fade == pytest.approx((60.0 * grown, 420.0 * grown))


def test_two_animals_stand_apart_by_the_larger(pack):
    state = state_of(pack, character_name="Giant", character1_pos="left", character2_name="Beast")
    giant, beast = state.things[:2]
    assert beast.pose[0, 3] - giant.pose[0, 3] == pytest.approx(2.0 * 0.62 * giant.model.size_m, rel=0.1)


def test_a_pack_is_told_from_another_by_its_files(pack):
    assert pack.fingerprint(["Beast"], []) != pack.fingerprint(["Giant"], [])
    assert (pack.credits, "CC-BY-SA" in pack.licence) == (("A. Writer",), True)


def test_a_pack_of_another_release_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path))
    folder = tmp_path / "packs" / "animals"
    folder.mkdir(parents=True)
    write_manifest(folder, licence="", credits=(), source={}, version=VERSION - 1)
    with pytest.raises(ValueError, match=r"is of version 2, expected 3: run `umwelt assets get animals`"):
        open_pack("animals")


@pytest.mark.slow
@needs_animals
def test_the_real_pack_has_every_species_in_every_look(own_cache):
    pack = open_pack("animals")
    assert set(pack.characters) == set(SPECIES)
    assert len(pack.characters) >= 40
    for name in pack.characters:
        heights = []
        for coat in pack.coats[name]:
            for pose in pack.poses[name]:
                model = pack.model(name, coat, pose)
                assert np.isfinite(model.mesh.vertices).all()
                assert model.mesh.vertices[:, 2].min() == pytest.approx(0.0, abs=1e-6)
                assert model.images
                heights.append(model.size_m)
        assert max(heights) < 3.0 * min(heights), name


@pytest.mark.slow
@needs_animals
@needs_cycles
def test_real_animals_are_seen(own_cache):
    with Scene("animals", width=64, height=64, samples=2) as scene:
        for name in ("Zebra", "Chicken", "BushElephant"):
            seen = scene.render({"character_name": name, "world_name": "Meadow", "camera_yaw": 60.0})
            assert seen.flaws == ()
            assert seen.objects[0].pixels > 0.08 * 64 * 64
