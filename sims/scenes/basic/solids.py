"""Closed shapes to build objects from: turned, bent, rounded; every one watertight, its triangles outward."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from sims.scenes.description import Material, Mesh, Model

Points = NDArray[np.float64] | Sequence[Sequence[float]] | Sequence[NDArray[np.float64]]
Part = tuple[Mesh, Material | Sequence[Material]]
"""A shape and its surface; one of several parts comes with as many surfaces."""


def mesh(
    vertices: NDArray[np.floating],
    triangles: NDArray[np.integer],
    part: NDArray[np.integer] | None = None,
    smooth: NDArray[np.bool_] | None = None,
) -> Mesh:
    """A mesh of vertices `[n, 3]` and triangles `[t, 3]`; of one part and smooth unless `[t]` arrays say otherwise."""
    n = len(triangles)
    return Mesh(
        vertices.astype(np.float32),
        triangles.astype(np.int32),
        np.zeros(n, np.int32) if part is None else part.astype(np.int32),
        np.ones(n, np.bool_) if smooth is None else smooth,
    )


def curve(points: Points, n: int = 48) -> NDArray[np.float64]:
    """`[n, k]` points along a smooth curve through `points` `[m, k]` that does not overshoot."""
    given = np.asarray(points, np.float64)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(given, axis=0), axis=1))])
    smooth = np.asarray(PchipInterpolator(along, given)(np.linspace(0.0, along[-1], n)), np.float64)
    smooth[[0, -1]] = given[[0, -1]]  # exactly, whatever the rounding
    return smooth


def revolve(profile: Points, n: int = 96) -> Mesh:
    """A turned body: its profile `[m, 2]` of (radius, z), in metres, from the axis at the bottom, outside upwards, to
    the axis again (at the top, or at the bottom of a hollow).

    Raises:
        ValueError: the profile does not begin and end on the axis, or meets it in between.
    """
    r, z = np.asarray(profile, np.float64).T
    if r[0] != 0.0 or r[-1] != 0.0:
        raise ValueError(
            f"a turned profile must begin and end on the axis (radius 0), got {r[0]:g} and {r[-1]:g}: add points "
            "on the axis, or make a ring of it (turned_ring)"
        )
    return _capped(_rings(r[1:-1], z[1:-1], n), np.array([[0.0, 0.0, z[0]], [0.0, 0.0, z[-1]]]))


def turned_ring(outline: Points, n: int = 96) -> Mesh:
    """A turned body with a hole: its outline `[m, 2]` of (radius, z), in metres, counter-clockwise and not closed.

    Raises:
        ValueError: the outline meets the axis.
    """
    r, z = np.asarray(outline, np.float64).T
    return _looped(_rings(r, z, n))


def torus(radius: float, thickness: float, n: int = 96, around: int = 16) -> Mesh:
    """A round ring about the z axis: `radius` of its middle line, `thickness` the radius of its section, in metres."""
    return turned_ring(oval(thickness, thickness, around) + np.array([radius, 0.0]), n)


def tube(
    path: Points,
    radius: float | Sequence[float] | NDArray[np.float64],
    n: int = 20,
    *,
    loop: bool = False,
    section: Points | None = None,
) -> Mesh:
    """A pipe along `path` `[m, 3]` of `radius` metres, one or `[m]`.

    Args:
        n: how many points are around it. loop: its end is joined to its beginning.
        section: its outline `[n, 2]` for the radius 1, counter-clockwise, in place of a circle; its first axis is that
            of x, y and z which is most across the beginning of the path.
    """
    points = np.asarray(path, np.float64)
    radii = np.broadcast_to(np.asarray(radius, np.float64), len(points))
    side, other = _frames(points, loop=loop)
    outline = oval(1.0, 1.0, n) if section is None else np.asarray(section, np.float64)
    ring = side[:, None] * outline[:, :1] + other[:, None] * outline[:, 1:]
    rings = points[:, None] + radii[:, None, None] * ring
    return _looped(rings) if loop else _capped(rings, points[[0, -1]])


def oval(a: float, b: float, n: int = 20) -> NDArray[np.float64]:
    """`[n, 2]` an ellipse with these half-axes, counter-clockwise."""
    turn = np.linspace(0.0, 2.0 * np.pi, n, endpoint=False)
    return np.stack([a * np.cos(turn), b * np.sin(turn)], -1)


def extrude(outline: Points, depth: float) -> Mesh:
    """An outline `[n, 2]` of (x, z), counter-clockwise as seen from the front (-y), as a body `depth` metres deep.

    Raises:
        ValueError: the middle of the outline does not see all of its sides, or it is clockwise.
    """
    rim, middle = np.asarray(outline, np.float64), np.mean(outline, 0)
    (a, b), (c, d) = (rim - middle).T, (np.roll(rim, -1, 0) - middle).T
    if (a * d - b * c).min() <= 0.0:
        raise ValueError(
            "an outline must be counter-clockwise and its middle see each side, got one that is not so: turn it round, "
            "or make it of several"
        )
    rings = np.stack([np.stack([rim[:, 0], np.full(len(rim), y), rim[:, 1]], -1) for y in (depth / 2, -depth / 2)])
    body = _capped(rings, np.array([[middle[0], y, middle[1]] for y in (depth / 2, -depth / 2)]))
    return body._replace(smooth=np.abs(_normals(body.vertices, body.triangles)[:, 1]) < 0.5)


def sphere(radius: float = 1.0, cuts: int = 4) -> Mesh:
    """A ball around the origin: an icosahedron whose edges are cut into 2 to the power of `cuts`."""
    points, faces, _ = geodesic(2**cuts)
    return mesh(radius * points, faces)


@cache
def geodesic(n: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """An icosahedron with edges in `n` pieces, blown up to the unit ball.

    Returns:
        Its points `[point, 3]`, its triangles `[20 n^2, 3]`, and the shares `[point, 3]` that the corners of its face
        have in each point, the largest first: (1, 0, 0) is a corner, (1/2, 1/2, 0) the middle of an edge.
    """
    corners, faces = _icosahedron()
    i, j = (x.ravel() for x in np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"))
    inside = i + j <= n
    place = np.where(inside, np.cumsum(inside) - 1, -1).reshape(n + 1, n + 1)
    a, b, c, d = place[:-1, :-1], place[1:, :-1], place[:-1, 1:], place[1:, 1:]
    grid = np.concatenate([np.stack(x, -1).reshape(-1, 3) for x in ((a, b, c), (b, d, c))])
    grid = grid[(grid >= 0).all(1)]
    shares = np.stack([n - i - j, i, j], -1)[inside] / n
    flat = (shares @ corners[faces]).reshape(-1, 3)
    triangles = (np.arange(len(faces))[:, None, None] * len(shares) + grid).reshape(-1, 3)
    _, first, where = np.unique(np.round(flat, 9) + 0.0, axis=0, return_index=True, return_inverse=True)
    points = flat[first] / np.linalg.norm(flat[first], axis=1, keepdims=True)
    ordered = -np.sort(-np.tile(shares, (len(faces), 1)), 1)[first]
    return points, where.reshape(-1)[triangles], ordered


def superellipsoid(size: Sequence[float], power: float = 4.0, cuts: int = 4) -> Mesh:
    """A swollen body around the origin, `size` (x, y, z) in metres: |x|^p + |y|^p + |z|^p = 1; 2 is an ellipsoid."""
    points, faces, _ = geodesic(2**cuts)
    reach = (np.abs(points) ** power).sum(1, keepdims=True) ** (-1.0 / power)
    return mesh(points * reach * np.asarray(size, np.float64) / 2.0, faces)


def box(size: Sequence[float], bevel: float = 0.0, segments: int = 4) -> Mesh:
    """A box around the origin, `size` (x, y, z) in metres, its edges rounded with the radius `bevel`."""
    half = np.asarray(size, np.float64) / 2.0
    radius = min(bevel, 0.98 * float(half.min()))
    turn = np.linspace(1e-6, np.pi / 4, segments + 1) if bevel else np.array([np.pi / 4])  # not 0: it has a sign
    cube, faces = _cube(np.tan(np.concatenate([-turn[::-1], turn])))
    points = np.sign(cube) * (half - radius) + radius * cube / np.linalg.norm(cube, axis=1, keepdims=True)
    # the sides are flat: shaded as smooth they would take on the roundness of the edges
    return mesh(points, faces, smooth=np.abs(_normals(points, faces)).max(1) < 0.9999)


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


def bent(
    shape: Mesh, rule: Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], Sequence[NDArray]]
) -> Mesh:
    """A shape whose points are put where `rule` says, which takes and gives x, y and z, each `[vertex]`."""
    x, y, z = shape.vertices.astype(np.float64).T
    return shape._replace(vertices=np.stack([*rule(x, y, z)], -1).astype(np.float32))


def joined(parts: Sequence[Part]) -> tuple[Mesh, tuple[Material, ...]]:
    """Shapes as one mesh and the surfaces that its parts have, each surface once."""
    surfaces: dict[Material, int] = {}
    own: list[NDArray[np.int64]] = []
    for shape, given in parts:
        paints = (given,) if isinstance(given, Material) else tuple(given)
        own.append(np.array([surfaces.setdefault(paint, len(surfaces)) for paint in paints])[shape.part])
    shapes = [shape for shape, _ in parts]
    starts = np.cumsum([0, *(len(shape.vertices) for shape in shapes)])
    whole = mesh(
        np.concatenate([shape.vertices for shape in shapes]),
        np.concatenate([shape.triangles + start for shape, start in zip(shapes, starts, strict=False)]),
        np.concatenate(own),
        np.concatenate([shape.smooth for shape in shapes]),
    )
    return whole, tuple(surfaces)


def normalised(shape: Mesh) -> Mesh:
    """The shape with its longest side 1 m, standing on z = 0, its middle above the origin."""
    points = shape.vertices.astype(np.float64)
    low, high = points.min(0), points.max(0)
    points = (points - [*(low[:2] + high[:2]) / 2.0, low[2]]) / (high - low).max()
    return shape._replace(vertices=points.astype(np.float32))


def assembled(name: str, parts: Sequence[Part], noun: str, imagenet: tuple[int, ...] = ()) -> Model:
    """One normalised model of shapes and their surfaces."""
    whole, surfaces = joined(parts)
    return Model(name, normalised(whole), surfaces, noun, imagenet)


def _rings(r: NDArray[np.float64], z: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """`[m, n, 3]` circles of these radii and heights."""
    if r.min() <= 0.0:
        raise ValueError(f"a turned body has radii above 0 off its ends, got {r.min():g}: mend the profile")
    turn = oval(1.0, 1.0, n)
    return np.concatenate([r[:, None, None] * turn, np.broadcast_to(z[:, None, None], (len(r), n, 1))], -1)


def _capped(rings: NDArray[np.float64], ends: NDArray[np.float64]) -> Mesh:
    """A body of rings `[m, n, 3]`, closed towards its two `ends` `[2, 3]`."""
    m, n = rings.shape[:2]
    at = np.arange(m * n).reshape(m, n)
    begin, end = np.full(n, m * n), np.full(n, m * n + 1)
    caps = [np.stack([begin, np.roll(at[0], -1), at[0]], -1), np.stack([end, at[-1], np.roll(at[-1], -1)], -1)]
    return mesh(np.concatenate([rings.reshape(-1, 3), ends]), np.concatenate([_strips(at), *caps]))


def _looped(rings: NDArray[np.float64]) -> Mesh:
    """A body of rings `[m, n, 3]`, the last joined to the first."""
    at = np.arange(rings[..., 0].size).reshape(rings.shape[:2])
    return mesh(rings.reshape(-1, 3), _strips(np.concatenate([at, at[:1]])))


def _strips(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles between rings of points `[row, around]`, outward where rows go up and points counter-clockwise."""
    a, b, a2, b2 = at[:-1], at[1:], np.roll(at[:-1], -1, 1), np.roll(at[1:], -1, 1)
    return np.concatenate([np.stack([a, a2, b2], -1).reshape(-1, 3), np.stack([a, b2, b], -1).reshape(-1, 3)])


def _normals(points: NDArray[np.floating], triangles: NDArray[np.integer]) -> NDArray[np.float64]:
    """`[triangle, 3]` unit vectors outward."""
    a, b, c = np.moveaxis(points.astype(np.float64)[triangles], 1, 0)
    across = np.cross(b - a, c - a)
    return across / np.linalg.norm(across, axis=1, keepdims=True)


def _icosahedron() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Its corners `[12, 3]`, edges of length 2, and its faces `[20, 3]`."""
    g = (1.0 + 5.0**0.5) / 2.0
    corners = np.array([np.roll([0.0, a, b], k) for k in range(3) for a in (-1.0, 1.0) for b in (-g, g)])
    near = np.linalg.norm(corners[:, None] - corners, axis=-1) < 2.1
    faces = np.array([f for f in combinations(range(12), 3) if near[np.ix_(f, f)].all()])
    outward = np.linalg.det(corners[faces]) > 0.0
    return corners, np.where(outward[:, None], faces, faces[:, ::-1])


def _frames(points: NDArray[np.float64], *, loop: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors across a path at each of its points, turning as little as they can."""
    ahead = np.roll(points, -1, 0) - np.roll(points, 1, 0) if loop else np.gradient(points, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    side, last = np.empty_like(points), np.eye(3)[np.abs(ahead[0]).argmin()]
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
    return unique.astype(np.float64), where.reshape(-1)[np.concatenate(faces)]
