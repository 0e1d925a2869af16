"""The agent that ships: whole, described, and as good as its card says."""

import pytest

from agents.baselines import policy_named, pretrained_folder
from agents.checkpoint import load_agent, load_story
from agents.evaluate import summary
from agents.processes import prepared_cpu
from agents.scoring import evaluate, together


@pytest.fixture(scope="module")
def folder():
    return pretrained_folder()


def test_it_is_whole_and_described(folder):
    agent, (told, _) = load_agent(folder), load_story(folder)
    assert (told["hidden"], told["layers"], told["senses"]) == (agent.hidden, agent.layers, agent.senses)
    assert told["steps"] > 10_000_000
    assert "houses:" in told["trained_with"]["layouts"][0]
    card = (folder / "README.md").read_text().lower()
    for word in ("intended use", "limits", "mit", "success"):
        assert word in card


def test_its_curve_rises(folder):
    _, curve = load_story(folder)
    assert [point["steps"] for point in curve] == sorted(point["steps"] for point in curve)
    held_out = [point["held_out/success"] for point in curve if "held_out/success" in point]
    assert held_out[-1] > held_out[0]


def test_it_crosses_houses_that_it_never_saw(folder):
    """A hundred episodes; the card tells more, and the margin is several standard errors."""
    with prepared_cpu():
        rows = evaluate(policy_named(str(folder)), ["houses:1000000-1000050"], 100)
    assert summary(together(rows))["success"].score > 0.85
