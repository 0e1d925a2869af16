"""Bug algorithms: the classical navigators that feel their way along walls, blind baselines of PointGoal navigation.

A Bug heads for the goal; when a wall stops it, it follows the wall, always on the same hand, until its own rule lets it
leave. The rules differ in what they remember and in what they guarantee:

    bug0             leaves as soon as the way to the goal feels free. Can loop for ever.
    bug1             goes once round the obstacle, then back to its point nearest to the goal (Lumelsky, Stepanov 1987).
    bug2             leaves where it crosses the line from start to goal nearer to the goal than it hit (ibid.).
    tangent-bug      leaves where it is nearer to the goal than anywhere since the hit and the way feels free (Kamon,
                     Rimon, Rivlin 1998, with a sensing range of contact only).
    clairvoyant-bug  tangent-bug that is told at every hit which way round is the shorter (Wijmans et al. 2023).

All but the last see nothing but the flat observation. A wall is felt only through the GPS: a FORWARD that moved less
than it asked for has touched, and since the disc slides, the direction in which it moved is the wall's (with
`sliding=False` they bump along and get there less often). Practicalities of following and of discrete steps:
McGuire, de Croon, Tuyls 2019, 'A comparative study of bug algorithms'. Reaching the goal is guaranteed to bug1, bug2
and tangent-bug for exact following and endless time; steps of 0.25 m sometimes jump from one obstacle to another where
a gap is hardly wider than the disc, and an episode's `max_steps` ends most long ways round.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sims.core.kernels import kernel
from sims.core.policy import Policy
from sims.core.threads import available_threads, split
from sims.pointnav.bug_kernels import BUG0, BUG1, BUG2, TANGENT, Memory, act, blank_memory
from sims.pointnav.env import ENVS_A_THREAD, PointNavVectorEnv
from sims.pointnav.raster import clearance_at
from sims.pointnav.state import FORWARD_STEP
from sims.pointnav.step import travel
from sims.pointnav.view import N_OBS, geodesic_at

CLAIRVOYANT = "clairvoyant-bug"
KINDS = {"bug0": BUG0, "bug1": BUG1, "bug2": BUG2, "tangent-bug": TANGENT, CLAIRVOYANT: TANGENT}

BUGS = tuple(KINDS)
"""Names that `bug` takes."""

HANDS = {"left": 1, "right": -1}
Hand = Literal["left", "right"]


def bug(name: str, env: PointNavVectorEnv | None = None, hand: Hand = "left") -> Policy:
    """The Bug algorithm `name`, for any number of envs at once.

    Args:
        name: one of `BUGS`.
        env: the env that clairvoyant-bug acts in and is told by; the others don't use it.
        hand: the hand on which walls are kept; clairvoyant-bug is told it instead.

    Returns:
        A policy of flat observations `[env, 12]`, deterministic, whose memory is a `Memory` of arrays `[env]`.

    Raises:
        ValueError: an unknown name or hand, or clairvoyant-bug without an env.
    """
    if name not in KINDS:
        raise ValueError(f"unknown bug {name!r}: expected one of {', '.join(BUGS)}")
    if hand not in HANDS:
        raise ValueError(f"hand must be 'left' or 'right', got {hand!r}")
    if name == CLAIRVOYANT and env is None:
        raise ValueError(f"{CLAIRVOYANT} is told the shorter way by its env: call bug({CLAIRVOYANT!r}, env)")
    return Bug(KINDS[name], HANDS[hand], env if name == CLAIRVOYANT else None)


class Bug:
    """A `sims.core.policy.Policy`; `bug` makes it.

    Args:
        kind: the rule of leaving, as in `sims.pointnav.bug_kernels`.
        hand: 1 to keep walls on the left, -1 on the right.
        env: who tells the hand instead, or None.
    """

    def __init__(self, kind: int, hand: int, env: PointNavVectorEnv | None) -> None:
        self._kind = kind
        self._hand = hand
        self._env = env

    def initial_state(self, n: int) -> Memory:
        """The memory of `n` envs before their first observation."""
        return blank_memory(n)

    def step(self, obs: Any, state: Memory) -> tuple[NDArray[np.int64], Memory]:
        """Actions `[env]` for the flat observations `[env, 12]`, and the memory afterwards; `state` stays as it is.

        Raises:
            ValueError: observations of another shape, or for another number of envs than `state` or the env has.
        """
        obs = self._checked(obs, len(state.mode))
        n, env = len(obs), self._env
        memory = Memory._make(array.copy() for array in state)
        hands = np.full(n, self._hand, np.int64)
        actions = np.empty(n, np.int64)

        def run(start: int, stop: int) -> None:
            if env is not None:
                shorter_hands(env.pool.arrays, env.state, start, stop, hands)
            act(obs, hands, self._kind, memory, start, stop, actions)

        split(run, n, min(available_threads(), max(1, n // ENVS_A_THREAD)))
        return actions, memory

    def _checked(self, obs: Any, n: int) -> NDArray[np.float32]:
        if not isinstance(obs, np.ndarray) or obs.shape != (n, N_OBS):
            got = f"shape {obs.shape}" if isinstance(obs, np.ndarray) else type(obs).__name__
            raise ValueError(
                f"a bug reads flat observations of shape ({n}, {N_OBS}), as many as its memory has envs, got {got}: "
                "make the env with obs='flat' and the memory with initial_state(num_envs)"
            )
        if self._env is not None and self._env.num_envs != n:
            raise ValueError(f"{CLAIRVOYANT} was made with an env of {self._env.num_envs}, got {n} observations")
        return obs.astype(np.float32, copy=False)


@kernel
def shorter_hands(pool, state, start, stop, hands):
    """For envs start to stop that touch a wall, write the hand on which to keep it: 1 left, -1 right.

    Of the two ways along the wall it is the one on which the geodesic distance to the goal decreases more.
    """
    for e in range(start, stop):
        if state.collided[e]:
            left, right = _geodesic_along(pool, state, e, 1.0), _geodesic_along(pool, state, e, -1.0)
            hands[e] = 1 if left <= right else -1


@kernel
def _geodesic_along(pool, state, e, hand):
    """Geodesic distance to the goal after a FORWARD along the wall touched, kept on `hand` (1 left, -1 right)."""
    base, columns, x, y = state.layout_base[e], state.columns[e], state.x[e], state.y[e]
    origin_x, origin_y = state.origin_x[e], state.origin_y[e]
    _, off_x, off_y = clearance_at(pool.clearance, base, columns, origin_x, origin_y, x, y)
    scale = hand / max(np.hypot(off_x, off_y), 1e-9)
    ux, uy = -scale * off_y, scale * off_x
    x, y = travel(pool.clearance, base, columns, origin_x, origin_y, x, y, ux, uy, FORWARD_STEP, True)
    return geodesic_at(pool, state, e, x, y)
