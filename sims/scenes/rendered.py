"""What comes back of a scene: a picture, every annotation of it, and what is wrong with it."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import Camera

CATEGORIES = {"ground": 1, "wall": 2, "prop": 3, "plant": 4, "furniture": 5}
"""By a thing's role, its number in `Rendered.semantic`; the sky is 0."""

FIRST_CHARACTER = 10
"""The number there of the pack's first character."""


class Seen(NamedTuple):
    """One object of a scene as the picture shows it.

    Attributes:
        name: the character's. instance: its number in `Rendered.instance`. category: its number in `semantic`.
        pose: `[4, 4]` float64, the model's coordinates to the world's, its scale included, metres.
        corners: `[8, 3]` float64, its box in three dimensions, in the world's frame, metres.
        box: (left, top, right, bottom) in pixels, right and bottom excluded, around the pixels that show it; None if
            none do. loose_box: the same around all of it, hidden parts too, as far as they are in the frame.
        pixels: how many show it. visible_fraction: of the pixels that it would cover if nothing else were there and the
            frame had no end. fraction_in_frame: of those that are within the frame.
    """

    name: str
    instance: int
    category: int
    pose: NDArray[np.float64]
    corners: NDArray[np.float64]
    box: tuple[int, int, int, int] | None
    loose_box: tuple[int, int, int, int] | None
    pixels: int
    visible_fraction: float
    fraction_in_frame: float


class Rendered(NamedTuple):
    """A picture with its annotations; row 0 is the top, H x W are the camera's height and width.

    Attributes:
        image: `[H, W, 3]` uint8, sRGB.
        depth: `[H, W]` float32, metres along the camera's z axis. ray_depth: metres along each pixel's ray; both are
            inf where there is only sky.
        normals: `[H, W, 3]` float32 unit vectors in the world's frame (z up), the relief of surfaces included; 0 in the
            sky.
        instance: `[H, W]` uint16: 0 sky, else the thing's number. semantic: `[H, W]` uint16: 0 sky,
            `CATEGORIES`, from `FIRST_CHARACTER` on the pack's characters in their order.
        albedo: `[H, W, 3]` uint8, sRGB of the surfaces' colour without light.
        objects: the characters that were asked for, in order.
        camera: intrinsics and pose. factors: every factor's value, defaults included. seed: of the samples.
        flaws: what is wrong with the picture, in words (an object out of sight, cut off, inside another); empty if it
            is sound.
    """

    image: NDArray[np.uint8]
    depth: NDArray[np.float32]
    ray_depth: NDArray[np.float32]
    normals: NDArray[np.float32]
    instance: NDArray[np.uint16]
    semantic: NDArray[np.uint16]
    albedo: NDArray[np.uint8]
    objects: tuple[Seen, ...]
    camera: Camera
    factors: dict[str, Any]
    seed: int
    flaws: tuple[str, ...]
