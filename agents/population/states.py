"""Checkpoints of a population: every member's weights, moments and counters, and the chief's ledger of that moment.

`step-000012345678/` holds `member-00.weights.safetensors` and `member-00.optimizer.safetensors` for each slot,
`chief.sqlite`, `state.json` and, written last, `MANIFEST.json` with the SHA-256 of each. Matches in progress are not in
it: they are forgotten. The run's own `chief.sqlite` goes on from where it is; only where that is lost does a
checkpoint's take its place.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save_file
from safetensors.torch import load_file

from agents.checkpoint import STATE, optimizer_tensors, restore_optimizer
from agents.ftw.agent import FtwAgent
from agents.population.chief import Chief
from agents.population.learner import Student, set_timescales, student_of
from agents.population.members import Member
from agents.population.plan import TrainCtfSettings, make_agent
from agents.runs import read_settings
from sims.core.files import check_folder, write_folder

CHIEF = "chief.sqlite"
"""The chief's file, of a run's folder and of its checkpoints."""

STEPS, VERSION = "steps", "version"

Arrays = Mapping[str, NDArray[np.generic]]


class Kept(NamedTuple):
    """A member's state in a checkpoint; `slot` is where it lay, `birth` whose it is."""

    slot: int
    birth: int
    arrays: Arrays


class Standing(NamedTuple):
    """Where a run stands, as its newest sound checkpoint says."""

    path: Path
    steps: int
    seconds: float
    births: dict[int, int]
    """By birth, in which slot's files its state lies."""


def state_of(student: Student) -> dict[str, NDArray[np.generic]]:
    """All that a learner has of a member, as arrays."""
    weights = {f"weights/{name}": value.numpy() for name, value in student.agent.state_dict().items()}
    moments = {
        f"optimizer/{name}": value.numpy()
        for name, value in optimizer_tensors(student.optimizer, student.agent).items()
    }
    return {**weights, **moments, STEPS: np.array(student.steps), VERSION: np.array(student.version)}


def restored(path: Path, birth: int, settings: TrainCtfSettings, member: Member) -> Student:
    """A member as the checkpoint at `path` has it, or as its ancestor `birth`, whose moments then are left out.

    Raises:
        ValueError: its files are of other sizes.
    """
    state = json.loads((path / STATE).read_text())
    entry = next(entry for entry in state["members"] if entry["birth"] == birth)
    agent = make_agent(settings)
    try:
        agent.load_state_dict(load_file(path / _name(entry["slot"], "weights")))
    except RuntimeError as error:
        raise ValueError(f"the weights in {path} are not those of the run's agents: {error}") from error
    student = student_of(settings, member, agent)
    if member.birth == birth:
        restore_optimizer(student.optimizer, agent, load_file(path / _name(entry["slot"], "optimizer")))
        student.steps, student.version = entry[STEPS], entry[VERSION]
    return student


def save(folder: Path, steps: int, seconds: float, members: list[Kept], chief: Chief, kept: int) -> Path:
    """Write a checkpoint into `folder`, whole or not at all, and remove all but the newest `kept`; 0 keeps all."""
    target = folder / f"step-{steps:012d}"
    if target.exists():  # damaged, or this one would have been gone on from
        shutil.rmtree(target)

    def fill(temporary: Path) -> None:
        entries = []
        for slot, birth, arrays in members:
            for part in ("weights", "optimizer"):
                prefix = f"{part}/"
                own = {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
                save_file(own, temporary / _name(slot, part))
            counts = {name: int(arrays[name]) for name in (STEPS, VERSION)}
            entries.append({"slot": slot, "birth": birth, **counts})
        chief.copy_to(temporary / CHIEF)
        state = {"steps": steps, "seconds": seconds, "members": entries}
        (temporary / STATE).write_text(json.dumps(state, indent=1) + "\n")

    write_folder(target, fill)
    for old in newest_first(folder)[kept:] if kept else []:
        shutil.rmtree(old, ignore_errors=True)
    return target


def newest(folder: Path, say: Callable[[str], None]) -> Standing | None:
    """The newest checkpoint in `folder` that is as it was written; None where there is none at all.

    Damaged ones are passed over, each with a message through `say`.

    Raises:
        ValueError: there are checkpoints, and all are damaged.
    """
    candidates = newest_first(folder)
    for path in candidates:
        try:
            check_folder(path)
            state: dict[str, Any] = json.loads((path / STATE).read_text())
            births = {entry["birth"]: entry["slot"] for entry in state["members"]}
            return Standing(path, state["steps"], state["seconds"], births)
        except (ValueError, KeyError, OSError, SafetensorError) as error:
            say(f"passing over a damaged checkpoint: {error}")
    if candidates:
        raise ValueError(
            f"all {len(candidates)} checkpoints in {folder} are damaged: begin a new run in another folder"
        )
    return None


def newest_first(folder: Path) -> list[Path]:
    """A run's checkpoints."""
    return sorted(folder.glob("step-*"), reverse=True)


def agent_of(kept: Kept, settings: TrainCtfSettings, member: Member) -> FtwAgent:
    """The agent of a member's state."""
    prefix, agent = "weights/", make_agent(settings)
    own = {name: array for name, array in kept.arrays.items() if name.startswith(prefix)}
    agent.load_state_dict({name.removeprefix(prefix): torch.from_numpy(np.array(a)) for name, a in own.items()})
    set_timescales(agent, member.hyperparameters)
    return agent


def members_in(checkpoint: Path) -> list[Path]:
    """Of every member in a checkpoint what names it, `CHECKPOINT/member-00`; none if `checkpoint` isn't one."""
    suffix = ".weights.safetensors"
    there = checkpoint.glob(f"member-*{suffix}") if (checkpoint / CHIEF).is_file() else ()
    return sorted(checkpoint / path.name.removesuffix(suffix) for path in there)


def settings_of(member: Path) -> TrainCtfSettings | None:
    """What the run trains with whose checkpoint's `member` is meant; None if there is none."""
    checkpoint = member.resolve().parent
    if member.name not in [path.name for path in members_in(checkpoint)]:
        return None
    return read_settings(checkpoint.parents[1], TrainCtfSettings())


def checkpointed_agent(member: Path) -> FtwAgent:
    """The agent of a member in a checkpoint, as `members_in` names it, ready to act.

    Raises:
        FileNotFoundError: there is none. ValueError: its files are damaged, or of another version.
    """
    settings, checkpoint = settings_of(member), member.parent
    if settings is None:
        raise FileNotFoundError(f"there is no {member}: expected a member of a checkpoint, as RUN/checkpoints/step-*/*")
    check_folder(checkpoint)
    slot = int(member.name.removeprefix("member-"))
    birth = {entry["slot"]: entry["birth"] for entry in json.loads((checkpoint / STATE).read_text())["members"]}[slot]
    with TemporaryDirectory() as folder:
        shutil.copyfile(checkpoint / CHIEF, Path(folder) / CHIEF)
        with Chief(Path(folder) / CHIEF) as chief:
            hyperparameters = chief.births[birth].hyperparameters
    return restored(checkpoint, birth, settings, Member(slot, birth, None, hyperparameters)).agent.eval()


def _name(slot: int, part: str) -> str:
    return f"member-{slot:02d}.{part}.safetensors"
