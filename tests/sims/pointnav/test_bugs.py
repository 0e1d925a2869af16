"""Bug algorithms in hand-made worlds: who gets there, by which way, and that it is the same every time."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sims.pointnav.bug_kernels import BUG2, act, blank_memory
from sims.pointnav.bugs import BUGS, bug
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.ground import ground_of, solve
from sims.pointnav.state import FORWARD, RIGHT, STOP

pytestmark = pytest.mark.kernels

Corners = Sequence[tuple[float, float]]
Pose = tuple[float, float, float]

ROOM: Corners = [(0, 0), (5, 0), (5, 4), (0, 4), (0, 0)]
BOX: Corners = [(2, 1.5), (3, 1.5), (3, 2.5), (2, 2.5), (2, 1.5)]
LOW_BOX: Corners = [(2, 0.7), (3, 0.7), (3, 2.2), (2, 2.2), (2, 0.7)]
HIGH_BOX: Corners = [(x, 4 - y) for x, y in LOW_BOX]
TRAP: Corners = [(1.5, 1), (3, 1), (3, 3), (1.5, 3)]
LEFT_OF_IT, RIGHT_OF_IT = (0.7, 2.0), (4.3, 2.0)


def world(
    tmp_path: Path, walls: Sequence[Corners], starts: Sequence[Pose], goal: tuple[float, float], max_steps: int = 600
) -> PointNavVectorEnv:
    """An env a start (x, y, degrees), in the room, each with the one episode from there to `goal`."""
    lines = [f"{x0}, {y0}, {x1}, {y1}" for wall in (ROOM, *walls) for (x0, y0), (x1, y1) in pairwise(wall)]
    path = tmp_path / "made.vectormap.txt"
    path.write_text("\n".join(lines))
    env = PointNavVectorEnv(
        len(starts), layouts=str(path), goals_per_layout=1, starts_per_goal=len(starts), max_steps=max_steps
    )
    ground = ground_of(load_layout(str(path)))
    field, scale = solve(ground, np.array(goal) - ground.origin)
    angles = np.radians([degrees for _, _, degrees in starts])
    places = np.array([(x, y) for x, y, _ in starts], np.float64)
    arrays = env.pool.arrays._replace(
        field=field,
        field_scale=np.array([scale]),
        goal=np.array([goal], np.float64),
        start=np.column_stack([places, np.cos(angles), np.sin(angles)]),
    )
    env.pool = env.pool._replace(arrays=arrays)
    return env


def first_episodes(env: PointNavVectorEnv, policy: Any) -> dict[str, NDArray[Any]]:
    """The measures of each env's first episode, in which env i starts at start i."""
    obs, _ = env.reset(seed=0, options={"episodes": np.arange(env.num_envs)})
    memory = policy.initial_state(env.num_envs)
    open_ = np.ones(env.num_envs, np.bool_)
    measures: dict[str, NDArray[Any]] = {}
    while open_.any():
        actions, memory = policy.step(obs, memory)
        obs, _, _, _, infos = env.step(actions)
        if infos:
            new = open_ & infos["_final_info"]
            for name, values in infos["final_info"].items():
                measures.setdefault(name, np.zeros_like(values))[new] = values[new]
            open_ &= ~new
    return measures


def rollout(env: PointNavVectorEnv, policy: Any, steps: int, seed: int = 3) -> NDArray[np.int64]:
    """Actions `[time, env]`."""
    obs, _ = env.reset(seed=seed)
    memory = policy.initial_state(env.num_envs)
    taken = []
    for _ in range(steps):
        actions, memory = policy.step(obs, memory)
        obs, *_ = env.step(actions)
        taken.append(actions)
    return np.array(taken)


@pytest.mark.parametrize("name", BUGS)
def test_nothing_in_the_way_is_a_straight_walk(name: str, tmp_path: Path) -> None:
    starts = [(0.5, 0.5, 0.0), (0.6, 3.4, 123.0), (4.4, 0.7, -77.0), (2.5, 1.0, 200.0)]
    env = world(tmp_path, [], starts, (4.0, 3.0))
    measures = first_episodes(env, bug(name, env))
    assert measures["success"].all()
    assert (measures["spl"] > 0.9).all()
    assert not measures["collisions"].any()


@pytest.mark.parametrize("hand", ["left", "right"])
@pytest.mark.parametrize("name", BUGS)
def test_a_box_is_gone_round(name: str, hand: Any, tmp_path: Path) -> None:
    env = world(tmp_path, [BOX], [(*LEFT_OF_IT, 0.0), (*LEFT_OF_IT, 95.0)], RIGHT_OF_IT)
    measures = first_episodes(env, bug(name, env, hand))
    assert measures["success"].all()
    extra = measures["path_length"] - measures["start_geodesic"]
    perimeter = 4.0
    if name == "bug1":
        assert (extra > perimeter).all()
        assert (extra < 2.0 * perimeter + 2.0).all()
    else:
        assert (extra < 2.0).all()


@pytest.mark.parametrize("hand", ["left", "right"])
@pytest.mark.parametrize("name", [name for name in BUGS if name != "bug0"])
def test_a_trap_is_escaped(name: str, hand: Any, tmp_path: Path) -> None:
    env = world(tmp_path, [TRAP], [(*LEFT_OF_IT, 0.0), (2.2, 2.2, 40.0)], (4.3, 2.1))
    assert first_episodes(env, bug(name, env, hand))["success"].all()


def test_bug0_loops_in_a_trap(tmp_path: Path) -> None:
    # Lumelsky and Stepanov 1987, section 1: without memory of the hit point it runs into the same wall again.
    measures = first_episodes(world(tmp_path, [TRAP], [(*LEFT_OF_IT, 0.0)], (4.3, 2.0)), bug("bug0"))
    assert not measures["success"].any()
    assert measures["steps"] == 600


@pytest.mark.parametrize("name", ["bug0", "bug2", "tangent-bug"])
def test_hands_go_round_on_opposite_sides(name: str, tmp_path: Path) -> None:
    low = world(tmp_path, [LOW_BOX], [(*LEFT_OF_IT, 0.0)], RIGHT_OF_IT)
    left = first_episodes(low, bug(name, hand="left"))["path_length"]
    right = first_episodes(low, bug(name, hand="right"))["path_length"]
    assert left > right + 1.0  # the wall on the left: round the lower side, which is the longer
    (tmp_path / "high").mkdir()
    high = world(tmp_path / "high", [HIGH_BOX], [(*LEFT_OF_IT, 0.0)], RIGHT_OF_IT)
    np.testing.assert_allclose(first_episodes(high, bug(name, hand="right"))["path_length"], left, atol=0.05)
    np.testing.assert_allclose(first_episodes(high, bug(name, hand="left"))["path_length"], right, atol=0.05)


@pytest.mark.parametrize("box", [LOW_BOX, HIGH_BOX])
def test_the_clairvoyant_goes_round_the_shorter_side(box: Corners, tmp_path: Path) -> None:
    env = world(tmp_path, [box], [(*LEFT_OF_IT, 0.0), (0.7, 1.8, 10.0), (0.7, 2.2, -30.0)], RIGHT_OF_IT)
    told = first_episodes(env, bug("clairvoyant-bug", env))
    both = [first_episodes(env, bug("tangent-bug", hand=hand))["path_length"] for hand in ("left", "right")]
    assert told["success"].all()
    np.testing.assert_array_equal(told["path_length"], np.minimum(*both))


@pytest.mark.parametrize("name", BUGS)
def test_a_slot_of_a_batch_is_a_batch_of_one(name: str, tmp_path: Path) -> None:
    starts = [(*LEFT_OF_IT, 0.0), (2.2, 2.2, 40.0), (4.5, 0.5, 170.0)]
    env = world(tmp_path, [TRAP], starts, (4.3, 2.0), max_steps=150)
    together = rollout(env, bug(name, env), 400)
    np.testing.assert_array_equal(rollout(env, bug(name, env), 400), together)
    one = PointNavVectorEnv(1, layouts=env.pool.names[0], goals_per_layout=1, starts_per_goal=3, max_steps=150)
    one.pool = env.pool
    for slot in range(3):
        alone = rollout(one, bug(name, one), 400, seed=3 + slot)
        np.testing.assert_array_equal(alone[:, 0], together[:, slot])


@pytest.mark.parametrize("name", BUGS)
def test_an_episode_begins_with_a_blank_memory(name: str, tmp_path: Path) -> None:
    env = world(tmp_path, [TRAP], [(*LEFT_OF_IT, 0.0), (2.2, 2.2, 40.0)], (4.3, 2.0), max_steps=67)
    policy = bug(name, env)
    obs: Any = env.reset(seed=0)[0]
    memory = fresh = policy.initial_state(2)
    for t in range(200):
        if t % 67 == 0:
            assert obs[:, 7].all()
            fresh = policy.initial_state(2)
        actions, memory = policy.step(obs, memory)
        expected, fresh = policy.step(obs, fresh)
        np.testing.assert_array_equal(actions, expected)
        obs, *_ = env.step(np.where(actions == STOP, RIGHT, actions))


def test_the_memory_given_stays_as_it_is(tmp_path: Path) -> None:
    env = world(tmp_path, [BOX], [(*LEFT_OF_IT, 0.0)], RIGHT_OF_IT)
    policy = bug("bug2")
    obs, _ = env.reset(seed=0)
    memory = policy.initial_state(1)
    changes = 0
    for _ in range(60):
        before = [array.copy() for array in memory]
        actions, after = policy.step(obs, memory)
        for was, is_ in zip(before, memory, strict=True):
            np.testing.assert_array_equal(was, is_)
        changes += sum(not np.array_equal(was, now, equal_nan=True) for was, now in zip(before, after, strict=True))
        obs, *_ = env.step(actions)
        memory = after
    assert changes > 60


def test_a_follower_keeps_in_touch(tmp_path: Path) -> None:
    # The goal is walled in, so that Bug2 follows its walls for ever: it must go round and round, never far from them.
    pen: Corners = [(2, 1.2), (3.4, 1.2), (3.4, 2.6), (2, 2.6), (2, 1.2)]
    env = world(tmp_path, [], [(*LEFT_OF_IT, 0.0)], (2.7, 1.9))
    penned = world(tmp_path, [pen], [(*LEFT_OF_IT, 0.0)], (0.7, 2.5))
    env.pool = env.pool._replace(arrays=penned.pool.arrays._replace(goal=env.pool.arrays.goal))
    policy = bug("bug2")
    obs, _ = env.reset(seed=0)
    memory = policy.initial_state(1)
    gaps, angles = [], []
    for t in range(550):
        actions, memory = policy.step(obs, memory)
        assert actions[0] != STOP
        obs, *_ = env.step(actions)
        x, y = env.state.x[0] - 2.7, env.state.y[0] - 1.9
        if t > 40:
            gaps.append(math.hypot(max(abs(x) - 0.7, 0.0), max(abs(y) - 0.7, 0.0)))
            angles.append(math.atan2(y, x))
    rounds = (np.unwrap(angles)[-1] - np.unwrap(angles)[0]) / (2 * math.pi)
    assert max(gaps) < 0.45
    assert rounds > 3.0  # with the wall on its left, a Bug goes round counter-clockwise


def test_the_kernel_equals_its_python_function(tmp_path: Path) -> None:
    plain_act: Any = getattr(act, "py_func", None)
    if plain_act is None:
        pytest.skip("the JIT is off: there is only the Python function")
    env = world(tmp_path, [TRAP], [(*LEFT_OF_IT, 0.0), (2.2, 2.2, 40.0)], (4.3, 2.0))
    obs, _ = env.reset(seed=0)
    hands = np.array([1, -1])
    memories = blank_memory(2), blank_memory(2)
    for _ in range(200):
        actions = np.zeros(2, np.int64), np.zeros(2, np.int64)
        act(obs, hands, BUG2, memories[0], 0, 2, actions[0])
        plain_act(obs, hands, BUG2, memories[1], 0, 2, actions[1])
        np.testing.assert_array_equal(*actions)
        for compiled, plain in zip(*memories, strict=True):
            np.testing.assert_allclose(compiled, plain, rtol=0, atol=1e-12)
        obs, *_ = env.step(np.where(actions[0] == STOP, FORWARD, actions[0]))


def test_what_bugs_refuse(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown bug 'bug3': expected one of bug0, bug1"):
        bug("bug3")
    with pytest.raises(ValueError, match="hand must be 'left' or 'right', got 'both'"):
        bug("bug2", hand="both")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"call bug\('clairvoyant-bug', env\)"):
        bug("clairvoyant-bug")
    policy = bug("bug2")
    with pytest.raises(ValueError, match=r"shape \(2, 12\).*got shape \(3, 12\)"):
        policy.step(np.zeros((3, 12), np.float32), policy.initial_state(2))
    with pytest.raises(ValueError, match="got dict: make the env with obs='flat'"):
        policy.step({}, policy.initial_state(2))
    env = world(tmp_path, [], [(*LEFT_OF_IT, 0.0)], RIGHT_OF_IT)
    told = bug("clairvoyant-bug", env)
    with pytest.raises(ValueError, match="was made with an env of 1, got 2 observations"):
        told.step(np.zeros((2, 12), np.float32), told.initial_state(2))
