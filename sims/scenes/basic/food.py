"""Fruit, and what else grows."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from sims.scenes.basic.solids import Part, Points, assembled, bent, curve, moved, oval, revolve, sphere, tube
from sims.scenes.description import Material, Mesh, Model

STALK = Material((0.12, 0.07, 0.02), "noise", (0.2, 0.14, 0.05), 20.0, 0.9)


def banana(bend: float = 0.38, fat: float = 0.088) -> Model:
    """A ripe banana that lies on its side, five-edged, its stalk on the right."""
    t = np.linspace(0.0, 1.0, 80)
    turn = (0.5 - t) * 6.0 * bend  # an arc of a circle, its ends to the front
    path = np.stack([np.sin(turn), np.cos(turn), 0.0 * t], -1) / (6.0 * bend)
    swell = PchipInterpolator([0, 0.1, 0.16, 0.3, 0.55, 0.85, 0.96, 1], [0.3, 0.3, 0.46, 0.9, 1, 0.8, 0.36, 0.2])(t)
    around = np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
    edged = oval(1.0, 1.0, 40) * (1.0 + 0.05 * np.cos(5 * around))[:, None]
    skin = Material((0.76, 0.5, 0.025), "noise", (0.62, 0.38, 0.025), 7.0, 0.42, subsurface=0.1)
    ends = [
        (moved(sphere(0.27 * fat, 3), path[0], scale=(0.8, 1.15, 1.15)), STALK),
        (moved(sphere(0.22 * fat, 3), path[-1], scale=(0.8, 1, 1)), Material((0.05, 0.03, 0.015), roughness=0.8)),
    ]
    return assembled("Banana", [(tube(path, fat * swell, section=edged), skin), *ends], "banana", (954,))


def apple(name: str, noun: str, skin: Material, imagenet: tuple[int, ...] = ()) -> Model:
    """An apple with its stalk."""
    lower = [[0.0, 0.08], [0.12, 0.02], [0.28, 0.05], [0.45, 0.32], [0.48, 0.52]]
    profile = curve([*lower, [0.38, 0.78], [0.2, 0.86], [0.07, 0.8], [0.0, 0.72]], 70)
    stalk = tube(curve([[0, 0, 0.72], [0.01, 0, 0.86], [0.06, 0, 0.98]], 12), np.linspace(0.018, 0.028, 12))
    return assembled(name, [(revolve(profile), skin), (stalk, STALK)], noun, imagenet)


def granny_smith() -> Model:
    """A green apple."""
    skin = Material((0.28, 0.5, 0.03), "noise", (0.36, 0.56, 0.06), 14.0, 0.25, coat=0.3, subsurface=0.1)
    return apple("GrannySmith", "green apple", skin, (948,))


def orange() -> Model:
    """An orange with a dimpled peel."""
    peel = Material((0.85, 0.28, 0.01), "noise", (0.8, 0.24, 0.01), 45.0, 0.35, bump=0.012, subsurface=0.1)
    parts: list[Part] = [
        (moved(sphere(0.5, 5), scale=(1, 1, 0.94)), peel),
        (moved(sphere(0.04, 3), (0, 0, 0.465), scale=(1, 1, 0.4)), Material((0.15, 0.22, 0.03), roughness=0.8)),
    ]
    return assembled("Orange", parts, "orange", (950,))


def lemon() -> Model:
    """A lemon that lies on its side."""
    profile = curve(
        [[0.0, 0.0], [0.07, 0.03], [0.1, 0.08], [0.3, 0.3], [0.33, 0.52], [0.22, 0.82], [0.07, 0.94], [0, 1]], 60
    )
    peel = Material((0.85, 0.62, 0.03), "noise", (0.78, 0.55, 0.03), 40.0, 0.35, bump=0.012, subsurface=0.1)
    return assembled("Lemon", [(moved(revolve(profile), turn_deg=(0, 90, 0)), peel)], "lemon", (951,))


def mushroom(cap: float = 0.5, spots: int = 26) -> Model:
    """A red toadstool with white spots, a ring of skin around its stem."""
    hat = curve([[0.0, 0.56], [0.3, 0.52], [cap, 0.5], [cap * 0.98, 0.58], [0.38, 0.78], [0.18, 0.88], [0, 0.9]], 60)
    stem = curve([[0.0, 0.0], [0.17, 0.0], [0.18, 0.06], [0.11, 0.3], [0.1, 0.54], [0.0, 0.56]], 40)
    skirt = curve([[0.0, 0.4], [0.2, 0.37], [0.19, 0.4], [0.1, 0.46], [0.0, 0.47]], 30)
    white = Material((0.85, 0.82, 0.74), roughness=0.8)
    pale = Material((0.78, 0.72, 0.6), "noise", (0.66, 0.6, 0.48), 12.0, 0.8)
    parts: list[Part] = [
        (revolve(hat), Material((0.62, 0.03, 0.015), roughness=0.3, coat=0.4)),
        (revolve(stem), pale),
        (revolve(skirt), pale),
        *((_spot(hat, (k + 0.4) / spots, 2.399963 * k, 0.032 + 0.008 * (k % 4)), white) for k in range(spots)),
    ]
    return assembled("Mushroom", parts, "mushroom", (947, 992))


def _spot(hat: NDArray[np.float64], share: float, turn: float, size: float) -> Mesh:
    """A flat wart on the outside of a hat, which has `share` of the hat's area above it, leaning as the hat does."""
    upper = hat[hat[:, 0].argmax() :][::-1]
    k = int(np.clip(np.searchsorted(upper[:, 0], upper[-1, 0] * share**0.5 * 0.98), 1, len(upper) - 2))
    (r0, z0), (r1, z1) = upper[k - 1], upper[k + 1]
    flat = moved(sphere(size, 2), scale=(1, 1, 0.4), turn_deg=(0, np.degrees(np.arctan2(z0 - z1, r1 - r0)), 0))
    return moved(moved(flat, (upper[k, 0], 0, upper[k, 1])), turn_deg=(0, 0, np.degrees(turn)))


def flower_pot(leaves: int = 30) -> Model:
    """A plant of long pointed leaves in a clay pot."""
    pot = [(0, 0), (0.2, 0), (0.27, 0.33), (0.31, 0.33), (0.31, 0.42), (0.27, 0.42), (0.25, 0.36), (0, 0.36)]
    green = Material((0.04, 0.2, 0.03), "noise", (0.1, 0.3, 0.05), 8.0, 0.35, coat=0.2)
    soil = Material((0.05, 0.03, 0.015), "noise", (0.02, 0.012, 0.008), 30.0, 1.0)
    parts: list[Part] = [
        (revolve(pot), Material((0.5, 0.19, 0.08), "noise", (0.58, 0.26, 0.13), 9.0, 0.85)),
        (moved(sphere(0.25, 4), (0, 0, 0.37), scale=(1, 1, 0.1)), soil),
        *((_leaf(2.399963 * k, 0.12 + 0.88 * (k / leaves) ** 0.8), green) for k in range(leaves)),
    ]
    return assembled("FlowerPot", parts, "flower pot", (738,))


def _leaf(turn: float, lean: float) -> Mesh:
    """A leaf with a keel that grows towards the angle `turn`, upright for `lean` 0, hanging over for 1."""
    path = curve(
        [[0.05, 0.0, 0.37], [0.05 + 0.14 * lean, 0, 0.67], [0.05 + 0.44 * lean, 0, 0.37 + 0.66 - 0.46 * lean]], 24
    )
    width = 0.07 * np.sin(np.linspace(0.45, np.pi, 24)) ** 0.8 + 0.002
    blade = [[0.0, -0.25], [1.0, 0.05], [0.5, 0.05], [0.0, -0.1], [-0.5, 0.05], [-1.0, 0.05]]
    return moved(tube(path, width, section=blade), turn_deg=(0, 0, np.degrees(turn)))


def pumpkin(ribs: int = 10) -> Model:
    """A ribbed pumpkin."""

    def ribbed(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        far = np.hypot(x, y)
        swell = 1.0 - 0.09 * np.abs(np.cos(ribs / 2 * np.arctan2(y, x))) ** 6 * far / 0.5
        return x * swell, y * swell, z * swell * (0.82 - 0.22 * np.exp(-((far / 0.14) ** 2)))

    stalk = tube(curve([[0, 0, 0.28], [0.01, 0, 0.42], [0.09, 0.02, 0.54]], 14), np.linspace(0.07, 0.045, 14), 8)
    parts: list[Part] = [
        (bent(sphere(0.5, 5), ribbed), Material((0.75, 0.22, 0.015), "noise", (0.66, 0.17, 0.01), 6.0, 0.45)),
        (stalk, Material((0.18, 0.17, 0.05), "noise", (0.28, 0.24, 0.1), 14.0, 0.9)),
    ]
    return assembled("Pumpkin", parts, "pumpkin")


def cactus(arms: int = 2, ribs: int = 12) -> Model:
    """A ribbed saguaro with rows of thorns in a bowl of gravel."""
    green = Material((0.06, 0.2, 0.05), "noise", (0.1, 0.28, 0.08), 10.0, 0.6)
    stems: list[tuple[Points, float]] = [([[0, 0, 0.1], [0, 0, 0.95]], 0.12)]
    for k in range(arms):
        low, high, turn = 0.38 + 0.12 * k, 0.8 - 0.1 * k, 0.35 + 2.0 * np.pi * k / arms
        out = np.array([np.cos(turn), np.sin(turn), 0.0])
        heights = [[0, 0, low], [0, 0, low + 0.02], [0, 0, low + 0.1], [0, 0, high]]
        stems.append((np.outer([0.0, 0.2, 0.27, 0.27], out) + heights, 0.075))
    columns = [_column(path, radius, ribs) for path, radius in stems]
    pale = Material((0.75, 0.7, 0.55), roughness=0.8)
    bowl = [(0, 0), (0.2, 0), (0.26, 0.16), (0.23, 0.16), (0.2, 0.12), (0, 0.12)]
    parts: list[Part] = [
        *((column, green) for column in columns),
        *((thorn, pale) for column in columns for thorn in _thorns(column, ribs)),
        (revolve(bowl), Material((0.7, 0.66, 0.58), roughness=0.5)),
        (moved(sphere(0.21, 3), (0, 0, 0.12), scale=(1, 1, 0.12)), Material((0.4, 0.33, 0.25), "speckle", scale=30.0)),
    ]
    return assembled("Cactus", parts, "cactus")


def _column(path: Points, radius: float, ribs: int) -> Mesh:
    """A ribbed pipe with a round end."""
    points = curve(path, 60)
    left = np.linalg.norm(points - points[-1], axis=1) / radius
    ends = np.sqrt(np.clip(1.0 - np.clip(1.0 - left, 0.0, 1.0) ** 2, 0.002, 1.0))
    around = np.linspace(0.0, 2.0 * np.pi, 8 * ribs, endpoint=False)
    ribbed = oval(1.0, 1.0, 8 * ribs) * (0.9 + 0.1 * np.abs(np.cos(ribs / 2 * around)))[:, None]
    return tube(points, radius * ends, section=ribbed)


def _thorns(column: Mesh, ribs: int) -> list[Mesh]:
    """Small knobs on the edges of a column's ribs."""
    rings = column.vertices[:-2].reshape(60, ribs, 8, 3)[:, :, 0]  # every eighth point of a ring is on an edge
    apart = max(1, round(0.05 / float(np.linalg.norm(rings[21, 0] - rings[20, 0]))))
    knob = sphere(0.006, 0)
    return [moved(knob, at) for row in rings[2:-2:apart] for at in row.tolist()]
