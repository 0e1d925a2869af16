"""The objects of the `basic` pack by name, built when they are asked for."""

from collections.abc import Callable
from functools import cache

from sims.core.hints import did_you_mean
from sims.scenes.basic import food, furniture, tableware, toys
from sims.scenes.description import Model

OBJECTS: dict[str, Callable[[], Model]] = {
    "CoffeeMug": tableware.coffee_mug,
    "Teapot": tableware.teapot,
    "Vase": tableware.vase,
    "SoupBowl": tableware.soup_bowl,
    "WineBottle": tableware.wine_bottle,
    "Goblet": tableware.goblet,
    "FryingPan": tableware.frying_pan,
    "WoodenSpoon": tableware.wooden_spoon,
    "Candle": tableware.candle,
    "Hourglass": toys.hourglass,
    "Banana": food.banana,
    "GrannySmith": food.granny_smith,
    "Orange": food.orange,
    "Lemon": food.lemon,
    "Mushroom": food.mushroom,
    "FlowerPot": food.flower_pot,
    "TableLamp": furniture.table_lamp,
    "Bookcase": furniture.bookcase,
    "DiningTable": furniture.dining_table,
    "WallClock": furniture.wall_clock,
    "Bucket": furniture.bucket,
    "Barrel": furniture.barrel,
    "Mailbox": furniture.mailbox,
    "SoccerBall": toys.soccer_ball,
    "Basketball": toys.basketball,
    "TennisBall": toys.tennis_ball,
    "Dumbbell": toys.dumbbell,
    "CowboyHat": toys.cowboy_hat,
    "ToiletTissue": toys.toilet_roll,
    "Drum": toys.drum,
    "Umbrella": toys.umbrella,
    "Chair": furniture.chair,
    "Stool": furniture.stool,
    "PepperMill": tableware.pepper_mill,
    "GiftBox": tableware.gift_box,
    "Pumpkin": food.pumpkin,
    "Cactus": food.cactus,
    "ToyBlocks": toys.toy_blocks,
    "RubberDuck": toys.rubber_duck,
    "TrafficCone": toys.traffic_cone,
}
"""In the order in which the pack lists them: first those of kinds that ImageNet-1k knows."""


@cache
def build(name: str) -> Model:
    """The object of that name.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    if name not in OBJECTS:
        hint = did_you_mean(name, OBJECTS)
        raise ValueError(f"there is no object {name!r} in the basic pack: {hint}expected one of {', '.join(OBJECTS)}")
    return OBJECTS[name]()
