"""DDS, the textures of 0 A.D., as pictures."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray

from sims.scenes.packs.untrusted import AssetError

LARGEST = 4096
"""Pixels of a side; the largest real ones have 2048."""


def read_dds(data: bytes, name: str = "the texture") -> NDArray[np.uint8]:
    """A DDS file as `[height, width, 3 or 4]` uint8, row 0 at its top: v = 1 of the game's texture coordinates.

    Raises:
        AssetError: no DDS, a kind that can't be read, broken, or larger than LARGEST.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("DDS",)) as opened:
                if max(opened.size) > LARGEST:
                    raise AssetError(f"{name} has {opened.size} pixels, expected at most {LARGEST} a side")
                picture = np.asarray(opened.convert("RGBA" if "A" in opened.getbands() else "RGB"), np.uint8)
    except AssetError:
        raise
    except Exception as error:  # a broken picture makes Pillow's decoders raise nearly anything
        raise AssetError(f"{name} is no DDS that can be read ({str(error)[:80]}): fetch it again") from error
    return np.ascontiguousarray(picture)
