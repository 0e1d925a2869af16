"""Known answers: what is planted in the states is read out of them, what is not is not."""

import numpy as np
import pytest
import torch

from probes.fitting import Standardise, fit
from probes.map_decoder import MapDecoder, focal_loss
from probes.map_figures import draw_maps, draw_position_error
from probes.maps import best_threshold, decode_maps
from probes.positions import decode_positions
from probes.splits import partners, refuse_too_few, split_by_layout
from tests.probes.planted import of_maps, of_positions, planted

QUICK_MAPS = {"states_per_episode": 1, "epochs": 8, "lr": 3e-3, "batch": 32}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def with_maps():
    record = planted(of_maps)
    return record, decode_maps(record, **QUICK_MAPS)


@pytest.fixture(scope="module")
def with_positions():
    record = planted(of_positions)
    return decode_positions(record, (-4, 0, 4, 16, 64), samples=2000, epochs=10)


def test_planted_maps_are_decoded(with_maps):
    _, maps = with_maps
    for ending in ("", "_fair"):
        accuracy, iou = maps.scores[f"balanced_accuracy{ending}"], maps.scores[f"iou{ending}"]
        assert accuracy["agent"].score > 0.85
        assert accuracy["agent"].interval[0] > 0.8
        assert iou["agent"].score > 0.7 > iou["all_free"].score


def test_shuffled_and_blank_states_fall_to_chance(with_maps):
    _, maps = with_maps
    for ending in ("", "_fair"):
        scores = maps.scores[f"balanced_accuracy{ending}"]
        for null in ("shuffled", "untrained"):
            assert scores[null].score == pytest.approx(0.5, abs=0.03)
        assert scores["mean_map"].score == pytest.approx(0.5, abs=0.03)
        assert scores["agent"].chance == scores["shuffled"].score


def test_maps_are_asked_of_other_layouts(with_maps):
    record, maps = with_maps
    sides = [{record.layouts[e] for e in part} for part in maps.split]
    assert len(sides[0]) + len(sides[1]) + len(sides[2]) == len(set().union(*sides))
    assert set().union(*sides) == set(record.layouts)
    assert maps.scores["iou"]["agent"].n == len(maps.split.test) == len(maps.belief) == 80


def test_planted_positions_are_decoded(with_positions):
    for k in (-4, 0, 4):
        scores = with_positions.error[k]
        assert scores["agent"].score < 0.1
        assert scores["agent"].score < 0.2 * scores["constant"].score


def test_shuffled_positions_are_no_better_than_the_mean(with_positions):
    for scores in with_positions.error.values():
        for null in ("shuffled", "untrained"):
            assert scores[null].score == pytest.approx(scores["constant"].score, rel=0.06)


def test_offsets_beyond_the_episodes_are_refused_by_name(with_positions):
    assert list(with_positions.error) == [-4, 0, 4, 16]
    assert list(with_positions.refused) == [64]
    assert "k = 64: 0 training samples are too few" in with_positions.refused[64]
    with pytest.raises(ValueError, match="record longer ones"):
        decode_positions(planted(of_positions), (64,))


def test_figures_show_every_map_and_every_offset(with_maps, with_positions, tmp_path):
    figure = draw_maps(*with_maps, n=2)
    assert len(figure.axes) == 6
    figure.savefig(tmp_path / "maps.png")
    figure = draw_position_error(with_positions)
    figure.savefig(tmp_path / "positions.png")
    assert len(figure.axes[0].get_xticks()) == 4


def test_too_few_samples_are_refused_with_the_number_that_would_do():
    with pytest.raises(ValueError, match=r"100 training samples .* 96 units, which needs 192: record 384 episodes"):
        refuse_too_few(100, 96, 200)
    refuse_too_few(192, 96, 200)
    with pytest.raises(ValueError, match="are too few for a decoder of 96 units"):
        decode_maps(planted(of_maps, layouts=10, each=6), **QUICK_MAPS)


def test_too_few_layouts_or_test_episodes_are_refused():
    with pytest.raises(ValueError, match="different layouts, 4 at least, got 3"):
        split_by_layout(np.repeat(np.arange(3), 50))
    with pytest.raises(ValueError, match="2 of 8 episodes are left for the test, expected 10 at least: record 40"):
        split_by_layout(np.arange(8))


def test_a_partner_is_another_episode_of_the_same_part():
    part = np.array([1, 4, 5, 9])
    other = partners(part, 12)
    assert sorted(other[part]) == part.tolist()
    assert (other[part] != part).all()
    assert (np.delete(other, part) == -1).all()


def test_focal_loss_is_what_it_is_by_hand():
    logits = torch.zeros(1, 2, 1, 3)
    logits[0, 1, 0, 1] = np.log(3.0)  # believes in floor with 3/4 there, 1/2 elsewhere
    free, mask = torch.tensor([[[False, True, True]]]), torch.tensor([[[True, True, False]]])
    wall = 0.75 * 0.5**2 * np.log(2)
    floor = 0.25 * 0.25**2 * np.log(4 / 3)
    assert focal_loss(logits, free, mask).item() == pytest.approx((wall + floor) / 2)


def test_the_decoder_has_the_papers_shape():
    decoder = MapDecoder(torch.randn(8, 20))
    assert decoder(torch.randn(3, 20)).shape == (3, 2, 96, 96)
    widths = [tuple(p.shape) for name, p in decoder.named_parameters() if p.ndim > 1]
    assert widths[:2] == [(512, 20), (128 * 6 * 6, 512)]
    assert [shape[1] for shape in widths[2:6]] == [64, 32, 32, 16]


def test_the_best_threshold_balances_both_kinds():
    belief = np.array([[[0.1, 0.2, 0.3, 0.4]]], np.float32)
    free, mask = np.array([[[False, False, True, True]]]), np.ones((1, 1, 4), bool)
    assert 0.2 <= best_threshold(belief, free, mask) < 0.3


def test_units_that_never_change_do_no_harm():
    rows = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    assert Standardise(rows)(rows).abs().max() < 1
    assert Standardise(torch.ones(4, 2))(torch.ones(4, 2)).tolist() == [[0.0, 0.0]] * 4


def test_a_loss_that_is_not_finite_is_an_error():
    model = torch.nn.Linear(1, 1)
    rows = torch.arange(4)
    with pytest.raises(ArithmeticError, match="lower its learning rate"):
        fit(
            model,
            lambda k: model(k[:, None].float()).mean() * float("nan"),
            rows,
            rows,
            epochs=1,
            patience=1,
            lr=1e-3,
            weight_decay=0.0,
            batch=2,
            seed=0,
        )
