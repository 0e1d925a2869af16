"""What an error says to somebody who mistyped a name."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """`did you mean 'camera_yaw'? ` for the nearest of the known words, or nothing where none is near."""
    near = get_close_matches(str(word), [str(own) for own in known], n=1)
    return f"did you mean {near[0]!r}? " if near else ""
