"""Excursions of paths drawn by hand, and memories that have forgotten them."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from probes.excursions import decode_excursions, excursions, labels
from tests.probes.planted import planted


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def line(*corners, step=0.25):
    """A path through corners, a point every `step` metres."""
    points = [np.array(corners[0], float)]
    for a, b in pairwise(corners):
        n = round(np.linalg.norm(np.subtract(b, a)) / step)
        points += [a + np.subtract(b, a) * k / n for k in range(1, n + 1)]
    return np.array(points)


def test_a_straight_way_has_none():
    assert excursions(line((0, 0), (20, 0))) == []
    assert excursions(np.zeros((50, 2))) == []
    assert excursions(np.zeros((1, 2))) == []


def test_a_dead_end_is_one():
    path = line((0, 0), (4, 0), (4, 3), (4, 0), (8, 0))
    ((first, last),) = excursions(path)
    assert np.linalg.norm(path[first] - path[last]) <= 0.5
    assert path[first : last + 1, 1].max() == 3.0
    assert path[first, 0] >= 3.5
    label = labels(path)
    assert label[first] == label[last] == 0
    assert label[first + 1 : last].tolist() == [1] * (last - first - 1)
    assert (path[label == 0, 1] <= 0.5).all()


def test_a_way_round_a_block_is_one():
    path = line((0, 0), (4, 0), (4, 2), (6, 2), (6, -2), (4, -2), (4, 0), (-1, 0.6))
    assert labels(path).max() == 1


def test_two_dead_ends_are_two():
    path = line((0, 0), (3, 0), (3, 3), (3, 0), (8, 0), (8, -3), (8, 0), (12, 0))
    assert len(excursions(path)) == 2
    assert labels(path).max() == 2


def test_one_within_another_belongs_to_it():
    path = line((0, 0), (3, 0), (3, 4), (6, 4), (3, 4), (3, 0), (9, 0))
    ((first, last),) = excursions(path)
    assert path[first : last + 1].max(0).tolist() == [6.0, 4.0]


def test_small_wiggles_are_none():
    assert excursions(line((0, 0), (3, 0), (3, 0.75), (3, 0), (6, 0))) == []
    turning = np.repeat(line((0, 0), (5, 0)), 9, axis=0)
    assert excursions(turning) == []


def zigzag(rng, steps):
    """A way east with a dead end of 3 m in the middle, at a random place."""
    at, turn = rng.uniform(1.5, 3.0), rng.choice([-1, 1])
    path = line((0, 0), (at, 0), (at, turn * 3.0), (at, 0), (12, 0))[:steps]
    angle = rng.uniform(-np.pi, np.pi)
    return path @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def record_of(remember):
    """States that hold where the agent was 16 steps ago, of excursions only if `remember`."""
    steps = 50

    def code(rng, free, paths):
        for path in paths:
            path[:] = zigzag(rng, steps)
        was = np.concatenate([np.repeat(paths[:, :1], 16, 1), paths[:, :-16]], 1) - paths
        if not remember:
            hidden = np.stack([labels(path) for path in paths])
            hidden = np.concatenate([np.zeros((len(paths), 16), int), hidden[:, :-16]], 1) > 0
            was = np.where(hidden[..., None], rng.normal(0, 1.5, was.shape), was)
        return was

    return planted(code, layouts=24, each=8, steps=steps)


@pytest.mark.parametrize("remember", [True, False])
def test_what_was_forgotten_is_told_from_what_was_not(remember):
    found = decode_excursions(record_of(remember), (16,), samples=3000, epochs=8)
    own, rest = found.excursion[16], found.rest[16]
    assert rest["agent"].score < 0.4 * rest["shuffled"].score
    assert 0.3 < found.share < 0.6
    if remember:
        assert own["agent"].score < 0.4 * own["shuffled"].score
        assert abs(found.overall["agent"].score) < 0.2
    else:
        assert own["agent"].score > 0.8 * own["shuffled"].score
        assert found.overall["agent"].interval[0] > 0.3
        assert found.difference[16]["agent"].score == pytest.approx(own["agent"].score - rest["agent"].score)
    for null in ("untrained", "shuffled"):
        assert own[null].score > 0.5
    assert set(found.document()) == {"excursion", "rest", "difference", "overall", "share", "refused"}


def test_bad_questions_are_refused_with_the_cure():
    record = record_of(True)
    with pytest.raises(ValueError, match="1 at least"):
        decode_excursions(record, (0,))
    straight = record.steps["pose_start"].copy()
    straight[:, 1] = 0
    straight[:, 0] = np.arange(len(straight)) % 50
    with pytest.raises(ValueError, match="20 times as many episodes"):
        decode_excursions(record._replace(steps=record.steps | {"pose_start": straight}), (16,))
    found = decode_excursions(record, (16, 500), samples=1000, epochs=1)
    assert list(found.refused) == [500]
    assert "record longer ones" in found.refused[500]
