"""The exchange between processes of one machine: a connection to the chief's desk, and memory that all share."""

from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.population.census import Report
from agents.population.chief import Match
from agents.population.desk import Desk, Parcel
from agents.population.exchange import Taken, Trajectory, Weights, check_trajectory
from agents.population.lineage import Birth
from agents.population.members import Member
from agents.population.sharing import Region, places_of

PLAIN = ("actions", "log_p", "events", "ended")
"""Arrays of a trajectory that are not by name."""


class Call(NamedTuple):
    """What goes to the desk. `wanted`: the caller waits for the answer."""

    name: str
    arguments: tuple[Any, ...]
    wanted: bool = True


class Answer(NamedTuple):
    """What comes back: a value, or the error that the call raised."""

    value: Any
    error: ValueError | OSError | None = None


def answered(desk: Desk, worker: int, call: Call) -> Answer:
    """The desk's answer to a worker's call."""
    try:
        return Answer(desk.answer(worker, call.name, *call.arguments))
    except (ValueError, OSError) as error:
        return Answer(None, error)


class LocalExchange:
    """An `Exchange` whose chief is in another process (or thread); it belongs to one thread.

    Args:
        connection: to whoever answers by `answered`. region: the memory that the desk gives places in.

    Its calls raise EOFError or OSError where the other side has ended.
    """

    def __init__(self, connection: Connection, region: Region) -> None:
        self._connection, self._region = connection, region

    def ask(self, name: str, *arguments: Any) -> Any:
        """The answer to a call.

        Raises:
            ValueError, OSError: what the call raised there. EOFError: nobody is there.
        """
        self._connection.send(Call(name, arguments))
        answer: Answer = self._connection.recv()
        if answer.error is not None:
            raise answer.error
        return answer.value

    def tell(self, name: str, *arguments: Any) -> None:
        """A call that nobody waits for."""
        self._connection.send(Call(name, arguments, wanted=False))

    def next_match(self) -> Match:
        """See `Exchange`."""
        return self.ask("next_match")

    def report_match(self, report: Report) -> tuple[Birth, ...]:
        """See `Exchange`."""
        return self.ask("report_match", report)

    def put_trajectory(self, trajectory: Trajectory) -> Taken:
        """See `Exchange`."""
        check_trajectory(trajectory)
        arrays = _flat(trajectory)
        places, size = places_of(arrays)
        said, offset = self.ask("reserve_for_trajectory", trajectory.slot, trajectory.birth, size)
        if said != "taken":
            return said
        parcel = Parcel(*trajectory[:3], trajectory.ended.shape[1], offset, places)
        self._write(parcel, arrays)
        return self.ask("put_trajectory", parcel)

    def take_trajectories(self, slot: int, seats: int = 1) -> list[Trajectory]:
        """See `Exchange`."""
        parcels = self.ask("take_trajectories", slot, seats)
        return [_trajectory(parcel, self._read(parcel)) for parcel in parcels]

    def put_weights(self, slot: int, weights: Weights) -> bool:
        """See `Exchange`. Raises OSError where the shared memory is full."""
        return self.put_arrays("put_weights", slot, *weights)

    def put_arrays(
        self, call: str, slot: int, birth: int, version: int, arrays: Mapping[str, NDArray[np.generic]]
    ) -> Any:
        """The answer to a call with arrays of a member in shared memory.

        Raises:
            OSError: the shared memory is full.
        """
        places, size = places_of(arrays)
        offset = self.ask("reserve", size)
        if offset is None:
            raise OSError(f"the shared memory is full: {size:,} bytes of the member in slot {slot} have no room")
        parcel = Parcel(slot, birth, version, 0, offset, places)
        self._write(parcel, arrays)
        return self.ask(call, parcel)

    def get_weights(self, slot: int, known: tuple[int, int] | None = None) -> Weights | None:
        """See `Exchange`."""
        parcel = self.ask("get_weights", slot, known)
        return None if parcel is None else Weights(parcel.birth, parcel.version, self._read(parcel))

    def evolve(self, slot: int, birth: int) -> Member | None:
        """See `Exchange`."""
        return self.ask("evolve", slot, birth)

    def members(self) -> tuple[Member, ...]:
        """See `Exchange`."""
        return self.ask("members")

    def lineage(self) -> bytes:
        """See `Exchange`."""
        return self.ask("lineage")

    def _write(self, parcel: Parcel, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        for place, array in zip(parcel.places, arrays.values(), strict=True):
            self._region.at(parcel.offset, place)[...] = array

    def _read(self, parcel: Parcel) -> dict[str, NDArray[np.generic]]:
        """Copies of a parcel's arrays, which is then let go of."""
        arrays = {place.name: self._region.at(parcel.offset, place).copy() for place in parcel.places}
        self.tell("release", [parcel.offset])
        return arrays


def _flat(trajectory: Trajectory) -> dict[str, NDArray[np.generic]]:
    arrays = {name: getattr(trajectory, name) for name in PLAIN}
    for part in ("obs", "memory"):
        arrays |= {f"{part}/{name}": array for name, array in getattr(trajectory, part).items()}
    return arrays


def _trajectory(parcel: Parcel, arrays: Mapping[str, Any]) -> Trajectory:
    plain = {name: arrays[name] for name in PLAIN}
    obs, memory = (dict(_under(f"{part}/", arrays.items())) for part in ("obs", "memory"))
    return Trajectory(parcel.slot, parcel.birth, parcel.version, obs=obs, memory=memory, **plain)


def _under(prefix: str, items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    return ((name.removeprefix(prefix), array) for name, array in items if name.startswith(prefix))
