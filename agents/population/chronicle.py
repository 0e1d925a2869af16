"""What a run in progress writes and shows: metrics, TensorBoard, and a live table of its members."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from torch.utils.tensorboard import SummaryWriter

from agents.population.members import Member
from agents.population.office import Rates
from agents.runs import LINE_EVERY, METRICS, read_metrics
from sims.core.files import write_atomic
from sims.ctf.state import EVENTS

SHORT = dict(
    zip(
        EVENTS,
        ("tagged+", "tagged", "capture", "pick-up", "return", "tag+", "tag", "c", "p", "r", "-c", "-p", "-r"),
        strict=True,
    )
)
"""Events as the table names them: + with the flag; team-mates' c, p, r, opponents' with a minus."""


class Chronicle:
    """Writes a run's metrics and TensorBoard curves, and shows its table on a terminal, else lines.

    Args:
        folder: the run's. steps, seconds: where the run stands; lines of later steps, which a kill left, are dropped.
        bots: whom members are evaluated against.
    """

    def __init__(self, folder: Path, steps: int, seconds: float, bots: Sequence[str]) -> None:
        kept = [row for row in read_metrics(folder) if row["steps"] <= steps]
        write_atomic(folder / METRICS, "".join(json.dumps(row) + "\n" for row in kept).encode())
        self._file = (folder / METRICS).open("a")
        self._curves = SummaryWriter(str(folder / "tensorboard"), purge_step=steps + 1)
        self._console = Console(file=sys.stderr)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._bots, self._spoke = bots, -LINE_EVERY
        self._began, self._before = time.monotonic(), seconds
        if self._live is not None:
            self._live.start()

    @property
    def seconds(self) -> float:
        """Seconds that the run has taken in all, those before a resume included."""
        return self._before + time.monotonic() - self._began

    def begin(self) -> None:
        """From now on time counts: processes have begun, which can take minutes the first time."""
        self._began = time.monotonic()

    def write(self, row: Mapping[str, Any]) -> None:
        """One line of metrics; `row["steps"]` says where."""
        row = {**row, "seconds": round(self.seconds, 3)}
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()
        for name, value in row.items():
            if isinstance(value, float):
                self._curves.add_scalar(name, value, row["steps"])

    def show(self, row: Mapping[str, Any], members: Sequence[Member], rates: Rates) -> None:
        """The table on a terminal; elsewhere a line now and then."""
        if self._live is not None:
            self._live.update(table_of(row, members, rates, self._bots), refresh=True)
        elif time.monotonic() - self._spoke > LINE_EVERY:
            self._spoke = time.monotonic()
            ratings = ", ".join(f"{member.rating:.0f}" for member in members)
            sys.stderr.write(f"{_title(row)}, ratings {ratings}\n")

    def say(self, line: str) -> None:
        """A line beside the table, on standard error."""
        self._console.print(f"umwelt: {line}", markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> "Chronicle":
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        self._curves.close()
        self._file.close()


def table_of(row: Mapping[str, Any], members: Sequence[Member], rates: Rates, bots: Sequence[str]) -> Table:
    """A row for every member: rating, games, matches won, drawn and lost against bots, what each event is worth."""
    table = Table(title=_title(row))
    names = ["slot", "birth", "rating", "games", *(f"v {bot}" for bot in bots), "lr", "tau", *SHORT.values()]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for member in sorted(members, key=lambda member: -member.rating):
        own = member.hyperparameters
        against = [_against(rates.get((member.slot, bot))) for bot in bots]
        values = [str(member.slot), str(member.birth), f"{member.rating:.0f}", str(member.games), *against]
        values += [f"{own.lr:.0e}", str(own.tau), *(f"{reward:.2g}" for reward in own.rewards)]
        table.add_row(*values)
    return table


def _against(counts: tuple[int, int, int] | None) -> str:
    return "" if counts is None else "-".join(map(str, counts))


def _title(row: Mapping[str, Any]) -> str:
    return f"{row['steps'] / 1e6:.2f} M steps, {row['steps_per_second']:,.0f}/s, {row['matches']} matches"
