"""PMD, PSA, DDS and actors: what is read of them, and what is refused with its reason."""

import struct

import numpy as np
import pytest

from sims.scenes.animals.actor import chosen, read_actor
from sims.scenes.animals.dds import read_dds
from sims.scenes.animals.pmd import NO_BONE, read_pmd
from sims.scenes.animals.psa import read_psa
from sims.scenes.packs.untrusted import AssetError
from tests.sims.scenes.animals.game_files import CORNERS, FACES, STILL, dds, game, head, picture, pmd, psa


def test_a_mesh_is_read_as_it_was_written():
    mesh = read_pmd(pmd(props=[("horn", 0, ((1.0, 2.0, 3.0), (0.0, 0.0, 0.0, 1.0)))]))
    np.testing.assert_array_equal(mesh.vertices, CORNERS)
    np.testing.assert_array_equal(mesh.triangles, FACES)
    np.testing.assert_array_equal(mesh.normals[:, 1], 1.0)
    np.testing.assert_array_equal(mesh.uv[0], CORNERS[:, :2] + 0.5)
    assert mesh.uv.shape == (1, 8, 2)
    assert (mesh.bones[:, 0] == 0).all()
    assert (mesh.bones[:, 1:] == NO_BONE).all()
    np.testing.assert_array_equal(mesh.weights, np.tile([1.0, 0.0, 0.0, 0.0], (8, 1)))
    assert len(mesh.rest) == 1
    (horn,) = mesh.props
    assert (horn.name, horn.bone, horn.place.tolist()) == ("horn", 0, [1.0, 2.0, 3.0])


def test_the_older_version_has_one_set_of_coordinates():
    np.testing.assert_array_equal(read_pmd(pmd(version=3)).vertices, CORNERS)


@pytest.mark.parametrize(("read", "data"), [(read_pmd, pmd()), (read_psa, psa((STILL,)))])
def test_truncated_longer_and_foreign_files_are_refused(read, data):
    for cut in (0, 3, 11, len(data) // 2, len(data) - 1):
        with pytest.raises(AssetError, match=r"ends in its|begins with|bytes follow its head"):
            read(data[:cut])
    with pytest.raises(AssetError, match="truncated or damaged"):
        read(data + b"\0")
    longer = data[:8] + struct.pack("<I", len(data) - 12 + 4) + data[12:] + b"\0" * 4
    with pytest.raises(AssetError, match="4 bytes left over"):
        read(longer)
    with pytest.raises(AssetError, match="begins with 'RIFF', expected"):
        read(b"RIFF" + data[4:])
    with pytest.raises(AssetError, match="is of version 9, expected"):
        read(data[:4] + struct.pack("<I", 9) + data[8:])


def test_a_mesh_that_claims_too_much_is_refused():
    with pytest.raises(AssetError, match="claims 4294967295 vertices, expected at most 1000000"):
        read_pmd(head(b"PSMD", 4, struct.pack("<2I", 2**32 - 1, 1)))
    with pytest.raises(AssetError, match="triangles with vertex 8 of 8"):
        read_pmd(pmd(faces=[(0, 1, 8)]))
    with pytest.raises(AssetError, match="triangles with vertex none of 8"):
        read_pmd(pmd(faces=[]))
    with pytest.raises(AssetError, match="vertex on bone 3 of 1"):
        read_pmd(pmd(on=3))
    with pytest.raises(AssetError, match="NaN or infinite"):
        read_pmd(pmd(np.where(CORNERS == 2.0, np.nan, CORNERS)))


def test_an_animation_is_read_as_it_was_written():
    motion = read_psa(psa((STILL, STILL), (((1.0, 2.0, 3.0), (0.0, 1.0, 0.0, 0.0)), STILL), name="run"))
    assert motion.name == "run"
    assert motion.frame_ms == pytest.approx(33.3)
    assert motion.bones.shape == (2, 2)
    assert motion.bones["place"][1, 0].tolist() == [1.0, 2.0, 3.0]
    assert motion.bones["turn"][1, 0].tolist() == [0.0, 1.0, 0.0, 0.0]


def test_an_animation_without_frames_or_with_nan_is_refused():
    with pytest.raises(AssetError, match="1 bones in 0 frames"):
        read_psa(head(b"PSSA", 1, struct.pack("<I", 0) + struct.pack("<f2I", 1.0, 1, 0)))
    with pytest.raises(AssetError, match="NaN or infinite"):
        read_psa(psa((((np.nan, 0.0, 0.0), STILL[1]),)))


def test_a_texture_keeps_its_upper_left_corner():
    out = read_dds(dds(picture((255, 0, 0, 255))))
    assert out.shape == (8, 8, 4)
    np.testing.assert_array_equal(out[:2, :2], 255)
    np.testing.assert_array_equal(out[7, 7], (255, 0, 0, 255))


def test_broken_textures_are_refused():
    for data in (b"", b"PNG", dds(picture((1, 2, 3)))[:140]):
        with pytest.raises(AssetError, match="no DDS that can be read"):
            read_dds(data)
    with pytest.raises(AssetError, match=r"has \(5000, 8\) pixels, expected at most 4096"):
        read_dds(dds(np.zeros((8, 5000, 3), np.uint8)))


def reader(files):
    def read(path):
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    return read


def test_an_actor_shows_what_is_wanted_and_else_what_is_frequent():
    actor = read_actor("fauna/beast.xml", reader(game()))
    look = chosen(actor)
    assert look.mesh == "skeletal/beast.dae"
    assert look.textures == {"baseTex": "skeletal/blue.png"}
    assert look.animations == [("idle", "quadraped/beast_idle.dae")]
    assert look.props == []
    assert not look.has_holes
    male = chosen(actor, ("red", "male"))
    assert male.textures == {"baseTex": "skeletal/red.png"}
    assert male.props[0] == ("props/fauna/beast_horns.xml", "horn")
    assert chosen(read_actor("props/fauna/beast_horns.xml", reader(game()))).has_holes
    with pytest.raises(AssetError, match="no variant 'green': expected some of base, blue, female, male, red"):
        chosen(actor, ("green",))


def test_hostile_actors_are_refused():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><actor>&b;</actor>'
    ring = b'<variant file="ring.xml"/>'
    files = {
        "actors/bomb.xml": bomb,
        "actors/large.xml": b" " * (2**20 + 1),
        "actors/cut.xml": b"<actor><group>",
        "actors/other.xml": b"<material/>",
        "actors/ring.xml": b'<actor><group><variant file="ring.xml"/></group></actor>',
        "variants/ring.xml": ring,
    }
    for name, why in {
        "bomb": "declares entities",
        "large": "1048577 bytes",
        "cut": "is no XML",
        "other": "is a 'material', expected an actor",
        "ring": "names itself in the end",
    }.items():
        with pytest.raises(AssetError, match=why):
            read_actor(f"{name}.xml", reader(files))
    with pytest.raises(FileNotFoundError):
        read_actor("none.xml", reader(files))
