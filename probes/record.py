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
from agents.evaluate import choose_episodes, env_for
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.processes import prepared_cpu
from probes.grid import true_map
from probes.records import EPISODE_TYPES, STEP_SHAPES, Record, read_record, write_record
from sims.core.policy import Policy
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.frames import wrap
from sims.pointnav.state import MEASURES, N_HEADINGS

__all__ = ["Record", "RecordSettings", "read_record", "record", "untrained_twin", "write_record"]

LARGEST_BATCH = 128


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
    env = env_for(settings.layouts, settings.episodes, LARGEST_BATCH, settings.max_steps, settings.seed)
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


def untrained_twin(agent: BlindAgent, seed: int) -> BlindAgent:
    """An agent of the same architecture with fresh weights, in float32: a null should not suffer from rounding."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return BlindAgent(agent.hidden, agent.layers, senses=agent.senses).eval()


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
    numbers = choose_episodes(len(env.pool.arrays.start), n_episodes, seed)
    batches = [
        _thinned(_play(policy, twin, env, numbers[first : first + env.num_envs], progress), moments)
        for first in range(0, n_episodes, env.num_envs)
    ]
    return _record_of(env, numbers, batches)


class _Batch(NamedTuple):
    """Some episodes played at once, their samples one episode after the other."""

    states: dict[str, NDArray[np.float16]]
    untrained: dict[str, NDArray[np.float16]]
    steps: dict[str, NDArray[Any]]
    at: NDArray[np.int64]  # which of its samples each row of states is of
    lengths: NDArray[np.int64]
    measures: dict[str, NDArray[np.float64]]


def _play(
    policy: Policy, twin: Policy, env: PointNavVectorEnv, numbers: NDArray[np.int64], progress: Callable[[int], None]
) -> _Batch:
    """Play `numbers`, at most one for each env; envs that have ended play on unheeded."""
    n, size = len(numbers), env.num_envs
    obs, _ = env.reset(seed=0, options={"episodes": np.concatenate([numbers, np.full(size - n, numbers[0])])})
    memory, blank = policy.initial_state(size), twin.initial_state(size)
    running = np.arange(size) < n
    measures = {name: np.zeros(n) for name in MEASURES}
    kept: list[tuple[dict[str, NDArray[Any]], ...]] = []
    envs: list[NDArray[np.int64]] = []
    while running.any():
        now = np.flatnonzero(running)
        actions, memory = policy.step(obs, memory)
        _, blank = twin.step(obs, blank)
        sample = {name: values[now] for name, values in _look(env, obs, actions).items()}
        touched = env.state.collisions.copy()
        obs, _, terminated, truncated, infos = env.step(actions)
        done = terminated | truncated
        after = np.where(done, infos["final_info"]["collisions"], env.state.collisions) if done.any() else None
        sample["collided"] = ((env.state.collisions if after is None else after) > touched)[now]
        kept.append((_parts(memory, now), _parts(blank, now), sample))
        envs.append(now)
        ended = done & running
        for e in np.flatnonzero(ended):
            for name in MEASURES:
                measures[name][e] = infos["final_info"][name][e]
        running &= ~done
        progress(int(ended.sum()))
    order = np.argsort(np.concatenate(envs), kind="stable")  # from step by step to episode by episode
    states, untrained, steps = (
        {name: array[order] for name, array in _joined([part[k] for part in kept]).items()} for k in range(3)
    )
    return _Batch(
        states, untrained, steps, np.arange(len(order)), np.bincount(np.concatenate(envs), minlength=n), measures
    )


def _thinned(batch: _Batch, moments: int | None) -> _Batch:
    """The batch with the memory at `moments` steps of each episode alone."""
    if moments is None:
        return batch
    first = np.cumsum(batch.lengths) - batch.lengths
    share = np.arange(1, moments + 1) / moments
    at = np.unique(first[:, None] + np.rint((batch.lengths - 1)[:, None] * share).astype(np.int64))
    states, untrained = (
        {name: array[at] for name, array in arrays.items()} for arrays in (batch.states, batch.untrained)
    )
    return batch._replace(states=states, untrained=untrained, at=at)


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


def _parts(memory: Any, envs: NDArray[np.int64]) -> dict[str, NDArray[np.float16]]:
    """h and c of every layer for the chosen envs, `[env, hidden]` each."""
    pair = {name: np.asarray(torch.as_tensor(part).float().cpu()) for name, part in (("h", memory.h), ("c", memory.c))}
    return {
        f"{name}.{k}": layer[envs].astype(np.float16) for name, part in pair.items() for k, layer in enumerate(part)
    }


def _record_of(env: PointNavVectorEnv, numbers: NDArray[np.int64], batches: list[_Batch]) -> Record:
    """The batches one after the other, with the layouts, starts, goals and true maps of their episodes."""
    arrays = env.pool.arrays
    fields, starts = arrays.episode_field[numbers], arrays.start[numbers]
    layouts = arrays.field_layout[fields]
    lengths = np.concatenate([batch.lengths for batch in batches])
    columns = {
        "number": numbers,
        "first": np.cumsum(lengths) - lengths,
        "steps": lengths,
        "start_x": starts[:, 0],
        "start_y": starts[:, 1],
        "start_heading": np.arctan2(starts[:, 3], starts[:, 2]),
        "goal_x": arrays.goal[fields, 0],
        "goal_y": arrays.goal[fields, 1],
        **{name: np.concatenate([batch.measures[name] for batch in batches]) for name in MEASURES},
    }
    steps = _joined([batch.steps for batch in batches])
    sizes = np.array([int(batch.lengths.sum()) for batch in batches])
    before = np.cumsum(sizes) - sizes
    return Record(
        _joined([batch.states for batch in batches]),
        _joined([batch.untrained for batch in batches]),
        np.concatenate([batch.at + n for batch, n in zip(batches, before, strict=True)]),
        {name: steps[name].astype(dtype, copy=False) for name, (_, dtype) in STEP_SHAPES.items()},
        [env.pool.names[k] for k in layouts],
        {name: np.asarray(columns[name]).astype(dtype) for name, dtype in EPISODE_TYPES.items()},
        np.stack([true_map(arrays, int(k), start) for k, start in zip(layouts, starts, strict=True)]),
        {},
    )


def _joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
