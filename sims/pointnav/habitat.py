"""Blind PointGoal navigation in scanned buildings: the task of `sims.pointnav` on a real `habitat_sim`.

Not yet run on the real habitat_sim, which comes through conda only. Written against its sources: the main branch of
7 May 2026 (commit 57ee4941, just after tag v0.3.4), compared with v0.3.0; tested on a stand-in made from the same
sources. Rules and measures are those of habitat-lab (commit 0fb6f43f: `tasks/nav/nav.py`,
`datasets/pointnav/pointnav_generator.py`); what is observed and rewarded follows Wijmans et al. 2023, 'Emergence of
maps in the memories of blind navigation agents', and its code.
"""

import math
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from sims.core.seeding import pick, slot_seeds
from sims.pointnav.episodes import Episode
from sims.pointnav.frames import from_habitat, to_habitat
from sims.pointnav.habitat_map import RESOLUTION, draw_map
from sims.pointnav.habitat_scene import (
    ACTION_NAMES,
    Position,
    as_array,
    episodes_in,
    existing,
    geodesic_distance,
    import_habitat_sim,
    open_simulator,
    sample_episode,
)
from sims.pointnav.spaces import dict_space, flat_space, habitat_form
from sims.pointnav.state import N_ACTIONS, PROXIMITY_RANGE, STOP, SUCCESS_DISTANCE
from sims.pointnav.view import N_OBS

UPRIGHT = (0.0, 0.0, 0.0, 1.0)

ObservationForm = Literal["flat", "dict"]
RenderMode = Literal["rgb_array"]


class HabitatPointNavEnv(gymnasium.Env[Any, Any]):
    """One agent in one scene of habitat-sim, without a camera: it knows its pose and where the goal is.

    Actions: 0 STOP, 1 FORWARD 0.25 m, 2 LEFT 10 degrees, 3 RIGHT 10 degrees. The episode terminates with STOP and is
    truncated after `max_steps` actions; a STOP at a geodesic distance to the goal below 0.2 m is a success. The reward
    is `slack_reward + progress_reward * (decrease of the geodesic distance in metres)` and at STOP also
    `success_reward * success + spl_reward * SPL`.

    Infos are those of `sims.pointnav.env.PointNavEnv`: the last step's holds the `measures`, `episode_number` and
    `steps`; that of `reset` holds `episode_number` and `start_geodesic`, and Habitat's `episode_id` and `scene_id`. The
    number of an episode is its index in the file or, where episodes are sampled, its index since the seed, from 0.

    Which episode comes k-th after `reset(seed=s)` depends on s and k alone (where episodes are sampled: with the same
    habitat-sim and the same C library, whose `rand` it draws from). Positions are habitat-sim's, in single precision.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(
        self,
        *,
        scene: str | Path,
        navmesh: str | Path | None = None,
        episodes: str | Path | None = None,
        max_steps: int = 500,
        sliding: bool = True,
        obs: ObservationForm = "flat",
        render_mode: RenderMode | None = None,
        slack_reward: float = -0.001,
        progress_reward: float = 1.0,
        success_reward: float = 3.5,
        spl_reward: float = 0.0,
    ) -> None:
        """Load a scene.

        Args:
            scene: a `.glb` or another file that habitat-sim loads as a scene.
            navmesh: a `.navmesh` file; None takes the one that habitat-sim finds beside the scene.
            episodes: a Habitat `.json.gz` file, of which the episodes of this scene (by its file's name) are played;
                None samples them by Habitat's rule (`accepts`).
            max_steps: actions until truncation.
            sliding: whether the agent slides along a wall it walks into, instead of stopping there.
            obs: "flat" for one vector (`flat_observation`), "dict" for Habitat's sensors (`habitat_form`).
            render_mode: "rgb_array" for a map seen from above, None for nothing.
            slack_reward: added at each action.
            progress_reward: times the metres by which an action brought the goal nearer, by the geodesic.
            success_reward: added when the agent stops at the goal.
            spl_reward: times the SPL when the agent stops.

        Raises:
            ImportError: habitat_sim is not installed, or is older than 0.3.
            FileNotFoundError: a file does not exist.
            ValueError: an argument is out of range, a reward is not finite, the navigation mesh does not load, or the
                scene has no episodes.
        """
        self._rewards_of = slack_reward, progress_reward, success_reward, spl_reward
        _check_settings(max_steps, obs, render_mode, self._rewards_of)
        self.render_mode = render_mode
        self.action_space = spaces.Discrete(N_ACTIONS)
        self.observation_space: spaces.Space[Any] = flat_space() if obs == "flat" else dict_space()
        self._form, self._max_steps = obs, max_steps
        self._scene = existing("scene", scene)
        self._listed = None if episodes is None else episodes_in(episodes, self._scene)
        self._library = import_habitat_sim()
        self._sim: Any = open_simulator(self._library, self._scene, navmesh, sliding)
        self._seed: np.uint64 | None = None
        self._episode_count = self._episode_number = 0
        self._episode: Episode | None = None
        self._over = True

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start the next episode; with a seed, the first of that seed. The info names it. There are no options.

        Raises:
            ValueError: the episode's goal can't be reached on this navigation mesh, or its rotation tilts.
            RuntimeError: no episode that obeys the rule was found in this scene.
            gymnasium.error.ClosedEnvironmentError: the environment was closed.
        """
        super().reset(seed=seed)
        self._over, self._episode = True, None
        if self._sim is None:
            raise gymnasium.error.ClosedEnvironmentError("the scene is freed: make the environment anew")
        if seed is None and self._seed is not None:
            self._episode_count += 1
        else:
            self._seed = slot_seeds(int(self.np_random.integers(2**63)) if seed is None else seed, 1)[0]
            self._episode_count = 0
        self._episode_number, episode = self._choose_episode()
        self._start(episode)
        return self._observe(), {
            "episode_number": self._episode_number,
            "start_geodesic": self._start_geodesic,
            "episode_id": episode.episode_id,
            "scene_id": episode.scene_id,
        }

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Act once.

        Raises:
            gymnasium.error.ResetNeeded: the episode is over or has not begun.
            ValueError: the action is not 0, 1, 2 or 3.
        """
        if self._over:
            raise gymnasium.error.ResetNeeded("the episode is over: call reset() before the next step()")
        if not self.action_space.contains(action):
            raise ValueError(f"an action must be 0 STOP, 1 FORWARD, 2 LEFT or 3 RIGHT, got {action!r}: pass an integer")
        self._previous_action = int(action)
        self._steps += 1
        stopped = self._previous_action == STOP
        if not stopped:
            self._move(ACTION_NAMES[self._previous_action])
        slack, progress, success, spl = self._rewards_of
        reward = slack + progress * self._update_distance()
        truncated = not stopped and self._steps >= self._max_steps
        self._over = stopped or truncated
        info: dict[str, Any] = {}
        if self._over:
            outcome = self._measures(stopped and self._distance < SUCCESS_DISTANCE)
            info = {**outcome, "episode_number": self._episode_number, "steps": self._steps}
            if stopped:
                reward += success * outcome["success"] + spl * outcome["spl"]
        return self._observe(), float(reward), stopped, truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """The scene from above, `[height, width, 3]` uint8, 5 cm a pixel, +x right and -z up; None without render mode.

        Where one can stand on the start's floor is white, the walked path blue, the goal red, the agent green with a
        line ahead. Looking changes nothing.

        Raises:
            gymnasium.error.ResetNeeded: there is no episode yet, or the environment is closed.
        """
        if self.render_mode is None:
            return None
        if self._episode is None:
            raise gymnasium.error.ResetNeeded("there is no episode to draw: call env.reset() first")
        if self._floor is None:
            self._floor = self._sim.pathfinder.get_topdown_view(RESOLUTION, self._episode.start_position[1])
        lower = as_array(self._sim.pathfinder.get_bounds()[0])
        position, rotation = self._state()
        heading = float(from_habitat(position, rotation)[1])
        return draw_map(np.asarray(self._floor, bool), lower, self._walked, self._goal, position, heading)

    def close(self) -> None:
        """Free the scene. The environment is of no use afterwards; closing twice is allowed."""
        if self._sim is not None:
            self._sim.close()
        self._sim, self._episode, self._over = None, None, True

    def _choose_episode(self) -> tuple[int, Episode]:
        """The next episode and its number."""
        assert self._seed is not None
        k = self._episode_count
        if self._listed is not None:
            return self._listed[pick(self._seed, k, len(self._listed))]
        return k, sample_episode(self._library, self._sim.pathfinder, str(self._scene), self._seed, k)

    def _start(self, episode: Episode) -> None:
        self._origin = _pose(*from_habitat(episode.start_position, episode.start_rotation))
        # Through our frame and back: habitat-sim wants quaternions of exactly unit length, files have rounded ones.
        position, rotation = to_habitat(self._origin.xy, self._origin.heading, self._origin.height)
        state = self._library.AgentState(position=position.astype(np.float32), rotation=rotation.tolist())
        self._sim.initialize_agent(0, state)
        self._goal = np.array(episode.goal_position)
        self._measured_at, _ = self._state()
        self._distance = self._start_geodesic = self._geodesic(self._measured_at)
        if not 0 < self._start_geodesic < np.inf:
            raise ValueError(
                f"episode {episode.episode_id} of {episode.scene_id}: the way from its start to its goal must have a "
                f"length, got {self._start_geodesic} m: is this navigation mesh of the same scene, for this agent?"
            )
        self._walked = [self._measured_at]
        self._path_length, self._collisions, self._steps = 0.0, 0, 0
        self._previous_action = -1
        self._floor: Any = None
        self._episode, self._over = episode, False

    def _move(self, name: str) -> None:
        self._collisions += bool(self._sim.step(name)["collided"])
        position, _ = self._state()
        self._path_length += float(np.linalg.norm(position - self._walked[-1]))
        self._walked.append(position)

    def _update_distance(self) -> float:
        """Measure the distance to the goal again and return by how much it fell, in metres.

        Like habitat-lab's DistanceToGoal, only after a movement that `np.allclose` notices at 1e-4 m.
        """
        position = self._walked[-1]
        if np.allclose(self._measured_at, position, atol=1e-4):
            return 0.0
        before, self._measured_at = self._distance, position
        self._distance = self._geodesic(position)
        return before - self._distance

    def _measures(self, success: bool) -> dict[str, float]:
        return measures(success, self._start_geodesic, self._distance, self._path_length, self._collisions)

    def _geodesic(self, position: Position) -> float:
        return geodesic_distance(self._library, self._sim.pathfinder, position, self._goal)

    def _state(self) -> tuple[Position, NDArray[np.float64]]:
        """The agent's position and its rotation x, y, z, w, as habitat-sim has them."""
        state = self._sim.get_agent(0).get_state()
        return as_array(state.position), np.array([*state.rotation.imag, state.rotation.real], np.float64)

    def _observe(self) -> NDArray[np.float32] | dict[str, NDArray[np.float32]]:
        position, rotation = self._state()
        pose, goal = _pose(*from_habitat(position, rotation)), from_habitat(self._goal, UPRIGHT)[0]
        distance = float(np.linalg.norm(self._goal - position))
        seen = flat_observation(self._origin, pose, goal, distance, self._previous_action)
        return seen if self._form == "flat" else habitat_form(seen)


class FlatPose(NamedTuple):
    """A pose in the flat world frame (see `sims.pointnav.frames`): metres and radians."""

    xy: NDArray[np.float64]
    heading: float
    height: float


def flat_observation(
    origin: FlatPose, pose: FlatPose, goal: NDArray[np.float64], distance: float, previous_action: int
) -> NDArray[np.float32]:
    """What the agent senses, `[12]` float32, in the frame of its start: +x ahead, +y to the left, metres.

    Columns: 0-1 the goal, which stays the same; 2-3 the agent (GPS); 4-5 cosine and sine of its heading (compass),
    counter-clockwise; 6 the straight distance to the goal in three dimensions, at most 0.5; 7-11 the previous action,
    one-hot: none yet, STOP, FORWARD, LEFT, RIGHT.
    """
    heading = pose.heading - origin.heading
    seen = np.zeros(N_OBS, np.float32)
    seen[0:2] = _ahead_left(goal, origin)
    seen[2:4] = _ahead_left(pose.xy, origin)
    seen[4:7] = np.cos(heading), np.sin(heading), min(distance, PROXIMITY_RANGE)
    seen[8 + previous_action] = 1.0
    return seen


def measures(
    success: bool, start_geodesic: float, distance: float, path_length: float, collisions: int
) -> dict[str, float]:
    """An episode's outcome by habitat-lab's definitions (Success, SPL, SoftSPL, DistanceToGoal, Collisions); metres.

    SPL is success times shortest length / max(shortest, walked) (Anderson et al. 2018); soft SPL has in place of
    success the part of the start's distance that was covered, at least 0.
    """
    efficiency = start_geodesic / max(start_geodesic, path_length)
    return {
        "success": float(success),
        "spl": success * efficiency,
        "soft_spl": max(0.0, 1 - distance / start_geodesic) * efficiency,
        "distance_to_goal": distance,
        "collisions": float(collisions),
        "path_length": path_length,
        "start_geodesic": start_geodesic,
    }


def _ahead_left(xy: NDArray[np.float64], frame: FlatPose) -> NDArray[np.float64]:
    """A point of the flat world as seen from a pose: metres ahead and to the left."""
    dx, dy = xy - frame.xy
    cos, sin = np.cos(frame.heading), np.sin(frame.heading)
    return np.array([cos * dx + sin * dy, cos * dy - sin * dx])


def _pose(xy: NDArray[np.float64], heading: NDArray[np.float64], height: NDArray[np.float64]) -> FlatPose:
    return FlatPose(xy, float(heading), float(height))


def _check_settings(max_steps: int, obs: str, render_mode: str | None, rewards: tuple[float, ...]) -> None:
    if isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 1:
        raise ValueError(f"max_steps must be an integer of at least 1, got {max_steps!r}: Habitat uses 500")
    if obs not in get_args(ObservationForm):
        raise ValueError(f"obs must be 'flat' or 'dict', got {obs!r}: choose one of them")
    if render_mode not in (None, *get_args(RenderMode)):
        raise ValueError(f"render_mode must be None or 'rgb_array', got {render_mode!r}: choose one of them")
    if not all(map(math.isfinite, rewards)):
        raise ValueError(
            f"rewards must be finite, got slack, progress, success, spl = {rewards}: pass 0.0 to leave one out"
        )
