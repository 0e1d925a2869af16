"""Rooms as a table: floors, walls, furniture; each by day, with bright windows, and in the evening, by its lamps."""

from typing import NamedTuple

from sims.scenes.description import RGB, Light, Material
from sims.scenes.scattering import Growth
from sims.scenes.world import World

Spots = tuple[tuple[float, float, float], ...]


class Furnished(NamedTuple):
    """A room.

    Attributes:
        floor, walls: surfaces. width, height: in metres. things: kind, size in metres, and (x, y, turn in degrees) of
            each. carpets: what lies on the floor. windows: whether it has any.
    """

    floor: Material
    walls: Material
    width: float
    height: float
    things: tuple[tuple[str, float, Spots], ...] = ()
    carpets: tuple[Growth, ...] = ()
    windows: bool = True


OAK = Material((0.3, 0.17, 0.08), "planks", (0.16, 0.08, 0.035), 1.8, 0.4, coat=0.2)
GREY_OAK = Material((0.32, 0.28, 0.24), "planks", (0.18, 0.15, 0.13), 1.8, 0.6)
BOARDS = Material((0.26, 0.17, 0.1), "planks", (0.09, 0.055, 0.03), 2.2, 0.9, bump=0.008)
CONCRETE = Material((0.28, 0.27, 0.26), "earth", (0.36, 0.35, 0.34), 1.2, 0.75, bump=0.003)
TERRACOTTA = Material((0.38, 0.17, 0.09), "checker", (0.3, 0.13, 0.07), 1.6, 0.5)
EARTH = Material((0.14, 0.1, 0.06), "earth", (0.24, 0.18, 0.11), 1.3, 0.95, bump=0.02)


def _paint(color: RGB) -> Material:
    return Material(color, "earth", tuple(min(1.0, 1.06 * c) for c in color), 0.7, 0.9)  # type: ignore[arg-type]


BRICK = Material((0.36, 0.15, 0.09), "bricks", (0.42, 0.39, 0.35), 3.4, 0.9, bump=0.008)
STONE = Material((0.34, 0.32, 0.29), "bricks", (0.2, 0.19, 0.18), 1.6, 0.9, bump=0.02)

PICTURES = ("picture", 1.0, ((-1.6, 4.9, 0.0), (1.9, 4.9, 0.0), (-4.9, 1.0, 90.0)))

FURNISHED = {
    "LivingRoom": Furnished(
        OAK, _paint((0.62, 0.57, 0.48)), 10.0, 3.2,
        (("sofa", 2.1, ((-0.6, 4.1, 0.0),)), ("rug", 4.4, ((0.0, 0.4, 0.0),)), ("Bookcase", 2.0, ((3.6, 4.6, 0.0),)),
         ("TableLamp", 0.6, ((-3.4, 4.2, 0.0),)), ("FlowerPot", 0.6, ((2.3, 4.3, 0.0), (-4.4, 2.6, 0.0))),
         ("picture", 1.0, ((-0.6, 4.95, 0.0),))),
    ),
    "Study": Furnished(
        OAK, _paint((0.2, 0.27, 0.25)), 10.0, 3.2,
        (("Bookcase", 2.2, ((-3.2, 4.1, 0.0), (-1.6, 4.1, 0.0), (0.0, 4.1, 0.0), (-4.1, 2.4, 90.0))),
         ("DiningTable", 1.6, ((3.0, 3.4, 0.0),)), ("Chair", 0.95, ((3.05, 2.55, 180.0),)),
         ("rug", 3.4, ((0, 0, 90.0),)),
         ("picture", 0.9, ((2.9, 4.45, 0.0),))),
    ),
    "DiningRoom": Furnished(
        GREY_OAK, _paint((0.5, 0.53, 0.5)), 10.0, 3.2,
        (("DiningTable", 1.6, ((2.4, 4.0, 0.0),)), ("Chair", 0.95, ((2.4, 3.25, 176.0), (1.25, 4.0, 90.0),
         (2.0, 4.7, 0.0), (2.8, 4.7, 8.0), (3.5, 4.0, 270.0))), ("FlowerPot", 0.7, ((-3.6, 4.3, 0.0),)), PICTURES),
    ),
    "Workshop": Furnished(
        CONCRETE, BRICK, 10.0, 3.8,
        (("DiningTable", 1.8, ((-1.8, 4.2, 0.0), (3.0, 4.0, -8.0))),
         ("Barrel", 0.9, ((4.2, 3.0, 0.0), (3.5, 2.6, 0.0))),
         ("Bucket", 0.35, ((-3.6, 3.2, 0.0), (1.6, 3.6, 0.0))), ("Stool", 0.6, ((-0.3, 4.0, 0.0),)),
         ("Bookcase", 2.0, ((-4.2, 4.5, 0.0),))),
    ),
    "Barn": Furnished(
        EARTH, BOARDS, 15.0, 5.5,
        (("bale", 1.1, ((-4.0, 6.4, 0.0), (-2.8, 6.5, 6.0), (-5.4, 6.2, -10.0), (4.6, 6.2, 20.0), (5.8, 5.4, 80.0))),
         ("fence", 2.2, ((0.6, 6.2, 0.0), (2.8, 6.2, 0.0), (-6.4, 3.0, 90.0), (-6.4, 0.8, 90.0))),
         ("Bucket", 0.4, ((3.4, 5.4, 0.0),)), ("Barrel", 0.9, ((6.3, 3.6, 0.0),))),
        (Growth("hay", 170, 0.0, 7.0, 0.04, carpet=True),),
    ),
    "Stable": Furnished(
        CONCRETE, STONE, 13.0, 4.5,
        (("fence", 2.4, ((-4.8, 5.2, 0.0), (-2.4, 5.2, 0.0), (0.0, 5.2, 0.0), (2.4, 5.2, 0.0), (4.8, 5.2, 0.0))),
         ("bale", 1.0, ((-5.4, 3.6, 84.0), (-5.3, 2.4, 92.0))), ("Bucket", 0.4, ((4.6, 4.4, 0.0), (5.2, 4.2, 0.0)))),
        (Growth("hay", 110, 0.0, 6.0, 0.04, carpet=True),),
    ),
    "Conservatory": Furnished(
        TERRACOTTA, _paint((0.7, 0.7, 0.66)), 10.0, 3.6,
        (("FlowerPot", 1.0, ((-3.8, 4.2, 0.0), (-2.2, 4.4, 40.0), (1.2, 4.4, 80.0), (3.9, 3.6, 10.0))),
         ("Cactus", 0.8, ((-0.6, 4.4, 0.0), (2.6, 4.3, 0.0))), ("Chair", 0.95, ((3.0, 2.6, 230.0),)),
         ("shrub", 1.7, ((-4.3, 3.0, 0.0), (4.3, 4.4, 0.0)))),
    ),
    "Hallway": Furnished(
        Material((0.62, 0.6, 0.55), "checker", (0.1, 0.1, 0.11), 1.0, 0.25, coat=0.3), _paint((0.66, 0.62, 0.5)),
        10.0, 3.6, (("FlowerPot", 0.8, ((-3.6, 4.0, 0.0), (3.6, 4.0, 0.0))), ("Umbrella", 0.9, ((-2.4, 4.2, 20.0),)),
                   ("Chair", 0.95, ((2.2, 4.0, 0.0),)), ("picture", 1.2, ((0.0, 4.45, 0.0),))),
    ),
    "Playroom": Furnished(
        Material((0.2, 0.3, 0.42), "weave", (0.28, 0.4, 0.52), 60.0, 0.95, sheen=0.3), _paint((0.7, 0.6, 0.4)),
        10.0, 3.0, (("ToyBlocks", 0.5, ((-2.4, 3.2, 10.0), (2.9, 3.6, 50.0))), ("SoccerBall", 0.22, ((1.8, 3.0, 0.0),)),
                   ("Drum", 0.4, ((3.6, 2.4, 0.0),)), ("Bookcase", 1.4, ((-3.4, 4.2, 0.0), (-2.2, 4.2, 0.0))),
                   ("RubberDuck", 0.3, ((-3.2, 2.2, 60.0),)), ("Stool", 0.5, ((0.8, 3.9, 0.0),))),
    ),
    "WhiteStudio": Furnished(_paint((0.8, 0.8, 0.8)), _paint((0.82, 0.82, 0.82)), 14.0, 6.0, windows=False),
    "GreyStudio": Furnished(_paint((0.22, 0.22, 0.23)), _paint((0.25, 0.25, 0.26)), 14.0, 6.0, windows=False),
}  # fmt: skip
"""By name: the first half of a world's name."""

HOURS: dict[str, tuple[float, RGB, float]] = {
    "Day": (1.0, (1.0, 0.99, 0.96), 0.3),
    "Evening": (0.9, (1.0, 0.76, 0.5), 0.1),
}
"""By name: the lamps' strength, the colour of all light, and the strength of what comes from all around."""


LEVEL = 0.19
"""How far a room is free of furniture, as a share of its width: a camera goes around an object within the bookcases."""


def _room(name: str, room: Furnished, hour: str) -> World:
    strength, tint, around = HOURS[hour]
    half = room.width / 2.0
    watts = strength * 5.2 * room.width * room.height / max(around, 0.1) * 1.3
    lamps = tuple((x * half, -0.1 * half, room.height - 0.05, watts, 1.4, 1.4) for x in (-0.4, 0.4))
    panes: Spots = (
        (-0.55 * half, half - 0.07, 0.0),
        (-half + 0.07, -0.3 * half, 90.0),
        (half - 0.07, 0.3 * half, -90.0),
    )
    shown = [Growth(kind, 1, 0.0, 0.0, size, at=spots, stands=True) for kind, size, spots in room.things]
    if room.windows and hour == "Day":
        shown.append(Growth("window", 1, 0.0, 0.0, 1.3, at=panes, stands=True))
    ceiling = Material((0.78, 0.77, 0.74), roughness=0.9)
    return World(
        name, Light("studio", strength=around, lamps=lamps, tint=tint), room.floor, walls=(room.walls, ceiling),
        width=room.width, height=room.height, level=LEVEL * room.width, growths=(*shown, *room.carpets),
    )  # fmt: skip


ROOMS = tuple(_room(name + hour, room, hour) for name, room in FURNISHED.items() for hour in HOURS)
"""Every room at each of its hours."""
