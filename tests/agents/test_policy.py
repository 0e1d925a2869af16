"""Trained agents as policies: by folder, by the name they ship under, drawn or greedy, and their videos."""

import json

import imageio_ffmpeg
import numpy as np
import pytest
import torch

from agents import scoring, training
from agents.baselines import policy_named
from agents.checkpoint import Checkpoint, load_agent, save, save_agent
from agents.nets import BlindAgent
from agents.policy import STARTED, RecurrentPolicy
from agents.scoring import EvaluateSettings
from tests.agents.runs import final_weights, same, small


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    training.run(small(folder))
    return folder


def observations(n, *, started=False):
    obs = np.random.default_rng(0).normal(size=(n, 12)).astype(np.float32)
    obs[:, STARTED] = started
    return obs


def test_an_episodes_first_observation_blanks_the_memory():
    torch.manual_seed(0)
    policy = RecurrentPolicy(BlindAgent(8), greedy=True)
    full = policy.step(observations(3), policy.initial_state(3))[1]
    _, fresh = policy.step(observations(3, started=True), policy.initial_state(3))
    _, again = policy.step(observations(3, started=True), full)
    _, on = policy.step(observations(3), full)
    assert torch.equal(fresh.h, again.h)
    assert not torch.equal(on.h, policy.step(observations(3), policy.initial_state(3))[1].h)


def test_actions_are_drawn_as_the_policy_says_and_alike_for_a_seed():
    agent = BlindAgent(8)
    wanted = np.array([0.1, 0.2, 0.3, 0.4])
    with torch.no_grad():
        agent.actor.weight.zero_()
        agent.actor.bias[:] = torch.from_numpy(np.log(wanted))
    obs, memory = observations(20_000), agent.blank_memory(20_000)
    drawn, _ = RecurrentPolicy(agent, seed=1).step(obs, memory)
    assert np.bincount(drawn) / len(drawn) == pytest.approx(wanted, abs=0.015)
    assert np.array_equal(drawn, RecurrentPolicy(agent, seed=1).step(obs, memory)[0])
    assert not np.array_equal(drawn, RecurrentPolicy(agent, seed=2).step(obs, memory)[0])
    assert set(RecurrentPolicy(agent, greedy=True).step(obs, memory)[0]) == {3}


def test_a_finished_run_holds_its_agent_alone(finished):
    for folder in (finished, finished / "agent"):
        assert same(load_agent(folder).state_dict(), final_weights(finished))
    card = json.loads((finished / "agent" / "agent.json").read_text())
    assert card["hidden"] == 16
    assert card["trained_with"]["n_envs"] == 8
    assert "out" not in card["trained_with"], "no path of a machine is given away"


def test_evaluating_a_run_prints_a_document_and_films_three_episodes(finished, tmp_path, capsys):
    layouts = ("houses:1000000-1000002",)
    settings = EvaluateSettings(str(finished), layouts=layouts, episodes=4, max_steps=30, json=True, videos=tmp_path)
    scoring.run(settings)
    document = json.loads(capsys.readouterr().out)
    assert document["success"]["n"] == 4
    assert 0.0 <= document["success"]["low"] <= document["success"]["score"] <= document["success"]["high"] <= 1.0
    for name in ("best", "median", "worst"):
        frames, _ = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / f"{name}.mp4"))
        assert 2 <= frames <= 31


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "name one policy"),
        ({"policy": "oracle", "pretrained": ()}, "name one policy"),
        ({"pretrained": ("a", "b")}, "--pretrained takes one name, got a b"),
        ({"pretrained": ("nobody",)}, "there is no pretrained agent 'nobody'"),
        ({"policy": "no/such/run"}, "there is no policy 'no/such/run'"),
    ],
)
def test_policies_that_are_not_there_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        scoring.run(EvaluateSettings(**settings))


def test_a_folder_without_an_agent_is_refused_with_what_was_expected(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no agent: expected the folder of a run"):
        policy_named(str(tmp_path))


def test_damaged_agents_are_refused(tmp_path):
    save_agent(tmp_path / "agent", BlindAgent(8), {})
    path = tmp_path / "agent" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="is not what was written"):
        load_agent(tmp_path / "agent")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "settings.json").write_text('{"hidden": 8, "layers": 1, "precision": "float32"}')
    save(tmp_path / "old" / "checkpoints", Checkpoint(0, BlindAgent(8).state_dict(), {}, [{"a": torch.zeros(1)}], {}))
    with pytest.raises(ValueError, match="does not say its agent's senses: it is of an older version"):
        load_agent(tmp_path / "old")
    save_agent(tmp_path / "other", BlindAgent(8), {"hidden": 16})
    with pytest.raises(ValueError, match="are not those of its agent"):
        load_agent(tmp_path / "other")
