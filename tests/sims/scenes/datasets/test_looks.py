"""Coats and poses in designs: each character has its own."""

from collections import Counter
from dataclasses import replace

import pytest

from sims.scenes.datasets.looks import with_looks
from sims.scenes.datasets.plan import plan_of
from sims.scenes.datasets.spec import named_specs, parse_spec, read_spec
from sims.scenes.designs import full_factorial, random_design
from sims.scenes.factors import Discrete, Space
from sims.scenes.packs import open_pack
from sims.scenes.placing import space_of

COATS = {"Teapot": ("White", "Blue"), "Vase": ("Plain",)}
POSES = {"Teapot": ("Stand",), "Vase": ("Stand", "Lie", "Fall")}


@pytest.fixture
def pack():
    return replace(open_pack("basic"), coats=COATS, poses=POSES)


def design(n_yaws=3):
    return full_factorial(
        Space((Discrete("character_name", ("Teapot", "Vase")), Discrete("camera_yaw", tuple(range(n_yaws)))))
    )


def test_looks_are_drawn_of_each_characters_own(pack):
    table = with_looks(design(40), space_of(pack), pack, seed=0)
    seen = {(row["character_name"], row["character_coat"], row["character_pose"]) for row in table.to_pylist()}
    assert seen == {
        ("Teapot", "White", "Stand"),
        ("Teapot", "Blue", "Stand"),
        ("Vase", "Plain", "Stand"),
        ("Vase", "Plain", "Lie"),
        ("Vase", "Plain", "Fall"),
    }
    assert table.num_rows == 80
    assert table.equals(with_looks(design(40), space_of(pack), pack, seed=0))
    assert not table.equals(with_looks(design(40), space_of(pack), pack, seed=1))
    assert table.schema.field("character_pose").metadata  # it is a factor


def test_looks_do_not_hang_on_what_the_design_drew(pack):
    pack = replace(pack, poses=dict.fromkeys(POSES, ("Stand", "Lie", "Fall", "Sit")))
    table = random_design(Space((Discrete("character_name", ("Teapot", "Vase")),)), 400, 3)
    rows = with_looks(table, space_of(pack), pack, seed=3).to_pylist()
    for name in POSES:
        own = Counter(row["character_pose"] for row in rows if row["character_name"] == name)
        assert set(own) == {"Stand", "Lie", "Fall", "Sit"}
        assert min(own.values()) > 0.1 * own.total()


def test_looks_one_at_a_time_change_nothing_else(pack):
    rows = with_looks(design(), space_of(pack), pack, seed=None).to_pylist()
    assert len(rows) == 6 + 1 + 2
    assert rows[0] == {
        "character_name": "Teapot",
        "camera_yaw": 0,
        "character_coat": "Default",
        "character_pose": "Default",
    }
    assert rows[1] == {**rows[0], "character_coat": "Blue"}
    vase = [row for row in rows if row["character_name"] == "Vase" and row["camera_yaw"] == 0]
    assert [row["character_pose"] for row in vase] == ["Default", "Lie", "Fall"]


def test_a_specification_asks_for_looks(pack):
    text = (
        'name = "x"\n[factors]\ncharacter_name = ["Teapot", "Vase"]\n[design]\nkind = "random"\nn = 9\nlooks = true\n'
    )
    table = plan_of(parse_spec(text), space_of(pack), pack).table
    assert {"character_coat", "character_pose"} <= set(table.column_names)
    without = plan_of(parse_spec(text.replace("looks = true\n", "")), space_of(pack), pack).table
    assert table.select(without.column_names).equals(without)


def test_packs_and_designs_without_looks_are_refused(pack):
    plain = open_pack("basic")
    with pytest.raises(ValueError, match="the characters of the pack 'basic' have no looks: leave looks out"):
        with_looks(design(), space_of(plain), plain, seed=0)
    yaws = full_factorial(Space((Discrete("camera_yaw", (0, 1)),)))
    with pytest.raises(ValueError, match="looks = true makes character_coat and character_pose of character_name"):
        with_looks(yaws, space_of(pack), pack, seed=0)


@pytest.mark.parametrize("value", ["1", '"yes"'])
def test_looks_are_true_or_false(value):
    text = f'name = "x"\n[factors]\ncharacter_name = ["Teapot"]\n[design]\nkind = "random"\nn = 3\nlooks = {value}\n'
    with pytest.raises(ValueError, match=r"design.looks must be true or false, got"):
        parse_spec(text)


def test_the_animals_specifications_fit_their_table():
    names = [name for name in named_specs() if read_spec(name).pack == "animals"]
    assert names == ["animals-full", "animals-mini", "imagenet-full", "imagenet-mini", "realism"]
    from sims.scenes.animals.species import SPECIES
    from sims.scenes.worlds import WORLDS

    for name in names:
        factors = read_spec(name).factors
        assert factors["character_name"] == "*" or set(factors["character_name"]) <= set(SPECIES)
        assert factors["world_name"] == "*" or set(factors["world_name"]) <= set(WORLDS)
    asked = [SPECIES[name].imagenet[0] for name in read_spec("realism").factors["character_name"]]
    assert len(set(asked)) == len(asked) >= 15
    assert len(read_spec("realism").factors["world_name"]) == 20
