"""Factors: what a scene is made of, by name, and spaces of them as typed Arrow schemas."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from sims.core.hints import did_you_mean

Value = str | int | float | bool
KINDS: tuple[tuple[type, pa.DataType], ...] = (
    (bool, pa.bool_()),
    (int, pa.int64()),
    (float, pa.float64()),
    (str, pa.string()),
)
"""Types of discrete values and their columns, the first that fits all of a factor's values."""


@dataclass(frozen=True)
class Discrete:
    """A factor that takes one of several values.

    Args:
        name: what it is called, as a column of a table is. default: one of the values; the first if it is not given.
        values: all of one type (integers go with floats), each once.

    Raises:
        ValueError: no values, a value twice, mixed types, one that is not finite, or a default that is none of them.
    """

    name: str
    values: tuple[Value, ...]
    default: Value | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        values = tuple(_plain(value) for value in self.values)
        if not values:
            raise ValueError(f"the factor {self.name!r} has no values: give it one at least")
        kind = _common_type(values)
        if kind is None:
            raise ValueError(
                f"the values of the factor {self.name!r} must be of one type, text, numbers or true and false, got "
                f"{_few(values)}"
            )
        if kind is int and not all(-(2**63) <= value < 2**63 for value in values):
            raise ValueError(f"a value of the factor {self.name!r} takes more than 64 bits: {_few(values)}")
        if kind is float and not all(map(math.isfinite, values)):  # type: ignore[arg-type]
            raise ValueError(f"a value of the factor {self.name!r} is not finite: {_few(values)}")
        values = tuple(kind(value) for value in values)
        twice = [value for value in dict.fromkeys(values) if values.count(value) > 1]
        if twice:
            raise ValueError(f"the factor {self.name!r} has {twice[0]!r} more than once: remove it")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "default", values[0] if self.default is None else self.checked(self.default))

    @property
    def type(self) -> pa.DataType:
        """The type of its column."""
        return dict(KINDS)[_common_type(self.values) or str]

    @cached_property
    def _set(self) -> frozenset[Value]:
        return frozenset(self.values)

    def checked(self, value: Any) -> Value:
        """`value` as one of the factor's own.

        Raises:
            ValueError: it is none of them; the message names the nearest.
        """
        kind, value = _common_type(self.values) or str, _plain(value)
        fits = isinstance(value, kind) or (kind is float and _is_number(value))
        if not fits or isinstance(value, bool) != (kind is bool) or value not in self._set:
            hint = did_you_mean(value, self.values)
            raise ValueError(f"{self.name} is {value!r}: {hint}expected one of {_few(self.values)}")
        return kind(value)

    def describe(self) -> dict[str, Any]:
        """What a table says of it."""
        return {"kind": "discrete", "values": list(self.values), "default": self.default}


@dataclass(frozen=True)
class Continuous:
    """A factor that takes any value between two.

    Args:
        name: what it is called. low, high: the least and the greatest value. default: the middle if it is not given.
        unit: of all of these (`m`, `deg`, `rad`, or `1` for a plain number).

    Raises:
        ValueError: bounds that are not finite or not in order, or a default outside them.
    """

    name: str
    low: float
    high: float
    default: float | None = None
    unit: str = "1"

    def __post_init__(self) -> None:
        check_name(self.name)
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"the factor {self.name!r} must have finite low < high, got {self.low} and {self.high}")
        default = (self.low + self.high) / 2.0 if self.default is None else self.checked(self.default)
        object.__setattr__(self, "default", default)

    @property
    def type(self) -> pa.DataType:
        """The type of its column."""
        return pa.float64()

    def checked(self, value: Any) -> float:
        """`value` as a float.

        Raises:
            ValueError: it is no number, or outside the bounds.
        """
        value = _plain(value)
        if not _is_number(value) or not self.low <= value <= self.high:
            raise ValueError(
                f"{self.name} is {value!r}: expected a number from {self.low:g} to {self.high:g} {self.unit}"
            )
        return float(value)

    def describe(self) -> dict[str, Any]:
        """What a table says of it."""
        return {"kind": "continuous", "low": self.low, "high": self.high, "unit": self.unit, "default": self.default}


Factor = Discrete | Continuous


@dataclass(frozen=True)
class Space:
    """Factors, each of another name, in the order in which tables have them as columns.

    Raises:
        ValueError: no factors, or two of one name.
    """

    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        factors = tuple(self.factors)
        names = [factor.name for factor in factors]
        if not factors:
            raise ValueError("a space needs one factor at least")
        if len(set(names)) < len(names):
            raise ValueError(f"two factors have the same name in {', '.join(names)}: rename one")
        object.__setattr__(self, "factors", factors)

    @property
    def names(self) -> tuple[str, ...]:
        """The factors' names, in order."""
        return tuple(factor.name for factor in self.factors)

    def __getitem__(self, name: str) -> Factor:
        """The factor of that name.

        Raises:
            ValueError: there is none; the message names the nearest.
        """
        for factor in self.factors:
            if factor.name == name:
                return factor
        hint = did_you_mean(name, self.names)
        raise ValueError(f"there is no factor {name!r}: {hint}expected {', '.join(self.names)}")

    def defaults(self) -> dict[str, Value]:
        """Every factor's default."""
        return {factor.name: factor.default for factor in self.factors if factor.default is not None}

    def completed(self, row: Mapping[str, Any]) -> dict[str, Value]:
        """`row` checked, with the default of every factor that it leaves out.

        Raises:
            ValueError: a factor or a value that is not of this space.
        """
        given = {name: self[name].checked(value) for name, value in row.items()}
        return {**self.defaults(), **given}

    def schema(self) -> pa.Schema:
        """The columns of its tables; what each factor is stands in its field's metadata under `factor`, as JSON."""
        return pa.schema(
            [
                pa.field(factor.name, factor.type, False, {"factor": json.dumps(factor.describe())})
                for factor in self.factors
            ]
        )

    def table(self, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
        """A table of `rows`, each completed.

        Raises:
            ValueError: a factor or a value that is not of this space; the message says in which row.
        """
        checked: list[dict[str, Value]] = []
        for k, row in enumerate(rows):
            try:
                checked.append(self.completed(row))
            except ValueError as error:
                raise ValueError(f"row {k}: {error}") from error
        return pa.Table.from_pylist(checked, schema=self.schema())


def check_name(name: str) -> None:
    """Refuse a name that can't be a column's and a key's in a specification.

    Raises:
        ValueError: it is no identifier.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"a factor's name must be letters, digits and _, not first a digit, got {name!r}")


def factors_of(table: pa.Table) -> tuple[str, ...]:
    """The columns of a table that are factors: those with a description, or all where none has one."""
    described = tuple(field.name for field in table.schema if b"factor" in (field.metadata or {}))
    return described or tuple(table.column_names)


def _common_type(values: tuple[Any, ...]) -> type | None:
    """bool, int, float or str, whichever all values are; integers among floats count as floats."""
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 and kinds <= {kind for kind, _ in KINDS} else None


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _few(values: Iterable[Value], n: int = 8) -> str:
    shown = [repr(value) for value in values]
    return ", ".join(shown[:n]) + (f" and {len(shown) - n} more" if len(shown) > n else "")
