"""Selectivity, dimensionality and ablation of units: what is known by hand, and what is refused."""

import numpy as np
import pytest

from probes.measures.units import class_selectivity, cumulative_ablation, dimensionality

RNG = np.random.default_rng(0)
LABELS = np.repeat(["cat", "dog", "eel"], 20)
MEANS = np.array([[3, 1, 0, 0, 1], [1, 1, 7, 0, 1], [1, 1, 0, 0, 4]], float)  # [class, unit]
NOISE = RNG.uniform(-0.5, 0.5, (60, 5))
SAID = np.repeat(MEANS, 20, 0)


def test_selectivity_by_hand():
    """Means (3, 1, 1): (3 - 1) / (3 + 1). Uniform 0, one-hot 1, dead 0, and (1, 1, 4): 3 / 5."""
    selective = class_selectivity(SAID, LABELS)
    assert selective.units == pytest.approx([0.5, 0.0, 1.0, 0.0, 0.6], abs=1e-6)
    assert selective.mean.score == pytest.approx(2.1 / 5, abs=1e-6)
    assert (selective.mean.kind, selective.mean.n, selective.mean.chance) == ("score", 60, None)


def test_the_others_mean_is_of_class_means_however_many_samples_they_have():
    """Means 4, 2 (of 1 sample) and 0 (of 3): (4 - 1) / (4 + 1)."""
    said = np.array([[3], [5], [2], [0], [0], [0]])
    assert class_selectivity(said, [2, 2, 0, 7, 7, 7]).units == pytest.approx([0.6])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8])
def test_selectivity_of_any_number_in_any_order_and_size(dtype):
    order = RNG.permutation(60)
    shuffled = np.asfortranarray(SAID[order].astype(dtype))
    assert class_selectivity(shuffled, LABELS[order]).units == pytest.approx([0.5, 0.0, 1.0, 0.0, 0.6], abs=1e-6)
    for scale in (1e-5, 1e250):
        assert class_selectivity(SAID * scale, LABELS).units == pytest.approx([0.5, 0.0, 1.0, 0.0, 0.6], abs=1e-6)


def test_selectivity_of_noise_is_its_chance():
    noise = RNG.exponential(size=(60, 200))
    found = class_selectivity(noise, LABELS, n_null=50, n_resamples=100).mean
    assert found.score > 0.05  # of three noisy means one is the highest
    assert found.interval[0] < found.chance < found.interval[1]
    planted = class_selectivity(SAID + 0.5 + NOISE, LABELS, n_null=20, n_resamples=50).mean
    assert planted.chance < planted.interval[0] < planted.score < planted.interval[1]


def test_selectivity_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match=r"activations must not be negative, got -0\.5: .* behind a rectifier"):
        class_selectivity(SAID - 0.5, LABELS)
    with pytest.raises(ValueError, match=r"labels must be of 2 classes or more, got \['cat'\] alone"):
        class_selectivity(SAID[:20], LABELS[:20])
    with pytest.raises(ValueError, match=r"one for each of 60 samples, got <U3 \(59,\)"):
        class_selectivity(SAID, LABELS[1:])
    with pytest.raises(ValueError, match="labels must be whole numbers or names"):
        class_selectivity(SAID, np.full(60, np.nan))
    with pytest.raises(ValueError, match="activations must be finite"):
        class_selectivity(np.where(SAID == 7, np.inf, SAID), LABELS)
    with pytest.raises(ValueError, match="an interval needs at least 10 samples"):
        class_selectivity(SAID[18:22], LABELS[18:22], n_resamples=5)


@pytest.mark.parametrize("rank", [1, 2, 5])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_rank_r_has_at_most_r_dimensions(rank, scale):
    x = scale * (RNG.normal(size=(80, rank)) @ RNG.normal(size=(rank, 30)))
    assert dimensionality(x).score <= rank
    assert dimensionality(x, 1.0).score == rank
    wide = scale * (RNG.normal(size=(20, rank)) @ RNG.normal(size=(rank, 300)))
    assert dimensionality(wide, 1.0).score == rank


def test_dimensions_by_hand():
    """Variances 90, 6 and 4 of 100: one component holds 90 %, two 96 %, three all."""
    x = np.concatenate([np.diag(np.sqrt([90, 6, 4])), -np.diag(np.sqrt([90, 6, 4])), np.zeros((3, 3))]) + 1e4
    assert [dimensionality(x, share).score for share in (0.89, 0.91, 0.95, 0.97, 1.0)] == [1, 2, 2, 3, 3]


def test_units_that_go_together_have_fewer_dimensions_than_chance():
    x = RNG.normal(size=(300, 2)) @ RNG.normal(size=(2, 20)) + 0.01 * RNG.normal(size=(300, 20))
    found = dimensionality(x, n_null=5, n_resamples=20)
    assert (found.score, found.interval, found.kind) == (2.0, (2.0, 2.0), "score")
    assert found.chance > 15
    many = dimensionality(RNG.normal(size=(300, 20)), n_resamples=20, clusters=np.repeat(np.arange(30), 10))
    assert many.interval[0] <= many.score <= many.interval[1]


def test_dimensionality_refuses_what_it_cannot_count():
    with pytest.raises(ValueError, match="x is the same for all 9 samples"):
        dimensionality(np.full((9, 3), 0.1))
    with pytest.raises(
        ValueError, match=r"95% of the variance of 30 samples takes .* of the 29 .*: 101 samples will do"
    ):
        dimensionality(RNG.normal(size=(30, 50)))
    for share in (0.0, 1.5, np.nan):
        with pytest.raises(ValueError, match="variance must be a share above 0 and at most 1"):
            dimensionality(SAID, share)


READ = np.eye(4)


def right(said):
    """A linear read-out with one unit a class: right where the sample's own unit still speaks."""
    return ((said @ READ).max(1) > 0) & ((said @ READ).argmax(1) == np.arange(4))


def test_a_linear_nets_curve_by_hand():
    """Each ablated unit costs the one class that it speaks for: 1 - fraction in any order, and half the area."""
    ablation = cumulative_ablation(np.eye(4), right, n_resamples=20)
    assert ablation.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert ablation.accuracy.tolist() == [[1, 0.75, 0.5, 0.25, 0]] * 10
    assert ablation.area == (0.5, "score", 0.0, 4, (0.5, 0.5))


def test_a_net_that_hangs_on_one_unit_by_hand():
    """Unit 0 of 4 decides between two equal classes; the accuracy stays at 1 until it goes, and is then 1/2."""
    said = np.array([[1, 9, 9, 9], [0, 9, 9, 9]], np.float32)
    first, last = [0, 1, 2, 3], [3, 2, 1, 0]
    ablation = cumulative_ablation(said, lambda a: (a[:, 0] > 0.5) == [True, False], orders=[first, last])
    assert ablation.accuracy.tolist() == [[1, 0.5, 0.5, 0.5, 0.5], [1, 1, 1, 1, 0.5]]
    assert ablation.area.score == pytest.approx((0.5 + 0.0625 + 1 - 0.0625) / 2)
    assert ablation.area.chance == 0.5
    assert cumulative_ablation(said, lambda a: 0.25, orders=1).area.score == 0.25


def test_selective_units_first():
    selectivity = class_selectivity(SAID, LABELS).units
    seen = []
    cumulative_ablation(SAID, lambda a: seen.append(a.any(0)) or 1.0, orders=np.argsort(-selectivity)[None], steps=5)
    assert np.array(seen).tolist()[1:3] == [[True, True, False, False, True], [True, True, False, False, False]]


def test_nothing_ablated_is_the_baseline_exactly_and_in_the_type_given():
    said = RNG.normal(size=(50, 30)).astype(np.float32)
    before, kinds = said.copy(), set()

    def accuracy(activations):
        kinds.add((activations.dtype, activations.shape))
        activations *= 0.1  # its own to keep
        return float(np.abs(activations).mean())

    ablation = cumulative_ablation(said, accuracy, steps=7)
    assert (ablation.accuracy[:, 0] == accuracy(before.copy())).all()
    assert kinds == {(np.dtype(np.float32), (50, 30))}
    assert said.tobytes() == before.tobytes()
    careful = cumulative_ablation(said, lambda a: float(np.abs(a * np.float32(0.1)).mean()), steps=7)
    assert (ablation.accuracy == careful.accuracy).all()
    assert ablation.accuracy.shape == (10, 8)
    assert len({tuple(order) for order in ablation.accuracy}) == 10


def test_clamps():
    said = RNG.normal(2, 1, (400, 3))
    heard = {}
    for clamp in ("zero", "mean", "noise"):
        cumulative_ablation(said, lambda a, c=clamp: float(heard.update({c: a}) is None), clamp=clamp, orders=1)
    assert (heard["zero"] == 0).all()
    assert heard["mean"] == pytest.approx(np.tile(said.mean(0), (400, 1)))
    assert np.sort(heard["noise"], 0).tolist() == np.sort(said, 0).tolist()
    assert np.abs(np.corrcoef(heard["noise"].T, said.T)[:3, 3:]).max() < 0.2


def test_orders_differ_with_the_seed_and_are_resampled():
    said, first = np.ones((1, 8)), np.arange(8) == 0
    curves = [cumulative_ablation(said, lambda a: float(a[0] @ first), k, n_resamples=50) for k in (0, 0, 1)]
    assert curves[0].area == curves[1].area != curves[2].area
    assert curves[0].area.interval[0] < curves[0].area.score < curves[0].area.interval[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clamp": "one"}, "clamp must be zero, mean or noise, got 'one'"),
        ({"steps": 0}, "steps must be 1 or more, got 0"),
        ({"orders": 0}, "orders must be 1 or more, got 0"),
        ({"orders": [[0, 1, 2, 2]]}, r"orders must be \[order, 4\] with every unit once in each"),
        ({"orders": [0, 1, 2, 3]}, r"got shape \(4,\)"),
        ({"orders": 3, "n_resamples": 9}, "an interval needs at least 10 orders to resample, got 3"),
        ({"accuracy_of": lambda a: a}, r"accuracy_of must return .* got shape \(4, 4\)"),
        ({"accuracy_of": lambda a: np.nan}, "accuracy_of must return a finite number"),
        ({"activations": np.full((4, 4), np.nan)}, "activations must be finite"),
    ],
)
def test_ablation_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        cumulative_ablation(**{"activations": np.eye(4), "accuracy_of": right, **changes})
