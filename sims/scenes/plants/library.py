"""The pack `plants`, out of the cache: models of a kind, pictures of a ground, and worlds that use them."""

import hashlib
import re
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.glb import GlbScenes, Part
from sims.scenes.assets.cache import is_ready, pack_folder, ready_pack
from sims.scenes.description import Material, Mesh, Model
from sims.scenes.packs.untrusted import AssetError
from sims.scenes.plants.table import GROUNDS, PLANTS, VERSION
from sims.scenes.world import World

TRANSLUCENT = 0.3
"""How much light comes through leaves."""


def plants_stamp() -> str:
    """A hash of the pack's files; "" where it is not in the cache, or of another release."""
    if not is_ready("plants"):
        return ""
    there = ready_pack("plants")
    if there.version != VERSION:
        return ""
    return hashlib.sha256(repr(sorted(there.sha256.items())).encode()).hexdigest()


def planted(world: World, stamp: str) -> World:
    """A world with the pack's plants and its ground where it has them; the same where the stamp is ""."""
    if not stamp or not world.growths or world.walls:
        return world
    land = re.match("[A-Z][a-z]+", world.name)
    if land is None or land[0] not in GROUNDS:
        return replace(world, plants=stamp)
    floor = replace(
        world.floor,
        color=(0.72, 0.72, 0.72),
        color2=(1.0, 1.0, 1.0),
        pattern="image",
        scale=1.0 / GROUNDS[land[0]].metres,
        bump=0.0,
        image=land[0],
        normal=f"{land[0]}-relief",
    )
    return replace(world, plants=stamp, floor=floor)


@lru_cache(maxsize=32)
def plant_models(kind: str, stamp: str) -> tuple[Model, ...]:
    """The looks of a kind, 1 m high; none where the pack has no such kind.

    Args:
        stamp: of the pack, so that another one is read anew.

    Raises:
        FileNotFoundError: the pack is not in the cache. AssetError: its file is damaged.
    """
    if kind not in PLANTS:
        return ()
    file = pack_folder("plants") / "models" / f"{kind}.glb"
    scenes = GlbScenes(file.read_bytes(), file.name)
    return tuple(_model(name, scenes) for name in scenes.names)


def _model(name: str, scenes: GlbScenes) -> Model:
    parts = scenes.parts(name)
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    triangles = np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=True)])
    names = list(dict.fromkeys(part.picture for part in parts))
    mesh = Mesh(
        np.concatenate([_ours(part) for part in parts]).astype(np.float32),
        triangles.astype(np.int32),
        np.repeat([names.index(p.picture) for p in parts], [len(p.triangles) for p in parts]).astype(np.int32),
        np.ones(len(triangles), np.bool_),
        np.concatenate([part.uv[part.triangles] for part in parts]).astype(np.float32),
    )
    materials = tuple(
        Material((1.0, 1.0, 1.0), "image", roughness=0.8, translucent=TRANSLUCENT, image=picture) for picture in names
    )
    return Model(name, mesh, materials, images=tuple((picture, scenes.picture(picture)) for picture in names))


def _ours(part: Part) -> NDArray[np.float64]:
    """Vertices of glTF's frame in ours."""
    x, y, z = np.asarray(part.vertices, np.float64).T
    return np.stack([x, -z, y], 1)


@lru_cache(maxsize=16)
def ground_picture(name: str, stamp: str) -> NDArray[np.uint8]:
    """`[height, width, 3]` a picture of a ground (`Forest`, `Forest-relief`).

    Raises:
        AssetError: it is missing or damaged.
    """
    from PIL import Image

    file = pack_folder("plants") / "grounds" / f"{name}.png"
    try:
        with Image.open(file, formats=("PNG",)) as opened:
            return np.asarray(opened.convert("RGB"), np.uint8)
    except Exception as error:  # whatever Pillow's decoder raises
        raise AssetError(f"{file} can't be read ({error}): run `umwelt assets get plants`") from error
