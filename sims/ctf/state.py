"""What a batch of Capture-the-Flag matches is made of: the maps that all share, and the state of each match."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.arrays import blank

RED, BLUE = 0, 1
"""Teams. Players 0 to n - 1 of a match are red, n to 2n - 1 blue."""

STEPS_PER_SECOND = 15
SUBSTEPS = 3
"""Movement is integrated this many times a step: at top speed 0.14 m each, less than half a player's radius."""

N_HEADINGS = 240
"""Yaw and pitch count units of 360 / 240 = 1.5 degrees, so that headings are exact on every machine."""

MAX_PITCH = 20
"""Units that a player can look up or down: 30 degrees."""

PLAYER_RADIUS = 0.4
PLAYER_HEIGHT = 1.8
EYE_HEIGHT = 1.6
WALL_HEIGHT = 3.0
"""Metres; walls are indoors and reach the ceiling."""

HOME, CARRIED, DROPPED = 0, 1, 2
"""Where a flag can be: on its stand, on a player's back, on the ground."""

EVENTS = (
    "tagged_with_flag",
    "tagged_without_flag",
    "captured",
    "picked_up",
    "returned",
    "tagged_carrier",
    "tagged_noncarrier",
    "teammate_captured",
    "teammate_picked_up",
    "teammate_returned",
    "opponent_captured",
    "opponent_picked_up",
    "opponent_returned",
)
"""What can happen to a player in a step: the 13 events of the FTW agent's internal reward (Jaderberg et al. 2019). The
first two were done to the player, the next five by the player, the rest by others."""

N_EVENTS = len(EVENTS)
CAPTURED, PICKED_UP, RETURNED = 2, 3, 4
TAGGED_CARRIER, TAGGED_NONCARRIER = 5, 6
BY_TEAMMATE, BY_OPPONENT = 5, 8
"""What to add to `CAPTURED`, `PICKED_UP` or `RETURNED` for the same thing done by others."""

POINTS = (0.0, 0.0, 5.0, 0.0, 1.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Points of each event, the default reward: Quake III's (capture 5, recovery 1, tag of the carrier 2, tag 1)."""


class Rules(NamedTuple):
    """What a match is played by; steps are fifteenths of a second."""

    match_steps: int = 4500  # five minutes
    hits_to_tag: int = 2
    cooldown_steps: int = 6
    respawn_steps: int = 30
    flag_return_steps: int = 600  # Quake III's 40 s
    beam_range: float = 20.0  # metres


RULES = Rules()
"""The game as it is played by default."""


class Maps(NamedTuple):
    """The maps of an env, padded to the largest: everything that stepping reads and nothing that it writes.

    See `sims.ctf.maps.layout.Map` for the frame. R, C are the rows and columns of the largest map.
    """

    outdoor: NDArray[np.bool_]  # [map]
    shape: NDArray[np.int32]  # [map, 2] rows, columns
    theme: NDArray[np.int32]  # [map] which set of textures
    solid: NDArray[np.uint8]  # [map, R, C] 1 beyond the map
    walkable: NDArray[np.uint8]  # [map, R * C] for planning ways
    surface: NDArray[np.uint8]  # [map, R, C] 0 nobody's, 1 red's, 2 blue's
    grid: NDArray[np.int32]  # [map, 64 * 64] `surface`, padded, for the renderer
    heights: NDArray[np.float32]  # [map, (2 R + 1) * height_columns] ground at the nodes, row by row
    height_columns: int  # 2 C + 1
    obstacles: NDArray[np.float64]  # [map, k, 5] x, y, radius, height, z of the foot
    kinds: NDArray[np.uint8]  # [map, k] tree or rock
    n_obstacles: NDArray[np.int32]  # [map]
    near: NDArray[np.int16]  # [map, R, C, NEAR] obstacles that a player in the cell can touch, -1 for none
    stands: NDArray[np.float64]  # [map, team, 3] x, y, z of the flag stands
    spawns: NDArray[np.float64]  # [map, team, MAX_SPAWNS, 2]
    spawn_headings: NDArray[np.int32]  # [map, team, MAX_SPAWNS]
    n_spawns: NDArray[np.int32]  # [map]
    to_stand: NDArray[np.uint16]  # [map, team, R * C] walking distance to the stand, `sims.ctf.maps.distance`

    def __deepcopy__(self, memo: object) -> "Maps":
        """Itself: nothing writes to it, and a copied env goes on sharing it."""
        return self


class State(NamedTuple):
    """Everything that differs from match to match; with maps, rules and actions it determines the future.

    Bots have minds of their own (`sims.ctf.bots.Bots`): `CaptureTheFlagVectorEnv.snapshot` copies both.

    Axes: [match], [match, team] or [match, player]; positions in metres in the map's frame, z of the feet.
    """

    seed: NDArray[np.uint64]
    match_count: NDArray[np.int64]  # how many matches this slot has begun since its reset with `seed`
    map: NDArray[np.int32]
    clock: NDArray[np.int32]  # steps played
    score: NDArray[np.int32]  # [match, team] captures
    spawn_count: NDArray[np.int64]  # spawns so far in this match: the counter of its random numbers
    # players
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    vx: NDArray[np.float64]
    vy: NDArray[np.float64]
    vz: NDArray[np.float64]
    yaw: NDArray[np.int32]  # in [0, N_HEADINGS), counter-clockwise from x
    pitch: NDArray[np.int32]  # in [-MAX_PITCH, MAX_PITCH], positive up
    airborne: NDArray[np.bool_]
    respawn: NDArray[np.int32]  # steps until the player is back, 0 while in play
    hits: NDArray[np.int32]  # hits taken since the last spawn
    cooldown: NDArray[np.int32]  # steps until the player can tag again
    stride: NDArray[np.float64]  # metres walked, for the figure's legs
    beam: NDArray[np.int32]  # steps that the player's last beam is still to be seen
    beam_from: NDArray[np.float64]  # [match, player, 3]
    beam_to: NDArray[np.float64]  # [match, player, 3]
    totals: NDArray[np.int32]  # [match, player, event] of this match
    # flags, [match, team whose flag it is]
    flag: NDArray[np.int32]  # HOME, CARRIED or DROPPED
    carrier: NDArray[np.int32]  # the player who has it, or -1
    flag_x: NDArray[np.float64]
    flag_y: NDArray[np.float64]
    flag_z: NDArray[np.float64]
    flag_timer: NDArray[np.int32]  # steps until a dropped flag returns by itself


_BY_MATCH = ("seed", "match_count", "map", "clock", "spawn_count")
_BY_TEAM = ("score", "flag", "carrier", "flag_x", "flag_y", "flag_z", "flag_timer")
_TAILS = {"beam_from": (3,), "beam_to": (3,), "totals": (N_EVENTS,)}


def blank_state(n_matches: int, n_players: int) -> State:
    """A zeroed state of `n_matches` matches of `n_players`; `sims.ctf.build.reset` fills it."""

    def shape_of(name: str) -> tuple[int, ...]:
        if name in _BY_MATCH:
            return (n_matches,)
        return (n_matches, 2) if name in _BY_TEAM else (n_matches, n_players, *_TAILS.get(name, ()))

    return blank(State, shape_of)
