"""What `sims.pointnav.habitat` asks of habitat_sim: a simulator without renderer, distances, episodes.

See there for the versions of habitat-sim and habitat-lab that this was written against.
"""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.core.seeding import pick
from sims.pointnav.episodes import Episode, read_episodes
from sims.pointnav.frames import to_habitat
from sims.pointnav.state import AGENT_RADIUS, FORWARD, FORWARD_STEP, LEFT, N_HEADINGS, RIGHT, SUCCESS_DISTANCE

ACTION_NAMES = {FORWARD: "move_forward", LEFT: "turn_left", RIGHT: "turn_right"}
AGENT_HEIGHT = 1.5
"""Habitat's default, in metres; the paper's code keeps it. Only the making of a navigation mesh would use it."""

ISLAND_RADIUS = 1.5
"""Starts and goals lie on connected parts of the mesh of at least this radius, in metres."""

MAX_GOALS, STARTS_PER_GOAL = 1000, 10

Position = NDArray[np.float64]


def import_habitat_sim() -> ModuleType:
    """The module habitat_sim.

    Raises:
        ImportError: it is not installed, or older than 0.3.
    """
    cure = (
        "install it into a conda environment: `conda install habitat-sim headless -c conda-forge -c aihabitat` (leave "
        "out `headless` where there is a display), then Umwelt with pip in the same one"
    )
    try:
        library = importlib.import_module("habitat_sim")
    except ImportError as error:
        raise ImportError(f"HabitatPointNavEnv needs habitat_sim 0.3 or newer, which did not import: {cure}") from error
    version = tuple(int(part) for part in library.__version__.split(".")[:2])
    if version < (0, 3):
        raise ImportError(f"HabitatPointNavEnv needs habitat_sim 0.3 or newer, got {library.__version__}: {cure}")
    return library


def open_simulator(library: ModuleType, scene: Path, navmesh: str | Path | None, sliding: bool) -> Any:
    """A simulator without renderer or sensors, with the given navigation mesh or else the one beside the scene.

    Raises:
        FileNotFoundError: there is no such mesh.
        ValueError: habitat-sim can't read it, or found none.
    """
    backend = library.SimulatorConfiguration()
    backend.scene_id = str(scene)
    backend.create_renderer = False
    # True by default, and not switched off by the lack of a semantic sensor.
    backend.load_semantic_mesh = False
    backend.allow_sliding = sliding
    amounts = {FORWARD: FORWARD_STEP, LEFT: 360 / N_HEADINGS, RIGHT: 360 / N_HEADINGS}  # metres, degrees
    actions = {
        name: library.ActionSpec(name, library.ActuationSpec(amount=amounts[action]))
        for action, name in ACTION_NAMES.items()
    }
    agent = library.AgentConfiguration(
        height=AGENT_HEIGHT, radius=AGENT_RADIUS, sensor_specifications=[], action_space=actions
    )
    mesh = None if navmesh is None else existing("navmesh", navmesh)
    sim = library.Simulator(library.Configuration(backend, [agent]))
    loaded = sim.pathfinder.is_loaded if mesh is None else sim.pathfinder.load_nav_mesh(str(mesh))
    if loaded:
        return sim
    sim.close()
    raise ValueError(
        f"{scene}: expected a navigation mesh, got none "
        + ("beside the scene" if mesh is None else f"that habitat-sim reads from {mesh}")
        + ": pass navmesh= with the scene's .navmesh file, made for a radius of 0.1 m"
    )


def as_array(vector: Any) -> Position:
    """A vector of habitat-sim (Magnum's, or NumPy's in older versions) as float64."""
    return np.array(vector, np.float64)


def _random_point(pathfinder: Any) -> Position | None:
    """A random point of a large enough island, or None where habitat-sim drew none."""
    point = as_array(pathfinder.get_random_navigable_point())
    # On failure habitat-sim returns a vector of NaN.
    if np.isnan(point).any() or pathfinder.island_radius(point.astype(np.float32)) < ISLAND_RADIUS:
        return None
    return point


def geodesic_distance(library: ModuleType, pathfinder: Any, start: Position, goal: Position) -> float:
    """Length of the shortest path on the navigation mesh in metres, infinite where there is none."""
    path = library.ShortestPath()
    path.requested_start, path.requested_end = start.astype(np.float32), goal.astype(np.float32)
    pathfinder.find_path(path)
    return float(path.geodesic_distance)


def accepts(start: Position, goal: Position, geodesic: float, draw: float) -> bool:
    """Habitat's rule for an episode worth playing (`pointnav_generator.is_compatible_episode`).

    Same floor (heights within 0.5 m) and 1 to 30 m apart by the geodesic; where that is less than 1.1 times the
    straight distance, `draw`, uniform in [0, 1), must not exceed 20 (ratio - 0.98)^2. Positions are Habitat's, `[3]`
    metres.
    """
    if abs(start[1] - goal[1]) > 0.5 or not 1 <= geodesic <= 30:
        return False
    ratio = geodesic / float(np.linalg.norm(start - goal))
    return ratio >= 1.1 or draw <= 20 * (ratio - 0.98) ** 2


def sample_episode(library: ModuleType, pathfinder: Any, scene_id: str, seed: np.uint64, k: int) -> Episode:
    """Draw the k-th episode of a seed on a navigation mesh: start and goal by `accepts`, any yaw alike.

    Both must lie on an island of at least 1.5 m radius.

    Raises:
        RuntimeError: a thousand goals with ten starts each gave none.
    """
    # habitat-sim draws from the C library's one global `rand`: seeded anew for each episode, nobody can disturb it.
    pathfinder.seed(int(pick(seed, k, 2**32 - 1)))
    rng = np.random.default_rng([int(seed), k])
    for _ in range(MAX_GOALS):
        goal = _random_point(pathfinder)
        if goal is None:
            continue
        for _ in range(STARTS_PER_GOAL):
            start, draw = _random_point(pathfinder), rng.random()
            if start is None:
                continue
            geodesic = geodesic_distance(library, pathfinder, start, goal)
            if accepts(start, goal, geodesic, draw):
                _, rotation = to_habitat((0.0, 0.0), rng.uniform(-np.pi, np.pi))
                ends = tuple(start.tolist()), tuple(rotation.tolist()), tuple(goal.tolist())
                return Episode(str(k), scene_id, *ends, SUCCESS_DISTANCE, geodesic)
    raise RuntimeError(
        f"{scene_id}: no start and goal 1 to 30 m apart on one floor found among {MAX_GOALS} goals: is the navigation "
        "mesh that of a building? Pass episodes= to play given ones"
    )


def episodes_in(path: str | Path, scene: Path) -> list[tuple[int, Episode]]:
    """The episodes of a file that play in `scene`, told by the name of the scene's file, each with its index there.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no file of episodes, or holds none of this scene.
    """
    episodes = read_episodes(path)
    chosen = [(i, episode) for i, episode in enumerate(episodes) if Path(episode.scene_id).name == scene.name]
    if not chosen:
        known = sorted({Path(episode.scene_id).name for episode in episodes})
        raise ValueError(
            f"{path}: expected episodes in {scene.name}, got {len(known)} other scenes, such as {known[:5]}: pass one "
            "of those, or the file of this one"
        )
    return chosen


def existing(what: str, path: str | Path) -> Path:
    """`path`, if there is such a file; FileNotFoundError otherwise."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{what}: expected a file, got {path}, which is none: fetch scenes with "
            "`python -m habitat_sim.utils.datasets_download`"
        )
    return path
