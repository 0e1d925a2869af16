"""Loads and stores that LLVM may do many at once give what plain ones give."""

import numpy as np
import pytest

from sims.core.kernels import kernel
from sims.core.lanes import load, store

pytestmark = pytest.mark.kernels


@kernel
def looked_up(table, index, out):
    for i in range(out.shape[0]):
        store(out, i, load(table, load(index, i)) + 1)


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 84])
def test_a_table_is_looked_up_element_by_element(n):
    rng = np.random.default_rng(n)
    table = rng.integers(0, 1000, 64).astype(np.int32)
    index, out = rng.integers(0, 64, n).astype(np.int32), np.zeros(n, np.int32)
    looked_up(table, index, out)
    assert out.tolist() == (table[index] + 1).tolist()


def test_what_is_stored_is_of_the_arrays_kind():
    out = np.zeros(3, np.uint8)
    looked_up(np.array([10, 20, 30], np.int32), np.array([2, 0, 1], np.int32), out)
    assert out.tolist() == [31, 11, 21]
