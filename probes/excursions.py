"""Whether excursions are forgotten: how well places passed on a detour are decoded, beside those passed on the way.

Wijmans et al. 2023, section 4: an excursion is a part of the path that is left out when the agent takes the short way;
there people labelled them by hand. Here an algorithm does: an excursion is a loop that leaves the path and rejoins it.
From each step on, the latest step is sought that lies within REJOIN of it, after a walk of at least WALKED on which the
agent was at least AWAY from where it left; all steps between the two are the excursion, and the search goes on behind
it. So excursions do not overlap, an excursion within another is part of it, and turning on the spot is none.

As in the reference, a decoder for each lag says, out of the memory now, where the agent was so many steps ago relative
to now, and the error is divided by that distance (places nearer than LEAST_DISTANCE are left out). Asked is whether it
is larger for places of excursions that are over than for places of none; now, the agent is on no excursion either way.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import smooth_l1_loss

from probes.fitting import fit
from probes.measures import Score
from probes.positions import perceptron
from probes.records import Record, units
from probes.splits import Split, partners, refuse_too_few, split_by_layout

REJOIN, WALKED, AWAY = 0.5, 3.0, 1.0
"""Metres; see above."""

LAGS = (8, 16, 32, 64, 128)
"""Steps ago; the reference: 1 to 64."""

LEAST_DISTANCE = 0.5
"""Metres between now and then, below which a relative error says nothing."""

LEAST_PLACES = 20
"""Of each kind, at a lag."""

RESAMPLES = 1000
NAMES = ("agent", "untrained", "shuffled")


def excursions(xy: NDArray[np.floating]) -> list[tuple[int, int]]:
    """The excursions of a path, first and last step of each, which both lie on the path that remains.

    Args:
        xy: `[step, 2]`, metres.
    """
    xy = np.asarray(xy, np.float64)
    walked = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(xy, axis=0), axis=1))]
    found, i = [], 0
    while i < len(xy):
        apart = np.linalg.norm(xy[i:] - xy[i], axis=1)
        back = (apart <= REJOIN) & (walked[i:] - walked[i] >= WALKED) & (np.maximum.accumulate(apart) >= AWAY)
        if back.any():
            last = i + int(np.flatnonzero(back)[-1])
            found.append((i, last))
            i = last
        i += 1
    return found


def labels(xy: NDArray[np.floating]) -> NDArray[np.int64]:
    """For each step of a path `[step, 2]` the number of its excursion from 1 on, 0 where it is on none."""
    label = np.zeros(len(xy), np.int64)
    for number, (first, last) in enumerate(excursions(xy), 1):
        label[first + 1 : last] = number
    return label


class Forgetting(NamedTuple):
    """Relative errors of decoded places, by lag; chance is the same of shuffled states.

    Attributes:
        excursion, rest: for each lag the Score of the `agent`, of the null `untrained` (an agent that never learned, on
            the same path), and of `shuffled` ones (another episode's state), at places of excursions and of none.
        difference: for each lag the agent's error at excursions less that at the rest, and its untrained twin's, each
            with its interval: above 0, excursions are forgotten. overall: the same of the mean over lags.
        share: of steps that are on an excursion. refused: lags that can't be asked, and why.
    """

    excursion: dict[int, dict[str, Score]]
    rest: dict[int, dict[str, Score]]
    difference: dict[int, dict[str, Score]]
    overall: dict[str, Score]
    share: float
    refused: dict[int, str]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        by_lag = {
            name: {str(k): _documents(scores) for k, scores in getattr(self, name).items()}
            for name in ("excursion", "rest", "difference")
        }
        refused = {str(k): why for k, why in self.refused.items()}
        return {**by_lag, "overall": _documents(self.overall), "share": self.share, "refused": refused}


def decode_excursions(
    record: Record,
    lags: Sequence[int] = LAGS,
    *,
    samples: int = 10_000,
    epochs: int = 20,
    patience: int = 4,
    lr: float = 1e-3,
    weight_decay: float = 1e-4,
    batch: int = 256,
    seed: int = 0,
    say: Callable[[str], None] = lambda line: None,
) -> Forgetting:
    """Fit a decoder for every lag, as `probes.positions` does, and score it apart on excursions and on the rest.

    Args:
        record: of episodes on several layouts; a quarter of these is for the test.
        lags: steps ago, above 0. samples: at most so many training samples for each, spread evenly over the episodes.
        epochs, patience, lr, weight_decay, batch: see `probes.fitting.fit`.
        seed: of the split, the samples, the false pairs and the decoders. say: told of every lag that is done.

    Raises:
        ValueError: too few layouts, episodes or samples, lags below 1, or none that can be asked; the message says what
            would do.
    """
    if not lags or min(lags) < 1:
        raise ValueError(f"lags must be steps ago, 1 at least, got {tuple(lags)}: as in {LAGS}")
    split = split_by_layout(record.layout_numbers(), seed)
    label = np.concatenate([labels(record.path(e)) for e in range(len(record.layouts))])
    fitting = partial(fit, epochs=epochs, patience=patience, lr=lr, weight_decay=weight_decay, batch=batch, seed=seed)
    found: dict[int, _Places] = {}
    refused: dict[int, str] = {}
    for lag in lags:
        began = time.perf_counter()
        try:
            found[lag] = _places(record, label, lag, split, samples, seed, batch, fitting)
        except ValueError as problem:
            refused[lag] = str(problem)
        say(f"excursions: lag {lag}, {time.perf_counter() - began:.0f} s")
    if not found:
        raise ValueError(next(iter(refused.values())))
    excursion, rest = ({k: _scored(places, record, side) for k, places in found.items()} for side in (True, False))
    difference = {k: _differences([places], record) for k, places in found.items()}
    overall = _differences(list(found.values()), record)
    return Forgetting(excursion, rest, difference, overall, float((label > 0).mean()), refused)


class _Places(NamedTuple):
    """Test moments at one lag."""

    errors: dict[str, NDArray[np.float64]]  # [row], relative
    excursion: NDArray[np.bool_]
    episode: NDArray[np.int64]


class _Rows(NamedTuple):
    rows: NDArray[np.int64]  # of the record's states
    false: NDArray[np.int64]
    then: NDArray[np.int64]  # samples
    targets: NDArray[np.float32]  # [row, 2] metres from now to then
    episode: NDArray[np.int64]


def _rows(record: Record, lag: int, episodes: NDArray[np.int64], seed: int) -> _Rows:
    """All moments of `episodes` that have states and come `lag` steps or more after the start."""
    first_row, n_rows = record.rows()
    first, steps = record.episodes["first"], record.episodes["steps"]
    chosen = [first_row[e] + np.arange(int(n_rows[e])) for e in episodes]
    chosen = [rows[record.at[rows] - first[e] >= lag] for e, rows in zip(episodes, chosen, strict=True)]
    rows, episode = np.concatenate(chosen), np.repeat(episodes, [len(part) for part in chosen])
    now = record.at[rows]
    xy = record.steps["pose_start"][:, :2]
    partner = partners(episodes, len(first), seed)[episode]
    other = first[partner] + np.minimum(now - first[episode], steps[partner] - 1)
    false = np.minimum(np.searchsorted(record.at, other), first_row[partner] + n_rows[partner] - 1)
    return _Rows(rows, false, now - lag, (xy[now - lag] - xy[now]).astype(np.float32), episode)


def _some(rows: _Rows, chosen: NDArray[Any]) -> _Rows:
    """Those rows alone, by indices or a mask."""
    return _Rows._make(array[chosen] for array in rows)


def _places(
    record: Record,
    label: NDArray[np.int64],
    lag: int,
    split: Split,
    samples: int,
    seed: int,
    batch: int,
    fitting: Callable[..., float],
) -> _Places:
    """Fit the decoders of one lag, and their errors at test moments that are on no excursion."""
    train, validation, test = (_rows(record, lag, part, seed) for part in split)
    some = np.sort(np.random.default_rng([seed, lag]).permutation(len(train.rows))[:samples])
    train = _some(train, some)
    n_units = sum(array.shape[1] for array in record.states.values())
    refuse_too_few(len(train.rows), n_units, len(record.layouts))
    distance = np.linalg.norm(test.targets, axis=1)
    asked = (distance >= LEAST_DISTANCE) & (label[test.then + lag] == 0)
    test, distance = _some(test, asked), distance[asked]
    excursion = label[test.then] > 0
    fewest = min(int(excursion.sum()), int((~excursion).sum()))
    if fewest < LEAST_PLACES or len(validation.rows) == 0:
        raise ValueError(
            f"{excursion.sum()} of {len(excursion)} test places {lag} steps ago lie on excursions, expected "
            f"{LEAST_PLACES} of both kinds at least: record {-(-LEAST_PLACES // max(1, fewest))} times as many episodes"
        )
    parts = (train, validation, test)
    errors = {}
    for name, states, rows in (
        ("agent", record.states, [part.rows for part in parts]),
        ("untrained", record.untrained, [part.rows for part in parts]),
        ("shuffled", record.states, [part.false for part in parts]),
    ):
        said = _answers([units(states, own) for own in rows], parts, seed, batch, fitting)
        errors[name] = np.linalg.norm(said - test.targets, axis=1).astype(np.float64) / distance
    return _Places(errors, excursion, test.episode)


def _answers(
    states: list[NDArray[np.float32]],
    parts: tuple[_Rows, _Rows, _Rows],
    seed: int,
    batch: int,
    fitting: Callable[..., float],
) -> NDArray[np.float32]:
    """Fit a decoder to the training rows; what it says of the test rows, `[row, 2]` metres."""
    x = torch.from_numpy(np.concatenate(states))
    targets = torch.from_numpy(np.concatenate([part.targets for part in parts]))
    train, validation, test = torch.arange(len(x)).split([len(part) for part in states])
    middle, spread = targets[train].mean(0), targets[train].std(0).clamp_min(1e-6)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        decoder = perceptron(x[train])
    fitting(decoder, lambda rows: smooth_l1_loss(middle + spread * decoder(x[rows]), targets[rows]), train, validation)
    with torch.no_grad():
        return torch.cat([middle + spread * decoder(x[rows]) for rows in test.split(batch)]).numpy()


def _scored(places: _Places, record: Record, excursion: bool) -> dict[str, Score]:
    """Mean relative errors at excursions, or at the rest."""
    some = places.excursion == excursion
    clusters, n = record.layout_numbers()[places.episode[some]], len(np.unique(places.episode[some]))
    chance = float(places.errors["shuffled"][some].mean())
    return {
        name: Score(float(errors[some].mean()), chance, _interval(_sums(errors[some], clusters)), n)
        for name, errors in places.errors.items()
    }


def _sums(values: NDArray[np.float64], clusters: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum and number of the values of each cluster that occurs, `[2, cluster]`."""
    _, of = np.unique(clusters, return_inverse=True)
    return np.stack([np.bincount(of, weights=weights) for weights in (values, np.ones(len(of)))]).astype(np.float64)


def _interval(sums: NDArray[np.float64]) -> tuple[float, float]:
    drawn = np.random.default_rng(0).integers(sums.shape[1], size=(RESAMPLES, sums.shape[1]))
    total, count = sums[:, drawn].sum(2)
    low, high = np.quantile(total / count, [0.025, 0.975])
    return float(low), float(high)


def _differences(all_places: list[_Places], record: Record) -> dict[str, Score]:
    """Error at excursions less error at the rest, the mean over lags, whole layouts being resampled."""
    numbers = record.layout_numbers()
    there = np.unique(np.concatenate([numbers[places.episode] for places in all_places]))
    drawn = np.random.default_rng(0).integers(len(there), size=(RESAMPLES, len(there)))
    drawn = np.concatenate([np.arange(len(there))[None], drawn])  # the layouts as they are come first
    found = {}
    for name in NAMES:
        by_lag = []
        for places in all_places:
            of = np.searchsorted(there, numbers[places.episode])
            means = []
            for side in (places.excursion, ~places.excursion):
                total = np.bincount(of[side], weights=places.errors[name][side], minlength=len(there))[drawn].sum(1)
                count = np.bincount(of[side], minlength=len(there))[drawn].sum(1)
                means.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
            by_lag.append(means[0] - means[1])
        values = np.nanmean(by_lag, axis=0)
        low, high = np.nanquantile(values[1:], [0.025, 0.975])
        n = len(np.unique(np.concatenate([places.episode for places in all_places])))
        found[name] = Score(float(values[0]), 0.0, (float(low), float(high)), n)
    return found


def _documents(scores: dict[str, Score]) -> dict[str, Any]:
    return {name: score.document() for name, score in scores.items()}
