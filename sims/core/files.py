"""Files that appear whole or not at all."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader, or a crash at any moment, finds the old file or the new one, no part.

    Written under a name `.tmp-*` in the same folder, synced to the disk, then renamed over the target. A failure leaves
    the target as it was and no temporary file behind.

    Raises:
        FileNotFoundError: the folder of `path` does not exist.
        OSError: the disk is full, or the folder can't be written to.
    """
    with appearing(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def appearing(path: Path) -> Iterator[Path]:
    """A name `.tmp-*` beside `path` to write a file under, whoever writes it; synced and renamed at the end.

    An error within leaves the old file, if any, and no temporary one.

    Raises:
        FileNotFoundError: the folder of `path` does not exist.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}: make it first, or write {path.name} elsewhere")
    temporary = path.with_name(f".tmp-{secrets.token_hex(8)}")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Have a file's contents, or a folder's names, written to the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


MANIFEST = "MANIFEST.json"


def write_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder `target` appear whole: `fill(folder)` writes its files under another name, then it is renamed.

    A `MANIFEST.json` with the SHA-256 of every file is written last; `check_folder` compares against it.

    Raises:
        FileExistsError: there is a `target` already; it is left as it is.
        OSError: the disk is full, or the folder can't be written to; nothing is left behind.
    """

    def fill_and_list(folder: Path) -> None:
        fill(folder)
        hashes = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
        write_atomic(folder / MANIFEST, json.dumps({"sha256": hashes}, indent=1).encode())

    write_tree(target, fill_and_list)


def write_tree(target: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder `target`, and what is in it however deep, appear whole, as `write_folder` does; no manifest.

    Raises:
        FileExistsError: there is a `target` already; it is left as it is.
        OSError: the disk is full, or the folder can't be written to; nothing is left behind.
    """
    if target.exists():
        raise FileExistsError(f"{target} exists already: remove it first, or choose another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".tmp-{secrets.token_hex(8)}")
    temporary.mkdir()
    try:
        fill(temporary)
        for folder, _, files in os.walk(temporary, topdown=False):
            for path in (*(Path(folder) / name for name in files), Path(folder)):
                _sync(path)
        temporary.rename(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync(target.parent)


def check_folder(target: Path) -> None:
    """Compare the files of a folder that `write_folder` wrote with its manifest.

    Raises:
        FileNotFoundError: there is no such folder, or it has no manifest.
        ValueError: a file is missing, truncated or altered; the message names it.
    """
    try:
        hashes = json.loads((target / MANIFEST).read_text())["sha256"]
    except (json.JSONDecodeError, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"{target / MANIFEST} is damaged ({error}): remove {target}") from error
    for name, expected in hashes.items():
        path = target / name
        if not path.is_file():
            raise ValueError(f"{path} is missing: remove {target} to have it made anew")
        if sha256_of(path) != expected:
            raise ValueError(f"{path} is not what was written (its SHA-256 differs): remove {target}")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
