"""The pack `furniture`, out of the cache."""

import hashlib
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

import numpy as np

from sims.scenes.assets.cache import ReadyPack, ready_pack
from sims.scenes.description import Model
from sims.scenes.furniture.catalogue import Item, credits_of
from sims.scenes.furniture.table import VERSION, read_table
from sims.scenes.packs.imported import read_model
from sims.scenes.packs.pack import Pack
from sims.scenes.packs.pieces import turned
from sims.scenes.plants.library import planted, plants_stamp
from sims.scenes.worlds import WORLDS

KEPT = 32
"""Models that stay in memory."""

OF_PLANTS = ("CC-BY-SA-3.0 (plants)",)

FRONT, UP = "+z", "+y"
"""Where Sweet Home 3D's models look and stand."""


def furniture_pack() -> Pack:
    """The pack `furniture`: household objects at their real sizes.

    Raises:
        FileNotFoundError: it is not in the cache; the message says how to get it.
        ValueError: it is damaged, or of another release.
    """
    there = ready_pack("furniture", VERSION)
    items, refused = read_table(there.folder)
    build = lru_cache(maxsize=KEPT)(partial(model_of, folder=there.folder / "models"))
    stamp = plants_stamp()
    return Pack(
        "furniture",
        tuple(item.name for item in items),
        tuple(WORLDS),
        ", ".join([*dict.fromkeys(item.licence for item in items), *OF_PLANTS[: bool(stamp)], "MIT (worlds)"]),
        (*credits_of(items), *(ready_pack("plants").credits if stamp else ())),
        refused,
        {item.name: partial(build, item) for item in items},
        {name: planted(world, stamp) for name, world in WORLDS.items()},
        stamps=_stamps(items, there),
    )


def model_of(item: Item, folder: Path) -> Model:
    """An item as a model: front -y, up +z, longest side 1 m, with its real size beside it.

    Raises:
        AssetError: as `sims.scenes.packs.imported.read_model`.
    """
    model = read_model(folder / item.file, folder, item.noun, item.imagenet, FRONT, UP)
    if item.turn:
        ours = turned(FRONT, UP)
        at = model.mesh.vertices @ (ours @ item.rotation @ ours.T).T
        low, high = at.min(0), at.max(0)
        at = (at - [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]]) / (high - low).max()
        model = replace(model, mesh=model.mesh._replace(vertices=at.astype(np.float32)))
    return replace(model, name=item.name, size_m=max(item.size_m))


def _stamps(items: list[Item], there: ReadyPack) -> dict[str, str]:
    """Hashes of all files of each item, and of what the table says of it."""
    of_folder: dict[str, list[str]] = {}
    for path, sha256 in sorted(there.sha256.items()):
        of_folder.setdefault(str(PurePosixPath(path).parent), []).append(sha256)
    return {
        item.name: hashlib.sha256(
            repr((item, of_folder.get(str(PurePosixPath("models", item.file).parent), []))).encode()
        ).hexdigest()
        for item in items
    }
