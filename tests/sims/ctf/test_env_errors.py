"""What the shells of Capture the Flag refuse: with a cure, and the batch untouched."""

import gymnasium
import numpy as np
import pytest

import sims  # noqa: F401 (registers the ids)
from sims.ctf.actions import STILL
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.single import CaptureTheFlagEnv
from tests.sims.ctf.envs import LITTLE, VECTOR, still


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_envs": 0}, "num_envs must be an integer of at least 1"),
        ({"num_envs": 6}, "num_envs=6 slots can't be shared out to whole matches: .* use a multiple of 4"),
        ({"num_envs": 4, "bots": {0: 1}}, "use a multiple of 3"),
        ({"team_size": 0}, "team_size must be an integer of at least 1"),
        ({"team_size": 5, "num_envs": 10}, "team_size must be 1 to 4, got 5"),
        ({"team_size": 1.5}, "team_size must be an integer"),
        ({"team_size": True}, "team_size must be an integer"),
        ({"bots": {0: 6}}, "bots= gives slot 0 6: expected a level 1 to 5 or one of random"),
        ({"bots": {0: 0}}, "expected a level 1 to 5"),
        ({"bots": {0: True}}, "expected a level 1 to 5"),
        ({"bots": {0: 3.0}}, "expected a level 1 to 5"),
        ({"bots": {0: [3]}}, "expected a level 1 to 5"),
        ({"bots": [3, 3]}, "bots= must be a mapping"),
        ({"bots": {0: "runer"}}, "did you mean 'runner'"),
        ({"bots": {4: 3}}, "bots= names slot 4: a match has players 0 to 3"),
        ({"bots": {-1: 3}}, "bots= names slot -1"),
        ({"bots": {"red_0": 3}}, "bots= names slot 'red_0'"),
        ({"bots": dict.fromkeys(range(4), 3)}, "leaves no slot to control"),
        ({"obs": "pixels"}, "obs must be 'rgb' or 'vector', got 'pixels'"),
        ({"planes": "depth"}, "planes must be a list of 'depth' and 'things'"),
        ({"planes": ["normals"]}, "planes must be a list of 'depth' and 'things'"),
        ({"planes": ["depth"], "obs": "vector"}, "use obs='rgb'"),
        ({"width": 0}, "width must be an integer of at least 1"),
        ({"height": 84.0}, "height must be an integer"),
        ({"actions": "keys"}, "actions must be 'factors', 'composite' or 'small', got 'keys'"),
        ({"match_steps": 0}, "match_steps must be an integer of at least 1"),
        ({"hits_to_tag": 0}, "hits_to_tag must be an integer of at least 1"),
        ({"cooldown_steps": 0}, "cooldown_steps must be an integer of at least 1"),
        ({"respawn_steps": -3}, "respawn_steps must be an integer of at least 1"),
        ({"flag_return_steps": 0}, "flag_return_steps must be an integer of at least 1"),
        ({"beam_range": 0.0}, "beam_range must be a positive number of metres"),
        ({"beam_range": float("nan")}, "beam_range must be a positive number of metres"),
        ({"beam_range": "far"}, "beam_range must be a positive number of metres"),
        ({"match_steps": 2**31}, "match_steps must be an integer .* at most 1,000,000,000"),
        ({"respawn_steps": 2**31}, "respawn_steps must be an integer .* at most 1,000,000,000"),
        ({"flag_return_steps": 2**31 - 1}, "flag_return_steps must be an integer .* at most 1,000,000,000"),
        ({"beam_range": float("inf")}, "beam_range must be a positive number of metres"),
        ({"event_weights": np.zeros(12)}, r"event_weights must be finite numbers of shape \(13,\) or \(4, 13\)"),
        ({"event_weights": np.zeros((3, 13))}, r"got shape \(3, 13\)"),
        ({"event_weights": [np.nan] * 13}, "event_weights must be finite"),
        ({"n_threads": 0}, "n_threads must be an integer of at least 1"),
        ({"render_mode": "human"}, "render_mode must be None or 'rgb_array'"),
        ({"maps": "castle:0-3"}, "castle"),
        ({"maps": []}, "maps"),
        ({"maps": "indoor:3-3"}, "indoor:3-3"),
    ],
)
def test_bad_settings_are_refused_with_a_cure(settings, message):
    with pytest.raises(ValueError, match=message):
        CaptureTheFlagVectorEnv(**{"num_envs": 4, **LITTLE, **settings})


def test_a_map_file_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"nowhere\.ctf\.txt"):
        CaptureTheFlagVectorEnv(4, maps="nowhere.ctf.txt")


GOOD = np.tile(STILL, (8, 1))


def with_entry(value: int, slot: int = 5, factor: int = 3) -> np.ndarray:
    actions = GOOD.copy()
    actions[slot, factor] = value
    return actions


@pytest.mark.parametrize(
    ("form", "actions", "message"),
    [
        ("factors", GOOD[:7], r"actions must be integers of shape \(8, 6\).*got int64 of shape \(7, 6\)"),
        ("factors", GOOD[:, :5], r"shape \(8, 5\)"),
        ("factors", GOOD[0], r"shape \(6,\)"),
        ("factors", GOOD.astype(float), "got float64"),
        ("factors", GOOD > 0, "got bool"),
        ("factors", with_entry(3), "action 3 of slot 5 is out of range: .* 0 to 2"),
        ("factors", with_entry(-1), "action -1 of slot 5 is out of range"),
        ("factors", with_entry(259), "action 259 of slot 5"),
        ("factors", with_entry(2, slot=7, factor=5), "action 2 of slot 7 is out of range: .* 0 to 1"),
        ("composite", np.full(8, 540), "action 540 of slot 0 is out of range: .* 0 to 539"),
        ("composite", np.full(8, -1), "action -1 of slot 0"),
        ("composite", GOOD, r"shape \(8,\)"),
        ("small", np.arange(7, 15), "action 14 of slot 7 is out of range: .* 0 to 13"),
        ("small", np.full(8, np.nan), "got float64"),
        ("small", None, "got object"),
    ],
)
def test_bad_actions_are_refused_and_leave_the_batch_untouched(form, actions, message):
    env, other = (CaptureTheFlagVectorEnv(8, **LITTLE, actions=form) for _ in range(2))
    good = GOOD if form == "factors" else np.full(8, 1)
    for each in (env, other):
        each.reset(seed=0)
        each.step(good)
    before = [array.copy() for array in env.state]
    with pytest.raises(ValueError, match=message):
        env.step(actions)
    assert all(np.array_equal(a, b) for a, b in zip(env.state, before, strict=True))
    assert env.step(good)[0].tobytes() == other.step(good)[0].tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 3}, r"unknown reset options \['level'\]: expected 'reset_mask'"),
        ({"reset_mask": np.ones(4, np.bool_)}, r"reset_mask must be bool of shape \(8,\)"),
        ({"reset_mask": np.ones(8, np.int64)}, "got int64"),
        ({"reset_mask": np.arange(8) < 3}, "whole matches"),
    ],
)
def test_bad_reset_options_are_refused_and_leave_the_batch_untouched(options, message):
    env = CaptureTheFlagVectorEnv(8, **LITTLE)
    env.reset(seed=0)
    env.step(GOOD)
    before = [array.copy() for array in env.state]
    for seed in (None, 7):
        with pytest.raises(ValueError, match=message):
            env.reset(seed=seed, options=options)
    assert all(np.array_equal(a, b) for a, b in zip(env.state, before, strict=True))


def test_the_first_reset_is_of_all_matches_and_comes_before_the_first_step():
    env = CaptureTheFlagVectorEnv(8, **LITTLE, render_mode="rgb_array")
    for call in (lambda: env.state, lambda: env.step(GOOD), env.render, lambda: env.map_of(0)):
        with pytest.raises(gymnasium.error.ResetNeeded, match="before the first reset"):
            call()
    with pytest.raises(ValueError, match="the first reset must begin every match"):
        env.reset(options={"reset_mask": np.arange(8) < 4})
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(GOOD)
    env.reset()
    env.step(GOOD)
    other = CaptureTheFlagVectorEnv(8, **LITTLE)
    other.reset()
    assert not np.array_equal(env.state.seed, other.state.seed), "seeds from the operating system"


@pytest.mark.parametrize("seed", [-1, True])
def test_bad_seeds_are_refused(seed):
    env = CaptureTheFlagVectorEnv(4, **VECTOR)
    with pytest.raises((ValueError, gymnasium.error.Error)):
        env.reset(seed=seed)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(still(env))


@pytest.mark.parametrize("action", [None, 3, [1, 2], np.zeros(6), np.full(6, 4), [[2, 1, 1, 1, 0, 0]]])
def test_bad_single_actions_are_refused(action):
    env = CaptureTheFlagEnv(**LITTLE)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="action"):
        env.step(action)
    assert env.state.clock[0] == 0


def test_a_spec_survives_json_whose_keys_are_strings():
    made = gymnasium.make("umwelt/CaptureTheFlag-v0", bots={1: 3, 2: 3, 3: "runner"}, **LITTLE)
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(made.spec.to_json()))
    assert again.unwrapped.batch.bots == {1: 3, 2: 3, 3: "runner"}


@pytest.mark.parametrize("weights", ["x", {"capture": 1.0}, {"captured": None}, [1.0]])
def test_event_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="event_weights must be finite numbers"):
        CaptureTheFlagVectorEnv(4, obs="vector", maps="indoor:0-1", event_weights=weights)


def test_a_single_env_names_its_own_cure_for_bots():
    with pytest.raises(ValueError, match="bots= must name all the others"):
        CaptureTheFlagEnv(bots={1: 3}, obs="vector", maps="indoor:0-1")
