"""A stand-in for habitat_sim with the calls that `sims.pointnav.habitat` makes, over one room with a wall and a closet.

Names, orders of arguments and meanings are those of habitat-sim's sources (main branch, commit 57ee4941):
`src_python/habitat_sim/simulator.py`, `agent/agent.py`, `agent/controls/`, `src/esp/bindings/*.cpp` and
`src/esp/nav/PathFinder.cpp`. It is strict where the real one is: vectors are Magnum's or NumPy arrays, never lists;
configurations know their attributes only. Load it afresh for each test; `calls` then holds what was called, in order.
"""

import itertools
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__version__ = "0.3.3"

calls: list[tuple[str, tuple[Any, ...]]] = []

FLOOR = 0.25
ROOM = ((1.0, 9.0), (-5.0, 2.0))  # x, z
WALL = ((3.875, 4.125), (-5.0, 0.0))  # open at its end z = 0
CLOSET = ((20.0, 21.0), (0.0, 1.0))  # an island of its own, too small for episodes
CORNERS = [np.array([3.875, 0.0]), np.array([4.125, 0.0])]
MESH = b"a navigation mesh"

_rand = random.Random(0)  # the C library's, one for the whole process


def called(name: str) -> list[tuple[Any, ...]]:
    """The arguments of every call of that name, in order."""
    return [arguments for function, arguments in calls if function == name]


class Vector3:
    """magnum.Vector3: three float32, neither a list nor an array."""

    def __init__(self, x: float, y: float, z: float) -> None:
        self._values = np.array([x, y, z], np.float32)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self._values, dtype)

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> float:
        return float(self._values[index])


class quaternion:  # noqa: N801 (numpy-quaternion's own name)
    """numpy-quaternion's scalar: w first."""

    def __init__(self, w: float, x: float, y: float, z: float) -> None:
        self.w, self.x, self.y, self.z = w, x, y, z

    @property
    def real(self) -> float:
        return self.w

    @property
    def imag(self) -> np.ndarray:
        return np.array([self.x, self.y, self.z])


def _vector(value: Any) -> np.ndarray:
    if not isinstance(value, (Vector3, np.ndarray)) or np.shape(value) != (3,):
        raise TypeError(f"incompatible function arguments: {value!r}")
    return np.array(value, np.float32).astype(np.float64)


@dataclass
class ActuationSpec:
    amount: float
    constraint: float | None = None


@dataclass
class ActionSpec:
    name: str
    actuation: ActuationSpec | None = None


def _default_actions() -> dict[Any, ActionSpec]:
    return {
        "move_forward": ActionSpec("move_forward", ActuationSpec(amount=0.25)),
        "turn_left": ActionSpec("turn_left", ActuationSpec(amount=10.0)),
        "turn_right": ActionSpec("turn_right", ActuationSpec(amount=10.0)),
    }


@dataclass
class AgentConfiguration:
    height: float = 1.5
    radius: float = 0.1
    sensor_specifications: list[Any] = field(default_factory=list)
    action_space: dict[Any, ActionSpec] = field(default_factory=_default_actions)
    body_type: str = "cylinder"


class SimulatorConfiguration:
    """Knows the attributes of the binding and no others."""

    __slots__ = (
        "allow_sliding",
        "create_renderer",
        "default_agent_id",
        "enable_physics",
        "gpu_device_id",
        "load_semantic_mesh",
        "random_seed",
        "requires_textures",
        "scene_dataset_config_file",
        "scene_id",
    )

    def __init__(self) -> None:
        self.scene_id, self.scene_dataset_config_file = "", "default"
        self.default_agent_id = self.gpu_device_id = self.random_seed = 0
        self.create_renderer = self.allow_sliding = self.load_semantic_mesh = self.requires_textures = True
        self.enable_physics = False


@dataclass
class Configuration:
    sim_cfg: SimulatorConfiguration
    agents: list[AgentConfiguration]
    metadata_mediator: Any = None
    enable_batch_renderer: bool = False


@dataclass
class AgentState:
    position: Any = field(default_factory=lambda: np.zeros(3))
    rotation: Any = field(default_factory=lambda: quaternion(1, 0, 0, 0))
    sensor_states: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not np.isfinite(np.array(self.position, np.float64)).all():
            raise ValueError(f"{self.position} contains non-finite values")
        if not isinstance(self.rotation, quaternion) and abs(np.linalg.norm(self.rotation) - 1) > 1e-4:
            raise ValueError(f"{self.rotation} is not a unit length vector")


class ShortestPath:
    def __init__(self) -> None:
        self.requested_start: Any = Vector3(0, 0, 0)
        self.requested_end: Any = Vector3(0, 0, 0)
        self.points: list[Vector3] = []
        self.geodesic_distance = 0.0


class PathFinder:
    def __init__(self) -> None:
        self._loaded = False

    @property
    def is_loaded(self) -> bool:
        return self._loaded

    def load_nav_mesh(self, path: str) -> bool:
        if not isinstance(path, str):
            raise TypeError(f"incompatible function arguments: {path!r}")
        calls.append(("load_nav_mesh", (path,)))
        self._loaded = Path(path).read_bytes() == MESH
        return self._loaded

    def seed(self, new_seed: int) -> None:
        if not isinstance(new_seed, int) or not 0 <= new_seed < 2**32:
            raise TypeError(f"incompatible function arguments: {new_seed!r}")
        calls.append(("seed", (new_seed,)))
        _rand.seed(new_seed)

    def get_bounds(self) -> tuple[Vector3, Vector3]:
        return Vector3(ROOM[0][0], FLOOR, ROOM[1][0]), Vector3(CLOSET[0][1], FLOOR, ROOM[1][1])

    def get_random_navigable_point(self, max_tries: int = 10, island_index: int = -1) -> Vector3:
        calls.append(("get_random_navigable_point", (max_tries, island_index)))
        if _rand.random() < 0.05:
            return Vector3(math.nan, math.nan, math.nan)
        (x0, x1), (z0, z1) = CLOSET if _rand.random() < 0.1 else ROOM
        while True:
            x, z = _rand.uniform(x0, x1), _rand.uniform(z0, z1)
            if not _in_wall(x, z):
                return Vector3(x, FLOOR, z)

    def snap_point(self, point: Any, island_index: int = -1) -> Vector3:
        found = _project(_vector(point))
        return Vector3(math.nan, math.nan, math.nan) if found is None else Vector3(found[1][0], FLOOR, found[1][1])

    def is_navigable(self, pt: Any, max_y_delta: float = 0.5) -> bool:
        point = _vector(pt)
        found = _project(point)
        return (
            found is not None
            and abs(point[1] - FLOOR) <= max_y_delta
            and float(np.linalg.norm(found[1] - point[[0, 2]])) <= 1e-2
        )

    def island_radius(self, pt: Any) -> float:
        found = _project(_vector(pt))
        if found is None:
            return 0.0
        (x0, x1), (z0, z1) = (ROOM, CLOSET)[found[0]]
        return math.hypot(x1 - x0, z1 - z0) / 2

    def find_path(self, path: ShortestPath) -> bool:
        path.geodesic_distance, path.points = math.inf, []
        start, end = _project(_vector(path.requested_start)), _project(_vector(path.requested_end))
        if start is None or end is None or start[0] != end[0]:
            return False
        path.geodesic_distance, corners = _shortest(start[1], end[1])
        path.points = [Vector3(x, FLOOR, z) for x, z in corners]
        return True

    def try_step(self, start: Any, end: Any) -> Vector3:
        calls.append(("try_step", (start, end)))
        a, b = _vector(start)[[0, 2]], _vector(end)[[0, 2]]
        along_x = _travel(a, np.array([b[0], a[1]]))
        x, z = _travel(along_x, np.array([along_x[0], b[1]]))
        return Vector3(x, FLOOR, z)

    def try_step_no_sliding(self, start: Any, end: Any) -> Vector3:
        calls.append(("try_step_no_sliding", (start, end)))
        x, z = _travel(_vector(start)[[0, 2]], _vector(end)[[0, 2]])
        return Vector3(x, FLOOR, z)

    def get_topdown_view(self, meters_per_pixel: float, height: float, eps: float = 0.5) -> np.ndarray:
        calls.append(("get_topdown_view", (meters_per_pixel, height, eps)))
        lower, upper = self.get_bounds()
        n_x, n_z = (int((upper[axis] - lower[axis]) / meters_per_pixel) for axis in (0, 2))
        x, z = lower[0] + np.arange(n_x) * meters_per_pixel, lower[2] + np.arange(n_z)[:, None] * meters_per_pixel
        inside = [(a[0] <= x) & (x <= a[1]) & (b[0] <= z) & (z <= b[1]) for a, b in (ROOM, CLOSET, WALL)]
        return (inside[0] | inside[1]) & ~inside[2] & (abs(height - FLOOR) <= eps)


class Agent:
    def __init__(self, config: AgentConfiguration, pathfinder: PathFinder, sliding: bool) -> None:
        self.agent_config = config
        self._pathfinder, self._sliding = pathfinder, sliding
        self._position, self._rotation = np.zeros(3, np.float32), np.array([0, 0, 0, 1], np.float32)

    def get_state(self) -> AgentState:
        x, y, z, w = self._rotation.tolist()
        return AgentState(self._position.copy(), quaternion(w, x, y, z))

    def set_state(self, state: AgentState, reset_sensors: bool = True) -> None:
        q = state.rotation
        coefficients = [*q.imag, q.real] if isinstance(q, quaternion) else q
        # Magnum refuses what differs from unit length by more than its single-precision fuzz.
        if abs(np.dot(coefficients, coefficients) - 1) > 2e-5:
            raise ValueError(f"{coefficients}: the quaternion is not normalized")
        self._position = np.array(state.position, np.float32)
        self._rotation = np.array(coefficients, np.float32)

    def act(self, action_id: Any) -> bool:
        action = self.agent_config.action_space[action_id]
        assert action.actuation is not None
        if action.name == "move_forward":
            return self._forward(action.actuation.amount)
        self._turn({"turn_left": 1, "turn_right": -1}[action.name] * math.radians(action.actuation.amount))
        return False

    def _turn(self, angle: float) -> None:
        x, y, z, w = self._rotation.astype(np.float64)
        s, c = math.sin(angle / 2), math.cos(angle / 2)
        turned = np.array([x * c - z * s, y * c + w * s, z * c + x * s, w * c - y * s])
        self._rotation = (turned / np.linalg.norm(turned)).astype(np.float32)

    def _forward(self, amount: float) -> bool:
        _, y, _, w = self._rotation.astype(np.float64)
        start = self._position.astype(np.float64)
        end = start + amount * np.array([-2 * w * y, 0.0, 2 * y * y - 1])
        step = self._pathfinder.try_step if self._sliding else self._pathfinder.try_step_no_sliding
        self._position = np.array(step(start, end), np.float32)
        moved = float(((self._position - start) ** 2).sum())
        return moved + 1e-5 < float(((end - start) ** 2).sum())


class Simulator:
    def __init__(self, config: Configuration) -> None:
        calls.append(("Simulator", (config,)))
        sensors = any(agent.sensor_specifications for agent in config.agents)
        config.sim_cfg.create_renderer = sensors and not config.enable_batch_renderer
        self.config = config
        self.pathfinder = PathFinder()
        beside = Path(config.sim_cfg.scene_id).with_suffix(".navmesh")
        if beside.exists():
            self.pathfinder.load_nav_mesh(str(beside))
        self.pathfinder.seed(config.sim_cfg.random_seed)
        self.agents = [Agent(agent, self.pathfinder, config.sim_cfg.allow_sliding) for agent in config.agents]

    def get_agent(self, agent_id: int) -> Agent:
        return self.agents[agent_id]

    def initialize_agent(self, agent_id: int, initial_state: AgentState | None = None) -> Agent:
        calls.append(("initialize_agent", (agent_id, initial_state)))
        agent = self.get_agent(agent_id)
        agent.set_state(initial_state if initial_state is not None else AgentState())
        return agent

    def step(self, action: str | int, dt: float = 1.0 / 60.0) -> dict[str, Any]:
        calls.append(("step", (action,)))
        return {"collided": self.agents[0].act(action)}

    def close(self, destroy: bool = True) -> None:
        calls.append(("close", (destroy,)))
        self.agents = []


def _in_wall(x: float, z: float) -> bool:
    return WALL[0][0] < x < WALL[0][1] and z < WALL[1][1]


def _project(point: np.ndarray) -> tuple[int, np.ndarray] | None:
    """Island and x, z of the nearest point of the mesh within 2 m sideways and 4 m up or down."""
    options = []
    for island, ((x0, x1), (z0, z1)) in enumerate((ROOM, CLOSET)):
        x, z = min(max(point[0], x0), x1), min(max(point[2], z0), z1)
        if _in_wall(x, z):
            x = WALL[0][0] if x < 4.0 else WALL[0][1]
        options.append((math.hypot(x - point[0], z - point[2]), island, np.array([x, z])))
    _, island, found = min(options, key=lambda option: option[0])
    reach = np.abs([found[0] - point[0], FLOOR - point[1], found[1] - point[2]])
    return (island, found) if (reach <= (2, 4, 2)).all() else None


def _hits_wall(a: np.ndarray, b: np.ndarray) -> float | None:
    """Where along a-b, in [0, 1], the wall's inside begins."""
    enter, leave = 0.0, 1.0
    for start, stop, (low, high) in zip(a, b, WALL, strict=True):
        if start == stop:
            if not low < start < high:
                return None
            continue
        first, last = sorted(((low - start) / (stop - start), (high - start) / (stop - start)))
        enter, leave = max(enter, first), min(leave, last)
    return enter if leave - enter > 1e-9 else None


def _travel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far a straight move from a towards b gets within a's island."""
    island = ROOM if a[0] < CLOSET[0][0] else CLOSET
    part = _hits_wall(a, b)
    part = 1.0 if part is None else part
    for start, stop, (low, high) in zip(a, b, island, strict=True):
        if stop > high:
            part = min(part, (high - start) / (stop - start))
        elif stop < low:
            part = min(part, (low - start) / (stop - start))
    return a + max(part, 0.0) * (b - a)


def _shortest(a: np.ndarray, b: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """Length and corners of the shortest way from a to b: straight, or around the wall's end."""
    ways = [[a, b], *([a, c, b] for c in CORNERS), [a, *CORNERS, b], [a, *CORNERS[::-1], b]]
    open_ways = [way for way in ways if all(_hits_wall(p, q) is None for p, q in itertools.pairwise(way))]
    lengths = [sum(float(np.linalg.norm(q - p)) for p, q in itertools.pairwise(w)) for w in open_ways]
    best = int(np.argmin(lengths))
    return lengths[best], open_ways[best]
