"""ROS `map_server` maps: the yaml, the image, and which of its cells are free."""

import math
import reprlib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image

MODES = ("trinary", "scale", "raw")

IMAGE_FORMATS = ("PNG", "PPM", "BMP")
"""What `map_saver` writes, in Pillow's names; PPM includes pgm."""

EXAMPLE = {
    "image": "map.pgm",
    "resolution": "0.05",
    "origin": "[0.0, 0.0, 0.0]",
    "negate": "0",
    "occupied_thresh": "0.65",
    "free_thresh": "0.196",
}
"""The required keys, each with a value to show in an error message."""

Samples = NDArray[np.uint8] | NDArray[np.uint16]


class RasterMap(NamedTuple):
    """A raster map in its own frame.

    Attributes:
        free: `[n_rows, n_columns]` bool, row 0 at the bottom, at least one True; occupied and unknown cells are False.
        resolution: side of a cell in metres.
        pose: world pose `(x, y, yaw)` of the raster's lower left corner, in metres and radians counterclockwise.
    """

    free: NDArray[np.bool_]
    resolution: float
    pose: tuple[float, float, float]


class _Thresholds(NamedTuple):
    """How pixels are read, see http://wiki.ros.org/map_server, "Value Interpretation"."""

    mode: str
    negate: bool
    free: float


def read_raster_map(text: str, path: Path) -> RasterMap:
    """A raster map from the text of its yaml and the image which that names.

    Args:
        text: content of the yaml.
        path: where it lies; a relative `image` is looked up beside it.

    Raises:
        ValueError: yaml or image is malformed or there is no free cell; names file, key and cure.
    """
    source = path.as_posix()
    fields = _fields(text, source)
    resolution = _number(fields, "resolution", source)
    if not 1e-4 <= resolution <= 1e3:
        raise _wrong(source, "resolution", "a positive number of metres a pixel, 0.0001 to 1000", resolution)
    pose = _pose(fields, source)
    thresholds = _thresholds(fields, source)
    image = _image_path(fields, path)
    free = _free(*_pixels(image, source), thresholds)[::-1]
    if not free.any():
        raise ValueError(
            f"{source}: expected free space, got none: no pixel of {image.as_posix()} has an occupancy below "
            f"free_thresh {thresholds.free}; check `free_thresh` and `negate`"
        )
    return RasterMap(np.ascontiguousarray(free), resolution, pose)


def _fields(text: str, source: str) -> dict[str, Any]:
    """The yaml's mapping, with all required keys."""
    try:
        fields = yaml.safe_load(text)
    # PyYAML lets through what its constructors raise on, say, the date 2026-99-99 or ten thousand open brackets.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or reprlib.repr(str(error))
        raise ValueError(f"{source}{place}: expected yaml, got: {what}; correct it, or save the map again") from error
    if not isinstance(fields, dict):
        raise ValueError(
            f"{source}: expected the keys {', '.join(EXAMPLE)}, got {reprlib.repr(fields)}; is this a ROS map?"
        )
    for key, example in EXAMPLE.items():
        if key not in fields:
            raise ValueError(f"{source}: expected the key {key!r}, got none; add a line such as `{key}: {example}`")
    return fields


def _wrong(source: str, key: str, expected: str, got: object) -> ValueError:
    """The error for a value that is not what its key needs."""
    example = EXAMPLE.get(key, "trinary")
    return ValueError(
        f"{source}: key {key!r}: expected {expected}, got {reprlib.repr(got)}; write for example `{key}: {example}`"
    )


def _as_finite(value: object) -> float | None:
    """A finite number, or None; PyYAML hands `5e-2` on as text, which ROS reads as a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _number(fields: dict[str, Any], key: str, source: str) -> float:
    number = _as_finite(fields[key])
    if number is None:
        raise _wrong(source, key, "a finite number", fields[key])
    return number


def _pose(fields: dict[str, Any], source: str) -> tuple[float, float, float]:
    origin = fields["origin"]
    numbers = [_as_finite(value) for value in origin] if isinstance(origin, list) else []
    if len(numbers) != 3 or any(number is None or abs(number) > 1e7 for number in numbers):
        raise _wrong(source, "origin", "three finite numbers [x, y, yaw] within 1e7", origin)
    x, y, yaw = (float(number) for number in numbers if number is not None)
    return x, y, yaw


def _thresholds(fields: dict[str, Any], source: str) -> _Thresholds:
    free, occupied = (_number(fields, key, source) for key in ("free_thresh", "occupied_thresh"))
    if not 0 <= free <= occupied <= 1:
        raise ValueError(
            f"{source}: expected 0 <= free_thresh <= occupied_thresh <= 1, got free_thresh {free} and occupied_thresh "
            f"{occupied}; ROS's own values are 0.196 and 0.65"
        )
    negate = fields["negate"]
    if not isinstance(negate, int) or negate not in (0, 1):
        raise _wrong(source, "negate", "0 or 1", negate)
    mode = fields.get("mode", "trinary")
    if mode not in MODES:
        raise _wrong(source, "mode", f"one of {', '.join(MODES)}", mode)
    if mode == "raw" and negate:
        raise ValueError(
            f"{source}: expected `negate: 0` with `mode: raw`, got negate {negate}, which ROS 1 heeds and ROS 2 "
            "ignores; invert the image and set `negate: 0`"
        )
    return _Thresholds(mode, bool(negate), free)


def _image_path(fields: dict[str, Any], path: Path) -> Path:
    name = fields["image"]
    if not isinstance(name, str) or not name.strip():
        raise _wrong(path.as_posix(), "image", "the image's file name", name)
    image = path.parent / name
    if not image.is_file():
        raise ValueError(
            f"{path.as_posix()}: key 'image': expected an image at {image.as_posix()}, got no such file; put it there "
            "or correct the name (it is taken relative to the yaml)"
        )
    return image


def _pixels(path: Path, source: str) -> tuple[Samples, bool]:
    """The image's samples, `[n_rows, n_columns, n_channels]` uint8 or 16 bit, and whether the last channel is alpha."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=IMAGE_FORMATS) as image:
                return _samples(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{source}: expected an image of at most {Image.MAX_IMAGE_PIXELS:,} pixels, got: {error} "
            f"({path.as_posix()}); crop the image to the building"
        ) from error
    # On damaged files Pillow raises a good ten kinds of exception, SyntaxError and struct.error among them.
    except Exception as error:
        raise ValueError(
            f"{source}: expected a whole pgm, png or bmp image, got {path.as_posix()}, which cannot be read: {error}; "
            "save the image again"
        ) from error


def _samples(image: Image.Image) -> tuple[Samples, bool]:
    """Decode; palettes become colours, and whatever is transparent becomes RGBA, as ROS's loaders have it."""
    if image.mode.startswith("I"):
        return np.asarray(image).astype(np.uint16)[..., None], False
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        return np.asarray(image.convert("RGBA")), True
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None], False
    return np.asarray(image.convert("RGB")), False


def _free(pixels: Samples, has_alpha: bool, thresholds: _Thresholds) -> NDArray[np.bool_]:
    """Which pixels are free, `[n_rows, n_columns]`, row 0 still at the top.

    Alpha is averaged with the colours in trinary mode, as both ROS 1 and nav2 have it, and means unknown in the other
    modes wherever it is not full.
    """
    known = np.ones(pixels.shape[:2], np.bool_)
    full = np.iinfo(pixels.dtype).max
    if has_alpha and thresholds.mode != "trinary":
        known = pixels[..., -1] == full
        pixels = pixels[..., :-1]
    n_channels = pixels.shape[2]
    totals = pixels.sum(axis=2, dtype=np.uint32)
    # One verdict for each possible sum: exact, and cheaper than floating point on every pixel.
    values = np.arange(n_channels * full + 1) / n_channels * (255 / full)
    return known & _is_free(values, thresholds)[totals]


def _is_free(values: NDArray[np.float64], thresholds: _Thresholds) -> NDArray[np.bool_]:
    """Which values, from 0 to 255, mean free."""
    if thresholds.mode == "raw":
        percent = np.rint(values)
        return (percent <= 100) & (percent / 100 < thresholds.free)
    occupancy = values / 255 if thresholds.negate else (255 - values) / 255
    return occupancy < thresholds.free
