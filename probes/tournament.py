"""The command `umwelt tournament`: agents and bots, each against each on held-out maps, and how strong everybody is."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tyro
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from agents.ftw.agent import FtwAgent
from agents.ftw.matches import YARDSTICKS, Tally, against_bots, pairings, play_matches, tally
from agents.ftw.playing import HELD_OUT, Entrant
from agents.population.ratings import outcome
from agents.population.strengths import Game, Strengths, bradley_terry
from agents.population.transitivity import NonTransitivity, non_transitivity
from agents.processes import prepared_cpu
from probes.entrants import Teams, entrants_named, held_out_maps, match_length, run_of
from sims.core.files import write_atomic
from sims.core.threads import available_threads
from sims.ctf.matches import ENDING, MatchFile, write_match
from sims.ctf.pool import MapNames
from sims.ctf.state import RULES, Rules

RESULTS, MEASURED = "tournament.json", "yardstick.json"
BEST = f"best{ENDING}"
"""What is written into the folder of a tournament."""

A_PAIR, A_YARDSTICK = 40, 200
"""Matches of each pair, and against each yardstick, by default."""


@dataclass(frozen=True)
class TournamentSettings:
    """Who plays in `umwelt tournament`, where, and how often."""

    entrants: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Who plays: folders of saved agents, a run of `umwelt train ctf` or one of its checkpoints (all its members),
    names of agents that ship, bots by their level 1 to 5 or kind (random, patrol, defender, runner). A team is copies
    of one of them; A,B is a team of two."""
    yardstick: bool = False
    """Instead of a round robin, only measure each agent against the random bot and bot level 2."""
    matches: int | None = None
    """Matches of each pair, half of them with sides swapped: 40 by default, 200 with `--yardstick`."""
    maps: tuple[str, ...] | None = None
    """Maps that are played on; seeds from 1,000,000 on are held out. By default those that the agents' training
    evaluated on, or indoor:1000000-1000200."""
    team_size: int = 2
    """Players of a team."""
    match_steps: int | None = None
    """Length of a match; a second has 15 steps. By default that of the agents' training, or 4500."""
    greedy: bool = False
    """Agents take their likeliest actions instead of drawing."""
    seed: int = 0
    """Of the matches, of the agents' draws, and of the intervals."""
    batch: int = 64
    """Matches that are played at once."""
    out: Path | None = None
    """A folder for `tournament.json` and the best match, to be watched with `umwelt watch`, or for `yardstick.json`;
    RUN/tournament if a run plays, else nothing is written."""
    json: bool = False
    """Print one JSON document instead of tables."""


class Tournament(NamedTuple):
    """What a round robin came to; first axis the team.

    Attributes:
        names: of the teams. tallies: `[team][other]`, None with itself. captures: `[team, other]` of the team in a
            match, in the mean. strengths: of whole teams: 400 points are odds of 10 to 1.
        circles: how much of the pay-offs no rating explains; None for two teams, who can't go in a circle.
        best: the match in which the losing side captured most, if matches were recorded.
    """

    names: tuple[str, ...]
    tallies: list[list[Tally | None]]
    captures: NDArray[np.float64]
    strengths: Strengths
    circles: NonTransitivity | None
    best: MatchFile | None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        rated = zip(*(np.asarray(part).tolist() for part in self.strengths[1:]), strict=True)
        pairs = [
            {"team": a, "other": b, **t.document(), "captures": self.captures[i, j], "against": self.captures[j, i]}
            for i, a in enumerate(self.names)
            for j, b in enumerate(self.names)
            if (t := self.tallies[i][j]) is not None and i < j
        ]
        return {
            "teams": list(self.names),
            "win_rate": [[None if t is None else t.share for t in row] for row in self.tallies],
            "captures": [[None if i == j else c for j, c in enumerate(row)] for i, row in enumerate(self.captures)],
            "pairs": pairs,
            "ratings": [
                {"team": name, "rating": rating, "low": low, "high": high, "matches": n}
                for name, (rating, low, high, n) in zip(self.names, rated, strict=True)
            ],
            "non_transitivity": None if self.circles is None else self.circles._asdict(),
            "best_match": None if self.best is None else _told_of(self.best),
        }


def tournament(
    entrants: Mapping[str, Entrant],
    teams: Teams,
    n_matches: int = A_PAIR,
    *,
    seed: int = 0,
    record: bool = False,
    maps: MapNames = HELD_OUT,
    rules: Rules = RULES,
    batch: int = 64,
    greedy: bool = False,
    progress: Callable[[int], None] = lambda n: None,
) -> Tournament:
    """Have every team play every other.

    Args:
        entrants: agents and bots by name. teams: by name, the entrants in its seats.
        n_matches: of each pair. seed: of matches, draws and intervals. record: keep the best match.
        maps, rules, batch, greedy, progress: as `agents.ftw.matches.play_matches`.

    Raises:
        ValueError: as `pairings` and `play_matches`.
    """
    fixtures, best = pairings(list(teams.values()), n_matches, seed), list[MatchFile]()

    def keep(k: int, match: MatchFile) -> None:
        best[:] = [max((*best, match), key=lambda each: _worth(each, entrants))]

    how: dict[str, Any] = {"maps": maps, "rules": rules, "batch": batch, "greedy": greedy, "progress": progress}
    results = play_matches(entrants, fixtures, seed=seed, record=keep if record else None, **how)
    return counted(tuple(teams), results.score, n_matches, seed)._replace(best=best[0] if best else None)


def counted(names: tuple[str, ...], scores: NDArray[np.int64], n_matches: int, seed: int = 0) -> Tournament:
    """The `scores` `[match, team]` of the matches of `pairings`, added up."""
    n = len(names)
    tallies: list[list[Tally | None]] = [[None] * n for _ in names]
    captures, wins = np.zeros((n, n)), np.zeros((n, n))
    games = []
    rows, side = np.arange(n_matches), np.arange(n_matches) % 2
    for k, (i, j) in enumerate(zip(*np.triu_indices(n, 1), strict=True)):
        score = scores[k * n_matches : (k + 1) * n_matches]
        own, other = score[rows, side], score[rows, 1 - side]
        for a, b, mine, theirs in ((i, j, own, other), (j, i, other, own)):
            tallies[a][b] = of_pair = tally(mine, theirs)
            captures[a, b], wins[a, b] = mine.mean(), of_pair.share * n_matches
        pair = zip(own.tolist(), other.tolist(), strict=True)
        games += [Game((names[i],), (names[j],), outcome(mine, theirs)) for mine, theirs in pair]
    strengths = bradley_terry(games, names, seed=seed)
    circles = non_transitivity(wins, seed=seed) if n > 2 else None
    return Tournament(names, tallies, captures, strengths, circles, None)


def _worth(match: MatchFile, entrants: Mapping[str, Entrant]) -> tuple[bool, int, int, int]:
    """The better, the higher: with agents; by what the losing side captured; by what sides with agents did."""
    half = len(match.players) // 2
    agents = [
        any(isinstance(entrants[str(name)], FtwAgent) for name in team)
        for team in (match.players[:half], match.players[half:])
    ]
    by_agents = sum(captures for captures, own in zip(match.score, agents, strict=True) if own)
    return any(agents), min(match.score), by_agents, max(match.score)


def _told_of(match: MatchFile) -> dict[str, Any]:
    return {"players": list(match.players), "map": match.map, "score": list(match.score), "seed": match.seed}


def run(settings: TournamentSettings) -> None:
    """Play, write what was asked for, and print it."""
    entrants, teams = entrants_named(settings.entrants, settings.team_size)
    out = settings.out or run_of(settings.entrants, "tournament")
    settings = replace(
        settings,
        maps=held_out_maps(settings.entrants, settings.maps),
        match_steps=match_length(settings.entrants, settings.match_steps),
    )
    document = {name: value for name, value in vars(settings).items() if name not in ("out", "json", "yardstick")}
    document |= {"entrants": list(settings.entrants), "maps": list(settings.maps or ())}
    if settings.yardstick:
        document["matches"] = n = A_YARDSTICK if settings.matches is None else settings.matches
        found = _measured(entrants, teams, settings, n)
        document["measured"] = {name: {bot: t.document() for bot, t in each.items()} for name, each in found.items()}
        _finish(settings, document, out, MEASURED, lambda: _yardstick_table(found))
        return
    document["matches"] = n = A_PAIR if settings.matches is None else settings.matches
    total = len(teams) * (len(teams) - 1) // 2 * n
    with _bar("tournament", total) as progress, prepared_cpu(available_threads()):
        made = tournament(
            entrants, teams, n, seed=settings.seed, record=out is not None, progress=progress, **_how(settings)
        )
    if out is not None and made.best is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_match(out / BEST, made.best)
    _finish(settings, document | made.document(), out, RESULTS, lambda: _tables(made, out))


def _finish(
    settings: TournamentSettings, document: dict[str, Any], out: Path | None, name: str, table: Callable[[], str]
) -> None:
    """Write the document where it is wanted, and print it or the table."""
    text = json.dumps(document, indent=1) + "\n"
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_atomic(out / name, text.encode())
    sys.stdout.write(text if settings.json else table())


def _measured(
    entrants: Mapping[str, Entrant], teams: Teams, settings: TournamentSettings, n_matches: int
) -> dict[str, dict[str, Tally]]:
    strangers = [
        name for name, seats in teams.items() if len(set(seats)) > 1 or not isinstance(entrants[seats[0]], FtwAgent)
    ]
    if strangers:
        raise ValueError(f"--yardstick measures copies of agents and brings its own bots: leave out {strangers[0]!r}")
    size, how = settings.team_size, _how(settings)
    total = len(entrants) * len(YARDSTICKS) * n_matches
    with _bar("measuring", total) as progress, prepared_cpu(available_threads()):
        return {
            name: against_bots(
                agent, YARDSTICKS, n_matches, team_size=size, seed=settings.seed, progress=progress, **how
            )
            for name, agent in entrants.items()
            if isinstance(agent, FtwAgent)
        }


def _how(settings: TournamentSettings) -> dict[str, Any]:
    steps = settings.match_steps
    rules = RULES if steps is None else RULES._replace(match_steps=steps)
    return {
        "maps": list(settings.maps or (HELD_OUT,)),
        "rules": rules,
        "batch": settings.batch,
        "greedy": settings.greedy,
    }


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar of matches on standard error, where that is a terminal."""
    console = Console(file=sys.stderr)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda n: bar.advance(task, n)


def _tables(made: Tournament, out: Path | None) -> str:
    """Ratings, and every team's win rate against every other."""
    document, n = made.document(), len(made.names)
    rated = Table("team", "rating", "95 %", "matches", title="ratings of teams: 400 points are odds of 10 to 1")
    for each in sorted(document["ratings"], key=lambda each: -each["rating"]):
        spread = f"{each['low']:.0f} to {each['high']:.0f}"
        rated.add_row(each["team"], f"{each['rating']:.0f}", spread, str(each["matches"]))
    rates = Table("win rate, %", *made.names, title="row against column, draws half, and captures a match")
    for i, name in enumerate(made.names):
        cells = [
            "" if (t := made.tallies[i][j]) is None else f"{_percent(t)}  {made.captures[i, j]:.1f}" for j in range(n)
        ]
        rates.add_row(name, *cells)
    console = Console(width=max(100, 26 * (n + 1)), file=sys.stdout)
    with console.capture() as capture:
        console.print(rated)
        console.print(rates)
        if made.circles is not None:
            share, chance, high, _ = made.circles
            console.print(
                f"non-transitive: {100 * share:.0f} % of the squared log-odds; luck alone makes {100 * chance:.0f} %, "
                f"up to {100 * high:.0f} %"
            )
        if out is not None:
            console.print(f"{out / RESULTS}" + ("" if made.best is None else f", {out / BEST}"), soft_wrap=True)
    return capture.get()


def _yardstick_table(found: Mapping[str, Mapping[str, Tally]]) -> str:
    table = Table("agent", "against", "win rate, %", "part won, %", "won", "drawn", "lost")
    for name, each in found.items():
        for bot, t in each.items():
            won = Tally(t.won, 0, t.n - t.won)
            table.add_row(name, f"bot {bot}", _percent(t), _percent(won), *map(str, t))
    console = Console(width=120, file=sys.stdout)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def _percent(t: Tally) -> str:
    low, high = t.interval()
    return f"{100 * t.share:.0f} [{100 * low:.0f}, {100 * high:.0f}]"
