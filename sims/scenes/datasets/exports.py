"""Data sets in other people's formats: ImageFolder, WebDataset, Hugging Face `datasets`, COCO, and PUG's own."""

import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sims.core.files import write_atomic, write_tree
from sims.scenes.datasets.pug_export import write_pug
from sims.scenes.datasets.reader import SceneDataset
from sims.scenes.datasets.writing import ENDINGS, folder_name, link

SHARD = 1000
"""Pictures in a shard of WebDataset, and in a Parquet file."""

LIBRARIES = {"webdataset": "webdataset", "huggingface": "datasets", "coco": "pycocotools.mask"}
"""Formats' own libraries."""

EXTRA = "pip install 'umwelt-sims[exports]'"


def export(data: SceneDataset, name: str, target: Path, by: str = "character_name") -> None:
    """Write a data set in another format; the folder appears whole or not at all.

    Pictures that stay files of their own share their bytes with the data set's where the disk allows it (hard links).

    Args:
        data: what is written; a part of a data set (`where`, `split`) too. name: one of EXPORTS. target: the folder.
        by: for `imagefolder`, the factor whose values are its classes.

    Raises:
        ValueError: an unknown format, or a data set that lacks what it needs. FileExistsError: there is a `target`.
        ImportError: the format's own library is not installed; the message says how to install it.
    """
    if name not in EXPORTS:
        raise ValueError(f"there is no format {name!r}: expected one of {', '.join(EXPORTS)}")
    if not len(data):
        raise ValueError("there are no pictures to export: ask for less in where()")
    write_tree(target, lambda folder: EXPORTS[name](data, folder, by))


def parts(data: SceneDataset) -> dict[str, SceneDataset]:
    """The splits by name; all of it as `train`, the name that loaders look for, where there are none."""
    return {name: data.split(name) for name in data.splits} or {"train": data}


def write_imagefolder(data: SceneDataset, folder: Path, by: str) -> None:
    """`<split>/<class>/<row>.png`, as `torchvision.datasets.ImageFolder` reads each split."""
    by = data.full_name(by)
    for split, part in parts(data).items():
        for k, (value, file) in enumerate(zip(part.table[by].to_pylist(), part.table["file"].to_pylist(), strict=True)):
            link(part.root / file, folder / split / folder_name(value) / f"{_stem(part, k)}.png")


def write_webdataset(data: SceneDataset, folder: Path, by: str) -> None:
    """`<split>-<shard>.tar`: for each row `png`, `json` (factors, realised state) and `<annotation>.npy` or `.png`."""
    del by
    shards = import_library(LIBRARIES["webdataset"])
    for split, part in parts(data).items():
        with (
            redirect_stdout(io.StringIO()),
            shards.ShardWriter(str(folder / f"{split}-%06d.tar"), maxcount=SHARD, mtime=0, verbose=0) as writer,
        ):
            for k in range(len(part)):
                writer.write(_sample(part, k))


def _sample(data: SceneDataset, k: int) -> dict[str, Any]:
    row = data.table.slice(k, 1).to_pylist()[0]
    kinds = _kinds(data)
    sample = {"__key__": _stem(data, k), "png": (data.root / row["file"]).read_bytes()}
    sample |= {f"{kind}{ENDINGS[kind]}": (data.root / row[f"{kind}_file"]).read_bytes() for kind in kinds}
    said = {name: value for name, value in row.items() if not name.endswith(("file", "sha256"))}
    return {**sample, "json": json.dumps(said).encode()}


def write_huggingface(data: SceneDataset, folder: Path, by: str) -> None:
    """`data/<split>-<k>-of-<n>.parquet` with the pictures inside: `datasets.load_dataset(folder)` reads it."""
    del by
    hub = import_library(LIBRARIES["huggingface"])
    kept = [*data.factors, *(name for name in ("caption", "hard_negative") if name in data.table.column_names)]
    features = hub.Features({"image": hub.Image(), **hub.Features.from_arrow_schema(data.table.select(kept).schema)})
    (folder / "data").mkdir()
    for split, part in parts(data).items():
        n = -(-len(part) // SHARD)
        for k in range(n):
            piece = part.table.slice(k * SHARD, SHARD)
            images = [{"bytes": (part.root / file).read_bytes(), "path": None} for file in piece["file"].to_pylist()]
            columns = {"image": images, **piece.select(kept).to_pydict()}
            buffer = io.BytesIO()
            pq.write_table(hub.Dataset.from_dict(columns, features=features).data.table, buffer)  # draws no bar
            write_atomic(folder / "data" / f"{split}-{k:05d}-of-{n:05d}.parquet", buffer.getvalue())


def write_coco(data: SceneDataset, folder: Path, by: str) -> None:
    """`<split>/<row>.png` and `annotations/instances_<split>.json`, masks as RLE, for pycocotools."""
    del by
    masks = import_library(LIBRARIES["coco"])
    if "instance" not in _kinds(data):
        raise ValueError(f"COCO needs masks, which {data.root} has not: add 'instance' to its annotations")
    names = {seen["category"]: seen["name"] for row in data.table["objects"].to_pylist() for seen in row}
    categories = [{"id": number, "name": names[number], "supercategory": "object"} for number in sorted(names)]
    (folder / "annotations").mkdir()
    for split, part in parts(data).items():
        images, found = [], []
        for k in range(len(part)):
            sample = part[k]
            name = f"{_stem(part, k)}.png"
            link(part.root / sample["file"], folder / split / name)
            height, width = sample["image"].shape[:2]
            images.append({"id": k + 1, "file_name": name, "width": width, "height": height, **sample["factors"]})
            found += _instances(sample, k + 1, len(found), masks)
        document = {"images": images, "annotations": found, "categories": categories}
        document["info"] = {"description": data.about["name"]}
        document["licenses"] = []
        write_atomic(folder / "annotations" / f"instances_{split}.json", json.dumps(document).encode())


def _instances(sample: Mapping[str, Any], image: int, before: int, masks: Any) -> list[dict[str, Any]]:
    """COCO's annotations of one picture: the objects that it shows."""
    numbers = sample["annotations"]["instance"]
    found = []
    for seen in sample["objects"]:
        if not seen["pixels"]:
            continue
        rle = masks.encode(np.asfortranarray(numbers == seen["instance"], np.uint8))
        found.append(
            {
                "id": before + len(found) + 1,
                "image_id": image,
                "category_id": seen["category"],
                "segmentation": {"size": rle["size"], "counts": rle["counts"].decode("ascii")},
                "area": float(masks.area(rle)),
                "bbox": masks.toBbox(rle).tolist(),
                "iscrowd": 0,
                "visible_fraction": seen["visible_fraction"],
            }
        )
    return found


def _kinds(data: SceneDataset) -> list[str]:
    """The annotations that were kept."""
    return [kind for kind in ENDINGS if f"{kind}_file" in data.table.column_names]


def _stem(data: SceneDataset, k: int) -> str:
    """The name of a picture: its row in the data set that this may be a part of."""
    return f"{data.table['row'][k].as_py() if 'row' in data.table.column_names else k:06d}"


def import_library(name: str) -> Any:
    """A format's own library.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"this format needs {name.partition('.')[0]}, which is not installed: {EXTRA}") from error


def _pug(data: SceneDataset, folder: Path, by: str, layout: str) -> None:
    del by
    write_pug(data, layout, folder)


EXPORTS: dict[str, Callable[[SceneDataset, Path, str], None]] = {
    "imagefolder": write_imagefolder,
    "webdataset": write_webdataset,
    "huggingface": write_huggingface,
    "coco": write_coco,
    **{name: partial(_pug, layout=name) for name in ("pug-animals", "pug-imagenet", "pug-spar")},
}
