"""Renders the rows of a plan in worker processes; what is in a picture never depends on who renders it or when."""

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sims.core.processes import die_with
from sims.scenes.datasets.spec import Spec
from sims.scenes.datasets.writing import write_picture
from sims.scenes.rendered import Rendered
from sims.scenes.scene import Scene, seed_of

RETRIES = 2
"""How often a picture with a flaw is rendered again."""

CHUNK = 16
"""Rows that a worker is given at once: neighbours, so that what is expensive to change changes rarely."""


OpenScene = Callable[[Spec, int], Scene]
"""Opens the scene of a specification with a number of threads; a function at the top of a module, so that a worker
process can be told of it."""


def open_scene(spec: Spec, threads: int) -> Scene:
    """The scene that a specification names.

    Raises:
        ValueError: no such pack or renderer. FileNotFoundError: the renderer is not installed.
    """
    return Scene(spec.pack, spec.renderer, width=spec.size, height=spec.size, samples=spec.samples, threads=threads)


class Task(NamedTuple):
    """One picture to be made: its row, and the values of the table's factors there."""

    row: int
    factors: dict[str, Any]


class Job(NamedTuple):
    """What every worker is told."""

    spec: Spec
    out: Path
    threads: int
    open_scene: OpenScene


class Done(NamedTuple):
    """One picture made: its row, and what is wrong with it."""

    row: int
    flaws: tuple[str, ...]


def row_seed(factors: Mapping[str, Any], seed: int, attempt: int = 0) -> int:
    """The seed of a picture's samples: a hash of its row, the specification's seed and the attempt."""
    return seed_of([dict(factors), seed, attempt])


def make_picture(scene: Scene, job: Job, task: Task) -> Done:
    """Render, check, and write one picture.

    One with a flaw is rendered again with another seed. If that comes out with the same flaws it is the scene that is
    so and not the render, and the first stays, flagged; else up to RETRIES times.

    Raises:
        OSError: it can't be written. Whatever the renderer raises.
    """
    first = kept = scene.render(task.factors, seed=row_seed(task.factors, job.spec.seed))
    flaws, attempts = flaws_of(first), 1
    seen = [flaws]
    while seen[-1] and attempts <= RETRIES and seen.count(seen[-1]) < 2:
        again = scene.render(task.factors, seed=row_seed(task.factors, job.spec.seed, attempts))
        attempts += 1
        seen.append(flaws_of(again))
        if not seen[-1]:
            kept, flaws = again, ()
    write_picture(job.out, task.row, kept, flaws, attempts, job.spec.annotations)
    return Done(task.row, flaws)


def flaws_of(rendered: Rendered) -> tuple[str, ...]:
    """What the scene itself says is wrong, and what only the picture shows."""
    own = []
    if rendered.image.size and (rendered.image == rendered.image[:1, :1]).all():
        own.append("the picture is of one colour")
    if not np.isfinite(rendered.normals).all() or np.isnan(rendered.depth).any():
        own.append("an annotation is not a number")
    return (*rendered.flaws, *own)


def render_tasks(job: Job, tasks: Sequence[Task], workers: int) -> Iterator[Done]:
    """Make the pictures, those of `tasks` that are neighbours in one worker; yields each when it is on the disk.

    One worker is this process itself; more are processes of their own, which end with this one whatever ends it.

    Raises:
        ChildProcessError: a worker died. Whatever a worker raised; what is done stays.
    """
    if workers == 1 or len(tasks) < 2:
        yield from _alone(job, tasks)
        return
    size = max(1, min(CHUNK, len(tasks) // (4 * workers)))
    chunks = deque(tasks[k : k + size] for k in range(0, len(tasks), size))
    context = multiprocessing.get_context("spawn")
    team: dict[Connection, SpawnProcess] = {}
    try:
        for _ in range(min(workers, len(chunks))):
            connection, process = _start(context, job)
            team[connection] = process
            connection.send(chunks.popleft())
        yield from _directed(team, chunks)
    finally:
        for connection, process in team.items():
            connection.close()
            process.join(timeout=5.0 if sys.exc_info()[0] is None else 0.0)
            process.kill()
            process.join()


def _alone(job: Job, tasks: Sequence[Task]) -> Iterator[Done]:
    scene = job.open_scene(job.spec, job.threads)
    try:
        for task in tasks:
            yield make_picture(scene, job, task)
    finally:
        scene.close()


def _directed(team: Mapping[Connection, SpawnProcess], chunks: "deque[Sequence[Task]]") -> Iterator[Done]:
    """Hear the workers and give them chunks until there are none."""
    busy = set(team)
    while busy:
        for connection in wait(list(busy)):
            assert isinstance(connection, Connection)
            try:
                said = connection.recv()
            except (EOFError, ConnectionResetError):
                process = team[connection]
                process.join()
                raise ChildProcessError(
                    f"a worker died (exit code {process.exitcode}; -9 is often too little memory): what is done stays "
                    "valid; run the same command again, with fewer --workers if it happens again"
                ) from None
            if isinstance(said, BaseException):
                raise said
            if isinstance(said, Done):
                yield said
            elif chunks:
                connection.send(chunks.popleft())
            else:
                connection.send(None)
                busy.discard(connection)


def _start(context: SpawnContext, job: Job) -> tuple[Connection, SpawnProcess]:
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, job, os.getpid()), daemon=False)
    process.start()
    theirs.close()
    return ours, process


def _work(connection: Connection, job: Job, parent: int) -> None:
    """A worker: chunks of tasks in, a `Done` for each picture and a None for each chunk out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it and ends the others
    die_with(parent)
    try:
        scene = job.open_scene(job.spec, job.threads)
        try:
            while (chunk := _heard(connection)) is not None:
                for task in chunk:
                    connection.send(make_picture(scene, job, task))
                connection.send(None)
        finally:
            scene.close()
    except Exception as error:
        connection.send(error)


def _heard(connection: Connection) -> Sequence[Task] | None:
    """The next chunk; None if there is none, or nobody to give one."""
    try:
        return connection.recv()
    except EOFError:
        return None
