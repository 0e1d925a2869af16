"""The rules: flags, tags, returns, captures, points, the clock, on matches that a test puts into shape."""

import numpy as np
import pytest

from sims.ctf.state import (
    BLUE,
    CAPTURED,
    CARRIED,
    DROPPED,
    EVENTS,
    HOME,
    N_HEADINGS,
    PICKED_UP,
    POINTS,
    RED,
    RETURNED,
    TAGGED_CARRIER,
    TAGGED_NONCARRIER,
    State,
)
from sims.ctf.step import TOUCH, restart, step
from tests.sims.ctf.arena import RULES, Match, arena, asked, happened, play, put

TAG = (2, 1, 1, 1, 1, 0)
EVERYTHING = (0, 2, 2, 2, 1, 1)
LEFT, RIGHT = 120, 0
STANDS = ((5.0, 5.0), (15.0, 15.0))
"""Where red's and blue's stands are in the hall."""

pytestmark = pytest.mark.kernels


def spread(**settings) -> Match:
    """A match of 2 v 2 with everybody far from flags and from each other."""
    match = arena(**settings)
    half = match.state.x.shape[1] // 2
    for i in range(half):
        put(match, i, 3.0, 9.0 + 2.0 * i, RIGHT)
        put(match, half + i, 17.0, 11.0 - 2.0 * i, LEFT)
    return match


def team_of(match: Match, p: int) -> int:
    return int(p >= match.state.x.shape[1] // 2)


def told(match: Match, p: int, what: str) -> dict[tuple[int, str], int]:
    """Who is told what, when player `p` captures, picks up or returns."""
    own = team_of(match, p)
    names = {}
    for q in range(match.state.x.shape[1]):
        whose = "" if q == p else "teammate_" if team_of(match, q) == own else "opponent_"
        names[q, whose + what] = 1
    return names


def carrying(match: Match, p: int, x: float, y: float) -> None:
    """Put player `p` somewhere with the enemies' flag on its back."""
    flag = 1 - team_of(match, p)
    put(match, p, x, y, match.state.yaw[0, p])
    match.state.flag[0, flag], match.state.carrier[0, flag] = CARRIED, p
    match.state.flag_x[0, flag], match.state.flag_y[0, flag] = x, y


def dropped(match: Match, flag: int, x: float, y: float, timer: int = 50) -> None:
    state = match.state
    state.flag[0, flag], state.carrier[0, flag], state.flag_timer[0, flag] = DROPPED, -1, timer
    state.flag_x[0, flag], state.flag_y[0, flag], state.flag_z[0, flag] = x, y, 0.0


def place_of(state: State, flag: int) -> tuple[float, float]:
    return float(state.flag_x[0, flag]), float(state.flag_y[0, flag])


def test_nothing_happens_where_nobody_does_anything():
    match = spread()
    out = play(match, steps=20)
    assert happened(out) == {}
    assert out.rewards.tolist() == [[0.0] * 4]
    assert match.state.clock[0] == 20
    assert [place_of(match.state, team) for team in (RED, BLUE)] == list(STANDS)


@pytest.mark.parametrize("team_size", [1, 2, 4])
@pytest.mark.parametrize("which", [0, -1])
@pytest.mark.parametrize("team", [RED, BLUE])
def test_touching_the_enemies_flag_at_its_stand_picks_it_up(team_size, which, team):
    match = spread(team_size=team_size)
    p = team * team_size + range(team_size)[which]
    x, y = STANDS[1 - team]
    put(match, p, x, y - TOUCH - 0.01)
    assert happened(play(match)) == {}, "a centimetre too far away"
    put(match, p, x, y - TOUCH + 0.01)
    assert happened(play(match)) == told(match, p, "picked_up")
    state = match.state
    assert (state.flag[0, 1 - team], state.carrier[0, 1 - team]) == (CARRIED, p)
    assert (state.flag[0, team], state.carrier[0, team]) == (HOME, -1)
    assert happened(play(match, steps=3)) == {}, "once"
    play(match, {p: (2, 1, 1, 2, 0, 0)}, steps=3)
    assert place_of(state, 1 - team) == (state.x[0, p], state.y[0, p]), "it goes with its carrier"


@pytest.mark.parametrize("p", range(4))
def test_touching_the_own_flag_at_home_does_nothing(p):
    match = spread()
    put(match, p, *STANDS[team_of(match, p)])
    assert happened(play(match, steps=3)) == {}


def test_the_nearest_of_two_takes_the_flag():
    for near, far in ((0, 1), (1, 0)):
        match = spread()
        put(match, near, 15.5, 15.0)
        put(match, far, 14.3, 15.0)
        assert happened(play(match)) == told(match, near, "picked_up")
        match = spread()
        dropped(match, RED, 10.0, 13.0)
        put(match, near, 10.5, 13.0)
        put(match, far, 9.3, 13.0)
        assert happened(play(match)) == told(match, near, "returned")


@pytest.mark.parametrize(("carrier", "tagger"), [(0, 3), (1, 2), (2, 0), (3, 1)])
def test_a_tagged_carrier_drops_the_flag_where_it_stands(carrier, tagger):
    match = spread()
    carrying(match, carrier, 10.0, 13.0)
    put(match, tagger, 13.0, 13.0, LEFT)
    state, flag = match.state, 1 - team_of(match, carrier)
    assert happened(play(match, {tagger: TAG})) == {}
    assert state.carrier[0, flag] == carrier, "one hit isn't enough"
    out = play(match, {tagger: TAG}, steps=match.rules.cooldown_steps)
    assert happened(out) == {(tagger, "tagged_carrier"): 1, (carrier, "tagged_with_flag"): 1}
    assert out.rewards[0, tagger] == 2.0
    assert out.rewards[0, carrier] == 0.0
    assert (state.flag[0, flag], state.carrier[0, flag]) == (DROPPED, -1)
    assert place_of(state, flag) == (10.0, 13.0)
    assert state.respawn[0, carrier] == match.rules.respawn_steps
    assert happened(play(match, steps=3)) == {}
    assert place_of(state, flag) == (10.0, 13.0)


def test_a_flag_that_is_dropped_in_a_jump_lies_on_the_ground():
    match = spread(hits_to_tag=1)
    carrying(match, 0, 10.0, 13.0)
    put(match, 2, 13.0, 13.0, LEFT)
    play(match, {0: (2, 1, 1, 1, 0, 1)}, steps=3)
    assert match.state.z[0, 0] > 0.5
    assert match.state.flag_z[0, BLUE] == match.state.z[0, 0]
    assert happened(play(match, {2: TAG}))[0, "tagged_with_flag"] == 1
    assert match.state.flag_z[0, BLUE] == 0.0


@pytest.mark.parametrize("p", range(4))
def test_touching_the_own_dropped_flag_returns_it_at_once(p):
    match = spread()
    own = team_of(match, p)
    dropped(match, own, 10.0, 13.0)
    put(match, p, 10.0 + TOUCH - 0.01, 13.0)
    out = play(match)
    assert happened(out) == told(match, p, "returned")
    assert out.rewards[0, p] == 1.0
    assert out.rewards.sum() == 1.0
    assert match.state.flag[0, own] == HOME
    assert match.state.flag_timer[0, own] == 0
    assert place_of(match.state, own) == STANDS[own]


@pytest.mark.parametrize("p", range(4))
def test_touching_the_enemies_dropped_flag_picks_it_up(p):
    match = spread()
    dropped(match, 1 - team_of(match, p), 10.0, 13.0)
    put(match, p, 10.0, 13.0)
    assert happened(play(match)) == told(match, p, "picked_up")
    assert match.state.flag_timer[0].tolist() == [0, 0]


def test_where_both_touch_a_dropped_flag_its_own_team_has_it():
    match = spread()
    dropped(match, RED, 10.0, 13.0)
    put(match, 0, 10.5, 13.0)
    put(match, 2, 9.6, 13.0)
    assert happened(play(match)) == told(match, 0, "returned")


@pytest.mark.parametrize("steps", [1, 2, 60])
def test_an_untouched_flag_returns_by_itself_after_its_time(steps):
    match = spread(hits_to_tag=1, flag_return_steps=steps)
    carrying(match, 0, 10.0, 13.0)
    put(match, 2, 13.0, 13.0, LEFT)
    play(match, {2: TAG})
    assert match.state.flag_timer[0, BLUE] == steps
    for _ in range(steps):
        assert match.state.flag[0, BLUE] == DROPPED
        assert place_of(match.state, BLUE) == (10.0, 13.0)
        assert happened(play(match)) == {}, "and nobody has returned it"
    assert match.state.flag[0, BLUE] == HOME
    assert place_of(match.state, BLUE) == STANDS[BLUE]
    assert match.state.score[0].tolist() == [0, 0]


@pytest.mark.parametrize("p", range(4))
def test_bringing_the_flag_to_the_own_stand_captures(p):
    match = spread()
    own = team_of(match, p)
    x, y = STANDS[own]
    carrying(match, p, x + 1.0, y)
    assert happened(play(match)) == {}
    carrying(match, p, x + TOUCH - 0.01, y)
    out = play(match)
    assert happened(out) == told(match, p, "captured")
    assert out.rewards[0].tolist() == [5.0 if q == p else 0.0 for q in range(4)]
    assert match.state.score[0].tolist() == [1 - own, own]
    assert match.state.flag[0].tolist() == [HOME, HOME]
    assert place_of(match.state, 1 - own) == STANDS[1 - own]
    assert happened(play(match)) == {}, "once"


@pytest.mark.parametrize("p", range(4))
def test_nobody_captures_while_the_own_flag_is_away(p):
    match = spread()
    own = team_of(match, p)
    carrying(match, p, *STANDS[own])
    dropped(match, own, 10.0, 13.0, timer=3)
    assert happened(play(match, steps=2)) == {}
    out = play(match)
    assert happened(out) == told(match, p, "captured"), "in the very step in which it is back"
    match = spread()
    carrying(match, p, *STANDS[own])
    thief = 2 * (1 - own)
    carrying(match, thief, 10.0, 13.0)
    assert happened(play(match, steps=5)) == {}
    assert match.state.score[0].tolist() == [0, 0]
    put(match, thief, *STANDS[1 - own])
    assert happened(play(match, steps=5)) == {}, "neither does the other side: both flags are away"


def test_a_flag_that_is_captured_can_be_taken_again_in_the_same_step():
    match = spread()
    carrying(match, 0, *STANDS[RED])
    put(match, 1, *STANDS[BLUE])
    out = play(match)
    expected = told(match, 0, "captured")
    for key, count in told(match, 1, "picked_up").items():
        expected[key] = expected.get(key, 0) + count
    assert happened(out) == expected


@pytest.mark.parametrize("respawn_steps", [1, 2, 30])
@pytest.mark.parametrize("victim", range(4))
def test_the_tagged_are_back_at_a_spawn_point_of_their_own_after_their_time(respawn_steps, victim):
    match = spread(hits_to_tag=1, respawn_steps=respawn_steps)
    tagger = 3 if victim < 2 else 0
    put(match, victim, 10.0, 13.0, 7, 3)
    put(match, tagger, 13.0, 13.0, LEFT)
    play(match, {tagger: TAG})
    state, own = match.state, team_of(match, victim)
    for _ in range(respawn_steps):
        assert state.respawn[0, victim] > 0
        assert (state.x[0, victim], state.y[0, victim]) == (10.0, 13.0)
        play(match, {victim: EVERYTHING})
    assert state.respawn[0, victim] == 0
    spawns = match.maps.spawns[0, own, : match.maps.n_spawns[0]].tolist()
    assert [state.x[0, victim], state.y[0, victim]] in spawns
    at = spawns.index([state.x[0, victim], state.y[0, victim]])
    assert state.yaw[0, victim] == match.maps.spawn_headings[0, own, at]
    assert (state.hits[0, victim], state.pitch[0, victim], state.cooldown[0, victim]) == (0, 0, 0)
    play(match, {victim: (2, 1, 1, 2, 0, 0)})
    assert np.hypot(state.vx[0, victim], state.vy[0, victim]) > 1.0, "and in play"


def test_hits_are_forgotten_at_a_spawn_and_not_before():
    match = spread()
    put(match, 2, 13.0, 13.0, LEFT)
    put(match, 0, 10.0, 13.0)
    play(match, {2: TAG})
    play(match, steps=80)
    assert match.state.hits[0, 0] == 1


def test_nobody_spawns_onto_somebody():
    for seed in range(30):
        match = spread(respawn_steps=1)
        match.state.seed[0] = seed
        first = match.maps.spawns[0, RED, 0]
        put(match, 2, *first)
        match.state.respawn[0, 0] = 1
        play(match)
        place = [match.state.x[0, 0], match.state.y[0, 0]]
        assert place == match.maps.spawns[0, RED, 1].tolist()


def test_who_is_out_can_do_nothing():
    match = spread()
    state = match.state
    put(match, 0, 14.5, 15.0, 30, 5)  # on blue's flag
    dropped(match, RED, 14.0, 15.0)  # and on its own
    state.respawn[0, 0] = 20
    before = [state.x[0, 0], state.y[0, 0], state.z[0, 0], state.yaw[0, 0], state.pitch[0, 0]]
    out = play(match, {0: EVERYTHING}, steps=15)
    assert happened(out) == {}
    assert [state.x[0, 0], state.y[0, 0], state.z[0, 0], state.yaw[0, 0], state.pitch[0, 0]] == before
    assert state.beam[0, 0] == 0
    assert state.flag[0].tolist() == [DROPPED, HOME]
    assert state.respawn[0, 0] == 5


def test_who_is_out_takes_no_hits_and_is_in_nobodys_way():
    match = spread()
    put(match, 0, 10.0, 13.0)
    match.state.respawn[0, 0] = 25
    put(match, 2, 12.0, 13.0, LEFT)
    play(match, {2: (2, 1, 1, 2, 1, 0)}, steps=15)
    assert match.state.hits[0, 0] == 0
    assert match.state.x[0, 2] < 9.0


def test_points_and_weights():
    assert dict(zip(EVENTS, POINTS, strict=True)) == dict.fromkeys(EVENTS, 0.0) | {
        "captured": 5.0,
        "returned": 1.0,
        "tagged_carrier": 2.0,
        "tagged_noncarrier": 1.0,
    }
    assert [EVENTS[i] for i in (CAPTURED, PICKED_UP, RETURNED, TAGGED_CARRIER, TAGGED_NONCARRIER)] == [
        "captured",
        "picked_up",
        "returned",
        "tagged_carrier",
        "tagged_noncarrier",
    ]
    match = spread(hits_to_tag=1)
    weights = np.random.default_rng(0).normal(size=(1, 4, 13))
    match.weights[:] = weights
    put(match, 0, *STANDS[BLUE])
    put(match, 2, 10.0, 13.0, LEFT)
    put(match, 1, 4.0, 13.0, RIGHT)
    out = play(match, {1: TAG})
    by_name = {name: i for i, name in enumerate(EVENTS)}
    assert out.rewards[0] == pytest.approx(
        [
            weights[0, 0, by_name["picked_up"]],
            weights[0, 1, by_name["teammate_picked_up"]] + weights[0, 1, by_name["tagged_noncarrier"]],
            weights[0, 2, by_name["opponent_picked_up"]] + weights[0, 2, by_name["tagged_without_flag"]],
            weights[0, 3, by_name["opponent_picked_up"]],
        ]
    )


def test_totals_are_the_sum_of_the_events():
    match = arena(respawn_steps=5, cooldown_steps=1, match_steps=10**6)
    rng = np.random.default_rng(0)
    total = np.zeros((4, 13), int)
    for _ in range(300):
        put(match, int(rng.integers(4)), *STANDS[rng.integers(2)], LEFT)
        total += play(match, {int(rng.integers(4)): TAG}).events[0]
    assert (total.sum(axis=0) > 0).sum() >= 9
    assert np.array_equal(match.state.totals[0], total)


def test_the_match_is_over_when_its_clock_has_run_out_and_the_next_begins_anew():
    match = spread(match_steps=7)
    match.state.totals[:] = 3
    match.state.score[:] = 2
    assert [bool(play(match).over[0]) for _ in range(7)] == [False] * 6 + [True]
    before = [array.copy() for array in match.state]
    restart(match.maps, match.state, 0, 1, np.array([False]))
    assert all(np.array_equal(a, b) for a, b in zip(match.state, before, strict=True))
    match.state.respawn[:] = 9
    restart(match.maps, match.state, 0, 1, np.array([True]))
    state = match.state
    assert (state.clock[0], state.match_count[0]) == (0, 1)
    for zero in (state.score, state.totals, state.respawn, state.hits, state.cooldown, state.flag, state.vx):
        assert not zero.any()
    spawns = match.maps.spawns[0, :, : match.maps.n_spawns[0]]
    red, blue = (np.stack([state.x[0, i : i + 2], state.y[0, i : i + 2]], 1) for i in (0, 2))
    assert (red + blue == 20.0).all(), "both teams begin on images of the same points"
    assert {tuple(at) for at in red.tolist()} == {tuple(at) for at in spawns[0].tolist()}


def turned(match: Match) -> Match:
    """The image of a match of 1 v 1 under the half turn, teams swapped."""
    state = State._make(array.copy() for array in match.state)
    for name in ("x", "y", "flag_x", "flag_y"):
        getattr(state, name)[0] = 20.0 - getattr(match.state, name)[0, ::-1]
    for name in ("vx", "vy"):
        getattr(state, name)[0] = -getattr(match.state, name)[0, ::-1]
    for name in ("z", "vz", "pitch", "airborne", "respawn", "hits", "cooldown", "score", "flag", "flag_z"):
        getattr(state, name)[0] = getattr(match.state, name)[0, ::-1]
    state.flag_timer[0] = match.state.flag_timer[0, ::-1]
    state.yaw[0] = (match.state.yaw[0, ::-1] + N_HEADINGS // 2) % N_HEADINGS
    carrier = match.state.carrier[0, ::-1]
    state.carrier[0] = np.where(carrier < 0, -1, 1 - carrier)
    return match._replace(state=state)


@pytest.mark.parametrize("seed", range(6))
def test_red_has_no_advantage_over_blue(seed):
    """Whatever happens, the same happens to the image of the match, step by step."""
    rng = np.random.default_rng(seed)
    match = arena(team_size=1, hits_to_tag=1, cooldown_steps=2, respawn_steps=4, flag_return_steps=9)
    happenings = 0
    for k in range(200):
        if k % 8 == 0:
            acts = [tuple(rng.integers(0, (5, 3, 3, 3, 2, 2)).tolist()) for _ in range(2)]
        if k % 6 == 0 and match.state.respawn[0, k // 6 % 2] == 0:
            put(match, k // 6 % 2, *(np.array(STANDS[rng.integers(2)]) + rng.uniform(-1, 1, 2)), int(rng.integers(240)))
        other = turned(match)
        out, image = play(match, {0: acts[0], 1: acts[1]}), play(other, {0: acts[1], 1: acts[0]})
        assert np.array_equal(out.events[0], image.events[0, ::-1])
        back = turned(other)
        for name in ("x", "y", "z", "vx", "vy", "flag_x", "flag_y"):
            assert getattr(back.state, name) == pytest.approx(getattr(match.state, name), abs=1e-9)
        for name in ("yaw", "pitch", "respawn", "hits", "cooldown", "score", "flag", "carrier", "flag_timer"):
            assert np.array_equal(getattr(back.state, name), getattr(match.state, name)), name
        happenings += int(out.events.sum())
    assert happenings > 2


def test_each_match_of_a_batch_is_played_for_itself():
    """`step` touches the matches that it is asked to play, and no other."""
    match = arena()
    states = State._make(np.repeat(array, 3, axis=0) for array in match.state)
    out = play(match)
    wide = type(out)._make(np.repeat(array, 3, axis=0) for array in out)
    before = [array.copy() for array in states]
    actions = np.repeat(asked(match, {0: (2, 1, 1, 2, 1, 0)}), 3, axis=0)
    step(match.maps, states, actions, 1, 2, RULES, np.repeat(match.weights, 3, axis=0), wide)
    for array, was in zip(states, before, strict=True):
        assert np.array_equal(array[[0, 2]], was[[0, 2]])
    assert states.clock.tolist() == [0, 1, 0]
