"""The surfaces of Capture the Flag: walls, floors and ceilings in three themes, grounds, and the sky."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.ctf.art.paint import (
    TEAM_COLOURS,
    TEAM_GLOWS,
    Floats,
    Texels,
    cavity,
    fbm,
    halved,
    mix,
    noise,
    pack,
    relief,
    rgb,
    scattered,
    step,
)

SIZE_BITS = 6
LEVELS = 5
N_THEMES = 3
"""Concrete, metal, and brick with timber."""

WALL, WALL_RED, WALL_BLUE, FLOOR, FLOOR_RED, FLOOR_BLUE, CEILING, CEILING_RED, CEILING_BLUE = range(9)
GRASS, DIRT, ROCK_GROUND, GRASS_RED, GRASS_BLUE, SAND = range(9, 15)

SKY_SHAPE = (1024, 128)
SKY_TOP = np.pi / 3
"""Elevation in radians at which the sky's picture ends."""

_N = 2 << SIZE_BITS  # painted at twice the size, for smooth edges
_S = (_N, _N)
_X = (np.arange(_N, dtype=np.float32)[:, None] + 0.5) * (2 / _N)  # metres
_Y = (np.arange(_N, dtype=np.float32)[None] + 0.5) * (2 / _N)  # of floors and ceilings
_DOWN = _Y * 1.5  # of walls: metres below the ceiling


class Atlas(NamedTuple):
    """Every surface at every mip level; texel (u, v) of level l is at `base[texture, l] + u * (64 >> l) + v`."""

    texels: Texels  # [n] R | G << 8 | B << 16 | A << 24 with A 255; u to the right, v down
    base: NDArray[np.int32]  # [texture, level]


class _Coat(NamedTuple):
    """A surface before any light."""

    colour: Floats  # [u, v, 3]
    height: Floats  # [u, v] about 0..1
    glow: Floats  # [u, v, 3] light that it gives out


def surface(kind: int, theme: int = 0) -> int:
    """The texture of a surface (`WALL` ... `SAND`) in a theme, 0 to N_THEMES - 1; outdoors there is but one.

    A texture covers 2 m x 2 m, of walls 2 m x 3.0 m: v is 0 at the ceiling and 63 at the floor.
    """
    return kind * N_THEMES + theme if kind < GRASS else GRASS * N_THEMES + kind - GRASS


@cache
def atlas() -> Atlas:
    """All surfaces; mips are box-filtered in linear light, and tile without a seam."""
    chains = [_mips(picture) for picture in _pictures()]
    sizes = np.array([[mip.size for mip in chain] for chain in chains])
    base = np.concatenate([[0], np.cumsum(sizes.ravel())[:-1]]).reshape(sizes.shape).astype(np.int32)
    return Atlas(np.concatenate([mip.ravel() for chain in chains for mip in chain]), base)


@cache
def sky() -> Texels:
    """The sky [azimuth, elevation]: once around, and from the horizon (0) to `SKY_TOP`, 60 degrees up (127)."""
    turn = (np.arange(SKY_SHAPE[0], dtype=np.float32)[:, None] + 0.5) * (2 * np.pi / SKY_SHAPE[0])
    up = (np.arange(SKY_SHAPE[1], dtype=np.float32)[None] + 0.5) * (SKY_TOP / SKY_SHAPE[1])
    blue = mix(rgb(0xA9CDE8), rgb(0x2F6FC0), step(-0.1, 1.0, up + 0 * turn))
    sun = np.cos(up) * np.cos(0.6) * np.cos(turn - 2.2) + np.sin(up) * np.sin(0.6)
    blue = blue + (0.30 * np.clip(sun, 0, 1) ** 20 + 0.5 * np.clip(sun, 0, 1) ** 200)[..., None] * rgb(0xFFE2B0)
    linear = _clouds(blue, turn, up, sun)
    linear = mix(linear, rgb(0xFFFBEA) * 1.5, step(0.9982, 0.9990, sun))
    linear = mix(linear, rgb(0xC9DDE9), step(0.16, 0.0, up + 0 * turn) * 0.75)
    return pack(_mountains(linear, up))


def _pictures() -> list[Floats]:
    walls, floors, ceilings = (
        (_concrete_wall, _metal_wall, _brick_wall),
        (_concrete_floor, _metal_floor, _tiled_floor),
        (_concrete_ceiling, _metal_ceiling, _timber_ceiling),
    )
    pictures = []
    for themes, strength, shadow in ((walls, 1.0, _wall_shadow()), (floors, 0.8, None), (ceilings, 0.8, None)):
        pictures += [_lit(paint(side), strength, shadow) for side in (-1, 0, 1) for paint in themes]
    return [*pictures, _grass(-1), _dirt(), _rock_ground(), _grass(0), _grass(1), _sand()]


def _mips(linear: Floats) -> list[Texels]:
    mips = []
    for _ in range(LEVELS):
        linear = halved(linear)
        mips.append(pack(linear))
    return mips


def _lit(coat: _Coat, strength: float, shadow: Floats | None = None) -> Floats:
    """The surface under light from above-left, its hollows in shadow, and about its lamps some of their light."""
    light = relief(coat.height, strength) * cavity(coat.height, 3.0, 0.8)
    if shadow is not None:
        light = light * shadow
    spill = ndimage.gaussian_filter(coat.glow, (5, 5, 0), mode="wrap")
    unlit = 1 - np.clip(coat.glow.max(-1, keepdims=True), 0, 1)
    return np.minimum(coat.colour * unlit * (light[..., None] + 2.5 * spill) + coat.glow, 1)


def _wall_shadow() -> Floats:
    """Corners are darker: the last half metre above the floor, and a little below the ceiling."""
    return (1 - 0.38 * step(2.4, 3.0, _DOWN)) * (1 - 0.25 * step(0.3, 0.0, _DOWN)) * np.ones(_S, np.float32)


def _edge(along: Floats, period: float, offset: float = 0.0) -> Floats:
    """Distance to the nearest of the lines at offset + k period."""
    return period / 2 - np.abs((along - offset) % period - period / 2)


def _within(along: Floats, low: float, high: float) -> Floats:
    """1 between two lines, with soft edges."""
    return step(low - 0.012, low + 0.012, along) * step(high + 0.012, high - 0.012, along)


def _bricks(x: Floats, y: Floats, width: float, height: float, seed: int) -> tuple[Floats, Floats]:
    """Distance to the nearest joint [u, v], and a random number in 0..1 for each brick [u, v]."""
    row = np.floor(y / height).astype(np.intp)
    shifted = x + (row % 2) * (width / 2)
    column = np.floor(shifted / width).astype(np.intp) % round(2 / width)
    values = np.random.default_rng(seed).random((round(2 / width), row.max() + 1), dtype=np.float32)
    return np.minimum(_edge(shifted, width), _edge(y, height) + 0 * x), values[column, row + 0 * column]


def _bolts(x: Floats, y: Floats, period: tuple[float, float], offset: tuple[float, float], radius: float) -> Floats:
    """Round heads [u, v], 1 in their middle, on a lattice."""
    return np.clip(1.4 - np.hypot(_edge(x, period[0], offset[0]), _edge(y, period[1], offset[1])) / radius, 0, 1)


def _paint(side: int, neutral: int, share: float = 1.0) -> Floats:
    """A team's paint, or the neutral colour; a share below 1 is paint that lets the neutral colour show."""
    return rgb(neutral) if side < 0 else mix(rgb(neutral), TEAM_COLOURS[side], share)


def _lamp(side: int) -> Floats:
    return rgb(0xFFE9C4) if side < 0 else TEAM_GLOWS[side]


def _worn(seed: int, amount: float) -> Floats:
    """Where paint still holds: 1 but for chips."""
    return step(0.30 + amount, 0.36 + amount, fbm(_S, (8, 8), 3, seed) * 0.7 + 0.3 * fbm(_S, (3, 3), 2, seed + 5))


def _concrete(seed: int, dark: int, pale: int) -> Floats:
    speck = noise(_S, (64, 64), seed + 9)
    return mix(rgb(dark), rgb(pale), fbm(_S, (3, 3), 5, seed) * 1.4 - 0.2) * (0.90 + 0.2 * speck)[..., None]


def _concrete_wall(side: int) -> _Coat:
    """Cast slabs with tie holes, a painted band with a hatched foot, and a strip of light."""
    y = _DOWN + 0 * _X
    colour = _concrete(11, 0x77746E, 0xA19D94)
    joint = np.minimum(_edge(_X, 1.0), _edge(y, 1.0, 0.05))
    height = np.clip(joint / 0.035, 0, 1) - 0.9 * _bolts(_X, y, (0.5, 1.0), (0.25, 0.2), 0.028)
    drips = noise(_S, (40, 2), 21) * noise(_S, (8, 2), 22) * step(0.1, 0.9, y) * step(3.0, 1.2, y)
    colour = colour * (1 - 0.55 * np.clip(2.2 * drips - 0.35, 0, 1))[..., None]
    band = _within(y, 1.0, 2.1)
    hatch = _within(y, 1.92, 2.1) * step(0.115, 0.135, _edge(_X + y, 0.5))
    paint = mix(_paint(side, 0x6D7274), _paint(side, 0x44474A) * 0.3, hatch)
    faded = (0.72 + 0.4 * fbm(_S, (4, 4), 4, 14)) * (1 - 0.45 * drips) * (0.75 + 0.35 * step(2.2, 1.1, y))
    colour = mix(colour, paint * faded[..., None], band * _worn(13, 0.0))
    tip = _X % 1.0 - 0.5 + 0.8 * np.abs(y - 1.45)
    arrows = np.maximum(_within(tip, -0.06, 0.03), _within(tip, 0.12, 0.21)) * _within(y, 1.25, 1.65)
    colour = mix(colour, rgb(0xDCD9D0), arrows * _worn(18, -0.10) * 0.85)
    lines = np.maximum(_within(y, 0.93, 0.98), _within(y, 2.12, 2.17))
    colour = mix(colour, rgb(0xD9D6CC), lines * _worn(17, 0.05) * 0.9)
    slot = _within(y, 0.40, 0.60)
    colour = mix(mix(colour, rgb(0x2A2B2E), slot), rgb(0x3B3A38), _within(y, 2.78, 3.1))
    glow = _within(y, 0.46, 0.54) * step(0.02, 0.05, _edge(_X, 1.0))
    return _Coat(colour, height - 0.8 * slot + 0.5 * _within(y, 2.78, 3.1), glow[..., None] * _lamp(side))


def _metal_wall(side: int) -> _Coat:
    """A duct, bevelled and bolted plates, a strip of light, louvres, and a dark foot."""
    y = _DOWN + 0 * _X
    brushed = noise(_S, (4, 64), 31) * 0.6 + 0.4 * fbm(_S, (4, 4), 4, 32)
    colour = mix(rgb(0x5A5E62), rgb(0x83878A), brushed)
    plates, low = _within(y, 0.45, 1.80), _within(y, 2.05, 2.72)
    rim = np.minimum(np.minimum(_edge(_X, 1.0), y - 0.45), 1.80 - y)
    inset = np.minimum(np.minimum(_edge(_X, 1.0) - 0.13, y - 0.66), 1.62 - y)
    height = plates * np.clip(rim / 0.05, 0, 1) - 0.5 * np.clip(inset / 0.03, 0, 1) + low * 0.6
    height += 0.8 * plates * _bolts(_X, y, (0.5, 1.21), (0.07, 0.52), 0.03)
    height += 0.8 * plates * _bolts(_X, y, (0.5, 1.21), (0.43, 0.52), 0.03)
    field = _paint(side, 0x4C5155) * (0.62 + 0.5 * brushed)[..., None] * (0.72 + 0.28 * step(1.6, 0.7, y))[..., None]
    field = mix(field, field * 0.55, step(0.055, 0.065, inset) * step(0.085, 0.075, inset))
    colour = mix(colour, field, step(0.0, 0.02, inset) * _worn(33, -0.03))
    stencil = _within(y, 1.38, 1.46) * step(0.30, 0.28, np.abs(_X % 1.0 - 0.5)) * step(0.03, 0.045, _edge(_X, 0.2, 0.1))
    colour = mix(colour, rgb(0xC9CCCC), stencil * 0.8)
    louvre = low * step(0.16, 0.18, _edge(_X, 1.0)) * step(0.015, 0.04, _edge(y, 0.11, 0.03))
    vent = low * step(0.16, 0.18, _edge(_X, 1.0))
    colour, height = mix(colour, rgb(0x26282B), (vent - louvre) * 0.9), height - 0.7 * (vent - louvre)
    ribs = _within(y, -0.1, 0.36)
    height += ribs * (0.3 + 0.9 * np.clip(_edge(_X, 0.125) / 0.05, 0, 1))
    colour = mix(colour, _paint(side, 0x3C4044, 0.75) * 0.8, ribs)
    colour = mix(colour, _paint(side, 0x3A3D40, 0.75) * 0.7, _within(y, 2.76, 3.1))
    grime = step(0.5, 0.9, fbm(_S, (5, 3), 4, 36)) * 0.35
    glow = _within(y, 1.88, 1.97) * step(0.03, 0.06, _edge(_X, 1.0))
    return _Coat(colour * (1 - grime)[..., None], height - 0.4 * _within(y, 1.82, 2.03), glow[..., None] * _lamp(side))


def _brick_wall(side: int) -> _Coat:
    """Sand-coloured bricks between a stone plinth and a beam, and a frieze of glazed tiles under lamps."""
    y = _DOWN + 0 * _X
    joint, tone = _bricks(_X, y, 1 / 3, 0.15, 41)
    grain = fbm(_S, (8, 8), 4, 42)
    colour = mix(rgb(0x857258), rgb(0xB09A78), tone * 0.8 + 0.5 * grain - 0.15)
    colour = mix(colour, rgb(0x6A6660), step(0.80, 0.82, tone) * 0.6)
    colour = mix(rgb(0x6E675C), colour, step(0.008, 0.02, joint))
    height = np.clip(joint / 0.03, 0, 1) * (0.8 + 0.3 * tone) + 0.35 * grain
    frieze, (gap, shine) = _within(y, 0.90, 2.10), _bricks(_X + 0.125, y, 0.5, 0.30, 43)
    star = np.abs(_edge(_X, 1.0)) + np.abs(_edge(y, 1.2, 0.9)) * 0.83
    glaze = _paint(side, 0x7F8079) * (0.72 + 0.5 * shine)[..., None]
    glaze = mix(glaze, _paint(side, 0x55585A) * 0.45, step(0.28, 0.26, np.abs(star - 0.5) * 2.4) * 0.9)
    glaze = mix(rgb(0x4A463F), glaze, step(0.008, 0.02, gap))
    colour, height = mix(colour, glaze, frieze), height + frieze * (np.clip(gap / 0.025, 0, 1) + 0.2 - height)
    ledge = np.maximum(_within(y, 0.84, 0.90), _within(y, 2.10, 2.16))
    colour, height = mix(colour, rgb(0xA9A290), ledge), height + 0.6 * ledge
    block, cut = _bricks(_X, np.maximum(y - 2.55, 0), 0.5, 0.5, 44)
    stone = _concrete(45, 0x6B675F, 0x8F897D) * (0.8 + 0.3 * cut)[..., None]
    colour = mix(colour, mix(rgb(0x38342E), stone, step(0.01, 0.025, block)), _within(y, 2.55, 3.1))
    wood = mix(rgb(0x3E2C1E), rgb(0x64482F), noise(_S, (4, 64), 46))
    colour, height = mix(colour, wood, _within(y, -0.1, 0.30)), height + 0.6 * _within(y, -0.1, 0.30)
    lamp = step(0.17, 0.15, np.abs(_X % 1.0 - 0.5)) * _within(y, 0.50, 0.58)
    holder = step(0.20, 0.18, np.abs(_X % 1.0 - 0.5)) * _within(y, 0.46, 0.62)
    return _Coat(mix(colour, rgb(0x26231F), holder), height + 0.4 * holder, lamp[..., None] * _lamp(side))


def _concrete_floor(side: int) -> _Coat:
    """Slabs, stains, and for a team a painted square with a hatched rim."""
    joint = np.minimum(_edge(_X, 1.0), _edge(_Y, 1.0))
    colour = _concrete(51, 0x4F4D4A, 0x6E6B66) * (1 - 0.4 * step(0.5, 0.75, fbm(_S, (3, 3), 4, 52)))[..., None]
    rim = np.minimum(_edge(_X, 2.0), _edge(_Y, 2.0))
    if side >= 0:
        hatch = step(0.24, 0.22, rim) * step(0.115, 0.135, _edge(_X + _Y, 0.5))
        paint = mix(TEAM_COLOURS[side] * 0.62, rgb(0x2B2B2C), hatch)
        colour = mix(colour, paint, step(0.05, 0.07, rim) * _worn(53, -0.02) * (0.75 + 0.2 * fbm(_S, (4, 4), 3, 57)))
        colour = mix(colour, rgb(0xB9B6AC), _within(rim, 0.25, 0.29) * _worn(54, 0.08))
    cracks = step(0.012, 0.004, scattered(_S, 16, 55)[1] - scattered(_S, 16, 55)[0]) * step(
        0.5, 0.6, fbm(_S, (2, 2), 2, 56)
    )
    return _Coat(colour * (1 - 0.45 * cracks)[..., None], np.clip(joint / 0.03, 0, 1), np.zeros((*_S, 3), np.float32))


def _metal_floor(side: int) -> _Coat:
    """Tread plate between dark rails; a team's has lamps let into the rails."""
    rim = np.minimum(_edge(_X, 1.0), _edge(_Y, 1.0))
    a, b = (_X + _Y) % 0.25, (_X - _Y) % 0.25
    odd = (np.floor(_X / 0.125) + np.floor(_Y / 0.125)) % 2
    across, length = np.where(odd > 0, a, b), np.where(odd > 0, b, a)
    tread = step(0.034, 0.02, np.abs(across - 0.125)) * step(0.09, 0.07, np.abs(length - 0.125))
    plate = step(0.07, 0.09, rim)
    colour = mix(rgb(0x3E4145), rgb(0x585C60), fbm(_S, (4, 4), 4, 61))
    colour = mix(colour, colour * 1.5, tread * plate)
    if side >= 0:
        square = (np.floor(_X) + np.floor(_Y)) % 2
        tint = TEAM_COLOURS[side] * (0.30 + 0.16 * square + 0.25 * tread)[..., None]
        colour = mix(colour, tint, plate * 0.9)
    colour = mix(rgb(0x1E2023), colour, plate)
    height = plate * (0.7 + 0.35 * tread) + _bolts(_X, _Y, (1.0, 1.0), (0.12, 0.12), 0.03) * 0.4
    lamp = step(0.030, 0.018, _edge(_X, 2.0)) * step(0.25, 0.3, _edge(_Y, 2.0))
    lamp = np.maximum(lamp, step(0.030, 0.018, _edge(_Y, 2.0)) * step(0.25, 0.3, _edge(_X, 2.0)))
    return _Coat(colour, height, lamp[..., None] * _lamp(side) * (0.0 if side < 0 else 1.0))


def _tiled_floor(side: int) -> _Coat:
    """Stone tiles of half a metre; every other one of a team's is glazed in its colour."""
    gap = np.minimum(_edge(_X, 0.5), _edge(_Y, 0.5))
    column, row = np.floor(_X * 2).astype(np.intp) + 0 * _Y.astype(np.intp), np.floor(_Y * 2).astype(np.intp)
    tone = np.random.default_rng(71).random((4, 4), dtype=np.float32)[column, row + 0 * column]
    veins = np.abs(fbm(_S, (4, 4), 4, 72) - 0.5)
    colour = mix(rgb(0x484037), rgb(0x6A5F51), tone * 0.5 + 0.35 * (column + row) % 2 + 0.4 * veins)
    if side >= 0:
        glaze = TEAM_COLOURS[side] * (0.45 + 0.3 * tone)[..., None]
        colour = mix(colour, glaze, ((column + row) % 2) * 0.95 + 0.05)
    colour = mix(rgb(0x2E2A25), colour, step(0.006, 0.018, gap)) * (0.8 + 1.2 * veins)[..., None]
    return _Coat(colour, np.clip(gap / 0.03, 0, 1) * (0.85 + 0.3 * tone), np.zeros((*_S, 3), np.float32))


def _concrete_ceiling(side: int) -> _Coat:
    """A coffer about a panel of light."""
    rim = np.minimum(_edge(_X, 2.0), _edge(_Y, 2.0))
    colour = _concrete(81, 0x8A8781, 0xA9A69E)
    colour = mix(colour, _paint(side, 0x8A8781, 0.75), _within(rim, 0.12, 0.30))
    height = step(0.42, 0.36, rim)
    colour = colour * (1 - 0.35 * step(0.36, 0.42, rim))[..., None]
    frame, panel = step(0.66, 0.68, rim), step(0.72, 0.74, rim) * step(0.012, 0.022, _edge(_X, 0.5))
    return _Coat(mix(colour, rgb(0x4A4A4A), frame), height + 0.6 * frame, 0.95 * panel[..., None] * _lamp(side))


def _metal_ceiling(side: int) -> _Coat:
    """A dark grid of girders over pipes, with two tubes of light."""
    girder = step(0.13, 0.11, np.minimum(_edge(_X, 2.0), _edge(_Y, 1.0)))
    pipes = np.clip(np.sin(_X * 4 * np.pi) + 0 * _Y, 0, 1) ** 0.5
    colour = mix(rgb(0x35393D), rgb(0x5E6367), pipes * 0.8 + 0.2 * fbm(_S, (4, 4), 3, 91))
    colour = mix(colour, _paint(side, 0x777B7E, 0.8), girder)
    height = 0.6 * pipes + girder * (1.2 - 0.6 * pipes) + 0.4 * girder * _bolts(_X, _Y, (0.25, 1.0), (0.125, 0.0), 0.03)
    tube = step(0.06, 0.04, np.abs(_edge(_Y, 1.0) - 0.5)) * step(0.3, 0.33, _edge(_X, 2.0))
    tray = step(0.13, 0.11, np.abs(_edge(_Y, 1.0) - 0.5)) * step(0.24, 0.26, _edge(_X, 2.0))
    return _Coat(mix(colour, rgb(0x8B8E90), tray), height * (1 - tray) + tray, tube[..., None] * _lamp(side))


def _timber_ceiling(side: int) -> _Coat:
    """Plaster between beams, and hung from them round lamps."""
    beam = np.maximum(step(0.11, 0.09, _edge(_X, 1.0)), step(0.15, 0.13, _edge(_Y, 2.0)))
    wood = mix(rgb(0x4A3423), rgb(0x735338), noise(_S, (64, 4), 95) * 0.6 + 0.4 * fbm(_S, (4, 4), 3, 96))
    plaster = mix(rgb(0xA79E8C), rgb(0xC2B9A5), fbm(_S, (4, 4), 4, 97))
    plaster = mix(
        plaster, _paint(side, 0xB0A794, 0.8), step(0.18, 0.20, _edge(_X, 1.0)) * step(0.22, 0.24, _edge(_Y, 2.0))
    )
    away = np.hypot(_X % 1.0 - 0.5, _Y - 1.0)
    colour = mix(mix(plaster, wood, beam), rgb(0x3A3128), step(0.22, 0.20, away))
    return _Coat(colour, beam + 0.5 * step(0.22, 0.19, away), step(0.17, 0.15, away)[..., None] * _lamp(side))


def _grass(side: int) -> Floats:
    """Blades over dark soil; near a base they are sprayed with its colour."""
    tall = _blades(101, 2600)
    patch = fbm(_S, (2, 2), 3, 102)
    colour = mix(rgb(0x1E2E12), mix(rgb(0x5F8A2E), rgb(0x86A043), patch), tall)
    if side >= 0:
        sprayed = mix(TEAM_COLOURS[side] * 0.10, TEAM_COLOURS[side] * 0.95 + 0.02, tall)
        colour = mix(colour, sprayed, 0.62 + 0.36 * step(0.30, 0.65, fbm(_S, (5, 5), 4, 103)))
    return colour * (0.85 + 0.3 * patch)[..., None]


def _blades(seed: int, count: int) -> Floats:
    """How far up its blade each pixel [u, v] is: strokes leaning either way, later ones over earlier."""
    rng = np.random.default_rng(seed)
    foot, lean, length = rng.random((count, 2)) * _N, rng.normal(0, 0.45, count), rng.uniform(5, 13, count)
    up = np.linspace(0, 1, 14)
    u = foot[:, :1] + (lean * length)[:, None] * up**1.5
    v = foot[:, 1:] - length[:, None] * up
    picture = np.zeros(_S, np.float32)
    shade = (0.25 + 0.75 * up) * rng.uniform(0.55, 1.0, (count, 1))
    picture[np.floor(u).astype(np.intp) % _N, np.floor(v).astype(np.intp) % _N] = shade
    return picture


def _dirt() -> Floats:
    """Trodden earth with pebbles."""
    near, _, which = scattered(_S, 400, 111)
    size = np.random.default_rng(113).random(400, dtype=np.float32)[which] * 0.05 - 0.030
    stone = step(0.002, -0.002, near - size)
    grain = fbm(_S, (4, 4), 6, 112)
    colour = mix(rgb(0x5A4430), rgb(0x86694A), grain * 1.6 - 0.3)
    colour = mix(colour, rgb(0x9A8E7C) * (0.7 + 20 * size)[..., None], stone)
    return colour * relief(grain * 1.4 + step(0.003, -0.010, near - size) * (size > 0), 1.2)[..., None]


def _rock_ground() -> Floats:
    """Cracked bedrock, its plates tilted every way."""
    near, second, which = scattered(_S, 25, 121)
    gap = second - near
    grain = fbm(_S, (6, 6), 5, 122)
    tone = np.random.default_rng(123).random(25, dtype=np.float32)[which]
    colour = mix(rgb(0x66625C), rgb(0x95908A), tone * 0.5 + grain * 0.8 - 0.15)
    colour = mix(rgb(0x35332C), colour, step(0.006, 0.03, gap))
    return colour * relief(np.clip(gap / 0.05, 0, 1) * (0.8 + 0.4 * tone) + grain, 1.0)[..., None]


def _sand() -> Floats:
    """Ripples of the wind."""
    bend = fbm(_S, (2, 2), 3, 131)
    ripple = 0.5 + 0.5 * np.sin(2 * np.pi * (_Y * 3.5 + _X * 0.5 + 1.1 * bend))
    colour = mix(rgb(0xB79F72), rgb(0xD6C394), ripple * 0.5 + 0.5 * noise(_S, (64, 64), 132))
    return colour * relief(ripple * 0.8 + 0.35 * noise(_S, (64, 64), 133), 0.45)[..., None]


def _clouds(blue: Floats, turn: Floats, up: Floats, sun: Floats) -> Floats:
    """Clouds on a plane far above: their undersides grey, their rims bright where the sun stands behind."""
    tile = fbm((512, 512), (8, 8), 6, 140)
    reach = 55.0 / np.tan(up + 0.10)
    across, ahead = reach * np.cos(turn), reach * np.sin(turn)

    def density(shift: float) -> Floats:
        where = np.stack([across + shift * np.cos(2.2), ahead + shift * np.sin(2.2)]).astype(np.float32)
        return ndimage.map_coordinates(tile, where, order=1, mode="grid-wrap")

    here, sunward = density(0.0), density(7.0)
    cover = step(0.50, 0.64, here)
    bright = np.clip(0.80 + 2.4 * (here - sunward) - 0.55 * step(0.58, 0.80, here), 0.45, 1.0)
    white = mix(rgb(0x7E93AB), rgb(0xFFFDF8), bright) + (0.25 * np.clip(sun, 0, 1) ** 10)[..., None]
    return mix(blue, white, cover * (0.92 * step(0.02, 0.2, up)))


def _mountains(linear: Floats, up: Floats) -> Floats:
    """Two ridges in the haze, the slopes that face the sun brighter."""
    for seed, low, high, colour in ((150, 0.02, 0.20, 0x84A2BD), (160, 0.0, 0.13, 0x577788)):
        rough = fbm((SKY_SHAPE[0], 1), (10, 1), 6, seed)
        ridge = low + (high - low) * (1 - 2 * np.abs(rough - 0.5)) ** 1.6
        slope = np.roll(ridge, -4, 0) - np.roll(ridge, 4, 0) + 0.02 * (noise(SKY_SHAPE, (200, 24), seed) - 0.5)
        shade = rgb(colour) * (1 + np.clip(14 * slope, -0.3, 0.1))[..., None]
        hazy = mix(shade, rgb(0xC3D6E2), step(0.09, 0.0, up + 0 * ridge) * 0.85)
        linear = mix(linear, hazy, step(0.004, -0.004, up - ridge))
    return linear
