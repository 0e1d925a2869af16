"""Plants and stones made here, 1 m in size: grass, shrubs, trees, reeds, rocks; leaves are pairs of triangles."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sims.scenes.basic.solids import joined, mesh, sphere, tube
from sims.scenes.description import Material, Mesh, Model

Points = NDArray[np.float64]
Pieces = list[tuple[Mesh, Material]]

BLADE = Material((0.14, 0.22, 0.04), roughness=0.6, translucent=0.35)
STRAW = replace(BLADE, color=(0.36, 0.25, 0.09), color2=(0.5, 0.4, 0.18), roughness=0.8)
REED = replace(BLADE, color=(0.12, 0.15, 0.04), color2=(0.3, 0.27, 0.1))
LEAF = Material((0.08, 0.145, 0.03), roughness=0.5, translucent=0.4)
OLIVE = replace(LEAF, color=(0.12, 0.13, 0.05), color2=(0.2, 0.19, 0.09))
AUTUMN = replace(LEAF, color=(0.35, 0.12, 0.02), color2=(0.45, 0.25, 0.04))
NEEDLE = replace(LEAF, color=(0.012, 0.04, 0.015), color2=(0.03, 0.07, 0.03), translucent=0.15)
BARK = Material((0.09, 0.06, 0.04), "wood", (0.2, 0.15, 0.11), 6.0, 0.95, bump=0.02)
ROCK = Material((0.22, 0.2, 0.18), "earth", (0.4, 0.38, 0.34), 3.0, 0.9, bump=0.04)
SANDSTONE = replace(ROCK, color=(0.4, 0.25, 0.14), color2=(0.55, 0.38, 0.22))
SNOWY = replace(NEEDLE, color=(0.05, 0.09, 0.06), color2=(0.75, 0.8, 0.86), translucent=0.1)


def put(name: str, pieces: Pieces) -> Model:
    """One model of several meshes, each in its surface; unlike `assembled` it keeps their size and place."""
    return Model(name, *joined(pieces))


def leaves(at: Points, size: Points, rng: np.random.Generator, droop: float = 0.0) -> Mesh:
    """A leaf at each place `[n, 3]`, of lengths `[n]`: two triangles, folded along the middle, facing anywhere."""
    n = len(at)
    along = rng.standard_normal((n, 3)) - np.array([0.0, 0.0, droop])
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along, rng.standard_normal((n, 3)))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(along, side)
    long, wide = size[:, None] * along, 0.3 * size[:, None] * side
    middle = at + 0.5 * long
    fold = 0.12 * size[:, None] * up
    corners = np.stack([at, middle + wide + fold, at + long, middle - wide + fold], 1).reshape(-1, 3)
    first = 4 * np.arange(n)[:, None]
    triangles = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    return mesh(corners, triangles, smooth=np.zeros(2 * n, bool))


def blades(n: int, spread: float, rng: np.random.Generator, width: float = 0.02) -> Mesh:
    """Blades, about 1 m high, that bend over; their feet in a square of `spread` m."""
    foot = np.concatenate([rng.uniform(-spread / 2, spread / 2, (n, 2)), np.zeros((n, 1))], 1)
    turn, tall = 2 * np.pi * rng.random(n), rng.gamma(6.0, 0.13, n)
    across = width * np.stack([np.cos(turn), np.sin(turn), 0 * turn], 1)
    lean = rng.normal(0.0, 0.16, (n, 2)) * tall[:, None]
    half = foot + np.concatenate([0.35 * lean, 0.55 * tall[:, None]], 1)
    tip = foot + np.concatenate([1.6 * lean, tall[:, None]], 1)
    corners = np.stack([foot - across, foot + across, half + 0.7 * across, half - 0.7 * across, tip], 1)
    first = 5 * np.arange(n)[:, None]
    triangles = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3]), first + np.array([3, 2, 4])])
    return mesh(corners.reshape(-1, 3), triangles, smooth=np.zeros(3 * n, bool))


def sod(material: Material, n: int = 300, width: float = 0.009) -> Callable[[], tuple[Model, ...]]:
    """Pieces of carpet of grass: 1 m wide, the blades about 1 m high before they are scaled."""
    return lambda: tuple(
        put(f"grass {k}", [(blades(n, 1.15, np.random.default_rng(k), width), material)]) for k in range(3)
    )


def clump(material: Material, n: int, spread: float, width: float) -> Callable[[], tuple[Model, ...]]:
    """Clumps of tall blades: reeds, tussocks."""
    return lambda: tuple(
        put(f"clump {k}", [(blades(n, spread, np.random.default_rng(k), width), material)]) for k in range(3)
    )


def shrub(material: Material, n: int = 1500, leaf: float = 0.07) -> Callable[[], tuple[Model, ...]]:
    """Bushes: leaves in lumps around stems that leave the ground together."""
    return lambda: tuple(_shrub(k, material, n, leaf) for k in range(3))


def _shrub(k: int, material: Material, n: int, leaf: float) -> Model:
    rng = np.random.default_rng(k)
    tips = np.stack([*rng.normal(0.0, 0.3, (2, 9)), rng.uniform(0.35, 0.8, 9)], 1)
    at = _lumps(tips, n, 0.2, rng)
    at[:, 2] = np.abs(at[:, 2])
    stems = [(tube(np.linspace([0, 0, 0], tip, 4), np.linspace(0.015, 0.005, 4), 5), BARK) for tip in tips]
    return put(f"shrub {k}", [*stems, (leaves(at, leaf * rng.uniform(0.6, 1.3, n), rng), material)])


def _lumps(tips: Points, n: int, radius: float, rng: np.random.Generator) -> Points:
    """`[n, 3]` places in balls around the tips, most of them near the balls' skins."""
    way = rng.standard_normal((n, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    far = radius * rng.random(n) ** 0.4 * rng.uniform(0.7, 1.3, len(tips))[np.arange(n) % len(tips)]
    return tips[np.arange(n) % len(tips)] + way * far[:, None] * [1.0, 1.0, 0.7]


def tree(material: Material, crown: tuple[float, float, float], n: int = 3600) -> Callable[[], tuple[Model, ...]]:
    """Broad-leaved trees. crown: where it begins, its radius and its thickness, as shares of the height."""
    return lambda: tuple(_tree(k, material, crown, n) for k in range(3))


def _tree(k: int, material: Material, crown: tuple[float, float, float], n: int) -> Model:
    rng = np.random.default_rng(100 + k)
    low, radius, thick = crown
    turn = 2.4 * np.arange(26) + rng.normal(0.0, 0.3, 26)
    up = np.linspace(0.08, 0.92, 26)
    out = radius * np.sqrt(1.0 - (2.0 * up - 1.0) ** 2) ** 0.8 * rng.uniform(0.6, 1.05, 26)
    tips = np.stack([out * np.cos(turn), out * np.sin(turn), low + thick * up], 1)
    bend = np.array([0.03 * rng.standard_normal(), 0.03 * rng.standard_normal(), 0.0])
    top = low + 0.7 * thick
    spine = np.linspace([0.0, 0.0, -0.02], [0.0, 0.0, top], 7) + np.sin(np.linspace(0, 3, 7))[:, None] * bend
    pieces: Pieces = [(tube(spine, np.linspace(0.035, 0.008, 7), 10), BARK)]
    for tip in tips:
        fork = np.array([0.0, 0.0, low * 0.75 + 0.55 * (tip[2] - low)])
        middle = 0.5 * (fork + tip) + [0.0, 0.0, 0.03]
        pieces.append((tube(np.stack([fork, middle, tip]), np.array([0.012, 0.007, 0.002]), 5), BARK))
    at = _lumps(tips, n, 0.36 * radius + 0.05, rng)
    return put(f"tree {k}", [*pieces, (leaves(at, 0.036 * rng.uniform(0.6, 1.4, n), rng, 0.5), material)])


def conifer(material: Material, n: int = 5000) -> Callable[[], tuple[Model, ...]]:
    """Firs: whorls of drooping branches, needles along them."""
    return lambda: tuple(_conifer(k, material, n) for k in range(3))


def _conifer(k: int, material: Material, n: int) -> Model:
    rng = np.random.default_rng(200 + k)
    m = 120
    z = 0.1 + 0.87 * np.linspace(0.0, 1.0, m) ** 0.9
    turn, reach = 2.4 * np.arange(m), 0.24 * (1.02 - z) * rng.uniform(0.75, 1.1, m)
    along = rng.random(n) ** 0.7
    which = rng.choice(m, n, p=reach / reach.sum())
    r = reach[which] * along
    at = np.stack([r * np.cos(turn[which]), r * np.sin(turn[which]), z[which] - 0.35 * r], 1)
    at += rng.normal(0.0, 0.009, (n, 3))
    trunk = tube(np.linspace([0, 0, -0.02], [0, 0, 0.98], 5), np.linspace(0.018, 0.002, 5), 8)
    return put(f"conifer {k}", [(trunk, BARK), (leaves(at, 0.04 * rng.uniform(0.6, 1.3, n), rng, 0.6), material)])


def rock(material: Material) -> Callable[[], tuple[Model, ...]]:
    """Stones about 1 m wide, a third of them in the ground."""
    return lambda: tuple(put(f"rock {k}", [(_stone(k), material)]) for k in range(4))


def _stone(k: int) -> Mesh:
    rng = np.random.default_rng(300 + k)
    ball = sphere(0.5, 4)
    at = ball.vertices.astype(np.float64)
    for _ in range(14):  # cut by planes, as stones break
        normal = rng.standard_normal(3)
        normal /= np.linalg.norm(normal)
        over = np.maximum(at @ normal - rng.uniform(0.26, 0.42), 0.0)
        at -= 0.92 * over[:, None] * normal
    for length in (0.5, 0.22, 0.1):
        way = rng.standard_normal((3, 3))
        at += 0.035 * length * np.sin(at @ way / length * 3.0 + rng.random(3) * 6.0)
    return ball._replace(vertices=(at * [1.0, 0.85, 0.65] + [0.0, 0.0, 0.12]).astype(np.float32))


def flowers(petals: Material) -> Callable[[], tuple[Model, ...]]:
    """Pieces of carpet of a few stems with blossoms."""
    return lambda: tuple(_flowers(k, petals) for k in range(3))


def _flowers(k: int, petals: Material) -> Model:
    rng = np.random.default_rng(400 + k)
    stems = blades(14, 1.1, rng, 0.004)
    tips = stems.vertices.reshape(-1, 5, 3)[:, 4].astype(np.float64)
    at = np.repeat(tips, 9, 0) + rng.normal(0.0, 0.012, (9 * len(tips), 3)) * [1.0, 1.0, 3.0]
    blossoms = leaves(at, np.full(len(at), 0.03), rng)
    return put(f"flowers {k}", [(stems, BLADE), (blossoms, petals)])


def litter(material: Material) -> Callable[[], tuple[Model, ...]]:
    """Pieces of carpet of fallen leaves or straw, lying."""
    return lambda: tuple(_litter(k, material) for k in range(3))


def _litter(k: int, material: Material) -> Model:
    rng = np.random.default_rng(500 + k)
    at = np.concatenate([rng.uniform(-0.6, 0.6, (160, 2)), rng.uniform(0.1, 0.4, (160, 1))], 1)
    lying = leaves(at, 0.06 * rng.uniform(0.5, 1.3, 160), rng)
    flat = lying.vertices.astype(np.float64)
    middle = flat.reshape(-1, 4, 3).mean(1).repeat(4, 0)
    return put(
        f"litter {k}",
        [(lying._replace(vertices=(middle + (flat - middle) * [1, 1, 0.4]).astype(np.float32)), material)],
    )


KINDS: dict[str, Callable[[], tuple[Model, ...]]] = {
    "grass": sod(BLADE),
    "straw": sod(STRAW),
    "tussock": clump(STRAW, 120, 0.35, 0.012),
    "reed": clump(REED, 60, 0.6, 0.012),
    "shrub": shrub(LEAF),
    "thornbush": shrub(OLIVE, 900, 0.045),
    "dry shrub": shrub(replace(STRAW, translucent=0.2), 500, 0.06),
    "oak": tree(LEAF, (0.26, 0.42, 0.74)),
    "birch": tree(replace(LEAF, color=(0.07, 0.13, 0.03)), (0.3, 0.26, 0.7), 2800),
    "autumn tree": tree(AUTUMN, (0.26, 0.38, 0.72)),
    "acacia": tree(OLIVE, (0.66, 0.62, 0.3)),
    "fir": conifer(NEEDLE),
    "snowy fir": conifer(SNOWY),
    "rock": rock(ROCK),
    "sandstone": rock(SANDSTONE),
    "snowy rock": rock(replace(ROCK, color2=(0.85, 0.88, 0.92))),
    "flowers": flowers(Material((0.8, 0.75, 0.2), "noise", (0.75, 0.2, 0.35), 1.0, 0.6, translucent=0.3)),
    "litter": litter(AUTUMN),
    "hay": litter(STRAW),
}
"""Makes of each kind that grows or lies outdoors."""
