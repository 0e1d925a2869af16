"""Matched pairs by what changes: pictures that differ in one factor alone, by how much or from which value to which."""

import json
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.columns import combinations
from sims.scenes.datasets.reader import SceneDataset
from sims.scenes.relations import PLAIN

MOST_MAGNITUDES = 8
"""Of more different ones, which a continuous factor has, as many groups of about the same size are made."""

MOST_VALUES = 24
"""Values of a factor that are held against its base, at most: the first ones."""


class Change(NamedTuple):
    """Pairs of pictures between which a factor changes alike.

    Attributes:
        name: of the change, for people. magnitude: by how much, in the factor's unit; None where values are names.
        pairs: `[pair, 2]` numbers of pictures, before and after; numbers go up.
    """

    name: str
    magnitude: float | None
    pairs: NDArray[np.int64]


def varied(data: SceneDataset) -> tuple[str, ...]:
    """The factors that have two values or more."""
    return tuple(name for name in data.factors if len(data.table[name].unique()) > 1)


def is_number(values: NDArray[Any]) -> bool:
    """Whether a factor's values are numbers, true and false apart."""
    return values.dtype.kind in "iuf"


def is_angle(factor: str) -> bool:
    """Whether it goes around, in degrees: yaw, roll and an object's own rotations, as PUG and we name them."""
    return factor.endswith(("yaw", "roll")) or factor.startswith("character_rotation")


def base_of(data: SceneDataset, factor: str) -> Any:
    """The value that the others are held against: PUG's `Default`, else the factor's own default or the number nearest
    to it, else the first."""
    values = sorted(data.table[factor].unique().to_pylist())
    if PLAIN in values:
        return PLAIN
    described = (data.table.schema.field(factor).metadata or {}).get(b"factor")
    default = json.loads(described).get("default") if described else None
    if default in values:
        return default
    if isinstance(default, int | float) and is_number(np.array(values)):
        return min(values, key=lambda value: abs(value - default))
    return values[0]


def from_base(data: SceneDataset, factor: str) -> list[Change]:
    """From the base to each other value, MOST_VALUES at most, where any picture has such a pair; ascending."""
    values, pairs, base = data.column(factor), data.pairs(factor), base_of(data, factor)
    found = []
    for value in [own for own in np.unique(values).tolist() if own != base][:MOST_VALUES]:
        up = pairs[(values[pairs[:, 0]] == base) & (values[pairs[:, 1]] == value)]
        down = pairs[(values[pairs[:, 0]] == value) & (values[pairs[:, 1]] == base)]
        oriented = np.concatenate([up, down[:, ::-1]])
        if len(oriented):
            magnitude = float(abs(_difference(factor, np.array([base, value])))) if is_number(values) else None
            found.append(Change(f"{_shown(base)} → {_shown(value)}", magnitude, oriented))
    return found


def by_magnitude(data: SceneDataset, factor: str) -> list[Change]:
    """All pairs of a factor of numbers by the size of the difference, ascending; angles the shorter way around."""
    values, pairs = data.column(factor), data.pairs(factor)
    if not len(pairs):
        return []
    difference = _difference(factor, values[pairs].T)
    pairs = np.where((difference < 0)[:, None], pairs[:, ::-1], pairs)
    sizes = np.abs(difference).round(6)
    group = _grouped(sizes)
    means = [float(sizes[group == k].mean()) for k in range(int(group.max()) + 1)]
    return [Change(f"{mean:.4g}", mean, pairs[group == k]) for k, mean in enumerate(means)]


def changes_of(data: SceneDataset, factor: str) -> list[Change]:
    """`by_magnitude` where the factor is a number, else `from_base`."""
    return by_magnitude(data, factor) if is_number(data.column(factor)) else from_base(data, factor)


def one_a_scene(
    data: SceneDataset, factor: str, pairs: NDArray[np.int64], most: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Of every scene (the other factors' values) one pair, and `most` in all, drawn at random; ascending.

    A scene's pairs share pictures; one of each makes true and false pairs of a comparison differ in nothing else.
    """
    scene = combinations(data.table, [name for name in data.factors if name != factor])
    drawn = rng.permutation(pairs)
    _, first = np.unique(scene[drawn[:, 0]], return_index=True)
    chosen = drawn[np.sort(first)[:most]]
    return chosen[np.lexsort((chosen[:, 1], chosen[:, 0]))]


def _difference(factor: str, two: NDArray[Any]) -> NDArray[np.float64]:
    """From the first to the second; of angles the shorter way, in [-180, 180)."""
    difference = two[1].astype(np.float64) - two[0].astype(np.float64)
    return (difference + 180.0) % 360.0 - 180.0 if is_angle(factor) else difference


def _grouped(sizes: NDArray[np.float64]) -> NDArray[np.int64]:
    """`[pair]` numbers from 0, none left out, ascending with the size."""
    there, group = np.unique(sizes, return_inverse=True)
    if len(there) > MOST_MAGNITUDES:
        edges = np.quantile(sizes, np.linspace(0.0, 1.0, MOST_MAGNITUDES + 1)[1:-1])
        _, group = np.unique(np.searchsorted(edges, sizes, side="left"), return_inverse=True)
    return group.astype(np.int64)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
