"""Makes geodesic.json: distances by scikit-fmm and exact ones by extremitypathfinder, for `geodesic_cases.ROOMS`.

Not a dependency of the project (scikit-fmm ships no wheel, extremitypathfinder wants NumPy 1). To run it again:
    python -m venv v && v/bin/pip install scikit-fmm==2025.6.23 extremitypathfinder==2.7.2 -e .
    v/bin/python tests/sims/pointnav/answers/make_geodesic_answers.py
"""

import json
import sys
from pathlib import Path

import numpy as np
import skfmm
from extremitypathfinder import PolygonEnvironment

sys.path.insert(0, str(Path(__file__).parents[4]))
from sims.pointnav.floors.layout import GRID, Layout, clearance_field
from tests.sims.pointnav.geodesic_cases import RADIUS, ROOMS, walls

N_PAIRS = 40
ARC = 24


def inflated(box: tuple[float, ...]) -> list[tuple[float, float]]:
    """The box grown by the disc's radius, its round corners as polygons around the arcs."""
    x0, y0, x1, y1 = box
    reach = RADIUS / np.cos(np.pi / (4 * ARC))
    corners = [(x1, y1, 0), (x0, y1, 1), (x0, y0, 2), (x1, y0, 3)]
    angles = (np.arange(ARC) + 0.5) * (np.pi / 2 / ARC)
    return [
        (cx + reach * np.cos(quarter * np.pi / 2 + a), cy + reach * np.sin(quarter * np.pi / 2 + a))
        for cx, cy, quarter in corners
        for a in angles
    ]


def exact(room: str, pairs: np.ndarray) -> list[float]:
    (width, height), boxes = ROOMS[room]
    r = RADIUS
    env = PolygonEnvironment()
    outline = [(r, r), (width - r, r), (width - r, height - r), (r, height - r)]
    env.store(outline, [inflated(box)[::-1] for box in boxes], validate=False)
    env.prepare()
    return [float(env.find_shortest_path(tuple(a), tuple(b))[1]) for a, b in pairs]


def marched(room: str, goal: np.ndarray, points: np.ndarray) -> list[float]:
    """scikit-fmm's second-order distances on our nodes, at the nodes nearest to `points`."""
    (width, height), _ = ROOMS[room]
    shape = (round(height / GRID) + 1, round(width / GRID) + 1)
    clearance = clearance_field(Layout(room, walls(room), (0.0, 0.0), np.ones(shape, bool)))
    y, x = np.mgrid[: shape[0], : shape[1]] * GRID
    straight = np.hypot(x - goal[0], y - goal[1])
    start = 0.2
    field = skfmm.distance(np.ma.MaskedArray(straight - start, clearance < RADIUS), dx=GRID, order=2) + start
    rows, columns = np.rint(points[:, ::-1] / GRID).astype(int).T
    return [float(value) for value in field[rows, columns]]


def main() -> None:
    answers = {}
    for room, ((width, height), boxes) in ROOMS.items():
        rng = np.random.default_rng(0)
        points = []
        while len(points) < 2 * N_PAIRS:
            x, y = np.round(rng.uniform(0.3, (width - 0.3, height - 0.3)) / GRID) * GRID
            if all(not (b[0] - 0.3 < x < b[2] + 0.3 and b[1] - 0.3 < y < b[3] + 0.3) for b in boxes):
                points.append((round(float(x), 2), round(float(y), 2)))
        pairs = np.array(points).reshape(N_PAIRS, 2, 2)
        goal = pairs[0, 1]
        answers[room] = {
            "pairs": pairs.tolist(),
            "exact": exact(room, pairs),
            "goal": goal.tolist(),
            "scikit-fmm from goal": marched(room, goal, pairs[:, 0]),
        }
    Path(__file__).with_name("geodesic.json").write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
