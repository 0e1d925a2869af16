"""Who descends from whom: the births of a run, their canonical export, and whose weights a member can go on from."""

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from agents.population.members import Hyperparameters, to_json

FORMAT = 1
"""Version of the export."""


class Birth(NamedTuple):
    """Somebody begins to live in a slot.

    Attributes:
        birth: its number. slot: where. match: after how many reported matches; 0 for founders.
        parent, replaced: births of whom it's a copy and of whom it made way; None for founders.
        win_probability: the parent's against the replaced, by which that was decided; None for founders.
        rating: the parent's then, with which it begins. hyperparameters: its own.
    """

    birth: int
    slot: int
    match: int
    parent: int | None
    replaced: int | None
    win_probability: float | None
    rating: float
    hyperparameters: Hyperparameters


def canonical(founding: dict[str, Any], births: Sequence[Birth]) -> bytes:
    """The lineage as JSON of which there is one form: the same births give the same bytes.

    Keys sorted, numbers as Python writes them shortest, a line a birth, ASCII, a newline at the end.

    Args:
        founding: how the population began, as what JSON knows.
    """
    rows = ",\n".join(_compact({**b._asdict(), "hyperparameters": to_json(b.hyperparameters)}) for b in births)
    return f'{{"births":[\n{rows}\n],"founding":{_compact(founding)},"format":{FORMAT}}}\n'.encode()


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def nearest_kept(births: Sequence[Birth], birth: int, kept: Collection[int]) -> int:
    """Whose weights somebody goes on from if only those of `kept` are left: its own, or its nearest ancestor's.

    A run that was killed has a chief that knows of births which the newest checkpoint of weights doesn't. Whoever was
    born since has an ancestor who lived when the checkpoint was written.

    Args:
        births: of the run, in order: number k is the k-th.

    Raises:
        ValueError: neither it nor an ancestor is kept.
    """
    k: int | None = birth
    while k is not None:
        if k in kept:
            return k
        k = births[k].parent
    raise ValueError(
        f"neither member {birth} nor any ancestor of it is among those whose weights are kept "
        f"({sorted(kept)}): the checkpoint is another run's; begin a new run"
    )
