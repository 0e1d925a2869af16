"""What players see: depth, instances and pixels against the state; compiled and plain kernels."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sims  # noqa: F401 (registers the ids)
from sims.ctf.beams import reach, sees
from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.ground import height_at
from sims.ctf.motion import COS, SIN, TAN
from sims.ctf.state import CARRIED, EYE_HEIGHT, MAX_PITCH, WALL_HEIGHT
from sims.ctf.view import FLAG_THING, PLAYER_THING
from tests.sims.ctf.envs import FORWARD, put, still, ways


def middle(plane: np.ndarray) -> float:
    """The pixel in the middle of a frame with odd sides."""
    return plane[plane.shape[0] // 2, plane.shape[1] // 2]


def ahead(env, m: int, p: int) -> float:
    """Metres to what the map has straight ahead of a player."""
    state = env.state
    yaw = state.yaw[m, p]
    x, y, z = state.x[m, p], state.y[m, p], state.z[m, p] + EYE_HEIGHT
    return reach(env.maps, state.map[m], x, y, z, COS[yaw], SIN[yaw], 0.0, 1e4)


def test_depth_of_the_middle_pixel_is_the_distance_of_the_wall_ahead():
    env = CaptureTheFlagVectorEnv(16, maps="indoor:0-4", width=63, height=63, planes=("depth", "things"))
    env.reset(seed=3)
    compared = 0
    for action in ways(60, 16):
        action[:, 1] = 1  # eyes level
        obs, *_ = env.step(action)
        for slot in range(16):
            if middle(obs["things"][slot]) == 0:
                assert middle(obs["depth"][slot]) == pytest.approx(ahead(env, *divmod(slot, 4)), rel=1e-5)
                compared += 1
    assert compared > 600


def seen_points(env, m: int, p: int, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where in the world the pixels of a square frame lie, from their depths; the sky is put at 0."""
    depth = np.where(np.isfinite(depth), depth, 0.0)
    state, size = env.state, depth.shape[0]
    focal = size / 2
    cos, sin = COS[state.yaw[m, p]], SIN[state.yaw[m, p]]
    aside = (np.arange(size) + 0.5 - size / 2) / focal
    up = (size / 2 + TAN[state.pitch[m, p] + MAX_PITCH] * focal - np.arange(size) - 0.5) / focal
    x = state.x[m, p] + depth * (cos + sin * aside)
    y = state.y[m, p] + depth * (sin - cos * aside)
    return x, y, state.z[m, p] + EYE_HEIGHT + depth * up[:, None]


@pytest.mark.parametrize("family", ["indoor", "outdoor"])
def test_depth_and_frame_put_every_pixel_of_the_ground_onto_the_ground(family):
    """What a pixel shows, computed from its row, column and depth, lies on floor, ceiling, wall or hill."""
    size = 63
    env = CaptureTheFlagVectorEnv(16, maps=f"{family}:0-4", width=size, height=size, planes=("depth", "things"))
    env.reset(seed=3)
    errors = []
    for k, action in enumerate(ways(60, 16)):
        obs, *_ = env.step(action)
        if k % 6:
            continue
        for slot in range(16):
            m, p = divmod(slot, 4)
            x, y, z = seen_points(env, m, p, obs["depth"][slot])
            ground = (obs["things"][slot] == 0) & (obs["depth"][slot] < 40.0)
            map = env.state.map[m]
            if family == "outdoor":
                high = [height_at(env.maps, map, *at) for at in zip(x[ground], y[ground], strict=True)]
                errors.append(np.abs(z[ground] - high))
            else:
                wall = np.minimum(np.abs(x / 2 - np.round(x / 2)), np.abs(y / 2 - np.round(y / 2))) * 2
                errors.append(np.minimum(np.minimum(np.abs(z), np.abs(z - WALL_HEIGHT)), wall)[ground])
    error = np.concatenate(errors)
    assert len(error) > 100_000
    # Hills are drawn by planes of growing depth: just behind a crest, pixels float.
    assert np.quantile(error, 0.9) < (1e-5 if family == "indoor" else 0.15)
    assert np.median(error) < (1e-5 if family == "indoor" else 0.02)


def test_things_say_who_stands_where(hall):
    env = CaptureTheFlagVectorEnv(4, maps=hall, width=63, height=63, planes=("depth", "things"))
    env.reset(seed=0)
    put(env, 0, 4.0, 13.0)
    put(env, 2, 9.0, 13.0, 120)
    put(env, 1, 3.0, 9.0, 180)
    put(env, 3, 17.0, 9.0, 180)
    obs, *_ = env.step(still(env))
    depth, things = obs["depth"][0], obs["things"][0]
    assert middle(things) == PLAYER_THING + 2
    assert middle(depth) == pytest.approx(5.0)
    assert depth[things == PLAYER_THING + 2].tolist() == pytest.approx([5.0] * int((things == PLAYER_THING + 2).sum()))
    assert middle(obs["things"][2]) == PLAYER_THING
    rows, columns = np.nonzero(things == PLAYER_THING + 2)
    assert columns.mean() == pytest.approx(31, abs=1.5)
    tall = 1.8 / 5.0 * 31.5
    assert rows.max() - rows.min() + 1 == pytest.approx(tall, abs=2.5), "1.8 m at 5 m"
    assert PLAYER_THING + 1 not in things
    env.state.respawn[0, 2] = 9
    assert PLAYER_THING + 2 not in env.step(still(env))[0]["things"][0], "who is out can't be seen"


def test_walls_hide_players_and_flags(hall):
    env = CaptureTheFlagVectorEnv(4, maps=hall, width=63, height=63, planes=("things",))
    env.reset(seed=0)
    put(env, 0, 5.5, 11.0)
    put(env, 2, 9.0, 11.0, 120)  # behind the pillar
    put(env, 1, 3.0, 9.0, 180)
    put(env, 3, 17.0, 5.0, 180)
    things = env.step(still(env))[0]["things"][0]
    assert PLAYER_THING + 2 not in things
    put(env, 0, 8.5, 15.0)
    things = env.step(still(env))[0]["things"][0]
    assert FLAG_THING + 1 in things, "blue's flag, 6 m ahead"
    assert FLAG_THING not in things, "red's, behind"
    env.state.flag[0, 1], env.state.carrier[0, 1] = CARRIED, 0
    assert FLAG_THING + 1 not in env.step(still(env))[0]["things"][0], "what one carries oneself isn't in the way"


def test_who_is_seen_is_in_sight():
    """Whoever has pixels and isn't at the rim of a body is seen by `sees` too, and the other way about."""
    env = CaptureTheFlagVectorEnv(32, maps="indoor:0-4", width=85, height=85, planes=("things",))
    env.reset(seed=3)
    agreed, seen = 0, 0
    for k, action in enumerate(ways(150, 32)):
        obs, *_ = env.step(action)
        if k % 5:
            continue
        for m in range(8):
            p, q = k % 4, (k + 1 + m % 3) % 4
            state = env.state
            if state.respawn[m, p] or state.respawn[m, q]:
                continue
            yaw, dx, dy = state.yaw[m, p], state.x[m, q] - state.x[m, p], state.y[m, q] - state.y[m, p]
            along, aside = dx * COS[yaw] + dy * SIN[yaw], abs(dx * SIN[yaw] - dy * COS[yaw])
            expected = along > 0.5 and aside < 0.9 * along and sees(env.maps, state, m, p, q)
            found = bool((obs["things"][4 * m + p] == PLAYER_THING + q).any())
            agreed += found == expected
            seen += 1
    assert seen > 150
    assert agreed / seen > 0.93


@pytest.mark.kernels
@pytest.mark.parametrize("family", ["indoor", "outdoor"])
def test_a_frame_of_each_family(family):
    """Small, so that it runs with the JIT off and with bounds checks too."""
    env = CaptureTheFlagVectorEnv(4, maps=f"{family}:0", width=24, height=24, planes=("depth", "things"), n_threads=1)
    env.reset(seed=0)
    obs, *_ = env.step(np.tile(FORWARD, (4, 1)))
    assert len(np.unique(obs["rgb"].reshape(-1, 3), axis=0)) > 100
    assert (obs["depth"] > 0.0).all()
    assert np.isfinite(obs["depth"]).all() == (family == "indoor")
    assert 0 in obs["things"]


PLAYED = """
import hashlib, numpy as np
from sims.ctf.actions import FACTORS
from sims.ctf.env import CaptureTheFlagVectorEnv
for family in ("indoor", "outdoor"):
    settings = dict(maps=f"{family}:3", bots={1: 4, 2: 2}, respawn_steps=4, n_threads=1)
    sha = hashlib.sha256()
    env = CaptureTheFlagVectorEnv(2, **settings, width=24, height=24, planes=("depth", "things"))
    senses = CaptureTheFlagVectorEnv(2, **settings, obs="vector")
    env.reset(seed=3), senses.reset(seed=3)
    for k in range(45):
        if k % 9 == 0:
            actions = np.random.default_rng(k).integers(0, FACTORS, (2, 6))
            actions[:, 3] = 2
        obs, *_ = env.step(actions)
        senses.step(actions)
        for array in (*obs.values(), *env.state):
            sha.update(array.tobytes())
    print(sha.hexdigest(), hashlib.sha256(np.round(senses.step(actions)[0], 5).tobytes()).hexdigest())
"""


def test_compiled_kernels_equal_their_python():
    """State, pixels, depth and instances of 45 steps with bots, to the bit; senses to the fifth digit."""
    results = []
    for off in ("0", "1"):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": off}
        done = subprocess.run(
            [sys.executable, "-c", PLAYED],
            env=environment,
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
        results.append(done.stdout)
    assert results[0] == results[1]
    assert len(results[0].splitlines()) == 2
