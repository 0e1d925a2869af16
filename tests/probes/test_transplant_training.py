"""Probe agents learn, can be stopped, and use what they were given."""

import numpy as np
import pytest
import torch

from agents.checkpoint import CHECKPOINTS
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.ppo import Losses
from agents.runs import read_metrics
from probes import transplant_training
from probes.record import record
from probes.transplant import second_walks
from probes.transplant_training import ProbeFit, Transplant, check_fit, train_probe, walk_again
from sims.pointnav.env import PointNavVectorEnv
from tests.probes.test_transplant import Guided

FIT = ProbeFit(steps=512, n_envs=16, rollout=16, losses=Losses(minibatches=2), checkpoint_every=256, max_steps=60)
WHICH = Transplant("t-to-s", "trained")


@pytest.fixture(scope="module")
def made():
    torch.manual_seed(0)
    agent = BlindAgent(8)
    env = PointNavVectorEnv(24, layouts="houses:0-8", goals_per_layout=2, starts_per_goal=4, max_steps=400)
    return agent, record(Guided(env, agent), env, 60, twin=RecurrentPolicy(BlindAgent(8)), moments=1)


def test_a_probe_that_was_stopped_is_the_same(made, tmp_path, monkeypatch):
    agent, kept = made
    whole = train_probe(tmp_path / "a", agent, kept, WHICH, FIT)
    original = transplant_training.save

    def killed(folder, checkpoint, *rest):
        original(folder, checkpoint, *rest)
        if checkpoint.steps == 256:
            raise KeyboardInterrupt

    monkeypatch.setattr(transplant_training, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        train_probe(tmp_path / "b", agent, kept, WHICH, FIT)
    monkeypatch.setattr(transplant_training, "save", original)
    assert [path.name for path in (tmp_path / "b" / CHECKPOINTS).iterdir()] == ["step-000000000256"]
    resumed = train_probe(tmp_path / "b", agent, kept, WHICH, FIT)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert not torch.equal(whole.critic.weight, agent.critic.weight)
    assert [row["steps"] for row in read_metrics(tmp_path / "b")] == [256, 512]
    again = train_probe(tmp_path / "b", agent, kept, WHICH, FIT)
    assert torch.equal(again.critic.weight, whole.critic.weight)


def test_a_probe_walks_on_layouts_that_it_did_not_learn_on(made, tmp_path):
    agent, kept = made
    trips, played = walk_again(tmp_path, agent, kept, WHICH, max_steps=40)
    learned = transplant_training.split_by_layout(kept.layout_numbers())
    seen = {kept.layouts[e] for e in np.concatenate([learned.train, learned.validation])}
    assert not seen & set(played.layouts)
    assert len(played.paths) == len(trips.episodes)
    walks = second_walks(trips, played, {"success": 0.1, "spl": 0.2})
    assert walks.spl.chance == 0.2
    few = walk_again(tmp_path, agent, kept, Transplant("s-to-t", "zero"), max_steps=20, most=3)[1]
    assert len(few.number) == 3


def test_a_folder_of_another_probe_is_refused(made, tmp_path):
    agent, kept = made
    train_probe(tmp_path, agent, kept, WHICH, FIT)
    with pytest.raises(ValueError, match="another begin: remove it"):
        train_probe(tmp_path, agent, kept, Transplant("t-to-s", "zero"), FIT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps must be at least 1"),
        ({"rollout": 1}, "rollout must be at least 2"),
        ({"n_envs": 1}, "8 minibatches"),
        ({"lr": 0.0}, "lr must be above 0"),
    ],
)
def test_bad_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        check_fit(ProbeFit(**change))
