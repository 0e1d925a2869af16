"""The rendered pictures: three training sets that differ in one factor alone, and matched pairs to ask about.

A folder with four data sets of `umwelt dataset`. `fixed` has every factor of interest at one value. `yaw` and `scale`
have the same scenes in the same order with one of these factors varied, so that trainings differ in nothing else, not
even in number. `test` has, in worlds that none of them shows, each scene at the fixed value and at others.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.measures.factors import pairs_between
from sims.core.files import MANIFEST, sha256_of
from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.reader import SceneDataset, open_dataset
from sims.scenes.datasets.spec import read_spec

FIXED, TEST = "fixed", "test"
YAW, SCALE = "camera_yaw", "character_scale"
VARIED = {YAW: "yaw", SCALE: "scale"}
"""The factors of interest, each with the training set that it is varied in."""

SETS = (FIXED, *VARIED.values(), TEST)


class Labelled(NamedTuple):
    """Pictures `[n, side, side, 3]` uint8 and the numbers of their classes `[n]`."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


class Asked(NamedTuple):
    """How a factor is asked about.

    Attributes:
        base: the value that `fixed` has. low, high: the values that the varied set lies between.
        pairs: by value, `[pair, 2]` numbers of test pictures, the one at the base first.
    """

    base: float
    low: float
    high: float
    pairs: Mapping[float, NDArray[np.int64]]

    def trained(self) -> list[float]:
        """The values within what the varied set shows."""
        return [value for value in self.pairs if self.low <= value <= self.high]


class Pictures(NamedTuple):
    """Everything that is trained on and asked about.

    Attributes:
        classes: names of the labels in order. train: by training set. test: the matched scenes.
        values: by factor, `[test picture]`. asked: by factor. sha256: of each set's manifest.
    """

    classes: tuple[str, ...]
    train: Mapping[str, Labelled]
    test: Labelled
    values: Mapping[str, NDArray[np.float64]]
    asked: Mapping[str, Asked]
    sha256: Mapping[str, str]

    def at_base(self) -> NDArray[np.bool_]:
        """`[test picture]`: whether all factors are as in `fixed`."""
        return np.all([self.values[factor] == asked.base for factor, asked in self.asked.items()], axis=0)


def rendered(folder: Path, workers: int | None = None) -> None:
    """Render those of the four data sets in `folder` that aren't there, or aren't finished; progress on standard error.

    Raises:
        FileNotFoundError: the renderer is not installed. ValueError, OSError: as `render_dataset`.
    """
    missing = [name for name in SETS if not (folder / name / MANIFEST).is_file()]
    if missing:
        sys.stderr.write(
            f"rendering {', '.join(missing)} into {folder}: all four are 2,980 pictures of 96 pixels, 2 to 3 a second "
            "on two cores; what is done is kept\n"
        )
    for name in missing:
        render_dataset(read_spec(f"invariance-{name}"), folder / name, workers)


def load_pictures(folder: Path) -> Pictures:
    """Read the four data sets, and check that they differ in what they should and in nothing else.

    Raises:
        FileNotFoundError, ValueError: one is missing, damaged, or not what the file's head says.
    """
    sets = {name: open_dataset(folder / name) for name in SETS}
    classes = tuple(np.unique(sets[FIXED].column("character_name")).tolist())
    for factor, name in VARIED.items():
        _check_alike(sets[FIXED], sets[name], factor, folder / name)
    _check_test(sets[FIXED], sets[TEST], folder / TEST)
    values = {factor: sets[TEST].column(factor).astype(np.float64) for factor in VARIED}
    return Pictures(
        classes,
        {name: _labelled(sets[name], classes) for name in SETS if name != TEST},
        _labelled(sets[TEST], classes),
        values,
        {factor: _asked(sets, factor, values[factor]) for factor in VARIED},
        {name: sha256_of(folder / name / MANIFEST) for name in SETS},
    )


def _labelled(data: SceneDataset, classes: tuple[str, ...]) -> Labelled:
    labels = np.searchsorted(classes, data.column("character_name"))
    return Labelled(np.stack([sample["image"] for sample in data]), labels.astype(np.int64))


def _check_alike(fixed: SceneDataset, varied: SceneDataset, factor: str, where: Path) -> None:
    """Refuse a varied set whose rows are not those of the fixed one in all but the factor."""
    if len(fixed) != len(varied):
        raise ValueError(f"{where} has {len(varied)} pictures, and the fixed set {len(fixed)}: both need as many")
    differ = [name for name in fixed.factors if (fixed.column(name) != varied.column(name)).any()]
    if differ != [factor]:
        raise ValueError(
            f"{where} should differ from the fixed set in {factor} alone, got {', '.join(differ) or 'no difference'}: "
            "render both with one seed and the same factors in the same order"
        )


def _check_test(fixed: SceneDataset, test: SceneDataset, where: Path) -> None:
    """Refuse a test of other objects than were trained on, or of the same worlds."""
    for name, wanted in (("character_name", "the same"), ("world_name", "others")):
        trained, asked = set(fixed.column(name)), set(test.column(name))
        if (trained != asked) if wanted == "the same" else (trained & asked):
            raise ValueError(
                f"{where} should have {wanted} of {name} than the training sets have, got {', '.join(sorted(asked))} "
                f"for {', '.join(sorted(trained))}: change its [factors]"
            )


def _asked(sets: Mapping[str, SceneDataset], factor: str, values: NDArray[np.float64]) -> Asked:
    bases = np.unique(sets[FIXED].column(factor))
    if len(bases) != 1 or bases[0] not in values:
        raise ValueError(
            f"the fixed set should have one value of {factor}, and the test that one among others, got "
            f"{bases.tolist()} and {np.unique(values).tolist()}: change the [factors]"
        )
    base, pairs = float(bases[0]), sets[TEST].pairs(factor)
    others = [float(value) for value in np.unique(values) if value != base]
    between = {value: pairs_between(pairs, values, base, value) for value in others}
    return Asked(base, *_range(sets[VARIED[factor]], factor), between)


def _range(varied: SceneDataset, factor: str) -> tuple[float, float]:
    """What the factor was drawn from; the drawn values themselves stop just short of its ends."""
    described = json.loads(varied.table.schema.field(factor).metadata[b"factor"])
    ends = (described["low"], described["high"]) if "low" in described else described["values"]
    return float(min(ends)), float(max(ends))
