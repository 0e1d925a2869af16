"""Running means and moments of two sets of units over the same samples: all that the linear measures need.

They are updated a block of samples at a time and merged pairwise about the common mean (Chan, Golub, LeVeque 1983, for
the second moments), so that memory does not grow with the samples and a far-away mean costs no digits.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.arrays import checked_pair, shaped_pair

BLOCK = 4096
"""Samples that are looked at together."""

SPREADS = (1e-60, 1e60)
"""Outside of these the fourth powers of a spread leave what float64 can hold."""


class Moments(NamedTuple):
    """Of `n` samples, each the units of x and after them those of y; z is a sample less the mean.

    Attributes:
        n: samples. n_x: how many of the units are x's.
        mean: `[unit]`.
        scatter: `[unit, unit]`, the sum of z z' over samples.
        cubic: `[2, unit]`, the sums of |z_x|^2 z and of |z_y|^2 z.
        quartic: `[2, 2]`, the sums of |z_x|^4, of |z_x|^2 |z_y|^2 twice, and of |z_y|^4.
    """

    n: int
    n_x: int
    mean: NDArray[np.float64]
    scatter: NDArray[np.float64]
    cubic: NDArray[np.float64]
    quartic: NDArray[np.float64]

    @property
    def xx(self) -> NDArray[np.float64]:
        """`[unit of x, unit of x]`, x's part of the scatter."""
        return self.scatter[: self.n_x, : self.n_x]

    @property
    def xy(self) -> NDArray[np.float64]:
        """`[unit of x, unit of y]`, the part between them."""
        return self.scatter[: self.n_x, self.n_x :]

    @property
    def yy(self) -> NDArray[np.float64]:
        """`[unit of y, unit of y]`, y's part."""
        return self.scatter[self.n_x :, self.n_x :]

    def varying(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which units of x, and which of y, vary by more than the rounding of their mean."""
        rounding = 4 * np.finfo(np.float64).eps * np.abs(self.mean)
        varies = np.diagonal(self.scatter) > self.n * rounding**2
        return varies[: self.n_x], varies[self.n_x :]


class MomentStream:
    """The moments of all samples that it was shown; `pwcca_of`, `linear_cka_of` and so on read them."""

    def __init__(self) -> None:
        self._moments: Moments | None = None

    @property
    def n(self) -> int:
        """Samples so far."""
        return 0 if self._moments is None else self._moments.n

    @property
    def moments(self) -> Moments:
        """Those of the samples so far.

        Raises:
            ValueError: there are none yet.
        """
        if self._moments is None:
            raise ValueError("the stream has seen no sample yet: update it first")
        return self._moments

    def update(self, x: ArrayLike, y: ArrayLike) -> None:
        """Take in samples `x` `[sample, unit of x]` and `y` `[sample, unit of y]`, the same ones in the same order.

        Raises:
            ValueError: they are no such arrays, or of other numbers of units than before; nothing is taken in then.
        """
        whole_x, whole_y = shaped_pair(x, y, least=1)
        made, first = self._moments, self.n
        if made is not None:
            seen, got = (made.n_x, len(made.mean) - made.n_x), (whole_x.shape[1], whole_y.shape[1])
            if seen != got:
                raise ValueError(
                    f"the stream has seen {seen[0]} and {seen[1]} units until now, got {got[0]} and {got[1]}: begin "
                    "another one for other units"
                )
        for start in range(0, len(whole_x), BLOCK):
            block = slice(start, start + BLOCK)
            part = _of_block(*checked_pair(whole_x[block], whole_y[block], 1, first + start))
            made = part if made is None else merged(made, part)
        self._moments = made


def moments_of(
    x: ArrayLike,
    y: ArrayLike,
    rows: NDArray[np.int64] | None = None,
    partners: NDArray[np.int64] | None = None,
) -> Moments:
    """The moments of arrays `[sample, unit]`, read a block at a time.

    Args:
        rows, partners: samples of x, and of y, that are taken instead of all, as many of both.

    Raises:
        ValueError: they are no numbers `[sample, unit]`, fewer than 2 samples or not as many of both, or not finite.
    """
    a, b = shaped_pair(x, y)
    stream = MomentStream()
    for start in range(0, len(a) if rows is None else len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        stream.update(a[block if rows is None else rows[block]], b[block if partners is None else partners[block]])
    return stream.moments


def merged(a: Moments, b: Moments) -> Moments:
    """The moments of a's and b's samples together."""
    n = a.n + b.n
    mean = a.mean + (b.mean - a.mean) * (b.n / n)
    a, b = _about(a, mean), _about(b, mean)
    return Moments(n, a.n_x, mean, a.scatter + b.scatter, a.cubic + b.cubic, a.quartic + b.quartic)


def refuse_unfit(moments: Moments, least: int = 2) -> None:
    """Refuse what no measure can be taken of.

    Raises:
        ValueError: fewer samples than `least`, all units of x or of y constant, or a spread outside of SPREADS.
    """
    if moments.n < least:
        raise ValueError(f"there are {moments.n} samples, the measure needs at least {least}: give it more")
    parts = {"x": moments.xx, "y": moments.yy}
    for name, scatter in parts.items():
        refuse_out_of_range(name, float(np.sqrt(np.trace(scatter) / moments.n)))
    for name, varies in zip(parts, moments.varying(), strict=True):
        if not varies.any():
            raise ValueError(
                f"{name} is constant (none of its {len(varies)} units varies over the {moments.n} samples): leave it "
                "out, or take samples on which it varies"
            )


def refuse_out_of_range(name: str, spread: float) -> None:
    """Refuse a `spread` outside of SPREADS other than 0, or NaN, which is what an overflow leaves."""
    if spread and not SPREADS[0] <= spread <= SPREADS[1]:
        raise ValueError(
            f"{name} spreads over {spread:.3g}, outside of {SPREADS[0]:g} to {SPREADS[1]:g}: scale it first"
        )


def _of_block(x: NDArray[np.float64], y: NDArray[np.float64]) -> Moments:
    """The moments of one block, by a single product."""
    n_x = x.shape[1]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # `refuse_unfit` looks at what came out
        z = np.concatenate([x, y], axis=1)
        first = z[0].copy()
        z -= first  # so that a constant unit is exactly zero
        shift = z.mean(0)
        z -= shift
        squares = np.stack([np.einsum("ij,ij->i", part, part) for part in (z[:, :n_x], z[:, n_x:])])
        return Moments(len(z), n_x, first + shift, z.T @ z, squares @ z, squares @ squares.T)


def _about(m: Moments, mean: NDArray[np.float64]) -> Moments:
    """Its sums about another mean: with z + d for z, all sums over z alone being 0."""
    d = m.mean - mean
    halves = np.zeros((2, len(d)))
    halves[0, : m.n_x], halves[1, m.n_x :] = d[: m.n_x], d[m.n_x :]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        lengths = halves @ d  # |d_x|^2, |d_y|^2
        traces = np.array([np.trace(m.xx), np.trace(m.yy)])
        along = halves @ m.scatter
        scatter = m.scatter + m.n * np.outer(d, d)
        cubic = m.cubic + np.outer(traces, d) + 2 * along + m.n * np.outer(lengths, d)
        crossed = 2 * m.cubic @ halves.T + np.outer(traces, lengths)
        quartic = m.quartic + crossed + crossed.T + 4 * along @ halves.T + m.n * np.outer(lengths, lengths)
    return Moments(m.n, m.n_x, mean, scatter, cubic, quartic)
