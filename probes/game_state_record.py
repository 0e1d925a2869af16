"""What FTW agents held in memory at moments of whole matches, and which facts were so then, before and afterwards."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from agents.ftw.agent import FtwAgent
from agents.ftw.core import Memory
from agents.ftw.matches import pairings
from agents.ftw.playing import HELD_OUT, Batch, Entrant, Fixture, Moment, batches, steps_of
from agents.ftw.policy import FtwPolicy
from agents.ftw.saved import arguments_of
from probes.game_state_facts import FACTS, Fact
from probes.game_state_scene import Scene, blank_scene, note
from sims.core.checks import check_whole
from sims.core.seeding import slot_seeds
from sims.ctf.pool import MapNames
from sims.ctf.state import RULES, STEPS_PER_SECOND, Rules

OFFSETS = (-5.0, -1.0, 0.0, 1.0, 5.0)
"""Seconds from the moment of a memory to that of the fact: below 0 what was, above 0 what will be."""

AGENT = "agent"
"""Name of the agent that is asked about, in the matches that it plays."""

UNKNOWN = -1
"""A fact of a moment before the match or after it."""

MATCHES_AT_ONCE = 32
"""Their facts are worked out together: at 4,500 steps and four players, 70 MB."""


class Recording(NamedTuple):
    """Memories and facts: a sample for each match, moment and player of the agent's, in this order.

    Attributes:
        states, untrained: `[sample, unit]` float16, of the agent, and of one that never learned and was shown the same
            frames and told the same actions: h and c of the (fast) LSTM, then of the slow one.
        facts: `[fact, offset, sample]` int8: 1 where it is so, 0 where not, UNKNOWN beyond the match.
        match, map, step, player: `[sample]`; `map` numbers the pool's. n_matches: recorded.
        names: of the facts. offsets: seconds.
    """

    states: NDArray[np.float16]
    untrained: NDArray[np.float16]
    facts: NDArray[np.int8]
    match: NDArray[np.int64]
    map: NDArray[np.int64]
    step: NDArray[np.int64]
    player: NDArray[np.int64]
    n_matches: int
    names: tuple[str, ...]
    offsets: tuple[float, ...]


def untrained_twin(agent: FtwAgent, seed: int) -> FtwAgent:
    """An agent of the same architecture with fresh weights, in float32: a null should not suffer from rounding."""
    arguments = {**arguments_of(agent), "precision": "float32"}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FtwAgent(**{**arguments, "factors": agent.factors}).eval()


def record_matches(
    agent: FtwAgent,
    n_matches: int,
    *,
    opponent: Entrant | None = None,
    moments: int = 24,
    offsets: Sequence[float] = OFFSETS,
    facts: Sequence[Fact] = FACTS,
    team_size: int = 2,
    maps: MapNames = HELD_OUT,
    rules: Rules = RULES,
    seed: int = 0,
    progress: Callable[[int], None] = lambda n: None,
) -> Recording:
    """Have `agent` play whole matches and keep its memory, and its untrained twin's, at evenly spread moments.

    Args:
        opponent: who plays against a team of copies of it, half the matches as red; by default it plays both sides.
        moments: of each match, the last step among them. offsets: seconds, to the step. facts: what is noted.
        seed: of matches, draws and the twin's weights. progress: called with matches played.

    Raises:
        ValueError: as `agents.ftw.playing.batches`; more moments than steps; no offsets, or one twice.
    """
    check_whole(n_matches=n_matches, moments=moments, team_size=team_size)
    if moments > rules.match_steps:
        raise ValueError(f"a match of {rules.match_steps} steps has no {moments} moments: ask for as many or fewer")
    if not offsets or len(set(offsets)) < len(offsets) or not np.isfinite(offsets).all():
        raise ValueError(f"offsets must be seconds, each another, got {tuple(offsets)}: as in {OFFSETS}")
    entrants: dict[str, Entrant] = {AGENT: agent} if opponent is None else {AGENT: agent, "opponent": opponent}
    own = (AGENT,) * team_size
    if opponent is None:
        fixtures = [Fixture((*own, *own), k) for k in slot_seeds(seed, n_matches).tolist()]
    else:
        fixtures = pairings([own, ("opponent",) * team_size], n_matches, seed)
    at = -(-rules.match_steps * np.arange(1, moments + 1) // moments) - 1
    twin = FtwPolicy(untrained_twin(agent, seed + 1), seed=seed + 1)
    parts = []
    for batch in batches(entrants, fixtures, maps=maps, rules=rules, batch=MATCHES_AT_ONCE, seed=seed):
        parts.append(_recorded(batch, twin, at, offsets, facts))
        progress(len(batch.which))
    states, untrained, told, *by_sample = zip(*parts, strict=True)
    match, map_, step, player = (np.concatenate(part) for part in by_sample)
    order = np.lexsort([player, step, match])
    return Recording(
        np.concatenate(states)[order],
        np.concatenate(untrained)[order],
        np.concatenate(told, axis=2)[:, :, order],
        match[order],
        map_[order],
        step[order],
        player[order],
        n_matches,
        tuple(fact.name for fact in facts),
        tuple(offsets),
    )


def _recorded(
    batch: Batch, twin: FtwPolicy, at: NDArray[np.int64], offsets: Sequence[float], facts: Sequence[Fact]
) -> tuple[NDArray[Any], ...]:
    """The arrays of a Recording for the matches of a batch, moment by moment."""
    map_of = batch.start.state.map
    (match, player), scene = _seats(batch), blank_scene(batch.env, map_of)
    memory, wanted = twin.initial_state(len(match)), set(at.tolist())
    states: list[NDArray[np.float16]] = []
    blank: list[NDArray[np.float16]] = []
    for moment in steps_of(batch):
        note(scene, moment.step, batch.env)
        if moment.step % twin.agent.repeat == 0:  # as often as the agent looks
            memory = _shown(twin, moment, memory)
        if moment.step in wanted:
            states.append(_units(moment.minds[AGENT].memory))
            blank.append(_units(memory))
    told = facts_at(scene, at, offsets, facts)[..., match, player].reshape(len(facts), len(offsets), -1)
    step, match, player = np.repeat(at, len(match)), np.tile(match, len(at)), np.tile(player, len(at))
    by_sample = (batch.which[match], map_of[match].astype(np.int64), step, player)
    return np.concatenate(states), np.concatenate(blank), told, *by_sample


def _shown(twin: FtwPolicy, moment: Moment, memory: Memory) -> Memory:
    """What the twin remembers of a moment, having been told that it did what the agent did."""
    mind = moment.minds[AGENT]
    _, after = twin.step(moment.frames[mind.slots], memory)
    return after._replace(action=mind.memory.action.to(after.action))


def _units(memory: Memory) -> NDArray[np.float16]:
    parts = (memory.h, memory.c, memory.h_slow, memory.c_slow)
    return torch.cat([part.float() for part in parts], 1).cpu().numpy().astype(np.float16)


def _seats(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match and player of each of the agent's players, in the order of its slots."""
    env = batch.env
    names = np.array([[fixture.players[p] for p in env.controlled] for fixture in batch.fixtures])
    match, seat = np.nonzero(names == AGENT)
    return match, env.controlled[seat].astype(np.int64)


def facts_at(
    scene: Scene, at: NDArray[np.int64], offsets: Sequence[float], facts: Sequence[Fact] = FACTS
) -> NDArray[np.int8]:
    """`[fact, offset, moment, match, player]` which facts are so at the steps `at`, moved by `offsets` in seconds."""
    steps = len(scene.heading)
    when = at + np.array([round(seconds * STEPS_PER_SECOND) for seconds in offsets])[:, None]
    inside = (when >= 0) & (when < steps)
    told = np.stack([fact.told(scene)[np.clip(when, 0, steps - 1)] for fact in facts]).astype(np.int8)
    told[:, ~inside] = UNKNOWN
    return told
