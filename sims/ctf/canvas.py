"""What a frame is drawn with and on: the camera, and the arrays that a thread keeps for it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.arrays import blank

N_ITEMS = 160
"""Billboards of a frame at most."""


class Camera(NamedTuple):
    """An eye. Pixels are square; the horizon moves up and down with the pitch while verticals stay vertical."""

    x: float
    y: float
    z: float
    cos: float
    sin: float
    focal: float  # pixels
    horizon: float  # row, in pixels from the top
    width: int
    height: int
    light: float  # 1, or less for who is out of play
    per_pixel: bool  # whether depth differs within a column


class Canvas(NamedTuple):
    """What one frame is drawn on; each thread has one."""

    pixels: NDArray[np.uint32]  # [height * width] packed
    far: NDArray[np.float32]  # [height * width] metres of depth; used outdoors and where planes are asked for
    things: NDArray[np.uint8]  # [height * width] instance ids, where planes are asked for
    depth: NDArray[np.float64]  # [width] of the wall
    top: NDArray[np.int32]  # [width] first row of the wall
    bottom: NDArray[np.int32]  # [width] first row below it
    wall_v: NDArray[np.int32]  # [width] 16.16: texel row at screen row 0, and its step
    wall_dv: NDArray[np.int32]
    wall_base: NDArray[np.int32]  # [width] first texel of the column
    wall_last: NDArray[np.int32]  # [width] its last texel row
    wall_light: NDArray[np.int32]  # [width] 0 to 256
    nearness: NDArray[np.float32]  # [height * width] 1 / depth of the ground outdoors
    shade: NDArray[np.float32]  # [height * width] 0 to 256: light on it
    rise: NDArray[np.float32]  # [width] row of the ground at one depth, and at the depth before
    last_rise: NDArray[np.float32]
    lit: NDArray[np.float32]  # [width] 0 to 256: light on it
    azimuth: NDArray[np.int32]  # [width] where the column's part of the sky begins
    raise_by: NDArray[np.float32]  # [width] cosine of the angle to the view's axis
    n_items: NDArray[np.int32]  # [1]
    item_depth: NDArray[np.float64]
    item_aside: NDArray[np.float64]
    item_foot: NDArray[np.float64]
    item_sprite: NDArray[np.int32]
    item_thing: NDArray[np.int32]


_WHOLE = ("pixels", "far", "things", "nearness", "shade")


def blank_canvas(width: int, height: int) -> Canvas:
    """A canvas for frames of one size."""

    def shape_of(name: str) -> tuple[int]:
        if name in _WHOLE:
            return (width * height,)
        return (N_ITEMS,) if name.startswith("item_") else (1,) if name == "n_items" else (width,)

    return blank(Canvas, shape_of)
