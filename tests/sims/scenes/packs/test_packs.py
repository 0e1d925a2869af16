"""Packs: `basic`, and any folder of a user's own, whatever lies in it."""

import gzip
import zipfile

import numpy as np
import pytest

from sims.scenes.packs import open_pack
from sims.scenes.packs import pack as packs
from sims.scenes.packs.untrusted import AssetError, Limits
from tests.sims.scenes.packs.asset_files import QUAD_UV, cuboid, document, flag, glb, png

pytest.importorskip("trimesh")


@pytest.fixture
def folder(tmp_path):
    """A folder with two good assets and one bad one."""
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "red-car.glb").write_bytes(glb(*document(*cuboid((0, 0, 0), (1, 2, 4)))))
    (tmp_path / "toys" / "Cube.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    (tmp_path / "toys" / "broken.glb").write_bytes(glb(*document())[:-7])
    (tmp_path / "toys" / "readme.txt").write_text("not an asset")
    return tmp_path / "toys"


def test_basic_is_always_there():
    pack = open_pack("basic")
    assert (pack.name, pack.refused) == ("basic", {})
    assert len(pack.characters) >= 20
    assert len(pack.worlds) >= 16
    name = pack.characters[0]
    assert pack.model(name) is pack.model(name)
    assert pack.model(name).name == name
    assert pack.noun(name) == pack.model(name).noun
    assert pack.imagenet(name) == pack.model(name).imagenet
    assert pack.world(pack.worlds[0]).name == pack.worlds[0]
    with pytest.raises(ValueError, match=f"no character in the pack 'basic' called '{name}s': did you mean '{name}'"):
        pack.model(f"{name}s")
    with pytest.raises(ValueError, match="no world in the pack 'basic' called 'Citty': did you mean 'City'"):
        pack.world("Citty")


def test_a_folder_with_a_bad_file_is_usable_and_says_what_was_refused(folder):
    pack = open_pack(folder)
    assert pack.name == "toys"
    assert pack.characters == ("Cube", "RedCar")
    assert list(pack.refused) == ["broken.glb"]
    assert pack.refused["broken.glb"].startswith("broken.glb: its header says")
    assert pack.worlds == open_pack("basic").worlds
    assert (pack.noun("RedCar"), pack.imagenet("RedCar")) == ("red car", ())
    assert (pack.licence, pack.credits) == ("", ())
    assert pack.model("RedCar") is pack.model("RedCar")
    assert pack.model("RedCar").name == "RedCar"
    assert open_pack(str(folder)).characters == pack.characters


def test_pack_toml_names_describes_and_turns(folder):
    (folder / "pack.toml").write_text(
        'name = "cars"\nlicence = "CC0-1.0"\ncredits = ["A. Maker"]\n'
        '[objects.red-car]\nnoun = "sports car"\nimagenet = [817]\nfront = "-y"\nup = "+z"\n'
    )
    pack = open_pack(folder)
    assert (pack.name, pack.licence, pack.credits) == ("cars", "CC0-1.0", ("A. Maker",))
    assert (pack.noun("RedCar"), pack.imagenet("RedCar")) == ("sports car", (817,))
    vertices = pack.model("RedCar").mesh.vertices
    np.testing.assert_allclose(vertices.max(0) - vertices.min(0), [0.25, 0.5, 1.0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("licens = 1", r"pack\.toml: there is no key 'licens': did you mean 'licence'"),
        ("licence = 1", "licence must be of type str, got 1"),
        ("credits = [1]", "credits must be a list of texts"),
        ("objects = 1", "objects must be of type dict"),
        ("[objects]\nred-car = 1", "expected a table with noun, imagenet, front and up"),
        ("[objects.red-cat]", "'red-cat': did you mean 'red-car'"),
        ("[objects.red-car]\nnoun = 3", "noun must be of type str"),
        ("[objects.red-car]\nfrnt = '+x'", "'frnt': did you mean 'front'"),
        ("[objects.red-car]\nimagenet = [1000]", "0 to 999"),
        ("[objects.red-car]\nimagenet = ['car']", "0 to 999"),
        ("name = ", "can't be read"),
        ("a = " + "[" * 5000, "can't be read"),
        ("#" * 2**20 + "\n", "at most 1 MiB"),
    ],
)
def test_pack_toml_is_strict(folder, text, message):
    (folder / "pack.toml").write_text(text)
    with pytest.raises(AssetError, match=message):
        open_pack(folder)


def test_a_wrong_direction_refuses_its_asset_alone(folder):
    (folder / "pack.toml").write_text('[objects.red-car]\nfront = "north"\n')
    pack = open_pack(folder)
    assert pack.characters == ("Cube",)
    assert "front is 'north' and up is '+y', expected two of +x" in pack.refused["red-car.glb"]


def test_folders_below_are_read_archives_hidden_files_and_links_to_folders_are_not(folder, tmp_path):
    (folder / "more" / "textures").mkdir(parents=True)
    tree, blob = document(TEXCOORD_0=QUAD_UV, picture=png(flag()))
    tree["images"][0] = {"uri": "textures/the%20flag.png"}
    (folder / "more" / "flag.glb").write_bytes(glb(tree, blob))
    (folder / "more" / "textures" / "the flag.png").write_bytes(png(flag()))
    (folder / "more" / "red_car.glb").write_bytes(glb(*document()))
    (folder / "._flag.glb").write_bytes(b"resource fork")
    (folder / ".git").mkdir()
    (folder / ".git" / "a.glb").write_bytes(b"")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.glb", b"\0" * 2**24)
    (folder / "thing.glb.gz").write_bytes(gzip.compress(glb(*document())))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.glb").write_bytes(glb(*document()))
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "near.glb").symlink_to(tmp_path / "elsewhere" / "far.glb")
    (folder / "gone.glb").symlink_to(tmp_path / "nowhere.glb")
    pack = open_pack(folder)
    assert pack.characters == ("Cube", "RedCar", "Flag")
    assert pack.model("Flag").images[0][1].shape == (8, 16, 3)
    assert sorted(pack.refused) == sorted(
        ["broken.glb", "bomb.zip", "thing.glb.gz", "near.glb", "gone.glb", "more/red_car.glb"]
    )
    assert "archives are not opened: unpack it" in pack.refused["bomb.zip"]
    assert "archives are not opened" in pack.refused["thing.glb.gz"]
    assert "lies outside the pack's folder" in pack.refused["near.glb"]
    assert "is missing" in pack.refused["gone.glb"]
    assert "another file is called RedCar already" in pack.refused["more/red_car.glb"]


def test_without_any_usable_asset_there_is_no_pack(folder, tmp_path):
    with pytest.raises(AssetError, match=r"no folder 'basik' .*expected 'basic' or a folder"):
        open_pack("basik")
    with pytest.raises(AssetError, match=r"has no assets: expected files \.glb, \.gltf, \.obj"):
        open_pack(_empty(tmp_path))
    for good in ("red-car.glb", "Cube.obj"):
        (folder / good).unlink()
    with pytest.raises(AssetError, match=r"has no asset that can be used: broken\.glb: its header says"):
        open_pack(folder)


def _empty(at):
    (at / "empty").mkdir()
    return at / "empty"


def test_names_without_letters_and_limits(folder, monkeypatch):
    (folder / "--.glb").write_bytes(glb(*document()))
    pack = open_pack(folder, Limits(vertices=3))
    assert pack.characters == ("Cube",)
    assert "expected at most 3" in pack.refused["red-car.glb"]
    assert "no letters or digits" in pack.refused["--.glb"]
    monkeypatch.setattr(packs, "MOST_FILES", 2)
    with pytest.raises(AssetError, match="more than 2 assets"):
        open_pack(folder)


def test_a_file_that_was_mended_is_read_again_when_the_pack_is_opened_again(folder):
    assert "Broken" not in open_pack(folder).characters
    (folder / "broken.glb").write_bytes(glb(*document()))
    assert "Broken" in open_pack(folder).characters
    before = open_pack(folder).model("Broken").mesh.vertices.max(0)
    (folder / "broken.glb").write_bytes(glb(*document(*cuboid((0, 0, 0), (1, 1, 1)))))
    assert (open_pack(folder).model("Broken").mesh.vertices.max(0) != before).any()
