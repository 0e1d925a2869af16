"""Checkpoints: everything that a run needs to go on bit for bit, and the files that an agent alone is kept in.

`step-000012345678/` holds `weights.safetensors`, `optimizer.safetensors`, `worlds.safetensors` (every learner's envs,
memories and random states), `state.json` and, written last, `MANIFEST.json` with the SHA-256 of each.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from agents.nets import BlindAgent
from agents.windowed import agent_with
from sims.core.files import check_folder, write_folder

KEPT = 3
"""Checkpoints of a run that are kept: the newest, and two to fall back on."""

SETTINGS, CHECKPOINTS = "settings.json", "checkpoints"
"""Of a run's folder: the settings, and the folder of its checkpoints."""

KIND = ("hidden", "layers", "precision", "senses")
"""Settings of a run, and arguments of `BlindAgent`, that say what its weights are the weights of."""

WINDOW = "memory_window"
"""The same; agents that were saved before there were windows don't tell of it: they have none."""

WEIGHTS, OPTIMIZER, WORLDS, STATE = "weights.safetensors", "optimizer.safetensors", "worlds.safetensors", "state.json"
CURVE = "curve.json"


class Checkpoint(NamedTuple):
    """What a run stands at."""

    steps: int
    """Env-steps taken by all learners together."""
    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    """Adam's moments and counters, `<parameter>.<name>`."""
    worlds: list[dict[str, Tensor]]
    """For every learner its envs, memory and random state."""
    state: dict[str, Any]
    """Counters, as JSON."""


def save(folder: Path, checkpoint: Checkpoint, kept: int = KEPT) -> Path:
    """Write a checkpoint into `folder`, whole or not at all, and remove all but the newest `kept`; 0 keeps all."""
    target = folder / f"step-{checkpoint.steps:012d}"
    if target.exists():  # damaged, or this one would have been gone on from
        shutil.rmtree(target)

    def fill(temporary: Path) -> None:
        save_file(_contiguous(checkpoint.weights), temporary / WEIGHTS)
        save_file(_contiguous(checkpoint.optimizer), temporary / OPTIMIZER)
        numbered = {f"{k}.{name}": value for k, world in enumerate(checkpoint.worlds) for name, value in world.items()}
        save_file(_contiguous(numbered), temporary / WORLDS)
        state = {"steps": checkpoint.steps, "learners": len(checkpoint.worlds), **checkpoint.state}
        (temporary / STATE).write_text(json.dumps(state, indent=1))

    write_folder(target, fill)
    for old in _newest_first(folder)[kept:] if kept else []:
        shutil.rmtree(old, ignore_errors=True)
    return target


def sweep(folder: Path) -> None:
    """Remove what a kill left half-written in `folder`; to be called by whoever holds the run's lock."""
    for left in folder.glob(".tmp-*"):
        shutil.rmtree(left)


def newest(folder: Path, say: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint in `folder` that is as it was written; None where there is none at all.

    Damaged ones are passed over, each with a message through `say`.

    Raises:
        ValueError: there are checkpoints, and all are damaged.
    """
    candidates = _newest_first(folder)
    for path in candidates:
        try:
            return load(path)
        except (ValueError, OSError) as error:
            say(f"passing over a damaged checkpoint: {error}")
    if candidates:
        raise ValueError(
            f"all {len(candidates)} checkpoints in {folder} are damaged: begin a new run in another folder"
        )
    return None


def load(path: Path) -> Checkpoint:
    """Read the checkpoint at `path` after comparing every file with its hash.

    Raises:
        FileNotFoundError: it is not there. ValueError: a file is missing, truncated or altered.
    """
    check_folder(path)
    try:
        state = json.loads((path / STATE).read_text())
        worlds: list[dict[str, Tensor]] = [{} for _ in range(state.pop("learners"))]
        for name, value in load_file(path / WORLDS).items():
            number, _, field = name.partition(".")
            worlds[int(number)][field] = value
        return Checkpoint(state.pop("steps"), load_file(path / WEIGHTS), load_file(path / OPTIMIZER), worlds, state)
    except (SafetensorError, json.JSONDecodeError, KeyError) as error:
        raise ValueError(f"{path} can't be read ({error}): remove it") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer, agent: torch.nn.Module) -> dict[str, Tensor]:
    """The optimizer's state as named tensors."""
    return {
        f"{name}.{key}": torch.as_tensor(value)
        for name, parameter in agent.named_parameters()
        for key, value in optimizer.state[parameter].items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, agent: torch.nn.Module, tensors: dict[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` gave."""
    parameters = dict(agent.named_parameters())
    for full_name, value in tensors.items():
        name, _, key = full_name.rpartition(".")
        device = value.device if key == "step" else parameters[name].device
        optimizer.state[parameters[name]][key] = value.to(device)


def save_agent(folder: Path, agent: BlindAgent, card: dict[str, Any], curve: Sequence[dict[str, float]] = ()) -> None:
    """Write an agent alone: `weights.safetensors`, `agent.json` (its sizes and whatever `card` tells), `curve.json`.

    `curve` is how it learned, as `agents.runs.curve_of` gives it.

    Raises:
        FileExistsError: `folder` is there already.
    """

    def fill(temporary: Path) -> None:
        save_file(_contiguous(agent.state_dict()), temporary / WEIGHTS)
        sizes = {name: getattr(agent, name) for name in (*KIND, WINDOW)}
        (temporary / "agent.json").write_text(json.dumps(sizes | card, indent=1) + "\n")
        (temporary / CURVE).write_text("[\n" + ",\n".join(map(json.dumps, curve)) + "\n]\n")

    write_folder(folder, fill)


def load_agent(folder: Path) -> BlindAgent:
    """The agent that `save_agent` wrote, that of a checkpoint, or of the newest sound one of the run in `folder`.

    Raises:
        FileNotFoundError: `folder` is neither. ValueError: its files are damaged or of another agent.
    """
    if (folder / "agent.json").is_file():
        check_folder(folder)
        sizes, weights = json.loads((folder / "agent.json").read_text()), load_file(folder / WEIGHTS)
    elif (folder / SETTINGS).is_file():
        sizes = json.loads((folder / SETTINGS).read_text())
        checkpoint = newest(folder / CHECKPOINTS, lambda line: None)
        if checkpoint is None:
            raise FileNotFoundError(f"the run in {folder} has no checkpoint yet: wait for its first one")
        weights = checkpoint.weights
    elif (folder / WORLDS).is_file() and (folder.resolve().parents[1] / SETTINGS).is_file():
        sizes, weights = json.loads((folder.resolve().parents[1] / SETTINGS).read_text()), load(folder).weights
    else:
        raise FileNotFoundError(f"{folder} holds no agent: expected the folder of a run of `umwelt train`")
    missing = [name for name in KIND if name not in sizes]
    if missing:
        raise ValueError(
            f"{folder} does not say its agent's {', '.join(missing)}: it is of an older version; train anew"
        )
    agent = agent_with(sizes.get(WINDOW, 0), **{name: sizes[name] for name in KIND})
    try:
        agent.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"the weights in {folder} are not those of its agent: {error}") from error
    return agent.eval()


def load_story(folder: Path) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """The card and the curve of the agent that `save_agent` wrote into `folder`.

    Raises:
        FileNotFoundError, ValueError: as `load_agent`.
    """
    check_folder(folder)
    return json.loads((folder / "agent.json").read_text()), json.loads((folder / CURVE).read_text())


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}


def with_prefix(prefix: str, tensors: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The entries of `tensors` whose names begin with `prefix`, without it."""
    return ((name.removeprefix(prefix), value) for name, value in tensors.items() if name.startswith(prefix))
