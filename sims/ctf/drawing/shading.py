"""Kernels of light: how bright what is how far away is, and packed colours times brightness."""

import numpy as np

from sims.core.kernels import kernel

GLOOM = 16.0
"""Metres at which half of the light is left indoors."""

HAZE_DEPTH = 90.0
"""Metres at which half of what is seen outdoors is haze."""


@kernel
def light_at(distance):
    """Brightness in 0 to 256 of what is `distance` metres away indoors."""
    part = distance / GLOOM
    return 256.0 / (1.0 + part * part)


@kernel
def haze_at(depth):
    """The part of what is seen at `depth` metres outdoors that is haze, float32."""
    return depth / (depth + np.float32(HAZE_DEPTH))


@kernel
def shaded(texel, bright):
    """A packed texel times `bright` / 256, both uint32; alpha is lost."""
    return mixed_with(texel, bright, np.uint32(0), np.uint32(0))


@kernel
def mixed_with(texel, bright, red_blue, green):
    """A packed texel times `bright` / 256, and a colour that is already times its part of 256; all uint32.

    Args:
        red_blue, green: the colour, `(packed & 0xFF00FF) * part` and `(packed & 0x00FF00) * part`.
    """
    red_blue = np.uint32(np.uint32(np.uint32(texel & np.uint32(0xFF00FF)) * bright) + red_blue)
    green = np.uint32(np.uint32(np.uint32(texel & np.uint32(0x00FF00)) * bright) + green)
    return np.uint32(
        np.uint32(np.uint32(red_blue >> np.uint32(8)) & np.uint32(0xFF00FF))
        | np.uint32(np.uint32(green >> np.uint32(8)) & np.uint32(0x00FF00))
    )
