"""Top-down pictures and films of a floor with a path, a goal and a heading."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sims.core.video import write_video
from sims.pointnav.floors.catalogue import fingerprint, load_layout
from sims.pointnav.floors.layout import GRID

CANVAS = 640
"""Pixels of a picture's sides: the same for every floor, so that a recording may go from one to the next."""

FILM_FRAMES = 400

FLOOR, OUTSIDE, WALL = (255, 255, 255), (222, 224, 228), (40, 44, 52)
PATH, GOAL, START, AGENT = (31, 119, 180), (214, 39, 40), (44, 160, 44), (255, 127, 14)


class Plan(NamedTuple):
    """A floor drawn once: `image`, and what takes world coordinates to its pixels."""

    image: Image.Image
    left: float
    top: float
    pixels_per_metre: float


def plan(name: str) -> Plan:
    """The picture of a layout's floor and walls, in the middle of a square of CANVAS pixels."""
    return _plan(name, fingerprint(name))


@lru_cache(maxsize=32)
def _plan(name: str, _fingerprint: str) -> Plan:
    layout = load_layout(name)
    n_y, n_x = layout.floor.shape
    scale = CANVAS / (max(n_x, n_y) * GRID)
    size = (max(1, round(n_x * GRID * scale)), max(1, round(n_y * GRID * scale)))
    margin = ((CANVAS - size[0]) // 2, (CANVAS - size[1]) // 2)
    colours = np.array([OUTSIDE, FLOOR], np.uint8)[layout.floor[::-1].astype(np.intp)]
    image = Image.new("RGB", (CANVAS, CANVAS), OUTSIDE)
    image.paste(Image.fromarray(colours).resize(size, Image.Resampling.BOX), margin)
    left = layout.origin[0] - GRID / 2 - margin[0] / scale
    top = layout.origin[1] + (n_y - 0.5) * GRID + margin[1] / scale
    drawn = Plan(image, left, top, scale)
    pencil = ImageDraw.Draw(image)
    width = max(1, round(0.06 * scale))
    for x0, y0, x1, y1 in layout.segments:
        pencil.line([*_pixel(drawn, x0, y0), *_pixel(drawn, x1, y1)], fill=WALL, width=width)
    return drawn


def frame(
    name: str, trail: Sequence[tuple[float, float]], goal: tuple[float, float], heading: float
) -> NDArray[np.uint8]:
    """The floor of layout `name` with the path walked so far, its start, the goal and the agent.

    Args:
        name: the layout's name. trail: world positions so far, metres. goal: world position. heading: radians,
            counter-clockwise from the world's x axis.

    Returns:
        `[640, 640, 3]` uint8, the y axis up.
    """
    drawn = plan(name)
    image = drawn.image.copy()
    pencil = ImageDraw.Draw(image)
    points = [_pixel(drawn, x, y) for x, y in trail]
    if len(points) > 1:
        pencil.line(points, fill=PATH, width=3, joint="curve")
    _disc(pencil, _pixel(drawn, *goal), 7, GOAL)
    _disc(pencil, points[0], 5, START)
    x, y = points[-1]
    tip = (x + 16 * np.cos(heading), y - 16 * np.sin(heading))
    _disc(pencil, (x, y), max(5.0, 0.1 * drawn.pixels_per_metre), AGENT)
    pencil.line([(x, y), tip], fill=AGENT, width=3)
    return np.array(image)


def film(
    path: Path, name: str, poses: NDArray[np.float64], goal: tuple[float, float], n_frames: int = FILM_FRAMES
) -> None:
    """Write a video of a walk through the layout `name`.

    Args:
        path: the MP4 file. poses: `[time, 3]` world x, y in metres and heading in radians. goal: world position.
        n_frames: at most as many frames; a longer walk is shown faster.
    """
    moments = np.unique(np.linspace(1, len(poses), min(n_frames, len(poses))).astype(int))
    points = [(float(x), float(y)) for x, y, _ in poses]
    write_video(path, [frame(name, points[:k], goal, float(poses[k - 1, 2])) for k in moments])


def _pixel(drawn: Plan, x: float, y: float) -> tuple[float, float]:
    return (x - drawn.left) * drawn.pixels_per_metre, (drawn.top - y) * drawn.pixels_per_metre


def _disc(
    pencil: ImageDraw.ImageDraw, centre: tuple[float, float], radius: float, colour: tuple[int, int, int]
) -> None:
    x, y = centre
    pencil.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
