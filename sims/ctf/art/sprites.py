"""The sprites of Capture the Flag: players, flags, their stands, trees, rocks and the viewer's own gadget.

All are ray-cast from small solid models under one light, so they are consistent from every side.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.ctf.art.paint import TEAM_COLOURS, TEAM_GLOWS, Floats, Texels, fbm, halved, mix, pack, rgb, step
from sims.ctf.art.solids import (
    EMPTY,
    Material,
    Picture,
    Solid,
    ball,
    box,
    cast,
    cone,
    lights,
    limb,
    mirrored,
    shade,
    turned,
)

LEVELS = 5
N_HEADINGS = 16
N_FRAMES = 3
N_FLAG_FRAMES = 4
N_TREES = 3
N_ROCKS = 2

STAND_TOP = 0.5
"""Metres above a stand's foot where, in its sprite, the middle of its top is: where a flag on it is to be planted."""

_ENOUGH = 0.4  # the share from which a texel is opaque: a little less than half, or thin limbs and poles break up
_FIGURE = (1.2, 1.86)  # metres; models stand on y = 0 and face -z
MAIN, DEEP, DARK, PALE, GLOW, VISOR, STEEL = range(7)
BARK, LEAF = 0, 1  # of trees; LEAF and the two after it are shades of one green; STEEL is their stone

_FLAG, _STAND = 2 * N_FRAMES * N_HEADINGS, 2 * N_FRAMES * N_HEADINGS + 2 * N_FLAG_FRAMES
_TREE, _ROCK, _GADGET = _STAND + 2, _STAND + 2 + N_TREES, _STAND + 2 + N_TREES + N_ROCKS


class Sprites(NamedTuple):
    """Every sprite at every mip level; texel (u, v) of level l is at `base[sprite, l] + u * (height >> l) + v`."""

    texels: Texels  # [n] R | G << 8 | B << 16 | A << 24, A 0 or 255; u to the right, v down from the top
    base: NDArray[np.int32]  # [sprite, level]
    bits: NDArray[np.int32]  # [sprite, 2] log2 of width and height in texels at level 0
    size: NDArray[np.float32]  # [sprite, 2] width and height in metres; of gadgets, in widths and heights of the frame


class _Painted(NamedTuple):
    colour: Floats  # [u, v, 3] linear
    share: Floats  # [u, v] 0..1, how much of each texel is covered
    size: tuple[float, float]


def figure(team: int, frame: int, heading: int) -> int:
    """The sprite of a player 1.8 m tall: frame 0 stands, 1 and 2 are the two strides of walking.

    The heading is as the viewer sees it, in sixteenths of a turn anticlockwise from above: 0 faces away (its back is
    seen), 4 walks to the viewer's left, 8 faces the viewer, 12 walks to the right.
    """
    return (team * N_FRAMES + frame) * N_HEADINGS + heading


def flag(team: int, frame: int) -> int:
    """The sprite of a flag 2.0 m tall, in one of 4 frames of its waving; its pole is in the middle."""
    return _FLAG + team * N_FLAG_FRAMES + frame


def stand(team: int) -> int:
    """The sprite of the stand a team's flag belongs on, 0.35 m high and 1.4 m wide; see also `STAND_TOP`."""
    return _STAND + team


def tree(kind: int) -> int:
    """The sprite of a tree: 0 a conifer, 1 and 2 leafy."""
    return _TREE + kind


def rock(kind: int) -> int:
    """The sprite of a rock: 0 a boulder, 1 a flat heap."""
    return _ROCK + kind


def gadget(team: int = 0) -> int:
    """The sprite of the viewer's own gadget, to be laid over the bottom of the frame, somewhat right of the middle."""
    return _GADGET + team


@cache
def sprites() -> Sprites:
    """All sprites; the numbers are those of `figure`, `flag`, `stand`, `tree`, `rock` and `gadget`."""
    painted = [*_figures(), *(_flag(team, frame) for team in (0, 1) for frame in range(N_FLAG_FRAMES))]
    painted += [*(_stand(team) for team in (0, 1)), *(_tree(kind) for kind in range(N_TREES))]
    painted += [*(_rock(kind) for kind in range(N_ROCKS)), *(_gadget(team) for team in (0, 1))]
    mips = [_mips(picture) for picture in painted]
    sizes = np.array([[mip.size for mip in chain] for chain in mips])
    base = np.concatenate([[0], np.cumsum(sizes.ravel())[:-1]]).reshape(sizes.shape).astype(np.int32)
    bits = np.log2([chain[0].shape for chain in mips]).astype(np.int32)
    texels = np.concatenate([mip.ravel() for chain in mips for mip in chain])
    return Sprites(texels, base, bits, np.array([p.size for p in painted], np.float32))


def _mips(painted: _Painted) -> list[Texels]:
    """Level 0 with its dark outline, then ever smaller ones without, for there it would eat up the colour."""
    colour, share = painted.colour, painted.share
    opaque = share >= _ENOUGH
    edge = opaque & np.logical_not(ndimage.binary_erosion(opaque, border_value=1))
    mips = [pack(np.where(edge[..., None], colour * 0.45, colour), opaque)]
    for _ in range(1, LEVELS):
        colour, share = _smaller(colour, share)
        mips.append(pack(colour, share >= _ENOUGH))
    return mips


def _smaller(colour: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Half the size: the share of each texel that is covered, and the mean colour of what covers it."""
    total = halved(share)
    return halved(colour * share[..., None]) / np.maximum(total, 1e-6)[..., None], total


def _painted(picture: Picture, linear: Floats, size: tuple[float, float]) -> _Painted:
    """From a picture cast at twice the size."""
    return _Painted(*_smaller(np.minimum(linear, 1), (picture.depth > EMPTY).astype(np.float32)), size)


def _seen(solids: list[Solid], view: Floats, size: tuple[float, float], bits: tuple[int, int], foot: float) -> Picture:
    """Cast at twice the size; the origin is `foot` metres above the middle of the bottom edge."""
    return cast(solids, view, (-size[0] / 2, -foot), size, (2 << bits[0], 2 << bits[1]))


def _figures() -> list[_Painted]:
    """All teams, frames and headings. Models are mirror images, so only half of the headings is cast."""
    pictures = {}
    for frame in range(N_FRAMES):
        for heading in range(N_HEADINGS // 2 + 1):
            view = turned(2 * np.pi * heading / N_HEADINGS, 0.14)
            picture = _seen(_robot_model(frame), view, _FIGURE, (6, 7), 0.03)
            pictures[frame, heading] = picture
            if 0 < heading < N_HEADINGS // 2:
                pictures[(0, 2, 1)[frame], N_HEADINGS - heading] = mirrored(picture)
    keys = [(frame, heading) for frame in range(N_FRAMES) for heading in range(N_HEADINGS)]
    light = {key: lights(pictures[key], 2 * 64 / _FIGURE[0]) for key in keys}
    return [_painted(pictures[key], shade(pictures[key], light[key], _palette(team)), _FIGURE)
            for team in (0, 1) for key in keys]  # fmt: skip


def _flag(team: int, frame: int) -> _Painted:
    """The pole is a model; the cloth is a sheet that waves in proportion to the distance from the pole."""
    size, shape = (2.0, 2.0), (256, 256)
    pole = _seen(_flag_pole_model(), turned(0.0, 0.05), size, (7, 7), 0.0)
    linear = shade(pole, lights(pole, 128.0), _palette(team))
    along = (np.arange(shape[0], dtype=np.float32)[:, None] + 0.5) / 128 - 1.0
    down = (np.arange(shape[1], dtype=np.float32) + 0.5) / 128
    u = (along - 0.06) / 0.90
    wave = 9.0 * u - 2 * np.pi * frame / N_FLAG_FRAMES + 0.9 * down
    v = (down - 0.10 - 0.055 * u * np.sin(wave) - 0.05 * u * u) / 0.90
    cloth = (u > 0) & (u < 1 - 0.02 * np.sin(wave)) & (v > 0) & (v < 1)
    slope = np.cos(wave) * np.sqrt(np.clip(u, 0.02, 1))
    linear[cloth] = (_emblem(team, u, v) * (0.95 + 0.38 * slope + 0.3 * np.clip(slope, 0.6, 1) - 0.18)[..., None])[
        cloth
    ]
    depth = np.where(cloth, 1.0, pole.depth).astype(np.float32)
    return _painted(pole._replace(depth=depth), linear, size)


def _emblem(team: int, u: Floats, v: Floats) -> Floats:
    """The cloth [u, v, 3] of a team: red a chevron, blue a ring about a disc, on a field with a pale hem."""
    x, y = u - 0.5, v - 0.5 + 0 * u
    if team == 0:
        bar = y * 1.0 + 0.85 * np.abs(x)
        sign = step(0.030, 0.018, np.abs(np.abs(bar - 0.07) - 0.10) - 0.035) * step(0.32, 0.31, np.abs(x))
    else:
        r = np.hypot(x * 1.18, y)
        sign = np.maximum(step(0.03, 0.02, np.abs(r - 0.27) - 0.025), step(0.14, 0.13, r))
    field = mix(TEAM_COLOURS[team], TEAM_COLOURS[team] * 0.55, step(0.1, 1.0, v + 0 * u))
    hem = np.maximum(step(0.035, 0.03, np.minimum(v, 1 - v) + 0 * u), step(0.035, 0.03, np.minimum(u, 1 - u) + 0 * v))
    return mix(mix(field, TEAM_COLOURS[team] * 0.25, hem), np.array([0.92, 0.88, 0.8], np.float32), sign)


def _stand(team: int) -> _Painted:
    size, bits = (1.4, 0.66), (7, 6)
    picture = _seen(_stand_model(), turned(0.2, 0.22), size, bits, 0.155)
    return _painted(picture, shade(picture, lights(picture, 256 / size[0]), _palette(team)), size)


def _tree(kind: int) -> _Painted:
    size = ((3.6, 7.6), (5.2, 6.4), (4.4, 5.4))[kind]
    bits = (6 if kind == 0 else 7, 7)
    picture = _rough(_seen(_tree_model(kind), turned(0.0, 0.08), size, bits, 0.05), 0.35, kind)
    diffuse, shine = lights(picture, (2 << bits[0]) / size[0])
    height = np.linspace(1.18, 0.72, picture.depth.shape[1], dtype=np.float32)
    return _painted(picture, shade(picture, (diffuse * height, shine), _palette(2 + kind)), size)


def _rock(kind: int) -> _Painted:
    size = ((1.8, 1.3), (2.2, 0.9))[kind]
    picture = _rough(_seen(_rock_model(kind), turned(0.0, 0.1), size, (6, 6), 0.02), 0.3, 5 + kind)
    linear = shade(picture, lights(picture, 128 / size[0]), _palette(2))
    moss = step(0.45, 0.85, picture.normal[..., 1] + 0.5 * fbm(picture.depth.shape, (6, 6), 3, kind) - 0.25)
    return _painted(picture, mix(linear, linear * np.array([0.55, 0.95, 0.30], np.float32), moss), size)


def _gadget(team: int) -> _Painted:
    size = (0.45, 0.45)
    picture = cast(_gadget_model(), turned(0.40, 0.34), (-0.55, -0.5), (1.0, 1.0), (256, 256))
    return _painted(picture, shade(picture, lights(picture, 256.0), _palette(team)), size)


def _rough(picture: Picture, strength: float, seed: int) -> Picture:
    """The picture with normals that noise disturbs: bark, leaves, stone."""
    shape = picture.depth.shape
    bumps = [fbm(shape, (shape[0] // 16, shape[1] // 16), 3, 40 + seed + 7 * k) - 0.5 for k in range(2)]
    normal = picture.normal + 4 * strength * np.stack([*bumps, np.zeros(shape)], -1).astype(np.float32)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-6
    return picture._replace(normal=normal.astype(np.float32))


@cache
def _palette(which: int) -> list[Material]:
    """Materials by number: of the red team (0), of the blue (1), of the trees 0, 1, 2 (2, 3, 4) and of rocks (2)."""
    if which >= 2:
        bark, greens = ((0x4A3A2E, (0x2A5C3C, 0x3A7248, 0x1C4531)), (0x5A4632, (0x4B7A2A, 0x5F9134, 0x3A6524)),
                        (0x6B5A48, (0x7E8A2C, 0x98A33A, 0x5F7026)))[which - 2]  # fmt: skip
        shades = [Material(rgb(green), 0.02) for green in greens]
        return [Material(rgb(bark), 0.02), *shades, Material(rgb(0x8C877E), 0.04), Material(rgb(0x6F6B66), 0.04)]
    main, glow = TEAM_COLOURS[which], TEAM_GLOWS[which]
    visor = rgb((0xFFE9A8, 0xC8FFF4)[which])
    return [Material(main, 0.30), Material(main * 0.38, 0.15), Material(rgb(0x33363D) + main * 0.04, 0.12),
            Material(rgb(0xB9BEC6), 0.30), Material(glow, 0.0, 1.0), Material(visor, 0.4, 0.95),
            Material(rgb(0x7C828C), 0.5)]  # fmt: skip


def _robot_model(frame: int) -> list[Solid]:
    """A player, 1.8 m tall: standing (0) or in one of two strides, which are mirror images."""
    swing = (0.0, 1.0, -1.0)[frame]
    solids = [*_torso(), *_head(), *_held()]
    for side in (-1, 1):
        solids += [*_leg(side, side * swing), *_arm(side)]
    return solids


def _torso() -> list[Solid]:
    return [
        ball(DARK, (0, 0.93, 0), (0.165, 0.11, 0.125)),
        box(MAIN, (0, 0.92, -0.06), (0.07, 0.085, 0.09)),
        box(PALE, (0, 1.0, -0.10), (0.045, 0.025, 0.035), bevel=0.01),
        cone(DARK, (0, 0.95, 0), (0, 1.16, 0), 0.125, 0.14),
        cone(MAIN, (0, 1.10, 0), (0, 1.42, 0), 0.165, 0.225),
        ball(MAIN, (0, 1.40, 0), (0.25, 0.09, 0.16)),
        box(MAIN, (-0.105, 1.32, -0.13), (0.095, 0.085, 0.06), turned(0.18), 0.03),
        box(MAIN, (0.105, 1.32, -0.13), (0.095, 0.085, 0.06), turned(-0.18), 0.03),
        ball(GLOW, (0, 1.335, -0.20), (0.045, 0.045, 0.025)),
        box(DARK, (0, 1.30, 0.20), (0.16, 0.18, 0.08), bevel=0.035),
        box(MAIN, (0, 1.44, 0.22), (0.17, 0.05, 0.09), bevel=0.03),
        box(GLOW, (0, 1.29, 0.262), (0.035, 0.11, 0.03), bevel=0.01),
        cone(STEEL, (-0.10, 1.15, 0.22), (-0.10, 1.06, 0.24), 0.045, 0.06),
        cone(STEEL, (0.10, 1.15, 0.22), (0.10, 1.06, 0.24), 0.045, 0.06),
    ]


def _head() -> list[Solid]:
    return [
        cone(DEEP, (0, 1.44, 0), (0, 1.53, 0), 0.15, 0.11),
        ball(MAIN, (0, 1.64, 0.01), (0.15, 0.155, 0.165)),
        ball(DARK, (0, 1.585, -0.055), (0.115, 0.10, 0.125)),
        ball(VISOR, (0, 1.65, -0.06), (0.133, 0.062, 0.13)),
        box(DEEP, (0, 1.765, 0.03), (0.025, 0.035, 0.12), turned(0, -0.12), 0.015),
        cone(PALE, (-0.165, 1.63, 0.02), (-0.13, 1.63, 0.02), 0.05),
        cone(PALE, (0.165, 1.63, 0.02), (0.13, 1.63, 0.02), 0.05),
    ]


def _held() -> list[Solid]:
    """The gadget before the chest, pointing ahead."""
    return [
        box(STEEL, (0, 1.20, -0.33), (0.048, 0.06, 0.13), bevel=0.02),
        box(DARK, (0, 1.275, -0.30), (0.022, 0.025, 0.08), bevel=0.01),
        box(DARK, (0, 1.12, -0.28), (0.03, 0.06, 0.035), bevel=0.01),
        cone(DARK, (0, 1.21, -0.45), (0, 1.21, -0.54), 0.04, 0.034),
        cone(GLOW, (0, 1.21, -0.54), (0, 1.21, -0.575), 0.046, 0.03),
    ]


def _arm(side: int) -> list[Solid]:
    return [
        ball(MAIN, (0.30 * side, 1.415, 0), (0.115, 0.105, 0.125)),
        *limb(DARK, (0.30 * side, 1.36, 0), (0.32 * side, 1.14, -0.06), 0.068, 0.06),
        ball(PALE, (0.325 * side, 1.13, -0.055), (0.062, 0.062, 0.062)),
        *limb(MAIN, (0.31 * side, 1.13, -0.08), (0.10 * side, 1.18, -0.28), 0.066, 0.055),
        ball(DARK, (0.065 * side, 1.18, -0.30), (0.055, 0.06, 0.06)),
    ]


def _leg(side: int, swing: float) -> list[Solid]:
    """A leg; swing 1 is forward and -1 behind, where the knee is bent and the heel lifted."""
    x, back = 0.118 * side, max(-swing, 0.0)
    knee = (x * 1.25, 0.52, -0.04 - 0.17 * swing + 0.05 * back)
    ankle = (x * 1.3, 0.12 + 0.10 * back, 0.01 - 0.24 * swing + 0.08 * back)
    shin = tuple(a * 0.75 + b * 0.25 for a, b in zip(ankle, knee, strict=True))
    foot = (ankle[0], ankle[1] - 0.06, ankle[2] - 0.05)
    return [
        *limb(MAIN, (x, 0.88, 0), knee, 0.112, 0.082),
        ball(DARK, (knee[0], knee[1], knee[2] - 0.03), (0.066, 0.07, 0.062)),
        *limb(DEEP, knee, ankle, 0.07, 0.058),
        *limb(MAIN, (knee[0], knee[1] - 0.10, knee[2]), shin, 0.076, 0.098),
        box(DARK, foot, (0.08, 0.065, 0.145), turned(0, -0.5 * back), 0.035),
    ]


def _flag_pole_model() -> list[Solid]:
    """A pole with a ball on its top, 2.0 m high; 3 cm off the middle, so that in the mips it fills one column."""
    x = 0.031
    return [
        cone(STEEL, (x, 0, 0), (x, 1.90, 0), 0.028),
        ball(GLOW, (x, 1.93, 0), (0.05, 0.05, 0.05)),
        cone(DARK, (x, 0, 0), (x, 0.25, 0), 0.04, 0.03),
        cone(PALE, (x, 1.84, 0), (x, 1.88, 0), 0.036),
    ]


def _stand_model() -> list[Solid]:
    """The round stand of a flag, 0.35 m high."""
    solids = [
        cone(DARK, (0, 0, 0), (0, 0.08, 0), 0.70, 0.70),
        cone(STEEL, (0, 0.08, 0), (0, 0.28, 0), 0.66, 0.56),
        cone(DARK, (0, 0.28, 0), (0, 0.33, 0), 0.60, 0.60),
        cone(GLOW, (0, 0.33, 0), (0, 0.345, 0), 0.55, 0.55),
        cone(DARK, (0, 0.33, 0), (0, 0.35, 0), 0.44, 0.44),
        cone(MAIN, (0, 0.35, 0), (0, 0.355, 0), 0.34, 0.34),
        cone(PALE, (0, 0.35, 0), (0, 0.38, 0), 0.10, 0.08),
    ]
    for angle in np.arange(8) * np.pi / 4:
        s, c = float(np.sin(angle)), float(np.cos(angle))
        solids.append(box(MAIN, (0.63 * s, 0.17, 0.63 * c), (0.10, 0.10, 0.05), turned(angle), 0.03))
        solids.append(box(GLOW, (0.675 * s, 0.17, 0.675 * c), (0.055, 0.025, 0.03), turned(angle), 0.01))
    return solids


def _tree_model(kind: int) -> list[Solid]:
    """A conifer (0) or one of two leafy trees."""
    rng = np.random.default_rng(60 + kind)
    if kind == 0:
        return _conifer(rng)
    crowns = (
        [((0, 4.3, 0), 1.45), ((-1.2, 3.7, 0.2), 1.05), ((1.25, 3.85, 0.1), 1.1), ((0.2, 5.2, -0.1), 1.0)],
        [((-0.3, 3.3, 0), 1.2), ((0.75, 2.9, 0.3), 1.0), ((0.3, 4.2, 0), 0.95), ((-1.1, 2.6, 0.1), 0.8)],
    )[kind - 1]
    solids = _trunk(2.6 if kind == 1 else 2.0, 0.24 if kind == 1 else 0.19)
    for centre, radius in crowns:
        solids.append(cone(BARK, (0, 1.6, 0), centre, 0.10, 0.04))
        solids += _leaves(rng, np.array(centre), radius, 75)
    return solids


def _trunk(height: float, radius: float) -> list[Solid]:
    flare = [cone(BARK, (0, 0, 0), (0, 0.35, 0), radius * 1.7, radius)]
    return [*flare, cone(BARK, (0, 0.3, 0), (0.06, height, 0), radius * 1.02, radius * 0.7)]


def _leaves(rng: np.random.Generator, centre: np.ndarray, radius: float, count: int) -> list[Solid]:
    """Clumps of leaves over the near side of a crown about a dark core."""
    core = ball(LEAF + 2, tuple(centre), (radius * 0.86, radius * 0.78, radius * 0.8), ragged=0.4)
    ways = rng.normal(size=(count, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    ways[:, 2] = np.abs(ways[:, 2])
    solids = [core]
    for way in ways * rng.uniform(0.72, 1.0, (count, 1)):
        half = radius * rng.uniform(0.13, 0.27) * np.array([1.15, 0.8, 1.0])
        shade = LEAF + int(rng.choice(3, p=(0.5, 0.3, 0.2))) if way[1] > -0.3 else LEAF + 2
        solids.append(ball(shade, tuple(centre + way * radius * (1, 0.9, 1)), tuple(half), ragged=0.75))
    return solids


def _conifer(rng: np.random.Generator) -> list[Solid]:
    """Boughs in whorls, each hanging outwards."""
    solids = [*_trunk(1.6, 0.20), cone(LEAF + 2, (0, 1.2, 0), (0, 7.2, 0), 1.05, 0.03)]
    for k, y in enumerate(np.linspace(1.2, 7.2, 17)):
        reach = 1.72 * (1 - (y - 1.0) / 6.7) ** 0.85 + 0.06
        for angle in np.linspace(0, 2 * np.pi, 15, endpoint=False) + 0.7 * k + rng.normal(0, 0.08, 15):
            length = reach * rng.uniform(0.82, 1.05)
            axes = turned(-angle).T @ _drooped(0.5)
            way = np.array([np.cos(angle), -0.42, np.sin(angle)]) * length * 0.52
            half = (length * 0.56, 0.06 + 0.10 * length, 0.09 + 0.12 * length)
            shade = LEAF + int(rng.choice(3, p=(0.45, 0.3, 0.25)))
            solids.append(ball(shade, (way[0], y + way[1], way[2]), half, axes.astype(np.float32), ragged=0.7))
    return solids


def _drooped(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]], np.float32)


def _rock_model(kind: int) -> list[Solid]:
    """A boulder (0) or a flat heap of slabs (1): blocks turned every way about a core."""
    rng = np.random.default_rng(80 + kind)
    wide, high = ((0.70, 1.05), (0.86, 0.66))[kind]
    solids = [ball(LEAF + 4, (0, 0.0, -0.2), (wide * 0.9, high * 0.6, 0.4))]
    for _ in range(11):
        x = rng.uniform(-0.6, 0.6)
        tall = high * (1 - 0.7 * x * x / 0.36) * rng.uniform(0.5, 0.8)
        half = (wide * rng.uniform(0.2, 0.36), max(tall, 0.2) * 0.6, rng.uniform(0.25, 0.4))
        axes = turned(rng.uniform(-1, 1), rng.uniform(-0.4, 0.4)) @ _drooped(rng.uniform(-0.35, 0.35))
        solids.append(box(LEAF + 3, (x * wide, tall * 0.45, rng.uniform(-0.1, 0.2)), half, axes, bevel=0.06))
    return solids


def _gadget_model() -> list[Solid]:
    """The viewer's own gadget with a gloved hand, pointing ahead; metres, about 1 across."""
    return [
        *limb(MAIN, (0.27, -0.75, 0.40), (0.15, -0.30, 0.22), 0.17, 0.14),
        cone(GLOW, (0.163, -0.345, 0.235), (0.155, -0.315, 0.225), 0.150, 0.148),
        *limb(DARK, (0.14, -0.28, 0.20), (0.06, -0.14, 0.08), 0.115, 0.11),
        box(STEEL, (0.0, 0.02, -0.05), (0.105, 0.115, 0.30), bevel=0.04),
        box(MAIN, (0.0, 0.035, -0.04), (0.118, 0.07, 0.23), bevel=0.03),
        box(DARK, (0.0, 0.15, -0.08), (0.04, 0.04, 0.24), bevel=0.015),
        box(GLOW, (0.0, 0.145, 0.165), (0.03, 0.022, 0.02), bevel=0.01),
        box(GLOW, (-0.108, 0.04, -0.05), (0.015, 0.018, 0.17), bevel=0.005),
        box(DARK, (0.0, 0.02, 0.25), (0.07, 0.07, 0.01), bevel=0.01),
        box(GLOW, (0.0, 0.045, 0.26), (0.045, 0.012, 0.008), bevel=0.005),
        box(PALE, (0.0, 0.0, 0.26), (0.045, 0.010, 0.008), bevel=0.005),
        cone(DARK, (0, 0.03, -0.34), (0, 0.03, -0.80), 0.085, 0.070),
        *(cone(STEEL, (0, 0.03, -z), (0, 0.03, -z - 0.05), 0.098, 0.096) for z in (0.44, 0.56, 0.68)),
        cone(GLOW, (0, 0.03, -0.80), (0, 0.03, -0.86), 0.085, 0.06),
    ]
