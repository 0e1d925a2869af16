"""Houses, fences, windows, sofas: what people put into worlds; 1 m wide before it is scaled, its front to -y."""

from collections.abc import Callable

from sims.scenes.basic.solids import box, joined, moved
from sims.scenes.description import Material, Mesh, Model

PLASTER = (
    Material((0.42, 0.17, 0.1), "bricks", (0.4, 0.37, 0.33), 26.0, 0.9, bump=0.004),
    Material((0.6, 0.54, 0.42), "earth", (0.7, 0.65, 0.52), 6.0, 0.95, bump=0.003),
    Material((0.42, 0.44, 0.45), "earth", (0.52, 0.53, 0.53), 8.0, 0.95, bump=0.003),
)
GLASS = Material((0.02, 0.025, 0.03), roughness=0.05, coat=1.0)
FRAME = Material((0.75, 0.74, 0.7), roughness=0.6)
TILES = Material((0.24, 0.09, 0.05), "bricks", (0.1, 0.05, 0.03), 40.0, 0.8, bump=0.008)
TIMBER = Material((0.3, 0.2, 0.12), "planks", (0.1, 0.06, 0.03), 3.0, 0.9, bump=0.006)


def houses() -> tuple[Model, ...]:
    """Houses of different walls, 1 m wide: windows in frames, a door, a roof."""
    return tuple(_house(k) for k in range(3))


def _house(k: int) -> Model:
    storeys, walls, frames, panes = 2 + k % 2, [], [], []
    tall = 0.3 * storeys
    walls.append(moved(box((1.0, 0.7, tall)), (0.0, 0.35, tall / 2.0)))
    for floor in range(storeys):
        for n in range(4):
            x, z = -0.36 + 0.24 * n, 0.17 + 0.3 * floor
            high = 0.15 if floor or n != k % 4 else 0.24
            z = z if high == 0.15 else 0.12
            frames.append(moved(box((0.12, 0.02, high + 0.02)), (x, 0.0, z)))
            panes.append(moved(box((0.1, 0.02, high)), (x, -0.004, z)))
    roof = moved(box((1.08, 0.5, 0.03)), (0.0, 0.14, tall + 0.13), turn_deg=(32.0, 0.0, 0.0))
    back = moved(box((1.08, 0.5, 0.03)), (0.0, 0.56, tall + 0.13), turn_deg=(-32.0, 0.0, 0.0))
    parts = [(_whole(walls), PLASTER[k % 3]), (_whole(frames), FRAME), (_whole(panes), GLASS)]
    shape, materials = joined([*parts, (_whole([roof, back]), TILES)])
    return Model(f"house {k}", shape, materials)


def fence() -> tuple[Model, ...]:
    """A piece of fence: 1 m wide, two rails on two posts."""
    posts = [moved(box((0.05, 0.05, 0.55), 0.01), (x, 0.0, 0.275)) for x in (-0.5, 0.0, 0.5)]
    rails = [moved(box((1.0, 0.02, 0.07), 0.005), (0.0, -0.03, z)) for z in (0.2, 0.42)]
    return (Model("fence", _whole([*posts, *rails]), (TIMBER,)),)


def bale() -> tuple[Model, ...]:
    """A bale of straw, 1 m wide."""
    straw = Material((0.4, 0.29, 0.1), "earth", (0.62, 0.5, 0.24), 22.0, 0.95, bump=0.03)
    return (Model("bale", moved(box((1.0, 0.5, 0.42), 0.03), (0.0, 0.0, 0.21)), (straw,)),)


def window() -> tuple[Model, ...]:
    """A window of a room, 1 m wide, that shines like the day outside; it hangs on a wall behind it."""
    frame = [moved(box((1.1, 0.06, 1.3)), (0.0, 0.03, 0.95))]
    panes = [moved(box((0.47, 0.02, 0.57)), (x, -0.01, z)) for x in (-0.25, 0.25) for z in (0.65, 1.25)]
    day = Material((0.75, 0.87, 1.0), roughness=0.3, emission=4.0)
    shape, materials = joined([(_whole(frame), FRAME), (_whole(panes), day)])
    return (Model("window", shape, materials),)


def sofa() -> tuple[Model, ...]:
    """A sofa, 1 m wide."""
    cloth = Material((0.12, 0.16, 0.2), "weave", (0.2, 0.25, 0.3), 160.0, 0.95, sheen=0.4)
    seat = [moved(box((0.8, 0.36, 0.12), 0.04), (0.0, -0.02, 0.2)), moved(box((1.0, 0.42, 0.12), 0.02), (0.0, 0, 0.08))]
    arms = [moved(box((0.12, 0.42, 0.32), 0.05), (x, 0.0, 0.18)) for x in (-0.45, 0.45)]
    back = [moved(box((0.4, 0.14, 0.34), 0.05), (x, 0.16, 0.32), turn_deg=(-10.0, 0.0, 0.0)) for x in (-0.2, 0.2)]
    return (Model("sofa", _whole([*seat, *arms, *back]), (cloth,)),)


def picture() -> tuple[Model, ...]:
    """A framed picture, 1 m wide, its lower edge 1.5 m above the floor once it is as wide as that."""
    art = Material((0.1, 0.22, 0.3), "marble", (0.7, 0.5, 0.25), 2.0, 0.8)
    parts = [(moved(box((1.0, 0.05, 0.75), 0.01), (0, 0.025, 1.9)), TIMBER)]
    shape, materials = joined([*parts, (moved(box((0.88, 0.02, 0.63)), (0, -0.005, 1.9)), art)])
    return (Model("picture", shape, materials),)


def rug() -> tuple[Model, ...]:
    """A rug, 1 m wide."""
    wool = Material((0.2, 0.05, 0.045), "earth", (0.3, 0.13, 0.09), 9.0, 0.95)
    return (Model("rug", moved(box((1.0, 0.7, 0.004)), (0.0, 0.0, 0.002)), (wool,)),)


def _whole(shapes: list[Mesh]) -> Mesh:
    """Shapes of one surface as one mesh."""
    return joined([(piece, FRAME) for piece in shapes])[0]


KINDS: dict[str, Callable[[], tuple[Model, ...]]] = {
    "house": houses,
    "fence": fence,
    "bale": bale,
    "window": window,
    "sofa": sofa,
    "picture": picture,
    "rug": rug,
}
"""Makes of each kind."""
