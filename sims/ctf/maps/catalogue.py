"""Names of maps: `indoor:0-128`, files of text maps, and lists of these, to single names and from a name to its map."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sims.ctf.maps.check import check
from sims.ctf.maps.indoor import indoor
from sims.ctf.maps.layout import Map
from sims.ctf.maps.outdoor import outdoor
from sims.ctf.maps.text import ENDING, read_text

FAMILIES: dict[str, Callable[[int], Map]] = {"indoor": indoor, "outdoor": outdoor}
"""Generators by family name. Seeds below 1,000,000 are for training, the rest for evaluation."""

Maps = str | Path | Sequence[str | Path]
"""What `maps=` takes: see `map_names`."""

_RANGE = re.compile(r"(?P<family>[a-z]+):(?P<start>\d+)(?:-(?P<stop>\d+))?")


def map_names(maps: Maps) -> list[str]:
    """Single map names, in order, of a `maps=` argument.

    Args:
        maps: `family:start-stop` (stop exclusive; families `indoor`, `outdoor`), `family:seed`, the path of a text map
            (`*.ctf.txt`), or a sequence of these.

    Raises:
        ValueError: an unknown family, an empty range, a name twice, or nothing at all.
        FileNotFoundError: a map file that isn't there.
    """
    if not isinstance(maps, str | Path | Sequence):
        raise ValueError(f"maps= must be a string, a path or a list of these, got {maps!r}")
    items = [maps] if isinstance(maps, str | Path) else list(maps)
    names = [name for item in items for name in _expand(str(item))]
    if not names:
        raise ValueError("maps= is empty: expected e.g. 'indoor:0-128' or the path of a text map")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"maps= names {twice[0]!r} more than once: give every map once")
    return names


def load(name: str) -> Map:
    """The map of one name as `map_names` returns them, checked.

    Raises:
        ValueError: the name means nothing, or its map isn't fit to play (see `sims.ctf.maps.check.check`).
        FileNotFoundError: a map file that isn't there.
    """
    name = _single(name)
    match = _RANGE.fullmatch(name)
    if match is None:
        return read_text(name)
    map = FAMILIES[match["family"]](int(match["start"]))
    check(map)
    return map


def _single(name: str) -> str:
    names = _expand(name)
    if len(names) > 1:
        raise ValueError(f"{name!r} names {len(names)} maps: load one at a time, as in map_names({name!r})")
    return names[0]


def _expand(item: str) -> list[str]:
    match = _RANGE.fullmatch(item)
    if match is None:
        return [_file_name(item)]
    family, start = match["family"], int(match["start"])
    stop = start + 1 if match["stop"] is None else int(match["stop"])
    if family not in FAMILIES:
        raise ValueError(f"unknown map family {family!r} in {item!r}: expected one of {', '.join(FAMILIES)}")
    if stop <= start:
        raise ValueError(f"{item!r} names no map: the stop is exclusive and must exceed the start, e.g. indoor:0-128")
    return [f"{family}:{seed}" for seed in range(start, stop)]


def _file_name(item: str) -> str:
    if not Path(item).is_file():
        if ":" in item:
            raise ValueError(f"can't read {item!r}: expected family:start-stop such as indoor:0-128, or a text map")
        raise FileNotFoundError(f"there is no map file {item!r}: expected *{ENDING}, or indoor:0-128")
    if not item.endswith(ENDING):
        raise ValueError(f"{item!r} isn't a map drawn as text: name such files *{ENDING}")
    return item
