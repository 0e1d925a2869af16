"""Things that stand in rooms."""

import numpy as np

from sims.scenes.basic.solids import Part, assembled, box, curve, moved, revolve, sphere, tube
from sims.scenes.description import Material, Mesh, Model

OAK = Material((0.42, 0.24, 0.1), "wood", (0.3, 0.15, 0.06), 3.0, 0.4, coat=0.2)
DARK = Material((0.12, 0.05, 0.025), "wood", (0.08, 0.03, 0.012), 3.0, 0.35, coat=0.3)
IRON = Material((0.3, 0.3, 0.32), roughness=0.3, metallic=1.0)


def table_lamp(shade: float = 0.33) -> Model:
    """A lamp with a lit shade on a turned foot."""
    foot = curve(
        [[0.0, 0.0], [0.2, 0.0], [0.2, 0.04], [0.05, 0.1], [0.1, 0.26], [0.03, 0.44], [0.025, 0.6], [0, 0.6]], 60
    )
    cone = [(0, 0.94), (shade * 0.6, 0.98), (shade * 0.62, 0.98), (shade, 0.55), (shade - 0.012, 0.55), (0, 0.9)]
    parts: list[Part] = [
        (revolve(foot), Material((0.1, 0.25, 0.35), roughness=0.15, coat=0.6)),
        (
            revolve(np.array(cone)[::-1]),
            Material((0.9, 0.78, 0.55), "weave", (0.8, 0.66, 0.42), 30.0, 0.9, emission=0.35),
        ),
    ]
    return assembled("TableLamp", parts, "table lamp", (846,))


def bookcase(shelves: int = 4) -> Model:
    """A bookcase full of books, open to the front."""
    width, depth, height, t = 0.62, 0.24, 1.0, 0.025
    boards = [
        ((t, depth, height), (-width / 2 + t / 2, 0, height / 2)),
        ((t, depth, height), (width / 2 - t / 2, 0, height / 2)),
        ((width, t, height), (0, depth / 2 - t / 2, height / 2)),
    ]
    levels = np.linspace(t / 2 + 0.03, height - t / 2, shelves + 1)
    boards += [((width, depth, t), (0, 0, z)) for z in levels]
    parts: list[Part] = [(moved(box(size, 0.004), at), OAK) for size, at in boards]
    rng = np.random.default_rng(7)
    covers = [
        (0.4, 0.04, 0.03),
        (0.04, 0.1, 0.3),
        (0.05, 0.2, 0.08),
        (0.6, 0.4, 0.1),
        (0.7, 0.66, 0.55),
        (0.15, 0.05, 0.2),
    ]
    room = levels[1] - levels[0] - t
    for z in levels[:-1]:
        x = -width / 2 + t
        while x < width / 2 - t - 0.05:
            thick, tall = rng.uniform(0.018, 0.042), room * rng.uniform(0.68, 0.95)
            book = moved(box((thick * 0.94, 0.16, tall), 0.004, 2), (x + thick / 2, -0.01, z + t / 2 + tall / 2))
            parts.append((book, Material(covers[rng.integers(len(covers))], roughness=0.6)))
            x += thick
    return assembled("Bookcase", parts, "bookcase", (453,))


def dining_table(width: float = 1.0, depth: float = 0.6, height: float = 0.52) -> Model:
    """A wooden table on four legs."""
    legs = [(x * (width / 2 - 0.06), y * (depth / 2 - 0.06)) for x in (-1, 1) for y in (-1, 1)]
    parts: list[Part] = [(moved(box((width, depth, 0.04), 0.012), (0, 0, height - 0.02)), OAK)]
    parts.append((moved(box((width - 0.14, depth - 0.14, 0.07), 0.004), (0, 0, height - 0.07)), OAK))
    leg = revolve(np.array([(0, 0), (0.022, 0), (0.035, height - 0.04), (0, height - 0.04)]), 32)
    parts += [(moved(leg, (x, y, 0)), OAK) for x, y in legs]
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
    cushion = moved(box((w - 0.04, d - 0.05, 0.06), 0.028), (0, -0.01, seat + 0.045))
    parts.append((cushion, Material((0.5, 0.05, 0.05), "weave", (0.4, 0.03, 0.03), 30.0, 0.9, sheen=0.4)))
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
    circle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = np.stack([0.243 * np.cos(circle), 0.243 * np.sin(circle), 0.26 + 0 * circle], -1)
    parts.append((tube(ring, 0.014, 12, loop=True), IRON))
    return assembled("Stool", parts, "stool")


def wall_clock(radius: float = 0.5) -> Model:
    """A round clock that stands upright, at ten past ten."""
    rim = np.array(
        [(0, -0.06), (radius, -0.06), (radius, 0.05), (radius - 0.05, 0.06), (radius - 0.06, 0.02), (0, 0.02)]
    )
    black = Material((0.02, 0.02, 0.02), roughness=0.4)
    flat: list[Part] = [(revolve(rim), Material((0.45, 0.05, 0.04), roughness=0.25, coat=0.5))]
    face = revolve(np.array([(0, 0), (radius - 0.06, 0), (radius - 0.06, 0.025), (0, 0.025)]))
    flat.append((face, Material((0.88, 0.86, 0.8), roughness=0.6)))
    for hour in range(12):
        long = 0.09 if hour % 3 == 0 else 0.05
        mark = moved(box((0.022, long, 0.012)), (0, radius - 0.09 - long / 2, 0.03))
        flat.append((moved(mark, turn_deg=(0, 0, 30 * hour)), black))
    for length, width, turn in ((0.2, 0.035, 55), (0.3, 0.022, -60)):
        hand = moved(box((width, length, 0.012)), (0, length / 2 - 0.03, 0.045))
        flat.append((moved(hand, turn_deg=(0, 0, turn)), black))
    flat.append((moved(sphere(0.03, 3), (0, 0, 0.045)), black))
    feet = [(moved(sphere(0.06, 3), (x, 0, -radius * 0.97)), black) for x in (-0.12, 0.12)]
    parts = [(moved(shape, turn_deg=(90, 0, 0)), paint) for shape, paint in flat] + feet
    return assembled("WallClock", parts, "clock", (892,))


def bucket(top: float = 0.36) -> Model:
    """A zinc bucket, its bail up."""
    outer = [(0, 0), (0.25, 0), (0.26, 0.02), (top, 0.68), (top + 0.015, 0.69), (top + 0.015, 0.71), (top - 0.01, 0.71)]
    inner = [(0.245, 0.03), (0, 0.03)]
    t = np.linspace(0, np.pi, 40)
    bail = np.stack([top * np.cos(t), 0.0 * t - 0.02, 0.64 + 0.36 * np.sin(t)], -1)
    zinc = Material((0.5, 0.53, 0.55), "noise", (0.62, 0.65, 0.67), 6.0, 0.35, metallic=1.0)
    parts: list[Part] = [(revolve(np.array(outer + inner)), zinc), (tube(bail, 0.014, 10), IRON)]
    return assembled("Bucket", parts, "bucket", (463,))


def barrel(belly: float = 0.37) -> Model:
    """A wooden barrel with iron hoops."""
    side = curve([[0.29, 0.0], [belly, 0.5], [0.29, 1.0]], 40)
    body = np.concatenate([[[0.0, 0.04], [0.26, 0.04], [0.26, 0.0]], side, [[0.26, 1.0], [0.26, 0.96], [0.0, 0.96]]])
    parts: list[Part] = [(revolve(body), Material((0.34, 0.18, 0.08), "wood", (0.2, 0.09, 0.035), 6.0, 0.6))]
    parts += [(_hoop(side, z), IRON) for z in (0.05, 0.24, 0.76, 0.95)]
    return assembled("Barrel", parts, "barrel", (427,))


def _hoop(side: np.ndarray, z: float) -> Mesh:
    """A flat ring around a body whose outline is `side`, at a height."""
    low, high = (float(np.interp(z + dz, side[:, 1], side[:, 0])) for dz in (-0.025, 0.025))
    rings = [(0, z - 0.025), (low + 0.008, z - 0.025), (high + 0.008, z + 0.025), (0, z + 0.025)]
    return revolve(np.array(rings))


def mailbox(height: float = 1.0) -> Model:
    """A mailbox on a post, its flag up, its door to the front."""
    blue = Material((0.05, 0.12, 0.4), roughness=0.3, coat=0.4)
    body = moved(box((0.26, 0.5, 0.16), 0.01), (0, 0, 0.72))
    t = np.linspace(0, np.pi, 40)
    arch = np.stack([0.13 * np.cos(t), 0.13 * np.sin(t)], -1)
    roof = _extruded(arch, 0.5)
    parts: list[Part] = [
        (moved(box((0.09, 0.09, 0.66), 0.005), (0, 0.05, 0.33)), OAK),
        (body, blue),
        (moved(roof, (0, 0, 0.8)), blue),
        (
            moved(box((0.22, 0.02, 0.13), 0.008), (0, -0.25, 0.73)),
            Material((0.55, 0.57, 0.6), roughness=0.3, metallic=1.0),
        ),
        (moved(sphere(0.02, 3), (0, -0.27, 0.76)), IRON),
        (moved(box((0.012, 0.03, 0.22), 0.003), (0.14, -0.05, 0.86)), Material((0.6, 0.03, 0.02), roughness=0.4)),
        (
            moved(box((0.014, 0.13, 0.07), 0.003), (0.14, 0.0, 0.94 * height)),
            Material((0.6, 0.03, 0.02), roughness=0.4),
        ),
    ]
    return assembled("Mailbox", parts, "mailbox", (637,))


def _extruded(outline: np.ndarray, depth: float) -> Mesh:
    """A convex outline `[n, 2]` (x, z), counter-clockwise as seen from the front, as a body `depth` m deep along y."""
    n = len(outline)
    front = np.stack([outline[:, 0], np.full(n, -depth / 2), outline[:, 1]], -1)
    points = np.concatenate([front, front + [0, depth, 0]])
    k = np.arange(n)
    nxt = np.roll(k, -1)
    sides = np.concatenate([np.stack([k, k + n, nxt], -1), np.stack([nxt, k + n, nxt + n], -1)])
    fan = np.stack([np.zeros(n - 2, int), k[1:-1], k[2:]], -1)
    triangles = np.concatenate([sides, fan, fan[:, ::-1] + n])
    whole = Mesh(
        points.astype(np.float32),
        triangles.astype(np.int32),
        np.zeros(len(triangles), np.int32),
        np.ones(len(triangles), np.bool_),
    )
    return whole
