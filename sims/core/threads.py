"""Runs a kernel over slices of a batch in several threads: kernels release the GIL, so plain threads do."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def available_threads() -> int:
    """How many processors this process may use (its affinity mask, not the machine's count)."""
    return len(os.sched_getaffinity(0))


@cache
def _executor(n_threads: int, pid: int) -> ThreadPoolExecutor:
    # Keyed by the process too: a forked child inherits the object but none of its threads.
    return ThreadPoolExecutor(n_threads, thread_name_prefix="umwelt")


def split(run: Callable[[int, int], object], n: int, n_threads: int) -> None:
    """Call `run(start, stop)` on `n_threads` consecutive slices of `range(n)`, one of them in the calling thread.

    The slices must not share anything they write. Threads rather than Numba's own pool: they sleep while idle, so they
    never fight with PyTorch's for the cores, and survive a fork.
    """
    n_threads = max(1, min(n_threads, n))
    if n_threads == 1:
        run(0, n)
        return
    edges = [n * t // n_threads for t in range(n_threads + 1)]
    executor = _executor(n_threads - 1, os.getpid())
    others = [executor.submit(run, edges[t], edges[t + 1]) for t in range(1, n_threads)]
    run(edges[0], edges[1])
    for other in others:
        other.result()
