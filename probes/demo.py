"""The command `umwelt demo`: runs the worlds and writes one page that shows what happened."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from agents.baselines import POLICIES, policy_named
from agents.evaluate import Estimate, summary
from agents.scoring import Row, evaluate, short
from probes.figures import Trip, draw_scores, draw_trip
from probes.report import Picture, Section, Table, figure_picture, video_picture, write_page
from sims.core.bench import Figure, machine
from sims.pointnav.bench import BenchSettings, measure
from sims.pointnav.draw import film
from sims.pointnav.floors.maps import is_map_file

LEAD = (
    "A disc that is told where its goal lies and where it is, and sees nothing, walks through buildings that it has "
    "never been in. This is the task of 'Emergence of Maps in the Memories of Blind Navigation Agents' (Wijmans et "
    "al., ICLR 2023). Here walk an oracle, which knows the way, and five Bug algorithms, which feel theirs along walls."
)
FLOORS = {
    "houses": ("houses:1000000-1000040",),
    "offices": ("offices:1000000-1000006",),
    "mazes": ("mazes:1000000-1000020",),
}
SHOWN = ("oracle", "bug2", "tangent-bug")


@dataclass(frozen=True)
class DemoSettings:
    """What `umwelt demo` runs."""

    maps: Path | None = None
    """A folder searched for map files (ROS `*.yaml`, `*.vectormap.txt`), each shown beside the generated floors."""
    out: Path = Path("demo")
    """The folder that the page is written into."""
    episodes: int = 200
    """Episodes for every policy on every kind of floor."""
    max_steps: int = 2000
    """Steps after which an episode counts as failed."""


def run(settings: DemoSettings) -> None:
    """Evaluate the baselines on held-out floors and maps, measure the speed, and write the page."""
    began = time.perf_counter()
    floors = FLOORS | {str(path): (str(path),) for path in _map_files(settings.maps)}
    say = _teller(len(floors) + 3)
    played: dict[str, dict[str, Row]] = {}
    for floor, layouts in floors.items():
        say(f"{len(POLICIES)} policies x {settings.episodes} episodes on {short(floor)}")
        played[floor] = _play_all(layouts, settings)
    say("measuring the speed of the simulator")
    speed = list(measure(BenchSettings(steps=200, repeats=3)))
    say("drawing paths and a video")
    trips = [trip for floor, rows in played.items() for trip in _trips(floor, rows, 3 if floor == "houses" else 1)]
    with tempfile.TemporaryDirectory() as folder:
        video = _video(trips[0], Path(folder) / "episode.mp4")
    say("writing the page")
    page = settings.out / "index.html"
    write_page(
        page,
        "Umwelt: crossing buildings blind",
        LEAD,
        [_paths_section(trips, video), _scores_section(played, settings), _speed_section(speed)],
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


def _play_all(layouts: Sequence[str], settings: DemoSettings) -> dict[str, Row]:
    rows = {}
    for name in POLICIES:
        (rows[name],) = evaluate(
            policy_named(name), layouts, settings.episodes, max_steps=settings.max_steps, keep_paths=name in SHOWN
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
    """The walk of a Bug through a trip."""
    name = SHOWN[-1]
    film(path, trip.layout, trip.paths[name], trip.goal)
    return video_picture(
        path,
        f"The {name} on {trip.title}: green the start, red the goal, orange the disc and where it looks.",
        f"Video of a {name} feeling its way through a floor plan",
    )


def _scores_section(played: dict[str, dict[str, Row]], settings: DemoSettings) -> Section:
    scores: dict[str, dict[str, dict[str, Estimate]]] = {
        policy: {floor: summary(rows[policy].episodes) for floor, rows in played.items()} for policy in POLICIES
    }
    tables = [_table(short(floor), {policy: scores[policy][floor] for policy in POLICIES}) for floor in played]
    figure = draw_scores(scores)
    caption = "Share of episodes that end with STOP within 0.2 m of the goal, and SPL; bars: 95 % intervals."
    return Section(
        "How many arrive, and how straight",
        [
            f"{settings.episodes} episodes for each policy and kind of floor, at most {settings.max_steps} steps each; "
            "none of the generated floors' seeds is used in training. SPL is success weighted by the ratio of the "
            "shortest path to the path walked (Anderson et al. 2018). Intervals hold for floors like "
            "these: whole floors are resampled (whole goals where there are fewer than ten floors).",
            "The paper's trained agent reaches 95.1 ± 1.3 % success and 62.9 ± 1.6 % SPL on Matterport3D's test "
            "buildings, after 2 billion steps; those are other buildings, so the numbers are neighbours, not rivals.",
        ],
        tables,
        [figure_picture(figure, caption, "Bars of success and SPL for every policy on every kind of floor")],
        wide=True,
    )


def _table(caption: str, by_policy: dict[str, dict[str, Estimate]]) -> Table:
    rows = []
    for policy, of in by_policy.items():
        shares = [
            f"{100 * of[key].score:.1f} [{100 * of[key].low:.1f}, {100 * of[key].high:.1f}]"
            for key in ("success", "spl")
        ]
        rows.append([policy, *shares, f"{of['path_length'].score:.1f}", f"{of['collisions'].score:.1f}"])
    return Table(caption, ["policy", "success %", "SPL %", "metres walked", "collisions"], rows)


def _paths_section(trips: list[Trip], video: Picture) -> Section:
    pictures = [
        figure_picture(draw_trip(trip), trip.title, f"Floor plan of {trip.layout} with the paths of {', '.join(SHOWN)}")
        for trip in trips
    ]
    return Section(
        "Paths",
        [
            "From the green ring to the red star, on floors generated from held-out seeds and on the maps given. The "
            "oracle reads the distance field; the Bugs know only what they touch."
        ],
        pictures=[video, *pictures],
    )


def _speed_section(speed: list[Figure]) -> Section:
    rows = [[figure.case, str(figure.threads), f"{median(figure.values):,.0f}", figure.unit] for figure in speed]
    head = ["case (envs: part)", "threads", "median", "unit"]
    return Section(
        "Speed",
        [
            "Through the public VectorEnv with its defaults: observations, rewards, collisions, resets and measures "
            "included, random actions, each thread pinned to a core of its own."
        ],
        [Table(f"umwelt bench pointnav, on {machine()}", head, rows)],
    )
