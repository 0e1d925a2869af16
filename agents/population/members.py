"""Who lives in a population: members, and the hyperparameters that they hand down."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population.ratings import START
from sims.ctf.state import EVENTS, N_EVENTS

SIGNS = (-1, -1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1)
"""Whether each of EVENTS is good for a player: what it and its team do is, being tagged and what opponents do is not.

Evolution moves the size of a reward, not its sign.
"""


@dataclass(frozen=True)
class Hyperparameters:
    """What evolution finds for each member: how it learns and what it is rewarded for.

    Raises:
        ValueError: negative or not finite; tau below 1 or no whole number; not 13 rewards.
    """

    lr: float
    """Learning rate."""
    entropy: float
    """Cost of certainty, of the policy's entropy."""
    reward_prediction: float
    """Weight of the auxiliary task that predicts rewards."""
    pixel_control: float
    """Weight of the auxiliary task that changes pixels."""
    kl_prior: float
    """Weight of KL(p || N(0, 0.1^2)), which keeps the slow core's prior plain."""
    kl_posterior: float
    """Weight of KL(q || p), which keeps the fast core's posterior near the prior."""
    gradient_scale: float
    """Of the gradient from the fast core into the slow one."""
    tau: int
    """Steps between two ticks of the slow core."""
    rewards: tuple[float, ...]
    """How much each of `sims.ctf.state.EVENTS` counts, without its sign (SIGNS); 0 is off, and stays off."""

    def __post_init__(self) -> None:
        if not isinstance(self.rewards, tuple) or len(self.rewards) != N_EVENTS:
            raise ValueError(f"rewards must be a tuple of {N_EVENTS} numbers, one an event, got {self.rewards!r}")
        for name, value in self.scalars().items():
            real = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not real or not math.isfinite(value) or value < 0:
                raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}")
        if not isinstance(self.tau, int) or self.tau < 1:
            raise ValueError(f"tau must be a whole number of steps, at least 1, got {self.tau!r}")

    def scalars(self) -> dict[str, Any]:
        """All of them by name, each reward as `reward/<event>`."""
        plain = {name: value for name, value in vars(self).items() if name != "rewards"}
        return plain | {f"reward/{event}": value for event, value in zip(EVENTS, self.rewards, strict=True)}


def event_weights(hyperparameters: Hyperparameters) -> NDArray[np.float64]:
    """What each event is worth to a member, `[13]`: the dot product with a step's counts of events is its reward."""
    return np.array(SIGNS, np.float64) * np.array(hyperparameters.rewards)


def to_json(hyperparameters: Hyperparameters) -> dict[str, Any]:
    """As what JSON knows; `from_json` gives the same back, bit for bit."""
    return {**asdict(hyperparameters), "rewards": list(hyperparameters.rewards)}


def from_json(values: Mapping[str, Any]) -> Hyperparameters:
    """What `to_json` wrote.

    Raises:
        ValueError: something is missing, too much, or can't be.
    """
    try:
        return Hyperparameters(**{**values, "rewards": tuple(values["rewards"])})
    except (TypeError, KeyError) as error:
        raise ValueError(f"these are no hyperparameters ({error})") from error


class Individual(NamedTuple):
    """Somebody of a population, as matches name their players.

    Attributes:
        slot: the place in the population, 0 to n - 1, which learners and arenas go by. birth: who lives there: the
            founders are 0 to n - 1, and everybody born later gets the next number; none is ever used again.
    """

    slot: int
    birth: int


@dataclass(frozen=True)
class Member:
    """Who lives in a slot now."""

    slot: int
    birth: int
    parent: int | None
    """The birth of whom it was copied from; None for founders."""
    hyperparameters: Hyperparameters
    rating: float = START
    """Elo, in points (`agents.population.ratings`)."""
    games: int = 0
    """Matches since its birth that have rated it."""
    tried: int = 0
    """Its games when it was last compared with another."""

    @property
    def individual(self) -> Individual:
        """How matches name it."""
        return Individual(self.slot, self.birth)
