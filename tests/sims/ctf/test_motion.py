"""Looking, walking, jumping and bumping, against hand-computed numbers."""

import numpy as np
import pytest

from sims.ctf.actions import STILL
from sims.ctf.motion import DT, FRICTION, GRAVITY, JUMP_SPEED, TOP_SPEED, move
from sims.ctf.state import PLAYER_RADIUS, SUBSTEPS
from tests.sims.ctf.arena import arena

pytestmark = pytest.mark.kernels

FORWARD = (2, 1, 1, 2, 0, 0)


def play(match, action, steps=1, player=0):
    actions = np.tile(np.array(STILL, np.int8), (1, 4, 1))
    actions[0, player] = action
    for _ in range(steps):
        move(match.maps, match.state, 0, actions)


def test_look_speeds_turn_by_their_degrees_and_wrap_around():
    match = arena()
    match.state.yaw[0, 0] = 2
    play(match, (4, 1, 1, 1, 0, 0))
    assert match.state.yaw[0, 0] == 236, "60 to the right is 9 degrees clockwise: 6 units of 1.5"
    play(match, (1, 2, 1, 1, 0, 0), steps=4)
    assert match.state.yaw[0, 0] == 0
    assert match.state.pitch[0, 0] == 4
    play(match, (2, 2, 1, 1, 0, 0), steps=40)
    assert match.state.pitch[0, 0] == 20, "30 degrees up at most"


def test_a_walk_from_rest_gains_speed_as_quake_does():
    match = arena()
    match.state.yaw[0, 0] = 0
    x = match.state.x[0, 0]
    play(match, FORWARD)
    speed, moved = 0.0, 0.0
    for _ in range(SUBSTEPS):
        speed = max(0.0, speed - max(speed, 2.0) * FRICTION * DT) + 10.0 * TOP_SPEED * DT
        moved += speed * DT
    assert match.state.vx[0, 0] == pytest.approx(speed)
    assert match.state.x[0, 0] - x == pytest.approx(moved)
    play(match, FORWARD, steps=8)
    assert match.state.vx[0, 0] == pytest.approx(TOP_SPEED, rel=0.01)


def test_strafing_goes_to_the_right_of_the_heading_and_diagonals_are_no_faster():
    match = arena()
    match.state.yaw[0, 0] = 60  # towards +y: right is +x
    play(match, (2, 1, 2, 1, 0, 0), steps=3)
    assert match.state.vx[0, 0] > 2
    assert match.state.vy[0, 0] == pytest.approx(0, abs=1e-9)
    play(match, (2, 1, 2, 2, 0, 0), steps=9)
    assert np.hypot(match.state.vx[0, 0], match.state.vy[0, 0]) == pytest.approx(TOP_SPEED, rel=0.02)


def test_a_player_comes_to_rest():
    match = arena()
    match.state.vx[0, 0] = TOP_SPEED
    play(match, STILL, steps=15)
    assert match.state.vx[0, 0] == 0.0


def test_a_jump_is_as_high_as_gravity_allows_and_lands():
    match = arena()
    highest, steps = 0.0, 0
    play(match, (2, 1, 1, 1, 0, 1))
    while match.state.airborne[0, 0]:
        highest = max(highest, match.state.z[0, 0])
        play(match, STILL)
        steps += 1
    assert highest == pytest.approx(JUMP_SPEED**2 / (2 * GRAVITY), abs=0.12)
    assert steps / 15 == pytest.approx(2 * JUMP_SPEED / GRAVITY, abs=0.1)
    assert match.state.z[0, 0] == 0.0


def test_walls_stop_what_goes_into_them_and_let_what_goes_along_them():
    match = arena()
    match.state.x[0, 0], match.state.y[0, 0], match.state.yaw[0, 0] = 12.0, 17.0, 60
    play(match, FORWARD, steps=30)
    assert match.state.y[0, 0] == pytest.approx(18.0 - PLAYER_RADIUS)
    assert match.state.vy[0, 0] == pytest.approx(0.0, abs=1e-9)
    match.state.yaw[0, 0] = 30  # 45 degrees into the wall
    x = match.state.x[0, 0]
    play(match, FORWARD, steps=6)
    assert match.state.x[0, 0] > x + 0.5
    assert match.state.y[0, 0] == pytest.approx(18.0 - PLAYER_RADIUS)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_ever_stands_in_a_wall_however_they_walk(seed):
    match = arena()
    rng = np.random.default_rng(seed)
    actions = np.zeros((1, 4, 6), np.int8)
    solid = match.maps.solid[0]
    for k in range(300):
        if k % 5 == 0:
            actions[0] = rng.integers(0, (5, 3, 3, 3, 2, 2), (4, 6))
        move(match.maps, match.state, 0, actions)
        for p in range(4):
            x, y = match.state.x[0, p], match.state.y[0, p]
            for r, c in np.argwhere(solid):
                dx = max(2 * c - x, 0, x - 2 * (c + 1))
                dy = max(2 * r - y, 0, y - 2 * (r + 1))
                assert np.hypot(dx, dy) > PLAYER_RADIUS - 1e-6


def test_players_do_not_walk_through_each_other():
    match = arena()
    state = match.state
    state.x[0], state.y[0] = (8.0, 10.0, 3.0, 3.0), (10.0, 10.0, 4.0, 6.0)
    state.yaw[0, 0] = 0
    play(match, FORWARD, steps=20)
    assert state.x[0, 1] - state.x[0, 0] > 2 * PLAYER_RADIUS - 0.1
    assert state.x[0, 1] > 11.0, "the one who stands is pushed"


CROWDED = """
*******
*b   B*
***** *
*     *
* *****
*R   r*
*******
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_crowd_in_a_corridor_pushes_nobody_into_a_wall(seed):
    """Eight players and one spawn point a team."""
    match = arena(CROWDED, team_size=4)
    rng = np.random.default_rng(seed)
    actions = np.zeros((1, 8, 6), np.int8)
    walls = 2.0 * np.argwhere(match.maps.solid[0])[:, ::-1]
    for k in range(60):
        if k % 5 == 0:
            actions[0] = rng.integers(0, (5, 3, 3, 3, 2, 2), (8, 6))
            actions[0, :, 3] = 2
        move(match.maps, match.state, 0, actions)
        at = np.stack([match.state.x[0], match.state.y[0]], axis=1)[:, None]
        beside = np.maximum(np.maximum(walls - at, at - walls - 2.0), 0.0)
        assert np.hypot(beside[..., 0], beside[..., 1]).min() > PLAYER_RADIUS - 1e-6


@pytest.mark.parametrize("action", [(1, 1, 0, 2, 0, 1), (3, 1, 2, 2, 0, 1), (2, 1, 0, 2, 0, 1)])
def test_hops_gain_a_quarter_of_the_top_speed_and_no_more(action):
    match = arena()
    fastest = 0.0
    for _ in range(300):
        play(match, action)
        fastest = max(fastest, np.hypot(match.state.vx[0, 0], match.state.vy[0, 0]))
        x, y = match.state.x[0, 0], match.state.y[0, 0]
        assert match.maps.solid[0, int(y / 2), int(x / 2)] == 0
    assert fastest <= 1.25 * TOP_SPEED + 1e-9
