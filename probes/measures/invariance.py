"""Whether a representation stays as it is when a factor changes, or moves the same way for everything.

Bouchacourt, Ibrahim, Morcos 2021 (Grounding inductive biases in natural images: invariance stems from variations in
data). Where their code keeps the distribution of a ratio over samples, the numbers here are of means, so that a sample
with a close neighbour weighs no more than another. As with them nothing is standardised: units weigh by how much they
vary, and a common scale, shift or rotation of `z` and `z_t` changes nothing.
Who wants units to weigh alike divides both by the standard deviations of `z`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.measurement import Measurement
from probes.measures.pairing import (
    Pairs,
    clusters_of,
    directions,
    distances,
    false_pairs,
    matched,
    refuse_constant,
    weights,
)
from probes.measures.resampling import Statistic, chance_by_shuffling, interval_by_bootstrap


def relative_invariance(
    z: ArrayLike,
    z_t: ArrayLike,
    rng: int | np.random.Generator = 0,
    *,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: NDArray[np.int64] | None = None,
) -> Measurement:
    """How much closer a sample is to itself with the factor changed than to other samples with the factor changed.

    r = 1 - d(z, z_t) / d(z, z_t of others), d being the mean Euclidean distance; the others are those of 10 random
    derangements (`pairing.DERANGEMENTS`), which is everybody up to 11 samples. 1 where the factor leaves no trace, 0
    where changing it is as bad as changing the sample, below 0 where it is worse.

    Args:
        z: `[sample, unit]`. z_t: `[sample, unit]`, of the same samples with the factor changed.
        rng: draws the derangements, the shuffles and the resamples.
        n_null: shuffles of the pairing for `chance`; without any it is 0, which they tend to.
        n_resamples: for the interval. clusters: `[sample]`, numbers of what is resampled as one, say the asset.

    Raises:
        ValueError: as `pairing.matched`; z or z_t is the same for all samples; too few samples or clusters to resample.
    """
    generator = np.random.default_rng(rng)
    a, b = matched(z, z_t)
    refuse_constant("z", z)
    refuse_constant("z_t", z_t)
    n, groups = len(a), clusters_of(len(a), clusters, n_resamples)
    everybody, false = np.arange(n), false_pairs(n, generator)
    own, others = distances(a, b, Pairs(everybody, everybody)), distances(a, b, false)

    def score(chosen: NDArray[np.int64]) -> float:
        return 1.0 - float(own[chosen].mean() / np.average(others, weights=weights(false, chosen, groups)))

    def shuffled(order: NDArray[np.int64]) -> float:
        return 1.0 - float(distances(a, b, Pairs(everybody, order)).mean() / others.mean())

    return Measurement(
        score(everybody),
        "similarity",
        chance_by_shuffling(shuffled, n, n_null, generator) or 0.0,
        n,
        interval_by_bootstrap(score, n, n_resamples, generator, groups),
    )


def relative_equivariance(
    z: ArrayLike,
    z_t: ArrayLike,
    rng: int | np.random.Generator = 0,
    *,
    n_null: int = 10,
    n_resamples: int = 0,
    clusters: NDArray[np.int64] | None = None,
) -> Measurement:
    """Whether changing the factor moves all samples in one direction: the mean cosine of z_t - z between samples.

    The mean is over all pairs of different samples, exactly. 1 where z_t = z + v, 0 where directions have nothing in
    common. `chance` is the same once each unit's differences are shuffled over the samples, so that it keeps its mean
    and loses its company; what the paper's code calls relative equivariance is score - chance. A shift that is the same
    for all samples survives the shuffling, so that both are then 1: the score says whether samples move alike, the
    difference whether they do so by more than each unit's mean.

    Args:
        z: `[sample, unit]`. z_t: `[sample, unit]`, of the same samples with the factor changed.
        rng: draws the shuffles and the resamples.
        n_null: shuffles for `chance`; None for 0.
        n_resamples: for the interval. clusters: `[sample]`, numbers of what is resampled as one, say the asset.

    Returns:
        Of the `n` samples that move at all; where the others are many, `relative_invariance` is the question to ask.

    Raises:
        ValueError: as `pairing.matched`; z is the same for all samples; fewer than 2 samples move; too few to resample.
    """
    generator = np.random.default_rng(rng)
    a, b = matched(z, z_t)
    refuse_constant("z", z)
    groups = clusters_of(len(a), clusters, 0)
    moved = (a != b).any(1)
    if moved.sum() < 2:
        raise ValueError(
            f"z_t differs from z in {moved.sum()} of {len(a)} samples, and directions need at least 2: change the "
            f"factor more, or ask for relative_invariance"
        )
    difference = (b - a)[moved]
    n = len(difference)
    groups = clusters_of(n, None if groups is None else groups[moved], n_resamples)
    everybody = np.arange(n)
    score = _mean_cosine(directions(difference), everybody if groups is None else groups)

    def shuffled(_: NDArray[np.int64]) -> float:
        return _mean_cosine(directions(generator.permuted(difference, axis=0)), everybody)(everybody)

    return Measurement(
        score(everybody),
        "similarity",
        chance_by_shuffling(shuffled, n, n_null, generator),
        n,
        interval_by_bootstrap(score, n, n_resamples, generator, groups),
    )


def _mean_cosine(way: NDArray[np.float64], groups: NDArray[np.int64]) -> Statistic:
    """Of all pairs of different samples that are taken, whole groups at a time; pairs as in `pairing.weights`.

    Args:
        way: directions `[sample, unit]`. groups: `[sample]`, numbered from 0.
    """
    sizes = np.bincount(groups)
    sums = np.zeros((len(sizes), way.shape[1]))
    np.add.at(sums, groups, way)
    square, own = (sums**2).sum(1), np.bincount(groups, (way**2).sum(1))

    def statistic(chosen: NDArray[np.int64]) -> float:
        times = np.bincount(groups[chosen], minlength=len(sizes)) // sizes
        again = times * (times - 1)  # pairs of two draws of one group, which are none
        total, n = times @ sums, times @ sizes
        return float((total @ total - again @ square - times @ own) / (n * n - again @ sizes**2 - n))

    return statistic
