"""From the game's files to models: skinned, mirrored the right way, at their size, in coats and poses by name."""

import numpy as np
import pytest

from sims.scenes.animals.converting import convert_all, glb_of, is_needed, shoulder_height
from sims.scenes.animals.glb import GlbScenes
from sims.scenes.animals.library import LIFT, model_of
from sims.scenes.animals.pmd import read_pmd
from sims.scenes.animals.psa import read_psa
from sims.scenes.animals.skinning import frame_of, matrices, posed
from sims.scenes.animals.smoothing import Surface, normals_of, rounder, volume, welded
from sims.scenes.animals.species import POSES, SPECIES, Species
from sims.scenes.packs.untrusted import AssetError
from tests.sims.scenes.animals.game_files import CORNERS, FACES, STILL, game, pmd, psa
from tests.sims.scenes.animals.test_formats import reader

HALF = 0.5**0.5
TURN_Y = ((0.0, 0.0, 0.0), (0.0, HALF, 0.0, HALF))
IDLE = "quadraped/beast_idle"
BEAST = Species(
    "Beast", "beast", "fauna/beast.xml", 2.0, "length", "W", (291,),
    {"Stand": (IDLE, 0.0), "Fly": (IDLE, 1.0)}, {"Blue": ("blue",), "RedMale": ("red", "male")},
)  # fmt: skip


def test_bones_carry_vertices():
    two = (STILL, ((0.0, 0.0, 2.0), STILL[1]))
    mesh = read_pmd(pmd(bones=two, on=[0, 0, 0, 0, 1, 1, 1, 1]))
    np.testing.assert_allclose(posed(mesh, mesh.rest), CORNERS, atol=1e-12)
    frame = frame_of(read_psa(psa((STILL, ((0.0, 5.0, 2.0), STILL[1])))), 1.0)
    np.testing.assert_allclose(posed(mesh, frame) - CORNERS, [[0, 0, 0]] * 4 + [[0, 5, 0]] * 4, atol=1e-12)
    turned = read_psa(psa((STILL, ((0.0, 0.0, 2.0), TURN_Y[1])))).bones[0]
    np.testing.assert_allclose(posed(mesh, turned)[4], (0.0, 0.0, 2.5), atol=1e-6)  # (-0.5, 0, 0) about y: to +z
    with pytest.raises(AssetError, match="has 2 bones and its animation 1"):
        posed(mesh, read_psa(psa((STILL,))).bones[0])


def test_quaternions_turn_as_they_should():
    np.testing.assert_allclose(matrices(*map(np.array, TURN_Y))[:3, 0], (0.0, 0.0, -1.0), atol=1e-12)
    np.testing.assert_array_equal(matrices(np.zeros(3), np.zeros(4)), np.eye(4))


def test_moments_of_an_animation():
    motion = read_psa(psa(*[(((float(k), 0.0, 0.0), STILL[1]),) for k in range(5)]))
    assert [float(frame_of(motion, phase)["place"][0, 0]) for phase in (0.0, 0.25, 0.5, 1.0)] == [0.0, 1.0, 2.0, 4.0]


def split_ball(n: int = 12) -> Surface:
    """A coarse ball whose triangles share no vertex."""
    u, v = np.meshgrid(np.linspace(0, np.pi, n), np.linspace(0, 2 * np.pi, n, endpoint=False), indexing="ij")
    at = np.stack([np.sin(u) * np.cos(v), np.sin(u) * np.sin(v), np.cos(u)], -1)
    quads = [
        (at[i, j], at[i + 1, j], at[i + 1, (j + 1) % n], at[i, (j + 1) % n]) for i in range(n - 1) for j in range(n)
    ]
    corners = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    triangles = np.arange(3 * len(corners)).reshape(-1, 3)
    return Surface(corners.reshape(-1, 3), triangles, np.zeros((len(corners), 3, 2)))


def test_welding_closes_what_exporters_split_and_rounding_stays_closed():
    ball = welded(split_ball(), 1e-6)
    assert len(ball.vertices) == 2 + 10 * 12
    finer = rounder(ball)
    assert len(finer.triangles) == 4 * len(ball.triangles)
    edges = np.sort(np.concatenate([finer.triangles[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    np.testing.assert_array_equal(finer.vertices[: len(ball.vertices)], ball.vertices)
    whole = 4.0 / 3.0 * np.pi
    coarse, fine = (volume(s.vertices, s.triangles) for s in (ball, finer))
    assert abs(whole - fine) < 0.4 * abs(whole - coarse)


def test_pictures_go_along_when_triangles_are_split():
    uv = np.array([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]])
    flat = Surface(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.array([[0, 1, 2]]), uv)
    finer = rounder(flat)
    np.testing.assert_allclose(finer.uv, finer.vertices[finer.triangles][..., :2])


def test_thin_sheets_have_no_normals_and_stay_flat():
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    both = np.array([[0, 1, 2], [0, 2, 1]])
    np.testing.assert_array_equal(normals_of(vertices, both), 0.0)
    np.testing.assert_array_equal(rounder(Surface(vertices, both, np.zeros((2, 3, 2)))).vertices[:, 2], 0.0)


def beast(scene: str, species: Species = BEAST):
    scenes = GlbScenes(glb_of(species, reader(game())), "Beast.glb")
    return model_of(species, scenes, scene)


def test_a_species_has_a_scene_for_every_coat_and_pose():
    scenes = GlbScenes(glb_of(BEAST, reader(game())), "Beast.glb")
    assert scenes.names == ["Blue/Stand", "Blue/Fly", "RedMale/Stand", "RedMale/Fly"]
    assert "Wildfire Games" in scenes.tree["asset"]["copyright"]
    assert scenes.tree["asset"]["extras"]["licence"] == "CC-BY-SA-3.0"
    assert len(scenes.parts("Blue/Stand")) == 1
    assert len(scenes.parts("RedMale/Stand")) == 2
    with pytest.raises(AssetError, match="no scene 'Green/Stand': expected one of Blue/Stand"):
        scenes.parts("Green/Stand")
    assert scenes.picture("skeletal/blue.png").shape == (8, 8, 3)  # its alpha means other things
    assert scenes.picture("skeletal/red.png with holes").shape == (8, 8, 4)


def test_models_stand_face_and_measure_as_they_should():
    model = beast("RedMale/Stand")
    vertices = model.mesh.vertices
    assert 2.125 <= model.size_m < 2.4  # the box measures 2 m, a quarter of it hangs at its front, and both are round
    assert vertices[:, 2].min() == 0.0
    assert np.ptp(vertices, axis=0).max() == pytest.approx(1.0)
    horns = vertices[np.unique(model.mesh.triangles[model.mesh.part == 1])]
    assert horns[:, 1].max() < -0.2  # at the front, which is -y
    assert horns[:, 2].mean() > 0.25  # and on top
    assert volume(vertices.astype(np.float64), model.mesh.triangles.astype(np.int64)) > 0.0
    assert (model.name, model.noun, model.imagenet, model.lift) == ("Beast", "beast", (291,), 0.0)


def test_the_mirror_between_the_frames_keeps_left_and_right():
    mark = CORNERS.copy()
    mark[(CORNERS[:, 0] > 0) & (CORNERS[:, 2] > 0)] += (0.0, 1.0, 0.0)
    files = {**game(), "meshes/skeletal/beast.dae.cached.pmd": pmd(mark)}
    scenes = GlbScenes(glb_of(BEAST, reader(files)), "Beast.glb")
    vertices = scenes.parts("Blue/Stand")[0].vertices
    top = vertices[vertices[:, 1] > 0.9]
    # In the game's frame +x is right and -z the front, so the mark is behind on the left as the beast sees it, where
    # glTF's frame (front +z, up +y) has +x on the beast's left and -z behind it.
    assert (top[:, 0] > 0).all()
    assert (top[:, 2] < 0).all()


def test_flyers_hang_and_turned_meshes_are_turned():
    assert beast("Blue/Stand", BEAST_THAT_FLOATS).lift == LIFT
    turned = beast("RedMale/Stand", BEAST_TURNED)
    horns = turned.mesh.vertices[np.unique(turned.mesh.triangles[turned.mesh.part == 1])]
    assert horns[:, 1].min() > 0.2


BEAST_THAT_FLOATS = Species(*[getattr(BEAST, n) for n in BEAST.__dataclass_fields__ if n != "floats"], floats=True)
BEAST_TURNED = Species(*[getattr(BEAST, n) for n in list(BEAST.__dataclass_fields__)[:-2]], turned=True)


def test_the_shoulder_is_over_the_fore_feet():
    legs = [[x, y, z] for x in (-1, 1) for z in (-2.0, 2.0) for y in (0.0, 3.0)]
    vertices = np.array([*legs, [0, 5.0, 2.9], [0, 4.0, -2.2], [0, 3.2, 1.9]])
    assert shoulder_height(vertices) == 3.2  # neither the head before it nor the hips


def test_damaged_files_are_refused():
    data = glb_of(BEAST, reader(game()))
    for cut in (0, 10, 19, 200, len(data) - 1):
        with pytest.raises(AssetError, match="damaged"):
            GlbScenes(data[:cut], "Beast.glb")
    tree = GlbScenes(data, "x")
    tree.tree["bufferViews"][-1]["byteLength"] = 10**6
    tree.tree["bufferViews"][0]["byteLength"] = 10**6
    with pytest.raises(AssetError, match=r"reaches beyond its end|damaged"):
        tree.parts("RedMale/Fly")
    with pytest.raises(AssetError, match="no sound picture"):
        tree.picture("skeletal/blue.png")


def test_a_game_that_lacks_a_file_is_told_of(tmp_path):
    (tmp_path / "art").mkdir()
    (tmp_path / "art" / "LICENSE.txt").write_text("CC")
    (tmp_path / "out").mkdir()
    with pytest.raises(AssetError, match="Dromedary can't be made of this release"):
        convert_all(tmp_path, tmp_path / "out")


def test_only_what_matters_is_kept():
    assert is_needed("meshes/skeletal/camel.dae.cached.pmd")
    assert is_needed("actors/fauna/camel.xml")
    assert not is_needed("meshes/structural/house.dae.cached.pmd")
    assert not is_needed("meshes/skeletal/camel.dae")


def test_trimesh_reads_what_is_written(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    (tmp_path / "Beast.glb").write_bytes(glb_of(BEAST, reader(game())))
    scene = trimesh.load_scene(tmp_path / "Beast.glb")
    assert scene.extents.tolist() == pytest.approx([0.5, 0.5, 2.0])


def test_the_table_is_sound():
    assert len(SPECIES) >= 40
    for species in SPECIES.values():
        assert species.coats
        assert set(species.poses) <= set(POSES)
        assert all(0 <= k < 1000 for k in species.imagenet)
        assert 0.2 < species.size_m < 25.0
    assert sum(bool(species.imagenet) for species in SPECIES.values()) >= 15
    assert FACES  # the fixture is what the other tests say
