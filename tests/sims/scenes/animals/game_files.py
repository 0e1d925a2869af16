"""A tiny game: meshes, animations, textures and actors of 0 A.D.'s kinds, written by hand."""

import io
import struct

import numpy as np
from PIL import Image

Bone = tuple[tuple[float, float, float], tuple[float, float, float, float]]
STILL: Bone = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
CORNERS = np.array([[x, y, z] for z in (-2, 2) for y in (0, 1) for x in (-0.5, 0.5)], np.float32)
FACES = [(0, 3, 2), (0, 1, 3), (4, 7, 5), (4, 6, 7), (0, 5, 1), (0, 4, 5)]
FACES += [(2, 7, 6), (2, 3, 7), (0, 6, 4), (0, 2, 6), (1, 7, 3), (1, 5, 7)]
"""A long box in the game's left-handed frame; its triangles run the way the game's do."""


def head(magic: bytes, version: int, body: bytes) -> bytes:
    return magic + struct.pack("<2I", version, len(body)) + body


def state(bone: Bone) -> bytes:
    return struct.pack("<7f", *bone[0], *bone[1])


def pmd(
    vertices=CORNERS, faces=FACES, *, bones=(STILL,), on: int | list[int] = 0, uv=None, props=(), version=4
) -> bytes:
    """A mesh whose vertices all hang on bone `on`, or on `on[k]`; props as (name, bone, state)."""
    on = [on] * len(vertices) if isinstance(on, int) else on
    uv = np.asarray(vertices)[:, :2] + 0.5 if uv is None else uv
    body = struct.pack("<I", len(vertices)) + (struct.pack("<I", 1) if version >= 4 else b"")
    for at, own, bone in zip(vertices, uv, on, strict=True):
        body += struct.pack("<8f4B4f", *at, 0, 1, 0, *own, bone, 255, 255, 255, 1, 0, 0, 0)
    body += struct.pack("<I", len(faces)) + np.asarray(faces, "<u2").tobytes()
    body += struct.pack("<I", len(bones)) + b"".join(map(state, bones)) + struct.pack("<I", len(props))
    for name, bone, where in props:
        body += struct.pack("<I", len(name)) + name.encode() + state(where) + bytes([bone])
    return head(b"PSMD", version, body)


def psa(*frames: tuple[Bone, ...], name: str = "walk") -> bytes:
    body = struct.pack("<I", len(name)) + name.encode() + struct.pack("<f2I", 33.3, len(frames[0]), len(frames))
    return head(b"PSSA", 1, body + b"".join(state(bone) for frame in frames for bone in frame))


def dds(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "DDS")
    return stream.getvalue()


BEAST = """<?xml version="1.0"?>
<actor version="1">
  <group>
    <variant frequency="1" name="base" file="quadraped/beast.xml"><mesh>skeletal/beast.dae</mesh></variant>
  </group>
  <group>
    <variant frequency="1" name="red"><textures><texture file="skeletal/red.png" name="baseTex"/></textures></variant>
    <variant frequency="9" name="blue"><textures><texture file="skeletal/blue.png" name="baseTex"/></textures></variant>
  </group>
  <group>
    <variant frequency="1" name="male">
      <props>
        <prop actor="props/fauna/beast_horns.xml" attachpoint="horn"/>
        <prop actor="props/units/blood.xml" attachpoint="root"/>
      </props>
    </variant>
    <variant frequency="2" name="female"/>
  </group>
  <material>default.xml</material>
</actor>"""
BASE = """<variant name="Base" frequency="1"><animations>
  <animation file="quadraped/beast_idle.dae" name="Idle" speed="80"/>
</animations></variant>"""
HORNS = """<actor version="1"><group><variant><mesh>props/horns.dae</mesh>
  <textures><texture file="skeletal/red.png" name="baseTex"/></textures></variant></group>
  <material>basic_trans.xml</material></actor>"""


def picture(colour: tuple[int, ...]) -> np.ndarray:
    """A picture of one colour whose upper left corner is white."""
    out = np.full((8, 8, len(colour)), colour, np.uint8)
    out[:2, :2] = 255
    return out


def game() -> dict[str, bytes]:
    """All files of a game with one beast, by their path below `art/`."""
    up: Bone = ((0.0, 3.0, 0.0), (0.0, 0.0, 0.0, 1.0))
    return {
        "actors/fauna/beast.xml": BEAST.encode(),
        "variants/quadraped/beast.xml": BASE.encode(),
        "actors/props/fauna/beast_horns.xml": HORNS.encode(),
        "meshes/skeletal/beast.dae.cached.pmd": pmd(props=[("horn", 0, ((0.0, 1.0, -2.0), STILL[1]))]),
        "meshes/props/horns.dae.cached.pmd": pmd(CORNERS * 0.25, bones=()),
        "animation/quadraped/beast_idle.dae.cached.psa": psa((STILL,), (up,)),
        "textures/skins/skeletal/red.png.cached.dds": dds(picture((255, 0, 0, 255))),
        "textures/skins/skeletal/blue.png.cached.dds": dds(picture((0, 0, 255, 40))),
    }
