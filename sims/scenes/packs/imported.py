"""A user's GLB, glTF or OBJ file as a model, whatever the file is: readable, broken or hostile."""

import re
import unicodedata
from pathlib import Path

from sims.scenes.description import Model
from sims.scenes.packs.pieces import model, turned
from sims.scenes.packs.untrusted import AssetError, Limits, Reading

SUFFIXES = (".glb", ".gltf", ".obj")


def read_model(
    file: Path,
    folder: Path | None = None,
    noun: str = "",
    imagenet: tuple[int, ...] = (),
    front: str = "+z",
    up: str = "+y",
    limits: Limits | None = None,
) -> Model:
    """All meshes that a file shows as one model: front -y, up +z, longest side 1 m, on z = 0 around the z axis.

    Read are triangles and strips with all their transforms, skins as their bones rest, normals (which say what is
    curved), base colours and their textures (`Mesh.uv` has v = 0 at the bottom of the picture), vertex colours of glTF
    where there is no texture (32 shades a channel, one for a triangle), metal, roughness, transmission, clear coat and
    light of its own; textures of roughness, metal and light become their mean. Polygons of OBJ are cut into fans.

    Not read, and no error: animations, morph targets, cameras, lights, lines and points, normal and occlusion textures,
    vertex colours of OBJ, how a texture goes on beyond its edge (it repeats).

    Args:
        file: a `.glb`, `.gltf` or `.obj`, in `folder` or below. folder: the pack's; nothing outside is opened; the
            file's own if it is not given. noun, imagenet: see `Model`.
        front, up: where the model looks and stands in the file's own frame; glTF's own and Blender's OBJ by default.
        limits: of sizes.

    Raises:
        AssetError: another kind of file; one that is truncated, damaged, compressed (Draco, meshopt), sparse,
            quantized or larger than the limits; one that refers to anything but plain files inside the folder, or to
            missing ones; values that are not finite, indices out of range, nodes that are no tree, no triangles, no
            extent. The message says which file, what is wrong, what was expected and the cure.
    """
    root = file.parent if folder is None else folder
    try:
        if file.suffix.lower() not in SUFFIXES:
            raise AssetError(f"a {file.suffix or 'nameless'} file is not read: expected {', '.join(SUFFIXES)}")
        turned(front, up)
        reading = Reading(file, root, limits or Limits())
        return model(
            _shape(reading, file.suffix.lower()), character(file.stem), noun or spoken(file.stem), imagenet, front, up
        )
    except AssetError as error:
        raise AssetError(f"{shown(file, root)}: {error}") from error
    except MemoryError as error:
        raise AssetError(f"{shown(file, root)}: it takes more memory than there is: simplify the mesh") from error


def _shape(reading: Reading, suffix: str):
    """The file's shape; the readers load their libraries only here."""
    if suffix == ".obj":
        from sims.scenes.packs.wavefront import read_obj

        return read_obj(reading)
    from sims.scenes.packs.gltf import read_gltf

    return read_gltf(reading, suffix)


def shown(file: Path, folder: Path) -> str:
    """The file's name as errors have it: inside its folder, in printable characters."""
    name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)
    return name if name.isprintable() else ascii(name)


def character(stem: str) -> str:
    """A file's stem as a value of `character_name`: `red-car_02` is `RedCar02`.

    Raises:
        AssetError: it has no letters or digits.
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", stem))
    if not words:
        raise AssetError("its name has no letters or digits, and so no name for its model: rename it")
    return "".join(word[0].upper() + word[1:] for word in words)


def spoken(stem: str) -> str:
    """A file's stem as captions may call its model: `RedCar_02` is `red car 02`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFC", stem))
    return " ".join(re.findall(r"[^\W_]+", apart)).lower()
