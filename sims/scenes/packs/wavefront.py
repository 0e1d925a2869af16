"""OBJ files and their MTL as pieces: every line is checked as it is read.

Read by our own, not by trimesh: the checks have to look at every index anyway, and trimesh counts relative indices from
the end of the file and drops the texture coordinates of a material of which one face has none.
"""

import io
import math
from array import array
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sims.scenes.description import Material
from sims.scenes.packs.pieces import Piece, Shape
from sims.scenes.packs.untrusted import AssetError, Reading

LONGEST = 2**20
"""Bytes of a line: one of a polygon with so many corners is no polygon."""


class _Lines(NamedTuple):
    """What the lines of a file say, in their order; corners have places in `v`, `vt`, `vn`, or -1."""

    v: array
    vt: array
    vn: array
    corners: array
    material: array
    smooth: array
    names: dict[str | None, int]
    libraries: list[str]


def read_obj(reading: Reading) -> Shape:
    """What an OBJ file shows; polygons are cut into fans.

    Raises:
        AssetError: anything about it, its MTL or its pictures is wrong.
    """
    lines = _read(_text(reading.content(), reading), reading)
    known: dict[str, tuple[Material, str | None]] = {}
    for uri in dict.fromkeys(lines.libraries):
        known.update(_materials(_text(reading.fetch(uri, "its MTL"), reading)))
    used = [_surface(name, known, bool(lines.libraries)) for name in lines.names]
    uris = {material.image: uri for material, uri in used if material.image and uri}
    images = {name: reading.picture(reading.fetch(uri, name), name) for name, uri in uris.items()}
    return Shape(_pieces(lines, [material for material, _ in used]), [material for material, _ in used], images)


def _text(data: bytes, reading: Reading) -> bytes:
    if b"\0" in data:
        raise AssetError("it is no text (it has zero bytes), expected OBJ or MTL: get or export it again")
    n_lines = data.count(b"\n") + data.count(b"\r")
    if n_lines > reading.limits.lines:
        raise AssetError(f"it has {n_lines} lines, expected at most {reading.limits.lines}: simplify the mesh")
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\\\n", b" ")


def _read(text: bytes, reading: Reading) -> _Lines:
    lines = _Lines(array("d"), array("d"), array("d"), array("q"), array("i"), array("b"), {}, [])
    current: str | None = None
    smooth, limits = False, reading.limits
    for n, line in enumerate(io.BytesIO(text), 1):
        key, rest = _split(line)
        if len(line) > LONGEST:
            raise AssetError(
                f"line {n} has {len(line)} bytes, expected at most {LONGEST}: export it with plain triangles"
            )
        if key == b"v":
            lines.v.extend(_floats(rest, 3, n))
        elif key == b"vt":
            lines.vt.extend(_floats(rest, 2, n))
        elif key == b"vn":
            lines.vn.extend(_floats(rest, 3, n))
        elif key == b"f":
            material = lines.names.setdefault(current, len(lines.names))
            _face(lines, rest.partition(b"#")[0].split(), n)
            added = len(lines.corners) // 9 - len(lines.material)
            lines.material.extend([material] * added)
            lines.smooth.extend([smooth] * added)
        elif key == b"usemtl":
            current = _name(rest)
        elif key == b"mtllib":
            lines.libraries.append(_name(rest))
        elif key == b"s":
            smooth = rest.strip() not in (b"off", b"0")
        if len(lines.v) > 3 * limits.vertices or len(lines.material) > limits.triangles:
            raise AssetError(
                f"it has more than {limits.vertices} vertices or {limits.triangles} triangles: simplify the mesh"
            )
    return lines


def _floats(rest: bytes, count: int, n: int) -> list[float]:
    """The first numbers of a line; a texture coordinate may have one alone."""
    words = rest.split()
    words = [*words, b"0"] if count == 2 and len(words) == 1 else words
    try:
        found = [float(word) for word in words[:count]]
    except ValueError:
        found = []
    if len(found) < count or not all(map(math.isfinite, found)):
        raise AssetError(
            f"line {n} has {_shown(rest)}, expected {count} finite numbers: mend the mesh and export it again"
        )
    return found


def _face(lines: _Lines, words: list[bytes], n: int) -> None:
    """A polygon's triangles, nine places each: of every corner in `v`, `vt` and `vn`."""
    if len(words) < 3:
        raise AssetError(f"line {n} has a face of {len(words)} corners, expected 3 at least: export the mesh again")
    counts = len(lines.v) // 3, len(lines.vt) // 2, len(lines.vn) // 3
    corners = [_corner(word, counts, n) for word in words]
    for second, third in pairwise(corners[1:]):
        lines.corners.extend((*corners[0], *second, *third))


def _corner(word: bytes, counts: tuple[int, int, int], n: int) -> tuple[int, int, int]:
    parts = word.split(b"/")
    places = [-1, -1, -1]
    for k, part in enumerate(parts[:3]):
        if k > 0 and not part:
            continue
        try:
            place = int(part)
        except ValueError:
            raise AssetError(
                f"line {n} has the corner {_shown(word)}, expected whole numbers: export it again"
            ) from None
        places[k] = place - 1 if place > 0 else counts[k] + place
        if place == 0 or not 0 <= places[k] < counts[k]:
            kind = ("vertex", "texture coordinate", "normal")[k]
            raise AssetError(
                f"line {n} has {kind} {_shown(part)}, expected one of the {counts[k]} so far: the file is truncated or "
                "damaged; get or export it again"
            )
    return places[0], places[1], places[2]


def _pieces(lines: _Lines, materials: list[Material]) -> list[Piece]:
    corners = np.asarray(lines.corners, np.int64).reshape(-1, 3, 3)
    v, vt, vn = (np.asarray(a, np.float64).reshape(-1, n) for a, n in ((lines.v, 3), (lines.vt, 2), (lines.vn, 3)))
    vt, vn = np.concatenate([vt, np.zeros((1, 2))]), np.concatenate([vn, np.zeros((1, 3))])  # what place -1 stands for
    which, smooth = np.asarray(lines.material, np.int64), np.asarray(lines.smooth).astype(np.bool_)
    pieces = []
    for k, material in enumerate(materials):
        own = corners[which == k]
        if material.image and (own[..., 1] < 0).any():
            raise AssetError(
                "a face has a textured material and no texture coordinates: unwrap the mesh and export it again"
            )
        pair = own[..., 0] * len(vn) + own[..., 2] % len(vn)
        unique, triangles = np.unique(pair, return_inverse=True)
        normals = vn[unique % len(vn)]
        bare = (own[..., 2] < 0).any(1)  # a face without normals is as its smoothing group says
        uv = vt[own[..., 1]] if material.image else None
        pieces.append(Piece(v[unique // len(vn)], triangles.reshape(-1, 3), k, normals, uv, smooth[which == k] & bare))
    return pieces


def _surface(
    name: str | None, known: dict[str, tuple[Material, str | None]], described: bool
) -> tuple[Material, str | None]:
    if name in known:
        return known[name]
    if name is not None and described:
        raise AssetError(f"it uses the material {name[:60]!r}, which its MTL does not describe: export both together")
    return Material(), None


def _materials(text: bytes) -> dict[str, tuple[Material, str | None]]:
    """The materials of an MTL by name, each with the URI of its picture."""
    found: dict[str, tuple[Material, str | None]] = {}
    name = None
    for n, line in enumerate(io.BytesIO(text), 1):
        key, rest = _split(line)
        if key == b"newmtl":
            name = _name(rest)
            found[name] = Material(), None
        elif name is not None:
            material, uri = found[name]
            if key.lower() == b"map_kd":
                uri = _picture_uri(rest)
                material = replace(material, color=(1.0, 1.0, 1.0), pattern="image", image=f"picture {uri}")
            found[name] = _changed(material, key, rest, n), uri
    return found


def _changed(material: Material, key: bytes, rest: bytes, n: int) -> Material:
    """The material as a line of its MTL makes it."""
    unit = [min(max(value, 0.0), 1.0) for value in _floats(rest, 1, n)] if key in (b"d", b"Tr", b"Pr", b"Pm") else [0.0]
    if key == b"Kd" and material.image is None:
        red, green, blue = (min(max(value, 0.0), 1.0) for value in _floats(rest, 3, n))
        return replace(material, color=(red, green, blue))
    if key == b"Ke":
        return replace(material, emission=min(max(*_floats(rest, 3, n), 0.0), 1000.0))
    if key == b"Ns":  # Blender's own rule between its roughness and Phong's exponent
        return replace(material, roughness=1.0 - math.sqrt(min(max(_floats(rest, 1, n)[0], 0.0), 1000.0) / 1000.0))
    if key == b"Ni":
        return replace(material, ior=min(max(_floats(rest, 1, n)[0], 1.0), 4.0))
    if key in (b"d", b"Tr"):
        return replace(material, transmission=1.0 - unit[0] if key == b"d" else unit[0])
    if key == b"Pr":
        return replace(material, roughness=unit[0])
    if key == b"Pm":
        return replace(material, metallic=float(unit[0] >= 0.5))
    return material


def _picture_uri(rest: bytes) -> str:
    """The file of a `map_Kd`, behind its options (`-s 1 1 1`, `-clamp on`)."""
    words = _name(rest).replace("\\", "/").split(" ")
    while len(words) > 1 and words[0].startswith("-"):
        words.pop(0)
        while len(words) > 1 and (words[0] in ("on", "off") or words[0].replace(".", "").lstrip("-").isdigit()):
            words.pop(0)
    return " ".join(words)


def _split(line: bytes) -> tuple[bytes, bytes]:
    key, *rest = line.split(None, 1) or (b"",)
    return key, rest[0].strip() if rest else b""


def _name(rest: bytes) -> str:
    return rest.strip().decode("utf-8", "replace")


def _shown(word: bytes) -> str:
    return repr(word[:60].decode("utf-8", "replace"))
