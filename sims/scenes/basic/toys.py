"""Balls, games, instruments and clothes."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from sims.scenes.basic.solids import (
    Part,
    assembled,
    bent,
    box,
    curve,
    extrude,
    geodesic,
    mesh,
    moved,
    oval,
    revolve,
    sphere,
    torus,
    tube,
    turned_ring,
)
from sims.scenes.description import Material, Model

WHITE = Material((0.82, 0.82, 0.8), roughness=0.4, coat=0.2)
BLACK = Material((0.02, 0.02, 0.022), roughness=0.4, coat=0.2)


def soccer_ball(pieces: int = 30) -> Model:
    """Black pentagons and white hexagons with seams; `pieces`, a multiple of 3: of each edge of the icosahedron."""
    points, triangles, shares = geodesic(pieces)
    # the flat faces of a truncated icosahedron: a corner's pentagon is where it has two thirds and more
    seam = np.minimum(np.abs(shares[:, 0] - 2.0 / 3.0), np.where(shares[:, 0] < 0.667, shares[:, 2], 1.0))
    depth = 0.035 * np.exp(-((seam / 0.02) ** 2))
    black = shares[triangles].mean(1)[:, 0] > 2.0 / 3.0
    ball = mesh(0.5 * points * (1.0 - depth[:, None]), triangles, black.astype(np.int32))
    return assembled("SoccerBall", [(moved(ball, turn_deg=(18, 0, 10)), (WHITE, BLACK))], "soccer ball", (805,))


def basketball(seam: float = 0.011) -> Model:
    """Orange leather with black seams: two great circles and an oval on either side."""
    t = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
    out, zero = np.full(120, np.cos(np.radians(50.0))), 0.0 * t
    lines = [np.stack([np.cos(t), np.sin(t), zero], -1), np.stack([zero, np.cos(t), np.sin(t)], -1)]
    lines += [np.stack([s * out, 0.62 * np.cos(t), 1.25 * np.sin(t)], -1) for s in (-1.0, 1.0)]
    leather = Material((0.62, 0.2, 0.05), "noise", (0.55, 0.16, 0.035), 60.0, 0.55, bump=0.006)
    parts: list[Part] = [(sphere(0.5, 5), leather)]
    for line in lines:
        on_ball = 0.4975 * line / np.linalg.norm(line, axis=1, keepdims=True)
        parts.append((tube(on_ball, seam, 10, loop=True), BLACK))
    turned = [(moved(shape, turn_deg=(20, 0, 40)), paint) for shape, paint in parts]
    return assembled("Basketball", turned, "basketball", (430,))


def tennis_ball(bend: float = 0.25) -> Model:
    """Yellow felt with the white curve; `bend` is how far the curve swings, 0 a circle."""
    t = np.linspace(0.0, 2.0 * np.pi, 160, endpoint=False)
    a, b = 1.0 - bend, bend
    x, y, z = a * np.cos(t) + b * np.cos(3 * t), a * np.sin(t) - b * np.sin(3 * t), 2 * (a * b) ** 0.5 * np.sin(2 * t)
    felt = Material((0.6, 0.72, 0.06), "noise", (0.5, 0.62, 0.05), 40.0, 0.95, bump=0.01, sheen=0.5)
    parts: list[Part] = [
        (sphere(0.5, 5), felt),
        (tube(0.48 * np.stack([x, y, z], -1), 0.028, 16, loop=True), Material((0.8, 0.8, 0.76), roughness=0.8)),
    ]
    turned = [(moved(shape, turn_deg=(50, 20, 0)), paint) for shape, paint in parts]
    return assembled("TennisBall", turned, "tennis ball", (852,))


def dumbbell(disc: float = 0.2) -> Model:
    """A bar with two weights at each end, lying on the ground."""
    iron = Material((0.05, 0.05, 0.055), roughness=0.45, coat=0.1)
    steel = Material((0.6, 0.6, 0.62), roughness=0.25, metallic=1.0)
    parts: list[Part] = [(tube(np.array([[-0.5, 0, 0], [0.5, 0, 0]]), 0.035), steel)]
    parts += [(tube([[-0.19, 0, 0], [0.19, 0, 0]], 0.042), Material((0.2, 0.2, 0.21), "checker", scale=60.0))]
    for s in (-1, 1):
        for at, radius, thick in ((0.3, disc, 0.07), (0.385, 0.8 * disc, 0.07), (0.45, 0.3 * disc, 0.035)):
            profile = [(0, 0), (radius - 0.02, 0), (radius, 0.02), (radius, thick - 0.02), (radius - 0.02, thick)]
            inset = [(0.75 * radius, thick), (0.72 * radius, thick - 0.008), (0, thick - 0.008)]
            disc_ = moved(revolve(profile + inset), (0, 0, -thick / 2))
            parts.append((moved(disc_, (s * at, 0, 0), turn_deg=(0, 90 * s, 0)), iron if radius > 0.1 else steel))
    return assembled("Dumbbell", parts, "dumbbell", (543,))


def cowboy_hat(brim: float = 0.5) -> Model:
    """A felt hat, its brim turned up at the sides and its crown creased."""
    outer = curve([[0.0, 0.42], [0.16, 0.43], [0.22, 0.38], [0.26, 0.1], [0.3, 0.04], [brim, 0.05]], 60)
    under = curve([[brim, 0.03], [0.3, 0.02], [0.24, 0.0], [0.22, 0.3], [0.0, 0.36]], 50)
    hat = revolve(np.concatenate([outer, under])[::-1])

    def shaped(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        r = np.hypot(x, y)
        lift = 0.2 * np.clip((r - 0.28) / 0.22, 0, 1) ** 1.5 * (x / np.maximum(r, 1e-9)) ** 2
        crease = 0.12 * np.exp(-((x / 0.07) ** 2)) * np.clip((z - 0.25) / 0.15, 0, 1)
        return 0.86 * x, 1.1 * y, z + lift - crease

    felt = bent(hat, shaped)
    ring = turned_ring([(0.24, 0.07), (0.276, 0.07), (0.266, 0.13), (0.24, 0.13)])
    band = moved(ring, scale=(0.86, 1.1, 1.0))
    parts: list[Part] = [
        (felt, Material((0.3, 0.17, 0.08), "noise", (0.26, 0.14, 0.06), 20.0, 0.95, sheen=0.4)),
        (band, Material((0.03, 0.015, 0.01), roughness=0.4)),
    ]
    return assembled("CowboyHat", parts, "cowboy hat", (515,))


def toilet_roll(radius: float = 0.5, length: float = 0.9) -> Model:
    """A roll of paper that stands upright, its last sheet coming off."""
    edge = [(radius - 0.02, 0.0), (radius, 0.02), (radius, length - 0.02), (radius - 0.02, length)]
    roll = turned_ring([(0.17, 0.0), *edge, (0.17, length)])
    core = turned_ring([(0.155, -0.001), (0.175, -0.001), (0.175, length + 0.001), (0.155, length + 0.001)])
    paper = Material((0.85, 0.84, 0.82), "noise", (0.8, 0.79, 0.77), 40.0, 0.95)
    turn = np.linspace(-2.2, -0.9, 30)
    wrapped = np.stack([(radius + 0.004) * np.cos(turn), (radius + 0.004) * np.sin(turn), 0.0 * turn], -1)
    off = np.linspace(0.02, 0.4, 14)[:, None] * [np.cos(0.67), np.sin(0.67), 0.0]
    off += (np.linspace(0.0, 1.0, 14) ** 2 * 0.1)[:, None] * np.array([np.cos(-0.9), np.sin(-0.9), 0.0])
    path = np.concatenate([wrapped, wrapped[-1] + off])
    path[:, 2] = length / 2
    thin = np.array([[0.006, -length / 2], [0.006, length / 2], [-0.006, length / 2], [-0.006, -length / 2]])
    parts: list[Part] = [
        (roll, paper),
        (core, Material((0.4, 0.27, 0.15), roughness=0.9)),
        (tube(path, 1.0, section=thin @ np.array([[0.0, 1.0], [-1.0, 0.0]])), paper),
    ]
    return assembled("ToiletTissue", parts, "toilet roll", (999,))


def drum(radius: float = 0.42, height: float = 0.5) -> Model:
    """A snare drum with two sticks on it."""
    chrome = Material((0.7, 0.7, 0.72), roughness=0.15, metallic=1.0)
    hoop = turned_ring(
        [(radius - 0.005, -0.025), (radius + 0.03, -0.025), (radius + 0.03, 0.025), (radius - 0.005, 0.025)]
    )
    skin = revolve([(0, 0), (radius, 0), (radius, 0.012), (0, 0.012)])
    parts: list[Part] = [
        (
            revolve([(0, 0), (radius, 0), (radius, height), (0, height)]),
            Material((0.5, 0.02, 0.03), roughness=0.2, coat=0.7),
        ),
        (moved(hoop, (0, 0, 0.025)), chrome),
        (moved(torus(radius, 0.012, around=12), (0, 0, height / 2)), chrome),
        (moved(hoop, (0, 0, height - 0.005)), chrome),
        (moved(skin, (0, 0, height)), WHITE),
    ]
    for turn in np.arange(8) * np.pi / 4:
        x, y = (radius + 0.02) * np.cos(turn), (radius + 0.02) * np.sin(turn)
        parts.append((tube([[x, y, 0.05], [x, y, height - 0.03]], 0.012, 10), chrome))
        parts.append(
            (moved(box((0.06, 0.05, 0.1), 0.01), (x, y, height / 2), turn_deg=(0, 0, np.degrees(turn))), chrome)
        )
    stick = Material((0.6, 0.4, 0.2), "wood", (0.5, 0.3, 0.14), 5.0, 0.4)
    for s in (-1, 1):
        path = np.array([[-0.3, 0.22 * s - 0.08, height + 0.038], [0.42, -0.1 * s - 0.08, height + 0.04 + 0.014 * s]])
        parts += [(tube(path, [0.014, 0.02], 12), stick), (moved(sphere(0.026, 3), path[0]), stick)]
    return assembled("Drum", parts, "drum", (541,))


def hourglass(radius: float = 0.26) -> Model:
    """Sand in glass between two wooden plates."""
    wood = Material((0.2, 0.08, 0.03), "wood", (0.12, 0.045, 0.02), 5.0, 0.3, coat=0.4)
    r = radius - 0.05
    outline = curve([[0.0, 0.07], [r, 0.09], [r, 0.3], [0.03, 0.5], [r, 0.7], [r, 0.91], [0.0, 0.93]], 80)
    glass = Material((0.9, 0.95, 0.95), roughness=0.0, transmission=1.0, ior=1.12)
    heap = curve([[0.0, 0.085], [r - 0.02, 0.1], [r - 0.03, 0.16], [0.05, 0.27], [0.0, 0.29]], 30)
    rest = curve([[0.0, 0.53], [0.05, 0.56], [r - 0.05, 0.68], [r - 0.04, 0.72], [0.0, 0.7]], 30)
    sand = Material((0.75, 0.5, 0.2), "noise", (0.65, 0.42, 0.16), 40.0, 0.95)
    plate = curve([[0.0, 0.0], [radius + 0.04, 0.0], [radius + 0.06, 0.035], [radius + 0.04, 0.07], [0.0, 0.07]], 30)
    parts: list[Part] = [
        (revolve(outline), glass),
        (revolve(heap), sand),
        (revolve(rest), sand),
        (revolve(plate), wood),
    ]
    parts.append((moved(revolve(plate), (0, 0, 0.93)), wood))
    for turn in (0.5, 2.6, 4.7):
        x, y = (radius + 0.01) * np.cos(turn), (radius + 0.01) * np.sin(turn)
        parts.append((tube(np.array([[x, y, 0.05], [x, y, 0.95]]), 0.022), wood))
    return assembled("Hourglass", parts, "hourglass", (604,))


def toy_blocks(size: float = 0.5) -> Model:
    """Three coloured wooden blocks, one on the others, each with a sign of another colour on its sides."""
    red, blue, yellow = (
        Material(color, roughness=0.35, coat=0.3) for color in ((0.6, 0.03, 0.03), (0.03, 0.1, 0.5), (0.75, 0.5, 0.03))
    )
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    star = oval(0.3 * size, 0.3 * size, 10) * np.array([1.0, 0.42] * 5)[:, None] @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    disc = 0.26 * size * np.stack([np.cos(turn), np.sin(turn)], -1)
    triangle = 0.32 * size * np.stack([np.cos(turn[2::16] + 1.3), np.sin(turn[2::16] + 1.3)], -1)
    parts = [
        *_block(size, red, yellow, triangle, (-0.53 * size, 0.0, size / 2), 5.0),
        *_block(size, blue, red, star, (0.53 * size, 0.04, size / 2), -8.0),
        *_block(size, yellow, blue, disc, (0.02, 0.0, 1.5 * size), 20.0),
    ]
    return assembled("ToyBlocks", parts, "stack of toy blocks")


def _block(
    size: float, body: Material, paint: Material, sign: NDArray[np.float64], at: tuple[float, float, float], turn: float
) -> list[Part]:
    """A rounded cube with a frame's width around a raised sign `[n, 2]` on each of its four sides."""
    plate = moved(extrude(sign, 0.02 * size), (0.0, -size / 2, 0.0))
    sides = [moved(moved(plate, turn_deg=(0, 0, 90 * k)), at, turn_deg=(0, 0, turn)) for k in range(4)]
    return [
        (moved(box((size, size, size), 0.06 * size), at, turn_deg=(0, 0, turn)), body),
        *((s, paint) for s in sides),
    ]


def rubber_duck() -> Model:
    """A yellow bath duck that looks to the front."""
    yellow = Material((0.85, 0.6, 0.02), roughness=0.25, coat=0.4, subsurface=0.1)
    orange = Material((0.8, 0.22, 0.01), roughness=0.3)

    def swimming(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        return 0.85 * x, 1.15 * y, np.maximum(0.75 * z, -0.2) + 0.28 * np.clip(y / 0.4, 0, 1) ** 3

    def bill(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        return 1.15 * x, y, 0.4 * z + 1.8 * np.clip(-y, 0.0, 1.0) ** 2

    white = Material((0.85, 0.85, 0.82), roughness=0.2)
    parts: list[Part] = [
        (moved(bent(sphere(0.4, 5), swimming), (0, 0, 0.2)), yellow),
        (moved(sphere(0.25, 4), (0, -0.25, 0.63)), yellow),
        (moved(bent(sphere(0.11, 4), bill), (0, -0.48, 0.59)), orange),
        (moved(sphere(0.085, 3), (0, -0.48, 0.57), scale=(1.1, 1.0, 0.4)), orange),
        *((moved(sphere(0.16, 4), (0.3 * s, 0.06, 0.27), scale=(0.45, 1.3, 0.8)), yellow) for s in (-1, 1)),
        *((moved(sphere(0.06, 3), (0.105 * s, -0.42, 0.7), scale=(0.8, 0.8, 1)), white) for s in (-1, 1)),
        *((moved(sphere(0.036, 3), (0.113 * s, -0.451, 0.705)), BLACK) for s in (-1, 1)),
    ]
    return assembled("RubberDuck", parts, "rubber duck")


def traffic_cone(height: float = 0.95) -> Model:
    """An orange cone with white stripes on a black foot."""
    z = 0.05 + height * np.array([0.0, 0.3, 0.5, 0.62, 0.76, 1.0])
    r = np.interp(z, z[[0, -1]], [0.24, 0.035])
    orange = Material((0.8, 0.14, 0.01), roughness=0.45)
    collar = [(0.0, 0.05), (0.29, 0.05), (0.275, 0.08), (0.0, 0.085)]
    parts: list[Part] = [(moved(box((0.62, 0.62, 0.06), 0.02), (0, 0, 0.03)), BLACK), (revolve(collar), orange)]
    for k in range(5):
        slice_ = [(0, z[k]), (r[k], z[k]), (r[k + 1], z[k + 1]), (0, z[k + 1])]
        parts.append((revolve(slice_), WHITE if k % 2 else orange))
    return assembled("TrafficCone", parts, "traffic cone")


def umbrella(ribs: int = 8, bulge: float = 1.25) -> Model:
    """An open umbrella put down on the ground: it lies on its rim and its handle's end, its top to the front."""
    t = np.linspace(0.0, bulge, 40)
    dome = np.stack([0.5 * np.sin(t) / np.sin(bulge), 0.34 * (np.cos(t) - np.cos(bulge)) / (1 - np.cos(bulge))], -1)

    def sagging(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        sag = 1.0 - 0.07 * (np.hypot(x, y) / 0.5) ** 2 * (1 - np.abs(np.cos(ribs / 2 * np.arctan2(y, x))))
        return x * sag, y * sag, z + 0.02 * (1 - sag)

    cloth = bent(revolve(np.concatenate([dome - [0.0, 0.012], dome[::-1]]), 12 * ribs), sagging)
    middles = cloth.vertices[cloth.triangles].mean(1)
    panel = np.arctan2(middles[:, 1], middles[:, 0]) % (2 * np.pi) * ribs / (2 * np.pi) % 2 >= 1
    hook = curve([[0, 0, 0.33], [0, 0, -0.3], [0, 0, -0.4], [0.05, 0, -0.46], [0.1, 0, -0.4]], 50)
    rib = dome[2:, [0, 0, 1]] * [1.0, 0.0, 1.0] - [0.0, 0.0, 0.018]
    cloths = tuple(Material(color, roughness=0.7) for color in ((0.55, 0.03, 0.05), (0.8, 0.76, 0.66)))
    parts: list[Part] = [
        (cloth._replace(part=panel.astype(np.int32)), cloths),
        (tube(hook, 0.012, 12), Material((0.2, 0.09, 0.04), roughness=0.3, coat=0.4)),
        (tube([[0, 0, 0.33], [0, 0, 0.42]], [0.012, 0.006], 12), BLACK),
        *((moved(tube(rib, 0.005, 8), turn_deg=(0, 0, 360 * k / ribs)), BLACK) for k in range(ribs)),
    ]

    def gap(tilt_deg: float) -> float:
        low = [moved(shape, turn_deg=(0, tilt_deg, 0)).vertices[:, 2].min() for shape in (cloth, parts[1][0])]
        return float(low[0] - low[1])

    tilt_deg = float(brentq(gap, 20.0, 90.0, xtol=0.01))  # type: ignore[arg-type]  # where both touch the ground
    return assembled(
        "Umbrella", [(moved(s, turn_deg=(0, tilt_deg, -60)), paint) for s, paint in parts], "umbrella", (879,)
    )
