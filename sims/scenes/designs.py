"""Designs: which scenes to look at, as typed Arrow tables with a row a scene; nothing is rendered here."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import qmc

from sims.scenes.factors import Continuous, Discrete, Factor, Space

LARGEST = 50_000_000
"""Rows of a full factorial beyond which it is surely a mistake."""


def full_factorial(space: Space, levels: Mapping[str, int] | None = None) -> pa.Table:
    """Every combination of all factors' values, the last factor's changing fastest.

    Args:
        space: the factors. levels: how many evenly spaced values each continuous factor takes, its ends included.

    Raises:
        ValueError: a continuous factor without levels, or more than LARGEST rows.
    """
    levels = _checked_levels(space, levels)
    n = math.prod(levels.get(f.name, 0) if isinstance(f, Continuous) else len(f.values) for f in space.factors)
    if n > LARGEST:
        raise ValueError(f"the full factorial has {n:,} rows: leave out factors or values, or draw a random design")
    values = [_values(factor, levels) for factor in space.factors]
    columns, inner = [], n
    for column in values:
        outer, inner = n // inner, inner // len(column)
        columns.append(np.tile(np.repeat(np.arange(len(column)), inner), outer))
    return _table(space, [column[codes] for column, codes in zip(values, columns, strict=True)])


def one_at_a_time(
    space: Space, around: Mapping[str, Any] | None = None, levels: Mapping[str, int] | None = None
) -> pa.Table:
    """The base scene, then each factor's other values in turn with all else as in the base (as PUG: ImageNet).

    Args:
        space: the factors. around: the base scene; defaults for what it leaves out.
        levels: as in `full_factorial`; values that the base has already are not repeated.

    Raises:
        ValueError: a factor or value that is not of this space, or a continuous factor without levels.
    """
    base, levels = space.completed(around or {}), _checked_levels(space, levels)
    rows = [base]
    for factor in space.factors:
        others = [value for value in _values(factor, levels).tolist() if not _same(factor, value, base[factor.name])]
        rows += [{**base, factor.name: value} for value in others]
    return space.table(rows)


def _same(factor: Factor, a: Any, b: Any) -> bool:
    """Whether two values are one, but for the rounding of evenly spaced ones."""
    if isinstance(factor, Continuous):
        return math.isclose(a, b, rel_tol=0.0, abs_tol=1e-9 * (factor.high - factor.low))
    return a == b


def random_design(space: Space, n: int, seed: int) -> pa.Table:
    """`n` scenes whose factors are drawn independently and uniformly.

    Raises:
        ValueError: n below 1.
    """
    _check_n(n)
    return _of_unit_cube(space, np.random.default_rng(seed).random((n, len(space.factors))))


def latin_hypercube(space: Space, n: int, seed: int) -> pa.Table:
    """`n` scenes that cover every factor evenly.

    One lies in each n-th of a continuous range; each of a factor's k values comes n / k times, rounded up or down.

    `scipy.stats.qmc.LatinHypercube` (McKay, Beckman, Conover 1979).

    Raises:
        ValueError: n below 1.
    """
    _check_n(n)
    return _of_unit_cube(space, qmc.LatinHypercube(len(space.factors), rng=np.random.default_rng(seed)).random(n))


def listed(space: Space, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Just these scenes; what a row leaves out is at its default.

    Raises:
        ValueError: a factor or a value that is not of this space; the message says in which row.
    """
    return space.table(rows)


def _of_unit_cube(space: Space, points: NDArray[np.float64]) -> pa.Table:
    """Points `[n, factor]` in [0, 1) as scenes."""
    columns: list[NDArray[Any]] = []
    for factor, u in zip(space.factors, points.T, strict=True):
        if isinstance(factor, Continuous):
            columns.append(factor.low + u * (factor.high - factor.low))
        else:
            codes = np.minimum((u * len(factor.values)).astype(np.int64), len(factor.values) - 1)
            columns.append(_values(factor, {})[codes])
    return _table(space, columns)


def _values(factor: Factor, levels: Mapping[str, int]) -> NDArray[Any]:
    if isinstance(factor, Discrete):
        return np.array(factor.values)
    return np.linspace(factor.low, factor.high, levels[factor.name])


def _checked_levels(space: Space, levels: Mapping[str, int] | None) -> dict[str, int]:
    """How many values every continuous factor takes."""
    levels = dict(levels or {})
    for name in levels:
        if isinstance(space[name], Discrete):
            raise ValueError(f"the factor {name!r} is discrete and takes all its values: leave it out of levels")
    for factor in space.factors:
        n = levels.get(factor.name)
        if isinstance(factor, Continuous) and (n is None or n < 2):
            raise ValueError(
                f"the continuous factor {factor.name!r} needs levels of at least 2, got {n}: "
                f"levels={{{factor.name!r}: 5}} takes 5 values from {factor.low:g} to {factor.high:g}"
            )
    return levels


def _check_n(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"a design needs an integer number of scenes, 1 at least, got {n!r}")


def _table(space: Space, columns: list[NDArray[Any]]) -> pa.Table:
    schema = space.schema()
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )
