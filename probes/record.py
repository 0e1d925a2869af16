"""The command `umwelt probe record`: an agent's memory at every step of whole episodes on held-out layouts.

Beside it goes an agent of the same architecture that never learned, walked along the same path: it is shown the same
observations, and its actions are not taken.
"""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import tyro
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from agents.baselines import named_or_pretrained
from agents.checkpoint import load_agent
from agents.evaluate import Seats, choose_episodes, env_for
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.processes import prepared_cpu
from agents.windowed import agent_with
from probes.grid import true_map
from probes.records import EPISODE_TYPES, STEP_SHAPES, Record, read_record, write_record
from sims.core.policy import Policy
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.frames import wrap
from sims.pointnav.state import MEASURES, N_HEADINGS

__all__ = ["Record", "RecordSettings", "read_record", "record", "untrained_twin", "write_record"]

LARGEST_BATCH = 128

MOST_HELD = 2 * 2**30
"""Bytes that the states of running episodes may take: the longest is kept whole until it ends."""


@dataclass(frozen=True)
class RecordSettings:
    """What `umwelt probe record` records."""

    run: Annotated[Path | None, tyro.conf.Positional] = None
    """The folder of a run of `umwelt train`; its newest sound checkpoint is taken."""
    out: Path | None = None
    """The folder to write; RUN/records by default, runs/pretrained-NAME/records of one that ships. It must not be there
    yet."""
    layouts: tuple[str, ...] = ("houses:1000000-1000200",)
    """Where: `family:start-stop` (houses, offices, mazes; seeds from 1,000,000 on are held out) and map files."""
    episodes: int = 1000
    """How many whole episodes, drawn evenly from all layouts."""
    moments: int | None = None
    """Keep the memory at so many evenly spread steps of each episode, the last included; at every step by default."""
    max_steps: int = 2000
    """Steps after which an episode counts as failed."""
    seed: int = 0
    """Which episodes are drawn, the agent's actions, and the untrained agent's weights."""
    pretrained: tuple[str, ...] | None = None
    """Instead of a run: the trained agent that ships under this name, `pointnav` if none is given."""
    json: bool = False
    """Print one JSON document instead of a line."""


def run(settings: RecordSettings) -> None:
    """Record, write the folder, and say what is in it."""
    out = settings.out or home_of(settings.run, settings.pretrained) / "records"
    if out.exists():
        raise FileExistsError(f"{out} exists already: remove it to record anew, or choose another --out")
    made = record_run(settings)
    write_record(out, made)
    lengths, success = made.episodes["steps"], float(made.episodes["success"].mean())
    told = {
        **made.about,
        "records": str(out),
        "n_layouts": len(set(made.layouts)),
        "samples": int(lengths.sum()),
        "success": success,
    }
    line = (
        f"{out}: {len(lengths)} episodes on {told['n_layouts']} layouts, {told['samples']} steps, success {success:.3f}"
    )
    sys.stdout.write((json.dumps(told, indent=1) if settings.json else line) + "\n")


def agent_folder(run: Path | None, pretrained: tuple[str, ...] | None) -> Path:
    """The folder of the agent that is meant.

    Raises:
        ValueError: both or neither is named, or no such agent ships.
    """
    return Path(named_or_pretrained(None if run is None else str(run), pretrained, "agent: the folder of a run"))


def home_of(run: Path | None, pretrained: tuple[str, ...] | None) -> Path:
    """The folder for what is made of an agent: its run's, or for one that ships one of its own under `runs`."""
    folder = agent_folder(run, pretrained)
    return Path("runs") / f"pretrained-{folder.name}" if run is None else folder


@prepared_cpu()
def record_run(settings: RecordSettings) -> Record:
    """Record the agent that is meant and its untrained twin, with a bar on standard error."""
    folder = agent_folder(settings.run, settings.pretrained)
    agent = load_agent(folder)
    env = env_for(settings.layouts, settings.episodes, _batch(agent, settings), settings.max_steps, settings.seed)
    console = Console(file=sys.stderr)
    with Progress(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("recording", total=settings.episodes)
        made = record(
            RecurrentPolicy(agent, seed=settings.seed),
            env,
            settings.episodes,
            twin=RecurrentPolicy(untrained_twin(agent, settings.seed + 1)),
            moments=settings.moments,
            seed=settings.seed,
            progress=lambda n: bar.advance(task, n),
        )
    asked = {k: v for k, v in asdict(settings).items() if k not in ("run", "pretrained", "out", "json")}
    about = {
        "agent": folder.name if settings.run is None else str(folder),
        "weights_sha256": fingerprint(agent),
        **asked,
    }
    return made._replace(about=json.loads(json.dumps(about)))


def _batch(agent: BlindAgent, settings: RecordSettings) -> int:
    """How many episodes are played at once."""
    states_of_a_step = 2 * 2 * agent.layers * agent.hidden * 2  # h and c, the twin's too, two bytes each
    return min(LARGEST_BATCH, max(1, MOST_HELD // (settings.max_steps * states_of_a_step)))


def untrained_twin(agent: BlindAgent, seed: int) -> BlindAgent:
    """An agent of the same architecture with fresh weights, in float32: a null should not suffer from rounding."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return agent_with(agent.memory_window, agent.hidden, agent.layers, senses=agent.senses).eval()


def fingerprint(agent: BlindAgent) -> str:
    """A SHA-256 of the agent's weights: which moment of its training a record is of."""
    digest = hashlib.sha256()
    for name, value in sorted(agent.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def record(
    policy: Policy,
    env: PointNavVectorEnv,
    n_episodes: int,
    *,
    twin: Policy,
    moments: int | None = None,
    seed: int = 0,
    progress: Callable[[int], None] = lambda n: None,
) -> Record:
    """Play `n_episodes` different episodes of the env's pool, each from its start to its end, and keep every step.

    Args:
        policy: who acts; its memory has `h` and `c`, `[layer, env, hidden]` each. twin: who is shown the same.
        env: where, with the flat observation; its batch size is how many are played at once.
        n_episodes: how many, drawn with `seed`.
        moments: of each episode that the memory is kept of, evenly spread, the last included; all by default.
        progress: called with how many episodes have just ended.

    Raises:
        ValueError: the pool has fewer episodes, or the env's observation is not flat.
    """
    if env.single_observation_space.shape is None:
        raise ValueError("records are made of the flat observation: make the env with obs='flat'")
    if moments is not None and moments < 1:
        raise ValueError(f"moments must be at least 1, got {moments}: leave it out to keep every step")
    seats = Seats(env, choose_episodes(len(env.pool.arrays.start), n_episodes, seed))
    obs, memory, blank = seats.begin(), policy.initial_state(env.num_envs), twin.initial_state(env.num_envs)
    played: dict[int, _Played] = {}
    pages: list[_Page] = []  # of the last steps, back to where the oldest of the running episodes began
    age = np.zeros(env.num_envs, np.int64)
    while seats.playing.any():
        actions, memory = policy.step(obs, memory)
        _, blank = twin.step(obs, blank)
        steps, touched = _look(env, obs, actions), env.state.collisions.copy()
        obs, _, terminated, truncated, infos = env.step(actions)
        ended, told = seats.ended(terminated | truncated), infos.get("final_info", {})
        steps["collided"] = env.state.collisions > touched
        if len(ended):
            steps["collided"][ended] = told["collisions"][ended] > touched[ended]
        pages.append(_Page(_parts(memory), _parts(blank), steps))
        age += 1
        for e in ended.tolist():
            measures = {name: float(told[name][e]) for name in MEASURES}
            played[int(seats.row[e])] = _cut(pages[-int(age[e]) :], e, moments, measures)
        if len(ended):
            obs, age[ended] = seats.seat(ended, obs), 0
            del pages[: len(pages) - int(age[seats.playing].max(initial=0))]
            progress(len(ended))
    return _record_of(env, seats.numbers, [played[k] for k in range(n_episodes)])


class _Page(NamedTuple):
    """A step of all envs, first axis the env."""

    states: dict[str, NDArray[np.float16]]
    untrained: dict[str, NDArray[np.float16]]
    steps: dict[str, NDArray[Any]]


class _Played(NamedTuple):
    """An episode, first axis the step; of the states, those at `at` alone."""

    states: dict[str, NDArray[np.float16]]
    untrained: dict[str, NDArray[np.float16]]
    steps: dict[str, NDArray[Any]]
    at: NDArray[np.int64]
    length: int
    measures: dict[str, float]


def _cut(pages: list[_Page], e: int, moments: int | None, measures: dict[str, float]) -> _Played:
    """The episode that env `e` has played, of which `pages` are the steps."""
    n = len(pages)
    at = np.arange(n)
    if moments is not None:
        at = np.unique(np.rint((n - 1) * np.arange(1, moments + 1) / moments).astype(np.int64))
    kept = [pages[t] for t in at]

    def of_it(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        return {name: np.array([part[name][e] for part in parts]) for name in parts[0]}

    states, untrained = of_it([page.states for page in kept]), of_it([page.untrained for page in kept])
    return _Played(states, untrained, of_it([page.steps for page in pages]), at, n, measures)


def _look(env: PointNavVectorEnv, obs: Any, actions: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """What is kept of the moment before a step, first axis the env."""
    state = env.state
    heading = wrap(state.turn * (2 * np.pi / N_HEADINGS))
    x, y = state.x - state.start_x, state.y - state.start_y
    cos, sin = state.start_cos, state.start_sin
    return {
        "pose_start": np.column_stack([cos * x + sin * y, cos * y - sin * x, heading]),
        "pose_world": np.column_stack([state.x, state.y, env.headings]),
        "observation": np.array(obs, np.float32),
        "action": np.asarray(actions).astype(np.int8),
    }


def _parts(memory: Any) -> dict[str, NDArray[np.float16]]:
    """h and c of every layer, `[env, hidden]` each."""
    pair = {name: np.asarray(torch.as_tensor(part).float().cpu()) for name, part in (("h", memory.h), ("c", memory.c))}
    return {f"{name}.{k}": layer.astype(np.float16) for name, part in pair.items() for k, layer in enumerate(part)}


def _record_of(env: PointNavVectorEnv, numbers: NDArray[np.int64], played: list[_Played]) -> Record:
    """The episodes one after the other, with the layouts, starts, goals and true maps of their episodes."""
    arrays = env.pool.arrays
    fields, starts = arrays.episode_field[numbers], arrays.start[numbers]
    layouts = arrays.field_layout[fields]
    lengths = np.array([one.length for one in played])
    first = np.cumsum(lengths) - lengths
    columns = {
        "number": numbers,
        "first": first,
        "steps": lengths,
        "start_x": starts[:, 0],
        "start_y": starts[:, 1],
        "start_heading": np.arctan2(starts[:, 3], starts[:, 2]),
        "goal_x": arrays.goal[fields, 0],
        "goal_y": arrays.goal[fields, 1],
        **{name: np.array([one.measures[name] for one in played]) for name in MEASURES},
    }
    steps = _joined([one.steps for one in played])
    return Record(
        _joined([one.states for one in played]),
        _joined([one.untrained for one in played]),
        np.concatenate([one.at + n for one, n in zip(played, first, strict=True)]),
        {name: steps[name].astype(dtype, copy=False) for name, (_, dtype) in STEP_SHAPES.items()},
        [env.pool.names[k] for k in layouts],
        {name: np.asarray(columns[name]).astype(dtype) for name, dtype in EPISODE_TYPES.items()},
        np.stack([true_map(arrays, int(k), start) for k, start in zip(layouts, starts, strict=True)]),
        {},
    )


def _joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
