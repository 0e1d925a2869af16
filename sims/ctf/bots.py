"""Scripted players: the fixed yardstick of everything that is trained. They see the state, not pixels."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.hints import did_you_mean
from sims.ctf.bot_kernels import DEFENDER, FULL, NOBODY, PATROL, RANDOM, RUNNER
from sims.ctf.state import Maps

KINDS = {"random": RANDOM, "patrol": PATROL, "defender": DEFENDER, "runner": RUNNER}
"""Simple bots: presses buttons; walks from base to base and fights whom it meets; keeps to its own flag; goes for the
enemies' flag and never fights."""

LEVELS = (1, 2, 3, 4, 5)
"""Full players: attack, defend, chase and escort, the better the higher."""


class Skill(NamedTuple):
    """How good a bot is."""

    reaction: int  # steps from seeing an opponent to acting on it
    aim_noise: int  # units of heading by which it aims beside, at most
    hesitation: float  # part of the time that it stands about
    fire_slack: int  # units of heading beside the target at which it still fires


SKILLS = {
    1: Skill(reaction=12, aim_noise=9, hesitation=0.50, fire_slack=6),
    2: Skill(reaction=9, aim_noise=6, hesitation=0.35, fire_slack=4),
    3: Skill(reaction=6, aim_noise=4, hesitation=0.20, fire_slack=2),
    4: Skill(reaction=3, aim_noise=2, hesitation=0.08, fire_slack=1),
    5: Skill(reaction=1, aim_noise=0, hesitation=0.0, fire_slack=0),
}
"""By level; simple bots have that of level 3."""


class Bots(NamedTuple):
    """Who is a bot in every match, how good it is, and what it keeps in mind; with the state it determines its acts.

    Axes: [match], [match, team] or [match, player].
    """

    kind: NDArray[np.int32]  # NOBODY where the slot isn't a bot's
    reaction: NDArray[np.int32]
    aim_noise: NDArray[np.int32]
    hesitation: NDArray[np.float64]
    fire_slack: NDArray[np.int32]
    seen_for: NDArray[np.int32]  # steps for which the bot has had an opponent in sight
    heading_for: NDArray[np.int32]  # the stand that a patrol walks to
    field: NDArray[np.uint16]  # [match, team, R * C] walking distance to where the team's flag is
    field_cell: NDArray[np.int32]  # [match, team] the cell that `field` leads to, -1 for none
    queue: NDArray[np.int32]  # [match, 2 R * C] memory for `flood`


def checked_bots(bots: Mapping[int, int | str] | None, n_players: int) -> dict[int, int | str]:
    """The `bots=` of an env, checked.

    Raises:
        ValueError: a slot that a match hasn't, an unknown level or kind, or nobody left to control.
    """
    if bots is not None and not isinstance(bots, Mapping):
        raise ValueError(f"bots= must be a mapping from slots to levels or kinds, as {{1: 3}}, got {bots!r}")
    chosen: dict[int, int | str] = {}
    for given, level in (bots or {}).items():
        slot = int(given) if isinstance(given, str) and given.isdigit() else given  # JSON has no integer keys
        if isinstance(slot, bool) or not isinstance(slot, int | np.integer) or not 0 <= slot < n_players:
            raise ValueError(f"bots= names slot {slot!r}: a match has players 0 to {n_players - 1}")
        if not _is_known(level):
            known = f"a level 1 to 5 or one of {', '.join(KINDS)}"
            raise ValueError(f"bots= gives slot {slot} {level!r}: {did_you_mean(level, KINDS)}expected {known}")
        chosen[int(slot)] = level if isinstance(level, str) else int(level)
    if len(chosen) == n_players:
        raise ValueError(f"bots= leaves no slot to control: name at most {n_players - 1} of the {n_players} players")
    return chosen


def _is_known(level: object) -> bool:
    if isinstance(level, str):
        return level in KINDS
    return isinstance(level, int | np.integer) and not isinstance(level, bool) and level in LEVELS


def blank_bots(maps: Maps, bots: Mapping[int, int | str], n_matches: int, n_players: int) -> Bots:
    """Bots that have seen nothing yet, the same in every match."""
    skills = [SKILLS.get(bots.get(p, 3), SKILLS[3]) for p in range(n_players)]  # type: ignore[call-overload]
    kinds = [KINDS.get(str(bots[p]), FULL) if p in bots else NOBODY for p in range(n_players)]
    cells = maps.walkable.shape[1]

    def by_player(values: list[int] | list[float], dtype: type) -> NDArray:
        return np.tile(np.array(values, dtype), (n_matches, 1))

    return Bots(
        kind=by_player(kinds, np.int32),
        reaction=by_player([skill.reaction for skill in skills], np.int32),
        aim_noise=by_player([skill.aim_noise for skill in skills], np.int32),
        hesitation=by_player([skill.hesitation for skill in skills], np.float64),
        fire_slack=by_player([skill.fire_slack for skill in skills], np.int32),
        seen_for=np.zeros((n_matches, n_players), np.int32),
        heading_for=np.zeros((n_matches, n_players), np.int32),
        field=np.zeros((n_matches, 2, cells), np.uint16),
        field_cell=np.full((n_matches, 2), -1, np.int32),
        queue=np.zeros((n_matches, 2 * cells), np.int32),
    )
