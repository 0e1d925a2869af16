"""Observation spaces of blind PointGoal navigation, and the flat observation in Habitat's form."""

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

FARTHEST = 1000.0
"""Bound of positions, in metres: no map is larger."""


def flat_space() -> spaces.Box:
    """The flat observation of one env: `[12]` float32."""
    high = np.array([FARTHEST] * 4 + [1.0, 1.0, 0.5] + [1.0] * 5, np.float32)
    low = np.array([-FARTHEST] * 4 + [-1.0, -1.0, 0.0] + [0.0] * 5, np.float32)
    return spaces.Box(low, high, dtype=np.float32)


def dict_space() -> spaces.Dict:
    """The observation of one env under Habitat's names."""
    pi = np.float32(np.pi)
    polar = spaces.Box(np.array([0.0, -pi], np.float32), np.array([2 * FARTHEST, pi], np.float32), dtype=np.float32)
    return spaces.Dict(
        {
            "pointgoal_with_gps_compass": polar,
            "gps": spaces.Box(-FARTHEST, FARTHEST, (2,), np.float32),
            "compass": spaces.Box(-pi, pi, (1,), np.float32),
        }
    )


def habitat_form(obs: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Flat observations `[..., 12]` as Habitat's dictionary (`habitat-lab`, tasks/nav/nav.py)."""
    x, y = obs[..., 0] - obs[..., 2], obs[..., 1] - obs[..., 3]
    cos, sin = obs[..., 4], obs[..., 5]
    ahead, left = cos * x + sin * y, cos * y - sin * x
    return {
        "pointgoal_with_gps_compass": np.stack([np.hypot(ahead, left), np.arctan2(left, ahead)], axis=-1),
        "gps": np.stack([obs[..., 2], -obs[..., 3]], axis=-1),
        "compass": np.arctan2(sin, cos)[..., None],
    }
