"""The files of one picture: where they lie, how they are written, and the record that says that they are all there."""

import io
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.core.files import write_atomic
from sims.scenes.rendered import CATEGORIES, FIRST_CHARACTER, Rendered, Seen

ROWS = "rows"
"""The folder of the records."""

FOLDERS = {"image": "images"}
"""Folders of what is kept of a picture, where they are not its name."""

ENDINGS = {
    "image": ".png",
    "depth": ".npy",
    "ray_depth": ".npy",
    "normals": ".npy",
    "instance": ".png",
    "semantic": ".png",
    "albedo": ".png",
}
"""Pictures and masks are PNG (masks of 16 bits); what is measured is float32 in NumPy's own format, without Python
objects in it, which `numpy.load(path)` and many other languages read."""

CONVENTIONS = {
    "world_frame": "right-handed, metres, z up; the front of a model at yaw 0 looks to -y",
    "camera_pose": "4 x 4 row by row, camera (x right, y down, z forward) to world, metres",
    "image": "8-bit sRGB, row 0 is the top",
    "depth": "float32, metres along the camera's z axis, inf in the sky",
    "ray_depth": "float32, metres along each pixel's ray, inf in the sky",
    "normals": "float32 [height, width, 3], unit vectors in the world's frame, 0 in the sky",
    "instance": "16-bit, 0 sky, else the number of the thing (`objects.instance`)",
    "semantic": "16-bit, 0 sky, "
    + "".join(f"{number} {role}, " for role, number in CATEGORIES.items())
    + f"from {FIRST_CHARACTER} on the pack's characters in their order",
    "albedo": "8-bit sRGB of the surfaces' colour without light",
    "boxes": "left, top, right, bottom in pixels, right and bottom excluded",
}
"""Units and frames, written into every data set."""


def record_path(row: int) -> Path:
    """The record of a row, relative to the data set: a thousand in a folder."""
    return Path(ROWS) / f"{row // 1000:03d}" / f"{row:06d}.json"


def file_path(kind: str, row: int, factors: Mapping[str, Any]) -> Path:
    """Where what is kept of a picture lies, relative to the data set: `images/<world>/<character>/<row>.png`."""
    world, character = (folder_name(factors[name]) for name in ("world_name", "character_name"))
    return Path(FOLDERS.get(kind, kind)) / world / character / f"{row:06d}{ENDINGS[kind]}"


def folder_name(value: Any) -> str:
    """A factor's value as the name of a folder: what a path can't have in it is written as in URLs."""
    quoted = quote(str(value), safe=" ,+()")
    return quoted.replace(".", "%2E") if quoted.strip(".") == "" else quoted


def encoded(kind: str, array: NDArray[Any]) -> bytes:
    """The bytes of a file: PNG, or NumPy's format."""
    buffer = io.BytesIO()
    if ENDINGS[kind] == ".png":
        Image.fromarray(np.ascontiguousarray(array)).save(buffer, "PNG")
    else:
        np.save(buffer, np.ascontiguousarray(array, np.float32), allow_pickle=False)
    return buffer.getvalue()


def write_picture(
    out: Path, row: int, rendered: Rendered, flaws: Sequence[str], attempts: int, annotations: Sequence[str]
) -> None:
    """Write a picture and the annotations that are kept of it, then its record.

    The record is written last and at once: a row is done when its record is there.

    Raises:
        OSError: the disk is full, or the folder can't be written to; there is no record then.
    """
    files = {}
    for kind in ("image", *annotations):
        path, data = file_path(kind, row, rendered.factors), encoded(kind, getattr(rendered, kind))
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out / path, data)
        files[kind] = {"path": path.as_posix(), "bytes": len(data), "sha256": sha256(data).hexdigest()}
    record = {
        "row": row,
        "files": files,
        "seed": rendered.seed,
        "attempts": attempts,
        "flaws": list(flaws),
        "objects": [_as_json(seen) for seen in rendered.objects],
        "camera": {
            "pose": np.array(rendered.camera.pose, np.float64).reshape(-1).tolist(),
            "intrinsics": rendered.camera.intrinsics.reshape(-1).tolist(),
            "fov_deg": rendered.camera.fov_deg,
            "width": rendered.camera.width,
            "height": rendered.camera.height,
        },
        "factors": rendered.factors,
    }
    path = out / record_path(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, (json.dumps(record) + "\n").encode())


def _as_json(seen: Seen) -> dict[str, Any]:
    return {
        **seen._asdict(),
        "pose": np.asarray(seen.pose).reshape(-1).tolist(),
        "corners": np.asarray(seen.corners).reshape(-1).tolist(),
        "box": list(seen.box) if seen.box else None,
        "loose_box": list(seen.loose_box) if seen.loose_box else None,
    }


def read_record(out: Path, row: int) -> dict[str, Any] | None:
    """The record of a row that is done; None if it is not, or if a file of its is gone or of another length."""
    try:
        record = json.loads((out / record_path(row)).read_text())
        for file in record["files"].values():
            if (out / file["path"]).stat().st_size != file["bytes"]:
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if record.get("row") == row else None


def sweep(out: Path) -> None:
    """Remove what a killed process left half-written."""
    for folder, folders, files in os.walk(out):
        for name in [name for name in folders if name.startswith(".tmp-")]:
            shutil.rmtree(Path(folder) / name)
            folders.remove(name)
        for name in files:
            if name.startswith(".tmp-"):
                (Path(folder) / name).unlink()


def link(source: Path, target: Path) -> None:
    """Have the file `source` under the name `target` too: the same bytes on the disk where it can be, else a copy.

    Raises:
        FileNotFoundError: there is no `source`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
