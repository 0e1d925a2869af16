"""Animals of the cache as models: a coat and a pose of a GLB, made round."""

import numpy as np

from sims.scenes.animals.coats import FUR_M
from sims.scenes.animals.glb import GlbScenes, Part
from sims.scenes.animals.smoothing import Surface, rounder, welded
from sims.scenes.animals.species import Species
from sims.scenes.description import Material, Mesh, Model

ENOUGH = 6_000
"""Triangles from which a mesh is round enough."""

MOST_LEVELS = 2
LIFT = 0.3
"""How high above the ground what flies or swims hangs, as a share of its longest side."""


def model_of(species: Species, scenes: GlbScenes, scene: str) -> Model:
    """A scene of a species' file as a model: front -y, up +z, longest side 1 m, with its real size beside it.

    Raises:
        AssetError: there is no such scene, or the file is damaged.
    """
    parts = scenes.parts(scene)
    surfaces = [_smooth(part) for part in parts]
    vertices = np.concatenate([surface.vertices for surface in surfaces])
    starts = np.cumsum([0, *(len(surface.vertices) for surface in surfaces[:-1])])
    triangles = np.concatenate([s.triangles + start for s, start in zip(surfaces, starts, strict=True)])
    low, high = vertices.min(0), vertices.max(0)
    size = float((high - low).max())
    vertices = (vertices - [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]]) / size
    mesh = Mesh(
        vertices.astype(np.float32),
        triangles.astype(np.int32),
        np.repeat(np.arange(len(parts)), [len(surface.triangles) for surface in surfaces]).astype(np.int32),
        np.ones(len(triangles), np.bool_),
        np.concatenate([surface.uv for surface in surfaces]).astype(np.float32),
    )
    names = dict.fromkeys(part.picture for part in parts)
    images = tuple((name, scenes.picture(name)) for name in names)
    materials = tuple(Material((1.0, 1.0, 1.0), "image", roughness=0.75, image=part.picture) for part in parts)
    lift = LIFT if species.floats else 0.0
    fur = FUR_M.get(species.name, 0.0)
    return Model(species.name, mesh, materials, species.noun, species.imagenet, images, size, lift, fur)


def _smooth(part: Part) -> Surface:
    """A part in our frame (x, -z, y of glTF's), welded and round."""
    x, y, z = part.vertices.T
    surface = Surface(
        np.stack([x, -z, y], 1).astype(np.float64),
        part.triangles.astype(np.int64),
        part.uv[part.triangles].astype(np.float64),
    )
    surface = welded(surface, 1e-5 * float(np.ptp(part.vertices, axis=0).max()))
    for _ in range(MOST_LEVELS):
        if len(surface.triangles) < ENOUGH:
            surface = rounder(surface)
    return surface
