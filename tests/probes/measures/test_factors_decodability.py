"""Linear decoders of factors that were planted, and of factors that are not there."""

import numpy as np
import pytest

from probes.measures.factors import linear_decodability

N_ASSETS, EACH, N_UNITS = 20, 10, 12
ASSETS = np.repeat(np.arange(N_ASSETS), EACH)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def planted(rng, codes, strength):
    """Activations that an asset shifts, and a factor too along directions of its own."""
    noise = rng.normal(size=(len(codes), N_UNITS)) + rng.normal(size=(N_ASSETS, N_UNITS))[ASSETS]
    return noise + strength * rng.normal(size=(codes.max() + 1, N_UNITS))[codes]


def test_a_planted_class_is_read(rng):
    codes = np.tile(np.arange(EACH) % 3, N_ASSETS)
    names = np.array(["day", "dusk", "night"])[codes]
    found = linear_decodability(planted(rng, codes, 8.0), names, ASSETS, n_resamples=200)
    assert found.score > 0.97
    assert (found.kind, found.chance, found.n) == ("score", pytest.approx(1 / 3), 200)
    assert found.interval[0] <= found.score <= found.interval[1]


def test_a_class_that_is_not_there_is_read_at_chance(rng):
    codes = np.tile(np.arange(EACH) % 2, N_ASSETS)
    found = linear_decodability(planted(rng, codes, 0.0), codes.astype(bool), ASSETS, n_null=5, n_resamples=300)
    assert found.score == pytest.approx(0.5, abs=0.12)
    assert found.chance == pytest.approx(0.5, abs=0.12)
    assert found.interval[0] < 0.5 < found.interval[1]


def test_knowing_the_asset_is_not_knowing_the_factor(rng):
    of_asset = rng.permutation(np.arange(N_ASSETS) % 2)
    activations = np.eye(N_ASSETS)[ASSETS] + 0.01 * rng.normal(size=(len(ASSETS), N_ASSETS))
    labels = np.array(["a", "b"])[of_asset[ASSETS]]
    apart = linear_decodability(activations, labels, ASSETS, n_null=3)
    assert apart.score < 0.7
    assert apart.chance < 0.7
    mixed = linear_decodability(activations, labels, np.arange(len(ASSETS)))  # what a split by sample would claim
    assert mixed.score == 1.0


def test_a_planted_number_is_read(rng):
    yaw = rng.uniform(-180.0, 180.0, len(ASSETS))
    x = 0.1 * rng.normal(size=(len(ASSETS), N_UNITS)) + yaw[:, None] * rng.normal(size=N_UNITS)
    found = linear_decodability(x, yaw, ASSETS, n_resamples=100, n_null=3)
    assert found.score > 0.999
    assert found.interval[0] > 0.999
    assert -0.5 < found.chance < 0.1  # of shuffled values, worse than the mean
    assert linear_decodability(x, yaw, ASSETS).chance == 0.0
    assert linear_decodability(x[:, :1] * 0.0, yaw, ASSETS).score == pytest.approx(0.0, abs=1e-9)


def test_numbers_are_classes_where_they_are_asked_for_as_such(rng):
    codes = np.tile(np.arange(EACH) % 4, N_ASSETS)
    angle = 90 * codes
    around = np.stack([np.cos(np.radians(angle)), np.sin(np.radians(angle))], 1) + 0.01 * rng.normal(size=(200, 2))
    assert linear_decodability(around, angle, ASSETS, read_as="classes").score == 1.0
    assert linear_decodability(around, angle, ASSETS, read_as="numbers").score < 0.9
    assert linear_decodability(around, np.cos(np.radians(angle)), ASSETS).score > 0.99


def test_components_stand_in_for_many_units(rng):
    codes = np.tile(np.arange(EACH) % 2, N_ASSETS)
    wide = np.concatenate([planted(rng, codes, 8.0), 0.01 * rng.normal(size=(200, 200))], 1)
    with pytest.raises(
        ValueError, match="160 training samples are too few for a decoder of 212 units, which needs 424"
    ):
        linear_decodability(wide, codes, ASSETS, read_as="classes")
    with pytest.raises(ValueError, match=r"give 530 samples in all, or read n_components=80 or fewer"):
        linear_decodability(wide, codes, ASSETS, read_as="classes")
    found = linear_decodability(wide, codes, ASSETS, read_as="classes", n_components=20)
    assert found.score > 0.9
    with pytest.raises(ValueError, match="n_components must be from 1 to the 212 units, got 0"):
        linear_decodability(wide, codes, ASSETS, read_as="classes", n_components=0)


@pytest.mark.parametrize("of", [np.float16, np.float32, np.int32])
def test_scale_layout_and_type_do_not_matter(rng, of):
    codes = np.tile(np.arange(EACH) % 2, N_ASSETS)
    x = (10 * planted(rng, codes, 6.0)).astype(of)
    whole = linear_decodability(x, codes, ASSETS, read_as="classes")
    assert linear_decodability(np.asfortranarray(x), codes, ASSETS, read_as="classes") == whole
    assert linear_decodability(1e-6 * x.astype(float), codes, ASSETS, read_as="classes").score == whole.score
    dead = np.concatenate([x, np.full((len(x), 3), 7, of)], 1)
    assert linear_decodability(dead, codes, ASSETS, read_as="classes").score == whole.score


def test_what_can_not_be_read_is_refused(rng):
    codes = np.tile(np.arange(EACH) % 2, N_ASSETS)
    x = planted(rng, codes, 1.0)
    with pytest.raises(ValueError, match="the factor is always 3, expected two values"):
        linear_decodability(x, np.full(200, 3), ASSETS)
    with pytest.raises(ValueError, match="read_as must be classes or numbers, got 'angles'"):
        linear_decodability(x, codes, ASSETS, read_as="angles")
    with pytest.raises(ValueError, match=r"the factor's values are text .'a'.: read them as classes"):
        linear_decodability(x, np.array(["a", "b"])[codes], ASSETS, read_as="numbers")
    with pytest.raises(ValueError, match="all samples are of one asset"):
        linear_decodability(x, codes, np.zeros(200))
    with pytest.raises(ValueError, match=r"the class 'rare' is on 1 of 20 assets, .*: show it on 2 assets or more"):
        linear_decodability(x, np.where(ASSETS == 0, "rare", "usual"), ASSETS)
    with pytest.raises(ValueError, match=r"penalty must be above 0, got 0\.0"):
        linear_decodability(x, codes, ASSETS, penalty=0.0)
    with pytest.raises(ValueError, match="the bootstrap needs 10 assets at least"):
        linear_decodability(x, codes, ASSETS // 10, n_resamples=10)
    with pytest.raises(ValueError, match="activations must be finite, got nan at sample 0"):
        linear_decodability(np.full((200, 2), np.nan), codes, ASSETS)
    with pytest.raises(ValueError, match="values must be of the same 200 samples"):
        linear_decodability(x, codes[:50], ASSETS)
