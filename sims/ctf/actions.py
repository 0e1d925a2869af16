"""The actions of a player: six factors, their composites, and a small set for fast experiments."""

from typing import Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

ActionForm = Literal["factors", "composite", "small"]

FACTORS = (5, 3, 3, 3, 2, 2)
"""How many values each factor has: yaw, pitch, strafe, walk, tag, jump."""

YAW_RATES = (-60, -10, 0, 10, 60)
"""Look speeds of the first factor as FTW names them, positive to the right: 0.15 degrees a step each, so 9 or 1.5
degrees a step, 135 or 22.5 degrees a second."""

PITCH_RATES = (-5, 0, 5)
"""Look speeds of the second factor, positive up: 0.3 degrees a step each, so 1.5 degrees a step."""

YAW_UNITS = (6, 1, 0, -1, -6)
"""What each value of the first factor adds to `State.yaw`, which counts counter-clockwise."""

PITCH_UNITS = (-1, 0, 1)
STRAFES = (-1, 0, 1)
"""Left, none, right."""

WALKS = (-1, 0, 1)
"""Back, none, forward."""

N_COMPOSITES = 540

STILL = (2, 1, 1, 1, 0, 0)
"""The action that does nothing."""

SMALL: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("wait", STILL),
    ("forward", (2, 1, 1, 2, 0, 0)),
    ("back", (2, 1, 1, 0, 0, 0)),
    ("strafe left", (2, 1, 0, 1, 0, 0)),
    ("strafe right", (2, 1, 2, 1, 0, 0)),
    ("turn left", (0, 1, 1, 1, 0, 0)),
    ("turn right", (4, 1, 1, 1, 0, 0)),
    ("turn left a little", (1, 1, 1, 1, 0, 0)),
    ("turn right a little", (3, 1, 1, 1, 0, 0)),
    ("forward, turn left", (0, 1, 1, 2, 0, 0)),
    ("forward, turn right", (4, 1, 1, 2, 0, 0)),
    ("tag", (2, 1, 1, 1, 1, 0)),
    ("forward, tag", (2, 1, 1, 2, 1, 0)),
    ("forward, jump", (2, 1, 1, 2, 0, 1)),
)
"""The small set: name and factors of each of its actions."""


def action_space(form: ActionForm) -> spaces.MultiDiscrete | spaces.Discrete:
    """The space of one player's actions.

    Args:
        form: `"factors"`: `MultiDiscrete([5, 3, 3, 3, 2, 2])` of yaw, pitch, strafe, walk, tag, jump, in the order of
            `YAW_RATES`, `PITCH_RATES`, `STRAFES`, `WALKS`, and no / yes. `"composite"`: `Discrete(540)`, the factors
            counted with the last fastest. `"small"`: `Discrete(14)`, the rows of `SMALL`.

    Raises:
        ValueError: another form.
    """
    if form == "factors":
        return spaces.MultiDiscrete(list(FACTORS))
    return spaces.Discrete(len(action_table(form)))


def action_table(form: ActionForm) -> NDArray[np.int8]:
    """The factors `[action, 6]` of every action of a discrete form.

    Raises:
        ValueError: not a discrete form.
    """
    if form == "composite":
        return np.stack(np.unravel_index(np.arange(N_COMPOSITES), FACTORS), axis=1).astype(np.int8)
    if form == "small":
        return np.array([factors for _, factors in SMALL], np.int8)
    raise ValueError(f"actions must be 'factors', 'composite' or 'small', got {form!r}")
