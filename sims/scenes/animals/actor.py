"""Actors of 0 A.D.: XML that says which mesh, textures, animations and what hangs on an animal, in variants."""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from sims.scenes.packs.untrusted import AssetError

LARGEST = 2**20
DEEPEST = 8
"""Files of variants that may name one another in a row."""

Read = Callable[[str], bytes]
"""Gives the bytes of a file below `art/`."""


class Variant(NamedTuple):
    """One of several looks, of which a group is made.

    Attributes:
        name: as the file has it. frequency: how often the game takes it. mesh: a path below `art/meshes/`, or "".
        textures: paths below `art/textures/skins/` by use (`baseTex`). animations: (name in small letters, path below
        `art/animation/`). props: (actor, point).
    """

    name: str
    frequency: int
    mesh: str
    textures: dict[str, str]
    animations: tuple[tuple[str, str], ...]
    props: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Actor:
    """An actor: of every group one variant shows. material: the name of its surface (`basic_trans.xml` has holes)."""

    groups: tuple[tuple[Variant, ...], ...]
    material: str = ""


@dataclass
class Look:
    """What an actor shows once its variants are chosen; see `Variant`."""

    mesh: str = ""
    textures: dict[str, str] = field(default_factory=dict)
    animations: list[tuple[str, str]] = field(default_factory=list)
    props: list[tuple[str, str]] = field(default_factory=list)
    material: str = ""

    @property
    def has_holes(self) -> bool:
        """Whether its texture's alpha cuts holes into it."""
        return "trans" in self.material and "no_trans" not in self.material


def read_actor(name: str, read: Read) -> Actor:
    """The actor `name`, a path below `art/actors/`.

    Raises:
        AssetError: no XML of an actor, larger than LARGEST, with entities of its own, or variants that name one
            another in a ring. FileNotFoundError: a file that it names is not there.
    """
    root = _parsed(f"actors/{name}", read)
    if root.tag != "actor":
        raise AssetError(f"actors/{name} is a {root.tag!r}, expected an actor")
    groups = tuple(
        tuple(_variant(entry, read, f"actors/{name}", ()) for entry in group.findall("variant"))
        for group in root.findall("group")
    )
    return Actor(tuple(group for group in groups if group), (root.findtext("material") or "").strip())


def chosen(actor: Actor, wanted: Collection[str] = ()) -> Look:
    """What an actor shows: of every group the variant that is wanted, else the first of the most frequent.

    Args:
        wanted: names of variants.

    Raises:
        AssetError: a wanted variant is in no group.
    """
    there = {variant.name for group in actor.groups for variant in group}
    if missing := sorted(set(wanted) - there):
        raise AssetError(f"there is no variant {missing[0]!r}: expected some of {', '.join(sorted(there))}")
    look = Look(material=actor.material)
    for group in actor.groups:
        variant = next((v for v in group if v.name in wanted), max(group, key=lambda v: v.frequency))
        look.mesh = variant.mesh or look.mesh
        look.textures |= variant.textures
        own = {name for name, _ in variant.animations}
        look.animations = [entry for entry in look.animations if entry[0] not in own] + list(variant.animations)
        points = {point for _, point in variant.props}
        look.props = [prop for prop in look.props if prop[1] not in points] + list(variant.props)
    return look


def _parsed(path: str, read: Read) -> ET.Element:
    data = read(path)
    if len(data) > LARGEST:
        raise AssetError(f"{path} has {len(data)} bytes, expected at most {LARGEST}")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise AssetError(f"{path} declares entities of its own, which no actor does: it is not used")
    try:
        return ET.fromstring(data)
    except ET.ParseError as error:
        raise AssetError(f"{path} is no XML ({error}): fetch it again") from error


def _variant(entry: ET.Element, read: Read, where: str, above: tuple[str, ...]) -> Variant:
    """A variant, what the file that it names says of it first."""
    base = Variant("", 1, "", {}, (), ())
    if file := entry.get("file"):
        if file in above or len(above) >= DEEPEST:
            raise AssetError(f"{where}: the variant {file} names itself in the end, or {DEEPEST} files in a row")
        base = _variant(_parsed(f"variants/{file}", read), read, f"variants/{file}", (*above, file))
    mesh = (entry.findtext("mesh") or "").strip()
    textures = {e.get("name", ""): e.get("file", "") for e in entry.findall("textures/texture")}
    animations = [(e.get("name", "").lower(), e.get("file", "")) for e in entry.findall("animations/animation")]
    props = [(e.get("actor", ""), e.get("attachpoint", "")) for e in entry.findall("props/prop")]
    frequency = entry.get("frequency", "")
    return Variant(
        entry.get("name") or base.name,
        int(frequency) if frequency.isdigit() else base.frequency,
        mesh or base.mesh,
        base.textures | textures,
        (*base.animations, *((name, file) for name, file in animations if file)),
        (*base.props, *((actor, point) for actor, point in props if actor)),
    )
