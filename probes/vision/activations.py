"""What a model makes of a data set's pictures, on disk: logits and layers, batch by batch, in memory that stays small.

A finished folder is plain NumPy and Parquet:

    logits.npy            float32 [sample, class]
    layers/<name>.npy     float32 [sample, unit], pooled as the manifest says; what a path can't have is %-quoted
    pictures.parquet      a row a sample, in the same order: `file`, `split` where there is one, and the factors
    MANIFEST.json         model, data set, pooling, layers in the order in which they are computed, SHA-256 of each file

so that `numpy.load(path, mmap_mode="r")` and `pandas.read_parquet` read it without us. It is written under the name
`.tmp-<its name>` beside its target and renamed when whole. A process that is stopped leaves that folder with
`progress.json`, and the next call of the same model and pictures goes on with it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from probes.vision.interface import ImageModel, Pooling, Seen
from sims.core.files import MANIFEST, appearing, sha256_of, write_atomic
from sims.core.locks import PATIENCE, locked
from sims.scenes.datasets.reader import SceneDataset, read_array

FORMAT = 1
LOGITS, LAYERS, PICTURES, PROGRESS = "logits.npy", "layers", "pictures.parquet", "progress.json"


class Activations(NamedTuple):
    """What a finished folder holds; arrays are mapped from the disk, not read.

    Attributes:
        logits: `[sample, class]` float32. layers: by name, in order, `[sample, unit]` float32. about: its manifest.
    """

    logits: NDArray[np.float32]
    layers: dict[str, NDArray[np.float32]]
    about: dict[str, Any]


def write_activations(
    model: ImageModel,
    data: SceneDataset,
    target: Path,
    patterns: Sequence[str] | None = None,
    pooling: Pooling = "mean",
    batch: int = 32,
    progress: Callable[[int, int], None] = lambda done, n: None,
) -> Activations:
    """Look at every picture of `data`, and keep what came of it in the folder `target`; goes on where it was stopped.

    Args:
        patterns, pooling: as `ImageModel.look`. batch: pictures at once. progress: told of pictures done, of how many.

    Raises:
        ValueError: no pictures, pictures of several sizes, no such layer, logits that are not finite, or a `target`
            that is of another model, other pictures or other layers.
        OSError: the disk is full; what is done stays, and the same call goes on with it.
    """
    if not len(data):
        raise ValueError(f"{data.root} has no pictures left to look at: ask of more")
    if batch < 1:
        raise ValueError(f"batch must be at least 1, got {batch}")
    settings = _settings(model, data, patterns, pooling)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".tmp-{target.name}")
    with locked(target.with_name(f".tmp-{target.name}.lock"), target, PATIENCE):
        if not target.exists() and not (unfinished / MANIFEST).is_file():
            names = _fill(model, data, unfinished, settings, batch, progress)
            _finish(unfinished, data, {**settings, "layers": names})
        if not target.exists():
            _rename(unfinished, target)
        found = read_activations(target)
        _check_same({name: found.about.get(name) for name in settings}, target, settings)
        return found


def _fill(
    model: ImageModel,
    data: SceneDataset,
    unfinished: Path,
    settings: dict[str, Any],
    batch: int,
    progress: Callable[[int, int], None],
) -> list[str]:
    """Look at the pictures that are not done yet, and at their layers' names."""
    done, names = _begun(unfinished, settings)
    for first in range(done, len(data), batch):
        images = read_images(data, range(first, min(first + batch, len(data))))
        seen = model.look(images, settings["patterns"], settings["pooling"])
        names = names or list(seen.layers)
        _append(unfinished, seen, names, first, len(data))
        state = {"settings": settings, "layers": names, "done": first + len(images)}
        write_atomic(unfinished / PROGRESS, json.dumps(state).encode())
        progress(first + len(images), len(data))
    return names


def read_activations(folder: Path) -> Activations:
    """What `write_activations` wrote, after a look at every file's SHA-256.

    Raises:
        FileNotFoundError: there is no such folder, or it has no manifest. ValueError: a file is missing or altered.
    """
    if not (folder / MANIFEST).is_file():
        raise FileNotFoundError(f"there are no activations in {folder}: expected a {MANIFEST}")
    try:
        about = json.loads((folder / MANIFEST).read_text())
        hashes, layers, version = about["sha256"], about["layers"], about["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / MANIFEST} is damaged ({error!r}): remove {folder}") from error
    if version != FORMAT:
        raise ValueError(f"{folder} is of format {version}, this version reads {FORMAT}: update umwelt-sims")
    for name, expected in hashes.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != expected:
            raise ValueError(f"{folder / name} is missing or is not what was written: remove {folder}")
    arrays = {layer: np.load(folder / _file(layer), mmap_mode="r") for layer in layers}
    return Activations(np.load(folder / LOGITS, mmap_mode="r"), arrays, about)


def read_images(data: SceneDataset, rows: Sequence[int]) -> NDArray[np.uint8]:
    """Pictures `[n, height, width, 3]` uint8 of the numbers given.

    Raises:
        ValueError: they are of several sizes. FileNotFoundError: a file is gone.
    """
    files = data.table["file"].take(list(rows)).to_pylist()
    images = [read_array(data.root / file) for file in files]
    for file, image in zip(files, images, strict=True):
        if image.shape != images[0].shape:
            raise ValueError(
                f"{file} is of {image.shape}, {files[0]} of {images[0].shape}: have all pictures of one size"
            )
    return np.stack(images)


def pictures_sha256(data: SceneDataset) -> str:
    """The SHA-256 of which pictures these are, in order: their files and, where it is known, what is in them."""
    columns = [name for name in ("file", "sha256") if name in data.table.column_names]
    return hashlib.sha256(json.dumps(data.table.select(columns).to_pylist()).encode()).hexdigest()


def _settings(
    model: ImageModel, data: SceneDataset, patterns: Sequence[str] | None, pooling: Pooling
) -> dict[str, Any]:
    """What must be the same for a folder to be gone on with, or used again."""
    own = model.interface
    return {
        "format": FORMAT,
        "model": {"name": model.name, "weights_sha256": model.fingerprint, "size": own.size}
        | {"mean": list(own.mean), "std": list(own.std), "classes": list(own.classes) if own.classes else None},
        "patterns": list(own.layers if patterns is None else patterns),
        "pooling": pooling,
        "dataset": {"name": data.about.get("name"), "pictures": len(data), "sha256": pictures_sha256(data)},
    }


def _check_same(was: dict[str, Any], folder: Path, settings: dict[str, Any]) -> None:
    differ = [name for name in settings if was.get(name) != settings[name]]
    if differ:
        said = "; ".join(f"{name} is {settings[name]} here and {was.get(name)} there" for name in differ)
        raise ValueError(f"{folder} is of something else: {said}. Remove it, or choose another --out")


def _begun(unfinished: Path, settings: dict[str, Any]) -> tuple[int, list[str]]:
    """How many pictures are done already, and the names of their layers; makes the folder where it isn't there."""
    if not (unfinished / PROGRESS).is_file():
        shutil.rmtree(unfinished, ignore_errors=True)
        (unfinished / LAYERS).mkdir(parents=True)
        return 0, []
    try:
        state = json.loads((unfinished / PROGRESS).read_text())
        was, done, names = state["settings"], state["done"], state["layers"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{unfinished / PROGRESS} is damaged ({error!r}): remove {unfinished}") from error
    _check_same(was, unfinished, settings)
    return done, names


def _append(unfinished: Path, seen: Seen, names: Sequence[str], first: int, n: int) -> None:
    """Write a batch behind the `first` samples of each file; on the disk before it is counted as done."""
    if list(seen.layers) != list(names):
        raise ValueError(f"the model called the layers {list(seen.layers)} and, before, {list(names)}: choose others")
    arrays = {LOGITS: seen.logits, **{_file(name): seen.layers[name] for name in names}}
    for file, values in arrays.items():
        with (unfinished / file).open("r+b" if first else "wb") as stream:
            _seek(stream, file, values, first, n)
            stream.write(np.ascontiguousarray(values, np.float32).tobytes())
            stream.flush()
            os.fsync(stream.fileno())


def _seek(stream: BinaryIO, file: str, values: NDArray[np.float32], first: int, n: int) -> None:
    """Go to where the sample `first` belongs, over whatever a killed process left there.

    Plain writes, not a memory map: a full disk is then an OSError and not the end of the process.
    """
    shape = (n, values.shape[1])
    if first == 0:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        return
    np.lib.format.read_magic(stream)
    there, _, _ = np.lib.format.read_array_header_1_0(stream)
    if there != shape:
        raise ValueError(f"{file} has shape {list(there)} and this batch makes it {list(shape)}: use pooling mean")
    stream.seek(stream.tell() + 4 * first * shape[1])
    stream.truncate()


def _finish(unfinished: Path, data: SceneDataset, about: dict[str, Any]) -> None:
    """Write the pictures' table and, last, the manifest."""
    columns = ["file", *(["split"] if data.splits else []), *data.factors]
    with appearing(unfinished / PICTURES) as temporary:
        pq.write_table(data.table.select(columns), temporary)
    files = [LOGITS, PICTURES, *(_file(layer) for layer in about["layers"])]
    hashes = {name: sha256_of(unfinished / name) for name in files}
    write_atomic(unfinished / MANIFEST, (json.dumps({**about, "sha256": hashes}, indent=1) + "\n").encode())


def _rename(unfinished: Path, target: Path) -> None:
    (unfinished / PROGRESS).unlink(missing_ok=True)
    unfinished.rename(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file(layer: str) -> str:
    return f"{LAYERS}/{quote(layer, safe=' ,+()#')}.npy"
