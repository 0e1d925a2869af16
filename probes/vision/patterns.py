"""Layers by name: patterns with `*`, `?` and `[...]` that stop at dots, as a shell's stop at slashes."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from sims.core.hints import did_you_mean

SHOWN = 12
"""Names that an error lists."""


def matches(name: str, pattern: str) -> bool:
    """Whether a layer's name fits: as many parts between dots, each as the pattern's part says."""
    parts, wanted = name.split("."), pattern.split(".")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def chosen(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Those of `names` that fit any of `patterns`, in their own order.

    Raises:
        ValueError: a pattern fits none; the message names the nearest.
    """
    names = list(names)
    for pattern in patterns:
        if not any(matches(name, pattern) for name in names):
            raise ValueError(
                f"no layer is called {pattern!r}: {did_you_mean(pattern, names)}expected names or patterns of "
                f"{listed(names)}; * stops at dots"
            )
    return [name for name in names if any(matches(name, pattern) for pattern in patterns)]


def listed(names: Sequence[str]) -> str:
    """The first SHOWN names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more if names else "none (it has no parts that are called)"
