"""Factors, spaces and designs: sizes, types, values, and what is refused."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sims.scenes import (
    Continuous,
    Discrete,
    Space,
    design,
    full_factorial,
    latin_hypercube,
    listed,
    one_at_a_time,
    random_design,
)
from sims.scenes.factors import factors_of

SPACE = Space(
    (
        Discrete("world", ("bridge", "beach", "snow"), "beach"),
        Discrete("scale", (0.5, 1, 2), 1),
        Discrete("lit", (True, False)),
        Continuous("yaw", -180.0, 180.0, 0.0, "deg"),
    )
)


def test_columns_are_typed_and_say_what_they_are(tmp_path):
    table = listed(SPACE, [{"world": "snow", "yaw": 12}, {}])
    assert [str(field.type) for field in table.schema] == ["string", "double", "bool", "double"]
    assert table.to_pylist() == [
        {"world": "snow", "scale": 1.0, "lit": True, "yaw": 12.0},
        {"world": "beach", "scale": 1.0, "lit": True, "yaw": 0.0},
    ]
    pq.write_table(table, tmp_path / "design.parquet")
    again = pq.read_table(tmp_path / "design.parquet")
    told = json.loads(again.schema.field("yaw").metadata[b"factor"])
    assert told == {"kind": "continuous", "low": -180.0, "high": 180.0, "unit": "deg", "default": 0.0}
    assert factors_of(again.append_column("filename", pa.array(["a", "b"]))) == SPACE.names


def test_a_full_factorial_has_every_combination_once_the_last_factor_changing_fastest():
    table = full_factorial(SPACE, {"yaw": 5})
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert len(rows) == len(set(rows)) == 3 * 3 * 2 * 5
    assert [row[3] for row in rows[:5]] == [-180.0, -90.0, 0.0, 90.0, 180.0]
    assert rows[-1] == ("snow", 2.0, False, 180.0)


def test_one_factor_at_a_time_changes_one_and_repeats_nothing():
    table = one_at_a_time(SPACE, {"world": "snow"}, {"yaw": 3})
    base, *others = table.to_pylist()
    assert base == {"world": "snow", "scale": 1.0, "lit": True, "yaw": 0.0}
    assert len(others) == 2 + 2 + 1 + 2
    assert all(sum(row[name] != base[name] for name in base) == 1 for row in others)
    assert len({tuple(row.values()) for row in [base, *others]}) == 8


def test_random_designs_repeat_with_their_seed_and_stay_in_bounds():
    first, again, other = (random_design(SPACE, 500, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    yaw = first["yaw"].to_numpy()
    assert (yaw >= -180.0).all()
    assert (yaw < 180.0).all()
    assert set(first["world"].to_pylist()) == {"bridge", "beach", "snow"}


def test_a_latin_hypercube_covers_every_factor_evenly():
    table = latin_hypercube(SPACE, 60, 3)
    for name, times in (("world", 20), ("scale", 20), ("lit", 30)):
        assert set(table[name].value_counts().field("counts").to_pylist()) == {times}
    strata = np.floor((table["yaw"].to_numpy() + 180.0) / 6.0)
    assert sorted(strata) == list(range(60))


def test_pug_animals_is_pugs():
    table = design("pug-animals")
    assert table.num_rows == 70 * 64 * 3 * 4 * 4 == 215_040
    assert table.column_names == ["character_name", "world_name", "character_scale", "camera_yaw", "character_texture"]
    assert [str(field.type) for field in table.schema] == ["string", "string", "double", "int64", "string"]
    sizes = [len(table[name].unique()) for name in table.column_names]
    assert sizes == [70, 64, 3, 4, 4]
    assert table["camera_yaw"].unique().to_pylist() == [0, 45, 225, 315]
    assert table.group_by(table.column_names).aggregate([]).num_rows == table.num_rows


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Discrete("a", ()), "has no values"),
        (lambda: Discrete("a", (1, "b")), "must be of one type"),
        (lambda: Discrete("a", (True, 1)), "must be of one type"),
        (lambda: Discrete("a", (None,)), "must be of one type"),
        (lambda: Discrete("a", (2**70, 1)), "more than 64 bits"),
        (lambda: Discrete("a", (1.0, float("nan"))), "not finite"),
        (lambda: Discrete("a", ("b", "c", "b")), "has 'b' more than once"),
        (lambda: Discrete("a b", ("c",)), "letters, digits and _"),
        (lambda: Discrete("a", ("c",), "d"), "a is 'd': expected one of 'c'"),
        (lambda: Continuous("a", 1.0, 1.0), "low < high"),
        (lambda: Continuous("a", 0.0, 1.0, 2.0), "expected a number from 0 to 1"),
        (lambda: Space(()), "one factor at least"),
        (lambda: Space((Discrete("a", (1,)), Continuous("a", 0.0, 1.0))), "same name"),
        (lambda: listed(SPACE, [{}, {"wrold": "snow"}]), "row 1: there is no factor 'wrold': did you mean 'world'"),
        (lambda: listed(SPACE, [{"world": "beech"}]), "did you mean 'beach'"),
        (lambda: listed(SPACE, [{"lit": 1}]), "lit is 1"),
        (lambda: listed(SPACE, [{"scale": True}]), "scale is True"),
        (lambda: listed(SPACE, [{"yaw": float("nan")}]), "yaw is nan"),
        (lambda: full_factorial(SPACE), "needs levels of at least 2, got None"),
        (lambda: full_factorial(SPACE, {"yaw": 2, "world": 3}), "'world' is discrete"),
        (lambda: full_factorial(SPACE, {"yaw": 10**9}), "rows: leave out"),
        (lambda: random_design(SPACE, 0, 0), "1 at least, got 0"),
        (lambda: design("pug-plants"), "expected one of pug-animals, pug-spar"),
    ],
)
def test_mistakes_are_refused_with_their_cure(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_numpys_scalars_are_taken_for_pythons():
    space = Space((Discrete("yaw", tuple(np.arange(3))), Continuous("x", 0.0, 1.0)))
    table = listed(space, [{"yaw": np.int64(2), "x": np.float32(0.5)}])
    assert table.to_pylist() == [{"yaw": 2, "x": 0.5}]


def test_one_at_a_time_does_not_repeat_the_base_for_a_rounding_error():
    table = one_at_a_time(Space((Continuous("x", 0.0, 1.0, 0.3),)), levels={"x": 11})
    assert table.num_rows == 11
