"""Small glTF files, written by hand: what the tests of imported assets read."""

import base64
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

QUAD = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [0, 1, 0]], np.float32)
QUAD_UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)  # glTF: v = 0 at the top of the picture
QUAD_FACES = np.array([[0, 1, 2], [0, 2, 3]], np.uint16)
TYPES = {"f4": 5126, "u2": 5123, "u4": 5125, "u1": 5121, "i2": 5122}
SHAPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}


def document(
    vertices=QUAD, faces=QUAD_FACES, *, picture: bytes | None = None, **attributes
) -> tuple[dict[str, Any], bytes]:
    """A scene of one mesh: its JSON and its binary buffer; attributes as TEXCOORD_0=array."""
    tree: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "buffers": [{"byteLength": 0}],
        "bufferViews": [],
        "accessors": [],
    }
    blob, primitive = b"", {"attributes": {}, "material": 0}
    for name, array in {"POSITION": vertices, **attributes, "indices": faces.reshape(-1, 1)}.items():
        blob = add(tree, blob, array)
        target = primitive if name == "indices" else primitive["attributes"]
        target[name] = len(tree["accessors"]) - 1
    tree["meshes"] = [{"primitives": [primitive]}]
    tree["materials"] = [{"pbrMetallicRoughness": {"baseColorFactor": [0.5, 0.25, 0.125, 1.0], "metallicFactor": 0.0}}]
    if picture is not None:
        blob = blob + b"\0" * (-len(blob) % 4)
        tree["bufferViews"].append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(picture)})
        tree["images"] = [{"bufferView": len(tree["bufferViews"]) - 1, "mimeType": "image/png"}]
        tree["textures"] = [{"source": 0}]
        tree["materials"][0]["pbrMetallicRoughness"] = {"baseColorTexture": {"index": 0}}
        blob += picture
    tree["buffers"][0]["byteLength"] = len(blob)
    return tree, blob


def add(tree: dict[str, Any], blob: bytes, array: np.ndarray) -> bytes:
    """An accessor and a bufferView for an array; the longer blob."""
    blob += b"\0" * (-len(blob) % 4)
    tree["bufferViews"].append({"buffer": 0, "byteOffset": len(blob), "byteLength": array.nbytes})
    kind = TYPES[array.dtype.str[1:]]
    accessor = {"bufferView": len(tree["bufferViews"]) - 1, "componentType": kind, "count": len(array)}
    tree["accessors"].append({**accessor, "type": SHAPES[array.size // len(array)]})
    tree["buffers"][0]["byteLength"] = len(blob) + array.nbytes
    return blob + array.tobytes()


def glb(tree: dict[str, Any], blob: bytes) -> bytes:
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    blob += b"\0" * (-len(blob) % 4)
    length = 12 + 8 + len(text) + 8 + len(blob)
    head = struct.pack("<5I", 0x46546C67, 2, length, len(text), 0x4E4F534A)
    return head + text + struct.pack("<2I", len(blob), 0x004E4942) + blob


def gltf(tree: dict[str, Any], blob: bytes) -> bytes:
    """As one file of JSON, its buffer embedded."""
    uri = "data:application/octet-stream;base64," + base64.b64encode(blob).decode()
    return json.dumps({**tree, "buffers": [{"byteLength": len(blob), "uri": uri}]}).encode()


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def flag() -> np.ndarray:
    """A picture whose every quarter has its own colour: red and green above, blue and white below."""
    picture = np.zeros((8, 16, 3), np.uint8)
    picture[:4, :8], picture[:4, 8:], picture[4:, :8], picture[4:, 8:] = (255, 0, 0), (0, 255, 0), (0, 0, 255), 255
    return picture


def cuboid(low, high) -> tuple[np.ndarray, np.ndarray]:
    """Corners and triangles of a box, outwards."""
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], np.float32)
    faces = [(0, 2, 3), (0, 3, 1), (4, 5, 7), (4, 7, 6), (0, 1, 5), (0, 5, 4)]
    faces += [(2, 6, 7), (2, 7, 3), (0, 4, 6), (0, 6, 2), (1, 3, 7), (1, 7, 5)]
    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    return (low + corners * (high - low)).astype(np.float32), np.array(faces, np.uint16)


def written(folder: Path, data: bytes, name: str = "thing.glb") -> Path:
    (folder / name).write_bytes(data)
    return folder / name
