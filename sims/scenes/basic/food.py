"""Fruit, and what else grows."""

import numpy as np

from sims.scenes.basic.solids import Part, Points, assembled, curve, moved, revolve, sphere, tube
from sims.scenes.description import Material, Mesh, Model

STALK = Material((0.12, 0.07, 0.02), "noise", (0.2, 0.14, 0.05), 20.0, 0.9)


def banana(bend: float = 0.35) -> Model:
    """A ripe banana that lies on its side."""
    t = np.linspace(0.0, 1.0, 60)
    path = np.stack([t - 0.5, 4 * bend * t * (1 - t) - bend, 0.11 + 0.0 * t], -1)
    radius = 0.105 * np.interp(t, [0, 0.05, 0.15, 0.5, 0.88, 0.95, 1], [0.3, 0.34, 0.8, 1.0, 0.8, 0.4, 0.25])
    skin = Material((0.78, 0.52, 0.03), "noise", (0.62, 0.42, 0.05), 5.0, 0.4, subsurface=0.1)
    tips = Material((0.1, 0.07, 0.02), roughness=0.8)
    parts: list[Part] = [
        (tube(path, radius, 7), skin),
        (moved(sphere(0.032, 3), path[-1]), tips),
        (tube(curve([path[0], path[0] + [-0.07, -0.06, 0.01]], 8), [0.033] * 6 + [0.036, 0.04]), STALK),
    ]
    return assembled("Banana", parts, "banana", (954,))


def apple(name: str, noun: str, skin: Material, imagenet: tuple[int, ...] = ()) -> Model:
    """An apple with its stalk."""
    profile = curve(
        [[0.0, 0.08], [0.12, 0.02], [0.28, 0.05], [0.45, 0.32], [0.48, 0.52], [0.38, 0.78], [0.2, 0.86], [0.07, 0.8]]
        + [[0.0, 0.72]],
        70,
    )
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


def mushroom(cap: float = 0.5) -> Model:
    """A red toadstool with white spots."""
    hat = curve([[0.0, 0.56], [0.3, 0.52], [cap, 0.5], [cap * 0.98, 0.58], [0.38, 0.78], [0.18, 0.88], [0, 0.9]], 60)
    stem = curve([[0.0, 0.0], [0.17, 0.0], [0.18, 0.06], [0.11, 0.3], [0.1, 0.54], [0.0, 0.56]], 40)
    spots = []
    for turn, along, size in zip(
        np.arange(16) * 2.399963, np.linspace(0.3, 0.95, 16), [0.05, 0.035, 0.06, 0.04] * 4, strict=True
    ):
        k = int((1.0 - along) * 0.62 * 59) + 20
        r, z = hat[min(k, 59)]
        spots.append(moved(sphere(size, 3), (r * np.cos(turn), r * np.sin(turn), z), scale=(1, 1, 0.45)))
    white = Material((0.85, 0.82, 0.74), roughness=0.8)
    parts: list[Part] = [
        (revolve(hat), Material((0.62, 0.03, 0.015), roughness=0.3, coat=0.4)),
        (revolve(stem), Material((0.78, 0.72, 0.6), "noise", (0.66, 0.6, 0.48), 12.0, 0.8)),
        *((spot, white) for spot in spots),
    ]
    return assembled("Mushroom", parts, "mushroom", (947,))


def flower_pot(leaves: int = 22) -> Model:
    """A plant in a clay pot."""
    pot = [(0, 0), (0.2, 0), (0.27, 0.33), (0.31, 0.33), (0.31, 0.42), (0.27, 0.42), (0.25, 0.36), (0, 0.36)]
    green = Material((0.04, 0.2, 0.03), "noise", (0.1, 0.3, 0.05), 8.0, 0.35, coat=0.2)
    parts: list[Part] = [
        (revolve(np.array(pot)), Material((0.5, 0.19, 0.08), "noise", (0.58, 0.26, 0.13), 9.0, 0.85)),
        (moved(sphere(0.25, 4), (0, 0, 0.37), scale=(1, 1, 0.1)), Material((0.05, 0.03, 0.015), roughness=1.0)),
    ]
    for k in range(leaves):
        turn, lean = k * 2.399963, 0.15 + 0.85 * (k / leaves) ** 0.8
        out, up = np.array([np.cos(turn), np.sin(turn), 0.0]), np.array([0.0, 0.0, 1.0])
        foot = 0.08 * out + 0.37 * up
        path = curve(
            [foot, foot + 0.12 * lean * out + 0.3 * up, foot + 0.42 * lean * out + (0.62 - 0.4 * lean) * up], 20
        )
        width = 0.05 * np.sin(np.linspace(0.25, np.pi, 20)) + 0.004
        parts.append((tube(path, width, 6), green))
    return assembled("FlowerPot", parts, "flower pot", (738,))


def pumpkin(ribs: int = 10) -> Model:
    """A ribbed pumpkin."""
    ball = sphere(0.5, 5)
    x, y, z = ball.vertices.astype(np.float64).T
    turn = np.arctan2(y, x)
    swell = 1.0 - 0.09 * np.abs(np.cos(ribs / 2 * turn)) ** 6 * np.hypot(x, y) / 0.5
    dent = 0.82 - 0.22 * np.exp(-((np.hypot(x, y) / 0.14) ** 2))
    body = ball._replace(vertices=np.stack([x * swell, y * swell, z * dent * swell], -1).astype(np.float32))
    stalk = tube(curve([[0, 0, 0.28], [0.01, 0, 0.42], [0.09, 0.02, 0.54]], 14), np.linspace(0.07, 0.045, 14), 8)
    parts: list[Part] = [
        (body, Material((0.75, 0.22, 0.015), "noise", (0.66, 0.17, 0.01), 6.0, 0.45)),
        (stalk, Material((0.18, 0.17, 0.05), "noise", (0.28, 0.24, 0.1), 14.0, 0.9)),
    ]
    return assembled("Pumpkin", parts, "pumpkin")


def cactus(arms: int = 2) -> Model:
    """A saguaro in a bowl."""
    green = Material((0.07, 0.22, 0.06), "stripes", (0.1, 0.3, 0.09), 3.0, 0.6)
    parts: list[Part] = [(_column([[0, 0, 0.1], [0, 0, 0.95]], 0.11), green)]
    for k in range(arms):
        s = 1.0 if k % 2 == 0 else -1.0
        low, high = 0.42 + 0.12 * k, 0.78 - 0.1 * k
        path = curve([[0, 0, low], [0.2 * s, 0, low + 0.02], [0.27 * s, 0, low + 0.1], [0.27 * s, 0, high]], 30)
        parts.append((_column(path, 0.07), green))
    bowl = [(0, 0), (0.2, 0), (0.26, 0.16), (0.23, 0.16), (0.2, 0.12), (0, 0.12)]
    parts.append((revolve(np.array(bowl)), Material((0.7, 0.66, 0.58), roughness=0.5)))
    return assembled("Cactus", parts, "cactus")


def _column(path: Points, radius: float) -> Mesh:
    """A ribbed pipe with a round end."""
    ends = np.sqrt(np.clip(1.0 - np.clip((np.arange(40) - 33) / 6.0, 0.0, 1.0) ** 2, 0.01, 1.0))
    return tube(curve(path, 40), radius * ends, 24)
