"""What probes may know of a match and players may not: where everybody and everything is, and who sees whom."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.ctf.beams import sees
from sims.ctf.motion import COS, SIN
from sims.ctf.state import CARRIED, N_HEADINGS, Maps, State


class Privileged(NamedTuple):
    """The state of all matches as probes want it: copies, in metres and radians, in the map's frame (z up)."""

    position: NDArray[np.float64]  # [match, player, 3] of the feet
    velocity: NDArray[np.float64]  # [match, player, 3] metres a second
    heading: NDArray[np.float64]  # [match, player] radians, counter-clockwise from x, in [0, 2 pi)
    pitch: NDArray[np.float64]  # [match, player] radians, positive up
    in_play: NDArray[np.bool_]  # [match, player] not tagged and waiting
    holds: NDArray[np.bool_]  # [match, player] carries the opponents' flag
    sees: NDArray[np.bool_]  # [match, player, other]: the other's middle is in the frame's 90 degrees, nothing between
    flag_position: NDArray[np.float64]  # [match, team, 3]
    flag: NDArray[np.int32]  # [match, team] HOME, CARRIED or DROPPED of `sims.ctf.state`
    carrier: NDArray[np.int32]  # [match, team] who carries the team's flag, or -1
    score: NDArray[np.int32]  # [match, team] captures
    clock: NDArray[np.int32]  # [match] steps played
    map: NDArray[np.int32]  # [match] which of the env's maps


def privileged(maps: Maps, state: State) -> Privileged:
    """Everything about the matches of a state."""
    n_matches, n_players = state.x.shape
    sight = np.zeros((n_matches, n_players, n_players), np.bool_)
    see(maps, state, sight)
    players = np.arange(n_players)
    half = n_players // 2
    carried = np.where(state.flag == CARRIED, state.carrier, -1)
    theirs = np.where(players < half, 1, 0)
    unit = 2.0 * np.pi / N_HEADINGS
    return Privileged(
        position=np.stack([state.x, state.y, state.z], axis=-1),
        velocity=np.stack([state.vx, state.vy, state.vz], axis=-1),
        heading=(state.yaw * unit).astype(np.float64),
        pitch=(state.pitch * unit).astype(np.float64),
        in_play=state.respawn == 0,
        holds=carried[:, theirs] == players,
        sees=sight,
        flag_position=np.stack([state.flag_x, state.flag_y, state.flag_z], axis=-1),
        flag=state.flag.copy(),
        carrier=state.carrier.copy(),
        score=state.score.copy(),
        clock=state.clock.copy(),
        map=state.map.copy(),
    )


@kernel
def see(maps, state, sight):
    """Write who sees whom, bool `[match, player, other]`: both in play, within 45 degrees, with a free line."""
    n_matches, n_players = state.x.shape
    for m in range(n_matches):
        for p in range(n_players):
            for q in range(n_players):
                sight[m, p, q] = False
                if p == q or state.respawn[m, p] > 0 or state.respawn[m, q] > 0:
                    continue
                yaw = state.yaw[m, p]
                dx, dy = state.x[m, q] - state.x[m, p], state.y[m, q] - state.y[m, p]
                ahead, aside = dx * COS[yaw] + dy * SIN[yaw], dx * SIN[yaw] - dy * COS[yaw]
                sight[m, p, q] = ahead > 0.0 and abs(aside) <= ahead and sees(maps, state, m, p, q)
