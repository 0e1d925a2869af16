"""Packs: what can be put into a scene, by name: `basic` is always there, others are fetched, folders are packs."""

import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from sims.core.hints import did_you_mean
from sims.scenes.basic import OBJECTS, build
from sims.scenes.description import Model
from sims.scenes.packs.imported import SUFFIXES, character, read_model, shown
from sims.scenes.packs.untrusted import AssetError, Limits
from sims.scenes.relations import PLAIN
from sims.scenes.worlds import WORLDS, World

ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst")
MOST_FILES = 10_000
KEPT = 32
"""Models of a folder that stay in memory: a large folder has more than memory holds."""
SETTINGS = "pack.toml"


@dataclass(frozen=True, eq=False)
class Pack:
    """Characters and worlds that scenes are made of.

    Args:
        name: what a design calls it. characters, worlds: the values of `character_name` and `world_name`.
        licence, credits: of its assets, for the card of a data set.
        refused: the files of a folder that are not used, and why.
        builders: what makes each character's model. places: what makes each world.
        coats, poses: of characters that have several, their names, the default first; empty for packs without any.
        dressed: what makes a character's model in a coat and a pose of its own.
        stamps: hashes of what characters are made of, for those that have too many looks to hash them all.
    """

    name: str
    characters: tuple[str, ...]
    worlds: tuple[str, ...]
    licence: str
    credits: tuple[str, ...]
    refused: dict[str, str]
    builders: Mapping[str, Callable[[], Model]] = field(repr=False)
    places: Mapping[str, World] = field(repr=False)
    coats: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    poses: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    dressed: Callable[[str, str, str], Model] | None = field(default=None, repr=False)
    stamps: Mapping[str, str] = field(default_factory=dict, repr=False)

    def model(self, name: str, coat: str = PLAIN, pose: str = PLAIN) -> Model:
        """The model of a character, built when it is first asked for.

        Args:
            coat, pose: names of its own, or `Default`.

        Raises:
            ValueError: there is no such character, coat or pose; the message names the nearest. AssetError: its file
                has changed since the pack was opened, and is no good any more.
        """
        builder = self.builders[_known(name, self.characters, f"character in the pack {self.name!r}")]
        if self.dressed is None or coat == pose == PLAIN:
            return builder()
        coats, poses = (PLAIN, *self.coats[name]), (PLAIN, *self.poses[name])
        _known(coat, coats, f"coat of {name}")
        _known(pose, poses, f"pose of {name}")
        return self.dressed(name, coats[1] if coat == PLAIN else coat, poses[1] if pose == PLAIN else pose)

    def noun(self, name: str) -> str:
        """What captions call a character."""
        return self.model(name).noun

    def imagenet(self, name: str) -> tuple[int, ...]:
        """The ImageNet-1k classes of a character, none if none fits."""
        return self.model(name).imagenet

    def fingerprint(self, characters: Iterable[str], worlds: Iterable[str]) -> str:
        """The SHA-256, in hexadecimal, of what these look like: shapes, pictures, surfaces, light and grounds."""
        models = [
            self.stamps[name] if name in self.stamps else (self.model(name).key, self.model(name).materials)
            for name in characters
        ]
        places = [self.world(name) for name in worlds]
        return hashlib.sha256(repr((models, places)).encode()).hexdigest()

    def world(self, name: str) -> World:
        """A world by name.

        Raises:
            ValueError: there is none; the message names the nearest.
        """
        return self.places[_known(name, self.worlds, f"world in the pack {self.name!r}")]


def open_pack(name_or_folder: str | Path, limits: Limits | None = None) -> Pack:
    """The pack `basic`, `animals` or `furniture` once `umwelt assets get` has fetched them, or a folder's.

    Of a folder and those below it each `.glb`, `.gltf` and `.obj` is a character, named after its file: `red-car.glb`
    is `RedCar`. Hidden files and linked folders are passed over. A file `pack.toml` may say more, with these keys:

        name = "toys"                    # the folder's name if it is not given
        licence = "CC-BY-4.0"
        credits = ["Red car by A. Maker, https://..."]
        [objects.red-car]                # the stem of a file
        noun = "red car"                 # what captions call it
        imagenet = [817]                 # its ImageNet-1k classes, 0 to 999
        front = "-y"                     # where it looks and stands in its file's own frame,
        up = "+z"                        # "+z" and "+y" if it is not given, as glTF and Blender have it

    Every file is read once here, so that what is wrong with it is known; `Pack.refused` says which are not used, and
    why. The worlds of a folder's pack are those of `basic`.

    Args:
        limits: how large an asset may be.

    Raises:
        AssetError: no such folder, no asset in it, none that can be used, or a `pack.toml` that says what is not known.
        FileNotFoundError: the pack of that name is not in the cache; the message says how to get it.
    """
    if name_or_folder == "basic":
        return _basic()
    if name_or_folder == "animals":
        from sims.scenes.animals.pack import animals_pack

        return animals_pack()
    if name_or_folder == "furniture":
        from sims.scenes.furniture.pack import furniture_pack

        return furniture_pack()
    folder = Path(name_or_folder)
    if not folder.is_dir():
        near = "; the pack that is always there is 'basic'" if isinstance(name_or_folder, str) else ""
        raise AssetError(f"there is no folder {str(name_or_folder)!r} with assets: expected 'basic' or a folder{near}")
    return _of_folder(folder, limits or Limits())


def _basic() -> Pack:
    builders = {name: partial(build, name) for name in OBJECTS}
    credits = (
        "Objects and worlds: the Umwelt founders",
        "Panoramas: Greg Zaal, Poly Haven (CC0), as Blender ships them",
    )
    return Pack("basic", tuple(OBJECTS), tuple(WORLDS), "MIT", credits, {}, builders, WORLDS)


def _of_folder(folder: Path, limits: Limits) -> Pack:
    files = _files(folder)
    said = _settings(folder, [file.stem for file in files if file.suffix.lower() in SUFFIXES])
    builders: dict[str, Callable[[], Model]] = {}
    refused: dict[str, str] = {}

    @lru_cache(maxsize=KEPT)
    def build(file: Path) -> Model:
        return read_model(file, folder, limits=limits, **said["objects"].get(file.stem, {}))

    for file in files:
        try:
            if file.suffix.lower() in ARCHIVES:
                raise AssetError(f"{shown(file, folder)}: archives are not opened: unpack it into the folder")
            name = _new_name(file, folder, builders)
            build(file)
            builders[name] = partial(build, file)
        except AssetError as error:
            refused[shown(file, folder)] = str(error)
    if not builders:
        raise AssetError(_nothing(folder, refused))
    return Pack(
        said["name"], tuple(builders), tuple(WORLDS), said["licence"], said["credits"], refused, builders, WORLDS
    )


def _files(folder: Path) -> list[Path]:
    """The assets and archives of a folder and of those below it, by path; links to folders are not followed."""
    found: list[Path] = []
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        assets = [name for name in sorted(names) if Path(name).suffix.lower() in (*SUFFIXES, *ARCHIVES)]
        found += [Path(at, name) for name in assets if not name.startswith(".")]
        if len(found) > MOST_FILES:
            raise AssetError(f"{folder} has more than {MOST_FILES} assets: make smaller packs of it")
    return found


def _new_name(file: Path, folder: Path, taken: Iterable[str]) -> str:
    try:
        name = character(file.stem)
    except AssetError as error:
        raise AssetError(f"{shown(file, folder)}: {error}") from error
    if name in taken:
        raise AssetError(
            f"{shown(file, folder)}: another file is called {name} already, expected each name once: rename it"
        )
    return name


def _nothing(folder: Path, refused: dict[str, str]) -> str:
    if not refused:
        return f"{folder} has no assets: expected files {', '.join(SUFFIXES)} in it"
    return f"{folder} has no asset that can be used: " + "; ".join(list(refused.values())[:5])


def _settings(folder: Path, stems: list[str]) -> dict[str, Any]:
    """What `pack.toml` says, checked, with its defaults."""
    said: dict[str, Any] = {}
    if (folder / SETTINGS).exists():
        try:
            said = tomllib.loads(_text(folder / SETTINGS))
        except (OSError, ValueError, RecursionError) as error:
            raise AssetError(f"{folder / SETTINGS} can't be read ({error}): expected TOML") from None
    where = str(folder / SETTINGS)
    _check_keys(said, {"name": str, "licence": str, "credits": list, "objects": dict}, where)
    credits = said.get("credits", [])
    if not all(isinstance(credit, str) for credit in credits):
        raise AssetError(f"{where}: credits must be a list of texts, got {credits!r}")
    objects = said.get("objects", {})
    for stem, own in objects.items():
        if stem not in stems:
            raise AssetError(f"{where}: no file has the stem {stem!r}: {_nearest(stem, stems)}")
        objects[stem] = _object(own, f"{where}, [objects.{stem}]")
    name = said.get("name") or folder.resolve().name
    return {"name": name, "licence": said.get("licence", ""), "credits": tuple(credits), "objects": objects}


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > 2**20:
        raise ValueError("it is no plain file of at most 1 MiB")
    return path.read_text("utf-8")


def _object(own: Any, where: str) -> dict[str, Any]:
    if not isinstance(own, dict):
        raise AssetError(f"{where}: expected a table with noun, imagenet, front and up, got {own!r}")
    _check_keys(own, {"noun": str, "imagenet": list, "front": str, "up": str}, where)
    classes = own.get("imagenet", [])
    if not all(type(k) is int and 0 <= k < 1000 for k in classes):
        raise AssetError(f"{where}: imagenet must list classes of ImageNet-1k, 0 to 999, got {classes!r}")
    return {**own, **({"imagenet": tuple(classes)} if "imagenet" in own else {})}


def _check_keys(said: dict[str, Any], kinds: dict[str, type], where: str) -> None:
    for key, value in said.items():
        if key not in kinds:
            raise AssetError(f"{where}: there is no key {key!r}: {_nearest(key, kinds)}")
        if not isinstance(value, kinds[key]):
            raise AssetError(f"{where}: {key} must be of type {kinds[key].__name__}, got {value!r}")


def _known(name: str, names: Iterable[str], what: str) -> str:
    """`name`, if it is one of `names`."""
    if name not in names:
        raise ValueError(f"there is no {what} called {name!r}: {_nearest(name, names)}")
    return name


def _nearest(name: object, names: Iterable[str]) -> str:
    """What is expected in place of an unknown name."""
    names = list(names)
    return f"{did_you_mean(name, names)}expected one of {', '.join(names[:40])}{', ...' if len(names) > 40 else ''}"
