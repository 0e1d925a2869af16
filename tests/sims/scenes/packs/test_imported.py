"""A user's own files: what a file shows is what its model has."""

import numpy as np
import pytest
from PIL import Image

from sims.scenes.packs.imported import character, read_model, spoken
from sims.scenes.packs.pieces import turned
from sims.scenes.packs.untrusted import AssetError
from tests.sims.scenes.packs.asset_files import (
    QUAD,
    QUAD_FACES,
    QUAD_UV,
    add,
    cuboid,
    document,
    flag,
    glb,
    gltf,
    png,
    written,
)

trimesh = pytest.importorskip("trimesh")


def volume(mesh) -> float:
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles].astype(float), 1, 0)
    return float(np.einsum("ti,ti->t", a, np.cross(b, c)).sum() / 6.0)


def shown(model, t: int) -> np.ndarray:
    """The pixel of the model's first picture in the middle of triangle `t`, v = 0 at the bottom."""
    picture, (u, v) = model.images[0][1], model.mesh.uv[t].mean(0)
    return picture[int((1.0 - v) * picture.shape[0]), int(u * picture.shape[1])]


def test_a_box_with_a_nose_keeps_its_front_its_proportions_and_its_colours(tmp_path):
    scene = trimesh.Scene()
    for low, high, color in (((0, 0, 0), (2, 1, 4), [0, 255, 0]), ((1.5, 0, 4), (2, 1, 5), [255, 0, 0])):
        box = trimesh.Trimesh(*cuboid(low, high), process=False)
        surface = trimesh.visual.material.PBRMaterial(baseColorFactor=[*color, 255], metallicFactor=0.0)
        box.visual = trimesh.visual.TextureVisuals(material=surface)
        scene.add_geometry(box)
    model = read_model(written(tmp_path, scene.export(file_type="glb"), "red-nose_02.glb"))
    mesh = model.mesh
    assert (model.name, model.noun) == ("RedNose02", "red nose 02")
    np.testing.assert_allclose(mesh.vertices.min(0), [-0.2, -0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(mesh.vertices.max(0), [0.2, 0.5, 0.2], atol=1e-6)
    red = [material.color for material in model.materials].index((1.0, 0.0, 0.0))
    nose = mesh.vertices[mesh.triangles[mesh.part == red]].reshape(-1, 3)
    np.testing.assert_allclose(nose.min(0), [0.1, -0.5, 0.0], atol=1e-6)  # glTF's +z is our front, its +x stays
    np.testing.assert_allclose(nose.max(0), [0.2, -0.3, 0.2], atol=1e-6)
    assert volume(mesh) == pytest.approx((2 * 4 + 0.5) / 125)
    assert mesh.vertices.dtype == np.float32
    assert mesh.triangles.dtype == mesh.part.dtype == np.int32
    assert not mesh.smooth.any()


@pytest.mark.parametrize("kind", ["glb", "gltf", "obj"])
def test_a_picture_stays_the_right_way_up(tmp_path, kind):
    tree, blob = document(TEXCOORD_0=QUAD_UV, picture=png(flag()))
    if kind == "obj":
        lines = [f"v {x} {y} {z}" for x, y, z in QUAD] + [f"vt {u} {1 - v}" for u, v in QUAD_UV]
        text = "\n".join(["mtllib a.mtl", "usemtl Cloth", *lines, "f 1/1 2/2 3/3 4/4"])
        written(tmp_path, b"newmtl Cloth\nKd 0 0 0\nmap_Kd -s 1 1 1 the flag.png\n", "a.mtl")
        written(tmp_path, png(flag()), "the flag.png")
        model = read_model(written(tmp_path, text.encode(), "a.obj"))
    else:
        model = read_model(written(tmp_path, {"glb": glb, "gltf": gltf}[kind](tree, blob), f"a.{kind}"))
    assert model.materials[0].pattern == "image"
    assert model.materials[0].image == model.images[0][0]
    np.testing.assert_array_equal(model.images[0][1], flag())
    corner = model.mesh.vertices[model.mesh.triangles].reshape(-1, 3)
    assert model.mesh.uv is not None
    uv = model.mesh.uv.reshape(-1, 2)
    np.testing.assert_allclose(uv[:, 0], corner[:, 0] + 0.5, atol=1e-6)  # 1 m wide, around 0
    np.testing.assert_allclose(uv[:, 1], corner[:, 2] * 2.0, atol=1e-6)  # half a metre high, from the ground
    assert model.mesh.uv.shape == (2, 3, 2)
    assert np.allclose(corner[:, 1], 0.0)


def test_nested_transforms_apply_from_the_inside_out_and_a_mirror_keeps_the_outside_out(tmp_path):
    tree, blob = document(*cuboid((0, 0, 0), (1, 2, 3)))
    half = 0.5**0.5
    tree["nodes"] = [
        {"children": [1], "translation": [100.0, 0, 0], "scale": [2.0, 2.0, 2.0]},
        {"children": [2], "rotation": [0.0, half, 0.0, half]},  # a quarter turn about y: z to x, x to -z
        {"mesh": 0, "scale": [1.0, 1.0, -1.0], "translation": [5.0, 0, 0]},
        {"mesh": 0},
    ]
    tree["scenes"] = [{"nodes": [0]}]  # the last node is not shown
    model = read_model(written(tmp_path, glb(tree, blob)))
    size = model.mesh.vertices.max(0) - model.mesh.vertices.min(0)
    np.testing.assert_allclose(size, [1.0, 1 / 3, 2 / 3], atol=1e-6)  # glTF's x, z, y
    assert volume(model.mesh) == pytest.approx(6 / 27)
    assert len(model.mesh.triangles) == 12


def test_a_mesh_in_two_places_and_matrices(tmp_path):
    tree, blob = document(*cuboid((0, 0, 0), (1, 1, 1)))
    tree["nodes"] = [{"mesh": 0}, {"mesh": 0, "matrix": [*(1, 0, 0, 0), *(0, 1, 0, 0), *(0, 0, 1, 0), *(3, 0, 0, 1)]}]
    tree["scenes"] = [{"nodes": [0, 1]}]
    tree["meshes"][0]["primitives"] *= 2
    model = read_model(written(tmp_path, glb(tree, blob)))
    assert len(model.mesh.triangles) == 48
    np.testing.assert_allclose(model.mesh.vertices.max(0) * 2, [1.0, 0.25, 0.5])


def test_a_skin_is_placed_by_its_bones_not_by_its_node(tmp_path):
    vertices, faces = cuboid((0, 0, 0), (1, 1, 1))
    joints = np.zeros((8, 4), np.uint8)
    joints[vertices[:, 1] > 0.5, 0] = 1
    weights = np.tile(np.array([[255, 0, 0, 0]], np.uint8), (8, 1))
    tree, blob = document(vertices, faces, JOINTS_0=joints, WEIGHTS_0=weights)
    bound = np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (2, 1))
    bound[1, 13] = -1.0  # the upper bone was bound at a height of 1
    blob = add(tree, blob, bound)
    tree["nodes"] = [{"mesh": 0, "skin": 0, "scale": [9, 1, 1]}, {"children": [2]}, {"translation": [0, 4, 0]}]
    tree["scenes"] = [{"nodes": [0, 1]}]
    tree["skins"] = [{"joints": [1, 2], "inverseBindMatrices": len(tree["accessors"]) - 1}]
    mesh = read_model(written(tmp_path, glb(tree, blob))).mesh
    np.testing.assert_allclose(mesh.vertices.max(0) - mesh.vertices.min(0), [0.25, 0.25, 1.0])  # drawn out to 4


def test_strips_have_their_triangles_the_right_way_round(tmp_path):
    tree, blob = document(QUAD[[0, 1, 3, 2]], np.array([0, 1, 2, 3], np.uint16))
    tree["meshes"][0]["primitives"][0]["mode"] = 5
    mesh = read_model(written(tmp_path, glb(tree, blob))).mesh
    a, b, c = np.moveaxis(mesh.vertices[mesh.triangles], 1, 0)
    assert (np.cross(b - a, c - a)[:, 1] < 0).all()  # both look to the front


def test_curved_surfaces_are_smooth_and_seams_are_welded(tmp_path):
    ball = trimesh.creation.icosphere(subdivisions=2)
    split = ball.vertices[ball.faces].reshape(-1, 3).astype(np.float32)  # every triangle has corners of its own
    faces = np.arange(len(split), dtype=np.uint16).reshape(-1, 3)
    tree, blob = document(split, faces, NORMAL=split)
    curved = read_model(written(tmp_path, glb(tree, blob), "a.glb")).mesh
    assert curved.smooth.all()
    assert len(curved.vertices) == len(ball.vertices)
    flat = np.repeat(ball.face_normals, 3, 0).astype(np.float32)
    tree, blob = document(split, faces, NORMAL=flat)
    assert not read_model(written(tmp_path, glb(tree, blob), "b.glb")).mesh.smooth.any()


def test_materials(tmp_path):
    tree, blob = document(TEXCOORD_0=QUAD_UV, picture=png(np.full((2, 2, 3), (9, 128, 255), np.uint8)))
    rough = {"metallicRoughnessTexture": {"index": 0}, "roughnessFactor": 0.5}
    tree["materials"] = [
        {
            "pbrMetallicRoughness": {"baseColorFactor": [0.1, 0.2, 0.3, 0.25], **rough},
            "alphaMode": "BLEND",
            "emissiveFactor": [0.0, 0.5, 0.25],
            "extensions": {
                "KHR_materials_emissive_strength": {"emissiveStrength": 4.0},
                "KHR_materials_ior": {"ior": 1.33},
                "KHR_materials_transmission": {"transmissionFactor": 0.125},
            },
        }
    ]
    (material,) = read_model(written(tmp_path, glb(tree, blob))).materials
    assert material.color == (0.1, 0.2, 0.3)
    assert material.roughness == pytest.approx(0.5 * 128 / 255)
    assert (material.metallic, material.transmission, material.ior, material.emission) == (1.0, 0.75, 1.33, 2.0)
    assert (material.pattern, material.image) == ("plain", None)


def test_alpha_is_kept_where_the_material_says_so_and_cut_at_its_cutoff(tmp_path):
    picture = np.full((2, 2, 4), 200, np.uint8)
    picture[0, 0, 3] = 50
    tree, blob = document(TEXCOORD_0=QUAD_UV, picture=png(picture))
    for mode, expected in (("OPAQUE", None), ("BLEND", [50, 200]), ("MASK", [0, 255])):
        tree["materials"][0]["alphaMode"] = mode
        ((_, found),) = read_model(written(tmp_path, glb(tree, blob))).images
        assert (found.shape[2] == 3) if expected is None else (found[0, :, 3].tolist() == expected)


def test_texture_transforms_and_second_layouts(tmp_path):
    other = (QUAD_UV * 0.5).astype(np.float32)
    tree, blob = document(TEXCOORD_0=QUAD_UV, TEXCOORD_1=other, picture=png(flag()))
    info = tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    info["texCoord"] = 1
    model = read_model(written(tmp_path, glb(tree, blob)))
    assert (shown(model, 0).tolist(), shown(model, 1).tolist()) == ([255, 0, 0], [255, 0, 0])
    turn = {"offset": [0, 1], "rotation": np.pi / 2, "scale": [0.5, 0.5]}  # the extension's own example: lower left
    info.update({"texCoord": 0, "extensions": {"KHR_texture_transform": turn}})
    model = read_model(written(tmp_path, glb(tree, blob)))
    assert (shown(model, 0).tolist(), shown(model, 1).tolist()) == ([0, 0, 255], [0, 0, 255])


def test_vertex_colours_are_kept_as_shades(tmp_path):
    colours = np.array([[1, 0, 0]] * 3 + [[0, 0, 1]] * 3, np.float32)
    tree, blob = document(QUAD[QUAD_FACES].reshape(-1, 3), np.arange(6, dtype=np.uint16), COLOR_0=colours)
    model = read_model(written(tmp_path, glb(tree, blob)))
    assert (shown(model, 0).tolist(), shown(model, 1).tolist()) == ([255, 0, 0], [0, 0, 255])
    assert model.materials[0].color == (0.5, 0.25, 0.125)


def test_obj_counts_relative_indices_from_where_they_stand_and_cuts_polygons(tmp_path):
    text = b"""mtllib sub/a.mtl
v 0 0 0\nv 4 0 0\nv 4 2 0\nv\t0 2 0
usemtl Red\nf -4 -3 \\\n-2 -1
vt 0 0\nv 0 0 1\nv 4 0 1\nv 2 2 1\nusemtl Blue\nf -3/-1 -2/1 -1/-1 # a face\n"""
    (tmp_path / "sub").mkdir()
    written(tmp_path, b"newmtl Red\nKd 1 0 0\nNs 250\nnewmtl Blue\r\nKd 0 0 2\nd 0.25\nPm 1\nPr 0.3\n", "sub/a.mtl")
    model = read_model(written(tmp_path, text, "a.obj"))
    assert model.mesh.part.tolist() == [0, 0, 1]
    assert [m.color for m in model.materials] == [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0)]
    assert [m.roughness for m in model.materials] == [0.5, 0.3]
    assert (model.materials[1].transmission, model.materials[1].metallic) == (0.75, 1.0)
    blue = model.mesh.vertices[model.mesh.triangles[2]]
    np.testing.assert_allclose(blue, [[-0.5, -0.125, 0], [0.5, -0.125, 0], [0, -0.125, 0.5]])


def test_front_and_up_turn_a_model(tmp_path):
    tree, blob = document(*cuboid((0, 0, 0), (1, 2, 4)))
    file = written(tmp_path, glb(tree, blob))
    for front, up, size in (("-y", "+z", (1, 2, 4)), ("+x", "+z", (2, 1, 4)), ("+z", "+y", (1, 4, 2))):
        mesh = read_model(file, front=front, up=up).mesh
        np.testing.assert_allclose(mesh.vertices.max(0) - mesh.vertices.min(0), np.array(size) / 4, atol=1e-6)
    for front in ("+x", "-x", "+y", "-y", "+z", "-z"):
        for up in ("+x", "-x", "+y", "-y", "+z", "-z"):
            if front[1] != up[1]:
                assert np.linalg.det(turned(front, up)) == pytest.approx(1.0)
    with pytest.raises(AssetError, match=r"thing\.glb: front is '\+y' and up is '\+y'"):
        read_model(file, front="+y")


def test_names():
    assert [character(stem) for stem in ("red-car_02", "RedCar", "blåbär", "3d")] == [
        "RedCar02",
        "RedCar",
        "Blåbär",
        "3d",
    ]
    assert [spoken(stem) for stem in ("red-car_02", "RedCar", "myUSBStick")] == ["red car 02", "red car", "my usbstick"]
    with pytest.raises(AssetError, match="no letters or digits"):
        character("--_")


def test_a_picture_of_every_mode_is_read(tmp_path):
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"):
        Image.new(mode, (4, 4)).save(tmp_path / "a.png" if mode != "CMYK" else tmp_path / "a.jpg")
        data = (tmp_path / ("a.png" if mode != "CMYK" else "a.jpg")).read_bytes()
        model = read_model(written(tmp_path, glb(*document(TEXCOORD_0=QUAD_UV, picture=data))))
        assert model.images[0][1].shape == (4, 4, 3)
