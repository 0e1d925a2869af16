"""What the blind agent makes of an observation before it is embedded.

`paper` hands the observation on as it is, as Wijmans et al. 2023 do. `egomotion` tells the same in other words: where
the goal lies as seen from here (Habitat's pointgoal_with_gps_compass), how far the agent came since it last looked, and
its position as phases of waves, so that a step of centimetres is felt anywhere. Nothing is added that the observations
did not say, but a network learns from it faster (README, "Training"). `start-frame` is `egomotion` without
the goal as seen from here: it is told in the frame of the start alone, so that the agent must know where it is.
"""

import math
from typing import Literal

import torch
from torch import Tensor

from sims.pointnav.state import FORWARD_STEP, PROXIMITY_RANGE
from sims.pointnav.view import N_OBS

Senses = Literal["egomotion", "start-frame", "paper"]

GOAL, GPS, COMPASS, PROXIMITY, ACTION = slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 7), slice(7, N_OBS)
"""Columns of the flat observation (`sims.pointnav.env`)."""

WAVES = (1.0, 4.0, 16.0, 64.0)
"""Wavelengths in metres of the phases that tell the position."""

NEAR = 0.05
"""Metres within which the goal's direction fades."""

_REST = {"proximity": 1, "previous_action": N_OBS - ACTION.start}
_MOVED = {"egomotion": 2, "gps_compass": 4 * len(WAVES) + 2}
SIZES: dict[Senses, dict[str, int]] = {
    "paper": {"goal": 2, "gps_compass": 4, **_REST},
    "egomotion": {"goal": 5, **_MOVED, **_REST},
    "start-frame": {"goal": 2, **_MOVED, **_REST},
}
"""The inputs that are embedded, in their order, and how many numbers each is."""


def perceive(obs: Tensor, gps_before: Tensor, senses: Senses) -> Tensor:
    """Observations as inputs.

    Args:
        obs: flat observations, `[..., 12]`.
        gps_before: the position when the agent last looked, `[..., 2]` metres; zero at an episode's start.
        senses: in which words.

    Returns:
        `[..., n]` with n the sum of `SIZES[senses]`.
    """
    if senses == "paper":
        return obs
    gps, cos, sin = obs[..., GPS], obs[..., 4:5], obs[..., 5:6]
    from_here = []
    if senses == "egomotion":
        to_goal = obs[..., GOAL] - gps
        distance = to_goal.norm(dim=-1, keepdim=True) + NEAR
        from_here = [_from_here(to_goal, cos, sin) / distance, distance.log()]
    phases = torch.cat([gps * (2.0 * math.pi / wave) for wave in WAVES], -1)
    return torch.cat(
        [
            *from_here,
            obs[..., GOAL] * 0.1,
            _from_here(gps - gps_before, cos, sin) / FORWARD_STEP,
            phases.sin(),
            phases.cos(),
            obs[..., COMPASS],
            obs[..., PROXIMITY] / PROXIMITY_RANGE,
            obs[..., ACTION],
        ],
        -1,
    )


def _from_here(vector: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """A vector `[..., 2]` of the start's frame as one who looks along (cos, sin) sees it: ahead, to the left."""
    x, y = vector[..., :1], vector[..., 1:]
    return torch.cat([cos * x + sin * y, cos * y - sin * x], -1)
