"""The materials of a glTF file as ours: colour, picture, metal, roughness, glass and light."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sims.scenes.description import RGB, Material
from sims.scenes.packs.gltf_checks import Checked, base_texture
from sims.scenes.packs.gltf_json import Object, entries, number, numbers, part, pick
from sims.scenes.packs.untrusted import AssetError, Reading

PALETTE = "palette of vertex colours"
SHADES = 32


class Surfaces:
    """The materials of one file, made when a mesh first shows them, and their pictures by name.

    What a renderer has no word for is averaged: pictures of roughness, metal and light become their mean. Colours are
    linear, as in glTF; `Material.color` is multiplied into the picture.
    """

    def __init__(self, file: Checked, reading: Reading):
        self._file, self._reading = file, reading
        self._numbers: dict[tuple[int | None, bool], int] = {}
        self._pictures: dict[int, NDArray[np.uint8]] = {}
        self.materials: list[Material] = []
        self.images: dict[str, NDArray[np.uint8]] = {}

    def pictured(self, material: Any) -> bool:
        """Whether its base colour comes from a picture."""
        return material is not None and bool(base_texture(self._entry(material)))

    def number(self, material: Any, paint: bool) -> int:
        """The place in `materials` of a material, painted with its mesh's own colours or not."""
        if (material, paint) not in self._numbers:
            self._numbers[material, paint] = len(self.materials)
            self.materials.append(self._material(material, paint))
        return self._numbers[material, paint]

    def laid_out(self, uv: NDArray[np.float64], material: Any) -> NDArray[np.float64]:
        """Texture coordinates `[vertex, 2]` of a file, v downwards, as ours, v upwards, under KHR_texture_transform."""
        moved = part(base_texture(self._entry(material)), "extensions", "KHR_texture_transform")
        (across, down), turn = numbers(moved, "offset", (0.0, 0.0)), number(moved, "rotation", 0.0)
        with np.errstate(all="ignore"):
            u, v = (uv * numbers(moved, "scale", (1.0, 1.0))).T
            right = across + np.cos(turn) * u + np.sin(turn) * v
            return np.stack([right, 1.0 - (down - np.sin(turn) * u + np.cos(turn) * v)], 1)

    def _entry(self, material: Any) -> Object:
        return pick(entries(self._file.tree, "materials"), material, "material")

    def _material(self, index: Any, paint: bool) -> Material:
        entry = {} if index is None else self._entry(index)
        image = self._painted() if paint else self._image(entry)
        pattern = "plain" if image is None else "image"
        if not entry:  # glTF's own default is a dull metal, which nobody means by saying nothing
            return Material((1.0, 1.0, 1.0) if paint else Material().color, pattern, image=image)
        base = part(entry, "pbrMetallicRoughness")
        shiny = part(entry, "extensions", "KHR_materials_pbrSpecularGlossiness")
        color = numbers(shiny, "diffuseFactor", (1.0,) * 4) if shiny else numbers(base, "baseColorFactor", (1.0,) * 4)
        rough, metal = (1.0 - number(shiny, "glossinessFactor", 1.0), 0.0) if shiny else self._worn(base)
        glass = number(part(entry, "extensions", "KHR_materials_transmission"), "transmissionFactor", 0.0)
        if entry.get("alphaMode") == "BLEND" and image is None:
            glass = max(glass, 1.0 - color[3])
        glow, light = self._light(entry)
        return Material(
            glow if light > 0.0 and not any(color[:3]) else _rgb(color),
            pattern,
            roughness=_unit(rough),
            metallic=float(metal >= 0.5),
            transmission=_unit(glass),
            ior=min(max(number(part(entry, "extensions", "KHR_materials_ior"), "ior", 1.5), 1.0), 4.0),
            coat=_unit(number(part(entry, "extensions", "KHR_materials_clearcoat"), "clearcoatFactor", 0.0)),
            emission=light,
            image=image,
        )

    def _worn(self, base: Object) -> tuple[float, float]:
        """Roughness and metal, a picture's by its mean (green and blue)."""
        rough, metal = number(base, "roughnessFactor", 1.0), number(base, "metallicFactor", 1.0)
        if part(base, "metallicRoughnessTexture"):
            _, green, blue = self._mean(part(base, "metallicRoughnessTexture"))
            return rough * green, metal * blue
        return rough, metal

    def _light(self, entry: Object) -> tuple[RGB, float]:
        """The colour and the strength of its own light, a picture's by its mean."""
        glow = numbers(entry, "emissiveFactor", (0.0,) * 3)
        strength = number(part(entry, "extensions", "KHR_materials_emissive_strength"), "emissiveStrength", 1.0)
        if any(glow) and part(entry, "emissiveTexture"):
            mean = self._mean(part(entry, "emissiveTexture"))
            glow = tuple(a * linear(np.array(b)).item() for a, b in zip(glow, mean, strict=True))
        most = max(glow)
        return (_rgb(glow) if most <= 0.0 else _rgb([g / most for g in glow])), min(max(most * strength, 0.0), 1000.0)

    def _image(self, entry: Object) -> str | None:
        """The name of the picture of its base colour, its alpha as its `alphaMode` has it."""
        texture, mode = base_texture(entry), entry.get("alphaMode", "OPAQUE")
        if not texture:
            return None
        source, picture = self._picture(texture)
        if mode not in ("MASK", "BLEND") or picture.shape[2] == 3:
            name, picture = f"picture {source}", picture[..., :3]
        elif mode == "MASK":
            cutoff = number(entry, "alphaCutoff", 0.5)
            solid = np.where(picture[..., 3:] >= 255.0 * cutoff, 255, 0).astype(np.uint8)
            name, picture = f"picture {source} cut at {cutoff:g}", np.concatenate([picture[..., :3], solid], 2)
        else:
            name = f"picture {source} with alpha"
        self.images[name] = picture
        return name

    def _painted(self) -> str:
        """The name of a picture with every shade of vertex colours; see `painted`."""
        shade = (np.arange(SHADES) * 255 / (SHADES - 1)).round().astype(np.uint8)
        red, green, blue = np.meshgrid(shade, shade, shade, indexing="ij")
        self.images[PALETTE] = np.stack([red, green, blue], -1).reshape(-1, SHADES * 8, 3)
        return PALETTE

    def _mean(self, texture: Object) -> tuple[float, float, float]:
        red, green, blue = (float(x) / 255.0 for x in self._picture(texture)[1][..., :3].mean((0, 1)))
        return red, green, blue

    def _picture(self, info: Object) -> tuple[int, NDArray[np.uint8]]:
        """The number of a texture's picture, and the picture."""
        texture = pick(entries(self._file.tree, "textures"), info.get("index"), "texture")
        source = {**texture, **part(texture, "extensions", "EXT_texture_webp")}.get("source")
        if source is None:
            raise AssetError(
                "a texture is in no format that is read (KTX2?): export it with PNG, JPEG or WebP textures"
            )
        image = pick(entries(self._file.tree, "images"), source, "picture")
        if source not in self._pictures:
            what = f"picture {source}"
            uri = image.get("uri")
            embedded = not isinstance(uri, str)
            data = self._file.view(image.get("bufferView"), what) if embedded else self._reading.fetch(uri, what)
            self._pictures[source] = self._reading.picture(data, what)
        return source, self._pictures[source]


def painted(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[triangle, 3, 2]` where the palette has the nearest shade of linear colours `[triangle, 3]`."""
    with np.errstate(invalid="ignore"):
        shade = np.nan_to_num(_srgb(np.clip(colours, 0.0, 1.0)) * (SHADES - 1)).round().astype(np.int64)
    at = (shade[:, 0] * SHADES + shade[:, 1]) * SHADES + shade[:, 2]
    width, height = SHADES * 8, SHADES * SHADES // 8
    uv = np.stack([(at % width + 0.5) / width, 1.0 - (at // width + 0.5) / height], 1)
    return np.repeat(uv[:, None], 3, 1)


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB in [0, 1] as linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1.0 / 2.4) - 0.055)


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _rgb(color: Any) -> RGB:
    return _unit(color[0]), _unit(color[1]), _unit(color[2])
