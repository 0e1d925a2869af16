"""The area under the ROC curve: by hand, as sklearn's, and resampled by clusters."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from probes.measures.ranking import auroc, interval, ranking, resamples


def test_by_hand():
    truth = np.array([True, False, True, False])
    assert auroc([3.0, 2.0, 1.0, 0.0], truth) == 0.75  # three of four pairs
    assert auroc([1.0, 1.0, 1.0, 1.0], truth) == 0.5  # ties are half
    assert auroc([2, 0, 1, 0], truth) == 1.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64])
def test_as_sklearns(dtype):
    rng = np.random.default_rng(0)
    values, truth = (4 * rng.normal(size=300)).astype(dtype), rng.random(300) < 0.3
    assert auroc(values[::2], truth[::2]) == pytest.approx(roc_auc_score(truth[::2], values[::2]))


def test_resampling_clusters_is_repeating_their_samples():
    rng = np.random.default_rng(1)
    values, truth, clusters = rng.integers(0, 20, 200), rng.random(200) < 0.4, rng.integers(0, 12, 200)
    by_cluster = ranking(values, truth, clusters)
    drawn = resamples(12, 5, rng)
    assert (drawn.sum(1) == 12).all()
    for counts, area in zip(drawn, by_cluster.areas(drawn), strict=True):
        rows = np.repeat(np.arange(200), counts[clusters])
        assert area == pytest.approx(auroc(values[rows], truth[rows]))
    assert by_cluster.areas(np.ones((1, 12), np.int64))[0] == pytest.approx(auroc(values, truth))


def test_clusters_without_samples_have_room():
    by_cluster = ranking([1.0, 0.0], [True, False], [0, 0], 3)
    drawn = np.array([[1, 1, 1], [0, 2, 1]])
    areas = by_cluster.areas(drawn)
    assert areas[0] == 1.0
    assert np.isnan(areas[1])


def test_an_interval_holds_what_it_should():
    low, high = interval(np.linspace(0.0, 1.0, 1001))
    assert (low, high) == pytest.approx((0.025, 0.975))
    assert interval(np.array([np.nan] + [0.5] * 99)) == (0.5, 0.5)
    with pytest.raises(ValueError, match="10% of resamples lack one of the two answers"):
        interval(np.array([np.nan] + [0.5] * 9))


@pytest.mark.parametrize(
    ("answers", "truth", "said"),
    [
        ([1.0, 2.0], [True, True], "all 2 samples are so"),
        ([1.0, 2.0], [False, False], "all 2 samples are not so"),
        ([1.0, np.nan], [True, False], "answers must be finite, got nan"),
        ([1.0, 2.0], [1, 0], "needs numbers and bools"),
        ([1.0], [True, False], "needs numbers and bools"),
        ([], np.zeros(0, bool), "an area needs both answers"),
    ],
)
def test_answers_that_cant_be_ranked_are_refused(answers, truth, said):
    with pytest.raises(ValueError, match=said):
        auroc(answers, truth)


def test_clusters_that_cant_be_are_refused():
    with pytest.raises(ValueError, match="clusters must be numbers from 0 of 2 samples"):
        ranking([1.0, 2.0], [True, False], [0, -1])
    with pytest.raises(ValueError, match="numbers from 0 to 1, got 2"):
        ranking([1.0, 2.0], [True, False], [0, 2], 2)
    with pytest.raises(ValueError, match="needs 10 clusters at least, got 9"):
        resamples(9, 10, np.random.default_rng(0))
