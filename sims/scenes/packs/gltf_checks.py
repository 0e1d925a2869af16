"""Checks of a glTF file before anyone reads it: every length, reference and total against what is really there.

What passes is written into a fresh tree of known words alone, and only that tree is handed to trimesh: what was not
checked is not there. Values (NaN, indices out of range) are checked once they are arrays, in `imported`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.scenes.packs.gltf_json import AGAIN, Object, container, entries, indices, numbers, parsed, part, pick, whole
from sims.scenes.packs.untrusted import AssetError, Reading, embedded

SIZES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
FLOAT, PARTS, WHOLE = (5126,), (5126, 5121, 5123), (5121, 5123, 5125)
COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression", "KHR_meshopt_compression")
UNDERSTOOD = ("KHR_texture_transform", "EXT_texture_webp", "KHR_lights_punctual", "KHR_mesh_quantization")
TRIANGLES, STRIP, FAN = 4, 5, 6


@dataclass(frozen=True)
class Checked:
    """A glTF file whose sizes and references hold.

    Args:
        tree: its JSON as it is.
        clean: what trimesh may read of it; nodes have the numbers that they have in `tree`, buffers are named by their
            number, and each primitive has a material named `mesh/primitive`; the attributes besides POSITION are called
            _NORMAL, _UV, _COLOR, _JOINTS and _WEIGHTS.
        buffers: their bytes. views: buffer, first byte and length of each bufferView.
    """

    tree: Object
    clean: Object
    buffers: tuple[bytes, ...]
    views: tuple[tuple[int, int, int], ...]

    def view(self, index: object, what: str) -> bytes:
        """The bytes of a bufferView."""
        if type(index) is not int or not 0 <= index < len(self.views):
            raise AssetError(f"{what} refers to bufferView {index!r}, expected one of {len(self.views)}: {AGAIN}")
        buffer, start, length = self.views[index]
        return self.buffers[buffer][start : start + length]

    def floats(self, index: int, kind: str) -> NDArray[np.float32]:
        """The rows of an accessor of floats, flat: `[count, width]`."""
        accessor = pick(entries(self.tree, "accessors"), index, "accessor")
        view, found = _accessor(accessor, self.tree, self.views, (kind,), FLOAT)
        shape = (found["count"], WIDTHS[kind])
        stride = view.get("byteStride", 4 * shape[1])
        return np.ndarray(shape, "<f4", self.buffers[view["buffer"]], view["byteOffset"], (stride, 4))


def checked(data: bytes, suffix: str, reading: Reading) -> Checked:
    """A glTF (`.gltf`) or GLB (`.glb`) file, held against its own bytes.

    Raises:
        AssetError: see `sims.scenes.packs.imported`.
    """
    text, binary = container(data) if suffix == ".glb" else (data, None)
    tree = parsed(text, reading.limits)
    _check_version(tree)
    buffers = tuple(_buffer(n, entry, binary, reading) for n, entry in enumerate(entries(tree, "buffers")))
    views = tuple(_view(n, entry, tree) for n, entry in enumerate(entries(tree, "bufferViews")))
    for n, image in enumerate(entries(tree, "images")):
        if isinstance(uri := image.get("uri"), str) and not embedded(uri):  # refused even where no surface shows it
            reading.located(uri, f"picture {n}")
    nodes = reached(tree, reading.limits.depth)
    return Checked(tree, _Cleaning(tree, views, reading).tree(nodes), buffers, views)


def _check_version(tree: Object) -> None:
    version = part(tree, "asset").get("version")
    if not isinstance(version, str) or not version.startswith("2."):
        raise AssetError(f"it is of glTF version {str(version)[:20]!r}, expected '2.0': export it as glTF 2.0")
    required, used = tree.get("extensionsRequired", []), tree.get("extensionsUsed", [])
    if not isinstance(required, list) or not isinstance(used, list):
        raise AssetError(f"its extensions are no lists: {AGAIN}")
    _check_compression([name for name in (*required, *used) if isinstance(name, str)])
    for name in map(str, required):
        if name not in UNDERSTOOD and not name.startswith("KHR_materials_"):
            raise AssetError(f"it needs the extension {name[:60]}, which is not read: export it without")


def _check_compression(names: object) -> None:
    for name in COMPRESSED:
        if isinstance(names, list | dict) and name in names:
            raise AssetError(f"it is compressed ({name}), which is not read: export it without compression")


def _buffer(n: int, entry: Object, binary: bytes | None, reading: Reading) -> bytes:
    length, uri = whole(entry, "byteLength", least=1), entry.get("uri")
    if isinstance(uri, str):
        data = reading.fetch(uri, f"buffer {n}")
    elif n == 0 and uri is None and binary is not None:
        data = binary
    else:
        raise AssetError(f"buffer {n} is missing, it has neither a URI nor a chunk of the file: {AGAIN}")
    if len(data) < length:
        raise AssetError(f"buffer {n} says {length} bytes, it has {len(data)}: {AGAIN}")
    return data


def _view(n: int, entry: Object, tree: Object) -> tuple[int, int, int]:
    _check_compression(part(entry, "extensions"))
    buffer = whole(entry, "buffer")
    size = whole(pick(entries(tree, "buffers"), buffer, "buffer"), "byteLength", least=1)
    start, length = whole(entry, "byteOffset", 0), whole(entry, "byteLength", least=1)
    if start + length > size:
        raise AssetError(f"bufferView {n} ends at byte {start + length} of a buffer of {size}: {AGAIN}")
    return buffer, start, length


def _accessor(
    entry: Object,
    tree: Object,
    views: tuple[tuple[int, int, int], ...],
    kinds: tuple[str, ...],
    types: tuple[int, ...],
) -> tuple[Object, Object]:
    """A bufferView of just an accessor's bytes, and the accessor over it without any offset."""
    if "sparse" in entry:
        raise AssetError("an accessor is sparse, which is not read: export it without sparse accessors")
    kind, component, count = entry.get("type"), whole(entry, "componentType"), whole(entry, "count", least=1)
    if kind not in kinds or component not in types:
        cure = "export it without quantization" if types == FLOAT else AGAIN
        raise AssetError(f"an accessor is {str(kind)[:20]} of type {component}, expected {kinds} of {types}: {cure}")
    view = whole(entry, "bufferView")
    _, start, length = views[view] if view < len(views) else (0, 0, 0)
    buffer_view = pick(entries(tree, "bufferViews"), view, "bufferView")
    row, offset = np.dtype(SIZES[component]).itemsize * WIDTHS[kind], whole(entry, "byteOffset", 0)
    stride = whole(buffer_view, "byteStride", row)
    end = offset + (count - 1) * stride + row
    if stride < row or end > length:
        raise AssetError(
            f"an accessor of {count} rows of {row} bytes, {stride} apart, ends at byte {end} of a bufferView of "
            f"{length}: {AGAIN}"
        )
    clean = {"buffer": buffer_view["buffer"], "byteOffset": start + offset, "byteLength": end - offset}
    spaced = {"byteStride": stride} if stride != row else {}
    return {**clean, **spaced}, {"componentType": component, "type": kind, "count": count}


def reached(tree: Object, depth: int) -> list[int]:
    """The nodes that the file's scene shows, each once, parents first.

    Raises:
        AssetError: a node within itself, or in two places, or deeper than `depth`.
    """
    nodes, scenes = entries(tree, "nodes"), entries(tree, "scenes")
    if scenes:
        roots = indices(pick(scenes, tree.get("scene", 0), "scene"), "nodes")
    else:
        inner = {child for node in nodes for child in indices(node, "children")}
        roots = [n for n in range(len(nodes)) if n not in inner]
    order: dict[int, None] = {}
    waiting = [(root, 1) for root in reversed(roots)]
    while waiting:
        n, level = waiting.pop()
        node = pick(nodes, n, "node")
        if n in order:
            raise AssetError(f"node {n} is within itself or in two places, expected a tree of nodes: {AGAIN}")
        if level > depth:
            raise AssetError(f"its nodes are more than {depth} deep: export it with a flatter hierarchy")
        order[n] = None
        waiting += [(child, level + 1) for child in reversed(indices(node, "children"))]
    return list(order)


class _Cleaning:
    """The clean tree while it is built, with the totals of what it shows."""

    def __init__(self, tree: Object, views: tuple[tuple[int, int, int], ...], reading: Reading):
        self.source, self.views, self.reading = tree, views, reading
        self.accessors: dict[int, int] = {}
        self.n_primitives = self.n_vertices = self.n_triangles = 0
        self.clean: dict[str, Any] = {"asset": {"version": "2.0"}, "scene": 0}
        for key in ("bufferViews", "accessors", "meshes", "materials"):
            self.clean[key] = []

    def tree(self, shown: list[int]) -> Object:
        nodes, meshes = entries(self.source, "nodes"), entries(self.source, "meshes")
        where: dict[int, tuple[int, int, int]] = {}
        clean_nodes: list[Object] = [{} for _ in nodes]
        for n in shown:
            clean_nodes[n] = _node(nodes[n])
            if "mesh" in nodes[n]:
                mesh = whole(nodes[n], "mesh")
                if mesh not in where:
                    where[mesh] = self.mesh(mesh, pick(meshes, mesh, "mesh"))
                clean_nodes[n]["mesh"] = where[mesh][0]
                self.count(*where[mesh][1:])
        inner = {child for n in shown for child in clean_nodes[n].get("children", ())}
        buffers = [{"uri": str(n), "byteLength": 1} for n in range(len(entries(self.source, "buffers")))]
        scene = {"nodes": [n for n in shown if n not in inner]}
        return {**self.clean, "nodes": clean_nodes, "scenes": [scene], "buffers": buffers}

    def count(self, n_vertices: int, n_triangles: int) -> None:
        self.n_vertices, self.n_triangles = self.n_vertices + n_vertices, self.n_triangles + n_triangles
        limits = self.reading.limits
        if self.n_vertices > limits.vertices or self.n_triangles > limits.triangles:
            raise AssetError(
                f"it shows {self.n_vertices} vertices and {self.n_triangles} triangles or more, expected at most "
                f"{limits.vertices} and {limits.triangles}: simplify the mesh"
            )

    def mesh(self, n: int, mesh: Object) -> tuple[int, int, int]:
        """The number of the clean mesh, its vertices and its triangles."""
        primitives, n_vertices, n_triangles = [], 0, 0
        for k, primitive in enumerate(entries(mesh, "primitives")):
            mode = whole(primitive, "mode", TRIANGLES)
            if mode == FAN:
                raise AssetError("it has triangle fans, which are not read: export it with plain triangles")
            if mode in (TRIANGLES, STRIP):
                clean, vertices, triangles = self.primitive(primitive, mode)
                primitives.append({**clean, "material": len(self.clean["materials"])})
                self.clean["materials"].append({"name": f"{n}/{k}"})
                n_vertices, n_triangles = n_vertices + vertices, n_triangles + triangles
        self.clean["meshes"].append({"name": str(n), "primitives": primitives})
        return len(self.clean["meshes"]) - 1, n_vertices, n_triangles

    def primitive(self, primitive: Object, mode: int) -> tuple[Object, int, int]:
        _check_compression(part(primitive, "extensions"))
        attributes = part(primitive, "attributes")
        clean: Object = {
            "mode": mode,
            "attributes": {"POSITION": self.accessor(attributes, "POSITION", ("VEC3",), FLOAT)},
        }
        n_vertices = n_corners = self.rows(clean["attributes"]["POSITION"])
        for name, key, kinds, types in (
            ("NORMAL", "_NORMAL", ("VEC3",), FLOAT),
            (f"TEXCOORD_{self.uv_set(primitive)}", "_UV", ("VEC2",), PARTS),
            ("COLOR_0", "_COLOR", ("VEC3", "VEC4"), PARTS),
            ("JOINTS_0", "_JOINTS", ("VEC4",), (5121, 5123)),
            ("WEIGHTS_0", "_WEIGHTS", ("VEC4",), PARTS),
        ):
            if name in attributes:
                clean["attributes"][key] = self.accessor(attributes, name, kinds, types)
                if self.rows(clean["attributes"][key]) != n_vertices:
                    raise AssetError(f"{name} has another number of rows than its {n_vertices} vertices: {AGAIN}")
        if "indices" in primitive:
            clean["indices"] = self.accessor(primitive, "indices", ("SCALAR",), WHOLE)
            n_corners = self.rows(clean["indices"])
        if n_corners < 3 or (mode == TRIANGLES and n_corners % 3):
            raise AssetError(f"a mesh has {n_corners} corners, which are no triangles: {AGAIN}")
        return clean, n_vertices, n_corners - 2 if mode == STRIP else n_corners // 3

    def uv_set(self, primitive: Object) -> int:
        """Which of the primitive's texture coordinates its picture is laid out by."""
        if "material" not in primitive:
            return 0
        material = pick(entries(self.source, "materials"), primitive["material"], "material")
        texture = base_texture(material)
        return whole({**texture, **part(texture, "extensions", "KHR_texture_transform")}, "texCoord", 0)

    def rows(self, accessor: int) -> int:
        return self.clean["accessors"][accessor]["count"]

    def accessor(self, thing: Object, key: str, kinds: tuple[str, ...], types: tuple[int, ...]) -> int:
        n = whole(thing, key)
        entry = pick(entries(self.source, "accessors"), n, "accessor")
        view, clean = _accessor(entry, self.source, self.views, kinds, types)
        if n not in self.accessors:
            self.reading.spend(view["byteLength"], f"accessor {n}")
            self.accessors[n] = len(self.clean["accessors"])
            self.clean["accessors"].append({**clean, "bufferView": len(self.clean["bufferViews"])})
            self.clean["bufferViews"].append(view)
        return self.accessors[n]


def base_texture(material: Object) -> Object:
    """What a material says of its base colour's texture; empty if it has none."""
    shiny = part(material, "extensions", "KHR_materials_pbrSpecularGlossiness")
    return part(shiny, "diffuseTexture") or part(material, "pbrMetallicRoughness", "baseColorTexture")


def _node(node: Object) -> Object:
    """A node's transform and children, nothing else."""
    clean: Object = {}
    if "matrix" in node:
        clean["matrix"] = list(numbers(node, "matrix", (0.0,) * 16))
    for key, n in (("translation", 3), ("rotation", 4), ("scale", 3)):
        if key in node:
            clean[key] = list(numbers(node, key, (0.0,) * n))
    children = indices(node, "children")
    return {**clean, "children": children} if children else clean
