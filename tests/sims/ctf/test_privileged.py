"""What probes are told of a match."""

import numpy as np
import pytest

from sims.ctf.privileged import privileged
from sims.ctf.state import CARRIED
from tests.sims.ctf.arena import arena, play, put

pytestmark = pytest.mark.kernels


def test_who_sees_whom_is_by_the_frame_and_by_what_is_between():
    match = arena()  # pillars at x 6 to 8, y 10 to 12, and at x 12 to 14, y 8 to 10
    put(match, 0, 2.0, 3.0, yaw=0)
    put(match, 1, 7.0, 3.0, yaw=0)
    put(match, 2, 7.0, 15.0, yaw=180)
    put(match, 3, 17.0, 3.0, yaw=120)
    told = privileged(match.maps, match.state)
    assert told.sees[0].tolist() == [
        [False, True, False, True],  # players are no walls
        [False, False, False, True],
        [True, False, False, False],  # past one pillar; behind it is red 1, and behind the other blue 3
        [True, True, False, False],
    ]
    match.state.respawn[0, 3] = 5
    assert not privileged(match.maps, match.state).sees[0, :, 3].any()
    assert not privileged(match.maps, match.state).in_play[0, 3]


def test_places_headings_and_who_holds_what():
    match = arena()
    put(match, 3, 5.0, 3.0, yaw=60, pitch=4)
    match.state.flag[0, 0], match.state.carrier[0, 0] = CARRIED, 3
    play(match)
    told = privileged(match.maps, match.state)
    assert told.position[0, 3].tolist() == [5.0, 3.0, 0.0]
    assert told.heading[0, 3] == pytest.approx(np.pi / 2)
    assert told.pitch[0, 3] == pytest.approx(np.radians(6))
    assert told.holds[0].tolist() == [False, False, False, True]
    assert told.flag_position[0, 0].tolist() == [5.0, 3.0, 0.0]
    told.position[:] = 0.0
    assert match.state.x[0, 3] == 5.0, "what is told is a copy"
