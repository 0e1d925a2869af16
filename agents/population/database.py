"""An SQLite file that is opened whole or not at all, and says what is wrong with it and what to do.

It is kept in write-ahead mode and synced at every commit: a commit is one append, a kill or a power cut at any moment
loses what was not committed and nothing else, and others on this machine may read while it is written. Until the file
is closed, or opened again after a kill, its newest part lies in `<name>-wal` beside it: to copy it then, use `copy`.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sims.core.files import appearing

APPLICATION = 0x556D7774
"""What an SQLite file says that it is the file of: "Umwt"."""

SCHEMA = 1
"""Version of the tables; a reader takes its own."""

BUSY_SECONDS = 5.0
"""How long a commit waits for somebody who holds the file, as a reader with an `sqlite3` shell may."""

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
DISK = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
"""What SQLite says of the disk, and what the system calls it."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a file for writing, after looking it through.

    Raises:
        FileNotFoundError: there is none. ValueError: it is damaged, something else, or of a later version.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no population in {path}: begin a new run")
    if not path.stat().st_size:  # to SQLite an empty database
        raise damaged(path, "it is empty")
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        with explained(path):
            _check_kind(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            _check_whole(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_kind(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION:
        raise ValueError(f"{path} is an SQLite file, but no population's: expected one that `found` wrote")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA:
        cure = "pip install --upgrade umwelt-sims" if version > SCHEMA else "begin a new run"
        raise ValueError(f"{path} has format {version}, and this version reads {SCHEMA}: {cure}")


def _check_whole(connection: sqlite3.Connection, path: Path) -> None:
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if not busy and path.stat().st_size != pages * size:  # of a last page that is cut off SQLite reads zeros
        raise damaged(path, f"it has {path.stat().st_size} bytes instead of {pages * size}")
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, found)


def damaged(path: Path, reason: object) -> ValueError:
    """What to say of a file that isn't what was written, and what to do."""
    first = (str(reason) or repr(reason)).splitlines()[0]
    return ValueError(
        f"{path} is damaged ({first}): remove it together with {path.name}-wal and {path.name}-shm, put the copy from "
        "the run's newest checkpoint in its place, or begin a new run"
    )


def copy(connection: sqlite3.Connection, path: Path) -> None:
    """Write a copy of an open file to `path`, whole or not at all.

    Raises:
        FileNotFoundError: the folder of `path` does not exist. OSError: the disk is full.
    """
    with appearing(path) as temporary, explained(path):
        target = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, until it is opened
        finally:
            target.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Have SQLite's errors say what to do.

    Raises:
        ValueError: the file is damaged, or held by somebody else. OSError: the disk is full, or fails.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise damaged(path, error) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in DISK:
            cure = f"{error}; nothing that was reported is lost: see to the disk's space and rights, then resume"
            raise OSError(DISK[code], cure, str(path)) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ValueError(f"somebody else holds {path} ({error}): close what reads it, then resume") from error
        if code in DAMAGE or isinstance(error, sqlite3.OperationalError):
            raise damaged(path, error) from error
        raise


@contextmanager
def writing(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """A transaction: all that is written within, or nothing.

    Raises:
        ValueError, OSError: as `explained`; nothing was written.
    """
    try:
        with explained(path):
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself has rolled back where the disk was full
            connection.execute("ROLLBACK")
        raise
