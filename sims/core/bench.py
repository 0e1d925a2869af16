"""Benchmark lines: one JSON object a figure on standard output, and nothing else there."""

import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sims.core.threads import available_threads


def machine() -> str:
    """The processor's name, how many of its cores this process may use, the kernel and Python."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        models = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        name = models[0] if models else name
    return f"{name}, {available_threads()} cores, {platform.system()}, Python {platform.python_version()}"


class Figure(NamedTuple):
    """One measured figure: its repeats, of which the median is quoted."""

    case: str
    values: list[float]
    unit: str
    threads: int
    against: str | None = None
    ratio: float | None = None


@contextmanager
def pinned(n_threads: int) -> Iterator[None]:
    """Have this process run on as many of its cores as it has threads to use, until the block ends.

    Raises:
        ValueError: a thread count that this process has no cores for.
    """
    cores = sorted(os.sched_getaffinity(0))
    if not 1 <= n_threads <= len(cores):
        raise ValueError(f"--threads must be 1 to {len(cores)} (the cores this process may use), got {n_threads}")
    os.sched_setaffinity(0, cores[:n_threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def emit(bench: str, figure: Figure) -> None:
    """Print one figure: the median of its repeats, with their extremes."""
    line = {
        "bench": bench,
        "case": figure.case,
        "threads": figure.threads,
        "value": median(figure.values),
        "low": min(figure.values),
        "high": max(figure.values),
        "unit": figure.unit,
        "against": figure.against,
        "ratio": figure.ratio,
        "machine": machine(),
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
