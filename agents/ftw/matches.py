"""Matches between FTW agents and bots, played to their ends: who plays whom, and what it came to."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from agents.ftw.agent import FtwAgent
from agents.ftw.playing import HELD_OUT, Entrant, Fixture, batches, steps_of
from sims.core.checks import check_whole
from sims.core.seeding import slot_seeds
from sims.ctf.matches import MatchFile, Recorder
from sims.ctf.pool import MapNames
from sims.ctf.state import N_EVENTS, RULES, Rules

YARDSTICKS: tuple[int | str, ...] = ("random", 2)
"""Bots that agents are measured against."""

Z = float(norm.ppf(0.975))


class Results(NamedTuple):
    """How matches ended, in the order of the fixtures.

    Attributes:
        score: `[match, team]` captures, red's and blue's. events: `[match, player, 13]` how often each happened.
        maps: names.
    """

    score: NDArray[np.int64]
    events: NDArray[np.int64]
    maps: tuple[str, ...]


class Tally(NamedTuple):
    """Matches won, drawn and lost."""

    won: int
    drawn: int
    lost: int

    @property
    def n(self) -> int:
        """Matches."""
        return self.won + self.drawn + self.lost

    @property
    def share(self) -> float:
        """The win rate, draws counting half."""
        return (self.won + 0.5 * self.drawn) / self.n

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of `share`; where there are draws it is wider than it would have to be."""
        return wilson(self.won + 0.5 * self.drawn, self.n)

    def document(self) -> dict[str, Any]:
        """As JSON: `win_rate` counts draws half, `part_won` doesn't count them."""
        (low, high), of_won = self.interval(), wilson(self.won, self.n)
        rate = {"win_rate": self.share, "low": low, "high": high}
        won = {"part_won": self.won / self.n, "part_won_low": of_won[0], "part_won_high": of_won[1]}
        return {**self._asdict(), "n": self.n, **rate, **won}


def tally(score: NDArray[np.int64], score_against: NDArray[np.int64]) -> Tally:
    """Of captures `[match]` and the opponents'."""
    outcome = np.sign(score - score_against)
    return Tally(*(int((outcome == k).sum()) for k in (1, 0, -1)))


def wilson(points: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of `points` out of `n`; half points are allowed.

    Raises:
        ValueError: no matches, or points that can't be.
    """
    if n < 1 or not 0.0 <= points <= n:
        raise ValueError(f"an interval needs 0 to n points of n >= 1 matches, got {points} of {n}: play some")
    p = points / n
    middle, spread = p + Z * Z / (2 * n), Z * np.sqrt(p * (1.0 - p) / n + Z * Z / (4 * n * n))
    scale = 1.0 + Z * Z / n
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return min(p, max(0.0, float(low))), max(p, min(1.0, float(high)))  # rounding, at 0 and 1


def pairings(teams: Sequence[tuple[str, ...]], n_matches: int, seed: int = 0) -> list[Fixture]:
    """Every team against every other, `n_matches` each, in half of which sides are swapped; match k has `seed + k`.

    Raises:
        ValueError: fewer than two teams, or no matches.
    """
    check_whole(n_matches=n_matches)
    if len(teams) < 2:
        raise ValueError(f"a round robin needs at least 2 teams, got {len(teams)}: add a bot, e.g. 2")
    seeds = slot_seeds(seed, n_matches).tolist()
    return [
        Fixture((*a, *b) if k % 2 == 0 else (*b, *a), seeds[k])
        for a, b in combinations(teams, 2)
        for k in range(n_matches)
    ]


def play_matches(
    entrants: Mapping[str, Entrant],
    fixtures: Sequence[Fixture],
    *,
    maps: MapNames = HELD_OUT,
    rules: Rules = RULES,
    batch: int = 64,
    greedy: bool = False,
    seed: int = 0,
    record: Callable[[int, MatchFile], object] | None = None,
    progress: Callable[[int], None] = lambda n: None,
    beat: Callable[[], None] = lambda: None,
) -> Results:
    """Play whole matches and count.

    Args:
        entrants: who may play, by name. fixtures: who does. maps: the match's seed picks one of them.
        rules: of the matches. batch: how many are played at once. greedy: agents take their likeliest actions.
        seed: of the agents' draws. record: called with the number of each fixture and its match, to be watched.
        progress: called with matches played. beat: called at every step, so that others see that it goes on.

    Raises:
        ValueError: as `batches`.
    """
    n_players = len(fixtures[0].players) if fixtures else 0
    score = np.zeros((len(fixtures), 2), np.int64)
    events = np.zeros((len(fixtures), n_players, N_EVENTS), np.int64)
    names = [""] * len(fixtures)
    for part in batches(entrants, fixtures, maps=maps, rules=rules, batch=batch, greedy=greedy, seed=seed):
        recorders: list[Recorder] = []
        for moment in steps_of(part):
            beat()
            if moment.step == 0 and record is not None:
                recorders = [Recorder(part.env, m) for m in range(len(part.which))]
            elif moment.step:
                _note(recorders)
        _note(recorders)
        end = part.env.final_state
        score[part.which], events[part.which] = end.score, end.totals
        for m, k in enumerate(part.which.tolist()):
            names[k] = part.env.map_names[end.map[m]]
            if record is not None:
                record(k, recorders[m].file()._replace(players=part.fixtures[m].players))
        progress(len(part.which))
    return Results(score, events, tuple(names))


def _note(recorders: Sequence[Recorder]) -> None:
    for recorder in recorders:
        recorder.after_step()


def against_bots(
    agent: FtwAgent,
    bots: Sequence[int | str] = YARDSTICKS,
    n_matches: int = 200,
    *,
    team_size: int = 2,
    seed: int = 0,
    **how: Any,
) -> dict[str, Tally]:
    """A team of copies of `agent` against teams of each of `bots`, half of the matches as red; by the bot's name.

    Args:
        n_matches: against each. team_size: players of a team. seed: of the matches, and of the agent's draws.
        how: `maps`, `rules`, `batch`, `greedy`, `progress` and `beat` of `play_matches`.

    Raises:
        ValueError: as `play_matches`; no bots, or no matches.
    """
    own, others = ("agent",) * team_size, [(str(bot),) * team_size for bot in bots]
    entrants: dict[str, Entrant] = {"agent": agent, **{str(bot): bot for bot in bots}}
    fixtures = [fixture for other in others for fixture in pairings([own, other], n_matches, seed)]
    score = play_matches(entrants, fixtures, seed=seed, **how).score.reshape(len(bots), n_matches, 2)
    rows, side = np.arange(n_matches), np.arange(n_matches) % 2
    return {str(bot): tally(each[rows, side], each[rows, 1 - side]) for bot, each in zip(bots, score, strict=True)}
