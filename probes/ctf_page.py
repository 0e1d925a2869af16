"""The command `umwelt demo ctf`: one page of a run of `umwelt train ctf`, its tournament, and what its agents know."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from imageio_ffmpeg import get_ffmpeg_exe
from rich.console import Console
from rich.progress import Progress

from agents.runs import read_metrics
from probes import game_state, tournament
from probes.ctf_history import CHIEF, History, curves_of, history_of
from probes.ctf_sections import (
    facts_section,
    learning_section,
    lineage_section,
    payoff_section,
    ratings_section,
    rewards_section,
    video_section,
)
from probes.report import Section, video_picture, write_page
from sims.core.bench import machine
from sims.ctf.film.watch import film
from sims.ctf.matches import read_match, verify
from sims.ctf.state import STEPS_PER_SECOND

LEAD = (
    "Agents that see nothing but pictures learn to play Capture the Flag in teams, by playing each other or bots: the "
    "training system of 'Human-level performance in 3D multiplayer games with population-based reinforcement learning' "
    "(Jaderberg et al., Science 2019), on a few CPU cores."
)
TOURNAMENT, GAME_STATE = "tournament", "game_state"
"""Folders of a run in which their results are looked for."""


CRF = 30
"""Rate factor of the video: a page should not be larger than it must."""


@dataclass(frozen=True)
class CtfPageSettings:
    """What `umwelt demo ctf` tells of."""

    name: Annotated[Literal["ctf"], tyro.conf.Positional] = "ctf"
    """Which demo."""
    run: Annotated[Path, tyro.conf.Positional] = Path("runs/ctf")
    """The folder of a run of `umwelt train ctf`."""
    tournament: Path | None = None
    """The folder that `umwelt tournament --out` wrote; RUN/tournament by default."""
    game_state: Path | None = None
    """The folder that `umwelt probe game-state --out` wrote; RUN/game_state by default."""
    out: Path | None = None
    """The folder that `index.html` is written into; RUN/report by default."""
    seconds: float = 90.0
    """How much of the best match is shown, from its start."""
    width: int = 640
    """Of the video, in pixels."""
    height: int = 360
    """Of the video, in pixels."""


def run(settings: CtfPageSettings) -> None:
    """Write the page, and say where it is.

    Raises:
        FileNotFoundError: there is no population in the run. ValueError: a file is damaged, or a process works with the
            run.
    """
    if not (settings.run / CHIEF).is_file():
        raise FileNotFoundError(f"{settings.run} holds no population ({CHIEF} is missing): umwelt train ctf makes one")
    history, rows = history_of(settings.run), read_metrics(settings.run)
    page = (settings.out or settings.run / "report") / "index.html"
    lead = f"{LEAD} {_summary(settings.run, history, rows)}"
    sections, missing = _sections(settings, history, rows)
    foot = f"Made by `umwelt demo ctf {settings.run}` on {machine()}."
    foot += f" Not made yet: {'; '.join(missing)}." if missing else ""
    write_page(page, "A population learns to capture the flag", lead, sections, foot)
    sys.stdout.write(f"{page}\n")


def _sections(
    settings: CtfPageSettings, history: History, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Section], list[str]]:
    """The page's parts, and what is not there to be told of, with the commands that make it."""
    played_in = settings.tournament or settings.run / TOURNAMENT
    known_in = settings.game_state or settings.run / GAME_STATE
    played, known = _results(played_in, tournament.RESULTS), _results(known_in, game_state.RESULTS)
    measured = _results(played_in, tournament.MEASURED)
    curves, best = curves_of(rows), played_in / tournament.BEST
    sections, missing = [], []
    if curves or measured is not None:
        sections.append(learning_section(curves, measured))
    if measured is None:
        missing.append(f"the yardstick (`umwelt tournament {settings.run} --yardstick --out {played_in}`)")
    if best.is_file():
        sections.append(_filmed(settings, best))
    if played is not None:
        sections.append(payoff_section(played))
    else:
        missing.append(f"a tournament (`umwelt tournament {settings.run} random 2 --out {played_in}`)")
    sections += [lineage_section(history), ratings_section(history), rewards_section(history)]
    if known is not None:
        sections.append(facts_section(known))
    else:
        agent = settings.run / "agents" / "member-00"
        missing.append(f"what an agent knows (`umwelt probe game-state {agent} --out {known_in}`)")
    return sections, missing


def _results(folder: Path, name: str) -> dict[str, Any] | None:
    """The document of that name in a folder, if there is one."""
    path = folder / name
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged ({error}): make it anew") from error


def _filmed(settings: CtfPageSettings, path: Path) -> Section:
    """The match in the file `path`, as a video."""
    match = read_match(path)
    verify(match)
    steps = min(len(match.actions), max(1, round(settings.seconds * STEPS_PER_SECOND)))
    console = Console(file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("the best match", total=steps)
        whole, out = Path(folder) / "whole.mp4", Path(folder) / "best.mp4"
        film(match, whole, settings.width, settings.height, steps, lambda: bar.advance(task))
        encode = ["-y", "-loglevel", "error", "-i", str(whole), "-crf", str(CRF), "-movflags", "+faststart", str(out)]
        subprocess.run([get_ffmpeg_exe(), *encode], check=True, stdin=subprocess.DEVNULL)
        shown = "The whole match." if steps == len(match.actions) else f"The first {settings.seconds:g} s of it."
        return video_section(match, video_picture(out, shown, "A video of a match: the map and each player's view"))


def _summary(run: Path, history: History, rows: Sequence[Mapping[str, Any]]) -> str:
    took = f"{rows[-1]['steps'] / 1e6:,.1f} million steps in {rows[-1]['seconds'] / 3600:.1f} h, " if rows else ""
    n = len(history.founders)
    return f"This run, {run.name}: {took}{n} member{'s' * (n > 1)}, {history.matches:,} matches."
