"""Questions on layers: are they invariant or equivariant to a factor, and can it be read from them linearly?"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.measures.factors import linear_decodability
from probes.measures.invariance import relative_equivariance, relative_invariance
from probes.measures.measurement import Measurement
from probes.measures.pairing import refuse_constant
from probes.vision.changes import Change, changes_of, from_base, is_angle, is_number, one_a_scene, varied
from probes.vision.subject import ASSET, LEAST_ASSETS, Pictures, Refused, attempt

MOST_CLASSES = 24
"""Values of a factor that are read as classes; an angle of more is read as its cosine and its sine."""

ByLayer = dict[str, Measurement]


class Trace(NamedTuple):
    """What one change of a factor leaves in each layer: the change, of one pair a scene, and a measure by layer."""

    change: Change
    found: ByLayer

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"change": self.change.name, "magnitude": self.change.magnitude, **_documents(self.found)}


class Layers(NamedTuple):
    """Answers; what could not be asked is not in it.

    Attributes:
        names: of the layers, in the order in which they are computed. invariance: by factor and layer, over all of its
            changes. by_change: the same of each change apart, by its size where the factor is a number.
            equivariance: by factor, from its base to each other value: a change of one size has one direction only
            where it begins in one place. decodability: by factor (`cos` and `sin` of one that goes around) and layer,
            and `read`, how each is read.
    """

    names: list[str]
    invariance: dict[str, ByLayer]
    by_change: dict[str, list[Trace]]
    equivariance: dict[str, list[Trace]]
    decodability: dict[str, ByLayer]
    read: dict[str, str]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "names": self.names,
            "invariance": {factor: _documents(found) for factor, found in self.invariance.items()},
            **{
                name: {factor: [trace.document() for trace in traces] for factor, traces in getattr(self, name).items()}
                for name in ("by_change", "equivariance")
            },
            "decodability": {
                name: {"read_as": self.read[name], **_documents(found)} for name, found in self.decodability.items()
            },
        }


def ask_layers(
    pictures: Pictures,
    layers: Mapping[str, NDArray[np.float32]],
    refused: Refused,
    *,
    pairs: int = 2000,
    components: int = 64,
    resamples: int = 1000,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Layers:
    """All that can be asked of layers `[row, unit]`, on the pictures given.

    Only the pictures of a question are read from the disk, so that memory doesn't grow with the data set.

    Args:
        refused: is added to. pairs: at most so many of each change, and five times as many pictures for decoders.
        components: principal ones that decoders read, or as many as a quarter of the pictures. resamples: of objects,
            for intervals. say: told of each factor.
    """
    asked = _Asked(pictures, layers, refused, resamples, seed)
    found = Layers(list(layers), {}, {}, {}, {}, {})
    for factor in varied(pictures.data):
        say(f"asking {len(layers)} layers about {factor}")
        found.invariance[factor], found.by_change[factor] = _invariance(asked, factor, pairs)
        moves = from_base(pictures.data, factor)
        found.equivariance[factor] = _traces(asked, relative_equivariance, factor, moves, pairs, "equivariance to")
        for name, values, kind in _readings(pictures, factor):
            found.decodability[name] = _decoded(asked, factor, name, values, kind, components, 5 * pairs)
            found.read[name] = "balanced accuracy of classes" if kind == "classes" else "R2 of numbers"
    for answers in (found.invariance, found.by_change, found.equivariance, found.decodability):
        for name in [name for name, answer in answers.items() if not answer]:
            del answers[name]
    return found


class _Asked(NamedTuple):
    """What all questions share, as `ask_layers` describes it."""

    pictures: Pictures
    layers: Mapping[str, NDArray[np.float32]]
    refused: Refused
    resamples: int
    seed: int


def _invariance(asked: _Asked, factor: str, most: int) -> tuple[ByLayer, list[Trace]]:
    """What `factor` leaves in each layer, over all changes and in each apart."""
    data, rng = asked.pictures.data, np.random.default_rng(asked.seed)
    changes = changes_of(data, factor)
    if not changes:
        asked.refused[f"invariance to {factor}"] = (
            f"no two pictures differ in {factor} alone: ask of a factorial or one-at-a-time design"
        )
        return {}, []
    every = one_a_scene(data, factor, np.concatenate([change.pairs for change in changes]), most, rng)
    overall = _of_pairs(asked, relative_invariance, factor, every, f"invariance to {factor}")
    return overall, _traces(asked, relative_invariance, factor, changes, most, "invariance to")


def _traces(
    asked: _Asked, measure: Callable[..., Measurement], factor: str, changes: list[Change], most: int, what: str
) -> list[Trace]:
    """A measure of each change apart, of one pair a scene."""
    data, rng = asked.pictures.data, np.random.default_rng(asked.seed)
    drawn = [change._replace(pairs=one_a_scene(data, factor, change.pairs, most, rng)) for change in changes]
    found = [_of_pairs(asked, measure, factor, each.pairs, f"{what} {factor}, {each.name}") for each in drawn]
    return [Trace(change, by_layer) for change, by_layer in zip(drawn, found, strict=True) if by_layer]


def _of_pairs(
    asked: _Asked, measure: Callable[..., Measurement], factor: str, pairs: NDArray[np.int64], what: str
) -> ByLayer:
    """A measure of pairs, by layer."""
    assets = asked.pictures.assets[pairs[:, 0]]
    _, clusters = np.unique(assets, return_inverse=True)
    few = factor == ASSET or len(np.unique(assets)) < LEAST_ASSETS
    n = 0 if few else asked.resamples

    def measured(layer: NDArray[np.float32]) -> Measurement:
        before, after = (np.asarray(layer[asked.pictures.rows[side]], np.float64) for side in pairs.T)
        return measure(before, after, asked.seed, n_resamples=n, clusters=clusters if n else None)

    return _by_layer(asked, measured, what)


def _by_layer(asked: _Asked, measured: Callable[[NDArray[np.float32]], Measurement], what: str) -> ByLayer:
    """The answers that there are; where all layers are refused for one reason, that is said once."""
    refused: Refused = {}
    found = {name: attempt(refused, name, lambda layer=layer: measured(layer)) for name, layer in asked.layers.items()}
    if len(refused) == len(asked.layers) and len(set(refused.values())) == 1:
        asked.refused[what] = next(iter(refused.values()))
    else:
        asked.refused.update({f"{what}, {name}": why for name, why in refused.items()})
    return {name: answer for name, answer in found.items() if answer is not None}


Reading = tuple[str, NDArray[Any], Literal["classes", "numbers"]]


def _readings(pictures: Pictures, factor: str) -> list[Reading]:
    """As what a factor is read: its name, `[picture]` values, and whether these are classes or numbers."""
    values = pictures.data.column(factor)
    if not is_number(values) or (is_angle(factor) and len(np.unique(values)) <= MOST_CLASSES):
        return [(factor, values.astype(str), "classes")]
    if is_angle(factor):
        angle = np.deg2rad(values.astype(np.float64))
        return [(f"cos {factor}", np.cos(angle), "numbers"), (f"sin {factor}", np.sin(angle), "numbers")]
    return [(factor, values, "numbers")]


def _decoded(
    asked: _Asked, factor: str, name: str, values: NDArray[Any], kind: str, components: int, most: int
) -> ByLayer:
    """Linear decodability of `values` from each layer, on objects held out; of the object itself, elsewhere."""
    pictures = asked.pictures
    assets = _apart(pictures, factor)
    if assets is None:
        asked.refused[f"decoding of {name}"] = "nothing else changes, so that no decoder can be asked elsewhere"
        return {}
    chosen = np.arange(len(values))
    if len(values) > most:
        chosen = np.sort(np.random.default_rng(asked.seed).choice(len(values), most, replace=False))
    n = asked.resamples if len(np.unique(assets)) >= LEAST_ASSETS else 0

    def measured(layer: NDArray[np.float32]) -> Measurement:
        x = np.asarray(layer[pictures.rows[chosen]], np.float64)
        refuse_constant("the layer", x)
        read = max(1, min(components, len(x) // 4))
        return linear_decodability(
            x,
            values[chosen],
            assets[chosen],
            read_as=kind,  # type: ignore[arg-type]
            n_components=read if read < x.shape[1] else None,
            n_resamples=n,
            rng=asked.seed,
        )

    return _by_layer(asked, measured, f"decoding of {name}")


def _apart(pictures: Pictures, factor: str) -> NDArray[Any] | None:
    """`[picture]` what a decoder of `factor` must not have seen: the object, or the world where it is the object."""
    others = [name for name in (ASSET, "world_name", *varied(pictures.data)) if name in varied(pictures.data)]
    return next((pictures.data.column(name).astype(str) for name in others if name != factor), None)


def _documents(found: ByLayer) -> dict[str, Any]:
    return {name: answer.document() for name, answer in found.items()}
