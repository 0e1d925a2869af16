"""`Scene(pack, renderer).render(factors)`: the picture of a scene whose every factor is set by name."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sims.scenes.columns import combinations
from sims.scenes.coverage import box_of, silhouette
from sims.scenes.description import Camera, Passes, Placed, SceneState
from sims.scenes.factors import factors_of
from sims.scenes.packs import Pack, open_pack
from sims.scenes.placing import corners_of, scene_state, space_of
from sims.scenes.rendered import CATEGORIES, FIRST_CHARACTER, Rendered, Seen

LEAST_PIXELS = 16
"""Pixels of an object below which it counts as out of sight."""

LEAST_IN_FRAME, LEAST_VISIBLE = 0.5, 0.1
"""Shares of an object's outline that must be in the frame, and be seen, for a picture to be sound."""

COSTLY = ("world_name", "scene_light", "character_name", "character2_name")
"""Factors whose change costs a renderer most, the costliest first."""


class Renderer(Protocol):
    """What makes pictures."""

    def render(self, state: SceneState) -> Passes:
        """The picture of a scene and its passes."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


def _cycles(samples: int, threads: int | None, more: str) -> Renderer:
    from sims.scenes.cycles.renderer import Cycles

    if more:
        raise ValueError(f"the renderer 'cycles' takes nothing more, got {more!r}: leave it out")
    return Cycles(samples, threads)


def _unreal(samples: int, threads: int | None, more: str) -> Renderer:
    from sims.scenes.unreal import open_unreal

    return open_unreal(samples, threads, more)


RENDERERS: dict[str, Callable[[int, int | None, str], Renderer]] = {"cycles": _cycles, "unreal": _unreal}
"""By name; the last argument is what follows a colon in `name:more`."""


class Scene:
    """A pack's objects and worlds before a renderer's camera; close it, or use it in a `with` block.

    Args:
        pack: `basic`, or a folder of GLB, glTF or OBJ files.
        renderer: `cycles`; `unreal` for an UnrealCV server, or `unreal:FILE` with a mapping of what that one calls
            things; or any object of that kind.
        width, height: of pictures, in pixels. samples: rays a pixel. threads: of the renderer; all cores by default.

    Raises:
        ValueError: an unknown pack or renderer, or a size below 16 pixels.
        FileNotFoundError: the renderer is not installed; the message says how to get it.
    """

    def __init__(
        self,
        pack: str | Path | Pack = "basic",
        renderer: str | Renderer = "cycles",
        *,
        width: int = 224,
        height: int = 224,
        samples: int = 16,
        threads: int | None = None,
    ):
        if min(width, height) < 16 or max(width, height) > 8192:
            raise ValueError(f"a picture's sides must be from 16 to 8192 pixels, got {width} x {height}")
        self.pack = pack if isinstance(pack, Pack) else open_pack(pack)
        self.space = space_of(self.pack)
        self.width, self.height = width, height
        if isinstance(renderer, str):
            name, _, more = renderer.partition(":")
            if name not in RENDERERS:
                raise ValueError(f"there is no renderer {renderer!r}: expected one of {', '.join(RENDERERS)}")
            renderer = RENDERERS[name](samples, threads, more)
        self.renderer = renderer

    def render(self, factors: Mapping[str, Any] | None = None, *, seed: int | None = None) -> Rendered:
        """The picture of these factors.

        Args:
            factors: values by name; what is left out is at its default.
            seed: of the renderer's samples; by default a hash of the factors, so that equal scenes are equal bytes.

        Raises:
            ValueError: there is no such factor or value; the message names the nearest.
        """
        whole = self.space.completed(factors or {})
        seed = seed_of(whole) if seed is None else seed
        state = scene_state(self.pack, whole, self.width, self.height, seed)
        return self._annotated(self.renderer.render(state), state, whole)

    def cost_order(self, table: pa.Table) -> NDArray[np.int64]:
        """The rows of a design in an order in which what is expensive to change changes rarely."""
        names = factors_of(table)
        keys = [combinations(table, [name]) for name in COSTLY if name in names]
        return np.lexsort(keys[::-1]).astype(np.int64) if keys else np.arange(table.num_rows)

    def close(self) -> None:
        """End the renderer."""
        self.renderer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _annotated(self, passes: Passes, state: SceneState, factors: dict[str, Any]) -> Rendered:
        categories = [0] + [self._category(thing) for thing in state.things]
        semantic = np.array(categories, np.uint16)[passes.instance]
        objects = tuple(
            _seen(thing, k + 1, categories[k + 1], passes, state.camera)
            for k, thing in enumerate(state.things)
            if thing.role == "object"
        )
        return Rendered(
            passes.image,
            passes.depth,
            _along_rays(passes.depth, state.camera),
            passes.normals,
            passes.instance,
            semantic,
            passes.albedo,
            objects,
            state.camera,
            factors,
            state.seed,
            flaws_of(objects),
        )

    def _category(self, thing: Placed) -> int:
        if thing.role != "object":
            return CATEGORIES[thing.role]
        return FIRST_CHARACTER + self.pack.characters.index(thing.model.name)


def seed_of(what: Any) -> int:
    """A hash, below 2^31, of factors' values and whatever else, all of JSON's types."""
    text = json.dumps(what, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little") % 2**31


def _seen(thing: Placed, instance: int, category: int, passes: Passes, camera: Camera) -> Seen:
    mask = passes.instance == instance
    pixels, outline = int(mask.sum()), silhouette(thing, camera)
    whole = max(outline.pixels, pixels, 1)
    return Seen(
        name=thing.model.name,
        instance=instance,
        category=category,
        pose=thing.pose,
        corners=corners_of(thing),
        box=box_of(mask),
        loose_box=outline.box,
        pixels=pixels,
        visible_fraction=pixels / whole,
        fraction_in_frame=min(1.0, outline.inside / max(outline.pixels, 1)),
    )


def _along_rays(depth: NDArray[np.float32], camera: Camera) -> NDArray[np.float32]:
    """Distances from the camera, of depths along its axis."""
    x = (np.arange(camera.width) + 0.5 - camera.width / 2) / camera.focal
    y = (np.arange(camera.height) + 0.5 - camera.height / 2) / camera.focal
    return (depth * np.sqrt(1.0 + x[None] ** 2 + y[:, None] ** 2)).astype(np.float32)


def flaws_of(objects: tuple[Seen, ...]) -> tuple[str, ...]:
    """What is wrong with a picture: objects out of sight, cut off, hidden or inside one another."""
    flaws = []
    for seen in objects:
        if seen.pixels < LEAST_PIXELS:
            flaws.append(f"{seen.name} is out of sight ({seen.pixels} pixels)")
        elif seen.fraction_in_frame < LEAST_IN_FRAME:
            flaws.append(f"{seen.name} is cut off ({seen.fraction_in_frame:.0%} in the frame)")
        elif seen.visible_fraction < LEAST_VISIBLE:
            flaws.append(f"{seen.name} is hidden ({seen.visible_fraction:.0%} visible)")
    for k, first in enumerate(objects):
        flaws += [f"{first.name} is inside {other.name}" for other in objects[k + 1 :] if _meet(first, other)]
    return tuple(flaws)


def _meet(a: Seen, b: Seen) -> bool:
    """Whether the boxes of two objects, along the world's axes, share more than a tenth of the smaller."""
    low = np.maximum(a.corners.min(0), b.corners.min(0))
    high = np.minimum(a.corners.max(0), b.corners.max(0))
    shared = np.prod(np.clip(high - low, 0.0, None))
    smaller = min(np.prod(np.ptp(seen.corners, axis=0)) for seen in (a, b))
    return bool(shared > 0.1 * smaller)
