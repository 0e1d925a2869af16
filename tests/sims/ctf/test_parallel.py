"""The PettingZoo shell: its own checks, its agents, and a determinism test that doesn't stop early."""

import warnings

import gymnasium
import numpy as np
import pytest

from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.parallel import CaptureTheFlagParallelEnv, parallel_env
from sims.ctf.state import EVENTS

with warnings.catch_warnings():  # where pygame is installed, its import makes an example env by a way of old
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import parallel_api_test, parallel_seed_test

LITTLE = {"maps": "indoor:0-3", "width": 24, "height": 24}
AGENTS = ["red_0", "red_1", "blue_0", "blue_1"]

forms = pytest.mark.parametrize(
    "settings",
    [{}, {"obs": "vector"}, {"planes": ("depth", "things"), "bots": {1: 3}}, {"actions": "small", "team_size": 1}],
    ids=["rgb", "vector", "planes", "small"],
)


@forms
def test_pettingzoos_checks_pass(settings):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(parallel_env(**LITTLE, match_steps=60, **settings), num_cycles=100)
        parallel_seed_test(lambda: parallel_env(**LITTLE, match_steps=60, **settings), num_cycles=50)


def sampled(env) -> dict:
    return {agent: env.action_space(agent).sample() for agent in env.agents}


def flat(results) -> list[bytes]:
    """All that a step returns, as bytes, agent by agent."""
    found = []
    for part in results:
        for agent in AGENTS:
            values = part[agent].values() if isinstance(part[agent], dict) else [part[agent]]
            found += [np.asarray(value).tobytes() for value in values]
    return found


def test_a_thousand_steps_are_the_same_twice():
    """PettingZoo's own seed test ends after one step where agents are named by strings."""
    envs = [parallel_env(**LITTLE, match_steps=400, planes=("depth",)) for _ in range(2)]
    for env in envs:
        for i, agent in enumerate(AGENTS):
            env.action_space(agent).seed(i)
    steps, matches, held = 0, 0, {}
    first = [env.reset(seed=3) for env in envs]
    assert flat(first[0]) == flat(first[1])
    while steps < 1000:
        actions = [sampled(env) for env in envs]
        assert all(np.array_equal(actions[0][agent], actions[1][agent]) for agent in AGENTS)
        held = actions[0] if steps % 5 == 0 else held
        results = [env.step(held) for env in envs]
        assert flat(results[0]) == flat(results[1])
        steps += 1
        if not envs[0].agents:
            matches += 1
            again = [env.reset() for env in envs]
            assert flat(again[0]) == flat(again[1])
    assert matches == 2
    other = parallel_env(**LITTLE, planes=("depth",))
    assert flat(other.reset(seed=4)) != flat(first[0])


def test_an_agent_sees_and_gets_what_its_slot_of_the_batch_does():
    env = parallel_env(**LITTLE, bots={2: 4}, match_steps=30)
    batch = CaptureTheFlagVectorEnv(3, **LITTLE, bots={2: 4}, match_steps=30)
    assert env.possible_agents == ["red_0", "red_1", "blue_1"]
    obs, infos = env.reset(seed=11)
    expected, map_infos = batch.reset(seed=11)
    rng = np.random.default_rng(0)
    for k in range(30):
        for i, agent in enumerate(env.possible_agents):
            assert np.array_equal(obs[agent], expected[i])
        assert infos[env.possible_agents[0]].get("map", 0) in (0, map_infos["map"][0])
        actions = rng.integers(0, (5, 3, 3, 3, 2, 2), (3, 6))
        obs, rewards, terminated, truncated, infos = env.step(dict(zip(env.agents, actions, strict=True)))
        expected, batch_rewards, over, _, batch_infos = batch.step(actions)
        assert list(rewards.values()) == batch_rewards.tolist()
        assert list(terminated.values()) == over.tolist() == [k == 29] * 3
        assert not any(truncated.values())
        for i, agent in enumerate(env.possible_agents):
            assert np.array_equal(infos[agent]["events"], batch_infos["events"][i])
    final = batch_infos["final_info"]
    for i, agent in enumerate(env.possible_agents):
        assert np.array_equal(obs[agent], batch_infos["final_obs"][i])
        assert set(infos[agent]) == {"events", "outcome", "score", "score_against", "points", *EVENTS}
        assert all(infos[agent][name] == final[name][i] for name in infos[agent] if name != "events")
    assert env.agents == []


def test_actions_may_come_in_any_order():
    envs = [parallel_env(**LITTLE) for _ in range(2)]
    for env in envs:
        env.reset(seed=0)
    actions = sampled(envs[0])
    assert flat(envs[0].step(actions)) == flat(envs[1].step(dict(reversed(actions.items()))))


def test_the_picture_shows_all_agents_side_by_side():
    env = parallel_env(**LITTLE, render_mode="rgb_array")
    obs, _ = env.reset(seed=0)
    assert np.array_equal(env.render(), np.concatenate([obs[agent] for agent in AGENTS], axis=1))
    env = parallel_env(**LITTLE)
    env.reset(seed=0)
    assert env.render() is None


def test_errors_name_the_cure_and_leave_the_match_untouched():
    env = parallel_env(**LITTLE, match_steps=2)
    good = {agent: env.action_space(agent).sample() for agent in AGENTS}
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        env.step(good)
    env.reset(seed=0)
    for bad in ({"red_0": good["red_0"]}, {}, {**good, "green_0": good["red_0"]}):
        with pytest.raises(ValueError, match="actions must be given for exactly"):
            env.step(bad)
    with pytest.raises(ValueError, match="actions must be integers"):
        env.step(dict.fromkeys(AGENTS, 3))
    with pytest.raises(ValueError, match="out of range"):
        env.step({**good, "blue_1": np.array([5, 0, 0, 0, 0, 0])})
    assert env.batch.state.clock[0] == 0
    for call in (env.observation_space, env.action_space):
        with pytest.raises(ValueError, match="there is no agent 'green_0'"):
            call("green_0")
    env.step(good)
    env.step(good)
    with pytest.raises(gymnasium.error.ResetNeeded, match="the match is over"):
        env.step(good)
    with pytest.raises(ValueError, match="leaves no slot to control"):
        CaptureTheFlagParallelEnv(**LITTLE, bots=dict.fromkeys(range(4), 3))
    with pytest.raises(ValueError, match="team_size must be an integer"):
        CaptureTheFlagParallelEnv(**LITTLE, team_size=1.5)
