"""Trainings, one a folder: made in processes side by side, kept, and never made twice.

`OUT/runs/<architecture>-<arm>-<seed>/` has `weights.safetensors`, `run.json` (`asking.ask`, and how it was trained) and
a manifest. Trainings of one seed begin with the same weights and see the same scenes in the same order.
"""

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file

from probes.reproduce.asking import ask
from probes.reproduce.fitting import Recipe, fit, logits_and_layers, settle
from probes.reproduce.networks import Architecture, network
from probes.reproduce.pictures import FIXED, VARIED, Pictures, load_pictures
from sims.core.files import MANIFEST, check_folder, write_folder
from sims.core.processes import die_with

RUN, WEIGHTS = "run.json", "weights.safetensors"
UNTRAINED, AUGMENTED = "untrained", "-augmented"

ARMS = (UNTRAINED, *(name + how for name in (FIXED, *VARIED.values()) for how in ("", AUGMENTED)))
"""What a network is trained on: nothing, or a training set, as it is or augmented."""


class Training(NamedTuple):
    """One network to be trained."""

    architecture: Architecture
    arm: str
    seed: int

    @property
    def name(self) -> str:
        """Of its folder."""
        return f"{self.architecture}-{self.arm}-{self.seed}"


class Work(NamedTuple):
    """What all trainings share: folders of the pictures and of the results, and how to learn and ask."""

    data: Path
    out: Path
    recipes: dict[Architecture, Recipe]
    n_resamples: int

    def folder(self, training: Training) -> Path:
        """Where it is kept."""
        return self.out / "runs" / training.name


def train_all(
    work: Work, pictures: Pictures, trainings: Sequence[Training], processes: int, say: Callable[[str], None]
) -> int:
    """Train those that aren't kept yet, each on one thread, so that a result doesn't depend on how many run at once.

    Args:
        pictures: those of `work.data`. processes: side by side; 1 is this process itself. say: told of each.

    Returns:
        How many were trained now.

    Raises:
        ValueError: a training that is kept is damaged. ChildProcessError: a process was ended from outside. Whatever a
            training raises. What is done stays in any case.
    """
    missing = [training for training in trainings if not _kept(work.folder(training))]
    say(f"{len(trainings) - len(missing)} of {len(trainings)} trainings are there, {len(missing)} to go")
    began, done = time.perf_counter(), 0

    def tell(name: str) -> None:
        nonlocal done
        done += 1
        took = time.perf_counter() - began
        left = took / done * (len(missing) - done)
        say(f"{name}: {done} of {len(missing)}, {took / 60:.1f} min, about {left / 60:.1f} left")

    if processes == 1:
        for training in missing:
            tell(_train(training, work, pictures))
        return len(missing)
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(processes, context, _begin, (work.data, os.getpid())) as pool:
            waiting = [pool.submit(_train_there, training, work) for training in missing]
            try:
                for future in as_completed(waiting):
                    tell(future.result())
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    except BrokenProcessPool as error:
        raise ChildProcessError(
            "a process that trained was ended from outside, perhaps for want of memory: run the same command again, "
            "which goes on with what is missing, or with --processes 1"
        ) from error
    return len(missing)


def load_runs(work: Work, trainings: Sequence[Training]) -> dict[Training, dict[str, Any]]:
    """What `run.json` says of each; `train_all` has checked them."""
    return {training: json.loads((work.folder(training) / RUN).read_text()) for training in trainings}


def _kept(folder: Path) -> bool:
    if not folder.exists():
        return False
    if not (folder / MANIFEST).is_file():
        raise ValueError(f"{folder} has no {MANIFEST}: remove it to have it made anew")
    check_folder(folder)
    return True


_there: dict[str, Pictures] = {}
"""The pictures of a process that trains, read once."""


def _begin(data: Path, parent: int) -> None:
    die_with(parent)
    _there["pictures"] = load_pictures(data)


def _train_there(training: Training, work: Work) -> str:
    return _train(training, work, _there["pictures"])


def _train(training: Training, work: Work, pictures: Pictures) -> str:
    """Train, ask and keep one; its name."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _train_one(training, work, pictures)
    finally:
        torch.set_num_threads(threads)
    return training.name


def _train_one(training: Training, work: Work, pictures: Pictures) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    recipe, arm = work.recipes[training.architecture], training.arm
    own = network(training.architecture, len(pictures.classes), pictures.test.images.shape[1], training.seed)
    shown = pictures.train[FIXED if arm == UNTRAINED else arm.removesuffix(AUGMENTED)]
    loss = None
    if arm == UNTRAINED:
        settle(own, shown)
    else:
        loss = fit(own, shown, recipe, augmented=arm.endswith(AUGMENTED), seed=training.seed)
    logits, _ = logits_and_layers(own, shown)
    run = {
        **training._asdict(),
        "recipe": asdict(recipe),
        "pictures": len(shown.labels),
        "loss": loss,
        "accuracy_trained": float((logits.argmax(1).numpy() == shown.labels).mean()),
        **ask(own, pictures, work.n_resamples),
    }
    run |= {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}

    def fill(folder: Path) -> None:
        save_file({name: tensor.contiguous() for name, tensor in own.state_dict().items()}, folder / WEIGHTS)
        (folder / RUN).write_text(json.dumps(run, indent=1) + "\n")

    write_folder(work.folder(training), fill)
