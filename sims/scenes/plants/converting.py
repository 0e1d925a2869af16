"""From the game's files to one GLB a kind of plant, every look 1 m high, and to PNGs of grounds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.converting import COPYRIGHT, LICENCE_URL, TO_GLTF
from sims.scenes.animals.dds import read_dds
from sims.scenes.animals.glb import Part, glb_bytes, png_bytes
from sims.scenes.animals.pmd import read_pmd
from sims.scenes.animals.smoothing import normals_of
from sims.scenes.packs.untrusted import AssetError
from sims.scenes.plants.table import GROUNDS, PLANTS, Look

Read = Callable[[str], bytes]
"""Gives the bytes of a file below the game's `art/`."""

UP = (0.0, 1.0, 0.0)


def plant_glb(kind: str, looks: tuple[Look, ...], read: Read) -> bytes:
    """The GLB file of a kind, a scene for each look.

    Raises:
        AssetError: a file is damaged, or a plant has no height. FileNotFoundError: one is missing.
    """
    scenes: dict[str, list[Part]] = {}
    pictures = {}
    for k, look in enumerate(looks):
        scenes[f"{kind} {k}"] = _parts(look, read)
        for _, picture in look:
            name = f"gaia/{picture}"
            pictures[name] = read_dds(read(f"textures/skins/{name}.cached.dds"), name)
    said = {"kind": kind, "licence": "CC-BY-SA-3.0", "licence_url": LICENCE_URL, "changes": "converted and scaled"}
    return glb_bytes(scenes, pictures, COPYRIGHT, said)


def _parts(look: Look, read: Read) -> list[Part]:
    """The meshes of a look in glTF's frame, standing on y = 0 around the trunk, 1 m high together."""
    meshes = [read_pmd(read(f"meshes/gaia/{mesh}.dae.cached.pmd"), mesh) for mesh, _ in look]
    places = [mesh.vertices @ TO_GLTF.T for mesh in meshes]
    height = max(float(at[:, 1].max()) for at in places)
    if height <= 0.0:
        raise AssetError(f"{look[0][0]} has no height above its ground ({height:g}): it is damaged; fetch it again")
    parts = []
    for mesh, at, (_, picture) in zip(meshes, places, look, strict=True):
        normals = normals_of(at, mesh.triangles)
        normals = np.where(np.linalg.norm(normals, axis=1, keepdims=True) > 0.5, normals, UP)
        parts.append(Part(at / height, normals, mesh.uv[0], mesh.triangles, f"gaia/{picture}", True))
    return parts


def convert_plants(source: Path, out: Path) -> None:
    """Every kind to `out/models/KIND.glb`, every ground to `out/grounds/LAND.png` and `LAND-relief.png`.

    Args:
        source: a folder with the game's `art/` in it.

    Raises:
        AssetError: a file is missing or damaged; the message says of what.
    """
    (out / "models").mkdir()
    (out / "grounds").mkdir()
    (out / "LICENSE.txt").write_bytes((source / "art" / "LICENSE.txt").read_bytes())

    def read(path: str) -> bytes:
        return (source / "art" / path).read_bytes()

    for kind, looks in PLANTS.items():
        try:
            (out / "models" / f"{kind}.glb").write_bytes(plant_glb(kind, looks, read))
        except (AssetError, FileNotFoundError) as error:
            raise AssetError(f"the {kind} can't be made of this release of the game: {error}") from error
    for land, ground in GROUNDS.items():
        for path, name in ((ground.colours, land), (ground.relief, f"{land}-relief")):
            try:
                picture = read_dds(read(f"textures/terrain/types/{path}.cached.dds"), path)
            except (AssetError, FileNotFoundError) as error:
                raise AssetError(f"the ground of {land} can't be made of this release: {error}") from error
            (out / "grounds" / f"{name}.png").write_bytes(png_bytes(_smaller(picture[..., :3])))


LARGEST = 1024
"""Pixels of a side of a ground's picture: more than is seen of 4 m, and a quarter of what the game has."""


def _smaller(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from PIL import Image

    by = -(-max(picture.shape[:2]) // LARGEST)
    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).reduce(by) if by > 1 else picture, np.uint8)


def is_needed(path: str) -> bool:
    """Whether a file below `art/` is one of the plants'."""
    return path in _NEEDED


_NEEDED = frozenset(
    [
        "LICENSE.txt",
        *(f"meshes/gaia/{mesh}.dae.cached.pmd" for looks in PLANTS.values() for look in looks for mesh, _ in look),
        *(f"textures/skins/gaia/{p}.cached.dds" for looks in PLANTS.values() for look in looks for _, p in look),
        *(f"textures/terrain/types/{p}.cached.dds" for ground in GROUNDS.values() for p in ground[:2]),
    ]
)
