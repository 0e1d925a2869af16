"""What the measures share: numbers of moments, with chance by shuffling and intervals by halves where asked for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.measurement import Measurement
from probes.measures.resampling import intervals_by_halves
from probes.measures.similarity.moments import Moments, moments_of

Rng = int | np.random.Generator
Rows = NDArray[np.int64] | None
"""Samples that are taken, `[n]`; None for all."""


class OfMoments(NamedTuple):
    """A measure that needs no more than moments.

    Attributes:
        whole: it, with its refusals and its closed form of chance. score: its number alone, of any moments.
        bounds: between which it lies, and its interval with it.
    """

    whole: Callable[[Moments], Measurement]
    score: Callable[[Moments], float]
    bounds: tuple[float, float]


class Asked(NamedTuple):
    """What is wanted beside the number: the keywords that all measures have."""

    n_null: int = 0
    n_resamples: int = 0
    clusters: ArrayLike | None = None
    rng: Rng = 0


def measured(x: ArrayLike, y: ArrayLike, measures: Sequence[OfMoments], asked: Asked) -> list[Measurement]:
    """The `measures` of `x` and `y`, all of them from the same moments."""
    moments = moments_of(x, y)
    made = [measure.whole(moments) for measure in measures]

    def scores(rows: Rows, partners: Rows) -> NDArray[np.float64]:
        some = moments_of(x, y, rows, partners)
        return np.array([measure.score(some) for measure in measures])

    return resampled(made, scores, [measure.bounds for measure in measures], asked)


def resampled(
    made: Sequence[Measurement],
    scores: Callable[[Rows, Rows], NDArray[np.float64]],
    bounds: Sequence[tuple[float, float]],
    asked: Asked,
) -> list[Measurement]:
    """`made` with chance and interval where asked for, by the `scores` `[measure]` of chosen samples of x and of y."""
    if asked.n_null < 0:
        raise ValueError(f"n_null must be 0 or more shuffles, got {asked.n_null}")
    rng, n, done = np.random.default_rng(asked.rng), made[0].n, list(made)
    if asked.n_null:
        chance = np.stack([scores(None, rng.permutation(n)) for _ in range(asked.n_null)], axis=1).mean(1)
        done = [each._replace(chance=float(by_chance)) for each, by_chance in zip(done, chance, strict=True)]
    of_all = np.array([each.score for each in made])
    found = intervals_by_halves(lambda rows: scores(rows, rows), of_all, n, asked.n_resamples, rng, asked.clusters)
    if found is None:
        return done
    within = [np.clip(interval, *limits).tolist() for interval, limits in zip(found, bounds, strict=True)]
    return [each._replace(interval=(low, high)) for each, (low, high) in zip(done, within, strict=True)]
