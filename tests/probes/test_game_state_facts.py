"""Facts of the game, by hand and against the state of matches that bots play."""

import numpy as np
import pytest

from probes.game_state_facts import FACTS
from probes.game_state_record import UNKNOWN, facts_at
from probes.game_state_scene import Scene, blank_scene, lately, note
from sims.ctf.bot_kernels import act
from sims.ctf.bots import blank_bots
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.state import CARRIED, DROPPED, EVENTS, HOME, N_EVENTS

TOLD = {fact.name: fact.told for fact in FACTS}
STEPS = 200


def scene():
    """Two against two on a plain: stands at x = 0 and x = 40, everybody on their own stand, looking along x."""
    position = np.zeros((STEPS, 1, 4, 2), np.float32)
    position[:, :, 2:, 0] = 40.0
    flags = np.zeros((STEPS, 1, 2, 2), np.float32)
    flags[:, :, 1, 0] = 40.0

    def blank(dtype, *tail):
        return np.zeros((STEPS, 1, *tail), dtype)

    return Scene(
        position=position,
        speed=blank(np.float32, 4),
        heading=blank(np.float32, 4),
        in_play=~blank(np.bool_, 4),
        holds=blank(np.bool_, 4),
        hit=blank(np.bool_, 4),
        ready=blank(np.bool_, 4),
        sees=blank(np.bool_, 4, 4),
        flag_position=flags,
        flag=np.full((STEPS, 1, 2), HOME, np.int8),
        score=blank(np.int16, 2),
        events=blank(np.uint8, 4, N_EVENTS),
        stand=np.array([[[0.0, 0.0], [40.0, 0.0]]], np.float32),
    )


def told(name, made, step=0):
    return TOLD[name](made)[step, 0].tolist()


def test_there_are_forty_facts_or_more_each_with_a_name_and_a_sentence_of_its_own():
    assert len(FACTS) >= 40
    assert len({fact.name for fact in FACTS}) == len({fact.sentence for fact in FACTS}) == len(FACTS)
    for fact in FACTS:
        answer = fact.told(scene())
        assert (answer.shape, answer.dtype) == ((STEPS, 1, 4), np.bool_), fact.name


def test_where_everybody_is():
    made = scene()
    made.position[0, 0, 1] = (38.0, 1.0)  # the second red player is at blue's stand
    assert told("in_own_base", made) == [True, False, True, True]
    assert told("in_enemy_base", made) == [False, True, False, False]
    assert told("mate_in_enemy_base", made) == [True, False, False, False]
    assert told("opponent_in_own_base", made) == [False, False, True, True]
    assert told("on_own_half", made) == [True, False, True, True]
    assert told("opponent_on_own_half", made) == [False, False, True, True]
    assert told("mate_near", made) == [False, False, True, True]
    assert told("opponent_near", made) == [False, True, True, True]
    assert told("their_flag_near", made) == [False, True, False, False]
    assert told("own_flag_near", made) == [True, False, True, True]
    assert told("nearest_to_their_flag", made) == [False, True, False, False]  # blue's two are as near
    made.in_play[0, 0, 1] = False
    assert told("out", made) == [False, True, False, False]
    assert told("mate_out", made) == [True, False, False, False]
    assert told("opponent_out", made) == [False, False, True, True]
    assert told("opponents_all_out", made) == [False] * 4
    assert told("opponent_near", made) == [False] * 4
    assert told("nearest_to_their_flag", made) == [True, False, False, False]


def test_which_way_they_look():
    made = scene()
    made.position[0, 0, 0] = (20.0, 0.0)
    made.position[0, 0, 1] = (20.0, 19.0)  # its enemies' stand is 43.5 degrees to the right, its own 136.5
    made.heading[0, 0, 2:] = np.pi
    made.position[0, 0, 2:] = (20.0, 21.0)  # red's stand is 46.4 degrees to the left
    assert told("facing_enemy_base", made) == [True, True, False, False]
    assert told("facing_own_base", made) == [False] * 4
    made.heading[0, 0, 0] = 1.5 * np.pi + 1.0
    assert told("facing_enemy_base", made)[0] is True


def test_who_sees_whom():
    made = scene()
    made.position[0, 0, 0] = (38.0, 0.0)
    made.sees[0, 0, 0, [1, 2, 3]] = True
    made.sees[0, 0, 2, 0] = True
    assert told("see_mate", made) == [True, False, False, False]
    assert told("see_opponent", made) == [True, False, True, False]
    assert told("mate_sees_opponent", made) == [False, True, False, True]
    assert told("see_two_opponents", made) == [True, False, False, False]
    assert told("seen_by_opponent", made) == [True, False, True, True]
    assert told("opponent_near_unseen", made) == [False, False, False, True]
    assert told("see_carrier", made) == [False] * 4
    made.holds[0, 0, 2] = True
    assert told("see_carrier", made) == [True, False, False, False]
    assert told("i_hold_flag", made) == [False, False, True, False]
    assert told("mate_holds_flag", made) == [False, False, False, True]


def test_flags_and_score_from_either_side():
    made = scene()
    made.flag[0, 0] = (CARRIED, DROPPED)
    assert told("own_flag_carried", made) == [True, True, False, False]
    assert told("their_flag_carried", made) == [False, False, True, True]
    assert told("own_flag_stray", made) == [False, False, True, True]
    assert told("their_flag_stray", made) == [True, True, False, False]
    assert told("own_flag_home", made) == told("their_flag_home", made) == [False] * 4
    assert told("both_flags_away", made) == [True] * 4
    made.score[0, 0] = (1, 2)
    assert told("we_lead", made) == [False, False, True, True]
    assert told("we_trail", made) == [True, True, False, False]
    assert told("somebody_scored", made) == [True] * 4
    assert told("somebody_scored", made, 1) == [False] * 4
    assert told("second_half", made, 99) == [False] * 4
    assert told("second_half", made, 101) == [True] * 4


def test_what_happened_lately_is_forgotten_after_five_seconds():
    made = scene()
    made.events[10, 0, 0, EVENTS.index("tagged_without_flag")] = 1
    made.events[10, 0, 2, EVENTS.index("tagged_noncarrier")] = 1
    made.in_play[10:40, 0, 0] = False
    for step, so in ((9, False), (10, True), (84, True), (85, False)):
        assert told("tagged_lately", made, step) == [so, False, False, False]
        assert told("mate_tagged_lately", made, step) == [False, so, False, False]
        assert told("i_tagged_lately", made, step) == [False, False, so, False]
    for step, so in ((39, False), (40, True), (113, True), (114, False)):
        assert told("back_lately", made, step) == [so, False, False, False]
    assert lately(np.ones((3, 1), bool), 60.0).all()  # a window longer than the match


def test_facts_are_moved_by_seconds_and_unknown_beyond_the_match():
    made = scene()
    made.holds[50, 0, 1] = True
    fact = next(fact for fact in FACTS if fact.name == "i_hold_flag")
    found = facts_at(made, np.array([35, 50, 65, 199]), (-5.0, -1.0, 0.0, 1.0), (fact,))
    assert found.shape == (1, 4, 4, 1, 4)
    assert found[0, :, :, 0, 1].tolist() == [
        [UNKNOWN, UNKNOWN, UNKNOWN, 0],  # 75 steps back
        [0, 0, 1, 0],
        [0, 1, 0, 0],
        [1, 0, 0, UNKNOWN],
    ]


def test_a_scene_is_what_the_env_says_in_a_match_of_bots():
    env = CaptureTheFlagVectorEnv(8, maps="indoor:1000000-1000003", obs="vector", match_steps=400, hits_to_tag=1)
    env.reset(seed=3)
    bots = blank_bots(env.maps, dict.fromkeys(range(4), 5), 2, 4)
    actions = np.zeros((2, 4, 6), np.int8)
    made, counted = blank_scene(env, env.state.map), np.zeros((2, 4, N_EVENTS), np.int64)
    for step in range(400):
        note(made, step, env)
        counted += made.events[step]
        assert (counted == env.state.totals).all()
        np.testing.assert_array_equal(made.holds[step].any(1), (env.state.flag == CARRIED).any(1))
        act(env.maps, env.state, bots, actions, 0, 2, env.rules.beam_range)
        env.step(actions.reshape(8, 6))
    assert counted[..., EVENTS.index("picked_up")].sum() > 0
    theirs_held = TOLD["their_flag_carried"](made)
    np.testing.assert_array_equal(theirs_held, TOLD["i_hold_flag"](made) | TOLD["mate_holds_flag"](made))
    np.testing.assert_array_equal(TOLD["own_flag_carried"](made)[:, :, 0], theirs_held[:, :, 2])
    np.testing.assert_array_equal(TOLD["we_lead"](made)[:, :, 1], TOLD["we_trail"](made)[:, :, 3])
    assert (made.stand[:, 0] == env.maps.stands[env.final_state.map, 0, :2]).all()


@pytest.mark.parametrize("size", [1, 3])
def test_teams_of_other_sizes(size):
    env = CaptureTheFlagVectorEnv(2 * size, maps="indoor:1000000", team_size=size, obs="vector", match_steps=20)
    env.reset(seed=0)
    made = blank_scene(env, env.state.map)
    for step in range(20):
        note(made, step, env)
        env.step(np.zeros((2 * size, 6), np.int64))
    for fact in FACTS:
        assert fact.told(made).shape == (20, 1, 2 * size)
        if size == 1 and fact.name.startswith("mate_"):
            assert not fact.told(made).any()
