"""The exchange within one process: the chief's file, and queues and weights in this process's memory."""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from agents.population.census import Report
from agents.population.chief import Chief, Match
from agents.population.exchange import Taken, Trajectory, Weights, check_trajectory
from agents.population.lineage import Birth
from agents.population.members import Member
from sims.core.checks import check_whole


class InProcessExchange:
    """An `Exchange` around a chief, which stays its owner's to close.

    Args:
        chief: of the population. room: seats of trajectories that a member's queue holds.
    """

    def __init__(self, chief: Chief, room: int = 64) -> None:
        check_whole(room=room)
        self.chief, self._room = chief, room
        self._weights: dict[int, Weights] = {}
        self._queues: list[deque[Trajectory]] = [deque() for _ in chief.members]

    def next_match(self) -> Match:
        """See `Exchange`."""
        return self.chief.next_match()

    def report_match(self, report: Report) -> tuple[Birth, ...]:
        """See `Exchange`."""
        slots = {member.birth: member.slot for member in self.chief.members}
        births = self.chief.report(report)
        for birth in births:
            self._queues[birth.slot].clear()
            slots[birth.birth] = birth.slot
            parents = self._weights.get(slots[birth.parent]) if birth.parent is not None else None
            if parents is None:
                self._weights.pop(birth.slot, None)
            else:
                self._weights[birth.slot] = parents._replace(birth=birth.birth, version=0)
        return births

    def put_trajectory(self, trajectory: Trajectory) -> Taken:
        """See `Exchange`."""
        self._check_slot(trajectory.slot)
        check_trajectory(trajectory)
        if trajectory.birth != self.chief.members[trajectory.slot].birth:
            return "stale"
        queue = self._queues[trajectory.slot]
        if sum(map(_seats, queue)) >= self._room:
            return "full"
        queue.append(_copied(trajectory))
        return "taken"

    def take_trajectories(self, slot: int, seats: int = 1) -> list[Trajectory]:
        """See `Exchange`."""
        self._check_slot(slot)
        if not 1 <= seats <= self._room:
            raise ValueError(f"seats must be 1 to {self._room}, the room of a queue, got {seats}: room={seats} has it")
        queue = self._queues[slot]
        if sum(map(_seats, queue)) < seats:
            return []
        taken: list[Trajectory] = []
        while sum(map(_seats, taken)) < seats:
            taken.append(queue.popleft())
        return taken

    def put_weights(self, slot: int, weights: Weights) -> bool:
        """See `Exchange`."""
        self._check_slot(slot)
        if weights.birth != self.chief.members[slot].birth:
            return False
        there = self._weights.get(slot)
        if there is not None and weights.version <= there.version:
            raise ValueError(
                f"weights of version {weights.version} come after those of version {there.version} of member "
                f"{weights.birth}: count on from there"
            )
        self._weights[slot] = weights._replace(arrays=_copies(weights.arrays))
        return True

    def get_weights(self, slot: int, known: tuple[int, int] | None = None) -> Weights | None:
        """See `Exchange`."""
        self._check_slot(slot)
        if slot not in self._weights:
            raise ValueError(f"there are no weights of slot {slot} yet: its learner puts some before anybody plays")
        weights = self._weights[slot]
        return None if known == (weights.birth, weights.version) else weights

    def evolve(self, slot: int, birth: int) -> Member | None:
        """See `Exchange`."""
        self._check_slot(slot)
        member = self.chief.members[slot]
        return None if member.birth == birth else member

    def members(self) -> tuple[Member, ...]:
        """See `Exchange`."""
        return self.chief.members

    def lineage(self) -> bytes:
        """See `Exchange`."""
        return self.chief.lineage()

    def _check_slot(self, slot: int) -> None:
        if not 0 <= slot < len(self._queues):
            raise ValueError(f"there is no slot {slot}: the population has slots 0 to {len(self._queues) - 1}")


def _seats(trajectory: Trajectory) -> int:
    return trajectory.ended.shape[1]


def _copies(arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    return {name: np.array(array) for name, array in arrays.items()}


def _copied(trajectory: Trajectory) -> Trajectory:
    plain = _copies({name: getattr(trajectory, name) for name in ("actions", "log_p", "events", "ended")})
    return trajectory._replace(**plain, obs=_copies(trajectory.obs), memory=_copies(trajectory.memory))
