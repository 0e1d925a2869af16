"""The command `umwelt train`: recurrent PPO on PointGoal navigation, one learner a core, resumable bit for bit."""

import json
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
import torch
import tyro

from agents.checkpoint import (
    CHECKPOINTS,
    KEPT,
    SETTINGS,
    Checkpoint,
    newest,
    optimizer_tensors,
    restore_optimizer,
    save,
    save_agent,
    sweep,
    with_prefix,
)
from agents.evaluate import choose_episodes, play
from agents.nets import BlindAgent, Memory, Precision
from agents.policy import RecurrentPolicy
from agents.ppo import Losses, default_precision, learn
from agents.processes import Learner, default_processes, env_threads, from_first, gather, is_first, run_learners, total
from agents.rollout import Position, Rollout, blank_rollout, collect
from agents.runs import LOCK_PATIENCE, Log, curve_of, jsonable, read_metrics, read_settings, write_settings
from agents.senses import Senses
from agents.windowed import agent_with
from sims.core.bench import machine
from sims.core.locks import locked
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.state import MEASURES, State

MEMORY_BUDGET = 4 * 2**30
EVALUATION_STEPS = 2000
AGENT = "agent"
"""Folder of a run in which the trained agent lies alone, to be kept or given away."""
SHOWN = ("success", "spl", "soft_spl", "collisions", "steps")
"""Measures of ended episodes that the metrics hold."""


@dataclass(frozen=True)
class TrainSettings:
    """What `umwelt train` trains, and on what."""

    world: Annotated[Literal["pointnav"], tyro.conf.Positional] = "pointnav"
    """The task."""
    out: Path = Path("runs/pointnav")
    """The run's folder: settings, metrics, checkpoints, TensorBoard."""
    resume: bool = False
    """Go on from the run's newest sound checkpoint, with the settings that it began with."""
    steps: int = 150_000_000
    """Env-steps of all learners together."""
    n_envs: int = 512
    """Envs of all learners together."""
    rollout: int = 256
    """Steps that every env takes between two updates; gradients flow through all of them."""
    hidden: int = 256
    """Width of the LSTM (the paper: 512)."""
    layers: int = 1
    """Depth of the LSTM (the paper: 3)."""
    senses: Senses = "egomotion"
    """What the agent makes of an observation before it is embedded (`agents.senses`)."""
    memory_window: int = 0
    """Only the last so many inputs feed the state, in training as in use (`agents.windowed`); 0: all of them."""
    lr: float = 3e-3
    """Adam's learning rate at the beginning; it falls linearly to zero."""
    losses: Losses = field(default_factory=Losses)
    """Weights and limits of PPO's update."""
    layouts: tuple[str, ...] = ("houses:0-256", "offices:0-32", "mazes:0-32")
    """Floors to train on."""
    max_steps: int = 2000
    """Steps after which an episode is truncated."""
    slack_reward: float = -0.001
    """Reward of every step; at -0.01 giving up pays."""
    seed: int = 0
    """Of the weights, the episodes and the actions."""
    processes: int | None = None
    """Learners; by default one for every GPU or, without one, for every core."""
    precision: Precision | None = None
    """Of the LSTM's products on a CPU; by default bfloat16 where it multiplies in it. A GPU's are TF32."""
    checkpoint_every: int = 5_000_000
    """Env-steps between two checkpoints."""
    keep_checkpoints: int = KEPT
    """The newest so many stay; 0 keeps all, to see how a network settles (`umwelt probe similarity --training`)."""
    evaluate_every: int = 8_000_000
    """Env-steps between two evaluations on floors that are not trained on."""
    evaluate_layouts: tuple[str, ...] = ("houses:2000000-2000064",)
    """Floors of those evaluations."""
    evaluate_episodes: int = 256
    """Episodes of each of those evaluations."""
    json: bool = False
    """Print the last metrics as one JSON document when done."""


class Job(NamedTuple):
    """What the first learner tells the others."""

    settings: TrainSettings
    checkpoint: Checkpoint | None


def run(settings: TrainSettings) -> None:
    """Begin or resume a run.

    Raises:
        ValueError: settings that can't be, a folder that holds another run, or one that another process works on.
        NotFiniteError: a NaN or an infinity appeared; the last checkpoint is sound.
    """
    if not is_first():
        return run_learners(train, None, default_processes())
    folder = settings.out
    folder.mkdir(parents=True, exist_ok=True)
    patience = LOCK_PATIENCE if settings.resume else 0.0
    with locked(folder / ".lock", f"the run in {folder}", patience):
        job = _resumed(settings) if settings.resume else _begun(settings)
        run_learners(train, job, job.settings.processes or 1)
    if settings.json:
        sys.stdout.write(json.dumps(read_metrics(folder)[-1], indent=1) + "\n")


def _begun(settings: TrainSettings) -> Job:
    if (settings.out / SETTINGS).exists():
        raise ValueError(f"{settings.out} holds a run already: add --resume to go on with it, or choose another --out")
    processes, precision = settings.processes or default_processes(), settings.precision or default_precision()
    settings = replace(settings, processes=processes, precision=precision)
    check(settings)
    write_settings(settings.out, settings)
    return Job(settings, None)


def _resumed(settings: TrainSettings) -> Job:
    settings = read_settings(settings.out, settings)
    check(settings)
    sweep(settings.out / CHECKPOINTS)
    return Job(settings, newest(settings.out / CHECKPOINTS, _warn))


def _warn(line: str) -> None:
    sys.stderr.write(f"umwelt: {line}\n")


def check(settings: TrainSettings) -> None:
    """Refuse settings that can't be.

    Raises:
        ValueError: naming the setting and the cure.
    """
    processes = settings.processes or 1
    for name in ("steps", "n_envs", "rollout", "max_steps", "checkpoint_every", "evaluate_every", "evaluate_episodes"):
        if getattr(settings, name) < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(settings, name)}")
    share, rest = divmod(settings.n_envs, processes)
    if rest or share < settings.losses.minibatches:
        raise ValueError(
            f"--n-envs {settings.n_envs} can't be shared by {processes} processes with {settings.losses.minibatches} "
            "minibatches of whole envs each: choose a multiple of the processes, at least one env for every minibatch"
        )
    if settings.memory_window < 0:
        raise ValueError(f"--memory-window must be 0 (all inputs) or more, got {settings.memory_window}")
    if settings.keep_checkpoints < 0:
        raise ValueError(f"--keep-checkpoints must be 0 (all) or more, got {settings.keep_checkpoints}")
    if not settings.lr > 0.0:
        raise ValueError(f"--lr must be above 0, got {settings.lr}")


class Learning(NamedTuple):
    """What one learner works with."""

    agent: BlindAgent
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    env: PointNavVectorEnv
    position: Position
    rollout: Rollout


def begin(learner: Learner, settings: TrainSettings) -> Learning:
    """A learner at the beginning: the same weights as all others, envs and random numbers of its own."""
    torch.manual_seed(settings.seed)
    precision = settings.precision or default_precision()
    agent = agent_with(settings.memory_window, settings.hidden, settings.layers, precision, settings.senses)
    agent = agent.to(learner.device)
    optimizer = torch.optim.Adam(agent.parameters(), lr=settings.lr)
    generator = torch.Generator().manual_seed(settings.seed * learner.world + learner.rank)
    env = training_env(settings, settings.n_envs // learner.world, env_threads(learner))
    obs, _ = env.reset(seed=settings.seed * settings.n_envs + learner.rank * env.num_envs)
    assert isinstance(obs, np.ndarray)
    position = Position(obs, agent.blank_memory(env.num_envs))
    rollout = blank_rollout(settings.rollout, env.num_envs, obs.shape[1], position.memory)
    return Learning(agent, optimizer, generator, env, position, rollout)


def training_env(settings: TrainSettings, n_envs: int, n_threads: int = 1) -> PointNavVectorEnv:
    """`n_envs` of the envs that `settings` train on."""
    return PointNavVectorEnv(
        n_envs,
        layouts=settings.layouts,
        max_steps=settings.max_steps,
        slack_reward=settings.slack_reward,
        pool_seed=settings.seed,
        memory_budget=MEMORY_BUDGET,
        n_threads=n_threads,
    )


def train(learner: Learner, job: Job | None) -> None:
    """One learner's training, from the beginning or from a checkpoint to the last step: collect, learn, log, save."""
    settings, checkpoint = from_first(job, learner)
    agent, optimizer, generator, env, position, rollout = begin(learner, settings)
    steps, seconds = 0, 0.0
    if checkpoint is not None:
        steps, seconds = checkpoint.steps, checkpoint.state["seconds"]
        agent.load_state_dict(checkpoint.weights)
        restore_optimizer(optimizer, agent, checkpoint.optimizer)
        restore(env, position, generator, checkpoint.worlds[learner.rank])
    log = Log(settings.out, steps, seconds, settings.steps) if learner.rank == 0 else None
    with log if log is not None else nullcontext():
        if checkpoint is None:
            _save(learner, log, settings, 0, agent, optimizer, snapshot(env, position, generator))
        while steps < settings.steps:
            began, before = time.monotonic(), steps
            optimizer.param_groups[0]["lr"] = settings.lr * (1.0 - steps / settings.steps)
            episodes = collect(env, agent, position, rollout, settings.losses.gamma, generator)
            collected = time.monotonic()
            means = learn(agent, optimizer, rollout, settings.losses, generator)
            steps += settings.rollout * settings.n_envs
            row = {"steps": steps, "lr": optimizer.param_groups[0]["lr"], **_averaged(means, learner)}
            row |= _of_episodes(episodes, learner)
            took = time.monotonic() - began
            row |= {"env_steps_per_second": (steps - before) / took, "collect_share": (collected - began) / took}
            if due(settings.evaluate_every, before, steps, settings.steps):
                row |= _held_out(learner, settings, agent)
            if log is not None:
                log.write(row)
            if due(settings.checkpoint_every, before, steps, settings.steps):
                _save(learner, log, settings, steps, agent, optimizer, snapshot(env, position, generator))
    if log is not None and not (settings.out / AGENT).exists():
        card = {"steps": steps, "seconds": round(log.seconds), "machine": machine(), "trained_with": jsonable(settings)}
        save_agent(settings.out / AGENT, agent, card, curve_of(read_metrics(settings.out)))


def due(every: int, before: int, steps: int, last: int) -> bool:
    """Whether a multiple of `every` was passed between `before` and `steps`, or the `last` step reached."""
    return before // every != steps // every or steps >= last


def snapshot(env: PointNavVectorEnv, position: Position, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Everything of one learner that is not weights: envs, memory, random state."""
    state = {f"env.{name}": _to_tensor(array) for name, array in env.state._asdict().items()}
    memory = {f"memory.{name}": part.cpu() for name, part in position.memory._asdict().items()}
    return state | memory | {"generator": generator.get_state()}


def restore(
    env: PointNavVectorEnv, position: Position, generator: torch.Generator, world: dict[str, torch.Tensor]
) -> None:
    """Put back what `snapshot` gave."""
    fields, like = dict(with_prefix("env.", world)), env.state
    obs = env.restore(State(**{name: fields[name].numpy().view(getattr(like, name).dtype) for name in State._fields}))
    assert isinstance(obs, np.ndarray)
    device = position.memory.h.device
    memory = {name: part.to(device) for name, part in with_prefix("memory.", world)}
    position.obs, position.memory = obs, Memory(**memory)
    generator.set_state(world["generator"])


def _to_tensor(array: np.ndarray) -> torch.Tensor:
    """A copy; unsigned integers, which torch hardly knows, as signed ones of the same bits."""
    return torch.from_numpy(array.view(array.dtype.str.replace("u", "i")).copy())


def _save(
    learner: Learner,
    log: Log | None,
    settings: TrainSettings,
    steps: int,
    agent: BlindAgent,
    optimizer: torch.optim.Optimizer,
    own: dict[str, torch.Tensor],
) -> None:
    """Write a checkpoint, in the first learner; the others send it their worlds."""
    worlds = gather(own, learner)
    if log is not None:
        moments = optimizer_tensors(optimizer, agent)
        state = {"seconds": log.seconds}
        checkpoint = Checkpoint(steps, agent.state_dict(), moments, worlds, state)
        save(settings.out / CHECKPOINTS, checkpoint, settings.keep_checkpoints)


def _averaged(means: dict[str, float], learner: Learner) -> dict[str, float]:
    values = total(torch.tensor(list(means.values()), device=learner.device)) / learner.world
    return dict(zip(means, values.tolist(), strict=True))


def _of_episodes(ended: list[dict[str, np.ndarray]], learner: Learner) -> dict[str, float]:
    """Means over the episodes that ended in this rollout, of all learners; they favour short episodes."""
    sums = [sum(float(part[name].sum()) for part in ended) for name in SHOWN]
    n = sum(len(part["steps"]) for part in ended)
    *sums, n = total(torch.tensor([*sums, n], dtype=torch.float64, device=learner.device)).tolist()
    return {f"train/{name}": value / n for name, value in zip(SHOWN, sums, strict=True)} if n else {}


def _held_out(learner: Learner, settings: TrainSettings, agent: BlindAgent) -> dict[str, float]:
    """Means over whole episodes on floors that are not trained on, shared by the learners."""
    held_out = replace(settings, layouts=settings.evaluate_layouts, max_steps=EVALUATION_STEPS)
    env = training_env(held_out, -(-settings.evaluate_episodes // learner.world), env_threads(learner))
    numbers = choose_episodes(len(env.pool.arrays.start), settings.evaluate_episodes)[learner.rank :: learner.world]
    played = play(RecurrentPolicy(agent, seed=learner.rank), env, numbers)
    columns = {**{name: played.measures[name] for name in MEASURES}, "steps": played.steps}
    sums = [float(columns[name].sum()) for name in SHOWN]
    sums = total(torch.tensor(sums, dtype=torch.float64, device=learner.device)).tolist()
    return {f"held_out/{name}": value / settings.evaluate_episodes for name, value in zip(SHOWN, sums, strict=True)}
