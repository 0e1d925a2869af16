"""From factors to a scene: which model stands where, what it is covered in, and where the camera is."""

from collections.abc import Mapping
from dataclasses import replace
from math import cos, radians, sin
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import RGB, Camera, Light, Material, Model, Placed, SceneState
from sims.scenes.factors import Continuous, Discrete, Space
from sims.scenes.grounds import plinth
from sims.scenes.packs import Pack
from sims.scenes.relations import BLANK, PLAIN
from sims.scenes.worlds import World

FOV_DEG = 35.0

TEXTURES: dict[str, Material | None] = {
    PLAIN: None,
    "Sky": Material((0.16, 0.38, 0.78), "noise", (0.85, 0.9, 0.95), 3.0, 0.6),
    "Grass": Material((0.03, 0.12, 0.01), "noise", (0.16, 0.3, 0.04), 26.0, 0.9, bump=0.02),
    "Asphalt": Material((0.03, 0.03, 0.033), "noise", (0.13, 0.13, 0.13), 50.0, 0.9, bump=0.006),
    "Stone": Material((0.36, 0.34, 0.31), "marble", (0.16, 0.15, 0.14), 4.0, 0.85, bump=0.012),
    "Wood": Material((0.45, 0.24, 0.1), "wood", (0.22, 0.1, 0.04), 5.0, 0.45),
    "Blue": Material((0.02, 0.06, 0.6), roughness=0.4),
    "Red": Material((0.6, 0.015, 0.015), roughness=0.4),
    "Green": Material((0.02, 0.35, 0.04), roughness=0.4),
    "Gold": Material((0.95, 0.6, 0.2), roughness=0.2, metallic=1.0),
}
"""What a character can be covered in, in place of its own surfaces; PUG's names where PUG has them."""

LIGHTS: dict[str, RGB] = {
    PLAIN: (1.0, 1.0, 1.0),
    "Blue": (0.35, 0.5, 1.0),
    "Green": (0.4, 1.0, 0.45),
    "Red": (1.0, 0.4, 0.35),
    "Yellow": (1.0, 0.85, 0.35),
    "Dim": (0.35, 0.35, 0.35),
}
"""Colours of the light, which multiply the world's own."""

PLACES = ("centre", "left", "right", "bottom", "top")
SIDE, BEHIND, SHELF, SHELF_WIDTH = 0.62, 0.75, 0.8, 1.1
"""Metres: of the places left and right from the middle; of the top's plinth behind the bottom; its height and width."""

CLOSE = 2.1
"""The camera's distance by default from long objects, as animals are: from the side they fill three quarters."""

ROOMY = 1.1
"""How far the ground is level around an object, at least, in its own lengths; smaller worlds grow around it."""

STEP_BACK = 1.55
"""How much further the camera stands where two places are used."""


def space_of(pack: Pack) -> Space:
    """The factors of a pack's scenes, with PUG's names; angles in degrees, distances in metres.

    `camera_yaw` goes around the object: at 0 its front is seen, at 90 its right-hand side (from the viewer at 0).
    `character_rotation_*` turn the object about its middle; it is put down on the ground afterwards.
    `camera_distance` and the places of two objects are of a scene whose largest object measures 1 m at scale 1; they
    grow with an object that is larger (as animals are, at their real sizes), so that it fills as much of the picture.
    Packs whose characters have coats and poses have factors for them; a scene with one that the character has not is
    refused by name.
    """
    turn = -360.0, 360.0, 0.0, "deg"
    return Space(
        (
            Discrete("world_name", pack.worlds),
            Discrete("character_name", (*pack.characters, BLANK)),
            Discrete("character_texture", tuple(TEXTURES)),
            *_looks(pack, "character"),
            Continuous("character_scale", 0.3, 2.0, 1.0),
            Continuous("character_rotation_yaw", *turn),
            Continuous("character_rotation_pitch", *turn),
            Continuous("character_rotation_roll", *turn),
            Discrete("character1_pos", PLACES),
            Discrete("character2_name", (*pack.characters, BLANK), BLANK),
            Discrete("character2_texture", tuple(TEXTURES)),
            *_looks(pack, "character2"),
            Discrete("character2_pos", PLACES, "right"),
            Continuous("camera_yaw", *turn),
            Continuous("camera_pitch", 0.0, 85.0, 14.0, "deg"),
            Continuous("camera_roll", *turn),
            Continuous("camera_distance", 1.5, 10.0, CLOSE if pack.poses else 3.0, "m"),
            Discrete("scene_light", tuple(LIGHTS)),
        )
    )


def _looks(pack: Pack, who: str) -> tuple[Discrete, ...]:
    """Factors of the coats and poses that any of a pack's characters has; none where none has any."""
    kinds = (("coat", pack.coats), ("pose", pack.poses))
    return tuple(
        Discrete(f"{who}_{kind}", (PLAIN, *dict.fromkeys(name for names in of.values() for name in names)))
        for kind, of in kinds
        if of
    )


def scene_state(pack: Pack, factors: Mapping[str, Any], width: int, height: int, seed: int) -> SceneState:
    """The scene of these factors, all of them given.

    The characters come first in `things`, in their order; then plinths; then the world's own.
    """
    world = pack.world(factors["world_name"])
    there = [thing for thing in (_asked(pack, factors, who) for who in ("character", "character2")) if thing]
    unit = max((thing.model.size_m for thing in there), default=1.0)
    objects = [
        Placed(thing.model, _pose(thing.model, thing.place, factors, unit, first=k == 0), thing.texture)
        for k, thing in enumerate(there)
    ]
    shelves = [
        Placed(plinth(SHELF_WIDTH, SHELF), _scaled(_shifted(np.eye(4), (0.0, BEHIND, 0.0)), unit), role="prop")
        for thing in there
        if thing.place == "top"
    ]
    grown = max(1.0, unit * ROOMY / world.level)
    around = [_surrounding(model, role, grown) for model, role in world.models()]
    around += [_scattered(model, copies, role, grown) for model, copies, role in world.things(unit / grown)]
    alone = factors["character1_pos"] == "centre" and len(there) < 2
    camera = _camera(_middle(objects), factors, unit * (1.0 if alone else STEP_BACK), width, height)
    light = _lit(world, factors["scene_light"], grown)
    return SceneState((*objects, *shelves, *around), light, camera, world.exposure, seed, dict(factors))


class _Asked(NamedTuple):
    """A character that a scene asks for."""

    model: Model
    place: str
    texture: Material | None


def _asked(pack: Pack, factors: Mapping[str, Any], who: str) -> _Asked | None:
    name = factors[f"{who}_name"]
    if name == BLANK:
        return None
    model = pack.model(name, factors.get(f"{who}_coat", PLAIN), factors.get(f"{who}_pose", PLAIN))
    place = factors["character1_pos" if who == "character" else "character2_pos"]
    return _Asked(model, place, TEXTURES[factors[f"{who}_texture"]])


def _surrounding(model: Model, role: str, grown: float) -> Placed:
    """A part of the world, larger around an object that it would be too small for."""
    if grown == 1.0:
        return Placed(model, np.eye(4), role=role)
    materials = tuple(
        material
        if material.fade is None
        else replace(material, fade=(material.fade[0] * grown, material.fade[1] * grown))
        for material in model.materials
    )
    return Placed(replace(model, materials=materials), _scaled(np.eye(4), grown), role=role)


def _scattered(model: Model, copies: NDArray[np.float64], role: str, grown: float) -> Placed:
    """What stands in many places; furniture is larger in a room that is."""
    return Placed(model, _scaled(np.eye(4), grown), role=role, copies=copies)


def _pose(model: Model, place: str, factors: Mapping[str, Any], unit: float, *, first: bool) -> NDArray[np.float64]:
    """Where a model stands: turned about its middle, put down, moved to its place. The second is only scaled."""
    vertices = model.mesh.vertices.astype(np.float64)
    middle = (vertices.min(0) + vertices.max(0)) / 2.0
    turn = _turned(factors) if first else np.eye(3)
    matrix = np.eye(4)
    matrix[:3, :3] = factors["character_scale"] * model.size_m * turn
    matrix[:3, 3] = -matrix[:3, :3] @ middle
    matrix[2, 3] -= (vertices @ matrix[2, :3] + matrix[2, 3]).min()
    matrix[2, 3] += model.lift * model.size_m
    x, y, z = _AT[place]
    return _shifted(matrix, (unit * x, unit * y, unit * z))


_AT = {
    "centre": (0.0, 0.0, 0.0),
    "left": (-SIDE, 0.0, 0.0),
    "right": (SIDE, 0.0, 0.0),
    "bottom": (0.0, -0.35, 0.0),
    "top": (0.0, BEHIND, SHELF),
}


def _turned(factors: Mapping[str, Any]) -> NDArray[np.float64]:
    """Roll about y, then pitch about x, then yaw about z, all counter-clockwise as seen from the axis' end."""
    yaw, pitch, roll = (radians(factors[f"character_rotation_{name}"]) for name in ("yaw", "pitch", "roll"))
    z = np.array([[cos(yaw), -sin(yaw), 0.0], [sin(yaw), cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    x = np.array([[1.0, 0.0, 0.0], [0.0, cos(pitch), -sin(pitch)], [0.0, sin(pitch), cos(pitch)]])
    y = np.array([[cos(roll), 0.0, sin(roll)], [0.0, 1.0, 0.0], [-sin(roll), 0.0, cos(roll)]])
    return z @ x @ y


def _shifted(matrix: NDArray[np.float64], by: tuple[float, float, float]) -> NDArray[np.float64]:
    moved = matrix.copy()
    moved[:3, 3] += by
    return moved


def _scaled(matrix: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """The same, all of it larger, its place too."""
    return np.diag([by, by, by, 1.0]) @ matrix


def corners_of(thing: Placed) -> NDArray[np.float64]:
    """`[8, 3]` the corners of a thing's box, metres, in the world's frame; the box has the model's own axes."""
    vertices = thing.model.mesh.vertices
    low, high = vertices.min(0), vertices.max(0)
    own = np.array([[x, y, z] for z in (low[2], high[2]) for y in (low[1], high[1]) for x in (low[0], high[0])])
    return own @ thing.pose[:3, :3].T + thing.pose[:3, 3]


def _middle(objects: list[Placed]) -> NDArray[np.float64]:
    """What the camera looks at: the middle of the box around all objects; just above the ground if there are none."""
    if not objects:
        return np.array([0.0, 0.0, 0.3])
    corners = np.concatenate([corners_of(thing) for thing in objects])
    return (corners.min(0) + corners.max(0)) / 2.0


def _camera(target: NDArray[np.float64], factors: Mapping[str, Any], further: float, width: int, height: int) -> Camera:
    yaw, pitch, roll = (radians(factors[f"camera_{name}"]) for name in ("yaw", "pitch", "roll"))
    back = np.array([sin(yaw) * cos(pitch), -cos(yaw) * cos(pitch), sin(pitch)])
    right = np.array([cos(yaw), sin(yaw), 0.0])
    down = np.cross(-back, right)
    pose = np.eye(4)
    pose[:3, 0] = cos(roll) * right + sin(roll) * down
    pose[:3, 1] = cos(roll) * down - sin(roll) * right
    pose[:3, 2] = -back
    pose[:3, 3] = target + factors["camera_distance"] * further * back
    pose[2, 3] = max(pose[2, 3], 0.05)  # never under the ground
    return Camera(tuple(tuple(row) for row in pose.tolist()), FOV_DEG, width, height)


def _lit(world: World, light: str, grown: float) -> Light:
    """The world's light in a colour; lamps go with a room that is larger, and shine as brightly on its floor."""
    (r, g, b), (own_r, own_g, own_b) = LIGHTS[light], world.light.tint
    lamps = tuple(
        (grown * x, grown * y, grown * z, grown**2 * watts, grown * width, grown * depth)
        for x, y, z, watts, width, depth in world.light.lamps
    )
    return replace(world.light, tint=(r * own_r, g * own_g, b * own_b), lamps=lamps)
