"""Cuts a rollout at its episodes' ends, so that a fused LSTM can run over whole fragments of like length.

A Python loop over time with a reset mask is some ten times slower; padding every fragment to the rollout's length would
waste most of the work. Fragments are therefore put into buckets by length, and each bucket is padded to its longest.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.nets import Memory

STEPS_APART = 1.3
"""Lengths in one bucket differ at most by this factor (or by SHORT steps)."""

SHORT = 8


class Bucket(NamedTuple):
    """Fragments of like length.

    Attributes:
        steps: `[time, fragment]` int64, where each step lies in a flattened `[time, env]` array; padding repeats the
            fragment's last step.
        valid: `[time, fragment]` bool, False in the padding.
        envs: `[fragment]` int64.
        fresh: `[fragment]` bool, whether the fragment begins with an episode (and so with a blank memory).
    """

    steps: Tensor
    valid: Tensor
    envs: Tensor
    fresh: Tensor


def buckets(ended_t: NDArray[np.bool_], envs: NDArray[np.int64]) -> Iterator[Bucket]:
    """The fragments of the rollout's columns `envs`, longest first.

    Args:
        ended_t: `[time, env]`, whether the step at t was its episode's last.
        envs: which columns.
    """
    n_envs = ended_t.shape[1]
    ends = ended_t[:, envs].copy()
    ends[-1] = True
    column, last = np.nonzero(ends.T)
    begins = np.concatenate([[True], column[1:] != column[:-1]])
    first = np.where(begins, 0, np.concatenate([[0], last[:-1] + 1]))
    length = last - first + 1
    order = np.argsort(-length, kind="stable")
    at = 0
    while at < len(order):
        longest = int(length[order[at]])
        least = min(longest / STEPS_APART, longest - SHORT)
        stop = at + int(np.searchsorted(-length[order[at:]], -least, side="right"))
        group = order[at:stop]
        steps = np.minimum(np.arange(longest)[:, None], length[group] - 1)
        yield Bucket(
            torch.from_numpy((first[group] + steps) * n_envs + envs[column[group]]),
            torch.from_numpy(np.arange(longest)[:, None] < length[group]),
            torch.from_numpy(envs[column[group]]),
            torch.from_numpy(first[group] > 0),
        )
        at = stop


def memory_of(bucket: Bucket, before: Memory) -> Memory:
    """The memory with which each fragment of a bucket begins, given the memory `before` the rollout."""
    keep = (~bucket.fresh).to(before.h.dtype)[None, :, None]
    return Memory(before.h[:, bucket.envs] * keep, before.c[:, bucket.envs] * keep)
