"""Worlds outdoors as a table: what the land is, times what the sky does; `SavannaDusk` is one of them."""

from dataclasses import dataclass, field, replace
from typing import Any

from sims.scenes.description import RGB, Light, Material
from sims.scenes.scattering import Growth
from sims.scenes.world import World


@dataclass(frozen=True)
class Sky:
    """What the sky does.

    Args:
        turn, up: where the sun is, in degrees; see `Light`. sun, strength, haze, clouds, mist, tint: see `Light`.
        exposure: of the picture, in stops. wet: whether it has rained.
    """

    turn: float
    up: float
    sun: float = 3.0
    strength: float = 1.6
    haze: float = 2.5
    clouds: float = 0.3
    mist: float = 1500.0
    tint: RGB = (1.0, 1.0, 1.0)
    exposure: float = 0.0
    wet: bool = False


SKIES = {
    "Dawn": Sky(70.0, 8.0, 2.4, 2.8, 4.0, 0.25, 320.0, (1.0, 0.94, 0.9), 0.6),
    "Morning": Sky(-50.0, 34.0, 3.2, 1.9, 3.0, 0.3, 700.0, exposure=0.45),
    "Noon": Sky(30.0, 58.0, 3.2, 1.5, 2.5, 0.2),
    "Afternoon": Sky(-60.0, 38.0, 3.2, 1.7, 2.8, 0.5, 1200.0, exposure=0.3),
    "Dusk": Sky(110.0, 9.0, 2.8, 3.0, 5.0, 0.35, 500.0, (1.0, 0.93, 0.88), 1.1),
    "Overcast": Sky(-30.0, 60.0, 0.1, 6.5, 4.0, 1.0, 600.0, (0.98, 0.99, 1.0), 0.4),
    "Mist": Sky(-80.0, 50.0, 0.1, 4.6, 6.0, 1.0, 95.0, (0.98, 0.99, 1.0), 0.3),
    "Rain": Sky(40.0, 55.0, 0.05, 5.0, 6.0, 1.0, 170.0, (0.9, 0.96, 1.0), 0.4, wet=True),
    "Moonlight": Sky(-50.0, 35.0, 2.4, 0.1, 2.5, 0.2, 400.0, (0.6, 0.76, 1.0), 2.4),
}
"""By name: the second half of a world's name."""


@dataclass(frozen=True)
class Land:
    """A kind of country.

    Args:
        floor: its ground, and its wide surface. growths: what is on it. skies: the names of those over it.
        brighter: of its pictures, in stops, where leaves shade it. more: what else a `World` of it says.
    """

    floor: Material
    growths: tuple[Growth, ...]
    skies: tuple[str, ...]
    brighter: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)


def _earth(color: RGB, color2: RGB, scale: float = 1.6, bump: float = 0.03, **more: Any) -> Material:
    return Material(color, "earth", color2, scale, 0.95, bump=bump, **more)


LANDS = {
    "Forest": Land(
        _earth((0.05, 0.035, 0.018), (0.17, 0.115, 0.055)),
        (Growth("litter", 420, 0.0, 20.0, 0.07, carpet=True), Growth("grass", 50, 3.0, 14.0, 0.14, carpet=True),
         Growth("shrub", 16, 6.5, 30.0, 1.0), Growth("oak", 30, 8.0, 50.0, 12.0), Growth("birch", 12, 8.0, 40.0, 11.0),
         Growth("rock", 14, 3.5, 20.0, 0.4, 0.5)),
        ("Morning", "Noon", "Overcast", "Mist", "Rain"), 0.5, more={"relief": 2.5},
    ),
    "Taiga": Land(
        _earth((0.06, 0.05, 0.02), (0.1, 0.11, 0.035)),
        (Growth("grass", 90, 0.0, 16.0, 0.1, carpet=True), Growth("fir", 46, 7.5, 70.0, 13.0, 0.25),
         Growth("birch", 10, 9.0, 40.0, 9.0), Growth("rock", 24, 3.5, 30.0, 0.6, 0.6)),
        ("Dawn", "Noon", "Overcast", "Mist"), 0.9, more={"relief": 3.0, "ridge": 90.0},
    ),
    "AutumnWood": Land(
        _earth((0.1, 0.05, 0.02), (0.22, 0.11, 0.035)),
        (Growth("litter", 420, 0.0, 20.0, 0.06, carpet=True), Growth("autumn tree", 30, 8.0, 55.0, 11.0),
         Growth("birch", 14, 8.0, 40.0, 10.0), Growth("dry shrub", 14, 6.0, 24.0, 0.8)),
        ("Morning", "Afternoon", "Mist", "Rain"), 0.9, more={"relief": 2.0},
    ),
    "Grassland": Land(
        _earth((0.08, 0.12, 0.025), (0.16, 0.19, 0.05), 0.8),
        (Growth("grass", 560, 0.0, 22.0, 0.13, 0.25, carpet=True), Growth("flowers", 70, 2.0, 16.0, 0.2, carpet=True),
         Growth("oak", 14, 32.0, 140.0, 12.0), Growth("shrub", 14, 16.0, 70.0, 1.4)),
        ("Dawn", "Morning", "Noon", "Afternoon", "Overcast", "Mist"), more={"relief": 3.0, "ridge": 45.0},
    ),
    "Savanna": Land(
        _earth((0.3, 0.19, 0.08), (0.42, 0.3, 0.14), 0.9),
        (Growth("straw", 380, 0.0, 24.0, 0.22, 0.3, carpet=True), Growth("tussock", 60, 3.0, 40.0, 0.55),
         Growth("acacia", 16, 16.0, 150.0, 7.5), Growth("thornbush", 22, 9.0, 70.0, 1.3)),
        ("Dawn", "Morning", "Noon", "Afternoon", "Dusk"), more={"relief": 1.2, "ridge": 35.0},
    ),
    "Dunes": Land(
        _earth((0.62, 0.42, 0.22), (0.74, 0.54, 0.3), 1.2, 0.06),
        (Growth("tussock", 12, 6.0, 60.0, 0.4), Growth("sandstone", 12, 5.0, 60.0, 0.35, 0.6)),
        ("Dawn", "Noon", "Dusk", "Moonlight"), more={"relief": 7.0, "ridge": 40.0},
    ),
    "Badlands": Land(
        _earth((0.36, 0.2, 0.1), (0.58, 0.4, 0.24), 1.6, 0.08),
        (Growth("sandstone", 70, 3.0, 60.0, 0.5, 0.9), Growth("thornbush", 16, 7.0, 50.0, 0.9),
         Growth("tussock", 20, 4.0, 30.0, 0.3)),
        ("Morning", "Noon", "Dusk", "Overcast"), more={"relief": 3.0, "ridge": 110.0},
    ),
    "Snowfield": Land(
        _earth((0.8, 0.83, 0.88), (0.9, 0.92, 0.95), 0.8, 0.08),
        (Growth("snowy fir", 40, 14.0, 110.0, 10.0, 0.3), Growth("snowy rock", 16, 6.0, 40.0, 0.8, 0.5),
         Growth("tussock", 10, 4.0, 20.0, 0.25)),
        ("Morning", "Noon", "Overcast", "Mist", "Moonlight"), more={"relief": 3.0, "ridge": 140.0},
    ),
    "Beach": Land(
        _earth((0.55, 0.42, 0.27), (0.7, 0.57, 0.4), 1.6, 0.05),
        (Growth("rock", 22, 5.0, 30.0, 0.35, 0.7), Growth("tussock", 26, 6.0, 40.0, 0.6),
         Growth("thornbush", 14, 14.0, 50.0, 1.2), Growth("litter", 14, 2.0, 12.0, 0.03, carpet=True)),
        ("Dawn", "Noon", "Afternoon", "Dusk", "Overcast"), more={"relief": 1.2, "shore": 11.0},
    ),
    "Marsh": Land(
        _earth((0.06, 0.05, 0.025), (0.12, 0.12, 0.045), 0.9),
        (Growth("grass", 240, 0.0, 14.0, 0.16, 0.3, carpet=True), Growth("reed", 90, 5.5, 30.0, 1.5),
         Growth("birch", 16, 16.0, 70.0, 8.0), Growth("shrub", 16, 9.0, 40.0, 1.4)),
        ("Dawn", "Afternoon", "Overcast", "Mist"), more={"relief": 0.8, "shore": 10.0},
    ),
    "Rocks": Land(
        _earth((0.2, 0.18, 0.16), (0.34, 0.31, 0.28), 1.4, 0.04),
        (Growth("rock", 110, 2.6, 50.0, 0.45, 0.8), Growth("rock", 8, 12.0, 60.0, 3.0, 0.4),
         Growth("tussock", 24, 3.5, 24.0, 0.3), Growth("thornbush", 10, 8.0, 40.0, 0.8)),
        ("Morning", "Noon", "Afternoon", "Overcast"), more={"relief": 3.0, "ridge": 160.0},
    ),
    "Steppe": Land(
        _earth((0.2, 0.16, 0.07), (0.28, 0.24, 0.11), 0.9),
        (Growth("straw", 300, 0.0, 20.0, 0.12, 0.3, carpet=True), Growth("grass", 90, 0.0, 16.0, 0.1, carpet=True),
         Growth("tussock", 60, 4.0, 60.0, 0.35), Growth("rock", 10, 6.0, 50.0, 0.5, 0.5)),
        ("Dawn", "Noon", "Afternoon", "Overcast"), more={"relief": 2.0, "ridge": 60.0},
    ),
    "Farmyard": Land(
        _earth((0.17, 0.12, 0.07), (0.27, 0.2, 0.12), 1.3),
        (Growth("hay", 90, 0.0, 12.0, 0.03, carpet=True), Growth("grass", 60, 8.0, 20.0, 0.12, carpet=True),
         Growth("house", 1, 7.4, 0.0, 14.0, at=((-12.0, 17.0, 18.0), (15.0, 20.0, -30.0), (-18.0, -16.0, 125.0))),
         Growth("fence", 1, 7.4, 0.0, 2.2, at=tuple((-11.0 + 2.2 * k, 11.0, 0.0) for k in range(11))),
         Growth("bale", 1, 7.4, 0.0, 1.0, at=((-4.6, 8.3, 10.0), (-3.4, 8.6, -12.0), (-4.0, 8.0, 60.0))),
         Growth("oak", 9, 24.0, 80.0, 11.0)),
        ("Morning", "Noon", "Overcast", "Rain"), more={"relief": 0.8},
    ),
    "Street": Land(
        Material((0.06, 0.06, 0.064), "earth", (0.1, 0.098, 0.095), 6.0, 0.85, bump=0.004),
        (Growth("house", 1, 6.0, 0.0, 12.0, at=(*((-30.0 + 12.5 * k, 12.5, 0.0) for k in range(6)),
                                              *((-30.0 + 12.5 * k, -17.0, 180.0) for k in range(6)))),
         Growth("oak", 1, 6.0, 0.0, 7.0, at=tuple((-27.0 + 12.5 * k, 9.6, 40.0 * k) for k in range(5)))),
        ("Morning", "Noon", "Afternoon", "Overcast", "Rain"),
    ),
}  # fmt: skip
"""By name: the first half of a world's name."""

LEVEL = 9.0
"""Metres around the middle in which all of these are level: enough for an elephant."""


def _world(name: str, land: Land, sky: Sky) -> World:
    floor = replace(land.floor, roughness=0.45, coat=0.35) if sky.wet else land.floor
    light = Light(None, sky.turn, sky.up, sky.sun, sky.haze, sky.strength, sky.tint, clouds=sky.clouds, mist=sky.mist)
    return World(
        name,
        light,
        floor,
        radius=700.0,
        exposure=sky.exposure + land.brighter,
        level=LEVEL,
        growths=land.growths,
        **land.more,
    )


PLACES = tuple(_world(name + sky, land, SKIES[sky]) for name, land in LANDS.items() for sky in land.skies)
"""Every land under each of its skies."""
