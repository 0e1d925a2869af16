"""How well a linear decoder reads a factor from activations, on assets that it never saw."""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from probes.measures.arrays import checked
from probes.measures.factors.inputs import coded
from probes.measures.factors.intervals import by_resampling, check_clusters
from probes.measures.measurement import Measurement
from probes.measures.resampling import interval_by_bootstrap
from probes.splits import SAMPLES_A_UNIT

FOLDS = 5
"""Parts that assets are divided into, each asked about once; fewer where there are fewer assets."""

SHUFFLES = 100
"""Divisions that are tried until every part's training has every class."""


class _Task(NamedTuple):
    """What is to be decoded from what."""

    x: NDArray[np.float64]  # [sample, unit]
    y: NDArray[Any]  # [sample] codes of classes, or numbers
    names: list[str]  # of the classes; none where y is numbers
    assets: NDArray[np.int64]  # [sample]
    n_components: int | None
    penalty: float


def linear_decodability(
    activations: ArrayLike,
    values: ArrayLike,
    assets: ArrayLike,
    *,
    read_as: Literal["classes", "numbers"] | None = None,
    n_components: int | None = None,
    penalty: float = 1.0,
    n_null: int = 0,
    n_resamples: int = 0,
    rng: int | np.random.Generator = 0,
) -> Measurement:
    """Cross-validated balanced accuracy of logistic regression, or R2 of ridge regression, on assets held out.

    Assets are divided into FOLDS parts; each part's samples are read by a decoder that was standardised and fitted on
    the others. Balanced accuracy is the mean over classes of the share read right; R2 is 1 less squared error over that
    of always saying the training mean, so that it is below 0 for a decoder that does worse.

    Args:
        activations: `[sample, unit]`. values: `[sample]` of the factor. assets: `[sample]` what never lies on both
            sides (an object, a floor): `np.arange(n)` if samples have nothing in common.
        read_as: by default text and true or false are `classes`, numbers are `numbers`. A straight line can't read an
            angle that goes around: ask for it as classes, or for its cosine and its sine.
        n_components: principal components of the training samples that are read, instead of all units.
        penalty: on the weights of standardised units: sklearn's 1 / C, or alpha.
        n_null: decoders of shuffled values, whose mean is then the chance; else it is 1 / classes, or 0 for R2.
            Where each asset has one value, whole assets' values are shuffled.
        n_resamples: of the bootstrap of assets, the decoders being what they are; 0 gives no interval.

    Raises:
        ValueError: activations that are no finite `[sample, unit]`; one value alone, or too few assets with a class for
            every part's training to have it; no penalty; or fewer than SAMPLES_A_UNIT training samples a unit or
            component; the message says how many would do.
    """
    x = checked("activations", activations)
    factor, of = coded("values", values, len(x)), coded("assets", assets, len(x)).codes
    kind = read_as or ("classes" if isinstance(factor.values[0], str | bool) else "numbers")
    _check_values(factor.values, kind)
    names = [repr(value) for value in factor.values] if kind == "classes" else []
    y = factor.codes if names else np.array(factor.values, np.float64)[factor.codes]
    if not penalty > 0.0:
        raise ValueError(f"penalty must be above 0, got {penalty}: 1 is the usual one")
    if n_resamples:
        check_clusters(int(of.max()) + 1)
    task = _Task(x, y, names, of, n_components, penalty)
    rng = np.random.default_rng(rng)
    parts = _parts(task, rng)
    said, baseline = _read(task, parts)
    score, interval = _score(task, said, baseline, n_resamples, rng)
    chance = 1.0 / len(names) if names else 0.0
    if n_null:
        chance = float(np.mean([_of_shuffled(task, rng) for _ in range(n_null)]))
    return Measurement(score, "score", chance, len(x), interval)


def _check_values(values: list[Any], kind: str) -> None:
    if len(values) < 2:
        raise ValueError(f"the factor is always {values[0]!r}, expected two values at least: there is nothing to read")
    if kind not in ("classes", "numbers"):
        raise ValueError(f"read_as must be classes or numbers, got {kind!r}")
    if kind == "numbers" and isinstance(values[0], str):
        raise ValueError(f"the factor's values are text ({values[0]!r}): read them as classes")


def _parts(task: _Task, rng: np.random.Generator) -> NDArray[np.int64]:
    """`[sample]` the part that each sample is asked about in."""
    n_assets = int(task.assets.max()) + 1
    n_parts = min(FOLDS, n_assets)
    if n_parts < 2:
        raise ValueError("all samples are of one asset, expected two at least, one to learn from and one to ask about")
    tried = (rng.permutation(np.arange(n_assets) % n_parts)[task.assets] for _ in range(SHUFFLES))
    parts = next((parts for parts in tried if _has_every_class(task, parts)), None)
    if parts is None:
        there = [len(np.unique(task.assets[task.y == k])) for k in range(len(task.names))]
        rarest = int(np.argmin(there))
        raise ValueError(
            f"the class {task.names[rarest]} is on {there[rarest]} of {n_assets} assets, so that some training lacks "
            f"it: show it on {there[rarest] + 1} assets or more, or leave its samples out"
        )
    _refuse_too_few(task, parts)
    return parts


def _has_every_class(task: _Task, parts: NDArray[np.int64]) -> bool:
    """Whether the training of each part has every class: none lies in one part alone."""
    return all(np.ptp(parts[task.y == k]) > 0 for k in range(len(task.names)))


def _refuse_too_few(task: _Task, parts: NDArray[np.int64]) -> None:
    n_units = task.x.shape[1] if task.n_components is None else task.n_components
    if not 1 <= n_units <= task.x.shape[1]:
        raise ValueError(f"n_components must be from 1 to the {task.x.shape[1]} units, got {n_units}")
    n, n_train = len(parts), len(parts) - int(np.bincount(parts).max())
    needed = SAMPLES_A_UNIT * n_units
    if n_train < needed:
        raise ValueError(
            f"{n_train} training samples are too few for a decoder of {n_units} units, which needs {needed}: give "
            f"{-(-n * needed // n_train)} samples in all, or read n_components={n_train // SAMPLES_A_UNIT} or fewer"
        )


def _read(task: _Task, parts: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """`[sample]` what is read of each sample by a decoder that never saw its asset, and the mean that that one saw."""
    said, baseline = np.empty_like(task.y), np.empty(len(task.y))
    for train, test in _sides(parts):
        decoder = _decoder(task).fit(task.x[train], task.y[train])
        said[test] = decoder.predict(task.x[test])
        baseline[test] = task.y[train].mean()
    return said, baseline


def _sides(parts: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    for part in np.unique(parts):
        yield parts != part, parts == part


def _decoder(task: _Task) -> Any:
    if task.names:
        reader = LogisticRegression(C=1.0 / task.penalty, class_weight="balanced", max_iter=2000)
    else:
        reader = Ridge(alpha=task.penalty)
    if task.n_components is None:
        return make_pipeline(StandardScaler(), reader)
    components = PCA(task.n_components, svd_solver="full")
    return make_pipeline(StandardScaler(), components, StandardScaler(), reader)


def _score(
    task: _Task, said: NDArray[Any], baseline: NDArray[np.float64], n_resamples: int, rng: np.random.Generator
) -> tuple[float, tuple[float, float] | None]:
    if task.names:
        right = said == task.y
        balanced = float((np.bincount(task.y, right) / np.bincount(task.y)).mean())
        ends = by_resampling(
            right, task.y, task.names, lambda acc: acc.mean(1, keepdims=True), n_resamples, rng, task.assets
        )
        return balanced, None if ends is None else (float(ends[0, 0]), float(ends[1, 0]))
    error, spread = (said - task.y) ** 2, (baseline - task.y) ** 2

    def explained(chosen: NDArray[np.int64]) -> float:
        there = spread[chosen].sum()
        return float(1.0 - error[chosen].sum() / there) if there > 0.0 else 0.0  # nothing to explain

    n = len(task.y)
    return explained(np.arange(n)), interval_by_bootstrap(explained, n, n_resamples, rng, task.assets)


def _of_shuffled(task: _Task, rng: np.random.Generator) -> float:
    """The score of a decoder of shuffled values."""
    _, first = np.unique(task.assets, return_index=True)
    of_asset = task.y[first]
    if (of_asset[task.assets] == task.y).all():
        shuffled = task._replace(y=rng.permutation(of_asset)[task.assets])
    else:
        shuffled = task._replace(y=rng.permutation(task.y))
    said, baseline = _read(shuffled, _parts(shuffled, rng))
    return _score(shuffled, said, baseline, 0, rng)[0]
