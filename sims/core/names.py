"""The grammar of names of generated things: `family:start-stop`, `family:seed`, paths of files, and lists of these."""

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

GENERATED = re.compile(r"(?P<family>[a-z]+):(?P<start>\d+)(?:-(?P<stop>\d+))?")
"""A name that a generator stands behind; everything else is a file's."""

Names = str | Path | Sequence[str | Path]


class Grammar(NamedTuple):
    """What a world calls its generated things, and what of it its errors quote."""

    argument: str  # the setting that takes such names, as "layouts"
    thing: str  # one of them, as "layout"
    families: Collection[str]
    example: str  # a good range, as "houses:0-128"
    file: str  # what else can be named, as "the path of a map file"


def expanded(given: Names, grammar: Grammar, file_name: Callable[[str], str]) -> list[str]:
    """Single names, in order, of an argument that takes many.

    Args:
        given: `family:start-stop` (stop exclusive), `family:seed`, a file's path, or a sequence of these.
        file_name: checks a name that isn't a generator's and returns it; it raises what it has against it.

    Raises:
        ValueError: an unknown family, an empty range, a name twice, or nothing at all.
    """
    argument, thing = grammar.argument, grammar.thing
    if not isinstance(given, str | Path | Sequence):
        raise ValueError(f"{argument}= must be a string, a path or a list of these, got {given!r}")
    items = [given] if isinstance(given, str | Path) else list(given)
    names = [name for item in items for name in expand(str(item), grammar, file_name)]
    if not names:
        raise ValueError(f"{argument}= is empty: expected e.g. {grammar.example!r} or {grammar.file}")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise ValueError(f"{argument}= names {twice[0]!r} more than once: give every {thing} once")
    return names


def expand(item: str, grammar: Grammar, file_name: Callable[[str], str]) -> list[str]:
    """The single names of one item; see `expanded`."""
    match = GENERATED.fullmatch(item)
    if match is None:
        return [file_name(item)]
    family, start = match["family"], int(match["start"])
    stop = start + 1 if match["stop"] is None else int(match["stop"])
    if family not in grammar.families:
        known = ", ".join(grammar.families)
        raise ValueError(f"unknown {grammar.thing} family {family!r} in {item!r}: expected one of {known}")
    if stop <= start:
        raise ValueError(
            f"{item!r} names no {grammar.thing}: the stop is exclusive and must exceed the start, "
            f"e.g. {grammar.example}"
        )
    return [f"{family}:{seed}" for seed in range(start, stop)]
