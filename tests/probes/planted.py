"""Records whose states are a known code of what is asked: the answer is in them, or it is not."""

import numpy as np

from probes.grid import CELLS
from probes.records import EPISODE_TYPES, STEP_SHAPES, Record

UNITS = 48
BLOCK = 16
"""Cells to a side of the planted maps' squares, each free or not by the toss of a coin."""


def planted(code, *, layouts=40, each=8, steps=30, noise=0.05, seed=0):
    """A record of `layouts * each` random walks, whose states are `code(rng, free, paths)` [sample, number], mixed.

    Every unit is a random combination of the code's numbers, with noise; the untrained agent's are noise alone.
    """
    rng = np.random.default_rng(seed)
    n = layouts * each
    free = np.kron(rng.random((n, CELLS // BLOCK, CELLS // BLOCK)) < 0.5, np.ones((BLOCK, BLOCK), bool)).astype(bool)
    paths = np.cumsum(rng.normal(0, 0.25, (n, steps, 2)), axis=1)
    numbers = code(rng, free, paths).reshape(n * steps, -1)
    mixed = numbers @ rng.normal(size=(numbers.shape[1], 2 * UNITS)) / np.sqrt(numbers.shape[1])
    mixed = (mixed + noise * rng.normal(size=mixed.shape)).astype(np.float16)
    blank = rng.normal(size=mixed.shape).astype(np.float16)
    arrays = {name: np.zeros((n * steps, *shape), dtype) for name, (shape, dtype) in STEP_SHAPES.items()}
    arrays["pose_start"][:, :2] = paths.reshape(-1, 2)
    episodes = {name: np.zeros(n, dtype) for name, dtype in EPISODE_TYPES.items()}
    episodes["first"], episodes["steps"] = np.arange(n) * steps, np.full(n, steps)
    names = [f"houses:{1_000_000 + k // each}" for k in range(n)]
    return Record(_halves(mixed), _halves(blank), np.arange(n * steps), arrays, names, episodes, free, {})


def _halves(states):
    return {"h.0": states[:, :UNITS].copy(), "c.0": states[:, UNITS:].copy()}


def of_maps(rng, free, paths):
    """The map, plus and minus one, all cells."""
    cells = np.where(free, 1.0, -1.0).reshape(len(free), -1) @ rng.normal(size=(CELLS**2, 64)) / CELLS
    return np.repeat(cells[:, None], paths.shape[1], 1)


def of_positions(rng, free, paths):
    """Where it is, was 4 steps ago and will be in 4."""
    padded = np.pad(paths, ((0, 0), (4, 4), (0, 0)), mode="edge")
    return np.concatenate([padded[:, :-8], paths, padded[:, 8:]], axis=2)
