"""Things that stand on tables."""

import numpy as np
from numpy.typing import NDArray

from sims.scenes.basic.solids import Part, assembled, bent, box, curve, moved, oval, revolve, sphere, tube, turned_ring
from sims.scenes.description import Material, Mesh, Model

GLAZE = Material((0.62, 0.08, 0.05), roughness=0.15, coat=0.6)
CREAM = Material((0.8, 0.74, 0.62), roughness=0.25, coat=0.4)
DARK = Material((0.015, 0.012, 0.01), roughness=0.6)
STEEL = Material((0.62, 0.62, 0.64), roughness=0.22, metallic=1.0)
BEECH = Material((0.5, 0.3, 0.13), "noise", (0.4, 0.22, 0.09), 5.0, 0.5)


def coffee_mug(radius: float = 0.4, height: float = 0.95) -> Model:
    """A glazed mug, its handle on the right, cream inside."""
    w = 0.04
    outer = [(0, 0), (radius - 0.05, 0), (radius, 0.05), (radius, height - 0.02), (radius - w / 2, height)]
    inner = [(radius - w, height - 0.02), (radius - w, 0.1), (radius - 0.1, w), (0, w)]
    shape = [(-0.02, 0.82), (0.2, 0.8), (0.3, 0.54), (0.2, 0.26), (-0.02, 0.2)]
    handle = curve([[radius + out, 0, up * height] for out, up in shape])
    coffee = moved(revolve([(0, 0), (radius - w, 0), (radius - w, 0.01), (0, 0.01)]), (0, 0, 0.8 * height))
    parts = [
        (revolve(outer + inner), GLAZE),
        (tube(handle, 1.0, section=oval(0.08, 0.045, 24)), GLAZE),
        (coffee, Material((0.05, 0.02, 0.008), roughness=0.1)),
    ]
    return assembled("CoffeeMug", parts, "coffee mug", (504,))


def teapot(fat: float = 0.5) -> Model:
    """A round pot with a spout on the left and a handle on the right."""
    pot = Material((0.08, 0.2, 0.42), "speckle", (0.75, 0.78, 0.8), 9.0, 0.15, coat=0.6)
    body = curve([[0.0, 0.0], [0.28, 0.0], [fat * 0.95, 0.22], [fat, 0.38], [0.36, 0.62], [0.2, 0.68], [0.0, 0.69]], 60)
    lid = curve([[0.0, 0.66], [0.225, 0.665], [0.23, 0.68], [0.2, 0.71], [0.1, 0.76], [0.0, 0.77]], 30)
    spout = curve([[-0.4, 0, 0.25], [-0.62, 0, 0.34], [-0.72, 0, 0.5], [-0.86, 0, 0.64]])
    handle = curve([[0.38, 0, 0.56], [0.62, 0, 0.6], [0.75, 0, 0.44], [0.66, 0, 0.24], [0.44, 0, 0.2]])
    parts = [
        (revolve(body), pot),
        (revolve(lid), pot),
        (moved(sphere(0.06, 3), (0, 0, 0.81)), pot),
        (tube(spout, np.linspace(0.12, 0.05, len(spout))), pot),
        (tube([spout[-2], spout[-1] + 0.02 * (spout[-1] - spout[-2])], 0.036), DARK),
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
    level = 0.8 * depth
    soup = curve([[0.0, level - 0.03], [0.42, level - 0.03], [0.452, level + 0.004], [0.43, level], [0.0, level]], 30)
    cream = Material((0.72, 0.2, 0.03), "noise", (0.8, 0.27, 0.05), 7.0, 0.6)
    parts: list[Part] = [
        (revolve(np.concatenate([outer, inner])), Material((0.2, 0.32, 0.5), roughness=0.2, coat=0.5)),
        (revolve(soup), cream),
    ]
    herb, bread = (
        Material((0.05, 0.22, 0.03), roughness=0.5),
        Material((0.55, 0.3, 0.1), "noise", (0.7, 0.45, 0.2), 20.0),
    )
    for k in range(14):  # spread as seeds of a sunflower are
        r, turn = 0.36 * ((k + 0.5) / 14) ** 0.5, 2.399963 * k
        at = (r * np.cos(turn), r * np.sin(turn), level + 0.004)
        if k % 3:
            parts.append((moved(sphere(0.022, 2), at, scale=(1.5, 0.8, 0.3), turn_deg=(0, 0, 97 * k)), herb))
        else:
            parts.append((moved(box((0.075, 0.075, 0.06), 0.012), at, turn_deg=(5, 8, 53 * k)), bread))
    return assembled("SoupBowl", parts, "soup bowl", (809,))


def wine_bottle(radius: float = 0.135) -> Model:
    """A dark green bottle with a label and a red capsule."""
    r = radius
    shoulder = curve([[r, 0.55], [0.93 * r, 0.63], [0.5 * r, 0.72], [0.05, 0.78], [0.045, 0.84]], 36)
    body = [[0.0, 0.03], [r - 0.03, 0.0], [r - 0.01, 0.006], [r, 0.03], *shoulder, [0.045, 0.95], [0.0, 0.95]]
    capsule = [(0.0, 0.8), (0.052, 0.8), (0.05, 0.95), (0.056, 0.952), (0.056, 0.98), (0.05, 0.99), (0.0, 0.992)]
    cream = Material((0.85, 0.8, 0.68), roughness=0.75)
    red, gold = Material((0.35, 0.02, 0.03), roughness=0.3), Material((0.7, 0.48, 0.15), roughness=0.3, metallic=1.0)
    parts: list[Part] = [
        (revolve(body), Material((0.008, 0.05, 0.015), roughness=0.06, coat=1.0)),
        (revolve(capsule), red),
        (_band(r + 0.001, 0.16, 0.46), cream),
        *((_band(r + 0.0015, z, z + 0.008), gold) for z in (0.172, 0.44)),
        (_band(r + 0.0015, 0.2, 0.25), red),
        (moved(sphere(0.05, 4), (0, -r, 0.345), scale=(1, 0.06, 1.2)), gold),
    ]
    return assembled("WineBottle", parts, "wine bottle", (907,))


def _band(radius: float, low: float, high: float) -> Mesh:
    """A thin sleeve between two heights."""
    return turned_ring([(radius - 0.01, low), (radius, low), (radius, high), (radius - 0.01, high)])


def goblet(bowl: float = 0.26) -> Model:
    """A golden cup on a stem."""
    outer = curve([[0.0, 0.0], [0.24, 0.0], [0.23, 0.03], [0.06, 0.1], [0.04, 0.25], [0.07, 0.42], [0.05, 0.5]], 48)
    cup = curve([[0.1, 0.56], [bowl, 0.72], [bowl + 0.01, 0.85], [bowl - 0.02, 1.0]], 30)
    inner = curve([[bowl - 0.045, 1.0], [bowl - 0.015, 0.85], [bowl - 0.03, 0.74], [0.1, 0.6], [0.0, 0.58]], 30)
    gold = Material((0.9, 0.58, 0.2), roughness=0.18, metallic=1.0)
    return assembled("Goblet", [(revolve(np.concatenate([outer, cup, inner])), gold)], "goblet", (572,))


def frying_pan(radius: float = 0.34, reach: float = 0.5) -> Model:
    """A black pan with a fried egg, its handle, of length `reach`, to the right."""
    r = radius
    side = curve([[0.78 * r, 0.0], [0.9 * r, 0.02], [r, 0.11]], 16)
    rim = [[r + 0.008, 0.116], [r, 0.122], [r - 0.012, 0.112]]
    outer = [[0.0, 0.0], *side, *rim, *(side[-2::-1] - [[0.014, -0.012]]), [0.0, 0.012]]
    path = curve([[r - 0.01, 0, 0.09], [r + 0.3 * reach, 0, 0.15], [r + 0.7 * reach, 0, 0.17], [r + reach, 0, 0.16]])
    wide = np.interp(
        np.linspace(0, 1, len(path)), [0, 0.2, 0.3, 0.6, 0.95, 1], [0.022, 0.022, 0.032, 0.04, 0.038, 0.02]
    )
    grip = int(0.3 * len(path))
    parts: list[Part] = [
        (revolve(outer), Material((0.02, 0.02, 0.022), roughness=0.35, coat=0.3)),
        (tube(path[: grip + 2], wide[: grip + 2], section=oval(1.2, 0.5)), STEEL),
        (tube(path[grip:], wide[grip:], section=oval(1.0, 0.6)), Material((0.03, 0.025, 0.022), roughness=0.45)),
        (bent(sphere(0.17, 5), _runny), Material((0.88, 0.86, 0.8), roughness=0.3, subsurface=0.2)),
        (moved(sphere(0.062, 4), (-0.02, 0.01, 0.028), scale=(1, 1, 0.6)), Material((0.9, 0.4, 0.015), roughness=0.15)),
    ]
    return assembled("FryingPan", parts, "frying pan", (567,))


def _runny(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """A ball spilt as the white of an egg."""
    turn = np.arctan2(y, x)
    swell = 1.0 + 0.1 * np.cos(3 * turn + 0.5) + 0.07 * np.cos(5 * turn + 2.0)
    return x * swell - 0.03, 0.92 * y * swell, 0.09 * z + 0.016


def wooden_spoon(length: float = 1.0) -> Model:
    """A cooking spoon that lies on the ground, its bowl hollow and on the left."""
    along = np.linspace(-0.19, 0.79, 40) * length
    lift = 0.032 + 0.02 * np.sin(np.linspace(0.0, np.pi, 40))
    wide = np.interp(along, [-0.19, -0.1, 0.4, 0.76, 0.79], [0.034, 0.024, 0.026, 0.032, 0.012])

    def bowl(x: NDArray, y: NDArray, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        hollow = np.where(z > 0.0, 0.05 * np.clip(1.0 - (x**2 + y**2) / 0.0075, 0.0, 1.0), 0.0)
        return 1.5 * x * (1.0 - 1.2 * x) - 0.29, y, 0.45 * np.where(z > 0.0, 0.35 * z, z) + 0.045 - 0.9 * hollow

    parts: list[Part] = [
        (tube(np.stack([along, 0.0 * along, lift], -1), wide, section=oval(1.0, 0.8)), BEECH),
        (bent(sphere(0.1, 5), bowl), BEECH),
    ]
    return assembled("WoodenSpoon", parts, "wooden spoon", (910,))


def candle(height: float = 0.75) -> Model:
    """A burning candle on a brass holder."""
    wax = [(0, 0.06), (0.16, 0.06), (0.16, height - 0.02), (0.14, height), (0.1, height - 0.025), (0, height - 0.03)]
    holder = curve([[0.0, 0.0], [0.34, 0.0], [0.36, 0.08], [0.34, 0.08], [0.3, 0.04], [0.0, 0.05]], 40)
    flame = curve([[0.0, 0.0], [0.035, 0.04], [0.04, 0.08], [0.015, 0.16], [0.0, 0.2]], 24)
    wick = np.array([[0, 0, height - 0.05], [0, 0, height + 0.04]])
    parts: list[Part] = [
        (revolve(wax), Material((0.85, 0.75, 0.55), roughness=0.4, subsurface=0.3)),
        (revolve(holder), Material((0.7, 0.45, 0.15), roughness=0.25, metallic=1.0)),
        (tube(wick, 0.01), Material((0.02, 0.02, 0.02))),
        (moved(revolve(flame), (0, 0, height + 0.02)), Material((1.0, 0.55, 0.12), emission=6.0)),
    ]
    return assembled("Candle", parts, "candle", (470,))


def pepper_mill(height: float = 0.88) -> Model:
    """A turned wooden mill with a steel knob."""
    foot = [[0.0, 0.0], [0.18, 0.0], [0.19, 0.02], [0.19, 0.08], [0.15, 0.12], [0.12, 0.3]]
    profile = curve([*foot, [0.155, 0.5], [0.11, 0.6], [0.11, 0.61], [0.165, 0.72], [0.12, 0.84], [0.0, 0.88]], 100)
    ring = turned_ring([(0.105, 0.6), (0.125, 0.6), (0.125, 0.612), (0.105, 0.612)])
    tall = (1.0, 1.0, height / 0.88)
    parts: list[Part] = [
        (
            moved(revolve(profile), scale=tall),
            Material((0.2, 0.07, 0.03), "wood", (0.12, 0.04, 0.015), 5.0, 0.25, coat=0.6),
        ),
        (moved(ring, scale=tall), STEEL),
        (tube([[0, 0, height - 0.02], [0, 0, height + 0.03]], [0.05, 0.03]), STEEL),
        (moved(sphere(0.055, 4), (0, 0, height + 0.065)), STEEL),
    ]
    return assembled("PepperMill", parts, "pepper mill")


def gift_box(size: float = 0.7) -> Model:
    """A present with a ribbon and a bow."""
    ribbon = Material((0.75, 0.52, 0.08), roughness=0.35, sheen=0.3)
    paper = Material((0.5, 0.03, 0.06), "speckle", (0.75, 0.5, 0.45), 5.0, 0.4)
    wide, high = size + 0.03, 1.02 * size
    loop = curve([[0, 0, 0.01], [0.1, 0, 0.13], [0.22, 0, 0.16], [0.3, 0, 0.1], [0.2, 0, 0.03], [0.02, 0, 0.01]], 40)
    tail = curve([[0, 0, 0.02], [0.14, 0, 0.03], [0.26, 0, 0.012]], 16)
    flat = oval(0.055, 0.006, 16)
    bow = [moved(tube(loop, 1.0, section=flat), (0, 0, high), turn_deg=(0, 0, turn)) for turn in (10, 100, 190, 280)]
    bow += [moved(tube(tail, 1.0, section=flat), (0, 0, high), turn_deg=(0, 0, turn)) for turn in (55, 235)]
    parts: list[Part] = [
        (moved(box((size, size, size), 0.008), (0, 0, size / 2)), paper),
        (moved(box((wide, wide, 0.2 * size), 0.008), (0, 0, 0.915 * size)), paper),
        *((shape, ribbon) for shape in _crossed(0.1, size + 0.008, size - 0.02, 0.5 * size)),
        *((shape, ribbon) for shape in _crossed(0.104, wide + 0.008, 0.2 * size + 0.008, 0.915 * size)),
        (moved(sphere(0.06, 3), (0, 0, high + 0.03), scale=(1, 1, 0.8)), ribbon),
        *((shape, ribbon) for shape in bow),
    ]
    return assembled("GiftBox", parts, "gift box")


def _crossed(narrow: float, long: float, tall: float, z: float) -> list[Mesh]:
    """Two ribbons around a box, across one another; no two faces in one plane, which would flicker."""
    sizes = (narrow, long, tall), (long, narrow, tall + 0.004)
    return [moved(box(size, 0.003), (0, 0, z)) for size in sizes]
