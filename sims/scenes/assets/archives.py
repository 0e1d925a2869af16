"""Files out of a Debian package, a zip or a folder, one after another and without unpacking the rest."""

import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from sims.scenes.packs.untrusted import AssetError

LARGEST = 2**26
"""Bytes of one file that is kept; the game's largest textures have a quarter of that."""
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
STORED = 0

Wanted = Callable[[str], bool]
"""Whether a file of that path is to be kept."""


class _Slice:
    """A part of a file as a file of its own, from where it stands."""

    def __init__(self, stream: IO[bytes], size: int):
        self._stream, self._left = stream, size

    def read(self, n: int = -1) -> bytes:
        """At most `n` bytes."""
        n = self._left if n < 0 else min(n, self._left)
        data = self._stream.read(n)
        self._left -= len(data)
        return data


@contextmanager
def deb_members(path: Path) -> Iterator[tarfile.TarFile]:
    """The files of a Debian package as a tar that is read once, from its beginning to its end.

    Raises:
        AssetError: no Debian package, or one that ends too early.
    """
    with path.open("rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise AssetError(f"{path} is no Debian package: expected a .deb file")
        while True:
            head = file.read(60)
            if len(head) < 60:
                raise AssetError(f"{path} has no data in it: it is cut off; fetch it again")
            name, size = head[:16].decode("latin-1").strip().rstrip("/"), int(head[48:58])
            if name.startswith("data.tar"):
                break
            file.seek(size + size % 2, 1)
        try:
            with tarfile.open(fileobj=_Slice(file, size), mode="r|*") as tar:  # type: ignore[arg-type]
                yield tar
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise AssetError(f"{path} can't be unpacked ({error}): fetch it again") from error


def deb_files(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Paths and bytes of the plain files of a Debian package that are wanted."""
    with deb_members(path) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if member.isfile() and wanted(name):
                yield name, _kept(tar, member)


def zip_in_deb(path: Path, zip_name: str, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Paths and bytes of files of a zip within a Debian package, while that is unpacked: the zip is never on the disk.

    The zip must keep its files as they are (the game's do), for only then their headers alone say where each ends.

    Raises:
        AssetError: no such zip in it, or one that is compressed or cut off.
    """
    with deb_members(path) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith(zip_name):
                stream = tar.extractfile(member)
                if stream is not None:
                    yield from _stored(stream, wanted, zip_name)
                return
    raise AssetError(f"{path} has no {zip_name} in it: it is another package")


def _stored(stream: IO[bytes], wanted: Wanted, name: str) -> Iterator[tuple[str, bytes]]:
    """Files of a zip from its beginning, by the headers before each."""
    while True:
        head = stream.read(LOCAL_HEADER.size)
        if head[:4] != b"PK\x03\x04":
            if head[:4] in (b"PK\x01\x02", b"PK\x05\x06"):
                return
            raise AssetError(f"{name} is cut off or damaged: fetch its package again")
        _, _, flags, method, _, _, crc, packed, size, n_name, n_extra = LOCAL_HEADER.unpack(head)
        path = stream.read(n_name).decode("utf-8", "replace")
        stream.read(n_extra)
        if flags & 8 or method != STORED or packed != size:
            raise AssetError(f"{name} is compressed, which this release of the package is not known to be")
        if not wanted(path):
            _skip(stream, size)
            continue
        data = stream.read(_bounded(size, path))
        if len(data) != size or zlib.crc32(data) != crc:
            raise AssetError(f"{path} in {name} is damaged: fetch its package again")
        yield path, data


def _skip(stream: IO[bytes], size: int) -> None:
    """Pass over bytes of a stream that can't go anywhere but on."""
    while size > 0:
        n = len(stream.read(min(size, 2**20)))
        if not n:
            raise AssetError("an archive ends within a file: it is cut off; fetch it again")
        size -= n


def zip_files(source: Path | IO[bytes], wanted: Wanted, called: str = "") -> Iterator[tuple[str, bytes]]:
    """Paths and bytes of files of a zip that are wanted.

    Args:
        called: the zip's name in errors, if it is no file of its own.

    Raises:
        AssetError: no zip, or a damaged one.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and wanted(entry.filename):
                    _bounded(entry.file_size, entry.filename)
                    yield entry.filename, archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise AssetError(f"{called or source} can't be unpacked ({error}): expected a zip; fetch it again") from error


def folder_files(path: Path, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Paths and bytes of files of a folder that are wanted, in the order of their paths."""
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        if wanted(name) and file.is_file() and not file.is_symlink():
            _bounded(file.stat().st_size, name)
            yield name, file.read_bytes()


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file of an archive below `folder`, and nowhere else.

    Raises:
        AssetError: its path leads out of the folder.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or not name.isprintable():
        raise AssetError(f"an archive has the path {name!r}, which leads out of it: it is not used")
    target = folder / pure
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _kept(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    _bounded(member.size, member.name)
    return b"" if stream is None else stream.read()


def _bounded(size: int, name: str) -> int:
    if size > LARGEST:
        raise AssetError(f"{name} has {size} bytes, expected at most {LARGEST}: it is no file of this pack's")
    return size


def free_bytes(folder: Path) -> int:
    """Free space where a folder is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
