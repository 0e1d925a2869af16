"""Whether a split keeps its promise, by its rows alone.

No scene is on both sides; held-out values are absent from training and alone in the test; held-out combinations are
absent and each of their values present; a correlation is as strong as stated and gone in the test; a tail falls as
stated and the test is even.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.columns import coded, combinations
from sims.scenes.factors import factors_of

CLOSE = 0.03
"""How far Cramér's V may be from what was asked for: whole rows can't be divided."""


class LeakError(ValueError):
    """A split that does not keep its promise."""


class Shift(NamedTuple):
    """Rows `[n]` of a table, ascending, and what the split promises.

    Attributes:
        train, test: int64 row numbers; a row may be in neither.
        statement: the kind of shift, its parameters, counts, what was measured on the rows, and `text`, a sentence.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    statement: dict[str, Any]


def check_shift(table: pa.Table, shift: Shift) -> None:
    """Refuse a split that leaks.

    Raises:
        LeakError: a scene on both sides, nothing on one, or a promise of its statement that its rows do not keep.
    """
    kind = shift.statement["kind"]
    if not len(shift.train) or not len(shift.test):
        raise LeakError(f"{kind}: {len(shift.train)} rows to train on and {len(shift.test)} for the test")
    scene = combinations(table, factors_of(table))
    both = np.intersect1d(scene[shift.train], scene[shift.test])
    if len(both):
        raise LeakError(f"{kind}: {len(both)} scenes are in training and in the test")
    _CHECKS[kind](table, shift)


def _check_values(table: pa.Table, shift: Shift) -> None:
    held_in_test = np.zeros(len(shift.test), np.bool_)
    for name, some in shift.statement["values"].items():
        codes, there = coded(table, name)
        held = [there.index(value) for value in some]
        seen = np.unique(codes[shift.train])
        if np.isin(held, seen).any():
            raise LeakError(f"held-out values: {name} is {there[np.intersect1d(held, seen)[0]]} in training too")
        unseen = np.setdiff1d(np.arange(len(there)), np.concatenate([seen, held]))
        if len(unseen):
            raise LeakError(f"held-out values: {name} is never {there[int(unseen[0])]} in training either")
        held_in_test |= np.isin(codes[shift.test], held)
    if not held_in_test.all():
        raise LeakError(f"held-out values: {(~held_in_test).sum()} test rows have none of them")


def _check_combinations(table: pa.Table, shift: Shift) -> None:
    number = combinations(table, shift.statement["factors"])
    if len(np.intersect1d(number[shift.train], number[shift.test])):
        raise LeakError("held-out combinations: one of them is in training too")
    for name in shift.statement["factors"]:
        codes, _ = coded(table, name)
        if len(np.setdiff1d(codes[shift.test], codes[shift.train])):
            raise LeakError(f"held-out combinations: a value of {name} is never trained on")


def _check_spurious(table: pa.Table, shift: Shift) -> None:
    (a, _), (b, _) = (coded(table, name) for name in shift.statement["factors"])
    found, rho = cramers_v(a[shift.train], b[shift.train]), shift.statement["rho"]
    if abs(found - rho) > CLOSE:
        raise LeakError(
            f"spurious correlation: Cramér's V is {found:.3f} in training, {rho} was promised: with so few rows "
            f"({len(shift.train)}) rounding changes it; take more"
        )
    if cramers_v(a[shift.test], b[shift.test]) > 1e-6:
        raise LeakError("spurious correlation: the two go together in the test too")


def _check_tail(table: pa.Table, shift: Shift) -> None:
    codes, names = coded(table, shift.statement["factor"])
    train, test = (np.bincount(codes[rows], minlength=len(names)) for rows in shift[:2])
    if train.min() < 1:
        raise LeakError(f"long tail: {names[int(train.argmin())]} is never trained on")
    promised, found = shift.statement["ratio"], train.max() / train.min()
    if abs(found / promised - 1.0) > 0.5 / train.min() + 0.01:
        raise LeakError(f"long tail: the ratio is {found:.1f}, {promised} was promised")
    if np.ptp(test):
        raise LeakError(f"long tail: the test has {test.min()} to {test.max()} rows of a value, not as many of each")


_CHECKS = {
    "held-out values": _check_values,
    "held-out combinations": _check_combinations,
    "spurious correlation": _check_spurious,
    "long tail": _check_tail,
}


def cramers_v(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Cramér's V of two columns of codes, in [0, 1]; 0 where either has but one value (no correction for bias)."""
    if not len(a):
        return 0.0
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a, b), 1.0)
    counts = counts[counts.sum(1) > 0][:, counts.sum(0) > 0]
    least = min(counts.shape) - 1
    if least == 0:
        return 0.0
    expected = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    return float(np.sqrt(((counts - expected) ** 2 / expected).sum() / counts.sum() / least))
