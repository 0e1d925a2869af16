"""All questions to an image model, of one data set: what it says, what its layers hold, what a shift does to it."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from probes.vision.activations import Activations
from probes.vision.labels import Labels, labels_of
from probes.vision.layers import Layers, ask_layers
from probes.vision.predictions import Among, Predictions, predictions_of
from probes.vision.said import Said, ask_said
from probes.vision.shifted import Shifted, ask_shift
from probes.vision.subject import Pictures, Refused, attempt, pictures_of
from sims.scenes.datasets.reader import SceneDataset

On = Literal["test", "train", "all"]


class Naming(NamedTuple):
    """What the model says of the pictures whose right answer is known.

    Attributes:
        known: all of these, of every split. asked: those that are asked about. labels, said, forced: of `known`, what
            is right, what it says, and what it says of the data set's own classes alone (None: there is but one).
    """

    known: Pictures
    asked: Pictures
    labels: Labels
    said: Predictions
    forced: Predictions | None

    def of_asked(self) -> tuple[Labels, Predictions, Predictions | None]:
        """`labels`, `said` and `forced` of the pictures that are asked about."""
        chosen = np.searchsorted(self.known.rows, self.asked.rows)
        forced = None if self.forced is None else self.forced.take(chosen)
        return self.labels.take(chosen), self.said.take(chosen), forced


class Answers(NamedTuple):
    """What came of the questions.

    Attributes:
        pictures: that were asked about. naming, said: None where nothing is known to be right. shifted: None where the
            data set has no shift to ask about. refused: by question, why it could not be asked.
    """

    pictures: Pictures
    naming: Naming | None
    said: Said | None
    layers: Layers
    shifted: Shifted | None
    refused: Refused

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "pictures": len(self.pictures.rows),
            "objects": len(np.unique(self.pictures.assets)),
            "labelled": 0 if self.naming is None else len(self.naming.asked.rows),
            "label": None if self.naming is None else self.naming.labels.factor,
            "said": None if self.said is None else self.said.document(),
            "layers": self.layers.document(),
            "shift": None if self.shifted is None else self.shifted.document(),
            "failures": self._failures(),
            "refused": self.refused,
        }

    def _failures(self) -> list[dict[str, Any]]:
        if self.said is None or self.naming is None or not self.said.wrong:
            return []
        data = self.naming.asked.data
        rows = data.table.select(["file", *data.factors]).take([wrong.picture for wrong in self.said.wrong])
        return [{**row, **wrong._asdict()} for row, wrong in zip(rows.to_pylist(), self.said.wrong, strict=True)]


def ask(
    whole: SceneDataset,
    activations: Activations,
    classes: tuple[str, ...] | None,
    *,
    label: str | None = None,
    among: Among = "all",
    on: On = "test",
    pairs: int = 2000,
    components: int = 64,
    resamples: int = 1000,
    least: int = 10,
    failures: int = 24,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Answers:
    """Ask all that the data set lets one ask.

    Args:
        whole: the pictures that `activations` are of, in the same order. classes: names of the logits, see `labels_of`.
        label: the factor to be named. among: which classes the model chooses among. on: the split that is asked about;
            all pictures where the data set has none. The others as in `ask_said` and `ask_layers`.

    Raises:
        ValueError: `whole` is of other pictures, there is no such split, or nothing of `label` is a class.
    """
    if len(whole) != len(activations.logits):
        raise ValueError(f"the activations are of {len(activations.logits)} pictures, the data set has {len(whole)}")
    refused: Refused = {}
    part = whole if on == "all" or (on == "test" and not whole.splits) else whole.split(on)
    pictures = pictures_of(whole, part)
    naming = _naming(whole, part, activations, classes, label, among, refused)
    said = shifted = None
    layers, n = activations.layers, {"resamples": resamples, "seed": seed}
    with threadpool_limits(1):  # matrices are small: two threads took twice as long as one, on a busy machine more
        if naming is not None:
            say(f"asking what the model says of {len(naming.asked.rows)} pictures")
            said = ask_said(naming.asked, *naming.of_asked(), refused, least=least, failures=failures, **n)
            shifted = ask_shift(naming.known, naming.labels, naming.said, layers, refused, components=components, **n)
        found = ask_layers(pictures, layers, refused, pairs=pairs, components=components, say=say, **n)
    return Answers(pictures, naming, said, found, shifted, refused)


def _naming(
    whole: SceneDataset,
    part: SceneDataset,
    activations: Activations,
    classes: tuple[str, ...] | None,
    label: str | None,
    among: Among,
    refused: Refused,
) -> Naming | None:
    """What the model says of the pictures that it has a class for; None, and why in `refused`, where it has none.

    Raises:
        ValueError: `label` is given, and nothing of it is a class.
    """
    if label is None:
        found = attempt(refused, "what the model says", lambda: labels_of(whole, classes))
        if found is None:
            return None
    else:
        found = labels_of(whole, classes, label)
    known = {found.factor: list(found.values)}
    asked = pictures_of(whole, part.where(**known))
    if not len(asked.rows):
        refused["what the model says"] = f"none of the {len(part)} pictures is of a {found.factor} that has a class"
        return None
    everywhere, labels = pictures_of(whole, whole.where(**known)), found.of_known()
    said = predictions_of(activations.logits, labels, everywhere.rows, among)
    forced = attempt(
        refused, "a forced choice", lambda: predictions_of(activations.logits, labels, everywhere.rows, "own")
    )
    return Naming(everywhere, asked, labels, said, forced)
