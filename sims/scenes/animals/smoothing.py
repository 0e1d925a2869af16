"""Coarse meshes made round: every triangle becomes four that bulge as the normals at its corners say."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BULGE = 0.75
"""How far new points go to the surface that the corners' planes suggest (Boubekeur and Alexa 2008, section 4)."""


class Surface(NamedTuple):
    """Triangles whose corners know the picture: `vertices` `[vertex, 3]`, `triangles` `[t, 3]`, `uv` `[t, 3, 2]`."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int64]
    uv: NDArray[np.float64]


def welded(surface: Surface, within: float) -> Surface:
    """Vertices of one place as one: exporters split them along the seams of a texture, and a split mesh would tear.

    Triangles that lose their area go. Args: within: a distance below which two places are the same.
    """
    rounded = np.round(surface.vertices / within).astype(np.int64)
    _, first, same = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    triangles = same.reshape(-1)[surface.triangles]
    a, b, c = triangles.T
    keep = (a != b) & (b != c) & (c != a)
    return Surface(surface.vertices[first], triangles[keep], surface.uv[keep])


def normals_of(vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.float64]:
    """`[vertex, 3]` unit normals, of the triangles around it by their area; 0 where these cancel out (thin sheets)."""
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    faces = np.cross(b - a, c - a)
    total = np.zeros_like(vertices)
    size = np.zeros(len(vertices))
    for k in range(3):
        np.add.at(total, triangles[:, k], faces)
        np.add.at(size, triangles[:, k], np.linalg.norm(faces, axis=1))
    length = np.linalg.norm(total, axis=1)
    sound = length > 0.05 * size
    return np.where(sound[:, None], total / np.where(length > 0.0, length, 1.0)[:, None], 0.0)


def rounder(surface: Surface) -> Surface:
    """Four triangles for each; the old vertices stay where they are, the new ones bulge (Phong tessellation)."""
    vertices, triangles, uv = surface
    normals = normals_of(vertices, triangles)
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, of = np.unique(edges, axis=0, return_inverse=True)
    i, j = unique.T
    middle = 0.5 * (vertices[i] + vertices[j])
    flat = [middle - np.einsum("ed,ed->e", middle - vertices[k], normals[k])[:, None] * normals[k] for k in (i, j)]
    new = (1.0 - BULGE) * middle + BULGE * 0.5 * (flat[0] + flat[1])
    n = len(triangles)
    ab, bc, ca = (len(vertices) + of.reshape(-1)).reshape(3, n)
    a, b, c = triangles.T
    ua, ub, uc = np.moveaxis(uv, 1, 0)
    uab, ubc, uca = 0.5 * (ua + ub), 0.5 * (ub + uc), 0.5 * (uc + ua)
    corners = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    pictures = [(ua, uab, uca), (uab, ub, ubc), (uca, ubc, uc), (uab, ubc, uca)]
    return Surface(
        np.concatenate([vertices, new]),
        np.concatenate([np.stack(t, 1) for t in corners]),
        np.concatenate([np.stack(t, 1) for t in pictures]),
    )


def volume(vertices: NDArray[np.float64], triangles: NDArray[np.int64]) -> float:
    """The signed volume: above 0 where triangles run counter-clockwise as seen from outside."""
    a, b, c = np.moveaxis(vertices[triangles], 1, 0)
    return float(np.einsum("td,td->", a, np.cross(b, c)) / 6.0)
