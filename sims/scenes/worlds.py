"""All worlds by name: panoramas that come with Blender, plains and rooms here, then `outdoors` and `indoors`."""

from dataclasses import replace

from sims.scenes.description import Light, Material
from sims.scenes.indoors import ROOMS
from sims.scenes.outdoors import PLACES
from sims.scenes.world import World


def _panorama(name: str, hdri: str, floor: Material, *, strength: float = 1.0, turn: float = 0.0, **more) -> World:
    """A place in one of Blender's panoramas; its ground fades into the photographed one."""
    return World(name, Light(hdri, turn, strength=strength), replace(floor, fade=(3.5, 16.0)), 0.0, 18.0, **more)


def _open(name: str, floor: Material, relief: float, light: Light, **more) -> World:
    """A plain under the sky; its ground fades into the haze far away."""
    return World(name, light, replace(floor, fade=(60.0, 420.0)), relief, 450.0, **more)


def _room(name: str, floor: Material, walls: Material, watts: float, **more) -> World:
    """A room with two lamps under a white ceiling."""
    lamps = tuple((x, -0.5, 3.95, watts, 1.6, 1.6) for x in (-2.2, 2.2))
    ceiling = Material((0.8, 0.8, 0.78), roughness=0.9)
    return World(name, Light("studio", strength=0.25, lamps=lamps), floor, walls=(walls, ceiling), **more)


ASPHALT = Material((0.055, 0.055, 0.06), "noise", (0.14, 0.135, 0.13), 45.0, 0.85, bump=0.006)
SAND = Material((0.62, 0.45, 0.26), "noise", (0.72, 0.55, 0.34), 9.0, 0.95, bump=0.012)
SOIL = Material((0.10, 0.06, 0.03), "noise", (0.2, 0.13, 0.06), 14.0, 0.95, bump=0.02)
GREEN = Material((0.05, 0.10, 0.015), "noise", (0.12, 0.19, 0.03), 10.0, 0.95, bump=0.02)
PLANKS = Material((0.34, 0.18, 0.08), "planks", (0.13, 0.06, 0.025), 1.6, 0.35, coat=0.3)

_ALL = (
    _panorama("City", "city", ASPHALT, strength=1.0),
    _panorama(
        "Courtyard", "courtyard", Material((0.42, 0.38, 0.33), "bricks", (0.2, 0.18, 0.16), 3.0, 0.8, bump=0.008)
    ),
    _panorama("Forest", "forest", SOIL, stones=(Material((0.2, 0.19, 0.17), "noise", (0.1, 0.1, 0.09)), 0.04)),
    _panorama("Hall", "interior", PLANKS),
    _panorama("NightStreet", "night", replace(ASPHALT, roughness=0.25, coat=0.3), strength=1.6, exposure=0.5),
    _panorama("Studio", "studio", Material((0.5, 0.5, 0.5), roughness=0.6)),
    _panorama(
        "Sunrise", "sunrise", GREEN, grass=(Material((0.22, 0.2, 0.05), "noise", (0.12, 0.16, 0.03), 2.0, 0.7), 0.06)
    ),
    _panorama("Sunset", "sunset", SAND, stones=(Material((0.4, 0.33, 0.25)), 0.03)),
    _open("Desert", SAND, 6.0, Light(None, 50.0, 35.0, haze=4.0, strength=1.8)),
    _open(
        "Meadow",
        GREEN,
        2.5,
        Light(None, -60.0, 45.0, strength=1.8),
        grass=(Material((0.07, 0.16, 0.02), "noise", (0.2, 0.26, 0.05), 1.5, 0.6), 0.09),
    ),
    _open(
        "Snow",
        Material((0.86, 0.89, 0.94), "noise", (0.8, 0.84, 0.92), 5.0, 0.6, bump=0.02),
        3.0,
        Light(None, 80.0, 22.0, strength=1.5),
    ),
    _open(
        "SaltFlat",
        Material((0.75, 0.73, 0.7), "marble", (0.55, 0.5, 0.46), 1.6, 0.8, bump=0.01),
        0.0,
        Light(None, 30.0, 60.0, haze=3.0, strength=1.5),
    ),
    _open(
        "RedPlanet",
        Material((0.34, 0.12, 0.05), "noise", (0.46, 0.19, 0.09), 7.0, 0.95, bump=0.02),
        5.0,
        Light(None, -75.0, 40.0, haze=8.0, strength=1.5, tint=(1.0, 0.72, 0.52)),
        stones=(Material((0.25, 0.1, 0.05), "noise", (0.36, 0.16, 0.09), 9.0, 0.95), 0.06),
    ),
    _open("Racetrack", ASPHALT, 0.0, Light(None, 100.0, 50.0, strength=1.8)),
    _open(
        "Gravel",
        Material((0.3, 0.28, 0.26), "noise", (0.5, 0.48, 0.44), 30.0, 0.9, bump=0.015),
        1.0,
        Light(None, -110.0, 38.0, strength=1.7),
        stones=(Material((0.42, 0.4, 0.37), "noise", (0.25, 0.24, 0.22)), 0.025),
    ),
    _open(
        "Tundra",
        Material((0.2, 0.15, 0.07), "noise", (0.28, 0.24, 0.12), 8.0, 0.95, bump=0.02),
        4.0,
        Light(None, 140.0, 12.0, haze=5.0, strength=2.4),
        grass=(Material((0.36, 0.26, 0.08), "noise", (0.5, 0.4, 0.16), 2.0, 0.8), 0.07),
    ),
    _room(
        "Kitchen",
        Material((0.75, 0.73, 0.68), "checker", (0.12, 0.12, 0.13), 1.0, 0.2, coat=0.4),
        Material((0.62, 0.72, 0.74), "bricks", (0.85, 0.85, 0.82), 5.0, 0.3),
        572.0,
    ),
    _room("Gallery", PLANKS, Material((0.78, 0.77, 0.74), roughness=0.9), 660.0),
    _room(
        "Lounge",
        Material((0.28, 0.06, 0.05), "weave", (0.4, 0.12, 0.08), 40.0, 0.95, sheen=0.3),
        Material((0.25, 0.33, 0.27), roughness=0.9),
        572.0,
    ),
    _room(
        "Cellar",
        Material((0.3, 0.29, 0.27), "noise", (0.2, 0.19, 0.18), 6.0, 0.8, bump=0.01),
        Material((0.35, 0.16, 0.1), "bricks", (0.45, 0.42, 0.38), 3.0, 0.9, bump=0.01),
        374.00000000000006,
    ),
)

WORLDS: dict[str, World] = {world.name: world for world in (*_ALL, *PLACES, *ROOMS)}
"""By name, in the order in which the pack lists them."""
