"""PWCCA, mean CCA and SVCCA: three numbers made of canonical correlations.

Sources: Raghu, Gilmer, Yosinski, Sohl-Dickstein 2017 (SVCCA), section 2; Morcos, Raghu, Bengio 2018 (PWCCA), section 2.
"""

from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from probes.measures.measurement import Measurement
from probes.measures.similarity.bases import (
    Bases,
    all_directions,
    correlations,
    principal_directions,
    refuse_too_few,
    sound,
)
from probes.measures.similarity.chance import mean_by_chance
from probes.measures.similarity.measuring import Asked, OfMoments, Rng, measured
from probes.measures.similarity.moments import Moments

SHARE = 0.99
"""Of the variance that SVCCA keeps, as in the paper."""


def pwcca(
    x: ArrayLike,
    y: ArrayLike,
    *,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> Measurement:
    """Projection-weighted CCA distance of `y` from `x` `[sample, unit]`: 0 where x can be read out of y linearly.

    d = 1 - sum(a_i rho_i) / sum(a_i) over the canonical correlations rho, a_i = sum_j |<h_i, x_j>| with h_i the
    canonical variable of x and x_j its centred unit j. Not symmetric: x's units weigh. Any invertible affine map of y
    leaves it, a rotation of x does not. Where y has fewer directions than x there are only as many correlations, and
    the sums go over those, as in the paper: what is left of x then carries no weight.

    The code that was published with the paper (google/svcca, pwcca.py) computes something else: its weights come from
    whichever side has fewer units, from activations that are not centred and from directions that had the means added
    back and were made orthonormal anew; 0.068 where the formula gives 0.079.

    Args:
        n_null: shuffles of y's samples to take chance from; 0 for the closed form. Independent directions are turned at
            random to one another, so that every canonical variable is alike to the weights, and chance is
            1 - `mean_by_chance` whatever these are.
        n_resamples: halves of the samples that the 95 % interval is made of (`resampling.intervals_by_halves`: the
            bootstrap's would lie off the score). clusters: `[sample]`, numbers of the samples that belong together (an
            episode's), which are drawn as one. rng: of shuffles and halves.

    Raises:
        ValueError: x and y are no finite numbers `[sample, unit]` of the same samples, one is constant, or there are
            fewer than 5 samples for each direction of either; the message says how many would do.
    """
    return measured(x, y, [PWCCA], Asked(n_null, n_resamples, clusters, rng))[0]


def mean_cca(
    x: ArrayLike,
    y: ArrayLike,
    *,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> Measurement:
    """The mean of the canonical correlations of `x` and `y` `[sample, unit]`: 1 where either is in the other linearly.

    Symmetric; invertible affine maps of either leave it. There are min(p, q) correlations of p and q directions.
    Arguments and errors as `pwcca`'s; chance is `mean_by_chance`.
    """
    return measured(x, y, [MEAN_CCA], Asked(n_null, n_resamples, clusters, rng))[0]


def svcca(
    x: ArrayLike,
    y: ArrayLike,
    *,
    share: float = SHARE,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> Measurement:
    """The mean canonical correlation of those principal directions of `x` and of `y` that hold `share` of the variance.

    Symmetric; rotations, translations and one scale for all units leave it. Arguments and errors as `pwcca`'s, the
    directions being those that are kept; chance is `mean_by_chance` of as many.

    Raises:
        ValueError: as `pwcca`, or a share outside (0, 1].
    """
    return measured(x, y, [svcca_measure(share)], Asked(n_null, n_resamples, clusters, rng))[0]


def pwcca_of(moments: Moments) -> Measurement:
    """`pwcca` of what a `MomentStream` has seen."""
    bases = all_directions(sound(moments))
    refuse_too_few(moments, bases)
    chance = 1.0 - mean_by_chance(*bases.counts, moments.n)
    return Measurement(_distance(moments, bases), "distance", chance, moments.n)


def mean_cca_of(moments: Moments) -> Measurement:
    """`mean_cca` of what a `MomentStream` has seen."""
    return _mean_of(moments, all_directions(sound(moments)))


def svcca_of(moments: Moments, share: float = SHARE) -> Measurement:
    """`svcca` of what a `MomentStream` has seen."""
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share must be in (0, 1], the part of the variance that is kept, got {share}")
    return _mean_of(moments, principal_directions(sound(moments), share))


def _mean_of(moments: Moments, bases: Bases) -> Measurement:
    refuse_too_few(moments, bases)
    return Measurement(_mean(moments, bases), "similarity", mean_by_chance(*bases.counts, moments.n), moments.n)


def _mean(moments: Moments, bases: Bases) -> float:
    return float(correlations(moments, bases)[0].mean())


def _distance(moments: Moments, bases: Bases) -> float:
    rho, variables = correlations(moments, bases)
    weights = np.abs(variables.T @ (bases.x.T @ moments.xx)).sum(1)
    return float(1.0 - weights @ rho / weights.sum())


PWCCA = OfMoments(pwcca_of, lambda moments: _distance(moments, all_directions(moments)), (0.0, 1.0))
MEAN_CCA = OfMoments(mean_cca_of, lambda moments: _mean(moments, all_directions(moments)), (0.0, 1.0))


def svcca_measure(share: float = SHARE) -> OfMoments:
    """`svcca` for what takes any measure."""
    return OfMoments(
        partial(svcca_of, share=share), lambda moments: _mean(moments, principal_directions(moments, share)), (0.0, 1.0)
    )
