"""Pictures as UnrealCV sends them: PNG in RGBA, BMP in 32-bit BGRA from the top down, NumPy's npy, all bit for bit."""

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FAR_CM = np.float32(65504.0)
"""Depth of what is farther or nothing: the largest number of the engine's half floats."""

FULL_FLOW = 30.0
"""Pixels of motion that saturate a picture of optical flow."""


def opaque(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`[H, W, 4]` RGBA of `[H, W, 3]`; alpha is 255, so that no picture is UTF-8, which clients would decode."""
    return np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255, np.uint8)], -1)


def png(rgba: NDArray[np.uint8]) -> bytes:
    """A picture `[H, W, 4]` as PNG."""
    file = io.BytesIO()
    Image.fromarray(rgba).save(file, "PNG", compress_level=1)
    return file.getvalue()


def bmp(rgba: NDArray[np.uint8]) -> bytes:
    """A picture `[H, W, 4]` as BMP: 14 and 40 bytes of headers, a negative height, then BGRA row by row, top first."""
    height, width = rgba.shape[:2]
    pixels = rgba[..., [2, 1, 0, 3]].tobytes()
    file = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
    return file + struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 32, 0, 0, 1024, 1024, 0, 0) + pixels


def npy(array: NDArray[Any]) -> bytes:
    """An array as npy 1.0: `<f4`, in C order, nothing behind it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(array, "<f4"), version=(1, 0), allow_pickle=False)
    return file.getvalue()


ENCODERS = {"png": png, "bmp": bmp, "npy": npy}


def shown_flow(flow: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`[H, W, 3]` RGB of motion `[H, W, 2]` in pixels: direction is hue, red to the right, length is value.

    Black is rest and where there is no motion to tell; FULL_FLOW pixels are full brightness.
    """
    x, y = np.nan_to_num(flow[..., 0]), np.nan_to_num(flow[..., 1])
    value = np.clip(np.hypot(x, y) / FULL_FLOW, 0.0, 1.0)
    hue = (np.arctan2(y, x) / (2.0 * np.pi)) % 1.0
    sixths = (hue[..., None] * 6.0 + np.array([0.0, 4.0, 2.0])) % 6.0
    pure = np.clip(np.abs(sixths - 3.0) - 1.0, 0.0, 1.0)
    return np.rint(255.0 * value[..., None] * pure).astype(np.uint8)
