"""The renderer `unreal`: scenes shown by any UnrealCV server, an engine or our own, and looked at through its cameras.

What is set is read back, so that a refused command or a frame of what was before is an error and not a picture.
"""

import io
import time
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Mapped
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sims.scenes.description import Passes, Placed, SceneState
from sims.scenes.relations import BLANK, PLAIN
from sims.scenes.unrealcv.axes import (
    CM,
    SWAP,
    Transform,
    camera_pose_of,
    camera_transform_of,
    matrix_of,
    pose_of,
    transform_of,
)
from sims.scenes.unrealcv.link import Link, UnrealError
from sims.scenes.unrealcv.mapping import Mapping, commands_of, model_of, read_mapping
from sims.scenes.unrealcv.pixels import FAR_CM

OURS = ("object", "prop")
"""Roles of things that are put into a level; the others are its own."""

NEAR_COLOR = 3
"""How far a channel of a mask may be from an actor's colour: engines shade masks a little."""

LEVEL_S = 60.0
"""Seconds that a level may take to open."""


class Played(NamedTuple):
    """An actor that plays a thing: its name, the model's, whether it was spawned, and its colour in masks."""

    actor: str
    model: str
    spawned: bool
    color: tuple[int, int, int]


class Unreal:
    """Pictures by an UnrealCV server.

    Args:
        mapping: what its program calls things.

    Raises:
        FileNotFoundError, ValueError, UnrealError: see `Link`.
    """

    def __init__(self, mapping: Mapping):
        self.mapping = mapping
        self.link = Link(mapping.address, mapping.token, mapping.timeout_s)
        self.reported: tuple[NDArray[np.float64], ...] = ()  # poses [4, 4] as read back: the camera's, then the things'
        self._world = self._light = ""
        self._played: list[Played] = []
        self._textures: dict[str, str] = {}
        self._others: dict[str, tuple[int, int, int]] = {}
        self._made = 0
        try:
            self._find_camera()
        except BaseException:
            self.link.close()
            raise

    def render(self, state: SceneState) -> Passes:
        """The picture of a scene.

        Raises:
            UnrealError: a command is refused, or what is read back is not what was set.
            ValueError: the mapping has no word for something of the scene.
        """
        _check_looks(state.factors)
        self._open(str(state.factors.get("world_name", "")))
        things = [thing for thing in state.things if thing.role in OURS]
        self._cast(things)
        self._dress(state, things)
        poses = [self._place(played, thing) for played, thing in zip(self._played, things, strict=True)]
        self.reported = (self._aim(state), *poses)
        if self.mapping.settle_s:
            time.sleep(self.mapping.settle_s)
        return self._look(state)

    def close(self) -> None:
        """Take away what was spawned, and hang up."""
        try:
            self.link.ask([f"vset /object/{one.actor}/destroy" for one in self._played if one.spawned])
        except UnrealError:
            pass  # it is gone, and with it what was spawned
        finally:
            self.link.close()

    def _find_camera(self) -> None:
        number = self.mapping.camera
        while (known := len(self.link.text("vget /cameras").split())) <= number:
            if not self.mapping.spawn_camera:
                raise UnrealError(
                    f"{self.mapping.address} has {known} cameras and none of number {number}: set spawn_camera = true "
                    "in the mapping, or another camera"
                )
            self.link.ask(["vset /cameras/spawn"])

    def _open(self, world: str) -> None:
        """Open the level of a world, and learn what is in it."""
        if world == self._world:
            return
        commands = commands_of(self.mapping.level, world, "level")
        self.link.do(commands)
        for command in commands:
            if command.startswith("vset /action/game/level "):
                self._await_level(command.rpartition(" ")[2])
        self._world, self._light = world, ""
        self._played, self._textures = [], {}
        self._find_camera()
        names = self.link.text("vget /objects").split()
        hidden = [name for name in names if any(fnmatchcase(name, pattern) for pattern in self.mapping.hide)]
        self.link.do([f"vset /object/{name}/hide" for name in hidden])
        rest = [name for name in names if name not in hidden]
        self._others = dict(zip(rest, self._colors(rest), strict=True))

    def _await_level(self, name: str) -> None:
        until = time.monotonic() + LEVEL_S
        wanted = name.rpartition("/")[2]
        while (there := self.link.text("vget /level/name")) != wanted:
            if time.monotonic() > until:
                raise UnrealError(f"the level {wanted!r} did not open within {LEVEL_S:g} s: {there!r} is open")
            time.sleep(0.2)

    def _colors(self, names: Sequence[str]) -> list[tuple[int, int, int]]:
        answers = self.link.ask([f"vget /object/{name}/color" for name in names])
        return [_color(name, str(answer)) for name, answer in zip(names, answers, strict=True)]

    def _cast(self, things: Sequence[Placed]) -> None:
        """Have an actor for each thing, and none for what is no longer there."""
        wanted = [thing.model.name for thing in things]
        kept: list[Played] = []
        for played in self._played:
            if len(kept) < len(wanted) and played.model == wanted[len(kept)]:
                kept.append(played)
            else:
                verb = "destroy" if played.spawned else "hide"
                self.link.do([f"vset /object/{played.actor}/{verb}"])
                self._textures.pop(played.actor, None)
        self._played = kept
        for name in wanted[len(kept) :]:
            self._played.append(self._enter(name))

    def _enter(self, name: str) -> Played:
        model = model_of(self.mapping, name)
        if model.object:
            if any(played.actor == model.object for played in self._played):
                raise ValueError(
                    f"the mapping has {model.object!r} play two things at once: give {name!r} a class to spawn"
                )
            self.link.do([f"vset /object/{model.object}/show"])
            return Played(model.object, name, False, self._colors([model.object])[0])
        taken = set(self.link.text("vget /objects").split())
        while f"umwelt_{self._made}" in taken:
            self._made += 1
        actor = f"umwelt_{self._made}"
        self._made += 1
        given = self.link.text(f"vset /objects/spawn {model.spawn} {actor}")
        if given != actor:
            raise UnrealError(f"{self.mapping.address} calls {given!r} what was to be {actor!r}")
        return Played(actor, name, True, self._colors([actor])[0])

    def _dress(self, state: SceneState, things: Sequence[Placed]) -> None:
        """Textures and the light, where they are not yet so."""
        factors = state.factors
        textures = [factors.get("character_texture", ""), factors.get("character2_texture", "")]
        names = [factors.get("character_name"), factors.get("character2_name")]
        worn = [texture for texture, name in zip(textures, names, strict=True) if name != BLANK]
        objects = [played for played, thing in zip(self._played, things, strict=True) if thing.role == "object"]
        for played, texture in zip(objects, worn, strict=False):
            if self._textures.get(played.actor) != texture:
                self.link.do(commands_of(self.mapping.texture, str(texture), "texture", object=played.actor))
                self._textures[played.actor] = str(texture)
        light = str(factors.get("scene_light", ""))
        if light != self._light:
            self.link.do(commands_of(self.mapping.light, light, "light"))
            self._light = light

    def _place(self, played: Played, thing: Placed) -> NDArray[np.float64]:
        """Put an actor where its thing is; the thing's pose as read back."""
        fitted = model_of(self.mapping, played.model).fitted
        place = transform_of(self.mapping.placed @ thing.pose @ fitted)
        path = f"/object/{played.actor}"
        self.link.do([f"vset {path}/{what} {plain(values)}" for what, values in zip(place._fields, place, strict=True)])
        there = Transform(*map(np.array, self.link.numbers([f"vget {path}/{what}" for what in place._fields])))
        self._check(path, place.location, there.location, place.rotation, there.rotation)
        if np.abs(there.scale - place.scale).max() > 2e-3:
            raise UnrealError(f"{path} has the scale {plain(there.scale)} where {plain(place.scale)} was set")
        return np.linalg.inv(self.mapping.placed) @ pose_of(there) @ np.linalg.inv(fitted)

    def _aim(self, state: SceneState) -> NDArray[np.float64]:
        """Set the camera; its pose as read back."""
        camera, path = state.camera, f"/camera/{self.mapping.camera}"
        location, rotation = camera_transform_of(self.mapping.placed @ np.array(camera.pose))
        self.link.do(
            [
                f"vset {path}/size {camera.width} {camera.height}",
                f"vset {path}/fov {plain([camera.fov_deg])}",
                f"vset {path}/location {plain(location)}",
                f"vset {path}/rotation {plain(rotation)}",
            ]
        )
        size, fov, *there = self.link.numbers(
            [f"vget {path}/{what}" for what in ("size", "fov", "location", "rotation")]
        )
        if size != [camera.width, camera.height] or abs(fov[0] - camera.fov_deg) > self.mapping.tolerance_deg:
            raise UnrealError(
                f"{path} is {plain(size)} pixels and {plain(fov)} degrees where {camera.width} {camera.height} and "
                f"{plain([camera.fov_deg])} were set"
            )
        self._check(path, location, np.array(there[0]), rotation, np.array(there[1]))
        return np.linalg.inv(self.mapping.placed) @ camera_pose_of(np.array(there[0]), np.array(there[1]))

    def _check(self, path: str, *values: NDArray[np.float64]) -> None:
        """Compare a location and a rotation with those that were read back."""
        location, there, rotation, turned = values
        if there.shape != (3,) or np.abs(location - there).max() > self.mapping.tolerance_cm:
            raise UnrealError(f"{path} is at {plain(there)} where {plain(location)} was set")
        apart = matrix_of(rotation).T @ matrix_of(turned)
        if np.rad2deg(np.arccos(np.clip((np.trace(apart) - 1.0) / 2.0, -1.0, 1.0))) > self.mapping.tolerance_deg:
            raise UnrealError(f"{path} is turned by {plain(turned)} where {plain(rotation)} was set")

    def _look(self, state: SceneState) -> Passes:
        path, size = f"/camera/{self.mapping.camera}", (state.camera.height, state.camera.width)
        wanted = ["lit png", "object_mask png", "depth npy", "normal png"]
        commands = [f"vget {path}/{what}" for what in wanted]
        if self.mapping.albedo == "lit_source":
            commands += [f"vset {path}/lit_source base", f"vget {path}/lit png", f"vset {path}/lit_source ldr"]
        answers = self.link.ask(commands)
        image, mask, normal = (_picture(commands[k], answers[k], size) for k in (0, 1, 3))
        albedo = np.zeros_like(image) if len(answers) < 6 else _picture(commands[5], answers[5], size)
        cm = _depth(commands[2], answers[2], size)
        there = (cm < FAR_CM) & (cm > 0.0)
        instance = self._instances(mask, there, state)
        depth = np.where(there, cm / np.float32(CM), np.inf).astype(np.float32)
        albedo = np.where(there[..., None], albedo, 0).astype(np.uint8)
        return Passes(image, depth, self._normals(normal, there), instance, albedo)

    def _instances(self, mask: NDArray[np.uint8], near: NDArray[np.bool_], state: SceneState) -> NDArray[np.uint16]:
        """Numbers of things, `[H, W]`, of a mask's colours.

        What is too far for depth is a thing only if it is ours or the mapping names it as a part: else it is the sky.
        """
        ours = [k + 1 for k, thing in enumerate(state.things) if thing.role in OURS]
        parts = [self._part(name, state) for name in self._others]
        other = self._other(state)
        far_numbers, near_numbers = [*ours, *parts], [*ours, *(part or other for part in parts)]
        colors = np.array([*(played.color for played in self._played), *self._others.values()], np.int16)
        found, which = np.unique(mask.reshape(-1, 3), axis=0, return_inverse=True)
        apart = np.abs(found[:, None].astype(np.int16) - colors[None]).max(-1)
        nearest = apart.argmin(1)
        known = (apart[np.arange(len(found)), nearest] <= NEAR_COLOR) & found.any(1)
        far_values = np.where(known, np.array(far_numbers)[nearest], 0)
        near_values = np.where(known, np.array(near_numbers)[nearest], other)
        places = which.reshape(mask.shape[:2])
        return np.where(near, near_values[places], far_values[places]).astype(np.uint16)

    def _part(self, name: str, state: SceneState) -> int:
        """The number of the thing of the world that a level's own actor is; 0 where nothing says so."""
        world = [(k + 1, thing) for k, thing in enumerate(state.things) if thing.role not in OURS]
        for k, thing in world:
            if thing.model.name.replace(" ", "_") == name:
                return k
        for role, patterns in self.mapping.parts.items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return next((k for k, thing in world if thing.role == role), 0)
        return 0

    def _other(self, state: SceneState) -> int:
        """The number of the thing that all other actors count as; 0 for none."""
        if self.mapping.others == "nothing":
            return 0
        return next((k + 1 for k, thing in enumerate(state.things) if thing.role not in OURS), 0)

    def _normals(self, coded: NDArray[np.uint8], there: NDArray[np.bool_]) -> NDArray[np.float32]:
        normals = (coded.astype(np.float64) / 127.5 - 1.0) @ SWAP @ self.mapping.placed[:3, :3]
        length = np.linalg.norm(normals, axis=-1, keepdims=True)
        whole = np.divide(normals, length, out=np.zeros_like(normals), where=(length > 0.1) & there[..., None])
        return whole.astype(np.float32)


def open_unreal(samples: int, threads: int | None, more: str) -> Unreal:
    """The renderer of a mapping's file, or that of our own server; rays and threads are the server's affair.

    Raises:
        ValueError: a mapping that can't be. FileNotFoundError, UnrealError: see `Link`.
    """
    return Unreal(read_mapping(Path(more) if more else None))


def _check_looks(factors: Mapped[str, Any]) -> None:
    """Refuse what no command says: a character's coat and pose."""
    for name, value in factors.items():
        if name.endswith(("_coat", "_pose")) and value != PLAIN:
            raise ValueError(f"the renderer 'unreal' has no command for {name}={value}: leave it at {PLAIN}")


def plain(values: Sequence[float] | NDArray[np.float64]) -> str:
    """Numbers without exponents, which UnrealCV's parser does not know."""
    return " ".join(f"{float(value):.6f}" for value in values)


def _color(name: str, answer: str) -> tuple[int, int, int]:
    channels = dict(pair.split("=") for pair in answer.strip("()").split(",") if pair.count("=") == 1)
    try:
        return int(channels["R"]), int(channels["G"]), int(channels["B"])
    except (KeyError, ValueError) as error:
        raise UnrealError(f"the colour of {name} is {answer!r}: expected (R=..,G=..,B=..,A=..)") from error


def _picture(command: str, answer: str | bytes, size: tuple[int, int]) -> NDArray[np.uint8]:
    """`[H, W, 3]` of a PNG."""
    return _sized(command, size, lambda: np.asarray(Image.open(io.BytesIO(_bytes(answer))).convert("RGB")))


def _depth(command: str, answer: str | bytes, size: tuple[int, int]) -> NDArray[np.float32]:
    """`[H, W]`, centimetres."""
    return _sized(command, size, lambda: np.squeeze(np.load(io.BytesIO(_bytes(answer)), allow_pickle=False)))


def _bytes(answer: str | bytes) -> bytes:
    return answer.encode() if isinstance(answer, str) else answer


def _sized(command: str, size: tuple[int, int], read: Callable[[], NDArray]) -> NDArray:
    try:
        pixels = read()
    except (OSError, ValueError) as error:
        raise UnrealError(f"{command!r} was answered with no picture: {error}") from error
    if pixels.shape[:2] != size:
        raise UnrealError(
            f"{command!r} was answered with {pixels.shape[1]} x {pixels.shape[0]} pixels where {size[1]} x {size[0]} "
            "were set: a frame of what was before"
        )
    return pixels
