"""PUG: SPAR's design, captions, and hard negatives."""

import pytest

from sims.scenes import design, relation_design, with_captions


def captions(**row):
    table = relation_design(["Desert", "OceanFloor", "EuropeanStreet"], ["Cat", "Elephant", "GiantTortoise"])
    wanted = {"world_name": "Desert", "character1_pos": "left", "character_texture": "Default", **row}
    found = [r for r in with_captions(table).to_pylist() if all(r[k] == v for k, v in wanted.items())]
    assert len(found) == 1
    return found[0]["caption"], found[0]["hard_negative"]


def test_pug_spar_is_pugs():
    table = design("pug-spar")
    assert table.num_rows == 10 * 33 * 33 * 4 == 43_560
    assert table.column_names == [
        *("world_name", "character_name", "character2_name", "character1_pos", "character2_pos"),
        *("character_texture", "character2_texture"),
    ]
    variants = table.group_by(table.column_names[3:]).aggregate([([], "count_all")]).to_pylist()
    assert {tuple(v.values()) for v in variants} == {
        ("left", "right", "Default", "Default", 10_890),
        ("bottom", "top", "Default", "Default", 10_890),
        ("left", "right", "Blue", "Red", 10_890),
        ("left", "right", "Grass", "Stone", 10_890),
    }
    assert table.group_by(table.column_names).aggregate([]).num_rows == table.num_rows


def test_two_objects_and_the_two_exchanged():
    right, wrong = captions(character_name="Cat", character2_name="Elephant")
    assert right == "a cat on the left and an elephant on the right, in a desert scene"
    assert wrong == "a cat on the right and an elephant on the left, in a desert scene"


def test_textures_of_the_wrong_object():
    right, wrong = captions(character_name="Elephant", character2_name="GiantTortoise", character_texture="Blue")
    assert right == "an elephant covered in blue and a giant tortoise covered in red, in a desert scene"
    assert wrong == "an elephant covered in red and a giant tortoise covered in blue, in a desert scene"


def test_one_object_is_said_to_be_where_the_other_would():
    right, wrong = captions(
        world_name="OceanFloor", character_name="blank", character2_name="Cat", character1_pos="bottom"
    )
    assert right == "a cat at the top, in an ocean floor scene"
    assert wrong == "a cat at the bottom, in an ocean floor scene"


def test_nothing_and_the_same_twice_have_no_hard_negative():
    assert captions(character_name="blank", character2_name="blank") == ("nothing, in a desert scene", None)
    twice, wrong = captions(character_name="Cat", character2_name="Cat")
    assert twice.startswith("a cat on the left and a cat on the right")
    assert wrong is None


def test_articles_go_by_sound():
    said, _ = captions(world_name="EuropeanStreet", character_name="Cat", character2_name="blank")
    assert said == "a cat on the left, in a european street scene"


def test_captions_take_nouns():
    table = relation_design(["Snow"], ["Tuna"], attributes=())
    said = with_captions(table, {"Tuna": "fish"})["caption"].to_pylist()
    assert "a fish on the left and a fish on the right, in a snow scene" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], ["Cat"]), "there are no worlds"),
        ((["Snow"], []), "there are no characters"),
        ((["Snow"], ["Cat", "blank"]), "leave it out"),
        ((["Snow"], ["Cat", "Cat"]), "more than once"),
        ((["Snow"], ["Cat"], ()), "there are no relations"),
        ((["Snow"], ["Cat"], (("left", "right"),) * 2), "there twice"),
        ((["Snow"], ["Cat"], (("left", "right"),), (("Default", "Red"),)), "no attribute"),
    ],
)
def test_designs_of_nothing_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        relation_design(*arguments)
