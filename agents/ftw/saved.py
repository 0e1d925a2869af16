"""An FTW agent alone on disk: its weights, what it was made with, and whatever is told of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from agents.checkpoint import CURVE, WEIGHTS
from agents.ftw.agent import FtwAgent
from agents.ftw.core import TwoTimescaleCore
from agents.shipped import shipped
from sims.core.files import check_folder, write_folder

CARD = "agent.json"
"""What an agent was made with (`arguments`), and its card."""


def arguments_of(agent: FtwAgent) -> dict[str, Any]:
    """What an agent like this one is made with: `FtwAgent(**arguments)`, as what JSON knows.

    Raises:
        ValueError: a tau for each env, which is of a batch and not of an agent.
    """
    arguments = {**agent.arguments, "factors": list(agent.factors)}
    if not isinstance(agent.core, TwoTimescaleCore):
        return arguments
    if isinstance(agent.core.tau, Tensor):
        raise ValueError("this agent has a tau for each env of a batch: set agent.core.tau to one whole number")
    return {**arguments, "tau": int(agent.core.tau), "gradient_scale": float(agent.core.gradient_scale)}


def save_ftw_agent(
    folder: Path, agent: FtwAgent, card: Mapping[str, Any], curve: Sequence[Mapping[str, float]] = ()
) -> None:
    """Write an agent alone: `weights.safetensors`, `agent.json` and `curve.json`; the folder appears whole or not.

    Args:
        folder: to be made. card: what is to be known of the agent, as what JSON knows. curve: how it learned.

    Raises:
        FileExistsError: `folder` is there already. ValueError: the card has an entry `arguments`, which is ours; or the
            agent a tau for each env.
    """
    if "arguments" in card:
        raise ValueError("the card has an entry 'arguments', where the agent's own are kept: choose another name")
    about = {"arguments": arguments_of(agent), **card}

    def fill(temporary: Path) -> None:
        weights = {name: value.detach().cpu().contiguous() for name, value in agent.state_dict().items()}
        save_file(weights, temporary / WEIGHTS)
        (temporary / CARD).write_text(json.dumps(about, indent=1) + "\n")
        (temporary / CURVE).write_text("[\n" + ",\n".join(json.dumps(dict(row)) for row in curve) + "\n]\n")

    write_folder(folder, fill)


def agent_folder(name: str | Path) -> Path:
    """The folder meant by `name`: itself, or that of an agent that ships under this name."""
    there = shipped("ctf")
    return Path(name) if Path(name).is_dir() else there.get(str(name), Path(name))


def load_ftw_agent(folder: Path) -> FtwAgent:
    """The agent that `save_ftw_agent` wrote, ready to act.

    Raises:
        FileNotFoundError: `folder` holds no agent. ValueError: its files are damaged or of another agent.
    """
    if not (folder / CARD).is_file():
        raise FileNotFoundError(
            f"{folder} holds no agent: expected a folder with {CARD}, as a run's agents/ has, "
            f"or one that ships: {', '.join(shipped('ctf')) or 'none'}"
        )
    check_folder(folder)
    try:
        arguments = json.loads((folder / CARD).read_text())["arguments"]
        agent = FtwAgent(**{**arguments, "factors": tuple(arguments["factors"])})
        agent.load_state_dict(load_file(folder / WEIGHTS))
    except (KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{folder} holds no agent of this version's kind ({error}): train it anew") from error
    return agent.eval()


def card_of(folder: Path) -> dict[str, Any]:
    """What is told of the agent in `folder`, its arguments included.

    Raises:
        FileNotFoundError: `folder` holds no agent. ValueError: its files are damaged.
    """
    if not (folder / CARD).is_file():
        raise FileNotFoundError(f"{folder} holds no agent: expected a folder with {CARD}, as a run's agents/ has")
    check_folder(folder)
    return json.loads((folder / CARD).read_text())
