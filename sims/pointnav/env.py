"""Gymnasium shells of blind PointGoal navigation: a native batched `VectorEnv`, and the single env as its batch of one.

The task is that of 'Emergence of Maps in the Memories of Blind Navigation Agents' (Wijmans et al., ICLR 2023) with
Habitat's semantics: a disc of radius 0.1 m is told where its goal lies and, each step, where it is, and sees nothing.

Actions: 0 STOP, 1 FORWARD (0.25 m, sliding along walls), 2 LEFT, 3 RIGHT (10 degrees). STOP ends the episode; within
0.2 geodesic metres of the goal that is a success. `max_steps` truncates.

The flat observation has 12 float32 columns, in the frame of the episode's start (origin at the start position, x along
the first heading, y to its left, metres; angles counter-clockwise):

    0-1   goal (x, y), the same throughout the episode
    2-3   GPS: position (x, y)
    4-5   compass: cosine and sine of the heading
    6     proximity: min(Euclidean distance to the goal, 0.5)
    7-11  previous action, one-hot: start, STOP, FORWARD, LEFT, RIGHT

With `obs="dict"` the observation is Habitat's, under its names and signs: `pointgoal_with_gps_compass` (distance to the
goal, angle to it, positive to the left), `gps` (metres forward, metres to the RIGHT of the start), `compass` (heading,
positive to the left).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict, Unpack

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from sims.core.checks import check_whole
from sims.core.seeding import slot_seeds
from sims.core.threads import available_threads, split
from sims.pointnav.build import PoolSettings, reset
from sims.pointnav.draw import frame
from sims.pointnav.episodes import read_episodes
from sims.pointnav.exchange import pool_of
from sims.pointnav.floors.catalogue import Layouts
from sims.pointnav.frames import wrap
from sims.pointnav.pool import EpisodePool, episode_pool
from sims.pointnav.spaces import dict_space, flat_space, habitat_form
from sims.pointnav.state import MEASURES, N_ACTIONS, N_HEADINGS, State, blank_state
from sims.pointnav.step import step
from sims.pointnav.view import N_OBS, observe_all

DEFAULT_LAYOUTS = "houses:0-128"
ENVS_A_THREAD = 256
"""Fewer envs than this are not worth a thread of their own."""

ObsForm = Literal["flat", "dict"]
Observation = NDArray[np.float32] | dict[str, NDArray[np.float32]]


class Outputs(NamedTuple):
    """Arrays that `sims.pointnav.step.step` writes, first axis the env."""

    obs: NDArray[np.float32]  # [env, N_OBS]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    final_obs: NDArray[np.float32]  # [env, N_OBS]
    final_measures: NDArray[np.float64]  # [env, MEASURES]
    final_episode: NDArray[np.int64]
    final_steps: NDArray[np.int64]


class PointNavVectorEnv(VectorEnv[Any, Any, Any]):
    """`num_envs` blind PointGoal worlds, stepped together by compiled kernels (autoreset in the same step).

    Args:
        num_envs: how many.
        layouts: `family:start-stop` (families `houses`, `offices`, `mazes`; stop exclusive; seeds from 1,000,000 on are
            for evaluation), map files (ROS `*.yaml`, `*.vectormap.txt`), or a list of these. Strings where the env's
            spec is to be written as JSON.
        max_steps: steps after which an episode is truncated.
        obs: `"flat"` or `"dict"`: see the module.
        sliding: slide along walls, as Habitat's agents do, or stop at the first touch.
        slack_reward, progress_reward, success_reward, spl_reward: the reward of a step is slack_reward +
            progress_reward * (decrease of the geodesic distance in metres), and at STOP also success_reward * success +
            spl_reward * SPL. DD-PPO's: `slack_reward=-0.01, success_reward=0.0, spl_reward=2.5`.
        goals_per_layout, starts_per_goal, pool_seed, memory_budget: see `sims.pointnav.build.PoolSettings`.
        episodes: a Habitat PointNav `json.gz` file whose scenes are names of layouts, as
            `sims.pointnav.exchange.episodes_of` makes; its episodes are the pool, and `layouts` is not used.
        n_threads: threads that step; as many as the process may use by default. Results do not depend on it.
        copy: False returns the same arrays at every step, overwritten by the next.
        render_mode: None or `"rgb_array"` (a top-down map with path, goal and heading for every env).

    At the end of an episode `infos["final_obs"]` holds its last observation and `infos["final_info"]` its measures
    (`success, spl, soft_spl, distance_to_goal, collisions, path_length, start_geodesic`, Habitat's definitions), its
    number in the pool (`episode_number`) and its length (`steps`), with Gymnasium's `_key` masks.

    Raises:
        ValueError: from the constructor, bad settings or layouts; from `step`, actions of a wrong shape, type or value.
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": 10,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        *,
        layouts: Layouts = DEFAULT_LAYOUTS,
        max_steps: int = 500,
        obs: ObsForm = "flat",
        sliding: bool = True,
        slack_reward: float = -0.001,
        progress_reward: float = 1.0,
        success_reward: float = 3.5,
        spl_reward: float = 0.0,
        goals_per_layout: int = PoolSettings.goals_per_layout,
        starts_per_goal: int = PoolSettings.starts_per_goal,
        pool_seed: int = PoolSettings.seed,
        memory_budget: int = PoolSettings.memory_budget,
        episodes: str | Path | None = None,
        n_threads: int | None = None,
        copy: bool = True,
        render_mode: str | None = None,
    ) -> None:
        check_whole(num_envs=num_envs, max_steps=max_steps, n_threads=1 if n_threads is None else n_threads)
        if obs not in ("flat", "dict"):
            raise ValueError(f"obs must be 'flat' or 'dict', got {obs!r}")
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode must be None or 'rgb_array', got {render_mode!r}")
        self.num_envs = num_envs
        self.max_steps = max_steps
        self.sliding = sliding
        self.copy = copy
        self.render_mode = render_mode
        self.single_observation_space = flat_space() if obs == "flat" else dict_space()
        self.single_action_space = spaces.Discrete(N_ACTIONS)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        settings = PoolSettings(goals_per_layout, starts_per_goal, pool_seed, memory_budget)
        self.pool: EpisodePool = (
            episode_pool(layouts, settings) if episodes is None else pool_of(read_episodes(episodes), settings)
        )
        self._flat = obs == "flat"
        self._rewards_of = np.array([slack_reward, progress_reward, success_reward, spl_reward])
        if not np.isfinite(self._rewards_of).all():
            raise ValueError(f"rewards must be finite, got {self._rewards_of.tolist()}")
        self.n_threads = n_threads or min(available_threads(), max(1, num_envs // ENVS_A_THREAD))
        self._autoreset = True
        self._state: State | None = None
        self._begun = False
        self._from_file = episodes is not None
        self._out = _outputs(num_envs)
        self._actions = np.zeros(num_envs, np.int64)
        self._trails: list[list[tuple[float, float]]] = []

    @property
    def state(self) -> State:
        """The state of all envs, first axis the env. It is the env's own: copy what you keep.

        Raises:
            gymnasium.error.ResetNeeded: before the first `reset`.
        """
        if self._state is None or not self._begun:
            raise ResetNeeded("there is no state before the first reset(): call reset(seed=...) first")
        return self._state

    @property
    def headings(self) -> NDArray[np.float64]:
        """World headings `[env]` in radians, counter-clockwise from the world's x axis, in [-pi, pi)."""
        state = self.state
        start = np.arctan2(state.start_sin, state.start_cos)
        return wrap(start + state.turn * (2 * np.pi / N_HEADINGS))

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode in every env, or in those chosen.

        Args:
            seed: env i is seeded with `seed + i` and begins at that seed's first episode. Without a seed every env goes
                on to its next episode (at the first reset: with seeds from the operating system).
            options: `episodes`: integers `[num_envs]`, which episodes of the pool to begin (-1: as seeded), for
                evaluating episodes by number; `reset_mask`: bool `[num_envs]`, the envs to reset, others go on.
        """
        super().reset(seed=seed)
        chosen, episodes = self._chosen(dict(options or {}))
        if seed is None and self._state is None:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
        seeds = None if seed is None else slot_seeds(seed, self.num_envs)
        if self._state is None:
            self._state = blank_state(self.num_envs)
        if seeds is None:
            self._state.episode_count[chosen] += 1
        else:
            self._state.seed[chosen] = seeds[chosen]
            self._state.episode_count[chosen] = 0
        reset(self.pool.arrays, self._state, chosen, episodes)
        self._begun = True
        self._track(chosen)
        obs = self._out.obs if not self.copy else np.empty_like(self._out.obs)
        observe_all(self._state, 0, self.num_envs, obs)
        return self._form(obs), {
            "episode_number": self._state.episode.copy(),
            "start_geodesic": self._state.start_geodesic.copy(),
        }

    def step(
        self, actions: ArrayLike
    ) -> tuple[Observation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Take one action in every env, `actions` `[num_envs]` integers in [0, 4)."""
        actions = self._checked(actions)
        out = self._out
        if self.copy:
            n = self.num_envs
            out = out._replace(
                obs=np.empty((n, N_OBS), np.float32),
                rewards=np.empty(n),
                terminated=np.empty(n, np.bool_),
                truncated=np.empty(n, np.bool_),
            )
        self.run_kernel(actions, out)
        done = out.terminated | out.truncated
        infos = self._infos(done, out) if done.any() else {}
        if self.render_mode is not None:
            self._track(np.flatnonzero(done) if self._autoreset else np.empty(0, np.int64))
        return self._form(out.obs), out.rewards, out.terminated, out.truncated, infos

    def refill(self, pool_seed: int) -> None:
        """Replace the episodes by others on the same layouts, drawn with another `pool_seed`; call `reset` next.

        Seeds and counters stay: a `reset()` without a seed goes on to every env's next episode.

        Raises:
            ValueError: the env plays the episodes of a file.
        """
        if self._from_file:
            raise ValueError("this env plays the episodes of a file: make another env for others, refill() draws them")
        settings = self.pool.settings
        self.pool = episode_pool(
            self.pool.names,
            PoolSettings(settings.goals_per_layout, settings.starts_per_goal, pool_seed, settings.memory_budget),
        )
        self._begun = False

    def restore(self, state: State) -> Observation:
        """Go on from `state`, that of an env of the same size on the same pool; returns the observation.

        Raises:
            ValueError: a state of another number of envs, or one that can't be of this pool.
        """
        blank = blank_state(self.num_envs)
        for name, array, own in zip(State._fields, state, blank, strict=True):
            if array.shape != own.shape or array.dtype != own.dtype:
                raise ValueError(f"state.{name} must be {own.dtype} {own.shape}, got {array.dtype} {array.shape}")
        arrays, n = self.pool.arrays, len(self.pool.arrays.start)
        if state.episode.min() < 0 or state.episode.max() >= n:
            raise ValueError(
                f"state.episode must be in [0, {n}), the episodes of this env's pool: it is another's state"
            )
        if not np.array_equal(state.field_base, arrays.field_base[arrays.episode_field[state.episode]]):
            raise ValueError("the state is not of this env's pool: give the env the same layouts and pool_seed")
        self._state = State._make(array.copy() for array in state)
        self._begun = True
        obs = np.empty_like(self._out.obs)
        observe_all(self._state, 0, self.num_envs, obs)
        return self._form(obs)

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:  # type: ignore[override]
        """A top-down picture `[height, width, 3]` of every env: floor, path, goal and heading; None without a mode."""
        if self.render_mode is None:
            return None
        headings = self.headings
        return tuple(self._frame(e, float(headings[e])) for e in range(self.num_envs))

    def layout_of(self, e: int) -> str:
        """The name of the layout that env `e` is in."""
        arrays = self.pool.arrays
        return self.pool.names[arrays.field_layout[arrays.episode_field[self.state.episode[e]]]]

    def _frame(self, e: int, heading: float) -> NDArray[np.uint8]:
        state = self.state
        goal = (float(state.goal_x[e]), float(state.goal_y[e]))
        return frame(self.layout_of(e), self._trails[e], goal, heading)

    def _track(self, begun: NDArray[np.int64]) -> None:
        """Keep each env's path for rendering; the envs `begun` start a new one."""
        if self.render_mode is None:
            return
        if not self._trails:
            self._trails = [[] for _ in range(self.num_envs)]
        for e in begun:
            self._trails[e].clear()
        for e, trail in enumerate(self._trails):
            trail.append((float(self.state.x[e]), float(self.state.y[e])))

    def run_kernel(self, actions: NDArray[np.int64], out: Outputs | None = None) -> None:
        """Take one action in every env without checks, writing into `out` (the env's own arrays by default)."""
        pool, state, outputs = self.pool.arrays, self.state, self._out if out is None else out
        max_steps, sliding, rewards_of, autoreset = self.max_steps, self.sliding, self._rewards_of, self._autoreset

        def run(start: int, stop: int) -> None:
            step(pool, state, actions, start, stop, max_steps, sliding, rewards_of, autoreset, outputs)

        split(run, self.num_envs, self.n_threads)

    def _form(self, obs: NDArray[np.float32]) -> Observation:
        return obs if self._flat else habitat_form(obs)

    def _checked(self, actions: ArrayLike) -> NDArray[np.int64]:
        array = np.asarray(actions)
        if array.shape != (self.num_envs,) or array.dtype.kind not in "iu":
            raise ValueError(
                f"actions must be integers of shape ({self.num_envs},), got {array.dtype} of shape {array.shape}: "
                "one of 0 STOP, 1 FORWARD, 2 LEFT, 3 RIGHT for every env"
            )
        if array.min() < 0 or array.max() >= N_ACTIONS:
            worst = array[(array < 0) | (array >= N_ACTIONS)][0]
            raise ValueError(f"actions must be in [0, {N_ACTIONS}), got {worst}: 0 STOP, 1 FORWARD, 2 LEFT, 3 RIGHT")
        self._actions[:] = array  # one kind of array, or the kernel would be compiled again for each
        return self._actions

    def _chosen(self, options: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        mask = options.pop("reset_mask", None)
        episodes = options.pop("episodes", None)
        if options:
            raise ValueError(f"unknown reset options {sorted(options)}: expected 'episodes' or 'reset_mask'")
        if mask is None:
            mask = np.ones(self.num_envs, np.bool_)
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ValueError(f"reset_mask must be bool of shape ({self.num_envs},), got {mask.dtype} {mask.shape}")
        if not self._begun and not mask.all():
            raise ValueError("the first reset must begin every env: call it without reset_mask")
        numbers = np.full(self.num_envs, -1) if episodes is None else np.asarray(episodes)
        n = len(self.pool.arrays.episode_field)
        if numbers.shape != (self.num_envs,) or numbers.dtype.kind not in "iu":
            raise ValueError(
                f"episodes must be integers of shape ({self.num_envs},), got {numbers.dtype} {numbers.shape}"
            )
        if numbers.min() < -1 or numbers.max() >= n:
            raise ValueError(f"episodes must be in [0, {n}) (or -1: as seeded), got {numbers.min()} to {numbers.max()}")
        return np.flatnonzero(mask), numbers[mask].astype(np.int64)

    def _infos(self, done: NDArray[np.bool_], out: Outputs) -> dict[str, Any]:
        rows = np.flatnonzero(done)
        measures = np.zeros((len(MEASURES), self.num_envs))
        measures[:, rows] = out.final_measures[rows].T
        counts = np.zeros((2, self.num_envs), np.int64)
        counts[:, rows] = out.final_episode[rows], out.final_steps[rows]
        names = (*MEASURES, "episode_number", "steps")
        masks = np.repeat(done[None], len(names) + 1, axis=0)
        final: dict[str, Any] = dict(zip(names, (*measures, *counts), strict=True))
        final |= {f"_{name}": mask for name, mask in zip(names, masks, strict=False)}
        return {
            "final_obs": self._final_obs(out.final_obs[rows], rows),
            "_final_obs": masks[-1],
            "final_info": final,
            "_final_info": done,
        }

    def _final_obs(self, last: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[Any]:
        """Last observations by env: `[env, 12]`, or for dictionaries objects, as Gymnasium's own batches."""
        if self._flat:
            return _scatter(last, rows, self.num_envs)
        objects = np.full(self.num_envs, None, object)
        form = habitat_form(last)
        for k, e in enumerate(rows):
            objects[e] = {name: values[k] for name, values in form.items()}
        return objects


class PointNavSettings(TypedDict, total=False):
    """What both shells take; `PointNavVectorEnv` says what each means and its default."""

    layouts: Layouts
    max_steps: int
    obs: ObsForm
    sliding: bool
    slack_reward: float
    progress_reward: float
    success_reward: float
    spl_reward: float
    goals_per_layout: int
    starts_per_goal: int
    pool_seed: int
    memory_budget: int
    episodes: str | Path | None


class PointNavEnv(gymnasium.Env[Any, Any]):
    """One blind PointGoal world: slot 0 of a batch of one. Takes what `PointNavVectorEnv` takes, less the batch.

    `info` of the last step holds the episode's measures; `reset(seed=s)` begins what slot i of a batch reset with
    `s - i` begins.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, *, render_mode: str | None = None, **settings: Unpack[PointNavSettings]) -> None:
        self.batch = PointNavVectorEnv(1, render_mode=render_mode, **settings)
        self.batch._autoreset = False
        self.render_mode = render_mode
        self.observation_space = self.batch.single_observation_space
        self.action_space = self.batch.single_action_space
        self._over = True

    @property
    def pool(self) -> EpisodePool:
        """The episodes that this env draws from."""
        return self.batch.pool

    @property
    def state(self) -> State:
        """The state, a batch of one."""
        return self.batch.state

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; `options={"episode": k}` begins the pool's episode number k."""
        super().reset(seed=seed)
        chosen = dict(options or {})
        batched = {"episodes": np.array([chosen.pop("episode")])} if "episode" in chosen else {}
        if chosen:
            raise ValueError(f"unknown reset options {sorted(chosen)}: expected 'episode'")
        obs, infos = self.batch.reset(seed=seed, options=batched)
        self._over = False
        return _first(obs), {name: values[0].item() for name, values in infos.items()}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one action."""
        if self._over:
            raise ResetNeeded("the episode is over: call reset() before the next step()")
        if not self.action_space.contains(action):
            raise ValueError(f"the action must be 0 STOP, 1 FORWARD, 2 LEFT or 3 RIGHT, got {action!r}")
        obs, rewards, terminated, truncated, infos = self.batch.step(np.array([action]))
        self._over = bool(terminated[0] or truncated[0])
        final = infos.get("final_info", {})
        info = {name: values[0].item() for name, values in final.items() if not name.startswith("_")}
        return _first(obs), float(rewards[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> NDArray[np.uint8] | None:  # type: ignore[override]
        """The top-down picture `[height, width, 3]` uint8, or None without a render mode."""
        frames = self.batch.render()
        return None if frames is None else frames[0]


def _first(obs: Observation) -> Observation:
    return obs[0] if isinstance(obs, np.ndarray) else {name: values[0] for name, values in obs.items()}


def _scatter(values: NDArray[Any], rows: NDArray[np.int64], n: int) -> NDArray[Any]:
    array = np.zeros((n, *values.shape[1:]), values.dtype)
    array[rows] = values
    return array


def _outputs(n: int) -> Outputs:
    return Outputs(
        obs=np.zeros((n, N_OBS), np.float32),
        rewards=np.zeros(n),
        terminated=np.zeros(n, np.bool_),
        truncated=np.zeros(n, np.bool_),
        final_obs=np.zeros((n, N_OBS), np.float32),
        final_measures=np.zeros((n, len(MEASURES))),
        final_episode=np.zeros(n, np.int64),
        final_steps=np.zeros(n, np.int64),
    )
