"""Draws a floor of a Habitat scene from above, with NumPy alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RESOLUTION = 0.05
"""Metres a pixel."""

WALL, FREE = (70, 70, 70), (255, 255, 255)
PATH, GOAL, AGENT = (40, 90, 220), (220, 40, 40), (20, 140, 60)


def draw_map(
    floor: NDArray[np.bool_],
    lower: NDArray[np.float64],
    walked: Sequence[NDArray[np.float64]],
    goal: NDArray[np.float64],
    position: NDArray[np.float64],
    heading: float,
) -> NDArray[np.uint8]:
    """Paint a floor `[rows, columns]` (True where one can stand, row 0 at the smallest z) with path, goal and agent.

    `lower` is the position of the pixel `[0, 0]`, positions are Habitat's in metres, the heading is ours in radians.
    Returns `[rows, columns, 3]` uint8.
    """
    image = np.where(floor[..., None], np.array(FREE, np.uint8), np.array(WALL, np.uint8))
    ahead = position + 0.4 * np.array([np.cos(heading), 0.0, -np.sin(heading)])
    _paint(image, _along(walked) - lower, 1, PATH)
    _paint(image, goal[None] - lower, 4, GOAL)
    _paint(image, position[None] - lower, 4, AGENT)
    _paint(image, _along([position, ahead]) - lower, 1, AGENT)
    return image


def _along(corners: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Points no further apart than a pixel along a line through `corners`, `[n, 3]`."""
    points = np.array(corners)
    lengths = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
    at = np.linspace(0.0, lengths[-1], int(lengths[-1] / RESOLUTION) + 2)
    return np.stack([np.interp(at, lengths, column) for column in points.T], axis=1)


def _paint(image: NDArray[np.uint8], points: NDArray[np.float64], radius: int, colour: tuple[int, int, int]) -> None:
    """Colour every pixel within `radius` pixels of `points`, `[n, 3]` metres from the pixel [0, 0]."""
    offsets = np.mgrid[-radius : radius + 1, -radius : radius + 1].reshape(2, -1).T
    offsets = offsets[(offsets**2).sum(axis=1) <= radius**2]
    centres = np.rint(points[:, [2, 0]] / RESOLUTION).astype(np.int64)
    pixels = (centres[:, None] + offsets).reshape(-1, 2)
    pixels = pixels[((pixels >= 0) & (pixels < image.shape[:2])).all(axis=1)]
    image[pixels[:, 0], pixels[:, 1]] = colour
