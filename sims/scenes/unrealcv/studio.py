"""Pictures of a stage for those who ask: rendered once for all that is asked of one scene, in whatever form."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import Passes, SceneState
from sims.scenes.flow import scene_flow
from sims.scenes.scene import Renderer
from sims.scenes.unrealcv.axes import CM, SWAP
from sims.scenes.unrealcv.pixels import ENCODERS, FAR_CM, opaque, shown_flow
from sims.scenes.unrealcv.stage import MOST_CAMERAS, CommandError, Stage, scene_of

KEPT = 2
"""Scenes whose passes are remembered: a client asks for light, depth and masks of one after another."""


class Shot(NamedTuple):
    """What a camera sees, taken when it was asked for, whatever becomes of the stage.

    Attributes:
        state: the scene. names: of the actors that are its things. colors: `[thing + 1, 3]` uint8, of masks, the sky
            first. camera: the name of who looks. source: what `lit` shows.
    """

    state: SceneState
    names: tuple[str, ...]
    colors: NDArray[np.uint8]
    camera: str
    source: str


def shot_of(stage: Stage, camera: str) -> Shot:
    """What the camera of that name sees now."""
    state, names = scene_of(stage, camera)
    colors = np.array([(0, 0, 0), *(stage.actors[name].color for name in names)], np.uint8)
    optics = stage.actors[camera].optics
    return Shot(state, names, colors, camera, optics.source if optics else "lit")


class Studio:
    """The renderer of a server and what it has rendered last; used by one thread.

    Args:
        open_renderer: makes the renderer when the first picture is asked for.
    """

    def __init__(self, open_renderer: Callable[[], Renderer]):
        self._open = open_renderer
        self._renderer: Renderer | None = None
        self._kept: OrderedDict[Any, Passes] = OrderedDict()
        self._before: dict[str, Shot] = {}

    def picture(self, shot: Shot, kind: str, form: str) -> bytes:
        """A picture of that kind (of VIEWS), as `png`, `bmp` or `npy`.

        Raises:
            CommandError: the kind does not come in that form, or the renderer can't do it.
        """
        passes = self._passes(shot)
        if kind == "optical_flow":
            flow = self._flow(shot, passes)
            return ENCODERS[form](flow if form == "npy" else opaque(shown_flow(flow)))
        return ENCODERS[form](view(kind, form, passes, shot))

    def close(self) -> None:
        """End the renderer."""
        if self._renderer is not None:
            self._renderer.close()

    def _passes(self, shot: Shot) -> Passes:
        key = _key(shot.state)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if self._renderer is None:
            self._renderer = self._open()
        try:
            passes = self._renderer.render(shot.state)
        except (ValueError, OSError) as error:
            raise CommandError(f"the renderer could not do it: {error}") from error
        self._kept[key] = passes
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return passes

    def _flow(self, shot: Shot, passes: Passes) -> NDArray[np.float32]:
        """`[H, W, 2]` how the pixels moved since this camera was last asked for their motion; 0 at first."""
        camera, before = shot.state.camera, self._before.pop(shot.camera, None)
        self._before[shot.camera] = shot
        if len(self._before) > MOST_CAMERAS:
            self._before.pop(next(iter(self._before)))
        if before is None or (before.state.camera.width, before.state.camera.height) != (camera.width, camera.height):
            return np.zeros((camera.height, camera.width, 2), np.float32)
        then = dict(zip(before.names, (thing.pose for thing in before.state.things), strict=True))
        moves = [
            (k + 1, then.get(name, np.full((4, 4), np.nan)) @ np.linalg.inv(shot.state.things[k].pose))
            for k, name in enumerate(shot.names)
        ]
        return -scene_flow(passes.depth, passes.instance, camera, before.state.camera, moves)  # where they came from


def view(kind: str, form: str, passes: Passes, shot: Shot) -> NDArray[Any]:
    """The pixels of a kind: `[H, W, 4]` uint8, or float32 for npy.

    `lit`; `object_mask`; `normal`, in Unreal's axes, coded as 127.5 (1 + n); `depth`, cm along the camera's axis.

    Raises:
        CommandError: the kind does not come in that form.
    """
    if kind == "lit" and shot.source in ("normal", "albedo"):
        return view(shot.source, form, passes, shot)
    if (kind, form == "npy") not in FORMS:
        raise CommandError(f"Invalid filename type, filename {form}: {kind} comes as {_forms(kind)}")
    if kind == "depth":
        return np.minimum(CM * passes.depth, FAR_CM).astype(np.float32)
    if kind == "normal":
        turned = passes.normals @ SWAP.astype(np.float32)
        return turned if form == "npy" else opaque(np.rint(127.5 * (1.0 + turned)).astype(np.uint8))
    if kind == "object_mask":
        return opaque(shot.colors[passes.instance])
    return opaque(passes.image if kind == "lit" else passes.albedo)


FORMS = {
    ("lit", False),
    ("albedo", False),
    ("object_mask", False),
    ("normal", False),
    ("normal", True),
    ("depth", True),
}
"""Kinds, and whether they come as npy or as a picture."""


def _forms(kind: str) -> str:
    return "npy" if (kind, False) not in FORMS else "png or bmp" if (kind, True) not in FORMS else "png, bmp or npy"


def _key(state: SceneState) -> Any:
    things = tuple(
        (t.model.key, t.materials, t.pose.tobytes(), t.role, None if t.copies is None else t.copies.tobytes())
        for t in state.things
    )
    return things, state.light, state.camera, state.exposure
