"""From Sweet Home 3D's libraries to the pack `furniture`: each model's files as they are, and one table of all."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from sims.scenes.assets.archives import deb_files, folder_files, zip_files
from sims.scenes.furniture.catalogue import CATALOGUE, LICENCES, Item, read_catalogue, told_apart
from sims.scenes.furniture.table import write_table
from sims.scenes.packs.imported import read_model
from sims.scenes.packs.untrusted import AssetError

ENDING = ".sh3f"
PARTS = (".obj", ".mtl", ".jpg", ".jpeg", ".png")


def furniture_files(source: Path) -> Iterator[tuple[str, bytes]]:
    """`LIBRARY/path` and bytes of the files that matter, from Debian's package, one library, or a folder of them.

    Raises:
        AssetError: it is none of these, or damaged.
    """
    if source.is_dir():
        libraries = folder_files(source, lambda name: name.endswith(ENDING))
    elif source.suffix == ".deb":
        libraries = deb_files(source, lambda name: name.endswith(ENDING))
    elif source.suffix == ENDING:
        libraries = iter([(source.name, source.read_bytes())])
    else:
        raise AssetError(f"{source} is no folder, .deb or {ENDING} of Sweet Home 3D's: expected one of these")
    for path, data in libraries:
        library = path.rpartition("/")[2].removesuffix(ENDING)
        if library not in LICENCES:
            sys.stderr.write(f"left out: {path}: its licence is not known here (known are {', '.join(LICENCES)})\n")
            continue
        found = dict(zip_files(io.BytesIO(data), _matters, path))
        if CATALOGUE not in found:
            raise AssetError(f"{path} has no {CATALOGUE} in it, expected one: it is damaged; fetch it again")
        yield from ((f"{library}/{name}", content) for name, content in found.items())


def _matters(name: str) -> bool:
    deep = name.count("/") >= 2  # not the icons beside the models' folders
    return name == CATALOGUE or (deep and name.lower().endswith(PARTS))


def convert_furniture(source: Path, out: Path) -> None:
    """Every model that can be read to `out/models/LIBRARY/`, and the table that names each.

    Args:
        source: a folder as `furniture_files` fills it.

    Raises:
        AssetError: a catalogue is damaged, or no model can be read.
    """
    items: list[Item] = []
    for catalogue in sorted(source.glob(f"*/{CATALOGUE}")):
        library = catalogue.parent.name
        own = read_catalogue(catalogue.read_text("latin-1"), library)
        items += [item._replace(file=f"{library}/{item.file}") for item in own]
    good, refused = [], {}
    for item in told_apart(items):
        try:
            read_model(source / item.file, source)
            good.append(item)
        except (AssetError, FileNotFoundError) as error:
            refused[item.name] = str(error)
    if not good:
        raise AssetError(f"none of {len(items)} pieces of furniture can be read: {next(iter(refused.values()), '')}")
    for name, why in refused.items():
        sys.stderr.write(f"left out: {name}: {why}\n")
    (out / "models").mkdir()
    for library in sorted({item.file.partition("/")[0] for item in good}):
        (source / library).rename(out / "models" / library)
    write_table(out, good, refused)
