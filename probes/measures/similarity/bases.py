"""The directions that two representations spread over, and the canonical correlations between them.

All is computed from moments. Directions are cut where an eigenvalue falls to RANK_TOLERANCE of the largest: squares of
lengths, so a direction may be 1e-6 of the longest before it counts as rounding, that of float32 included, but not that
of float16: a unit that is a sum of others and was stored so is one more direction. Where all directions are wanted the
eigenvalues are those of the units' correlation matrix, so that a unit's scale does not matter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.measures.similarity.chance import mean_squared_by_chance
from probes.measures.similarity.moments import Moments, refuse_unfit

RANK_TOLERANCE = 1e-12
SAMPLES_A_DIRECTION = 5
"""With fewer, chance alone gives a mean squared correlation of more than 0.2."""


class Bases(NamedTuple):
    """The centred x times `x` `[unit, direction]` has orthonormal columns, and y times `y` too."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def counts(self) -> tuple[int, int]:
        """How many directions x has, and y."""
        return self.x.shape[1], self.y.shape[1]


def all_directions(moments: Moments) -> Bases:
    """Bases of everything that x and y spread over; constant units have no part in them."""
    x, y = moments.varying()
    return Bases(_standardised(moments.xx, x), _standardised(moments.yy, y))


def principal_directions(moments: Moments, share: float) -> Bases:
    """Bases of the fewest principal directions of x, and of y, that hold `share` of the variance."""
    return Bases(_principal(moments.xx, share), _principal(moments.yy, share))


def correlations(moments: Moments, bases: Bases) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The canonical correlations `[k]`, descending, and the canonical variables of x in its basis, `[direction, k]`."""
    variables, rho, _ = np.linalg.svd(bases.x.T @ moments.xy @ bases.y, full_matrices=False)
    return np.clip(rho, 0.0, 1.0), variables


def refuse_too_few(moments: Moments, bases: Bases) -> None:
    """Refuse correlations that chance alone would make large.

    Raises:
        ValueError: fewer than SAMPLES_A_DIRECTION samples for each direction of x or y.
    """
    n, found = moments.n, bases.counts
    widths = (moments.n_x, len(moments.mean) - moments.n_x)
    # as many directions as so few samples can have: how many there are is not known yet, but not more than units
    p, q = (width if count >= n - 1 else count for count, width in zip(found, widths, strict=True))
    needed = SAMPLES_A_DIRECTION * max(p, q)
    if n < needed:
        raise ValueError(
            f"{n} samples are too few for the canonical correlations of {p} and {q} directions (of {widths[0]} and "
            f"{widths[1]} units): by chance their mean square would be {mean_squared_by_chance(p, q, n):.2f}. Give it "
            f"at least {needed} samples, or take svcca's principal directions with a smaller share"
        )


def sound(moments: Moments) -> Moments:
    """`moments` that correlations can be taken of.

    Raises:
        ValueError: as `refuse_unfit`.
    """
    refuse_unfit(moments, SAMPLES_A_DIRECTION)
    return moments


def _standardised(scatter: NDArray[np.float64], varying: NDArray[np.bool_]) -> NDArray[np.float64]:
    """`[unit, direction]` by the eigenvectors of the correlation matrix."""
    spread = np.sqrt(np.diagonal(scatter)[varying])
    values, vectors = np.linalg.eigh(scatter[np.ix_(varying, varying)] / np.outer(spread, spread))
    kept = values > RANK_TOLERANCE * values[-1]
    basis = np.zeros((len(scatter), int(kept.sum())))
    basis[varying] = vectors[:, kept] / (np.sqrt(values[kept]) * spread[:, None])
    return basis


def _principal(scatter: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """`[unit, direction]` by the eigenvectors of the covariance, those of the largest eigenvalues."""
    values, vectors = (part[..., ::-1] for part in np.linalg.eigh(scatter))
    held = np.cumsum(values) / values.sum()
    n_kept = min(1 + int(np.searchsorted(held, share)), int((values > RANK_TOLERANCE * values[0]).sum()))
    return vectors[:, :n_kept] / np.sqrt(values[:n_kept])
