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
    stride: int  # pixels from one row of the canvas to the next: the width, rounded up to whole vectors
    height: int
    light: float  # 1, or less for who is out of play
    outdoors: bool  # under the open sky: depth differs from pixel to pixel, and far things are in haze


class Canvas(NamedTuple):
    """What one frame is drawn on; each thread has one."""

    pixels: NDArray[np.uint32]  # [height * stride] packed
    far: NDArray[np.float32]  # [height * stride] metres of depth, where planes are asked for
    things: NDArray[np.uint8]  # [height * stride] instance ids, where planes are asked for
    across: NDArray[np.float32]  # [stride] 0, 1, 2, ...
    depth: NDArray[np.float64]  # [stride] of the wall
    top: NDArray[np.int32]  # [stride] first row of the wall; outdoors, of the ground
    bottom: NDArray[np.int32]  # [stride] first row below it
    wall_v: NDArray[np.int32]  # [stride] 16.16: texel row at screen row 0, and its step
    wall_dv: NDArray[np.int32]
    wall_base: NDArray[np.int32]  # [stride] first texel of the column
    wall_last: NDArray[np.int32]  # [stride] its last texel row
    wall_light: NDArray[np.int32]  # [stride] 0 to 256
    nearness: NDArray[np.float32]  # [height * stride] 1 / depth of the ground outdoors
    shade: NDArray[np.float32]  # [height * stride] 0 to 256: light on it
    rise: NDArray[np.float32]  # [stride] row of the ground at one depth; taken in turns with `other_rise`
    other_rise: NDArray[np.float32]  # [stride] the same at the depth before
    first: NDArray[np.int32]  # [stride] the same as a whole row
    begin: NDArray[np.float32]  # [stride] 1 / depth in that row, and what it gains from row to row
    per_row: NDArray[np.float32]
    lit: NDArray[np.float32]  # [stride] 0 to 256: light on it
    azimuth: NDArray[np.int32]  # [stride] where the column's part of the sky begins
    angle: NDArray[np.float32]  # [stride] the column's angle to the right of the view's axis, in columns of the sky
    raise_by: NDArray[np.float32]  # [stride] cosine of the angle to the view's axis
    sky_row: NDArray[np.uint32]  # [stride] the sky's colours in a row that is partly ground
    n_own: NDArray[np.int32]  # [team] pixels that the own gadget covers
    own_at: NDArray[np.int32]  # [team, n] which they are
    own_colour: NDArray[np.uint32]  # [team, n] and their colours
    n_items: NDArray[np.int32]  # [0] of what the lists below hold
    item_depth: NDArray[np.float64]
    item_aside: NDArray[np.float64]
    item_foot: NDArray[np.float64]
    item_sprite: NDArray[np.int32]
    item_thing: NDArray[np.int32]


SKY_BITS = 10
"""The sky has 2^10 columns all around."""

AZIMUTHS_A_RADIAN = (1 << SKY_BITS) / (2.0 * np.pi)

VECTOR = 8
"""Rows of a canvas are padded to a multiple of this, so that loops over pixels have no rest to do one by one."""

_WHOLE = ("pixels", "far", "things", "nearness", "shade")


def blank_canvas(width: int, height: int) -> Canvas:
    """A canvas for frames of one size; `sims.ctf.drawing.billboards.prepare_own` fills in the gadget."""
    stride = -(-width // VECTOR) * VECTOR

    def shape_of(name: str) -> tuple[int, ...]:
        if name in _WHOLE:
            return (stride * height,)
        if name.startswith("own_"):
            return (2, stride * height)
        if name.startswith("n_"):
            return (2,)
        return (N_ITEMS,) if name.startswith("item_") else (stride,)

    canvas = blank(Canvas, shape_of)
    canvas.across[:] = np.arange(stride)
    angle = np.arctan((np.arange(stride) + 0.5 - 0.5 * width) / (0.5 * width))
    canvas.angle[:] = angle * AZIMUTHS_A_RADIAN
    canvas.raise_by[:] = np.cos(angle)
    return canvas
