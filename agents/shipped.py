"""The agents that ship with the suite, by name."""

import json
from importlib import resources
from pathlib import Path
from typing import Literal

World = Literal["pointnav", "ctf"]

OF_CTF = "arguments"
"""Entry of the cards of agents that play Capture the Flag, and of no others: `agents.ftw.saved`."""


def shipped(world: World) -> dict[str, Path]:
    """The folders of the agents for a world, by name."""
    cards = sorted((Path(str(resources.files("assets"))) / "agents").glob("*/agent.json"))
    return {
        card.parent.name: card.parent for card in cards if (OF_CTF in json.loads(card.read_text())) == (world == "ctf")
    }
