"""Procrustes distance: the angle that is left between two representations after the best rotation.

Source: Williams, Kunz, Kornblith, Linderman 2021, Generalized Shape Metrics on Neural Representations, section 2.
"""

import numpy as np
from numpy.typing import ArrayLike

from probes.measures.measurement import Measurement
from probes.measures.similarity.measuring import Asked, OfMoments, Rng, measured
from probes.measures.similarity.moments import Moments, refuse_unfit


def procrustes(
    x: ArrayLike,
    y: ArrayLike,
    *,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> Measurement:
    """The angle between `x` and `y` `[sample, unit]` once rotated onto each other, in radians, 0 to pi / 2.

    arccos of the largest <X, Y Q> over orthogonal Q, which is the sum of the singular values of X'Y, where X and Y are
    centred, have norm 1, and the narrower one has columns of zeros beside it. Of the paper's forms this is the one that
    does not depend on scale and is a metric: symmetric, and no way round is shorter. Rotations, reflections,
    translations and one scale for all units leave it. An angle below 1e-7 is rounding: near 1 the cosine is flat.

    Args:
        n_null: shuffles of y's samples to take chance from; there is no closed form, and chance is None for 0.
        n_resamples, clusters, rng: as `pwcca`'s.

    Raises:
        ValueError: x and y are no finite numbers `[sample, unit]` of the same samples, there are fewer than 2, or one
            is constant.
    """
    return measured(x, y, [PROCRUSTES], Asked(n_null, n_resamples, clusters, rng))[0]


def procrustes_of(moments: Moments) -> Measurement:
    """`procrustes` of what a `MomentStream` has seen."""
    refuse_unfit(moments)
    return Measurement(_angle(moments), "distance", None, moments.n)


def _angle(moments: Moments) -> float:
    scale = np.sqrt(np.trace(moments.xx)) * np.sqrt(np.trace(moments.yy))
    return float(np.arccos(min(1.0, np.linalg.svd(moments.xy, compute_uv=False).sum() / scale)))


PROCRUSTES = OfMoments(procrustes_of, _angle, (0.0, np.pi / 2))
