"""The command `umwelt probe maps`: maps and positions decoded from an agent's memory, each beside its nulls."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import tyro
from rich.console import Console
from rich.table import Table

from agents.checkpoint import load_agent
from agents.processes import prepared_cpu
from agents.scoring import short
from probes.map_figures import draw_maps, draw_position_error
from probes.maps import Maps, decode_maps
from probes.measures import Score
from probes.positions import OFFSETS, Positions, decode_positions
from probes.record import RecordSettings, agent_folder, fingerprint, home_of, record_run
from probes.records import Record, read_record, write_record
from sims.core.files import write_atomic
from sims.core.threads import available_threads

PAPER = {"iou": {"agent": 0.325, "untrained": 0.125}}
"""Wijmans et al. 2023: Matterport3D, 3 x 512, 2 billion steps; the likelier class, as `iou` here."""


@dataclass(frozen=True)
class MapFit:
    """How the map decoders are fitted; see `probes.maps.decode_maps`."""

    states_per_episode: int = 8
    """Moments of each training episode that are learned from, the last included (the reference: 20)."""
    epochs: int = 20
    """At most so many passes."""
    patience: int = 3
    """Passes without a lower loss on the validation layouts after which a decoder is done."""
    lr: float = 1e-3
    """AdamW's learning rate (the reference: 2e-3 for the same batch)."""
    weight_decay: float = 1e-5
    """AdamW's weight decay."""
    batch: int = 128
    """States a step."""
    dropout: float = 0.05
    """Share of channels left out before each deconvolution."""


@dataclass(frozen=True)
class PositionFit:
    """How the position decoders are fitted; see `probes.positions.decode_positions`."""

    offsets: tuple[int, ...] = OFFSETS
    """Steps into the past (negative) and the future; 0 is the position now."""
    samples: int = 10_000
    """At most so many training samples for each offset."""
    epochs: int = 20
    """At most so many passes (the reference: 50)."""
    patience: int = 4
    """Passes without a lower loss on the validation layouts after which a decoder is done."""
    lr: float = 1e-3
    """AdamW's learning rate."""
    weight_decay: float = 1e-4
    """AdamW's weight decay."""
    batch: int = 256
    """Samples a step."""


@dataclass(frozen=True)
class MapsSettings:
    """What `umwelt probe maps` asks."""

    run: Annotated[Path | None, tyro.conf.Positional] = None
    """The folder of a run of `umwelt train`."""
    records: Path | None = None
    """The folder of a record to ask, whatever agent it is of; else RUN/records (runs/pretrained-NAME/records of one
    that ships), made first where it isn't there."""
    out: Path | None = None
    """The folder that `maps.json` is written into; RUN/probes by default, runs/pretrained-NAME/probes, or beside the
    record where only that is named."""
    figures: Path | None = None
    """A folder for pictures of decoded maps and of the position error."""
    layouts: tuple[str, ...] = ("houses:1000000-1000400",)
    """Where to record, if need be: held-out layouts, of which a quarter is for the test."""
    episodes: int = 4000
    """How many episodes to record, if need be."""
    moments: int | None = 16
    """Of how many moments of each episode to record the memory, if need be."""
    max_steps: int = 2000
    """Steps after which a recorded episode counts as failed."""
    seed: int = 0
    """Which episodes and actions are recorded, which layouts are for the test, and the decoders' first weights."""
    maps: MapFit = field(default_factory=MapFit)
    """How the map decoders are fitted."""
    positions: PositionFit = field(default_factory=PositionFit)
    """How the position decoders are fitted."""
    pretrained: tuple[str, ...] | None = None
    """Instead of a run: the trained agent that ships under this name, `pointnav` if none is given."""
    json: bool = False
    """Print one JSON document instead of tables."""


class Answers(NamedTuple):
    """What `ask` found."""

    record: Record
    maps: Maps
    positions: Positions
    document: dict[str, Any]
    """All of it as JSON, less the maps themselves."""


def run(settings: MapsSettings) -> None:
    """Record if there is no record yet, decode, write `maps.json`, and print it."""
    out = settings.out or _home(settings) / "probes"
    answers = ask(_record(settings), settings, print_progress)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(answers.document, indent=1) + "\n"
    write_atomic(out / "maps.json", text.encode())
    if settings.figures is not None:
        settings.figures.mkdir(parents=True, exist_ok=True)
        draw_maps(answers.record, answers.maps).savefig(settings.figures / "maps.png", dpi=110)
        draw_position_error(answers.positions).savefig(settings.figures / "positions.png", dpi=110)
    sys.stdout.write(text if settings.json else _tables(answers))


def _home(settings: MapsSettings) -> Path:
    """The agent's folder or, where only a record is named, the folder that it lies in."""
    if settings.records is not None and settings.run is None and settings.pretrained is None:
        return settings.records.parent
    return home_of(settings.run, settings.pretrained)


def print_progress(line: str) -> None:
    """Say on standard error what is done."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def ask(record: Record, settings: MapsSettings, say: Callable[[str], None] = lambda line: None) -> Answers:
    """Decode maps and positions from `record`, as `settings` say."""
    with prepared_cpu(available_threads()):
        maps = decode_maps(record, seed=settings.seed, say=say, **asdict(settings.maps))
        positions = decode_positions(record, seed=settings.seed, say=say, **asdict(settings.positions))
    names = {name: {record.layouts[e] for e in part} for name, part in maps.split._asdict().items()}
    document = {
        "record": {**record.about, "samples": len(record.steps["action"]), "states": len(record.at)},
        "success": float(record.episodes["success"].mean()),
        "layouts": {name: len(there) for name, there in names.items()},
        "episodes": {name: len(part) for name, part in maps.split._asdict().items()},
        "maps": {measure: _documents(scores) for measure, scores in maps.scores.items()},
        "free_share": float((maps.true & maps.mask).sum() / maps.mask.sum()),
        "position_error_m": {str(k): _documents(scores) for k, scores in positions.error.items()},
        "position_refused": {str(k): why for k, why in positions.refused.items()},
        "paper": PAPER,
        "fit": {"maps": asdict(settings.maps), "positions": asdict(settings.positions), "seed": settings.seed},
    }
    return Answers(record, maps, positions, document)


def _record(settings: MapsSettings) -> Record:
    """The record named, or the run's own; made, where the run has none, of its newest weights.

    Raises:
        ValueError: the run's own record is of other weights than it has now.
    """
    if settings.records is not None:
        return read_record(settings.records)
    folder = home_of(settings.run, settings.pretrained) / "records"
    if not folder.exists():
        shared = ("run", "pretrained", "layouts", "episodes", "moments", "max_steps", "seed")
        write_record(folder, record_run(RecordSettings(**{name: getattr(settings, name) for name in shared})))
        print_progress(f"recorded {settings.episodes} episodes in {folder}")
        return read_record(folder)
    made, agent = read_record(folder), agent_folder(settings.run, settings.pretrained)
    if made.about.get("weights_sha256") != fingerprint(load_agent(agent)):
        raise ValueError(
            f"{folder} is of other weights than {agent} has now: remove it to have it made anew, or ask "
            f"it as it is with --records {folder}"
        )
    return made


def _documents(scores: Mapping[str, Score]) -> dict[str, Any]:
    return {name: score.document() for name, score in scores.items()}


def _tables(answers: Answers) -> str:
    """Scores of maps in per cent, and of positions in metres, with 95 % intervals."""
    maps, positions = answers.maps, answers.positions
    drawn = Table("maps, %", *(name.replace("_", " ") for name in next(iter(maps.scores.values()))))
    for measure, scores in maps.scores.items():
        drawn.add_row(measure.replace("_", " "), *(_shown(score, 100.0, 1) for score in scores.values()))
    found = Table("k: m off", *next(iter(positions.error.values())), "episodes")
    for k, scores in positions.error.items():
        found.add_row(f"{k:+d}" if k else "0", *(_shown(s, 1.0, 2) for s in scores.values()), str(scores["agent"].n))
    console = Console(width=150, file=sys.stdout)
    with console.capture() as capture:
        split = answers.document["episodes"]
        console.print(
            f"{short(str(answers.record.about.get('agent', 'agent')))}: {split['test']} test episodes on "
            f"{answers.document['layouts']['test']} layouts, {split['train']} to learn from; 95 % intervals; the "
            f"paper's IoU: {100 * PAPER['iou']['agent']:g} trained, {100 * PAPER['iou']['untrained']:g} untrained"
        )
        console.print(drawn)
        console.print(found)
        for why in positions.refused.values():
            console.print(f"left out: {why}")
    return capture.get()


def _shown(score: Score, factor: float, digits: int) -> str:
    low, high = score.interval
    return f"{score.score * factor:.{digits}f} [{low * factor:.{digits}f}, {high * factor:.{digits}f}]"
