"""Distribution shifts: a table divided into training and test rows, with a statement of what is shifted by how much.

Every shift is checked on the rows that it gave, not on how they were chosen (`sims.scenes.leaks`).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.columns import coded, combinations
from sims.scenes.leaks import Shift, check_shift, cramers_v

TRAINED_ON = 0.8
"""Share of a value's (or a combination's) rows that may be trained on where an even test needs the rest."""


def hold_out_values(table: pa.Table, values: Mapping[str, Sequence[Any]]) -> Shift:
    """Test on rows with any of the held-out values, train on the others.

    Args:
        table: a design. values: for each factor the values that are never trained on.

    Raises:
        ValueError: a value that the table has not, or nothing left to train on.
    """
    held = np.zeros(table.num_rows, np.bool_)
    stated: dict[str, list[Any]] = {}
    for name, some in values.items():
        codes, there = coded(table, name)
        if isinstance(some, str):
            raise ValueError(f"the held-out values of {name} must be a list, got {some!r}: write [{some!r}]")
        stated[name] = [value.item() if isinstance(value, np.generic) else value for value in some]
        missing = [value for value in stated[name] if value not in there]
        if missing or not stated[name]:
            raise ValueError(f"{name} has no {_listed(missing) or 'values named'}: expected some of {_listed(there)}")
        held |= np.isin(codes, [there.index(value) for value in stated[name]])
    text = "; ".join(f"{name} is never {_listed(some)}" for name, some in stated.items())
    return _stated(table, ~held, held, "held-out values", {"values": stated}, text)


def hold_out_combinations(table: pa.Table, factors: Sequence[str], share: float, seed: int) -> Shift:
    """Test on combinations of two or more factors' values that are never trained on, though each value is.

    Args:
        table: a design. factors: two or more. share: of the combinations that are held out, in (0, 1). seed: which.

    Raises:
        ValueError: fewer than two factors, a share outside (0, 1), or more than can be held out with each value left.
    """
    if len(factors) < 2 or len(set(factors)) < len(factors):
        raise ValueError(f"combinations are of two or more different factors, got {_listed(factors)}")
    if not 0.0 < share < 1.0:
        raise ValueError(f"the share must be in (0, 1), got {share}")
    number = combinations(table, factors)
    _, first = np.unique(number, return_index=True)
    if len(first) < 2:
        raise ValueError(f"the table has {len(first)} combinations of {_listed(factors)}: expected two at least")
    codes = np.stack([coded(table, name)[0][first] for name in factors], 1)
    wanted = max(1, round(share * len(first)))
    held = _held_out(codes, wanted, np.random.default_rng(seed))
    if held.sum() < wanted:
        raise ValueError(
            f"with seed {seed}, {held.sum()} of {len(first)} combinations of {_listed(factors)} can be held out with "
            f"each value left in training, {wanted} were asked for: try another seed, or a share of at most "
            f"{math.floor(1000 * held.sum() / len(first)) / 1000:g}"
        )
    in_test = held[number]
    parameters = {"factors": list(factors), "share": share, "seed": seed, "combinations": wanted}
    text = f"{wanted} of {len(first)} combinations of {' and '.join(factors)} are never seen, each value of theirs is"
    return _stated(table, ~in_test, in_test, "held-out combinations", parameters, text)


def spurious(table: pa.Table, factor: str, other: str, rho: float, seed: int, n: int | None = None) -> Shift:
    """Train on rows in which two factors go together, test on rows in which they do not.

    Every value of `factor` has a partner among those of `other`; the partner comes with probability
    rho + (1 - rho) / k, each of the other k - 1 values with (1 - rho) / k. Cramér's V of the two is then rho, but for
    what rounding to whole rows changes.

    Args:
        table: a design that has every combination. factor, other: the number of values of `factor` must be a multiple
            of that of `other`. rho: in [0, 1]. seed: which rows. n: training rows; by default as many as leave a fifth
            for the test, in which every combination comes equally often.

    Raises:
        ValueError: numbers of values that don't fit, a rho outside [0, 1], too many training rows, or so few that
            rounding to whole rows changes the correlation.
    """
    if not 0.0 <= rho <= 1.0:
        raise ValueError(f"rho must be in [0, 1], got {rho}")
    (a, of_a), (b, of_b) = coded(table, factor), coded(table, other)
    n_a, n_b = len(of_a), len(of_b)
    if factor == other or n_b < 2 or n_a % n_b:
        raise ValueError(
            f"{factor} has {n_a} values and {other} {n_b}: expected two factors, the first with as many values as the "
            "second or a multiple of them, so that each has a partner; exchange the two or leave out values"
        )
    share = np.full((n_a, n_b), (1.0 - rho) / n_b)
    share[np.arange(n_a), np.arange(n_a) % n_b] += rho
    share /= n_a
    cell = a * n_b + b
    rows = _rows_by(cell, n_a * n_b, np.random.default_rng(seed))
    there = np.bincount(cell, minlength=n_a * n_b).reshape(n_a, n_b)
    most = int((TRAINED_ON * (there / np.maximum(share, 1e-9))).min())
    n = most if n is None else n
    counts = _apportioned(share, max(0, n))
    each = int((there - counts).min())
    if n < 1 or each < 1:
        raise ValueError(
            f"{n} training rows with rho = {rho:g}, and an even test, can't be had of a table that has "
            f"{there.min()} to {there.max()} rows of each combination: ask for 1 to about {most}, or add rows"
        )
    train = np.concatenate([own[:k] for own, k in zip(rows, counts.reshape(-1), strict=True)])
    test = np.concatenate([own[k : k + each] for own, k in zip(rows, counts.reshape(-1), strict=True)])
    found = {"train": cramers_v(a[train], b[train]), "test": cramers_v(a[test], b[test])}
    parameters = {"factors": [factor, other], "rho": rho, "seed": seed, "cramers_v": found}
    text = f"in training {other} goes with {factor} (Cramér's V {found['train']:.3f}), in the test it does not"
    return _stated(table, _mask(train, table), _mask(test, table), "spurious correlation", parameters, text)


def long_tail(table: pa.Table, factor: str, ratio: float, seed: int) -> Shift:
    """Train on a few values often and on many seldom, test on all alike.

    The k-th most frequent of K values has `ratio ** (-k / (K - 1))` times the rows of the first (Cui et al. 2019).

    Args:
        table: a design. factor: whose values. ratio: of the most to the least frequent, above 1. seed: which rows, and
            which values are frequent.

    Raises:
        ValueError: a ratio of 1 or less, fewer than two values, or too few rows for the rarest and for a test.
    """
    codes, names = coded(table, factor)
    if not ratio > 1.0 or len(names) < 2:
        raise ValueError(f"a long tail needs a ratio above 1 and two values, got {ratio} and {len(names)} of {factor}")
    rng = np.random.default_rng(seed)
    rows = _rows_by(codes, len(names), rng)
    least = min(map(len, rows))
    head = int(TRAINED_ON * least)
    each = least - head
    counts = np.rint(head * ratio ** (-rng.permutation(len(names)) / (len(names) - 1))).astype(np.int64)
    if counts.min() < 1:
        raise ValueError(f"{factor} has {least} rows a value: too few for a ratio of {ratio:g}; lower it")
    train = np.concatenate([cell[each : each + k] for cell, k in zip(rows, counts, strict=True)])
    test = np.concatenate([cell[:each] for cell in rows])
    parameters = {"factor": factor, "ratio": ratio, "seed": seed}
    parameters["training_rows"] = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    text = f"in training {factor} has a long tail, from {counts.max()} rows to {counts.min()}; in the test {each} each"
    return _stated(table, _mask(train, table), _mask(test, table), "long tail", parameters, text)


def _held_out(codes: NDArray[np.int64], wanted: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which of the combinations `[combination, factor]` are held out: drawn one by one, never a value's last."""
    left = [np.bincount(column) for column in codes.T]
    held = np.zeros(len(codes), np.bool_)
    for k in rng.permutation(len(codes)):
        if held.sum() == wanted:
            break
        if all(count[code] > 1 for count, code in zip(left, codes[k], strict=True)):
            held[k] = True
            for count, code in zip(left, codes[k], strict=True):
                count[code] -= 1
    return held


def _apportioned(share: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """`n` divided by `share` `[row, column]` into whole numbers, every row getting alike.

    In each row the largest remainders are rounded up, of equal ones those that come next after the row's own number, so
    that columns get alike too.
    """
    n_rows = len(share)
    counts = np.zeros(share.shape, np.int64)
    for k, row in enumerate(share):
        of_row = n // n_rows + (k < n % n_rows)
        exact = np.roll(row / row.sum() * of_row, -k)
        whole = np.floor(exact + 1e-9).astype(np.int64)
        whole[np.argsort(whole - exact, kind="stable")[: of_row - int(whole.sum())]] += 1
        counts[k] = np.roll(whole, k)
    return counts


def _rows_by(codes: NDArray[np.int64], n: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """The rows of each of `n` codes, in random order."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    return np.split(order, np.cumsum(np.bincount(codes, minlength=n))[:-1])


def _stated(
    table: pa.Table,
    train: NDArray[np.bool_],
    test: NDArray[np.bool_],
    kind: str,
    parameters: dict[str, Any],
    text: str,
) -> Shift:
    """A shift with its statement, checked."""
    rows = np.flatnonzero(train), np.flatnonzero(test)
    counts = {"train": len(rows[0]), "test": len(rows[1])}
    shift = Shift(*rows, {"kind": kind, **parameters, "rows": counts, "text": text})
    check_shift(table, shift)
    return shift


def _mask(rows: NDArray[np.int64], table: pa.Table) -> NDArray[np.bool_]:
    mask = np.zeros(table.num_rows, np.bool_)
    mask[rows] = True
    return mask


def _listed(values: Any) -> str:
    return ", ".join(map(str, values))
