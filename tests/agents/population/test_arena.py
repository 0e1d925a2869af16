"""What arenas hand over: what was seen and done, exactly, by whom it was, and results."""

import numpy as np
import pytest
import torch

from agents.ftw import objective
from agents.population import workers
from agents.population.arena import Arena
from agents.population.in_process import InProcessExchange
from agents.population.learner import founder, learn, lesson, put
from agents.population.plan import costs_of
from agents.population.workers import Duty
from tests.agents.population.small import chief_of, small


def begun(settings, room=1000):
    chief = chief_of(settings)
    exchange = InProcessExchange(chief, room=room)
    students = [founder(settings, member) for member in chief.members]
    for student in students:
        put(exchange, student)
    return exchange, students, Arena(exchange, settings, 0)


@pytest.mark.parametrize("core", ["two-timescale", "lstm"])
def test_a_learner_finds_the_probabilities_that_the_arena_acted_by(tmp_path, core):
    settings = small(tmp_path, core=core)
    exchange, students, arena = begun(settings)
    for _ in range(6):  # over a match's end and on
        arena.play()
    for student in students:
        taken = exchange.take_trajectories(student.member.slot, 20)
        assert any(put.ended.any() for put in taken)
        assert any(put.memory["h"].any() for put in taken)
        for one in taken:
            trajectory = lesson([one], student.member.hyperparameters)
            outputs = student.agent.study(trajectory, torch.Generator(), pixels=True, n_rewards=4)
            _, parts = objective(outputs, trajectory, costs_of(settings, student.member.hyperparameters))
            assert float(parts.approx_kl) == pytest.approx(0.0, abs=1e-9)


def test_who_plays_in_which_seat_is_as_the_chief_said_and_every_match_is_reported(tmp_path):
    settings = small(tmp_path)
    exchange, _, arena = begun(settings)
    for _ in range(8):  # twice as long as a match
        arena.play()
    reports = exchange.chief.reports()
    assert len(reports) == 2 * settings.matches
    assert [report.steps for report in reports] == [16, 12, 8, 4][::-1] + [16] * 4
    assert {report.map for report in reports} <= {"indoor:0", "indoor:1"}


def test_against_bots_only_members_are_learnt_from(tmp_path):
    settings = small(tmp_path, opponents="bots", levels=("random", "2"), population=1)
    exchange, _, arena = begun(settings)
    counts = arena.play()
    taken = exchange.take_trajectories(0, 1)
    assert counts.steps == sum(put.ended.size for put in taken) == settings.rollout * settings.matches * 2
    assert set(taken[0].obs) == {"rgb", "noise"}


def test_what_nobody_takes_is_dropped_and_counted(tmp_path):
    settings = small(tmp_path, patience=0.01, population=1)
    _, _, arena = begun(settings, room=8)
    assert arena.play().dropped == 0
    assert arena.play().dropped == settings.rollout * settings.matches * 4


def test_actions_are_kept_and_events_in_between_are_counted(tmp_path):
    settings = small(tmp_path, population=1, repeat=8, rollout=2)
    exchange, _, arena = begun(settings)
    totals = arena.env.state.totals.sum(axis=(0, 1)).copy()
    seen = []
    arena.env.step = _noting(arena.env.step, lambda: seen.append(arena.env.state.clock.copy()))
    arena.play()
    (put,) = exchange.take_trajectories(0, 1)
    assert (seen[1] == arena.env.state.clock).all() or seen[1].max() == 0
    assert put.events.sum(axis=(0, 1)).sum() >= (arena.env.state.totals.sum(axis=(0, 1)) - totals).sum()


def _noting(step, note):
    def noted(actions):
        result = step(actions)
        note()
        return result

    return noted


def test_members_are_evaluated_at_their_own_timescale_and_half_of_the_time_as_red(tmp_path, monkeypatch):
    settings, seen = small(tmp_path), []
    exchange, students, _ = begun(settings)
    play = workers.against_bots

    def noting(agent, *args, **how):
        seen.append(agent)
        return play(agent, *args, **how)

    monkeypatch.setattr(workers, "against_bots", noting)
    beats = []
    found = workers.evaluate(exchange, settings, Duty(1, "random", 3, 5), lambda: beats.append(None))
    assert found.n == 3
    assert len(beats) == settings.match_steps * 2  # matches with bots in other seats are another batch
    assert seen[0].core.tau == students[1].agent.core.tau != students[0].agent.core.tau
    assert torch.equal(seen[0].torso.last.weight, students[1].agent.torso.last.weight)


def test_learning_changes_the_weights_that_are_played_with(tmp_path):
    settings = small(tmp_path, population=1)
    exchange, (student,), arena = begun(settings)
    arena.play()
    learn(student, lesson(exchange.take_trajectories(0, 1), student.member.hyperparameters), settings)
    assert put(exchange, student)
    arena.play()
    (after,) = exchange.take_trajectories(0, 1)
    assert after.version == 2
    assert np.isfinite(after.log_p).all()
