"""`umwelt assets list` and `umwelt assets get NAME`."""

import json as jsons
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from sims.core.hints import did_you_mean
from sims.scenes.assets.cache import cache_folder, check_pack, is_ready
from sims.scenes.assets.getting import get_pack
from sims.scenes.assets.packs import PACKS


@dataclass(frozen=True)
class AssetsSettings:
    """Packs of other people's assets, in the user's cache (`UMWELT_CACHE` moves it)."""

    what: Annotated[Literal["list", "get"], tyro.conf.Positional]
    """`list` says which there are and whether they are whole; `get` fetches one."""
    name: Annotated[str, tyro.conf.Positional] = ""
    """Which pack, for `get`."""
    source: Path | None = None
    """A `.deb`, `public.zip` or folder to take in place of what apt-get would download."""
    json: bool = False
    """Print one JSON document."""


def run(settings: AssetsSettings) -> None:
    """List the packs, or get one.

    Raises:
        ValueError: there is no such pack, or its source is none. OSError: it can't be fetched.
    """
    if settings.what == "list":
        if settings.name or settings.source:
            raise ValueError("`umwelt assets list` takes no name and no source: did you mean `umwelt assets get`?")
        _print_list([_state(name) for name in PACKS], settings.json)
        return
    if settings.name not in PACKS:
        hint = did_you_mean(settings.name, PACKS)
        raise ValueError(f"there is no pack {settings.name!r} to get: {hint}expected one of {', '.join(PACKS)}")
    get_pack(settings.name, settings.source)
    _print_list([_state(settings.name)], settings.json)


def _state(name: str) -> dict[str, Any]:
    recipe = PACKS[name]
    said = {"name": name, "text": recipe.text, "licence": recipe.licence, "download_mb": recipe.download_mb}
    if not is_ready(name):
        return {**said, "state": "not here", "folder": None, "mb": None}
    try:
        pack = check_pack(name)
    except ValueError as error:
        return {**said, "state": f"damaged: {error}", "folder": None, "mb": None}
    state = "ready" if pack.version == recipe.version else "of an older release: get it again"
    return {**said, "state": state, "folder": str(pack.folder), "mb": round(pack.n_bytes / 1e6, 1)}


def _print_list(states: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(jsons.dumps({"cache": str(cache_folder()), "packs": states}) + "\n")
        return
    for said in states:
        where = f"{said['mb']} MB in {said['folder']}" if said["folder"] else f"a download of {said['download_mb']} MB"
        sys.stdout.write(f"{said['name']:10} {said['state']}; {where}\n{'':10} {said['text']} ({said['licence']})\n")
