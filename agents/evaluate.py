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
        env: where; its batch size is how many are played at once. An env whose episode ends begins another.
        numbers: episodes of the env's pool, `[n]`.
        keep_paths: keep every pose.
        progress: called with how many episodes have just ended.
    """
    seats = Seats(env, numbers)
    obs, memory = seats.begin(), policy.initial_state(env.num_envs)
    measures, steps = {name: np.full(len(numbers), np.nan) for name in MEASURES}, np.zeros(len(numbers), np.int64)
    walks = _Walks(env, len(numbers)) if keep_paths else None
    while seats.playing.any():
        actions, memory = policy.step(obs, memory)
        if walks is not None:
            walks.note()
        obs, _, terminated, truncated, infos = env.step(actions)
        ended = seats.ended(terminated | truncated)
        if len(ended):
            rows, told = seats.row[ended], infos["final_info"]
            steps[rows] = told["steps"][ended]
            for name in MEASURES:
                measures[name][rows] = told[name][ended]
            if walks is not None:
                walks.keep(ended, rows, steps[rows])
            obs = seats.seat(ended, obs)
            progress(len(ended))
    arrays = env.pool.arrays
    fields = arrays.episode_field[numbers]
    layouts = [env.pool.names[k] for k in arrays.field_layout[fields]]
    paths = walks.paths if walks is not None else []
    return Episodes(numbers, layouts, arrays.goal[fields], steps, measures, paths)


class Seats:
    """Which episode each env plays, out of a list that is longer than there are envs: who has ended takes the next.

    Were all to wait for the slowest, four steps of five would be played for nothing: episodes end after a few hundred
    steps or at the limit.

    Args:
        env: where. numbers: episodes of its pool, `[n]`, each to be played once.
    """

    def __init__(self, env: PointNavVectorEnv, numbers: NDArray[np.int64]) -> None:
        self._env, self.numbers, size = env, numbers, env.num_envs
        self.row = np.arange(size)
        """`[env]`: which of `numbers` it plays, or has played last."""
        self.playing = self.row < len(numbers)
        """`[env]`: false once there is none left for it; it plays on unheeded."""
        self._next = int(self.playing.sum())

    def begin(self) -> Any:
        """Begin the first episodes; the observations."""
        return self._env.reset(seed=0, options={"episodes": self._beginning(np.flatnonzero(self.playing))})[0]

    def ended(self, done: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The envs that have come to the end of one of the episodes."""
        return np.flatnonzero(done & self.playing)

    def seat(self, ended: NDArray[np.int64], obs: Any) -> Any:
        """Begin the next episodes in the envs `ended`, as long as there are any; the observations `obs` thereafter."""
        lucky = ended[: len(self.numbers) - self._next]
        self.playing[ended[len(lucky) :]] = False
        if not len(lucky):
            return obs
        self.row[lucky] = self._next + np.arange(len(lucky))
        self._next += len(lucky)
        numbers = self._beginning(lucky)
        return self._env.reset(options={"episodes": numbers, "reset_mask": numbers >= 0})[0]

    def _beginning(self, envs: NDArray[np.int64]) -> NDArray[np.int64]:
        """`[env]`: the episodes that the chosen ones begin, -1 for the others."""
        numbers = np.full(len(self.row), -1)
        numbers[envs] = self.numbers[self.row[envs]]
        return numbers


class _Walks:
    """The poses of all envs before every step, of which each episode's path is cut when it ends."""

    def __init__(self, env: PointNavVectorEnv, n: int) -> None:
        self._env, self._before = env, list[NDArray[np.float64]]()
        self.paths = [np.empty((0, 3))] * n

    def note(self) -> None:
        """To be called before every step."""
        self._before.append(np.column_stack([self._env.state.x, self._env.state.y, self._env.headings]))

    def keep(self, ended: NDArray[np.int64], rows: NDArray[np.int64], steps: NDArray[np.int64]) -> None:
        """The paths of those that have ended; where an episode ends, its last pose is the one before the last step."""
        for e, row, n in zip(ended.tolist(), rows.tolist(), steps.tolist(), strict=True):
            path = np.array([poses[e] for poses in self._before[-n:]])
            self.paths[row] = np.concatenate([path, path[-1:]])


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
