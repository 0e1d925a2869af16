"""`umwelt bench ctf-bots`: bots against bots, the yardstick measured."""

import json
import sys
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import numpy as np
import tyro
from numpy.typing import NDArray
from scipy.stats import binomtest

from sims.core.bench import machine
from sims.core.seeding import slot_seeds
from sims.core.threads import available_threads, split
from sims.ctf.bot_kernels import act
from sims.ctf.bots import blank_bots
from sims.ctf.build import reset
from sims.ctf.env import outputs
from sims.ctf.pool import MapNames, pool
from sims.ctf.state import N_EVENTS, RULES, blank_state
from sims.ctf.step import step

DEFAULT_PAIRS = ((5, 1), (2, 1), (3, 2), (4, 3), (5, 4))


class Results(NamedTuple):
    """What a number of matches came to, from the first side's point of view; scores are `[match]`."""

    score: NDArray[np.int64]
    score_against: NDArray[np.int64]
    events: NDArray[np.int64]  # [match, event] of the first side's players together

    def counts(self) -> tuple[int, int, int]:
        """Matches won, drawn, lost."""
        outcome = np.sign(self.score - self.score_against)
        return int((outcome > 0).sum()), int((outcome == 0).sum()), int((outcome < 0).sum())


@dataclass(frozen=True)
class TournamentSettings:
    """Which bots play which, and how often."""

    name: Annotated[Literal["ctf-bots"], tyro.conf.Positional] = "ctf-bots"
    """Which benchmark."""
    matches: int = 200
    """Matches of each pair, half of them with sides swapped."""
    maps: str = "indoor:1000000-1000200"
    """Maps that are played on."""
    team_size: int = 2
    """Players of a team, all of one kind."""
    match_steps: int = RULES.match_steps
    """Length of a match; a second has 15 steps."""
    seed: int = 0
    """Of the matches."""


def run(settings: TournamentSettings) -> None:
    """Play all pairs and print one JSON line a pair: won, drawn, lost, and the part won with its Wilson interval."""
    for first, second in DEFAULT_PAIRS:
        results = play(
            first, second, settings.matches, settings.maps, settings.team_size, settings.match_steps, settings.seed
        )
        won, drawn, lost = results.counts()
        interval = binomtest(won, settings.matches).proportion_ci(method="wilson")
        line = {
            "bench": "ctf-bots",
            "case": f"level {first} against {second}",
            "maps": settings.maps,
            "won": won,
            "drawn": drawn,
            "lost": lost,
            "value": won / settings.matches,
            "low": interval.low,
            "high": interval.high,
            "unit": "part won",
            "captures": float(results.score.mean()),
            "captures_against": float(results.score_against.mean()),
            "machine": machine(),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def play(
    first: int | str,
    second: int | str,
    n_matches: int,
    maps: MapNames = "indoor:1000000-1000200",
    team_size: int = 2,
    match_steps: int = RULES.match_steps,
    seed: int = 0,
) -> Results:
    """Matches between two teams of bots, each of one level or kind; in every second match the first side is blue.

    Raises:
        ValueError: no matches.
    """
    if n_matches < 1:
        raise ValueError(f"a tournament needs at least 1 match, got {n_matches}")
    _, arrays = pool(maps)
    n_players = 2 * team_size
    state = blank_state(n_matches, n_players)
    state.seed[:] = slot_seeds(seed, n_matches)
    reset(arrays, state, np.arange(n_matches))
    as_red = [first] * team_size + [second] * team_size
    as_blue = [second] * team_size + [first] * team_size
    bots = blank_bots(arrays, dict(enumerate(as_red)), n_matches, n_players)
    swapped = blank_bots(arrays, dict(enumerate(as_blue)), n_matches, n_players)
    for own, other in zip(bots, swapped, strict=True):
        own[1::2] = other[1::2]
    rules = RULES._replace(match_steps=match_steps)
    actions = np.zeros((n_matches, n_players, 6), np.int8)
    weights, out = np.zeros((n_matches, n_players, N_EVENTS)), outputs(n_matches, n_players)

    def whole(start: int, stop: int) -> None:
        for _ in range(match_steps):
            act(arrays, state, bots, actions, start, stop, rules.beam_range)
            step(arrays, state, actions, start, stop, rules, weights, out)

    split(whole, n_matches, available_threads())
    rows, own = np.arange(n_matches), np.arange(n_matches) % 2
    by_team = state.totals.reshape(n_matches, 2, team_size, N_EVENTS).sum(axis=2, dtype=np.int64)
    score = state.score.astype(np.int64)
    return Results(score[rows, own], score[rows, 1 - own], by_team[rows, own])
