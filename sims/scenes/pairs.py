"""Matched pairs: scenes that differ in exactly one factor, so that invariance to it is one comparison."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.factors import factors_of


def matched_pairs(table: pa.Table, factor: str, factors: Sequence[str] | None = None) -> NDArray[np.int64]:
    """All pairs of rows that agree in every factor but `factor`.

    Args:
        table: a design, or a data set's table. factor: the one that differs.
        factors: the columns that are factors; by default those that say so, or all.

    Returns:
        `[n, 2]` row numbers, each pair once, its lower row first, in ascending order.

    Raises:
        ValueError: `factor` is none of the factors.
    """
    names = tuple(factors or factors_of(table))
    if factor not in names:
        raise ValueError(f"there is no factor {factor!r}: expected one of {', '.join(names)}")
    n = table.num_rows
    if n < 2:
        return np.empty((0, 2), np.int64)
    group = group_numbers(table, [name for name in names if name != factor])
    value = codes_of(table, factor)
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    first = np.cumsum(sizes) - sizes
    found = [np.empty((0, 2), np.int64)]
    for size in np.unique(sizes[sizes > 1]):
        members = order[first[sizes == size][:, None] + np.arange(size)]
        a, b = np.triu_indices(size, 1)
        pairs = np.stack([members[:, a], members[:, b]], -1).reshape(-1, 2)
        found.append(pairs[value[pairs[:, 0]] != value[pairs[:, 1]]])
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def group_numbers(table: pa.Table, names: Sequence[str]) -> NDArray[np.int64]:
    """For every row the number of its combination of the columns `names`; 0 everywhere if there are none."""
    number = np.zeros(table.num_rows, np.int64)
    for name in names:
        codes = codes_of(table, name)
        _, number = np.unique(number * (codes.max(initial=0) + 1) + codes, return_inverse=True)
    return number.astype(np.int64)


def codes_of(table: pa.Table, name: str) -> NDArray[np.int64]:
    """For every row the number of its value in column `name`, by first appearance."""
    column = table[name].combine_chunks()
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode("encode")
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
