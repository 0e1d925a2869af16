"""Names of layouts: `houses:0-128`, map files, and lists of these, to single names and from a name to its layout."""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sims.pointnav.floors.houses import house
from sims.pointnav.floors.layout import Layout
from sims.pointnav.floors.maps import load_map
from sims.pointnav.floors.mazes import maze
from sims.pointnav.floors.offices import office

FAMILIES: dict[str, Callable[[int], Layout]] = {"houses": house, "offices": office, "mazes": maze}
"""Generators by family name. Seeds below 1,000,000 are for training, the rest for evaluation."""

Layouts = str | Path | Sequence[str | Path]
"""What `layouts=` takes: see `layout_names`."""

_RANGE = re.compile(r"(?P<family>[a-z]+):(?P<start>\d+)(?:-(?P<stop>\d+))?")
_SEAL = re.compile(r"(?P<path>.+)\?seal_radius=(?P<radius>\d+(?:\.\d+)?)")


def layout_names(layouts: Layouts) -> list[str]:
    """Single layout names, in order, of a `layouts=` argument.

    Args:
        layouts: `family:start-stop` (stop exclusive; families `houses`, `offices`, `mazes`), `family:seed`, the path of
            a map file (ROS `*.yaml`, or `*.vectormap.txt`, the latter optionally with `?seal_radius=1.5` behind it), or
            a sequence of these.

    Raises:
        ValueError: an unknown family, an empty range, a name twice, or nothing at all.
        FileNotFoundError: a map file that isn't there.
    """
    if not isinstance(layouts, str | Path | Sequence):
        raise ValueError(f"layouts= must be a string, a path or a list of these, got {layouts!r}")
    items = [layouts] if isinstance(layouts, str | Path) else list(layouts)
    names = [name for item in items for name in _expand(str(item))]
    if not names:
        raise ValueError("layouts= is empty: expected e.g. 'houses:0-128' or the path of a map file")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"layouts= names {twice[0]!r} more than once: give every layout once")
    return names


def load_layout(name: str) -> Layout:
    """The layout of one name as `layout_names` returns them."""
    match = _RANGE.fullmatch(name)
    if match:
        return FAMILIES[match["family"]](int(match["start"]))
    sealed = _SEAL.fullmatch(name)
    if sealed:
        return load_map(sealed["path"], seal_radius=float(sealed["radius"]))._replace(name=name)
    return load_map(name)


def fingerprint(name: str) -> str:
    """A hash of what a name stands for: of the name itself for generated floors, of the contents of map files."""
    digest = hashlib.sha256(name.encode())
    if not _RANGE.fullmatch(name):
        layout = load_layout(name)
        digest.update(layout.segments.tobytes() + layout.floor.tobytes() + repr(layout.origin).encode())
    return digest.hexdigest()


def group_of(name: str) -> str:
    """What a table calls the row of a layout: its family, or the map file's own name."""
    return name.partition(":")[0] if _RANGE.fullmatch(name) else name


def _expand(item: str) -> list[str]:
    match = _RANGE.fullmatch(item)
    if match is None:
        return [_map_name(item)]
    family, start = match["family"], int(match["start"])
    stop = start + 1 if match["stop"] is None else int(match["stop"])
    if family not in FAMILIES:
        raise ValueError(f"unknown layout family {family!r} in {item!r}: expected one of {', '.join(FAMILIES)}")
    if stop <= start:
        raise ValueError(
            f"{item!r} names no layout: the stop is exclusive and must exceed the start, e.g. houses:0-128"
        )
    return [f"{family}:{seed}" for seed in range(start, stop)]


def _map_name(item: str) -> str:
    sealed = _SEAL.fullmatch(item)
    path = sealed["path"] if sealed else item
    if not Path(path).is_file():
        if ":" in item:
            raise ValueError(f"can't read {item!r}: expected family:start-stop such as houses:0-128, or a map file")
        raise FileNotFoundError(f"there is no map file {path!r}: expected *.yaml or *.vectormap.txt, or houses:0-128")
    return item
