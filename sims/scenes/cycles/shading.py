"""Blender's node trees for the surfaces and skies that `sims.scenes.description` describes; only the worker loads it.

SPDX-License-Identifier: GPL-3.0-or-later
"""

import math
from typing import Any

PICTURES: dict[str, Any] = {}
"""Blender's images that surfaces share; the worker, which has Blender, puts `grain` here."""

DEPTH_WITH_ALPHA = 32
"""Bits of a pixel; to look at the alpha of a picture that has none costs time at every ray that meets it."""

STRANDS = 0.75
"""The power of a hide's colour that its strands have. Measured of six animals, fur is 80 to 99 % as bright as the bare
hide and of its hue; with the colour itself (1.0) half as bright where it is dark, and redder."""


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


def paint(
    tree: Any, d: dict[str, Any], pictures: dict[str, Any], mist: dict[str, Any] | None, *, hair: bool = False
) -> None:
    """Make a material's tree what `d` says (`sims.scenes.description.Material`).

    Args:
        pictures: Blender's images or None, by `image`, `normal` and `sky`. mist: the light whose air hides it far away.
        hair: whether it is of strands, which have their place in the picture as the attribute `root`.
    """
    nodes = Nodes(tree)
    shader = nodes.add("ShaderNodeBsdfPrincipled")
    value = _pattern(nodes, d, pictures["image"], hair=hair)
    colour = _colour(nodes, d, value)
    nodes.feed(shader.inputs["Base Color"], _paler(nodes, colour) if hair else colour)
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
    if pictures["normal"] is not None:
        _emboss(nodes, shader, pictures["normal"])
    output = nodes.add("ShaderNodeOutputMaterial")
    surface = _lets_light_through(nodes, shader.outputs[0]) if d["transmission"] else shader.outputs[0]
    surface = _leafy(nodes, d["translucent"], surface, shader) if d["translucent"] else surface
    if d["pattern"] == "image" and value is not None and pictures["image"].depth == DEPTH_WITH_ALPHA:
        if d["translucent"]:
            surface = _cut(nodes, surface, value.node.outputs["Alpha"])
        else:
            nodes.link(value.node.outputs["Alpha"], shader.inputs["Alpha"])
    surface = _faded(nodes, d["fade"], surface)
    if mist is not None:
        surface = _hazy(nodes, surface, mist, pictures["sky"])
    nodes.link(surface, output.inputs["Surface"])


def _paler(nodes: Nodes, colour: object) -> object:
    """A strand's colour, such that fur, whose strands shade one another, has the hide's own as a whole."""
    gamma = nodes.add("ShaderNodeGamma")
    nodes.feed(gamma.inputs["Color"], colour)
    gamma.inputs["Gamma"].default_value = STRANDS
    return gamma.outputs["Color"]


def _emboss(nodes: Nodes, shader: Any, picture: Any) -> None:
    picture.colorspace_settings.name = "Non-Color"
    texture = nodes.add("ShaderNodeTexImage", image=picture, extension="REPEAT")
    nodes.link(nodes.add("ShaderNodeTexCoord").outputs["UV"], texture.inputs["Vector"])
    relief = nodes.add("ShaderNodeNormalMap")
    nodes.link(texture.outputs["Color"], relief.inputs["Color"])
    nodes.link(relief.outputs["Normal"], shader.inputs["Normal"])


def _mixed(nodes: Nodes, share: object, first: object, second: object) -> object:
    mix = nodes.add("ShaderNodeMixShader")
    nodes.feed(mix.inputs[0], share)
    nodes.link(first, mix.inputs[1])
    nodes.link(second, mix.inputs[2])
    return mix.outputs[0]


def _cut(nodes: Nodes, surface: object, alpha: object) -> object:
    """The surface where the picture is, nothing where it has a hole."""
    return _mixed(nodes, alpha, nodes.add("ShaderNodeBsdfTransparent").outputs[0], surface)


def _leafy(nodes: Nodes, share: float, surface: object, shader: Any) -> object:
    """A thin leaf: a share of the light comes through from its other side, in the leaf's colour."""
    through = nodes.add("ShaderNodeBsdfTranslucent")
    source = shader.inputs["Base Color"]
    if source.is_linked:
        nodes.link(source.links[0].from_socket, through.inputs["Color"])
    else:
        through.inputs["Color"].default_value = source.default_value
    return _mixed(nodes, share, surface, through.outputs[0])


def _hazy(nodes: Nodes, surface: object, light: dict[str, Any], sky: Any) -> object:
    """The surface behind the air: the farther from the eye, the more of it has the sky's colour over the horizon."""
    far = nodes.math("DIVIDE", nodes.add("ShaderNodeCameraData").outputs["View Distance"], -light["mist"])
    hidden = nodes.math("SUBTRACT", 1.0, nodes.math("EXPONENT", far, 0.0))
    seen = nodes.math("MULTIPLY", hidden, nodes.add("ShaderNodeLightPath").outputs["Is Camera Ray"])
    away = nodes.add("ShaderNodeVectorMath", operation="SCALE")
    nodes.link(nodes.add("ShaderNodeNewGeometry").outputs["Incoming"], away.inputs[0])
    away.inputs["Scale"].default_value = -1.0
    air = nodes.add("ShaderNodeEmission")
    nodes.link(_tinted(nodes, light, _painted_sky(nodes, sky, away.outputs[0])), air.inputs["Color"])
    air.inputs["Strength"].default_value = light["strength"]
    return _mixed(nodes, seen, surface, air.outputs[0])


def _colour(nodes: Nodes, d: dict[str, Any], value: object) -> object:
    """The base colour: the pattern's mixture of the two, or the picture's own times the first.

    A picture with two colours is a ground's, which repeats: wide patches of both hide that.
    """
    first, second = (*d["color"], 1.0), (*(d["color2"] or d["color"]), 1.0)
    if value is None:
        return first
    if d["pattern"] != "image":
        return _blend(nodes, "MIX", value, first, second)
    if d["color2"]:
        wide = nodes.add("ShaderNodeTexImage", image=PICTURES["grain"])
        flat = _stretched(nodes, nodes.add("ShaderNodeTexCoord").outputs["Object"], (0.03, 0.03, 0.0))
        nodes.link(flat, wide.inputs["Vector"])
        patches = wide.outputs["Color"]
        return _blend(nodes, "MULTIPLY", 1.0, _blend(nodes, "MIX", patches, first, second), value)
    return _blend(nodes, "MULTIPLY", 1.0, first, value)


def _blend(nodes: Nodes, kind: str, share: object, first: object, second: object) -> object:
    mix = nodes.add("ShaderNodeMix", data_type="RGBA", blend_type=kind)
    nodes.feed(mix.inputs[6], first)
    nodes.feed(mix.inputs[7], second)
    nodes.feed(mix.inputs[0], share)
    return mix.outputs[2]


def _pattern(nodes: Nodes, d: dict[str, Any], picture: Any | None, *, hair: bool) -> Any:
    """The output, 0 to 1, that says where the second colour is; of a picture its colour; None where there is none."""
    if d["pattern"] == "plain":
        return None
    if d["pattern"] == "image":
        texture = nodes.add("ShaderNodeTexImage", image=picture, extension="REPEAT")
        if hair:
            root = nodes.add("ShaderNodeAttribute", attribute_name="root").outputs["Vector"]
        else:
            root = nodes.add("ShaderNodeTexCoord").outputs["UV"]
        nodes.link(root, texture.inputs["Vector"])
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


def _earth(nodes: Nodes, at: object, scale: float) -> object:
    """Ground: fine grain, patches and wide patches, from one picture that repeats: noise of as many octaves is slow."""
    shares = []
    for share, metres in ((0.5, 1.7), (0.27, 10.3), (0.23, 71.0)):
        texture = nodes.add("ShaderNodeTexImage", image=PICTURES["grain"], projection="BOX", projection_blend=0.25)
        nodes.link(_stretched(nodes, at, (scale / metres, scale / metres, scale / metres)), texture.inputs["Vector"])
        shares.append(nodes.math("MULTIPLY", texture.outputs["Color"], share))
    return _sharpened(nodes, nodes.math("ADD", nodes.math("ADD", *shares[:2]), shares[2]), 0.25, 0.75)


def _ripples(nodes: Nodes, at: object, scale: float) -> object:
    """Waves of water: long ones with small ones on them."""
    flat = _stretched(nodes, at, (0.4, 1.0, 1.0))
    long = _textured(nodes, "ShaderNodeTexNoise", flat, scale, {"Detail": 2.0, "Distortion": 0.5})
    small = _textured(nodes, "ShaderNodeTexNoise", at, 7.0 * scale, {"Detail": 3.0})
    return nodes.math(
        "ADD", nodes.math("MULTIPLY", long.outputs[0], 0.75), nodes.math("MULTIPLY", small.outputs[0], 0.25)
    )


PATTERNS = {
    "earth": _earth,
    "ripples": _ripples,
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


def shine(tree: Any, light: dict[str, Any], picture: Any | None) -> None:
    """Make a world's tree the surroundings that `light` describes.

    Args:
        picture: Blender's image of a panorama, or of this sky as the worker painted it; None for the sky's own nodes,
            which cost more at every ray that meets them.
    """
    nodes = Nodes(tree)
    background = nodes.add("ShaderNodeBackground")
    way = nodes.add("ShaderNodeTexCoord").outputs["Generated"]
    if picture is None:
        around = _sky(nodes, light, way)
    elif light["hdri"]:
        around = _panorama(nodes, light, picture)
    else:
        around = _painted_sky(nodes, picture, way)
    nodes.link(_tinted(nodes, light, around), background.inputs["Color"])
    background.inputs["Strength"].default_value = light["strength"]
    nodes.link(background.outputs[0], nodes.add("ShaderNodeOutputWorld").inputs["Surface"])


def _painted_sky(nodes: Nodes, picture: Any, way: object) -> object:
    texture = nodes.add("ShaderNodeTexEnvironment", image=picture)
    nodes.link(way, texture.inputs["Vector"])
    return texture.outputs["Color"]


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


def _tinted(nodes: Nodes, light: dict[str, Any], colour: object) -> object:
    tint = nodes.add("ShaderNodeMix", data_type="RGBA", blend_type="MULTIPLY")
    tint.inputs[0].default_value = 1.0
    tint.inputs[7].default_value = (*light["tint"], 1.0)
    nodes.link(colour, tint.inputs[6])
    return tint.outputs[2]


SKY = ("rotation_deg", "elevation_deg", "haze", "clouds")
"""What of a light its sky depends on."""


def _sky(nodes: Nodes, light: dict[str, Any], direction: object) -> object:
    """A sky; what lies below the horizon has the horizon's colour, for a ground that fades to turn into."""
    sky = nodes.add("ShaderNodeTexSky", sky_type="HOSEK_WILKIE")
    sky.sun_direction, sky.turbidity, sky.ground_albedo = sun_direction(light), light["haze"], 0.3
    way = nodes.add("ShaderNodeSeparateXYZ")
    nodes.link(direction, way.inputs[0])
    joined = nodes.add("ShaderNodeCombineXYZ")
    nodes.link(way.outputs[0], joined.inputs[0])
    nodes.link(way.outputs[1], joined.inputs[1])
    nodes.link(nodes.math("MAXIMUM", way.outputs[2], 0.004), joined.inputs[2])
    nodes.link(joined.outputs[0], sky.inputs["Vector"])
    return _clouded(nodes, light["clouds"], sky.outputs[0], way) if light["clouds"] else sky.outputs[0]


def _clouded(nodes: Nodes, share: float, sky: object, way: Any) -> object:
    """Clouds on a plane overhead, bright where they are thick, gone towards the horizon unless they cover the sky."""
    up = nodes.math("MAXIMUM", way.outputs[2], 0.0)
    flat = nodes.add("ShaderNodeCombineXYZ")
    for k in (0, 1):
        nodes.link(nodes.math("DIVIDE", way.outputs[k], nodes.math("ADD", up, 0.18)), flat.inputs[k])
    puffs = _textured(nodes, "ShaderNodeTexNoise", flat.outputs[0], 1.1, {"Detail": 4.0, "Roughness": 0.58})
    edge = 0.68 - 0.36 * share
    cover = _sharpened(nodes, puffs.outputs[0], edge, edge + 0.16)
    if share < 1.0:
        cover = nodes.math("MULTIPLY", cover, _sharpened(nodes, up, 0.02, 0.2))
    else:
        cover = nodes.math("MAXIMUM", cover, 0.92)
    grey = nodes.add("ShaderNodeRGBToBW")
    nodes.link(sky, grey.inputs[0])
    bright = nodes.math(
        "MULTIPLY", grey.outputs[0], nodes.math("SUBTRACT", 2.5 - share, nodes.math("MULTIPLY", puffs.outputs[0], 1.3))
    )
    cloud = nodes.add("ShaderNodeCombineColor")
    for k in range(3):
        nodes.link(bright, cloud.inputs[k])
    mix = nodes.add("ShaderNodeMix", data_type="RGBA")
    nodes.link(cover, mix.inputs[0])
    nodes.link(sky, mix.inputs[6])
    nodes.link(cloud.outputs[0], mix.inputs[7])
    return mix.outputs[2]
