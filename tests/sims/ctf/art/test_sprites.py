import hashlib

import numpy as np
import pytest

from sims.ctf.art.paint import to_linear, unpack
from sims.ctf.art.solids import ball, box, cast, cone, turned
from sims.ctf.art.sprites import (
    LEVELS,
    N_FLAG_FRAMES,
    N_FRAMES,
    N_HEADINGS,
    N_ROCKS,
    N_TREES,
    STAND_TOP,
    figure,
    flag,
    gadget,
    rock,
    sprites,
    stand,
    tree,
)

FIGURES = [figure(team, frame, k) for team in (0, 1) for frame in range(N_FRAMES) for k in range(N_HEADINGS)]
FLAGS = [flag(team, frame) for team in (0, 1) for frame in range(N_FLAG_FRAMES)]
OTHERS = [stand(0), stand(1), *map(tree, range(N_TREES)), *map(rock, range(N_ROCKS)), gadget(0), gadget(1)]
EVERY = [*FIGURES, *FLAGS, *OTHERS]


def texels(sprite: int, level: int = 0) -> np.ndarray:
    width, height = (1 << sprites().bits[sprite]) >> level
    start = sprites().base[sprite, level]
    return sprites().texels[start : start + width * height].reshape(width, height)


def mean_colour(sprite: int, level: int) -> np.ndarray:
    """Linear rgb [3] of what is opaque."""
    colour, opaque = unpack(texels(sprite, level))
    return colour[opaque].mean(0)


def coverage(sprite: int, level: int = 0) -> float:
    return float((texels(sprite, level) > 0).mean())


def test_sprites_are_numbered_and_packed_without_gaps():
    assert list(range(len(sprites().base))) == EVERY
    assert sprites().texels.dtype == np.uint32
    assert sprites().base.dtype == sprites().bits.dtype == np.int32
    assert sprites().size.dtype == np.float32
    sizes = [texels(sprite, level).size for sprite in EVERY for level in range(LEVELS)]
    np.testing.assert_array_equal(sprites().base.ravel(), np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    assert sprites().texels.size == sum(sizes)


def test_texels_are_opaque_or_nothing():
    alpha = sprites().texels >> 24
    assert set(np.unique(alpha)) == {0, 255}
    assert (sprites().texels[alpha == 0] == 0).all()


def test_sizes_are_those_of_the_game():
    size = sprites().size
    assert (size[figure(0, 0, 0)] == np.float32([1.2, 1.86])).all()
    assert size[flag(1, 2), 1] == 2.0
    assert size[stand(0), 0] == np.float32(1.4)
    assert all(5 <= size[tree(kind), 1] <= 8 for kind in range(N_TREES))
    tall = (texels(figure(0, 0, 8)) > 0).any(0).mean() * size[figure(0, 0, 8), 1]
    assert 1.75 < tall < 1.86


@pytest.mark.parametrize("frame", range(N_FRAMES))
def test_headings_differ(frame):
    for level in range(3):
        pictures = [texels(figure(1, frame, heading), level) for heading in range(N_HEADINGS)]
        for k in range(N_HEADINGS):
            for other in range(k):
                assert (pictures[k] != pictures[other]).mean() > 0.01


@pytest.mark.parametrize("heading", range(N_HEADINGS))
def test_left_and_right_are_mirror_images(heading):
    for frame, mirror in ((0, 0), (1, 2), (2, 1)):
        here, there = (texels(figure(0, *which)) > 0 for which in ((frame, heading), (mirror, -heading % N_HEADINGS)))
        assert (here == there[::-1]).mean() > 0.995


def where_bright(sprite: int) -> float:
    """Mean u of the visor, from -1 (left) to 1 (right), or nan where it is not seen."""
    colour, _ = unpack(texels(sprite))
    head = colour[:, :32].min(-1) > 0.3
    return float((np.nonzero(head)[0].mean() + 0.5) / 32 - 1) if head.sum() > 12 else float("nan")


def test_the_visor_shows_the_heading():
    assert abs(where_bright(figure(0, 0, 8))) < 0.05
    assert where_bright(figure(0, 0, 6)) < -0.015
    assert where_bright(figure(0, 0, 10)) > 0.015
    visors = [np.isnan(where_bright(figure(1, 0, heading))) for heading in (0, 8)]
    assert visors == [True, False]


def test_the_gadget_is_held_ahead():
    left, right = (texels(figure(0, 0, heading)) > 0 for heading in (4, 12))
    assert np.nonzero(left.any(1))[0].min() < 8
    assert np.nonzero(right.any(1))[0].max() > 55


@pytest.mark.parametrize("level", range(LEVELS))
def test_teams_are_told_apart_at_every_mip(level):
    for heading in range(N_HEADINGS):
        for frame in range(N_FRAMES):
            red, blue = (mean_colour(figure(team, frame, heading), level) for team in (0, 1))
            assert red[0] > 2.5 * max(red[1], red[2])
            assert blue[2] > 2.0 * max(blue[0], blue[1])
    for red, blue in ((flag(0, 0), flag(1, 0)), (stand(0), stand(1)), (gadget(0), gadget(1))):
        assert mean_colour(red, level)[0] > 1.3 * mean_colour(red, level)[2]
        assert mean_colour(blue, level)[2] > 1.3 * mean_colour(blue, level)[0]


def test_mips_cover_as_much_as_the_sprite():
    for sprite in EVERY:
        for level in range(1, LEVELS):
            assert abs(coverage(sprite, level) - coverage(sprite)) < (0.05 if level < 3 else 0.2)
            assert coverage(sprite, level) > 0.03


def test_sprites_fill_their_frames_but_are_not_cut_off():
    for sprite in EVERY:
        opaque = texels(sprite) > 0
        assert 0.15 < coverage(sprite) < 0.9
        assert opaque[:, 0].mean() < 0.2
        assert opaque[:, -3:].any()
        if sprite not in (stand(0), stand(1)):  # they are as wide as their sprite
            assert opaque[[0, -1]].mean(1).max() < 0.05


def test_the_viewers_gadget_hides_little_of_the_frame():
    for team in (0, 1):
        assert np.prod(sprites().size[gadget(team)]) * coverage(gadget(team)) < 0.08
    assert gadget() == gadget(0)


def test_flags_wave():
    pictures = [texels(flag(0, frame)) for frame in range(N_FLAG_FRAMES)]
    for k in range(N_FLAG_FRAMES):
        assert (pictures[k] != pictures[k - 1]).mean() > 0.05
        assert (texels(flag(0, k))[64:68, -8:] > 0).all()  # the pole stands in the middle


def test_the_middle_of_the_stands_top_is_where_flags_are_planted():
    colour, opaque = unpack(texels(stand(0)))
    row = int((1 - STAND_TOP / sprites().size[stand(0), 1]) * 64)
    assert opaque[64, row]
    assert colour[64, row].min() > float(to_linear(np.float32(0.4)))  # its pale knob


def test_every_build_is_the_same():
    hashes = {hashlib.sha256(build.texels.tobytes()).hexdigest() for build in (sprites(), sprites.__wrapped__())}
    assert len(hashes) == 1


def look(solid):
    return cast([solid], turned(0.0), (-1.0, -1.0), (2.0, 2.0), (100, 100))


def test_solids_are_as_large_as_they_say():
    picture = look(ball(0, (0, 0, 0.2), (0.5, 0.5, 0.5)))
    assert (picture.depth > -1e9).mean() * 4 == pytest.approx(np.pi * 0.25, rel=0.02)
    assert picture.depth.max() == pytest.approx(0.7, abs=1e-3)
    picture = look(box(0, (0, 0, 0), (0.4, 0.2, 0.3)))
    assert (picture.depth > -1e9).mean() * 4 == pytest.approx(0.32, rel=0.02)
    assert picture.depth.max() == pytest.approx(0.3, abs=1e-3)
    picture = look(cone(0, (0, -0.5, 0), (0, 0.5, 0), 0.4, 0.2))
    assert (picture.depth > -1e9).mean() * 4 == pytest.approx(0.6, rel=0.02)
    end = look(cone(0, (0, 0, 0), (0, 0, 0.5), 0.4, 0.2))
    assert (end.depth > -1e9).mean() * 4 == pytest.approx(np.pi * 0.16, rel=0.02)
    assert end.normal[50, 50, 2] == pytest.approx(1.0, abs=1e-4)
