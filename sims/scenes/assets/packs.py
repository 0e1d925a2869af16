"""The packs that `umwelt assets` knows: where each comes from, what is kept of it, and how it is made."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from sims.scenes.animals.species import VERSION
from sims.scenes.assets.archives import Wanted, folder_files, zip_files, zip_in_deb
from sims.scenes.furniture.table import VERSION as FURNITURE_VERSION
from sims.scenes.packs.untrusted import AssetError
from sims.scenes.plants.table import VERSION as PLANTS_VERSION

Files = Iterator[tuple[str, bytes]]


class Recipe(NamedTuple):
    """A pack.

    Attributes:
        package: Debian's. download_mb: of that. kept_mb: about, in the cache. text: what it is. licence: of it.
        credits: who made it. version: of the conversion; a higher one makes the pack anew.
        files: of a source (a `.deb`, or what else a user may name) those that matter. make: fill a folder with the pack
            from a folder of these files.
        along: packs of the same package, made in the same go so that it is downloaded once.
    """

    package: str
    download_mb: int
    kept_mb: int
    text: str
    licence: str
    credits: tuple[str, ...]
    version: int
    files: Callable[[Path], Files]
    make: Callable[[Path, Path], None]
    along: tuple[str, ...] = ()


GAME_ZIP = "mods/public/public.zip"


def game_files(source: Path, wanted: Wanted) -> Files:
    """Files below the game's `art/`, from Debian's package, `public.zip`, or a folder with either of them in it.

    Raises:
        AssetError: it is none of these.
    """
    kept: Wanted = lambda name: name.startswith("art/") and wanted(name.removeprefix("art/"))  # noqa: E731
    if source.is_dir():
        inner = sorted(source.rglob("public.zip"))
        if inner:
            yield from game_files(inner[0], wanted)
        elif (source / "art").is_dir():
            yield from folder_files(source, kept)
        else:
            raise AssetError(f"{source} has no public.zip and no art/ in it: expected a folder of 0 A.D.'s files")
    elif source.suffix == ".deb":
        yield from zip_in_deb(source, GAME_ZIP, kept)
    elif source.suffix == ".zip":
        yield from zip_files(source, kept)
    else:
        raise AssetError(f"{source} is no folder, .deb or public.zip of 0 A.D.'s: expected one of these")


def _make_animals(source: Path, out: Path) -> None:
    from sims.scenes.animals.converting import convert_all

    convert_all(source, out)


def _animal_files(source: Path) -> Files:
    from sims.scenes.animals.converting import is_needed

    return game_files(source, is_needed)


def _make_plants(source: Path, out: Path) -> None:
    from sims.scenes.plants.converting import convert_plants

    convert_plants(source, out)


def _plant_files(source: Path) -> Files:
    from sims.scenes.plants.converting import is_needed

    return game_files(source, is_needed)


def _make_furniture(source: Path, out: Path) -> None:
    from sims.scenes.furniture.converting import convert_furniture

    convert_furniture(source, out)


def _furniture_files(source: Path) -> Files:
    from sims.scenes.furniture.converting import furniture_files

    return furniture_files(source)


WILDFIRE_PLANTS = (
    "Plants and grounds: Wildfire Games (https://www.wildfiregames.com/), from 0 A.D., "
    "CC-BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/), converted and scaled",
)

WILDFIRE = (
    "Animals, their textures and animations: Wildfire Games (https://www.wildfiregames.com/), from 0 A.D., "
    "CC-BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/), converted and scaled",
)

PACKS: dict[str, Recipe] = {
    "animals": Recipe(
        "0ad-data",
        1378,
        18,
        "54 animals with coats and poses, from the game 0 A.D.",
        "CC-BY-SA-3.0",
        WILDFIRE,
        VERSION,
        _animal_files,
        _make_animals,
        ("plants",),
    ),
    "plants": Recipe(
        "0ad-data",
        1378,
        25,
        "trees, shrubs and grounds for the animals' worlds, from the game 0 A.D.; comes with the animals",
        "CC-BY-SA-3.0",
        WILDFIRE_PLANTS,
        PLANTS_VERSION,
        _plant_files,
        _make_plants,
    ),
    "furniture": Recipe(
        "sweethome3d-furniture",
        120,
        390,
        "household objects from Sweet Home 3D's libraries, those of 820 that can be read",
        "CC0-1.0, CC-BY-3.0, CC-BY-3.0-US; each model's in furniture.json",
        ("Household objects: the authors of Sweet Home 3D's libraries, each in furniture.json; as they are",),
        FURNITURE_VERSION,
        _furniture_files,
        _make_furniture,
    ),
}
"""By name."""
