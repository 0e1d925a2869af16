"""Fur: strands of hair on a model's hide, combed to the tail and down, none on the face and the feet."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.smoothing import normals_of
from sims.scenes.description import Model

N_STRANDS = 50_000
N_POINTS = 4
"""Of each strand."""

LIES = 0.4
"""How far strands stand off: the share of the hide's normal in their direction; the rest is along the hide."""

COMB = np.array([0.0, 0.85, -0.5])
"""Where strands point along the hide: to the tail (the front is -y) and down."""

FACE, FEET = (0.1, 0.26), (0.08, 0.3)
"""Where fur begins and is whole: distances from the muzzle by the model's longest side; heights by its own height."""


class Strands(NamedTuple):
    """Hair in a model's own frame.

    Attributes:
        points: `[strand, N_POINTS, 3]` float32, the root first. radius: `[strand, N_POINTS]` float32.
        uv: `[strand, 2]` float32, where the hide's picture has the colour of the root.
    """

    points: NDArray[np.float32]
    radius: NDArray[np.float32]
    uv: NDArray[np.float32]


def strands_of(model: Model, n: int = N_STRANDS) -> Strands:
    """The fur of a model, `model.fur_m` metres long in life, on its first surface; the same for the same model.

    Raises:
        ValueError: the model has no fur.
    """
    if model.fur_m <= 0.0:
        raise ValueError(f"{model.name} has no fur (fur_m is {model.fur_m:g}): expected a length above 0")
    mesh, rng = model.mesh, np.random.default_rng(len(model.mesh.vertices))
    hide = mesh.triangles[mesh.part == 0].astype(np.int64)
    uv = None if mesh.uv is None else mesh.uv[mesh.part == 0]
    vertices = mesh.vertices.astype(np.float64)
    grown, normals = _grown(vertices, hide), normals_of(vertices, hide)
    a, b, c = np.moveaxis(vertices[hide], 1, 0)
    weight = np.linalg.norm(np.cross(b - a, c - a), axis=1) * grown[hide].mean(1)
    which = rng.choice(len(hide), n, p=weight / weight.sum())
    share = _barycentric(n, rng)
    root = np.einsum("sk,skd->sd", share, vertices[hide[which]])
    normal = np.einsum("sk,skd->sd", share, normals[hide[which]])
    length = model.fur_m / model.size_m * np.einsum("sk,sk->s", share, grown[hide[which]]) * rng.uniform(0.6, 1.2, n)
    colour = np.zeros((n, 2)) if uv is None else np.einsum("sk,skd->sd", share, uv[which])
    t = np.linspace(0.0, 1.0, N_POINTS)
    points = _bent(root, normal, length, t, rng)
    thick = 0.0015 * (1.15 - t) * np.ones((n, 1))
    return Strands(points.astype(np.float32), thick.astype(np.float32), colour.astype(np.float32))


def _bent(
    root: NDArray[np.float64],
    normal: NDArray[np.float64],
    length: NDArray[np.float64],
    t: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """`[strand, len(t), 3]` strands that leave the hide and bend along it, in locks that go the same way."""
    lock = np.stack([np.sin(root @ way + phase) for way, phase in zip(LOCKS, (0.0, 2.0, 4.0), strict=True)], 1)
    comb = COMB + 0.35 * lock + 0.2 * rng.standard_normal(root.shape)
    along = _unit(comb - np.einsum("sd,sd->s", comb, normal)[:, None] * normal)
    out = _unit(LIES * normal + (1.0 - LIES) * along)
    far = length[:, None, None]
    return root[:, None] + far * (t[:, None] * out[:, None] + 0.35 * t[:, None] ** 2 * (along - normal)[:, None])


LOCKS = np.array([[140.0, 60.0, 90.0], [-70.0, 120.0, 110.0], [90.0, -80.0, 150.0]])
"""Radians a model's length: how fast the locks' directions change along the hide."""


def _grown(vertices: NDArray[np.float64], hide: NDArray[np.int64]) -> NDArray[np.float64]:
    """`[vertex]` how much of the fur's length there is: 0 on the face and the feet, 1 on the body."""
    own = vertices[np.unique(hide)]
    muzzle, tall = own[own[:, 1].argmin()], float(np.ptp(own[:, 2]))
    face = _ramp(np.linalg.norm(vertices - muzzle, axis=1), FACE)
    feet = _ramp((vertices[:, 2] - own[:, 2].min()) / tall, FEET)
    return face * feet


def _ramp(x: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.float64]:
    t = np.clip((x - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0.0, length, 1.0)


def _barycentric(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """`[n, 3]` places in a triangle, everywhere as likely."""
    u, v = np.sqrt(rng.random(n)), rng.random(n)
    return np.stack([1.0 - u, u * (1.0 - v), u * v], 1)
