"""Things that stand on tables."""

import numpy as np

from sims.scenes.basic.solids import Part, assembled, box, curve, moved, revolve, sphere, tube
from sims.scenes.description import Material, Model

GLAZE = Material((0.62, 0.08, 0.05), roughness=0.15, coat=0.6)
CREAM = Material((0.8, 0.74, 0.62), roughness=0.25, coat=0.4)
STEEL = Material((0.62, 0.62, 0.64), roughness=0.22, metallic=1.0)
OAK = Material((0.42, 0.24, 0.1), "wood", (0.3, 0.15, 0.06), 6.0, 0.45)


def coffee_mug(radius: float = 0.4, height: float = 0.95) -> Model:
    """A glazed mug, its handle on the right, cream inside."""
    w = 0.04
    outer = [(0, 0), (radius - 0.05, 0), (radius, 0.05), (radius, height - 0.02), (radius - w / 2, height)]
    inner = [(radius - w, height - 0.02), (radius - w, 0.1), (radius - 0.1, w), (0, w)]
    handle = curve(
        [[radius - 0.02, 0, 0.8 * height], [radius + 0.22, 0, 0.78 * height], [radius + 0.32, 0, 0.52 * height]]
        + [[radius + 0.2, 0, 0.26 * height], [radius - 0.02, 0, 0.2 * height]]
    )
    coffee = moved(revolve([(0, 0), (radius - w, 0), (radius - w, 0.01), (0, 0.01)]), (0, 0, 0.8 * height))
    parts = [
        (revolve(np.array(outer + inner)), GLAZE),
        (moved(tube(handle, 0.055)), GLAZE),
        (coffee, Material((0.05, 0.02, 0.008), roughness=0.1)),
    ]
    return assembled("CoffeeMug", parts, "coffee mug", (504,))


def teapot(fat: float = 0.5) -> Model:
    """A round pot with a spout on the left and a handle on the right."""
    pot = Material((0.08, 0.2, 0.42), "speckle", (0.75, 0.78, 0.8), 9.0, 0.15, coat=0.6)
    body = curve([[0.0, 0.0], [0.28, 0.0], [fat * 0.95, 0.22], [fat, 0.38], [0.36, 0.62], [0.2, 0.68], [0.0, 0.69]], 60)
    lid = curve([[0.0, 0.66], [0.22, 0.67], [0.2, 0.71], [0.1, 0.76], [0.0, 0.77]], 24)
    spout = curve([[-0.4, 0, 0.25], [-0.62, 0, 0.34], [-0.72, 0, 0.5], [-0.86, 0, 0.64]])
    handle = curve([[0.38, 0, 0.56], [0.62, 0, 0.6], [0.75, 0, 0.44], [0.66, 0, 0.24], [0.44, 0, 0.2]])
    parts = [
        (revolve(body), pot),
        (revolve(lid), pot),
        (moved(sphere(0.06, 3), (0, 0, 0.81)), pot),
        (tube(spout, np.linspace(0.12, 0.05, len(spout))), pot),
        (tube(handle, 0.042), pot),
    ]
    return assembled("Teapot", parts, "teapot", (849,))


def vase(waist: float = 0.13) -> Model:
    """A slim painted vase with a wide mouth."""
    outer = curve([[0.0, 0.0], [0.17, 0.0], [0.3, 0.3], [0.28, 0.5], [waist, 0.78], [0.15, 0.9], [0.24, 1.0]], 70)
    inner = outer[::-1][:-1] - [0.025, 0.0]
    inner = np.concatenate([inner[inner[:, 1] > 0.05], [[0.0, 0.04]]])
    paint = Material((0.1, 0.28, 0.3), "stripes", (0.78, 0.7, 0.5), 5.0, 0.2, coat=0.5)
    return assembled("Vase", [(revolve(np.concatenate([outer, inner])), paint)], "vase", (883,))


def soup_bowl(depth: float = 0.42) -> Model:
    """A bowl of tomato soup on a foot."""
    outer = curve([[0.0, 0.0], [0.2, 0.0], [0.22, 0.05], [0.42, 0.2], [0.5, depth]], 40)
    inner = curve([[0.475, depth], [0.4, 0.22], [0.2, 0.09], [0.0, 0.07]], 30)
    soup = revolve([(0, 0), (0.45, 0), (0.45, 0.01), (0, 0.01)])
    parts: list[Part] = [
        (revolve(np.concatenate([outer, inner])), Material((0.2, 0.32, 0.5), roughness=0.2, coat=0.5)),
        (moved(soup, (0, 0, 0.76 * depth)), Material((0.6, 0.12, 0.02), "noise", (0.7, 0.2, 0.05), 10.0, 0.25)),
    ]
    return assembled("SoupBowl", parts, "soup bowl", (809,))


def wine_bottle(radius: float = 0.135) -> Model:
    """A dark green bottle with a label and a red capsule."""
    r = radius
    body = np.concatenate(
        [[[0.0, 0.03], [r - 0.03, 0.0], [r, 0.03]], curve([[r, 0.55], [r * 0.8, 0.66], [0.05, 0.76], [0.045, 0.8]], 24)]
        + [[[0.045, 0.95], [0.0, 0.95]]]
    )
    capsule = revolve([(0, 0.82), (0.05, 0.82), (0.05, 0.95), (0.055, 0.95), (0.055, 0.99), (0, 1.0)])
    label = revolve([(0, 0.16), (r + 0.002, 0.16), (r + 0.002, 0.45), (0, 0.45)])
    parts: list[Part] = [
        (revolve(body), Material((0.008, 0.05, 0.015), roughness=0.06, coat=1.0)),
        (capsule, Material((0.35, 0.02, 0.03), roughness=0.3)),
        (label, Material((0.85, 0.8, 0.68), "stripes", (0.45, 0.12, 0.1), 9.0, 0.7)),
    ]
    return assembled("WineBottle", parts, "wine bottle", (907,))


def goblet(bowl: float = 0.26) -> Model:
    """A golden cup on a stem."""
    outer = curve([[0.0, 0.0], [0.24, 0.0], [0.23, 0.03], [0.06, 0.1], [0.04, 0.25], [0.07, 0.42], [0.05, 0.5]], 48)
    cup = curve([[0.1, 0.56], [bowl, 0.72], [bowl + 0.01, 0.85], [bowl - 0.02, 1.0]], 30)
    inner = curve([[bowl - 0.045, 1.0], [bowl - 0.015, 0.85], [bowl - 0.03, 0.74], [0.1, 0.6], [0.0, 0.58]], 30)
    gold = Material((0.9, 0.58, 0.2), roughness=0.18, metallic=1.0)
    return assembled("Goblet", [(revolve(np.concatenate([outer, cup, inner])), gold)], "goblet", (572,))


def frying_pan(radius: float = 0.32) -> Model:
    """A black pan, its handle to the right, with a fried egg."""
    r = radius
    outer = [(0, 0), (r * 0.8, 0), (r, 0.1), (r, 0.115), (r - 0.015, 0.115)]
    inner = [(r * 0.8 - 0.01, 0.02), (0, 0.02)]
    path = curve([[r - 0.02, 0, 0.08], [r + 0.15, 0, 0.12], [r + 0.55, 0, 0.15]])
    white = moved(sphere(0.15, 4), (-0.05, 0.02, 0.025), scale=(1.1, 0.9, 0.08))
    parts: list[Part] = [
        (revolve(np.array(outer + inner)), Material((0.02, 0.02, 0.022), roughness=0.35, coat=0.3)),
        (
            moved(tube(path, np.linspace(0.028, 0.04, len(path)))),
            Material((0.12, 0.05, 0.02), "wood", (0.2, 0.1, 0.04)),
        ),
        (white, Material((0.9, 0.88, 0.82), roughness=0.3, subsurface=0.2)),
        (moved(sphere(0.055, 3), (-0.05, 0.02, 0.035), scale=(1, 1, 0.6)), Material((0.9, 0.42, 0.02), roughness=0.15)),
    ]
    return assembled("FryingPan", parts, "frying pan", (567,))


def wooden_spoon(length: float = 1.0) -> Model:
    """A cooking spoon that lies on the ground."""
    handle = np.array([[x, 0.0, 0.03] for x in np.linspace(-0.2 * length, 0.8 * length, 30)])
    bowl = moved(sphere(0.1, 4), (-0.28, 0, 0.034), scale=(1.35, 0.95, 0.34))
    hollow = moved(sphere(0.085, 4), (-0.28, 0, 0.046), scale=(1.3, 0.9, 0.27))
    parts: list[Part] = [
        (tube(handle, np.linspace(0.024, 0.03, 30)), OAK),
        (bowl, OAK),
        (hollow, Material((0.26, 0.13, 0.05), "wood", (0.2, 0.09, 0.03), 6.0, 0.6)),
    ]
    return assembled("WoodenSpoon", parts, "wooden spoon", (910,))


def candle(height: float = 0.75) -> Model:
    """A burning candle on a brass holder."""
    wax = [(0, 0.06), (0.16, 0.06), (0.16, height - 0.02), (0.14, height), (0.1, height - 0.025), (0, height - 0.03)]
    holder = curve([[0.0, 0.0], [0.34, 0.0], [0.36, 0.08], [0.34, 0.08], [0.3, 0.04], [0.0, 0.05]], 40)
    flame = curve([[0.0, 0.0], [0.035, 0.04], [0.04, 0.08], [0.015, 0.16], [0.0, 0.2]], 24)
    wick = np.array([[0, 0, height - 0.05], [0, 0, height + 0.04]])
    parts: list[Part] = [
        (revolve(np.array(wax)), Material((0.85, 0.75, 0.55), roughness=0.4, subsurface=0.3)),
        (revolve(holder), Material((0.7, 0.45, 0.15), roughness=0.25, metallic=1.0)),
        (tube(wick, 0.01), Material((0.02, 0.02, 0.02))),
        (moved(revolve(flame), (0, 0, height + 0.02)), Material((1.0, 0.55, 0.12), emission=6.0)),
    ]
    return assembled("Candle", parts, "candle", (470,))


def pepper_mill(height: float = 1.0) -> Model:
    """A turned wooden mill with a steel knob."""
    profile = curve(
        [[0.0, 0.0], [0.19, 0.0], [0.19, 0.08], [0.12, 0.3], [0.15, 0.52], [0.1, 0.6], [0.16, 0.72], [0.12, 0.85]]
        + [[0.0, 0.88]],
        80,
    )
    parts: list[Part] = [
        (revolve(profile), Material((0.2, 0.07, 0.03), "wood", (0.12, 0.04, 0.015), 5.0, 0.25, coat=0.6)),
        (moved(sphere(0.06, 3), (0, 0, 0.93 * height)), STEEL),
    ]
    return assembled("PepperMill", parts, "pepper mill")


def gift_box(size: float = 0.7) -> Model:
    """A present with a ribbon and a bow."""
    ribbon = Material((0.75, 0.55, 0.08), roughness=0.3, sheen=0.3)
    loops = [
        moved(
            tube(curve([[0, 0, 0], [0.12, 0, 0.14], [0.26, 0, 0.12], [0.24, 0, 0.03], [0, 0, 0]]), 0.022),
            (0, 0, size + 0.01),
            turn_deg=(0, 0, turn),
        )
        for turn in (20, 110, 200, 290)
    ]
    parts: list[Part] = [
        (moved(box((size, size, size * 0.94), 0.012), (0, 0, size * 0.47)), Material((0.5, 0.03, 0.06), roughness=0.4)),
        (moved(box((size + 0.03, size + 0.03, 0.14), 0.012), (0, 0, size * 0.93)), Material((0.5, 0.03, 0.06))),
        (moved(box((0.1, size + 0.05, size + 0.02), 0.005), (0, 0, size / 2 + 0.01)), ribbon),
        (moved(box((size + 0.05, 0.1, size + 0.02), 0.005), (0, 0, size / 2 + 0.01)), ribbon),
        *((loop, ribbon) for loop in loops),
    ]
    return assembled("GiftBox", parts, "gift box")
