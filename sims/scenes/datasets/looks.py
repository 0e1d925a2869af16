"""Coats and poses of a design's characters: each has its own, so that they are no factor like the others."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from sims.scenes.factors import Space, factors_of
from sims.scenes.packs import Pack
from sims.scenes.relations import BLANK, PLAIN

COAT, POSE = "character_coat", "character_pose"
LOOKS = 1
"""The number of the random stream: the design has drawn the characters from the seed's own."""


def with_looks(table: pa.Table, space: Space, pack: Pack, seed: int | None) -> pa.Table:
    """A design with columns for coats and poses, of each row's character's own.

    Args:
        table: a row a scene, with the column `character_name` and without these two. space, pack: what it is of.
        seed: they are drawn, each as likely as the others; None: they change one at a time, in rows that are added
            behind the first of each character.

    Raises:
        ValueError: the pack's characters have no coats and poses, or the design names no character or these already.
    """
    names = factors_of(table)
    if not pack.coats or not pack.poses:
        raise ValueError(f"the characters of the pack {pack.name!r} have no looks: leave looks out of the design")
    if "character_name" not in names or {COAT, POSE} & set(names):
        raise ValueError(
            f"looks = true makes {COAT} and {POSE} of character_name, got the factors {', '.join(names)}: name "
            "character_name, and leave these two out"
        )
    rows = table.to_pylist()
    rows = _one_at_a_time(rows, pack) if seed is None else _drawn(rows, pack, np.random.default_rng([seed, LOOKS]))
    own = {field.name: field for field in space.schema()}
    fields = [*table.schema, own[COAT], own[POSE]]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _drawn(rows: list[dict[str, Any]], pack: Pack, rng: np.random.Generator) -> list[dict[str, Any]]:
    return [
        {**row, COAT: _any(pack.coats, row["character_name"], rng), POSE: _any(pack.poses, row["character_name"], rng)}
        for row in rows
    ]


def _any(looks: Mapping[str, tuple[str, ...]], name: str, rng: np.random.Generator) -> str:
    own = (PLAIN,) if name == BLANK else looks[name]
    return own[int(rng.integers(len(own)))]


def _one_at_a_time(rows: list[dict[str, Any]], pack: Pack) -> list[dict[str, Any]]:
    found, met = [], set()
    for row in rows:
        name, plain = row["character_name"], {**row, COAT: PLAIN, POSE: PLAIN}
        found.append(plain)
        if name in met or name == BLANK:
            continue
        met.add(name)
        found += [{**plain, COAT: coat} for coat in pack.coats[name][1:]]
        found += [{**plain, POSE: pose} for pose in pack.poses[name][1:]]
    return found
