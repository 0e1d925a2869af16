"""Which of the game's meshes and pictures the plants, stones and grounds of worlds are made of."""

from typing import NamedTuple

VERSION = 1
"""Of the tables and of what is made of the game's files by them: a pack of another one is made anew."""

Look = tuple[tuple[str, str], ...]
"""Meshes below `art/meshes/gaia/`, without their ending, each with its picture below `art/textures/skins/gaia/`."""


def _each(picture: str, *meshes: str) -> tuple[Look, ...]:
    return tuple(((mesh, picture),) for mesh in meshes)


def _trees(picture: str, *numbers: str) -> tuple[Look, ...]:
    """Trees whose trunk and leaves are meshes of their own."""
    return tuple(tuple((f"trees/{half}/acacia_{n}", picture) for half in ("trunks", "leaves")) for n in numbers)


PLANTS: dict[str, tuple[Look, ...]] = {
    "oak": _each("oak_tree_a.png", "oak_tree_a", "oak_tree_b") + _each("oak_tree_b.png", "oak_tree_a"),
    "birch": _each("birch_tree_02.png", "euro_birch_01", "euro_birch_02", "euro_birch_03"),
    "autumn tree": _each("oak_hungarian_autumn_2.png", "oak_hungarian_1", "oak_hungarian_2", "oak_hungarian_3"),
    "acacia": _trees("acacia.png", "05", "08", "02"),
    "fir": _each("tree_fir_tall_1.png", "fir_tree_tall_1", "fir_tree_tall_2", "fir_tree_tall_4"),
    "snowy fir": _each("tree_fir_tall_3.png", "fir_tree_tall_1", "fir_tree_tall_2", "fir_tree_tall_4"),
    "shrub": _each("temperate_bush_02.png", "medit_bush_01", "medit_bush_02", "medit_bush_03"),
    "thornbush": _each("acacia_bush_thorns_01.png", "acacia_bush_small_1"),
}
"""Looks by kind of `sims.scenes.flora`, where the game's are better than ours."""


class Ground(NamedTuple):
    """A ground: pictures of its colours and of its relief below `art/textures/terrain/types/`, and their width in m."""

    colours: str
    relief: str
    metres: float


GROUNDS: dict[str, Ground] = {
    "Forest": Ground("temperate/forestfloor_003.png", "temperate/forestfloor_003_norm.png", 4.0),
    "Taiga": Ground("temperate/forestfloor_004.png", "temperate/forestfloor_004_norm.png", 4.0),
    "Grassland": Ground("temperate/grass_02.png", "temperate/grass_02_norm.png", 4.0),
    "Savanna": Ground("india/grass_dirt_01.png", "india/grass_dirt_01_norm.png", 4.5),
    "Dunes": Ground("sahara/sand_02.png", "sahara/sand_02_norm.png", 5.0),
    "Badlands": Ground("india/rocks_dirt_01.png", "india/rocks_dirt_01_norm.png", 4.0),
    "Snowfield": Ground("alpine_arctic/snow_01.png", "alpine_arctic/snow_01_norm.png", 5.0),
    "Beach": Ground("india/sand_01.png", "india/sand_01_norm.png", 4.5),
    "Marsh": Ground("temperate/grass_mud_01.png", "temperate/grass_mud_01_norm.png", 4.0),
    "Steppe": Ground("steppe/grass_04.png", "steppe/grass_04_norm.png", 4.5),
    "Farmyard": Ground("temperate/mud_01.png", "temperate/mud_01_norm.png", 4.0),
}
"""By the first half of a world's name (`sims.scenes.outdoors.LANDS`)."""
