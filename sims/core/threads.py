"""Runs a kernel over slices of a batch in several threads: kernels release the GIL, so plain threads do."""

import os
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from threading import Thread, current_thread

WORKER = "umwelt-worker-"
Job = tuple[Callable[[int, int], object], int, int, "SimpleQueue[BaseException | None]"]


def available_threads() -> int:
    """How many processors this process may use: by its affinity mask, where the system has such."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _worker(number: int, pid: int) -> "SimpleQueue[Job]":
    """The queue of one thread that waits for jobs, asleep, as long as the process lives."""
    # Keyed by the process: a forked child inherits the queue but not the thread behind it. A queue and a thread each,
    # not an executor: that takes 20 microseconds longer to hand over a slice, 5 % of a step of 4096 worlds.
    jobs: SimpleQueue[Job] = SimpleQueue()

    def work() -> None:
        while True:
            run, start, stop, done = jobs.get()
            try:
                run(start, stop)
                done.put(None)
            except BaseException as error:  # handed to the thread that waits for the slice
                done.put(error)

    Thread(target=work, name=f"{WORKER}{number}", daemon=True).start()
    return jobs


def split(run: Callable[[int, int], object], n: int, n_threads: int) -> None:
    """Call `run(start, stop)` on `n_threads` consecutive slices of `range(n)`, one of them in the calling thread.

    The slices must not share anything they write. Threads rather than Numba's own pool: they sleep while idle, so they
    never fight with PyTorch's for the cores, and survive a fork. An error in any slice is raised here, after all ended.
    """
    n_threads = max(1, min(n_threads, n))
    if n_threads == 1 or current_thread().name.startswith(
        WORKER
    ):  # a worker that waited for itself would wait for ever
        run(0, n)
        return
    edges = [n * t // n_threads for t in range(n_threads + 1)]
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for t in range(1, n_threads):
        _worker(t, os.getpid()).put((run, edges[t], edges[t + 1], done))
    try:
        run(edges[0], edges[1])
    finally:
        errors = [done.get() for _ in range(1, n_threads)]
    for error in errors:
        if error is not None:
            raise error
