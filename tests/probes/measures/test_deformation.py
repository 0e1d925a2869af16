"""Smooth deformations, pixel by pixel, and how far they move a representation."""

import numpy as np
import pytest

from probes.measures.deformation import deform, deformation_curve, deformation_stability

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (6, 17, 21, 3), dtype=np.uint8)
SMOOTH = np.sin(np.arange(24) / (1 + np.arange(1, 13)[:, None]))  # [12, 24]
PICTURES = (SMOOTH[:, :, None] * SMOOTH[:, None, :])[..., None]  # [image, 24, 24, 1]
Z, OTHER = RNG.normal(size=(40, 9)), RNG.normal(size=(40, 9))


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_no_displacement_gives_the_images_to_the_byte(dtype):
    images = IMAGES.astype(dtype)
    same = deform(images, 0.0)
    assert same.dtype == dtype
    assert same.tobytes() == images.tobytes()
    assert not np.shares_memory(same, images)


def test_control_points_show_what_is_at_their_destinations():
    """Pictures whose values are their rows and columns tell where each pixel was taken from."""
    places = np.stack(np.indices((17, 21), np.float64), -1)[None]
    taken = deform(places, 1.5, 7)[0, ::4, ::5]
    moves = np.random.default_rng(7).uniform(-1, 1, (1, 25, 2)).reshape(5, 5, 2)
    wanted = np.clip(places[0, ::4, ::5] + 1.5 * moves, 0, [16, 20])  # beyond the border the nearest pixel goes on
    assert taken == pytest.approx(wanted, abs=1e-9)


def test_a_seed_scales_and_each_image_has_its_own():
    places = np.tile(np.stack(np.indices((33, 33), np.float64), -1)[None], (2, 1, 1, 1))
    by_1, by_2 = ((deform(places, c, 7) - places)[:, 6:-6, 6:-6] for c in (1.0, 2.0))
    assert by_2 == pytest.approx(2 * by_1, abs=1e-9)
    assert np.abs(by_1[0] - by_1[1]).max() > 0.1


def test_deformations_are_bilinear_and_rounded():
    deformed = deform(IMAGES, 2.0)
    assert deformed.dtype == np.uint8
    assert deformed.tolist() == np.rint(deform(IMAGES.astype(float), 2.0)).tolist()
    flat = np.full((1, 8, 8, 2), 201, np.uint8)
    assert deform(flat, 50.0).tobytes() == flat.tobytes()  # folded, and still an image
    assert deform(IMAGES[:, ::2, ::2], 2.0).tolist() == deform(IMAGES[:, ::2, ::2].copy(), 2.0).tolist()
    assert deform(IMAGES[:0], 2.0).shape == (0, 17, 21, 3)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES.astype(np.int64), "must be uint8 or floating .* got int64"),
        (IMAGES[0], r"got uint8 \(17, 21, 3\)"),
        (IMAGES[:, :1], "at least 2 x 2 pixels"),
        (np.where(np.arange(6)[:, None, None, None] == 4, np.nan, IMAGES), "images must be finite, image 4 is not"),
    ],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        deform(images, 1.0)


@pytest.mark.parametrize("displacement", [-1.0, np.inf, np.nan])
def test_a_displacement_out_of_range_is_refused(displacement):
    with pytest.raises(ValueError, match="displacement must be 0 or more pixels, and finite"):
        deform(IMAGES, displacement)


def test_what_does_not_move_is_exactly_0():
    stable = deformation_stability(Z, Z, n_resamples=20)
    assert (stable.score, stable.kind, stable.n, stable.interval) == (0.0, "distance", 40, (0.0, 0.0))


def test_stability_by_hand():
    """East, north and north-east are 1, 0.293 and 0.293 apart; of the three only the first moved, and by 1."""
    z, moved = [[2, 0], [0, 1], [3, 3]], [[0, 5], [0, 1], [1, 1]]
    assert deformation_stability(z, moved).score == pytest.approx((1 / 3) / (1 - np.sqrt(0.5)))


@pytest.mark.parametrize("n", [4, 5, 40])
def test_the_median_is_of_all_pairs(n):
    way = Z[:n] / np.linalg.norm(Z[:n], axis=1, keepdims=True)
    between = (1 - way @ way.T)[np.triu_indices(n, 1)]
    own = 1 - (way * OTHER[:n]).sum(1) / np.linalg.norm(OTHER[:n], axis=1)
    assert deformation_stability(Z[:n], OTHER[:n]).score == pytest.approx(own.mean() / np.median(between), abs=1e-12)


def test_beyond_so_many_images_the_median_is_of_random_pairs():
    z = RNG.normal(size=(400, 9))
    way = z / np.linalg.norm(z, axis=1, keepdims=True)
    median = np.median((1 - way @ way.T)[np.triu_indices(400, 1)])
    moved = deformation_stability(z, -z)  # every image is 2 away from itself
    assert moved.score == pytest.approx(2 / median, rel=0.01)


def test_another_image_is_chance():
    unknown = deformation_stability(Z, OTHER, n_resamples=100)
    assert unknown.interval[0] < unknown.chance < unknown.interval[1]
    known = deformation_stability(Z, Z + 0.1 * OTHER)
    assert known.score < 0.05
    assert known.chance == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_length_changes_nothing(scale):
    long = scale * RNG.uniform(0.1, 1, (40, 1))
    assert deformation_stability(Z * long, OTHER * scale).score == pytest.approx(deformation_stability(Z, OTHER).score)


def test_images_of_one_asset_are_resampled_as_one():
    assets = np.repeat(np.arange(10), 4)
    z, moved = Z[assets] + 0.01 * OTHER, Z[assets] + OTHER[assets]
    alone, together = (deformation_stability(z, moved, n_resamples=200, clusters=c).interval for c in (None, assets))
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_a_curve_rises_from_exactly_0():
    curve = deformation_curve(
        lambda images: images.reshape(len(images), -1), PICTURES, [0, 0.5, 1, 2, 4], n_resamples=9
    )
    scores = [point.score for point in curve.values()]
    assert list(curve) == [0, 0.5, 1, 2, 4]
    assert scores[0] == 0.0
    assert scores == sorted(scores)
    assert scores[-1] > 0.01


@pytest.mark.parametrize("x", [np.ones((40, 9)), np.arange(1, 41)[:, None] * np.ones(9)])
def test_a_constant_representation_is_refused(x):
    with pytest.raises(ValueError, match="z is constant: the median cosine distance of different images is"):
        deformation_stability(x, Z)
    with pytest.raises(ValueError, match="z is constant"):
        deformation_stability(x.astype(np.float32) * np.float32(0.1), Z)


def test_what_has_no_direction_or_no_partner_is_refused():
    dead = np.where(np.arange(40)[:, None] == 3, 0.0, Z)
    with pytest.raises(ValueError, match="z_deformed is zero in all units for 1 images, the first of them 3"):
        deformation_stability(Z, dead)
    with pytest.raises(ValueError, match="z and z_deformed must be of the same samples and units"):
        deformation_stability(Z, OTHER[1:])
    with pytest.raises(ValueError, match="an interval needs at least 10 samples to resample, got 5"):
        deformation_stability(Z[:5], OTHER[:5], n_resamples=10)
