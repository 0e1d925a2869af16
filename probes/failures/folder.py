"""The folder of a search: one process at a time, of one search alone, and at the end a manifest."""

import json
from pathlib import Path
from typing import Any

from sims.core.files import MANIFEST, sha256_of, write_atomic

SETTINGS = "settings.json"
LOCK = ".lock"


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


def write_manifest(out: Path) -> None:
    """The SHA-256 of every file, written last: with it the search is done."""
    files = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    hashes = {name: sha256_of(out / name) for name in files if name not in (MANIFEST, LOCK)}
    write_atomic(out / MANIFEST, (json.dumps({"sha256": hashes}, indent=1) + "\n").encode())
