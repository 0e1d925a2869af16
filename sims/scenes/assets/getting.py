"""Getting a pack: fetched, unpacked, converted, and in the cache only when all of it is there."""

import shutil
import sys
from pathlib import Path

from filelock import FileLock

from sims.core.files import sha256_of, write_tree
from sims.scenes.assets.archives import free_bytes, put
from sims.scenes.assets.cache import ReadyPack, cache_folder, check_pack, is_ready, pack_folder, write_manifest
from sims.scenes.assets.debian import fetched_deb
from sims.scenes.assets.packs import PACKS, Recipe
from sims.scenes.packs.untrusted import AssetError


def get_pack(name: str, source: Path | None = None) -> ReadyPack:
    """The pack of that name, made if it is not in the cache whole and of this release.

    Args:
        source: a `.deb`, a folder, or what else the recipe takes, in place of what apt-get would download.

    Raises:
        FileNotFoundError: no such source, or no apt-get. AssetError: the source is none of this pack's.
        OSError: no room on the disk, or the package can't be fetched.
    """
    recipe, folder = PACKS[name], pack_folder(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name("packs.lock")):  # one for all: a package may hold several
        wanted = [pack for pack in (name, *recipe.along) if source is not None or not _is_current(pack)]
        if not wanted:
            return check_pack(name)
        _sweep(folder.parent)
        files, origin = _files_of(recipe, name, source)
        for pack in wanted:
            _replace(pack, files, origin)
        shutil.rmtree(cache_folder() / "downloads" / name, ignore_errors=True)
        return check_pack(name)


def _is_current(name: str) -> bool:
    whole = _whole(name)
    return whole is not None and whole.version == PACKS[name].version


def _replace(name: str, files: Path, origin: dict[str, str]) -> None:
    """Make a pack of these files, in place of one that is there."""
    folder = pack_folder(name)
    shutil.rmtree(folder, ignore_errors=True)
    write_tree(folder, lambda making: _fill(making, PACKS[name], files, origin))


def _whole(name: str) -> ReadyPack | None:
    if not is_ready(name):
        return None
    try:
        return check_pack(name)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return None


def _sweep(folder: Path) -> None:
    """Remove what an interrupted run left: nobody else is at it, for the lock is held."""
    for path in folder.glob(".tmp-*"):
        shutil.rmtree(path, ignore_errors=True)


def _files_of(recipe: Recipe, name: str, source: Path | None) -> tuple[Path, dict[str, str]]:
    """The source, there for sure, and what the manifest says of it."""
    if source is not None:
        if not source.exists():
            raise FileNotFoundError(f"there is no {source}: name a .deb, a .zip or a folder that is there")
        said = {"path": str(source)}
        return source, {**said, "sha256": sha256_of(source)} if source.is_file() else said
    needed = (recipe.download_mb + 4 * recipe.kept_mb) * 10**6
    if free_bytes(cache_folder()) < needed:
        raise OSError(
            f"{name} needs {needed / 1e9:.1f} GB for a while, more than is free in {cache_folder()}: make room there, "
            "or set UMWELT_CACHE to a folder with more"
        )
    sys.stderr.write(
        f"{name}: fetching Debian's {recipe.package} by apt-get ({recipe.download_mb} MB, not installed)\n"
    )
    deb = fetched_deb(recipe.package, cache_folder() / "downloads" / name)
    return deb, {"package": recipe.package, "file": deb.name, "sha256": sha256_of(deb)}


def _fill(making: Path, recipe: Recipe, source: Path, origin: dict[str, str]) -> None:
    """All of a pack: the files that matter, what is made of them, licence and credits, the manifest last."""
    sys.stderr.write(f"taking what matters out of {source.name}\n")
    raw = making / "raw"
    n = 0
    for path, data in recipe.files(source):
        put(raw, path, data)
        n += 1
    if not n:
        raise AssetError(f"{source} has none of the files that this pack is made of: expected {recipe.package}'s")
    sys.stderr.write(f"converting {n} files\n")
    recipe.make(raw, making)
    shutil.rmtree(raw)
    credits = "\n".join(["# Licence and credits", "", f"Licence: {recipe.licence}", "", *recipe.credits, ""])
    (making / "CREDITS.md").write_text(credits, "utf-8")
    write_manifest(making, licence=recipe.licence, credits=recipe.credits, source=dict(origin), version=recipe.version)
