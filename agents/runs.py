"""A run's folder: settings, lock, metrics, curves; `runs/<name>/` as DESIGN describes it."""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch.utils.tensorboard import SummaryWriter

from agents.checkpoint import SETTINGS
from sims.core.files import write_atomic

METRICS = "metrics.jsonl"

CURVE = ("train/success", "train/spl", "held_out/success", "held_out/spl", "env_steps_per_second")
"""Metrics that are kept with a trained agent."""

OF_THE_CALL = ("out", "resume", "json")
"""Settings that belong to a call of the command and not to the run."""

LOCK_PATIENCE = 10.0
"""Seconds that a resume waits for the lock: a run that was just killed may still be going down."""

LINE_EVERY = 30.0
"""Seconds between two lines of progress where there is no terminal to draw a bar on."""

Settings = TypeVar("Settings")


def jsonable(settings: Any) -> dict[str, Any]:
    """A dataclass of settings as what JSON knows; where the run lies and how it was called are left out."""
    values = json.loads(json.dumps(asdict(settings), default=str))
    return {name: value for name, value in values.items() if name not in OF_THE_CALL}


def write_settings(folder: Path, settings: Any) -> None:
    """Keep a run's settings, a dataclass, as JSON."""
    write_atomic(folder / SETTINGS, (json.dumps(jsonable(settings), indent=1) + "\n").encode())


def read_settings(folder: Path, given: Settings) -> Settings:
    """The settings of the run in `folder`, of the type of `given`: those of a resumed run.

    Raises:
        ValueError: `given` differs from them in something that it was explicitly given, or they can't be read.
    """
    try:
        stored = json.loads((folder / SETTINGS).read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{folder} holds no run to resume ({error}): begin one without --resume") from error
    return _filled(given, type(given)(), stored, folder)


def _filled(given: Any, default: Any, stored: Mapping[str, Any], folder: Path) -> Any:
    changes = {}
    for field in fields(given):
        if field.name in OF_THE_CALL:
            continue
        if field.name not in stored:
            raise ValueError(
                f"the run in {folder} does not say its {field.name}: it is of an older version; begin anew"
            )
        value, own = getattr(given, field.name), stored[field.name]
        if is_dataclass(value):
            changes[field.name] = _filled(value, getattr(default, field.name), own, folder)
            continue
        own = tuple(own) if isinstance(value, tuple) else own
        if value not in (getattr(default, field.name), own):
            raise ValueError(
                f"--{field.name.replace('_', '-')} is {value} here and {own} in the run in {folder}: a resumed run "
                "goes on as it began; leave the option out, or begin another --out"
            )
        changes[field.name] = own
    return replace(given, **changes)


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's `metrics.jsonl`; a last one that was cut off by a kill is left out."""
    path = folder / METRICS
    lines = path.read_text().splitlines() if path.is_file() else []
    rows = []
    for k, line in enumerate(lines):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            if k < len(lines) - 1:
                raise ValueError(f"line {k + 1} of {path} is damaged ({error}): remove it") from error
    return rows


def curve_of(rows: list[dict[str, Any]], n: int = 200) -> list[dict[str, float]]:
    """How an agent learned, in at most `n` points: means over consecutive `rows` of metrics.

    Each point has the `steps` and `seconds` at its end, and of CURVE what its rows have.
    """
    points = []
    for group in np.array_split(np.arange(len(rows)), min(n, len(rows)) or 1):
        there = [rows[k] for k in group]
        means = {}
        for name in CURVE:
            values = [row[name] for row in there if name in row]
            means |= {name: round(float(np.mean(values)), 4)} if values else {}
        points += [{"steps": there[-1]["steps"], "seconds": round(there[-1]["seconds"]), **means}] if there else []
    return points


class Log:
    """Writes a run's metrics, its TensorBoard curves and the progress on the terminal.

    Args:
        folder: the run's. steps, seconds: where the run stands; lines of later steps, which a kill left, are dropped.
        target: steps at which the run will be done.
    """

    def __init__(self, folder: Path, steps: int, seconds: float, target: int) -> None:
        kept = [row for row in read_metrics(folder) if row["steps"] <= steps]
        write_atomic(folder / METRICS, "".join(json.dumps(row) + "\n" for row in kept).encode())
        self._file = (folder / METRICS).open("a")
        self._curves = SummaryWriter(str(folder / "tensorboard"), purge_step=steps + 1)
        self._console = Console(file=sys.stderr)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:.1f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=target, completed=steps)
        self._bar.start()
        self._target, self._first, self._spoke = target, steps, 0.0
        self._began, self._before = time.monotonic(), seconds

    @property
    def seconds(self) -> float:
        """Seconds that the run has taken in all, those before a resume included."""
        return self._before + time.monotonic() - self._began

    def write(self, row: Mapping[str, Any]) -> None:
        """One line of metrics; `row["steps"]` says where."""
        row = {**row, "seconds": round(self.seconds, 3)}
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()
        for name, value in row.items():
            if isinstance(value, float):
                self._curves.add_scalar(name, value, row["steps"])
        text = _line(row)
        self._bar.update(self._task, completed=row["steps"], description=text)
        now = time.monotonic()
        if not self._console.is_terminal and (now - self._spoke > LINE_EVERY or row["steps"] >= self._target):
            self._spoke = now
            left = (self._target - row["steps"]) * (now - self._began) / max(1, row["steps"] - self._first)
            sys.stderr.write(f"{text}, {left / 60:.1f} min left\n")

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        """Finish the files and the bar."""
        self._bar.stop()
        self._curves.close()
        self._file.close()


def _line(row: Mapping[str, Any]) -> str:
    parts = [f"{row['steps'] / 1e6:.1f} M steps"]
    if "env_steps_per_second" in row:
        parts.append(f"{row['env_steps_per_second']:,.0f}/s")
    for name, label in (("train/success", "success"), ("train/spl", "SPL"), ("held_out/success", "held out")):
        if name in row:
            parts.append(f"{label} {100 * row[name]:.1f} %")
    return ", ".join(parts)
