"""What is asked about: pictures, which of them show the same object, and the questions that had to be refused."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from sims.scenes.datasets.reader import SceneDataset

ASSET = "character_name"
"""The factor whose values are objects: pictures of one tend to be alike, so that intervals resample whole objects."""

LEAST_ASSETS = 10
"""Objects without which they can't be resampled."""

T = TypeVar("T")
Refused = dict[str, str]
"""By question, why it could not be asked."""


class Pictures(NamedTuple):
    """Some of the pictures that a model looked at.

    Attributes:
        data: these. rows: `[picture]` their numbers among all that it looked at, as activations have them.
        assets: `[picture]` the object that each shows, as text; each picture's own number where the data set has none.
    """

    data: SceneDataset
    rows: NDArray[np.int64]
    assets: NDArray[Any]

    def resamples(self, n: int) -> int:
        """`n`, or 0 where there are fewer objects than LEAST_ASSETS."""
        return n if len(np.unique(self.assets)) >= LEAST_ASSETS else 0


def pictures_of(whole: SceneDataset, part: SceneDataset) -> Pictures:
    """`part` of the pictures that a model looked at, `whole`."""
    number = {file: k for k, file in enumerate(whole.table["file"].to_pylist())}
    rows = np.array([number[file] for file in part.table["file"].to_pylist()], np.int64)
    assets = part.column(ASSET).astype(str) if ASSET in part.factors else np.arange(len(part)).astype(str)
    return Pictures(part, rows, assets)


def attempt(refused: Refused, what: str, question: Callable[[], T]) -> T | None:
    """The answer, or None and in `refused` why there is none: a measure that has too little to go by says so."""
    try:
        return question()
    except ValueError as error:
        refused[what] = str(error)
        return None
