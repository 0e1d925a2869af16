"""What the renderer paints with: all textures and sprites in the arrays that its kernels read."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.ctf.art import sprites as figures
from sims.ctf.art import textures
from sims.ctf.state import WALL_HEIGHT

SIZE_BITS = textures.SIZE_BITS
LAST_LEVEL = textures.LEVELS - 1
TEXELS_A_METRE = (1 << SIZE_BITS) / 2.0
"""Of floors: a texture covers a cell."""

WALL_TEXELS_A_METRE = (1 << SIZE_BITS) / WALL_HEIGHT

KINDS = (
    (textures.WALL, textures.WALL_RED, textures.WALL_BLUE),
    (textures.FLOOR, textures.FLOOR_RED, textures.FLOOR_BLUE),
    (textures.CEILING, textures.CEILING_RED, textures.CEILING_BLUE),
    (textures.GRASS, textures.GRASS_RED, textures.GRASS_BLUE),
    (textures.ROCK_GROUND, textures.ROCK_GROUND, textures.ROCK_GROUND),
    (textures.DIRT, textures.DIRT, textures.SAND),
)
"""Textures of a theme in the order of `Art.texels`: in threes, nobody's, red's, blue's."""

WALL_KIND, FLOOR_KIND, CEILING_KIND, GRASS_KIND, ROCK_KIND, DIRT_KIND = 0, 3, 6, 9, 12, 15
N_KINDS = 18
N_THEMES = textures.N_THEMES


class Art(NamedTuple):
    """Texels are packed as R | G << 8 | B << 16 | A << 24.

    Texture t of theme h at mip level l begins at `level_base[l] + (h * N_KINDS + t) * size^2`, size = 64 >> l, and is
    stored column by column (`u * size + v`).
    """

    texels: NDArray[np.uint32]
    level_base: NDArray[np.int32]  # [level]
    sprite_texels: NDArray[np.uint32]
    sprite_base: NDArray[np.int32]  # [sprite, level]
    sprite_bits: NDArray[np.int32]  # [sprite, 2] log2 of width and height in texels at level 0
    sprite_size: NDArray[np.float32]  # [sprite, 2] width and height in metres
    span_base: NDArray[np.int32]  # [sprite, level] where its columns begin in `spans`
    spans: NDArray[np.int32]  # [column, 2] first opaque row of a sprite's column, and the first below the last
    figure: NDArray[np.int32]  # [team, frame, view]: sprites
    flag: NDArray[np.int32]  # [team, frame]
    stand: NDArray[np.int32]  # [team]
    gadget: NDArray[np.int32]  # [team]
    tree: NDArray[np.int32]  # [kind]
    rock: NDArray[np.int32]  # [kind]
    sky: NDArray[np.uint32]  # flat [azimuth, elevation]


@cache
def art() -> Art:
    """All that is painted with; made once in a process (about two seconds)."""
    atlas, billboards = textures.atlas(), figures.sprites()
    parts, bases = [], []
    for level in range(textures.LEVELS):
        bases.append(sum(part.size for part in parts))
        area = ((1 << SIZE_BITS) >> level) ** 2
        for theme in range(N_THEMES):
            for kind in (kind for three in KINDS for kind in three):
                begin = atlas.base[textures.surface(kind, theme), level]
                parts.append(atlas.texels[begin : begin + area])
    span_base, spans = _spans(billboards)
    return Art(
        texels=np.concatenate(parts),
        level_base=np.array(bases, np.int32),
        sprite_texels=billboards.texels,
        sprite_base=billboards.base,
        sprite_bits=billboards.bits,
        sprite_size=billboards.size,
        span_base=span_base,
        spans=spans,
        figure=_numbers(figures.figure, 2, 3, 16),
        flag=_numbers(figures.flag, 2, 4),
        stand=_numbers(figures.stand, 2),
        gadget=_numbers(figures.gadget, 2),
        tree=_numbers(figures.tree, 3),
        rock=_numbers(figures.rock, 2),
        sky=np.ascontiguousarray(textures.sky()).reshape(-1),
    )


def _spans(billboards: figures.Sprites) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """`Art.span_base` and `Art.spans`: most of a sprite's rectangle is empty, and is not looked at."""
    bases, spans = np.zeros(billboards.base.shape, np.int32), []
    n = 0
    for (sprite, level), begin in np.ndenumerate(billboards.base):
        columns, rows = (1 << billboards.bits[sprite]) >> level
        opaque = (billboards.texels[begin : begin + columns * rows] >> 24 > 0).reshape(columns, rows)
        first = np.where(opaque.any(1), opaque.argmax(1), 0)
        stop = np.where(opaque.any(1), rows - opaque[:, ::-1].argmax(1), 0)
        bases[sprite, level] = n
        spans.append(np.stack([first, stop], axis=1).astype(np.int32))
        n += columns
    return bases, np.concatenate(spans)


def _numbers(of: Callable[..., int], *shape: int) -> NDArray[np.int32]:
    """The sprite numbers of a family, by its indices."""
    return np.array([of(*index) for index in np.ndindex(*shape)], np.int32).reshape(shape)
