"""Matched pairs: McNemar by hand, flips, and pairs that are none."""

import numpy as np
import pytest

from probes.measures.factors import flip_rate, paired_delta, pairs_between

PAIRS = np.arange(20).reshape(10, 2)


def changed(lost, won, kept, n=10):
    """Right or wrong of `n` pairs, before and after."""
    before = np.arange(n) < lost + kept
    after = (np.arange(n) >= lost) & (np.arange(n) < lost + kept + won)
    return np.stack([before, after], 1).reshape(-1)


def test_the_delta_is_mcnemars_by_hand():
    found = paired_delta(changed(lost=1, won=6, kept=2), PAIRS)
    assert (found.before, found.after, found.lost, found.won) == (0.3, 0.8, 1, 6)
    assert found.delta.score == pytest.approx(0.5)
    assert (found.delta.chance, found.delta.n, found.delta.interval) == (0.0, 10, None)
    assert found.p == pytest.approx(2 * (1 + 7) / 2**7)
    assert paired_delta(changed(lost=0, won=0, kept=4), PAIRS).p == 1.0
    assert found.document()["delta"]["score"] == pytest.approx(0.5)


def test_assets_are_resampled_whole():
    correct = changed(lost=0, won=5, kept=0)
    alone = paired_delta(correct, PAIRS, n_resamples=1000).delta
    assert 0.0 < alone.interval[0] < 0.5 < alone.interval[1] < 1.0
    tenfold, pairs = np.tile(correct.reshape(10, 2), (1, 10)).reshape(-1), np.arange(200).reshape(100, 2)
    apart = paired_delta(tenfold, pairs, n_resamples=1000).delta
    together = paired_delta(tenfold, pairs, assets=np.repeat(np.arange(10), 20), n_resamples=1000).delta
    assert together.interval == pytest.approx(alone.interval, abs=0.11)  # ten copies of a pair tell no more than one
    assert apart.interval[1] - apart.interval[0] < 0.4 * (together.interval[1] - together.interval[0])


def test_pairs_between_two_values_stand_the_right_way():
    values = np.array([0, 90, 180, 90, 0])
    pairs = np.array([[0, 1], [0, 2], [1, 2], [3, 4]])
    assert pairs_between(pairs, values, 0, 90).tolist() == [[0, 1], [4, 3]]
    assert pairs_between(pairs, values, 90, 0).tolist() == [[3, 4], [1, 0]]
    assert pairs_between(pairs, ["a", "b", "c", "b", "a"], "b", "c").tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="no sample has the value 45: expected one of 0, 90, 180"):
        pairs_between(pairs, values, 0, 45)
    with pytest.raises(ValueError, match="no pair is of 0 and 0"):
        pairs_between(pairs, values, 0, 0)


def test_flips_are_counted_beside_those_of_chance():
    predicted = np.array(["a", "a", "a", "b", "b", "b", "b", "b"])
    found = flip_rate(predicted, np.arange(8).reshape(4, 2))
    assert (found.score, found.kind, found.n) == (0.25, "distance", 4)
    assert found.chance == pytest.approx(1 - (0.5 * 0.25 + 0.5 * 0.75))
    assert flip_rate([3] * 20, PAIRS, n_resamples=10).interval == (0.0, 0.0)
    said, asset = np.tile(["a", "a", "b"], 10), np.repeat(np.arange(10), 3)
    many = flip_rate(said, [[3 * k + i, 3 * k + j] for k in range(10) for i, j in ((0, 1), (0, 2))], assets=asset)
    assert (many.score, many.n) == (0.5, 20)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([[0.0, 1.0]], "must be whole numbers .pair, 2., got float64"),
        ([0, 1], "got int64 of shape .2,."),
        (np.empty((0, 2), np.int64), "there are no pairs"),
        ([[0, 20]], "numbers of the 20 samples, 0 to 19, got 0 to 20"),
        ([[-1, 3]], "got -1 to 3"),
        ([[4, 4]], "sample 4 is paired with itself"),
        ([[0, 1], [1, 2]], "sample 1 is in 2 pairs, the test needs each in one"),
    ],
)
def test_pairs_that_are_none_are_refused(pairs, message):
    with pytest.raises(ValueError, match=message):
        paired_delta(changed(1, 1, 1), pairs)


def test_clusters_that_are_none_are_refused():
    correct = changed(1, 1, 1)
    with pytest.raises(ValueError, match="pair 1 is of two assets, cup and mug, expected one"):
        paired_delta(correct, PAIRS, assets=["mug"] * 2 + ["cup"] + ["mug"] * 17)
    with pytest.raises(ValueError, match=r"the bootstrap needs 10 assets at least .*, got 1"):
        paired_delta(correct, PAIRS, assets=["mug"] * 20, n_resamples=10)
    with pytest.raises(ValueError, match=r"\(samples or pairs, where no assets are given\), got 2"):
        paired_delta(correct, PAIRS[:2], n_resamples=10)
    with pytest.raises(ValueError, match="some samples are in several pairs"):
        flip_rate(correct, [[0, 1], [0, 2]], n_resamples=10)
