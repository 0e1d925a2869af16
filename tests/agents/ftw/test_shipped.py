"""The agent that ships for Capture the Flag: whole, described, and as good as its card says."""

import pytest

from agents.baselines import pretrained_folder
from agents.ftw.matches import against_bots
from agents.ftw.saved import agent_folder, card_of, load_ftw_agent
from agents.processes import prepared_cpu
from agents.shipped import shipped
from sims.ctf.state import RULES

NAME = "ctf-courts"


def test_it_is_found_by_its_name_and_by_those_of_its_world_alone():
    assert agent_folder(NAME) == shipped("ctf")[NAME]
    assert NAME not in shipped("pointnav")
    with pytest.raises(ValueError, match="no pretrained agent 'ctf-courts': expected one of pointnav"):
        pretrained_folder(NAME)


def test_it_is_whole_and_described():
    folder = agent_folder(NAME)
    card, told = card_of(folder), (folder / "README.md").read_text().lower()
    assert card["steps"] > 10_000_000
    assert card["trained_with"]["maps"] == ["courts:0-512"]
    for word in ("intended use", "limits", "mit", "random bot", "level 2"):
        assert word in told


def test_it_beats_the_random_bot_in_fields_that_it_never_saw():
    """20 matches; the card tells of 200, of which it won 96 %."""
    rules = RULES._replace(match_steps=960)
    with prepared_cpu():
        found = against_bots(
            load_ftw_agent(agent_folder(NAME)), ["random"], 20, maps="courts:1000000-1000200", rules=rules
        )
    assert found["random"].share > 0.75
