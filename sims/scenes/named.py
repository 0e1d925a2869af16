"""Designs by name: those of PUG (Bordes et al. 2023), with PUG's own names for factors and values."""

from collections.abc import Callable

import pyarrow as pa

from sims.scenes.designs import full_factorial
from sims.scenes.factors import Discrete, Space
from sims.scenes.relations import relation_design

PUG_WORLDS = tuple(
    """
    Egypt Desert AmusementPark ArcadeClub Arena Battleground Catacombs Tableland EuropeanStreet JunkYard OceanFloor
    Racetrack Ruins SciFiCity SciFiGarage SpaceIsland SpaceHangar SpatialStation TokyoDay TokyoNight TrainStation
    Bridge Beach BusStationInterior BusStationExterior Subway IndoorStairs Bar ScreeningCheckpoint Circus Appartment
    Hallway TrashRoom FuturisticSubway Footbridge BoxingRing Hangar Mansion ShoppingMall ConferenceRoom SpacePort
    VillageOutskirt VillageSquare Courtyard ElvenRuins Forge Library Museum Gallery ModernGallery Opera AncientAgora
    Restaurant RuralAustralia AustralianRoad ShadyRoad SaltFlats Castle StylizedEgypt Temple Snow Grass DryGrass
    Forest
    """.split()  # noqa: SIM905 - a line a word would be 250 lines
)
"""The 64 worlds of PUG: Animals (its sampling configuration), in its spelling."""

PUG_ANIMALS = tuple(
    """
    Goldfish Caribou Elephant Camel Penguin Cassowary Zebra Turtle Bear Beaver Capybara Crocodile Armadillo Cat
    Gecko Crow GiantAnteater GiantTortoise KomodoDragon Rhinoceros Dolphin EarlessSeal FruitBat Goat Hippopotamus
    Horse Impala Lion Orca Pig Rabbit Squirrel Tapir Wildbeest Wolf Anlylosaurus BlackRockFish Parasaurolophus
    PoisonDartFrog Spinosaurus Triceraptos Chicken HarpyEagle Ostrich Raven RedCrownedCrane Robin Seagull
    Secretarybird Shoebill Swan Toucan Vulture Ammonite Ant Scorpion GoldBeetle Hornet SnowCrab Tarantula WhiteShark
    Tuna Arowana Ayu Betta Koi Pirarucu Salmon Cattle Jerboa
    """.split()  # noqa: SIM905 - a line a word would be 250 lines
)
"""The 70 characters of PUG: Animals, in its spelling."""

SPAR_WORLDS = tuple(
    """
    Desert Arena OceanFloor Racetrack TokyoDay Circus BoxingRing Museum AustralianRoad SaltFlats
    """.split()  # noqa: SIM905 - a line a word would be 250 lines
)
"""The 10 worlds of PUG: SPAR."""

SPAR_ANIMALS = PUG_ANIMALS[1:33]
"""32 characters: PUG: SPAR names no list of its own beside its images, so these stand for its number."""


def pug_animals() -> pa.Table:
    """70 characters x 64 worlds x 3 scales x 4 camera yaws x 4 textures = 215,040 rows."""
    return full_factorial(
        Space(
            (
                Discrete("character_name", PUG_ANIMALS),
                Discrete("world_name", PUG_WORLDS),
                Discrete("character_scale", (0.7, 1.0, 1.3), 1.0),
                Discrete("camera_yaw", (0, 45, 225, 315)),
                Discrete("character_texture", ("Default", "Sky", "Grass", "Asphalt")),
            )
        )
    )


def pug_spar() -> pa.Table:
    """10 worlds x 33 x 33 characters x 4 variants = 43,560 rows."""
    return relation_design(SPAR_WORLDS, SPAR_ANIMALS)


DESIGNS: dict[str, Callable[[], pa.Table]] = {"pug-animals": pug_animals, "pug-spar": pug_spar}


def design(name: str) -> pa.Table:
    """The design of that name.

    Raises:
        ValueError: there is none.
    """
    if name not in DESIGNS:
        raise ValueError(f"there is no design {name!r}: expected one of {', '.join(DESIGNS)}")
    return DESIGNS[name]()
