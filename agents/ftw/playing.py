"""Matches in progress: FTW agents and bots in batches of matches, each agent thinking for all its players at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.ftw.agent import FtwAgent
from agents.ftw.core import Memory
from agents.ftw.policy import FtwPolicy
from sims.core.checks import check_whole
from sims.core.hints import did_you_mean
from sims.ctf.bot_kernels import act
from sims.ctf.bots import blank_bots, checked_bots
from sims.ctf.build import reset
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.pool import MapNames
from sims.ctf.settings import Snapshot
from sims.ctf.state import RULES, Rules, blank_state

HELD_OUT = "indoor:1000000-1000200"
"""Maps that nobody trains on."""

Entrant = FtwAgent | int | str
"""An agent, or a bot by its level or kind (`sims.ctf.bots`)."""


class Fixture(NamedTuple):
    """A match to be played.

    Attributes:
        players: names of who sits in which seat, red first, as `sims.ctf` numbers players. seed: of the match: its map,
            where everybody begins, and what bots draw.
    """

    players: tuple[str, ...]
    seed: int


class Mind(NamedTuple):
    """An agent's part in a batch of matches: all of its players.

    Attributes:
        slots: `[player]` of the env. memory: `[player, ...]`, once it has seen the frame and chosen its action.
    """

    slots: NDArray[np.int64]
    memory: Memory


class Batch(NamedTuple):
    """Matches that are played at once: all of them have bots in the same seats.

    Attributes:
        env: where. which, fixtures: match m of it is number `which[m]` of all fixtures. start: of the matches.
        policies: of all agents, by name. only_bots: nobody else plays.
    """

    env: CaptureTheFlagVectorEnv
    which: NDArray[np.int64]
    fixtures: tuple[Fixture, ...]
    start: Snapshot
    policies: dict[str, FtwPolicy]
    only_bots: bool


class Moment(NamedTuple):
    """A step of a batch, when everybody has seen and decided, and nobody has moved yet.

    Attributes:
        step: how many were played before. frames: `[slot, height, width, 3]` uint8; the next step overwrites them.
        minds: by the agent's name. `env.events` are those of the step before.
    """

    step: int
    frames: NDArray[np.uint8]
    minds: dict[str, Mind]


def batches(
    entrants: Mapping[str, Entrant],
    fixtures: Sequence[Fixture],
    *,
    maps: MapNames = HELD_OUT,
    rules: Rules = RULES,
    batch: int = 64,
    greedy: bool = False,
    seed: int = 0,
) -> Iterator[Batch]:
    """The fixtures in batches of at most `batch`, each to be played by `steps_of`, one after the other.

    Raises:
        ValueError: no fixtures, unknown names or bots, teams of other sizes, or agents with frames of different sizes.
    """
    check_whole(batch=batch)
    n_players, agents = _checked(entrants, fixtures), _agents(entrants, fixtures)
    policies = {name: FtwPolicy(agent, greedy=greedy, seed=seed + k) for k, (name, agent) in enumerate(agents.items())}
    height, width = _frame(agents)
    by_seats: dict[tuple[int, ...], list[int]] = {}
    for k, fixture in enumerate(fixtures):
        of_bots = tuple(p for p, name in enumerate(fixture.players) if name not in agents)
        by_seats.setdefault(of_bots, []).append(k)
    for seats, group in by_seats.items():
        only_bots = len(seats) == n_players  # an env wants somebody to control
        for first in range(0, len(group), batch):
            which = group[first : first + batch]
            env = CaptureTheFlagVectorEnv(
                len(which) * (n_players - len(seats) * (not only_bots)),
                maps=maps,
                team_size=n_players // 2,
                bots={} if only_bots else dict.fromkeys(seats, 3),
                obs="vector" if only_bots else "rgb",
                height=height,
                width=width,
                copy=False,
                **rules._asdict(),
            )
            own = tuple(fixtures[k] for k in which)
            yield Batch(env, np.array(which), own, _start(env, own, entrants), policies, only_bots)


def steps_of(batch: Batch) -> Iterator[Moment]:
    """Play a batch from its start to its end, a moment a step; afterwards `batch.env.final_state` is how it ended."""
    env, n_seats = batch.env, len(batch.env.controlled)
    frames = env.restore(batch.start)
    names = np.array([[fixture.players[p] for p in env.controlled] for fixture in batch.fixtures]).reshape(-1)
    minds: dict[str, Mind] = {}
    for name, policy in batch.policies.items():
        slots = np.flatnonzero(names == name)
        if len(slots):
            minds[name] = Mind(slots, policy.initial_state(len(slots)))
    n_matches = len(batch.which)
    by_bots = np.zeros((n_matches, n_seats, env.actions.shape[2]), np.int8)
    actions = by_bots.reshape(n_matches * n_seats, -1)
    for step in range(env.rules.match_steps):
        if batch.only_bots:
            act(env.maps, env.state, batch.start.bots, by_bots, 0, n_matches, env.rules.beam_range)
        for name, mind in minds.items():
            if step % batch.policies[name].agent.repeat == 0:  # else the action is kept
                actions[mind.slots], memory = batch.policies[name].step(frames[mind.slots], mind.memory)
                minds[name] = mind._replace(memory=memory)
        yield Moment(step, frames, dict(minds))
        frames = env.step(actions)[0]


def _start(env: CaptureTheFlagVectorEnv, fixtures: Sequence[Fixture], entrants: Mapping[str, Entrant]) -> Snapshot:
    """The matches of `fixtures` at their first step, each with its own seed and its own bots."""
    n, n_players = len(fixtures), env.n_players
    state = blank_state(n, n_players)
    state.seed[:] = [fixture.seed % 2**64 for fixture in fixtures]
    reset(env.maps, state, np.arange(n))
    bots = blank_bots(env.maps, {}, n, n_players)
    for m, fixture in enumerate(fixtures):
        seated = {p: entrants[name] for p, name in enumerate(fixture.players)}
        own = {p: who for p, who in seated.items() if not isinstance(who, FtwAgent)}
        for all_of, one in zip(bots, blank_bots(env.maps, own, 1, n_players), strict=True):
            all_of[m] = one[0]
    return Snapshot(state, bots)


def _checked(entrants: Mapping[str, Entrant], fixtures: Sequence[Fixture]) -> int:
    """How many players each match has."""
    if not fixtures:
        raise ValueError("there is no match to play: give at least one fixture")
    n_players = len(fixtures[0].players)
    for k, fixture in enumerate(fixtures):
        if len(fixture.players) != n_players or n_players % 2 or not n_players:
            raise ValueError(
                f"fixture {k} has {len(fixture.players)} players: expected two teams of one size, as all matches have; "
                "play others in a call of their own"
            )
        for name in fixture.players:
            if name not in entrants:
                known = f"{did_you_mean(name, entrants)}there are {', '.join(entrants) or 'none'}"
                raise ValueError(f"fixture {k} names {name!r}, who is no entrant: {known}")
    for who in entrants.values():
        if not isinstance(who, FtwAgent):
            checked_bots({0: who}, 2)
    return n_players


def _agents(entrants: Mapping[str, Entrant], fixtures: Sequence[Fixture]) -> dict[str, FtwAgent]:
    playing = {name for fixture in fixtures for name in fixture.players}
    return {name: who for name, who in entrants.items() if isinstance(who, FtwAgent) and name in playing}


def _frame(agents: Mapping[str, FtwAgent]) -> tuple[int, int]:
    """Height and width of the frames that all agents see."""
    sizes = {name: agent.torso.frame[:2] for name, agent in agents.items()}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{name} {height} x {width}" for name, (height, width) in sizes.items())
        raise ValueError(f"agents see frames of different sizes ({said}): let those play that were trained alike")
    return next(iter(sizes.values()), (84, 84))
