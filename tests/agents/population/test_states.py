"""Checkpoints of a population: whole, compared with their hashes, passed over when damaged."""

import numpy as np
import pytest
import torch

from agents.ftw import FtwAgent
from agents.population.chief import Chief
from agents.population.learner import founder, learn, lesson
from agents.population.members import Member
from agents.population.states import (
    Kept,
    agent_of,
    checkpointed_agent,
    members_in,
    newest,
    restored,
    save,
    settings_of,
    state_of,
)
from agents.runs import write_settings
from tests.agents.population.planted import MIDDLE
from tests.agents.population.small import chief_of, small
from tests.agents.population.test_learner import put_of


def kept_of(student):
    return Kept(student.member.slot, student.member.birth, state_of(student))


@pytest.fixture
def run(tmp_path):
    """Settings, an open chief, and two students who have learnt something."""
    settings = small(tmp_path)
    with chief_of(settings) as chief:
        students = [founder(settings, member) for member in chief.members]
        for student in students:
            learn(student, lesson([put_of(student)], MIDDLE), settings)
            student.version = 5
        yield settings, chief, students


def test_a_member_comes_back_with_moments_and_counters(run, tmp_path):
    settings, chief, students = run
    path = save(tmp_path / "checkpoints", 24, 3.5, [kept_of(student) for student in students], chief, 3)
    standing = newest(tmp_path / "checkpoints", pytest.fail)
    assert standing == (path, 24, 3.5, {0: 0, 1: 1})
    back = restored(path, 1, settings, chief.members[1])
    assert (back.version, back.steps) == (5, 12)
    assert all(torch.equal(v, students[1].agent.state_dict()[n]) for n, v in back.agent.state_dict().items())
    for student in (students[1], back):  # and what it learns next is the same
        student.generator.manual_seed(3)
        learn(student, lesson([put_of(student, seed=9)], MIDDLE), settings)
    assert all(torch.equal(v, students[1].agent.state_dict()[n]) for n, v in back.agent.state_dict().items())
    with Chief(path / "chief.sqlite") as copy:
        assert copy.lineage() == chief.lineage()


def test_a_child_that_was_born_since_has_its_ancestors_weights_alone(run, tmp_path):
    settings, chief, students = run
    path = save(tmp_path / "checkpoints", 24, 3.5, [kept_of(student) for student in students], chief, 3)
    child = restored(path, 0, settings, Member(1, 2, 0, MIDDLE))
    assert torch.equal(child.agent.torso.last.weight, students[0].agent.torso.last.weight)
    assert not child.optimizer.state
    assert (child.version, child.steps) == (0, 0)


def test_old_ones_go_and_damaged_ones_are_passed_over(run, tmp_path):
    _, chief, students = run
    folder, kept = tmp_path / "checkpoints", [kept_of(student) for student in students]
    assert newest(folder, pytest.fail) is None
    for steps in (10, 20, 30, 40):
        save(folder, steps, 1.0, kept, chief, 3)
    assert [path.name for path in sorted(folder.iterdir())] == [f"step-{steps:012d}" for steps in (20, 30, 40)]
    weights = folder / f"step-{40:012d}" / "member-01.weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-3])
    (folder / f"step-{30:012d}" / "MANIFEST.json").write_text("{")
    said = []
    assert newest(folder, said.append).steps == 20
    assert len(said) == 2
    assert "member-01.weights.safetensors is not what was written" in said[0]
    save(folder, 40, 1.0, kept, chief, 0)  # in the place of the damaged one
    assert newest(folder, pytest.fail).steps == 40
    for path in folder.iterdir():
        (path / "state.json").unlink()
    with pytest.raises(ValueError, match=r"all 3 checkpoints in .* are damaged: begin a new run"):
        newest(folder, said.append)


def test_weights_of_another_size_are_refused(run, tmp_path):
    settings, chief, students = run
    path = save(tmp_path / "checkpoints", 24, 3.5, [kept_of(student) for student in students], chief, 3)
    other = small(tmp_path / "other", hidden=16)
    with pytest.raises(ValueError, match="are not those of the run's agents"):
        restored(path, 0, other, chief.members[0])
    assert settings.hidden == 8


def test_a_member_alone_is_an_agent_with_its_own_timescales(run):
    settings, chief, students = run
    agent = agent_of(kept_of(students[1]), settings, chief.members[1])
    assert isinstance(agent, FtwAgent)
    assert agent.core.tau == chief.members[1].hyperparameters.tau
    assert np.array_equal(agent.torso.last.weight.detach(), students[1].agent.torso.last.weight.detach())


def test_members_of_a_checkpoint_play_as_agents(run):
    settings, chief, students = run
    write_settings(settings.out, settings)
    path = save(settings.out / "checkpoints", 24, 3.5, [kept_of(student) for student in students], chief, 3)
    members = members_in(path)
    assert [member.name for member in members] == ["member-00", "member-01"]
    assert settings_of(members[1]).match_steps == settings.match_steps
    agent = checkpointed_agent(members[1])
    assert agent.core.tau == chief.members[1].hyperparameters.tau
    assert all(torch.equal(v, students[1].agent.state_dict()[n]) for n, v in agent.state_dict().items())
    assert members_in(settings.out) == []
    assert settings_of(path / "member-07") is None
    with pytest.raises(FileNotFoundError, match="expected a member of a checkpoint"):
        checkpointed_agent(path / "member-07")
