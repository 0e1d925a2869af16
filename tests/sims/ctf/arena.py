"""A small hall and a meadow for tests of Capture the Flag, and matches on them that a test puts into shape."""

from typing import NamedTuple

import numpy as np

from sims.ctf.actions import STILL
from sims.ctf.build import reset
from sims.ctf.env import Outputs, outputs
from sims.ctf.maps.layout import ROCK, Map
from sims.ctf.maps.text import parse
from sims.ctf.pool import arrays_of
from sims.ctf.state import EVENTS, N_EVENTS, POINTS, Maps, Rules, State, blank_state
from sims.ctf.step import step

HALL = """
**********
*       b*
*      Bb*
*        *
*  *     *
*     *  *
*        *
*rR      *
*r       *
**********
"""


class Match(NamedTuple):
    """One match on `HALL`, 20 m a side."""

    maps: Maps
    state: State
    rules: Rules
    weights: np.ndarray


RULES = Rules(match_steps=100, hits_to_tag=2, cooldown_steps=6, respawn_steps=30, flag_return_steps=60, beam_range=20.0)


def arena(text: str = "", team_size: int = 2, **rules) -> Match:
    """A match that has just begun on a hall, by default an open one with two pillars."""
    return begun(parse(text or HALL, "test"), team_size, **rules)


def begun(map: Map, team_size: int = 2, **rules) -> Match:
    """A match that has just begun on a map."""
    maps = arrays_of([map])
    state = blank_state(1, 2 * team_size)
    reset(maps, state, np.array([0]))
    weights = np.tile(np.array(POINTS), (1, 2 * team_size, 1))
    assert weights.shape == (1, 2 * team_size, N_EVENTS)
    return Match(maps, state, RULES._replace(**rules), weights)


def meadow(obstacles: list[tuple[float, float, float, float]] | None = None, ridge: float = 0.0, **rules) -> Match:
    """A match under the open sky on a field of 20 m a side.

    Args:
        obstacles: x, y, radius, height of rocks; what isn't its own image is left as it is: beams don't mind.
        ridge: metres of a ridge along x = 10 whose sides fall over 2 m.
    """
    flat = parse(HALL.replace("*  *     *", "*        *").replace("*     *  *", "*        *"), "test")
    heights = np.zeros((21, 21), np.float32)
    heights[:, 8:13] = ridge * np.array([0.0, 0.5, 1.0, 0.5, 0.0])
    rocks = np.array(obstacles or [], np.float64).reshape(-1, 4)
    open_air = flat._replace(
        family="outdoor", heights=heights, obstacles=rocks, kinds=np.full(len(rocks), ROCK, np.uint8)
    )
    return begun(open_air, 2, **rules)


def put(match: Match, p: int, x: float, y: float, yaw: int = 0, pitch: int = 0, z: float = 0.0) -> None:
    """Stand player `p` somewhere, at rest."""
    state = match.state
    state.x[0, p], state.y[0, p], state.z[0, p] = x, y, z
    state.vx[0, p], state.vy[0, p], state.vz[0, p] = 0.0, 0.0, 0.0
    state.yaw[0, p], state.pitch[0, p], state.airborne[0, p] = yaw, pitch, False


def asked(match: Match, acts: dict[int, tuple[int, ...]] | None = None) -> np.ndarray:
    """Actions `[1, player, 6]`: those given, and all others still."""
    actions = np.tile(np.array(STILL, np.int8), (1, match.state.x.shape[1], 1))
    for p, act in (acts or {}).items():
        actions[0, p] = act
    return actions


def play(match: Match, acts: dict[int, tuple[int, ...]] | None = None, steps: int = 1) -> Outputs:
    """Play steps with the same actions; what the last one wrote."""
    out = outputs(1, match.state.x.shape[1])
    for _ in range(steps):
        step(match.maps, match.state, asked(match, acts), 0, 1, match.rules, match.weights, out)
    return out


def happened(out: Outputs) -> dict[tuple[int, str], int]:
    """The events of a step: how often by player and name."""
    return {(int(p), EVENTS[i]): int(out.events[0, p, i]) for p, i in np.argwhere(out.events[0])}
