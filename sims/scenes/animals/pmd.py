"""PMD, the meshes of 0 A.D.: vertices with normals, texture coordinates and the bones that they hang on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.binary import Records
from sims.scenes.packs.untrusted import AssetError

MOST = 1_000_000
"""Vertices, triangles, bones and prop points that a file may have at most; real ones have thousands."""
NO_BONE = 255
BONE = np.dtype([("place", "<f4", 3), ("turn", "<f4", 4)])
"""Where a bone is: metres of the game's own, y up, and a quaternion (x, y, z, w); in the frame of the whole mesh."""


class Props(NamedTuple):
    """A place on a mesh where another one may hang (horns, a mane).

    Attributes:
        name: what actors call it. bone: it moves with, NO_BONE if none (then it hangs on the mesh).
        place: `[3]`, turn: `[4]`, in the frame of that bone.
    """

    name: str
    bone: int
    place: NDArray[np.float64]
    turn: NDArray[np.float64]


class Skinned(NamedTuple):
    """A mesh as its file has it: y up, right-handed or not as the artist had it; bound, not posed.

    Attributes:
        vertices, normals: `[vertex, 3]` float64. uv: `[set, vertex, 2]` float64, v = 0 at the bottom of the picture.
        bones: `[vertex, 4]` int64, NO_BONE where there is none. weights: `[vertex, 4]` float64.
        triangles: `[triangle, 3]` int64. rest: `[bone]` of type BONE. props: by their order.
    """

    vertices: NDArray[np.float64]
    normals: NDArray[np.float64]
    uv: NDArray[np.float64]
    bones: NDArray[np.int64]
    weights: NDArray[np.float64]
    triangles: NDArray[np.int64]
    rest: NDArray
    props: tuple[Props, ...]


def read_pmd(data: bytes, name: str = "the mesh") -> Skinned:
    """A PMD file of version 3 or 4.

    Raises:
        AssetError: another kind of file or version; one that is truncated, or has bytes left over; counts beyond MOST;
            a triangle or a bone that is not there; values that are not finite.
    """
    file = Records(data, name)
    version = file.begin("PSMD", (3, 4))
    n = file.number("vertices", MOST)
    n_sets = file.number("sets of texture coordinates", 8) if version >= 4 else 1
    kind = [("at", "<f4", 3), ("normal", "<f4", 3), ("uv", "<f4", (n_sets, 2)), ("bone", "u1", 4), ("weight", "<f4", 4)]
    vertex = file.rows(n, kind, "vertices")
    triangles = file.rows(file.number("triangles", MOST), ("<u2", 3), "triangles").reshape(-1, 3).astype(np.int64)
    rest = file.rows(file.number("bones", NO_BONE), BONE, "bones")
    props = tuple(_prop(file) for _ in range(file.number("prop points", MOST)))
    if file.at != len(data):
        raise AssetError(f"{name} has {len(data) - file.at} bytes left over at its end: it is damaged; fetch it again")
    mesh = Skinned(
        vertex["at"].astype(np.float64),
        vertex["normal"].astype(np.float64),
        np.moveaxis(vertex["uv"], 1, 0).astype(np.float64),
        vertex["bone"].astype(np.int64),
        vertex["weight"].astype(np.float64),
        triangles,
        rest,
        props,
    )
    _check(mesh, name)
    return mesh


def _prop(file: Records) -> Props:
    name = file.text(file.number("letters of a prop point's name", 1024), "prop points")
    where = file.rows(1, BONE, "prop points")[0]
    bone = int(file.rows(1, "u1", "prop points")[0])
    return Props(name, bone, where["place"].astype(np.float64), where["turn"].astype(np.float64))


def _check(mesh: Skinned, name: str) -> None:
    n, n_bones = len(mesh.vertices), len(mesh.rest)
    if not len(mesh.triangles) or mesh.triangles.max() >= n:
        most = mesh.triangles.max() if len(mesh.triangles) else "none"
        raise AssetError(f"{name} has triangles with vertex {most} of {n}: it is damaged; fetch it again")
    bad = (mesh.bones != NO_BONE) & (mesh.bones >= n_bones) & (mesh.weights != 0.0)
    if n_bones and bad.any():
        raise AssetError(f"{name} has a vertex on bone {mesh.bones[bad].max()} of {n_bones}: it is damaged")
    values = (mesh.vertices, mesh.normals, mesh.uv, mesh.weights, mesh.rest["place"], mesh.rest["turn"])
    if not all(np.isfinite(array).all() for array in values):
        raise AssetError(f"{name} has values that are NaN or infinite, expected finite ones: it is damaged")
