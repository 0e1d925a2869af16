"""The command `umwelt probe game-state`: which facts of the game an FTW agent's memory holds, beside every null."""

import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from agents.ftw.agent import FtwAgent
from agents.ftw.playing import HELD_OUT, Entrant
from agents.ftw.saved import agent_folder, load_ftw_agent
from agents.processes import prepared_cpu
from agents.scoring import short
from probes.entrants import held_out_maps, match_length, one_named, titled
from probes.game_state_decoding import GameState, decode_game_state
from probes.game_state_facts import FACTS
from probes.game_state_record import OFFSETS, Recording, record_matches
from probes.splits import LEAST_TEST_EPISODES, SAMPLES_A_UNIT, TEST_SHARE, VALIDATION_SHARE
from sims.core.files import write_atomic
from sims.core.threads import available_threads
from sims.ctf.state import RULES

RESULTS = "game_state.json"

ITSELF = "itself"
"""The opponent by default."""


@dataclass(frozen=True)
class GameStateSettings:
    """What `umwelt probe game-state` asks, of whom, in which matches."""

    agent: Annotated[Path, tyro.conf.Positional]
    """The folder of a saved FTW agent, as in RUN/agents, or the name of one that ships."""
    opponent: str = ITSELF
    """Who plays against a team of its copies: itself, another agent's folder, or a bot's level 1 to 5 or kind."""
    matches: int = 100
    """Matches that are played; a quarter of the maps, and what is played on them, is for the test."""
    moments: int = 24
    """Moments of each match at which memories are kept, evenly spread."""
    offsets: tuple[float, ...] = OFFSETS
    """Seconds from a memory to the moment of the fact: below 0 what was, above 0 what will be."""
    maps: tuple[str, ...] | None = None
    """Maps that are played on; seeds from 1,000,000 on are held out. By default those that the agents' training
    evaluated on, or indoor:1000000-1000200."""
    team_size: int = 2
    """Players of a team."""
    match_steps: int | None = None
    """Length of a match; a second has 15 steps. By default that of the agent's training, or 4500."""
    seed: int = 0
    """Of the matches, the agents' draws, the untrained agent's weights, the split and the intervals."""
    out: Path | None = None
    """A folder for `game_state.json`; by default nothing is written."""
    json: bool = False
    """Print one JSON document instead of a table."""


class Answers(NamedTuple):
    """What `ask` found: the recording, what can be read of it, and all of it as JSON less the recording."""

    recording: Recording
    found: GameState
    document: dict[str, Any]


def run(settings: GameStateSettings) -> None:
    """Play, record, decode, write what was asked for, and print it."""
    agent, opponent = load_ftw_agent(agent_folder(settings.agent)), None
    named = (str(settings.agent),)
    settings = replace(
        settings,
        maps=held_out_maps(named, settings.maps),
        match_steps=match_length(named, settings.match_steps),
    )
    if settings.opponent != ITSELF:
        opponent = one_named(settings.opponent)
    console = Console(file=sys.stderr)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("recording matches", total=settings.matches)
        answers = ask(agent, opponent, settings, lambda n: bar.advance(task, n), _say)
    text = json.dumps(answers.document, indent=1) + "\n"
    if settings.out is not None:
        settings.out.mkdir(parents=True, exist_ok=True)
        write_atomic(settings.out / RESULTS, text.encode())
    sys.stdout.write(text if settings.json else _tables(answers.document))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def ask(
    agent: FtwAgent,
    opponent: Entrant | None,
    settings: GameStateSettings,
    progress: Callable[[int], None] = lambda n: None,
    say: Callable[[str], None] = lambda line: None,
) -> Answers:
    """Record matches of `agent` and decode the facts, as `settings` say.

    Raises:
        ValueError: as `check_enough`, `record_matches` and `decode_game_state`.
    """
    check_enough(agent, settings)
    with prepared_cpu(available_threads()):
        recording = record_matches(
            agent,
            settings.matches,
            opponent=opponent,
            moments=settings.moments,
            offsets=settings.offsets,
            team_size=settings.team_size,
            maps=list(settings.maps or (HELD_OUT,)),
            rules=RULES if settings.match_steps is None else RULES._replace(match_steps=settings.match_steps),
            seed=settings.seed,
            progress=progress,
        )
        found = decode_game_state(recording, seed=settings.seed, say=say)
    return Answers(recording, found, document_of(recording, found, settings))


def check_enough(agent: FtwAgent, settings: GameStateSettings) -> None:
    """Refuse, before anything is played, to record fewer matches than decoders will want.

    Raises:
        ValueError: the message says how many would do.
    """
    memory = agent.blank_memory(1)
    units = sum(part.shape[1] for part in (memory.h, memory.c, memory.h_slow, memory.c_slow))
    seats = settings.team_size * (2 if settings.opponent == ITSELF else 1)
    a_match = (1.0 - TEST_SHARE) * (1.0 - VALIDATION_SHARE) * settings.moments * seats
    for_units = math.ceil(SAMPLES_A_UNIT * units / a_match * 1.1)  # maps are shared out whole: never exactly
    would_do = max(for_units, math.ceil(LEAST_TEST_EPISODES / TEST_SHARE))
    if settings.matches < would_do:
        raise ValueError(
            f"{settings.matches} matches are too few for decoders of {units} units at {settings.moments} moments of "
            f"each: use --matches {would_do} or more, or more --moments"
        )


def document_of(recording: Recording, found: GameState, settings: GameStateSettings) -> dict[str, Any]:
    """All that was found, as JSON: `facts` by name, each with its sentence and what is known at each offset."""
    by_fact: dict[str, dict[str, Any]] = {}
    for fact in FACTS:
        at: dict[str, Any] = {}
        for offset in recording.offsets:
            key = (fact.name, offset)
            known = found.known.get(key)
            at[f"{offset:+g}"] = {"refused": found.refused[key]} if known is None else known.document()
        by_fact[fact.name] = {"sentence": fact.sentence, "at": at}
    now = [known for (_, offset), known in found.known.items() if offset == 0.0]
    return {
        "agent": str(settings.agent),
        "opponent": titled(settings.opponent),
        "maps": list(settings.maps or (HELD_OUT,)),
        **{name: getattr(settings, name) for name in ("team_size", "match_steps", "moments", "seed")},
        "offsets_s": list(recording.offsets),
        "units": recording.states.shape[1],
        "samples": len(recording.match),
        "matches": {name: len(part) for name, part in found.split._asdict().items()},
        "known_now": sum(known.is_known() for known in now),
        "asked_now": len(now),
        "facts": by_fact,
    }


def _tables(document: Mapping[str, Any]) -> str:
    """The areas of every fact now, with every null, and of the agent at the other offsets."""
    offsets = [f"{offset:+g}" for offset in document["offsets_s"]]
    others = [offset for offset in offsets if offset != "+0"]
    table = Table("fact", "so", "now", "untrained", "shuffled", "known", *(f"{offset} s" for offset in others))
    left_out = 0
    for name, fact in document["facts"].items():
        at = fact["at"]
        left_out += sum("refused" in each for each in at.values())
        if all("refused" in each for each in at.values()):
            continue
        now = at.get("+0", {"refused": ""})
        told = ["-"] * 5 if "refused" in now else _told(now)
        table.add_row(name, *told, *(_area(at[offset]) for offset in others))
    console = Console(width=150, file=sys.stdout)
    with console.capture() as capture:
        n = document["matches"]
        console.print(
            f"{short(document['agent'])} against {short(document['opponent'])}: {n['test']} test matches, "
            f"{n['train']} to learn from; areas under the ROC curve, 0.5 is chance, 95 % intervals by match"
        )
        console.print(table)
        console.print(
            f"{document['known_now']} of {document['asked_now']} facts are known now: surely better read than from an "
            f"untrained agent's memory and from another match's. {left_out} facts and offsets were too rare or too "
            "common to be asked: --json says which, and what would do"
        )
    return capture.get()


def _told(known: Mapping[str, Any]) -> list[str]:
    low, high = known["agent"]["interval"]
    shown = f"{known['agent']['score']:.2f} [{low:.2f}, {high:.2f}]"
    nulls = [f"{known[name]['score']:.2f}" for name in ("untrained", "shuffled")]
    return [f"{100 * known['share']:.0f} %", shown, *nulls, "yes" if known["known"] else ""]


def _area(known: Mapping[str, Any]) -> str:
    return "-" if "refused" in known else f"{known['agent']['score']:.2f}"
