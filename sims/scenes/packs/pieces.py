"""Meshes of any origin put together as one model: one frame, one size, shading and texture coordinates kept."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import Material, Mesh, Model
from sims.scenes.packs.untrusted import AssetError

AXES = {f"{sign}{axis}": np.eye(3)[k] * float(f"{sign}1") for k, axis in enumerate("xyz") for sign in "+-"}
SMOOTH = float(np.cos(np.deg2rad(2.0)))
"""A corner whose normal is further from its face's than 2 degrees makes the face part of a curved surface."""
FARTHEST = 1e5
"""The largest texture coordinate: float32 can't tell texels apart beyond it."""


class Piece(NamedTuple):
    """A mesh with one surface, in its file's own frame and unit.

    Attributes:
        vertices: `[vertex, 3]` float64. triangles: `[triangle, 3]` int64, counter-clockwise as seen from outside.
        material: which of the shape's materials it has.
        normals: `[vertex, 3]` float64, of any length, 0 or NaN where there is none; None: none.
        uv: `[triangle, 3, 2]` float64, v = 0 at the bottom of the picture; None: none.
        smooth: `[triangle]` bool, faces that are curved whatever their normals are; None: none.
    """

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
    material: int
    normals: NDArray[np.float64] | None = None
    uv: NDArray[np.float64] | None = None
    smooth: NDArray[np.bool_] | None = None


class Shape(NamedTuple):
    """What a file shows: its pieces, their materials, and the pictures that these name."""

    pieces: list[Piece]
    materials: list[Material]
    images: dict[str, NDArray[np.uint8]]


def model(shape: Shape, name: str, noun: str, imagenet: tuple[int, ...], front: str, up: str) -> Model:
    """A shape as a model: turned to front -y and up +z, its longest side 1 m, standing on z = 0 around the z axis.

    Args:
        front, up: the directions in the file's own frame (`+x`, `-x`, `+y` ...), across one another.

    Raises:
        AssetError: no triangles, vertices that are not finite, an index out of range, or no extent.
    """
    for piece in shape.pieces:
        _check(piece)
    whole, turn = _joined(shape.pieces), turned(front, up)
    with np.errstate(all="ignore"):  # what overflows is found by the check of the extent
        normals = _unit(whole.normals @ turn.T)
        rough = _normalised(whole.vertices @ turn.T, whole.triangles)
        keep = _faces(rough, whole.triangles)[1] > 0.0
        if not keep.any():
            raise AssetError("none of its triangles has an area, expected a mesh with a surface: mend the mesh")
        vertices, triangles = _normalised(rough, whole.triangles[keep]), whole.triangles[keep]
        smooth = whole.smooth[keep] | _curved(_faces(vertices, triangles)[0], normals[triangles])
    vertices, triangles = _welded(vertices, normals, triangles)
    used, part = np.unique(whole.material[keep], return_inverse=True)
    materials = tuple(shape.materials[n] for n in used)
    shown = {material.image for material in materials}
    images = tuple((name, picture) for name, picture in shape.images.items() if name in shown)
    uv = whole.uv[keep].astype(np.float32) if images else None
    mesh = Mesh(vertices, triangles, part.reshape(-1).astype(np.int32), smooth, uv)
    return Model(name, mesh, materials, noun, imagenet, images)


def turned(front: str, up: str) -> NDArray[np.float64]:
    """`[3, 3]` the rotation of a frame with these directions to ours (front -y, up +z).

    Raises:
        AssetError: an unknown direction, or two along one line.
    """
    if front not in AXES or up not in AXES or front[1] == up[1]:
        raise AssetError(
            f"front is {front!r} and up is {up!r}, expected two of {', '.join(AXES)} across one another, "
            "as front = '+z' and up = '+y'"
        )
    back, above = -AXES[front], AXES[up]
    return np.stack([np.cross(back, above), back, above])


def _check(piece: Piece) -> None:
    """Indices within the vertices, and every vertex that a triangle has finite, as its texture coordinates are."""
    n = len(piece.vertices)
    if piece.triangles.size and not 0 <= piece.triangles.min() <= piece.triangles.max() < n:
        least, most = piece.triangles.min(), piece.triangles.max()
        raise AssetError(f"its triangles have vertices {least} to {most}, expected 0 to {n - 1}: export it again")
    if not np.isfinite(piece.vertices[piece.triangles]).all():
        raise AssetError("a vertex is NaN or infinite, expected finite coordinates: mend the mesh and export it again")
    if piece.uv is not None and not (np.abs(piece.uv) <= FARTHEST).all():
        raise AssetError(
            f"a texture coordinate is NaN or beyond {FARTHEST:.0f}, expected some from 0 to 1: unwrap the mesh again"
        )


class _Whole(NamedTuple):
    """All pieces as one; as in `Piece`, but `material` is `[triangle]`, and nothing is left out."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
    material: NDArray[np.int64]
    normals: NDArray[np.float64]
    uv: NDArray[np.float64]
    smooth: NDArray[np.bool_]


def _joined(pieces: list[Piece]) -> _Whole:
    if not any(len(piece.triangles) for piece in pieces):
        raise AssetError("it shows no triangles, expected a mesh with a surface: export the mesh with the scene")
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces[:-1])])
    counts = [len(piece.triangles) for piece in pieces]
    return _Whole(
        np.concatenate([piece.vertices for piece in pieces]),
        np.concatenate([piece.triangles + start for piece, start in zip(pieces, starts, strict=True)]),
        np.repeat([piece.material for piece in pieces], counts),
        np.concatenate([np.zeros_like(p.vertices) if p.normals is None else p.normals for p in pieces]),
        np.concatenate([np.zeros((n, 3, 2)) if p.uv is None else p.uv for p, n in zip(pieces, counts, strict=True)]),
        np.concatenate(
            [np.zeros(n, bool) if p.smooth is None else p.smooth for p, n in zip(pieces, counts, strict=True)]
        ),
    )


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors, 0 where there is no direction."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(np.isfinite(length) & (length > 0.0), vectors / length, 0.0)


def _curved(faces: NDArray[np.float64], normals: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which triangles have a corner whose normal is not their own, either side up."""
    aligned = np.abs(np.einsum("tcd,td->tc", normals, faces))
    return ((aligned < SMOOTH) & normals.any(2)).any(1)


def _normalised(vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.float64]:
    """The vertices at their size and place; those of no triangle count for nothing."""
    seen = np.zeros(len(vertices), np.bool_)
    seen[triangles] = True
    low, high = vertices[seen].min(0), vertices[seen].max(0)
    longest = (high - low).max()
    if not (np.isfinite(longest) and longest > 1e-30):
        raise AssetError(
            f"its longest side measures {longest:.3g}, expected a finite extent: scale it and export it again"
        )
    foot = np.array([(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]])
    return np.where(seen[:, None], (vertices - foot) / longest, 0.0)


def _faces(
    vertices: NDArray[np.float64], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The unit normal of every triangle and twice its area, in float32 as it will be drawn."""
    a, b, c = np.moveaxis(vertices.astype(np.float32).astype(np.float64)[triangles], 1, 0)
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    return _unit(normal), area


def _welded(
    vertices: NDArray[np.float64], normals: NDArray[np.float64], triangles: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The vertices that triangles have, each once: exporters split them along the seams of a texture.

    Those of one place but of other normals stay apart, so that hard edges stay hard.
    """
    used, corner = np.unique(triangles, return_inverse=True)
    rows = np.concatenate([vertices[used], np.round(normals[used], 2)], 1).astype(np.float32) + np.float32(0.0)
    _, first, same = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    order = np.argsort(first)  # in the file's order, not by place
    rank[order] = np.arange(len(first))
    welded = vertices[used][first[order]].astype(np.float32)
    return welded, rank[same.reshape(-1)][corner.reshape(triangles.shape)].astype(np.int32)
