"""Blender's node trees for the surfaces and skies that `sims.scenes.description` describes; only the worker loads it.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import math
from typing import Any


class Nodes:
    """A node tree that is being built: short names for what Blender spells out."""

    def __init__(self, tree: Any):
        self.tree = tree
        tree.nodes.clear()

    def add(self, kind: str, **properties: object) -> Any:
        """A node of that kind with these properties set, such as `operation="ADD"`."""
        node = self.tree.nodes.new(kind)
        for name, value in properties.items():
            setattr(node, name, value)
        return node

    def link(self, source: Any, target: Any) -> None:
        """Connect an output with an input."""
        self.tree.links.new(source, target)

    def math(self, operation: str, a: object, b: object) -> object:
        """The output of a `Math` node over two outputs or numbers."""
        node = self.add("ShaderNodeMath", operation=operation)
        for socket_, value in zip(node.inputs, (a, b), strict=False):
            self.feed(socket_, value)
        return node.outputs[0]

    def feed(self, target: Any, value: object) -> None:
        """Set an input to a number or connect it with an output."""
        if hasattr(value, "is_linked"):
            self.link(value, target)
        else:
            target.default_value = value


def paint(tree: Any, d: dict[str, Any], picture: Any | None) -> None:
    """Make a material's tree what `d` says (`sims.scenes.description.Material`); `picture`: Blender's image or None."""
    nodes = Nodes(tree)
    shader = nodes.add("ShaderNodeBsdfPrincipled")
    value = _pattern(nodes, d, picture)
    nodes.feed(shader.inputs["Base Color"], _colour(nodes, d, value))
    for name, key in (
        ("Roughness", "roughness"),
        ("Metallic", "metallic"),
        ("Transmission Weight", "transmission"),
        ("IOR", "ior"),
        ("Coat Weight", "coat"),
        ("Sheen Weight", "sheen"),
        ("Subsurface Weight", "subsurface"),
        ("Emission Strength", "emission"),
    ):
        shader.inputs[name].default_value = d[key]
    shader.inputs["Emission Color"].default_value = (*d["color"], 1.0)
    shader.inputs["Subsurface Scale"].default_value = 0.02
    if d["bump"] and value is not None and d["pattern"] != "image":
        bump = nodes.add("ShaderNodeBump")
        bump.inputs["Distance"].default_value = d["bump"]
        nodes.link(value, bump.inputs["Height"])
        nodes.link(bump.outputs["Normal"], shader.inputs["Normal"])
    if d["pattern"] == "image" and value is not None:
        nodes.link(value.node.outputs["Alpha"], shader.inputs["Alpha"])  # 1 where the picture has none
    output = nodes.add("ShaderNodeOutputMaterial")
    surface = _lets_light_through(nodes, shader.outputs[0]) if d["transmission"] else shader.outputs[0]
    nodes.link(_faded(nodes, d["fade"], surface), output.inputs["Surface"])


def _colour(nodes: Nodes, d: dict[str, Any], value: object) -> object:
    """The base colour: the pattern's mixture of the two, or the picture's own times the first."""
    first, second = (*d["color"], 1.0), (*(d["color2"] or d["color"]), 1.0)
    if value is None:
        return first
    mix = nodes.add("ShaderNodeMix", data_type="RGBA", blend_type="MULTIPLY" if d["pattern"] == "image" else "MIX")
    nodes.feed(mix.inputs[6], first)
    nodes.feed(mix.inputs[7], value if d["pattern"] == "image" else second)
    nodes.feed(mix.inputs[0], 1.0 if d["pattern"] == "image" else value)
    return mix.outputs[2]


def _pattern(nodes: Nodes, d: dict[str, Any], picture: Any | None) -> Any:
    """The output, 0 to 1, that says where the second colour is; of a picture its colour; None where there is none."""
    if d["pattern"] == "plain":
        return None
    if d["pattern"] == "image":
        texture = nodes.add("ShaderNodeTexImage", image=picture, extension="REPEAT")
        nodes.link(nodes.add("ShaderNodeTexCoord").outputs["UV"], texture.inputs["Vector"])
        return texture.outputs["Color"]
    return PATTERNS[d["pattern"]](nodes, nodes.add("ShaderNodeTexCoord").outputs["Object"], d["scale"])


def _textured(nodes: Nodes, kind: str, at: object, scale: float, inputs: dict[str, Any], **properties: object) -> Any:
    node = nodes.add(kind, **properties)
    nodes.link(at, node.inputs["Vector"])
    for name, value in {"Scale": scale, **inputs}.items():
        nodes.feed(node.inputs[name], value)
    return node


def _noise(nodes: Nodes, at: object, scale: float) -> object:
    node = _textured(nodes, "ShaderNodeTexNoise", at, scale, {"Detail": 3.0, "Roughness": 0.65})
    return _sharpened(nodes, node.outputs[0], 0.3, 0.7)


def _wood(nodes: Nodes, at: object, scale: float) -> object:
    wave = _textured(
        nodes,
        "ShaderNodeTexWave",
        _stretched(nodes, at, (1.0, 1.0, 0.12)),
        scale,
        {"Distortion": 6.0, "Detail": 3.0, "Detail Scale": 1.5},
        wave_type="RINGS",
        rings_direction="Z",
    )
    return wave.outputs["Fac"]


def _marble(nodes: Nodes, at: object, scale: float) -> object:
    wave = _textured(nodes, "ShaderNodeTexWave", at, scale * 0.5, {"Distortion": 14.0, "Detail": 4.0})
    return _sharpened(nodes, wave.outputs["Fac"], 0.55, 1.0)


def _checker(nodes: Nodes, at: object, scale: float) -> object:
    return _textured(nodes, "ShaderNodeTexChecker", at, scale * 2.0, {}).outputs["Fac"]


def _stripes(nodes: Nodes, at: object, scale: float) -> object:
    wave = _textured(nodes, "ShaderNodeTexWave", at, scale * 0.32, {"Distortion": 0.0}, bands_direction="Z")
    return _sharpened(nodes, wave.outputs["Fac"], 0.47, 0.53)


def _bricks(nodes: Nodes, at: object, scale: float) -> object:
    return _laid(nodes, _unrolled(nodes, at), scale, 0.03, 0.25)


def _planks(nodes: Nodes, at: object, scale: float) -> object:
    """Boards in rows, each of another shade, with a grain along them."""
    boards = _laid(nodes, _stretched(nodes, _unrolled(nodes, at), (0.3, 1.0, 1.0)), scale, 0.012, 0.7)
    grain = _textured(
        nodes, "ShaderNodeTexNoise", _stretched(nodes, at, (0.06, 1.0, 1.0)), 12.0 * scale, {"Detail": 2.0}
    )
    return nodes.math("ADD", nodes.math("MULTIPLY", boards, 0.75), nodes.math("MULTIPLY", grain.outputs[0], 0.3))


def _laid(nodes: Nodes, at: object, scale: float, mortar: float, shades: float) -> object:
    """Bricks: 0 to `shades`, 1 in the joints."""
    brick = _textured(nodes, "ShaderNodeTexBrick", at, scale, {"Mortar Size": mortar, "Color1": (0.0, 0.0, 0.0, 1.0)})
    brick.inputs["Color2"].default_value = (shades, shades, shades, 1.0)
    brick.inputs["Mortar"].default_value = (1.0, 1.0, 1.0, 1.0)
    return brick.outputs["Color"]


def _unrolled(nodes: Nodes, at: object) -> object:
    """Coordinates whose first two run along a floor, or along a wall and up it."""
    way, normal = nodes.add("ShaderNodeSeparateXYZ"), nodes.add("ShaderNodeSeparateXYZ")
    nodes.link(at, way.inputs[0])
    nodes.link(nodes.add("ShaderNodeTexCoord").outputs["Normal"], normal.inputs[0])
    is_floor = nodes.math("GREATER_THAN", nodes.math("ABSOLUTE", normal.outputs[2], 0.0), 0.5)
    is_wall = nodes.math("SUBTRACT", 1.0, is_floor)
    along = nodes.math("ADD", way.outputs[0], nodes.math("MULTIPLY", is_wall, way.outputs[1]))
    up = nodes.math(
        "ADD", nodes.math("MULTIPLY", is_floor, way.outputs[1]), nodes.math("MULTIPLY", is_wall, way.outputs[2])
    )
    joined = nodes.add("ShaderNodeCombineXYZ")
    nodes.link(along, joined.inputs[0])
    nodes.link(up, joined.inputs[1])
    return joined.outputs[0]


def _weave(nodes: Nodes, at: object, scale: float) -> object:
    bands = [
        _textured(nodes, "ShaderNodeTexWave", at, scale * 0.6, {"Distortion": 0.5}, bands_direction=axis)
        for axis in ("X", "Z")
    ]
    return nodes.math("MULTIPLY", bands[0].outputs["Fac"], bands[1].outputs["Fac"])


def _speckle(nodes: Nodes, at: object, scale: float) -> object:
    cells = _textured(nodes, "ShaderNodeTexVoronoi", at, scale * 2.0, {})
    return _sharpened(nodes, cells.outputs["Distance"], 0.3, 0.2)


def _waves(nodes: Nodes, at: object, scale: float) -> object:
    flat = _stretched(nodes, at, (1.0, 0.35, 1.0))
    ripples = _textured(nodes, "ShaderNodeTexNoise", flat, scale, {"Detail": 3.0, "Distortion": 0.6})
    return ripples.outputs[0]


PATTERNS = {
    "noise": _noise,
    "wood": _wood,
    "marble": _marble,
    "checker": _checker,
    "stripes": _stripes,
    "bricks": _bricks,
    "planks": _planks,
    "weave": _weave,
    "speckle": _speckle,
    "waves": _waves,
}


def _stretched(nodes: Nodes, at: object, factors: tuple[float, float, float]) -> object:
    node = nodes.add("ShaderNodeVectorMath", operation="MULTIPLY")
    nodes.link(at, node.inputs[0])
    node.inputs[1].default_value = factors
    return node.outputs[0]


def _sharpened(nodes: Nodes, value: object, low: float, high: float) -> object:
    """`value` mapped so that `low` becomes 0 and `high` 1, smoothly, and no more than that."""
    node = nodes.add("ShaderNodeMapRange", interpolation_type="SMOOTHSTEP")
    for name, number in (("Value", value), ("From Min", low), ("From Max", high)):
        nodes.feed(node.inputs[name], number)
    return node.outputs[0]


def _lets_light_through(nodes: Nodes, surface: object) -> object:
    """Glass that casts no shadow: without caustics what stands in it would be black."""
    ray, mix = nodes.add("ShaderNodeLightPath"), nodes.add("ShaderNodeMixShader")
    nodes.link(nodes.math("MAXIMUM", ray.outputs["Is Shadow Ray"], ray.outputs["Is Diffuse Ray"]), mix.inputs[0])
    nodes.link(surface, mix.inputs[1])
    nodes.link(nodes.add("ShaderNodeBsdfTransparent").outputs[0], mix.inputs[2])
    return mix.outputs[0]


def _faded(nodes: Nodes, fade: list[float] | None, surface: object) -> object:
    """The surface, let go between two distances from the origin, so that no edge of it is seen."""
    if fade is None:
        return surface
    flat = _stretched(nodes, nodes.add("ShaderNodeNewGeometry").outputs["Position"], (1.0, 1.0, 0.0))
    length = nodes.add("ShaderNodeVectorMath", operation="LENGTH")
    nodes.link(flat, length.inputs[0])
    mix = nodes.add("ShaderNodeMixShader")
    nodes.link(_sharpened(nodes, length.outputs["Value"], *fade), mix.inputs[0])
    nodes.link(surface, mix.inputs[1])
    nodes.link(nodes.add("ShaderNodeBsdfTransparent").outputs[0], mix.inputs[2])
    return mix.outputs[0]


def shine(tree: Any, light: dict[str, Any], panorama: Any | None) -> None:
    """Make a world's tree the surroundings that `light` describes; `panorama`: Blender's image or None for a sky."""
    nodes = Nodes(tree)
    background = nodes.add("ShaderNodeBackground")
    tint = nodes.add("ShaderNodeMix", data_type="RGBA", blend_type="MULTIPLY")
    tint.inputs[0].default_value = 1.0
    tint.inputs[7].default_value = (*light["tint"], 1.0)
    nodes.link(_sky(nodes, light) if panorama is None else _panorama(nodes, light, panorama), tint.inputs[6])
    nodes.link(tint.outputs[2], background.inputs["Color"])
    background.inputs["Strength"].default_value = light["strength"]
    nodes.link(background.outputs[0], nodes.add("ShaderNodeOutputWorld").inputs["Surface"])


def _panorama(nodes: Nodes, light: dict[str, Any], panorama: Any) -> object:
    texture = nodes.add("ShaderNodeTexEnvironment", image=panorama)
    turn = nodes.add("ShaderNodeMapping")
    turn.inputs["Rotation"].default_value[2] = math.radians(light["rotation_deg"])
    nodes.link(nodes.add("ShaderNodeTexCoord").outputs["Generated"], turn.inputs["Vector"])
    nodes.link(turn.outputs[0], texture.inputs["Vector"])
    return texture.outputs["Color"]


def sun_direction(light: dict[str, Any]) -> tuple[float, float, float]:
    """The unit vector to the sun."""
    turn, up = math.radians(light["rotation_deg"]), math.radians(light["elevation_deg"])
    return math.sin(turn) * math.cos(up), -math.cos(turn) * math.cos(up), math.sin(up)


def _sky(nodes: Nodes, light: dict[str, Any]) -> object:
    """A clear sky; what lies below the horizon has the horizon's colour, for a ground that fades to turn into."""
    sky = nodes.add("ShaderNodeTexSky", sky_type="HOSEK_WILKIE")
    sky.sun_direction, sky.turbidity, sky.ground_albedo = sun_direction(light), light["haze"], 0.3
    way = nodes.add("ShaderNodeSeparateXYZ")
    nodes.link(nodes.add("ShaderNodeTexCoord").outputs["Generated"], way.inputs[0])
    joined = nodes.add("ShaderNodeCombineXYZ")
    nodes.link(way.outputs[0], joined.inputs[0])
    nodes.link(way.outputs[1], joined.inputs[1])
    nodes.link(nodes.math("MAXIMUM", way.outputs[2], 0.004), joined.inputs[2])
    nodes.link(joined.outputs[0], sky.inputs["Vector"])
    return sky.outputs[0]
