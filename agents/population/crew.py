"""The processes of a run: begun, answered, and begun again when they have ended or hang."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from agents.population.local import Answer, Call
from agents.population.plan import TrainCtfSettings
from agents.population.sharing import Region
from agents.population.workers import Beginning, Kind, work
from agents.ppo import NotFiniteError

HUNG = 10.0
"""Seconds without a word after which a process that has begun is taken to hang, and ended."""

BEGINNING = 300.0
"""Seconds that it may take to begin, or while it says that it is busy: kernels to compile, maps to make."""

SIGNS = ("beat", "wanted")
"""Calls by which a process shows that it has begun: kernels are there, maps are made."""

WINDOW = 600.0
"""Seconds in which no more than a run's `restarts` processes may end."""


@dataclass
class Worker:
    """A process, and when it was last heard of."""

    beginning: Beginning
    number: int
    process: SpawnProcess
    connection: Connection
    heard: float = field(default_factory=time.monotonic)
    begun: bool = False

    @property
    def name(self) -> str:
        """As people call it."""
        return f"{self.beginning.kind} {self.beginning.number}"


class Crew:
    """The processes of a run, in `with`: at its end all of them are ended.

    Args:
        settings: of the run. region: the shared memory. answer: of a worker's number to a call.
        forget: is called with the number of a worker that has ended. say: hears of what went wrong.
    """

    def __init__(
        self,
        settings: TrainCtfSettings,
        region: Region,
        answer: Callable[[int, Call], Answer],
        forget: Callable[[int], None],
        say: Callable[[str], None],
    ) -> None:
        self._settings, self._region, self._answer, self._forget, self._say = settings, region, answer, forget, say
        self.workers: list[Worker] = []
        self._numbers, self._deaths, self.restarted = 0, list[float](), 0
        self._last_words: dict[int, str] = {}

    def start(self, kind: Kind, number: int, kept: Path | None = None) -> None:
        """Begin another process; `kept`: the checkpoint that the run goes on from."""
        beginning = Beginning(kind, number, self._settings, kept)
        here, there = Pipe()
        process = get_context("spawn").Process(
            target=work, args=(beginning, there, self._region, os.getpid()), name=f"{kind} {number}", daemon=True
        )
        process.start()
        there.close()
        self._numbers += 1
        self.workers.append(Worker(beginning, self._numbers, process, here))

    def look_after(self, seconds: float) -> None:
        """Answer whoever calls within `seconds`, and see to those that have ended or hang.

        Raises:
            ChildProcessError: too many have ended. NotFiniteError: a learner met a NaN.
        """
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0.0:
            by_connection = {worker.connection: worker for worker in self.workers}
            sentinels = [worker.process.sentinel for worker in self.workers]
            ready = wait([*by_connection, *sentinels], left)
            for connection in ready:
                if isinstance(connection, Connection):
                    self._hear(by_connection[connection])
            self._see_to_the_dead()

    def _hear(self, worker: Worker) -> None:
        try:
            call: Call = worker.connection.recv()
            worker.heard = time.monotonic()
            worker.begun = worker.begun or call.name in SIGNS
            if call.name == "busy":
                worker.begun = False
            if call.name == "failed":
                text, not_finite = call.arguments
                if not_finite:
                    raise NotFiniteError(text.partition(": ")[2])
                self._last_words[worker.number] = text
                return
            answer = self._answer(worker.number, call)
            if call.wanted:
                worker.connection.send(answer)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            worker.process.join(1.0)  # it is seen to below
            worker.process.kill()

    def _see_to_the_dead(self) -> None:
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.process.is_alive():
                silent, patience = now - worker.heard, HUNG if worker.begun else BEGINNING
                if silent < patience:
                    continue
                self._say(f"{worker.name} has said nothing for {silent:.0f} s: it is ended")
                self._end(worker)
            self._replace(worker)

    def _replace(self, worker: Worker) -> None:
        """Begin a process in the place of one that has ended.

        Raises:
            ChildProcessError: too many have ended.
        """
        self._end(worker)
        self.workers.remove(worker)
        self._forget(worker.number)
        now = time.monotonic()
        why = self._last_words.pop(worker.number, f"exit code {worker.process.exitcode}")
        self._deaths = [*(death for death in self._deaths if now - death < WINDOW), now]
        if len(self._deaths) > self._settings.restarts:
            raise ChildProcessError(
                f"{worker.name} has ended ({why}), and with it {len(self._deaths)} processes within "
                f"{WINDOW / 60:.0f} minutes: the run ends here; look for the cause, then go on with --resume"
            )
        self._say(f"{worker.name} has ended ({why}): another one takes its place")
        self.restarted += 1
        self.start(worker.beginning.kind, worker.beginning.number, worker.beginning.kept)

    def _end(self, worker: Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.connection.close()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            self._end(worker)
        self.workers = []
