"""Learner processes: one a core on this machine, or as many as torchrun starts on many machines.

Each learner steps its own envs; gradients are averaged over all of them (DD-PPO, Wijmans et al. 2020).
"""

import ctypes
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
import torch.distributed.nn  # imported after the process group is there, by an optimizer, it would keep gloo's threads
from torch import distributed as dist
from torch.multiprocessing.spawn import ProcessContext, spawn

from sims.core.processes import die_with
from sims.core.threads import available_threads

PATIENCE = timedelta(minutes=30)
"""How long a learner waits for the others: as long as a large pool may take to build."""

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Names of glibc's `mallopt`."""


class Learner(NamedTuple):
    """Which of the learners this process is, and where it computes."""

    rank: int
    world: int
    device: torch.device


def under_torchrun() -> bool:
    """Whether this process was started by torchrun."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_first() -> bool:
    """Whether this process is, or will be, the first learner."""
    return not under_torchrun() or os.environ["RANK"] == "0"


def default_processes() -> int:
    """A learner for every GPU or, without one, for every core that this process may use."""
    if under_torchrun():
        return int(os.environ["WORLD_SIZE"])
    return torch.cuda.device_count() or available_threads()


def env_threads(learner: Learner) -> int:
    """Threads that step a learner's envs: one beside a network on its core, its share of the cores beside a GPU."""
    if learner.device.type == "cpu":
        return 1
    return max(1, available_threads() // min(learner.world, torch.cuda.device_count()))


def run_learners(work: Callable[[Learner, Any], None], argument: Any, processes: int) -> None:
    """Run `work(learner, argument)` in `processes` learners and wait for them; one that fails ends all.

    This process is the first of them. Under torchrun, which has started them all, it only takes its place.

    Raises:
        ValueError: torchrun started another number of learners. Whatever `work` raises.
    """
    if under_torchrun():
        if int(os.environ["WORLD_SIZE"]) != processes:
            raise ValueError(f"torchrun started {os.environ['WORLD_SIZE']} learners, the run has {processes}")
        _work(int(os.environ["RANK"]), work, argument, processes, "env://")
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting = (Path(folder) / "meeting").as_uri()
        others = cast(
            ProcessContext,
            spawn(_work_as_another, (os.getpid(), work, argument, processes, meeting), processes - 1, join=False),
        )
        try:
            _work(0, work, argument, processes, meeting)
        except RuntimeError:
            if processes > 1:
                others.join(timeout=5.0, grace_period=1.0)  # raises what another learner died of
            raise
        finally:
            for process in others.processes:
                process.join(timeout=5.0)
                process.kill()


def _work_as_another(
    index: int, first: int, work: Callable[[Learner, Any], None], argument: Any, processes: int, meeting: str
) -> None:
    die_with(first)  # Torch asks for an interrupt then, which one that waits at the meeting does not hear
    _work(index + 1, work, argument, processes, meeting)


def _work(rank: int, work: Callable[[Learner, Any], None], argument: Any, processes: int, meeting: str) -> None:
    cuda = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", rank))
    device = torch.device("cuda", local % torch.cuda.device_count()) if cuda else torch.device("cpu")
    with prepared_cpu():
        if processes > 1:
            if cuda:
                torch.cuda.set_device(device)
            dist.init_process_group("nccl" if cuda else "gloo", meeting, PATIENCE, processes, rank)
        try:
            work(Learner(rank, processes, device), argument)
        finally:
            if processes > 1:
                dist.destroy_process_group()  # with it gloo's threads: a process that exits while they live may abort


@contextmanager
def prepared_cpu(threads: int = 1) -> Iterator[None]:
    """One thread, since there is a process for every core; denormals to zero, or an LSTM crawls; freed memory is kept.

    A process that is alone with large convolutions is better off with more `threads`; an LSTM's steps are too small.

    The buffers of an LSTM over a rollout are tens of megabytes: given back to the system and taken anew each time,
    their page faults cost a quarter of the speed. Threads and denormals are afterwards as they were before.
    """
    before, flushed = torch.get_num_threads(), bool(torch.tensor(1e-40) * 1.0 == 0.0)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc only
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_flush_denormal(flushed)


def total(values: torch.Tensor) -> torch.Tensor:
    """The sum of `values` over all learners."""
    if dist.is_initialized():
        dist.all_reduce(values)
    return values


def gather(own: dict[str, torch.Tensor], learner: Learner) -> list[dict[str, torch.Tensor]]:
    """Every learner's `own`, in the order of ranks, on the first learner; an empty list on the others."""
    if learner.world == 1:
        return [own]
    everyone: list[Any] | None = [None] * learner.world if learner.rank == 0 else None
    dist.gather_object(own, everyone)
    return everyone or []


def from_first(own: Any, learner: Learner) -> Any:
    """The first learner's `own`, on all."""
    if learner.world == 1:
        return own
    box = [own]
    dist.broadcast_object_list(box)
    return box[0]
