"""Seeds to worlds: layouts and settings become a pool of episodes, and a seed and a counter pick an env's next one."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.core.seeding import pick
from sims.core.threads import available_threads
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.floors.layout import GRID
from sims.pointnav.ground import Ground, ground_of, solve
from sims.pointnav.starts import NoStartError, draw_points, draw_starts
from sims.pointnav.state import Pool
from sims.pointnav.view import geodesic_at

GOAL_TRIES = 20


@dataclass(frozen=True)
class PoolSettings:
    """How many episodes are built, and how large the pool may become."""

    goals_per_layout: int = 8
    """Goals, each with a distance field of its own, on every layout."""
    starts_per_goal: int = 32
    """Starts (with a heading) for every goal."""
    seed: int = 0
    """Which goals and starts are drawn."""
    memory_budget: int = 2**30
    """Bytes that the pool's rasters may take; more is refused before any distance is computed."""

    def __post_init__(self) -> None:
        for name, least in (("goals_per_layout", 1), ("starts_per_goal", 1), ("memory_budget", 1), ("seed", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise ValueError(f"the pool's {name} must be an integer of at least {least}, got {value!r}")


DEFAULT_SETTINGS = PoolSettings()


def build_pool(names: tuple[str, ...], settings: PoolSettings) -> Pool:
    """Build the arrays of `names` from scratch, a layout a thread at a time.

    Raises:
        ValueError: a layout without room for an episode, or more memory than the budget.
    """
    n_fields = len(names) * settings.goals_per_layout
    field_layout = np.repeat(np.arange(len(names), dtype=np.int32), settings.goals_per_layout)
    episode_field = np.repeat(np.arange(n_fields, dtype=np.int32), settings.starts_per_goal)
    with ThreadPoolExecutor(available_threads()) as executor:
        grounds = list(executor.map(lambda name: ground_of(load_layout(name)), names))
        pool = allocate(grounds, field_layout, episode_field, settings.memory_budget)
        list(executor.map(lambda k: _populate(pool, k, names[k], grounds[k], settings), range(len(names))))
    return pool


def allocate(
    grounds: Sequence[Ground], field_layout: NDArray[np.int32], episode_field: NDArray[np.int32], budget: int
) -> Pool:
    """A pool whose layouts are in place and whose goals, fields and starts are still to be written.

    Args:
        grounds: the layouts. field_layout: which of them each goal field is on. episode_field: each episode's field.
        budget: bytes that the rasters may take.

    Raises:
        ValueError: they would take more.
    """
    sizes = np.array([ground.clearance.size for ground in grounds], np.int64)
    field_sizes = sizes[field_layout]
    _check_budget(sizes, field_sizes, budget)
    return Pool(
        clearance=np.concatenate([ground.clearance.reshape(-1) for ground in grounds]),
        layout_base=_bases(sizes),
        layout_shape=np.array([ground.clearance.shape for ground in grounds], np.int32),
        layout_origin=np.array([ground.origin for ground in grounds]),
        field=np.empty(int(field_sizes.sum()), np.uint16),
        field_base=_bases(field_sizes),
        field_scale=np.empty(len(field_layout)),
        field_layout=field_layout,
        goal=np.empty((len(field_layout), 2)),
        episode_field=episode_field,
        start=np.empty((len(episode_field), 4)),
    )


def place_goal(pool: Pool, f: int, ground: Ground, goal: NDArray[np.float64]) -> None:
    """Write goal number `f`, in metres from the ground's node [0, 0], and its distance field into the pool."""
    field, scale = solve(ground, goal)
    pool.goal[f] = goal + ground.origin
    pool.field[pool.field_base[f] : pool.field_base[f] + field.size] = field
    pool.field_scale[f] = scale


def _bases(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where parts of these sizes begin when they lie one after the other."""
    return np.cumsum(sizes) - sizes


def _populate(pool: Pool, k: int, name: str, ground: Ground, settings: PoolSettings) -> None:
    """Draw goals and starts on layout `k` and write them and the goals' fields into their places in the pool."""
    nodes = np.flatnonzero(ground.free)
    rng = np.random.default_rng([settings.seed, _digest(ground)])
    for f in range(k * settings.goals_per_layout, (k + 1) * settings.goals_per_layout):
        first = f * settings.starts_per_goal
        pool.start[first : first + settings.starts_per_goal] = _draw(pool, f, name, ground, nodes, settings, rng)


def _draw(
    pool: Pool,
    f: int,
    name: str,
    ground: Ground,
    nodes: NDArray[np.int64],
    settings: PoolSettings,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Place a goal that has enough starts as number `f`, and return the starts in world coordinates."""
    problem = "no point for a goal"
    for _ in range(GOAL_TRIES):
        goals = draw_points(ground.clearance, nodes, 64, rng)
        columns, rows = np.rint(goals / GRID).astype(np.int64).T
        goals = goals[ground.free[rows, columns]]
        if len(goals) == 0:
            continue
        place_goal(pool, f, ground, goals[0])
        field = pool.field[pool.field_base[f] : pool.field_base[f] + ground.clearance.size]
        try:
            starts = draw_starts(
                ground.clearance, nodes, field, pool.field_scale[f], goals[0], settings.starts_per_goal, rng
            )
        except NoStartError as error:
            problem = str(error)
            continue
        starts[:, :2] += ground.origin
        return starts
    raise ValueError(
        f"layout {name!r} has too little room for episodes of 1-30 m ({problem}, {GOAL_TRIES} goals tried): "
        "use a larger layout, or fewer starts_per_goal"
    )


def _digest(ground: Ground) -> int:
    return int.from_bytes(hashlib.sha256(ground.clearance.tobytes()).digest()[:8], "little")


def _check_budget(sizes: NDArray[np.int64], field_sizes: NDArray[np.int64], budget: int) -> None:
    needed = 2 * int(sizes.sum() + field_sizes.sum())
    if needed > budget:
        raise ValueError(
            f"the episode pool of {len(sizes)} layouts with {len(field_sizes)} goals needs {needed / 2**20:.0f} MiB, "
            f"over memory_budget={budget / 2**20:.0f} MiB: use fewer goals_per_layout or layouts, "
            f"or memory_budget={needed}"
        )


@kernel
def begin(pool, state, e, count):
    """Start episode number `count` of env `e`: the one that the hash of (seed, count) picks."""
    state.episode_count[e] = count
    enter(pool, state, e, pick(state.seed[e], count, pool.episode_field.size))


@kernel
def enter(pool, state, e, episode):
    """Put env `e` at the start of the pool's episode number `episode`."""
    field = pool.episode_field[episode]
    layout = pool.field_layout[field]
    state.episode[e] = episode
    state.layout_base[e] = pool.layout_base[layout]
    state.columns[e] = pool.layout_shape[layout, 1]
    state.origin_x[e], state.origin_y[e] = pool.layout_origin[layout, 0], pool.layout_origin[layout, 1]
    state.field_base[e] = pool.field_base[field]
    state.field_scale[e] = pool.field_scale[field]
    state.goal_x[e], state.goal_y[e] = pool.goal[field, 0], pool.goal[field, 1]
    x, y = pool.start[episode, 0], pool.start[episode, 1]
    state.x[e], state.y[e] = x, y
    state.start_x[e], state.start_y[e] = x, y
    state.start_cos[e], state.start_sin[e] = pool.start[episode, 2], pool.start[episode, 3]
    state.turn[e] = 0
    state.geodesic[e] = geodesic_at(pool, state, e, x, y)
    state.start_geodesic[e] = state.geodesic[e]
    state.path_length[e] = 0.0
    state.collisions[e] = 0
    state.collided[e] = False
    state.steps[e] = 0
    state.previous_action[e] = -1


@kernel
def reset(pool, state, chosen, episodes):
    """Begin an episode in the envs `chosen` (`[k]` int64 indices).

    `episodes[i]` (int64) is the pool's episode for `chosen[i]`, or -1 to let the env's seed and counter pick.
    """
    for i in range(chosen.size):
        e = chosen[i]
        if episodes[i] >= 0:
            enter(pool, state, e, episodes[i])
        else:
            begin(pool, state, e, state.episode_count[e])
