"""What a level holds: actors with a mesh or a camera, by name; and the scene that one of the cameras sees.

Everything here is in Unreal's terms (`axes`), but for meshes and the scenes that come out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.scenes.basic.solids import box
from sims.scenes.description import RGB, Camera, Light, Material, Model, Placed, SceneState
from sims.scenes.grounds import plinth
from sims.scenes.packs import Pack
from sims.scenes.placing import SHELF, SHELF_WIDTH, TEXTURES, scene_state, space_of
from sims.scenes.relations import PLAIN
from sims.scenes.unrealcv.axes import Transform, camera_pose_of, camera_transform_of, pose_of, transform_of

MOST_ACTORS, MOST_CAMERAS = 256, 32
LARGEST_CM = 1e7
"""How far from the origin anything may be put."""

CAMERA = "FusionCameraActor"
CUBE = "CubeActor"
PLINTH = "plinth"
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
ROLES = {"object": "character", "prop": PLINTH}
"""What the actors that a level begins with are called, numbered from 1."""

Triple = tuple[float, float, float]


class CommandError(ValueError):
    """A command that can't be done; its text is what the client is told after `error `."""


@dataclass(frozen=True)
class Optics:
    """A camera's own settings: horizontal angle of view in degrees, pixels, stops, and what `lit` shows of a scene."""

    fov: float
    width: int
    height: int
    bias: float = 0.0
    source: str = "lit"


@dataclass(frozen=True)
class Actor:
    """Something in a level: location in cm, rotation as (pitch, yaw, roll) in degrees, scale along its own axes.

    Args:
        uclass: what it was spawned as. model: its mesh, or None. role: as `Placed` has it.
        copies: `[n, 4, 4]`, of what stands in many places, as `Placed` has it.
        optics: of a camera, or None. color: of its pixels in masks. material: a texture's name for all of it.
    """

    uclass: str
    model: Model | None = None
    role: str = "object"
    copies: NDArray[np.float64] | None = None
    optics: Optics | None = None
    location: Triple = (0.0, 0.0, 0.0)
    rotation: Triple = (0.0, 0.0, 0.0)
    scale: Triple = (1.0, 1.0, 1.0)
    color: tuple[int, int, int] = (0, 0, 0)
    material: str = PLAIN
    hidden: bool = False
    label: str | None = None

    @property
    def place(self) -> Transform:
        """Where it is."""
        return Transform(np.array(self.location), np.array(self.rotation), np.array(self.scale))


@dataclass
class Stage:
    """A level that is open, and what it was opened with.

    Args:
        pack: of whose characters and worlds it is made. factors: what it begins with, all of them.
        level: the world that is open. actors: by name, in the order in which they came.
        light: the world's own. lamp: what it is multiplied by: red, green, blue, brightness.
        made: how many actors have ever been made, for names and colours. views: the size and angle of new cameras.
    """

    pack: Pack
    factors: dict[str, Any]
    views: Optics
    level: str = ""
    actors: dict[str, Actor] = field(default_factory=dict)
    light: Light = field(default_factory=Light)
    lamp: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    made: int = 0
    paused: bool = False
    viewmode: str = "lit"


def open_stage(pack: Pack, factors: Mapping[str, Any], width: int, height: int) -> Stage:
    """A stage on which the scene of these factors stands, its camera the camera 0.

    Raises:
        ValueError: there is no such factor or value.
    """
    whole = space_of(pack).completed(factors)
    seen = scene_state(pack, whole, width, height, 0)
    stage = Stage(pack, whole, Optics(seen.camera.fov_deg, width, height))
    open_level(stage, str(whole["world_name"]))
    return stage


def open_level(stage: Stage, world: str) -> None:
    """Leave the level for a fresh one of that world, with the actors and the camera that the stage began with.

    Raises:
        CommandError: the pack has no such world.
    """
    if world not in stage.pack.worlds:
        raise CommandError(f"there is no level {world!r}: expected one of {', '.join(stage.pack.worlds)}")
    stage.level, stage.actors, stage.made = world, {}, 0
    view = stage.views
    seen = scene_state(stage.pack, {**stage.factors, "world_name": world}, view.width, view.height, 0)
    own = stage.pack.world(world).light.tint
    stage.light, stage.lamp = replace(seen.light, tint=own), (*_over(seen.light.tint, own), 1.0)
    location, rotation = camera_transform_of(np.array(seen.camera.pose))
    add(stage, CAMERA, Actor(CAMERA, optics=view, location=_triple(location), rotation=_triple(rotation)))
    textures = {texture: name for name, texture in TEXTURES.items()}
    for thing in seen.things:
        place = transform_of(thing.pose)
        actor = Actor(
            thing.model.name.replace(" ", "_"),
            thing.model,
            thing.role,
            thing.copies,
            location=_triple(place.location),
            rotation=_triple(place.rotation),
            scale=_triple(place.scale),
            material=textures[thing.texture],
        )
        add(stage, ROLES.get(thing.role, actor.uclass), actor, numbered=thing.role in ROLES)


def _over(tint: RGB, own: RGB) -> Triple:
    """What the world's own tint was multiplied by to become `tint`."""
    r, g, b = (whole / part if part else 1.0 for whole, part in zip(tint, own, strict=True))
    return r, g, b


def _triple(values: Any) -> Triple:
    x, y, z = (float(value) for value in values)
    return x, y, z


def add(stage: Stage, name: str, actor: Actor, *, numbered: bool = True) -> str:
    """Put an actor on the stage, in a mask's colour of its own; `numbered` adds to its name what makes it new.

    Raises:
        CommandError: there is one of that name, the name can't be, or the stage is full.
    """
    if not NAME.fullmatch(name):
        raise CommandError(f"a name is 1 to 64 letters, digits and . _ -, got {name[:80]!r}")
    if numbered:
        k = 1
        while f"{name}_{k}" in stage.actors:
            k += 1
        name = f"{name}_{k}"
    if name in stage.actors:
        raise CommandError(f"Failed to spawn {name}, object exists.")
    if len(stage.actors) >= MOST_ACTORS:
        raise CommandError(f"a level holds {MOST_ACTORS} actors at most: destroy some first")
    if actor.optics is not None and len(cameras(stage)) >= MOST_CAMERAS:
        raise CommandError(f"a level holds {MOST_CAMERAS} cameras at most: destroy some first")
    stage.actors[name] = replace(actor, color=color_of(stage.made) if actor.model else actor.color)
    stage.made += 1
    return name


def spawn(stage: Stage, uclass: str, name: str | None = None, location: Triple = (0.0, 0.0, 0.0)) -> str:
    """Make a new actor of a class: a character of the pack, a plinth, a cube or a camera; its name.

    Raises:
        CommandError: there is no such class; or see `add`.
    """
    if uclass == CAMERA:
        actor = Actor(CAMERA, optics=stage.views, location=location)
    else:
        actor = Actor(uclass, _model(stage.pack, uclass), "prop" if uclass == PLINTH else "object", location=location)
    return add(stage, name or uclass, actor, numbered=name is None)


def _model(pack: Pack, uclass: str) -> Model:
    if uclass in pack.characters:
        return pack.model(uclass)
    if uclass == PLINTH:
        return plinth(SHELF_WIDTH, SHELF)
    if uclass == CUBE:
        return Model(CUBE, box((1.0, 1.0, 1.0)), (Material((0.6, 0.6, 0.6)),))
    raise CommandError(
        f"Can not find a class with name {uclass!r}: expected {CAMERA}, {CUBE}, {PLINTH} or a character of the pack "
        f"{stage_name(pack)}"
    )


def stage_name(pack: Pack) -> str:
    """The name of a pack as commands have it, without spaces."""
    return re.sub(r"\s+", "_", pack.name)


def cameras(stage: Stage) -> list[str]:
    """The names of the actors that are cameras; a camera's number is its place here."""
    return [name for name, actor in stage.actors.items() if actor.optics is not None]


def scene_of(stage: Stage, name: str) -> tuple[SceneState, tuple[str, ...]]:
    """What the camera of that name sees, and the names of the actors that are its things, in their order."""
    actor = stage.actors[name]
    view = actor.optics or stage.views
    pose = camera_pose_of(np.array(actor.location), np.array(actor.rotation))
    camera = Camera(tuple(tuple(row) for row in pose.tolist()), view.fov, view.width, view.height)
    shown = [key for key, other in stage.actors.items() if other.model is not None and not other.hidden]
    things = tuple(_placed(stage.actors[key]) for key in shown)
    own, (r, g, b, brightness) = stage.light, stage.lamp
    tint = (own.tint[0] * r, own.tint[1] * g, own.tint[2] * b)
    light = replace(own, tint=tint, strength=own.strength * brightness)
    return SceneState(things, light, camera, stage.pack.world(stage.level).exposure + view.bias), tuple(shown)


def _placed(actor: Actor) -> Placed:
    assert actor.model is not None
    return Placed(actor.model, pose_of(actor.place), TEXTURES[actor.material], actor.role, actor.copies)


def color_of(k: int) -> tuple[int, int, int]:
    """The k-th colour of masks: no two are nearer than 5 in each channel, for clients look for +-3; never black.

    Of the 51 x 51 x 51 colours whose channels are multiples of 5, in an order that leaps.
    """
    place = 1 + (k * 54_317) % (51**3 - 1)  # 54,317 has no factor in common with 51^3 - 1
    return 5 * (place // 51**2), 5 * (place // 51 % 51), 5 * (place % 51)
