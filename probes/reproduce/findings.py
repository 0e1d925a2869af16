"""From single trainings to what they say together: tables over seeds, and the paper's claims as differences."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.reproduce.networks import ARCHITECTURES, EMBEDDING, Architecture
from probes.reproduce.pictures import FIXED, SCALE, VARIED
from probes.reproduce.trainings import ARMS, AUGMENTED, UNTRAINED, Training
from probes.reproduce.verdict import Difference, Verdict, above, alike, difference_of, everywhere

Runs = Mapping[Training, Mapping[str, Any]]
"""`run.json` of every training."""

KINDS = ("accuracy", "invariance", "equivariance")


class Claim(NamedTuple):
    """A claim of the paper and what is found of it here.

    Attributes:
        name: in a word. paper: what it says, in other words. asked: the difference that is taken for it here.
        places: that difference by architecture and factor. verdicts: of each place. verdict: of all of them.
    """

    name: str
    paper: str
    asked: str
    places: dict[str, Difference]
    verdicts: dict[str, Verdict]
    verdict: Verdict

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**self._asdict(), "places": {place: found.document() for place, found in self.places.items()}}


class _Invariance(NamedTuple):
    """The embedding's invariance to a factor, the mean over the values within training."""

    by_seed: NDArray[np.float64]  # [seed]
    without: NDArray[np.float64]  # [object] the mean over seeds with that object left out

    def less(self, other: "_Invariance") -> "_Invariance":
        return _Invariance(self.by_seed - other.by_seed, self.without - other.without)

    def difference(self) -> Difference:
        return difference_of(self.by_seed, self.without)


def claims_of(runs: Runs) -> list[Claim]:
    """The paper's claims, the one that the reproduction is named after first.

    They were chosen before the first run, all but `beyond untrained`: that is the paper's own comparison, left out at
    first since untrained networks look invariant wherever most of a picture stays as it is.

    Raises:
        ValueError: fewer than three seeds or objects.
    """
    cells = {(a, f): _arms(runs, a, f) for a in ARCHITECTURES for f in VARIED}
    in_cells = {f"{a}, {f}": arms for (a, f), arms in cells.items()}
    variation = {place: arms["varied"].less(arms["fixed"]) for place, arms in in_cells.items()}
    main = {}
    for place, arms in in_cells.items():
        main[f"{place}, against training"] = variation[place].less(arms["fixed"].less(arms["untrained"]))
        main[f"{place}, against augmentation"] = variation[place].less(arms["fixed augmented"].less(arms["fixed"]))
    return [
        _claim("learnt", "Invariance is learnt from variation in the training data.", "varied - fixed", variation),
        _claim(
            "beyond untrained",
            "Trained networks are more invariant than untrained ones, in which there is nothing but the architecture.",
            "varied - untrained",
            {place: arms["varied"].less(arms["untrained"]) for place, arms in in_cells.items()},
        ),
        _claim(
            "main source",
            "The data are the main source of invariance; training as such and augmentation give less.",
            "(varied - fixed) - (fixed - untrained); (varied - fixed) - (fixed augmented - fixed)",
            main,
        ),
        _claim(
            "aligned",
            "What is learnt is invariance to the factors that vary in the data.",
            "varied - varied in the other factor",
            {place: arms["varied"].less(arms["other"]) for place, arms in in_cells.items()},
        ),
        _claim(
            "further",
            "Augmentation further increases the invariance that the data have taught.",
            "varied augmented - varied",
            {place: arms["varied augmented"].less(arms["varied"]) for place, arms in in_cells.items()},
        ),
        _claim(
            "alike",
            "Residual networks and vision transformers become about equally invariant to scale.",
            "ViT - ResNet, both varied",
            {SCALE: cells["vit", SCALE]["varied"].less(cells["resnet", SCALE]["varied"])},
            alike,
        ),
    ]


def _arms(runs: Runs, architecture: Architecture, factor: str) -> dict[str, _Invariance]:
    """The arms of an architecture by what each is to a factor."""
    own = VARIED[factor]
    (other,) = (name for name in VARIED.values() if name != own)
    names = {
        "untrained": UNTRAINED,
        "fixed": FIXED,
        "varied": own,
        "other": other,
        "fixed augmented": FIXED + AUGMENTED,
        "varied augmented": own + AUGMENTED,
    }
    return {name: _invariance(runs, architecture, arm, factor) for name, arm in names.items()}


def _claim(
    name: str,
    paper: str,
    asked: str,
    places: Mapping[str, _Invariance],
    rule: Callable[[Difference], Verdict] = above,
) -> Claim:
    differences = {place: found.difference() for place, found in places.items()}
    verdicts: dict[str, Verdict] = {place: rule(difference) for place, difference in differences.items()}
    return Claim(name, paper, asked, differences, verdicts, everywhere(verdicts.values()))


def _of(runs: Runs, architecture: Architecture, arm: str) -> list[Mapping[str, Any]]:
    """The runs of an arm, by seed."""
    own = [training for training in runs if training.architecture == architecture and training.arm == arm]
    return [runs[training] for training in sorted(own, key=lambda training: training.seed)]


def _invariance(runs: Runs, architecture: Architecture, arm: str, factor: str) -> _Invariance:
    asked = [run["factors"][factor] for run in _of(runs, architecture, arm)]
    without = np.array([list(found["without"].values()) for found in asked])
    return _Invariance(np.array([found["layers"][EMBEDDING] for found in asked]), without.mean(0))


def table_of(runs: Runs) -> list[dict[str, Any]]:
    """A row an architecture, arm and factor, each number as a list over seeds.

    `accuracy_trained` on what it was trained on, `accuracy_at_base` with all factors as in `fixed`; by value of the
    factor `accuracy`, `invariance` with `invariance_interval` (over objects), `equivariance` with
    `equivariance_chance`; and `layers`, invariance by layer over the values within training.
    """
    return [
        _row(_of(runs, architecture, arm), architecture, arm, factor)
        for architecture in ARCHITECTURES
        for factor in VARIED
        for arm in ARMS
    ]


def _row(seeds: Sequence[Mapping[str, Any]], architecture: str, arm: str, factor: str) -> dict[str, Any]:
    asked = [run["factors"][factor] for run in seeds]
    values = {
        value: {
            **{kind: [found["values"][value][kind]["score"] for found in asked] for kind in KINDS},
            "invariance_interval": [found["values"][value]["invariance"]["interval"] for found in asked],
            "equivariance_chance": [found["values"][value]["equivariance"]["chance"] for found in asked],
        }
        for value in asked[0]["values"]
    }
    return {
        "architecture": architecture,
        "arm": arm,
        "factor": factor,
        "accuracy_trained": [run["accuracy_trained"] for run in seeds],
        "accuracy_at_base": [run["accuracy_at_base"]["score"] for run in seeds],
        "values": values,
        "layers": {name: [found["layers"][name] for found in asked] for name in asked[0]["layers"]},
    }
