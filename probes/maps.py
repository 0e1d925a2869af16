"""The map of a house, read out of an agent's memory at the end of its walk.

Wijmans et al. 2023, section 4 and appendix. As in their code, the decoder reads h and c of all layers side by side,
learns from states spread over each episode (the mask covers what was visited until then) and is asked about the final
one, the last before STOP.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.ppo import precision_of_cpu
from probes.fitting import fit
from probes.grid import CELLS, masks_along, near, visited
from probes.map_decoder import MapDecoder, focal_loss
from probes.measures import Score, masked_balanced_accuracy, masked_iou, score_of
from probes.records import Record, units
from probes.splits import Split, partners, refuse_too_few, split_by_layout

MEASURES = {"iou": masked_iou, "balanced_accuracy": masked_balanced_accuracy}
NAMES = ("agent", "untrained", "shuffled", "mean_map", "all_free", "path")
THRESHOLDS = np.linspace(0.02, 0.98, 49)


class Maps(NamedTuple):
    """Maps decoded from the final states of test episodes, and how good they are.

    The focal loss weighs walls more than floor, so that a decoder that is not sure says `wall`, and its IoU falls to 0
    where drawing floor everywhere reaches the share of floor. `iou` and `balanced_accuracy` take the likelier class all
    the same, as the paper does; with `_fair` behind the name, a cell is free from that belief on which gave the best
    balanced accuracy at the ends of the validation layouts' episodes, for the agent and for each null alike.

    Attributes:
        split: which episodes were for what.
        belief: `[test episode, 96, 96]` in [0, 1] that a cell is free, by the agent's own decoder.
        threshold: of belief, for the `_fair` scores and for pictures.
        true, mask: `[test episode, 96, 96]` bool, the truth and the cells that are asked about.
        scores: for each measure (`iou` of free space, `balanced_accuracy`, and both `_fair`) the Score of the `agent`;
            of the nulls `untrained` (an agent that never learned, on the same path) and `shuffled` (other episodes'
            states); and of drawings that look at no state: `mean_map` (how often a cell is free in training maps),
            `all_free`, and, to compare with, `path`: the cells beside those that were visited, which is what somebody
            would draw who remembers the way exactly and nothing else.
    """

    split: Split
    belief: NDArray[np.float32]
    threshold: float
    true: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    scores: dict[str, dict[str, Score]]


def decode_maps(
    record: Record,
    *,
    states_per_episode: int = 8,
    epochs: int = 20,
    patience: int = 3,
    lr: float = 1e-3,
    weight_decay: float = 1e-5,
    batch: int = 128,
    dropout: float = 0.05,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Maps:
    """Fit a decoder to the agent's states, one to its untrained twin's and one to shuffled ones, and score all.

    Args:
        record: of episodes on several layouts; a quarter of these is for the test.
        states_per_episode: moments of each training episode that are learned from, evenly spread, the last included.
        epochs, patience, lr, weight_decay, batch: see `probes.fitting.fit`. dropout: see `MapDecoder`.
        seed: of the split, the false pairing and the decoders. say: told of every decoder that is done.

    Raises:
        ValueError: too few layouts, test episodes, or samples for the number of units; the message says what would do.
    """
    layouts = record.layout_numbers()
    split = split_by_layout(layouts, seed)
    n_units = sum(array.shape[1] for array in record.states.values())
    refuse_too_few(len(split.train) * states_per_episode, n_units, len(layouts))
    rows = _rows(record, split, states_per_episode)
    false = _chosen(record, _false_pairs(split, len(layouts), seed), split, states_per_episode)
    inputs = {
        "agent": (record.states, rows.chosen),
        "untrained": (record.untrained, rows.chosen),
        "shuffled": (record.states, false),
    }
    fitting = partial(fit, epochs=epochs, patience=patience, lr=lr, weight_decay=weight_decay, batch=batch, seed=seed)
    beliefs = {}
    for name, (states, chosen) in inputs.items():
        began = time.perf_counter()
        beliefs[name] = _draw(torch.from_numpy(units(states, chosen)), rows, dropout, seed, batch, fitting)
        say(f"maps: {name}, {time.perf_counter() - began:.0f} s")
    beliefs |= _without_memory(record, rows)
    thresholds, scores = _scored(beliefs, rows, layouts[split.test])
    true, mask = record.free[split.test], rows.mask[rows.test].numpy()
    return Maps(split, beliefs["agent"][len(rows.final) :], thresholds["agent"], true, mask, scores)


class _Rows(NamedTuple):
    """Moments of all episodes that are learned from or asked about."""

    chosen: NDArray[np.int64]  # [row] which row of the record's states
    free: Tensor  # [row, 96, 96] bool
    mask: Tensor  # [row, 96, 96] bool
    train: Tensor  # rows
    validation: Tensor
    final: Tensor  # of the validation rows the last of each episode
    test: Tensor


def _chosen(record: Record, episodes: NDArray[np.int64], split: Split, n: int) -> NDArray[np.int64]:
    """Rows of states of `episodes`, which stand in the places of the split's: `n` of each, for the test the last."""
    first, count = (column[episodes] for column in record.rows())
    n_learned = len(split.train) + len(split.validation)
    share = np.arange(1, n + 1) / n
    learned = first[:n_learned, None] + np.rint((count[:n_learned, None] - 1) * share).astype(np.int64)
    return np.concatenate([learned.reshape(-1), (first + count - 1)[n_learned:]])


def _rows(record: Record, split: Split, n: int) -> _Rows:
    """States, maps and masks of the split's episodes, those of one episode side by side."""
    episodes = np.concatenate(split)
    chosen = _chosen(record, episodes, split, n)
    repeats = np.where(np.arange(len(episodes)) < len(episodes) - len(split.test), n, 1)
    ends = np.cumsum(repeats)
    mask = np.empty((len(chosen), CELLS, CELLS), np.bool_)
    for e, begin, end in zip(episodes, ends - repeats, ends, strict=True):
        mask[begin:end] = masks_along(record.path(e), record.at[chosen[begin:end]] - record.episodes["first"][e])
    edges = np.cumsum([len(split.train) * n, len(split.validation) * n])
    train, validation, test = (torch.from_numpy(part) for part in np.split(np.arange(len(chosen)), edges))
    free = torch.from_numpy(np.repeat(record.free[episodes], repeats, 0))
    return _Rows(chosen, free, torch.from_numpy(mask), train, validation, validation[n - 1 :: n], test)


def _draw(
    states: Tensor, rows: _Rows, dropout: float, seed: int, batch: int, fitting: Callable[..., float]
) -> NDArray[np.float32]:
    """Fit a decoder to `states` `[row, unit]`; the belief that a cell is free, for the final and then the test rows."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = MapDecoder(states[rows.train], dropout)

    def logits(chosen: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision_of_cpu() == "bfloat16"):
            return decoder(states[chosen])

    fitting(decoder, lambda k: focal_loss(logits(k), rows.free[k], rows.mask[k]), rows.train, rows.validation)
    asked = torch.cat([rows.final, rows.test])
    with torch.no_grad():
        return torch.cat([logits(k).float().softmax(1)[:, 1] for k in asked.split(batch)]).numpy()


def _false_pairs(split: Split, n_episodes: int, seed: int) -> NDArray[np.int64]:
    """For every episode of the split, in its order, another one of the same part."""
    return np.concatenate([partners(part, n_episodes, seed)[part] for part in split])


def _without_memory(record: Record, rows: _Rows) -> dict[str, NDArray[np.float32]]:
    """What is drawn of the final and then the test rows by those who look at no state."""
    shape = (len(rows.final) + len(rows.test), CELLS, CELLS)
    return {
        "mean_map": np.broadcast_to(_mean_map(rows), shape),
        "all_free": np.ones(shape, np.float32),
        "path": _path_map(record, rows),
    }


def _mean_map(rows: _Rows) -> NDArray[np.float32]:
    """How often each cell is free in training maps where it is asked about; 0 where it never is."""
    mask = rows.mask[rows.train]
    return ((rows.free[rows.train] & mask).sum(0) / mask.sum(0).clamp_min(1)).numpy()


def _path_map(record: Record, rows: _Rows) -> NDArray[np.float32]:
    """The cells beside visited ones, for the final and then the test rows."""
    asked = rows.chosen[torch.cat([rows.final, rows.test]).numpy()]
    episodes = np.searchsorted(record.episodes["first"], record.at[asked], side="right") - 1
    return np.stack([near(visited(record.path(int(e))), 1) for e in episodes]).astype(np.float32)


def _scored(
    beliefs: dict[str, NDArray[np.float32]], rows: _Rows, layouts: NDArray[np.int64]
) -> tuple[dict[str, float], dict[str, dict[str, Score]]]:
    """Each drawing's threshold by the final rows, and all scores on the test rows, whose layouts are given."""
    n = len(rows.final)
    free, mask = (t[torch.cat([rows.final, rows.test])].numpy() for t in (rows.free, rows.mask))
    thresholds = {name: best_threshold(belief[:n], free[:n], mask[:n]) for name, belief in beliefs.items()}
    _, clusters = np.unique(layouts, return_inverse=True)
    scores: dict[str, dict[str, Score]] = {}
    for measure, function in MEASURES.items():
        for ending, cuts in (("", dict.fromkeys(beliefs, 0.5)), ("_fair", thresholds)):
            values = {name: function(beliefs[name][n:] > cuts[name], free[n:], mask[n:]) for name in NAMES}
            chance = float(values["shuffled"].mean())
            scores[measure + ending] = {name: score_of(value, chance, clusters) for name, value in values.items()}
    return thresholds, scores


def best_threshold(belief: NDArray[np.float32], free: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """The belief above which cells are called free for the best balanced accuracy over all cells of `mask` together."""
    is_free, at = free[mask], np.digitize(belief[mask], THRESHOLDS, right=True)
    n_free, n_wall = max(1, int(is_free.sum())), max(1, int((~is_free).sum()))
    above_free = n_free - np.cumsum(np.bincount(at[is_free], minlength=len(THRESHOLDS) + 1))
    below_wall = np.cumsum(np.bincount(at[~is_free], minlength=len(THRESHOLDS) + 1))
    accuracy = above_free / n_free + below_wall / n_wall
    return float(THRESHOLDS[accuracy[:-1].argmax()])
