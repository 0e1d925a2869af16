"""Questions on a data set's shift: is the model worse on what was held out, does it go by what only went along?"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from probes.measures.factors import Contrast, seen_against_held_out, spurious_gap, training_partners
from probes.measures.pairing import refuse_constant
from probes.vision.labels import Labels
from probes.vision.predictions import Predictions
from probes.vision.subject import Pictures, Refused, attempt

HELD_OUT = ("held-out values", "held-out combinations")
SPURIOUS = "spurious correlation"
"""What a data set's manifest calls its shifts."""


class Shifted(NamedTuple):
    """Answers; what could not be asked is not in it.

    Attributes:
        kind, text: of the shift, as the data set states it. own: the model's accuracy on what it was meant to be
            trained on (or with the cue) against what not; a model that was not trained on this data set's `train`
            shows what the pictures do by themselves. readouts: by layer, the same of a linear decoder of the layer that
            was fitted on `train` and asked on `test`; for spurious correlations alone.
    """

    kind: str
    text: str
    own: Contrast | None
    readouts: dict[str, Contrast]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        readouts = {name: contrast.document() for name, contrast in self.readouts.items()}
        own = None if self.own is None else self.own.document()
        return {"kind": self.kind, "text": self.text, "own": own, "readouts": readouts}


def ask_shift(
    pictures: Pictures,
    labels: Labels,
    predictions: Predictions,
    layers: Mapping[str, NDArray[np.float32]],
    refused: Refused,
    *,
    components: int = 64,
    resamples: int = 1000,
    seed: int = 0,
) -> Shifted | None:
    """What can be asked of a data set's shift; None if it has none, or one that asks nothing of a model.

    Args:
        pictures: of both splits, whose right answer is known. labels, predictions: of them, in the same order.
        layers: `[row, unit]`. refused: is added to. components: principal ones that decoders read. resamples: of
            objects, for intervals.
    """
    shift: Mapping[str, Any] | None = pictures.data.about.get("shift")
    if shift is None or shift["kind"] not in (*HELD_OUT, SPURIOUS):
        return None
    n, split = pictures.resamples(resamples), np.array(pictures.data.table["split"].to_pylist())
    if shift["kind"] in HELD_OUT:
        own = attempt(
            refused,
            "seen against held out",
            lambda: seen_against_held_out(
                predictions.correct,
                split == "test",
                chance=predictions.chance,
                assets=pictures.assets if n else None,
                n_resamples=n,
                rng=seed,
            ),
        )
        return Shifted(shift["kind"], shift["text"], own, {})
    factor, other = shift["factors"]
    test = split == "test"

    def gap(correct: NDArray[np.bool_], chance: float) -> Contrast:
        """Of `[test picture]` right or wrong."""
        truth, cue = pictures.data.column(factor), pictures.data.column(other)
        partners = training_partners(truth[~test], cue[~test])
        return spurious_gap(correct, truth[test], cue[test], partners, chance=chance)

    own = None
    if labels.factor == factor:
        own = attempt(refused, f"going by {other}", lambda: gap(predictions.correct[test], predictions.chance))
    else:
        refused[f"going by {other}"] = f"the correlation is with {factor}, and the model names {labels.factor}"
    readouts = {}
    for name, layer in layers.items():
        found = attempt(
            refused,
            f"going by {other}, {name}",
            lambda layer=layer: gap(*_read(layer, pictures, factor, test, components)),
        )
        readouts |= {} if found is None else {name: found}
    return Shifted(shift["kind"], shift["text"], own, readouts)


def _read(
    layer: NDArray[np.float32], pictures: Pictures, factor: str, test: NDArray[np.bool_], components: int
) -> tuple[NDArray[np.bool_], float]:
    """`[test picture]` whether a linear decoder fitted on the others reads `factor` rightly, and its chance."""
    x = np.asarray(layer[pictures.rows], np.float64)
    y = pictures.data.column(factor).astype(str)
    refuse_constant("the layer", x[~test])
    n = max(1, min(components, int((~test).sum()) // 2))
    fewer = [PCA(n, svd_solver="full"), StandardScaler()] if n < x.shape[1] else []
    reader = make_pipeline(StandardScaler(), *fewer, LogisticRegression(max_iter=2000))
    reader.fit(x[~test], y[~test])
    return reader.predict(x[test]) == y[test], 1.0 / len(np.unique(y))
