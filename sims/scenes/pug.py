"""PUG's own layouts (Bordes et al. 2023), written so that code for PUG runs unchanged, and read as they are downloaded.

Every one is a folder with a CSV file whose first column is `filename`:

    Animals   labels_pug_animal.csv     filename lies in a folder of the character's: `<character_name>/<filename>`
    ImageNet  labels_pug_imagenet.csv   filename is relative to the CSV file: `<subset>/<character_label>/...png`, the
                                        subset being the factor that is varied (`Worlds`, `Camera_Yaw`, ...); values
                                        that are not varied are called `Default`
    SPAR      labels.csv                filename is relative to the CSV file
"""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.csv as pcsv

from sims.core.files import write_atomic
from sims.scenes.factors import Discrete, Space
from sims.scenes.relations import COLUMNS as SPAR_COLUMNS
from sims.scenes.relations import PLAIN
from sims.scenes.writing import folder_name, link

if TYPE_CHECKING:
    from sims.scenes.reader import SceneDataset

CLASSES = "class_to_imagenet_idx.json"
"""In PUG: ImageNet's repository: the ImageNet-1k classes of each label."""


class Layout(NamedTuple):
    """One of PUG's data sets: the name of its CSV file and, after `filename`, the columns of it."""

    csv: str
    columns: tuple[str, ...]


LAYOUTS = {
    "pug-animals": Layout(
        "labels_pug_animal.csv",
        ("world_name", "character_name", "character_scale", "camera_yaw", "character_texture"),
    ),
    "pug-imagenet": Layout(
        "labels_pug_imagenet.csv",
        (
            *("world_name", "character_name", "character_label"),
            *("character_rotation_yaw", "character_rotation_roll", "character_rotation_pitch", "character_scale"),
            *("camera_roll", "camera_pitch", "camera_yaw", "character_texture", "scene_light"),
        ),
    ),
    "pug-spar": Layout("labels.csv", SPAR_COLUMNS),
}

SUBSETS = {
    "camera_pitch": "Camera_Pitch",
    "camera_yaw": "Camera_Yaw",
    "camera_roll": "Camera_Roll",
    "character_rotation_pitch": "Object_Pitch",
    "character_rotation_yaw": "Object_Yaw",
    "character_rotation_roll": "Object_Roll",
    "character_scale": "Object_Scale",
    "character_texture": "Object_Texture",
    "scene_light": "Scene_Light",
}
"""Folders of PUG: ImageNet by the factor that is varied in them; where none is but the world, `Worlds`."""


def is_pug(root: Path) -> bool:
    """Whether a folder has a CSV file of PUG's in it."""
    return any((root / layout.csv).is_file() for layout in LAYOUTS.values())


def read_pug(root: Path) -> tuple[pa.Table, dict[str, Any]]:
    """One of PUG's data sets as it is downloaded and unpacked.

    Returns:
        The table that a `SceneDataset` has: the CSV file's columns as factors, numbers where all of a column are, and
        `file`, relative to `root`. And what it is: `name`.

    Raises:
        ValueError: the CSV file can't be read, misses a column, has no rows, or names a file outside of the folder.
    """
    name, layout = next((name, layout) for name, layout in LAYOUTS.items() if (root / layout.csv).is_file())
    path = root / layout.csv
    try:
        # One block for all: of a column's type is judged by the first block alone, and `Default` may come later.
        table = pcsv.read_csv(
            path,
            pcsv.ReadOptions(block_size=max(1, path.stat().st_size)),
            convert_options=pcsv.ConvertOptions(null_values=[], strings_can_be_null=False),
        )
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} can't be read ({error}): unpack the download again") from error
    missing = {"filename", *layout.columns} - set(table.column_names)
    if missing or not table.num_rows:
        lacks = f"no column {', '.join(sorted(missing))}" if missing else "no rows"
        raise ValueError(f"{path} has {lacks}: expected the columns filename, {', '.join(layout.columns)}")
    space = Space(tuple(Discrete(column, _values(table[column])) for column in layout.columns))
    files = [_relative(path, file) for file in table["filename"].to_pylist()]
    if name == "pug-animals":
        who = table["character_name"].to_pylist()
        files = [_relative(path, f"{name}/{file}") for name, file in zip(who, files, strict=True)]
    columns = [table[column].cast(space[column].type) for column in layout.columns]
    read = pa.Table.from_arrays(columns, schema=space.schema()).append_column("file", pa.array(files, pa.string()))
    return read, {"name": name}


def _values(column: pa.ChunkedArray) -> tuple[Any, ...]:
    return tuple(column.unique().to_pylist())


def _relative(path: Path, file: Any) -> str:
    """A file's name, if it stays in the folder."""
    pure = PurePosixPath(str(file))
    if pure.is_absolute() or ".." in pure.parts:
        raise ValueError(f"{path} names the file {str(file)!r} outside of its folder: it is no download of PUG")
    return str(pure)


def write_pug(data: "SceneDataset", layout: str, target: Path) -> None:
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


def _labels(data: "SceneDataset", rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each row's class: what a pack calls the character, or its own label where it was PUG's already."""
    nouns = data.about.get("pack", {}).get("nouns", {})
    return [row.get("character_label") or nouns.get(row["character_name"], row["character_name"]) for row in rows]


def _values_of(data: "SceneDataset", layout: str, row: Mapping[str, Any], label: str) -> list[Any]:
    own = {**row, "character_label": label}
    if layout == "pug-imagenet":
        own |= {name: PLAIN for name in SUBSETS if not _varied(data, row, name)}
    return [own.get(name, PLAIN) for name in LAYOUTS[layout].columns]


def _varied(data: "SceneDataset", row: Mapping[str, Any], name: str) -> bool:
    """Whether a factor is at another value than its default."""
    if name not in data.factors:
        return False
    described = json.loads((data.table.schema.field(name).metadata or {})[b"factor"])
    return row[name] != described["default"] and row[name] != PLAIN


def _place(data: "SceneDataset", layout: str, row: Mapping[str, Any], label: str) -> str:
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
