"""Which caption fits the picture? Questions of PUG: SPAR's kind, for models with a tower for pictures and one for text.

Bordes et al. 2023, 'PUG: Photorealistic and Semantically Controllable Synthetic Data for Representation Learning',
section 3.4: beside the right caption stand hard negatives, which differ from it in one thing. No weights of such models
can be had from a package registry, so that here this is tested on planted models alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from probes.measures.factors import accuracy
from probes.measures.measurement import Measurement
from probes.vision.activations import read_images
from probes.vision.models import made_by
from sims.scenes.datasets.reader import SceneDataset
from sims.scenes.relations import BLANK, COLUMNS, PLAIN, with_captions

KINDS = {
    "scene": "another world of the data set",
    "object": "another object in the place of one",
    "position": "the one object where the other place of its relation is",
    "relation": "two objects, each where the other is",
    "attribute": "the one object in the other texture",
    "binding": "two objects, each in the other's texture",
}
"""What the wrong captions of each kind of question say."""


@runtime_checkable
class TwoTowers(Protocol):
    """A model that puts pictures and captions into one space, as CLIP does."""

    def image_features(self, images: NDArray[np.uint8]) -> NDArray[np.floating]:
        """`[n, width]` of pictures `[n, height, width, 3]` uint8; it scales and normalises them itself."""
        ...

    def text_features(self, captions: Sequence[str]) -> NDArray[np.floating]:
        """`[n, width]` of captions."""
        ...


class Question(NamedTuple):
    """A picture by its number, what is asked, the captions to choose from, and which of them is right."""

    picture: int
    kind: str
    captions: tuple[str, ...]
    right: int


class Retrieval(NamedTuple):
    """What came of it.

    Attributes:
        by_kind: accuracy of each of KINDS that could be asked, beside 1 / captions, with Wilson's interval.
        questions: that were asked. chosen: `[question]` which caption was nearest. margin: `[question]` by how much the
            right one was nearer, in cosine, than the nearest wrong one.
    """

    by_kind: dict[str, Measurement]
    questions: list[Question]
    chosen: NDArray[np.int64]
    margin: NDArray[np.float64]


def load_towers(name: str) -> TwoTowers:
    """The model that the function of that name, `package.module:function`, returns.

    Raises:
        ValueError: no such function, or it returns no TwoTowers.
    """
    made = made_by(name)
    if not isinstance(made, TwoTowers):
        raise ValueError(
            f"{name} must return an object with image_features(images) and text_features(captions), got "
            f"{type(made).__name__}"
        )
    return made


def questions_of(data: SceneDataset, options: int = 4, seed: int = 0) -> list[Question]:
    """All questions that a data set of relations can ask, each with the right caption at a random place.

    Args:
        data: with the columns of `sims.scenes.relations`. options: captions of a question at most, for kinds of which
            there are more than two. seed: of places and wrong captions.

    Raises:
        ValueError: fewer than two options, other columns, or nothing to ask.
    """
    if options < 2:
        raise ValueError(f"a question needs two captions at least, got options {options}")
    missing = [name for name in COLUMNS if name not in data.factors]
    if missing:
        raise ValueError(
            f"captions are of two objects, and {data.root} has no {', '.join(missing)}: make one with the design "
            "relations, such as spar-mini"
        )
    rng = np.random.default_rng(seed)
    rows = data.table.select(list(COLUMNS)).to_pylist()
    nouns = (data.about.get("pack") or {}).get("nouns", {})
    asked = _asked(rows, _captions(rows, nouns), options, rng)
    changed = iter(_captions([row for each in asked for row in each.changed], nouns))
    questions = []
    for picture, kind, right, changes, exchanged in asked:
        wrong = [next(changed)[0] for _ in changes] if exchanged is None else [exchanged]
        wrong = [caption for caption in dict.fromkeys(wrong) if caption != right]  # two things may go by one noun
        if wrong:
            place = int(rng.integers(len(wrong) + 1))
            questions.append(Question(picture, kind, (*wrong[:place], right, *wrong[place:]), place))
    if not questions:
        raise ValueError(f"{data.root} has nothing to ask: give it two worlds, two objects or two places")
    return questions


class _Asked(NamedTuple):
    """A question to be: its picture, kind and right caption, and the rows that its wrong ones are of, or the one."""

    picture: int
    kind: str
    right: str
    changed: list[dict[str, Any]]
    exchanged: str | None = None


def _asked(
    rows: Sequence[Mapping[str, Any]],
    captions: Sequence[tuple[str, str | None]],
    options: int,
    rng: np.random.Generator,
) -> list[_Asked]:
    """Of every picture that no picture before it looks like, a question of each kind."""
    worlds = sorted({row["world_name"] for row in rows})
    objects = sorted({row[name] for row in rows for name in ("character_name", "character2_name")} - {BLANK})
    found: list[_Asked] = []
    seen: set[str] = set()
    for k, (row, (right, exchanged)) in enumerate(zip(rows, captions, strict=True)):
        if right in seen:
            continue  # with no object in it, all variants of a world are one picture
        seen.add(right)
        there = [name for name in ("character_name", "character2_name") if row[name] != BLANK]
        others = [world for world in worlds if world != row["world_name"]]
        found.append(_Asked(k, "scene", right, _with(row, "world_name", others, options, rng)))
        if there:
            others = [name for name in objects if name not in (row["character_name"], row["character2_name"])]
            found.append(_Asked(k, "object", right, _with(row, there[0], others, options, rng)))
        if exchanged is not None:
            found.append(_Asked(k, _exchanged(row), right, [], exchanged))
    return found


def _with(
    row: Mapping[str, Any], name: str, values: Sequence[str], options: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """The row with some of the values in the place of its own."""
    return [{**row, name: value} for value in rng.permutation(values)[: options - 1].tolist()]


def ask_captions(model: TwoTowers, data: SceneDataset, options: int = 4, seed: int = 0, batch: int = 32) -> Retrieval:
    """Let a model choose the caption whose features are nearest, by cosine, to those of the picture.

    Args:
        data, options, seed: as `questions_of`. batch: pictures, and captions, at once.

    Raises:
        ValueError: as `questions_of`, or features that are not finite, have no length, or differ in width.
    """
    questions = questions_of(data, options, seed)
    numbers = sorted({question.picture for question in questions})
    pictures = _all(lambda part: model.image_features(read_images(data, part)), numbers, batch, "image_features")
    captions = sorted({caption for question in questions for caption in question.captions})
    texts = _all(model.text_features, captions, batch, "text_features")
    if pictures.shape[1] != texts.shape[1]:
        raise ValueError(
            f"the towers' features have widths {pictures.shape[1]} and {texts.shape[1]}: expected the same"
        )
    of_picture = {number: k for k, number in enumerate(numbers)}
    of_caption = {caption: k for k, caption in enumerate(captions)}
    chosen, margin = np.zeros(len(questions), np.int64), np.zeros(len(questions))
    for k, question in enumerate(questions):
        near = texts[[of_caption[caption] for caption in question.captions]] @ pictures[of_picture[question.picture]]
        chosen[k] = near.argmax()
        margin[k] = near[question.right] - np.delete(near, question.right).max()
    return Retrieval(_by_kind(questions, chosen), questions, chosen, margin)


def _by_kind(questions: Sequence[Question], chosen: NDArray[np.int64]) -> dict[str, Measurement]:
    found = {}
    for kind in KINDS:
        own = [k for k, question in enumerate(questions) if question.kind == kind]
        if own:
            correct = np.array([questions[k].right == chosen[k] for k in own])
            chance = float(np.mean([1.0 / len(questions[k].captions) for k in own]))
            found[kind] = accuracy(correct, chance=chance)
    return found


def _all(features: Any, items: Sequence[Any], batch: int, name: str) -> NDArray[np.float64]:
    """Features `[n, width]` of all items, each of length 1."""
    parts = []
    for first in range(0, len(items), batch):
        part = items[first : first + batch]
        own = np.asarray(features(part))
        if own.ndim != 2 or len(own) != len(part) or own.dtype.kind != "f":
            raise ValueError(f"{name} must return floats [{len(part)}, width], got {own.dtype} of shape {own.shape}")
        parts.append(own.astype(np.float64))
    if len({part.shape[1] for part in parts}) > 1:
        raise ValueError(f"{name} returns features of different widths, {sorted({p.shape[1] for p in parts})}")
    whole = np.concatenate(parts)
    length = np.linalg.norm(whole, axis=1, keepdims=True)
    if not np.isfinite(length).all() or not length.all():
        worst = int(np.flatnonzero(~np.isfinite(length[:, 0]) | (length[:, 0] == 0.0))[0])
        raise ValueError(f"{name} must return finite features that are not all 0, got length {length[worst, 0]}")
    return whole / length


def _captions(rows: Sequence[Mapping[str, Any]], nouns: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """Of every row its caption and the one in which places or textures are exchanged."""
    if not rows:
        return []
    table = with_captions(pa.Table.from_pylist([dict(row) for row in rows]), nouns)
    return list(zip(table["caption"].to_pylist(), table["hard_negative"].to_pylist(), strict=True))


def _exchanged(row: Mapping[str, Any]) -> str:
    """What a row's exchanged caption asks."""
    single = BLANK in (row["character_name"], row["character2_name"])
    if row["character_texture"] == PLAIN == row["character2_texture"]:
        return "position" if single else "relation"
    return "attribute" if single else "binding"
