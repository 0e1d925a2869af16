"""One contract over all batched worlds: what `gymnasium.make_vec` gives, whatever the world.

A world joins by a line in WORLDS: its id, settings that make it small and its actions a `Discrete` space, and what
differs from world to world.
"""

from typing import Any, NamedTuple

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import sims  # noqa: F401 (registers the ids)


class World(NamedTuple):
    """What the contract has to know of a world."""

    settings: dict[str, Any]
    """Small ones, under which episodes end within 40 steps."""
    dtype: type[np.generic]
    """Of observations."""
    actions: tuple[float, ...]
    """How often to take each action in a walk that sees much of the world."""
    every_step: frozenset[str] = frozenset()
    """What infos hold at every step, not only at an episode's end."""


WORLDS = {
    "umwelt/PointNav-v0": World(
        {"layouts": "houses:0-3", "goals_per_layout": 2, "starts_per_goal": 8, "max_steps": 40},
        np.float32,
        (0.02, 0.5, 0.24, 0.24),
    ),
    "umwelt/CaptureTheFlag-v0": World(
        {
            "maps": "indoor:0-3",
            "width": 16,
            "height": 16,
            "actions": "small",
            "match_steps": 40,
            "bots": {1: 3, 2: 3, 3: 3},
        },
        np.uint8,
        (0.02, 0.4, *[0.05] * 11, 0.03),
        frozenset({"events"}),
    ),
}

pytestmark = pytest.mark.parametrize("world", WORLDS)


def batch(world, n, **settings):
    return gymnasium.make_vec(world, num_envs=n, **WORLDS[world].settings, **settings)


def walk(env, n_steps, seed=0):
    """Observations, rewards and ends of a random walk, as bytes."""
    obs, _ = env.reset(seed=seed)
    rng = np.random.default_rng(0)
    record = [obs.tobytes()]
    for _ in range(n_steps):
        actions = rng.integers(0, env.single_action_space.n, env.num_envs)
        record += [part.tobytes() for part in env.step(actions)[:4]]
    return b"".join(record)


def test_the_batch_is_native_and_keeps_to_its_spaces(world):
    env = batch(world, 4)
    assert env.unwrapped is env
    assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    obs, _ = env.reset(seed=0)
    assert obs.dtype == WORLDS[world].dtype
    for _ in range(100):
        assert env.observation_space.contains(obs)
        obs, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
        assert rewards.dtype == np.float64
        assert terminated.dtype == truncated.dtype == np.bool_
        assert np.isfinite(obs).all()
        assert np.isfinite(rewards).all()
        assert not (terminated & truncated).any()


def test_the_single_env_passes_gymnasiums_checker(world):
    env = gymnasium.make(world, render_mode="rgb_array", **WORLDS[world].settings)
    assert env.spec.max_episode_steps is None, "Gymnasium's TimeLimit would hide the measures"
    check_env(env.unwrapped)


def test_slot_i_equals_the_single_env_reset_with_s_plus_i(world):
    n, seed = 6, 41
    together = batch(world, n)
    singles = [gymnasium.make(world, **WORLDS[world].settings).unwrapped for _ in range(n)]
    obs, _ = together.reset(seed=seed)
    assert (obs == [env.reset(seed=seed + i)[0] for i, env in enumerate(singles)]).all()
    rng = np.random.default_rng(5)
    every_step = WORLDS[world].every_step
    ends = 0
    for _ in range(120):
        actions = rng.choice(together.single_action_space.n, n, p=WORLDS[world].actions)
        obs, rewards, terminated, truncated, infos = together.step(actions)
        for i, env in enumerate(singles):
            one_obs, reward, one_terminated, one_truncated, info = env.step(actions[i])
            assert (reward, one_terminated, one_truncated) == (rewards[i], terminated[i], truncated[i])
            assert all(np.array_equal(info.pop(name), infos[name][i]) for name in every_step)
            if one_terminated or one_truncated:
                ends += 1
                assert one_obs.tobytes() == infos["final_obs"][i].tobytes()
                assert info
                assert info == {name: infos["final_info"][name][i] for name in info}
                one_obs, _ = env.reset()
            assert one_obs.tobytes() == obs[i].tobytes()
    assert ends > n


@pytest.mark.parametrize("n_threads", [2, 4, 16])
def test_same_bytes_in_any_number_of_threads(world, n_threads):
    alone, threaded = batch(world, 600, n_threads=1), batch(world, 600, n_threads=n_threads)
    assert walk(alone, 45) == walk(threaded, 45)


def test_same_seed_same_bytes_and_different_seeds_differ(world):
    env = batch(world, 4)
    assert walk(env, 5, seed=0) == walk(env, 5, seed=0)
    assert walk(env, 5, seed=0) != walk(env, 5, seed=4)


def test_looking_changes_nothing(world):
    env, other = (batch(world, 3, render_mode="rgb_array") for _ in range(2))
    env.reset(seed=0)
    other.reset(seed=0)
    for k in range(30):
        pictures = env.render()
        assert len(pictures) == 3
        assert pictures[0].dtype == np.uint8
        assert pictures[0].ndim == 3
        actions = np.full(3, 1 + k % 3)
        assert env.step(actions)[0].tobytes() == other.step(actions)[0].tobytes()


def test_returned_arrays_are_fresh_unless_asked_otherwise(world):
    env = batch(world, 3)
    first, _ = env.reset(seed=0)
    kept = first.copy()
    second = env.step([1, 1, 1])
    third = env.step([2, 2, 2])
    assert (first == kept).all()
    assert not any(np.shares_memory(a, b) for a, b in zip(second[:4], third[:4], strict=True))
    reused = batch(world, 3, copy=False)
    reused.reset(seed=0)
    assert np.shares_memory(reused.step([1, 1, 1])[0], reused.step([2, 2, 2])[0])
