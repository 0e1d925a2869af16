"""The command `umwelt reproduce blind-maps`: every experiment on the memory of the blind agent, on agents of ours.

Wijmans et al. 2023, Emergence of maps in the memories of blind navigation agents. The command takes the agents that
ship, runs of `umwelt train`, or one that it trains, asks every question, and sets the paper's numbers beside what it
finds. It may be stopped at any time: what is answered is kept, and the same command goes on with the rest.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console
from rich.table import Table

from agents import training
from agents.baselines import POLICIES, pretrained_folder
from agents.checkpoint import SETTINGS
from agents.scoring import short
from agents.training import TrainSettings
from probes.decoding import print_progress
from probes.reproduce.blind_maps_page import write_blind_maps_page
from probes.reproduce.blind_maps_questions import ask_all, baselines, kept_answers
from probes.reproduce.blind_maps_study import QUESTIONS, Question, Study, Subject, subject_of
from probes.reproduce.blind_maps_table import Line, shown, table_of
from probes.reproduce.verdict import LEAST_SEEDS
from sims.core.bench import machine
from sims.core.files import write_atomic
from sims.core.locks import PATIENCE, locked

SHIPPED = ("pointnav-start-frame", "pointnav-start-frame-2", "pointnav-start-frame-3")
"""Three trainings of one kind, for intervals over agents."""

WINDOWED = ("pointnav-window-1", "pointnav-window-16", "pointnav-window-256")
RESULTS, PAGE = "results.json", "index.html"
TRAINED = "run"
"""What the agent of `--train` is called, and its folder in OUT."""

NOT_KEPT = ("examples", "path", "collided", "units")
"""Of what was found: what is drawn, and too long for the results."""


@dataclass(frozen=True)
class BlindMapsSettings:
    """What `umwelt reproduce blind-maps` asks, and of whom."""

    name: Annotated[Literal["blind-maps"], tyro.conf.Positional] = "blind-maps"
    """Which study."""
    agents: tuple[str, ...] = SHIPPED
    """Who is asked: names of agents that ship, and folders of runs."""
    run: tuple[Path, ...] = ()
    """Instead of `--agents`: folders of runs of `umwelt train`."""
    train: bool = False
    """Train an agent first, in OUT/run, as `umwelt train` does, and ask that one alone."""
    windowed: tuple[str, ...] = WINDOWED
    """Agents that were trained with a window, names or folders: they are evaluated beside the others."""
    questions: tuple[Question, ...] = QUESTIONS
    """Which questions, in this order; `transplant` trains six probes an agent, which takes 50 minutes.
    Told of is all that is kept, from earlier calls too."""
    out: Path = Path("blind-maps")
    """The folder of records, answers and page; one that was begun is gone on with."""
    results: Path | None = None
    """A folder that the results are written into too, such as assets/results/blind-maps."""
    study: Study = field(default_factory=Study)
    """What is asked, and how hard."""
    json: bool = False
    """Print the results as one JSON document."""


def run(settings: BlindMapsSettings) -> None:
    """Ask what has not been asked yet; write `results.json` and the page into OUT.

    Raises:
        ValueError: there is no such agent, two of one name, a question that can't be asked or was asked otherwise, or a
            folder that another process works on.
    """
    settings.out.mkdir(parents=True, exist_ok=True)
    with locked(settings.out / ".lock", settings.out, PATIENCE):
        lines, names, results = _study(settings)
    if settings.json:
        sys.stdout.write(json.dumps(results) + "\n")
    else:
        sys.stdout.write(_text(lines, names) + f"The page: {(settings.out / PAGE).resolve()}\n")


def _study(settings: BlindMapsSettings) -> tuple[list[Line], list[str], dict[str, Any]]:
    began = time.perf_counter()
    subjects, windowed = _subjects(settings)
    for subject in subjects:
        ask_all(subject, settings.study, settings.out, settings.questions, print_progress)
    found = {s.name: kept_answers(s, settings.out) for s in subjects}
    others: dict[str, dict[str, Any]] = {}
    for subject in windowed:
        scores = ask_all(subject, settings.study, settings.out, ("evaluate",), print_progress)
        others[subject.name] = scores | {"window": {"inputs": subject.agent.memory_window}}
    if "evaluate" in settings.questions:
        bugs = baselines(settings.study, settings.out, print_progress)
        others |= {name: {"evaluate": own} for name, own in bugs.items()}
    lines = table_of(list(found.values()))
    results = _rounded(
        {
            "command": "umwelt reproduce blind-maps",
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine(),
            "seed": settings.study.seed,
            "agents": {s.name: {"weights_sha256": s.sha256, **_card(s)} for s in (*subjects, *windowed)},
            "seconds": {s.name: _seconds(settings.out / s.name) for s in subjects},
            "seconds_of_this_call": time.perf_counter() - began,
            "table": [line.document() for line in lines],
            "found": {name: _short(own) for name, own in found.items()},
            "others": others,
        }
    )
    text = (json.dumps(results, indent=1) + "\n").encode()
    for folder in [settings.out, *([settings.results] if settings.results else [])]:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / RESULTS, text)
    took = sum(sum(own.values()) for own in results["seconds"].values()) / 3600
    foot = f"Made by `{results['command']}` on {results['date']}, {results['machine']}; {took:.1f} hours of questions."
    write_blind_maps_page(settings.out / PAGE, found, others, lines, settings.out, foot)
    return lines, [s.name for s in subjects], results


def _subjects(settings: BlindMapsSettings) -> tuple[list[Subject], list[Subject]]:
    """The agents that are asked, trained first if need be, and those that were trained with a window.

    Raises:
        ValueError: none to be asked, one of that name is not there, or two have one name.
    """
    trained = settings.out / TRAINED
    asked = (
        [(TRAINED, trained)]
        if settings.train
        else [(_named(path), path) for path in settings.run] or [_placed(name) for name in settings.agents]
    )
    windowed = [_placed(name) for name in settings.windowed] if "evaluate" in settings.questions else []
    names = [name for name, _ in (*asked, *windowed)]
    twice = [name for name in names if [*POLICIES, *names].count(name) > 1]
    if twice:
        raise ValueError(f"agents and baselines need names of their own: rename a folder that is called {twice[0]}")
    if not asked:
        raise ValueError("there is no agent to ask: name one that ships or the folder of a run")
    others = _windowed(windowed)
    if settings.train:
        training.run(TrainSettings(out=trained, resume=(trained / SETTINGS).exists()))
    return [subject_of(name, path) for name, path in asked], others


def _windowed(placed: Sequence[tuple[str, Path]]) -> list[Subject]:
    """Agents that were trained with a window.

    Raises:
        ValueError: one was not.
    """
    subjects = [subject_of(name, path) for name, path in placed]
    for subject in subjects:
        if subject.agent.memory_window == 0:
            raise ValueError(f"{subject.name} was trained with all its inputs: --windowed takes those with a window")
    return subjects


def _placed(agent: str) -> tuple[str, Path]:
    """An agent's name and folder, by either."""
    path = Path(agent)
    return (_named(path), path) if path.is_dir() else (agent, pretrained_folder(agent))


def _named(path: Path) -> str:
    """What an agent is called: the folder of its run."""
    path = path.resolve()
    return path.parent.name if path.name == training.AGENT else path.name


def _card(subject: Subject) -> dict[str, Any]:
    agent = subject.agent
    own = {"hidden": agent.hidden, "layers": agent.layers, "senses": agent.senses}
    card = subject.folder / "agent.json"
    told = json.loads(card.read_text()) if card.is_file() else {}
    return own | {name: told[name] for name in ("steps", "seconds", "machine") if name in told}


def _seconds(home: Path) -> dict[str, float]:
    """How long each question took."""
    return {path.stem: json.loads(path.read_text())["seconds"] for path in sorted(home.glob("*.json"))}


def _short(found: Any) -> Any:
    if isinstance(found, Mapping):
        return {
            name: _short(part) for name, part in found.items() if name not in NOT_KEPT or isinstance(part, int | float)
        }
    return found


def _rounded(value: Any) -> Any:
    """Numbers with five digits behind the point."""
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(value, 5) if isinstance(value, float) else value


def _text(lines: Sequence[Line], names: Sequence[str]) -> str:
    """The table for a terminal."""
    several = len(names) >= LEAST_SEEDS
    head = [part for name in names for part in (short(name), "null")] + ["over agents"] * several
    table = Table("", "the paper", *head)
    before = ""
    for line in lines:
        if line.question != before:
            table.add_section()
            table.add_row(f"[b]{line.question}")
            before = line.question
        cells = []
        for own, null in zip(line.ours, line.null, strict=True):
            cells += [shown(own, line.unit), shown(null, line.unit)]
        cells += [shown(line.over_agents(), line.unit)] * several
        table.add_row(line.measure + (f", {line.unit}" if line.unit else ""), line.paper, *cells)
    console = Console(width=90 + 42 * len(names) + 20 * several, file=sys.stdout)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
