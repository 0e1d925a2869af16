"""A pack with two beasts of different sizes, made of the tiny game."""

import hashlib
from pathlib import Path

from sims.scenes.animals import pack as packs
from sims.scenes.animals.converting import glb_of
from sims.scenes.animals.species import Species
from sims.scenes.packs import Pack
from tests.sims.scenes.animals.game_files import game
from tests.sims.scenes.animals.test_formats import reader

IDLE = "quadraped/beast_idle"
BEAST = Species(
    "Beast", "beast", "fauna/beast.xml", 2.0, "length", "W", (291,),
    {"Stand": (IDLE, 0.0), "Walk": (IDLE, 1.0)}, {"Blue": ("blue",), "RedMale": ("red", "male")},
)  # fmt: skip
GIANT = Species("Giant", "giant", "fauna/beast.xml", 8.0, "length", "W", (), {"Fly": (IDLE, 0.0)}, floats=True)


def small_pack(folder: Path, monkeypatch) -> Pack:
    """The pack, its files in `folder`."""
    for species in (BEAST, GIANT):
        (folder / f"{species.name}.glb").write_bytes(glb_of(species, reader(game())))
        monkeypatch.setitem(packs.SPECIES, species.name, species)
    files = {species.name: folder / f"{species.name}.glb" for species in (BEAST, GIANT)}
    stamps = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    return packs.pack_of(files, stamps, ["A. Writer"])
