"""What a slot is given to see: the spaces of each form of observation, and the arrays that hold a batch of them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from sims.ctf.senses import N_SENSES
from sims.ctf.view import HIGHEST_THING

Plane = Literal["depth", "things"]
PLANES = ("depth", "things")
ObsForm = Literal["rgb", "vector"]


class Frames(NamedTuple):
    """A batch of observations; what isn't asked for has no rows. First axis the slot."""

    rgb: NDArray[np.uint8]  # [slot, height, width, 3]
    depth: NDArray[np.float32]  # [slot, height, width]
    things: NDArray[np.uint8]  # [slot, height, width]
    vector: NDArray[np.float32]  # [slot, N_SENSES]


class Form(NamedTuple):
    """What is observed."""

    obs: ObsForm
    planes: tuple[str, ...]
    width: int
    height: int


def form_of(obs: ObsForm, planes: Sequence[Plane], width: int, height: int) -> Form:
    """The form that an env's settings ask for.

    Raises:
        ValueError: an unknown form or plane, or planes without pixels.
    """
    if obs not in ("rgb", "vector"):
        raise ValueError(f"obs must be 'rgb' or 'vector', got {obs!r}")
    unknown = [plane for plane in planes if plane not in PLANES]
    if unknown or isinstance(planes, str):
        raise ValueError(f"planes must be a list of 'depth' and 'things', got {planes!r}")
    if planes and obs != "rgb":
        raise ValueError(f"planes={list(planes)} are planes of the picture: use obs='rgb', or none")
    return Form(obs, tuple(planes), width, height)


def space_of(form: Form) -> spaces.Space:
    """One slot's observation space: `Box` uint8 `[height, width, 3]`, a `Dict` with planes, or `Box` float32."""
    if form.obs == "vector":
        return spaces.Box(-np.inf, np.inf, (N_SENSES,), np.float32)
    shape = (form.height, form.width)
    rgb = spaces.Box(0, 255, (*shape, 3), np.uint8)
    if not form.planes:
        return rgb
    planes = {
        "depth": spaces.Box(0.0, np.inf, shape, np.float32),
        "things": spaces.Box(0, HIGHEST_THING, shape, np.uint8),
    }
    return spaces.Dict({"rgb": rgb, **{name: planes[name] for name in form.planes}})


def blank_frames(form: Form, n: int) -> Frames:
    """Zeroed arrays for `n` slots."""
    shape = (form.height, form.width)
    return Frames(
        rgb=np.zeros((n if form.obs == "rgb" else 0, *shape, 3), np.uint8),
        depth=np.zeros((n if "depth" in form.planes else 0, *shape), np.float32),
        things=np.zeros((n if "things" in form.planes else 0, *shape), np.uint8),
        vector=np.zeros((n if form.obs == "vector" else 0, N_SENSES), np.float32),
    )


def obs_of(form: Form, frames: Frames) -> NDArray | dict[str, NDArray]:
    """The batch of observations that the arrays hold, in the form's space."""
    if form.obs == "vector":
        return frames.vector
    if not form.planes:
        return frames.rgb
    return {"rgb": frames.rgb, **{name: getattr(frames, name) for name in form.planes}}
