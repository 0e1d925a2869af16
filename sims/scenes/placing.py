"""From factors to a scene: which model stands where, what it is covered in, and where the camera is."""

from collections.abc import Mapping
from dataclasses import replace
from math import cos, radians, sin
from typing import Any

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
SIDE, BEHIND, SHELF = 0.62, 0.75, 0.8
"""Metres: of the places left and right from the middle; of the top's plinth behind the bottom; of its height."""

STEP_BACK = 1.55
"""How much further the camera stands where two places are used."""


def space_of(pack: Pack) -> Space:
    """The factors of a pack's scenes, with PUG's names; angles in degrees, distances in metres.

    `camera_yaw` goes around the object: at 0 its front is seen, at 90 its right-hand side (from the viewer at 0).
    `character_rotation_*` turn the object about its middle; it is put down on the ground afterwards.
    """
    turn = -360.0, 360.0, 0.0, "deg"
    return Space(
        (
            Discrete("world_name", pack.worlds),
            Discrete("character_name", (*pack.characters, BLANK)),
            Discrete("character_texture", tuple(TEXTURES)),
            Continuous("character_scale", 0.3, 2.0, 1.0),
            Continuous("character_rotation_yaw", *turn),
            Continuous("character_rotation_pitch", *turn),
            Continuous("character_rotation_roll", *turn),
            Discrete("character1_pos", PLACES),
            Discrete("character2_name", (*pack.characters, BLANK), BLANK),
            Discrete("character2_texture", tuple(TEXTURES)),
            Discrete("character2_pos", PLACES, "right"),
            Continuous("camera_yaw", *turn),
            Continuous("camera_pitch", 0.0, 85.0, 14.0, "deg"),
            Continuous("camera_roll", *turn),
            Continuous("camera_distance", 1.5, 10.0, 3.0, "m"),
            Discrete("scene_light", tuple(LIGHTS)),
        )
    )


def scene_state(pack: Pack, factors: Mapping[str, Any], width: int, height: int, seed: int) -> SceneState:
    """The scene of these factors, all of them given.

    The characters come first in `things`, in their order; then plinths; then the world's own.
    """
    world = pack.world(factors["world_name"])
    asked = [
        (factors["character_name"], factors["character1_pos"], factors["character_texture"]),
        (factors["character2_name"], factors["character2_pos"], factors["character2_texture"]),
    ]
    there = [(pack.model(name), place, TEXTURES[texture]) for name, place, texture in asked if name != BLANK]
    objects = [
        Placed(model, _pose(model, place, factors, first=k == 0), texture)
        for k, (model, place, texture) in enumerate(there)
    ]
    shelves = [
        Placed(plinth(1.1, SHELF), _shifted(np.eye(4), (0.0, BEHIND, 0.0)), role="prop")
        for _, place, _ in there
        if place == "top"
    ]
    around = [Placed(model, np.eye(4), role=role) for model, role in world.models()]
    alone = factors["character1_pos"] == "centre" and len(there) < 2
    camera = _camera(_middle(objects), factors, 1.0 if alone else STEP_BACK, width, height)
    return SceneState((*objects, *shelves, *around), _lit(world, factors["scene_light"]), camera, world.exposure, seed)


def _pose(model: Model, place: str, factors: Mapping[str, Any], *, first: bool) -> NDArray[np.float64]:
    """Where a model stands: turned about its middle, put down, moved to its place. The second is only scaled."""
    vertices = model.mesh.vertices.astype(np.float64)
    middle = (vertices.min(0) + vertices.max(0)) / 2.0
    turn = _turned(factors) if first else np.eye(3)
    matrix = np.eye(4)
    matrix[:3, :3] = factors["character_scale"] * turn
    matrix[:3, 3] = -matrix[:3, :3] @ middle
    matrix[2, 3] -= (vertices @ matrix[2, :3] + matrix[2, 3]).min()
    return _shifted(matrix, _AT[place])


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


def _lit(world: World, light: str) -> Light:
    (r, g, b), (own_r, own_g, own_b) = LIGHTS[light], world.light.tint
    return replace(world.light, tint=(r * own_r, g * own_g, b * own_b))
