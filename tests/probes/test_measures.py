"""Measures of maps, worked out by hand, and scores."""

import numpy as np
import pytest

from probes.measures import masked_balanced_accuracy, masked_iou, score_of

TRUE = np.array([[1, 1, 0], [1, 0, 0]], bool)
SAID = np.array([[1, 0, 1], [1, 0, 0]], bool)
ALL = np.ones((2, 3), bool)


def test_iou_is_what_it_is_by_hand():
    assert masked_iou(SAID, TRUE, ALL) == pytest.approx(2 / 4)  # both: (0, 0), (1, 0); either: these, (0, 1), (0, 2)
    left = np.array([[1, 1, 0], [1, 1, 0]], bool)
    assert masked_iou(SAID, TRUE, left) == pytest.approx(2 / 3)


def test_balanced_accuracy_is_what_it_is_by_hand():
    assert masked_balanced_accuracy(SAID, TRUE, ALL) == pytest.approx((2 / 3 + 2 / 3) / 2)
    left = np.array([[1, 1, 0], [1, 1, 0]], bool)
    assert masked_balanced_accuracy(SAID, TRUE, left) == pytest.approx((2 / 3 + 1 / 1) / 2)


def test_measures_run_over_leading_axes():
    said, true, mask = np.stack([SAID, TRUE]), np.stack([TRUE, TRUE]), np.stack([ALL, ALL])
    assert masked_iou(said, true, mask) == pytest.approx([0.5, 1.0])
    assert masked_balanced_accuracy(said, true, mask) == pytest.approx([2 / 3, 1.0])


def test_nothing_to_find_and_nothing_to_ask():
    none = np.zeros((2, 3), bool)
    assert masked_iou(none, none, ALL) == 1.0
    assert masked_balanced_accuracy(none, none, ALL) == 1.0  # cells of one kind alone: the share of those
    assert masked_balanced_accuracy(ALL, none, ALL) == 0.0
    assert np.isnan(masked_balanced_accuracy(SAID, TRUE, none))


@pytest.mark.parametrize("measure", [masked_iou, masked_balanced_accuracy])
def test_wrong_maps_are_refused(measure):
    with pytest.raises(ValueError, match="must be bool of one shape"):
        measure(SAID, TRUE, ALL[:, :2])
    with pytest.raises(ValueError, match="must be bool of one shape"):
        measure(SAID.astype(float), TRUE, ALL)


def test_a_score_is_a_mean_with_an_interval_over_layouts():
    values = np.array([0.0, 0.0, 1.0, 1.0])
    alike, mixed = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    score = score_of(values, 0.25, alike)
    assert (score.score, score.chance, score.n) == (0.5, 0.25, 4)
    assert score.interval == (0.0, 1.0)
    assert score_of(values, 0.25, mixed).interval == (0.5, 0.5)
    assert score.document() == {"score": 0.5, "chance": 0.25, "interval": [0.0, 1.0], "n": 4}


def test_a_score_of_nothing_or_of_nan_is_refused():
    with pytest.raises(ValueError, match="needs values and layouts"):
        score_of(np.array([]), 0.0, np.array([], np.int64))
    with pytest.raises(ValueError, match="finite"):
        score_of(np.array([np.nan, 1.0]), 0.0, np.array([0, 1]))
