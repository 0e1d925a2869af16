"""Plants and grounds of a tiny game: converted, 1 m high, in the worlds of the animals' pack, told from others."""

import numpy as np
import pytest

from sims.scenes.animals.pmd import read_pmd
from sims.scenes.assets import getting
from sims.scenes.assets.cache import cache_folder, is_ready, write_manifest
from sims.scenes.assets.getting import get_pack
from sims.scenes.assets.packs import PACKS, Recipe, game_files
from sims.scenes.packs.untrusted import AssetError
from sims.scenes.plants import converting, library, table
from sims.scenes.plants.converting import convert_plants, is_needed, plant_glb
from sims.scenes.plants.library import ground_picture, plant_models, planted, plants_stamp
from sims.scenes.plants.table import Ground
from sims.scenes.worlds import WORLDS
from tests.sims.scenes.animals.game_files import CORNERS, dds, picture, pmd
from tests.sims.scenes.assets.package_files import zipped

CACHE = cache_folder()
needs_plants = pytest.mark.skipif(not is_ready("plants"), reason="no plants in the cache: umwelt assets get plants")
OAK = ((("trunk", "bark.png"), ("crown", "leaf.png")),)
FILES = {
    "LICENSE.txt": b"CC-BY-SA",
    "meshes/gaia/trunk.dae.cached.pmd": pmd(CORNERS, bones=()),
    "meshes/gaia/crown.dae.cached.pmd": pmd(CORNERS + np.array([0.0, 3.0, 0.0], np.float32), bones=()),
    "textures/skins/gaia/bark.png.cached.dds": dds(picture((90, 60, 30, 255))),
    "textures/skins/gaia/leaf.png.cached.dds": dds(picture((20, 120, 20, 0))),
    "textures/terrain/types/moss.png.cached.dds": dds(picture((30, 90, 30, 255))),
    "textures/terrain/types/moss_norm.png.cached.dds": dds(picture((128, 128, 255, 255))),
}


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A cache with a pack of one tree and one ground, and the game that it came from."""
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "cache"))
    for module in (converting, library):
        monkeypatch.setattr(module, "PLANTS", {"oak": OAK})
        monkeypatch.setattr(module, "GROUNDS", {"Forest": Ground("moss.png", "moss_norm.png", 4.0)})
    for path, data in FILES.items():
        file = tmp_path / "game" / "art" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    folder = tmp_path / "cache" / "packs" / "plants"
    folder.mkdir(parents=True)
    convert_plants(tmp_path / "game", folder)
    write_manifest(folder, licence="CC-BY-SA-3.0", credits=("A. Gardener",), source={}, version=table.VERSION)
    return tmp_path


def test_plants_are_one_metre_high_and_their_leaves_have_holes(tiny):
    (oak,) = plant_models("oak", plants_stamp())
    assert oak.mesh.vertices[:, 2].min() == 0.0
    assert oak.mesh.vertices[:, 2].max() == pytest.approx(1.0)
    assert [material.image for material in oak.materials] == ["gaia/bark.png", "gaia/leaf.png"]
    crown = np.unique(oak.mesh.triangles[oak.mesh.part == 1])
    assert oak.mesh.vertices[crown, 2].min() == pytest.approx(0.75)
    assert dict(oak.images)["gaia/leaf.png"].shape == (8, 8, 4)
    assert plant_models("triffid", plants_stamp()) == ()


def test_worlds_use_them_where_they_are(tiny):
    stamp = plants_stamp()
    forest = planted(WORLDS["ForestNoon"], stamp)
    assert planted(WORLDS["ForestNoon"], "") is WORLDS["ForestNoon"]
    assert planted(WORLDS["City"], stamp) is WORLDS["City"]
    assert planted(WORLDS["LivingRoomDay"], stamp) is WORLDS["LivingRoomDay"]
    assert repr(forest) != repr(WORLDS["ForestNoon"])  # told apart by fingerprints
    ground = forest.models()[0][0]
    assert [name for name, _ in ground.images] == ["Forest", "Forest-relief"]
    assert ground.mesh.uv is not None
    assert np.ptp(ground.mesh.uv[..., 0]) == pytest.approx(2 * forest.radius / 4.0, rel=0.01)
    theirs, ours = (
        next(model for model, _, _ in world.things(1.0) if model.name == "oak 0")
        for world in (forest, WORLDS["ForestNoon"])
    )
    assert theirs.images
    assert not ours.images
    assert planted(WORLDS["RocksNoon"], stamp).floor == WORLDS["RocksNoon"].floor


def test_a_pack_of_another_release_or_none_is_not_used(tiny, monkeypatch):
    monkeypatch.setattr(library, "VERSION", table.VERSION + 1)
    assert plants_stamp() == ""
    monkeypatch.setenv("UMWELT_CACHE", str(tiny / "empty"))
    assert plants_stamp() == ""


def test_what_is_missing_or_damaged_is_named(tiny):
    with pytest.raises(AssetError, match=r"Moon.png can't be read .*umwelt assets get plants"):
        ground_picture("Moon", "")
    flat = {**FILES, "meshes/gaia/trunk.dae.cached.pmd": pmd(CORNERS - np.array([0.0, 9.0, 0.0], np.float32), bones=())}
    with pytest.raises(AssetError, match="trunk has no height"):
        plant_glb("oak", ((("trunk", "bark.png"),),), flat.__getitem__)
    assert len(read_pmd(FILES["meshes/gaia/trunk.dae.cached.pmd"]).vertices) == 8
    for path, what in (
        ("meshes/gaia/crown.dae.cached.pmd", "the oak can't"),
        ("moss.png.cached.dds", "of Forest can't"),
    ):
        game = tiny / f"game without {path[:4]}"
        for name, data in FILES.items():
            if not name.endswith(path):
                (game / "art" / name).parent.mkdir(parents=True, exist_ok=True)
                (game / "art" / name).write_bytes(data)
        out = tiny / f"out {path[:4]}"
        out.mkdir()
        with pytest.raises(AssetError, match=what):
            convert_plants(game, out)


def test_the_table_names_what_is_taken():
    assert is_needed("LICENSE.txt")
    assert is_needed("textures/skins/gaia/oak_tree_a.png.cached.dds")
    assert is_needed("meshes/gaia/trees/leaves/acacia_05.dae.cached.pmd")
    assert not is_needed("meshes/gaia/banana.dae.cached.pmd")


def test_packs_of_one_package_are_made_in_one_go(monkeypatch, tmp_path):
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "public.zip").write_bytes(zipped({"art/a.txt": b"a"}))
    fetched = []

    def make(source, out):
        (out / "b.txt").write_bytes((source / "art" / "a.txt").read_bytes())

    for name, along in (("animals", ("plants",)), ("plants", ())):
        recipe = Recipe("0ad-data", 1, 1, name, "CC0", (), 1, lambda s: game_files(s, lambda _: True), make, along)
        monkeypatch.setitem(PACKS, name, recipe)

    def files_of(recipe, name, source):
        fetched.append(name)
        return tmp_path / "public.zip", {}

    monkeypatch.setattr(getting, "_files_of", files_of)
    get_pack("animals")
    assert is_ready("plants")
    get_pack("animals")
    get_pack("plants")
    assert fetched == ["animals"]


@pytest.mark.slow
@needs_plants
def test_the_real_pack_has_all_that_it_should(monkeypatch):
    monkeypatch.setenv("UMWELT_CACHE", str(CACHE))
    stamp = plants_stamp()
    for kind in table.PLANTS:
        for model in plant_models(kind, stamp):
            assert model.mesh.vertices[:, 2].max() == pytest.approx(1.0)
            assert model.images
    for land in table.GROUNDS:
        assert ground_picture(land, stamp).shape == ground_picture(f"{land}-relief", stamp).shape
