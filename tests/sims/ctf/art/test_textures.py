import hashlib

import numpy as np
import pytest

from sims.ctf.art import textures
from sims.ctf.art.paint import pack, to_linear, to_srgb, unpack
from sims.ctf.art.textures import LEVELS, N_THEMES, SIZE_BITS, atlas, sky, surface

KINDS = range(textures.WALL, textures.SAND + 1)
EVERY = sorted({surface(kind, theme) for kind in KINDS for theme in range(N_THEMES)})
SIDED = [
    (textures.WALL, textures.WALL_RED, textures.WALL_BLUE),
    (textures.FLOOR, textures.FLOOR_RED, textures.FLOOR_BLUE),
    (textures.CEILING, textures.CEILING_RED, textures.CEILING_BLUE),
    (textures.GRASS, textures.GRASS_RED, textures.GRASS_BLUE),
]


def mip(texture: int, level: int) -> np.ndarray:
    """Linear rgb [u, v, 3]."""
    size = (1 << SIZE_BITS) >> level
    start = atlas().base[texture, level]
    return unpack(atlas().texels[start : start + size * size].reshape(size, size))[0]


def test_every_surface_has_a_texture_of_its_own():
    assert EVERY == list(range(len(EVERY))) == list(range(len(atlas().base)))
    assert surface(textures.GRASS, 0) == surface(textures.GRASS, 2)
    means = np.array([mip(texture, 0).mean((0, 1)) for texture in EVERY])
    apart = np.abs(means[:, None] - means[None]).max(-1) + np.eye(len(EVERY))
    assert apart.min() > 0.003


def test_the_atlas_is_packed_without_gaps():
    sizes = [4 ** (SIZE_BITS - level) for level in range(LEVELS)]
    starts = np.concatenate([[0], np.cumsum(np.tile(sizes, len(EVERY)))])
    assert atlas().texels.dtype == np.uint32
    assert atlas().base.dtype == np.int32
    np.testing.assert_array_equal(atlas().base.ravel(), starts[:-1])
    assert atlas().texels.shape == (starts[-1],)
    assert (atlas().texels >> 24 == 255).all()


def test_colours_survive_packing():
    x = np.linspace(0, 1, 256, dtype=np.float32)
    np.testing.assert_allclose(to_srgb(to_linear(x)), x, atol=1e-5)
    texels = pack(to_linear(np.stack([x, x[::-1], x * 0], -1)))
    np.testing.assert_array_equal(texels & 255, np.arange(256))
    np.testing.assert_array_equal(texels >> 8 & 255, np.arange(256)[::-1])
    np.testing.assert_array_equal(pack(unpack(texels)[0]), texels)


@pytest.mark.parametrize("texture", EVERY)
def test_mips_are_as_bright_as_the_texture(texture):
    for level in range(1, LEVELS):
        fine, coarse = mip(texture, level - 1), mip(texture, level)
        boxes = fine.reshape(len(coarse), 2, len(coarse), 2, 3).mean((1, 3))
        np.testing.assert_allclose(to_srgb(coarse), to_srgb(boxes), atol=2.0 / 255)
        np.testing.assert_allclose(coarse.mean((0, 1)), mip(texture, 0).mean((0, 1)), atol=0.006)


def steps(picture: np.ndarray) -> np.ndarray:
    """Mean difference in linear light between each column and the next, the last and the first included."""
    return np.abs(picture - np.roll(picture, -1, 0)).mean((1, 2))


@pytest.mark.parametrize("texture", EVERY)
def test_textures_tile(texture):
    across = steps(mip(texture, 0))
    assert across[-1] <= 1.1 * across[:-1].max()
    if texture >= surface(textures.FLOOR):
        down = steps(mip(texture, 0).swapaxes(0, 1))
        assert down[-1] <= 1.1 * down[:-1].max()


@pytest.mark.parametrize("kinds", SIDED)
@pytest.mark.parametrize("theme", range(N_THEMES))
def test_sides_differ_in_colour_from_near_and_far(kinds, theme):
    for level in range(LEVELS):
        none, red, blue = (mip(surface(kind, theme), level).mean((0, 1)) for kind in kinds)
        assert red[0] > 1.5 * red[2]
        assert blue[2] > 1.5 * blue[0]
        assert (red[0] - red[2]) > (none[0] - none[2]) + 0.05
        assert (blue[2] - blue[0]) > (none[2] - none[0]) + 0.05


@pytest.mark.parametrize("theme", range(N_THEMES))
def test_neutral_walls_are_greyish_and_floors_the_darkest(theme):
    wall, floor, ceiling = (
        mip(surface(kind, theme), 0).mean((0, 1)) for kind in (textures.WALL, textures.FLOOR, textures.CEILING)
    )
    assert wall.max() < 1.9 * wall.min()
    assert floor.mean() < 0.95 * wall.mean()
    assert floor.mean() < 0.9 * ceiling.mean()


def test_the_sky_goes_around_and_is_brightest_at_the_sun():
    assert sky().shape == textures.SKY_SHAPE
    assert sky().dtype == np.uint32
    assert (sky() >> 24 == 255).all()
    linear = unpack(sky())[0]
    around = steps(linear)
    assert around[-1] <= np.quantile(around, 0.99)
    assert linear.mean(-1).max() > 0.95
    assert 0.0005 < (linear.mean(-1) > 0.95).mean() < 0.03
    assert linear[:, -1].mean(0)[2] > 1.5 * linear[:, -1].mean(0)[0]
    assert linear[:, 0].mean() > linear[:, -1].mean() * 0.9


def test_every_build_is_the_same():
    first = [hashlib.sha256(texels.tobytes()).hexdigest() for texels in (atlas().texels, sky())]
    again = [hashlib.sha256(texels.tobytes()).hexdigest() for texels in (atlas.__wrapped__().texels, sky.__wrapped__())]
    assert first == again
    assert atlas() is atlas()
