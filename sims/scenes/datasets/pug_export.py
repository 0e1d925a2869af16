"""PUG's own layouts, written: folders and CSV files that code for PUG runs on unchanged."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from sims.core.files import write_atomic
from sims.scenes.datasets.pug import LAYOUTS, SUBSETS
from sims.scenes.datasets.reader import SceneDataset
from sims.scenes.datasets.writing import folder_name, link
from sims.scenes.relations import COLUMNS as SPAR_COLUMNS
from sims.scenes.relations import PLAIN

CLASSES = "class_to_imagenet_idx.json"
"""In PUG: ImageNet's repository: the ImageNet-1k classes of each label."""


def write_pug(data: SceneDataset, layout: str, target: Path) -> None:
    """Write a data set into the folder `target`, which is there, as one of PUG's.

    Args:
        data: what is written; factors that it has not are written as PUG writes what is not varied, `Default`.
        layout: one of LAYOUTS.

    Raises:
        ValueError: it has not the factors that the layout is about, or, as PUG: ImageNet, varies two at once.
    """
    needed = {"world_name", "character_name"} | (set(SPAR_COLUMNS) if layout == "pug-spar" else set())
    missing = sorted(needed - set(data.factors))
    if missing:
        raise ValueError(
            f"{layout} needs the factor {', '.join(missing)}, which {data.root} has not: name it in [factors], or "
            "choose another design"
        )
    rows, files = data.table.to_pylist(), data.table["file"].to_pylist()
    labels = _labels(data, rows)
    lines = []
    for k, (row, file) in enumerate(zip(rows, files, strict=True)):
        values = _values_of(data, layout, row, labels[k])
        folder, name = _place(data, layout, row, labels[k]), f"{k:09d}.png"
        link(data.root / file, target / folder / name)
        lines.append([name if layout == "pug-animals" else f"{folder}/{name}", *values])
    if layout == "pug-imagenet":
        known = data.about.get("pack", {}).get("imagenet", {})
        classes = {label: known.get(row["character_name"], []) for row, label in zip(rows, labels, strict=True)}
        write_atomic(target / CLASSES, json.dumps(classes, indent=4).encode())
    _write_csv(target / LAYOUTS[layout].csv, ("filename", *LAYOUTS[layout].columns), lines)


def _labels(data: SceneDataset, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each row's class: what a pack calls the character, or its own label where it was PUG's already."""
    nouns = data.about.get("pack", {}).get("nouns", {})
    return [row.get("character_label") or nouns.get(row["character_name"], row["character_name"]) for row in rows]


def _values_of(data: SceneDataset, layout: str, row: Mapping[str, Any], label: str) -> list[Any]:
    own = {**row, "character_label": label}
    if layout == "pug-imagenet":
        own |= {name: PLAIN for name in SUBSETS if not _varied(data, row, name)}
    return [own.get(name, PLAIN) for name in LAYOUTS[layout].columns]


def _varied(data: SceneDataset, row: Mapping[str, Any], name: str) -> bool:
    """Whether a factor is at another value than its default."""
    if name not in data.factors:
        return False
    described = json.loads((data.table.schema.field(name).metadata or {})[b"factor"])
    return row[name] != described["default"] and row[name] != PLAIN


def _place(data: SceneDataset, layout: str, row: Mapping[str, Any], label: str) -> str:
    """The folder of a picture."""
    if layout == "pug-animals":
        if not row["character_name"].strip(".") or "/" in row["character_name"]:
            raise ValueError(f"{row['character_name']!r} can't be a folder's name, as {layout} has it: rename it")
        return row["character_name"]
    if layout == "pug-spar":
        return folder_name(row["world_name"])
    varied = [name for name in SUBSETS if _varied(data, row, name)]
    if len(varied) > 1:
        raise ValueError(
            f"row {row.get('row')} varies {' and '.join(varied)}: PUG: ImageNet varies one factor at a time beside the "
            "world; use a design of kind one_at_a_time"
        )
    return f"{SUBSETS[varied[0]] if varied else 'Worlds'}/{folder_name(label)}"


def _write_csv(path: Path, columns: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    write_atomic(path, text.getvalue().encode())
