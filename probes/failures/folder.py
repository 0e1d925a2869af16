"""The folder of a search: one process at a time, of one search alone, and at the end a manifest."""

import json
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sims.core.files import MANIFEST, sha256_of, write_atomic

SETTINGS = "settings.json"
LOCK = ".lock"

LOCK_PATIENCE = 2.0
"""Seconds that a call waits for the lock: one that was just killed may still be going down."""


def begin(out: Path, identity: dict[str, Any]) -> None:
    """Write what makes the search, if it is a new one.

    Raises:
        ValueError: the folder is of another search.
    """
    path = out / SETTINGS
    if not path.exists():
        write_atomic(path, (json.dumps(identity, indent=1) + "\n").encode())
        return
    stored = json.loads(path.read_text())
    for name, value in identity.items():
        if stored.get(name) != value:
            raise ValueError(
                f"{out} is of another search: {name} is {value} here and {stored.get(name)} there; give the same, or "
                "choose another --out"
            )


def locked(out: Path) -> FileLock:
    """Take the folder's lock for as long as the returned object is held.

    Raises:
        ValueError: another process works on it.
    """
    held = FileLock(out / LOCK)
    try:
        held.acquire(timeout=LOCK_PATIENCE)
    except Timeout:
        raise ValueError(f"another process works on {out}: wait for it, or choose another --out") from None
    return held


def write_manifest(out: Path) -> None:
    """The SHA-256 of every file, written last: with it the search is done."""
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    hashes = {name: sha256_of(out / name) for name in files if name not in (MANIFEST, LOCK)}
    write_atomic(out / MANIFEST, (json.dumps({"sha256": hashes}, indent=1) + "\n").encode())
