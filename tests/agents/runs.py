"""Small training runs for the tests: settings that end in seconds, and what is left of a run on the disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

from safetensors.torch import load_file

from agents.ppo import Losses
from agents.training import TrainSettings

UPDATE = 16 * 8
"""Env-steps of an update of `small`."""


def small(folder, **changes):
    """Six updates of 16 steps of 8 envs, a checkpoint after each second one, an evaluation in the middle."""
    settings = {
        "out": Path(folder),
        "steps": 6 * UPDATE,
        "n_envs": 8,
        "rollout": 16,
        "hidden": 16,
        "losses": Losses(minibatches=2),
        "layouts": ("houses:0-3",),
        "max_steps": 40,
        "processes": 1,
        "precision": "float32",
        "checkpoint_every": 2 * UPDATE,
        "evaluate_every": 3 * UPDATE,
        "evaluate_layouts": ("houses:2000000-2000003",),
        "evaluate_episodes": 4,
    }
    return TrainSettings(**{**settings, **changes})


def arguments(settings):
    """`settings` as arguments of `umwelt train`."""
    names = ["out", "steps", "n_envs", "rollout", "hidden", "max_steps", "processes", "precision"]
    names += ["checkpoint_every", "evaluate_every", "evaluate_episodes"]
    plain = {name.replace("_", "-"): getattr(settings, name) for name in names}
    words = [word for name, value in plain.items() for word in (f"--{name}", str(value))]
    words += ["--losses.minibatches", str(settings.losses.minibatches)]
    words += ["--layouts", *settings.layouts, "--evaluate-layouts", *settings.evaluate_layouts]
    return ["train", *words]


def start(words, *, torchrun=0):
    """A process of `umwelt` with these arguments, or `torchrun` processes."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={torchrun}"] if torchrun else []
    return subprocess.Popen(
        [sys.executable, *launcher, "umwelt.py", *words],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def checkpoints(folder):
    return sorted((folder / "checkpoints").glob("step-*"))


def final_weights(folder):
    return load_file(checkpoints(folder)[-1] / "weights.safetensors")


def metrics(folder):
    """The run's metrics without what a clock measured."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [
        {k: v for k, v in row.items() if k not in ("seconds", "env_steps_per_second", "collect_share")} for row in rows
    ]


def same(a, b):
    """Whether two dictionaries of tensors are equal bit for bit."""
    return a.keys() == b.keys() and all(a[name].equal(b[name]) for name in a)
