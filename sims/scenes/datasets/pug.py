"""PUG's own layouts (Bordes et al. 2023), and reading them as they are downloaded.

Every one is a folder with a CSV file whose first column is `filename`:

    Animals   labels_pug_animal.csv     filename lies in a folder of the character's: `<character_name>/<filename>`
    ImageNet  labels_pug_imagenet.csv   filename is relative to the CSV file: `<subset>/<character_label>/...png`, the
                                        subset being the factor that is varied (`Worlds`, `Camera_Yaw`, ...); values
                                        that are not varied are called `Default`
    SPAR      labels.csv                filename is relative to the CSV file
"""

from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv as pcsv

from sims.scenes.factors import Discrete, Space
from sims.scenes.relations import COLUMNS as SPAR_COLUMNS


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
