"""From numbers to a verdict on a claim: the rule, which was written down before any network was trained for it.

A claim is asked in several places (an architecture and a factor, say). In each it is a difference, as large as the
claim wants it to be where it is above zero: `Difference`. Of each there are two intervals of 95 %, one over trainings
(another seed might give something else) and one over objects (another object might). The rule goes by both at once, by
the lowest and the highest of their ends, and takes SMALLEST for the smallest difference that anybody would care about:

    holds             the interval is above 0 and the difference at least SMALLEST
    does not hold     the interval is below SMALLEST: whatever there is, it is too small
    undecided         anything else

A claim `holds` if it does in every place, `does not hold at this scale` if it fails in one, and is `undecided`
otherwise. Since it must hold everywhere, several places make it harder to hold, not easier.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

Verdict = Literal["holds", "does not hold at this scale", "undecided"]
Interval = tuple[float, float]

SMALLEST = 0.05
"""Of relative invariance, which is 0 at chance and 1 for what does not change at all."""

ALIKE = 0.1
"""Two architectures are alike if they are sure to differ by less than this."""

LEAST_SEEDS = 3
"""The t interval of two seeds is thirteen spreads wide."""


class Difference(NamedTuple):
    """A difference in one place.

    Attributes:
        score: its mean over seeds. seeds: of each seed, in order. over_seeds, over_objects: 95 % intervals.
    """

    score: float
    seeds: tuple[float, ...]
    over_seeds: Interval
    over_objects: Interval

    @property
    def interval(self) -> Interval:
        """What the rule goes by: the lowest and the highest end of both."""
        return min(self.over_seeds[0], self.over_objects[0]), max(self.over_seeds[1], self.over_objects[1])

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "score": self.score,
            "seeds": list(self.seeds),
            "over_seeds": list(self.over_seeds),
            "over_objects": list(self.over_objects),
        }


def difference_of(by_seed: ArrayLike, without: ArrayLike) -> Difference:
    """A difference with its intervals: Student's t over seeds, the jackknife's over objects.

    Args:
        by_seed: `[seed]`, of each training and its partner of the same seed. without: `[object]`, the mean over seeds
            of the difference as it is with that object left out (Efron, Tibshirani 1993, chapter 11).

    Raises:
        ValueError: fewer seeds or objects than LEAST_SEEDS, or a number that is not finite.
    """
    seeds, left = np.asarray(by_seed, np.float64), np.asarray(without, np.float64)
    for name, values in (("seeds", seeds), ("objects", left)):
        if values.ndim != 1 or len(values) < LEAST_SEEDS or not np.isfinite(values).all():
            raise ValueError(
                f"a difference needs finite numbers of {LEAST_SEEDS} {name} at least, got {values.tolist()}: give it "
                f"more {name}"
            )
    score, n = float(seeds.mean()), len(left)
    spread = float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum()))
    return Difference(
        score,
        tuple(seeds.tolist()),
        interval_of_mean(seeds),
        _around(score, spread, n),
    )


def interval_of_mean(values: NDArray[np.float64]) -> Interval:
    """The 95 % interval of the mean of `values` `[n]`, two at least, by Student's t."""
    return _around(float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5, len(values))


def _around(score: float, error: float, n: int) -> Interval:
    half = float(t.ppf(0.975, n - 1)) * error
    return score - half, score + half


def above(difference: Difference) -> Verdict:
    """Whether a difference is above zero and large enough to matter: the rule of this file."""
    low, high = difference.interval
    if low > 0.0 and difference.score >= SMALLEST:
        return "holds"
    return "does not hold at this scale" if high < SMALLEST else "undecided"


def alike(difference: Difference) -> Verdict:
    """Whether a difference is sure to be smaller than ALIKE, or sure to be larger, in either direction."""
    low, high = difference.interval
    if low > -ALIKE and high < ALIKE:
        return "holds"
    return "does not hold at this scale" if low > ALIKE or high < -ALIKE else "undecided"


def everywhere(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on a claim of those in all its places.

    Raises:
        ValueError: there is none.
    """
    found = set(verdicts)
    if not found:
        raise ValueError("a claim needs a place where it is asked, got none")
    if "does not hold at this scale" in found:
        return "does not hold at this scale"
    return "undecided" if "undecided" in found else "holds"
