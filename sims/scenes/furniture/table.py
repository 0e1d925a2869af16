"""The table of the pack `furniture` in the cache: an item for each model that can be read."""

import json
from pathlib import Path

from sims.scenes.furniture.catalogue import Item

VERSION = 1
"""Of the table: a pack of another one is made anew."""

TABLE = "furniture.json"


def write_table(folder: Path, items: list[Item], refused: dict[str, str]) -> None:
    """Write what is in the pack, and what was left out and why."""
    table = {"items": [item._asdict() for item in items], "refused": refused}
    (folder / TABLE).write_text(json.dumps(table, indent=1), "utf-8")


def read_table(folder: Path) -> tuple[list[Item], dict[str, str]]:
    """What `write_table` wrote.

    Raises:
        ValueError: it is damaged.
    """
    try:
        said = json.loads((folder / TABLE).read_text("utf-8"))
        tuples = ("size_m", "turn", "imagenet")
        items = [Item(**{**item, **{name: tuple(item[name]) for name in tuples}}) for item in said["items"]]
        return items, dict(said["refused"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{folder / TABLE} can't be used ({error!r}): run `umwelt assets get furniture`, which makes it anew"
        ) from error
