"""Which facts of the game can be read out of an agent's memory, beside an untrained one's and another match's."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from probes.game_state_record import Recording
from probes.logistic import Readers, fit_readers
from probes.measures import Measurement
from probes.measures.ranking import auroc, interval, ranking, resamples
from probes.splits import Split, partners, refuse_too_few, split_by_layout

LEAST_SAMPLES = 50
"""Training samples in which a fact must be so, and in which it must not be so."""

LEAST_MATCHES = 5
"""Test matches in which it must be so at some moment, and in which it must not; and one validation match."""

RESAMPLES = 1000

CHANCE = 0.5
"""The area under the curve of answers that know nothing."""


class Known(NamedTuple):
    """How well one fact is read at one offset: areas under the ROC curve on test matches, with 95 % intervals by match.

    Attributes:
        agent: of the agent's memory. untrained: of an agent that never learned, on the same frames and actions.
        shuffled: of the memory of another match at the same time of the same seat, decoders fitted anew: what can be
            told from the clock alone. gain: the 95 % interval of `agent` less `untrained`, of the same resamples.
        share: of test samples in which the fact is so.
    """

    agent: Measurement
    untrained: Measurement
    shuffled: Measurement
    gain: tuple[float, float]
    share: float

    def is_known(self) -> bool:
        """Whether the agent's memory surely tells more of it than an untrained one's, and than another match's."""
        best_null = self.shuffled.interval[1] if self.shuffled.interval else self.shuffled.score
        lowest = self.agent.interval[0] if self.agent.interval else self.agent.score
        return self.gain[0] > 0.0 and lowest > best_null

    def document(self) -> dict[str, Any]:
        """As JSON."""
        each = {name: getattr(self, name).document() for name in ("agent", "untrained", "shuffled")}
        return {**each, "gain": list(self.gain), "share": self.share, "known": self.is_known()}


class GameState(NamedTuple):
    """`known[fact, offset]`, or in `refused[fact, offset]` why it can't be asked; and how matches were divided."""

    known: dict[tuple[str, float], Known]
    refused: dict[tuple[str, float], str]
    split: Split


def decode_game_state(
    recording: Recording, *, seed: int = 0, n_resamples: int = RESAMPLES, say: Callable[[str], None] = lambda line: None
) -> GameState:
    """Fit and score a logistic regression for every fact and offset, and one of each null's.

    Matches are divided so that no match, and no map, is on two sides; a quarter is for the test.

    Raises:
        ValueError: too few matches, maps or samples, or no fact can be asked; the message says what would do. Where
            some facts can't be asked, the rest is done and `refused` says why.
    """
    first = np.unique(recording.match, return_index=True)[1]
    split = split_by_layout(recording.map[first], seed)
    parts = [np.flatnonzero(np.isin(recording.match, matches)) for matches in split]
    refuse_too_few(len(parts[0]), recording.states.shape[1], recording.n_matches)
    keys = [(name, offset) for name in recording.names for offset in recording.offsets]
    answers = recording.facts.reshape(len(keys), -1).T
    reasons = [_refusal(answers[:, k], parts, recording) for k in range(len(keys))]
    refused = {key: why for key, why in zip(keys, reasons, strict=True) if why is not None}
    asked = [k for k, why in enumerate(reasons) if why is None]
    if not asked:
        raise ValueError(f"no fact can be asked; {keys[0][0]} at {keys[0][1]:+g} s: {reasons[0]}")
    say(f"{len(asked)} of {len(keys)} facts and offsets can be asked")
    inputs = {
        "agent": recording.states,
        "untrained": recording.untrained,
        "shuffled": recording.states[_false_pairing(recording, split, seed)],
    }
    said = {}
    for name, states in inputs.items():
        readers = _readers(states, answers[:, asked], parts)
        said[name] = readers.log_odds(states[parts[2]])
        say(f"read out of {name} memories")
    known = _scores(said, answers[parts[2]][:, asked], recording.match[parts[2]], n_resamples, seed)
    return GameState({keys[k]: found for k, found in zip(asked, known, strict=True)}, refused, split)


def _readers(states: NDArray[np.float16], answers: NDArray[np.int8], parts: list[NDArray[np.int64]]) -> Readers:
    train, validation, _ = parts
    with threadpool_limits(1):  # on a busy machine two threads took ten times as long as one
        return fit_readers(states[train], answers[train], states[validation], answers[validation])


def _false_pairing(recording: Recording, split: Split, seed: int) -> NDArray[np.int64]:
    """For every sample one of another match on the same side of the split, at the same step of the same seat.

    Where an opponent plays, seats swap sides: then the agent's k-th player there.
    """
    other = np.full(recording.n_matches, -1)
    for matches in split:
        pairs = partners(matches, recording.n_matches, seed)
        other[matches] = pairs[matches]
    first = np.searchsorted(recording.match, np.arange(recording.n_matches))
    within = np.arange(len(recording.match)) - first[recording.match]
    return first[other[recording.match]] + within


def _refusal(answers: NDArray[np.int8], parts: list[NDArray[np.int64]], recording: Recording) -> str | None:
    """Why a fact can't be asked, and what would do; None if it can."""
    train, validation, test = (answers[part] for part in parts)
    tests = recording.match[parts[2]]
    for value, so in ((1, "so"), (0, "not so")):
        n, n_given = int((train == value).sum()), int((train >= 0).sum())
        if n < LEAST_SAMPLES:
            return (
                f"{so} in {n} of {n_given} training samples, expected {LEAST_SAMPLES} at least: "
                f"{_cure(n, LEAST_SAMPLES, recording.n_matches)}"
            )
        there = len(np.unique(tests[test == value]))
        if there < LEAST_MATCHES or not (validation == value).any():
            return (
                f"{so} in {there} of {len(np.unique(tests))} test matches, expected {LEAST_MATCHES} at least (and one "
                f"for validation): {_cure(there, LEAST_MATCHES, recording.n_matches)}"
            )
    return None


def _cure(there: int, needed: int, n_matches: int) -> str:
    if there == 0:
        return "record many more matches, longer ones, or against another opponent"
    return f"record {max(n_matches + 1, -(-n_matches * needed // there))} matches or more"


def _scores(
    said: dict[str, NDArray[np.float32]],
    answers: NDArray[np.int8],
    matches: NDArray[np.int64],
    n_resamples: int,
    seed: int,
) -> list[Known]:
    """For every answer the areas under the curves; matches are resampled, the same for all."""
    n_matches, clusters = len(np.unique(matches)), np.unique(matches, return_inverse=True)[1].reshape(-1)
    drawn = resamples(n_matches, n_resamples, np.random.default_rng([seed, 1]))
    found = []
    for k in range(answers.shape[1]):
        given = answers[:, k] >= 0
        so = answers[given, k] == 1
        areas, measured = {}, {}
        for name, log_odds in said.items():
            by_match = ranking(log_odds[given, k], so, clusters[given], n_matches)
            areas[name] = by_match.areas(drawn)
            score = auroc(log_odds[given, k], so)
            measured[name] = Measurement(score, "score", CHANCE, int(given.sum()), interval(areas[name]))
        gain = interval(areas["agent"] - areas["untrained"])
        found.append(Known(**measured, gain=gain, share=float(so.mean())))
    return found
