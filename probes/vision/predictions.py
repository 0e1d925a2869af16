"""What a model says of each picture, and whether it is right."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.vision.labels import Labels

BATCH = 1024
"""Pictures whose logits are in memory at once."""

Among = Literal["all", "own"]


class Predictions(NamedTuple):
    """Of pictures whose right answer is known.

    Attributes:
        said, confidence: `[picture]` the class with the largest logit of those that the model chooses among, and its
            share of their softmax. correct: `[picture]` whether it is right. among_five: `[picture]` whether a right
            one is among its five largest, of all. chance: of somebody who guesses among the same classes.
    """

    said: NDArray[np.int64]
    confidence: NDArray[np.float64]
    correct: NDArray[np.bool_]
    among_five: NDArray[np.bool_]
    chance: float

    def take(self, chosen: NDArray[np.int64]) -> "Predictions":
        """Of the pictures of these numbers; the chance stays that of all."""
        return self._replace(
            said=self.said[chosen],
            confidence=self.confidence[chosen],
            correct=self.correct[chosen],
            among_five=self.among_five[chosen],
        )


def predictions_of(
    logits: NDArray[np.float32], labels: Labels, rows: NDArray[np.int64], among: Among = "all"
) -> Predictions:
    """What the logits `[row, class]` say of the pictures `rows` `[picture]`, read in batches.

    Args:
        labels: of these pictures, all of them known. among: `all` classes, or those that are right for some picture of
            the data set (a forced choice).

    Raises:
        ValueError: a forced choice among one class.
    """
    own = np.flatnonzero(labels.right.any(0))
    if among == "own" and len(own) < 2:
        raise ValueError(f"a choice needs two classes at least, the pictures have {len(own)}: ask --among all")
    choices = own if among == "own" else np.arange(labels.right.shape[1])
    n = len(rows)
    said, confidence, among_five = np.empty(n, np.int64), np.empty(n), np.empty(n, np.bool_)
    for first in range(0, n, BATCH):
        part = slice(first, first + BATCH)
        whole = logits[rows[part]].astype(np.float64)
        some = whole[:, choices]
        said[part] = choices[some.argmax(1)]
        confidence[part] = 1.0 / np.exp(some - some.max(1, keepdims=True)).sum(1)
        largest = np.argsort(-whole, axis=1, kind="stable")[:, :5]
        among_five[part] = labels.right[labels.value[part, None], largest].any(1)
    chance = float(labels.right.sum(1)[labels.value].mean() / len(choices))
    return Predictions(said, confidence, labels.right[labels.value, said], among_five, chance)
