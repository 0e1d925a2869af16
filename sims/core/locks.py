"""One process at a time on a folder or file, and what the others are told."""

from pathlib import Path

from filelock import FileLock, Timeout

PATIENCE = 2.0
"""Seconds that a call waits for a lock: one that was just killed may still be going down."""


def locked(lock: Path, what: object, patience: float, cure: str = "choose another --out") -> FileLock:
    """Take the file `lock` for as long as the returned object is held.

    Args:
        what: is worked on, and cure: what to do instead of waiting, both for the message. patience: seconds to wait.

    Raises:
        ValueError: another process works on it.
    """
    held = FileLock(lock)
    try:
        held.acquire(timeout=patience)
    except Timeout:
        raise ValueError(f"another process works on {what}: wait for it, or {cure}") from None
    return held
