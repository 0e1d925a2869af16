"""The command `umwelt watch`: plays a match file, or a match of bots, and writes a video of it."""

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sims.core.video import Video, write_video
from sims.ctf.actions import FACTORS
from sims.ctf.bot_kernels import act
from sims.ctf.bots import blank_bots, checked_bots
from sims.ctf.env import MAX_TEAM, CaptureTheFlagVectorEnv
from sims.ctf.events import events_in, import_parquet
from sims.ctf.film.broadcast import Line, ending, frame, layout, lines_of, stage, view_size
from sims.ctf.matches import ENDING, MatchFile, Recorder, read_match, replay, verify, write_match
from sims.ctf.state import STEPS_PER_SECOND

CRF = 22
"""Rate factor of the video: small letters in colour are still clean."""

ENDING_SECONDS = 2
"""How long the result stands at the end."""

MATCH_SECONDS = 300.0
FEED_LENGTH = 16


@dataclass(frozen=True)
class WatchSettings:
    """What `umwelt watch` shows, and where it writes it."""

    match: Annotated[Path | None, tyro.conf.Positional] = None
    """A match file, NAME.match.parquet."""
    out: Path | None = None
    """The video, MP4; by default it is named after the match file, or match.mp4."""
    bots: tuple[str, str] | None = None
    """Instead of a match file: who plays red and who blue. Levels 1 to 5, or random, patrol, defender, runner."""
    map: str = "indoor:0"
    """The bots' map: family:seed, or the path of a text map."""
    team_size: int = 2
    """The bots in a team, 1 to 4."""
    seed: int = 0
    """The seed of the bots' match."""
    seconds: float | None = None
    """How long the bots play, 300 by default; of a match file, how much of it is shown, by default all."""
    width: int = 1280
    """Of the video, in pixels."""
    height: int = 720
    """Of the video, in pixels."""
    json: bool = False
    """Print what was written as one JSON document when done."""


def run(settings: WatchSettings) -> None:
    """Write the video, and of a match of bots the match file beside it.

    Raises:
        ValueError: a match file that is damaged or plays otherwise, or settings that can't be; nothing is written.
        OSError: a file that isn't there or can't be written.
    """
    import_parquet()
    _check_choice(settings)
    out = _out_of(settings)
    if settings.match is None:
        match, path = play_bots(settings), out.with_suffix("").with_name(out.stem + ENDING)
        write_match(path, match)
    else:
        match, path = read_match(settings.match), settings.match
        verify(match)
    console = Console(file=sys.stderr)
    steps = _steps_shown(settings, match)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(out.name, total=steps)
        video = film(match, out, settings.width, settings.height, steps, lambda: bar.advance(task))
    if not settings.json:
        red, blue = match.score
        sys.stderr.write(f"{out}: {match.map}, {len(match.actions)} steps, red {red}, blue {blue}; match file {path}\n")
        return
    sys.stdout.write(json.dumps(_document(settings, match, out, path, video), indent=1) + "\n")


def play_bots(settings: WatchSettings) -> MatchFile:
    """A match of bots, played.

    Raises:
        ValueError: an unknown bot or map, a team that is too large, or no time to play.
    """
    if not 1 <= settings.team_size <= MAX_TEAM:
        raise ValueError(f"--team-size must be 1 to {MAX_TEAM}, got {settings.team_size}")
    n, sides = settings.team_size, settings.bots or ("3", "3")
    players = {p: _bot(sides[p >= n]) for p in range(2 * n)}
    for slots in (range(n), range(n, 2 * n)):  # an env refuses bots in all slots, for there is nobody left to control
        checked_bots({p: players[p] for p in slots}, 2 * n)
    env = CaptureTheFlagVectorEnv(
        2 * n,
        maps=settings.map,
        team_size=n,
        obs="vector",
        match_steps=_steps(MATCH_SECONDS if settings.seconds is None else settings.seconds),
    )
    if len(env.map_names) > 1:
        raise ValueError(f"--map {settings.map} names {len(env.map_names)} maps: choose one, as in {env.map_names[0]}")
    env.reset(seed=settings.seed)
    bots, actions = blank_bots(env.maps, players, 1, 2 * n), np.zeros((1, 2 * n, len(FACTORS)), np.int8)
    recorder = Recorder(env, players=players)
    while not recorder.over:
        act(env.maps, env.state, bots, actions, 0, 1, env.rules.beam_range)
        env.step(actions[0])
        recorder.after_step()
    return recorder.file()


def film(
    match: MatchFile,
    out: Path,
    width: int = 1280,
    height: int = 720,
    steps: int | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Video:
    """Write the video of a match: a frame a step, and the result at the end.

    Args:
        match: the match. out: the MP4 file. width, height: of the video, in pixels. steps: that are shown, from the
            first; all by default. progress: called after every frame.

    Raises:
        ValueError: a size that can't be, or what `replay` says. OSError: the file can't be written.
    """
    layout(width, height, match.team_size, 1.0)  # refuses sizes
    steps = len(match.actions) if steps is None else steps
    return write_video(out, _frames(match, width, height, steps, progress), STEPS_PER_SECOND, CRF)


def _frames(
    match: MatchFile, width: int, height: int, steps: int, progress: Callable[[], object]
) -> Iterator[NDArray[np.uint8]]:
    views = view_size(layout(width, height, match.team_size, 1.0))
    feed: deque[Line] = deque(maxlen=FEED_LENGTH)
    own = picture = None
    for env in replay(match._replace(actions=match.actions[:steps]), *views):
        if own is None:
            own = stage(env.maps, 0, match.map, match.players, match.rules.match_steps, width, height)
        feed.extend(lines_of(events_in(env.events[0], env.state, 0), env.state, 0))
        picture = frame(own, env.maps, env.state, 0, env.render() or (), tuple(feed))
        yield picture
        progress()
    if own is not None and picture is not None and steps == match.rules.match_steps:
        last = ending(picture, own, match.score)
        yield from [last] * (ENDING_SECONDS * STEPS_PER_SECOND)


def _check_choice(settings: WatchSettings) -> None:
    """Refuse a call that names no match, or a match file and bots to play another."""
    if settings.match is None and settings.bots is None:
        raise ValueError("name a match file to watch, or who is to play: umwelt watch --bots 5 3 --map indoor:7")
    own = WatchSettings()
    stray = [name for name in ("bots", "map", "team_size", "seed") if getattr(settings, name) != getattr(own, name)]
    if settings.match is not None and stray:
        raise ValueError(
            f"--{stray[0].replace('_', '-')} is for bots, and {settings.match} says who plays: leave it out"
        )


def _bot(name: str) -> int | str:
    return int(name) if name.isdecimal() else name


def _steps(seconds: float) -> int:
    steps = round(seconds * STEPS_PER_SECOND) if np.isfinite(seconds) else 0
    if steps < 1:
        raise ValueError(f"--seconds must be a positive number, got {seconds}: choose e.g. 60")
    return steps


def _steps_shown(settings: WatchSettings, match: MatchFile) -> int:
    if settings.seconds is None:
        return len(match.actions)
    return min(len(match.actions), _steps(settings.seconds))


def _out_of(settings: WatchSettings) -> Path:
    """Where the video goes; refused before anything is played."""
    layout(settings.width, settings.height, 1, 1.0)
    out = settings.out
    if out is None:
        out = Path("match.mp4") if settings.match is None else Path(settings.match.name.removesuffix(ENDING) + ".mp4")
    if out.suffix != ".mp4":
        raise ValueError(f"--out {out} must end in .mp4")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent}: make it first, or choose another --out")
    return out


def _document(settings: WatchSettings, match: MatchFile, out: Path, path: Path, video: Video) -> dict[str, object]:
    return {
        "video": str(out),
        "match": str(path),
        "width": settings.width,
        "height": settings.height,
        **video._asdict(),
        "map": match.map,
        "seed": match.seed,
        "number": match.number,
        "team_size": match.team_size,
        "players": list(match.players),
        "steps": len(match.actions),
        "score": list(match.score),
        "state_sha256": match.state_sha256,
    }
