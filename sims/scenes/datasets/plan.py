"""From a specification and a pack's factors to rows: which pictures a data set has, and in which split each is."""

import hashlib
import json
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from sims.scenes.datasets.looks import with_looks
from sims.scenes.datasets.spec import Spec
from sims.scenes.designs import full_factorial, latin_hypercube, listed, one_at_a_time, random_design
from sims.scenes.factors import Continuous, Discrete, Factor, Space, factors_of
from sims.scenes.leaks import Shift
from sims.scenes.named import DESIGNS
from sims.scenes.packs import Pack
from sims.scenes.relations import BLANK, relation_design, with_captions
from sims.scenes.shifts import hold_out_combinations, hold_out_values, long_tail, spurious


class Plan(NamedTuple):
    """What is to be rendered.

    Attributes:
        table: a row a picture: the factors as `Space.schema` has them; `split` (`train`, `test`; null without a shift);
            for relations `caption` and `hard_negative` too.
        statement: of the shift (`Shift.statement`), or None.
        pack: name, licence, credits, for each character of the table its noun and its ImageNet classes, and the
            SHA-256 of their shapes and surfaces and of the worlds.
    """

    table: pa.Table
    statement: dict[str, Any] | None
    pack: dict[str, Any]

    def key(self) -> str:
        """The SHA-256 of the rows and the pack's facts: a pack that has changed makes another data set."""
        rows = json.dumps([self.table.to_pylist(), self.pack], sort_keys=True)
        return hashlib.sha256(rows.encode()).hexdigest()


def plan_of(spec: Spec, space: Space, pack: Pack) -> Plan:
    """The rows of a specification.

    Args:
        spec: see there. space: the factors of the scenes of `pack`.

    Raises:
        ValueError: a factor or a value that the pack has not, or a design or a shift that can't be.
    """
    table = _designed(spec, space)
    if spec.design.get("looks"):
        table = with_looks(table, space, pack, spec.seed if "n" in spec.design else None)
    if table.num_rows == 0:
        raise ValueError("the design has no rows: give it one at least")
    _check_values(table, space)
    names = sorted({name for column in _characters(table) for name in table[column].to_pylist()} - {BLANK})
    nouns = {name: pack.noun(name) for name in names}
    if spec.design["kind"] in ("relations", "pug-spar"):
        table = with_captions(table, nouns)
    table, statement = _shifted(spec, table)
    facts = {"name": pack.name, "licence": pack.licence, "credits": list(pack.credits), "nouns": nouns}
    facts["imagenet"] = {name: list(pack.imagenet(name)) for name in names}
    facts["sha256"] = pack.fingerprint(names, _worlds(table, space))
    return Plan(table, statement, facts)


def _characters(table: pa.Table) -> list[str]:
    return [name for name in ("character_name", "character2_name") if name in table.column_names]


def _worlds(table: pa.Table, space: Space) -> list[str]:
    """The worlds of the table's scenes: the default one where the design has none."""
    if "world_name" in table.column_names:
        return sorted(table["world_name"].unique().to_pylist())
    return [str(space["world_name"].default)]


def _designed(spec: Spec, space: Space) -> pa.Table:
    design = spec.design
    kind = design["kind"]
    if kind in DESIGNS:
        if spec.factors:
            raise ValueError(f"the design {kind!r} has factors of its own: leave [factors] out, or change the design")
        return DESIGNS[kind]()
    chosen = tuple(chosen_factor(space[name], given) for name, given in spec.factors.items())
    if kind == "list":
        return listed(_of_rows(chosen, space, design["rows"]), design["rows"])
    if not chosen:
        raise ValueError(f"a design of kind {kind!r} needs [factors]: name one of {', '.join(space.names)} at least")
    if kind == "relations":
        return _relations(chosen, design)
    own = Space(chosen)
    if kind == "full_factorial":
        return full_factorial(own, design.get("levels"))
    if kind == "one_at_a_time":
        return _one_at_a_time(own, design)
    return {"random": random_design, "latin_hypercube": latin_hypercube}[kind](own, design["n"], spec.seed)


def chosen_factor(factor: Factor, given: Any) -> Factor:
    """A pack's factor with only what a specification gives of it.

    Args:
        given: a list of values; one value; `"*"` (all) or `{first = n}` of a discrete one, `blank` left out;
            `{low = , high = , unit = }` of a continuous one.

    Raises:
        ValueError: it is none of these, or has values that are not the factor's.
    """
    if given == "*" or (isinstance(given, dict) and set(given) == {"first"}):
        if isinstance(factor, Continuous):
            raise ValueError(f"{factor.name} is continuous and has no first values: give a list, or low and high")
        own = tuple(value for value in factor.values if value != BLANK)
        n = len(own) if given == "*" else given["first"]
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= len(own):
            raise ValueError(f"{factor.name} has {len(own)} values: first must be 1 to that, got {n!r}")
        return _discrete(factor, own[:n])
    if isinstance(given, dict):
        return _range(factor, given)
    return _discrete(factor, tuple(given) if isinstance(given, list) else (given,))


def _discrete(factor: Factor, values: tuple[Any, ...]) -> Discrete:
    values = tuple(factor.checked(value) for value in values)
    return Discrete(factor.name, values, factor.default if factor.default in values else None)


def _range(factor: Factor, given: Mapping[str, Any]) -> Continuous:
    if isinstance(factor, Discrete):
        raise ValueError(f"{factor.name} is discrete: give a list of values, '*' or {{first = n}}, got {dict(given)}")
    if not {"low", "high"} <= set(given) <= {"low", "high", "unit"}:
        raise ValueError(f"{factor.name} is {dict(given)}: expected {{low = , high = , unit = {factor.unit!r}}}")
    if given.get("unit", factor.unit) != factor.unit:
        raise ValueError(f"{factor.name} is in {factor.unit}, got {given['unit']!r}: give it in {factor.unit}")
    low, high = factor.checked(given["low"]), factor.checked(given["high"])
    default = factor.default if factor.default is not None and low <= factor.default <= high else None
    return Continuous(factor.name, low, high, default, factor.unit)


def _of_rows(chosen: tuple[Factor, ...], space: Space, rows: list[Any]) -> Space:
    """The factors of a list of scenes: those of [factors], and those that a row names, as the pack has them."""
    for k, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ValueError(f"row {k} of the design must be a table of factors, got {row!r}")
    names = [factor.name for factor in chosen]
    named = dict.fromkeys(name for row in rows for name in row if name not in names)
    if not named and not names:
        raise ValueError("the design's rows name no factors: name one at least")
    return Space((*chosen, *(space[name] for name in named)))


def _one_at_a_time(space: Space, design: Mapping[str, Any]) -> pa.Table:
    """One factor at a time around the base, anew for each combination of the factors `for_each`."""
    around, each = design.get("around", {}), design.get("for_each", [])
    fixed = [space[name] for name in each]
    if any(isinstance(factor, Continuous) for factor in fixed) or len(fixed) == len(space.factors):
        raise ValueError(f"for_each must be discrete factors and leave one to change, got {', '.join(each)}")
    inner = Space(tuple(factor for factor in space.factors if factor.name not in each))
    rows = one_at_a_time(inner, around, design.get("levels")).to_pylist()
    bases = product(*(factor.values for factor in fixed if isinstance(factor, Discrete)))
    return space.table({**dict(zip(each, base, strict=True)), **row} for base in bases for row in rows)


def _relations(chosen: tuple[Factor, ...], design: Mapping[str, Any]) -> pa.Table:
    values = {factor.name: factor.values for factor in chosen if isinstance(factor, Discrete)}
    if set(values) != {"world_name", "character_name"} or len(chosen) != 2:
        raise ValueError(
            "a design of relations takes the factors world_name and character_name and makes the others itself, got "
            f"{', '.join(factor.name for factor in chosen)}"
        )
    pairs = {}
    for name in ("relations", "attributes"):
        if name in design:
            if not all(isinstance(pair, list) and len(pair) == 2 for pair in design[name]):
                raise ValueError(f"{name} must be a list of pairs, got {design[name]}")
            pairs[name] = [tuple(pair) for pair in design[name]]
    characters = [str(name) for name in values["character_name"] if name != BLANK]
    return relation_design([str(name) for name in values["world_name"]], characters, **pairs)


def _check_values(table: pa.Table, space: Space) -> None:
    """Refuse what the pack has not: designs of PUG's own names, say, that it does not cover."""
    for name in factors_of(table):
        for value in table[name].unique().to_pylist():
            space[name].checked(value)


def _shifted(spec: Spec, table: pa.Table) -> tuple[pa.Table, dict[str, Any] | None]:
    """The table with its column `split`; rows that a shift puts nowhere are left out, for nobody would look at them."""
    if spec.shift is None:
        return table.append_column("split", pa.nulls(table.num_rows, pa.string())), None
    shift = _shift(spec, table)
    split = np.full(table.num_rows, "", object)
    split[shift.train], split[shift.test] = "train", "test"
    kept = np.flatnonzero(split != "")
    statement = json.loads(json.dumps(shift.statement))
    return table.append_column("split", pa.array(split, pa.string())).take(kept), statement


def _shift(spec: Spec, table: pa.Table) -> Shift:
    given = {"seed": spec.seed, **(spec.shift or {})}
    kind, seed = given["kind"], given["seed"]
    if kind == "hold_out_values":
        return hold_out_values(table, given["values"])
    if kind == "hold_out_combinations":
        return hold_out_combinations(table, given["factors"], given["share"], seed)
    if kind == "spurious":
        return spurious(table, given["factor"], given["other"], given["rho"], seed, given.get("n"))
    return long_tail(table, given["factor"], given["ratio"], seed)
