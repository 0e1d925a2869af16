"""What is right to say of a picture: from the values of a factor to the numbers of a model's logits."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.vision.interface import IMAGENET_CLASSES
from sims.core.hints import did_you_mean
from sims.scenes.datasets.pug_export import CLASSES
from sims.scenes.datasets.reader import SceneDataset


class Labels(NamedTuple):
    """Which logits are right for which picture.

    Attributes:
        factor: whose values are to be named. values: of it, those that have a class. names: of all logits, for people.
        value: `[picture]` index into `values`, -1 for pictures that no class fits.
        right: `[value, class]` bool; a kind of thing may have more than one of ImageNet's classes.
    """

    factor: str
    values: tuple[Any, ...]
    names: tuple[str, ...]
    value: NDArray[np.int64]
    right: NDArray[np.bool_]

    def of_known(self) -> "Labels":
        """Of the pictures that some class fits."""
        return self._replace(value=self.value[self.value >= 0])

    def take(self, chosen: NDArray[np.int64]) -> "Labels":
        """Of the pictures of these numbers."""
        return self._replace(value=self.value[chosen])


def labels_of(data: SceneDataset, classes: Sequence[str] | None, factor: str | None = None) -> Labels:
    """What is right to say of every picture of a data set.

    Args:
        classes: names of the model's logits, to be found among the values of a factor; None for ImageNet-1k's numbers,
            which the data set must know: `pack.imagenet` in its manifest, or PUG: ImageNet's own file.
        factor: whose values are to be named, short names too; by default the one whose values are classes.

    Raises:
        ValueError: no such factor, or none, or several, whose values are classes.
    """
    if classes is None:
        factor, of_value, nouns = _imagenet(data, factor)
        names = [f"ImageNet {k}" for k in range(IMAGENET_CLASSES)]
        for value, numbers in of_value.items():
            for k in numbers:
                names[k] = nouns.get(value, value)
    else:
        factor = data.full_name(factor) if factor else _factor_of_classes(data, classes)
        names = list(classes)
        of_value = {
            str(value): [k for k, name in enumerate(classes) if name == str(value)] for value in _values(data, factor)
        }
    values = tuple(value for value in _values(data, factor) if of_value.get(str(value)))
    if not values:
        raise ValueError(_none_fits(data, factor, classes))
    right = np.zeros((len(values), len(names)), np.bool_)
    for k, value in enumerate(values):
        right[k, of_value[str(value)]] = True
    number = {value: k for k, value in enumerate(values)}
    value = np.array([number.get(own, -1) for own in data.table[factor].to_pylist()], np.int64)
    return Labels(factor, values, tuple(names), value, right)


def _values(data: SceneDataset, factor: str) -> list[Any]:
    return sorted(data.table[factor].unique().to_pylist(), key=str)


def _factor_of_classes(data: SceneDataset, classes: Sequence[str]) -> str:
    """The factor all of whose values are classes."""
    fit = [name for name in data.factors if {str(value) for value in _values(data, name)} <= set(classes)]
    if len(fit) == 1:
        return fit[0]
    if fit:
        raise ValueError(f"the model's classes may be the values of {' or '.join(fit)}: say which with --label")
    raise ValueError(
        f"the model's classes ({', '.join(classes[:8])}{', ...' if len(classes) > 8 else ''}) are the values of no "
        f"factor of {data.root}, which has {', '.join(data.factors)}: say with --label which factor to name, and give "
        "the classes its values' names"
    )


def _imagenet(data: SceneDataset, factor: str | None) -> tuple[str, dict[str, list[int]], Mapping[str, str]]:
    """The factor, the ImageNet classes of its values, and what people call these."""
    path = _pug_classes(data.root)
    pack: Mapping[str, Any] = data.about.get("pack") or {}
    if path is not None and "character_label" in data.factors:
        own, of_value, nouns = "character_label", _read_classes(path), {}
    elif pack.get("imagenet"):
        own, of_value, nouns = "character_name", pack["imagenet"], pack.get("nouns", {})
    else:
        raise ValueError(
            f"{data.root} doesn't say which ImageNet classes its pictures are of: ask a model with classes of its own, "
            f"or put PUG's {CLASSES} beside the pictures"
        )
    if factor is not None and data.full_name(factor) != own:
        raise ValueError(
            f"of {data.full_name(factor)} the data set knows no ImageNet classes, only of {own}: leave --label out, or "
            "ask a model with classes of its own"
        )
    if "character2_name" in data.factors:
        raise ValueError(f"{data.root} shows two objects at once, so that no one class is right: use --ask captions")
    return own, {value: list(numbers) for value, numbers in of_value.items()}, nouns


def _pug_classes(root: Path) -> Path | None:
    return root / CLASSES if (root / CLASSES).is_file() else None


def _read_classes(path: Path) -> dict[str, list[int]]:
    """PUG: ImageNet's file, from a label to one class or several.

    Raises:
        ValueError: it is something else.
    """
    try:
        given = {
            name: [own] if isinstance(own, int) else list(own) for name, own in json.loads(path.read_text()).items()
        }
        fits = all(isinstance(k, int) and 0 <= k < IMAGENET_CLASSES for own in given.values() for k in own)
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} can't be read ({error}): unpack the download again") from error
    if not fits:
        raise ValueError(f"{path} must name classes from 0 to {IMAGENET_CLASSES - 1}: unpack the download again")
    return given


def _none_fits(data: SceneDataset, factor: str, classes: Sequence[str] | None) -> str:
    there = [str(value) for value in _values(data, factor)]
    if classes is None:
        return f"none of {', '.join(there[:8])} is a kind that ImageNet-1k knows: ask a model with classes of its own"
    return (
        f"no value of {factor} ({', '.join(there[:8])}) is a class of the model: {did_you_mean(there[0], classes)}"
        f"it knows {', '.join(classes[:8])}"
    )
