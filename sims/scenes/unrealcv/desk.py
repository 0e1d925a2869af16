"""Where commands are done: the stage, who renders it, and what the operator allowed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sims.scenes.unrealcv.deposit import BARE, deposit, form_of, target_of
from sims.scenes.unrealcv.patterns import Answer, Job, Table
from sims.scenes.unrealcv.stage import Actor, CommandError, Optics, Stage, cameras
from sims.scenes.unrealcv.studio import Studio, shot_of


@dataclass
class Desk:
    """What every command is handed.

    Args:
        stage: what is shown. studio: who renders it. table: all commands. files: the folder for files, or None.
        port: of TCP, 0 without.
    """

    stage: Stage
    studio: Studio
    table: Table
    files: Path | None = None
    port: int = 0

    def execute(self, text: str) -> bytes | Job:
        """Do a command: its answer, or what will come to it. Errors are answers, too; nothing is raised."""
        try:
            return encoded(self.table.execute(text, self))
        except CommandError as error:
            return refusal(error)


def encoded(answer: Answer) -> bytes | Job:
    """Bytes of an answer; an empty text is `ok`."""
    if isinstance(answer, str):
        return answer.encode() or b"ok"
    return answer


def refusal(error: Exception) -> bytes:
    """What a client is told of an error."""
    return f"error {error}".encode()


def actor_named(desk: Desk, name: str) -> Actor:
    """The actor of that name.

    Raises:
        CommandError: there is none.
    """
    actor = desk.stage.actors.get(name)
    if actor is None:
        raise CommandError(f"Cannot find object {name[:80]!r}: vget /objects lists them")
    return actor


def camera_named(desk: Desk, number: int) -> str:
    """The name of the camera of that number.

    Raises:
        CommandError: there is none.
    """
    known = cameras(desk.stage)
    if number >= len(known):
        raise CommandError(f"Invalid sensor id {number}: there are {len(known)} cameras, counted from 0")
    return known[number]


def optics_of(desk: Desk, number: int) -> tuple[str, Actor, Optics]:
    """The name, the actor and the settings of the camera of that number.

    Raises:
        CommandError: there is none.
    """
    name = camera_named(desk, number)
    actor = desk.stage.actors[name]
    assert actor.optics is not None
    return name, actor, actor.optics


def picture(desk: Desk, camera: str, kind: str, name: str) -> Job:
    """What will be a picture of what that camera sees now: its bytes, or the name of the file that it was written to.

    Raises:
        CommandError: a kind of file that there is not, or one that may not be written.
    """
    form, shot = form_of(name), shot_of(desk.stage, camera)
    if name not in BARE:
        target_of(desk.files, name)  # refused before anything is rendered

    def job() -> bytes:
        data = desk.studio.picture(shot, kind, form)
        if name in BARE:
            return data
        deposit(desk.files, name, data)
        return name.encode()

    return job


def numbers(*values: Any, digits: int = 3) -> str:
    """Numbers as UnrealCV writes them."""
    return " ".join(f"{value + 0.0:.{digits}f}" for value in values)
