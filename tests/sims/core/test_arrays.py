"""Arrays by annotation."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.arrays import blank


class Two(NamedTuple):
    whole: NDArray[np.int32]
    part: NDArray[np.float64]


def test_every_field_has_its_annotations_dtype_and_its_names_shape():
    made = blank(Two, lambda name: (3,) if name == "whole" else (2, 1))
    assert made.whole.dtype == np.int32
    assert made.part.dtype == np.float64
    assert made.whole.tolist() == [0, 0, 0]
    assert made.part.shape == (2, 1)
