"""Small solid models, ray-cast from far away (orthographic) into the sprites of Capture the Flag.

Axes: x right, y up, z towards the viewer. Pictures are `[u, v]`, u to the right and v down.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from sims.ctf.art.paint import Floats, noise

BALL, BOX, CONE = 0, 1, 2
EMPTY = np.float32(-1e9)
LIGHT = np.array([-0.52, 0.70, 0.49], np.float32)  # unit length: from above-left, a little from behind the viewer


class Solid(NamedTuple):
    """One convex piece: an ellipsoid, a rounded box, or a truncated cone along its own y."""

    kind: int
    material: int
    centre: Floats  # [3] metres
    axes: Floats  # [3, 3], its own axes are the columns
    half: Floats  # [3] metres
    taper: float = 1.0  # CONE: radius at +y over that at -y; BOX: radius in metres of the rounded edges
    ragged: float = 0.0  # BALL: how much of its rim noise bites off (foliage)


class Material(NamedTuple):
    """How a surface takes light."""

    colour: Floats  # [3] linear
    gloss: float = 0.15  # weight of the highlight
    glow: float = 0.0  # light it gives out itself, in units of its colour


class Picture(NamedTuple):
    """What the rays met, before any light."""

    depth: Floats  # [u, v] metres towards the viewer, EMPTY where nothing is
    normal: Floats  # [u, v, 3]
    material: NDArray[np.int32]  # [u, v]


def ball(material: int, centre: tuple, half: tuple, axes: Floats | None = None, ragged: float = 0.0) -> Solid:
    """An ellipsoid."""
    return Solid(BALL, material, _vector(centre), np.eye(3, dtype=np.float32) if axes is None else axes, _vector(half),
                 ragged=ragged)  # fmt: skip


def box(material: int, centre: tuple, half: tuple, axes: Floats | None = None, bevel: float = 0.02) -> Solid:
    """A box with rounded edges, as far as the light can tell."""
    return Solid(BOX, material, _vector(centre), np.eye(3, dtype=np.float32) if axes is None else axes, _vector(half),
                 taper=bevel)  # fmt: skip


def cone(material: int, start: tuple, end: tuple, radius: float, end_radius: float | None = None) -> Solid:
    """A cylinder, or truncated cone, from `start` to `end`."""
    a, b = _vector(start), _vector(end)
    length = float(np.linalg.norm(b - a))
    taper = 1.0 if end_radius is None else end_radius / radius
    return Solid(CONE, material, (a + b) / 2, along((b - a) / length), _vector((radius, length / 2, radius)), taper)


def limb(material: int, start: tuple, end: tuple, radius: float, end_radius: float) -> list[Solid]:
    """A cone with round ends."""
    ends = [ball(material, start, (radius,) * 3), ball(material, end, (end_radius,) * 3)]
    return [cone(material, start, end, radius, end_radius), *ends]


def along(y: Floats) -> Floats:
    """Some axes [3, 3] of which the second is the unit vector y."""
    other = np.array([0, 0, 1] if abs(y[2]) < 0.9 else [1, 0, 0], np.float32)
    x = np.cross(y, other)
    x /= np.linalg.norm(x)
    return np.stack([x, y, np.cross(x, y)], axis=1).astype(np.float32)


def turned(yaw: float, pitch: float = 0.0) -> Floats:
    """The view [3, 3] of a model turned by `yaw` (anticlockwise from above) and seen from `pitch` above, radians."""
    c, s, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]], np.float32)
    return tilt @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)


def cast(solids: list[Solid], view: Floats, corner: tuple[float, float], size: tuple[float, float],
         shape: tuple[int, int]) -> Picture:  # fmt: skip
    """Look at the solids: `corner` is the left bottom of the window and `size` its extent, metres; shape is [u, v]."""
    picture = Picture(np.full(shape, EMPTY), np.zeros((*shape, 3), np.float32), np.zeros(shape, np.int32))
    x = corner[0] + (np.arange(shape[0], dtype=np.float32) + 0.5) * (size[0] / shape[0])
    y = corner[1] + size[1] - (np.arange(shape[1], dtype=np.float32) + 0.5) * (size[1] / shape[1])
    bite = noise(shape, (shape[0] // 3, shape[1] // 3), 7)
    for solid in solids:
        seen = solid._replace(centre=view @ solid.centre, axes=view @ solid.axes)
        reach = np.abs(seen.axes) @ seen.half
        us = slice(*np.searchsorted(x, [seen.centre[0] - reach[0], seen.centre[0] + reach[0]]))
        vs = slice(*np.searchsorted(-y, [-seen.centre[1] - reach[1], -seen.centre[1] + reach[1]]))
        if us.start < us.stop and vs.start < vs.stop:
            window = Picture(picture.depth[us, vs], picture.normal[us, vs], picture.material[us, vs])
            _draw(seen, x[us], y[vs], bite[us, vs], window)
    return picture


def mirrored(picture: Picture) -> Picture:
    """The picture of the mirrored model."""
    return Picture(picture.depth[::-1], picture.normal[::-1] * np.array([-1, 1, 1], np.float32), picture.material[::-1])


def lights(picture: Picture, metre: float) -> tuple[Floats, Floats]:
    """Diffuse light [u, v] and highlight [u, v] on a picture with `metre` pixels a metre."""
    inside = picture.depth > EMPTY
    n = picture.normal
    facing = n @ LIGHT
    half = LIGHT + np.array([0, 0, 1], np.float32)
    shine = np.clip(n @ (half / np.linalg.norm(half)), 0, 1) ** 24
    rim = (1 - np.clip(n[..., 2], 0, 1)) ** 3 * np.clip(n[..., 1] + 0.4, 0, 1)
    ambient = 0.34 + 0.16 * n[..., 1]
    diffuse = (ambient + 0.95 * np.clip(facing * 0.85 + 0.15, 0, None)) * _open(picture.depth, inside, metre)
    return diffuse, shine + 0.35 * rim


def shade(picture: Picture, light: tuple[Floats, Floats], palette: list[Material]) -> Floats:
    """Linear rgb [u, v, 3] of a picture under `lights` with the materials of a palette."""
    colour, gloss, glow = (np.array(column, np.float32)[picture.material] for column in zip(*palette, strict=True))
    strength = light[0] * (1 - 0.6 * np.clip(glow, 0, 1)) + glow
    return colour * strength[..., None] + (gloss * light[1])[..., None]


def _vector(values: tuple | Floats) -> Floats:
    return np.asarray(values, np.float32)


def _open(depth: Floats, inside: NDArray[np.bool_], metre: float) -> Floats:
    """How open to the sky [u, v] each pixel is, from the depth about it: crevices and what lies behind are darker."""
    radius = 0.07 * metre
    weight = ndimage.gaussian_filter(inside.astype(np.float32), radius, truncate=2) + 1e-6
    around = ndimage.gaussian_filter(np.where(inside, depth, 0), radius, truncate=2) / weight
    crevice = np.clip((around - depth) * 4.0, 0, 0.55)
    front = ndimage.maximum_filter(depth, 3)
    return (1 - crevice) * np.where(front - depth > 0.07, 0.55, 1.0).astype(np.float32)


def _draw(solid: Solid, x: Floats, y: Floats, bite: Floats, window: Picture) -> None:
    """Cast the rays of a window at one solid, and keep what is nearer than what was there."""
    apart = np.stack(np.broadcast_arrays(x[:, None] - solid.centre[0], y - solid.centre[1]), -1)
    origin = apart @ solid.axes[:2] / solid.half
    direction = solid.axes[2] / solid.half
    meet = (_meet_ball, _meet_box, _meet_cone)[solid.kind]
    with np.errstate(invalid="ignore", divide="ignore"):
        z, local = meet(origin, direction, solid)
        normal = local @ solid.axes.T
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    z = z + solid.centre[2]
    near = z > window.depth
    if solid.ragged:
        near &= normal[..., 2] > solid.ragged * bite
    window.depth[near] = z[near]
    window.normal[near] = normal[near]
    window.material[near] = solid.material


def _meet_ball(o: Floats, d: Floats, solid: Solid) -> tuple[Floats, Floats]:
    a, b, c = d @ d, o @ d, np.sum(o * o, -1) - 1
    z = (-b + np.sqrt(b * b - a * c)) / a
    return np.where(np.isnan(z), EMPTY, z), (o + z[..., None] * d) / solid.half


def _meet_box(o: Floats, d: Floats, solid: Solid) -> tuple[Floats, Floats]:
    d = np.where(np.abs(d) < 1e-6, np.float32(1e-6), d)
    high, low = (np.sign(d) - o) / d, (-np.sign(d) - o) / d
    z = high.min(-1)
    p = (o + z[..., None] * d) * solid.half
    rounded = np.maximum(np.abs(p) - (solid.half - solid.taper), 0) * np.sign(p)
    return np.where(z >= low.max(-1), z, EMPTY), rounded


def _meet_cone(o: Floats, d: Floats, solid: Solid) -> tuple[Floats, Floats]:
    m, k = np.float32((1 + solid.taper) / 2), np.float32((solid.taper - 1) / 2)
    wide = m + k * o[..., 1]
    a = d[0] ** 2 + d[2] ** 2 - (k * d[1]) ** 2
    b = o[..., 0] * d[0] + o[..., 2] * d[2] - k * d[1] * wide
    c = o[..., 0] ** 2 + o[..., 2] ** 2 - wide**2
    side = (-b + np.sqrt(b * b - a * c)) / a
    p = o + side[..., None] * d
    side = np.where(np.abs(p[..., 1]) <= 1, side, EMPTY)
    end = np.sign(d[1]) if d[1] else np.float32(1)
    cap = (end - o[..., 1]) / (d[1] if d[1] else np.float32(1e-9))
    q = o + cap[..., None] * d
    cap = np.where(q[..., 0] ** 2 + q[..., 2] ** 2 <= (m + k * end) ** 2, cap, EMPTY)
    local = np.stack([p[..., 0], -k * (m + k * p[..., 1]), p[..., 2]], -1) / solid.half
    local[cap > side] = (0, end, 0)
    return np.maximum(side, cap), local
