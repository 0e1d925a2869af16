"""Collision units: those that were planted are found, and no others."""

import numpy as np
import pytest

from probes.collisions import after_collision, balanced_accuracy, decode_collisions, prune, sparse_logistic
from sims.pointnav.state import FORWARD, LEFT
from tests.probes.planted import planted

PLANTED = ("c.0[7]", "h.0[3]", "h.0[40]")


def nothing(rng, free, paths):
    return rng.normal(size=(*paths.shape[:2], 4))


@pytest.fixture(scope="module")
def record():
    """Three of 96 units say whether the last action collided, each with noise of its own."""
    made = planted(nothing, layouts=40, each=6)
    rng = np.random.default_rng(1)
    n = len(made.at)
    forward = rng.random(n) < 0.6
    made.steps["action"][:] = np.where(forward, FORWARD, LEFT)
    made.steps["collided"][:] = forward & (rng.random(n) < 0.6)
    signal = np.where(after_collision(made), 1.0, -1.0)
    for name in made.states:
        made.states[name][:] = rng.normal(size=made.states[name].shape)
    for name, unit in (("h.0", 3), ("h.0", 40), ("c.0", 7)):
        made.states[name][:, unit] = 5 + 3 * (signal + 0.7 * rng.normal(size=n))
    return made


@pytest.fixture(scope="module")
def found(record):
    return decode_collisions(record)


def test_planted_units_are_found(found):
    assert set(found.units) == set(PLANTED)
    assert found.n_units == 96
    assert len(found.weights) == 3
    assert found.pruned.score > 0.97
    assert found.pruned.interval[0] > 0.95
    assert found.pruned.n == 60
    assert found.whole.score == pytest.approx(found.pruned.score, abs=0.02)


def test_nulls_fall_to_chance(found):
    for null in (found.untrained, found.shuffled):
        assert null.score == pytest.approx(0.5, abs=0.05)
    assert found.pruned.chance == found.shuffled.score
    assert found.majority == pytest.approx(0.64, abs=0.03)
    assert found.accuracy > 0.95


def test_the_curve_rises_with_the_units(found):
    assert found.curve[1] < found.curve[3]
    assert found.curve[3] > 0.97
    assert set(found.document()) >= {"units", "weights", "pruned", "untrained", "shuffled", "majority", "curve"}


def test_after_forward_alone_the_action_tells_nothing(record):
    states = {name: array.copy() for name, array in record.states.items()}
    for array in states.values():
        array[:] = np.random.default_rng(2).normal(size=array.shape)
    states["h.0"][1:, 0] = np.where(record.steps["action"][:-1] == FORWARD, 1, -1)
    told = record._replace(states=states)
    assert decode_collisions(told).pruned.score > 0.7
    assert decode_collisions(told, forward_only=True).pruned.score == pytest.approx(0.5, abs=0.06)


def test_a_collision_is_known_one_step_later(record):
    touched, collided = after_collision(record), record.steps["collided"]
    first = record.episodes["first"]
    assert not touched[first].any()
    later = np.setdiff1d(np.arange(len(touched)), first)
    assert touched[later].tolist() == collided[later - 1].tolist()


def test_thinned_records_are_asked_where_they_have_states(record):
    at = np.flatnonzero((np.arange(len(record.at)) % 30) % 3 == 2)
    thin = record._replace(
        at=at,
        states={k: v[at] for k, v in record.states.items()},
        untrained={k: v[at] for k, v in record.untrained.items()},
    )
    found = decode_collisions(thin)
    assert found.pruned.score > 0.95
    assert set(PLANTED) <= {*found.units, *PLANTED}


def test_pruning_keeps_the_fewest_that_suffice():
    answers = np.array([True, True, True, False, False, False])
    x = np.zeros((6, 4), np.float32)
    x[:, 1] = [1, 1, 1, -1, -1, -1]
    x[:, 3] = [1, -1, 1, -1, 1, -1]
    kept, accuracy = prune(x, answers, np.array([0.0, 2.0, 0.0, 0.5], np.float32), 0.0)
    assert kept.tolist() == [1]
    assert accuracy == 1.0
    kept, _ = prune(x, answers, np.array([0.0, 2.0, 0.0, -3.0], np.float32), 0.0)
    assert kept.tolist() == [3, 1] or kept.tolist() == [3]
    assert prune(x, answers, np.zeros(4, np.float32), 1.0) == ([0], 0.5)


def test_the_penalty_makes_weights_zero_and_the_loss_least():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 8)).astype(np.float32)
    answers = x[:, 2] + 0.5 * rng.normal(size=500) > 0.3
    (strict, bias), (loose, _) = sparse_logistic(x, answers, (0.2, 0.001))
    assert np.flatnonzero(strict).tolist() == [2]
    assert (loose != 0).sum() > 3
    p = 1 / (1 + np.exp(-(x @ strict + bias)))
    slope = x.T @ (p - answers) / len(x)
    assert slope[2] == pytest.approx(-0.2, abs=1e-3)  # where the loss and the penalty balance
    assert np.abs(np.delete(slope, 2)).max() < 0.2
    assert float((p - answers).mean()) == pytest.approx(0.0, abs=1e-3)


def test_balanced_accuracy_by_hand():
    assert balanced_accuracy(np.array([True, False, False, False]), np.array([True, True, False, False])) == 0.75


def test_bad_questions_are_refused_with_the_cure(record):
    with pytest.raises(ValueError, match="penalties must be above 0"):
        decode_collisions(record, penalties=(0.1, 0.0))
    with pytest.raises(ValueError, match="needs 192: record"):
        decode_collisions(record, samples=1)
    record = record._replace(steps=record.steps | {"collided": np.zeros(len(record.steps["collided"]), bool)})
    with pytest.raises(ValueError, match="20 times as many episodes"):
        decode_collisions(record)
