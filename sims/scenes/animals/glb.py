"""GLB files of animals, written and read: a scene for every coat and pose, each shape once, the licence inside."""

import io
import json
import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.scenes.packs.untrusted import AssetError

MAGIC, JSON, BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
FLOAT, UINT = 5126, 5125
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
LARGEST = 2**28


class Part(NamedTuple):
    """Triangles with one picture, in glTF's frame: metres, y up, front +z, right-handed.

    Attributes:
        vertices: `[vertex, 3]`, normals: `[vertex, 3]`. uv: `[vertex, 2]`, v = 0 at the bottom of the picture.
        triangles: `[triangle, 3]`, counter-clockwise from outside. picture: the name of its picture.
        has_holes: whether the picture's alpha cuts.
    """

    vertices: NDArray[np.floating]
    normals: NDArray[np.floating]
    uv: NDArray[np.floating]
    triangles: NDArray[np.integer]
    picture: str
    has_holes: bool = False


def glb_bytes(
    scenes: dict[str, list[Part]], pictures: dict[str, NDArray[np.uint8]], copyright: str, extras: dict[str, Any]
) -> bytes:
    """A GLB file.

    Args:
        scenes: parts by the scene's name; the first is the default. pictures: `[height, width, 3 or 4]` uint8, row 0 at
            the top, by name. copyright: the line that glTF keeps for it. extras: whatever else the file should say.
    """
    names = list(pictures)
    writing = _Writing()
    images = [writing.add_view(png_bytes(pictures[name])) for name in names]
    materials, numbers = [], {}
    meshes = []
    for parts in scenes.values():
        primitives = []
        for part in parts:
            look = (part.picture, part.has_holes)
            if look not in numbers:
                numbers[look] = len(materials)
                materials.append(_material(names.index(part.picture), *look))
            primitives.append({**writing.geometry(part), "material": numbers[look]})
        meshes.append({"primitives": primitives})
    tree = {
        "asset": {"version": "2.0", "generator": "umwelt", "copyright": copyright, "extras": extras},
        "scene": 0,
        "scenes": [{"name": name, "nodes": [k]} for k, name in enumerate(scenes)],
        "nodes": [{"name": name, "mesh": k} for k, name in enumerate(scenes)],
        "meshes": meshes,
        "materials": materials,
        "textures": [{"source": k, "sampler": 0} for k in range(len(names))],
        "samplers": [{"magFilter": 9729, "minFilter": 9987}],
        "images": [
            {"name": name, "bufferView": view, "mimeType": "image/png"}
            for name, view in zip(names, images, strict=True)
        ],
        "accessors": writing.accessors,
        "bufferViews": writing.views,
        "buffers": [{"byteLength": len(writing.blob)}],
    }
    return _assembled(tree, bytes(writing.blob))


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """A picture as PNG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def _material(image: int, name: str, has_holes: bool) -> dict[str, Any]:
    base = {"baseColorTexture": {"index": image}, "metallicFactor": 0.0, "roughnessFactor": 0.8}
    cut = {"alphaMode": "MASK", "alphaCutoff": 0.5, "doubleSided": True} if has_holes else {}
    return {"name": name, "pbrMetallicRoughness": base, **cut}


class _Writing:
    """The binary half of a file while it grows; equal arrays are kept once."""

    def __init__(self) -> None:
        self.blob = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self._known: dict[bytes, int] = {}

    def add_view(self, data: bytes, target: int | None = None) -> int:
        """A bufferView of these bytes."""
        self.blob += b"\0" * (-len(self.blob) % 4)
        view = {"buffer": 0, "byteOffset": len(self.blob), "byteLength": len(data)}
        self.views.append({**view, "target": target} if target else view)
        self.blob += data
        return len(self.views) - 1

    def geometry(self, part: Part) -> dict[str, Any]:
        """A primitive of a part."""
        down = np.stack([part.uv[:, 0], 1.0 - part.uv[:, 1]], 1)  # glTF counts v from the top
        return {
            "attributes": {
                "POSITION": self._floats(part.vertices, bounded=True),
                "NORMAL": self._floats(part.normals),
                "TEXCOORD_0": self._floats(down),
            },
            "indices": self._accessor(part.triangles.astype("<u4").reshape(-1, 1), UINT, ELEMENT_ARRAY_BUFFER),
        }

    def _floats(self, array: NDArray, *, bounded: bool = False) -> int:
        array = np.ascontiguousarray(array, "<f4")
        bounds = {"min": array.min(0).tolist(), "max": array.max(0).tolist()} if bounded else {}
        return self._accessor(array, FLOAT, ARRAY_BUFFER, **bounds)

    def _accessor(self, array: NDArray, kind: int, target: int, **more: Any) -> int:
        data = array.tobytes()
        key = data + bytes([array.shape[1]])
        if key not in self._known:
            shape = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}[array.shape[1]]
            view = self.add_view(data, target)
            self.accessors.append(
                {"bufferView": view, "componentType": kind, "count": len(array), "type": shape, **more}
            )
            self._known[key] = len(self.accessors) - 1
        return self._known[key]


def _assembled(tree: dict[str, Any], blob: bytes) -> bytes:
    text = json.dumps(tree, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    blob += b"\0" * (-len(blob) % 4)
    head = struct.pack("<5I", MAGIC, 2, 28 + len(text) + len(blob), len(text), JSON)
    return head + text + struct.pack("<2I", len(blob), BIN) + blob


class GlbScenes:
    """A file that `glb_bytes` wrote, open for reading.

    Raises:
        AssetError: it is none, or damaged.
    """

    def __init__(self, data: bytes, name: str):
        self.name = name
        try:
            magic, version, length, text, kind = struct.unpack_from("<5I", data)
            if (magic, version, kind) != (MAGIC, 2, JSON) or length != len(data) or length > LARGEST:
                raise ValueError("its head is not a GLB's")
            self.tree = json.loads(data[20 : 20 + text])
            size, kind = struct.unpack_from("<2I", data, 20 + text)
            self._blob = data[28 + text : 28 + text + size]
            if kind != BIN or len(self._blob) != size:
                raise ValueError("its binary half is cut off")
            self.names = [scene["name"] for scene in self.tree["scenes"]]
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise AssetError(f"{name} is damaged ({error}): run `umwelt assets get` for its pack again") from error

    def parts(self, scene: str) -> list[Part]:
        """The parts of a scene.

        Raises:
            AssetError: there is no such scene, or it is damaged.
        """
        if scene not in self.names:
            raise AssetError(f"{self.name} has no scene {scene!r}: expected one of {', '.join(self.names)}")
        try:
            tree = self.tree
            node = tree["nodes"][tree["scenes"][self.names.index(scene)]["nodes"][0]]
            return [self._part(primitive) for primitive in tree["meshes"][node["mesh"]]["primitives"]]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise AssetError(f"{self.name} is damaged ({error}): run `umwelt assets get` for its pack again") from error

    def picture(self, name: str) -> NDArray[np.uint8]:
        """A picture by its name.

        Raises:
            AssetError: there is none, or it is damaged.
        """
        try:
            image = next(image for image in self.tree["images"] if image["name"] == name)
            with Image.open(io.BytesIO(self._view(image["bufferView"])), formats=("PNG",)) as opened:
                return np.asarray(opened, np.uint8)
        except Exception as error:  # whatever Pillow's decoder raises
            raise AssetError(f"{self.name} has no sound picture {name!r} ({error}): fetch its pack again") from error

    def _part(self, primitive: dict[str, Any]) -> Part:
        attributes, tree = primitive["attributes"], self.tree
        material = tree["materials"][primitive["material"]]
        uv = self._array(attributes["TEXCOORD_0"]).astype(np.float64)
        vertices = self._array(attributes["POSITION"]).astype(np.float64)
        triangles = self._array(primitive["indices"]).reshape(-1, 3).astype(np.int64)
        if len(triangles) and triangles.max() >= len(vertices):
            raise ValueError(f"a triangle has vertex {triangles.max()} of {len(vertices)}")
        return Part(
            vertices,
            self._array(attributes["NORMAL"]).astype(np.float64),
            np.stack([uv[:, 0], 1.0 - uv[:, 1]], 1),
            triangles,
            material["name"],
            material.get("alphaMode") == "MASK",
        )

    def _array(self, number: int) -> NDArray:
        accessor = self.tree["accessors"][number]
        kind = {FLOAT: "<f4", UINT: "<u4"}[accessor["componentType"]]
        width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}[accessor["type"]]
        return np.frombuffer(self._view(accessor["bufferView"]), kind).reshape(accessor["count"], width)

    def _view(self, number: int) -> bytes:
        view = self.tree["bufferViews"][number]
        start = view["byteOffset"]
        data = self._blob[start : start + view["byteLength"]]
        if len(data) != view["byteLength"]:
            raise ValueError("a bufferView reaches beyond its end")
        return data
