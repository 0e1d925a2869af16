"""Distribution shifts: a table divided into training and test rows, with a statement of what is shifted by how much.

Every shift is checked on the rows that it gave, not on how they were chosen: no scene on both sides, and what was
promised of the training rows holds (held-out values absent, held-out pairs absent with each of their values present,
the correlation as strong as asked for).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.factors import factors_of
from sims.scenes.pairs import codes_of, group_numbers

TRAINED_ON = 0.8
"""Share of a value's (or a combination's) rows that may be trained on where an even test needs the rest."""


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


def hold_out_values(table: pa.Table, values: Mapping[str, Sequence[Any]]) -> Shift:
    """Test on rows with any of the held-out values, train on the others.

    Args:
        table: a design. values: for each factor the values that are never trained on.

    Raises:
        ValueError: a value that the table has not, or nothing left to train on.
    """
    held = np.zeros(table.num_rows, np.bool_)
    for name, some in values.items():
        missing = set(some) - set(_uniques(table, name))
        if missing or not some:
            raise ValueError(
                f"{name} has no {_listed(missing) or 'values named'}: expected some of {_listed(_uniques(table, name))}"
            )
        held |= np.isin(_column(table, name), list(some))
    text = "; ".join(f"{name} is never {_listed(some)}" for name, some in values.items())
    return _stated(table, ~held, held, "held-out values", {"values": {k: list(v) for k, v in values.items()}}, text)


def hold_out_combinations(table: pa.Table, factors: Sequence[str], share: float, seed: int) -> Shift:
    """Test on combinations of two or more factors' values that are never trained on, though each value is.

    Args:
        table: a design. factors: two or more. share: of the combinations that are held out, in (0, 1). seed: which.

    Raises:
        ValueError: fewer than two factors, a share outside (0, 1), or more than can be held out with each value left.
    """
    if len(factors) < 2 or len(set(factors)) < len(factors):
        raise ValueError(f"combinations are of two or more different factors, got {_listed(factors)}")
    _check_share(share)
    number = group_numbers(table, factors)
    _, first = np.unique(number, return_index=True)
    codes = np.stack([codes_of(table, name)[first] for name in factors], 1)
    wanted = max(1, round(share * len(first)))
    held = _held_out(codes, wanted, np.random.default_rng(seed))
    if held.sum() < wanted:
        raise ValueError(
            f"only {held.sum()} of {len(first)} combinations of {_listed(factors)} can be held out with each value "
            f"left in training, {wanted} were asked for: lower the share to {held.sum() / len(first):.3f}"
        )
    in_test = held[number]
    parameters = {"factors": list(factors), "share": share, "seed": seed, "combinations": int(wanted)}
    text = f"{wanted} of {len(first)} combinations of {' and '.join(factors)} are never seen, each value of theirs is"
    return _stated(table, ~in_test, in_test, "held-out combinations", parameters, text)


def spurious(table: pa.Table, factor: str, other: str, rho: float, seed: int, n: int | None = None) -> Shift:
    """Train on rows in which two factors go together, test on rows in which they do not.

    Every value of `factor` has a partner among those of `other`; the partner comes with probability
    rho + (1 - rho) / k, each of the other k - 1 values with (1 - rho) / k. Cramér's V of the two is then rho.

    Args:
        table: a design that has every combination. factor, other: the number of values of `factor` must be a multiple
            of that of `other`. rho: in [0, 1]. seed: which rows. n: training rows; by default as many as leave a fifth
            for the test, in which every combination comes equally often.

    Raises:
        ValueError: numbers of values that don't fit, a rho outside [0, 1], or fewer rows than asked for.
    """
    if not 0.0 <= rho <= 1.0:
        raise ValueError(f"rho must be in [0, 1], got {rho}")
    a, b = codes_of(table, factor), codes_of(table, other)
    n_a, n_b = int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1
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
    counts = _apportioned(share, most if n is None else n)
    each = int((there - counts).min())
    if counts.sum() < 1 or each < 1:
        raise ValueError(
            f"{int(counts.sum())} training rows with rho = {rho:g} leave no row of some combination for an even test: "
            f"ask for {most} at most"
        )
    train = np.concatenate([own[:k] for own, k in zip(rows, counts.reshape(-1), strict=True)])
    test = np.concatenate([own[k : k + each] for own, k in zip(rows, counts.reshape(-1), strict=True)])
    found = cramers_v(a[train], b[train])
    parameters = {
        "factors": [factor, other],
        "rho": rho,
        "seed": seed,
        "cramers_v": {"train": found, "test": cramers_v(a[test], b[test])},
    }
    text = f"in training {other} goes with {factor} (Cramér's V {found:.3f}), in the test it does not"
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
    codes = codes_of(table, factor)
    n_values = int(codes.max(initial=-1)) + 1
    if not ratio > 1.0 or n_values < 2:
        raise ValueError(f"a long tail needs a ratio above 1 and two values, got {ratio} and {n_values} of {factor}")
    rng = np.random.default_rng(seed)
    rows = _rows_by(codes, n_values, rng)
    least = min(map(len, rows))
    head = int(TRAINED_ON * least)
    each = least - head
    rank = rng.permutation(n_values)
    counts = np.rint(head * ratio ** (-rank / (n_values - 1))).astype(np.int64)
    if each < 1 or counts.min() < 1:
        raise ValueError(f"{factor} has {least} rows a value: too few for a ratio of {ratio:g}; lower it")
    train = np.concatenate([cell[each : each + k] for cell, k in zip(rows, counts, strict=True)])
    test = np.concatenate([cell[:each] for cell in rows])
    names = _uniques(table, factor)
    parameters = {"factor": factor, "ratio": ratio, "seed": seed}
    parameters["training_rows"] = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    text = f"in training {factor} has a long tail, from {counts.max()} rows to {counts.min()}; in the test {each} each"
    return _stated(table, _mask(train, table), _mask(test, table), "long tail", parameters, text)


def check_shift(table: pa.Table, shift: Shift) -> None:
    """Refuse a split that leaks, by its rows alone.

    Raises:
        LeakError: a scene on both sides, nothing on one, or a promise of its statement that its rows do not keep.
    """
    train, test, statement = shift
    if not len(train) or not len(test):
        raise LeakError(f"{statement['kind']}: {len(train)} rows to train on and {len(test)} for the test")
    scene = group_numbers(table, factors_of(table))
    both = np.intersect1d(scene[train], scene[test])
    if len(both):
        raise LeakError(f"{statement['kind']}: {len(both)} scenes are in training and in the test")
    _CHECKS[statement["kind"]](table, train, test, statement)


def _check_values(table: pa.Table, train: NDArray[np.int64], _: NDArray[np.int64], statement: dict[str, Any]) -> None:
    for name, some in statement["values"].items():
        column = _column(table, name)
        seen = sorted(set(column[train].tolist()) & set(some), key=str)
        if seen:
            raise LeakError(f"held-out values: {name} is {_listed(seen)} in training too")
        unseen = set(column.tolist()) - set(column[train].tolist()) - set(some)
        if unseen:
            raise LeakError(f"held-out values: {name} is never {_listed(unseen)} in training either")


def _check_combinations(
    table: pa.Table, train: NDArray[np.int64], test: NDArray[np.int64], statement: dict[str, Any]
) -> None:
    number = group_numbers(table, statement["factors"])
    if len(np.intersect1d(number[train], number[test])):
        raise LeakError("held-out combinations: one of them is in training too")
    for name in statement["factors"]:
        codes = codes_of(table, name)
        if set(codes[test].tolist()) - set(codes[train].tolist()):
            raise LeakError(f"held-out combinations: a value of {name} is never trained on")


def _check_spurious(
    table: pa.Table, train: NDArray[np.int64], test: NDArray[np.int64], statement: dict[str, Any]
) -> None:
    a, b = (codes_of(table, name) for name in statement["factors"])
    found, slack = cramers_v(a[train], b[train]), (a.max() + 1) * (b.max() + 1) / len(train)
    if abs(found - statement["rho"]) > max(0.01, slack):  # whole rows can't be divided
        raise LeakError(f"spurious correlation: Cramér's V is {found:.3f} in training, {statement['rho']} was promised")
    if cramers_v(a[test], b[test]) > 1e-6:
        raise LeakError("spurious correlation: the two go together in the test too")


def _check_tail(table: pa.Table, train: NDArray[np.int64], test: NDArray[np.int64], statement: dict[str, Any]) -> None:
    counts = np.bincount(codes_of(table, statement["factor"])[train])
    if abs(counts.max() / counts.min() / statement["ratio"] - 1.0) > 0.5 / counts.min() + 0.01:
        raise LeakError(f"long tail: the ratio is {counts.max() / counts.min():.1f}, {statement['ratio']} was promised")


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


def _column(table: pa.Table, name: str) -> NDArray[Any]:
    if name not in table.column_names:
        raise ValueError(f"there is no factor {name!r}: expected one of {_listed(factors_of(table))}")
    return table[name].to_numpy()


def _uniques(table: pa.Table, name: str) -> list[Any]:
    return list(dict.fromkeys(_column(table, name).tolist()))


def _check_share(share: float) -> None:
    if not 0.0 < share < 1.0:
        raise ValueError(f"the share must be in (0, 1), got {share}")


def _listed(values: Any) -> str:
    return ", ".join(map(str, values))
