"""Catalogues of Sweet Home 3D: what its furniture is called, how large it is, and who made it."""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.furniture.classes import IMAGENET
from sims.scenes.packs.imported import character
from sims.scenes.packs.untrusted import AssetError

CATALOGUE = "PluginFurnitureCatalog.properties"

LICENCES = {
    "BlendSwap-CC-0": ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "BlendSwap-CC-BY": ("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/"),
    "KatorLegaz": ("CC-BY-3.0-US", "https://creativecommons.org/licenses/by/3.0/us/"),
    "Reallusion": ("CC-BY-3.0-US", "https://creativecommons.org/licenses/by/3.0/us/"),
    "Scopia": ("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/"),
}
"""Of each library, by its file's name, and where to read it; as Debian's copyright file and the catalogues say."""

_FIELD = re.compile(r"^\s*(\w+)#(\d+)\s*[=:]\s*(.*?)\s*$")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)")


class Item(NamedTuple):
    """A piece of furniture.

    Attributes:
        name: the value of `character_name`. noun: what captions call it. category: the catalogue's.
        file: its OBJ, below the pack's `models/`. size_m: width, depth and height in metres.
        turn: nine numbers, by rows, of a rotation in the OBJ's frame that stands it up; empty: none.
        author: who made it. licence: SPDX's name. imagenet: the classes of ImageNet-1k that count as right.
    """

    name: str
    noun: str
    category: str
    file: str
    size_m: tuple[float, float, float]
    turn: tuple[float, ...]
    author: str
    licence: str
    imagenet: tuple[int, ...]

    @property
    def rotation(self) -> NDArray[np.float64]:
        """`[3, 3]` in the OBJ's frame."""
        return np.reshape(self.turn, (3, 3)) if self.turn else np.eye(3)


def read_catalogue(text: str, library: str) -> list[Item]:
    """The items of one library in the catalogue's order; names are made of the files' and may be there twice.

    Args:
        text: a Java properties file, decoded as Latin-1. library: the name of its `.sh3f` without the ending.

    Raises:
        AssetError: an unknown library, an item without a model or with sizes that can't be, or no items.
    """
    if library not in LICENCES:
        raise AssetError(f"the library {library!r} is not known: expected one of {', '.join(LICENCES)}")
    said: dict[int, dict[str, str]] = {}
    for line in text.splitlines():
        if found := _FIELD.match(line):
            said.setdefault(int(found[2]), {})[found[1]] = _plain(found[3])
    if not said:
        raise AssetError(f"the catalogue of {library} has no items in it: it is damaged; fetch it again")
    return [_item(fields, library, n) for n, fields in sorted(said.items())]


def _plain(value: str) -> str:
    """A value without the escapes of Java's properties."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], value)


def _item(said: dict[str, str], library: str, n: int) -> Item:
    try:
        file = said["model"].lstrip("/")
        size = tuple(float(said[side]) / 100.0 for side in ("width", "depth", "height"))
        turn = tuple(float(part) for part in said.get("modelRotation", "").split())
        noun, author = said["name"].lower(), said.get("creator", "unknown")
        name = character(file.rpartition("/")[2].removesuffix(".obj"))
    except (KeyError, ValueError) as error:
        raise AssetError(f"item {n} of {library} can't be read ({error!r}): it is damaged; fetch it again") from error
    if min(size) <= 0.0 or not np.isfinite(size).all() or not _turns(turn):
        raise AssetError(
            f"item {n} of {library} measures {size} m and is turned by {turn or 'nothing'}, expected lengths above 0 "
            "and a rotation: it is damaged; fetch it again"
        )
    licence = LICENCES[library][0]
    return Item(name, noun, said.get("category", ""), file, size, turn, author, licence, IMAGENET.get(noun, ()))  # type: ignore[arg-type]


def _turns(turn: tuple[float, ...]) -> bool:
    """Whether nine numbers, if any, are a rotation."""
    if not turn:
        return True
    if len(turn) != 9 or not np.isfinite(turn).all():
        return False
    rotation = np.reshape(turn, (3, 3))
    return bool(np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-2) and np.linalg.det(rotation) > 0.0)


def told_apart(items: list[Item]) -> list[Item]:
    """The same items with names of their own: the second `Chair` is `Chair2`, or the next that is free."""
    taken = {item.name for item in items}
    met: set[str] = set()
    apart = []
    for item in items:
        name, n = item.name, 2
        while name in met:
            name, n = f"{item.name}{n}", n + 1
            if name in taken:
                name = item.name
        met.add(name)
        apart.append(item._replace(name=name))
    return apart


def credits_of(items: list[Item]) -> tuple[str, ...]:
    """A line for each licence with all who made something under it."""
    lines = []
    for licence in dict.fromkeys(item.licence for item in items):
        authors = sorted(
            {item.author for item in items if item.licence == licence}, key=lambda author: (author.casefold(), author)
        )
        link = next(url for name, url in LICENCES.values() if name == licence)
        lines.append(f"Furniture under {licence} ({link}), from Sweet Home 3D's libraries: {', '.join(authors)}")
    return tuple(lines)
