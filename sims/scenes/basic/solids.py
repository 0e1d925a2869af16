"""Closed shapes to build objects from: turned, bent, rounded; every one watertight, its triangles outward."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from sims.scenes.description import Material, Mesh, Model

Points = NDArray[np.float64] | Sequence[Sequence[float]] | Sequence[NDArray[np.float64]]
Part = tuple[Mesh, Material]


def mesh(
    vertices: NDArray[np.floating], triangles: NDArray[np.integer], part: NDArray[np.integer] | None = None
) -> Mesh:
    """A mesh of vertices `[n, 3]` and triangles `[t, 3]`, of one part unless `part` `[t]` says otherwise."""
    n = len(triangles)
    return Mesh(
        vertices.astype(np.float32),
        triangles.astype(np.int32),
        np.zeros(n, np.int32) if part is None else part.astype(np.int32),
        np.ones(n, np.bool_),
    )


def curve(points: Points, n: int = 48) -> NDArray[np.float64]:
    """`[n, k]` points along a smooth curve through `points` `[m, k]` that does not overshoot."""
    given = np.asarray(points, np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(given, axis=0), axis=1))])
    smooth = np.asarray(PchipInterpolator(along, given)(np.linspace(0.0, along[-1], n)), np.float64)
    smooth[[0, -1]] = given[[0, -1]]  # exactly, whatever the rounding
    return smooth


def revolve(profile: Points, n: int = 96) -> Mesh:
    """A turned body: its profile `[m, 2]` of (radius, z), in metres, from the axis at the bottom, outside upwards, to the
    axis again (at the top, or at the bottom of a hollow).

    Raises:
        ValueError: the profile does not begin and end on the axis.
    """
    r, z = np.asarray(profile, np.float64).T
    if r[0] != 0.0 or r[-1] != 0.0:
        raise ValueError(f"a turned profile must begin and end on the axis (radius 0), got {r[0]:g} and {r[-1]:g}")
    angles = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    rings = np.stack([r[1:-1, None] * np.cos(angles), r[1:-1, None] * np.sin(angles), z[1:-1, None] + 0.0 * angles], -1)
    vertices = np.concatenate([rings.reshape(-1, 3), [[0.0, 0.0, z[0]], [0.0, 0.0, z[-1]]]])
    at = np.arange(rings.shape[0] * n).reshape(-1, n)
    bottom, top = len(vertices) - 2, len(vertices) - 1
    first, last = at[0], at[-1]
    caps = [
        np.stack([np.full(n, bottom), np.roll(first, -1), first], -1),
        np.stack([np.full(n, top), last, np.roll(last, -1)], -1),
    ]
    return mesh(vertices, np.concatenate([_strips(at, wrap=True), *caps]))


def tube(
    path: Points, radius: float | Sequence[float] | NDArray[np.float64], n: int = 20, *, loop: bool = False
) -> Mesh:
    """A pipe along `path` `[m, 3]` of `radius` metres, one or `[m]`; `loop`: its end is joined to its beginning."""
    points = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), len(points))
    side, other = _frames(points, loop=loop)
    angles = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    ring = side[:, None] * np.cos(angles)[:, None] + other[:, None] * np.sin(angles)[:, None]
    rings = points[:, None] + radii[:, None, None] * ring
    at = np.arange(len(points) * n).reshape(-1, n)
    if loop:
        return mesh(rings.reshape(-1, 3), _strips(np.concatenate([at, at[:1]]), wrap=True))
    vertices = np.concatenate([rings.reshape(-1, 3), points[[0, -1]]])
    begin, end = len(vertices) - 2, len(vertices) - 1
    caps = [
        np.stack([np.full(n, begin), np.roll(at[0], -1), at[0]], -1),
        np.stack([np.full(n, end), at[-1], np.roll(at[-1], -1)], -1),
    ]
    return mesh(vertices, np.concatenate([_strips(at, wrap=True), *caps]))


def sphere(radius: float = 1.0, cuts: int = 4) -> Mesh:
    """A ball around the origin: an icosahedron whose triangles are cut in four `cuts` times."""
    g = (1.0 + 5.0**0.5) / 2.0
    points = np.array(
        [[-1, g, 0], [1, g, 0], [-1, -g, 0], [1, -g, 0], [0, -1, g], [0, 1, g], [0, -1, -g], [0, 1, -g]]
        + [[g, 0, -1], [g, 0, 1], [-g, 0, -1], [-g, 0, 1]]
    )
    faces = np.array(
        [[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6]]
        + [[7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10]]
        + [[8, 6, 7], [9, 8, 1]]
    )
    for _ in range(cuts):
        edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), 1)
        unique, where = np.unique(edges, axis=0, return_inverse=True)
        ab, bc, ca = (len(points) + where.reshape(-1, 3)).T
        a, b, c = faces.T
        quarters = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
        faces = np.stack([np.stack(quarter, -1) for quarter in quarters], 1).reshape(-1, 3)
        points = np.concatenate([points, points[unique].mean(1)])
        points /= np.linalg.norm(points, axis=1, keepdims=True)
    return mesh(radius * points / np.linalg.norm(points, axis=1, keepdims=True), faces)


def box(size: Sequence[float], bevel: float = 0.0, segments: int = 4) -> Mesh:
    """A box around the origin, `size` (x, y, z) in metres, its edges rounded with the radius `bevel`."""
    half = np.asarray(size, np.float64) / 2.0
    radius = min(bevel, float(half.min()))
    steps = np.tan(np.linspace(-np.pi / 4, np.pi / 4, 2 * segments + 1)) if bevel else np.array([-1.0, 1.0])
    cube, faces = _cube(steps)
    outward = cube / np.linalg.norm(cube, axis=1, keepdims=True) if bevel else np.sign(cube)
    return mesh(np.sign(np.where(np.abs(cube) < 1e-9, 0.0, cube)) * (half - radius) + radius * outward, faces)


def moved(
    shape: Mesh,
    by: Sequence[float] = (0.0, 0.0, 0.0),
    *,
    scale: Sequence[float] | float = 1.0,
    turn_deg: Sequence[float] = (0.0, 0.0, 0.0),
) -> Mesh:
    """A shape scaled (factors above 0), turned about x, then y, then z, then moved by metres."""
    points = shape.vertices.astype(np.float64) * np.asarray(scale, np.float64)
    for axis, degrees in enumerate(turn_deg):
        a, b = [(1, 2), (2, 0), (0, 1)][axis]
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        points[:, a], points[:, b] = c * points[:, a] - s * points[:, b], s * points[:, a] + c * points[:, b]
    return shape._replace(vertices=(points + np.asarray(by, np.float64)).astype(np.float32))


def assembled(
    name: str, parts: Sequence[tuple[Mesh, Material | Sequence[Material]]], noun: str, imagenet: tuple[int, ...] = ()
) -> Model:
    """One model of shapes and their surfaces: its longest side 1 m, standing on z = 0, its middle above the origin.

    A shape of several parts comes with as many surfaces.
    """
    surfaces: list[Material] = []
    vertices, triangles, part, smooth, n = [], [], [], [], 0
    for shape, given in parts:
        own = (given,) if isinstance(given, Material) else tuple(given)
        surfaces += [surface for surface in dict.fromkeys(own) if surface not in surfaces]
        part.append(np.array([surfaces.index(surface) for surface in own])[shape.part])
        vertices.append(shape.vertices.astype(np.float64))
        triangles.append(shape.triangles + n)
        smooth.append(shape.smooth)
        n += len(shape.vertices)
    points = np.concatenate(vertices)
    low, high = points.min(0), points.max(0)
    points = (points - [*(low[:2] + high[:2]) / 2.0, low[2]]) / (high - low).max()
    whole = Mesh(points.astype(np.float32), np.concatenate(triangles), np.concatenate(part), np.concatenate(smooth))
    return Model(name, whole, tuple(surfaces), noun, imagenet)


def _strips(at: NDArray[np.int64], *, wrap: bool) -> NDArray[np.int64]:
    """Triangles between rows of points `[row, around]`, outward where rows go up and points counter-clockwise."""
    a, b = at[:-1], at[1:]
    a2, b2 = np.roll(a, -1, 1), np.roll(b, -1, 1)
    if not wrap:
        a, b, a2, b2 = (x[:, :-1] for x in (a, b, a2, b2))
    return np.concatenate([np.stack([a, a2, b2], -1).reshape(-1, 3), np.stack([a, b2, b], -1).reshape(-1, 3)])


def _frames(points: NDArray[np.float64], *, loop: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors across a path at each of its points, turning as little as they can."""
    ahead = np.roll(points, -1, 0) - np.roll(points, 1, 0) if loop else np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side = np.empty_like(points)
    last = np.eye(3)[np.abs(ahead[0]).argmin()]
    for k, way in enumerate(ahead):
        last = last - way * (last @ way)
        last /= np.linalg.norm(last)
        side[k] = last
    return side, np.cross(ahead, side).astype(np.float64)


def _cube(steps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The surface of the cube from -1 to 1 on a grid, points that two sides share being one."""
    n = len(steps)
    u, v = np.meshgrid(steps, steps, indexing="ij")
    points, faces = [], []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            side = np.empty((n, n, 3))
            side[..., axis], side[..., (axis + 1) % 3], side[..., (axis + 2) % 3] = sign, u, v
            at = np.arange(n * n).reshape(n, n) + len(points) * n * n
            a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
            quads = np.stack([a, b, c, d] if sign > 0 else [a, d, c, b], -1).reshape(-1, 4)
            points.append(side.reshape(-1, 3))
            faces.append(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]))
    unique, where = np.unique(np.round(np.concatenate(points), 9), axis=0, return_inverse=True)
    return unique.astype(np.float64), where.reshape(-1)[np.concatenate(faces)].astype(np.int64)
