"""Memory that processes share: an anonymous file that all map, places in it, and arrays written to and read from them.

The file has no name, so that nothing is left of it when its processes have ended, however they did.
"""

import mmap
import os
import tempfile
from collections.abc import Mapping
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.checks import check_whole

IN_MEMORY = Path("/dev/shm")
"""Where files are memory, on Linux; elsewhere the system's folder for temporary files serves."""

ALIGNMENT = 64
"""Bytes to a multiple of which arrays begin."""

PAGE = 4096
"""Bytes to a multiple of which places are rounded up."""


class Place(NamedTuple):
    """Where an array lies, from the beginning of whatever it is part of."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int


class Region:
    """Memory of `size` bytes that processes share; it takes up what has been written to.

    Args:
        size: bytes. descriptor: of the file that another process made; by default a new one.

    Raises:
        ValueError: no size. OSError: no memory.
    """

    def __init__(self, size: int, descriptor: int | None = None) -> None:
        check_whole(2**63 - 1, size=size)
        self.size = size
        if descriptor is None:
            folder = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
            with tempfile.TemporaryFile(dir=folder) as file:
                file.truncate(size)
                descriptor = os.dup(file.fileno())
        self.descriptor = descriptor
        self._map = mmap.mmap(descriptor, size)
        self._bytes = np.frombuffer(self._map, np.uint8)

    def at(self, offset: int, place: Place) -> NDArray[np.generic]:
        """The array at a place that begins `offset` bytes from the beginning; no copy."""
        dtype = np.dtype(place.dtype)
        first = offset + place.offset
        count = int(np.prod(place.shape, dtype=np.int64))
        return self._bytes[first : first + count * dtype.itemsize].view(dtype).reshape(place.shape)

    def __reduce__(self) -> tuple[Any, ...]:
        """A process that is just being started may be given it."""
        return _opened, (self.size, DupFd(self.descriptor))

    def close(self) -> None:
        """Let go of the file; arrays that `at` gave stay valid as long as somebody holds them."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
        self.descriptor = -1


def _opened(size: int, descriptor: Any) -> Region:
    return Region(size, descriptor.detach())


def places_of(arrays: Mapping[str, NDArray[np.generic]]) -> tuple[tuple[Place, ...], int]:
    """Places for `arrays`, one after another, and the bytes that they take up together."""
    places, size = [], 0
    for name, array in arrays.items():
        places.append(Place(name, array.dtype.str, array.shape, size))
        size += -(-array.nbytes // ALIGNMENT) * ALIGNMENT
    return tuple(places), max(size, 1)


class Heap:
    """Which parts of a region are free: the first that is large enough is taken.

    Args:
        size: bytes of the region.
    """

    def __init__(self, size: int) -> None:
        self._free = [(0, size)]  # (offset, bytes), in order, no two of them adjacent
        self._taken: dict[int, int] = {}

    def take(self, size: int) -> int | None:
        """The offset of `size` free bytes, now taken; None where there are not so many together."""
        size = -(-size // PAGE) * PAGE
        for k, (offset, room) in enumerate(self._free):
            if room >= size:
                self._free[k : k + 1] = [(offset + size, room - size)] if room > size else []
                self._taken[offset] = size
                return offset
        return None

    def give_back(self, offset: int) -> None:
        """Free what `take` gave."""
        freed = [*self._free, (offset, self._taken.pop(offset))]
        self._free = []
        for start, room in sorted(freed):
            if self._free and sum(self._free[-1]) == start:
                start, room = self._free[-1][0], self._free.pop()[1] + room
            self._free.append((start, room))

    @property
    def taken(self) -> int:
        """Bytes that are taken."""
        return sum(self._taken.values())
