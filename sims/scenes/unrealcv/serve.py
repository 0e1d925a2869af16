"""The command `umwelt serve scenes`: the suite's scenes for UnrealCV's clients, without an engine."""

import json
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from sims.scenes.cycles.install import blender_command
from sims.scenes.factors import Discrete, Space
from sims.scenes.packs import open_pack
from sims.scenes.placing import space_of
from sims.scenes.scene import Renderer
from sims.scenes.unrealcv.cameras import check_size
from sims.scenes.unrealcv.commands import TABLE
from sims.scenes.unrealcv.desk import Desk
from sims.scenes.unrealcv.server import Server
from sims.scenes.unrealcv.stage import CommandError, open_stage
from sims.scenes.unrealcv.studio import Studio


@dataclass(frozen=True)
class ServeSettings:
    """Serve scenes to UnrealCV's clients until interrupted."""

    what: Annotated[Literal["scenes"], tyro.conf.Positional] = "scenes"
    """What is served."""
    host: str = "127.0.0.1"
    """The address to listen on; one that is not loopback needs a token, and what is sent can be read on its way."""
    port: int = 9000
    """The port; 0 takes one that is free, -1 listens on the Unix socket alone."""
    unix: Path | None = None
    """The path of a Unix socket to listen on, too."""
    token_file: Path | None = None
    """A file with the token that peers over TCP must show first: vset /unrealcv/token TOKEN."""
    files: Path | None = None
    """The folder into which clients may have files written; without it none are."""
    pack: str = "basic"
    """The pack: `basic`, or a folder of models."""
    factors: tuple[str, ...] = ()
    """What stands in the scene at first, as NAME=VALUE: world_name=Meadow character_name=Teapot."""
    width: int = 640
    """Of pictures, in pixels; clients may ask for others."""
    height: int = 480
    """Of pictures, in pixels."""
    samples: int = 16
    """Rays a pixel."""
    threads: int | None = None
    """Of the renderer; all cores by default."""
    json: bool = False
    """Say on standard output, as one JSON document on one line, where it listens."""


def run(settings: ServeSettings) -> None:
    """Serve until interrupted or told to end (SIGTERM).

    Raises:
        ValueError: an address without a token, an unknown factor or value, a folder that is not there.
        FileNotFoundError: there is no Blender, or no such token file. OSError: the address is taken.
    """
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with open_server(settings, lambda line: sys.stderr.write(f"{line}\n")) as server:
        document = {"host": settings.host, "port": server.port, "unix": settings.unix and str(settings.unix)}
        if settings.json:
            sys.stdout.write(json.dumps(document) + "\n")
            sys.stdout.flush()
        else:
            where = [f"{settings.host}:{server.port}"] * (server.port > 0) + [str(settings.unix)] * bool(settings.unix)
            sys.stderr.write(f"scenes are served on {' and '.join(where)}; Ctrl-C ends it\n")
        stop.wait()


def open_server(settings: ServeSettings, say: Any) -> Server:
    """The server of these settings, running; `say` is told of peers that are dropped.

    Raises:
        As `run`.
    """
    blender_command()  # what is not installed is told now, not at the first picture
    try:
        check_size(settings.width, settings.height)
    except CommandError as error:
        raise ValueError(str(error)) from error
    if settings.files is not None and not settings.files.is_dir():
        raise ValueError(f"there is no folder {settings.files} for files: make it first")
    token = None if settings.token_file is None else settings.token_file.read_text().strip()
    pack = open_pack(settings.pack)
    stage = open_stage(pack, parsed(settings.factors, space_of(pack)), settings.width, settings.height)
    desk = Desk(stage, Studio(lambda: _cycles(settings.samples, settings.threads)), TABLE, settings.files)
    port = None if settings.port == -1 else settings.port
    return Server(desk, settings.host, port, settings.unix, token, say)


def parsed(pairs: tuple[str, ...], space: Space) -> dict[str, Any]:
    """Factors and values of `NAME=VALUE`.

    Raises:
        ValueError: one that is no such pair, or that the pack does not have.
    """
    factors: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"--factors takes NAME=VALUE, got {pair!r}: e.g. character_name=Teapot")
        try:
            factors[name] = space[name].checked(value if isinstance(space[name], Discrete) else float(value))
        except ValueError as error:
            raise ValueError(f"--factors {pair}: {error}") from error
    return factors


def _cycles(samples: int, threads: int | None) -> Renderer:
    from sims.scenes.cycles.renderer import Cycles

    return Cycles(samples, threads)
