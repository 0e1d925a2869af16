"""Captions to choose from, and two towers that choose rightly, by words alone, or not at all."""

from collections import Counter

import numpy as np
import pytest

from probes.vision.retrieval import KINDS, ask_captions, load_towers, questions_of
from tests.probes.vision.planted import planted_dataset
from tests.probes.vision.planted_towers import BagOfWords, Broken, Reader, spar_dataset

MODULE = "tests.probes.vision.planted_towers"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return spar_dataset(tmp_path_factory.mktemp("spar") / "data")


@pytest.fixture(scope="module")
def questions(data):
    return questions_of(data)


def test_how_many_questions_there_are(questions):
    """3 worlds x (9 pairs, 3 + 3 single objects) x (2 relations, 2 attributes), and an empty picture of each world."""
    counts = Counter(question.kind for question in questions)
    different, single = 3 * 6 * 2, 3 * 6 * 2
    assert counts == {
        "scene": 3 * (9 + 6) * 4 + 3,
        "object": 3 * 15 * 4,
        "relation": different,
        "binding": different,
        "position": single,
        "attribute": single,
    }
    assert set(counts) == set(KINDS)


def test_the_right_caption_is_that_of_the_picture_and_the_wrong_ones_differ(data, questions):
    captions = data.table["caption"].to_pylist()
    negatives = data.table["hard_negative"].to_pylist()
    for question in questions:
        assert question.captions[question.right] == captions[question.picture]
        assert len(set(question.captions)) == len(question.captions)
        if question.kind not in ("scene", "object"):
            assert len(question.captions) == 2
            assert negatives[question.picture] in question.captions
        if question.kind in ("relation", "binding"):
            first, second = (Counter(caption.replace(",", "").split()) for caption in question.captions)
            assert first == second


def test_one_thing_is_wrong_at_a_time(data, questions):
    for question in questions:
        right = question.captions[question.right]
        wrong = next(caption for caption in question.captions if caption != right)
        what, _, scene = right.rpartition(", in ")
        other, _, other_scene = wrong.rpartition(", in ")
        assert (scene != other_scene) == (question.kind == "scene")
        assert (what != other) == (question.kind != "scene")


def test_the_right_place_is_anywhere_and_the_same_for_a_seed(data, questions):
    for n in (2, 3):
        places = [question.right for question in questions if len(question.captions) == n]
        assert set(places) == set(range(n))
        assert abs(np.bincount(places) / len(places) - 1 / n).max() < 0.1
    assert questions_of(data) == questions
    assert questions_of(data, seed=1) != questions
    assert max(len(question.captions) for question in questions_of(data, options=2)) == 2


def test_who_understands_is_always_right(data):
    found = ask_captions(Reader(), data, batch=7)
    assert list(found.by_kind) == list(KINDS)
    assert all(each.score == 1.0 for each in found.by_kind.values())
    assert found.by_kind["relation"].chance == 0.5
    assert found.by_kind["scene"].chance == pytest.approx(1 / 3)
    assert found.by_kind["relation"].interval[0] == pytest.approx(0.904, abs=1e-3)  # Wilson's, of 36 of 36
    assert (found.margin > 0).all()
    assert [question.right for question in found.questions] == found.chosen.tolist()


def test_who_knows_the_words_alone_is_at_chance_where_their_order_matters(data):
    by_kind = ask_captions(BagOfWords(), data).by_kind
    for kind in ("scene", "object", "position", "attribute"):
        assert by_kind[kind].score == 1.0
    for kind in ("relation", "binding"):
        assert by_kind[kind].interval[0] < 0.5 < by_kind[kind].interval[1]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            Broken(images=lambda n: np.ones((n, 32), np.int64)),
            r"image_features must return floats \[7, width\], got int64",
        ),
        (Broken(images=lambda n: np.ones((1, 32))), r"image_features must return floats \[7, width\], .* \(1, 32\)"),
        (Broken(images=lambda n: np.ones((n, 8))), "the towers' features have widths 8 and 32"),
        (Broken(images=lambda n: np.full((n, 32), np.nan)), "finite features that are not all 0, got length nan"),
        (Broken(texts=lambda n: np.zeros((n, 32))), "text_features must return finite features .* got length 0.0"),
        (Broken(texts=lambda n: np.ones((n, n))), r"text_features returns features of different widths, \[\d+, 7\]"),
    ],
)
def test_features_that_cannot_be_compared(data, model, message):
    with pytest.raises(ValueError, match=message):
        ask_captions(model, data, batch=7)


def test_what_cannot_be_asked(data, tmp_path):
    with pytest.raises(ValueError, match="a question needs two captions at least, got options 1"):
        questions_of(data, options=1)
    other = planted_dataset(tmp_path / "other")
    with pytest.raises(ValueError, match=r"captions are of two objects, and .* has no character2_name, .* spar-mini"):
        questions_of(other)
    empty = data.where(character_name="blank", character2_name="blank", world_name="Beach")
    with pytest.raises(ValueError, match="has nothing to ask: give it two worlds, two objects or two places"):
        questions_of(empty)


def test_towers_by_name():
    assert isinstance(load_towers(f"{MODULE}:Reader"), Reader)
    with pytest.raises(ValueError, match=r"must return an object with image_features\(images\) .* got tuple"):
        load_towers("tests.probes.vision.planted:reads_character")
