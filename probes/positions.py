"""Where the agent was k steps ago and will be in k steps, read out of its memory now.

Wijmans et al. 2023, section 4, and their code: one perceptron (256, 128, batch norm) for each k, fitted with the smooth
L1 loss to position[t + k] - position[t] in the frame of the episode's start. They leave k = 0 out, where that is
nothing; here k = 0 is the position itself, relative to the start.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from probes.fitting import Standardise, fit
from probes.measures import Score, score_of
from probes.records import Record, units
from probes.splits import LEAST_TEST_EPISODES, Split, partners, refuse_too_few, split_by_layout

OFFSETS = tuple(sorted({sign * 2**k for k in range(9) for sign in (-1, 1)} | {0}))
"""0 and plus and minus 1, 2, 4, ... 256 steps."""

NAMES = ("agent", "untrained", "shuffled", "constant")


class Positions(NamedTuple):
    """Mean errors in metres.

    Attributes:
        error: for every offset that could be asked, the Score of the `agent`; of the nulls `untrained` (an agent that
            never learned, on the same path) and `shuffled` (another episode's state after as many steps); and of
            `constant`, which always answers the mean of the training targets.
        refused: for every other offset why not.
    """

    error: dict[int, dict[str, Score]]
    refused: dict[int, str]


def decode_positions(
    record: Record,
    offsets: Sequence[int] = OFFSETS,
    *,
    samples: int = 10_000,
    epochs: int = 20,
    patience: int = 4,
    lr: float = 1e-3,
    weight_decay: float = 1e-4,
    batch: int = 256,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Positions:
    """Fit and score, for every offset, a decoder of the agent's states and one of each null's.

    Args:
        record: of episodes on several layouts; a quarter of these is for the test.
        offsets: k, in steps.
        samples: at most so many training samples for each offset, spread evenly over the episodes.
        epochs, patience, lr, weight_decay, batch: see `probes.fitting.fit`.
        seed: of the split, the samples, the false pairing and the decoders. say: told of every offset that is done.

    Raises:
        ValueError: too few layouts or test episodes, or no offset can be asked; the message says what would do. Where
            some can't, the rest is done and `refused` says why.
    """
    split = split_by_layout(record.layout_numbers(), seed)
    fitting = partial(fit, epochs=epochs, patience=patience, lr=lr, weight_decay=weight_decay, batch=batch, seed=seed)
    error: dict[int, dict[str, Score]] = {}
    refused: dict[int, str] = {}
    for k in offsets:
        began = time.perf_counter()
        try:
            error[k] = _scores(record, k, split, samples, seed, batch, fitting)
        except TooFewError as problem:
            refused[k] = str(problem)
        say(f"positions: k = {k}, {time.perf_counter() - began:.0f} s")
    if not error:
        raise ValueError(next(iter(refused.values()), "no offset was asked for: expected steps such as -4, 0, 4"))
    return Positions(error, refused)


class TooFewError(ValueError):
    """An offset can't be asked: the episodes are too few or too short."""


class _Rows(NamedTuple):
    """Moments at which an offset can be asked."""

    states: NDArray[np.int64]  # [row] which row of the record's states
    false: NDArray[np.int64]  # [row] which one another episode had after as many steps
    targets: NDArray[np.float32]  # [row, 2] metres
    episode: NDArray[np.int64]  # [row]


def _scores(
    record: Record, k: int, split: Split, samples: int, seed: int, batch: int, fitting: Callable[..., float]
) -> dict[str, Score]:
    """The mean errors at offset `k`."""
    rng = np.random.default_rng([seed, k + 2**20])
    each = max(1, samples // len(split.train))
    train, validation, test = (_rows(record, k, part, each, seed, rng) for part in split)
    n_units = sum(array.shape[1] for array in record.states.values())
    try:
        refuse_too_few(len(train.states), n_units, len(record.layouts))
        _refuse_short(len(np.unique(test.episode)), len(validation.states), k, len(record.layouts))
    except ValueError as problem:
        raise TooFewError(f"k = {k}: {problem}") from problem
    parts = (train, validation, test)
    targets = torch.from_numpy(np.concatenate([part.targets for part in parts]))
    rows = torch.arange(len(targets)).split([len(part.states) for part in parts])
    true = np.concatenate([part.states for part in parts])
    false = np.concatenate([part.false for part in parts])
    inputs = {
        "agent": units(record.states, true),
        "untrained": units(record.untrained, true),
        "shuffled": units(record.states, false),
    }
    answers = {
        name: _answer(torch.from_numpy(states), targets, rows, seed, batch, fitting) for name, states in inputs.items()
    }
    answers["constant"] = np.broadcast_to(train.targets.mean(0), test.targets.shape)
    return _errors(answers, test, record.layout_numbers())


def _refuse_short(n_tested: int, n_validated: int, k: int, n_episodes: int) -> None:
    if n_tested < LEAST_TEST_EPISODES or n_validated == 0:
        would_do = -(-n_episodes * LEAST_TEST_EPISODES // max(1, n_tested))
        raise ValueError(
            f"{n_tested} test episodes are longer than {abs(k)} steps, expected {LEAST_TEST_EPISODES} at least: record "
            f"{would_do} episodes or more, or longer ones"
        )


def _errors(answers: dict[str, NDArray[np.float32]], test: _Rows, layouts: NDArray[np.int64]) -> dict[str, Score]:
    """Mean distances from the answers to the truth, the mean of each test episode first."""
    episodes, of_row = np.unique(test.episode, return_inverse=True)
    _, clusters = np.unique(layouts[episodes], return_inverse=True)
    errors = {}
    for name in NAMES:
        distance = np.linalg.norm(answers[name] - test.targets, axis=1)
        errors[name] = np.bincount(of_row, weights=distance) / np.bincount(of_row)
    chance = float(errors["shuffled"].mean())
    return {name: score_of(values, chance, clusters) for name, values in errors.items()}


def _rows(record: Record, k: int, episodes: NDArray[np.int64], each: int, seed: int, rng: np.random.Generator) -> _Rows:
    """At most `each` moments of each of `episodes` at which it has been going for -k steps and goes on for k."""
    first_row, n_rows = record.rows()
    first, steps = record.episodes["first"], record.episodes["steps"]
    other = partners(episodes, len(first), seed)
    states: list[NDArray[np.int64]] = []
    for e in episodes:
        rows = first_row[e] + np.arange(int(n_rows[e]))
        t = record.at[rows] - first[e]
        rows = rows[(t + min(k, 0) >= 0) & (t + max(k, 0) < steps[e])]
        states.append(np.sort(rng.choice(rows, min(each, len(rows)), replace=False)))
    episode = np.repeat(episodes, [len(rows) for rows in states])
    chosen = np.concatenate(states)
    now = record.at[chosen]
    xy = record.steps["pose_start"][:, :2]
    targets = xy[now + k] - (xy[now] if k else 0.0)
    partner = other[episode]
    then = first[partner] + np.minimum(now - first[episode], steps[partner] - 1)
    false = np.minimum(np.searchsorted(record.at, then), first_row[partner] + n_rows[partner] - 1)
    return _Rows(chosen, false, targets.astype(np.float32), episode)


def _answer(
    states: Tensor, targets: Tensor, rows: tuple[Tensor, ...], seed: int, batch: int, fitting: Callable[..., float]
) -> NDArray[np.float32]:
    """Fit a decoder to the training rows; what it says of the test rows, `[row, 2]` metres."""
    train, validation, test = rows
    middle, spread = targets[train].mean(0), targets[train].std(0).clamp_min(1e-6)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = perceptron(states[train])

    def say(chosen: Tensor) -> Tensor:
        return middle + spread * decoder(states[chosen])

    fitting(decoder, lambda chosen: smooth_l1_loss(say(chosen), targets[chosen]), train, validation)
    with torch.no_grad():
        return torch.cat([say(chosen) for chosen in test.split(batch)]).numpy()


def perceptron(states: Tensor, sizes: tuple[int, ...] = (256, 128), outputs: int = 2) -> nn.Sequential:
    """States `[row, unit]` to `[row, outputs]`: linear layers with batch norm, and ReLU between them."""
    widths = [states.shape[1], *sizes]
    layers = [nn.Sequential(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ReLU()) for a, b in pairwise(widths)]
    return nn.Sequential(Standardise(states), *layers, nn.Linear(widths[-1], outputs))
