"""Reads data sets, ours and PUG's own downloads: map-style, by factor, with matched pairs; without torch."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sims.core.files import MANIFEST, sha256_of
from sims.core.hints import did_you_mean
from sims.scenes.datasets.assembling import FORMAT, SETTINGS, TABLE
from sims.scenes.datasets.pug import is_pug, read_pug
from sims.scenes.datasets.writing import ENDINGS, ROWS
from sims.scenes.factors import factors_of
from sims.scenes.pairs import matched_pairs


class Annotations(Mapping[str, NDArray[Any]]):
    """The annotations of a picture by name (`depth`, `instance`, ...), each read from the disk when it is asked for.

    Args:
        root: the data set's folder. paths: of the annotations' files, relative to it.
    """

    def __init__(self, root: Path, paths: Mapping[str, str]) -> None:
        self._root, self._paths = root, dict(paths)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array of that name, as `sims.scenes.rendered.Rendered` describes it.

        Raises:
            KeyError: it was not kept; the message says what was.
        """
        if name not in self._paths:
            kept = ", ".join(self._paths) or "none"
            raise KeyError(f"no {name!r} was kept of these pictures, but {kept}: name it under annotations in the SPEC")
        return read_array(self._root / self._paths[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


@dataclass(frozen=True, eq=False)
class SceneDataset:
    """Pictures with their factors; `open_dataset` opens one, `where` and `split` give parts of it.

    Args:
        root: its folder. table: a row a picture, the factors' columns described as `Space.schema` does; `file` and what
            else `sims.scenes.datasets.assembling.table_of` names, paths relative to `root`. about: its manifest.
    """

    root: Path
    table: pa.Table
    about: Mapping[str, Any]

    def __len__(self) -> int:
        return self.table.num_rows

    def __getitem__(self, i: int) -> dict[str, Any]:
        """One picture: `image` `[height, width, 3]` uint8; `factors` by name; `annotations`, read when asked for; and
        the other columns of the table (`row`, `split`, `flaws`, `objects`, `camera`, ...).

        Raises:
            IndexError: there is no such picture. FileNotFoundError, ValueError: its file is gone or damaged.
        """
        if not -len(self) <= i < len(self):
            raise IndexError(f"there is no picture {i}: the data set has {len(self)}")
        row = self.table.slice(int(i) % len(self), 1).to_pylist()[0]
        factors = {name: row.pop(name) for name in self.factors}
        paths = {kind: row.pop(f"{kind}_file") for kind in ENDINGS if f"{kind}_file" in row}
        image = read_array(self.root / row["file"])
        return {"image": image, "factors": factors, "annotations": Annotations(self.root, paths), **row}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    @property
    def factors(self) -> tuple[str, ...]:
        """The names of the factors."""
        return factors_of(self.table)

    def column(self, factor: str) -> NDArray[Any]:
        """`[len(self)]` the values of a factor, which may go by its short name."""
        return np.array(self.table[self.full_name(factor)].to_pylist())

    def full_name(self, name: str) -> str:
        """A factor's name of a short one: without `character_` or `_name`, where only one factor is meant.

        Raises:
            ValueError: there is no such factor, or more than one.
        """
        if name in self.factors:
            return name
        meant = [factor for factor in self.factors if name in _short_names(factor)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise ValueError(f"{name!r} may be {' or '.join(meant)}: write the whole name")
        hint = did_you_mean(name, {word for own in self.factors for word in (own, *_short_names(own))})
        raise ValueError(f"there is no factor {name!r}: {hint}expected one of {', '.join(self.factors)}")

    def where(self, **query: Any) -> "SceneDataset":
        """The pictures whose factors have these values: `where(world="Bridge", scale=[0.7, 1.0])`.

        Args:
            query: by factor (short names as in `full_name`): a value, several of which one must be, or a function of a
                value that says whether it is meant.

        Raises:
            ValueError: a factor or a value that the data set does not know; the message names the nearest.
        """
        kept = np.ones(len(self), np.bool_)
        for short, wanted in query.items():
            name = self.full_name(short)
            kept &= np.array(_matches(self.table, name, wanted), np.bool_)
        return self._part(np.flatnonzero(kept))

    def split(self, name: str) -> "SceneDataset":
        """The pictures of a split, `train` or `test`.

        Raises:
            ValueError: there is no such split, or none at all.
        """
        if not self.splits:
            raise ValueError(f"{self.root} has no splits: it was made without a [shift]")
        if name not in self.splits:
            raise ValueError(f"there is no split {name!r}: expected one of {', '.join(self.splits)}")
        return self._part(np.flatnonzero(np.array(self.table["split"].to_pylist()) == name))

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of the splits; none if it was made without a shift."""
        if "split" not in self.table.column_names:
            return ()
        there = set(self.table["split"].unique().to_pylist()) - {None}
        return tuple(name for name in ("train", "test") if name in there)

    def sound(self) -> "SceneDataset":
        """The pictures without flaws."""
        if "flaws" not in self.table.column_names:
            return self
        return self._part(np.flatnonzero([not flaws for flaws in self.table["flaws"].to_pylist()]))

    def pairs(self, factor: str) -> NDArray[np.int64]:
        """`[n, 2]` all pairs of pictures of this data set, by number, that differ in `factor` alone."""
        return matched_pairs(self.table, self.full_name(factor))

    def verify(self) -> int:
        """Compare every file with the SHA-256 that was written down (PUG's: open every picture); how many there were.

        Raises:
            FileNotFoundError, ValueError: a file is gone or is not what was written; the message names it.
        """
        n = 0
        for kind in ("image", *(kind for kind in ENDINGS if f"{kind}_file" in self.table.column_names)):
            prefix = "" if kind == "image" else f"{kind}_"
            hashes = self.table[f"{prefix}sha256"].to_pylist() if f"{prefix}sha256" in self.table.column_names else []
            for k, name in enumerate(self.table[f"{prefix}file"].to_pylist()):
                _check_file(self.root / name, hashes[k] if hashes else None)
                n += 1
        return n

    def _part(self, rows: NDArray[np.int64]) -> "SceneDataset":
        return SceneDataset(self.root, self.table.take(rows), self.about)


def open_dataset(path: str | Path) -> SceneDataset:
    """A data set that `umwelt dataset` made, or one of PUG's (Animals, ImageNet, SPAR), unpacked, with its CSV file.

    Raises:
        FileNotFoundError: there is no such folder. ValueError: it holds no data set, or one that is not finished, is
            damaged, or was written by a newer version.
    """
    root = Path(path)
    if not root.is_dir():
        raise FileNotFoundError(
            f"there is no folder {root}: expected a data set that umwelt dataset made, or one of PUG"
        )
    if not (root / MANIFEST).is_file() and is_pug(root):
        return SceneDataset(root, *read_pug(root))
    if not (root / MANIFEST).is_file():
        raise ValueError(_why_not(root))
    try:
        about = json.loads((root / MANIFEST).read_text())
        version, expected = about["format"], about["sha256"][TABLE]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{root / MANIFEST} is damaged ({error!r}): {_again(root)}") from error
    if version != FORMAT:
        raise ValueError(f"{root} is of format {version}, this version reads {FORMAT}: update umwelt-sims")
    _check_file(root / TABLE, expected)
    return SceneDataset(root, pq.read_table(root / TABLE), about)


def _why_not(root: Path) -> str:
    if not (root / SETTINGS).is_file():
        return f"{root} holds no data set: expected a {MANIFEST}, as umwelt dataset writes it, or a CSV file of PUG"
    done = sum(1 for _ in (root / ROWS).glob("*/*.json")) if (root / ROWS).is_dir() else 0
    try:
        rows = json.loads((root / SETTINGS).read_text())["rows"]
    except (ValueError, KeyError, TypeError):
        rows = "?"
    return f"{root} is not finished, {done} of {rows} images are done: {_again(root)}"


def read_array(path: Path) -> NDArray[Any]:
    """What a file of a data set holds: `[height, width(, channels)]`, colours as RGB.

    Raises:
        FileNotFoundError: it is gone. ValueError: it is cut off, or of another kind; the message says what to do.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is gone: {_again(_root_of(path))}")
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        with Image.open(path) as picture:
            whole = picture.convert("RGB") if picture.mode in ("RGBA", "P", "L", "CMYK") else picture
            return np.array(whole)
    except (OSError, ValueError, SyntaxError, EOFError, UnidentifiedImageError) as error:
        raise ValueError(f"{path} is cut off or damaged ({error}): {_again(_root_of(path))}") from error


def _again(root: Path) -> str:
    return f"run umwelt dataset with the same specification and --out {root} again, which makes what is missing"


def _root_of(path: Path) -> Path:
    return next((folder for folder in path.parents if (folder / MANIFEST).is_file()), path.parent)


def _check_file(path: Path, expected: str | None) -> None:
    if expected is None:
        read_array(path)
    elif not path.is_file():
        raise FileNotFoundError(f"{path} is gone: {_again(_root_of(path))}")
    elif sha256_of(path) != expected:
        raise ValueError(
            f"{path} is not what was written (its SHA-256 differs): remove it, then {_again(_root_of(path))}"
        )


def _short_names(factor: str) -> set[str]:
    """`character_name`: `name`, `character`; `camera_yaw`: none."""
    bare = factor.removeprefix("character_")
    return {bare, factor.removesuffix("_name"), bare.removesuffix("_name")} - {factor}


def _matches(table: pa.Table, name: str, wanted: Any) -> list[bool]:
    """For every row, whether the factor `name` is as wanted."""
    values = table[name].to_pylist()
    if isinstance(wanted, Callable):
        return [bool(wanted(value)) for value in values]
    several = isinstance(wanted, Collection) and not isinstance(wanted, str)
    asked = [value.item() if isinstance(value, np.generic) else value for value in (wanted if several else [wanted])]
    for value in asked:
        _check_known(table, name, value)
    return [value in asked for value in values]


def _check_known(table: pa.Table, name: str, value: Any) -> None:
    """Refuse a value that the factor, by its description, never has."""
    described = (table.schema.field(name).metadata or {}).get(b"factor")
    factor = json.loads(described) if described else {"values": table[name].unique().to_pylist()}
    if "low" in factor:
        fits = isinstance(value, int | float) and factor["low"] <= value <= factor["high"]
        expected = f"expected a number from {factor['low']:g} to {factor['high']:g} {factor['unit']}"
    else:
        fits = value in factor["values"]
        expected = f"one of {', '.join(map(repr, factor['values'][:12]))}"
        expected += f" and {len(factor['values']) - 12} more" if len(factor["values"]) > 12 else ""
        expected = f"{did_you_mean(value, factor['values'])}expected {expected}"
    if not fits:
        raise ValueError(f"{name} is never {value!r}: {expected}")
