"""Packs: where a scene's objects and worlds come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TypeVar

from sims.scenes import basic
from sims.scenes.description import Model
from sims.scenes.worlds import WORLDS, World


T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Pack:
    """Objects and worlds by name.

    Args:
        name: `basic`, or the folder's. builders: what makes each object, by name, in order. places: the worlds.
        licence: of the objects. credits: whom to name. refused: files that are no usable object, and why.
    """

    name: str
    builders: Mapping[str, Callable[[], Model]]
    places: Mapping[str, World]
    licence: str
    credits: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def characters(self) -> tuple[str, ...]:
        """The objects' names, in order."""
        return tuple(self.builders)

    @property
    def worlds(self) -> tuple[str, ...]:
        """The worlds' names, in order."""
        return tuple(self.places)

    def model(self, name: str) -> Model:
        """The object of that name.

        Raises:
            ValueError: there is none; the message names the nearest.
        """
        return _named(name, self.builders, "object", self.name)()

    def world(self, name: str) -> World:
        """The world of that name.

        Raises:
            ValueError: there is none; the message names the nearest.
        """
        return _named(name, self.places, "world", self.name)

    def noun(self, name: str) -> str:
        """What captions call an object."""
        return self.model(name).noun or name

    def imagenet(self, name: str) -> tuple[int, ...]:
        """The ImageNet-1k classes that an object belongs to."""
        return self.model(name).imagenet


def open_pack(name: str | Path) -> Pack:
    """The pack of that name, `basic`, or the one that a folder of GLB, glTF and OBJ files is.

    Raises:
        ValueError: there is no such pack, or none of the folder's files can be used; the message says why.
    """
    if name == "basic":
        return basic_pack()
    from sims.scenes.imported import pack_of_folder

    folder = Path(name)
    if not folder.is_dir():
        raise ValueError(f"there is no pack {str(name)!r}: expected basic, or a folder of GLB, glTF or OBJ files")
    return pack_of_folder(folder)


@cache
def basic_pack() -> Pack:
    """Household objects of our own in worlds of skies, rooms, and the panoramas that come with Blender."""
    builders = {name: _builder(name) for name in basic.OBJECTS}
    credit = "Panoramas: the HDRIs that Blender ships (Poly Haven, CC0)"
    return Pack("basic", builders, WORLDS, "MIT (objects), CC0 (panoramas)", (credit,))


def _builder(name: str) -> Callable[[], Model]:
    return lambda: basic.build(name)


def _named(name: str, things: Mapping[str, T], what: str, pack: str) -> T:
    if name not in things:
        near = get_close_matches(name, things, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"the pack {pack} has no {what} {name!r}: {hint}expected one of {', '.join(things)}")
    return things[name]
