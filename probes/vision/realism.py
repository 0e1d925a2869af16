"""`umwelt bench realism`: whether a network that learned from photographs names the animals of rendered pictures.

Bordes et al. 2023 (PUG) ask the same of pictures from Unreal: ResNet-50 names 27.86 % of PUG: ImageNet.
Here a species for each class of ImageNet-1k that lives on land is drawn at random from its factors' ranges (the
specification `realism`), and EfficientNet-Lite0 chooses among all thousand classes.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import tyro
from numpy.typing import NDArray

from probes.measures.factors import accuracy, accuracy_by_value
from probes.measures.measurement import Measurement
from probes.vision.activations import write_activations
from probes.vision.labels import Labels, labels_of
from probes.vision.models import load_model
from probes.vision.predictions import Predictions, predictions_of
from sims.core.bench import machine
from sims.core.files import write_atomic
from sims.scenes.datasets.dataset import render_dataset
from sims.scenes.datasets.reader import SceneDataset, open_dataset
from sims.scenes.datasets.spec import read_spec

PUG_TOP1 = 0.2786
"""Of ResNet-50 on PUG: ImageNet (Bordes et al. 2023)."""

SECTOR_DEG = 45
"""Sides are told apart in sectors of the camera's yaw; that around 0 shows the front."""

MOST_CONFUSED = 5
"""Species whose answers are listed, the worst first."""


@dataclass(frozen=True)
class BenchSettings:
    """What `umwelt bench realism` renders and has named."""

    name: Annotated[Literal["realism"], tyro.conf.Positional] = "realism"
    """Which benchmark."""
    out: Path = Path("runs/realism")
    """The folder for pictures, logits and realism.json; one that was begun is gone on with."""
    spec: str = "realism"
    """A specification in TOML, or the name of one that ships, of objects whose ImageNet classes are known."""
    model: str = "probes.vision.pretrained:efficientnet_lite0"
    """Who names them; see `probes.vision.models.load_model`. Its classes must be ImageNet-1k's."""
    workers: int | None = None
    """Processes that render; by default one for every four cores."""


class Realism(NamedTuple):
    """How well pictures are named.

    Attributes:
        top1, top5: with Wilson's intervals, wider as pictures of one species are right or wrong together.
        by: for each of `character_name`, `world_name`, `character_pose`, `side` (the middle of a sector of the camera's
            yaw, in degrees) and value, top-1 and top-5. classes: by species, the ImageNet classes that count as right.
        confused: by species, the worst first, how often which class was said.
    """

    top1: Measurement
    top5: Measurement
    by: dict[str, dict[Any, tuple[Measurement, Measurement]]]
    classes: dict[str, list[int]]
    confused: dict[str, dict[int, int]]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "top1": self.top1.document(),
            "top5": self.top5.document(),
            "by": {
                factor: {str(value): [m.document() for m in found] for value, found in values.items()}
                for factor, values in self.by.items()
            },
            "classes": self.classes,
            "confused": {name: {str(k): n for k, n in said.items()} for name, said in self.confused.items()},
        }


def run(settings: BenchSettings) -> None:
    """Render, have named, print one JSON line a figure, and write `realism.json`.

    Raises:
        ValueError: a specification or model that can't be, or pictures none of which ImageNet knows.
        FileNotFoundError: the pack or the renderer is not there; the message says how to get it.
    """
    spec, model = read_spec(settings.spec), load_model(settings.model)
    if model.classes is not None:
        raise ValueError(f"{settings.model} has classes of its own: name a model of ImageNet-1k's")
    made = render_dataset(spec, settings.out / "pictures", settings.workers)
    data = open_dataset(settings.out / "pictures")
    activations = write_activations(model, data, settings.out / "activations", ())
    found = realism_of(data, activations.logits)
    document = {
        "command": f"umwelt bench realism --spec {settings.spec} --model {settings.model}",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "seed": spec.seed,
        "pictures": len(data),
        "flawed": made.flawed,
        "seconds_of_rendering": made.seconds if made.rendered == len(data) else None,
        "pug_imagenet_resnet50_top1": PUG_TOP1,
        **found.document(),
    }
    write_atomic(settings.out / "realism.json", (json.dumps(document, indent=1) + "\n").encode())
    for case, measured in lines_of(found):
        sys.stdout.write(json.dumps(_line(case, measured)) + "\n")


def realism_of(data: SceneDataset, logits: NDArray[np.float32]) -> Realism:
    """What a network that knows ImageNet-1k says of a data set's pictures.

    Args:
        data: of objects whose classes its manifest knows. logits: `[picture, 1000]`.

    Raises:
        ValueError: as `probes.vision.labels.labels_of`, or logits of another number of pictures or classes.
    """
    labels = labels_of(data, None)
    if logits.shape != (len(data), labels.right.shape[1]):
        raise ValueError(
            f"logits must be [{len(data)}, {labels.right.shape[1]}], a row a picture and a column for each of "
            f"ImageNet-1k's classes, got {list(logits.shape)}"
        )
    rows = np.flatnonzero(labels.value >= 0)
    labels = labels.of_known()
    said = predictions_of(logits, labels, rows)
    columns = {name: data.column(name)[rows] for name in ("character_name", "world_name") if name in data.factors}
    columns |= {"character_pose": data.column("character_pose")[rows]} if "character_pose" in data.factors else {}
    if "camera_yaw" in data.factors:
        columns["side"] = sectors_of(data.column("camera_yaw")[rows])
    species = columns["character_name"]
    return Realism(
        accuracy(said.correct, chance=said.chance, assets=species),
        accuracy(said.among_five, assets=species),
        {name: _by_value(said, values) for name, values in columns.items()},
        {str(v): np.flatnonzero(right).tolist() for v, right in zip(labels.values, labels.right, strict=True)},
        _confused(said, labels),
    )


def sectors_of(yaw_deg: NDArray[np.float64]) -> NDArray[np.int64]:
    """The middles of the sectors that yaws lie in, degrees from 0 to 315."""
    return (np.rint(np.asarray(yaw_deg, np.float64) / SECTOR_DEG).astype(np.int64) * SECTOR_DEG) % 360


def _by_value(said: Predictions, values: NDArray[Any]) -> dict[Any, tuple[Measurement, Measurement]]:
    first, five = accuracy_by_value(said.correct, values), accuracy_by_value(said.among_five, values)
    return {value: (first[value], five[value]) for value in first}


def _confused(said: Predictions, labels: Labels) -> dict[str, dict[int, int]]:
    shares = {value: said.correct[labels.value == k].mean() for k, value in enumerate(labels.values)}
    worst = sorted(shares, key=lambda value: (shares[value], str(value)))[:MOST_CONFUSED]
    answers = {value: Counter(said.said[labels.value == labels.values.index(value)].tolist()) for value in worst}
    return {str(value): dict(found.most_common()) for value, found in answers.items()}


def lines_of(found: Realism) -> Sequence[tuple[str, Measurement]]:
    """What is printed: the whole, then both by each factor's values."""
    lines = [("top1", found.top1), ("top5", found.top5)]
    for factor, values in found.by.items():
        for value, (first, five) in values.items():
            lines += [(f"top1, {factor} {value}", first), (f"top5, {factor} {value}", five)]
    return lines


def _line(case: str, measured: Measurement) -> Mapping[str, Any]:
    low, high = measured.interval or (None, None)
    pug = {"against": "ResNet-50 on PUG: ImageNet", "ratio": measured.score / PUG_TOP1} if case == "top1" else {}
    return {
        "bench": "realism",
        "case": case,
        "value": measured.score,
        "low": low,
        "high": high,
        "n": measured.n,
        "unit": "share",
        **{"against": None, "ratio": None, **pug},
        "machine": machine(),
    }
