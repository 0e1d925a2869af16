"""A match from above: walls or hills, bases, flags, players with their headings, beams; north (large y) is up."""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from sims.core.kernels import kernel
from sims.ctf.beams import reach
from sims.ctf.maps.layout import CELL, ROCK
from sims.ctf.motion import COS, SIN
from sims.ctf.state import CARRIED, DROPPED, EYE_HEIGHT, N_HEADINGS, PLAYER_RADIUS, Maps, State

Colour = tuple[int, int, int]
Point = tuple[float, float]

TEAM_INK: tuple[Colour, Colour] = ((232, 74, 68), (66, 140, 255))
"""What red and blue are drawn in, on maps and beside them."""

BACKGROUND: Colour = (13, 16, 22)
WHITE: Colour = (255, 255, 255)

_SAMPLES = 3
"""Pictures are drawn this many times as large, and shrunk: Pillow's shapes have hard edges."""

_FLOOR, _GRID_LINE = (52, 58, 70), (59, 66, 79)
_WALL, _WALL_EDGE = (112, 121, 137), (158, 167, 183)
_FLOOR_TINT, _WALL_TINT = 0.32, 0.22
_LOW, _MIDDLE, _HIGH = (58, 82, 62), (108, 128, 84), (186, 180, 150)
_TREE, _TREE_TOP, _STONE, _STONE_TOP = (33, 62, 41), (58, 100, 62), (104, 104, 108), (150, 150, 152)
_OUT: Colour = (128, 132, 140)
_CONTOUR = 2.0
"""Metres from one contour line to the next."""

_CROWN = 1.1
"""Metres: crowns of trees are drawn this wide, though their trunks are slim."""

_PLAYER = 0.019
"""Radius of a player's disc, in sides of the picture, where that is more than the true one."""

_CONE = 7.0
"""Metres that the wedge of what a player has in view is drawn, where nothing is in the way."""

_EIGHTH = N_HEADINGS // 8
"""Units of heading to either side that a view is wide."""


class Plan(NamedTuple):
    """A map drawn once, larger than the picture, and what takes metres to its pixels."""

    image: Image.Image
    left: float  # x in metres of its left edge
    top: float  # y in metres of its upper edge
    scale: float  # its pixels a metre
    unit: float  # its pixels of a player's disc's radius


def plan(maps: Maps, k: int, width: int, height: int) -> Plan:
    """Map `k` without anybody on it, to be drawn on by `picture`, as large as fits a picture of `width` x `height`."""
    rows, columns = (int(n) for n in maps.shape[k])
    size = width * _SAMPLES, height * _SAMPLES
    scale = min(size[0] / (columns * CELL), size[1] / (rows * CELL))
    inner = max(1, round(columns * CELL * scale)), max(1, round(rows * CELL * scale))
    ground = (_land if maps.outdoor[k] else _building)(maps, k, inner, scale)
    image = Image.new("RGB", size, BACKGROUND)
    corner = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    image.paste(ground, corner)
    unit = max(PLAYER_RADIUS * scale, _PLAYER * min(size))
    drawn = Plan(image, -corner[0] / scale, rows * CELL + corner[1] / scale, scale, unit)
    for team in range(2):
        _draw_stand(drawn, _at(drawn, maps.stands[k, team, 0], maps.stands[k, team, 1]), team)
    return drawn


def picture(drawn: Plan, maps: Maps, state: State, match: int) -> Image.Image:
    """The match as it stands, on its map's plan: RGB, of the plan's `width` x `height`.

    Players are discs in team colours with the number in their team, from 1, a tip where they look and a wedge of what
    they have before them; grey with a cross while they are out. A ring in a flag's colour marks who carries it.
    """
    canvas = drawn._replace(image=drawn.image.copy())
    players = range(state.x.shape[1])
    half = len(players) // 2
    out, metres = state.respawn[match] > 0, np.zeros(2 * _EIGHTH + 1)
    places = [_at(canvas, state.x[match, p], state.y[match, p]) for p in players]
    for p in players:
        if not out[p]:
            look(maps, state, match, p, _CONE, metres)
            _draw_cone(canvas, places[p], int(state.yaw[match, p]), metres, TEAM_INK[p >= half])
    for team in range(2):
        if state.flag[match, team] != CARRIED:
            at = _at(canvas, state.flag_x[match, team], state.flag_y[match, team])
            _draw_flag(canvas, at, team, state.flag[match, team] == DROPPED)
    for p in players:
        if state.beam[match, p] > 0:
            _draw_beam(canvas, state, match, p, TEAM_INK[p >= half])
    for p in sorted(players, key=lambda p: not out[p]):
        if out[p]:
            _draw_out(canvas, places[p])
        else:
            _draw_player(canvas, places[p], int(state.yaw[match, p]), TEAM_INK[p >= half], str(p % half + 1))
    for team in range(2):
        if state.carrier[match, team] >= 0:
            _draw_carried(canvas, places[state.carrier[match, team]], team)
    return canvas.image.reduce(_SAMPLES)


def top_down(maps: Maps, state: State, match: int, size: int = 512) -> NDArray[np.uint8]:
    """A picture of one match from above, `[size, size, 3]` uint8: see `picture`; for films keep the `plan`."""
    return np.asarray(picture(plan(maps, int(state.map[match]), size, size), maps, state, match))


@kernel
def look(maps, state, m, p, limit, metres):
    """How far player `p` of match `m` sees, level, at most `limit` metres, in every heading of its view.

    Args:
        metres: float64 `[2 * 30 + 1]`, written: from 45 degrees right of its heading to 45 degrees left of it.
    """
    x, y, z = state.x[m, p], state.y[m, p], state.z[m, p] + EYE_HEIGHT
    half = metres.shape[0] // 2
    for i in range(metres.shape[0]):
        yaw = np.uint8((state.yaw[m, p] + i - half + N_HEADINGS) % N_HEADINGS)
        metres[i] = reach(maps, state.map[m], x, y, z, COS[yaw], SIN[yaw], 0.0, limit)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own typeface, `size` pixels high."""
    face = ImageFont.load_default(size)
    if not isinstance(face, ImageFont.FreeTypeFont):
        raise ValueError("this Pillow was built without FreeType, so it can't write: pip install --force pillow")
    return face


def flag_shape(at: Point, size: float) -> tuple[list[Point], list[Point]]:
    """A flag whose pole's foot is at `at`, `size` high, as polygons: its pole and its cloth."""
    x, y = at
    thick = 0.06 * size
    pole = [(x - thick, y), (x + thick, y), (x + thick, y - size), (x - thick, y - size)]
    cloth = [(x + thick, y - size), (x + 0.75 * size, y - 0.74 * size), (x + thick, y - 0.46 * size)]
    return pole, cloth


def _at(drawn: Plan, x: float, y: float) -> Point:
    return (float(x) - drawn.left) * drawn.scale, (drawn.top - float(y)) * drawn.scale


def _towards(at: Point, angle: float, distance: float) -> Point:
    return at[0] + distance * float(np.cos(angle)), at[1] - distance * float(np.sin(angle))


def _by_cell(grid: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    """A grid of cells, row 0 at the bottom, as a grey picture with hard edges."""
    return Image.fromarray(np.ascontiguousarray(grid[::-1])).resize(size, Image.Resampling.NEAREST)


def _map_grid(maps: Maps, k: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Which cells are solid, and whose each is, `[rows, columns]`."""
    rows, columns = maps.shape[k]
    return maps.solid[k, :rows, :columns], maps.surface[k, :rows, :columns]


def _building(maps: Maps, k: int, size: tuple[int, int], scale: float) -> Image.Image:
    """Floor, walls with their shadows, both tinted at the bases; solid rock behind the walls stays dark."""
    solid, surface = _map_grid(maps, k)
    image = Image.new("RGB", size, _FLOOR)
    _draw_grid(image, solid.shape, scale)
    _tint(image, surface, _FLOOR_TINT, scale)
    walls = _by_cell(solid * 255, size)
    shadow = ImageChops.offset(walls, round(0.3 * scale), round(0.45 * scale)).filter(
        ImageFilter.GaussianBlur(0.45 * scale)
    )
    image.paste((10, 12, 16), None, shadow.point(lambda value: int(value * 0.62)))
    block = Image.new("RGB", size, _WALL)
    _tint(block, surface, _WALL_TINT, 0.0)
    rim = 2 * max(1, round(0.07 * scale)) + 1
    edge = ImageChops.subtract(walls, walls.filter(ImageFilter.MinFilter(rim)))
    block.paste(_WALL_EDGE, None, edge.point(lambda value: int(value * 0.8)))
    image.paste(block, None, walls)
    image.paste(BACKGROUND, None, _by_cell(_buried(solid) * 255, size))
    return image


def _buried(solid: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Solid cells with only solid ones around them."""
    rows, columns = solid.shape
    around = np.pad(solid, 1, constant_values=1)
    shifted = [around[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.minimum.reduce(shifted)


def _draw_grid(image: Image.Image, shape: tuple[int, ...], scale: float) -> None:
    pencil, thick = ImageDraw.Draw(image), max(1, round(0.05 * scale))
    for column in range(1, shape[1]):
        pencil.line([column * CELL * scale, 0, column * CELL * scale, image.height], fill=_GRID_LINE, width=thick)
    for row in range(1, shape[0]):
        y = image.height - row * CELL * scale
        pencil.line([0, y, image.width, y], fill=_GRID_LINE, width=thick)


def _tint(image: Image.Image, surface: NDArray[np.uint8], share: float, blur: float) -> None:
    """Blend the teams' colours over their cells, `share` of them, with edges soft over `blur` pixels."""
    for team, ink in enumerate(TEAM_INK):
        mask = _by_cell((surface == team + 1).astype(np.uint8) * round(255 * share), image.size)
        image.paste(ink, None, mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask)


def _land(maps: Maps, k: int, size: tuple[int, int], scale: float) -> Image.Image:
    """Ground coloured by its height and lit from the north-west, with contours, bases, trees and rocks."""
    solid, surface = _map_grid(maps, k)
    rows, columns = solid.shape
    nodes = maps.heights[k].reshape(-1, maps.height_columns)[: 2 * rows + 1, : 2 * columns + 1]
    ground = np.asarray(Image.fromarray(np.ascontiguousarray(nodes[::-1])).resize(size, Image.Resampling.BICUBIC))
    image = Image.fromarray(_coloured(ground, scale))
    _tint(image, surface, _FLOOR_TINT, scale)
    beyond = _by_cell(solid * 170, size).filter(ImageFilter.GaussianBlur(0.6 * scale))
    image.paste(BACKGROUND, None, beyond)
    _draw_obstacles(image, maps, k, rows * CELL, scale)
    return image


def _coloured(ground: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    """`[height, width, 3]` colours of heights `[height, width]` in metres, `scale` pixels a metre."""
    low, high = float(ground.min()), float(ground.max())
    share = (ground - low) / max(high - low, 1.0)
    stops = np.array([_LOW, _MIDDLE, _HIGH], np.float32)
    colour = np.stack([np.interp(share, (0.0, 0.5, 1.0), stops[:, channel]) for channel in range(3)], axis=-1)
    down, right = np.gradient(ground, 1.0 / scale)
    light = np.clip(1.0 + 0.45 * (right + down) / np.sqrt(1.0 + right**2 + down**2), 0.5, 1.4)
    steep = np.maximum(np.hypot(right, down) / scale, 1e-6)  # metres up a pixel
    off = np.abs(np.mod(ground / _CONTOUR + 0.5, 1.0) - 0.5) * _CONTOUR / steep  # pixels from the nearest contour
    line = 0.16 * np.clip(1.0 + 0.06 * scale - off, 0.0, 1.0)
    return np.clip(colour * light[..., None] * (1.0 - line[..., None]), 0, 255).astype(np.uint8)


def _draw_obstacles(image: Image.Image, maps: Maps, k: int, height: float, scale: float) -> None:
    pencil = ImageDraw.Draw(image, "RGBA")
    found = [(*maps.obstacles[k, o, :3], maps.kinds[k, o] == ROCK) for o in range(int(maps.n_obstacles[k]))]
    drawn = [
        ((x * scale, (height - y) * scale), (r if rock else max(r, _CROWN)) * scale, rock) for x, y, r, rock in found
    ]
    for (x, y), radius, _ in drawn:
        _disc(pencil, (x + 0.35 * radius, y + 0.4 * radius), radius, (0, 0, 0, 70))
    for (x, y), radius, rock in drawn:
        _disc(pencil, (x, y), radius, _STONE if rock else _TREE)
        _disc(pencil, (x - 0.2 * radius, y - 0.25 * radius), 0.62 * radius, _STONE_TOP if rock else _TREE_TOP)


def _draw_stand(drawn: Plan, at: Point, team: int) -> None:
    pencil, unit = ImageDraw.Draw(drawn.image, "RGBA"), drawn.unit
    _disc(pencil, at, 1.9 * unit, (*TEAM_INK[team], 70))
    ring = [at[0] - 1.9 * unit, at[1] - 1.9 * unit, at[0] + 1.9 * unit, at[1] + 1.9 * unit]
    pencil.ellipse(ring, outline=(*TEAM_INK[team], 235), width=max(1, round(0.24 * unit)))


def _draw_cone(canvas: Plan, at: Point, yaw: int, metres: NDArray[np.float64], ink: Colour) -> None:
    """What a player has in view, up to what bounds it, in three zones that fade with the distance."""
    pencil = ImageDraw.Draw(canvas.image, "RGBA")
    angles = 2.0 * np.pi * (yaw + np.arange(-_EIGHTH, _EIGHTH + 1)) / N_HEADINGS
    for part in (1.0, 0.7, 0.4):
        far = np.minimum(metres, part * _CONE) * canvas.scale
        edge = [_towards(at, float(angle), float(d)) for angle, d in zip(angles, far, strict=True)]
        pencil.polygon([at, *edge], fill=(*ink, 26))


def _draw_flag(canvas: Plan, at: Point, team: int, dropped: bool) -> None:
    """A flag that nobody carries; lying away from home it has a ring, to be seen."""
    unit = canvas.unit
    if dropped:
        pencil = ImageDraw.Draw(canvas.image, "RGBA")
        _disc(pencil, at, 1.5 * unit, (*TEAM_INK[team], 60))
        box = [at[0] - 1.5 * unit, at[1] - 1.5 * unit, at[0] + 1.5 * unit, at[1] + 1.5 * unit]
        pencil.ellipse(box, outline=(*WHITE, 230), width=max(1, round(0.16 * unit)))
    _paint_flag(canvas, (at[0] - 0.45 * unit, at[1] + 0.8 * unit), 2.6 * unit, team)


def _draw_carried(canvas: Plan, at: Point, team: int) -> None:
    unit = canvas.unit
    pencil = ImageDraw.Draw(canvas.image, "RGBA")
    box = [at[0] - 1.55 * unit, at[1] - 1.55 * unit, at[0] + 1.55 * unit, at[1] + 1.55 * unit]
    pencil.ellipse(box, outline=(*TEAM_INK[team], 255), width=max(1, round(0.3 * unit)))
    _paint_flag(canvas, (at[0] + 0.75 * unit, at[1] - 0.5 * unit), 2.5 * unit, team)


def _paint_flag(canvas: Plan, foot: Point, size: float, team: int) -> None:
    pencil = ImageDraw.Draw(canvas.image)
    pole, cloth = flag_shape(foot, size)
    rim = max(1, round(0.13 * size))
    for shape in (pole, cloth):
        pencil.line([*shape, shape[0], shape[1]], fill=(16, 18, 22), width=rim, joint="curve")
    pencil.polygon(pole, fill=(238, 238, 238))
    pencil.polygon(cloth, fill=TEAM_INK[team])


def _draw_beam(canvas: Plan, state: State, match: int, p: int, ink: Colour) -> None:
    pencil = ImageDraw.Draw(canvas.image, "RGBA")
    begin, end = (_at(canvas, *ends[match, p, :2]) for ends in (state.beam_from, state.beam_to))
    strength = min(1.0, int(state.beam[match, p]) / 3)
    for thick, colour, alpha in ((0.75, ink, 110), (0.42, ink, 230), (0.16, WHITE, 255)):
        width = max(1, round(thick * canvas.unit))
        pencil.line([begin, end], fill=(*colour, round(alpha * strength)), width=width)
    _disc(pencil, end, 0.45 * canvas.unit, (*WHITE, round(220 * strength)))


def _draw_player(canvas: Plan, at: Point, yaw: int, ink: Colour, number: str) -> None:
    unit, angle = canvas.unit, 2.0 * np.pi * yaw / N_HEADINGS
    pencil = ImageDraw.Draw(canvas.image)
    for grow, colour in ((0.2, WHITE), (0.0, ink)):
        radius = (1.0 + grow) * unit
        wide = 0.78 + 0.1 * grow
        tip = _towards(at, angle, (1.75 + 1.9 * grow) * unit)
        pencil.polygon([tip, _towards(at, angle + wide, radius), _towards(at, angle - wide, radius)], fill=colour)
        _disc(pencil, at, radius, colour)
    pencil.text(at, number, fill=WHITE, font=font(max(6, round(1.45 * unit))), anchor="mm", stroke_width=unit / 24)


def _draw_out(canvas: Plan, at: Point) -> None:
    unit, arm = canvas.unit, 0.4 * canvas.unit
    pencil = ImageDraw.Draw(canvas.image, "RGBA")
    _disc(pencil, at, 0.9 * unit, (*_OUT, 150))
    for side in (-1, 1):
        line = [at[0] - arm, at[1] - side * arm, at[0] + arm, at[1] + side * arm]
        pencil.line(line, fill=(30, 32, 38, 230), width=max(1, round(0.24 * unit)))


def _disc(pencil: ImageDraw.ImageDraw, at: Point, radius: float, colour: tuple[int, ...]) -> None:
    pencil.ellipse([at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius], fill=colour)
