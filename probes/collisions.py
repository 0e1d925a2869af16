"""Whether a memory knows of collisions, and in how few units: a sparse linear reader, pruned.

Wijmans et al. 2023, section 4, and their code: logistic regression on the standardised state with an L1 penalty, asked
whether the action just taken touched a wall; then the smallest weights are set to zero, one after the other, as long as
the balanced accuracy stays above 99 % of the best. The units that remain are the collision units. Penalty and pruning
are chosen on validation layouts here, the scores are those of test layouts.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from probes.logistic import scaling_of
from probes.measures import Score
from probes.records import Record, unit_names, units
from probes.splits import partners, refuse_too_few, split_by_layout
from sims.pointnav.state import FORWARD

PENALTIES = (0.1, 0.05, 0.025, 0.0125, 0.006, 0.003)
"""Of the mean loss, times the sum of the weights' sizes."""

KEPT = 0.99
"""Share of the best balanced accuracy that pruning must leave."""

LEAST_COLLISIONS = 20
STEPS = 400
"""Of FISTA, at each penalty."""

RESAMPLES = 2000


class Collisions(NamedTuple):
    """What the state says of collisions.

    Attributes:
        units: names of the units that remain, such as `c.0[17]`, the heaviest first. weights: theirs, on the
            standardised state. n_units: of the whole state.
        pruned: balanced accuracy on test layouts of the reader that is left; its chance is that of the same reader
            fitted to another episode's collisions. whole: of the reader before pruning.
        untrained, untrained_units: the same reader, pruned alike, of an agent that never learned, on the same path.
        shuffled: the null: states paired with another episode's collisions, after as many steps.
        majority: share of the commoner answer, which is what accuracy is to be read against; balanced it is 0.5.
        accuracy: of the pruned reader, not balanced.
        curve: for each number of units kept, the heaviest, the balanced accuracy on the test layouts.
    """

    units: tuple[str, ...]
    weights: NDArray[np.float32]
    n_units: int
    pruned: Score
    whole: Score
    untrained: Score
    untrained_units: int
    shuffled: Score
    majority: float
    accuracy: float
    curve: dict[int, float]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        scores = {name: getattr(self, name).document() for name in ("pruned", "whole", "untrained", "shuffled")}
        plain = {name: getattr(self, name) for name in ("n_units", "untrained_units", "majority", "accuracy")}
        curve = {str(k): value for k, value in self.curve.items()}
        return {"units": list(self.units), "weights": self.weights.tolist(), **plain, **scores, "curve": curve}


def decode_collisions(
    record: Record,
    *,
    forward_only: bool = False,
    samples: int = 20_000,
    penalties: Sequence[float] = PENALTIES,
    seed: int = 0,
) -> Collisions:
    """Read collisions out of the agent's states, out of its untrained twin's, and out of false pairs.

    Args:
        record: of episodes on several layouts; a quarter of these is for the test.
        forward_only: ask after FORWARD alone; after a turn there is no collision, which the previous action tells.
        samples: at most so many training samples, spread evenly over the episodes.
        penalties: one is chosen on the validation layouts. seed: of the split, the samples and the false pairs.

    Raises:
        ValueError: too few layouts, episodes, samples for the number of units, or collisions; the message says what
            would do. No penalties, or some not above 0.
    """
    if not penalties or min(penalties) <= 0.0:
        raise ValueError(f"penalties must be above 0, got {tuple(penalties)}: as in {PENALTIES}")
    split = split_by_layout(record.layout_numbers(), seed)
    rng = np.random.default_rng(seed)
    each = max(1, samples // len(split.train))
    train, validation, test = (_rows(record, part, each, forward_only, seed, rng) for part in split)
    parts = _Parts(train, validation, test)
    n_units = sum(array.shape[1] for array in record.states.values())
    refuse_too_few(len(parts.train.rows), n_units, len(record.layouts))
    _refuse_few_collisions(parts)
    own = _read(record.states, parts, penalties)
    blank = _read(record.untrained, parts, penalties)
    false = _Parts(*map(_falsely, parts))
    null = _read(record.states, false, penalties)
    layouts = record.layout_numbers()
    chance = _score(null.said, false.test, layouts, 0.0).score
    names = [f"{part}[{k}]" for part in unit_names(record.states) for k in range(record.states[part].shape[1])]
    answers = parts.test.collided
    return Collisions(
        tuple(names[k] for k in own.kept),
        own.weights,
        n_units,
        _score(own.said, parts.test, layouts, chance),
        _score(own.said_whole, parts.test, layouts, chance),
        _score(blank.said, parts.test, layouts, chance),
        len(blank.kept),
        _score(null.said, false.test, layouts, chance),
        float(max(answers.mean(), 1 - answers.mean())),
        float((own.said == answers).mean()),
        own.curve,
    )


class _Rows(NamedTuple):
    """Moments that are asked about."""

    rows: NDArray[np.int64]  # of the record's states
    collided: NDArray[np.bool_]  # whether the action before did
    false: NDArray[np.bool_]  # whether another episode's did after as many steps
    episode: NDArray[np.int64]


def _falsely(part: _Rows) -> _Rows:
    """The same moments with another episode's collisions."""
    return part._replace(collided=part.false)


class _Parts(NamedTuple):
    train: _Rows
    validation: _Rows
    test: _Rows


def after_collision(record: Record) -> NDArray[np.bool_]:
    """For every sample whether the action that led to it touched a wall; false at an episode's first."""
    touched = np.zeros(len(record.steps["collided"]), np.bool_)
    touched[1:] = record.steps["collided"][:-1]
    touched[record.episodes["first"]] = False
    return touched


def _rows(
    record: Record, episodes: NDArray[np.int64], each: int, forward_only: bool, seed: int, rng: np.random.Generator
) -> _Rows:
    """At most `each` moments of each of `episodes`, its first left out."""
    first_row, n_rows = record.rows()
    first, steps = record.episodes["first"], record.episodes["steps"]
    before = np.r_[np.int8(-1), record.steps["action"][:-1]]
    touched, other = after_collision(record), partners(episodes, len(first), seed)
    chosen: list[NDArray[np.int64]] = []
    for e in episodes:
        rows = first_row[e] + np.arange(int(n_rows[e]))
        asked = record.at[rows] > first[e]
        if forward_only:
            asked &= before[record.at[rows]] == FORWARD
        rows = rows[asked]
        chosen.append(np.sort(rng.choice(rows, min(each, len(rows)), replace=False)))
    rows = np.concatenate(chosen)
    episode = np.repeat(episodes, [len(part) for part in chosen])
    partner = other[episode]
    then = first[partner] + np.minimum(record.at[rows] - first[episode], steps[partner] - 1)
    return _Rows(rows, touched[record.at[rows]], touched[then], episode)


def _refuse_few_collisions(parts: _Parts) -> None:
    for name, part in parts._asdict().items():
        n = min(int(part.collided.sum()), int((~part.collided).sum()))
        if n < LEAST_COLLISIONS:
            raise ValueError(
                f"{n} of {len(part.rows)} {name} samples are the rarer kind (collision or none), expected "
                f"{LEAST_COLLISIONS} at least: record {-(-LEAST_COLLISIONS // max(1, n))} times as many episodes"
            )


class _Reader(NamedTuple):
    kept: NDArray[np.int64]
    weights: NDArray[np.float32]
    said: NDArray[np.bool_]  # of the test rows, by the units kept
    said_whole: NDArray[np.bool_]
    curve: dict[int, float]


def _read(states: dict[str, NDArray[np.float16]], parts: _Parts, penalties: Sequence[float]) -> _Reader:
    """Fit at every penalty; keep the reader with the fewest units that is as good as the best, on validation."""
    x = [units(states, part.rows) for part in parts]
    scaling = scaling_of(x[0])
    train, validation, test = (scaling.of(part) for part in x)
    fits = sparse_logistic(train, parts.train.collided, penalties)
    found = [(*prune(validation, parts.validation.collided, weights, bias), weights, bias) for weights, bias in fits]
    best = max(accuracy for _, accuracy, _, _ in found)
    good = [own for own in found if own[1] >= KEPT * best]
    kept, _, weights, bias = min(good, key=lambda own: len(own[0]))
    said_whole = test @ weights + bias > 0
    sums = np.cumsum(test[:, heaviest(weights)] * weights[heaviest(weights)], axis=1)
    numbers = np.unique(np.geomspace(1, len(weights), 40).round().astype(int))
    curve = {int(n): balanced_accuracy(sums[:, n - 1] + bias > 0, parts.test.collided) for n in numbers}
    return _Reader(kept, weights[kept], test[:, kept] @ weights[kept] + bias > 0, said_whole, curve)


def sparse_logistic(
    x: NDArray[np.float32], answers: NDArray[np.bool_], penalties: Sequence[float]
) -> list[tuple[NDArray[np.float32], float]]:
    """Logistic regressions with an L1 penalty, by FISTA (Beck, Teboulle 2009), each from the stricter one's weights.

    Args:
        x: standardised `[sample, unit]`. answers: `[sample]`. penalties: of the mean loss.

    Returns:
        Weights `[unit]` and bias for each penalty, in their order.
    """
    n = len(x)
    steep = 0.25 * (np.linalg.norm(x, 2) ** 2 / n + 1.0)  # a bound of the curvature, bias included
    weights, bias = np.zeros(x.shape[1], np.float32), float(np.log(answers.mean() / (1 - answers.mean())))
    found = {}
    for penalty in sorted(set(penalties), reverse=True):
        ahead, ahead_bias, t = weights, bias, 1.0
        for _ in range(STEPS):
            slope = (1.0 / (1.0 + np.exp(-np.clip(x @ ahead + ahead_bias, -30, 30))) - answers).astype(np.float32) / n
            free = ahead - (x.T @ slope) / steep
            now = (np.sign(free) * np.maximum(np.abs(free) - penalty / steep, 0.0)).astype(np.float32)
            now_bias = ahead_bias - float(slope.sum()) / steep
            t_next = (1 + (1 + 4 * t * t) ** 0.5) / 2
            ahead, ahead_bias = (
                now + (t - 1) / t_next * (now - weights),
                now_bias + (t - 1) / t_next * (now_bias - bias),
            )
            weights, bias, t = now, now_bias, t_next
        found[penalty] = (weights, bias)
    return [found[penalty] for penalty in penalties]


def heaviest(weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """Units in the order of their weights' sizes, the largest first."""
    return np.argsort(-np.abs(weights), kind="stable")


def prune(
    x: NDArray[np.float32], answers: NDArray[np.bool_], weights: NDArray[np.float32], bias: float, share: float = KEPT
) -> tuple[NDArray[np.int64], float]:
    """The fewest of the heaviest units that keep more than `share` of the best balanced accuracy, and what they have.

    Args:
        x: standardised `[sample, unit]`. answers: `[sample]`, both kinds among them. weights: `[unit]`. bias: as fitted
            with all units.
    """
    order = heaviest(weights)
    order = order[: max(1, int((weights != 0).sum()))]
    sums = np.cumsum(x[:, order] * weights[order], axis=1) + bias
    accuracy = np.array([balanced_accuracy(column > 0, answers) for column in sums.T])
    n = int(np.argmax(accuracy > share * accuracy.max())) + 1
    return order[:n], float(accuracy[n - 1])


def balanced_accuracy(said: NDArray[np.bool_], answers: NDArray[np.bool_]) -> float:
    """The mean of the shares of collisions and of other moments that are told right; 0.5 knows nothing."""
    return 0.5 * float(said[answers].mean()) + 0.5 * float((~said[~answers]).mean())


def _score(said: NDArray[np.bool_], part: _Rows, layouts: NDArray[np.int64], chance: float) -> Score:
    """Balanced accuracy with its 95 % interval, whole layouts being resampled."""
    right, answers = said == part.collided, part.collided
    counted = np.stack([right & answers, answers, right & ~answers, ~answers]).astype(np.float64)
    _, clusters = np.unique(layouts[part.episode], return_inverse=True)
    counts = np.stack([np.bincount(clusters, weights=row) for row in counted])
    drawn = np.random.default_rng(0).integers(counts.shape[1], size=(RESAMPLES, counts.shape[1]))
    a, n_a, b, n_b = counts[:, drawn].sum(2)
    low, high = np.quantile(0.5 * a / np.maximum(n_a, 1) + 0.5 * b / np.maximum(n_b, 1), [0.025, 0.975])
    score = balanced_accuracy(said, answers)
    return Score(score, chance, (float(low), float(high)), len(np.unique(part.episode)))
