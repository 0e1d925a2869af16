"""Work in a fresh process, on cores of its own: how the benches time two sides that must not disturb each other."""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from typing import TypeVar

from sims.core.threads import available_threads

Job = TypeVar("Job")


def apart(work: Callable[[Job], float], job: Job, n_cores: int, threads: int) -> float:
    """`work(job)` in a fresh process on `n_cores` cores: neither side inherits the other's threads or allocator.

    Raises:
        ChildProcessError: the process was killed. Whatever `work` raises.
    """
    with (
        environment(OMP_NUM_THREADS=str(threads), CUDA_VISIBLE_DEVICES=""),
        ProcessPoolExecutor(1, get_context("spawn"), _settle, (n_cores,)) as pool,
    ):
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool as error:
            raise ChildProcessError(f"{work.__name__}'s process was killed: is there memory enough?") from error


def _settle(n_cores: int) -> None:
    """Keep to `n_cores` cores, and send what libraries print to standard error: standard output is for the figures."""
    os.dup2(2, 1)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n_cores])


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Environment variables for the processes started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def in_turn(
    case: str, repeats: int, unit: str, ours: Callable[[], float], against: str, theirs: Callable[[], float] | None
) -> tuple[list[float], list[float]]:
    """`repeats` rates of ours and, if it is compared, of `against`, measured in turn; each told of as it comes."""
    own, other = list[float](), list[float]()
    for k in range(repeats):
        own.append(ours())
        say(f"{case}: {own[-1]:,.0f} {unit} ({k + 1} of {repeats})")
        if theirs is not None:
            other.append(theirs())
            say(f"{case}: {other[-1]:,.0f} {unit} by {against}")
    return own, other


def check_sides(repeats: int, processes: int, package: str | None) -> None:
    """Refuse what can't be measured; `package` is what the other side is, if there is one.

    Raises:
        ValueError: no repeats, cores that are not there, or a package that is not installed.
    """
    if repeats < 1:
        raise ValueError(f"--repeats must be at least 1, got {repeats}")
    if not 1 <= processes <= available_threads():
        raise ValueError(
            f"--processes must be 1 to {available_threads()} (the cores this process may use), got {processes}"
        )
    if package is not None and find_spec(package) is None:
        raise ValueError(f"{package} is not installed: pip install 'umwelt-sims[sb3]', or measure without: --no-sb3")


def say(line: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
