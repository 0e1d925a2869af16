"""Columns of a table as numbers: what shifts and pairs reckon with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.factors import factors_of


def coded(table: pa.Table, name: str) -> tuple[NDArray[np.int64], list[Any]]:
    """A factor's column as codes `[row]` and the values that they stand for, by first appearance.

    Raises:
        ValueError: there is no such factor (a column that is not described is none where others are), or it has empty
            cells or NaN.
    """
    names = factors_of(table)
    if name not in names:
        lost = " (it has lost its description: keep the field's metadata)" if name in table.column_names else ""
        raise ValueError(f"there is no factor {name!r}: expected one of {', '.join(names)}{lost}")
    column = table[name]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values = column.combine_chunks()
    if values.null_count or (pa.types.is_floating(values.type) and np.isnan(values.to_numpy(False)).any()):
        raise ValueError(f"the factor {name!r} has empty cells or NaN: give every scene a value")
    encoded = values.dictionary_encode()
    return encoded.indices.to_numpy(False).astype(np.int64), encoded.dictionary.to_pylist()


def combinations(table: pa.Table, names: Sequence[str]) -> NDArray[np.int64]:
    """For every row the number of its combination of the factors `names`; 0 everywhere if there are none."""
    number = np.zeros(table.num_rows, np.int64)
    for name in names:
        codes, values = coded(table, name)
        _, number = np.unique(number * (len(values) + 1) + codes, return_inverse=True)
    return number.astype(np.int64)
