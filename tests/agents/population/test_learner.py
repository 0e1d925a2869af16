"""Learners: rewards by the member's own weights, children, and NaNs that are named and never learnt from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.population.exchange import Trajectory
from agents.population.in_process import InProcessExchange
from agents.population.learner import founder, inherit, learn, lesson, put, rates, update
from agents.population.members import Member
from agents.population.plan import costs_of
from agents.ppo import NotFiniteError
from sims.ctf.state import EVENTS, N_EVENTS
from tests.agents.population.planted import MIDDLE
from tests.agents.population.small import chief_of, small


def put_of(student, seats=3, time=4, seed=0):
    rng, latent = np.random.default_rng(seed), student.agent.core.latent
    memory = {name: value.numpy() for name, value in student.agent.blank_memory(seats)._asdict().items()}
    return Trajectory(
        slot=student.member.slot,
        birth=student.member.birth,
        version=1,
        obs={
            "rgb": rng.integers(0, 256, (time + 1, seats, 20, 20, 3)).astype(np.uint8),
            "noise": np.zeros((time + 1, seats, latent), np.int16),
        },
        actions=rng.integers(0, 2, (time, seats, 6)).astype(np.int8),
        log_p=np.full((time, seats), -6.0, np.float32),
        events=np.zeros((time, seats, N_EVENTS), np.uint8),
        ended=np.zeros((time, seats), np.bool_),
        memory=memory,
    )


def a_student(tmp_path, **changes):
    settings = small(tmp_path, **changes)
    return settings, founder(settings, Member(0, 0, None, MIDDLE))


def test_rewards_are_events_by_the_members_own_weights(tmp_path):
    _, student = a_student(tmp_path)
    rewards = tuple(float(k + 1) for k in range(N_EVENTS))
    one = put_of(student)
    one.events[1, 2, EVENTS.index("captured")] = 2
    one.events[3, 0, EVENTS.index("tagged_with_flag")] = 1
    trajectory = lesson([one], replace(MIDDLE, rewards=rewards))
    wanted = np.zeros((4, 3), np.float32)
    wanted[1, 2], wanted[3, 0] = 2 * 3.0, -1.0
    assert trajectory.rewards.tolist() == wanted.tolist()


def test_trajectories_lie_side_by_side(tmp_path):
    _, student = a_student(tmp_path)
    parts = [put_of(student, 3, seed=1), put_of(student, 2, seed=2)]
    trajectory = lesson(parts, MIDDLE)
    assert trajectory.frames.shape == (5, 5, 20, 20, 3)
    assert (trajectory.frames[:, 3:].numpy() == parts[1].obs["rgb"]).all()
    assert len(trajectory.before.h) == 5
    assert trajectory.noise.dtype == torch.bfloat16


def test_events_are_told_by_the_thousand_steps(tmp_path):
    _, student = a_student(tmp_path)
    parts = [put_of(student), put_of(student)]
    parts[0].events[0, 0, 2], parts[1].events[2, 1, 2] = 1, 2
    assert rates(parts)["event/captured"] == pytest.approx(3 / 24 * 1000)


@pytest.mark.parametrize("algorithm", ["vtrace", "ppo"])
def test_a_lesson_changes_the_weights_and_is_counted(tmp_path, algorithm):
    settings, student = a_student(tmp_path, algorithm=algorithm, seats=2, epochs=2)
    before = student.agent.heads.actor.weight.clone()
    means = learn(student, lesson([put_of(student, 4)], MIDDLE), settings)
    assert student.steps == 16
    assert not torch.equal(before, student.agent.heads.actor.weight)
    assert set(means) >= {"loss", "grad_norm", "policy", "value", "entropy", "approx_kl"}
    assert all(np.isfinite(list(means.values())))


def test_a_task_without_weight_is_left_out(tmp_path):
    settings, student = a_student(tmp_path)
    student.member = replace(student.member, hyperparameters=replace(MIDDLE, pixel_control=0.0, reward_prediction=0.0))
    means = learn(student, lesson([put_of(student)], MIDDLE), settings)
    assert means["pixel_control"] == means["reward_prediction"] == 0.0


def test_a_nan_is_named_and_the_weights_stay(tmp_path):
    settings, student = a_student(tmp_path)
    trajectory = lesson([put_of(student)], MIDDLE)
    bad = trajectory._replace(rewards=trajectory.rewards + float("nan"))
    before = {name: value.clone() for name, value in student.agent.state_dict().items()}
    with pytest.raises(NotFiniteError, match="the loss of member 0 in slot 0 is not finite"):
        learn(student, bad, settings)
    assert all(torch.equal(value, before[name]) for name, value in student.agent.state_dict().items())
    handle = student.agent.heads.critic.weight.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(NotFiniteError, match=r"the gradient of heads.critic.weight of member 0"):
        update(student, trajectory, costs_of(settings, MIDDLE), settings)
    handle.remove()
    assert all(torch.equal(value, before[name]) for name, value in student.agent.state_dict().items())


def test_a_child_has_its_parents_weights_its_own_hyperparameters_and_no_moments(tmp_path):
    settings = small(tmp_path)
    with chief_of(settings) as chief:
        exchange = InProcessExchange(chief)
        students = [founder(settings, member) for member in chief.members]
        assert not torch.equal(students[0].agent.heads.actor.weight, students[1].agent.heads.actor.weight)
        learn(students[1], lesson([put_of(students[1])], MIDDLE), settings)
        assert students[1].optimizer.state
        put(exchange, students[0])
        child = Member(1, 2, 0, replace(MIDDLE, lr=0.00123, tau=7, gradient_scale=0.7))
        exchange._weights[1] = exchange.get_weights(0)._replace(birth=2, version=0)
        heir = inherit(exchange, settings, students[1], child)
    assert torch.equal(heir.agent.heads.actor.weight, students[0].agent.heads.actor.weight)
    assert not heir.optimizer.state
    assert heir.optimizer.param_groups[0]["lr"] == 0.00123
    assert (heir.agent.core.tau, heir.agent.core.gradient_scale) == (7, 0.7)
    assert (heir.version, heir.steps) == (0, 0)


def test_founders_are_the_same_each_time_and_differ_from_one_another(tmp_path):
    settings = small(tmp_path)
    first, again = (founder(settings, Member(0, 0, None, MIDDLE)) for _ in range(2))
    other = founder(settings, Member(1, 1, None, MIDDLE))
    weights = [student.agent.torso.last.weight for student in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
