"""Names of maps: `indoor:0-128`, files of text maps, and lists of these, to single names and from a name to its map."""

from collections.abc import Callable
from pathlib import Path

from sims.core.names import GENERATED, Grammar, Names, expand, expanded
from sims.ctf.maps.check import check
from sims.ctf.maps.courts import courts
from sims.ctf.maps.indoor import indoor
from sims.ctf.maps.layout import Map
from sims.ctf.maps.outdoor import outdoor
from sims.ctf.maps.text import ENDING, read_text

FAMILIES: dict[str, Callable[[int], Map]] = {"indoor": indoor, "outdoor": outdoor, "courts": courts}
"""Generators by family name. Seeds below 1,000,000 are for training, the rest for evaluation."""

GRAMMAR = Grammar("maps", "map", FAMILIES, "indoor:0-128", "the path of a text map")


def map_names(maps: Names) -> list[str]:
    """Single map names, in order, of a `maps=` argument.

    Args:
        maps: `family:start-stop` (stop exclusive; families `indoor`, `outdoor`, `courts`), `family:seed`, the path of a
            text map (`*.ctf.txt`), or a sequence of these.

    Raises:
        ValueError: an unknown family, an empty range, a name twice, or nothing at all.
        FileNotFoundError: a map file that isn't there.
    """
    return expanded(maps, GRAMMAR, _file_name)


def load(name: str) -> Map:
    """The map of one name as `map_names` returns them, checked.

    Raises:
        ValueError: the name means nothing, or its map isn't fit to play (see `sims.ctf.maps.check.check`).
        FileNotFoundError: a map file that isn't there.
    """
    name = _single(name)
    match = GENERATED.fullmatch(name)
    if match is None:
        return read_text(name)
    map = FAMILIES[match["family"]](int(match["start"]))
    check(map)
    return map


def _single(name: str) -> str:
    names = expand(name, GRAMMAR, _file_name)
    if len(names) > 1:
        raise ValueError(f"{name!r} names {len(names)} maps: load one at a time, as in map_names({name!r})")
    return names[0]


def _file_name(item: str) -> str:
    if not Path(item).is_file():
        if ":" in item:
            raise ValueError(f"can't read {item!r}: expected family:start-stop such as indoor:0-128, or a text map")
        raise FileNotFoundError(f"there is no map file {item!r}: expected *{ENDING}, or indoor:0-128")
    if not item.endswith(ENDING):
        raise ValueError(f"{item!r} isn't a map drawn as text: name such files *{ENDING}")
    return item
