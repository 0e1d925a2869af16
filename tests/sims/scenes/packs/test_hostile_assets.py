"""Files that are damaged or mean harm: each is refused and says why, and nothing else ever happens."""

import copy
import json
import os
import struct
import zlib
from typing import Any

import numpy as np
import pytest

from sims.scenes.packs.imported import read_model
from sims.scenes.packs.untrusted import AssetError, Limits
from tests.sims.scenes.packs.asset_files import (
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


def spoiled(change) -> tuple[dict[str, Any], bytes]:
    """The parameters of a test: what a change makes of a good textured quad."""
    tree, blob = document(TEXCOORD_0=QUAD_UV, picture=png(flag()))
    return change(tree, blob) or (tree, blob)


def with_vertex(*values):
    def change(tree, blob):
        return tree, struct.pack("<3f", *values) + blob[12:]

    return change


def at(*path_and_value):
    """A change of the entry at a path."""
    *path, key, value = path_and_value

    def change(tree, blob):
        for step in path:
            tree = tree[step]
        tree[key] = value

    return change


def image_at(uri):
    return at("images", 0, {"uri": uri})


def deep(tree, blob):
    tree["nodes"] = [{"children": [n + 1]} for n in range(300)] + [{"mesh": 0}]


def png_of(width, height):
    """A PNG that says its size and has nothing else."""
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def pictured(data):
    def change(tree, blob):
        return document(TEXCOORD_0=QUAD_UV, picture=data)

    return change


def no_triangles(tree, blob):
    tree["meshes"][0]["primitives"][0]["mode"] = 1


HOSTILE = [
    ("NaN vertex", with_vertex(np.nan, 0, 0), "a vertex is NaN or infinite"),
    ("infinite vertex", with_vertex(0, -np.inf, 0), "a vertex is NaN or infinite"),
    (
        "index out of range",
        lambda t, b: (t, b.replace(QUAD_FACES.tobytes(), b"\x09\0" * 6)),
        "vertex 9, expected at most 3",
    ),
    ("accessor beyond its view", at("accessors", 0, "count", 5), "an accessor of 5 rows of 12 bytes"),
    ("accessor offset", at("accessors", 0, "byteOffset", 4), "ends at byte 52 of a bufferView of 48"),
    ("giant accessor", at("accessors", 0, "count", 2**40), "ends at byte"),
    ("giant stride", at("bufferViews", 0, "byteStride", 2**40), "ends at byte"),
    ("tiny stride", at("bufferViews", 0, "byteStride", 1), "1 apart"),
    ("negative count", at("accessors", 0, "count", -4), "count is -4"),
    ("count of another type", at("accessors", 0, "count", "4"), "count is 4, expected a whole number"),
    ("accessor of nothing", lambda t, b: t["accessors"][0].pop("bufferView") and None, "bufferView is None"),
    ("view beyond its buffer", at("bufferViews", 0, "byteLength", 10**9), "bufferView 0 ends at byte"),
    ("view of no buffer", at("bufferViews", 0, "buffer", 3), "refers to buffer 3"),
    ("buffer beyond the file", at("buffers", 0, "byteLength", 10**9), "buffer 0 says 1000000000 bytes"),
    ("buffer missing", at("buffers", 0, "uri", "lost.bin"), r"buffer 0 \('lost.bin'\) is missing"),
    ("http buffer", at("buffers", 0, "uri", "http://127.0.0.1:9/a.bin"), "only files in the pack's own folder"),
    ("https picture", image_at("https://example.org/a.png"), "only files in the pack's own folder"),
    ("file picture", image_at("file:///etc/passwd"), "only files in the pack's own folder"),
    ("windows picture", image_at("C:\\Users\\me\\a.png"), "only files in the pack's own folder"),
    ("absolute picture", image_at("/etc/passwd"), "expected a path without"),
    ("picture above", image_at("../secret.png"), "expected a path without"),
    ("encoded picture above", image_at("a/%2e%2E/%2E./secret.png"), "expected a path without"),
    ("picture with a zero", image_at("a%00.png"), "expected a path without"),
    ("share", image_at("\\\\server\\a.png"), "expected a path without"),
    ("link outwards", image_at("link.png"), "lies outside the pack's folder"),
    ("picture is a folder", image_at("folder"), "is no plain file"),
    ("picture is a pipe", image_at("pipe"), "is no plain file"),
    ("picture missing", image_at("lost.png"), r"picture 0 \('lost.png'\) is missing"),
    ("picture damaged", pictured(png(flag())[:60]), "no picture that can be read"),
    ("picture no picture", pictured(b"MZ" * 40), "no picture that can be read"),
    ("picture too large", pictured(png_of(8193, 4)), "has 8193 x 4 pixels, expected at most 8192"),
    ("picture bomb", pictured(png_of(30_000, 30_000)), "DecompressionBomb|could be decompression bomb|pixels"),
    ("picture of KTX2", at("textures", 0, {}), "no format that is read"),
    ("data without base64", image_at("data:image/png,abc"), "expected data:...;base64"),
    ("data of broken base64", image_at("data:image/png;base64,@@@"), "broken base64"),
    ("texture missing", at("textures", []), "refers to texture 0"),
    ("material missing", at("meshes", 0, "primitives", 0, "material", 7), "refers to material 7"),
    (
        "no layout",
        lambda t, b: t["meshes"][0]["primitives"][0]["attributes"].pop("TEXCOORD_0") and None,
        "no texture co",
    ),
    ("draco", at("extensionsRequired", ["KHR_draco_mesh_compression"]), "without compression"),
    (
        "draco unannounced",
        at("meshes", 0, "primitives", 0, "extensions", {"KHR_draco_mesh_compression": {}}),
        "without compr",
    ),
    ("meshopt", at("bufferViews", 0, "extensions", {"EXT_meshopt_compression": {}}), "without compression"),
    ("basis", at("extensionsRequired", ["KHR_texture_basisu"]), "needs the extension KHR_texture_basisu"),
    ("sparse", at("accessors", 0, "sparse", {"count": 1}), "without sparse accessors"),
    ("quantized", at("accessors", 0, "componentType", 5122), "without quantization"),
    ("unknown component", at("accessors", 0, "componentType", 5), "export it without quantization"),
    ("cycle", at("nodes", [{"mesh": 0, "children": [1]}, {"children": [0]}]), "within itself or in two places"),
    ("self", at("nodes", [{"mesh": 0, "children": [0]}]), "within itself or in two places"),
    ("two parents", at("nodes", [{"children": [1, 1]}, {"mesh": 0}]), "within itself or in two places"),
    ("too deep", deep, "more than 256 deep"),
    ("node missing", at("nodes", [{"children": [9]}]), "refers to node 9"),
    ("mesh missing", at("nodes", 0, "mesh", 5), "refers to mesh 5"),
    ("scene missing", at("scene", 3), "refers to scene 3"),
    ("short matrix", at("nodes", 0, "matrix", [1, 0, 0]), "expected 16 finite numbers"),
    ("endless scale", at("nodes", 0, "scale", [1e308, 1e308, 1e308]), "NaN or infinite|finite extent"),
    ("no extent", at("nodes", 0, "scale", [0, 0, 0]), "its longest side measures 0"),
    ("a line", at("nodes", 0, "scale", [1, 0, 1]), "none of its triangles has an area"),
    ("no triangles", no_triangles, "it shows no triangles"),
    ("fan", at("meshes", 0, "primitives", 0, "mode", 6), "triangle fans"),
    ("no mesh", at("nodes", [{}]), "it shows no triangles"),
    ("two corners", lambda t, b: t["accessors"][2].update(count=2), "2 corners, which are no triangles"),
    ("rows differ", lambda t, b: t["accessors"][1].update(count=3), "another number of rows"),
    ("old", at("asset", {"version": "1.0"}), "glTF version '1.0'"),
    ("a list for an object", at("nodes", [[]]), "nodes is no list of objects"),
    ("a number for a list", at("accessors", 3), "accessors is no list of objects"),
    ("a list for extensions", at("materials", 0, "extensions", []), "extensions is no object"),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_gltf_is_refused_and_says_why(tmp_path, change, message):
    pack = tmp_path / "pack"
    (pack / "folder").mkdir(parents=True)
    written(tmp_path, png(flag()), "secret.png")
    (pack / "link.png").symlink_to(tmp_path / "secret.png")
    os.mkfifo(pack / "pipe")
    with pytest.raises(AssetError, match=message) as caught:
        read_model(written(pack, glb(*spoiled(change))))
    assert str(caught.value).startswith("thing.glb: ")
    assert caught.value.args[0].count(": ") >= 2  # what is wrong, and the cure


HEADERS = [
    ("empty", lambda data: b"", "it has 0 bytes"),
    ("a zip", lambda data: b"PK\x03\x04" + data[4:], "it begins with b'PK"),
    ("another version", lambda data: data[:4] + b"\x07" + data[5:], "version 7"),
    ("longer than its header", lambda data: data + b"\0" * 4, "its header says"),
    (
        "a chunk that is too long",
        lambda data: data[:12] + struct.pack("<I", 2**31) + data[16:],
        "a chunk says 2147483648",
    ),
    ("no JSON", lambda data: data[:16] + b"NOPE" + data[20:], "its first chunk is not its JSON"),
    ("damaged JSON", lambda data: data[:20] + b"[" + data[21:], "its JSON can't be read"),
    ("a NaN in the JSON", lambda data: data.replace(b'"nodes"', b'"n":NaN'), "its JSON holds NaN"),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in HEADERS], ids=[case[0] for case in HEADERS])
def test_damaged_containers_are_refused(tmp_path, change, message):
    with pytest.raises(AssetError, match=message):
        read_model(written(tmp_path, change(glb(*document()))))


@pytest.mark.parametrize("text", [b"[" * 10**5, b"1" * 5000, b"[]", b"\xff\xfe", b'{"a":' * 10**5, b""])
def test_json_that_is_none_is_refused(tmp_path, text):
    with pytest.raises(AssetError, match=r"its JSON (can't be read|is no object)"):
        read_model(written(tmp_path, text, "a.gltf"))


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(file_bytes=100), "it is larger than 0 MiB"),
        (Limits(decoded_bytes=100), "it unpacks to more than"),
        (Limits(vertices=3), "it shows 4 vertices and 2 triangles"),
        (Limits(triangles=1), "it shows 4 vertices and 2 triangles"),
        (Limits(texture_px=15), "has 16 x 8 pixels, expected at most 15"),
        (Limits(values=20), "its JSON has"),
    ],
)
def test_what_is_larger_than_the_limits_is_refused(tmp_path, limits, message):
    with pytest.raises(AssetError, match=message):
        read_model(written(tmp_path, glb(*document(TEXCOORD_0=QUAD_UV, picture=png(flag())))), limits=limits)


def test_a_mesh_shown_a_million_times_and_one_buffer_unpacked_a_thousand_times_take_no_memory(tmp_path):
    tree, blob = document()
    tree["nodes"] = [{"mesh": 0}] * 100_000
    tree["scenes"] = [{"nodes": list(range(100_000))}]
    tree["meshes"][0]["primitives"] *= 20
    with pytest.raises(AssetError, match="expected at most 5000000 and"):
        read_model(written(tmp_path, glb(tree, blob)))
    vertices = np.zeros((100_000, 3), np.float32)
    tree, blob = document(vertices)
    tree["accessors"] += [copy.copy(tree["accessors"][0]) for _ in range(2000)]
    primitive = tree["meshes"][0]["primitives"][0]
    tree["meshes"][0]["primitives"] = [
        {**primitive, "attributes": {"POSITION": n}} for n in (0, *range(2, len(tree["accessors"])))
    ]
    with pytest.raises(AssetError, match="it unpacks to more than"):
        read_model(written(tmp_path, glb(tree, blob)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("v 0 0 nan\nf 1 1 1", "line 1 has '0 0 nan', expected 3 finite numbers"),
        ("v 0 0\nf 1 1 1", "line 1 has '0 0', expected 3 finite numbers"),
        ("v 0 inf 0", "expected 3 finite numbers"),
        ("v a b c", "expected 3 finite numbers"),
        ("v 0 0 0\nf 1 2 3", "line 2 has vertex '2', expected one of the 1 so far"),
        ("v 0 0 0\nf -1 -1 -2", "line 2 has vertex '-2'"),
        ("v 0 0 0\nf 0 1 1", "line 2 has vertex '0'"),
        ("v 0 0 0\nf 1/1 1/1 1/1", "line 2 has texture coordinate '1', expected one of the 0 so far"),
        ("v 0 0 0\nf 1//7 1//7 1//7", "line 2 has normal '7'"),
        ("v 0 0 0\nf 1 1 " + "9" * 5000, "expected whole numbers"),
        ("v 0 0 0\nf 1 1", "a face of 2 corners"),
        ("v 0 0 0\nf" + " 1" * 600_000, "expected at most 1048576"),
        ("v 0 0 0\nv 1 0 0\nv 0 1 0", "it shows no triangles"),
        ("v 0 0 0\nf 1 1 1", "its longest side measures 0"),
        ("mtllib ../out.mtl", "expected a path without"),
        ("mtllib /etc/passwd", "expected a path without"),
        ("mtllib http://127.0.0.1:9/a.mtl", "only files in the pack's own folder"),
        ("mtllib lost.mtl", r"its MTL \('lost.mtl'\) is missing"),
        ("mtllib out.mtl", "lies outside the pack's folder"),
        ("mtllib a.mtl\nusemtl Blue\nv 0 0 0\nf 1 1 1", "uses the material 'Blue', which its MTL does not describe"),
        ("mtllib a.mtl\nusemtl Lost\nv 0 0 0\nvt 0 0\nf 1/1 1/1 1/1", r"picture lost.png \('lost.png'\) is missing"),
        ("mtllib a.mtl\nusemtl Up\nv 0 0 0\nvt 0 0\nf 1/1 1/1 1/1", "expected a path without"),
        ("mtllib nan.mtl", "expected 3 finite numbers"),
        ("v 0 0 0\0", "it has zero bytes"),
    ],
)
def test_hostile_obj_is_refused_and_says_why(tmp_path, text, message):
    pack = tmp_path / "pack"
    pack.mkdir()
    written(pack, b"newmtl Lost\nmap_Kd lost.png\nnewmtl Up\nmap_Kd ..\\secret.png\n", "a.mtl")
    written(pack, b"newmtl A\nKd 1 nan 0\n", "nan.mtl")
    (pack / "out.mtl").symlink_to(written(tmp_path, b"newmtl A\n", "out.mtl"))
    with pytest.raises(AssetError, match=message) as caught:
        read_model(written(pack, text.encode(), "a.obj"))
    assert str(caught.value).startswith("a.obj: ")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(vertices=3), "more than 3 vertices"),
        (Limits(triangles=1), "or 1 triangles"),
        (Limits(lines=3), "5 lines"),
    ],
)
def test_obj_larger_than_the_limits_is_refused(tmp_path, limits, message):
    with pytest.raises(AssetError, match=message):
        read_model(written(tmp_path, b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n", "a.obj"), limits=limits)


def test_a_file_outside_the_folder_or_of_another_kind_is_refused(tmp_path):
    (tmp_path / "pack").mkdir()
    outside = written(tmp_path, glb(*document()), "out.glb")
    (tmp_path / "pack" / "in.glb").symlink_to(outside)
    with pytest.raises(AssetError, match=r"in\.glb: it lies outside the pack's folder"):
        read_model(tmp_path / "pack" / "in.glb")
    with pytest.raises(AssetError, match=r"gone\.glb: it is missing"):
        read_model(tmp_path / "gone.glb")
    with pytest.raises(AssetError, match=r"a \.fbx file is not read: expected \.glb, \.gltf, \.obj"):
        read_model(written(tmp_path, b"", "a.fbx"))


def good(folder) -> dict[str, bytes]:
    """One good file of each kind, with all that it refers to in the folder."""
    ball = trimesh.creation.icosphere(subdivisions=1)
    points = ball.vertices.astype(np.float32)
    uv, faces = points[:, :2] * 0.5 + 0.5, ball.faces.astype(np.uint16)
    tree, blob = document(points, faces, TEXCOORD_0=uv.astype(np.float32), NORMAL=points, picture=png(flag()))
    tree["nodes"] = [{"children": [1], "translation": [1, 2, 3]}, {"mesh": 0, "rotation": [0.6, 0, 0, 0.8]}]
    written(folder, blob, "a.bin")
    written(folder, b"newmtl A\nKd 1 0 0\nmap_Kd a.png\n", "a.mtl")
    written(folder, png(flag()), "a.png")
    lines = [f"v {x:.4f} {y:.4f} {z:.4f}\nvt {x:.3f} {y:.3f}" for x, y, z in points]
    lines += [f"f {a + 1}/{a + 1} {b + 1}/{b + 1} {c + 1}/{c + 1}" for a, b, c in ball.faces]
    apart = {**tree, "buffers": [{"byteLength": len(blob), "uri": "a.bin"}]}
    return {
        "a.glb": glb(tree, blob),
        "a.gltf": gltf(tree, blob),
        "b.gltf": json.dumps(apart).encode(),
        "a.obj": "\n".join(["mtllib a.mtl", "usemtl A", *lines]).encode(),
    }


@pytest.mark.parametrize("name", ["a.glb", "a.gltf", "b.gltf", "a.obj"])
def test_truncated_anywhere_a_file_is_refused(tmp_path, name):
    data = good(tmp_path)[name]
    assert len(read_model(written(tmp_path, data, name)).mesh.triangles) == 80
    for cut in np.random.default_rng(0).integers(0, len(data), 20):
        file = written(tmp_path, data[:cut], name)
        if name == "a.obj":  # a text that ends early between two faces, or in a number, is a shorter OBJ
            survives(file)
        else:
            with pytest.raises(AssetError):
                read_model(file)


def test_a_truncated_buffer_is_refused(tmp_path):
    file, blob = written(tmp_path, good(tmp_path)["b.gltf"], "b.gltf"), (tmp_path / "a.bin").read_bytes()
    for cut in np.random.default_rng(1).integers(0, len(blob), 20):
        written(tmp_path, blob[:cut], "a.bin")
        with pytest.raises(AssetError, match=r"^b\.gltf: buffer 0 says"):
            read_model(file)


def survives(file) -> bool:
    """Whether a file is read, as a whole model; if not, it is refused and nothing else."""
    try:
        model = read_model(file)
    except AssetError:
        return False
    mesh = model.mesh
    assert np.isfinite(mesh.vertices).all()
    assert len(mesh.triangles) == len(mesh.part) == len(mesh.smooth) > 0
    assert 0 <= mesh.triangles.min() <= mesh.triangles.max() < len(mesh.vertices)
    assert mesh.part.max() < len(model.materials)
    assert mesh.uv is None or np.isfinite(mesh.uv).all()
    assert (mesh.vertices.max(0) - mesh.vertices.min(0)).max() == pytest.approx(1.0, abs=1e-5)
    return True


@pytest.mark.parametrize("name", ["a.glb", "a.gltf", "a.obj", "a.mtl", "a.png"])
def test_bytes_flipped_at_random_give_a_model_or_a_refusal(tmp_path, name):
    files = good(tmp_path)
    for other, data in files.items():
        written(tmp_path, data, other)
    target = tmp_path / name
    data = target.read_bytes()
    rng = np.random.default_rng(7)
    read = 0
    for _ in range(200):
        spoilt = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            spoilt[place] = rng.integers(0, 256)
        target.write_bytes(bytes(spoilt))
        read += survives(target if name in files else tmp_path / "a.obj")
    assert read < 200


WORDS = [
    None,
    True,
    -1,
    0,
    1,
    2,
    5,
    5123,
    5126,
    2**31,
    2**63,
    10**30,
    1e308,
    0.5,
    "",
    "a.png",
    "data:,",
    [],
    {},
    [0],
    [[]],
]


def places(thing) -> list:
    """Every entry of a JSON tree as its container and key."""
    inner = list(thing.items() if isinstance(thing, dict) else enumerate(thing))
    own = [(thing, key) for key, _ in inner]
    return own + [place for _, value in inner if isinstance(value, dict | list) for place in places(value)]


def rich() -> tuple[dict, bytes]:
    """A file with a skin, colours, pictures, a strip and materials of every kind."""
    vertices, faces = cuboid((0, 0, 0), (1, 2, 3))
    every = {"NORMAL": vertices, "TEXCOORD_0": vertices[:, :2].copy(), "COLOR_0": np.full((8, 4), 99, np.uint8)}
    bones = {"JOINTS_0": np.zeros((8, 4), np.uint8), "WEIGHTS_0": np.ones((8, 4), np.float32)}
    tree, blob = document(vertices, faces, picture=png(flag()), **every, **bones)
    blob = add(tree, blob, np.tile(np.eye(4, dtype=np.float32).reshape(1, 16), (2, 1)))
    tree["skins"] = [{"joints": [1, 2], "inverseBindMatrices": len(tree["accessors"]) - 1}]
    tree["nodes"] = [{"mesh": 0, "skin": 0}, {"children": [2, 3]}, {"matrix": list(np.eye(4).ravel())}, {"mesh": 0}]
    tree["scenes"] = [{"nodes": [0, 1]}]
    moved = {"KHR_texture_transform": {"offset": [0.5, 0], "rotation": 0.1, "scale": [2, 2]}}
    base = {"baseColorTexture": {"index": 0, "extensions": moved}, "metallicRoughnessTexture": {"index": 0}}
    shine = {"KHR_materials_transmission": {"transmissionFactor": 0.5}, "KHR_materials_ior": {"ior": 1.4}}
    tree["materials"] = [
        {
            "pbrMetallicRoughness": base,
            "alphaMode": "MASK",
            "emissiveFactor": [1, 1, 1],
            "emissiveTexture": {"index": 0},
        },
        {"extensions": {**shine, "KHR_materials_pbrSpecularGlossiness": {"diffuseFactor": [1, 0, 0, 1]}}},
    ]
    primitive = tree["meshes"][0]["primitives"][0]
    tree["meshes"][0]["primitives"] = [primitive, {**primitive, "mode": 5, "material": 1}]
    return tree, blob


def test_words_replaced_at_random_give_a_model_or_a_refusal(tmp_path):
    tree, blob = rich()
    assert survives(written(tmp_path, glb(tree, blob)))
    rng = np.random.default_rng(3)
    read = 0
    for _ in range(200):
        spoilt = copy.deepcopy(tree)
        for _ in range(rng.integers(1, 3)):
            every = places(spoilt)
            container, key = every[rng.integers(len(every))]
            container[key] = copy.deepcopy(WORDS[rng.integers(len(WORDS))])
        read += survives(written(tmp_path, glb(spoilt, blob)))
    assert 0 < read < 200
