"""A score with what it is to be read against: chance, its interval, and how many it is the mean of."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.evaluate import bootstrap_interval


class Score(NamedTuple):
    """A mean over episodes, in the measure's own unit.

    Attributes:
        score: the mean. chance: the same mean of a decoder that was shown other episodes' states.
        interval: 95 %, low and high, whole layouts being resampled. n: episodes.
    """

    score: float
    chance: float
    interval: tuple[float, float]
    n: int

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**self._asdict(), "interval": list(self.interval)}


def score_of(values: NDArray[np.floating], chance: float, layouts: NDArray[np.int64], seed: int = 0) -> Score:
    """The mean of `values` `[episode]`; episodes of one of `layouts` `[episode]` (numbers from 0) are resampled as one.

    Raises:
        ValueError: no values, a value that is not finite, or layouts of another shape.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or len(values) == 0 or values.shape != layouts.shape:
        raise ValueError(f"a score needs values and layouts [episode], got shapes {values.shape} and {layouts.shape}")
    if not np.isfinite(values).all():
        raise ValueError(
            f"a score needs finite values, got {values[~np.isfinite(values)][0]}: leave those episodes out"
        )
    return Score(float(values.mean()), chance, bootstrap_interval(values, layouts, seed), len(values))
