"""Where Blender is: an environment of its own in the user's cache (`umwelt setup cycles`), or a program on the PATH.

Blender's Python module `bpy` is under the GPL and wants an older NumPy than the suite: neither comes into the suite's
own environment.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from filelock import FileLock
from platformdirs import user_cache_path

from sims.scenes.cycles.process import WORKER

RELEASES = {(3, 11): "5.0.1", (3, 13): "5.1.0"}
"""Which bpy goes with which Python."""

DEBIAN = "libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libxext6 libsm6 libgl1"
"""Packages whose libraries bpy is linked against and its wheel does not bring."""

CHECK = "import bpy; print(bpy.app.version_string)"


@dataclass(frozen=True)
class SetupSettings:
    """Make what a part of the suite needs beyond its Python packages."""

    what: Annotated[str, tyro.conf.Positional]
    """`cycles`: Blender's renderer, about 1 GB in the user's cache."""
    json: bool = False
    """Print what is there as one JSON document."""


def run(settings: SetupSettings) -> None:
    """Make it, unless it is there, and say where it is.

    Raises:
        ValueError: there is nothing of that name. OSError: it can't be made; the message says what would cure it.
    """
    if settings.what != "cycles":
        raise ValueError(f"there is nothing to set up called {settings.what!r}: expected cycles")
    command, version = install()
    if settings.json:
        sys.stdout.write(json.dumps({"blender": version, "command": command}) + "\n")
    else:
        sys.stdout.write(f"cycles: Blender {version} is ready ({command[0]})\n")


def install() -> tuple[list[str], str]:
    """The command that starts a worker, and Blender's version; Blender is fetched if it is nowhere yet.

    Raises:
        OSError: it can't be fetched, or lacks libraries of the system.
    """
    if not cycles_is_ready():
        _fetch_once()
    command = blender_command()
    return command, _version(command)


def _fetch_once() -> None:
    """Fetch Blender, or wait for another process that does."""
    folder = _folder()
    if folder is None:
        raise OSError(
            f"bpy has no build for Python {sys.version_info[0]}.{sys.version_info[1]}: install Blender (blender.org) "
            "so that `blender` is on the PATH, or use Python 3.11"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not _python(folder).exists():
            _fetch(folder, RELEASES[sys.version_info[:2]])


def blender_command() -> list[str]:
    """The command that starts a worker, without its arguments.

    The environment variable `UMWELT_BLENDER`, if set, is the `blender` program to use.

    Raises:
        FileNotFoundError: there is no Blender.
    """
    chosen = os.environ.get("UMWELT_BLENDER")
    folder = _folder()
    if chosen is None and folder is not None and _python(folder).exists():
        return [str(_python(folder)), str(WORKER)]
    program = chosen or shutil.which("blender")
    if program is None or not Path(program).exists():
        raise FileNotFoundError("there is no Blender here: run `umwelt setup cycles` (about 1 GB, once)")
    return [program, "--background", "--factory-startup", "--python-exit-code", "1", "--python", str(WORKER), "--"]


def cycles_is_ready() -> bool:
    """Whether a worker can be started, without starting one."""
    try:
        blender_command()
    except FileNotFoundError:
        return False
    return True


def _folder() -> Path | None:
    """The environment's place, named by what is in it; None where bpy has no build for this Python."""
    release = RELEASES.get(sys.version_info[:2])
    return None if release is None else user_cache_path("umwelt") / f"cycles-{release}"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _fetch(folder: Path, release: str) -> None:
    """Make the environment under another name, see that it works, then give it its own."""
    making = folder.with_name(f".tmp-{folder.name}")
    shutil.rmtree(making, ignore_errors=True)  # of one that was interrupted
    sys.stderr.write(f"fetching bpy {release} from PyPI into {folder} (about 350 MB, 1 GB unpacked)\n")
    try:
        venv.create(making, with_pip=True, symlinks=True)
        pip = [
            str(_python(making)),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            f"bpy=={release}",
        ]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"bpy {release} can't be installed: {_last_line(done.stderr)}; is PyPI reachable?")
        _version([str(_python(making)), str(WORKER)])
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _version(command: list[str]) -> str:
    """Blender's version, asked of it.

    Raises:
        OSError: it does not start; the message has the cure where libraries of the system are missing.
    """
    if command[1] != str(WORKER):
        done = subprocess.run([command[0], "--version"], capture_output=True, text=True, check=False)
    else:
        done = subprocess.run([command[0], "-c", CHECK], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout.strip().splitlines()[0].removeprefix("Blender ")
    if "cannot open shared object" in done.stderr:
        raise OSError(
            f"Blender lacks a library of the system ({_last_line(done.stderr)}): on Debian or Ubuntu run "
            f"`apt-get install {DEBIAN}`, then `umwelt setup cycles` again"
        )
    raise OSError(f"Blender does not start: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no word of why"])[-1]
