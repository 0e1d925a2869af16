"""The one folder into which clients may have files written."""

import re
from pathlib import Path

from sims.core.files import write_atomic
from sims.scenes.unrealcv.stage import CommandError

BARE = ("png", "bmp", "npy")
"""What asks for bytes; anything longer names a file."""


def form_of(name: str) -> str:
    """`png`, `bmp` or `npy`, of a file's name or of the bare word.

    Raises:
        CommandError: it is none of them.
    """
    form = name.rpartition(".")[2].lower() if "." in name else name
    if form not in BARE:
        raise CommandError(f"Invalid filename type, filename {name}: expected png, bmp or npy, or a file of that kind")
    return form


def target_of(folder: Path | None, name: str) -> Path:
    """Where a file of that name goes: in `folder` or below it, wherever links on the way lead.

    Raises:
        CommandError: the operator named no folder, or the name leads out of it, or into one that is not there.
    """
    if folder is None:
        raise CommandError(f"no file {name!r} is written: this server has no folder for files (umwelt serve --files)")
    if "\0" in name:
        raise CommandError(f"no file {name!r} is written: a name has no zero bytes")
    whole = folder.resolve()
    try:
        parent = (whole / name).parent.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise CommandError(f"no file {name!r} is written: it has no folder ({error})") from error
    target = parent / Path(name).name
    if not parent.is_relative_to(whole) or Path(name).name in ("", "..") or target.is_dir():
        raise CommandError(f"no file {name!r} is written: expected a name within the server's folder for files")
    return target


def deposit(folder: Path | None, name: str, data: bytes) -> None:
    """Write a file whole; a link of that name is replaced, never followed.

    Raises:
        CommandError: see `target_of`, or the disk has no room.
    """
    try:
        write_atomic(target_of(folder, name), data)
    except OSError as error:
        raise CommandError(f"no file {name!r} is written: {error}") from error


def next_name(folder: Path | None, form: str) -> str:
    """The first of 00000001.png and so on that is not there yet.

    Raises:
        CommandError: the operator named no folder.
    """
    if folder is None:
        raise CommandError("the command has no file's name or kind: say png, bmp or npy")
    taken = [int(path.stem) for path in folder.glob(f"*.{form}") if re.fullmatch(r"[0-9]{8}", path.stem)]
    return f"{max(taken, default=0) + 1:08d}.{form}"
