"""What one network makes of the test pictures: how often it is right, and how little the factors change its layers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probes.measures.factors import accuracy
from probes.measures.invariance import relative_equivariance, relative_invariance
from probes.reproduce.fitting import logits_and_layers
from probes.reproduce.networks import EMBEDDING, Network
from probes.reproduce.pictures import Asked, Pictures

Layers = Mapping[str, NDArray[np.float32]]


def ask(network: Network, pictures: Pictures, n_resamples: int) -> dict[str, Any]:
    """Everything that is asked of a network in `eval` mode, as JSON has it.

    Args:
        n_resamples: for the intervals of the embedding's invariance, over objects.

    Returns:
        `accuracy_at_base`, a `Measurement`'s document; and by factor:
        `values`, by value: `accuracy`, and the embedding's `invariance` and `equivariance`, documents too;
        `layers`: relative invariance by layer, its mean over the values within training; `without`: that of the
        embedding with the pairs of one object left out, by object, for a jackknife.
    """
    logits, layers = logits_and_layers(network, pictures.test)
    arrays = {name: layer.numpy() for name, layer in layers.items()}
    right = logits.argmax(1).numpy() == pictures.test.labels
    base, labels = pictures.at_base(), pictures.test.labels
    factors = {
        factor: {
            "values": {
                f"{value:g}": _at_value(pairs, right, arrays[EMBEDDING], pictures, n_resamples)
                for value, pairs in asked.pairs.items()
            },
            "layers": {name: _mean_invariance(array, asked) for name, array in arrays.items()},
            "without": {
                name: _mean_invariance(arrays[EMBEDDING], asked, labels != k) for k, name in enumerate(pictures.classes)
            },
        }
        for factor, asked in pictures.asked.items()
    }
    at_base = accuracy(right[base], chance=1.0 / len(pictures.classes), assets=labels[base])
    return {"accuracy_at_base": at_base.document(), "factors": factors}


def _at_value(
    pairs: NDArray[np.int64], right: NDArray[np.bool_], z: NDArray[np.float32], pictures: Pictures, n_resamples: int
) -> dict[str, Any]:
    """What is asked of the pairs of one value of a factor."""
    before, after = pairs.T
    objects = pictures.test.labels[before]
    measured = {
        "accuracy": accuracy(right[after], chance=1.0 / len(pictures.classes), assets=objects),
        "invariance": relative_invariance(z[before], z[after], n_resamples=n_resamples, clusters=objects),
        "equivariance": relative_equivariance(z[before], z[after]),
    }
    return {name: measurement.document() for name, measurement in measured.items()}


def _mean_invariance(layer: NDArray[np.float32], asked: Asked, kept: NDArray[np.bool_] | None = None) -> float:
    """Relative invariance of a layer `[test picture, unit]`, the mean over the values within training.

    Args:
        kept: `[test picture]`; pairs of others are left out.
    """
    scores = []
    for value in asked.trained():
        pairs = asked.pairs[value]
        before, after = (pairs if kept is None else pairs[kept[pairs[:, 0]]]).T
        scores.append(relative_invariance(layer[before], layer[after]).score)
    return float(np.mean(scores))
