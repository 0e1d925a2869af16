"""Progress of a long rendering on standard error: a bar on a terminal, now and then a line elsewhere."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

LINE_EVERY = 30.0
"""Seconds between two lines where there is no terminal to draw a bar on."""


class Progress:
    """Says how far it is, how fast it goes, and when it will be done.

    Args:
        name: of the data set. total: pictures that it will have. done: that it had before.
    """

    def __init__(self, name: str, total: int, done: int) -> None:
        console = Console(file=sys.stderr)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(name, total=total, completed=done)
        self._name, self._total, self._done, self._first = name, total, done, done
        self._quiet, self._flawed = console.is_terminal, 0
        self._began = self._spoke = time.monotonic()

    def add(self, flaws: tuple[str, ...]) -> None:
        """One picture more."""
        self._done += 1
        self._flawed += bool(flaws)
        self._bar.update(self._task, advance=1, description=self._line())
        now = time.monotonic()
        if not self._quiet and (now - self._spoke > LINE_EVERY or self._done == self._total):
            self._spoke = now
            left = (self._total - self._done) * (now - self._began) / (self._done - self._first)
            sys.stderr.write(f"{self._line()}, {self._done} of {self._total}, {left / 60:.1f} min left\n")

    def _line(self) -> str:
        rate = (self._done - self._first) / max(time.monotonic() - self._began, 1e-6)
        flawed = f", {self._flawed} with flaws" if self._flawed else ""
        return f"{self._name}: {rate:.2f} images/s{flawed}"

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
