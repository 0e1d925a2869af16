"""Accuracy of two kinds of samples against each other: seen and held-out, with and against a spurious cue."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.factors.by_value import share
from probes.measures.factors.inputs import Column, Value, checked_assets, checked_flags, coded
from probes.measures.factors.intervals import Interval, by_resampling, newcombe
from probes.measures.measurement import Measurement


class Contrast(NamedTuple):
    """Two accuracies and what lies between.

    Attributes:
        first, second: accuracies with Wilson's intervals. gap: `first` - `second`; its chance is 0.
    """

    first: Measurement
    second: Measurement
    gap: Measurement

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: measured.document() for name, measured in self._asdict().items()}


def seen_against_held_out(
    correct: ArrayLike,
    held_out: ArrayLike,
    *,
    chance: float | None = None,
    assets: ArrayLike | None = None,
    n_resamples: int = 0,
    rng: int | np.random.Generator = 0,
) -> Contrast:
    """Accuracy on what training had (`first`), on what it never had (`second`), and the gap.

    Args:
        correct, held_out: `[sample]` bool. chance: of somebody who guesses.
        assets: `[sample]` what is resampled as one; needs n_resamples.
        n_resamples: of the bootstrap of the gap; without it Newcombe's interval, of samples independent of one another.

    Raises:
        ValueError: no bool of the same samples, none of one side, or too few assets on it for a bootstrap.
    """
    right = checked_flags("correct", correct)
    held = checked_flags("held_out", held_out, "give split == 'test', or the like")
    if held.shape != right.shape:
        raise ValueError(f"held_out must be of the same {len(right)} samples as correct, got {len(held)}")
    return _contrast(right, held, ("seen", "held out"), chance, assets, n_resamples, rng)


def training_partners(labels: ArrayLike, values: ArrayLike) -> dict[Value, Value]:
    """For every label the value of the spurious factor that it mostly had in training.

    Args:
        labels, values: `[sample]` of the training set.

    Raises:
        ValueError: a label that had two values equally often: the factor told nothing of it.
    """
    n = np.asarray(labels).shape[0] if np.ndim(labels) else 0
    label, value = coded("labels", labels, n), coded("values", values, n)
    counts = np.zeros((len(label.values), len(value.values)), np.int64)
    np.add.at(counts, (label.codes, value.codes), 1)
    tied = (counts == counts.max(1, initial=0, keepdims=True)).sum(1) > 1
    if tied.any():
        raise ValueError(
            f"label {label.values[int(np.flatnonzero(tied)[0])]!r} came with several values equally often, expected "
            "one more often than any other: name the partners yourself, or leave that label out"
        )
    return {label.values[k]: value.values[best] for k, best in enumerate(counts.argmax(1))}


def spurious_gap(
    correct: ArrayLike,
    labels: ArrayLike,
    values: ArrayLike,
    partners: Mapping[Any, Any],
    *,
    chance: float | None = None,
    assets: ArrayLike | None = None,
    n_resamples: int = 0,
    rng: int | np.random.Generator = 0,
) -> Contrast:
    """Accuracy where a spurious factor is as it was for that label in training (`first`), and where not (`second`).

    A model that reads the label from the object has no gap; one that reads it from the factor has one near 1.

    Args:
        correct: `[sample]` bool. labels: `[sample]` the truth. values: `[sample]` of the spurious factor, of a test in
            which both kinds come for every label. partners: for every label its value in training, see
            `training_partners`. The others as in `seen_against_held_out`.

    Raises:
        ValueError: as `seen_against_held_out`, a label without a partner, or one that the test has with its partner
            alone or never with it, so that how hard the label is would look like a gap.
    """
    right = checked_flags("correct", correct)
    label, value = coded("labels", labels, len(right)), coded("values", values, len(right))
    lacking = [name for name in label.values if name not in partners]
    if lacking:
        raise ValueError(f"label {lacking[0]!r} has no partner, expected one for each: give training_partners(...)")
    numbers = {name: k for k, name in enumerate(value.values)}
    partner = np.array([numbers.get(partners[name], -1) for name in label.values])
    against = value.codes != partner[label.codes]
    _check_both(label, against)
    return _contrast(right, against, ("with the training partner", "against it"), chance, assets, n_resamples, rng)


def _check_both(label: Column, against: NDArray[np.bool_]) -> None:
    for k, name in enumerate(label.values):
        n_against, n = int(against[label.codes == k].sum()), int((label.codes == k).sum())
        if n_against in (0, n):
            kind = "without" if n_against else "with"
            raise ValueError(
                f"label {name!r} comes only {kind} its training partner, expected samples of both kinds: test on a set "
                "in which labels and values are crossed, or leave that label out"
            )


def _contrast(
    right: NDArray[np.bool_],
    second: NDArray[np.bool_],
    names: tuple[str, str],
    chance: float | None,
    assets: ArrayLike | None,
    n_resamples: int,
    rng: int | np.random.Generator,
) -> Contrast:
    if second.all() or not second.any():
        raise ValueError(
            f"no samples are {names[0] if second.all() else names[1]}, expected both: nothing to compare with"
        )
    if assets is not None and n_resamples == 0:
        raise ValueError("assets are resampled: give n_resamples (2000, say), or leave the assets out")
    of = None if assets is None else checked_assets(assets, len(right))
    a, b = (share(right[there], chance, None if of is None else of[there]) for there in (~second, second))
    resampled = by_resampling(
        right,
        second.astype(np.int64),
        names,
        lambda acc: acc[:, :1] - acc[:, 1:],
        n_resamples,
        np.random.default_rng(rng),
        of,
    )
    interval = _newcombe(a, b) if resampled is None else (float(resampled[0, 0]), float(resampled[1, 0]))
    return Contrast(a, b, Measurement(a.score - b.score, "score", 0.0, len(right), interval))


def _newcombe(a: Measurement, b: Measurement) -> Interval:
    assert a.interval is not None
    assert b.interval is not None
    return newcombe(a.score, a.interval, b.score, b.interval)
