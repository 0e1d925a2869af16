"""Floors whose geodesics are known from elsewhere: shared by the tests and by the script that stored the answers."""

import numpy as np

RADIUS = 0.1
ROOMS = {
    # Width and height of a room with its corner at the origin, and boxes (x0, y0, x1, y1) standing free in it.
    "boxes": ((8.0, 6.0), [(1.5, 1.0, 2.5, 4.5), (3.6, 0.4, 4.1, 3.0), (5.0, 2.0, 7.2, 2.6), (3.4, 4.0, 5.2, 5.2)]),
    "thin walls": (
        (10.0, 7.0),
        [(2.0, 0.3, 2.05, 6.6), (4.0, 0.35, 4.05, 5.0), (6.0, 2.0, 6.05, 6.7), (8.0, 0.5, 8.05, 6.0)],
    ),
    "one pillar": ((5.0, 5.0), [(2.0, 2.0, 3.0, 3.0)]),
}


def walls(room: str) -> np.ndarray:
    """Segments `[n, 4]` of the room's outline and its boxes, in metres."""
    (width, height), boxes = ROOMS[room]
    return np.array([side for box in [(0.0, 0.0, width, height), *boxes] for side in sides(*box)])


def sides(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float, float, float]]:
    return [(x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0)]
