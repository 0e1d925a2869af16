"""Commands of objects: where they are, what they look like, and what they are called."""

from dataclasses import replace

import numpy as np

from sims.scenes.placing import TEXTURES
from sims.scenes.unrealcv.axes import pose_of, to_unreal
from sims.scenes.unrealcv.desk import Desk, actor_named, numbers
from sims.scenes.unrealcv.patterns import Command, Job
from sims.scenes.unrealcv.stage import CAMERA, CUBE, NAME, PLINTH, Actor, CommandError, cameras, spawn


def _list(desk: Desk) -> str:
    return " ".join(desk.stage.actors)


def _spawn(desk: Desk, uclass: str, name: str | None = None, *location: float) -> str:
    x, y, z = location or (0.0, 0.0, 0.0)
    return spawn(desk.stage, uclass, name, (x, y, z))


def _spawn_cube(desk: Desk, name: str | None = None) -> str:
    return spawn(desk.stage, CUBE, name)


def _destroy(desk: Desk, name: str) -> str:
    actor_named(desk, name)
    if name == cameras(desk.stage)[0]:
        raise CommandError(f"{name} is the player's camera and stays: hide or move it")
    del desk.stage.actors[name]
    return ""


def _rename(desk: Desk, name: str, new: str) -> str:
    actor_named(desk, name)
    if new == name:
        return "The name has already been set"
    if new in desk.stage.actors:
        raise CommandError(f"Renaming an object to overwrite an existing object is not allowed: {new}")
    if not NAME.fullmatch(new):
        raise CommandError(f"a name is 1 to 64 letters, digits and . _ -, got {new[:80]!r}")
    # in its old place: cameras are numbered by it
    desk.stage.actors = {new if key == name else key: actor for key, actor in desk.stage.actors.items()}
    return ""


def _location(desk: Desk, name: str) -> str:
    return numbers(*actor_named(desk, name).location)


def _set_location(desk: Desk, name: str, x: float, y: float, z: float) -> str:
    desk.stage.actors[name] = replace(actor_named(desk, name), location=(x, y, z))
    return ""


def _rotation(desk: Desk, name: str) -> str:
    return numbers(*actor_named(desk, name).rotation)


def _set_rotation(desk: Desk, name: str, pitch: float, yaw: float, roll: float) -> str:
    desk.stage.actors[name] = replace(actor_named(desk, name), rotation=(pitch, yaw, roll))
    return ""


def _scale(desk: Desk, name: str) -> str:
    return numbers(*actor_named(desk, name).scale)


def _set_scale(desk: Desk, name: str, x: float, y: float, z: float) -> str:
    actor = actor_named(desk, name)
    if not all(1e-3 <= value <= 1e3 for value in (x, y, z)):
        raise CommandError(f"a scale must be from 0.001 to 1000 along each axis, got {x:g} {y:g} {z:g}")
    desk.stage.actors[name] = replace(actor, scale=(x, y, z))
    return ""


def _bounds(desk: Desk, name: str) -> str:
    """The box along the world's axes around the actor's own box, as the engine has it."""
    actor = actor_named(desk, name)
    corners = np.array([actor.location]) if actor.model is None else to_unreal(_corners(actor))
    return numbers(*corners.min(0), *corners.max(0), digits=2)


def _corners(actor: Actor) -> np.ndarray:
    assert actor.model is not None
    vertices = actor.model.mesh.vertices
    ends = np.stack([vertices.min(0), vertices.max(0)]).astype(np.float64)
    own = np.array([[ends[i, 0], ends[j, 1], ends[k, 2]] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    return _everywhere(actor, own)


def _everywhere(actor: Actor, points: np.ndarray) -> np.ndarray:
    """`[n, 3]` points of an actor's mesh in the world, wherever it stands."""
    poses = pose_of(actor.place) @ (np.eye(4)[None] if actor.copies is None else actor.copies)
    return (points @ poses[:, :3, :3].swapaxes(1, 2) + poses[:, None, :3, 3]).reshape(-1, 3)


def _vertices(desk: Desk, name: str) -> str | Job:
    actor = actor_named(desk, name)
    if actor.model is None:
        return ""
    vertices = actor.model.mesh.vertices

    def job() -> bytes:
        points = to_unreal(_everywhere(actor, vertices))
        return "".join("%.5f     %.5f     %.5f\n" % (x, y, z) for x, y, z in points.tolist()).encode()  # noqa: UP031

    return job


def _color(desk: Desk, name: str) -> str:
    actor = actor_named(desk, name)
    r, g, b = actor.color
    return f"(R={r},G={g},B={b},A={255 if actor.model else 0})"


def _set_color(desk: Desk, name: str, r: int, g: int, b: int) -> str:
    actor = actor_named(desk, name)
    if max(r, g, b) > 255:
        raise CommandError(f"a colour is three numbers from 0 to 255, got {r} {g} {b}")
    desk.stage.actors[name] = replace(actor, color=(r, g, b))
    return ""


def _mobility(desk: Desk, name: str) -> str:
    actor_named(desk, name)
    return "Movable"


def _show(desk: Desk, name: str) -> str:
    desk.stage.actors[name] = replace(actor_named(desk, name), hidden=False)
    return ""


def _hide(desk: Desk, name: str) -> str:
    desk.stage.actors[name] = replace(actor_named(desk, name), hidden=True)
    return ""


def _uclass(desk: Desk, name: str) -> str:
    return actor_named(desk, name).uclass


def _label(desk: Desk, name: str) -> str:
    actor = actor_named(desk, name)
    return name if actor.label is None else actor.label


def _set_label(desk: Desk, name: str, label: str) -> str:
    actor = actor_named(desk, name)
    if len(label) > 64:
        raise CommandError(f"a label has 64 characters at most, got {len(label)}")
    desk.stage.actors[name] = replace(actor, label=label)
    return ""


def _material(desk: Desk, name: str) -> str:
    actor = actor_named(desk, name)
    if actor.model is None:
        raise CommandError("Object has no StaticMeshComponent")
    return f"[0] {actor.material} "


def _set_material(desk: Desk, name: str, slot: int, material: str) -> str:
    actor = actor_named(desk, name)
    if actor.model is None:
        raise CommandError("Object has no StaticMeshComponent")
    if slot != 0:
        raise CommandError(f"Invalid material slot {slot}: an object here has the slot 0, which covers all of it")
    if material not in TEXTURES:
        raise CommandError(f"Can not load material {material[:40]}: expected one of {', '.join(TEXTURES)}")
    desk.stage.actors[name] = replace(actor, material=material)
    return ""


_XYZ = "[float] [float] [float]"
_CLASSES = f"a character of the pack, {CUBE}, {PLINTH} or {CAMERA}"

COMMANDS = (
    Command("vget /objects", "names of all actors, separated by spaces", _list),
    Command("vset /objects/spawn [str]", f"a new actor of a class ({_CLASSES}); its name", _spawn),
    Command("vset /objects/spawn [str] [str]", "the same, and what it is to be called", _spawn),
    Command(f"vset /objects/spawn [str] [str] {_XYZ}", "the same, and where it is to be, in cm", _spawn),
    Command("vset /object/spawn [str] [str]", "the older name of /objects/spawn", _spawn),
    Command("vset /objects/spawn_cube", "a new cube, 1 m wide; its name", _spawn_cube),
    Command("vset /objects/spawn_cube [str]", "the same, and what it is to be called", _spawn_cube),
    Command("vget /object/[str]/location", "x, y, z in cm", _location),
    Command(f"vset /object/[str]/location {_XYZ}", "x, y, z in cm", _set_location),
    Command("vget /object/[str]/rotation", "pitch, yaw, roll in degrees", _rotation),
    Command(f"vset /object/[str]/rotation {_XYZ}", "pitch, yaw, roll in degrees", _set_rotation),
    Command("vget /object/[str]/scale", "along its own x, y, z", _scale),
    Command(f"vset /object/[str]/scale {_XYZ}", "along its own x, y, z", _set_scale),
    Command("vget /object/[str]/bounds", "least x, y, z and greatest x, y, z in cm", _bounds),
    Command("vget /object/[str]/vertex_location", "a line a vertex: x, y, z in cm", _vertices),
    Command("vget /object/[str]/vertices", "the older name of vertex_location", _vertices),
    Command("vget /object/[str]/color", "its colour in masks", _color),
    Command("vset /object/[str]/color [uint] [uint] [uint]", "its colour in masks: red, green, blue", _set_color),
    Command("vget /object/[str]/mobility", "Movable", _mobility),
    Command("vset /object/[str]/show", "show it", _show),
    Command("vset /object/[str]/hide", "hide it: from pictures, masks and depth", _hide),
    Command("vset /object/[str]/destroy", "take it away", _destroy),
    Command("vget /object/[str]/uclass_name", "the class that it was spawned as", _uclass),
    Command("vset /object/[str]/name [str]", "call it otherwise", _rename),
    Command("vget /object/[str]/label", "its label: its name, if it was given none", _label),
    Command("vset /object/[str]/label [str]", "give it a label", _set_label),
    Command("vget /object/[str]/material", "the texture that covers it: [0] NAME", _material),
    Command("vset /object/[str]/material [uint] [str]", "cover it (slot 0) with a texture, or Default", _set_material),
)
