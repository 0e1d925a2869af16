"""A small hall for tests of Capture the Flag, and matches on it."""

from typing import NamedTuple

import numpy as np

from sims.ctf.build import reset
from sims.ctf.maps.text import parse
from sims.ctf.pool import arrays_of
from sims.ctf.state import N_EVENTS, POINTS, Maps, Rules, State, blank_state

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
    maps = arrays_of([parse(text or HALL, "test")])
    state = blank_state(1, 2 * team_size)
    reset(maps, state, np.array([0]))
    weights = np.tile(np.array(POINTS), (1, 2 * team_size, 1))
    assert weights.shape == (1, 2 * team_size, N_EVENTS)
    return Match(maps, state, RULES._replace(**rules), weights)
