"""`umwelt bench measures`: seconds of PWCCA and linear CKA beside a plain SVD, and the memory of streaming them."""

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Literal

import numpy as np
import tyro
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from probes.measures.similarity import MomentStream, linear_cka, pwcca, pwcca_of
from probes.measures.similarity.moments import BLOCK
from sims.core.bench import Figure, emit, pinned
from sims.core.threads import available_threads

AGAINST = "numpy.linalg.svd of both"
AGREE = 1e-6
"""Two computations of one formula may differ by this much."""

Side = Callable[[], float]
Arrays = tuple[NDArray[np.float64], NDArray[np.float64]]
Svd = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class BenchSettings:
    """What `umwelt bench measures` measures."""

    name: Annotated[Literal["measures"], tyro.conf.Positional] = "measures"
    """Which benchmark."""
    samples: int = 50_000
    """Of both representations; streamed once more with four times as many."""
    units: int = 512
    """Of each representation."""
    repeats: int = 3
    """Measurements of each side, in turn; medians are compared."""
    threads: int = min(2, available_threads())
    """Cores that either side may use."""


def run(settings: BenchSettings) -> None:
    """Measure and print one JSON line a figure; progress goes to standard error.

    Raises:
        ValueError: settings that can't be. ArithmeticError: the two sides disagree.
    """
    for figure in measure(settings):
        emit("measures", figure)


def measure(settings: BenchSettings) -> Iterator[Figure]:
    """The figures, each as soon as it is known.

    Raises:
        ValueError: settings that can't be. ArithmeticError: the two sides disagree.
    """
    _check(settings)
    with pinned(settings.threads), threadpool_limits(settings.threads):
        x, y = _block(settings.samples, settings.units, np.random.default_rng(0))
        sides: dict[str, tuple[Side, Side]] = {
            "pwcca": (lambda: pwcca(x, y).score, lambda: plain_pwcca(x, y)),
            "linear_cka": (lambda: linear_cka(x, y).score, lambda: plain_linear_cka(x, y)),
        }
        for name, (ours, theirs) in sides.items():
            yield _compared(f"{name} {settings.samples}x{settings.units}", ours, theirs, settings)
        for samples in (settings.samples, 4 * settings.samples):
            yield Figure(f"stream {samples}x{settings.units}", [_peak(samples, settings)], "MiB", settings.threads)


def _check(settings: BenchSettings) -> None:
    for name in ("repeats", "units"):
        if getattr(settings, name) < 1:
            raise ValueError(f"--{name} must be at least 1, got {getattr(settings, name)}")
    if settings.samples < 5 * settings.units:
        raise ValueError(f"--samples must be at least {5 * settings.units}, 5 a unit, got {settings.samples}")


def _compared(case: str, ours: Side, theirs: Side, settings: BenchSettings) -> Figure:
    """Seconds of both sides in turn."""
    seconds: dict[Side, list[float]] = {ours: [], theirs: []}
    scores: dict[Side, float] = {}
    for k in range(settings.repeats):
        for side, taken in seconds.items():
            began = time.perf_counter()
            scores[side] = side()
            taken.append(time.perf_counter() - began)
            _say(f"{case}: {scores[side]:.9f} in {taken[-1]:.2f} s ({k + 1} of {settings.repeats})")
    if not abs(scores[ours] - scores[theirs]) < AGREE:
        raise ArithmeticError(f"{case} is {scores[ours]} by moments and {scores[theirs]} by SVD: one of them is wrong")
    ratio = median(seconds[theirs]) / median(seconds[ours])
    return Figure(case, seconds[ours], "s", settings.threads, AGAINST, ratio)


def plain_pwcca(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The formula of `pwcca` on arrays `[sample, unit]` of full rank, word by word."""
    x, y = x - x.mean(0), y - y.mean(0)
    basis_x, basis_y = (np.linalg.svd(part, full_matrices=False)[0] for part in (x, y))
    turn, rho, _ = np.linalg.svd(basis_x.T @ basis_y, full_matrices=False)
    variables = basis_x @ turn
    weights = np.abs(variables.T @ x).sum(1)
    return float(1 - weights @ rho / weights.sum())


def plain_linear_cka(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The formula of debiased `linear_cka` on arrays `[sample, unit]`, by singular vectors (Kornblith 2019, eq. 14)."""
    n = len(x)
    of_x, of_y = (np.linalg.svd(part - part.mean(0), full_matrices=False) for part in (x, y))

    def hsic(a: Svd, b: Svd) -> float:
        squares = [(u**2) @ s**2 for u, s, _ in (a, b)]
        whole = ((a[1][:, None] * (a[0].T @ b[0]) * b[1]) ** 2).sum()
        traces = squares[0].sum() * squares[1].sum()
        return float(whole - squares[0] @ squares[1] * n / (n - 2) + traces / ((n - 1) * (n - 2)))

    return hsic(of_x, of_y) / float(np.sqrt(hsic(of_x, of_x) * hsic(of_y, of_y)))


def _block(n: int, units: int, rng: np.random.Generator) -> Arrays:
    """Two representations `[n, units]` of one signal, with noise of their own."""
    signal = rng.standard_normal((n, units))
    return signal + rng.standard_normal((n, units)), signal + 2 * rng.standard_normal((n, units))


def _peak(samples: int, settings: BenchSettings) -> float:
    """MiB of arrays at most, while samples are made a block at a time and streamed into PWCCA."""
    rng, stream = np.random.default_rng(0), MomentStream()
    tracemalloc.start()
    for start in range(0, samples, BLOCK):
        stream.update(*_block(min(BLOCK, samples - start), settings.units, rng))
    score, peak = pwcca_of(stream.moments).score, tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    _say(f"stream {samples}x{settings.units}: {score:.9f} with {peak:.1f} MiB")
    return peak


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
