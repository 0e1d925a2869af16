"""Grounds and rooms as meshes: flat where objects stand, with relief, blades and pebbles further out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.basic.solids import box, moved, sphere
from sims.scenes.description import Material, Mesh, Model

FLAT = 2.6
"""Radius in metres within which every ground is level, for objects to stand on."""


class Terrain(NamedTuple):
    """The shape of a ground.

    Attributes:
        relief: height in metres of its hills, at most. seed: of the hills. level: the radius within which it is level.
        ridge: height in metres of the mountains far away. shore: the y in metres behind which it sinks under water.
        base: the height in metres of where it is level.
    """

    relief: float
    seed: int
    level: float = FLAT
    ridge: float = 0.0
    shore: float | None = None
    base: float = 0.0


def height_at(terrain: Terrain, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ground's height in metres at places x, y of any shape."""
    r = np.hypot(x, y)
    z = terrain.relief * _hills(x, y, terrain.seed) * _rise(r, terrain.level)
    if terrain.ridge:
        far = np.clip((r - 100.0) / 300.0, 0.0, 1.0)
        crags = 0.55 + 0.3 * _hills(x / 5.0, y / 5.0, terrain.seed + 1) + 0.15 * _hills(x, y, terrain.seed + 2)
        z = z + terrain.ridge * far**1.5 * np.clip(crags, 0.15, None)
    if terrain.shore is not None:
        z = z * np.clip((terrain.shore - y) / 6.0, 0.0, 1.0) - 0.08 * np.clip(y - terrain.shore, 0.0, 60.0)
    return z + terrain.base


def ground(name: str, material: Material, terrain: Terrain, radius: float) -> Model:
    """A round ground: rings that grow with the distance, its relief rising beyond where it is level.

    Args:
        radius: where it ends, in metres. A material with a picture has it once in `material.scale` metres.
    """
    n_around, level = 192, terrain.level
    rings = np.concatenate([[0.0, 0.5 * level], level * (radius / level) ** np.linspace(0.0, 1.0, 72)])
    angles = np.linspace(0.0, 2.0 * np.pi, n_around, endpoint=False)
    x, y = rings[:, None] * np.cos(angles), rings[:, None] * np.sin(angles)
    z = height_at(terrain, x, y)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3).astype(np.float32)
    at = np.arange(len(rings) * n_around).reshape(len(rings), n_around)
    a, b = at[:-1], at[1:]
    c, d = np.roll(b, -1, 1), np.roll(a, -1, 1)
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    triangles = triangles[(triangles >= n_around).sum(1) >= 2]  # the innermost ring is a point
    return _model(name, vertices, triangles, material, smooth=True)


def blades(name: str, material: Material, n: int, height: float, reach: float, seed: int) -> Model:
    """Blades of grass, bent triangles, thinly among the objects' feet and thicker beyond.

    Args:
        n: how many. height: in metres, on average. reach: the radius in metres that they cover.
    """
    rng = np.random.default_rng(seed)
    r = reach * rng.random(n) ** 0.75
    turn, facing = rng.random((2, n)) * 2.0 * np.pi
    tall = height * (0.4 + rng.gamma(4.0, 0.15, n)) * np.clip(0.35 + r / 2.0, 0.0, 1.0)
    foot = np.stack([r * np.cos(turn), r * np.sin(turn), np.zeros(n)], -1)
    across = 0.06 * np.stack([np.cos(facing), np.sin(facing), np.zeros(n)], -1) * tall[:, None]
    lean = rng.normal(0.0, 0.35, (n, 2)) * tall[:, None]
    tip = foot + np.concatenate([lean, tall[:, None]], 1)
    vertices = np.stack([foot - across, foot + across, tip], 1).reshape(-1, 3).astype(np.float32)
    return _model(name, vertices, np.arange(3 * n).reshape(n, 3), material, smooth=False)


def pebbles(name: str, material: Material, n: int, size: float, reach: float, seed: int) -> Model:
    """Stones that lie half in the ground, none where objects stand.

    Args:
        n: how many. size: in metres, of the common ones. reach: the radius in metres that they cover.
    """
    rng = np.random.default_rng(seed)
    r = 1.1 + (reach - 1.1) * rng.random(n)
    turn = rng.random(n) * 2.0 * np.pi
    radius = size * np.exp(rng.normal(0.0, 0.5, n)) * np.clip(r / 4.0, 0.3, 1.5)
    stone = sphere(1.0, 1)
    ball, triangles = stone.vertices.astype(np.float64), stone.triangles.astype(np.int64)
    shapes = ball * (radius[:, None, None] * rng.uniform(0.55, 1.2, (n, 1, 3)))
    shapes *= 1.0 + rng.normal(0.0, 0.08, (n, len(ball), 1))
    shapes += np.stack([r * np.cos(turn), r * np.sin(turn), 0.1 * radius], -1)[:, None]
    every = triangles[None] + len(ball) * np.arange(n)[:, None, None]
    return _model(name, shapes.reshape(-1, 3).astype(np.float32), every.reshape(-1, 3), material, smooth=True)


def room(name: str, material: Material, width: float, height: float, ceiling: Material) -> Model:
    """Four walls and a ceiling around the origin, seen from within.

    Args:
        width: of the square floor, in metres. height: of the walls, in metres.
    """
    w = width / 2.0
    corners = np.array([[x, y, z] for z in (0.0, height) for x, y in ((-w, -w), (w, -w), (w, w), (-w, w))], np.float32)
    walls = [(k, 4 + k, 4 + (k + 1) % 4, (k + 1) % 4) for k in range(4)] + [(4, 7, 6, 5)]
    triangles = np.array([t for a, b, c, d in walls for t in ((a, b, c), (a, c, d))], np.int32)
    part = np.repeat([0, 0, 0, 0, 1], 2).astype(np.int32)
    return Model(name, Mesh(corners, triangles, part, np.zeros(10, np.bool_)), (material, ceiling))


def plinth(width: float, height: float) -> Model:
    """A block for an object to stand on, `width` m wide and deep, around the origin, from 0 to `height` m."""
    block = moved(box((width, width, height), 0.02), (0.0, 0.0, height / 2.0))
    return Model("plinth", block, (Material((0.55, 0.53, 0.5), roughness=0.7),))


def _model(
    name: str, vertices: NDArray[np.float32], triangles: NDArray[np.integer], material: Material, *, smooth: bool
) -> Model:
    n = len(triangles)
    return Model(
        name,
        Mesh(vertices, triangles.astype(np.int32), np.zeros(n, np.int32), np.full(n, smooth)),
        (material,),
    )


def _rise(r: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """0 within `level` metres, then smoothly towards 1 at four times that."""
    t = np.clip((r - level) / (3.0 * level), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _hills(x: NDArray[np.float64], y: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """A sum of waves of many lengths and directions, about -1 to 1."""
    rng = np.random.default_rng(seed)
    total = np.zeros_like(x)
    for length in 3.0 * 1.5 ** np.arange(9):
        way, phase = rng.random(2) * 2.0 * np.pi
        weight = (length / 77.0) ** 0.8
        total += weight * np.sin(2.0 * np.pi / length * (x * np.cos(way) + y * np.sin(way)) + phase)
    return total / 2.0
