"""An agent on disk comes back the same, and what is damaged is refused."""

import json

import pytest
import torch

from agents.ftw import FtwAgent
from agents.ftw.saved import arguments_of, card_of, load_ftw_agent, save_ftw_agent

SIZES = {"height": 24, "width": 28, "hidden": 8, "pixel_channels": 2, "factors": (3, 2)}


@pytest.mark.parametrize("core", ["two-timescale", "lstm"])
def test_an_agent_comes_back_the_same(tmp_path, core):
    torch.manual_seed(0)
    agent = FtwAgent("small", core, latent=6, tau=7, gradient_scale=0.5, **SIZES)
    save_ftw_agent(tmp_path / "agent", agent, {"steps": 12}, [{"steps": 1}, {"steps": 12}])
    back = load_ftw_agent(tmp_path / "agent")
    assert not back.training
    assert arguments_of(back) == arguments_of(agent)
    assert {name: value.tolist() for name, value in back.state_dict().items()} == {
        name: value.tolist() for name, value in agent.state_dict().items()
    }
    assert card_of(tmp_path / "agent")["steps"] == 12
    assert json.loads((tmp_path / "agent" / "curve.json").read_text()) == [{"steps": 1}, {"steps": 12}]


def test_timescales_that_changed_since_are_kept(tmp_path):
    agent = FtwAgent(latent=6, **SIZES)
    agent.core.tau, agent.core.gradient_scale = 13, 0.25
    save_ftw_agent(tmp_path / "agent", agent, {})
    back = load_ftw_agent(tmp_path / "agent")
    assert (back.core.tau, back.core.gradient_scale) == (13, 0.25)


def test_what_cannot_be_saved_says_why(tmp_path):
    agent = FtwAgent(latent=6, **SIZES)
    with pytest.raises(ValueError, match="choose another name"):
        save_ftw_agent(tmp_path / "agent", agent, {"arguments": 1})
    agent.core.tau = torch.tensor([5, 6])
    with pytest.raises(ValueError, match="to one whole number"):
        save_ftw_agent(tmp_path / "agent", agent, {})
    assert not list(tmp_path.iterdir())


def test_what_is_damaged_or_something_else_is_refused(tmp_path):
    for read in (load_ftw_agent, card_of):
        with pytest.raises(FileNotFoundError, match="holds no agent"):
            read(tmp_path)
    save_ftw_agent(tmp_path / "agent", FtwAgent(latent=6, **SIZES), {})
    with pytest.raises(FileExistsError, match="exists already"):
        save_ftw_agent(tmp_path / "agent", FtwAgent(latent=6, **SIZES), {})
    weights = tmp_path / "agent" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is not what was written"):
        load_ftw_agent(tmp_path / "agent")
