"""Furniture: catalogues, names, turns, what is left out, and the pack in the cache; all of files written here."""

import json

import numpy as np
import pytest

from sims.scenes.assets.cache import cache_folder, is_ready
from sims.scenes.assets.getting import get_pack
from sims.scenes.furniture.catalogue import credits_of, read_catalogue, told_apart
from sims.scenes.furniture.converting import furniture_files
from sims.scenes.furniture.table import read_table
from sims.scenes.packs import open_pack
from sims.scenes.packs.untrusted import AssetError
from tests.sims.scenes.assets.package_files import deb, zipped

CACHE = cache_folder()
CATALOGUE = """# a comment
id=SweetHome3D#Some
name=Some
name#1=Chaise \\u00e9l\\u00e9gante
category#1=Living room
model#1=/some/chair/chair.obj
width#1=50
depth#1=40
height#1=100
creator#1=A. Maker
name#2=Sofa
model#2=/some/chair2/chair.obj
width#2=200
depth#2=90
height#2=80
modelRotation#2=1 0 0 0 0 1 0 -1 0
creator#2=B. Maker
name#3=Broken
model#3=/some/broken/broken.obj
width#3=1
depth#3=1
height#3=1
creator#3=b. maker
"""

WEDGE = b"v 0 0 0\nv 1 0 0\nv 0 0 2\nv 0 4 0\nf 1 2 4\nf 1 4 3\nf 1 3 2\nf 2 3 4\n"
"""Four high (y), two deep (z), one wide (x)."""


def library(catalogue: str = CATALOGUE) -> bytes:
    return zipped(
        {
            "PluginFurnitureCatalog.properties": catalogue.encode("latin-1"),
            "PluginFurnitureCatalog_fr.properties": b"name#1=Chaise",
            "some/chair.png": b"an icon",
            "some/chair/chair.obj": WEDGE,
            "some/chair/notes.txt": b"no part of it",
            "some/chair2/chair.obj": WEDGE,
            "some/broken/broken.obj": b"f 1 2",
        }
    )


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "cache"))
    return deb(
        tmp_path / "sweethome3d-furniture_1_all.deb",
        {"usr/share/x/Scopia.sh3f": library(), "usr/share/x/Another.sh3f": b"not known, not opened"},
    )


def test_a_catalogue_is_read():
    chair, sofa, _ = read_catalogue(CATALOGUE, "Scopia")
    assert (chair.name, chair.noun, chair.category, chair.author) == (
        "Chair",
        "chaise élégante",
        "Living room",
        "A. Maker",
    )
    assert (chair.size_m, chair.turn, chair.licence, chair.imagenet) == ((0.5, 0.4, 1.0), (), "CC-BY-3.0", ())
    assert sofa.imagenet == (831,)
    np.testing.assert_array_equal(sofa.rotation @ [0.0, 1.0, 0.0], [0.0, 0.0, -1.0])


def test_credits_name_everybody_once_by_licence():
    items = [*read_catalogue(CATALOGUE, "Scopia"), *read_catalogue(CATALOGUE, "Scopia")]
    items += read_catalogue(CATALOGUE, "BlendSwap-CC-0")[:1]
    first, second = credits_of(items)
    assert first.endswith("licenses/by/3.0/), from Sweet Home 3D's libraries: A. Maker, B. Maker, b. maker")
    assert second.startswith("Furniture under CC0-1.0 (https://creativecommons.org/publicdomain/zero/1.0/)")


def test_names_are_told_apart_and_never_taken_twice():
    chair = read_catalogue(CATALOGUE, "Scopia")[0]
    items = [chair, chair._replace(name="Chair2"), chair, chair]
    assert [item.name for item in told_apart(items)] == ["Chair", "Chair2", "Chair3", "Chair4"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: "", "has no items in it"),
        (lambda text: text.replace("width#1=50", "width#1=wide"), "item 1 of Scopia can't be read"),
        (lambda text: text.replace("width#1=50\n", ""), "item 1 of Scopia can't be read"),
        (lambda text: text.replace("/some/chair/chair.obj", "/some/---.obj"), "item 1 of Scopia can't be read"),
        (lambda text: text.replace("height#1=100", "height#1=-1"), r"measures .* expected lengths above 0"),
        (lambda text: text.replace("height#1=100", "height#1=nan"), r"measures .* expected lengths above 0"),
        (lambda text: text.replace("1 0 0 0 0 1 0 -1 0", "1 0 0"), r"turned by .* a rotation: it is damaged"),
        (
            lambda text: text.replace("1 0 0 0 0 1 0 -1 0", "1 0 0 0 1 0 0 0 -1"),
            r"turned by .* a rotation: it is damaged",
        ),
    ],
)
def test_what_a_catalogue_can_not_say_is_refused(change, why):
    with pytest.raises(AssetError, match=why):
        read_catalogue(change(CATALOGUE), "Scopia")
    with pytest.raises(AssetError, match="the library 'Mine' is not known"):
        read_catalogue(CATALOGUE, "Mine")


def test_the_pack_is_made_of_a_package_a_library_or_a_folder(source, tmp_path, capsys):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "Scopia.sh3f").write_bytes(library())
    files = dict(furniture_files(source))
    assert "Another.sh3f: its licence is not known here" in capsys.readouterr().err
    assert sorted(files) == [
        "Scopia/PluginFurnitureCatalog.properties",
        "Scopia/some/broken/broken.obj",
        "Scopia/some/chair/chair.obj",
        "Scopia/some/chair2/chair.obj",
    ]
    assert dict(furniture_files(folder)) == dict(furniture_files(folder / "Scopia.sh3f")) == files
    with pytest.raises(AssetError, match=r"is no folder, .deb or .sh3f"):
        list(furniture_files(tmp_path / "notes.txt"))
    (folder / "Scopia.sh3f").write_bytes(zipped({"some/chair/chair.obj": WEDGE}))
    with pytest.raises(AssetError, match=r"Scopia.sh3f has no PluginFurnitureCatalog.properties in it"):
        list(furniture_files(folder))
    (folder / "Scopia.sh3f").write_bytes(b"PK\x03\x04")
    with pytest.raises(AssetError, match=r"Scopia.sh3f can't be unpacked"):
        list(furniture_files(folder))


def test_the_pack_has_models_at_their_sizes_turned_upright(source, capsys):
    with pytest.raises(FileNotFoundError, match="umwelt assets get furniture"):
        open_pack("furniture")
    get_pack("furniture", source)
    assert "left out: Broken" in capsys.readouterr().err
    pack = open_pack("furniture")
    assert pack.characters == ("Chair", "Chair2")
    assert "broken.obj" in pack.refused["Broken"]
    assert pack.licence == "CC-BY-3.0, MIT (worlds)"
    assert any("A. Maker, B. Maker" in line for line in pack.credits)
    chair, sofa = pack.model("Chair"), pack.model("Chair2")
    assert (chair.name, chair.size_m, chair.noun) == ("Chair", 1.0, "chaise élégante")
    assert (sofa.name, sofa.size_m, sofa.imagenet) == ("Chair2", 2.0, (831,))
    np.testing.assert_allclose(np.ptp(chair.mesh.vertices, axis=0), [0.25, 0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(np.ptp(sofa.mesh.vertices, axis=0), [0.25, 1.0, 0.5], atol=1e-6)
    assert sofa.mesh.vertices[:, 2].min() == 0.0
    assert len({pack.fingerprint([name], ["GreyStudioDay"]) for name in pack.characters}) == 2


def test_a_pack_of_another_release_or_a_damaged_one_is_refused(source):
    folder = get_pack("furniture", source).folder
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    (folder / "MANIFEST.json").write_text(json.dumps({**manifest, "version": 0}))
    with pytest.raises(ValueError, match="is of version 0, expected"):
        open_pack("furniture")
    (folder / "furniture.json").write_text("{")
    with pytest.raises(ValueError, match="makes it anew"):
        read_table(folder)
    (folder / "furniture.json").unlink()
    with pytest.raises(ValueError, match="makes it anew"):
        read_table(folder)


def test_a_package_of_nothing_readable_is_no_pack(tmp_path, monkeypatch):
    monkeypatch.setenv("UMWELT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "Scopia.sh3f").write_bytes(library("name#1=B\nmodel#1=some/broken/broken.obj\n" + SIZES))
    with pytest.raises(AssetError, match=r"none of 1 pieces of furniture can be read: .*broken.obj"):
        get_pack("furniture", tmp_path / "Scopia.sh3f")
    assert not is_ready("furniture")


SIZES = "width#1=1\ndepth#1=1\nheight#1=1\n"


@pytest.mark.slow
@pytest.mark.skipif(not is_ready("furniture"), reason="no furniture in the cache: umwelt assets get furniture")
def test_the_real_pack_has_hundreds_of_objects(monkeypatch):
    monkeypatch.setenv("UMWELT_CACHE", str(CACHE))
    pack = open_pack("furniture")
    assert len(pack.characters) > 700
    for name in pack.characters[::40]:
        model = pack.model(name)
        assert 0.005 < model.size_m < 60.0
        assert np.ptp(model.mesh.vertices, axis=0).max() == pytest.approx(1.0, abs=1e-5)
