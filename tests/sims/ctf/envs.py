"""Small batches of Capture the Flag for tests of the shells, and what their tests do with them."""

import hashlib

import numpy as np

from sims.ctf.actions import FACTORS, STILL

LITTLE = {"maps": "indoor:0-3", "width": 24, "height": 24}
MIXED = {"maps": ["indoor:0-2", "outdoor:0-2"], "width": 24, "height": 24}
VECTOR = {"maps": "indoor:0-3", "obs": "vector"}
FORWARD = (2, 1, 1, 2, 0, 0)


def ways(n_steps: int, n: int, seed: int = 0) -> np.ndarray:
    """Actions `[step, slot, 6]` that are kept for a while."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(0, FACTORS, (-(-n_steps // 6), n, 6)), 6, axis=0)[:n_steps]


def parts(obs) -> list[np.ndarray]:
    return list(obs.values()) if isinstance(obs, dict) else [obs]


def record(env, actions, seed: int = 0) -> str:
    """A digest of all that a batch returns."""
    sha = hashlib.sha256()
    obs, infos = env.reset(seed=seed)
    for array in (*parts(obs), infos["map"]):
        sha.update(array.tobytes())
    for action in actions:
        obs, *results, infos = env.step(action)
        for array in (*parts(obs), *results, infos["events"]):
            sha.update(array.tobytes())
    return sha.hexdigest()


def put(env, p: int, x: float, y: float, yaw: int = 0, m: int = 0) -> None:
    env.state.x[m, p], env.state.y[m, p], env.state.yaw[m, p] = x, y, yaw
    env.state.vx[m, p] = env.state.vy[m, p] = 0.0


def still(env) -> np.ndarray:
    return np.tile(STILL, (env.num_envs, 1))
