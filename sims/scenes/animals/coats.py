"""How long the animals' hair is on the back, in metres; those that are not here have none that could be seen.

From photographs, to a third or so; manes and beards, which are meshes of their own, are left as they are.
"""

FUR_M: dict[str, float] = {
    "Dromedary": 0.035,
    "Lion": 0.018,
    "Lioness": 0.018,
    "Tiger": 0.022,
    "BrownBear": 0.07,
    "BlackBear": 0.06,
    "PolarBear": 0.06,
    "Wolf": 0.05,
    "ArcticWolf": 0.055,
    "RedFox": 0.035,
    "ArcticFox": 0.035,
    "Mastiff": 0.012,
    "Wolfhound": 0.05,
    "Zebra": 0.01,
    "GrevysZebra": 0.01,
    "Giraffe": 0.012,
    "GiraffeCalf": 0.012,
    "Horse": 0.01,
    "MarwariHorse": 0.01,
    "LightHorse": 0.01,
    "Pony": 0.02,
    "Donkey": 0.025,
    "Cow": 0.014,
    "Bull": 0.016,
    "Zebu": 0.012,
    "SangaCattle": 0.012,
    "Muskox": 0.22,
    "Wildebeest": 0.015,
    "Stag": 0.022,
    "Hind": 0.02,
    "Gazelle": 0.01,
    "Goat": 0.04,
    "Ibex": 0.03,
    "Sheep": 0.05,
    "Boar": 0.045,
    "Rabbit": 0.022,
}
"""By species."""
