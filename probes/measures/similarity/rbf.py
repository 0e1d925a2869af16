"""Centred kernel alignment of Gaussian kernels, by minibatches where the samples are many.

Sources: Kornblith, Norouzi, Lee, Hinton 2019, section 4 (the kernel's width); Nguyen, Raghu, Kornblith 2020, section 3
(minibatches).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.arrays import checked_pair, shaped_pair
from probes.measures.measurement import Measurement
from probes.measures.similarity.cka import LEAST_UNBIASED, aligned
from probes.measures.similarity.measuring import Asked, Rng, Rows, resampled
from probes.measures.similarity.moments import refuse_out_of_range

WIDTH = 0.8
"""Of the median distance: the largest of the three that the paper tries (0.2, 0.4, 0.8)."""

BATCH = 2048
"""Samples whose distances are held at once: 32 MiB for each kernel."""

SAME = 1e-14
"""Of the largest squared distance: below it two samples are one point, but for rounding."""


def rbf_cka(
    x: ArrayLike,
    y: ArrayLike,
    *,
    width: float = WIDTH,
    debiased: bool = True,
    batch: int = BATCH,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> Measurement:
    """How alike the samples' nearnesses exp(-d^2 / (2 s^2)) are in `x` and in `y` `[sample, unit]`: 1 for the same.

    Symmetric; rotations, translations and one scale for all units leave it.

    Args:
        width: s as a share of the median distance of two samples, of x and of y each for itself.
        debiased: with the unbiased HSIC, in [-1, 1], whose mean over all shuffles is 0; else in [0, 1].
        batch: more samples than this are shuffled, cut into minibatches of this many at most, and the unbiased HSICs
            of these averaged before they are divided; s is then that of the first minibatch.
        n_null, n_resamples, clusters, rng: as `pwcca`'s; `rng` draws the minibatches too. Chance's closed forms are 0
            and, where biased, tr(K) tr(L) / ((n - 1) |K| |L|) of the centred kernels.

    Raises:
        ValueError: x and y are no finite numbers `[sample, unit]` of the same samples, there are fewer than 4 (2 where
            biased), one is constant, more than half of its pairs are at one point or all are equally far apart, or the
            biased HSIC is asked for over minibatches.
    """
    a, b = shaped_pair(x, y, LEAST_UNBIASED if debiased else 2)
    if batch < 2 * LEAST_UNBIASED:
        raise ValueError(f"batch must be at least {2 * LEAST_UNBIASED}, got {batch}")
    if not debiased and len(a) > batch:
        raise ValueError(
            f"the biased HSIC of minibatches is not that of all samples: debias it, or give it a batch of {len(a)}"
        )
    source = np.random.default_rng(rng)

    def streamed(rows: Rows, partners: Rows) -> Measurement:
        rows, partners = (np.arange(len(a)) if some is None else some for some in (rows, partners))
        n_batches = -(-len(rows) // batch)
        order = source.permutation(len(rows)) if n_batches > 1 else np.arange(len(rows))
        stream = RbfStream(width=width, debiased=debiased)
        for part in np.array_split(order, n_batches):
            stream.update(a[rows[part]], b[partners[part]])
        return stream.measurement()

    def scores(rows: Rows, partners: Rows) -> NDArray[np.float64]:
        return np.array([streamed(rows, partners).score])

    bounds = (-1.0 if debiased else 0.0, 1.0)
    return resampled([streamed(None, None)], scores, [bounds], Asked(n_null, n_resamples, clusters, source))[0]


class RbfStream:
    """The Gaussian kernels' HSIC over minibatches of independent samples, averaged.

    A minibatch stands for all samples, so they must come in an order that means nothing. The first one sets the widths.

    Args:
        width, debiased: see `rbf_cka`; the biased HSIC is that of one minibatch alone.
    """

    def __init__(self, *, width: float = WIDTH, debiased: bool = True) -> None:
        if not width > 0:
            raise ValueError(f"width must be above 0, a share of the median distance, got {width}")
        self.width, self.debiased, self.n = width, debiased, 0
        self._scales: list[float] | None = None
        self._hsic, self._whole, self._chance = np.zeros(3), np.zeros(3), 0.0

    def update(self, x: ArrayLike, y: ArrayLike) -> None:
        """Take in a minibatch `x` `[sample, unit of x]` and `y` `[sample, unit of y]`, the same samples.

        Raises:
            ValueError: as `rbf_cka`.
        """
        if self.n and not self.debiased:
            raise ValueError("the biased HSIC is that of one minibatch: debias it, or give all samples at once")
        a, b = checked_pair(x, y, LEAST_UNBIASED if self.debiased else 2, self.n)
        distances = [squared_distances(name, part) for name, part in (("x", a), ("y", b))]
        if self._scales is None:
            self._scales = [self.width**2 * _median(name, d) for name, d in zip("xy", distances, strict=True)]
        kernels = [np.exp(d / (-2 * scale)) for d, scale in zip(distances, self._scales, strict=True)]
        products = _unbiased(*kernels) if self.debiased else _biased(*kernels)
        self._hsic += len(a) * products.hsic
        self._whole += len(a) * products.whole
        self._chance = products.chance
        self.n += len(a)

    def measurement(self) -> Measurement:
        """`rbf_cka` of the samples so far.

        Raises:
            ValueError: there are none yet, or all are equally far from one another.
        """
        if not self.n:
            raise ValueError("the stream has seen no sample yet: update it first")
        return Measurement(aligned(self._hsic, self._whole), "similarity", self._chance, self.n)


class _Products(NamedTuple):
    """Of two kernels, x with x, x with y and y with y."""

    hsic: NDArray[np.float64]
    whole: NDArray[np.float64]  # before centring, in the same unit
    chance: float


def squared_distances(name: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between all samples of `x` `[sample, unit]`; 0 on the diagonal."""
    with np.errstate(over="ignore", invalid="ignore"):
        centred = x - x.mean(0)
        refuse_out_of_range(name, float(np.abs(centred).max()))
    squares = np.einsum("ij,ij->i", centred, centred)
    distances = np.maximum(squares[:, None] + squares - 2 * (centred @ centred.T), 0.0)
    np.fill_diagonal(distances, 0.0)
    return distances


def _median(name: str, distances: NDArray[np.float64]) -> float:
    """Of the squared distances of different samples."""
    between = distances[~np.eye(len(distances), dtype=np.bool_)]
    median = float(np.median(between))
    if between.max() == 0.0:
        raise ValueError(f"{name} is constant over {len(distances)} samples: leave it out, or take samples that vary")
    if not median > SAME * between.max():
        raise ValueError(
            f"more than half of all pairs of samples of {name} are at one point, so that the median distance is 0: "
            "leave repeated samples out, or take linear_cka"
        )
    return median


def _unbiased(of_x: NDArray[np.float64], of_y: NDArray[np.float64]) -> _Products:
    """Song et al. 2012, of kernels `[n, n]` whose diagonals are left out."""
    n = len(of_x)
    for kernel in (of_x, of_y):
        np.fill_diagonal(kernel, 0.0)
    rows = np.stack([of_x.sum(1), of_y.sum(1)])
    sums = np.outer(rows.sum(1), rows.sum(1))
    taken = (2 / (n - 2)) * (rows @ rows.T) - sums / ((n - 1) * (n - 2))
    whole = _crossed(of_x, of_y)
    size = n * (n - 3)
    return _Products((whole - taken[[0, 0, 1], [0, 1, 1]]) / size, whole / size, 0.0)


def _biased(of_x: NDArray[np.float64], of_y: NDArray[np.float64]) -> _Products:
    """Gretton et al. 2005, of kernels `[n, n]`."""
    centred = [k - k.mean(0) - k.mean(1)[:, None] + k.mean() for k in (of_x, of_y)]
    alike = [np.trace(k) / np.linalg.norm(k) for k in centred]
    return _Products(_crossed(*centred), _crossed(of_x, of_y), float(alike[0] * alike[1] / (len(of_x) - 1)))


def _crossed(of_x: NDArray[np.float64], of_y: NDArray[np.float64]) -> NDArray[np.float64]:
    """[x with x, x with y, y with y]."""
    return np.array([np.vdot(of_x, of_x), np.vdot(of_x, of_y), np.vdot(of_y, of_y)], np.float64)
