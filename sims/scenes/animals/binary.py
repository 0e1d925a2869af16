"""Little-endian records of a file from elsewhere, read one after another, never beyond its end."""

import struct

import numpy as np
from numpy.typing import DTypeLike, NDArray

from sims.scenes.packs.untrusted import AssetError


class Records:
    """The bytes of a file and how far they are read.

    Args:
        data: all of it. name: what errors call it.
    """

    def __init__(self, data: bytes, name: str):
        self.data, self.name, self.at = data, name, 0

    def number(self, what: str, most: int = 2**32 - 1) -> int:
        """The next uint32.

        Raises:
            AssetError: the file has ended, or the number is above `most`.
        """
        (value,) = struct.unpack("<I", self._take(4, what))
        if value > most:
            raise AssetError(f"{self.name} claims {value} {what}, expected at most {most}: it is damaged")
        return value

    def text(self, length: int, what: str) -> str:
        """The next `length` bytes as text."""
        return self._take(length, what).decode("latin-1")

    def rows(self, n: int, kind: DTypeLike, what: str) -> NDArray:
        """The next `n` records of a NumPy type.

        Raises:
            AssetError: the file has fewer.
        """
        kind = np.dtype(kind)
        return np.frombuffer(self._take(n * kind.itemsize, what), kind)

    def _take(self, length: int, what: str) -> bytes:
        taken = self.data[self.at : self.at + length]
        if len(taken) < length:
            raise AssetError(
                f"{self.name} ends in its {what}: {length - len(taken)} bytes are missing after {len(self.data)}; "
                "fetch it again"
            )
        self.at += length
        return taken

    def begin(self, magic: str, versions: tuple[int, ...]) -> int:
        """Read the head that PMD and PSA share: four letters, a version, the length of what follows.

        Raises:
            AssetError: another kind of file, another version, or a length that the file does not have.
        """
        found = self.text(4, "first four letters")
        if found != magic:
            raise AssetError(f"{self.name} begins with {found!r}, expected {magic!r}: it is another kind of file")
        version = self.number("version")
        if version not in versions:
            raise AssetError(f"{self.name} is of version {version}, expected {' or '.join(map(str, versions))}")
        length = self.number("length")
        if length != len(self.data) - self.at:
            raise AssetError(
                f"{self.name} says that {length} bytes follow its head, got {len(self.data) - self.at}: "
                "it is truncated or damaged; fetch it again"
            )
        return version
