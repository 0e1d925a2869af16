"""Questions on what a model says: accuracy by factor, what one change does to it, the worst group, what it fails on."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.measures.factors import (
    Interaction,
    PairedDelta,
    WorstGroup,
    accuracy,
    accuracy_by_value,
    flip_rate,
    interaction,
    paired_delta,
    worst_group,
)
from probes.measures.measurement import Measurement
from probes.vision.changes import Change, from_base, varied
from probes.vision.labels import Labels
from probes.vision.predictions import Predictions
from probes.vision.subject import ASSET, Pictures, Refused, attempt
from sims.scenes.columns import combinations as numbers_of

MOST_VALUES = 24
"""Values of a factor by which accuracy is told; of more, which a continuous one has, it isn't."""


class Step(NamedTuple):
    """One change and what it does to what the model says."""

    change: Change
    delta: PairedDelta
    flips: Measurement

    def document(self) -> dict[str, Any]:
        """As JSON."""
        change = {"change": self.change.name, "magnitude": self.change.magnitude}
        return {**change, **self.delta.document(), "flips": self.flips.document()}


class Wrong(NamedTuple):
    """A picture that the model fails on: its number, what it said how surely, and what would have been right."""

    picture: int
    said: str
    confidence: float
    truth: str


class Said(NamedTuple):
    """Answers; what could not be asked is not in it.

    Attributes:
        overall: `top1` of the classes that it chooses among, `top5` of all, and `own`, of a forced choice among the
            data set's own. by_value: accuracy by factor and value. steps: by factor, from its base to each other value.
            worst: by the factors whose combinations are the groups. interactions: by two factors. wrong: the surest
            failures first.
    """

    overall: dict[str, Measurement]
    by_value: dict[str, dict[Any, Measurement]]
    steps: dict[str, list[Step]]
    worst: dict[str, WorstGroup]
    interactions: dict[str, Interaction]
    wrong: list[Wrong]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "overall": {name: found.document() for name, found in self.overall.items()},
            "by_value": {
                factor: [{"value": value, **found.document()} for value, found in values.items()]
                for factor, values in self.by_value.items()
            },
            "steps": {factor: [step.document() for step in steps] for factor, steps in self.steps.items()},
            "worst": {factors: found.document() for factors, found in self.worst.items()},
            "interactions": {factors: found.document() for factors, found in self.interactions.items()},
        }


def ask_said(
    pictures: Pictures,
    labels: Labels,
    predictions: Predictions,
    forced: Predictions | None,
    refused: Refused,
    *,
    least: int = 10,
    resamples: int = 1000,
    failures: int = 24,
    seed: int = 0,
) -> Said:
    """All that can be asked of predictions.

    Args:
        pictures: whose right answer is known. labels: of them. predictions: of them, in the same order.
        forced: the same of a choice among the data set's own classes; None if that can't be asked.
        refused: is added to. least: pictures of a group. resamples: of objects, for intervals. failures: the most.
    """
    data, n = pictures.data, pictures.resamples(resamples)
    told = [name for name in varied(data) if len(np.unique(data.column(name))) <= MOST_VALUES or name == labels.factor]
    for name in set(varied(data)) - set(told):
        refused[f"accuracy by {name}"] = f"it has more than {MOST_VALUES} values: ask of a design with levels"
    steps, interactions = {}, {}
    for name in [own for own in told if own not in (labels.factor, ASSET)]:
        found = attempt(refused, f"what {name} does", lambda name=name: _steps(pictures, predictions, name, n, seed))
        steps |= {name: found} if found else {}
    for a, b in combinations([name for name in told if name != ASSET], 2):
        found = attempt(
            refused, f"{a} with {b}", lambda a=a, b=b: _interaction(pictures, predictions.correct, a, b, n, seed)
        )
        interactions |= {f"{a} x {b}": found} if found else {}
    return Said(
        _overall(pictures, predictions, forced),
        {name: _by_value(pictures, predictions, name) for name in told},
        steps,
        _worst(pictures, predictions.correct, told, least, refused),
        interactions,
        _wrong(labels, predictions, failures),
    )


def _overall(pictures: Pictures, predictions: Predictions, forced: Predictions | None) -> dict[str, Measurement]:
    found = {
        "top1": accuracy(predictions.correct, chance=predictions.chance, assets=pictures.assets),
        "top5": accuracy(predictions.among_five, assets=pictures.assets),
    }
    if forced is not None:
        found["own"] = accuracy(forced.correct, chance=forced.chance, assets=pictures.assets)
    return found


def _by_value(pictures: Pictures, predictions: Predictions, factor: str) -> dict[Any, Measurement]:
    values = pictures.data.column(factor)
    return accuracy_by_value(predictions.correct, values, chance=predictions.chance, assets=pictures.assets)


def _steps(pictures: Pictures, predictions: Predictions, factor: str, n: int, seed: int) -> list[Step]:
    """From the factor's base to each other value.

    Raises:
        ValueError: no two pictures differ in it alone.
    """
    found = []
    for change in from_base(pictures.data, factor):
        delta = paired_delta(predictions.correct, change.pairs, assets=pictures.assets, n_resamples=n, rng=seed)
        flips = flip_rate(predictions.said, change.pairs, assets=pictures.assets, n_resamples=n, rng=seed)
        found.append(Step(change, delta, flips))
    if not found:
        raise ValueError(f"no two pictures differ in {factor} alone: ask of a factorial or one-at-a-time design")
    return found


def _interaction(pictures: Pictures, correct: NDArray[np.bool_], a: str, b: str, n: int, seed: int) -> Interaction:
    first, second = pictures.data.column(a), pictures.data.column(b)
    return interaction(correct, first, second, assets=pictures.assets if n else None, n_resamples=n, rng=seed)


def _worst(
    pictures: Pictures, correct: NDArray[np.bool_], told: list[str], least: int, refused: Refused
) -> dict[str, WorstGroup]:
    """By each factor and each two of them whose groups are large enough."""
    found, small = {}, []
    for names in [*((name,) for name in told), *combinations(told, 2)]:
        columns = {name: pictures.data.column(name) for name in names}
        _, sizes = np.unique(numbers_of(pictures.data.table, names), return_counts=True)
        if sizes.max() < least:
            small.append((" x ".join(names), int(sizes.max())))
            continue
        assets = None if ASSET in names else pictures.assets
        group = attempt(
            refused,
            f"worst group of {' x '.join(names)}",
            lambda columns=columns, assets=assets: worst_group(correct, columns, least=least, assets=assets),
        )
        if group is not None:
            found[" x ".join(names)] = group
    if small:
        largest = max(size for _, size in small)
        refused[f"worst group of {', '.join(name for name, _ in small)}"] = (
            f"no group has {least} pictures, the largest has {largest}: ask with --least {largest} or less"
        )
    return found


def _wrong(labels: Labels, predictions: Predictions, most: int) -> list[Wrong]:
    failed = np.flatnonzero(~predictions.correct)
    failed = failed[np.argsort(-predictions.confidence[failed], kind="stable")][:most]
    return [
        Wrong(
            int(k),
            labels.names[predictions.said[k]],
            float(predictions.confidence[k]),
            labels.names[int(labels.right[labels.value[k]].argmax())],
        )
        for k in failed
    ]
