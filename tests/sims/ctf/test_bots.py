"""Scripted players: each kind does what it says, acts depend on the state alone, and higher levels win."""

import numpy as np
import pytest

from sims.ctf import tournament
from sims.ctf.actions import FACTORS, STILL
from sims.ctf.bot_kernels import GUARD, HOLD, act
from sims.ctf.bots import LEVELS, SKILLS, blank_bots
from sims.ctf.build import reset
from sims.ctf.env import CaptureTheFlagVectorEnv, outputs
from sims.ctf.pool import pool
from sims.ctf.state import EVENTS, HOME, POINTS, RULES, State, blank_state
from sims.ctf.step import step
from tests.sims.ctf.arena import HALL, Match, arena, put

TAGS = slice(5, 7)
families = pytest.mark.parametrize("family", ["indoor", "outdoor"])


def sides(one: int, other: int, n: int, n_steps: int, maps: str = "indoor:0-32") -> tuple[int, int]:
    """How many of `n` matches level `one` wins and loses against level `other`, each side half of the time."""
    won, _, lost = tournament.play(one, other, n, maps, match_steps=n_steps).counts()
    return won, lost


def env_with(bots: dict[int, int | str], n: int = 6, maps: str = "indoor:0-6", **settings) -> CaptureTheFlagVectorEnv:
    n_slots = n * (4 - len(bots))
    env = CaptureTheFlagVectorEnv(n_slots, maps=maps, obs="vector", bots=bots, match_steps=10**6, **settings)
    env.reset(seed=0)
    return env


def wait(env) -> None:
    env.step(np.tile(STILL, (env.num_envs, 1)))


def stand_distance(env, p: int, team: int) -> np.ndarray:
    """Metres from player `p` to a team's stand, by match."""
    stand = env.maps.stands[env.state.map, team]
    return np.hypot(env.state.x[:, p] - stand[:, 0], env.state.y[:, p] - stand[:, 1])


def count(env, p: int, event: str) -> np.ndarray:
    return env.state.totals[:, p, EVENTS.index(event)]


@families
@pytest.mark.parametrize("p", [0, 3])
def test_a_runner_captures_against_waiting_players_and_never_fights(family, p):
    env = env_with({p: "runner"}, maps=f"{family}:0-6")
    for _ in range(900):
        wait(env)
    assert (count(env, p, "captured") >= 1).all()
    assert (env.state.score[:, int(p > 1)] == count(env, p, "captured")).all()
    assert not env.state.totals[:, :, TAGS].any()


@families
def test_a_defender_stays_near_its_flag(family):
    env = env_with({1: "defender"}, maps=f"{family}:0-6")
    for _ in range(150):
        wait(env)
    far = []
    for _ in range(300):
        wait(env)
        far.append(stand_distance(env, 1, 0))
    assert np.max(far) < GUARD + 3.0
    assert not env.state.totals.any()


@families
def test_a_defender_tags_who_comes_for_the_flag(family):
    env = env_with({0: "runner", 3: "defender"}, maps=f"{family}:0-6", flag_return_steps=100)
    at_home = []
    for k in range(1200):
        wait(env)
        if k > 150:
            at_home.append(stand_distance(env, 3, 1)[env.state.flag[:, 1] == HOME])
    tags = env.state.totals[:, 3, TAGS].sum(axis=1)
    assert (tags >= 1).sum() >= 5
    assert tags.sum() >= 12
    assert np.mean(np.concatenate(at_home) < GUARD + 3.0) > 0.8
    assert not env.state.totals[:, 0, TAGS].any()


def test_a_defender_faces_and_tags_an_opponent_in_its_sight():
    match = arena(HALL)
    for p, (x, y) in enumerate(((6.0, 7.0), (3.0, 15.0), (11.0, 7.0), (17.0, 3.0))):
        put(match, p, x, y, yaw=20 if p == 0 else 0)
    minds = blank_bots(match.maps, {0: "defender"}, 1, 4)
    actions = np.tile(np.array(STILL, np.int8), (1, 4, 1))
    out = outputs(1, 4)
    fired = []
    for _ in range(60):
        act(match.maps, match.state, minds, actions, 0, 1, 20.0)
        fired.append(bool(actions[0, 0, 4]))
        step(match.maps, match.state, actions, 0, 1, match.rules, match.weights, out)
        if match.state.respawn[0, 2]:
            break
    assert match.state.respawn[0, 2] > 0
    assert not any(fired[: SKILLS[3].reaction]), "not before it has reacted"
    assert len(fired) > SKILLS[3].reaction + match.rules.cooldown_steps


@families
def test_a_patrol_visits_both_bases_again_and_again(family):
    env = env_with({0: "patrol", 2: "patrol"}, maps=f"{family}:0-6")
    visits, before = np.zeros((6, 2, 2), int), np.zeros((6, 2, 2), bool)
    for _ in range(1500):
        wait(env)
        near = np.stack([[stand_distance(env, p, team) < 3.5 for team in range(2)] for p in (0, 2)]).transpose(2, 0, 1)
        visits += near & ~before
        before = near
    assert (visits.sum(axis=1) >= 1).all(), "somebody has been at both bases of every match"
    assert (visits >= 1).mean() > 0.9
    assert visits.sum() > 40


def test_random_bots_press_all_buttons_hold_them_and_get_about():
    env = env_with({1: "random", 2: "random"}, n=4)
    pressed, places = [], []
    for _ in range(400):
        wait(env)
        pressed.append(env._actions[:, 1:3].copy())
        places.append(np.stack([env.state.x[:, 1], env.state.y[:, 1]], axis=1))
    pressed = np.array(pressed)
    for factor, n in enumerate(FACTORS):
        assert set(pressed[..., factor].ravel().tolist()) == set(range(n))
    changes = (np.diff(pressed, axis=0) != 0).any(axis=3).mean()
    assert 0.5 / HOLD < changes < 1.2 / HOLD
    assert (np.ptp(places, axis=0) > 2.0).any(axis=1).all()
    assert not np.array_equal(pressed[:, 0, 0], pressed[:, 0, 1]), "players differ"
    assert not np.array_equal(pressed[:, 0, 0], pressed[:, 1, 0]), "and matches"


@pytest.mark.parametrize("level", LEVELS)
def test_full_players_take_flags_and_tag(level):
    played = tournament.play(level, "random", 4, "indoor:0-32", match_steps=1500)
    won, _, lost = played.counts()
    assert played.events[:, EVENTS.index("picked_up")].sum() >= 4
    assert played.events[:, TAGS].sum() >= 2
    assert won >= 1
    assert lost == 0


def chosen(match: Match, bots: dict[int, int | str], n_steps: int) -> np.ndarray:
    minds = blank_bots(match.maps, bots, 1, 4)
    actions = np.zeros((1, 4, 6), np.int8)
    for _ in range(n_steps):
        act(match.maps, match.state, minds, actions, 0, 1, 20.0)
    return actions[0]


@pytest.mark.kernels
@pytest.mark.parametrize("bot", [*LEVELS, "random", "patrol", "defender", "runner"])
def test_choosing_changes_nothing_but_the_bots_own_actions(bot):
    match = arena()
    put(match, 0, 4.0, 13.0)
    put(match, 2, 10.0, 13.0, 120)
    before = [array.copy() for array in match.state]
    actions = chosen(match, {0: bot}, 20)
    assert all(np.array_equal(a, b) for a, b in zip(match.state, before, strict=True))
    assert not actions[1:].any(), "others' are left alone"
    assert ((actions[0] >= 0) & (actions[0] < FACTORS)).all()
    assert np.array_equal(chosen(match, {0: bot}, 20), actions)
    match.state.respawn[0, 0] = 5
    assert chosen(match, {0: bot}, 1)[0].tolist() == list(STILL), "who is out does nothing"


def test_same_choices_in_a_batch_and_alone():
    bots = {0: 5, 1: "defender", 2: 1, 3: "patrol"}
    _, maps = pool(["indoor:0-3", "outdoor:0-3"])
    state = blank_state(5, 4)
    state.seed[:] = 7 + np.arange(5)
    reset(maps, state, np.arange(5))
    minds = blank_bots(maps, bots, 5, 4)
    actions = np.tile(np.array(STILL, np.int8), (5, 4, 1))
    alone = [blank_bots(maps, bots, 1, 4) for _ in range(5)]
    weights = np.tile(np.array(POINTS), (5, 4, 1))
    out = outputs(5, 4)
    for _ in range(300):
        act(maps, state, minds, actions, 0, 3, 20.0)
        act(maps, state, minds, actions, 3, 5, 20.0)
        for m in range(5):
            one = State._make(array[m : m + 1] for array in state)
            own = np.tile(np.array(STILL, np.int8), (1, 4, 1))
            act(maps, one, alone[m], own, 0, 1, 20.0)
            assert np.array_equal(own[0], actions[m])
        step(maps, state, actions, 0, 5, RULES, weights, out)
    assert state.totals.any()


def test_the_best_beat_the_worst_in_short_matches():
    won, lost = sides(5, 1, 12, 1500)
    assert won >= 8
    assert lost <= 1


@pytest.mark.slow
def test_level_5_beats_level_1_in_nine_of_ten_matches():
    won, _ = sides(5, 1, 200, 4500)
    assert won >= 180, "draws count as not won"


@pytest.mark.slow
@families
@pytest.mark.parametrize("level", LEVELS[1:])
def test_each_level_beats_the_one_below(level, family):
    won, lost = sides(level, level - 1, 200, 4500, f"{family}:0-32")
    assert won > lost
