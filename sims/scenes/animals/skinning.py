"""Meshes in a pose: bones of an animation's frame carry the vertices, and what hangs on a mesh is carried along."""

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.pmd import NO_BONE, Props, Skinned
from sims.scenes.animals.psa import Motion
from sims.scenes.packs.untrusted import AssetError


def matrices(place: NDArray, turn: NDArray) -> NDArray[np.float64]:
    """`[..., 4, 4]` of places `[..., 3]` and quaternions `[..., 4]` (x, y, z, w), normalised here; 0 is no turn."""
    q = np.asarray(turn, np.float64)
    length = np.linalg.norm(q, axis=-1, keepdims=True)
    q = np.where(length > 1e-12, q / np.maximum(length, 1e-12), [0.0, 0.0, 0.0, 1.0])
    x, y, z, w = np.moveaxis(q, -1, 0)
    out = np.zeros((*q.shape[:-1], 4, 4))
    out[..., 0, :3] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)], -1)
    out[..., 1, :3] = np.stack([2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)], -1)
    out[..., 2, :3] = np.stack([2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)], -1)
    out[..., :3, 3], out[..., 3, 3] = place, 1.0
    return out


def frame_of(motion: Motion, phase: float) -> NDArray:
    """`[bone]` of type BONE: the frame at a share of the animation, 0 the first and 1 the last."""
    return motion.bones[round(phase * (len(motion.bones) - 1))]


def posed(mesh: Skinned, frame: NDArray | None, name: str = "the mesh") -> NDArray[np.float64]:
    """`[vertex, 3]` where the vertices are with the bones of a frame; as the file has them where `frame` is None.

    Raises:
        AssetError: the frame is of another skeleton.
    """
    if frame is None or not len(mesh.rest):
        return mesh.vertices
    if len(frame) != len(mesh.rest):
        raise AssetError(
            f"{name} has {len(mesh.rest)} bones and its animation {len(frame)}: they don't belong together"
        )
    moves = matrices(frame["place"], frame["turn"]) @ np.linalg.inv(matrices(mesh.rest["place"], mesh.rest["turn"]))
    there = (mesh.bones != NO_BONE) & (mesh.bones < len(moves))
    weights = np.where(there, mesh.weights, 0.0)
    total = weights.sum(1, keepdims=True)
    still = total[:, 0] <= 0.0
    weights = weights / np.where(total > 0.0, total, 1.0)
    whole = np.concatenate([mesh.vertices, np.ones((len(mesh.vertices), 1))], 1)
    carried = np.einsum("vkij,vj->vki", moves[np.where(there, mesh.bones, 0)], whole)[..., :3]
    out = np.einsum("vk,vki->vi", weights, carried)
    out[still] = mesh.vertices[still]
    return out


def hung(mesh: Skinned, point: Props, frame: NDArray | None) -> NDArray[np.float64]:
    """`[4, 4]` from what hangs on a point to the frame of the mesh in its pose."""
    own = matrices(point.place, point.turn)
    if point.bone == NO_BONE or point.bone >= len(mesh.rest):
        return own
    bone = (mesh.rest if frame is None else frame)[point.bone]
    return matrices(bone["place"], bone["turn"]) @ own
