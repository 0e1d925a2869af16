"""glTF and GLB files as pieces: geometry and placement by trimesh, after the checks; skins and layout by our own."""

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.scenes.packs.gltf_checks import Checked, checked
from sims.scenes.packs.gltf_json import AGAIN, entries, indices, pick
from sims.scenes.packs.gltf_surfaces import Surfaces, painted
from sims.scenes.packs.pieces import Piece, Shape
from sims.scenes.packs.untrusted import AssetError, Reading

Attributes = dict[str, NDArray[Any]]


def read_gltf(reading: Reading, suffix: str) -> Shape:
    """What a glTF file's scene shows; see `sims.scenes.packs.imported` for what is read and what is not.

    Args:
        suffix: `.glb` or `.gltf`.

    Raises:
        AssetError: anything about it is wrong.
    """
    file = checked(reading.content(), suffix, reading)
    surfaces = Surfaces(file, reading)
    scene = _loaded(file)
    pieces = []
    for node, mesh, primitive, frame in _places(scene):
        pose, name = _frame(scene, frame)
        raw = entries(entries(file.tree, "meshes")[mesh], "primitives")[primitive]
        piece = _piece(scene.geometry[name], surfaces, raw.get("material"))
        given = scene.geometry[name].vertex_attributes
        pieces.append(_placed(piece, _poses(file, scene, node, given, pose)))
    return Shape(pieces, surfaces.materials, surfaces.images)


def _loaded(file: Checked) -> Any:
    """The clean tree as a `trimesh.Scene`."""
    import trimesh

    buffers = {str(n): data for n, data in enumerate(file.buffers)}
    stream = io.BytesIO(json.dumps(file.clean).encode())
    try:
        with np.errstate(all="ignore"):
            return trimesh.load_scene(stream, file_type="gltf", resolver=buffers, process=False)
    except Exception as error:  # the last fence before a library that wasn't made for hostile files
        raise AssetError(f"trimesh can't read it ({type(error).__name__}: {str(error)[:80]}): {AGAIN}") from error


def _places(scene: Any) -> list[tuple[int, int, int, str]]:
    """Node, mesh, primitive and frame of every mesh that is shown, in the file's order: trimesh keeps none."""
    places = []
    for frame in scene.graph.nodes_geometry:
        mesh, primitive = scene.geometry[_frame(scene, frame)[1]].visual.material.name.split("/")
        places.append((int(frame.split("_")[0]), int(mesh), int(primitive), frame))
    return sorted(places)


def _frame(scene: Any, name: str) -> tuple[NDArray[np.float64], str]:
    """The pose of a frame in the scene and the name of its geometry."""
    try:
        with np.errstate(all="ignore"):  # trimesh mends what is nearly rigid, and trips over what is not finite
            pose, geometry = scene.graph[name]
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise AssetError(f"node {name} has a transform that can't be used ({error}): {AGAIN}") from error
    return np.asarray(pose, np.float64), geometry


def _piece(geometry: Any, surfaces: Surfaces, material: Any) -> Piece:
    """One primitive where its own mesh has it."""
    vertices, triangles = np.asarray(geometry.vertices, np.float64), np.asarray(geometry.faces, np.int64)
    if triangles.max() >= len(vertices):
        raise AssetError(f"its triangles have vertex {triangles.max()}, expected at most {len(vertices) - 1}: {AGAIN}")
    given: Attributes = geometry.vertex_attributes
    normals = np.asarray(given["_NORMAL"], np.float64) if "_NORMAL" in given else None
    colours = _fractions(given["_COLOR"])[:, :3] if "_COLOR" in given else None
    paint = colours is not None and not surfaces.pictured(material) and bool((colours != 1.0).any())
    uv = None
    if paint and colours is not None:
        uv = painted(colours[triangles].mean(1))
    elif surfaces.pictured(material):
        if "_UV" not in given:
            raise AssetError("a mesh has a textured material and no texture coordinates: unwrap it and export it again")
        uv = surfaces.laid_out(_fractions(given["_UV"]), material)[triangles]
    return Piece(vertices, triangles, surfaces.number(material, paint), normals, uv)


def _fractions(values: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers that a file may keep as whole ones of 8 or 16 bits."""
    whole = np.issubdtype(values.dtype, np.integer)
    return np.asarray(values, np.float64) / (np.iinfo(values.dtype).max if whole else 1.0)


def _poses(file: Checked, scene: Any, node: int, given: Attributes, pose: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[vertex, 3, 4]`, or `[1, 3, 4]` for all: where the scene has the vertices, a skin's bones as they rest."""
    skin = entries(file.tree, "nodes")[node].get("skin")
    if skin is None or "_JOINTS" not in given or "_WEIGHTS" not in given:
        return pose[None, :3]
    bones = _bones(file, scene, skin)
    joints, weights = np.asarray(given["_JOINTS"], np.int64), _fractions(given["_WEIGHTS"])
    if joints.max() >= len(bones):
        raise AssetError(f"a vertex hangs on bone {joints.max()} of {len(bones)}: {AGAIN}")
    total = weights.sum(1, keepdims=True)
    with np.errstate(all="ignore"):  # vertices that are not finite afterwards are refused
        weights = np.where(total > 0.0, weights / total, [1.0, 0.0, 0.0, 0.0])
        return sum((weights[:, k, None, None] * bones[joints[:, k]] for k in range(4)), np.zeros((1, 3, 4)))


def _bones(file: Checked, scene: Any, index: Any) -> NDArray[np.float64]:
    """`[bone, 3, 4]`: from the mesh as it was bound to the scene as it rests (glTF 2.0, 3.7.3.1)."""
    skin = pick(entries(file.tree, "skins"), index, "skin")
    joints = indices(skin, "joints")
    if not joints or not all(str(joint) in scene.graph.nodes for joint in joints):
        raise AssetError(f"a bone of its skin is not in its scene: {AGAIN}")
    bones = np.stack([_frame(scene, str(joint))[0] for joint in joints])
    if "inverseBindMatrices" in skin:
        bound = file.floats(skin["inverseBindMatrices"], "MAT4").astype(np.float64)
        if len(bound) < len(bones):
            raise AssetError(f"its skin has {len(bones)} bones and {len(bound)} matrices for them: {AGAIN}")
        with np.errstate(all="ignore"):
            bones = bones @ bound[: len(bones)].reshape(-1, 4, 4).transpose(0, 2, 1)  # glTF writes columns first
    return bones[:, :3]


def _placed(piece: Piece, poses: NDArray[np.float64]) -> Piece:
    """The piece in the scene; what a mirror turns inside out is turned back."""
    turn = poses[..., :3]
    with np.errstate(all="ignore"):
        vertices = np.einsum("vij,vj->vi", turn, piece.vertices) + poses[..., 3]
        a, b, c = np.moveaxis(turn, 2, 0)
        cofactors = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], 2)
        mirrored = np.broadcast_to(np.einsum("vi,vi->v", a, cofactors[..., 0]) < 0.0, len(vertices))
        sign = np.where(mirrored, -1.0, 1.0)[:, None]
        normals = None if piece.normals is None else sign * np.einsum("vij,vj->vi", cofactors, piece.normals)
    flip = mirrored[piece.triangles[:, 0]]
    triangles = np.where(flip[:, None], piece.triangles[:, ::-1], piece.triangles)
    uv = None if piece.uv is None else np.where(flip[:, None, None], piece.uv[:, ::-1], piece.uv)
    return piece._replace(vertices=vertices, triangles=triangles, normals=normals, uv=uv)
