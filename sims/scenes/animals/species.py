"""The animals: what each is called, how large it is in life, what ImageNet calls it, and which coats and poses it has.

Sizes are the middle of the range of grown animals, in metres. Sources: W = Nowak, Walker's Mammals of the World (6th
edition, 1999); H = del Hoyo et al., Handbook of the Birds of the World; F = FishBase; A = standards of breeds (FCI,
horse and cattle societies). They are said from memory of these books' ranges, to a tenth or so.
"""

from dataclasses import dataclass, field
from typing import Literal

Measure = Literal["shoulder", "height", "length", "wings"]
"""What `size_m` is of: the back over the fore feet, the whole height, the whole length, or the span of the wings."""

Moment = tuple[str, float]
"""An animation, below `art/animation/` and without its ending, and a share of it, 0 to 1; "" for the mesh as it is."""

VERSION = 3
"""Of the table and of what is made of the game's files by it: a pack of another one is made anew."""

POSES = ("Stand", "Walk", "Run", "Graze", "Rest", "Crouch", "Fly", "Glide", "Swim", "Display")
"""All poses; most animals have some of them. `Graze` is with the head at the ground. The game has no animation of most
animals at rest; some moments of others look like it, and who has none of these does not rest."""


@dataclass(frozen=True)
class Species:
    """An animal.

    Args:
        name: the value of `character_name`. noun: what captions call it. actor: its file below `art/actors/`.
        size_m, measure: how large it is. source: where that is from (W, H, F, A; see above).
        imagenet: the classes of ImageNet-1k that count as right, none where it knows no such animal.
        poses: of POSES, the first one is the default. coats: names, and the actor's variants that each takes; the first
            is the default.
        turned: whether its mesh looks the other way than all others do. floats: whether it hangs in the air or water.
    """

    name: str
    noun: str
    actor: str
    size_m: float
    measure: Measure
    source: str
    imagenet: tuple[int, ...]
    poses: dict[str, Moment]
    coats: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"Natural": ()})
    turned: bool = False
    floats: bool = False


def _q(
    stand: str,
    walk: str,
    run: str = "",
    graze: Moment | None = None,
    rest: Moment | None = None,
    crouch: Moment | None = None,
) -> dict[str, Moment]:
    """Poses of a four-legged one: its first animation's beginning, its gaits at a quarter, and what is given."""
    poses: dict[str, Moment] = {"Stand": (f"quadraped/{stand}", 0.0), "Walk": (f"quadraped/{walk}", 0.25)}
    if run:
        poses["Run"] = (f"quadraped/{run}", 0.25)
    for name, moment in (("Graze", graze), ("Rest", rest), ("Crouch", crouch)):
        if moment:
            poses[name] = (f"quadraped/{moment[0]}", moment[1])
    return poses


BOVID = _q("bovidae_idle_a", "bovidae_walk_relax", "bovidae_run", ("bovidae_feeding", 0.34))
DEER = _q("deer_idle_01", "deer_walk_01", "deer_run_01", ("deer_idle_04", 0.0))
HORSE = _q("horse_idle_01", "horse_walk", "horse_gallop", ("horse_idle_03", 0.34), ("horse_idle_rest", 0.3))
BREED = _q("horse_breed_idle_01", "horse_breed_walk", "horse_breed_gallop", ("horse_breed_idle_04", 0.74))
PONY = _q("pony_idle_a", "pony_walk", "pony_gallop", ("pony_idle_c", 0.25))
BEAR = _q("bear_idle_01", "bear_walk", "bear_run", rest=("bear_death_01", 0.7))
WOLF = _q("wolf_idle_02", "wolf_walk", "wolf_run", rest=("wolf_death_02", 0.5), crouch=("wolf_idle_01", 0.58))
FOX = _q("fox_idle", "fox_walk", "fox_run", ("fox_feeding", 0.73))
LION = _q("lion_idle_01", "lion_walk", "lion_run")
PIG = _q("animal_pig_idle_01", "animal_pig_walk_01", "animal_pig_run_01", ("animal_pig_feeding_01", 0.49))
GOAT = _q("goat_idle_02", "goat_walk", "", ("goat_idle_01", 0.32))

# fmt: off
ALL = (
    Species("Dromedary", "dromedary", "fauna/camel.xml", 1.9, "shoulder", "W", (354,),
        _q("camel_idle_01", "camel_walk", "camel_trot", ("camel_idle_04", 0.76), ("camel_sit", 0.28)),
        {"LightBrown": ("Light Brown",), "Beige": ("Beige",), "DarkBrown": ("Dark Brown",)}),
    Species("Lion", "lion", "fauna/lion.xml", 1.1, "shoulder", "W", (291,), LION),
    Species("Lioness", "lioness", "fauna/lioness.xml", 1.0, "shoulder", "W", (291,), LION),
    Species("Tiger", "tiger", "fauna/tiger.xml", 0.95, "shoulder", "W", (292,),
        _q("feline_idle_01", "feline_walk", "feline_run", crouch=("feline_idle_03", 0.24))),
    Species("BrownBear", "brown bear", "fauna/bear_brown.xml", 1.1, "shoulder", "W", (294,), BEAR),
    Species("BlackBear", "American black bear", "fauna/bear_black.xml", 0.9, "shoulder", "W", (295,), BEAR),
    Species("PolarBear", "polar bear", "fauna/bear_white.xml", 1.4, "shoulder", "W", (296,), BEAR),
    Species("Wolf", "wolf", "fauna/wolf.xml", 0.75, "shoulder", "W", (269,), WOLF,
        {"Grey": ("fur-grey",), "Brown": ("fur-brown",)}),
    Species("ArcticWolf", "Arctic wolf", "fauna/arctic_wolf.xml", 0.75, "shoulder", "W", (270,), WOLF),
    Species("RedFox", "red fox", "fauna/fox_red.xml", 0.4, "shoulder", "W", (277,), FOX),
    Species("ArcticFox", "Arctic fox", "fauna/fox_arctic.xml", 0.3, "shoulder", "W", (279,), FOX),
    Species("Mastiff", "mastiff", "fauna/mastiff.xml", 0.7, "shoulder", "A", (243,),
        _q("mastiff_idle", "mastiff_run", "mastiff_run", crouch=("mastiff_idle_long", 0.58))),
    Species("Wolfhound", "Irish wolfhound", "units/britons/wolfhound.xml", 0.8, "shoulder", "A", (170, 177),
        _q("wolfhound_idle1", "wolfhound_walk", "", rest=("wolfhound_idle_laydown", 0.5))),
    Species("BushElephant", "African bush elephant", "fauna/elephant_african_bush.xml", 3.2, "shoulder", "W",
        (386, 101),
        _q("elephant_african_bush_idle_01", "elephant_african_bush_walk", "elephant_african_bush_run")),
    Species("ForestElephant", "African forest elephant", "fauna/elephant_african_forest.xml", 2.2, "shoulder",
        "W", (386, 101),
        _q("elephant_african_forest_idle_01", "elephant_african_forest_walk", "elephant_african_forest_run")),
    Species("AsianElephant", "Asian elephant", "fauna/elephant_asian.xml", 2.7, "shoulder", "W", (385, 101),
        _q("elephant_asian_idle_01", "elephant_asian_walk", "elephant_asian_run")),
    Species("ElephantCalf", "elephant calf", "fauna/elephant_african_baby.xml", 1.0, "shoulder", "W", (386,),
        _q("elephant_infant_idle_01", "elephant_infant_walk", "elephant_infant_run")),
    Species("Hippopotamus", "hippopotamus", "fauna/hippopotamus.xml", 1.5, "shoulder", "W", (344,),
        _q("hippopotamus_idle_01", "hippopotamus_walk", "hippopotamus_trot", ("hippopotamus_idle_02", 0.31)),
        {"Grey": ("Black",), "Brown": ("Brown",)}),
    Species("Rhinoceros", "rhinoceros", "fauna/rhino.xml", 1.6, "shoulder", "W", (),
        _q("rhino_idle", "rhino_walk", "rhino_run", ("rhino_idle", 0.6))),
    Species("Giraffe", "giraffe", "fauna/giraffe_adult.xml", 3.0, "shoulder", "W", (),
        _q("giraffe_adult_idle_01", "giraffe_adult_walk", "giraffe_adult_run", ("giraffe_adult_idle_01", 0.4)),
        {"Light": ("Light",), "Dark": ("Dark",)}),
    Species("GiraffeCalf", "giraffe calf", "fauna/giraffe_baby.xml", 1.8, "shoulder", "W", (),
        _q("giraffe_infant_idle_01", "giraffe_infant_walk", "giraffe_infant_run")),
    Species("Zebra", "zebra", "fauna/zebra.xml", 1.3, "shoulder", "W", (340,),
        _q("zebra_idle", "zebra_walk", "zebra_run")),
    Species("GrevysZebra", "Grevy's zebra", "fauna/zebra_2.xml", 1.5, "shoulder", "W", (340,), HORSE),
    Species("Horse", "horse", "fauna/horse.xml", 1.6, "shoulder", "A", (339,), HORSE,
        {"Chestnut": ("cherrybay",), "Brown": ("brown",), "Bay": ("bay_01",), "Beige": ("beige",),
         "Black": ("black",), "White": ("white",), "Grey": ("gray",), "Haflinger": ("halflinger",)}),
    Species("MarwariHorse", "Marwari horse", "fauna/horse_marwari.xml", 1.55, "shoulder", "A", (339,), HORSE,
        {"Tan": ("tan",), "Spotted": ("Brown-Spotted-01",), "White": ("white",)}),
    Species("LightHorse", "light horse", "fauna/horse_breed.xml", 1.45, "shoulder", "A", (339,), BREED,
        {"Bay": ("bay_02",), "Brown": ("brown",), "Black": ("black",)}),
    Species("Pony", "pony", "fauna/pony.xml", 1.2, "shoulder", "A", (339,), PONY,
        {"Brown": ("horse-04",), "Beige": ("horse-01",), "Bay": ("horse-02",)}),
    Species("Donkey", "donkey", "fauna/donkey.xml", 1.2, "shoulder", "A", (),
        _q("donkey_idle_01", "donkey_walk_01")),
    Species("Cow", "cow", "fauna/cow.xml", 1.4, "shoulder", "A", (345,), BOVID,
        {"BlackAndWhite": ("Black and White", "cattle_unhorned"), "Beige": ("beige", "cattle_horned"),
         "BrownAndWhite": ("White and Brown", "cattle_horned")}),
    Species("Bull", "bull", "fauna/bull.xml", 1.55, "shoulder", "A", (345,), BOVID),
    Species("Zebu", "zebu", "fauna/zebu_wild.xml", 1.35, "shoulder", "A", (345,), BOVID),
    Species("SangaCattle", "Sanga ox", "fauna/sanga_cattle.xml", 1.4, "shoulder", "A", (345,), BOVID,
        {"Brown": ("Brown",), "White": ("White",), "Black": ("Black",), "BrownAndWhite": ("White and Brown",)}),
    Species("Muskox", "muskox", "fauna/muskox.xml", 1.35, "shoulder", "W", (), {"Stand": ("", 0.0)}),
    Species("Wildebeest", "wildebeest", "fauna/wildebeest.xml", 1.3, "shoulder", "W", (), BOVID),
    Species("Stag", "stag", "fauna/deer.xml", 1.2, "shoulder", "W", (), DEER,
        {"Brown": ("Base-Brown", "male"), "Grey": ("Base-Grey", "male")}),
    Species("Hind", "hind", "fauna/deer.xml", 1.1, "shoulder", "W", (), DEER,
        {"Brown": ("Base-Brown", "female"), "Grey": ("Base-Grey", "female"), "Freckled": ("Base-Brown-Freckles",
         "female")}),
    Species("Gazelle", "gazelle", "fauna/gazelle.xml", 0.7, "shoulder", "W", (353,), DEER, {"Natural": ("male",)}),
    Species("Goat", "goat", "fauna/goat.xml", 0.7, "shoulder", "A", (), GOAT,
        {"White": ("White", "Female"), "Grey": ("Gray", "Female"), "Brown": ("Brown", "Female"),
         "Black": ("Black", "Female")}),
    Species("Ibex", "ibex", "fauna/goat.xml", 0.9, "shoulder", "W", (350,), GOAT,
        {"Brown": ("Brown", "Male"), "Grey": ("Gray", "Male")}),
    Species("Sheep", "sheep", "fauna/sheep3.xml", 0.7, "shoulder", "A", (348,),
        _q("sheep_idle_01", "sheep_walk", "sheep_run", ("sheep_idle_02", 0.3))),
    Species("Pig", "pig", "fauna/pig1.xml", 0.8, "shoulder", "A", (341,), PIG,
        {"Pink": ("tex-01",), "Spotted": ("tex-02",), "Dark": ("tex-03",)}),
    Species("Piglet", "piglet", "fauna/piglet.xml", 0.3, "shoulder", "A", (341,),
        _q("animal_piglet_idle_01", "animal_piglet_walk_01", "animal_piglet_run_01")),
    Species("Boar", "wild boar", "fauna/boar.xml", 0.9, "shoulder", "W", (342,),
        _q("animal_boar_idle_02", "animal_boar_walk_01", "animal_boar_run_01")),
    Species("Rabbit", "rabbit", "fauna/rabbit1.xml", 0.4, "length", "W", (330, 331),
        {"Stand": ("quadraped/rabbit_idle_01", 0.1), "Run": ("quadraped/rabbit_walk", 0.4),
         "Walk": ("quadraped/rabbit_walk", 0.0), "Graze": ("quadraped/rabbit_idle_01", 0.62)},
        {"Brown": ("Red",), "Grey": ("Grey 1",), "White": ("White",)}),
    Species("Crocodile", "crocodile", "fauna/crocodile.xml", 4.0, "length", "W", (49,),
        _q("Croc_idle1", "Croc_walk", "Croc_run", rest=("Croc_idle1", 0.28))),
    Species("Walrus", "walrus", "fauna/walrus.xml", 3.2, "length", "W", (), {"Rest": ("", 0.0)}),
    Species("Chicken", "hen", "fauna/chicken.xml", 0.4, "height", "A", (8,),
        _q("chicken_idle_01", "chicken_walk", "chicken_run_01", ("chicken_idle_02", 0.38)),
        {"Red": ("feathers-red",), "Brown": ("feathers-brown",)}),
    Species("Peacock", "peacock", "fauna/peacock.xml", 2.1, "length", "H", (84,),
        {"Stand": ("quadraped/peacock_idle", 0.0), "Walk": ("quadraped/peacock_walk", 0.25),
         "Display": ("quadraped/peacock_feeding", 0.0)}),
    Species("Crow", "crow", "fauna/crow.xml", 0.95, "wings", "H", (),
        {"Fly": ("other/crow_flight", 0.1), "Glide": ("other/crow_glide", 0.0)}, turned=True, floats=True),
    Species("Hawk", "hawk", "fauna/hawk.xml", 1.3, "wings", "H", (21,),
        {"Glide": ("other/hawk_glide", 0.0), "Fly": ("other/hawk_flight", 0.5)},
        {"Brown": ("hawk a",), "Grey": ("hawk b",)}, floats=True),
    Species("Seagull", "seagull", "fauna/seagull.xml", 1.4, "wings", "H", (),
        {"Fly": ("other/seagull_flight_01", 0.0), "Glide": ("other/seagull_flight_02", 0.5)}, turned=True,
         floats=True),
    Species("Shark", "great white shark", "fauna/shark.xml", 4.0, "length", "F", (2,),
        {"Swim": ("other/shark_walk", 0.25)},
        {"Light": ("shark_light",), "Dark": ("shark_dark",)}, floats=True),
    Species("Tuna", "tuna", "fauna/tuna.xml", 1.8, "length", "F", (),
        {"Swim": ("others/tuna_idle_01", 0.1)}, floats=True ),
    Species("FinWhale", "fin whale", "fauna/whale_fin.xml", 20.0, "length", "W", (),
        {"Swim": ("other/whale_fin_idle_a", 0.1)}, floats=True),
)
# fmt: on

SPECIES = {species.name: species for species in ALL}
"""By name, in the order in which the pack lists them."""
