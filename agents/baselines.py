"""Policies by name: the oracle, the Bugs, and trained agents by the folder of their run or the name they ship under."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path

from agents.shipped import shipped
from sims.core.policy import Policy
from sims.pointnav.bugs import BUGS, bug
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.oracle import Oracle

POLICIES: tuple[str, ...] = ("oracle", *BUGS)
"""Names of the policies that need no training."""

PRETRAINED = "pointnav"
"""The agent that is meant where none of those that ship is named."""


def policy_named(name: str, *, greedy: bool = False, seed: int = 0) -> Callable[[PointNavVectorEnv], Policy]:
    """What makes the policy `name` for an env.

    Args:
        name: one of `POLICIES`, or a folder: a run of `umwelt train`, or an agent that ships (`pretrained_folder`).
        greedy: a trained agent takes the likeliest action instead of drawing one. seed: of its draws.

    Raises:
        ValueError: there is no such policy, or torch is not installed.
    """
    if name == "oracle":
        return Oracle
    if name in BUGS:
        return lambda env: bug(name, env)
    if not Path(name).is_dir():
        raise ValueError(f"there is no policy {name!r}: expected one of {', '.join(POLICIES)}, or the folder of a run")
    try:
        from agents.checkpoint import load_agent
        from agents.policy import RecurrentPolicy
    except ModuleNotFoundError as error:
        raise ValueError(f"trained agents need {error.name}: pip install 'umwelt-sims[agents]'") from error
    agent = load_agent(Path(name))
    return lambda env: RecurrentPolicy(agent, greedy=greedy, seed=seed)


def cpu_for(name: str) -> AbstractContextManager[None]:
    """The settings of the CPU under which the policy `name` is best stepped; none for those that need no torch."""
    if name in POLICIES or find_spec("torch") is None:
        return nullcontext()
    from agents.processes import prepared_cpu

    return prepared_cpu()


def named_or_pretrained(
    name: str | None, pretrained: tuple[str, ...] | None, wanted: str = "policy: a baseline, the folder of a run"
) -> str:
    """What the words `NAME | --pretrained [NAME]` mean: the name, or the folder of the agent that ships.

    Raises:
        ValueError: both, neither, or an agent that does not ship.
    """
    if (name is None) == (pretrained is None):
        raise ValueError(f"name one {wanted}, or --pretrained [NAME]")
    if name is not None:
        return name
    if len(pretrained or ()) > 1:
        raise ValueError(f"--pretrained takes one name, got {' '.join(pretrained or ())}")
    return str(pretrained_folder(*pretrained or ()))


def pretrained_folder(name: str = PRETRAINED) -> Path:
    """The folder of an agent that ships with the suite.

    Raises:
        ValueError: none of that name ships.
    """
    there = shipped("pointnav")
    if name not in there:
        raise ValueError(f"there is no pretrained agent {name!r}: expected one of {', '.join(there) or 'none'}")
    return there[name]
