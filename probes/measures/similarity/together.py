"""Several measures of one pair at once: the samples are read once for all of them."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from probes.measures.measurement import Measurement
from probes.measures.similarity.cca import MEAN_CCA, PWCCA, svcca_measure
from probes.measures.similarity.cka import linear_cka_measure
from probes.measures.similarity.measuring import Asked, OfMoments, Rng, measured
from probes.measures.similarity.procrustes import PROCRUSTES

MEASURES: dict[str, OfMoments] = {
    "pwcca": PWCCA,
    "svcca": svcca_measure(),
    "mean_cca": MEAN_CCA,
    "linear_cka": linear_cka_measure(),
    "procrustes": PROCRUSTES,
}
"""Those that need no more than moments, as they are by default."""


def compare(
    x: ArrayLike,
    y: ArrayLike,
    measures: Sequence[str] = tuple(MEASURES),
    *,
    n_null: int = 0,
    n_resamples: int = 0,
    clusters: ArrayLike | None = None,
    rng: Rng = 0,
) -> dict[str, Measurement]:
    """The `measures`, by name, of `x` and `y` `[sample, unit]`; the same numbers as each of them alone gives.

    Raises:
        ValueError: none or an unknown one is asked for, or one refuses.
    """
    unknown = [name for name in measures if name not in MEASURES]
    if unknown or not measures:
        raise ValueError(f"measures must be some of {', '.join(MEASURES)}, got {', '.join(unknown) or 'none'}")
    asked = Asked(n_null, n_resamples, clusters, rng)
    return dict(zip(measures, measured(x, y, [MEASURES[name] for name in measures], asked), strict=True))
