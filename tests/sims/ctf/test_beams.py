"""Beams: what stops them, whom they hit, how often; and who sees whom. Against hand-computed numbers."""

import numpy as np
import pytest

from sims.ctf.beams import BEAM_SEEN, MUZZLE, fire, sees
from sims.ctf.motion import COS, SIN, TAN
from sims.ctf.state import EYE_HEIGHT, MAX_PITCH, PLAYER_HEIGHT, PLAYER_RADIUS, WALL_HEIGHT
from tests.sims.ctf.arena import Match, arena, asked, happened, meadow, play, put

TAG = (2, 1, 1, 1, 1, 0)
LEFT, RIGHT = 120, 0
"""Headings towards -x and +x."""

kernels = pytest.mark.kernels


def fired(match: Match, *players: int) -> list[int]:
    """Whom the beams of `players` hit, by player."""
    struck = np.full((1, match.state.x.shape[1]), 99, np.int32)
    fire(match.maps, match.state, 0, asked(match, dict.fromkeys(players, TAG)), match.rules, struck)
    return struck[0].tolist()


def ready(match: Match) -> Match:
    """Shooter 0 at (4, 13) with its eye towards +x, everybody else out of its way."""
    put(match, 0, 4.0, 13.0, RIGHT)
    for p, x in ((1, 3.0), (2, 15.0), (3, 17.0)):
        put(match, p, x, 3.0, LEFT)
    return match


@kernels
def test_a_beam_ends_at_the_wall_and_is_seen_from_the_gadget_for_three_steps():
    match = ready(arena())
    assert fired(match, 0) == [-1, -1, -1, -1]
    state = match.state
    assert state.beam_from[0, 0].tolist() == [4.0, 13.0, EYE_HEIGHT - MUZZLE]
    assert state.beam_to[0, 0] == pytest.approx([18.0, 13.0, EYE_HEIGHT])
    left = [state.beam[0, 0]]
    for _ in range(BEAM_SEEN):
        fired(match)
        left.append(state.beam[0, 0])
    assert left == [3, 2, 1, 0]


@kernels
def test_a_beam_hits_the_nearest_opponent_and_ends_at_its_side():
    match = ready(arena())
    put(match, 2, 12.0, 13.0)
    put(match, 3, 9.0, 13.2)
    assert fired(match, 0) == [3, -1, -1, -1]
    side = 9.0 - np.sqrt(PLAYER_RADIUS**2 - 0.2**2)
    assert match.state.beam_to[0, 0] == pytest.approx([side, 13.0, EYE_HEIGHT])


@kernels
@pytest.mark.parametrize(("aside", "hit"), [(0.39, True), (-0.39, True), (0.41, False), (-0.41, False)])
def test_a_body_is_as_wide_as_its_radius(aside, hit):
    match = ready(arena())
    put(match, 2, 12.0, 13.0 + aside)
    assert (fired(match, 0)[0] == 2) is hit


@kernels
def test_behind_the_shooter_nobody_is_hit():
    match = ready(arena())
    put(match, 0, 10.0, 13.0, RIGHT)
    put(match, 2, 8.0, 13.0)
    assert fired(match, 0)[0] == -1
    put(match, 0, 10.0, 13.0, LEFT)
    assert fired(match)[0] == -1, "nobody who doesn't tag"


@kernels
def test_walls_stop_beams():
    match = ready(arena())
    put(match, 0, 4.0, 11.0, RIGHT)  # a pillar covers x from 6 to 8, y from 10 to 12
    put(match, 2, 12.0, 11.0, LEFT)
    assert fired(match, 0, 2) == [-1, -1, -1, -1]
    assert match.state.beam_to[0, 0] == pytest.approx([6.0, 11.0, EYE_HEIGHT])
    assert match.state.beam_to[0, 2] == pytest.approx([8.0, 11.0, EYE_HEIGHT])
    put(match, 0, 4.0, 12.01, RIGHT)
    put(match, 2, 12.0, 12.01, LEFT)
    match.state.cooldown[:] = 0
    assert fired(match, 0, 2) == [2, -1, 0, -1], "past the pillar by a centimetre"


@kernels
def test_team_mates_stop_beams_and_take_no_harm():
    match = ready(arena(hits_to_tag=1))
    put(match, 1, 8.0, 13.0)
    put(match, 2, 12.0, 13.0)
    out = play(match, {0: TAG})
    assert happened(out) == {}
    assert match.state.hits[0].tolist() == [0, 0, 0, 0]
    assert match.state.beam_to[0, 0] == pytest.approx([8.0 - PLAYER_RADIUS, 13.0, EYE_HEIGHT])


@kernels
@pytest.mark.parametrize(("distance", "hit"), [(5.39, True), (5.41, False)])
def test_beams_end_at_their_range(distance, hit):
    match = ready(arena(beam_range=5.0))
    put(match, 2, 4.0 + distance, 13.0)
    assert (fired(match, 0)[0] == 2) is hit
    if not hit:
        assert match.state.beam_to[0, 0] == pytest.approx([9.0, 13.0, EYE_HEIGHT])


@kernels
def test_range_is_measured_along_the_beam():
    match = ready(arena(beam_range=2.0))
    put(match, 0, 4.0, 13.0, yaw=10, pitch=15)
    fired(match, 0)
    along = match.state.beam_to[0, 0] - (match.state.beam_from[0, 0] + (0.0, 0.0, MUZZLE))
    assert np.linalg.norm(along) == pytest.approx(2.0)
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(15.0)
    assert np.degrees(np.arcsin(along[2] / 2.0)) == pytest.approx(22.5)


@kernels
@pytest.mark.parametrize(("pitch", "height"), [(MAX_PITCH, WALL_HEIGHT), (-MAX_PITCH, 0.0)])
def test_beams_end_at_ceiling_and_floor(pitch, height):
    match = ready(arena())
    put(match, 0, 4.0, 13.0, pitch=pitch)
    fired(match, 0)
    ahead = abs(height - EYE_HEIGHT) / np.tan(np.radians(30))
    assert match.state.beam_to[0, 0] == pytest.approx([4.0 + ahead, 13.0, height], abs=1e-9)


@kernels
@pytest.mark.parametrize("pitch", range(-MAX_PITCH, MAX_PITCH + 1, 2))
@pytest.mark.parametrize("distance", [1.0, 3.0, 9.0])
def test_pitch_leads_a_beam_over_or_under_a_player(pitch, distance):
    match = ready(arena())
    put(match, 0, 4.0, 13.0, pitch=pitch)
    put(match, 2, 4.0 + distance, 13.0)
    heights = EYE_HEIGHT + np.linspace(distance - PLAYER_RADIUS, distance + PLAYER_RADIUS, 9) * TAN[pitch + MAX_PITCH]
    # Indoors the floor catches what would be too low; from above, a beam may still come down onto the head.
    reached = heights[0] >= 0.0 and ((heights >= 0.0) & (heights <= PLAYER_HEIGHT)).any()
    assert (fired(match, 0)[0] == 2) is bool(reached)


@kernels
def test_beams_go_under_who_jumps_and_come_down_on_a_head():
    match = ready(arena())
    put(match, 2, 8.0, 13.0, z=EYE_HEIGHT + 0.01)
    assert fired(match, 0)[0] == -1
    match.state.cooldown[:] = 0
    put(match, 0, 4.0, 13.0, pitch=-2, z=0.4)  # the eye is 0.2 m higher than the other's head
    put(match, 2, 8.0, 13.0)
    assert fired(match, 0)[0] == 2
    top = 4.0 + (EYE_HEIGHT + 0.4 - PLAYER_HEIGHT) / np.tan(np.radians(3))
    assert match.state.beam_to[0, 0] == pytest.approx([top, 13.0, PLAYER_HEIGHT])
    assert 8.0 - PLAYER_RADIUS < top < 8.0 + PLAYER_RADIUS


@kernels
@pytest.mark.parametrize("cooldown", [1, 2, 6])
def test_who_holds_the_button_fires_exactly_once_a_cool_down(cooldown):
    match = ready(arena(cooldown_steps=cooldown))
    put(match, 2, 12.0, 13.0)
    hits = [fired(match, 0)[0] == 2 for _ in range(13)]
    assert hits == [k % cooldown == 0 for k in range(13)]
    waiting = [match.state.cooldown[0, 0]]
    for _ in range(cooldown):
        fired(match)
        waiting.append(match.state.cooldown[0, 0])
    assert waiting[-1] == 0


@kernels
def test_a_late_press_fires_at_once():
    match = ready(arena())
    put(match, 2, 12.0, 13.0)
    assert fired(match, 0)[0] == 2
    for _ in range(9):
        assert fired(match)[0] == -1
    assert [fired(match, 0)[0] for _ in range(2)] == [2, -1]


@kernels
def test_two_hits_tag_whoever_they_come_from():
    match = ready(arena())
    put(match, 2, 12.0, 13.0)
    assert happened(play(match, {0: TAG})) == {}
    assert match.state.hits[0, 2] == 1
    assert happened(play(match, {0: TAG}, steps=5)) == {}
    assert happened(play(match, {0: TAG})) == {(0, "tagged_noncarrier"): 1, (2, "tagged_without_flag"): 1}
    assert match.state.respawn[0, 2] == match.rules.respawn_steps

    match = ready(arena())
    put(match, 1, 12.0, 16.0, yaw=180)  # looking towards -y
    put(match, 2, 12.0, 13.0)
    out = play(match, {0: TAG, 1: TAG})
    assert out.struck[0].tolist() == [2, 2, -1, -1]
    assert out.events[0, 2].tolist() == [0, 1] + [0] * 11, "two beams of one step are two hits"
    assert out.events[0, :2].sum() == 1, "and one tag"


@kernels
def test_two_players_can_tag_each_other_in_one_step():
    match = ready(arena(hits_to_tag=1))
    put(match, 2, 12.0, 13.0, LEFT)
    assert happened(play(match, {0: TAG, 2: TAG})) == {
        (0, "tagged_noncarrier"): 1,
        (0, "tagged_without_flag"): 1,
        (2, "tagged_noncarrier"): 1,
        (2, "tagged_without_flag"): 1,
    }
    assert match.state.respawn[0].tolist() == [30, 0, 30, 0]


@kernels
def test_who_is_out_neither_fires_nor_stops_beams():
    match = ready(arena())
    put(match, 2, 8.0, 13.0, LEFT)
    put(match, 3, 12.0, 13.0, LEFT)
    match.state.respawn[0, 2] = 20
    assert fired(match, 0, 2, 3) == [3, -1, -1, 0]
    assert match.state.beam[0].tolist() == [3, 0, 0, 3]


@kernels
def test_trees_and_rocks_stop_beams_as_high_as_they_are():
    tall = ready(meadow([(8.0, 13.0, 0.5, 3.0)]))
    put(tall, 2, 12.0, 13.0)
    assert fired(tall, 0)[0] == -1
    assert tall.state.beam_to[0, 0] == pytest.approx([7.5, 13.0, EYE_HEIGHT])
    assert not sees(tall.maps, tall.state, 0, 0, 2)
    low = ready(meadow([(8.0, 13.0, 0.5, 1.0)]))
    put(low, 2, 12.0, 13.0)
    assert fired(low, 0)[0] == 2
    assert sees(low.maps, low.state, 0, 0, 2)
    put(low, 0, 4.0, 13.0, pitch=-7)  # 10.5 degrees down: at the rock's near side 0.65 m lower than the eye
    low.state.cooldown[:] = 0
    assert fired(low, 0)[0] == -1
    assert low.state.beam_to[0, 0] == pytest.approx([7.5, 13.0, EYE_HEIGHT - 3.5 * np.tan(np.radians(10.5))])


@kernels
def test_hills_stop_beams_and_sight():
    match = ready(meadow(ridge=3.0))
    put(match, 2, 15.0, 13.0, LEFT)
    assert fired(match, 0, 2) == [-1, -1, -1, -1]
    assert match.state.beam_to[0, 0] == pytest.approx([8.0 + EYE_HEIGHT / 1.5, 13.0, EYE_HEIGHT], abs=0.02)
    assert match.state.beam_to[0, 2] == pytest.approx([12.0 - EYE_HEIGHT / 1.5, 13.0, EYE_HEIGHT], abs=0.02)
    assert not sees(match.maps, match.state, 0, 0, 2)
    put(match, 0, 10.0, 13.0, pitch=-MAX_PITCH, z=3.0)
    match.state.cooldown[:] = 0
    assert fired(match, 0)[0] == 2, "from the top, 30 degrees down, onto its head"
    assert sees(match.maps, match.state, 0, 0, 2)
    assert sees(match.maps, match.state, 0, 2, 0)


@kernels
def test_a_low_rise_leaves_beams_through():
    match = ready(meadow(ridge=1.0))
    put(match, 2, 15.0, 13.0, LEFT)
    assert fired(match, 0)[0] == 2
    assert match.state.beam_to[0, 0] == pytest.approx([15.0 - PLAYER_RADIUS, 13.0, EYE_HEIGHT])


@kernels
def test_beams_end_on_the_ground_and_at_the_rim_outdoors():
    match = ready(meadow())
    put(match, 0, 4.0, 13.0, pitch=-10)
    fired(match, 0)
    ahead = EYE_HEIGHT / np.tan(np.radians(15))
    assert match.state.beam_to[0, 0] == pytest.approx([4.0 + ahead, 13.0, 0.0], abs=0.02)
    put(match, 0, 4.0, 13.0, pitch=4)
    match.state.cooldown[:] = 0
    fired(match, 0)
    assert match.state.beam_to[0, 0, 0] == pytest.approx(18.0)
    assert match.state.beam_to[0, 0, 2] > WALL_HEIGHT - 0.1, "there is no ceiling"


@kernels
def test_who_sees_whom_in_the_hall():
    match = ready(arena())
    maps, state = match.maps, match.state
    put(match, 2, 17.0, 13.0)
    assert sees(maps, state, 0, 0, 2), "whichever way it looks, however far"
    put(match, 0, 4.0, 13.0, LEFT)
    assert sees(maps, state, 0, 0, 2)
    put(match, 0, 4.0, 11.0)
    put(match, 2, 12.0, 11.0)
    assert not sees(maps, state, 0, 0, 2)
    assert not sees(maps, state, 0, 2, 0)
    put(match, 2, 4.1, 11.0)
    assert sees(maps, state, 0, 0, 2)


def inside(match: Match, points: np.ndarray) -> np.ndarray:
    """Whether points `[n, 3]` lie in walls, floor or ceiling of the hall."""
    cells = np.clip(points[:, :2] // 2.0, 0, 9).astype(int)
    return (match.maps.solid[0][cells[:, 1], cells[:, 0]] != 0) | (points[:, 2] < 0.0) | (points[:, 2] > WALL_HEIGHT)


def in_body(match: Match, q: int, points: np.ndarray) -> np.ndarray:
    state = match.state
    near = np.hypot(points[:, 0] - state.x[0, q], points[:, 1] - state.y[0, q]) < PLAYER_RADIUS
    return near & (points[:, 2] >= state.z[0, q]) & (points[:, 2] <= state.z[0, q] + PLAYER_HEIGHT)


@pytest.mark.parametrize("seed", range(150))
def test_beams_and_sight_agree_with_a_march_of_a_millimetre_a_stride(seed):
    rng = np.random.default_rng(seed)
    match = arena(beam_range=float(rng.uniform(3.0, 25.0)))
    state = match.state
    for p in range(4):
        while True:
            x, y = rng.uniform(2.4, 17.6, 2)
            c, r = int(x // 2), int(y // 2)
            if not match.maps.solid[0, r, c]:
                break
        put(match, p, x, y, int(rng.integers(240)), int(rng.integers(-20, 21)), float(rng.uniform(0, 0.9)))
    if seed % 2:  # somebody to hit
        state.yaw[0, 0] = round(np.arctan2(state.y[0, 2] - state.y[0, 0], state.x[0, 2] - state.x[0, 0]) * 120 / np.pi)
        state.yaw[0, 0] %= 240
        state.pitch[0, 0] = rng.integers(-4, 3)
    struck = fired(match, 0)[0]
    eye = np.array([state.x[0, 0], state.y[0, 0], state.z[0, 0] + EYE_HEIGHT])
    yaw, slope = state.yaw[0, 0], TAN[state.pitch[0, 0] + MAX_PITCH]
    along = np.array([COS[yaw], SIN[yaw], slope]) / np.sqrt(1.0 + slope**2)
    points = eye + np.arange(0.0, match.rules.beam_range, 0.001)[:, None] * along
    stop = int(np.argmax(inside(match, points))) if inside(match, points).any() else len(points)
    hit = -1
    for q in range(1, 4):
        body = in_body(match, q, points[:stop])
        if body.any() and not in_body(match, q, eye[None])[0]:
            stop, hit = int(np.argmax(body)), q
    assert struck == (hit if hit >= 2 else -1)
    assert np.linalg.norm(state.beam_to[0, 0] - eye) == pytest.approx(0.001 * stop, abs=0.01)
    middle = np.array([state.x[0, 2], state.y[0, 2], state.z[0, 2] + 0.5 * PLAYER_HEIGHT])
    line = eye + np.linspace(0.0, 1.0, 20_000)[:, None] * (middle - eye)
    blocked = inside(match, line).mean()
    if blocked == 0.0 or blocked > 0.005:  # not where it grazes a corner
        assert sees(match.maps, state, 0, 0, 2) is bool(blocked == 0.0)
