"""Who takes part in a tournament: names on the command line to agents, bots and teams."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.ftw.playing import HELD_OUT, Entrant
from agents.ftw.saved import CARD, agent_folder, card_of, load_ftw_agent
from agents.population.states import checkpointed_agent, members_in, settings_of
from agents.runs import jsonable
from agents.shipped import shipped
from sims.core.hints import did_you_mean
from sims.ctf.bots import KINDS, LEVELS
from sims.ctf.state import RULES

Teams = dict[str, tuple[str, ...]]
"""By the team's name, the entrants in its seats."""

OPTIONS = {"match_steps": "match-steps", "evaluate_maps": "maps"}
"""Settings of a training that whoever plays the agents may choose, and how."""

MEMBERS = "agents"
"""Folder of a run in which its members' agents lie."""


def members_of(run: Path) -> list[Path]:
    """The folders of the agents of a run of `umwelt train ctf`, by name; none if it is no run's."""
    return sorted(path.parent for path in (run / MEMBERS).glob(f"*/{CARD}"))


def run_of(given: Sequence[str], part: str) -> Path | None:
    """The folder `part` of the first run among those named, if there is one."""
    runs = (Path(name) for name in given if members_of(Path(name)))
    return next((run / part for run in runs), None)


def match_length(given: Sequence[str], wanted: int | None) -> int:
    """Steps of a match: `wanted`, else those that the agents named have been trained with, else the game's own.

    Raises:
        ValueError: agents were trained with different lengths.
    """
    return RULES.match_steps if (steps := _as_trained(given, "match_steps", wanted)) is None else steps


def held_out_maps(given: Sequence[str], wanted: tuple[str, ...] | None) -> tuple[str, ...]:
    """Maps to play on: `wanted`, else those that the agents named were evaluated on in training, else HELD_OUT.

    Raises:
        ValueError: agents were evaluated on different maps.
    """
    return (HELD_OUT,) if (maps := _as_trained(given, "evaluate_maps", wanted)) is None else tuple(maps)


def _as_trained(given: Sequence[str], setting: str, wanted: Any) -> Any:
    """`wanted`, else what the cards of the agents named say of their training; None if they say nothing.

    Raises:
        ValueError: they say different things.
    """
    if wanted is not None:
        return wanted
    parts = [part for each in given for name in _expanded(each) for part in name.split(",")]
    said = [each[setting] for part in parts if setting in (each := _trained_with(part))]
    different = [each for each in said if each != said[0]]
    if different:
        option = OPTIONS[setting]
        raise ValueError(f"agents were trained with {option} {said[0]} and {different[0]}: say --{option}")
    return said[0] if said else None


def _trained_with(name: str) -> dict[str, Any]:
    """What the agent `name` was trained with, if that is known."""
    folder, settings = agent_folder(name), settings_of(Path(name))
    if settings is not None:
        return jsonable(settings)
    return card_of(folder).get("trained_with", {}) if (folder / CARD).is_file() else {}


def entrants_named(given: Sequence[str], team_size: int) -> tuple[dict[str, Entrant], Teams]:
    """Agents and bots that play, by name, and the teams that they make up, as they were given.

    Raises:
        ValueError: nobody is named, somebody twice, an unknown bot or folder, or a team of another size.
    """
    if not given:
        raise ValueError(
            "nobody is named: give folders of agents, a run's folder, or bots, as in umwelt tournament 2 5"
        )
    chosen = [name for each in given for name in _expanded(each)]
    paths = [Path(part) for name in chosen for part in name.split(",") if _bot(part) is None]
    short = _short_names(list(dict.fromkeys(paths)))
    entrants: dict[str, Entrant] = {}
    teams: Teams = {}
    for name in chosen:
        parts = name.split(",")
        if len(parts) not in (1, team_size):
            raise ValueError(f"{name!r} is a team of {len(parts)}, expected {team_size}: see --team-size")
        seats = [_named(part, short, entrants) for part in parts]
        title = ", ".join(seats)
        if title in teams:
            raise ValueError(f"{title!r} is named twice: name everybody once")
        teams[title] = tuple(seats) if len(seats) == team_size else (seats[0],) * team_size
    return entrants, teams


def titled(name: str) -> str:
    """`bot 2` for a bot, and the name itself for anybody else."""
    return name if _bot(name) is None else f"bot {name}"


def one_named(name: str) -> Entrant:
    """A bot by its level or kind, or the agent in a folder.

    Raises:
        ValueError: it is neither.
    """
    bot = _bot(name)
    return _agent(name) if bot is None else bot


def _expanded(name: str) -> list[str]:
    """The members of a run, or of a checkpoint, in its place."""
    return [str(path) for path in members_of(Path(name)) or members_in(Path(name))] or [name]


def _bot(name: str) -> int | str | None:
    if name in KINDS:
        return name
    return int(name) if name.isdecimal() and int(name) in LEVELS else None


def _named(part: str, short: dict[Path, str], entrants: dict[str, Entrant]) -> str:
    """The short name of an agent or bot, who is added to `entrants` if it isn't among them."""
    bot = _bot(part)
    title = titled(part) if bot is not None else short[Path(part)]
    if title not in entrants:
        entrants[title] = bot if bot is not None else _agent(part)
    return title


def _agent(name: str) -> Entrant:
    if settings_of(Path(name)) is not None:
        return checkpointed_agent(Path(name))
    folder, known = agent_folder(name), (*KINDS, *shipped("ctf"))
    if not folder.is_dir():
        raise ValueError(
            f"there is no agent {name!r}: {did_you_mean(name, known)}expected the folder of a saved agent, of a run or "
            f"of one of its checkpoints, an agent that ships ({', '.join(shipped('ctf')) or 'none'}) or a bot: "
            f"1 to {max(LEVELS)}, {', '.join(KINDS)}"
        )
    return load_ftw_agent(folder)


def _short_names(paths: Sequence[Path]) -> dict[Path, str]:
    """For each folder as many of its last parts as tell it from the others."""
    names = {}
    for path in paths:
        n = next(
            (n for n in range(1, len(path.parts)) if sum(p.parts[-n:] == path.parts[-n:] for p in paths) == 1),
            len(path.parts),
        )
        names[path] = "/".join(path.parts[-n:]) or str(path)
    return names
