"""Plays whole episodes, by number, and sums them up with 95 % intervals."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from sims.core.policy import Policy
from sims.pointnav.env import PointNavVectorEnv
from sims.pointnav.floors.catalogue import layout_names
from sims.pointnav.state import MEASURES

RESAMPLES = 2_000

MOST_GOALS = 8
"""Goals on one layout, each with a distance field of its own."""

FEW_FLOORS = 10
"""With fewer layouts than this, intervals resample goals instead of layouts."""


class Estimate(NamedTuple):
    """A mean over episodes with its 95 % interval."""

    score: float
    low: float
    high: float
    n: int


class Episodes(NamedTuple):
    """Played episodes, first axis the episode, in the order in which they were asked for."""

    number: NDArray[np.int64]  # in the env's pool
    layouts: list[str]
    goals: NDArray[np.float64]  # [n, 2] world x, y, metres
    steps: NDArray[np.int64]
    measures: dict[str, NDArray[np.float64]]
    paths: list[NDArray[np.float64]]  # world x, y, heading for every step and the start; empty unless kept


def env_for(layouts: Sequence[str], n_episodes: int, batch: int, max_steps: int, seed: int) -> PointNavVectorEnv:
    """An env, at most `batch` wide, whose pool has room for `n_episodes` different ones, evenly spread over layouts.

    Raises:
        ValueError: no episodes, or layouts that can't be used.
    """
    if n_episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {n_episodes}")
    n_layouts = len(layout_names(layouts))
    goals = max(1, min(MOST_GOALS, -(-n_episodes // n_layouts)))
    return PointNavVectorEnv(
        min(n_episodes, batch),
        layouts=layouts,
        max_steps=max_steps,
        goals_per_layout=goals,
        starts_per_goal=-(-n_episodes // (n_layouts * goals)),
        pool_seed=seed,
        memory_budget=4 * 2**30,
    )


def choose_episodes(n_pool: int, n: int, seed: int = 0) -> NDArray[np.int64]:
    """`n` different episodes of a pool of `n_pool`, drawn with `seed`, so that all layouts are likely to be seen.

    Raises:
        ValueError: fewer than `n` episodes are there.
    """
    if not 1 <= n <= n_pool:
        raise ValueError(
            f"{n} episodes asked for, the pool has {n_pool}: ask for 1 to {n_pool}, or raise starts_per_goal"
        )
    return np.sort(np.random.default_rng(seed).choice(n_pool, n, replace=False))


def play(
    policy: Policy,
    env: PointNavVectorEnv,
    numbers: NDArray[np.int64],
    *,
    keep_paths: bool = False,
    progress: Callable[[int], None] = lambda n: None,
) -> Episodes:
    """Play each of `numbers` once, from its start to its end.

    Whole episodes by number, never those that happen to end in some window of time: that would hide the long failures.

    Args:
        policy: who acts.
        env: where; its batch size is how many are played at once.
        numbers: episodes of the env's pool, `[n]`.
        keep_paths: keep every pose.
        progress: called with how many episodes have just ended.
    """
    n, size = len(numbers), env.num_envs
    measures = {name: np.full(n, np.nan) for name in MEASURES}
    steps = np.zeros(n, np.int64)
    paths: list[NDArray[np.float64]] = []
    for first in range(0, n, size):
        batch = numbers[first : first + size]
        padded = np.concatenate([batch, np.full(size - len(batch), batch[0])])
        rows = slice(first, first + len(batch))
        ended, trail = _play_batch(policy, env, padded, len(batch), keep_paths, progress)
        for name in MEASURES:
            measures[name][rows] = ended[name][: len(batch)]
        steps[rows] = ended["steps"][: len(batch)]
        paths += [trail[: steps[first + k] + 1, k] for k in range(len(batch))] if keep_paths else []
    arrays = env.pool.arrays
    fields = arrays.episode_field[numbers]
    layouts = [env.pool.names[k] for k in arrays.field_layout[fields]]
    return Episodes(numbers, layouts, arrays.goal[fields], steps, measures, paths)


def summary(episodes: Episodes, seed: int = 0) -> dict[str, Estimate]:
    """Mean and 95 % interval of every measure, for floors like these and not for these alone.

    Episodes on one floor are alike, so whole floors are resampled (or, where there are fewer than 10, whole goals): a
    cluster bootstrap, and for success Wilson's interval with the number of episodes divided by the design effect (Kish
    1965), which is there even where all succeed.
    """
    clusters = _clusters(episodes)
    values = {**episodes.measures, "steps": episodes.steps.astype(np.float64)}
    return {name: _estimate(name, column, clusters, seed) for name, column in values.items()}


def _clusters(episodes: Episodes) -> NDArray[np.int64]:
    """Which episodes belong together: number of the layout, or of the goal where there are few layouts."""
    _, layouts = np.unique(episodes.layouts, return_inverse=True)
    if layouts.max() + 1 >= FEW_FLOORS:
        return layouts
    _, goals = np.unique(np.column_stack([layouts, episodes.goals]), axis=0, return_inverse=True)
    return goals.reshape(-1)


def _play_batch(
    policy: Policy,
    env: PointNavVectorEnv,
    numbers: NDArray[np.int64],
    n_real: int,
    keep_paths: bool,
    progress: Callable[[int], None],
) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64]]:
    """The measures of one batch and, if kept, the poses `[time, env, 3]`. Slots that have ended play on unheeded."""
    obs, _ = env.reset(seed=0, options={"episodes": numbers})
    memory = policy.initial_state(env.num_envs)
    running = np.arange(env.num_envs) < n_real
    ended: dict[str, NDArray[Any]] = {name: np.zeros(env.num_envs) for name in (*MEASURES, "steps")}
    trail = [_poses(env)] if keep_paths else []
    while running.any():
        actions, memory = policy.step(obs, memory)
        before = _poses(env) if keep_paths else None
        obs, _, terminated, truncated, infos = env.step(actions)
        now = (terminated | truncated) & running
        if before is not None:
            poses = _poses(env)
            poses[terminated | truncated] = before[terminated | truncated]
            trail.append(poses)
        if now.any():
            for name in ended:
                ended[name][now] = infos["final_info"][name][now]
            running &= ~now
            progress(int(now.sum()))
    return ended, np.array(trail)


def _poses(env: PointNavVectorEnv) -> NDArray[np.float64]:
    return np.column_stack([env.state.x, env.state.y, env.headings])


def _estimate(name: str, values: NDArray[np.float64], clusters: NDArray[np.int64], seed: int) -> Estimate:
    score, n = float(values.mean()), len(values)
    if name == "success":
        effective = n / design_effect(values, clusters)
        interval = stats.binomtest(round(score * effective), round(effective)).proportion_ci(method="wilson")
        return Estimate(score, min(score, float(interval.low)), max(score, float(interval.high)), n)
    low, high = bootstrap_interval(values, clusters, seed)
    return Estimate(score, low, high, n)


def design_effect(values: NDArray[np.float64], clusters: NDArray[np.int64]) -> float:
    """How many times larger the mean's variance is than if all episodes were independent; at least 1 (Kish 1965)."""
    residuals = np.bincount(clusters, weights=values - values.mean())
    n_clusters, n = len(residuals), len(values)
    if n_clusters < 2 or np.ptp(values) == 0.0:
        return 1.0
    clustered = n_clusters / (n_clusters - 1) * (residuals**2).sum() / n**2
    return max(1.0, float(clustered / (values.var(ddof=1) / n)))


def bootstrap_interval(values: NDArray[np.float64], clusters: NDArray[np.int64], seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean of `values` `[n]`, whole `clusters` `[n]` being resampled.

    The value itself where all are equal, or where there is but one cluster and so no telling.
    """
    sums, counts = np.bincount(clusters, weights=values), np.bincount(clusters)
    if len(sums) < 2 or np.ptp(values) == 0.0:
        return float(values.mean()), float(values.mean())
    result = stats.bootstrap(
        (sums, counts),
        lambda total, count, axis: total.sum(axis=axis) / count.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=seed,
    )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
