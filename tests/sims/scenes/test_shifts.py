"""Shifts keep their promises, and leaks are found out; matched pairs against a loop over all pairs."""

import json
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from sims.scenes import (
    Discrete,
    Shift,
    Space,
    check_shift,
    full_factorial,
    hold_out_combinations,
    hold_out_values,
    long_tail,
    matched_pairs,
    random_design,
    spurious,
)
from sims.scenes.leaks import LeakError, cramers_v

SPACE = Space(
    (
        Discrete("animal", ("cat", "dog", "fox", "hen")),
        Discrete("world", ("snow", "sand", "wood", "city")),
        Discrete("yaw", tuple(range(0, 360, 18))),
    )
)


@pytest.fixture(scope="module")
def table():
    return full_factorial(SPACE)


def column(table, name, rows):
    return np.array(table[name].to_pylist())[rows]


def test_held_out_values_are_never_trained_on(table):
    shift = hold_out_values(table, {"world": ["city"], "animal": ["fox"]})
    assert "city" not in column(table, "world", shift.train)
    assert "fox" not in column(table, "animal", shift.train)
    assert len(shift.train) == 3 * 3 * 20
    assert len(shift.test) == 320 - len(shift.train)
    assert shift.statement["text"] == "world is never city; animal is never fox"
    assert shift.statement["rows"] == {"train": 180, "test": 140}
    json.dumps(shift.statement)


@pytest.mark.parametrize("seed", range(8))
def test_held_out_combinations_are_unseen_and_their_values_seen(table, seed):
    shift = hold_out_combinations(table, ["animal", "world"], 0.5, seed)
    pairs = [set(zip(column(table, "animal", r), column(table, "world", r), strict=True)) for r in shift[:2]]
    assert not pairs[0] & pairs[1]
    assert len(pairs[1]) == 8
    assert {a for a, _ in pairs[0]} == {"cat", "dog", "fox", "hen"}
    assert {w for _, w in pairs[0]} == {"snow", "sand", "wood", "city"}


def test_as_many_combinations_are_held_out_as_can_be_and_no_more(table):
    with pytest.raises(ValueError, match=r"with seed 0, \d+ of 16 combinations .* a share of at most 0\.\d+"):
        hold_out_combinations(table, ["animal", "world"], 0.95, 0)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.9, 1.0])
def test_a_spurious_correlation_is_as_strong_as_asked_for(rho):
    views = Discrete("view", tuple(range(400)))
    table = full_factorial(Space((*SPACE.factors[:2], views)))
    shift = spurious(table, "animal", "world", rho, seed=1)
    rows = [np.unique(column(table, name, shift.train), return_inverse=True)[1] for name in ("animal", "world")]
    assert cramers_v(*rows) == pytest.approx(rho, abs=0.005)
    assert shift.statement["cramers_v"]["train"] == pytest.approx(rho, abs=0.005)
    assert not set(shift.train) & set(shift.test)
    animals = np.unique(column(table, "animal", shift.train), return_counts=True)[1]
    assert animals.max() - animals.min() <= 1, "how often each animal is seen does not change"


def test_the_test_of_a_spurious_correlation_is_balanced(table):
    shift = spurious(table, "animal", "world", 0.5, seed=0, n=96)
    assert len(shift.train) == 96
    assert shift.statement["cramers_v"]["test"] == 0.0


def test_a_long_tail_falls_by_its_ratio_and_the_test_is_even():
    table = full_factorial(Space((Discrete("animal", tuple("abcde")), Discrete("view", tuple(range(1000))))))
    shift = long_tail(table, "animal", 100.0, seed=0)
    _, counts = np.unique(column(table, "animal", shift.train), return_counts=True)
    assert sorted(counts.tolist(), reverse=True) == [800, 253, 80, 25, 8]
    _, even = np.unique(column(table, "animal", shift.test), return_counts=True)
    assert set(even) == {200}


def test_shifts_repeat_with_their_seed(table):
    for make in (
        lambda seed: hold_out_combinations(table, ["animal", "world"], 0.3, seed),
        lambda seed: spurious(table, "animal", "world", 0.5, seed),
        lambda seed: long_tail(table, "animal", 4.0, seed),
    ):
        first, again, other = make(3), make(3), make(4)
        assert first.train.tolist() == again.train.tolist()
        assert first.train.tolist() != other.train.tolist()


def test_leaks_are_found_out_by_the_rows_alone(table):
    """Splits whose statements promise what their rows do not keep."""
    values = hold_out_values(table, {"world": ["city"]})
    pairs = hold_out_combinations(table, ["animal", "world"], 0.3, 0)
    together = spurious(table, "animal", "world", 0.9, 0)
    tail = long_tail(table, "animal", 4.0, 0)
    everything = np.arange(table.num_rows)
    for shift, train, message in [
        (values, np.append(values.train, values.test[0]), "scenes are in training and in the test"),
        (values, np.array([], np.int64), "0 rows to train on"),
        (values._replace(test=values.test[:5]), np.append(values.train, values.test[9]), "world is city in training"),
        (pairs._replace(test=pairs.test[:1]), everything[everything != pairs.test[0]], "one of them is in training"),
        (together._replace(test=everything[-1:]), everything[:-1], "Cramér's V is 0"),
        (tail._replace(test=everything[-1:]), everything[:-1], "long tail: the ratio is 1"),
        (tail._replace(test=tail.test[:3]), tail.train, "not as many of each"),
        (tail, tail.train[column(table, "animal", tail.train) != "hen"], "hen is never trained on"),
        (values._replace(test=values.train[:1]), values.train[1:], "1 test rows have none of them"),
    ]:
        with pytest.raises(LeakError, match=message):
            check_shift(table, shift._replace(train=train))


def test_the_same_scene_twice_may_not_be_on_both_sides():
    table = random_design(Space((Discrete("a", (1, 2)), Discrete("b", (1, 2)))), 64, 0)
    statement = {"kind": "long tail", "factor": "a", "ratio": 2.0}
    with pytest.raises(LeakError, match="scenes are in training and in the test"):
        check_shift(table, Shift(np.arange(32), np.arange(32, 64), statement))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda t: hold_out_values(t, {"world": ["moon"]}), "world has no moon"),
        (lambda t: hold_out_values(t, {"plant": ["oak"]}), "there is no factor 'plant'"),
        (lambda t: hold_out_values(t, {"world": ["snow", "sand", "wood", "city"]}), "0 rows to train on"),
        (lambda t: hold_out_combinations(t, ["world"], 0.5, 0), "two or more different factors"),
        (lambda t: hold_out_combinations(t, ["world", "animal"], 1.0, 0), r"share must be in \(0, 1\)"),
        (lambda t: spurious(t, "animal", "world", 1.5, 0), r"rho must be in \[0, 1\]"),
        (lambda t: spurious(t, "animal", "yaw", 0.5, 0), "exchange the two"),
        (lambda t: spurious(t, "animal", "world", 0.5, 0, n=10_000), "ask for 1 to about 102"),
        (lambda t: spurious(t, "animal", "world", 0.3, 0, n=4), "rounding changes it; take more"),
        (lambda t: spurious(t, "animal", "world", 0.3, 0, n=0), "0 training rows"),
        (lambda t: spurious(t, "animal", "wrld", 0.3, 0), "there is no factor 'wrld'"),
        (lambda t: long_tail(t, "wrld", 2.0, 0), "there is no factor 'wrld'"),
        (lambda t: hold_out_values(t, {"world": "city"}), r"write \['city'\]"),
        (lambda t: hold_out_combinations(t.slice(0, 0), ["world", "animal"], 0.5, 0), "has 0 combinations"),
        (lambda t: long_tail(t, "animal", 1.0, 0), "ratio above 1"),
        (lambda t: long_tail(t, "animal", 1e6, 0), "too few for a ratio"),
    ],
)
def test_shifts_that_cannot_be_are_refused(table, make, message):
    with pytest.raises(ValueError, match=message):
        make(table)


def test_matched_pairs_are_those_of_a_loop_over_all_pairs():
    table = random_design(
        Space((Discrete("a", (1, 2, 3)), Discrete("b", ("x", "y")), Discrete("c", (0.5, 1.5)))), 60, 4
    )
    rows = table.to_pylist()
    for factor in "abc":
        expected = [
            [i, j]
            for i, j in combinations(range(60), 2)
            if [name for name in "abc" if rows[i][name] != rows[j][name]] == [factor]
        ]
        assert matched_pairs(table, factor).tolist() == expected


def test_all_pairs_of_a_full_factorial_are_found(table):
    assert len(matched_pairs(table, "animal")) == 6 * 4 * 20
    assert len(matched_pairs(table, "yaw")) == 190 * 16
    assert matched_pairs(table.slice(0, 1), "yaw").shape == (0, 2)
    with pytest.raises(ValueError, match="expected one of animal, world, yaw"):
        matched_pairs(table, "plant")


def test_columns_that_are_no_factors_do_not_keep_rows_apart(table):
    named = table.append_column("filename", [[f"{k}.png" for k in range(table.num_rows)]])
    assert len(matched_pairs(named, "animal")) == 6 * 4 * 20


def test_coded_columns_are_named_by_their_own_values(table):
    """Dictionary-typed columns, with entries in another order and one that no row has."""
    names = pa.DictionaryArray.from_arrays(
        pa.array([{"cat": 3, "dog": 0, "fox": 2, "hen": 1}[a] for a in table["animal"].to_pylist()], pa.int8()),
        ["dog", "hen", "fox", "cat", "emu"],
    )
    field = table.schema.field("animal")
    typed = table.set_column(0, pa.field("animal", names.type, False, field.metadata), names)
    for make in (
        lambda t: long_tail(t, "animal", 4.0, 0),
        lambda t: spurious(t, "animal", "world", 0.5, 0),
        lambda t: hold_out_values(t, {"animal": ["fox"]}),
    ):
        plain, coded = make(table), make(typed)
        assert plain.train.tolist() == coded.train.tolist()
        assert plain.statement == coded.statement
    assert matched_pairs(typed, "animal").tolist() == matched_pairs(table, "animal").tolist()


def test_a_column_that_lost_its_description_or_a_cell_is_refused(table):
    lost = table.set_column(0, "animal", table["animal"])
    with pytest.raises(ValueError, match=r"no factor 'animal': expected one of world, yaw \(it has lost"):
        matched_pairs(lost, "animal")
    holes = pa.table({"a": [1.0, None, 2.0], "b": [1.0, float("nan"), 1.0]})
    for name in "ab":
        with pytest.raises(ValueError, match="has empty cells or NaN"):
            matched_pairs(holes, name)


def test_statements_of_numpy_values_are_json(table):
    shift = hold_out_values(table, {"yaw": np.array([0, 18])})
    assert json.loads(json.dumps(shift.statement))["values"] == {"yaw": [0, 18]}
