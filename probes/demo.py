"""The command `umwelt demo`: trains an agent for a few minutes, asks the one that ships, and writes one page of it."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from agents import training
from agents.baselines import POLICIES, cpu_for, policy_named, pretrained_folder
from agents.checkpoint import SETTINGS, load_story
from agents.evaluate import summary
from agents.scoring import Row, evaluate, short
from agents.training import TrainSettings
from probes.decoding import MapFit, MapsSettings, PositionFit, ask
from probes.figures import Trip
from probes.record import RecordSettings, record_run
from probes.report import Picture, video_picture, write_page
from probes.sections import (
    curve_section,
    maps_section,
    paper_section,
    paths_section,
    positions_section,
    scores_section,
    speed_section,
)
from sims.core.bench import machine
from sims.pointnav.bench import BenchSettings, measure
from sims.pointnav.draw import film
from sims.pointnav.floors.maps import is_map_file

LEAD = (
    "A disc that is told where its goal lies and where it is, and sees nothing, walks through buildings that it has "
    "never been in. This is the task of 'Emergence of Maps in the Memories of Blind Navigation Agents' (Wijmans et "
    "al., ICLR 2023). Here an agent learns it, beside one that learned longer; and decoders ask what is left in the "
    "memory of that one of the house that it has just crossed."
)
FLOORS = {
    "houses": ("houses:1000000-1000040",),
    "offices": ("offices:1000000-1000006",),
    "mazes": ("mazes:1000000-1000020",),
}
AGENT, LEARNER = "trained agent", "agent trained here"
SHOWN = ("oracle", "tangent-bug", AGENT)


@dataclass(frozen=True)
class DemoSettings:
    """What `umwelt demo` runs."""

    name: Annotated[Literal["pointnav"], tyro.conf.Positional] = "pointnav"
    """Which demo."""
    maps: Path | None = None
    """A folder searched for map files (ROS `*.yaml`, `*.vectormap.txt`), each shown beside the generated floors."""
    out: Path = Path("demo")
    """The folder that the page is written into; the run that is trained is kept there too, in `run`."""
    episodes: int = 200
    """Episodes for every policy on every kind of floor."""
    max_steps: int = 2000
    """Steps after which an episode counts as failed."""
    train: TrainSettings = field(default_factory=lambda: TrainSettings(steps=6_000_000, evaluate_every=2_000_000))
    """How an agent is trained, in OUT/run; if there is one already, the demo goes on with that one as it was begun."""
    probe_layouts: tuple[str, ...] = ("houses:1000000-1000240",)
    """Where the trained agent's memory is recorded; a quarter of these layouts is for the test."""
    probe_episodes: int = 1600
    """Episodes that are recorded."""
    map_fit: MapFit = field(default_factory=lambda: MapFit(epochs=10))
    """How the map decoders are fitted."""
    position_fit: PositionFit = field(
        default_factory=lambda: PositionFit(offsets=(-256, -64, -16, -4, -1, 0, 1, 4, 16, 64, 256), samples=6_000)
    )
    """How the position decoders are fitted."""


def run(settings: DemoSettings) -> None:
    """Train, evaluate, probe, measure the speed, and write the page."""
    began, shipped = time.perf_counter(), pretrained_folder()
    floors = FLOORS | {str(path): (str(path),) for path in _map_files(settings.maps)}
    say, ours = _teller(len(floors) + 6), settings.out / "run"
    if (ours / SETTINGS).exists():
        say(f"going on with the agent in {ours}")
        training.run(TrainSettings(out=ours, resume=True))
    else:
        say(f"training an agent for {settings.train.steps / 1e6:g} million steps")
        training.run(replace(settings.train, out=ours, resume=False, json=False))
    players = {name: name for name in POLICIES} | {AGENT: str(shipped), LEARNER: str(ours)}
    played: dict[str, dict[str, Row]] = {}
    for floor, layouts in floors.items():
        say(f"{len(players)} policies x {settings.episodes} episodes on {short(floor)}")
        played[floor] = _play_all(players, layouts, settings)
    say(f"recording {settings.probe_episodes} walks of the trained agent")
    asked = MapsSettings(maps=settings.map_fit, positions=settings.position_fit)
    record = record_run(
        RecordSettings(
            pretrained=(),
            layouts=settings.probe_layouts,
            episodes=settings.probe_episodes,
            moments=asked.moments,
            max_steps=settings.max_steps,
        )
    )
    say("decoding maps and positions from its memory")
    answers = ask(record, asked)
    say("measuring the speed of the simulator")
    speed = list(measure(BenchSettings(steps=200, repeats=3)))
    say("drawing paths and a video")
    trips = [trip for floor, rows in played.items() for trip in _trips(floor, rows, 3 if floor == "houses" else 1)]
    with tempfile.TemporaryDirectory() as folder:
        video = _video(trips[0], Path(folder) / "episode.mp4")
    say("writing the page")
    page, houses = settings.out / "index.html", summary(played["houses"][AGENT].episodes)
    stories = {AGENT: load_story(shipped), LEARNER: load_story(ours / training.AGENT)}
    write_page(
        page,
        "Umwelt: crossing buildings blind",
        LEAD,
        [
            paper_section(houses, answers, stories[AGENT][0]),
            paths_section(trips, video, SHOWN),
            curve_section(stories),
            scores_section(played, settings.episodes, settings.max_steps),
            maps_section(answers),
            positions_section(answers),
            speed_section(speed),
        ],
        f"Made by `umwelt demo` in {time.perf_counter() - began:.0f} s on {machine()}.",
    )
    sys.stdout.write(f"\nThe page: {page.resolve()}\n")


def _teller(n_steps: int) -> Callable[[str], None]:
    """A function that says what happens next, numbered, with the time since the last one began."""
    done, since = 0, time.perf_counter()

    def say(text: str) -> None:
        nonlocal done, since
        if done:
            sys.stdout.write(f"      {time.perf_counter() - since:.1f} s\n")
        done, since = done + 1, time.perf_counter()
        sys.stdout.write(f"[{done}/{n_steps}] {text}\n")
        sys.stdout.flush()

    return say


def _map_files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    found = sorted(path for path in folder.rglob("*") if is_map_file(path))
    if not found:
        raise ValueError(f"no map files (*.yaml or *.vectormap.txt) in {folder}: name a folder that holds some")
    return found


def _play_all(players: Mapping[str, str], layouts: Sequence[str], settings: DemoSettings) -> dict[str, Row]:
    rows = {}
    for name, policy in players.items():
        with cpu_for(policy):
            (rows[name],) = evaluate(
                policy_named(policy), layouts, settings.episodes, max_steps=settings.max_steps, keep_paths=name in SHOWN
            )
    return rows


def _trips(floor: str, rows: dict[str, Row], n: int) -> Iterator[Trip]:
    """`n` of the longer episodes, each on another layout, walked by the policies that are shown."""
    oracle = rows["oracle"].episodes
    length = oracle.measures["start_geodesic"]
    longest_first = np.argsort(length, kind="stable")[::-1][len(length) // 10 :]  # not the few extremes
    seen: set[str] = set()
    for k in longest_first:
        if len(seen) == n:
            return
        if oracle.layouts[k] in seen:
            continue
        seen.add(oracle.layouts[k])
        episodes = {name: rows[name].episodes for name in SHOWN}
        yield Trip(
            oracle.layouts[k],
            f"{short(oracle.layouts[k])}: {length[k]:.1f} m to the goal",
            (float(oracle.goals[k, 0]), float(oracle.goals[k, 1])),
            {name: played.paths[k] for name, played in episodes.items()},
            {name: _outcome(played.measures, k) for name, played in episodes.items()},
        )


def _outcome(measures: dict[str, np.ndarray], k: int) -> str:
    walked = f"{measures['path_length'][k]:.0f} m walked"
    return f"{walked}, SPL {measures['spl'][k]:.2f}" if measures["success"][k] else f"{walked}, failed"


def _video(trip: Trip, path: Path) -> Picture:
    """The trained agent's walk through a trip."""
    film(path, trip.layout, trip.paths[AGENT], trip.goal)
    return video_picture(
        path,
        f"The {AGENT} on {trip.title}: green the start, red the goal, orange the disc and where it looks.",
        f"Video of the {AGENT} finding its way through a floor plan",
    )
