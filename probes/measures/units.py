"""Single units: how selective they are for a class, how many directions they span, and what is left without them.

Morcos, Barrett, Rabinowitz, Botvinick 2018 (On the importance of single directions for generalization); Leavitt, Morcos
2020 (Selectivity considered harmful) and 2020b (On the relationship between class selectivity, dimensionality, and
robustness). Units of a convolution are its channels, averaged over the picture.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import trapezoid
from scipy.sparse import csr_array

from probes.measures.arrays import checked
from probes.measures.measurement import Measurement
from probes.measures.pairing import clusters_of, refuse_constant, refuse_few
from probes.measures.resampling import chance_by_shuffling, interval_by_bootstrap

Clamp = Literal["zero", "mean", "noise"]
"""What an ablated unit says: 0; its mean over the samples; or its own values, dealt to the samples at random."""

ROUNDING = 1e-12
"""Of the variance, what may be missing from a share that is reached."""


class Selectivity(NamedTuple):
    """Class selectivity in [0, 1], of each unit `[unit]` and in the mean; a unit that never says anything has 0."""

    units: NDArray[np.float64]
    mean: Measurement


class Ablation(NamedTuple):
    """What is left of the accuracy as ever more units are clamped.

    Attributes:
        fractions: of units that are clamped, `[step]`, from 0 to 1, ascending. accuracy: `[order, step]`.
        area: under the mean curve; its chance is the accuracy with every unit clamped, which is the area for a network
            that depends on each of its units; its interval is over orders.
    """

    fractions: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    area: Measurement


def class_selectivity(
    activations: ArrayLike,
    labels: ArrayLike,
    rng: int | np.random.Generator = 0,
    *,
    eps: float = 1e-12,
    n_null: int = 0,
    n_resamples: int = 0,
) -> Selectivity:
    """How much more a unit says to its favourite class than to the others (Morcos et al. 2018; Leavitt & Morcos 2020).

    (mu_max - mu_rest) / (mu_max + mu_rest + eps), mu_max being the highest of the unit's class means and mu_rest the
    mean of the others, as in `agents.losses.class_selectivity`, which is the loss.

    Args:
        activations: `[sample, unit]`, none below 0. labels: `[sample]`, whole numbers or names, of 2 classes or more.
        rng: draws the shuffles and the resamples. eps: activations far below it count as 0.
        n_null: shuffles of the labels for the mean's chance, which is above 0: of noise too some class gets the most.
        n_resamples: for the mean's interval; samples are resampled within their class, so that none goes missing.
            Resamples hold fewer different samples, which leans to more selectivity: the interval has their spread, and
            the score in its middle.

    Raises:
        ValueError: as `checked`; a negative activation; labels of another shape or kind, or of one class.
    """
    generator = np.random.default_rng(rng)
    a = checked("activations", activations)
    if a.min() < 0:
        raise ValueError(
            f"activations must not be negative, got {a.min():g}: selectivity compares class means as shares, so take "
            f"them behind a rectifier"
        )
    n, classes = len(a), _classes(labels, len(a))
    refuse_few("samples", n, n_resamples)
    by_class, counts = np.argsort(classes, kind="stable"), np.bincount(classes)
    ends = np.cumsum(counts)
    low, high = np.repeat(ends - counts, counts), np.repeat(ends, counts)

    def units(chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        shares = csr_array((1 / (high - low), (classes[by_class], chosen)), shape=(len(counts), n))
        mu = shares @ a
        most = mu.max(0)
        rest = (mu.sum(0) - most) / (len(counts) - 1)
        return (most - rest) / (most + rest + eps)

    def resampled(_: NDArray[np.int64]) -> float:
        return float(units(by_class[generator.integers(low, high)]).mean())

    of_units = units(by_class)
    mean = float(of_units.mean())
    chance = chance_by_shuffling(lambda order: float(units(order).mean()), n, n_null, generator)
    interval = _around(mean, interval_by_bootstrap(resampled, n, n_resamples, generator))
    return Selectivity(of_units, Measurement(mean, "score", chance, n, interval))


def dimensionality(
    x: ArrayLike,
    variance: float = 0.95,
    rng: int | np.random.Generator = 0,
    *,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: NDArray[np.int64] | None = None,
) -> Measurement:
    """How many principal components hold a share of the variance (Leavitt & Morcos 2020b).

    Args:
        x: `[sample, unit]`, taken as it is: units that vary more weigh more. variance: the share, above 0, at most 1.
        rng: draws the shuffles and the resamples.
        n_null: shuffles of each unit's values over the samples for chance, which is what units that have nothing to do
            with each other would need.
        n_resamples: for the interval. Resamples hold fewer different samples, which leans to fewer components: the
            interval has their spread, and the score in its middle.
        clusters: `[sample]`, numbers of what is resampled as one.

    Raises:
        ValueError: as `checked`; a share out of range; x is constant; more components than half of those that so few
            samples can have; too few samples or clusters to resample.
    """
    generator = np.random.default_rng(rng)
    given = checked("x", x)
    if not 0 < variance <= 1:
        raise ValueError(f"variance must be a share above 0 and at most 1, got {variance}: 0.95 is usual")
    refuse_constant("x", x)
    n, groups = len(given), clusters_of(len(given), clusters, n_resamples)
    given = given / np.abs(given).max()
    found = _components(given, variance)
    if 2 * found > n - 1:
        raise ValueError(
            f"{variance:.0%} of the variance of {n} samples takes {found} of the {n - 1} components that they can have "
            f"at most, so that it may be them who are counted: {2 * given.shape[1] + 1} samples will do"
        )

    def shuffled(_: NDArray[np.int64]) -> float:
        return float(_components(generator.permuted(given, axis=0), variance))

    def resampled(chosen: NDArray[np.int64]) -> float:
        return float(_components(given[chosen], variance))

    chance = chance_by_shuffling(shuffled, n, n_null, generator)
    interval = interval_by_bootstrap(resampled, n, n_resamples, generator, groups)
    return Measurement(float(found), "score", chance, n, _around(float(found), interval))


def cumulative_ablation(
    activations: ArrayLike,
    accuracy_of: Callable[[NDArray[np.floating]], ArrayLike],
    rng: int | np.random.Generator = 0,
    *,
    clamp: Clamp = "zero",
    orders: int | ArrayLike = 10,
    steps: int = 10,
    n_resamples: int = 0,
) -> Ablation:
    """The accuracy of what reads a layer while more and more of its units are clamped (Morcos et al. 2018).

    Args:
        activations: `[sample, unit]`, what the layer says.
        accuracy_of: the rest of the network. It is handed activations `[sample, unit]` of its own to keep, in the type
            of `activations` (float64 for whole numbers), and returns whether each sample is right, `[sample]`, or the
            share of those that are.
        rng: draws the orders, the noise and the resamples. clamp: see Clamp.
        orders: so many random ones; or the orders, `[order, unit]`, each with every unit once. By falling selectivity:
            `np.argsort(-selectivity.units)[None]`.
        steps: the curve has a point at each of so many equal shares of the units (at each unit where they are fewer).
        n_resamples: for the area's interval; orders are resampled.

    Raises:
        ValueError: as `checked`; an unknown clamp; no steps or orders; an order that is no permutation of the units;
            `accuracy_of` returns another shape, or a value that is not finite; too few orders to resample.
    """
    generator = np.random.default_rng(rng)
    n, n_units = checked("activations", activations, 1).shape
    given = np.asarray(activations)
    given = given if given.dtype.kind == "f" else given.astype(np.float64)
    if clamp not in ("zero", "mean", "noise"):
        raise ValueError(f"clamp must be zero, mean or noise, got {clamp!r}")
    if steps < 1:
        raise ValueError(f"steps must be 1 or more, got {steps}")
    ways = _orders(orders, n_units, generator)
    refuse_few("orders", len(ways), n_resamples)
    counts = np.unique(np.rint(np.linspace(0, n_units, steps + 1)).astype(np.int64))
    accuracy = np.empty((len(ways), len(counts)))
    accuracy[:, 0] = _share(accuracy_of(given.copy()), n)
    for way, curve in zip(ways, accuracy, strict=True):
        left, said = given.copy(), _clamped(given, clamp, generator)
        for step, (begin, end) in enumerate(pairwise(counts), 1):
            left[:, way[begin:end]] = said[:, way[begin:end]]
            curve[step] = _share(accuracy_of(left.copy()), n)
    fractions = counts / n_units
    areas = trapezoid(accuracy, fractions, axis=1)
    interval = interval_by_bootstrap(lambda k: float(areas[k].mean()), len(areas), n_resamples, generator)
    area = Measurement(float(areas.mean()), "score", float(accuracy[:, -1].mean()), n, interval)
    return Ablation(fractions, accuracy, area)


def _classes(labels: ArrayLike, n: int) -> NDArray[np.int64]:
    """The class of each of `n` samples, numbered from 0."""
    given = np.asarray(labels)
    if given.shape != (n,) or given.dtype.kind not in "biuUS":
        raise ValueError(
            f"labels must be whole numbers or names, one for each of {n} samples, got {given.dtype} {given.shape}"
        )
    names, classes = np.unique(given, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"labels must be of 2 classes or more, got {names.tolist()} alone: add samples of another")
    return classes


def _around(score: float, interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """An interval as wide as the bootstrap's, about the score: for statistics that lean to one side in resamples."""
    if interval is None:
        return None
    half = (interval[1] - interval[0]) / 2
    return score - half, score + half


def _components(x: NDArray[np.float64], variance: float) -> int:
    centred = x - x.mean(0)
    small = centred.T @ centred if x.shape[0] > x.shape[1] else centred @ centred.T
    held = np.cumsum(np.linalg.eigvalsh(small)[::-1])
    return int(np.searchsorted(held, (variance - ROUNDING) * held[-1])) + 1


def _orders(orders: int | ArrayLike, n_units: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Orders of the units `[order, unit]`: random ones, or those given, once each is known to hold every unit once."""
    if isinstance(orders, int | np.integer):
        if orders < 1:
            raise ValueError(f"orders must be 1 or more, got {orders}")
        return np.stack([rng.permutation(n_units) for _ in range(orders)])
    given = np.asarray(orders)
    if given.ndim != 2 or given.shape[1] != n_units or (np.sort(given, 1) != np.arange(n_units)).any():
        raise ValueError(
            f"orders must be [order, {n_units}] with every unit once in each, got shape {given.shape}: pass their "
            f"number for random ones"
        )
    return given.astype(np.int64)


def _clamped(given: NDArray[np.floating], clamp: Clamp, rng: np.random.Generator) -> NDArray[np.floating]:
    """What `given` `[sample, unit]` says with all units clamped."""
    if clamp == "noise":
        return rng.permuted(given, axis=0)
    mean = given.mean(0, dtype=np.float64).astype(given.dtype)
    return np.zeros_like(given) if clamp == "zero" else np.broadcast_to(mean, given.shape)


def _share(right: ArrayLike, n: int) -> float:
    """The share that `accuracy_of` speaks of, be it told a sample or at once."""
    told = np.asarray(right, np.float64)
    if told.shape not in ((), (n,)) or not np.isfinite(told).all():
        raise ValueError(
            f"accuracy_of must return a finite number, or one for each of {n} samples, got shape {told.shape}"
        )
    return float(told.mean())
