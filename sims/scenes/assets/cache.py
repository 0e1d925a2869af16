"""The user's cache of packs: where they lie, what is in each, and whether it is still what was put there."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from platformdirs import user_cache_path

from sims.core.files import MANIFEST, sha256_of, write_atomic

FORMAT = 1
"""Of the manifest; another one is another release of the suite's."""


class ReadyPack(NamedTuple):
    """A pack that is in the cache.

    Attributes:
        folder: where. licence, credits: of its assets. source: what it was made from. version: of the conversion.
        sha256: of every file, by its path in the folder.
    """

    folder: Path
    licence: str
    credits: tuple[str, ...]
    source: dict[str, Any]
    version: int
    sha256: dict[str, str]

    @property
    def n_bytes(self) -> int:
        """How much it takes on the disk."""
        return sum((self.folder / name).stat().st_size for name in self.sha256)


def cache_folder() -> Path:
    """The suite's cache: `UMWELT_CACHE` if that is set, else the user's own by the system's custom."""
    chosen = os.environ.get("UMWELT_CACHE")
    return Path(chosen) if chosen else user_cache_path("umwelt")


def pack_folder(name: str) -> Path:
    """Where the pack of that name lies, whether or not it does yet."""
    return cache_folder() / "packs" / name


def is_ready(name: str) -> bool:
    """Whether a pack of that name is in the cache; its files are not looked at."""
    return (pack_folder(name) / MANIFEST).is_file()


def ready_pack(name: str, version: int | None = None) -> ReadyPack:
    """The pack of that name; its files are not read (`check_pack` does that).

    Args:
        version: the one that it must be of, if any.

    Raises:
        FileNotFoundError: it is not in the cache. ValueError: its manifest is damaged, or it is of another release.
    """
    folder = pack_folder(name)
    cure = f"run `umwelt assets get {name}`"
    if not is_ready(name):
        raise FileNotFoundError(f"the pack {name!r} is not in the cache ({folder}): {cure}")
    try:
        said = json.loads((folder / MANIFEST).read_text("utf-8"))
        if said["format"] != FORMAT:
            raise ValueError(f"it is of format {said['format']}, expected {FORMAT}")
        pack = ReadyPack(
            folder, said["licence"], tuple(said["credits"]), said["source"], int(said["version"]), dict(said["sha256"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / MANIFEST} can't be used ({error}): {cure}, which makes it anew") from error
    if version is not None and pack.version != version:
        raise ValueError(
            f"the pack {name!r} in {folder} is of version {pack.version}, expected {version}: {cure}, which makes it "
            "anew"
        )
    return pack


def check_pack(name: str) -> ReadyPack:
    """The pack of that name, every file compared with its hash.

    Raises:
        FileNotFoundError: it is not in the cache. ValueError: a file is missing or altered; the message names it.
    """
    pack = ready_pack(name)
    for path, expected in pack.sha256.items():
        file = pack.folder / path
        if not file.is_file() or sha256_of(file) != expected:
            how = "missing" if not file.is_file() else "not what was put there (its SHA-256 differs)"
            raise ValueError(f"{file} is {how}: run `umwelt assets get {name}`, which makes the pack anew")
    return pack


def write_manifest(
    folder: Path, *, licence: str, credits: tuple[str, ...], source: dict[str, Any], version: int
) -> None:
    """Write the manifest of a pack whose files all lie in `folder`; the last step before the folder gets its name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    said = {
        "format": FORMAT,
        "licence": licence,
        "credits": list(credits),
        "source": source,
        "version": version,
        "sha256": {path.relative_to(folder).as_posix(): sha256_of(path) for path in files},
    }
    write_atomic(folder / MANIFEST, json.dumps(said, indent=1).encode())
