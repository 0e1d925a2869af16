"""What changes between two samples that differ in one factor alone: accuracy, and the prediction itself."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from probes.measures.factors.inputs import assets_of_pairs, checked_flags, checked_pairs, coded
from probes.measures.factors.intervals import check_clusters
from probes.measures.measurement import Kind, Measurement
from probes.measures.resampling import interval_by_bootstrap


class PairedDelta(NamedTuple):
    """How accuracy changes from one value of a factor to another, all else equal.

    Attributes:
        delta: accuracy after less accuracy before, of as many pairs; its chance is 0, its interval a bootstrap of
            assets, or of pairs. before, after: the two accuracies.
        lost: pairs that were right and are wrong. won: those that were wrong and are right.
        p: of McNemar's exact test: how often as uneven a division of the changed pairs would come of a fair coin. It
            takes pairs for independent; where assets have many pairs, the interval is the one to go by.
    """

    delta: Measurement
    before: float
    after: float
    lost: int
    won: int
    p: float

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**self._asdict(), "delta": self.delta.document()}


def pairs_between(pairs: ArrayLike, values: ArrayLike, before: Any, after: Any) -> NDArray[np.int64]:
    """Those of `pairs` that are of two values of a factor, `[pair, 2]`, the sample with `before` first.

    Args:
        pairs: `[pair, 2]` numbers of samples, as `SceneDataset.pairs(factor)` gives them. values: `[sample]` of the
            factor that differs.

    Raises:
        ValueError: the factor never has such a value, or no pair is of the two.
    """
    n = np.asarray(values).shape[0] if np.ndim(values) else 0
    factor, pairs = coded("values", values, n), checked_pairs(pairs, n)
    for value in (before, after):
        if value not in factor.values:
            shown = ", ".join(map(repr, factor.values[:12])) + (" ..." if len(factor.values) > 12 else "")
            raise ValueError(f"no sample has the value {value!r}: expected one of {shown}")
    a, b = factor.values.index(before), factor.values.index(after)
    first, second = factor.codes[pairs].T
    chosen = np.concatenate([pairs[(first == a) & (second == b)], pairs[(first == b) & (second == a)][:, ::-1]])
    if a == b or len(chosen) == 0:
        raise ValueError(f"no pair is of {before!r} and {after!r}: expected two values that samples differ in alone")
    return chosen


def paired_delta(
    correct: ArrayLike,
    pairs: ArrayLike,
    *,
    assets: ArrayLike | None = None,
    n_resamples: int = 0,
    rng: int | np.random.Generator = 0,
) -> PairedDelta:
    """The change of accuracy from the first to the second sample of pairs, with McNemar's exact test (1947).

    Args:
        correct: `[sample]` bool. pairs: `[pair, 2]` numbers of samples, before and after, see `pairs_between`.
        assets: `[sample]` what is resampled as one; both samples of a pair must be of one.
        n_resamples: of the bootstrap; 0 gives no interval.

    Raises:
        ValueError: not bool, no pairs, a pair of two assets, a sample that is in two pairs, or too few assets (pairs)
            to resample.
    """
    right = checked_flags("correct", correct)
    pairs = checked_pairs(pairs, len(right))
    times = np.bincount(pairs.reshape(-1))
    if times.max() > 1:
        raise ValueError(
            f"sample {times.argmax()} is in {times.max()} pairs, the test needs each in one: choose two values of the "
            "factor with pairs_between"
        )
    before, after = right[pairs].T
    lost, won = int((before & ~after).sum()), int((~before & after).sum())
    change = after.astype(np.float64) - before
    delta = _mean(change, "score", 0.0, assets_of_pairs(assets, pairs, len(right)), n_resamples, rng)
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return PairedDelta(delta, float(before.mean()), float(after.mean()), lost, won, p)


def flip_rate(
    predicted: ArrayLike,
    pairs: ArrayLike,
    *,
    assets: ArrayLike | None = None,
    n_resamples: int = 0,
    rng: int | np.random.Generator = 0,
) -> Measurement:
    """The share of pairs whose prediction changes; 0 if the factor never matters.

    Its chance is that of predictions that come as often before and after as these do, but of samples paired at random.

    Args:
        predicted: `[sample]` classes, as text or numbers. The others as in `paired_delta`, but a sample may be in many
            pairs; an interval then needs `assets`.

    Raises:
        ValueError: predictions that are not one a sample, no pairs, a pair of two assets, or an interval over pairs
            that share samples.
    """
    n = np.asarray(predicted).shape[0] if np.ndim(predicted) else 0
    said, pairs = coded("predicted", predicted, n), checked_pairs(pairs, n)
    of = assets_of_pairs(assets, pairs, n)
    if n_resamples and of is None and np.bincount(pairs.reshape(-1)).max() > 1:
        raise ValueError("some samples are in several pairs, which can't be resampled one by one: give their assets")
    before, after = said.codes[pairs].T
    shares = [np.bincount(codes, minlength=len(said.values)) / len(pairs) for codes in (before, after)]
    chance = float(1.0 - shares[0] @ shares[1])
    return _mean((before != after).astype(np.float64), "distance", chance, of, n_resamples, rng)


def _mean(
    values: NDArray[np.float64],
    kind: Kind,
    chance: float,
    assets: NDArray[np.int64] | None,
    n_resamples: int,
    rng: int | np.random.Generator,
) -> Measurement:
    """The mean over pairs."""
    if n_resamples:
        check_clusters(len(values) if assets is None else len(np.unique(assets)))
    interval = interval_by_bootstrap(
        lambda chosen: float(values[chosen].mean()), len(values), n_resamples, np.random.default_rng(rng), assets
    )
    return Measurement(float(values.mean()), kind, chance, len(values), interval)
