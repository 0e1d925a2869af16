"""What the process of the chief knows of a run in progress: the desk, and besides it the figures, duties and states."""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

from agents.population.arena import Counts
from agents.population.chief import Chief
from agents.population.desk import Desk, Parcel
from agents.population.lineage import nearest_kept
from agents.population.local import Answer, Call, answered
from agents.population.sharing import Region
from agents.population.states import Kept, Standing
from agents.population.workers import Duty

Rates = dict[tuple[int, str], tuple[int, int, int]]
"""By slot and bot: matches won, drawn, lost."""


class Office:
    """Answers all calls of arenas and learners.

    Args:
        chief: of the population. region: the shared memory. room: seats that a member's queue holds.
        n_learners: who share the members. standing: the checkpoint that the run goes on from.
    """

    def __init__(self, chief: Chief, region: Region, room: int, n_learners: int, standing: Standing | None) -> None:
        self.chief, self.desk, self._region, self._standing = chief, Desk(chief, region.size, room), region, standing
        self._n_learners = n_learners
        self.steps = standing.steps if standing else 0
        self.played, self.dropped, self.matches = 0, 0, 0
        self.duties: deque[Duty] = deque()
        self.rates: Rates = {}
        self._evaluated_anew: set[tuple[int, str]] = set()
        self._figures: dict[tuple[int, str], list[float]] = defaultdict(list)
        self._wanted: set[int] = set()
        self._kept: dict[int, tuple[int, Parcel]] = {}  # by slot, who holds it and where it is
        self._calls: dict[str, Callable[..., Any]] = {
            "beat": lambda worker: None,
            "busy": lambda worker: None,
            "played": self._played,
            "evaluated": self._evaluated,
            "learnt": self._learnt,
            "wanted": self._asked,
            "keep": self._keep,
            "has_weights": lambda worker, slot: self.desk.has_weights(slot),
            "kept_birth": self._kept_birth,
        }

    def answer(self, worker: int, call: Call) -> Answer:
        """The answer to a worker's call."""
        if call.name not in self._calls:
            return answered(self.desk, worker, call)
        return Answer(self._calls[call.name](worker, *call.arguments))

    def ready(self) -> bool:
        """Whether everybody has weights, so that matches can be played."""
        return all(self.desk.has_weights(member.slot) for member in self.chief.members)

    def figures(self) -> dict[tuple[int, str], float]:
        """Means, by slot and name, of what learners have told since the last call."""
        means = {key: float(np.mean(values)) for key, values in self._figures.items()}
        self._figures.clear()
        return means

    def new_rates(self) -> Rates:
        """Of `rates` those that have come since the last call, be they the same as before."""
        rates = {key: self.rates[key] for key in sorted(self._evaluated_anew)}
        self._evaluated_anew.clear()
        return rates

    def want_states(self) -> None:
        """Ask all learners for what they have of their members."""
        self._wanted = {member.slot for member in self.chief.members}

    def states(self) -> list[Kept] | None:
        """What was asked for, by slot, once all of it is there; to be read until `let_go`."""
        if self._wanted or not self._kept:
            return None
        return [
            Kept(slot, parcel.birth, {place.name: self._region.at(parcel.offset, place) for place in parcel.places})
            for slot, (_, parcel) in sorted(self._kept.items())
        ]

    def let_go(self) -> None:
        """The states have been read, or are no longer wanted."""
        for worker, parcel in self._kept.values():
            self.desk.release(worker, [parcel.offset])
        self._kept.clear()
        self._wanted.clear()

    def forget(self, worker: int) -> None:
        """A worker has ended; what it held is given back."""
        for slot in [slot for slot, (holder, _) in self._kept.items() if holder == worker]:
            del self._kept[slot]
            self._wanted.add(slot)
        self.desk.forget(worker)

    def _played(self, worker: int, counts: Counts) -> Duty | None:
        self.played += counts.steps
        self.dropped += counts.dropped
        self.matches += counts.matches
        return self.duties.popleft() if self.duties else None

    def _evaluated(self, worker: int, duty: Duty, counts: tuple[int, int, int]) -> None:
        self.rates[duty.slot, duty.bot] = counts
        self._evaluated_anew.add((duty.slot, duty.bot))

    def _learnt(self, worker: int, slot: int, steps: int, means: dict[str, float]) -> None:
        self.steps += steps
        for name, value in means.items():
            self._figures[slot, name].append(value)

    def _asked(self, worker: int, learner: int) -> list[int]:
        return [slot for slot in sorted(self._wanted) if slot % self._n_learners == learner]

    def _keep(self, worker: int, parcel: Parcel) -> None:
        self._wanted.discard(parcel.slot)
        if parcel.slot in self._kept:
            holder, old = self._kept.pop(parcel.slot)
            self.desk.release(holder, [old.offset])
        self._kept[parcel.slot] = worker, parcel

    def _kept_birth(self, worker: int, slot: int) -> int:
        assert self._standing is not None
        return nearest_kept(self.chief.births, self.chief.members[slot].birth, self._standing.births)
