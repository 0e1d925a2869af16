"""What an image model is here: pictures in, logits and layers out, whatever computes them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.core.hints import did_you_mean

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of channels from 0 to 1, red first, as torchvision has them."""

IMAGENET_CLASSES = 1000

Pooling = Literal["mean", "flat"]


@dataclass(frozen=True)
class Interface:
    """How a model wants its pictures, and what its logits are called.

    Args:
        size: pixels a side of what goes in. Pictures are scaled (bicubic) until their shorter side fits, and the longer
            one is cut to the middle; nothing is cut off square ones, since an object may stand anywhere in them.
        mean, std: of channels from 0 to 1, red first; what goes in is (channel - mean) / std.
        classes: names of the logits in order; none means ImageNet-1k's numbers where there are 1,000.
        layers: the name patterns of layers that are worth asking about, where nobody names others.

    Raises:
        ValueError: a size below 1, a mean or std that is not three finite numbers (std above 0), a class twice, or no
            pattern.
    """

    size: int = 224
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    classes: tuple[str, ...] | None = None
    layers: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        if isinstance(self.size, bool) or not isinstance(self.size, int) or self.size < 1:
            raise ValueError(f"a model's size must be pixels a side, a whole number above 0, got {self.size!r}")
        for name in ("mean", "std"):
            object.__setattr__(self, name, _three_numbers(name, getattr(self, name)))
        if self.classes is not None:
            object.__setattr__(self, "classes", _names("classes", self.classes))
            if len(set(self.classes)) < len(self.classes):
                twice = next(name for name in self.classes if self.classes.count(name) > 1)
                raise ValueError(f"a model's classes must have different names, got {twice!r} twice: rename one")
        object.__setattr__(self, "layers", _names("layers", self.layers))


def interface_of(given: Mapping[str, Any]) -> Interface:
    """An interface of plain values by name, as a file or a function that knows nothing of us may give them.

    Raises:
        ValueError: a name that is not one of Interface's, or a value that it refuses.
    """
    known = [field.name for field in fields(Interface)]
    for name in given:
        if name not in known:
            raise ValueError(
                f"a model's interface has no {name!r}: {did_you_mean(name, known)}expected {', '.join(known)}"
            )
    return Interface(**given)


class Seen(NamedTuple):
    """What came of some pictures.

    Attributes:
        logits: `[n, class]` float32. layers: by name, `[n, unit]` float32, in the order in which they were computed.
    """

    logits: NDArray[np.float32]
    layers: dict[str, NDArray[np.float32]]


Forward = Callable[[NDArray[np.float32], Sequence[str], Pooling], Seen]
"""From what goes in, `[n, 3, size, size]` float32, and name patterns of layers, to what comes out."""


@dataclass(frozen=True, eq=False)
class ImageModel:
    """A model to ask; `probes.vision.models.load_model` makes one of a name.

    Args:
        name: what it was loaded by. interface: how it wants pictures. forward: computes. fingerprint: SHA-256 of its
            weights, so that what was written of one model is not taken for another's.
    """

    name: str
    interface: Interface
    forward: Forward
    fingerprint: str

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the logits in order; None for ImageNet-1k's numbers."""
        return self.interface.classes

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """`[n, class]` of pictures `[n, height, width, 3]` uint8; errors as `look`."""
        return self.look(images, ()).logits

    def activations(
        self, images: NDArray[np.uint8], patterns: Sequence[str] | None = None, pooling: Pooling = "mean"
    ) -> dict[str, NDArray[np.float32]]:
        """Layers by name, `[n, unit]` each; arguments and errors as `look`."""
        return self.look(images, patterns, pooling).layers

    def look(self, images: NDArray[np.uint8], patterns: Sequence[str] | None = None, pooling: Pooling = "mean") -> Seen:
        """Logits and layers of some pictures, in one pass.

        Args:
            images: `[n, height, width, 3]` uint8, red first.
            patterns: names of layers with `*`, `?` and `[...]`, none of which goes over a dot: `*` are the model's own
                parts, `blocks.*` those of `blocks`. The interface's by default.
            pooling: `mean` over space (`[n, channel, y, x]`) or tokens (`[n, token, width]`), or `flat`: every unit.

        Raises:
            ValueError: pictures of another kind, no layer of such a name, or logits that are not finite.
        """
        patterns = self.interface.layers if patterns is None else patterns
        seen = self.forward(prepared(images, self.interface), patterns, pooling)
        self._check(seen.logits, len(images))
        return seen

    def _check(self, logits: NDArray[np.float32], n: int) -> None:
        expected = IMAGENET_CLASSES if self.classes is None else len(self.classes)
        if logits.ndim != 2 or len(logits) != n:
            raise ValueError(f"{self.name} must return logits [{n}, class] for {n} pictures, got {logits.shape}")
        if logits.shape[1] != expected:
            wants = "ImageNet-1k has" if self.classes is None else "it names"
            raise ValueError(
                f"{self.name} returns {logits.shape[1]} logits, {wants} {expected} classes: return (model, "
                f"{{'classes': [...]}}) with a name for each"
            )
        wrong = ~np.isfinite(logits).all(1)
        if wrong.any():
            raise ValueError(
                f"{self.name} returns logits that are not finite ({logits[wrong][0][~np.isfinite(logits[wrong][0])][0]}"
                f" for picture {int(np.flatnonzero(wrong)[0])} of {n}): look at its weights, and at its mean and std"
            )


def prepared(images: NDArray[np.uint8], interface: Interface) -> NDArray[np.float32]:
    """Pictures `[n, height, width, 3]` uint8 as a model takes them, `[n, 3, size, size]` float32.

    Raises:
        ValueError: they are of another kind, or none.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] != 3 or 0 in images.shape:
        raise ValueError(
            f"pictures must be uint8 [n, height, width, 3], one at least, got {images.dtype} of shape {images.shape}"
        )
    sized = np.stack([_resized(image, interface.size) for image in images])
    scaled = sized.astype(np.float32) / np.float32(255.0)
    scaled = (scaled - np.array(interface.mean, np.float32)) / np.array(interface.std, np.float32)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def _resized(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    if height == width == size:
        return image
    side = min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC, box=box))


def _three_numbers(name: str, given: Any) -> tuple[float, ...]:
    try:
        values = tuple(float(value) for value in given)
    except (TypeError, ValueError):
        values = ()
    if len(values) != 3 or not np.isfinite(values).all() or (name == "std" and min(values) <= 0.0):
        above = ", above 0" if name == "std" else ""
        raise ValueError(f"a model's {name} must be three finite numbers{above}, of channels from 0 to 1, got {given}")
    return values


def _names(what: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(name, str) for name in given) or not len(given):
        raise ValueError(f"a model's {what} must be a list of names, one at least, got {given!r}")
    return tuple(given)
