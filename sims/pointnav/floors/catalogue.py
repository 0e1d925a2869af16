"""Names of layouts: `houses:0-128`, map files, and lists of these, to single names and from a name to its layout."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from sims.core.names import GENERATED, Grammar, Names, expanded
from sims.pointnav.floors.houses import house
from sims.pointnav.floors.layout import Layout
from sims.pointnav.floors.maps import load_map
from sims.pointnav.floors.mazes import maze
from sims.pointnav.floors.offices import office

FAMILIES: dict[str, Callable[[int], Layout]] = {"houses": house, "offices": office, "mazes": maze}
"""Generators by family name. Seeds below 1,000,000 are for training, the rest for evaluation."""

Layouts = Names
"""What `layouts=` takes: see `layout_names`."""

GRAMMAR = Grammar("layouts", "layout", FAMILIES, "houses:0-128", "the path of a map file")
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
    return expanded(layouts, GRAMMAR, _map_name)


def load_layout(name: str) -> Layout:
    """The layout of one name as `layout_names` returns them."""
    match = GENERATED.fullmatch(name)
    if match:
        return FAMILIES[match["family"]](int(match["start"]))
    sealed = _SEAL.fullmatch(name)
    if sealed:
        return load_map(sealed["path"], seal_radius=float(sealed["radius"]))._replace(name=name)
    return load_map(name)


def fingerprint(name: str) -> str:
    """A hash of what a name stands for: of the name itself for generated floors, of the contents of map files."""
    digest = hashlib.sha256(name.encode())
    if not GENERATED.fullmatch(name):
        layout = load_layout(name)
        digest.update(layout.segments.tobytes() + layout.floor.tobytes() + repr(layout.origin).encode())
    return digest.hexdigest()


def group_of(name: str) -> str:
    """What a table calls the row of a layout: its family, or the map file's own name."""
    return name.partition(":")[0] if GENERATED.fullmatch(name) else name


def _map_name(item: str) -> str:
    sealed = _SEAL.fullmatch(item)
    path = sealed["path"] if sealed else item
    if not Path(path).is_file():
        if ":" in item:
            raise ValueError(f"can't read {item!r}: expected family:start-stop such as houses:0-128, or a map file")
        raise FileNotFoundError(f"there is no map file {path!r}: expected *.yaml or *.vectormap.txt, or houses:0-128")
    return item
