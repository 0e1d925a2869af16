"""Where the messages of arenas and learners arrive: queues and weights of a population, as places in shared memory.

It belongs to the process of the chief. Those who ask (`agents.population.local`) write arrays into the shared memory
and read them there; what passes over the connection says where. Who asks is a worker's number: what a worker holds is
given back when it has ended.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from agents.population.census import Report
from agents.population.chief import Chief
from agents.population.exchange import Taken
from agents.population.lineage import Birth
from agents.population.members import Member
from agents.population.sharing import Heap, Place
from sims.core.checks import check_whole


class Parcel(NamedTuple):
    """Arrays in shared memory, and whose they are: a trajectory (`seats` of it), or weights (0)."""

    slot: int
    birth: int
    version: int
    seats: int
    offset: int
    places: tuple[Place, ...]


class Desk:
    """Queues of trajectories and everybody's weights.

    Args:
        chief: of the population; it stays its owner's to close. size: bytes of the shared memory.
        room: seats of trajectories that a member's queue holds.
    """

    def __init__(self, chief: Chief, size: int, room: int = 64) -> None:
        check_whole(room=room, size=size)
        self.chief, self._room, self._heap = chief, room, Heap(size)
        self._queues: list[deque[Parcel]] = [deque() for _ in chief.members]
        self._weights: dict[int, Parcel] = {}
        self._holders: dict[int, Counter[int]] = {}  # by offset, how often each worker holds it; OWN for the desk
        self._calls: dict[str, Callable[..., Any]] = {
            "next_match": lambda worker: chief.next_match(),
            "report_match": lambda worker, report: self.report_match(report),
            "reserve": self.reserve,
            "reserve_for_trajectory": self.reserve_for_trajectory,
            "put_trajectory": self.put_trajectory,
            "take_trajectories": self.take_trajectories,
            "put_weights": self.put_weights,
            "get_weights": self.get_weights,
            "release": self.release,
            "evolve": lambda worker, slot, birth: self.evolve(slot, birth),
            "members": lambda worker: chief.members,
            "lineage": lambda worker: chief.lineage(),
        }

    def answer(self, worker: int, call: str, *arguments: Any) -> Any:
        """What `worker` gets for a call of `agents.population.local.LocalExchange`.

        Raises:
            ValueError, OSError: as `Exchange` says.
        """
        return self._calls[call](worker, *arguments)

    def report_match(self, report: Report) -> tuple[Birth, ...]:
        """See `Exchange`."""
        slots = {member.birth: member.slot for member in self.chief.members}
        births = self.chief.report(report)
        for birth in births:
            for parcel in self._queues[birth.slot]:
                self._let_go(OWN, parcel.offset)
            self._queues[birth.slot].clear()
            slots[birth.birth] = birth.slot
            parents = self._weights.get(slots[birth.parent]) if birth.parent is not None else None
            if parents is not None:
                self._hold(OWN, parents.offset)
            self._keep(birth.slot, parents and parents._replace(slot=birth.slot, birth=birth.birth, version=0))
        return births

    def reserve(self, worker: int, size: int) -> int | None:
        """The offset of `size` bytes to write to; None where there are not so many now."""
        offset = self._heap.take(size)
        if offset is not None:
            self._hold(worker, offset)
        return offset

    def reserve_for_trajectory(self, worker: int, slot: int, birth: int, size: int) -> tuple[Taken, int]:
        """The same for a trajectory, if it would be taken, and else why not."""
        refusal = self._refusal(slot, birth)
        if refusal is not None:
            return refusal, -1
        offset = self.reserve(worker, size)
        return ("full", -1) if offset is None else ("taken", offset)

    def put_trajectory(self, worker: int, parcel: Parcel) -> Taken:
        """Queue what `worker` has written into what it reserved."""
        refusal = self._refusal(parcel.slot, parcel.birth)
        if refusal is None:
            self._hold(OWN, parcel.offset)
            self._queues[parcel.slot].append(parcel)
        self._let_go(worker, parcel.offset)
        return refusal or "taken"

    def take_trajectories(self, worker: int, slot: int, seats: int) -> list[Parcel]:
        """See `Exchange`; `worker` holds them until it releases them."""
        self._check_slot(slot)
        if not 1 <= seats <= self._room:
            raise ValueError(f"seats must be 1 to {self._room}, the room of a queue, got {seats}: room={seats} has it")
        queue = self._queues[slot]
        if sum(parcel.seats for parcel in queue) < seats:
            return []
        taken: list[Parcel] = []
        while sum(parcel.seats for parcel in taken) < seats:
            taken.append(queue.popleft())
            self._hold(worker, taken[-1].offset)
            self._let_go(OWN, taken[-1].offset)
        return taken

    def put_weights(self, worker: int, parcel: Parcel) -> bool:
        """Have all play with what `worker` has written into what it reserved."""
        try:
            self._check_slot(parcel.slot)
            if parcel.birth != self.chief.members[parcel.slot].birth:
                return False
            there = self._weights.get(parcel.slot)
            if there is not None and parcel.version <= there.version:
                raise ValueError(
                    f"weights of version {parcel.version} come after those of version {there.version} of member "
                    f"{parcel.birth}: count on from there"
                )
            self._hold(OWN, parcel.offset)
            self._keep(parcel.slot, parcel)
            return True
        finally:
            self._let_go(worker, parcel.offset)

    def get_weights(self, worker: int, slot: int, known: tuple[int, int] | None) -> Parcel | None:
        """See `Exchange`; `worker` holds them until it releases them."""
        self._check_slot(slot)
        if slot not in self._weights:
            raise ValueError(f"there are no weights of slot {slot} yet: its learner puts some before anybody plays")
        weights = self._weights[slot]
        if known == (weights.birth, weights.version):
            return None
        self._hold(worker, weights.offset)
        return weights

    def has_weights(self, slot: int) -> bool:
        """Whether anybody has put weights of the member in `slot`."""
        return slot in self._weights

    def release(self, worker: int, offsets: list[int]) -> None:
        """`worker` has read what it holds there."""
        for offset in offsets:
            self._let_go(worker, offset)

    def evolve(self, slot: int, birth: int) -> Member | None:
        """See `Exchange`."""
        self._check_slot(slot)
        member = self.chief.members[slot]
        return None if member.birth == birth else member

    def forget(self, worker: int) -> None:
        """Give back all that a worker holds which has ended."""
        for offset in [offset for offset, holders in self._holders.items() if holders[worker]]:
            self._let_go(worker, offset, self._holders[offset][worker])

    @property
    def held(self) -> int:
        """Bytes of the shared memory that are in use."""
        return self._heap.taken

    def _refusal(self, slot: int, birth: int) -> Taken | None:
        self._check_slot(slot)
        if birth != self.chief.members[slot].birth:
            return "stale"
        return "full" if sum(parcel.seats for parcel in self._queues[slot]) >= self._room else None

    def _keep(self, slot: int, weights: Parcel | None) -> None:
        before = self._weights.pop(slot, None)
        if before is not None:
            self._let_go(OWN, before.offset)
        if weights is not None:
            self._weights[slot] = weights

    def _hold(self, worker: int, offset: int) -> None:
        self._holders.setdefault(offset, Counter())[worker] += 1

    def _let_go(self, worker: int, offset: int, times: int = 1) -> None:
        holders = self._holders[offset]
        holders[worker] -= times
        if not +holders:
            del self._holders[offset]
            self._heap.give_back(offset)

    def _check_slot(self, slot: int) -> None:
        if not 0 <= slot < len(self._queues):
            raise ValueError(f"there is no slot {slot}: the population has slots 0 to {len(self._queues) - 1}")


OWN = -1
"""The desk's own number among the workers'."""
