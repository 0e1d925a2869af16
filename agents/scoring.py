"""The command `umwelt evaluate`: a policy's success, SPL and the rest on any layouts, a row for each kind of floor."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import tyro
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from agents.baselines import cpu_for, named_or_pretrained, policy_named
from agents.evaluate import Episodes, Estimate, choose_episodes, env_for, play, summary
from sims.core.policy import Policy
from sims.pointnav.draw import film
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.floors.catalogue import group_of, layout_names
from sims.pointnav.state import MEASURES

LARGEST_BATCH = 512


@dataclass(frozen=True)
class EvaluateSettings:
    """What `umwelt evaluate` plays."""

    policy: Annotated[str | None, tyro.conf.Positional] = None
    """Who acts: oracle, bug0, bug1, bug2, tangent-bug, clairvoyant-bug, or the folder of a run of `umwelt train`."""
    pretrained: tuple[str, ...] | None = None
    """Instead of a policy: the trained agent that ships under this name, `pointnav` if none is given."""
    layouts: tuple[str, ...] = ("houses:1000000-1000200",)
    """Where: `family:start-stop` (houses, offices, mazes; seeds from 1,000,000 on are held out) and map files."""
    episodes: int = 1000
    """How many episodes in all, shared evenly among the families and map files."""
    max_steps: int = 2000
    """Steps after which an episode counts as failed."""
    seed: int = 0
    """Which episodes are drawn, and a trained agent's actions."""
    greedy: bool = False
    """A trained agent takes the likeliest action; without, it draws one as in training (and in the paper)."""
    videos: Path | None = None
    """A folder for videos of the best, the median and the worst episode."""
    json: bool = False
    """Print one JSON document instead of a table."""


class Row(NamedTuple):
    """The results on one family or map file."""

    name: str
    n_layouts: int
    episodes: Episodes


def evaluate(
    make_policy: Callable[[PointNavVectorEnv], Policy],
    layouts: Sequence[str],
    n_episodes: int,
    *,
    max_steps: int = 2000,
    seed: int = 0,
    keep_paths: bool = False,
    progress: Callable[[int], None] = lambda n: None,
) -> list[Row]:
    """Play `n_episodes` in all, shared evenly among the families and map files that `layouts` names.

    Raises:
        ValueError: fewer episodes than families and map files, or layouts that can't be used.
    """
    groups: dict[str, list[str]] = {}
    for name in layout_names(layouts):
        groups.setdefault(group_of(name), []).append(name)
    if n_episodes < len(groups):
        raise ValueError(f"{n_episodes} episodes for {len(groups)} families and maps: ask for at least one each")
    rows: list[Row] = []
    for k, (group, names) in enumerate(groups.items()):
        n = n_episodes * (k + 1) // len(groups) - n_episodes * k // len(groups)
        env = env_for(names, n, LARGEST_BATCH, max_steps, seed)
        numbers = choose_episodes(len(env.pool.arrays.start), n, seed)
        rows.append(
            Row(group, len(names), play(make_policy(env), env, numbers, keep_paths=keep_paths, progress=progress))
        )
    return rows


def together(rows: Sequence[Row]) -> Episodes:
    """All rows' episodes as one; their numbers belong to different pools."""
    parts = [row.episodes for row in rows]
    return Episodes(
        np.concatenate([part.number for part in parts]),
        [name for part in parts for name in part.layouts],
        np.concatenate([part.goals for part in parts]),
        np.concatenate([part.steps for part in parts]),
        {name: np.concatenate([part.measures[name] for part in parts]) for name in MEASURES},
        [path for part in parts for path in part.paths],
    )


def run(settings: EvaluateSettings) -> None:
    """Play, and print a table or, with `json`, one document."""
    name = named_or_pretrained(settings.policy, settings.pretrained)
    make_policy = policy_named(name, greedy=settings.greedy, seed=settings.seed)
    console = Console(file=sys.stderr)
    with cpu_for(name), Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=settings.episodes)
        rows = evaluate(
            make_policy,
            settings.layouts,
            settings.episodes,
            max_steps=settings.max_steps,
            seed=settings.seed,
            keep_paths=settings.videos is not None,
            progress=lambda n: bar.advance(task, n),
        )
    sys.stdout.write(_document(name, settings, rows) if settings.json else _table(name, settings, rows))
    if settings.videos is not None:
        _write_videos(settings.videos, together(rows))


def _write_videos(folder: Path, episodes: Episodes) -> None:
    """Films of the best, the median and the worst episode, by success, then SPL, then soft SPL."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.lexsort([episodes.measures[name] for name in ("soft_spl", "spl", "success")])
    for name, k in (("best", order[-1]), ("median", order[len(order) // 2]), ("worst", order[0])):
        path = folder / f"{name}.mp4"
        goal = (float(episodes.goals[k, 0]), float(episodes.goals[k, 1]))
        film(path, episodes.layouts[k], episodes.paths[k], goal)
        sys.stderr.write(f"{path}: {episodes.layouts[k]}, {_outcome(episodes, int(k))}\n")


def _outcome(episodes: Episodes, k: int) -> str:
    ended = "arrived" if episodes.measures["success"][k] else "failed"
    return f"{ended} after {episodes.steps[k]} steps, SPL {episodes.measures['spl'][k]:.2f}"


def _document(name: str, settings: EvaluateSettings, rows: Sequence[Row]) -> str:
    def block(episodes: Episodes) -> dict[str, object]:
        return {name: estimate._asdict() for name, estimate in summary(episodes).items()}

    document = {
        **block(together(rows)),
        "policy": name,
        "greedy": settings.greedy,
        "max_steps": settings.max_steps,
        "seed": settings.seed,
        "rows": {row.name: {"layouts": row.n_layouts, **block(row.episodes)} for row in rows},
    }
    return json.dumps(document, indent=1) + "\n"


def _table(policy: str, settings: EvaluateSettings, rows: Sequence[Row]) -> str:
    table = Table("floor", "layouts", "episodes", "success %", "SPL %", "soft SPL %", "collisions", "steps")
    everything = [Row("all", sum(row.n_layouts for row in rows), together(rows))] if len(rows) > 1 else []
    for name, n_layouts, episodes in [*rows, *everything]:
        of = summary(episodes)
        shares = [_with_interval(of[key], 100.0) for key in ("success", "spl", "soft_spl")]
        counts = [f"{of[key].score:.1f}" for key in ("collisions", "steps")]
        table.add_row(short(name), str(n_layouts), str(len(episodes.number)), *shares, *counts)
    console = Console(width=140, file=sys.stdout)
    with console.capture() as capture:
        console.print(f"{short(policy)}: means with 95 % intervals, at most {settings.max_steps} steps an episode")
        console.print(table)
    return capture.get()


def short(name: str) -> str:
    """A floor's name for people: a map file without its folders and endings; its folder where all are named `map`."""
    folders, _, file = name.rpartition("/")
    stem = file.partition("?")[0].removesuffix(".vectormap.txt").removesuffix(".yaml").removesuffix(".yml")
    return folders.rpartition("/")[2] if stem == "map" and folders else stem


def _with_interval(estimate: Estimate, factor: float) -> str:
    return f"{estimate.score * factor:.1f} [{estimate.low * factor:.1f}, {estimate.high * factor:.1f}]"
