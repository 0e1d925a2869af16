"""Specifications are read strictly, and become rows of a pack's factors or are refused with the cure."""

from typing import get_args

import pytest

from sims.scenes.datasets.dataset import Format
from sims.scenes.datasets.plan import plan_of
from sims.scenes.datasets.spec import DESIGN_KINDS, FORMATS, named_specs, parse_spec, read_spec
from sims.scenes.factors import factors_of
from sims.scenes.named import design
from sims.scenes.packs import open_pack
from sims.scenes.placing import space_of
from tests.sims.scenes.datasets.fake_scene import CHARACTERS, WORLDS, FakeScene

HEAD = 'name = "mine"\n[factors]\ncharacter_name = ["Mug", "Ball"]\nworld_name = "*"\ncamera_yaw = [0, 45.5]\n'


def planned(text):
    scene = FakeScene(16)
    return plan_of(parse_spec(text), scene.space, scene.pack)


def rows_of(text):
    table = planned(text).table
    return table.select(list(factors_of(table))).to_pylist()


def test_all_of_a_specification_is_read():
    spec = parse_spec(
        'name = "mine"\npack = "../models"\nrenderer = "cycles"\nsize = 64\nsamples = 4\nseed = 3\n'
        'annotations = ["depth", "instance"]\n[factors]\nworld_name = "*"\n[design]\nkind = "random"\nn = 5\n'
        '[shift]\nkind = "long_tail"\nfactor = "world_name"\nratio = 3\n[export]\nformats = ["coco"]\nby = "world"\n'
        '[card]\ntitle = "T"\ndescription = "D"\n'
    )
    assert (spec.pack, spec.size, spec.samples, spec.seed, spec.annotations) == (
        "../models",
        64,
        4,
        3,
        ("depth", "instance"),
    )
    assert spec.design == {"kind": "random", "n": 5}
    assert spec.shift == {"kind": "long_tail", "factor": "world_name", "ratio": 3}
    assert (spec.formats, spec.by, spec.title, spec.description) == (("coco",), "world", "T", "D")


def test_what_is_exported_or_said_makes_no_other_pictures():
    spec = parse_spec('name = "a"\n')
    assert parse_spec('name = "a"\n[card]\ntitle = "T"\n[export]\nformats = ["coco"]\n').key() == spec.key()
    assert parse_spec('name = "a"\nseed = 1\n').key() != spec.key()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "mine.toml is no TOML: Invalid value"),
        ("size = 3\n", "it has no name"),
        ('name = "a b"\n', "mine.toml, line 1: name must be letters"),
        ('name = "a"\nsizes = 3\n', "line 2: it has a key 'sizes': did you mean 'size'?"),
        ('name = "a"\nsize = 3\n', "line 2: size must be a whole number from 16, got 3"),
        ('name = "a"\nsize = "3"\n', "size must be a whole number, got '3'"),
        ('name = "a"\nseed = true\n', "seed must be a whole number, got True"),
        ('name = "a"\nmade = 2020-01-01\n', "no text, number, list or table"),
        ('name = "a"\nannotations = ["dept"]\n', "line 2: annotations has 'dept': did you mean 'depth'?"),
        ('name = "a"\n\n[dezign]\nkind = "list"\n', "line 3: it has a key 'dezign': did you mean 'design'?"),
        ('name = "a"\n[design]\nkind = "full"\n', "line 3: design.kind is 'full'"),
        ('name = "a"\n[design]\nn = 3\n', "design.kind is ''"),
        ('name = "a"\n[design]\nkind = "random"\n', "line 3: a design of kind 'random' needs n"),
        ('name = "a"\n[design]\nkind = "random"\nn = 3\nm = 2\n', r"line 5: \[design\] has a key 'm'"),
        ('name = "a"\n[design]\nkind = "random"\nn = 3.5\n', "line 4: design.n must be a whole number, got 3.5"),
        ('name = "a"\n[shift]\nkind = "spurios"\n', "did you mean 'spurious'?"),
        ('name = "a"\n[shift]\nkind = "spurious"\nfactor = "b"\n', "needs other, rho"),
        ('name = "a"\n[export]\nformats = ["cocoa"]\n', "did you mean 'coco'?"),
        ('name = "a"\n[card]\ntitle = 3\n', "card.title must be text, got 3"),
        ('name = "a"\nfactors = 3\n', "factors must be a table, got 3"),
    ],
)
def test_what_can_not_be_is_refused_with_its_line(text, message):
    with pytest.raises(ValueError, match=message):
        parse_spec(text, "mine.toml")


def test_specifications_go_by_path_or_by_name(tmp_path):
    assert {"objects-mini", "spar-mini", "spurious-mini"} <= set(named_specs())
    with pytest.raises(
        ValueError, match=r"no specification 'object-mini': expected a file \*.toml, or one of .*objects-mini"
    ):
        read_spec("object-mini")
    with pytest.raises(ValueError, match=r"there is no file .*gone.toml"):
        read_spec(tmp_path / "gone.toml")
    (tmp_path / "a.toml").write_bytes(b"\xff")
    with pytest.raises(ValueError, match="is not text"):
        read_spec(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text('name = "a"\n')
    assert read_spec(str(tmp_path / "a.toml")).name == "a"


def test_the_formats_of_the_command_are_those_of_specifications():
    assert get_args(Format) == FORMATS


def test_a_full_factorial_of_chosen_values():
    table = planned(HEAD).table
    assert factors_of(table) == ("character_name", "world_name", "camera_yaw")
    assert table.num_rows == 2 * len(WORLDS) * 2
    assert set(table["camera_yaw"].to_pylist()) == {0.0, 45.5}
    assert table["split"].null_count == table.num_rows


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("character_name = {first = 2}\ncamera_yaw = 0\n", {CHARACTERS[:2]}),
        ('character_name = "*"\ncamera_yaw = 0\n', {CHARACTERS}),
        ('character_name = "Mug"\ncamera_yaw = 0\n', {("Mug",)}),
    ],
)
def test_values_in_short(given, values):
    rows = rows_of(f'name = "a"\n[factors]\n{given}')
    assert {tuple(row["character_name"] for row in rows)} == values


def test_a_range_takes_the_levels_of_a_design_or_is_drawn_from():
    head = 'name = "a"\n[factors]\ncamera_yaw = {low = -10, high = 30, unit = "deg"}\n[design]\n'
    rows = rows_of(f'{head}kind = "full_factorial"\nlevels = {{camera_yaw = 3}}\n')
    assert [row["camera_yaw"] for row in rows] == [-10.0, 10.0, 30.0]
    for kind in ("random", "latin_hypercube"):
        drawn = rows_of(f'{head}kind = "{kind}"\nn = 7\n')
        assert len(drawn) == 7
        assert all(-10.0 <= row["camera_yaw"] <= 30.0 for row in drawn)


def test_a_list_takes_factors_of_its_rows():
    rows = rows_of(
        'name = "a"\n[[design.rows]]\nworld_name = "Beach"\n[[design.rows]]\ncamera_yaw = 9\n[design]\nkind = "list"\n'
    )
    assert rows == [{"world_name": "Beach", "camera_yaw": 0.0}, {"world_name": "Bridge", "camera_yaw": 9.0}]


def test_one_factor_at_a_time_for_each_character():
    rows = rows_of(
        f'{HEAD}character_scale = [0.5, 1.0]\n[design]\nkind = "one_at_a_time"\nfor_each = ["character_name"]\n'
        'around = {world_name = "Beach"}\n'
    )
    assert len(rows) == 2 * (1 + 3 + 1 + 1)
    base = {"world_name": "Beach", "camera_yaw": 0.0, "character_scale": 1.0}
    for row in rows:
        assert sum(row[name] != value for name, value in base.items()) <= 1


def test_relations_have_captions_in_the_packs_words():
    plan = planned(
        'name = "a"\n[factors]\nworld_name = {first = 1}\ncharacter_name = ["Mug", "Ball"]\n[design]\n'
        'kind = "relations"\nattributes = [["Blue", "Red"]]\n'
    )
    assert plan.table.num_rows == 3 * 3 * 3
    assert "a mug on the left and a ball on the right, in a bridge scene" in plan.table["caption"].to_pylist()
    assert plan.pack["nouns"] == {"Ball": "ball", "Mug": "mug"}


def test_a_shift_keeps_only_rows_of_its_splits():
    plan = planned(
        'name = "a"\n[factors]\nworld_name = {first = 2}\ncharacter_name = {first = 2}\n'
        "camera_yaw = {low = 0, high = 99}\n[design]\nkind = 'full_factorial'\nlevels = {camera_yaw = 100}\n"
        '[shift]\nkind = "spurious"\nfactor = "character_name"\nother = "world_name"\nrho = 0.9\n'
    )
    splits = plan.table["split"].to_pylist()
    assert plan.statement["rows"] == {name: splits.count(name) for name in ("train", "test")}
    assert len(splits) == sum(plan.statement["rows"].values()) < 400


@pytest.mark.parametrize(
    ("shift", "splits"),
    [
        ('kind = "hold_out_values"\nvalues = {world_name = ["Beach"]}', {"train": 12, "test": 4}),
        ('kind = "hold_out_combinations"\nfactors = ["character_name", "world_name"]\nshare = 0.25', {"train": 12}),
    ],
)
def test_shifts_of_held_out_rows(shift, splits):
    plan = planned(f"{HEAD}[shift]\n{shift}\n")
    assert splits.items() <= plan.statement["rows"].items()


def test_a_long_tail():
    head = HEAD.replace("camera_yaw = [0, 45.5]", "camera_yaw = {low = 0, high = 90}")
    plan = planned(
        f'{head}[design]\nkind = "full_factorial"\nlevels = {{camera_yaw = 20}}\n[shift]\nkind = "long_tail"\n'
        'factor = "world_name"\nratio = 4\n'
    )
    assert plan.statement["kind"] == "long tail"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[factors]\ncharacter_nam = "Mug"\n', "did you mean 'character_name'?"),
        ('[factors]\ncharacter_name = ["Mugg"]\n', "did you mean 'Mug'?"),
        ("[factors]\ncharacter_name = {first = 9}\n", "has 6 values: first must be 1 to that, got 9"),
        ("[factors]\ncamera_yaw = {first = 9}\n", "camera_yaw is continuous"),
        ("[factors]\ncharacter_name = {low = 1, high = 2}\n", "character_name is discrete"),
        ("[factors]\ncamera_yaw = {low = 1}\n", "camera_yaw is {'low': 1}: expected {low = , high = , unit"),
        ('[factors]\ncamera_yaw = {low = 1, high = 2, unit = "rad"}\n', "camera_yaw is in deg, got 'rad'"),
        ("[factors]\ncamera_yaw = {low = 1, high = 999}\n", "expected a number from -360 to 360 deg"),
        ("[factors]\ncamera_yaw = {low = 1, high = 2}\n", "levels={'camera_yaw': 5}"),
        ("", r"needs \[factors\]"),
        ('[design]\nkind = "list"\nrows = []\n', "name no factors"),
        ('[design]\nkind = "list"\nrows = [3]\n', "row 0 of the design must be a table of factors, got 3"),
        ('[factors]\nworld_name = "*"\n[design]\nkind = "list"\nrows = []\n', "the design has no rows"),
        ('[factors]\nworld_name = "*"\n[design]\nkind = "relations"\n', "world_name and character_name"),
        ('[factors]\nworld_name = "*"\n[design]\nkind = "one_at_a_time"\nfor_each = ["world_name"]\n', "for_each"),
        (
            '[factors]\nworld_name = "*"\n[design]\nkind = "pug-spar"\n',
            r"has factors of its own: leave \[factors\] out",
        ),
        ('[design]\nkind = "pug-animals"\n', "character_name is 'Goldfish': expected one of 'Mug'"),
        (
            '[factors]\nworld_name = "*"\ncharacter_name = "*"\n[design]\nkind = "relations"\nrelations = ["left"]\n',
            "relations must be a list of pairs",
        ),
    ],
)
def test_what_a_pack_has_not_is_refused_at_once(text, message):
    with pytest.raises(ValueError, match=message):
        planned(f'name = "a"\n{text}')


@pytest.mark.parametrize(("name", "rows"), [("objects-mini", 500), ("spar-mini", 288), ("spurious-mini", 298)])
def test_the_specifications_that_ship_fit_the_basic_pack(name, rows):
    pack = open_pack("basic")
    plan = plan_of(read_spec(name), space_of(pack), pack)
    assert plan.table.num_rows == rows
    if name == "spurious-mini":
        assert plan.statement["cramers_v"]["train"] == pytest.approx(0.9, abs=0.02)
        assert plan.statement["cramers_v"]["test"] == 0.0


def test_pugs_designs_are_kinds_of_designs():
    assert {"pug-animals", "pug-spar"} <= set(DESIGN_KINDS)
    assert factors_of(design("pug-spar"))[0] == "world_name"
