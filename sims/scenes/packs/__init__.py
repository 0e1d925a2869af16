"""Packs: where a scene's objects and worlds come from; `basic`, and any folder of GLB, glTF or OBJ files."""

from sims.scenes.packs.pack import Pack, open_pack

__all__ = ["Pack", "open_pack"]
