"""Things that stand in rooms."""

import numpy as np
from numpy.typing import NDArray

from sims.scenes.basic.solids import (
    Part,
    assembled,
    bent,
    box,
    curve,
    extrude,
    moved,
    revolve,
    sphere,
    superellipsoid,
    torus,
    tube,
    turned_ring,
)
from sims.scenes.description import Material, Mesh, Model

OAK = Material((0.42, 0.24, 0.1), "wood", (0.3, 0.15, 0.06), 3.0, 0.4, coat=0.2)
DARK = Material((0.12, 0.05, 0.025), "wood", (0.08, 0.03, 0.012), 3.0, 0.35, coat=0.3)
PLANKS = tuple(
    Material(color, "waves", (0.6 * color[0], 0.55 * color[1], 0.5 * color[2]), 14.0, 0.5)
    for color in ((0.45, 0.22, 0.08), (0.38, 0.18, 0.06), (0.5, 0.26, 0.1))
)
BRASS = Material((0.7, 0.45, 0.15), roughness=0.25, metallic=1.0)
BLACK = Material((0.02, 0.02, 0.02), roughness=0.4)
RED = Material((0.6, 0.03, 0.02), roughness=0.4)
STEEL = Material((0.55, 0.57, 0.6), roughness=0.3, metallic=1.0)
PAPER = Material((0.78, 0.74, 0.64), roughness=0.8)
GILT = Material((0.7, 0.5, 0.12), roughness=0.35)
COVERS = tuple(
    Material(color, roughness=0.55)
    for color in (
        (0.36, 0.03, 0.03),
        (0.04, 0.09, 0.26),
        (0.04, 0.15, 0.07),
        (0.5, 0.3, 0.06),
        (0.6, 0.55, 0.43),
        (0.13, 0.05, 0.18),
        (0.03, 0.03, 0.035),
    )
)
IRON = Material((0.3, 0.3, 0.32), roughness=0.3, metallic=1.0)


def table_lamp(shade: float = 0.33) -> Model:
    """A lamp with a lit shade on a turned foot."""
    foot = curve(
        [[0.0, 0.0], [0.2, 0.0], [0.2, 0.04], [0.05, 0.1], [0.1, 0.26], [0.03, 0.44], [0.025, 0.6], [0, 0.6]], 60
    )
    cloth = Material((0.9, 0.78, 0.55), "weave", (0.8, 0.66, 0.42), 30.0, 0.9, emission=0.3)
    top, low, high = 0.62 * shade, 0.55, 0.98
    wall = turned_ring([(shade - 0.008, low), (shade, low), (top, high), (top - 0.008, high)])
    hem = Material((0.6, 0.45, 0.25), roughness=0.8)
    parts: list[Part] = [
        (revolve(foot), Material((0.1, 0.25, 0.35), roughness=0.15, coat=0.6)),
        (wall, cloth),
        (moved(torus(shade, 0.009), (0, 0, low)), hem),
        (moved(torus(top, 0.009), (0, 0, high)), hem),
        (tube([[0, 0, 0.58], [0, 0, 0.7]], 0.03), BRASS),
        (moved(sphere(0.075, 3), (0, 0, 0.77)), Material((1.0, 0.8, 0.5), emission=4.0)),
        *((tube([[0, 0, 0.93], [s * (top - 0.004), 0, high]], 0.006, 8), BRASS) for s in (-1, 1)),
        (tube([[0, 0, 0.68], [0, 0, 0.95]], 0.006, 8), BRASS),
    ]
    return assembled("TableLamp", parts, "table lamp", (846,))


def bookcase(shelves: int = 4, width: float = 0.62, depth: float = 0.24) -> Model:
    """A bookcase 1 m high, full of books, open to the front."""
    height, t = 1.0, 0.025
    inset = 0.004  # what lies between the sides ends short of their faces: two faces in one plane would flicker
    boards = [((t, depth, height), (s * (width - t) / 2, 0.0, height / 2)) for s in (-1, 1)]
    boards.append(((width - t, t, height - 4 * inset), (0.0, (depth - t) / 2 - inset, height / 2)))
    levels = np.linspace(t / 2 + 0.03, height - inset - t / 2, shelves + 1)
    boards += [((width - t, depth - 3 * inset, t), (0.0, 0.0, float(z))) for z in levels]
    boards.append(((width - t, 0.02, 0.04), (0.0, 0.02 - depth / 2, 0.024)))  # the plinth
    parts: list[Part] = [(moved(box(size, 0.003), at), OAK) for size, at in boards]
    rng = np.random.default_rng(7)  # fixed: the pack's bookcase is always the same
    room = float(levels[1] - levels[0]) - t
    for z in levels[:-1]:
        parts += _books(rng, width - 2 * t, depth, room, float(z) + t / 2)
    return assembled("Bookcase", parts, "bookcase", (453,))


def _books(rng: np.random.Generator, width: float, depth: float, room: float, floor: float) -> list[Part]:
    """A row of books on a shelf `width` metres wide: upright, one leaning on them, a pile on the right."""
    row: list[Part] = []
    x, end = -width / 2 + 0.003, width * rng.uniform(0.12, 0.3)
    while x < end:
        thick, tall, deep = rng.uniform(0.018, 0.042), room * rng.uniform(0.68, 0.95), depth * rng.uniform(0.6, 0.75)
        at = (x + thick / 2, 0.02 - (depth - deep) / 2 + 0.012, floor + tall / 2)
        row += _book((thick * 0.95, deep, tall), at, 0.0, int(rng.integers(len(COVERS))))
        x += thick
    tall = 0.8 * room  # it leans on the last one: its lower left corner on the shelf, its upper left on that book
    lean = np.radians(16.0)
    at = (x + 0.004 + tall / 2 * np.sin(lean) + 0.012, 0.0, floor + tall / 2 * np.cos(lean) + 0.012 * np.sin(lean))
    row += _book((0.024, 0.66 * depth, tall), at, -16.0, int(rng.integers(len(COVERS))))
    left = x + 0.05 + tall * np.sin(lean)
    high = floor
    while width / 2 - left > 0.08 and high < floor + 0.4 * room:
        thick, long = rng.uniform(0.022, 0.04), min(width / 2 - left - 0.005, 0.8 * room) * rng.uniform(0.85, 1.0)
        at = (width / 2 - 0.004 - long / 2, 0.0, high + thick / 2)
        row += _book((thick, 0.66 * depth, long), at, 90.0, int(rng.integers(len(COVERS))))
        high += thick
    return row


def _book(size: tuple[float, float, float], at: tuple[float, float, float], turn_deg: float, cover: int) -> list[Part]:
    """A book (thick, deep, tall) with its back to the front, turned about y; with a band across its back."""
    thick, deep, tall = size
    band = moved(box((1.01 * thick, 0.02, 0.06 * tall)), (0, 0.009 - deep / 2, 0.28 * tall))
    shapes = ((box(size, 0.004, 2), COVERS[cover]), (band, GILT if cover % 2 else PAPER))
    return [(moved(shape, at, turn_deg=(0, turn_deg, 0)), surface) for shape, surface in shapes]


def dining_table(width: float = 1.0, depth: float = 0.6, height: float = 0.52, planks: int = 6) -> Model:
    """A table of planks on four turned legs."""
    legs = [(x * (width / 2 - 0.06), y * (depth / 2 - 0.06)) for x in (-1, 1) for y in (-1, 1)]
    broad = width / planks
    parts: list[Part] = [
        (
            moved(box((broad - 0.002, depth, 0.04), 0.006), ((k + 0.5) * broad - width / 2, 0, height - 0.02)),
            PLANKS[k * 2 % 3],
        )
        for k in range(planks)
    ]
    parts.append((moved(box((width - 0.12, depth - 0.12, 0.07), 0.004), (0, 0, height - 0.07)), PLANKS[1]))
    turned = curve([[0.02, 0], [0.026, 0.03], [0.02, 0.06], [0.034, 0.2], [0.036, 0.32], [0.028, 0.36], [0.034, 0.38]])
    leg = revolve(np.concatenate([[[0, 0]], turned * [1.0, height / 0.52], [[0, turned[-1, 1] * height / 0.52]]]), 40)
    block = box((0.072, 0.072, 0.14 * height / 0.52), 0.004)
    for x, y in legs:
        parts += [(moved(leg, (x, y, 0)), OAK), (moved(block, (x, y, 0.43 * height / 0.52)), OAK)]
    return assembled("DiningTable", parts, "dining table", (532,))


def chair(seat: float = 0.45) -> Model:
    """A wooden chair with a slatted back and a red cushion."""
    w, d = 0.42, 0.42
    parts: list[Part] = [(moved(box((w, d, 0.04), 0.012), (0, 0, seat)), DARK)]
    for x in (-1, 1):
        parts.append((tube(np.array([[x * 0.18, -0.18, 0], [x * 0.18, -0.18, seat]]), 0.02), DARK))
        back = curve([[x * 0.18, 0.2, 0], [x * 0.18, 0.18, seat], [x * 0.18, 0.25, 1.0]], 30)
        parts.append((tube(back, 0.02), DARK))
        parts.append((tube(np.array([[x * 0.18, -0.18, 0.2], [x * 0.18, 0.19, 0.2]]), 0.012), DARK))
    slats = [(seat + k * 0.12 + 0.14, 0.19 + 0.013 * (k + 1)) for k in range(4)]
    parts += [(moved(box((0.36, 0.02, 0.06), 0.008), (0, y, z)), DARK) for z, y in slats]
    cushion = moved(superellipsoid((w - 0.02, d - 0.04, 0.09), 4.5), (0, -0.01, seat + 0.045))
    parts.append((cushion, Material((0.5, 0.05, 0.05), "weave", (0.4, 0.03, 0.03), 30.0, 0.9, sheen=0.15)))
    return assembled("Chair", parts, "chair")


def stool(legs: int = 3) -> Model:
    """A round stool on splayed legs with a ring."""
    parts: list[Part] = [
        (moved(revolve(curve([[0, 0], [0.24, 0], [0.26, 0.03], [0.24, 0.07], [0, 0.06]], 30)), (0, 0, 0.68)), OAK)
    ]
    turns = np.arange(legs) * 2 * np.pi / legs + 0.5
    for turn in turns:
        out = np.array([np.cos(turn), np.sin(turn), 0.0])
        parts.append((tube(np.stack([0.3 * out, 0.15 * out + [0, 0, 0.7]]), [0.022, 0.032]), OAK))
    parts.append((moved(torus(0.243, 0.014), (0, 0, 0.26)), IRON))
    return assembled("Stool", parts, "stool")


def wall_clock(radius: float = 0.5, hour: float = 10.15) -> Model:
    """A round clock that stands upright on its rim and two feet, at nine past ten."""
    rim = [(0, -0.06), (radius, -0.06), (radius, 0.05), (radius - 0.05, 0.06), (radius - 0.06, 0.02), (0, 0.02)]
    face = [(0, 0), (radius - 0.06, 0), (radius - 0.06, 0.025), (0, 0.025)]
    flat: list[Part] = [
        (revolve(rim), Material((0.45, 0.05, 0.04), roughness=0.25, coat=0.5)),
        (revolve(face), Material((0.88, 0.86, 0.8), roughness=0.6)),
        (moved(sphere(0.03, 3), (0, 0, 0.045)), BLACK),
    ]
    for minute in range(60):
        long, wide = (0.1, 0.028) if minute % 15 == 0 else (0.06, 0.02) if minute % 5 == 0 else (0.025, 0.006)
        flat.append((_on_dial((wide, long, 0.012), radius - 0.09 - long / 2, 6.0 * minute, 0.03), BLACK))
    hands = ((0.25, 0.034, 30.0 * hour, BLACK), (0.35, 0.022, 360.0 * hour, BLACK), (0.36, 0.008, 130.0, RED))
    for k, (long, wide, turn, paint) in enumerate(hands):
        flat.append((_on_dial((wide, long, 0.01), long / 2 - 0.04, turn, 0.042 + 0.01 * k), paint))
    feet = [(moved(sphere(0.05, 3), (x, 0.0, -radius * 0.98)), BLACK) for x in (-0.13, 0.13)]
    return assembled(
        "WallClock",
        [*((moved(shape, turn_deg=(90, 0, 0)), paint) for shape, paint in flat), *feet],
        "clock",
        (892, 409),
    )


def _on_dial(size: tuple[float, float, float], out: float, turn_deg: float, z: float) -> Mesh:
    """A stroke on a dial in the x-y plane, `out` metres from its middle, clockwise from 12 o'clock."""
    return moved(moved(box(size), (0, out, z)), turn_deg=(0, 0, -turn_deg))


def bucket(top: float = 0.36) -> Model:
    """A zinc bucket, its bail up."""
    outer = [(0, 0), (0.25, 0), (0.26, 0.02), (top, 0.68), (top + 0.015, 0.69), (top + 0.015, 0.71), (top - 0.01, 0.71)]
    inner = [(0.245, 0.03), (0, 0.03)]
    t = np.linspace(0, np.pi, 40)
    bail = np.stack([top * np.cos(t), 0.0 * t - 0.02, 0.64 + 0.36 * np.sin(t)], -1)
    zinc = Material((0.5, 0.53, 0.55), "noise", (0.62, 0.65, 0.67), 6.0, 0.35, metallic=1.0)
    parts: list[Part] = [
        (revolve(outer + inner), zinc),
        (moved(torus(top + 0.008, 0.014), (0, 0, 0.7)), zinc),
        (moved(torus(0.3 * top + 0.185, 0.008), (0, 0, 0.4)), zinc),
        (tube(bail, 0.014, 12), IRON),
        (tube([[-0.08, -0.02, 1.0], [0.08, -0.02, 1.0]], 0.035), Material((0.3, 0.14, 0.06), roughness=0.5)),
        *((moved(box((0.03, 0.09, 0.09), 0.012), (s * (top + 0.005), -0.02, 0.63)), zinc) for s in (-1, 1)),
    ]
    return assembled("Bucket", parts, "bucket", (463,))


def barrel(belly: float = 0.37, staves: int = 20) -> Model:
    """A wooden barrel of staves with iron hoops, its heads set in."""
    side = curve([[0.29, 0.0], [belly, 0.5], [0.29, 1.0]], 40)
    body = np.concatenate([[[0.0, 0.04], [0.26, 0.04], [0.26, 0.0]], side, [[0.26, 1.0], [0.26, 0.96], [0.0, 0.96]]])

    def grooved(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        joint = np.abs((np.arctan2(y, x) * staves / (2.0 * np.pi) + 0.5) % 1.0 - 0.5) < 0.06
        r = np.hypot(x, y)
        dent = np.where(joint & (r > 0.28), 1.0 - 0.006 / np.maximum(r, 0.1), 1.0)
        return x * dent, y * dent, z

    oak = Material((0.34, 0.18, 0.08), "wood", (0.2, 0.09, 0.035), 6.0, 0.6)
    parts: list[Part] = [(bent(revolve(body, 12 * staves), grooved), oak)]
    parts += [(_hoop(side, z), IRON) for z in (0.05, 0.24, 0.76, 0.95)]
    return assembled("Barrel", parts, "barrel", (427,))


def _hoop(side: NDArray[np.float64], z: float) -> Mesh:
    """A flat ring around a body whose outline is `side`, at a height."""
    low, high = (float(np.interp(z + dz, side[:, 1], side[:, 0])) for dz in (-0.025, 0.025))
    outer = [(low + 0.008, z - 0.025), (high + 0.008, z + 0.025)]
    return turned_ring([*outer, (high - 0.008, z + 0.025), (low - 0.008, z - 0.025)])


def mailbox(height: float = 1.0) -> Model:
    """A mailbox on a post, its flag up, its door to the front."""
    blue = Material((0.05, 0.12, 0.4), roughness=0.3, coat=0.4)
    t = np.linspace(0.0, np.pi, 40)
    arch = np.array([[-0.13, -0.08], [0.13, -0.08], *np.stack([0.13 * np.cos(t), 0.06 + 0.13 * np.sin(t)], -1)])
    floor = height - 0.36
    at = (0.0, 0.0, floor + 0.08)
    parts: list[Part] = [
        (moved(box((0.09, 0.09, floor), 0.005), (0, 0.05, floor / 2)), OAK),
        (moved(box((0.2, 0.4, 0.025), 0.004), (0, 0, floor - 0.005)), OAK),
        (moved(extrude(arch, 0.5), at), blue),
        (moved(extrude(1.06 * arch, 0.025), (0, -0.25, at[2])), blue),
        (moved(extrude(1.06 * arch, 0.025), (0, 0.25, at[2])), blue),
        (moved(extrude(0.86 * arch, 0.025), (0, -0.258, at[2])), Material((0.07, 0.17, 0.5), roughness=0.3, coat=0.4)),
        (tube([[0, -0.265, floor + 0.2], [0, -0.3, floor + 0.2]], [0.012, 0.02]), STEEL),
        (moved(box((0.012, 0.03, 0.24), 0.003), (0.142, -0.1, floor + 0.22)), RED),
        (moved(box((0.014, 0.14, 0.08), 0.003), (0.142, -0.047, floor + 0.32)), RED),
    ]
    return assembled("Mailbox", parts, "mailbox", (637,))
