"""What a renderer is told of a scene: meshes, materials, light and a camera as plain values, in no engine's terms.

One frame for all: right-handed, metres, z up; a model stands on z = 0 around the origin and its front looks to -y.
Poses are 4 x 4 matrices that take a thing's own coordinates to the world's; a camera's own axes are OpenCV's (x right,
y down, z forward).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

RGB = tuple[float, float, float]

PATTERNS = (
    *("plain", "noise", "wood", "marble", "checker", "stripes"),
    *("bricks", "planks", "weave", "speckle", "waves", "image", "earth", "ripples"),
)


@dataclass(frozen=True)
class Material:
    """A surface; colours are linear RGB in [0, 1].

    Args:
        color: the base colour. pattern: one of PATTERNS, how `color` and `color2` share the surface.
        color2: the pattern's other colour; `color` if it is not given.
        scale: how often the pattern repeats in a metre of the model's own coordinates; `image` does not use it.
        roughness: 0 is a mirror, 1 is chalk. metallic: 0 or 1. transmission: 1 is glass. ior: its refractive index.
        coat: of a clear varnish, 0 to 1. sheen: of cloth, 0 to 1. emission: strength of its own light.
        bump: the height of the pattern's relief in metres.
        subsurface: how much light goes under the skin (fruit, wax), 0 to 1.
        image: for `image`, the name of one of the model's images, looked up by its `uv`.
        fade: for grounds, the two radii in metres between which it fades into what is behind it; None: nowhere.
        translucent: how much light comes through a thin leaf from its other side, 0 to 1.
        normal: for `image`, the name of the picture with its relief (tangent space, OpenGL's green), or None.

    Raises:
        ValueError: an unknown pattern.
    """

    color: RGB = (0.8, 0.8, 0.8)
    pattern: str = "plain"
    color2: RGB | None = None
    scale: float = 8.0
    roughness: float = 0.5
    metallic: float = 0.0
    transmission: float = 0.0
    ior: float = 1.45
    coat: float = 0.0
    sheen: float = 0.0
    emission: float = 0.0
    bump: float = 0.0
    subsurface: float = 0.0
    image: str | None = None
    fade: tuple[float, float] | None = None
    translucent: float = 0.0
    normal: str | None = None

    def __post_init__(self) -> None:
        if self.pattern not in PATTERNS:
            raise ValueError(f"there is no pattern {self.pattern!r}: expected one of {', '.join(PATTERNS)}")


class Mesh(NamedTuple):
    """Triangles and their surfaces.

    Attributes:
        vertices: `[vertex, 3]` float32, metres.
        triangles: `[triangle, 3]` int32, counter-clockwise as seen from outside.
        part: `[triangle]` int32, which of the model's materials it has.
        smooth: `[triangle]` bool, whether it is shaded as part of a curved surface.
        uv: `[triangle, 3, 2]` float32 texture coordinates of each corner, or None.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]
    part: NDArray[np.int32]
    smooth: NDArray[np.bool_]
    uv: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """An object that can be placed: of its mesh the longest side measures 1 m.

    Args:
        name: the value of the factor `character_name`. mesh: its triangles. materials: its surfaces, by `mesh.part`.
        noun: what captions call it. imagenet: the ImageNet-1k classes (0 to 999) that it belongs to, none if none fits.
        images: `[height, width, 3 or 4]` uint8 (sRGB) pictures that its materials name.
        size_m: of its longest side as it is placed, in metres. lift: how high above the ground it hangs, as a share
            of that. fur_m: the length in metres of the hair on its first surface, as it is placed; 0: none.
    """

    name: str
    mesh: Mesh
    materials: tuple[Material, ...]
    noun: str = ""
    imagenet: tuple[int, ...] = ()
    images: tuple[tuple[str, NDArray[np.uint8]], ...] = ()
    size_m: float = 1.0
    lift: float = 0.0
    fur_m: float = 0.0

    @cached_property
    def key(self) -> str:
        """A hash of its geometry and pictures: equal keys, equal shapes."""
        digest = hashlib.sha256()
        for array in (*self.mesh, *(picture for _, picture in self.images)):
            digest.update(b"none" if array is None else repr((array.dtype.str, array.shape)).encode())
            digest.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        digest.update(json.dumps([name for name, _ in self.images]).encode())
        return digest.hexdigest()[:24]


@dataclass(frozen=True)
class Light:
    """What shines on a scene from all around and is seen behind it.

    Args:
        hdri: one of Blender's bundled panoramas (`city`, `courtyard`, `forest`, `interior`, `night`, `studio`,
            `sunrise`, `sunset`), or None for a clear sky with a sun.
        rotation_deg: of the panorama about the vertical; or of the sun: 0 is behind the camera of yaw 0, 90 on its
            right.
        elevation_deg: of the sun. sun: how strong it is, in W / m^2. haze: the air's turbidity, 2 (clear) to 10.
        strength: brightness, as a factor. tint: the colour that all of it is multiplied by.
        lamps: of rooms: `[(x, y, z, watts, width, depth)]`, rectangles that shine down.
        clouds: the share of a sky that they cover, 0 to 1. mist: the distance in metres at which the air hides 63 % of
            what is not an object, under a sky; 0: none.
    """

    hdri: str | None = None
    rotation_deg: float = 0.0
    elevation_deg: float = 40.0
    sun: float = 3.0
    haze: float = 2.5
    strength: float = 1.0
    tint: RGB = (1.0, 1.0, 1.0)
    lamps: tuple[tuple[float, float, float, float, float, float], ...] = ()
    clouds: float = 0.0
    mist: float = 0.0


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Args:
        pose: `4 x 4` row by row, camera (x right, y down, z forward) to world, metres.
        fov_deg: horizontal angle of view. width, height: pixels.
    """

    pose: tuple[tuple[float, ...], ...]
    fov_deg: float
    width: int
    height: int

    @property
    def focal(self) -> float:
        """The focal length in pixels."""
        return 0.5 * self.width / float(np.tan(np.deg2rad(self.fov_deg) / 2.0))

    @property
    def intrinsics(self) -> NDArray[np.float64]:
        """`[3, 3]` K: pixel centres at half-integers, the principal point in the middle."""
        f = self.focal
        return np.array([[f, 0.0, self.width / 2.0], [0.0, f, self.height / 2.0], [0.0, 0.0, 1.0]])


class Placed(NamedTuple):
    """A model in the scene.

    Attributes:
        model: what it is. pose: `[4, 4]` float64, model to world, its scale included.
        texture: a material in place of all of its own, or None.
        role: `object`, `ground`, `wall`, `plant` (and stones), `furniture` or `prop` (what an object stands on).
        copies: `[n, 4, 4]` float64, of a thing that stands in many places: from the model's frame to that of `pose`.
            All of them have one instance number. None: it stands in one.
    """

    model: Model
    pose: NDArray[np.float64]
    texture: Material | None = None
    role: str = "object"
    copies: NDArray[np.float64] | None = None

    @property
    def materials(self) -> tuple[Material, ...]:
        """The surfaces that it shows."""
        return self.model.materials if self.texture is None else (self.texture,) * len(self.model.materials)


class SceneState(NamedTuple):
    """All that a renderer needs to know of one scene.

    Attributes:
        things: what stands in it; a thing's instance number in masks is its place here plus 1 (0: nothing, the sky).
        light, camera: see there. exposure: stops. seed: of the renderer's samples.
        factors: the values that it was made of, for a renderer that has worlds and surfaces of its own by name.
    """

    things: tuple[Placed, ...]
    light: Light
    camera: Camera
    exposure: float = 0.0
    seed: int = 0
    factors: Mapping[str, Any] = {}


class Passes(NamedTuple):
    """What a renderer answers; row 0 is the top of the picture.

    Attributes:
        image: `[height, width, 3]` uint8, sRGB.
        depth: `[height, width]` float32, metres along the camera's z axis; inf where there is nothing.
        normals: `[height, width, 3]` float32 unit vectors in the world's frame; 0 where there is nothing.
        instance: `[height, width]` uint16, see `SceneState.things`.
        albedo: `[height, width, 3]` uint8, sRGB of the base colour without light.
    """

    image: NDArray[np.uint8]
    depth: NDArray[np.float32]
    normals: NDArray[np.float32]
    instance: NDArray[np.uint16]
    albedo: NDArray[np.uint8]


def described(thing: Material | Light | Camera) -> dict[str, object]:
    """A description as JSON's own types."""
    return asdict(thing)
