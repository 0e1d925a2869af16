"""Where plants, stones and furniture stand: seeded, on the ground, at their own sizes, clear of the objects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import Mesh, Model
from sims.scenes.grounds import Terrain, height_at


@dataclass(frozen=True)
class Growth:
    """Many of one kind.

    Args:
        kind: of `flora.KINDS` or `buildings.KINDS`, or the name of one of the basic pack's objects. n: how many.
        near, far: the radii in metres between which they stand; of what has places, `near` is how far from the middle
            it reaches, 0 if it never makes room.
        size: in metres, of the common ones: their height; of stones and carpets their width.
        spread: of the sizes, as the standard deviation of the logarithm.
        at: for what people put there: `(x, y, turn_deg)` of each, in place of chance.
        stands: whether it is furniture, not nature.
        carpet: whether it covers the ground: on a grid, also where objects stand, and never moved aside.
    """

    kind: str
    n: int
    near: float
    far: float
    size: float
    spread: float = 0.2
    at: tuple[tuple[float, float, float], ...] = ()
    stands: bool = False
    carpet: bool = False


TALL = 2.0
"""Metres of an object that no carpet hides."""

CAMERA = 3.1
"""In an object's lengths: farther than cameras go around it by default; nothing stands there for them to be in."""

SHADE_FROM = 3.0
"""Metres of height from which what grows does not stand between the sun and the object."""

CROWN = 0.9
"""The radius of a tree, in its heights, at most: an acacia's."""


def scattered(
    growth: Growth,
    terrain: Terrain,
    seed: int,
    unit: float,
    sun: tuple[float, float] | None = None,
    extent: tuple[float, float] = (1.0, 0.5),
) -> NDArray[np.float64]:
    """`[n, 4, 4]` where the copies of a growth's models (1 m in size) stand.

    Args:
        unit: metres of the object in the middle, for which all but carpets make room; these are low around a small one.
        sun: the direction it shines from (radians about the vertical, from -y to +x) and its height in radians, if the
            object is to stand in its light.
        extent: how high a carpet's models are, and how far they reach from their middle.
    """
    rng = np.random.default_rng(seed)
    if growth.at:
        x, y, turn = np.array(growth.at, np.float64).T
        y = _rows_with_room(y, growth.near, unit)
        size = np.full(len(x), growth.size)
        return _poses(x, y, np.deg2rad(turn), size, size, np.zeros(len(x)), rng, lean=0.0)
    x, y = _carpet(growth, rng) if growth.carpet else _apart(growth, rng)
    size = growth.size * np.exp(growth.spread * rng.standard_normal(len(x)))
    if growth.carpet:
        high, reach = extent
        size, wide = _grazed(size, np.hypot(x, y) - CARPET_M * reach, unit, high), np.full(len(x), CARPET_M)
    else:
        x, y = _with_room(x, y, size, growth.near, unit)
        x, y = (x, y) if sun is None else _sunny(x, y, size, unit, sun, _land_ends(terrain))
        wide = size * np.exp(0.08 * rng.standard_normal(len(x)))
    turn = 2.0 * np.pi * rng.random(len(x))
    where = _poses(x, y, turn, wide, size, height_at(terrain, x, y), rng, lean=0.04)
    return where[y < _land_ends(terrain)]


def _land_ends(terrain: Terrain) -> float:
    """As far along y as things grow."""
    return np.inf if terrain.shore is None else terrain.shore + 2.0


Array = NDArray[np.float64]
Places = tuple[Array, Array]


def _with_room(x: Array, y: Array, size: Array, near: float, unit: float) -> Places:
    """Places moved outwards, all alike and the large ones further, until an object's cameras are clear of them."""
    r, own = np.hypot(x, y), CAMERA * unit
    by = np.maximum(max(1.0, own / max(near, 1e-3)), (own + 0.6 * size) / np.maximum(r, 1e-3))
    return by * x, by * y


def _rows_with_room(y: Array, near: float, unit: float) -> Array:
    """Where things with places stand along y: rows stay rows, and move out to both sides; none does if `near` is 0."""
    return y + np.sign(y) * max(0.0, CAMERA * unit - near) if near else y


TURNS = np.deg2rad(np.arange(10.0, 360.0, 10.0))
"""By which things that shade the object are tried elsewhere around it."""


def _sunny(x: Array, y: Array, size: Array, unit: float, sun: tuple[float, float], ends: float) -> Places:
    """Places; tall things whose shadow would fall on the object go around it, where the others are farthest."""
    x, y = x.copy(), y.copy()
    for k in np.flatnonzero(_shades(x, y, size, unit, sun) & (y < ends)):
        c, s = np.cos(TURNS), np.sin(TURNS)
        tried = np.stack([c * x[k] - s * y[k], s * x[k] + c * y[k]], 1)
        free = ~_shades(tried[:, 0], tried[:, 1], size[k], unit, sun) & (tried[:, 1] < ends)
        others = np.delete(np.stack([x, y], 1), k, axis=0)
        apart = np.linalg.norm(tried[:, None] - others, axis=2).min(1, initial=np.inf)
        x[k], y[k] = tried[int(np.where(free, apart, -1.0).argmax())]
    return x, y


def _shades(x: Array, y: Array, size: Array | float, unit: float, sun: tuple[float, float]) -> NDArray[np.bool_]:
    """Whether the shadows of things of these sizes fall on the object."""
    turn, up = sun
    towards = x * np.sin(turn) - y * np.cos(turn)  # the sun
    aside = np.abs(x * np.cos(turn) + y * np.sin(turn))
    wide = CROWN * size + unit
    return (size >= SHADE_FROM) & (aside < wide) & (towards > 0.0) & (towards < size / np.tan(up) + wide)


CARPET_M = 1.2
"""Metres: the side of a piece of carpet."""

LOW = 0.1
"""How high a carpet is around an object, as a share of the object's length, as far as a camera stands by default."""

GRAZED = (2.5, 6.0)
"""How far it is so, and from where on it has its own height: in the object's lengths."""


def _grazed(size: Array, r: Array, unit: float, high: float) -> Array:
    """The sizes of carpets whose pieces begin at `r` and are `high` by their size: low around `unit` to 2 `unit` metres
    of object.
    """
    if unit >= TALL:
        return size
    near, far = (2.0 * lengths * unit for lengths in GRAZED)
    low = np.minimum(size, LOW * unit / high)
    return low + (size - low) * np.clip((r - near) / (far - near), 0.0, 1.0)


def _carpet(growth: Growth, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A grid of pieces, whole near the middle and thinner further out: `n` of them at most."""
    m = int(growth.far / CARPET_M)
    x, y = np.meshgrid(np.arange(-m, m + 1), np.arange(-m, m + 1))
    x, y = (CARPET_M * a.reshape(-1) + rng.uniform(-0.3, 0.3, a.size) for a in (x, y))
    r = np.hypot(x, y)
    weight = np.where((r >= growth.near) & (r < growth.far), (4.0 / np.maximum(r, 4.0)) ** 1.3, 0.0)
    order = np.argsort(-weight * rng.random(len(r)) ** 0.3)
    keep = order[: min(growth.n, int((weight > 0.0).sum()))]
    return x[keep], y[keep]


def _apart(growth: Growth, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places by chance, denser near the middle; of ten candidates the one farthest from the others (Mitchell)."""
    placed: list[tuple[float, float]] = []
    for _ in range(growth.n):
        r = growth.near + (growth.far - growth.near) * rng.random(10) ** 1.3
        turn = 2.0 * np.pi * rng.random(10)
        spots = np.stack([r * np.cos(turn), r * np.sin(turn)], 1)
        if placed:
            apart = np.linalg.norm(spots[:, None] - np.array(placed)[None], axis=2).min(1) / np.sqrt(r)
            placed.append(tuple(spots[int(apart.argmax())].tolist()))
        else:
            placed.append(tuple(spots[0].tolist()))
    x, y = np.array(placed).reshape(-1, 2).T
    return x, y


def _poses(x, y, turn, wide, tall, z, rng: np.random.Generator, *, lean: float) -> NDArray[np.float64]:
    """Matrices of things that are turned about the vertical, scaled and tilted a little, at x, y, z; all `[n]`."""
    out = np.zeros((len(x), 4, 4))
    c, s = np.cos(turn), np.sin(turn)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 0], out[:, 1, 1] = wide * c, -wide * s, wide * s, wide * c
    out[:, :2, 2] = lean * rng.standard_normal((len(x), 2)) * tall[:, None]
    out[:, 2, 2], out[:, 3, 3] = tall, 1.0
    out[:, :3, 3] = np.stack([x, y, z], 1)
    return out


def merged(name: str, models: Sequence[Model], where: NDArray[np.float64], which: NDArray[np.intp]) -> Model:
    """Copies as one mesh, model `which[k]` at `where[k]`: a renderer finds its way faster than through as many copies
    that overlap. The models have the same materials.
    """
    points, triangles, parts, smooth, start = [], [], [], [], 0
    for n, model in enumerate(models):
        mesh, poses = model.mesh, where[which == n]
        at = np.einsum("kij,vj->kvi", poses[:, :3, :3], mesh.vertices) + poses[:, None, :3, 3]
        first = start + len(mesh.vertices) * np.arange(len(poses))[:, None, None]
        points.append(at.reshape(-1, 3).astype(np.float32))
        triangles.append((mesh.triangles[None] + first).reshape(-1, 3).astype(np.int32))
        parts.append(np.tile(mesh.part, len(poses)))
        smooth.append(np.tile(mesh.smooth, len(poses)))
        start += points[-1].shape[0]
    mesh = Mesh(*(np.concatenate(arrays) for arrays in (points, triangles, parts, smooth)))
    return Model(name, mesh, models[0].materials)


@lru_cache(maxsize=64)
def variants(kind: str, plants: str = "") -> tuple[Model, ...]:
    """The models of a kind, 1 m in size (plants: high; stones and carpets: wide), named for it.

    Args:
        plants: the stamp of the pack `plants`, if its models are used where it has that kind; "": those made here.

    Raises:
        ValueError: there is no such kind.
    """
    return tuple(replace(model, name=f"{kind} {k}") for k, model in enumerate(_made(kind, plants)))


def _made(kind: str, plants: str) -> tuple[Model, ...]:
    from sims.scenes import buildings, flora
    from sims.scenes.basic import OBJECTS, build

    if kind in OBJECTS:
        return (build(kind),)
    if plants:
        from sims.scenes.plants.library import plant_models

        if models := plant_models(kind, plants):
            return models
    kinds = {**flora.KINDS, **buildings.KINDS}
    if kind not in kinds:
        raise ValueError(f"nothing is of the kind {kind!r}: expected one of {', '.join((*kinds, *OBJECTS))}")
    return kinds[kind]()
