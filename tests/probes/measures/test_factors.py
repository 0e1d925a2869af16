"""Accuracy by factor: numbers worked out by hand, known intervals, and every refusal."""

import numpy as np
import pytest

from probes.measures.factors import (
    accuracy,
    accuracy_by_value,
    expected_minimum,
    interaction,
    seen_against_held_out,
    spurious_gap,
    training_partners,
    worst_group,
)
from probes.measures.factors.intervals import by_resampling, newcombe, wilson
from probes.measures.resampling import interval_by_bootstrap


def flags(right, n):
    """`n` samples of which the first `right` are right."""
    return np.arange(n) < right


def test_accuracy_has_wilsons_interval():
    found = accuracy(flags(3, 10), chance=0.25)
    assert (found.score, found.kind, found.chance, found.n) == (0.3, "score", 0.25, 10)
    z, p, n = 1.959964, 0.3, 10
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found.interval == pytest.approx(((middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)))
    assert accuracy(flags(4, 4)).interval == pytest.approx((1 / (1 + z**2 / 4), 1.0))


def test_samples_of_one_asset_count_for_less():
    right = np.repeat([True, False, True, False, True], 20)  # assets are right or wrong as a whole
    alone, together = wilson(right), wilson(right, np.repeat(np.arange(5), 20))
    # residuals of assets 20 * (0.4, -0.6, 0.4, -0.6, 0.4): effect = 5/4 * 480 / 100^2 / (0.24 * 100/99 / 100) = 24.75
    assert together == pytest.approx(wilson(flags(2, 4)), abs=0.1)
    assert together[0] < alone[0] < 0.6 < alone[1] < together[1]
    assert wilson(right, np.arange(100)) == pytest.approx(alone)


def test_accuracy_by_value_is_that_of_each_values_samples():
    correct = np.array([True, False, True, True])
    found = accuracy_by_value(correct, ["b", "a", "a", "b"], chance=0.1)
    assert list(found) == ["a", "b"]
    assert [(m.score, m.n, m.chance) for m in found.values()] == [(0.5, 2, 0.1), (1.0, 2, 0.1)]
    assert list(accuracy_by_value(correct, np.array([0.7, 1.3, 0.7, 1.3], np.float32)[::1])) == pytest.approx(
        [0.7, 1.3]
    )
    assert accuracy_by_value(correct, np.array(["b", "a", "a", "b"], object)).keys() == found.keys()
    assert list(accuracy_by_value(correct, [True, False, True, False], assets=["x", "x", "y", "y"])) == [False, True]


@pytest.mark.parametrize(
    ("correct", "message"),
    [
        ([1, 0, 1], "must be bool .sample., got int64 of shape .3,.: give predicted == label"),
        ([[True]], "got bool of shape .1, 1."),
        (np.zeros(0, bool), "has no samples"),
    ],
)
def test_what_is_not_right_or_wrong_is_refused(correct, message):
    with pytest.raises(ValueError, match=message):
        accuracy(correct)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "the same 3 samples .sample., got shape .2,."),
        ([0.0, np.nan, 1.0], "must be finite, got nan: leave such samples out"),
        (np.array(["a", None, "b"], object), "must be text or numbers .sample., got object: give every sample a value"),
        ([1j, 2j, 3j], "must be text or numbers"),
    ],
)
def test_values_that_are_none_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        accuracy_by_value([True, False, True], values)


def test_a_chance_that_is_no_accuracy_is_refused():
    with pytest.raises(ValueError, match="chance must be an accuracy from 0 to 1, got 10: 1 / classes"):
        accuracy([True], chance=10)


def test_newcombes_interval_is_that_of_his_paper():
    found = newcombe(56 / 70, wilson(flags(56, 70)), 48 / 80, wilson(flags(48, 80)))  # 1998, table II, a
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_seen_against_held_out():
    correct = np.concatenate([flags(56, 70), flags(48, 80)])
    held_out = np.arange(150) >= 70
    found = seen_against_held_out(correct, held_out, chance=0.1)
    assert (found.first.score, found.second.score, found.first.n, found.second.n) == (0.8, 0.6, 70, 80)
    assert found.gap.score == pytest.approx(0.2)
    assert found.gap.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (found.gap.chance, found.gap.n, found.first.chance) == (0.0, 150, 0.1)
    resampled = seen_against_held_out(correct, held_out, n_resamples=4000).gap
    assert resampled.interval == pytest.approx((0.058, 0.342), abs=0.015)  # 0.2 +- 1.96 * sqrt(.16/70 + .24/80)
    assert set(found.document()) == {"first", "second", "gap"}


def test_a_gap_within_assets_is_surer_than_assets_are_alike():
    rng = np.random.default_rng(0)
    asset = np.repeat(np.arange(30), 20)
    held_out = np.tile([False, True], 300)
    easy = rng.random(30)[asset]
    correct = rng.random(600) < easy * np.where(held_out, 0.7, 1.0)
    within = seen_against_held_out(correct, held_out, assets=asset, n_resamples=1000).gap.interval
    assert within[0] < (correct[~held_out].mean() - correct[held_out].mean()) < within[1]
    a, b = accuracy(correct[~held_out], assets=asset[~held_out]), accuracy(correct[held_out], assets=asset[held_out])
    unpaired = newcombe(a.score, a.interval, b.score, b.interval)
    assert within[1] - within[0] < 0.8 * (unpaired[1] - unpaired[0])


def test_contrasts_that_compare_nothing_are_refused():
    with pytest.raises(ValueError, match="no samples are held out, expected both"):
        seen_against_held_out([True, False], [False, False])
    with pytest.raises(ValueError, match="no samples are seen, expected both"):
        seen_against_held_out([True, False], [True, True])
    with pytest.raises(ValueError, match="held_out must be of the same 2 samples as correct, got 3"):
        seen_against_held_out([True, False], [True, False, True])
    with pytest.raises(ValueError, match=r"held_out must be bool .* give split == 'test'"):
        seen_against_held_out([True, False], ["train", "test"])
    with pytest.raises(ValueError, match="assets are resampled: give n_resamples"):
        seen_against_held_out([True, False], [True, False], assets=[0, 1])


def test_the_spurious_gap_is_that_of_a_model_that_reads_the_background():
    label = np.tile(["mug", "vase"], 50)
    world = np.repeat(["grass", "sand"], 50)
    partners = training_partners(["mug", "mug", "mug", "vase", "vase"], ["grass", "grass", "sand", "sand", "sand"])
    assert partners == {"mug": "grass", "vase": "sand"}
    by_world = np.where(world == "grass", "mug", "vase")
    found = spurious_gap(by_world == label, label, world, partners)
    assert (found.first.score, found.second.score, found.gap.score) == (1.0, 0.0, 1.0)
    assert spurious_gap(np.ones(100, bool), label, world, partners).gap.score == 0.0
    assert (found.first.n, found.second.n) == (50, 50)


def test_spurious_gaps_that_would_mislead_are_refused():
    with pytest.raises(ValueError, match="label 'mug' came with several values equally often"):
        training_partners(["mug", "mug"], ["grass", "sand"])
    with pytest.raises(ValueError, match="label 'vase' has no partner, expected one for each"):
        spurious_gap([True, True], ["mug", "vase"], ["grass", "sand"], {"mug": "grass"})
    with pytest.raises(ValueError, match="label 'mug' comes only with its training partner"):
        spurious_gap([True, True], ["mug", "vase"], ["grass", "grass"], {"mug": "grass", "vase": "sand"})
    with pytest.raises(ValueError, match="label 'mug' comes only without its training partner"):
        spurious_gap([True, True], ["mug", "mug"], ["grass", "grass"], {"mug": "snow"})


def test_the_expected_minimum_is_what_it_is_by_hand():
    assert expected_minimum(0.5, np.array([1, 1])) == pytest.approx(0.25)  # 1 only if both are right
    assert expected_minimum(0.5, np.array([2, 1])) == pytest.approx(0.5 * 0.75 * 0.5 + 0.5 * 0.25 * 0.5)
    assert expected_minimum(0.3, np.array([7])) == pytest.approx(0.3)
    assert expected_minimum(1.0, np.array([3, 5])) == 1.0
    assert expected_minimum(0.0, np.array([3, 5])) == 0.0
    sizes = np.array([10, 12, 30, 11])
    drawn = np.random.default_rng(0).binomial(sizes, 0.8, (200_000, 4)) / sizes
    assert expected_minimum(0.8, sizes) == pytest.approx(drawn.min(1).mean(), abs=1e-3)


def test_the_worst_group_stands_beside_the_minimum_of_luck():
    world = np.repeat(["grass", "sand", "snow"], [20, 20, 5])
    light = np.tile(["day"], 45)
    correct = np.concatenate([flags(18, 20), flags(6, 20), flags(0, 5)])
    found = worst_group(correct, {"world": world, "light": light})
    assert found.worst.score == 0.3
    assert [(g.values["world"], g.accuracy, g.n) for g in found.groups] == [("sand", 0.3, 20), ("grass", 0.9, 20)]
    assert [(g.values, g.n) for g in found.too_small] == [({"world": "snow", "light": "day"}, 5)]
    assert (found.worst.n, found.worst.kind) == (40, "score")
    assert found.worst.chance == pytest.approx(expected_minimum(0.6, np.array([20, 20])))
    low, high = found.worst.interval
    assert low == pytest.approx(wilson(flags(6, 20), level=0.975)[0])
    assert high == pytest.approx(wilson(flags(6, 20), level=0.975)[1])
    assert found.p == pytest.approx(1 - (1 - 0.00647) ** 2, abs=2e-4)  # P(at most 6 of 20 at 0.6) = 0.00647
    assert worst_group(correct, {"world": world}, least=5).worst.score == 0.0
    assert set(found.document()) == {"worst", "p", "groups", "too_small"}


def test_groups_that_are_alike_have_the_minimum_of_luck():
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(40), 25)
    runs = [worst_group(rng.random(1000) < 0.7, {"group": group}) for _ in range(30)]
    least, chance = (np.mean([getattr(r.worst, name) for r in runs]) for name in ("score", "chance"))
    assert least == pytest.approx(chance, abs=0.015)
    assert chance < 0.52  # far from the 0.7 of every group
    assert np.mean([r.worst.interval[0] < 0.7 < r.worst.interval[1] for r in runs]) > 0.85
    assert 0.3 < np.mean([r.p for r in runs]) < 0.8
    together = worst_group(rng.random(1000) < 0.7, {"group": group}, assets=np.repeat(np.arange(200), 5))
    assert together.worst.chance < chance


def test_groups_of_too_few_are_refused_with_what_would_do():
    with pytest.raises(ValueError, match=r"no group of world has 10 samples, the largest of 2 has 2: ask with least=2"):
        worst_group([True, False, True], {"world": ["a", "a", "b"]})
    with pytest.raises(ValueError, match="got none: name one at least"):
        worst_group([True], {})
    with pytest.raises(ValueError, match=r"\(1 at least\)"):
        worst_group([True], {"world": ["a"]}, least=0)


def test_interaction_is_what_it_is_by_hand():
    a, b = np.repeat(["p", "q"], 20), np.tile(np.repeat(["x", "y"], 10), 2)
    correct = np.concatenate([flags(k, 10) for k in (9, 5, 7, 7)])
    found = interaction(correct, a, b)
    # Acc(p,x) 0.9, Acc(p) 0.7, Acc(x) 0.8, Acc 0.7
    assert found.effects["p", "x"].score == pytest.approx(0.9 - 0.7 - 0.8 + 0.7)
    assert [effect.score for effect in found.effects.values()] == pytest.approx([0.1, -0.1, -0.1, 0.1])
    assert {(e.chance, e.n, e.interval) for e in found.effects.values()} == {(0.0, 10, None)}
    assert found.document()[0]["values"] == ["p", "x"]
    assert found.strongest in found.effects


def test_factors_that_add_up_do_not_interact_however_uneven_the_samples():
    sizes, right = (40, 10, 10, 30), (36, 8, 6, 15)  # 0.9, 0.8, 0.6, 0.5
    a, b = np.repeat(["p", "p", "q", "q"], sizes), np.repeat(["x", "y", "x", "y"], sizes)
    correct = np.concatenate([flags(k, n) for k, n in zip(right, sizes, strict=True)])
    found = interaction(correct, a, b, n_resamples=500)
    for effect in found.effects.values():
        assert effect.score == pytest.approx(0.0, abs=1e-12)
        assert effect.interval[0] < 0.0 < effect.interval[1]


def test_an_interaction_of_assets_is_as_sure_as_assets_are_many():
    rng = np.random.default_rng(0)
    asset = np.repeat(np.arange(12), 40)
    a, b = np.tile(np.repeat([0, 1], 20), 12), np.tile(np.repeat([0, 1], 10), 24)
    odd = rng.random((12, 2, 2))[asset, a, b]  # every asset has an interaction of its own
    correct = rng.random(480) < odd
    width = [
        np.diff(interaction(correct, a, b, assets=assets, n_resamples=1000).effects[0, 0].interval)[0]
        for assets in (None, asset)
    ]
    assert width[1] > 1.2 * width[0]


def test_interactions_that_can_not_be_told_are_refused():
    with pytest.raises(ValueError, match="the second factor is always 1, expected two values"):
        interaction([True, False], [0, 1], [1, 1])
    with pytest.raises(ValueError, match=r"1 of 4 combinations have no sample, \(1, 1\) for one"):
        interaction([True, False, True], [0, 0, 1], [0, 1, 0])


def test_the_bootstrap_of_counts_is_that_of_samples():
    rng = np.random.default_rng(3)
    right, group = rng.random(300) < 0.6, np.tile([0, 1], 150)
    for assets in (None, np.repeat(np.arange(30), 10)):

        def gap(chosen):
            return float(right[chosen][group[chosen] == 0].mean() - right[chosen][group[chosen] == 1].mean())

        slow = interval_by_bootstrap(gap, 300, 3000, np.random.default_rng(1), assets)
        fast = by_resampling(
            right, group, ("a", "b"), lambda acc: acc[:, :1] - acc[:, 1:], 3000, np.random.default_rng(2), assets
        )
        assert fast is not None
        assert fast[:, 0] == pytest.approx(slow, abs=0.012)
    assert by_resampling(right, group, ("a", "b"), lambda acc: acc, 0, rng) is None


def test_a_group_on_too_few_assets_is_refused_with_the_number_that_would_do():
    right, group = flags(5, 20), np.array([0] * 19 + [1])
    with pytest.raises(
        ValueError, match=r"b is seen on 1 of 10 assets, so that 3.% of .* show each on 4 assets or more"
    ):
        by_resampling(
            right, group, ("a", "b"), lambda acc: acc, 500, np.random.default_rng(0), np.repeat(np.arange(10), 2)
        )
    with pytest.raises(ValueError, match=r"the bootstrap needs 10 assets at least .*, got 2: add some, or ask for no"):
        by_resampling(right, group, ("a", "b"), lambda acc: acc, 9, np.random.default_rng(0), np.repeat([0, 1], 10))
