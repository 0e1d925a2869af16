"""What a world is: a light, a ground or a room, and what grows and stands in it, at places of its own."""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, log2, radians

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import Light, Material, Model
from sims.scenes.grounds import FLAT, Terrain, blades, ground, pebbles, room
from sims.scenes.scattering import TALL, Growth, merged, scattered, variants

WATER = Material((0.02, 0.05, 0.06), "ripples", (0.03, 0.09, 0.1), 0.7, 0.08, bump=0.05)
WATER_LEVEL = -0.35
"""Metres: of the water behind a shore."""

SMALLEST = -6
"""The octave of metres below which objects are all alike to what grows."""

Things = tuple[tuple[Model, NDArray[np.float64], str], ...]
"""Models, `[n, 4, 4]` where their copies stand, and the role of each."""


@dataclass(frozen=True)
class World:
    """A place for objects to stand in.

    Args:
        name: the value of the factor `world_name`. light: what shines on it and is seen behind it.
        floor: the ground's surface. relief: of the ground, in metres. radius: where it ends, in metres.
        exposure: of the picture, in stops.
        grass: a surface and the height in metres of blades. stones: a surface and the size in metres of pebbles.
        walls: of a room, for the sides and for the ceiling; with them the ground ends there.
        width, height: of the room, in metres.
        level: the radius in metres within which the ground is level, for objects to stand on.
        growths: what is scattered over it.
        ridge, shore: see `Terrain`.
        plants: the stamp of the pack `plants`, if its models and pictures are used; "": those made here.
    """

    name: str
    light: Light
    floor: Material
    relief: float = 0.0
    radius: float = 40.0
    exposure: float = 0.0
    grass: tuple[Material, float] | None = None
    stones: tuple[Material, float] | None = None
    walls: tuple[Material, Material] | None = None
    width: float = 12.0
    height: float = 4.0
    level: float = FLAT
    growths: tuple[Growth, ...] = ()
    ridge: float = 0.0
    shore: float | None = None
    plants: str = ""

    def models(self) -> tuple[tuple[Model, str], ...]:
        """Its meshes that stand in one place, each with its role (`ground`, `wall`); the ground is the first."""
        return _models(self)

    def things(self, unit: float) -> Things:
        """What stands in many places, making room for an object of `unit` metres, to a quarter or an octave.

        In a world that is scaled up around an object, `unit` is in the metres before.
        """
        room = ceil(4.0 * unit) / 4.0 if unit > 0.25 else 2.0 ** max(SMALLEST, ceil(log2(unit)))
        return _things(self, 1.0 if self.walls else room)

    @property
    def terrain(self) -> Terrain:
        """The shape of its ground."""
        return Terrain(self.relief, _seed(self), self.level, self.ridge, self.shore)


def _seed(world: World) -> int:
    return sum(map(ord, world.name))


@lru_cache(maxsize=16)
def _models(world: World) -> tuple[tuple[Model, str], ...]:
    radius, seed = 0.75 * world.width if world.walls else world.radius, _seed(world)
    bare = ground(f"{world.name} ground", world.floor, world.terrain, radius)
    parts = [(bare if world.floor.image is None else _pictured(bare, world), "ground")]
    if world.shore is not None:
        parts.append((ground(f"{world.name} water", WATER, Terrain(0.0, 0, base=WATER_LEVEL), world.radius), "ground"))
    if world.grass:
        material, height = world.grass
        parts.append((blades(f"{world.name} grass", material, 26_000, height, 9.0, seed), "ground"))
    if world.stones:
        material, size = world.stones
        parts.append((pebbles(f"{world.name} stones", material, 500, size, 14.0, seed), "ground"))
    if world.walls:
        parts.append((room(f"{world.name} walls", world.walls[0], world.width, world.height, world.walls[1]), "wall"))
    return tuple(parts)


def _pictured(bare: Model, world: World) -> Model:
    """A ground with the pictures of the pack `plants` that its surface names, repeated over it."""
    from sims.scenes.plants.library import ground_picture

    flat = bare.mesh.vertices[:, :2] * np.float32(world.floor.scale)
    names = [name for name in (world.floor.image, world.floor.normal) if name is not None]
    return replace(
        bare,
        mesh=bare.mesh._replace(uv=flat[bare.mesh.triangles]),
        images=tuple((name, ground_picture(name, world.plants)) for name in names),
    )


@lru_cache(maxsize=16)
def _things(world: World, unit: float) -> Things:
    found: dict[str, tuple[Model, list[NDArray[np.float64]], str]] = {}
    light = world.light
    sunny = light.hdri is None and light.sun > 1.0
    sun = (radians(light.rotation_deg), radians(light.elevation_deg)) if sunny else None
    for k, growth in enumerate(world.growths):
        role = "furniture" if growth.stands else "plant"
        if growth.carpet:
            if whole := _carpet(world, k, min(TALL, 2.0 ** (ceil(log2(unit)) - 1))):
                found[whole.name] = whole, [np.eye(4)[None]], role
            continue
        models = variants(growth.kind, world.plants)
        where = scattered(growth, world.terrain, _seed(world) + 101 * k, unit, sun)
        which = np.arange(len(where)) % len(models)
        for n, model in enumerate(models):
            if (which == n).any():  # another growth of the kind, of another size, is the same thing
                found.setdefault(model.name, (model, [], role))[1].append(where[which == n])
    return tuple((model, np.concatenate(poses), role) for model, poses, role in found.values())


@lru_cache(maxsize=8)
def _carpet(world: World, k: int, unit: float) -> Model | None:
    """The k-th growth as one mesh around an object of `unit` to 2 `unit` metres, None if none of it is there.

    Large to make anew, and so kept for octaves.
    """
    growth = world.growths[k]
    models = variants(growth.kind, world.plants)
    points = np.concatenate([model.mesh.vertices for model in models])
    extent = float(points[:, 2].max()), float(np.hypot(points[:, 0], points[:, 1]).max())
    where = scattered(growth, world.terrain, _seed(world) + 101 * k, unit, None, extent)
    return merged(growth.kind, models, where, np.arange(len(where)) % len(models)) if len(where) else None
