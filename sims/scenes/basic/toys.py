"""Balls, games, instruments and clothes."""

import numpy as np
from scipy.spatial import KDTree

from sims.scenes.basic.solids import Part, assembled, box, curve, moved, revolve, sphere, tube
from sims.scenes.description import Material, Mesh, Model

WHITE = Material((0.82, 0.82, 0.8), roughness=0.4, coat=0.2)
BLACK = Material((0.02, 0.02, 0.022), roughness=0.4, coat=0.2)
CUTS = 5
"""Of a ball whose triangles show a pattern: 20 x 4^5 of them."""


def soccer_ball() -> Model:
    """Black pentagons and white hexagons, with seams."""
    ball = sphere(0.5, CUTS)
    middles = _middles(ball)
    corners = sphere(1.0, 0).vertices.astype(np.float64)
    faces = corners[sphere(1.0, 0).triangles].mean(1)
    pentagon = np.sort(middles @ corners.T, 1)[:, -1]
    hexagons = np.sort(middles @ (faces / np.linalg.norm(faces, axis=1, keepdims=True)).T, 1)
    near = np.cos(np.radians(20.9))
    black = pentagon > near - 0.012 * np.cos(5 * _around(middles, corners))
    seam = ~black & (hexagons[:, -1] - hexagons[:, -2] < 0.012)
    part = np.where(black, 1, np.where(seam, 2, 0)).astype(np.int32)
    paints = (WHITE, BLACK, Material((0.25, 0.25, 0.25), roughness=0.7))
    return assembled("SoccerBall", [(ball._replace(part=part), paints)], "soccer ball", (805,))


def basketball() -> Model:
    """Orange leather with black seams."""
    ball = sphere(0.5, CUTS)
    x, y, z = _middles(ball).T
    circles = np.minimum(np.abs(x), np.abs(z))
    sides = np.abs(np.hypot(np.abs(x) - 1.15, 0.75 * z) - 0.62)
    seam = np.minimum(circles, np.where(np.abs(x) < 0.99, sides, 1.0)) < 0.018
    leather = Material((0.62, 0.2, 0.05), "noise", (0.55, 0.16, 0.035), 60.0, 0.55, bump=0.006)
    turned = moved(ball._replace(part=seam.astype(np.int32)), turn_deg=(25, 0, 35))
    return assembled("Basketball", [(turned, (leather, BLACK))], "basketball", (430,))


def tennis_ball() -> Model:
    """Yellow felt with the white curve."""
    ball = sphere(0.5, CUTS)
    t = np.linspace(0.0, 2.0 * np.pi, 2000)
    a, b = 0.75, 0.25
    seam = np.stack(
        [a * np.cos(t) + b * np.cos(3 * t), a * np.sin(t) - b * np.sin(3 * t), 2 * (a * b) ** 0.5 * np.sin(2 * t)]
    )
    distance, _ = KDTree(seam.T).query(_middles(ball))
    felt = Material((0.6, 0.72, 0.06), "noise", (0.5, 0.62, 0.05), 40.0, 0.95, bump=0.01, sheen=0.5)
    turned = moved(ball._replace(part=(distance < 0.045).astype(np.int32)), turn_deg=(50, 20, 0))
    return assembled("TennisBall", [(turned, (felt, WHITE))], "tennis ball", (852,))


def dumbbell(disc: float = 0.2) -> Model:
    """A bar with two weights at each end, lying on the ground."""
    iron = Material((0.05, 0.05, 0.055), roughness=0.45, coat=0.1)
    steel = Material((0.6, 0.6, 0.62), roughness=0.25, metallic=1.0)
    parts: list[Part] = [(tube(np.array([[-0.5, 0, 0], [0.5, 0, 0]]), 0.035), steel)]
    for s in (-1, 1):
        for at, radius, thick in ((0.3, disc, 0.07), (0.39, 0.8 * disc, 0.07)):
            rounded = curve(
                [
                    [0.0, 0.0],
                    [radius - 0.02, 0.0],
                    [radius, 0.02],
                    [radius, thick - 0.02],
                    [radius - 0.02, thick],
                    [0.0, thick],
                ],
                40,
            )
            parts.append((moved(revolve(rounded), (s * at - thick / 2, 0, 0), turn_deg=(0, 90, 0)), iron))
    return assembled("Dumbbell", parts, "dumbbell", (543,))


def cowboy_hat(brim: float = 0.5) -> Model:
    """A felt hat, its brim turned up at the sides and its crown creased."""
    outer = curve([[0.0, 0.42], [0.16, 0.43], [0.22, 0.38], [0.26, 0.1], [0.3, 0.04], [brim, 0.05]], 60)
    under = curve([[brim, 0.03], [0.3, 0.02], [0.24, 0.0], [0.22, 0.3], [0.0, 0.36]], 50)
    hat = revolve(np.concatenate([outer, under])[::-1])
    x, y, z = hat.vertices.astype(np.float64).T
    r = np.hypot(x, y)
    lift = 0.2 * np.clip((r - 0.28) / 0.22, 0, 1) ** 1.5 * (x / np.maximum(r, 1e-9)) ** 2
    crease = 0.12 * np.exp(-((x / 0.07) ** 2)) * np.clip((z - 0.25) / 0.15, 0, 1)
    felt = hat._replace(vertices=np.stack([0.86 * x, 1.1 * y, z + lift - crease], -1).astype(np.float32))
    band = moved(revolve(np.array([(0, 0.07), (0.272, 0.07), (0.262, 0.13), (0, 0.13)])), scale=(0.86, 1.1, 1.0))
    parts: list[Part] = [
        (felt, Material((0.3, 0.17, 0.08), "noise", (0.26, 0.14, 0.06), 20.0, 0.95, sheen=0.4)),
        (band, Material((0.03, 0.015, 0.01), roughness=0.4)),
    ]
    return assembled("CowboyHat", parts, "cowboy hat", (515,))


def toilet_roll(radius: float = 0.5) -> Model:
    """A roll of paper that stands upright, its last sheet hanging."""
    roll = [
        (0, 0.45),
        (0.16, 0.45),
        (0.16, 0.0),
        (radius - 0.03, 0.0),
        (radius, 0.03),
        (radius, 0.87),
        (radius - 0.03, 0.9),
    ]
    roll += [(0.17, 0.9), (0.17, 0.46), (0, 0.46)]
    paper = Material((0.85, 0.84, 0.82), "noise", (0.8, 0.79, 0.77), 40.0, 0.95)
    core = revolve(np.array([(0, 0.44), (0.17, 0.44), (0.17, 0.89), (0.155, 0.89), (0.155, 0.47), (0, 0.47)]))
    sheet = moved(box((0.02, 0.42, 0.84), 0.004), (radius + 0.005, -0.2, 0.45), turn_deg=(0, 0, 4))
    parts: list[Part] = [
        (revolve(np.array(roll)), paper),
        (core, Material((0.4, 0.27, 0.15), roughness=0.9)),
        (sheet, paper),
    ]
    return assembled("ToiletTissue", parts, "toilet roll", (999,))


def drum(radius: float = 0.42) -> Model:
    """A snare drum with two sticks on it."""
    shell = revolve(np.array([(0, 0), (radius, 0), (radius, 0.5), (0, 0.5)]))
    chrome = Material((0.7, 0.7, 0.72), roughness=0.15, metallic=1.0)
    t = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    hoop = np.stack([(radius + 0.012) * np.cos(t), (radius + 0.012) * np.sin(t), 0 * t], -1)
    parts: list[Part] = [
        (shell, Material((0.5, 0.02, 0.03), roughness=0.2, coat=0.7)),
        (moved(tube(hoop, 0.022, 12, loop=True), (0, 0, 0.02)), chrome),
        (moved(tube(hoop, 0.022, 12, loop=True), (0, 0, 0.5)), chrome),
        (moved(revolve(np.array([(0, 0), (radius - 0.01, 0), (radius - 0.01, 0.01), (0, 0.01)])), (0, 0, 0.5)), WHITE),
    ]
    for turn in np.arange(8) * np.pi / 4:
        x, y = (radius + 0.02) * np.cos(turn), (radius + 0.02) * np.sin(turn)
        parts.append((tube(np.array([[x, y, 0.05], [x, y, 0.47]]), 0.012, 10), chrome))
    stick = Material((0.6, 0.4, 0.2), "wood", (0.5, 0.3, 0.14), 5.0, 0.4)
    for s in (-1, 1):
        path = np.array([[-0.3, 0.22 * s - 0.08, 0.54], [0.42, -0.1 * s - 0.08, 0.56]])
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


def toy_blocks() -> Model:
    """Three coloured blocks, one on the others."""
    red, blue, yellow = ((0.6, 0.03, 0.03), (0.03, 0.1, 0.5), (0.75, 0.5, 0.03))
    places = ((red, (-0.27, 0, 0.25), 5), (blue, (0.27, 0.04, 0.25), -8), (yellow, (0.02, 0, 0.75), 20))
    parts: list[Part] = [
        (moved(box((0.5, 0.5, 0.5), 0.03), at, turn_deg=(0, 0, turn)), Material(color, roughness=0.35, coat=0.3))
        for color, at, turn in places
    ]
    return assembled("ToyBlocks", parts, "stack of toy blocks")


def rubber_duck() -> Model:
    """A yellow bath duck that looks to the front."""
    yellow = Material((0.85, 0.6, 0.02), roughness=0.25, coat=0.4, subsurface=0.1)
    orange = Material((0.8, 0.22, 0.01), roughness=0.3)
    body = sphere(0.4, 5)
    x, y, z = body.vertices.astype(np.float64).T
    tail = 0.25 * np.clip(y / 0.4, 0, 1) ** 3
    body = body._replace(
        vertices=np.stack([0.85 * x, 1.15 * y, np.maximum(0.75 * z, -0.2) + tail], -1).astype(np.float32)
    )
    parts: list[Part] = [
        (moved(body, (0, 0, 0.2)), yellow),
        (moved(sphere(0.25, 4), (0, -0.25, 0.63)), yellow),
        (moved(sphere(0.1, 4), (0, -0.5, 0.59), scale=(1.1, 1.0, 0.4)), orange),
        *((moved(sphere(0.16, 4), (0.3 * s, 0.06, 0.27), scale=(0.45, 1.3, 0.8)), yellow) for s in (-1, 1)),
        *((moved(sphere(0.04, 3), (0.1 * s, -0.455, 0.7)), BLACK) for s in (-1, 1)),
    ]
    return assembled("RubberDuck", parts, "rubber duck")


def traffic_cone(height: float = 1.0) -> Model:
    """An orange cone with white stripes on a black foot."""
    side = np.array([(0.24, 0.05), (0.175, 0.32), (0.13, 0.5), (0.09, 0.68), (0.035, 0.92)])
    orange = Material((0.8, 0.14, 0.01), roughness=0.45)
    parts: list[Part] = [(moved(box((0.62, 0.62, 0.06), 0.02), (0, 0, 0.03)), BLACK)]
    for k, paint in enumerate((orange, WHITE, orange, Material((0.8, 0.14, 0.01), roughness=0.45))):
        (low, z0), (high, z1) = side[k], side[k + 1]
        parts.append((revolve(np.array([(0, z0), (low, z0), (high, z1 * height), (0, z1 * height)])), paint))
    return assembled("TrafficCone", parts, "traffic cone")


def umbrella(ribs: int = 8) -> Model:
    """An open umbrella that stands on its handle's end and its rim, as if put down."""
    t = np.linspace(0.0, 1.0, 40)
    dome = np.stack(
        [0.5 * np.sin(t * 1.25) / np.sin(1.25), 0.34 * (np.cos(t * 1.25) - np.cos(1.25)) / (1 - np.cos(1.25))], -1
    )
    under = dome[::-1] - [[0.0, 0.012]]
    cloth = revolve(np.concatenate([under[::-1], dome[::-1]]), 8 * ribs)
    x, y, z = cloth.vertices.astype(np.float64).T
    turn, r = np.arctan2(y, x), np.hypot(x, y)
    sag = 1.0 - 0.07 * (r / 0.5) ** 2 * (1 - np.abs(np.cos(ribs / 2 * turn)))
    cloth = cloth._replace(vertices=np.stack([x * sag, y * sag, z + 0.02 * (1 - sag)], -1).astype(np.float32))
    panel = (np.floor((_turns(cloth)) * ribs / (2 * np.pi)) % 2).astype(np.int32)
    hook = curve([[0, 0, 0.33], [0, 0, -0.3], [0, 0, -0.4], [0.05, 0, -0.46], [0.1, 0, -0.4]], 50)
    parts = [
        (
            cloth._replace(part=panel),
            (Material((0.55, 0.03, 0.05), roughness=0.7), Material((0.8, 0.76, 0.66), roughness=0.7)),
        ),
        (tube(hook, 0.012, 12), Material((0.2, 0.09, 0.04), roughness=0.3, coat=0.4)),
        (tube(np.array([[0, 0, 0.33], [0, 0, 0.42]]), [0.012, 0.006], 12), BLACK),
    ]
    tilted = [(moved(shape, turn_deg=(0, 62, 20)), paint) for shape, paint in parts]
    return assembled("Umbrella", tilted, "umbrella", (879,))


def _middles(ball: Mesh) -> np.ndarray:
    """`[triangle, 3]` unit vectors to the middles of a ball's triangles."""
    middles = ball.vertices.astype(np.float64)[ball.triangles].mean(1)
    return middles / np.linalg.norm(middles, axis=1, keepdims=True)


def _turns(shape: Mesh) -> np.ndarray:
    """`[triangle]` the angle about z of each triangle's middle, 0 to 2 pi."""
    middles = shape.vertices.astype(np.float64)[shape.triangles].mean(1)
    return np.arctan2(middles[:, 1], middles[:, 0]) % (2 * np.pi)


def _around(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """`[point]` the angle about the nearest of an icosahedron's corners, 0 towards a neighbour of that corner."""
    nearest = (points @ corners.T).argmax(1)
    axis = corners[nearest]
    neighbour = corners[np.argsort(corners @ corners.T, 1)[:, -2]][nearest]
    side = neighbour - axis * (neighbour * axis).sum(1, keepdims=True)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    return np.arctan2((points * np.cross(axis, side)).sum(1), (points * side).sum(1))
