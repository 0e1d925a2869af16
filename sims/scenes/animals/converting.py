"""From the game's files to one GLB a species: every coat in every pose, at its real size, looking where all look."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sims.scenes.animals.actor import Look, Read, chosen, read_actor
from sims.scenes.animals.dds import read_dds
from sims.scenes.animals.glb import Part, glb_bytes
from sims.scenes.animals.pmd import Skinned, read_pmd
from sims.scenes.animals.psa import read_psa
from sims.scenes.animals.skinning import frame_of, hung, posed
from sims.scenes.animals.smoothing import normals_of
from sims.scenes.animals.species import SPECIES, Moment, Species
from sims.scenes.packs.untrusted import AssetError

TO_GLTF = np.diag([1.0, 1.0, -1.0])
"""The game's frame is left-handed, x to the right, y up, and its animals look to -z; glTF's front is +z."""

COPYRIGHT = "2001-2022 Wildfire Games, https://www.wildfiregames.com/ - CC-BY-SA 3.0"
LICENCE_URL = "https://creativecommons.org/licenses/by-sa/3.0/"


class _Piece(NamedTuple):
    """A mesh of the game's in its pose, in the frame of the whole; `texture` is its path."""

    vertices: NDArray[np.float64]
    mesh: Skinned
    texture: str
    has_holes: bool


def glb_of(species: Species, read: Read) -> bytes:
    """The GLB file of a species.

    Args:
        read: gives the bytes of a file below the game's `art/`; raises FileNotFoundError.

    Raises:
        AssetError: a file of it is damaged, or an actor has no such variant. FileNotFoundError: one is missing.
    """
    game = _Game(read)
    actor = read_actor(species.actor, read)
    looks = {coat: chosen(actor, wanted) for coat, wanted in species.coats.items()}
    size = _scale(species, game.pieces(next(iter(looks.values())), next(iter(species.poses.values()))))
    scenes: dict[str, list[Part]] = {}
    pictures: dict[str, NDArray[np.uint8]] = {}
    for coat, look in looks.items():
        for pose, moment in species.poses.items():
            pieces = game.pieces(look, moment)
            scenes[scene_name(coat, pose)] = [_part(piece, size, species.turned) for piece in pieces]
            pictures |= {_picture_name(piece): game.picture(piece.texture, piece.has_holes) for piece in pieces}
    said = {"species": species.name, "licence": "CC-BY-SA-3.0", "licence_url": LICENCE_URL, "changes": "converted"}
    return glb_bytes(scenes, pictures, COPYRIGHT, said)


def scene_name(coat: str, pose: str) -> str:
    """How a coat's and a pose's scene is called."""
    return f"{coat}/{pose}"


class _Game:
    """The game's files, each read once."""

    def __init__(self, read: Read):
        self._read = read
        self._meshes: dict[str, Skinned] = {}
        self._pictures: dict[str, NDArray[np.uint8]] = {}

    def pieces(self, look: Look, moment: Moment) -> list[_Piece]:
        """What an actor shows at a moment of an animation: its own mesh, then what hangs on it."""
        mesh = self._mesh(look.mesh)
        frame = self._frame(moment, len(mesh.rest))
        pieces = [_Piece(posed(mesh, frame, look.mesh), mesh, _base(look), look.has_holes)]
        for actor, where in look.props:
            point = next((p for p in mesh.props if p.name == where), None)
            if point is None or not _belongs(actor):
                continue
            prop = chosen(read_actor(actor, self._read))
            if not prop.mesh:
                continue
            own = self._mesh(prop.mesh)
            same = len(own.rest) == len(mesh.rest) and frame is not None
            carry = hung(mesh, point, None if same else frame)  # hair has the animal's own bones
            vertices = posed(own, frame, prop.mesh) if same else own.vertices @ carry[:3, :3].T + carry[:3, 3]
            pieces.append(_Piece(vertices, own, _base(prop), prop.has_holes))
        return pieces

    def picture(self, path: str, has_holes: bool) -> NDArray[np.uint8]:
        """A texture, its alpha only where it cuts holes: elsewhere it means other things."""
        if path not in self._pictures:
            self._pictures[path] = read_dds(self._read(f"textures/skins/{path}.cached.dds"), path)
        picture = self._pictures[path]
        return picture if has_holes else np.ascontiguousarray(picture[..., :3])

    def _mesh(self, path: str) -> Skinned:
        if path not in self._meshes:
            self._meshes[path] = read_pmd(self._read(f"meshes/{path}.cached.pmd"), path)
        return self._meshes[path]

    def _frame(self, moment: Moment, n_bones: int) -> NDArray | None:
        path, phase = moment
        if not path or not n_bones:
            return None
        return frame_of(read_psa(self._read(f"animation/{path}.dae.cached.psa"), path), phase)


def _belongs(actor: str) -> bool:
    """Whether what hangs on an animal is part of it: horns, antlers, manes, teeth; not blood, dust or collars."""
    return any(word in actor for word in ("antlers", "horns", "hair", "teeth"))


def _base(look: Look) -> str:
    if "baseTex" not in look.textures:
        raise AssetError(f"an actor with the mesh {look.mesh!r} has no texture of its colours: it can't be used")
    return look.textures["baseTex"]


def _picture_name(piece: _Piece) -> str:
    return f"{piece.texture}{' with holes' if piece.has_holes else ''}"


def _part(piece: _Piece, scale: float, turned: bool) -> Part:
    """A piece in glTF's frame; the mirror between the frames turns its triangles the right way out."""
    turn = np.diag([-1.0, 1.0, -1.0]) if turned else np.eye(3)
    vertices = piece.vertices @ (scale * turn @ TO_GLTF).T
    normals = normals_of(vertices, piece.mesh.triangles)
    normals = np.where(np.linalg.norm(normals, axis=1, keepdims=True) > 0.5, normals, [0.0, 1.0, 0.0])
    return Part(vertices, normals, piece.mesh.uv[0], piece.mesh.triangles, _picture_name(piece), piece.has_holes)


def _scale(species: Species, pieces: list[_Piece]) -> float:
    """Metres a unit of the game's, from the animal's size in its first pose."""
    vertices = pieces[0].vertices @ TO_GLTF.T
    return species.size_m / MEASURES[species.measure](vertices)


def shoulder_height(vertices: NDArray[np.float64]) -> float:
    """The height of the back over the fore feet, of `[vertex, 3]` in glTF's frame (y up, front +z)."""
    y, z = vertices[:, 1] - vertices[:, 1].min(), vertices[:, 2]
    tall, long = float(np.ptp(y)), float(np.ptp(z))
    feet = z[y < 0.08 * tall]
    fore = float(np.median(feet[feet > (feet.min() + feet.max()) / 2.0]))
    over = (z < fore + 0.02 * long) & (z > fore - 0.12 * long)
    return float(y[over].max())


MEASURES: dict[str, Callable[[NDArray[Any]], float]] = {
    "shoulder": shoulder_height,
    "height": lambda vertices: float(np.ptp(vertices[:, 1])),
    "length": lambda vertices: float(np.ptp(vertices[:, 2])),
    "wings": lambda vertices: float(np.ptp(vertices[:, 0])),
}


NEEDED = (
    *(
        "actors/fauna/",
        "actors/props/fauna/",
        "actors/props/horse/",
        "actors/props/camel/",
        "actors/units/britons/wolf",
    ),
    *("variants/quadraped/", "meshes/skeletal/", "meshes/props/horse/", "meshes/props/camel", "meshes/props/deer"),
    *("meshes/props/gazelle", "animation/quadraped/", "animation/other/", "animation/others/"),
    *("textures/skins/skeletal/", "textures/skins/props/", "LICENSE.txt"),
)
"""Where the animals' files lie below the game's `art/`."""


def is_needed(path: str) -> bool:
    """Whether a file below `art/` may be one of the animals'."""
    return path.startswith(NEEDED) and path.endswith((".xml", ".cached.pmd", ".cached.psa", ".cached.dds", ".txt"))


def convert_all(source: Path, out: Path) -> None:
    """Every species to `out/models/NAME.glb`, from a folder with the game's `art/` in it.

    Raises:
        AssetError: a file is missing or damaged; the message says of which species.
    """
    (out / "models").mkdir()
    (out / "LICENSE.txt").write_bytes((source / "art" / "LICENSE.txt").read_bytes())
    for species in SPECIES.values():
        try:
            data = glb_of(species, lambda path: (source / "art" / path).read_bytes())
        except (AssetError, FileNotFoundError) as error:
            raise AssetError(f"{species.name} can't be made of this release of the game: {error}") from error
        (out / "models" / f"{species.name}.glb").write_bytes(data)
