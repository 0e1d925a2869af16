"""The pack `animals`, out of the cache."""

from collections.abc import Iterable
from functools import lru_cache, partial
from pathlib import Path

from sims.scenes.animals.converting import scene_name
from sims.scenes.animals.glb import GlbScenes
from sims.scenes.animals.library import model_of
from sims.scenes.animals.species import SPECIES, VERSION
from sims.scenes.assets.cache import ready_pack
from sims.scenes.description import Model
from sims.scenes.packs.pack import Pack
from sims.scenes.plants.library import planted, plants_stamp
from sims.scenes.worlds import WORLDS

KEPT = 64
"""Models that stay in memory."""


def animals_pack() -> Pack:
    """The pack `animals`: every species with its coats and poses, at its real size.

    Raises:
        FileNotFoundError: it is not in the cache; the message says how to get it.
        ValueError: it is damaged, or of another release.
    """
    there = ready_pack("animals", VERSION)
    files = {name: there.folder / "models" / f"{name}.glb" for name in SPECIES}
    stamps = {name: there.sha256[f"models/{name}.glb"] for name in SPECIES}
    return pack_of(files, stamps, there.credits)


def pack_of(files: dict[str, Path], stamps: dict[str, str], credits: Iterable[str]) -> Pack:
    """A pack of species, each in a file.

    Args:
        files: by species. stamps: their hashes. credits: of all.
    """

    @lru_cache(maxsize=KEPT)
    def dressed(name: str, coat: str, pose: str) -> Model:
        return model_of(SPECIES[name], _scenes(files[name]), scene_name(coat, pose))

    stamp = plants_stamp()
    worlds = {name: planted(world, stamp) for name, world in WORLDS.items()}
    coats = {name: tuple(SPECIES[name].coats) for name in files}
    poses = {name: tuple(SPECIES[name].poses) for name in files}
    builders = {name: partial(dressed, name, coats[name][0], poses[name][0]) for name in files}
    return Pack(
        "animals",
        tuple(files),
        tuple(WORLDS),
        f"CC-BY-SA-3.0 (animals{', plants' if stamp else ''}), MIT (worlds)",
        (*credits, *(ready_pack("plants").credits if stamp else ())),
        {},
        builders,
        worlds,
        coats,
        poses,
        dressed,
        stamps,
    )


@lru_cache(maxsize=8)
def _scenes(file: Path) -> GlbScenes:
    return GlbScenes(file.read_bytes(), file.name)
