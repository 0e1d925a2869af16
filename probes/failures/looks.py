"""Pictures that a model was asked about, on disk: each rendered once, counted, and later rendered again to prove it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.core.files import write_atomic
from sims.scenes.datasets.rendering import flaws_of
from sims.scenes.datasets.writing import encoded
from sims.scenes.factors import Value
from sims.scenes.rendered import Rendered

LOOKS, AGAIN = "looks", "again"
"""Folders of pictures with what the model said of them, and of what a second render came to."""

Render = Callable[[Mapping[str, Any]], Rendered]


class Verdict(NamedTuple):
    """What a model says of a picture.

    Attributes:
        margin: the largest right logit less the largest wrong one; at 0 or below the model is wrong.
        right: the share of the softmax on right classes. said: the class with the largest logit. confidence: its share.
    """

    margin: float
    right: float
    said: int
    confidence: float


class Look(NamedTuple):
    """One picture that the model was asked about.

    Attributes:
        key: a hash of the scene, under which it lies on the disk. factors: every factor of the scene. seed: of the
            renderer's samples. flaws: what is wrong with the picture, such as an object out of sight; it is nobody's
            failure then. sha256: of the pixels.
    """

    key: str
    factors: dict[str, Value]
    seed: int
    flaws: tuple[str, ...]
    verdict: Verdict
    sha256: str

    @property
    def failing(self) -> bool:
        """Whether the model is wrong about a picture that shows what it should."""
        return not self.flaws and self.verdict.margin <= 0.0

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**self._asdict(), "flaws": list(self.flaws), "verdict": self.verdict._asdict()}


def verdict_of(logits: NDArray[np.floating], right: tuple[int, ...]) -> Verdict:
    """What `logits` `[class]` say where any of the classes `right` would be."""
    logits = np.asarray(logits, np.float64)
    wrong = np.ones(len(logits), np.bool_)
    wrong[list(right)] = False
    margin = float(logits[~wrong].max() - logits[wrong].max())
    share = np.exp(logits - logits.max())
    share /= share.sum()
    said = int(np.where(wrong == (margin <= 0.0), logits, -np.inf).argmax())  # of equals a wrong one: it is no right
    return Verdict(margin, float(share[~wrong].sum()), said, float(share[said]))


def key_of(factors: Mapping[str, Value]) -> str:
    """The name of a scene on the disk."""
    return hashlib.sha256(json.dumps(dict(factors), sort_keys=True).encode()).hexdigest()[:16]


class Looks:
    """All pictures of a search, in a folder; what was rendered in a call before this one is read.

    Args:
        folder: of the search. render: from a scene's factors to its picture. judge: from a picture and its scene's
            factors to what the model says.
    """

    def __init__(self, folder: Path, render: Render, judge: Callable[[Rendered], Verdict]) -> None:
        self._folder, self._render, self._judge = folder, render, judge
        self._there: dict[str, Look] = {}
        for name in (LOOKS, AGAIN):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def has(self, factors: Mapping[str, Value]) -> bool:
        """Whether this search has looked at that scene already."""
        return key_of(factors) in self._there

    def look(self, factors: dict[str, Value]) -> Look:
        """The picture of that scene and what the model says of it."""
        key = key_of(factors)
        if key not in self._there:
            self._there[key] = self._read(key, factors) or self._made(key, factors)
        return self._there[key]

    def image(self, look: Look) -> NDArray[np.uint8]:
        """`[height, width, 3]` its picture."""
        with Image.open(self._folder / picture_of(look)) as opened:
            return np.asarray(opened.convert("RGB"))

    def again(self, look: Look, render: Render) -> bool:
        """Whether the scene, read from the disk and rendered anew, gives the same bytes.

        Args:
            render: of a renderer that was not there when it was first rendered.
        """
        path = self._folder / AGAIN / f"{look.key}.json"
        if not path.is_file():
            stored = json.loads((self._folder / LOOKS / f"{look.key}.json").read_text())
            found = pixels_sha256(render(stored["factors"]).image)
            write_atomic(path, json.dumps({"sha256": found}).encode())
        return json.loads(path.read_text())["sha256"] == look.sha256

    def _read(self, key: str, factors: dict[str, Value]) -> Look | None:
        path = self._folder / LOOKS / f"{key}.json"
        if not path.is_file():
            return None
        stored = json.loads(path.read_text())
        flaws, verdict = tuple(stored.pop("flaws")), Verdict(**stored.pop("verdict"))
        look = Look(**stored, flaws=flaws, verdict=verdict)
        if look.factors != factors or pixels_sha256(self.image(look)) != look.sha256:
            raise ValueError(f"{path} or its picture is not what was written: remove both to have them made anew")
        return look

    def _made(self, key: str, factors: dict[str, Value]) -> Look:
        """Render, judge, write the picture, and last the record that says that it is there."""
        seen = self._render(factors)
        look = Look(key, factors, seen.seed, flaws_of(seen), self._judge(seen), pixels_sha256(seen.image))
        write_atomic(self._folder / picture_of(look), encoded("image", seen.image))
        write_atomic(self._folder / LOOKS / f"{key}.json", (json.dumps(look.document(), indent=1) + "\n").encode())
        return look


def picture_of(look: Look) -> str:
    """Where its picture lies in the folder of the search."""
    return f"{LOOKS}/{look.key}.png"


def pixels_sha256(image: NDArray[np.uint8]) -> str:
    """The SHA-256 of a picture's pixels, in hexadecimal."""
    return hashlib.sha256(image.tobytes()).hexdigest()
