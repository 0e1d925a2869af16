"""Trains a probe agent on second trips by PPO, resumable bit for bit, and has it walk those of layouts it never saw.

A probe begins with the agent's own weights unless it is `fresh`, so that it can read the memory from the first step
on; the paper's are fresh and train a hundred times as long. Probes that begin with zeros or with an untrained agent's
memory begin with the same weights and take the same steps.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.checkpoint import (
    CHECKPOINTS,
    Checkpoint,
    load_agent,
    newest,
    optimizer_tensors,
    restore_optimizer,
    save,
    save_agent,
    sweep,
)
from agents.evaluate import Episodes, play
from agents.nets import BlindAgent
from agents.policy import RecurrentPolicy
from agents.ppo import Losses, learn
from agents.processes import prepared_cpu
from agents.rollout import Position, Rollout, blank_rollout, collect
from agents.runs import LOCK_PATIENCE, Log, curve_of, jsonable, read_metrics
from agents.training import AGENT, due, restore, snapshot
from probes.records import Record
from probes.splits import split_by_layout
from probes.transplant import (
    Begin,
    Direction,
    FirstTrips,
    ProbeAgent,
    SecondTrips,
    final_memories,
    first_trips,
)
from sims.core.bench import machine
from sims.core.files import write_atomic
from sims.core.locks import locked

MEMORY_BUDGET = 4 * 2**30
SETTINGS = "probe.json"
LARGEST_BATCH = 256


@dataclass(frozen=True)
class ProbeFit:
    """How a probe agent learns."""

    steps: int = 6_000_000
    """Env-steps; 7 minutes on one core for a network of 1 x 256."""
    n_envs: int = 256
    """Envs."""
    rollout: int = 128
    """Steps that every env takes between two updates."""
    lr: float = 3e-4
    """Adam's learning rate at the beginning; it falls linearly to zero. At 1e-3 a probe forgets how to walk."""
    losses: Losses = field(default_factory=Losses)
    """Weights and limits of PPO's update."""
    max_steps: int = 1000
    """Steps after which a trip is truncated, in training."""
    fresh: bool = False
    """Begin with new weights instead of the agent's."""
    checkpoint_every: int = 500_000
    """Env-steps between two checkpoints."""
    seed: int = 0
    """Of the trips, the actions, and of fresh weights."""


class Transplant(NamedTuple):
    """Which probe."""

    direction: Direction
    begin: Begin

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.direction}-{self.begin}"


def train_probe(
    folder: Path, agent: BlindAgent, record: Record, which: Transplant, fit: ProbeFit, threads: int = 1
) -> BlindAgent:
    """The probe's weights, trained in `folder`; goes on where an earlier call stopped, and only loads what is done.

    Args:
        agent: whose memory it is given. record: of that agent; the probe learns on the trips of all but test layouts.
        which, fit: the probe. threads: of the CPU.

    Raises:
        ValueError: the folder is of another probe, or another process works on it; no trip succeeded; memories of
            another shape. NotFiniteError: a NaN or an infinity appeared; the last checkpoint is sound.
    """
    check_fit(fit)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock", folder, LOCK_PATIENCE), prepared_cpu(threads):
        _begin(folder, record, which, fit)
        if not (folder / AGENT).exists():
            _train(folder, agent, record, which, fit)
    return load_agent(folder / AGENT)


def check_fit(fit: ProbeFit) -> None:
    """Refuse settings that can't be.

    Raises:
        ValueError: naming the setting and the cure.
    """
    for name in ("steps", "n_envs", "rollout", "max_steps", "checkpoint_every"):
        if getattr(fit, name) < 1:
            raise ValueError(f"{name} must be at least 1, got {getattr(fit, name)}")
    if fit.rollout < 2:
        raise ValueError(f"rollout must be at least 2, got {fit.rollout}: gradients flow through a rollout's steps")
    if fit.n_envs < fit.losses.minibatches:
        raise ValueError(f"n_envs must be at least the {fit.losses.minibatches} minibatches, got {fit.n_envs}")
    if not fit.lr > 0.0:
        raise ValueError(f"lr must be above 0, got {fit.lr}")


def _begin(folder: Path, record: Record, which: Transplant, fit: ProbeFit) -> None:
    """Write down what a new folder's probe is, or refuse a folder of another."""
    now = {
        **which._asdict(),
        "of": record.about.get("weights_sha256"),
        "episodes": len(record.layouts),
        **jsonable(fit),
    }
    path = folder / SETTINGS
    if not path.exists():
        write_atomic(path, (json.dumps(now, indent=1) + "\n").encode())
        return
    was = json.loads(path.read_text())
    differ = [name for name in now if was.get(name) != now[name]]
    if differ:
        raise ValueError(f"{folder} was begun with another {', '.join(differ)}: remove it, or choose another --out")


class _Learning(NamedTuple):
    probe: ProbeAgent
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    env: SecondTrips
    position: Position
    rollout: Rollout


def _learning(folder: Path, agent: BlindAgent, record: Record, which: Transplant, fit: ProbeFit) -> _Learning:
    split = split_by_layout(record.layout_numbers())
    trips = first_trips(record, np.sort(np.concatenate([split.train, split.validation])))
    torch.manual_seed(fit.seed)
    probe = ProbeAgent(agent, *final_memories(record, trips, which.begin), fresh=fit.fresh).train()
    env = _env(folder / "trips.json.gz", trips, which, fit.n_envs, fit.max_steps)
    obs, _ = env.reset(seed=fit.seed * fit.n_envs)
    assert isinstance(obs, np.ndarray)
    position = Position(obs, probe.blank_memory(fit.n_envs))
    rollout = blank_rollout(fit.rollout, fit.n_envs, obs.shape[1], position.memory)
    optimizer = torch.optim.Adam(probe.parameters(), lr=fit.lr)
    return _Learning(probe, optimizer, torch.Generator().manual_seed(fit.seed), env, position, rollout)


def _env(file: Path, trips: FirstTrips, which: Transplant, n: int, max_steps: int) -> SecondTrips:
    return SecondTrips(n, trips, which.direction, file, max_steps=max_steps, memory_budget=MEMORY_BUDGET, n_threads=1)


def _train(folder: Path, agent: BlindAgent, record: Record, which: Transplant, fit: ProbeFit) -> None:
    """Train from the beginning or from a checkpoint to the last step: collect, learn, log, save."""
    probe, optimizer, generator, env, position, rollout = _learning(folder, agent, record, which, fit)
    sweep(folder / CHECKPOINTS)
    steps, seconds = 0, 0.0
    checkpoint = newest(folder / CHECKPOINTS, lambda line: None)
    if checkpoint is not None:
        steps, seconds = checkpoint.steps, checkpoint.state["seconds"]
        probe.load_state_dict(checkpoint.weights)
        restore_optimizer(optimizer, probe, checkpoint.optimizer)
        restore(env, position, generator, checkpoint.worlds[0])
    with Log(folder, steps, seconds, fit.steps) as log:
        while steps < fit.steps:
            began, before = time.monotonic(), steps
            optimizer.param_groups[0]["lr"] = fit.lr * (1.0 - steps / fit.steps)
            episodes = collect(env, probe, position, rollout, fit.losses.gamma, generator)
            means = learn(probe, optimizer, rollout, fit.losses, generator)
            steps += fit.rollout * fit.n_envs
            row = {"steps": steps, **means, **_means(episodes)}
            log.write(row | {"env_steps_per_second": (steps - before) / (time.monotonic() - began)})
            if due(fit.checkpoint_every, before, steps, fit.steps):
                world = snapshot(env, position, generator)
                moments = optimizer_tensors(optimizer, probe)
                save(
                    folder / CHECKPOINTS,
                    Checkpoint(steps, probe.state_dict(), moments, [world], {"seconds": log.seconds}),
                )
        card = {"steps": steps, "seconds": round(log.seconds), "machine": machine(), "trained_with": jsonable(fit)}
        save_agent(folder / AGENT, probe, {**card, **which._asdict()}, curve_of(read_metrics(folder)))


def _means(ended: list[dict[str, NDArray[np.float64]]]) -> dict[str, float]:
    """Means over the trips that ended in a rollout."""
    if not ended:
        return {}
    return {
        f"train/{name}": float(np.concatenate([p[name] for p in ended]).mean()) for name in ("success", "spl", "steps")
    }


def walk_again(
    folder: Path,
    weights: BlindAgent,
    record: Record,
    which: Transplant,
    *,
    max_steps: int = 2000,
    most: int = 1000,
    seed: int = 0,
) -> tuple[FirstTrips, Episodes]:
    """Have a probe walk second trips of the test layouts.

    Args:
        folder: where the trips' file is written. weights: what `train_probe` gave, or the agent's own.
        record, which: as for `train_probe`; `which.begin` may be another than was trained with, for a null.
        max_steps: after which a trip has failed. most: at most so many trips. seed: of the actions.

    Returns:
        The first trips, and the second ones with their paths, whose `number` is which first trip each is of.
    """
    trips = first_trips(record, split_by_layout(record.layout_numbers()).test)
    n = min(most, len(trips.episodes))
    probe = ProbeAgent(weights, *final_memories(record, trips, which.begin, seed)).eval()
    env = _env(folder / "test-trips.json.gz", trips, which, min(n, LARGEST_BATCH), max_steps)
    numbers = np.unique(np.linspace(0, len(trips.episodes) - 1, n).astype(np.int64))
    return trips, play(RecurrentPolicy(probe, seed=seed), env, numbers, keep_paths=True)
