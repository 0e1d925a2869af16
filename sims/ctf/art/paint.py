"""Colours and tileable noise: what the textures and sprites of Capture the Flag are painted with.

Pictures are `[u, v]` (u to the right, v down) and linear light until they are packed.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.floating]
Texels = NDArray[np.uint32]

# [team, 3], linear light. The blue is lifted towards cyan: a pure one has a third of the red's luminance and vanishes
# in shadow.
TEAM_COLOURS = np.array([[0.74, 0.022, 0.016], [0.016, 0.125, 0.82]], np.float32)
TEAM_GLOWS = np.array([[1.0, 0.16, 0.07], [0.08, 0.46, 1.0]], np.float32)


def to_linear(srgb: Floats) -> Floats:
    """Decode sRGB in 0..1 to linear light in 0..1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_srgb(linear: Floats) -> Floats:
    """Encode linear light as sRGB in 0..1; what lies outside is clipped."""
    x = np.clip(linear, 0, 1)
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055).astype(np.float32)


def pack(linear: Floats, opaque: NDArray[np.bool_] | None = None) -> Texels:
    """Linear rgb [..., 3] (and a mask [...]) to texels R | G << 8 | B << 16 | A << 24; what is not opaque is 0."""
    r, g, b = np.moveaxis((to_srgb(linear) * 255 + 0.5).astype(np.uint32), -1, 0)
    texels = r | g << 8 | b << 16 | np.uint32(255 << 24)
    return texels if opaque is None else np.where(opaque, texels, np.uint32(0))


def unpack(texels: Texels) -> tuple[Floats, NDArray[np.bool_]]:
    """Texels [...] to linear rgb [..., 3] and whether each is opaque [...]."""
    channels = np.stack([texels >> shift & 255 for shift in (0, 8, 16)], axis=-1)
    return to_linear(channels.astype(np.float32) / 255), texels >> 24 > 0


def rgb(code: int) -> Floats:
    """Linear rgb [3] of a colour written as 0xRRGGBB."""
    return to_linear(np.array([code >> 16 & 255, code >> 8 & 255, code & 255], np.float32) / 255)


def mix(a: Floats | float, b: Floats | float, share: Floats | float) -> Floats:
    """`a` where share is 0, `b` where it is 1; a share [u, v] also mixes colours [3] or [u, v, 3]."""
    share = np.asarray(share, np.float32)
    if share.ndim == 2:
        share = share[..., None]
    return np.asarray(a + (np.asarray(b, np.float32) - a) * share, np.float32)


def step(low: float, high: float, x: Floats) -> Floats:
    """Smooth step: 0 up to `low`, 1 from `high` on; the other way round if low > high."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def noise(shape: tuple[int, int], cells: tuple[int, int], seed: int) -> Floats:
    """Value noise [u, v] in 0..1 that wraps around, with `cells` random values along each axis."""
    values = np.random.default_rng(seed).random(cells, dtype=np.float32)
    for axis in (0, 1):
        place = (np.arange(shape[axis], dtype=np.float32) + 0.5) * (cells[axis] / shape[axis])
        left, share = place.astype(np.intp), place % 1
        share = share * share * (3 - 2 * share)
        low, high = np.take(values, left, axis), np.take(values, (left + 1) % cells[axis], axis)
        values = low + (high - low) * (share[:, None] if axis == 0 else share)
    return values


def fbm(shape: tuple[int, int], cells: tuple[int, int], octaves: int, seed: int) -> Floats:
    """Fractal noise [u, v] in about 0..1, mean 1/2, that wraps around: octaves of half the size and half the height."""
    total, weight = np.zeros(shape, np.float32), 0.0
    for k in range(octaves):
        total += noise(shape, (cells[0] << k, cells[1] << k), seed + 101 * k) * 0.5**k
        weight += 0.5**k
    return total / weight


def scattered(shape: tuple[int, int], count: int, seed: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Worley noise that wraps around: distance to the nearest and second of `count` points, and which is nearest.

    Distances [u, v] are in widths of the picture; the points are jittered from a lattice, so no two are too close.
    """
    side = round(count**0.5)
    rng = np.random.default_rng(seed)
    lattice = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1).reshape(-1, 2)
    points = ((lattice + rng.random((side * side, 2)) * 0.85) / side).astype(np.float32)
    squared = np.zeros((side * side, *shape), np.float32)
    for axis in (0, 1):
        place = (np.arange(shape[axis], dtype=np.float32) + 0.5) / shape[axis]
        apart = np.abs(place - points[:, axis, None])
        apart = np.minimum(apart, 1 - apart) ** 2
        squared += apart[:, :, None] if axis == 0 else apart[:, None, :]
    nearest = np.argmin(squared, axis=0)
    two = np.sqrt(np.partition(squared, 1, axis=0)[:2])
    return two[0], two[1], nearest


def relief(height: Floats, strength: float) -> Floats:
    """How light from above-left falls on a height [u, v] that wraps around: about 1, more on edges facing the light."""
    du = np.roll(height, -1, 0) - np.roll(height, 1, 0)
    dv = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    return np.clip(1 + strength * (0.55 * du + 0.85 * dv), 0.35, 1.9)


def cavity(height: Floats, radius: float, strength: float) -> Floats:
    """Darkening [u, v] in 0..1 of what lies lower than its surroundings (`radius` in pixels)."""
    around = ndimage.gaussian_filter(height, radius, mode="wrap")
    return np.clip(1 - strength * np.maximum(around - height, 0), 0.25, 1)


def halved(picture: Floats) -> Floats:
    """Box filter [u, v, ...] to half the size along both axes."""
    return (picture[::2, ::2] + picture[1::2, ::2] + picture[::2, 1::2] + picture[1::2, 1::2]) * np.float32(0.25)
