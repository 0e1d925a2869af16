"""Policies by name: the oracle and the Bugs. Trained agents join them here."""

from collections.abc import Callable

from sims.core.policy import Policy
from sims.pointnav.bugs import BUGS, bug
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.oracle import Oracle

POLICIES: tuple[str, ...] = ("oracle", *BUGS)
"""Names that `policy_named` knows."""


def policy_named(name: str) -> Callable[[PointNavVectorEnv], Policy]:
    """What makes the policy `name` for an env.

    Raises:
        ValueError: there is no such policy.
    """
    if name == "oracle":
        return Oracle
    if name in BUGS:
        return lambda env: bug(name, env)
    raise ValueError(f"there is no policy {name!r}: expected one of {', '.join(POLICIES)}")
