"""Whether two factors together do something to accuracy that neither does alone."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probes.measures.factors.inputs import Column, Value, checked_assets, checked_flags, coded
from probes.measures.factors.intervals import by_resampling
from probes.measures.measurement import Measurement


class Interaction(NamedTuple):
    """What each combination of two factors' values adds to what they do alone.

    Attributes:
        effects: by (value of the first, value of the second) Acc(a, b) - Acc(a) - Acc(b) + Acc; chance 0 where the two
            factors add up; `n` samples of that combination. strongest: the pair of values whose effect is the largest;
            as the largest of many it is large by luck too, and its interval knows nothing of that.
    """

    effects: dict[tuple[Value, Value], Measurement]

    @property
    def strongest(self) -> tuple[Value, Value]:
        """The combination with the largest effect, whichever way."""
        return max(self.effects, key=lambda pair: abs(self.effects[pair].score))

    def document(self) -> list[dict[str, Any]]:
        """As JSON."""
        return [{"values": list(pair), **effect.document()} for pair, effect in self.effects.items()]


def interaction(
    correct: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    assets: ArrayLike | None = None,
    n_resamples: int = 0,
    rng: int | np.random.Generator = 0,
) -> Interaction:
    """Acc(a, b) - Acc(a) - Acc(b) + Acc for all values a of the `first` and b of the `second` factor.

    Acc(a), Acc(b) and Acc are means over combinations, which weigh the same: where some have more samples than others,
    means over samples would show an interaction of factors that add up. In a full factorial the two are the same.

    Args:
        correct: `[sample]` bool. first, second: `[sample]` values of two factors, all combinations of which are there.
        assets: `[sample]` what is resampled as one. n_resamples: of the bootstrap; 0 gives no intervals.

    Raises:
        ValueError: a factor with one value alone, a combination without samples, or too few assets for the bootstrap.
    """
    right = checked_flags("correct", correct)
    a, b = coded("first", first, len(right)), coded("second", second, len(right))
    shape = (len(a.values), len(b.values))
    cells = a.codes * shape[1] + b.codes
    sizes = np.bincount(cells, minlength=shape[0] * shape[1])
    _check_crossed(a, b, sizes)

    def effects_of(accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
        grid = accuracies.reshape(-1, *shape)
        alone = grid.mean(2, keepdims=True) + grid.mean(1, keepdims=True) - grid.mean((1, 2), keepdims=True)
        return (grid - alone).reshape(accuracies.shape)

    pairs = [(x, y) for x in a.values for y in b.values]
    scores = effects_of((np.bincount(cells, right) / sizes)[None])[0]
    of = None if assets is None else checked_assets(assets, len(right))
    names = [f"({x!r}, {y!r})" for x, y in pairs]
    resampled = by_resampling(right, cells, names, effects_of, n_resamples, np.random.default_rng(rng), of)
    intervals = [None] * len(pairs) if resampled is None else [(float(low), float(high)) for low, high in resampled.T]
    found = zip(pairs, scores, sizes, intervals, strict=True)
    return Interaction({pair: Measurement(float(s), "score", 0.0, int(n), i) for pair, s, n, i in found})


def _check_crossed(a: Column, b: Column, sizes: NDArray[np.int64]) -> None:
    for name, factor in (("first", a), ("second", b)):
        if len(factor.values) < 2:
            raise ValueError(f"the {name} factor is always {factor.values[0]!r}, expected two values at least")
    if (sizes == 0).any():
        x, y = divmod(int(sizes.argmin()), len(b.values))
        raise ValueError(
            f"{(sizes == 0).sum()} of {len(sizes)} combinations have no sample, ({a.values[x]!r}, {b.values[y]!r}) for "
            "one: add them, or leave out values until all others are crossed"
        )
