"""`umwelt/Scene-v0`: an agent that sets or nudges the factors of a scene and sees the picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from sims.scenes.factors import Continuous, Discrete, Factor, Value
from sims.scenes.packs import Pack
from sims.scenes.rendered import Rendered
from sims.scenes.scene import Renderer, Scene

STEP = 0.05
"""The share of a continuous factor's range by which a nudge of 1 moves it."""

NEAR = 0.02
"""The mean distance over the controlled factors (0 to 1) within which `match` is won."""

FARTHEST = 1000.0
"""Metres that a depth is at most, also where there is only sky."""

EXTRAS = ("depth", "normals", "instance", "semantic", "albedo")


class SceneEnv(gymnasium.Env[Any, Any]):
    """A scene of which some factors are the agent's.

    Actions: with `control="nudge"`, a discrete factor goes a value back, stays or goes on (0, 1, 2), around the end; a
    continuous one moves by STEP of its range times a number from -1 to 1, angles around the circle, others up to their
    bounds. With `control="set"`, a discrete factor takes the value of that index, a continuous one the place from -1 to
    1 in its range. The space is a `MultiDiscrete` if all controlled factors are discrete, a `Box` if all are
    continuous, and else a `Dict` of the two, `discrete` and `continuous`, each in the order of `controlled`.

    Observations: `[height, width, 3]` uint8; with `annotations`, or in `match`, a `Dict` with `image` and
    these (depth in metres, at most FARTHEST).

    Tasks: `free` gives no reward and no end. In `match` a picture `target` is shown, of the same scene with the
    controlled factors drawn anew; the reward is by how much the mean distance over these factors has fallen (0 to 1: of
    a discrete one 0 or 1, of a continuous one the share of its range, of angles that of half a turn); it ends
    (`terminated`) within NEAR of the target.

    Args:
        pack, renderer, width, height, samples, threads: see `Scene`. task: `free` or `match`.
        controlled: the agent's factors. control: `nudge` or `set`.
        factors: values of the others; defaults for what is left out. annotations: of EXTRAS, which to observe too.
        max_steps: after which an episode is truncated.

    Raises:
        ValueError: an unknown task, control, annotation, factor or value.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(
        self,
        pack: str | Path | Pack = "basic",
        renderer: str | Renderer = "cycles",
        task: str = "free",
        *,
        controlled: Sequence[str] = ("camera_yaw", "camera_pitch", "camera_distance"),
        control: str = "nudge",
        factors: Mapping[str, Any] | None = None,
        annotations: Sequence[str] = (),
        width: int = 128,
        height: int = 128,
        samples: int = 16,
        threads: int | None = None,
        max_steps: int = 50,
        render_mode: str | None = None,
    ):
        _one_of("task", task, ("free", "match"))
        _one_of("control", control, ("nudge", "set"))
        for name in annotations:
            _one_of("annotation", name, EXTRAS)
        if not controlled:
            raise ValueError("an agent needs one factor to control at least")
        self.scene = Scene(pack, renderer, width=width, height=height, samples=samples, threads=threads)
        self.controlled = tuple(self.scene.space[name] for name in controlled)
        self.base = self.scene.space.completed(factors or {})
        self.task, self.control, self.max_steps = task, control, max_steps
        self.annotations, self.render_mode = tuple(annotations), render_mode
        self.action_space = _action_space(self.controlled, control)
        self.observation_space = self._observation_space()
        self._factors: dict[str, Value] = dict(self.base)
        self._target: dict[str, Value] = {}
        self._target_image: NDArray[np.uint8] | None = None
        self._seen: Rendered | None = None
        self._steps = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Draw the controlled factors anew.

        Args:
            seed: of the draws. options: `factors` gives values to begin with, `target` values of the target.

        Raises:
            ValueError: an unknown factor or value in `options`.
        """
        super().reset(seed=seed)
        options = options or {}
        self._factors = self.scene.space.completed({**self.base, **self._drawn(), **options.get("factors", {})})
        self._steps = 0
        if self.task == "match":
            self._target = self.scene.space.completed({**self._factors, **self._drawn(), **options.get("target", {})})
            self._target_image = self.scene.render(self._target).image
        self._seen = seen = self.scene.render(self._factors)
        return self._observation(seen), self._info(seen)

    def step(self, action: Any) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]:
        """Apply an action to the factors and look.

        Raises:
            ValueError: the action is not of the action space. RuntimeError: before the first `reset`.
        """
        if self._seen is None:
            raise RuntimeError("call reset() before step()")
        if not self.action_space.contains(action):
            raise ValueError(f"the action {action!r} is not of the space {self.action_space}")
        before = self._distance()
        self._factors = self.scene.space.completed({**self._factors, **self._moved(action)})
        self._seen = seen = self.scene.render(self._factors)
        self._steps += 1
        reward = before - self._distance()
        won = self.task == "match" and self._distance() <= NEAR
        return self._observation(seen), reward, won, self._steps >= self.max_steps and not won, self._info(seen)

    def render(self) -> NDArray[np.uint8] | None:  # type: ignore[override]
        """The last picture, or None before the first `reset` or without a render mode."""
        return None if self.render_mode is None or self._seen is None else self._seen.image

    def close(self) -> None:
        """End the renderer."""
        self.scene.close()

    def _drawn(self) -> dict[str, Value]:
        """Controlled factors, uniformly."""
        drawn: dict[str, Value] = {}
        for factor in self.controlled:
            if isinstance(factor, Discrete):
                drawn[factor.name] = factor.values[int(self.np_random.integers(len(factor.values)))]
            else:
                low, high = _range(factor)
                drawn[factor.name] = float(self.np_random.uniform(low, high))
        return drawn

    def _moved(self, action: Any) -> dict[str, Value]:
        discrete, continuous = _parts(action, self.controlled)
        moved: dict[str, Value] = {}
        for factor in self.controlled:
            now = self._factors[factor.name]
            if isinstance(factor, Discrete):
                k = int(discrete.pop(0))
                if self.control == "nudge":
                    k = (factor.values.index(now) + k - 1) % len(factor.values)
                moved[factor.name] = factor.values[k]
            else:
                low, high = _range(factor)
                u = float(continuous.pop(0))
                if self.control == "set":
                    moved[factor.name] = low + (u + 1.0) / 2.0 * (high - low)
                else:
                    moved[factor.name] = _nudged(factor, float(now), u)
        return moved

    def _distance(self) -> float:
        """The mean distance of the controlled factors from the target's; 0 where there is none."""
        if not self._target:
            return 0.0
        each = [_apart(f, self._factors[f.name], self._target[f.name]) for f in self.controlled]
        return float(np.mean(each))

    def _observation(self, seen: Rendered) -> Any:
        if not self.annotations and self.task == "free":
            return seen.image
        shown = {"image": seen.image} | {name: getattr(seen, name) for name in self.annotations}
        if "depth" in shown:
            shown["depth"] = np.minimum(shown["depth"], np.float32(FARTHEST))
        if self._target_image is not None:
            shown["target"] = self._target_image.copy()
        return shown

    def _observation_space(self) -> spaces.Space[Any]:
        size = (self.scene.height, self.scene.width)
        image = spaces.Box(0, 255, (*size, 3), np.uint8)
        every: dict[str, spaces.Space[Any]] = {
            "depth": spaces.Box(0.0, FARTHEST, size, np.float32),
            "normals": spaces.Box(-1.0, 1.0, (*size, 3), np.float32),
            "instance": spaces.Box(0, 65535, size, np.uint16),
            "semantic": spaces.Box(0, 65535, size, np.uint16),
            "albedo": image,
        }
        chosen: dict[str, spaces.Space[Any]] = {"image": image} | {name: every[name] for name in self.annotations}
        if self.task == "match":
            chosen["target"] = image
        return spaces.Dict(chosen) if len(chosen) > 1 else image

    def _info(self, seen: Rendered) -> dict[str, Any]:
        info = {"factors": dict(self._factors), "flaws": seen.flaws}
        return info | ({"target": dict(self._target), "distance": self._distance()} if self._target else {})


def _action_space(controlled: Sequence[Factor], control: str) -> spaces.Space[Any]:
    counts = [3 if control == "nudge" else len(f.values) for f in controlled if isinstance(f, Discrete)]
    n = len(controlled) - len(counts)
    discrete, continuous = spaces.MultiDiscrete(counts or [1]), spaces.Box(-1.0, 1.0, (max(n, 1),), np.float32)
    if not counts:
        return continuous
    return discrete if n == 0 else spaces.Dict({"discrete": discrete, "continuous": continuous})


def _parts(action: Any, controlled: Sequence[Factor]) -> tuple[list[Any], list[Any]]:
    """An action's numbers for the discrete and for the continuous factors."""
    if isinstance(action, Mapping):
        return list(action["discrete"]), list(action["continuous"])
    return (list(action), []) if isinstance(controlled[0], Discrete) else ([], list(action))


def _is_turn(factor: Continuous) -> bool:
    """Whether it is an angle that goes around."""
    return factor.unit == "deg" and factor.high - factor.low >= 360.0


def _range(factor: Continuous) -> tuple[float, float]:
    """Its bounds; of an angle that goes around, one turn."""
    return (-180.0, 180.0) if _is_turn(factor) else (factor.low, factor.high)


def _nudged(factor: Continuous, now: float, by: float) -> float:
    low, high = _range(factor)
    value = now + by * STEP * (high - low)
    return (value - low) % (high - low) + low if _is_turn(factor) else float(np.clip(value, low, high))


def _apart(factor: Factor, a: Value, b: Value) -> float:
    """How far two values are from each other, 0 to 1."""
    if isinstance(factor, Discrete):
        return float(a != b)
    low, high = _range(factor)
    difference = abs(float(a) - float(b))
    if _is_turn(factor):
        difference %= 360.0
        return min(difference, 360.0 - difference) / 180.0
    return difference / (high - low)


def _one_of(what: str, given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise ValueError(f"there is no {what} {given!r}: expected {', '.join(known)}")
