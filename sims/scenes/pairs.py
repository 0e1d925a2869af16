"""Matched pairs: scenes that differ in exactly one factor, so that invariance to it is one comparison."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.columns import coded, combinations
from sims.scenes.factors import factors_of


def matched_pairs(table: pa.Table, factor: str) -> NDArray[np.int64]:
    """All pairs of rows that agree in every factor but `factor`.

    Args:
        table: a design, or a data set's table; its factors are the columns that are described as such (`Space.schema`),
            or all columns where none is. factor: the one that differs.

    Returns:
        `[n, 2]` row numbers, each pair once, its lower row first, in ascending order.

    Raises:
        ValueError: `factor` is none of the factors.
    """
    value, _ = coded(table, factor)
    group = combinations(table, [name for name in factors_of(table) if name != factor])
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
