"""One worker process with Blender in it: started, asked over a socket, ended; its loss is told, not suffered."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from sims.scenes.cycles.wire import WireError, receive, send

WORKER = Path(__file__).with_name("worker.py")
START_S = 120.0
"""Seconds that a worker may take to import Blender."""


class WorkerError(ChildProcessError):
    """A worker said that it could not do what it was asked."""


class WorkerLostError(WorkerError):
    """A worker crashed, hung, or could not be started: another one may do it."""


class Worker:
    """A process with Blender in it.

    Args:
        command: its program and first arguments; the worker's own are added.
    """

    def __init__(self, command: list[str]):
        self.folder = Path(tempfile.mkdtemp(prefix="umwelt-cycles-", dir=_memory()))
        self.log: IO[bytes] = (self.folder / "log").open("ab")
        ours, theirs = socket.socketpair()
        self.connection = ours
        arguments = [*command, str(theirs.fileno()), str(self.folder)]
        try:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is the caller's to handle
            )
        except OSError as error:
            ours.close()
            self._clean()
            raise WorkerLostError(f"Blender does not start ({error}): run `umwelt setup cycles` again") from error
        finally:
            theirs.close()

    def ask(
        self, document: dict[str, Any], arrays: dict[str, NDArray[Any]] | None = None, *, timeout_s: float
    ) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Send a message and wait for its answer.

        Raises:
            WorkerLostError: it crashed or hung; the message ends with what it wrote last.
            WorkerError: it reports an error.
        """
        self.connection.settimeout(timeout_s)
        try:
            send(self.connection, document, arrays)
            answer, out = receive(self.connection)
        except WireError as error:
            raise WorkerLostError(f"Blender stopped ({self._ending()}): {self._last_words()}") from error
        except TimeoutError as error:
            raise WorkerLostError(f"Blender did not answer within {timeout_s:.0f} s: {self._last_words()}") from error
        self.log.truncate(0)  # Blender writes a line for every picture, and this lies in memory
        if "error" in answer:
            raise WorkerError(f"Blender could not do it: {answer['error'].strip()}")
        return answer, out

    def close(self) -> None:
        """End the process; without waiting for what it does."""
        self.connection.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._clean()

    def _clean(self) -> None:
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ending(self) -> str:
        try:
            code = self.process.wait(5.0)
        except subprocess.TimeoutExpired:
            return "without ending"
        return f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"

    def _last_words(self) -> str:
        lines = (self.folder / "log").read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-4:]) or "it wrote nothing"


def _memory() -> str | None:
    """A folder that is no disk, where there is one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK) else None
