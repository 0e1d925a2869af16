"""What arenas and learners say to the chief and to one another: one small interface, whatever lies between them.

An arena asks for a match, plays it with the weights of whoever sits in its seats, puts what each member saw into that
member's queue, and reports the score. A learner takes its member's trajectories and puts new weights. Who lives in a
slot may change with any report: then the slot has the parent's weights at once, the queue is empty, and the learner
hears of it from `put_weights` or `evolve`.

No call waits. Arrays are NumPy's, which processes and machines can share as they are; those that are put are copied,
and the caller may go on using them; those that are got must not be written to.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.population.census import Report
from agents.population.chief import Match
from agents.population.lineage import Birth
from agents.population.members import Member
from sims.ctf.state import N_EVENTS

Taken = Literal["taken", "full", "stale"]
"""What became of a trajectory: its learner has it; there is no room for it now; whom it's of lives no more."""


class Weights(NamedTuple):
    """A member's weights.

    Attributes:
        birth: whose. version: counts what the member's learner has put; above all of its earlier ones.
        arrays: by name, as of a `state_dict`.
    """

    birth: int
    version: int
    arrays: Mapping[str, NDArray[np.generic]]


class Trajectory(NamedTuple):
    """What one member saw and did in some seats over the same steps, all with the same weights.

    Seats are of any matches of one arena. Where a match ended, the next step is the first of that seat's next match.
    What the steps are worth is not in it: the learner makes rewards of events by the member's own weights.

    Attributes:
        slot, birth, version: of whom, and by which of its weights.
        obs: by name, `[time + 1, seat, ...]`: before each step, and after the last.
        actions: `[time, seat, ...]` integers. log_p: float32 `[time, seat]`, of the whole action, by these weights.
        events: uint8 `[time, seat, 13]`, how often each of `sims.ctf.state.EVENTS` happened to the player.
        ended: bool `[time, seat]`, whether the step was its match's last.
        memory: by name, `[seat, ...]`: the recurrent state before the first step.
    """

    slot: int
    birth: int
    version: int
    obs: Mapping[str, NDArray[np.generic]]
    actions: NDArray[np.integer]
    log_p: NDArray[np.float32]
    events: NDArray[np.uint8]
    ended: NDArray[np.bool_]
    memory: Mapping[str, NDArray[np.generic]]


class Exchange(Protocol):
    """The interface. All of it may raise OSError where the chief's disk is full; ValueErrors as each says."""

    def next_match(self) -> Match:
        """Who plays next, for an arena."""
        ...

    def report_match(self, report: Report) -> tuple[Birth, ...]:
        """How a match ended; who was born of it, most often nobody. Saying the same again changes nothing.

        Raises:
            ValueError: a report that can't be, or another one of a match that has been reported.
        """
        ...

    def put_trajectory(self, trajectory: Trajectory) -> Taken:
        """Give a member's learner something to learn from.

        Raises:
            ValueError: arrays that don't fit together, or no such slot.
        """
        ...

    def take_trajectories(self, slot: int, seats: int = 1) -> list[Trajectory]:
        """The oldest trajectories of the member in `slot` that have `seats` seats together, or none yet.

        Raises:
            ValueError: no such slot, or more seats than a queue holds.
        """
        ...

    def put_weights(self, slot: int, weights: Weights) -> bool:
        """Have all play with these from now on; False if whom they are of lives no more, and then they don't.

        Raises:
            ValueError: no such slot, or a version that isn't above the one that is there.
        """
        ...

    def get_weights(self, slot: int, known: tuple[int, int] | None = None) -> Weights | None:
        """The weights of the member in `slot`; None if they are those that are `known` as `(birth, version)`.

        Raises:
            ValueError: no such slot, or nobody has put any yet.
        """
        ...

    def evolve(self, slot: int, birth: int) -> Member | None:
        """Who lives in `slot` now, if not `birth` any more: its learner goes on with what `get_weights` gives.

        Raises:
            ValueError: no such slot.
        """
        ...

    def members(self) -> tuple[Member, ...]:
        """Who lives, by slot."""
        ...

    def lineage(self) -> bytes:
        """Who descends from whom: `agents.population.lineage.canonical`."""
        ...


def check_trajectory(trajectory: Trajectory) -> None:
    """Refuse arrays that don't fit together.

    Raises:
        ValueError: naming the array, its shape and type, and those that were expected.
    """
    if trajectory.ended.ndim != 2 or not trajectory.ended.size:
        raise ValueError(f"ended must be [time, seat], at least one of each, got shape {trajectory.ended.shape}")
    time, seats = trajectory.ended.shape
    _fits("ended", trajectory.ended, (time, seats), np.bool_, exact=True)
    _fits("actions", trajectory.actions, (time, seats), np.integer)
    _fits("log_p", trajectory.log_p, (time, seats), np.float32, exact=True)
    _fits("events", trajectory.events, (time, seats, N_EVENTS), np.uint8, exact=True)
    for name, array in trajectory.obs.items():
        _fits(f"obs[{name!r}]", array, (time + 1, seats), np.generic)
    for name, array in trajectory.memory.items():
        _fits(f"memory[{name!r}]", array, (seats,), np.generic)


def _fits(
    name: str, array: NDArray[np.generic], shape: tuple[int, ...], kind: type[np.generic], exact: bool = False
) -> None:
    """`exact`: the whole shape, and not just how it begins."""
    begins = array.shape if exact else array.shape[: len(shape)]
    if begins != shape or not np.issubdtype(array.dtype, kind):
        wanted = ", ".join(map(str, shape)) + ("" if exact else ", ...")
        raise ValueError(f"{name} must be {kind.__name__} [{wanted}], got {array.dtype} {list(array.shape)}")
