"""What holds for every generated floor, whatever its family, and the parts they are made of."""

import hashlib
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from sims.pointnav.floors.floorplan import (
    MARGIN,
    Plan,
    box_polygon,
    layout_of,
    moved,
    piece_outlines,
    round_polygon,
    stamp,
    turn,
)
from sims.pointnav.floors.houses import house, house_plan
from sims.pointnav.floors.layout import GRID, Layout, clearance_field
from sims.pointnav.floors.mazes import maze, maze_plan
from sims.pointnav.floors.offices import office, office_plan
from sims.pointnav.floors.passages import cleared

FAMILIES: dict[str, tuple[Callable[[int], Layout], Callable[[int], Plan]]] = {
    "houses": (house, house_plan),
    "offices": (office, office_plan),
    "mazes": (maze, maze_plan),
}
N_CONNECTED = {"houses": 200, "offices": 12, "mazes": 60}
N_DIFFERENT = {"houses": 500, "offices": 25, "mazes": 500}
ONE_ROOM = [(0.0, 0.0, 4.0, 3.0)]
NO_LINES = np.zeros((0, 4))

families = pytest.mark.parametrize("family", FAMILIES)


def digest(segments: np.ndarray) -> str:
    return hashlib.sha256((np.round(segments, 6) + 0.0).tobytes()).hexdigest()


@cache
def layout(family: str, seed: int) -> Layout:
    return FAMILIES[family][0](seed)


def main_patch(floor: Layout) -> tuple[np.ndarray, float]:
    """The largest patch of nodes with clearance >= 0.1 m, and its share of all such nodes."""
    labels, _ = ndimage.label(clearance_field(floor) >= 0.1)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax(), float(sizes.max() / sizes.sum())


@families
def test_a_seed_gives_the_same_bytes_again(family: str) -> None:
    for seed in (0, 17, 10**30):
        first, again = FAMILIES[family][0](seed), FAMILIES[family][0](seed)
        assert first.name == again.name == f"{family}:{seed}"
        assert first.origin == again.origin
        assert first.segments.tobytes() == again.segments.tobytes()
        assert first.floor.tobytes() == again.floor.tobytes()


@families
def test_no_two_seeds_are_alike(family: str) -> None:
    digests = {digest(layout(family, seed).segments) for seed in range(N_DIFFERENT[family])}
    assert len(digests) == N_DIFFERENT[family]


@families
@pytest.mark.parametrize("seed", [-1, 1.5, "3", True, None])
def test_bad_seeds_are_refused(family: str, seed: object) -> None:
    with pytest.raises(ValueError, match=f"seed of {family} must be an int >= 0"):
        FAMILIES[family][0](seed)  # type: ignore[arg-type]


@families
def test_numpy_seeds_are_ints_too(family: str) -> None:
    assert digest(FAMILIES[family][0](np.int64(5)).segments) == digest(layout(family, 5).segments)  # type: ignore[arg-type]


def assert_connected(family: str, seed: int) -> None:
    floor, plan = FAMILIES[family][0](seed), FAMILIES[family][1](seed)
    reached, share = main_patch(floor)
    assert share >= 0.97, (family, seed, share)
    i, j = np.nonzero(reached)
    nodes = np.stack([floor.origin[0] + GRID * j, floor.origin[1] + GRID * i], axis=1)
    x, y = moved(nodes, np.linalg.inv(plan.frame)).T
    for x0, y0, x1, y1 in plan.rooms:
        assert np.any((x > x0) & (x < x1) & (y > y0) & (y < y1)), (family, seed, (x0, y0, x1, y1))


@families
def test_floors_are_connected_and_every_room_is_reached(family: str) -> None:
    for seed in range(N_CONNECTED[family]):
        assert_connected(family, seed)


@pytest.mark.slow
@families
def test_many_floors_differ_and_are_connected(family: str) -> None:
    digests, n = set(), 150 if family == "offices" else 500
    for seed in range(1_000_000, 1_000_000 + n):
        assert_connected(family, seed)
        digests.add(digest(FAMILIES[family][0](seed).segments))
    assert len(digests) == n


@families
def test_nothing_touches_the_border_of_the_arrays(family: str) -> None:
    for seed in range(30):
        floor = layout(family, seed)
        inner = floor.floor.copy()
        inner[MARGIN:-MARGIN, MARGIN:-MARGIN] = False
        assert not inner.any()
        corner = np.array(floor.origin) + GRID * (np.array(floor.floor.shape[::-1]) - 1)
        points = floor.segments.reshape(-1, 2)
        assert (points.min(axis=0) >= np.array(floor.origin) + GRID).all()
        assert (points.max(axis=0) <= corner - GRID).all()
        assert floor.segments.dtype == np.float64
        assert floor.floor.dtype == np.bool_


@families
def test_a_disc_cannot_leave_the_building(family: str) -> None:
    for seed in range(10):
        floor = layout(family, seed)
        everywhere = floor._replace(floor=np.ones_like(floor.floor))
        labels, _ = ndimage.label(clearance_field(everywhere) >= 0.1)
        reached, _ = main_patch(floor)
        assert labels[0, 0] not in np.unique(labels[reached])


def test_a_room_becomes_its_two_outlines() -> None:
    floor = layout_of("x", Plan(ONE_ROOM, [], [], 0.25, [], NO_LINES, np.eye(2)))
    lengths = np.abs(floor.segments[:, 2:] - floor.segments[:, :2]).sum(axis=1)
    assert sorted(lengths.tolist()) == pytest.approx([3, 3, 3.5, 3.5, 4, 4, 4.5, 4.5])
    assert floor.floor.sum() * GRID**2 == pytest.approx(12.0, rel=0.05)


def test_a_gap_joins_two_rooms_and_without_it_they_are_parted() -> None:
    wall, gap = (1.95, 0.0, 2.05, 3.0), (1.95, 1.0, 2.05, 1.8)
    shut = layout_of("x", Plan(ONE_ROOM, [wall], [], 0.25, [], NO_LINES, np.eye(2)))
    ajar = layout_of("x", Plan(ONE_ROOM, [wall], [gap], 0.25, [], NO_LINES, np.eye(2)))
    assert main_patch(shut)[1] < 0.6
    assert main_patch(ajar)[1] == 1.0


@pytest.mark.parametrize("half_tangent", [0.0, 0.2, -0.7])
@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_segments_and_floor_turn_together(half_tangent: float, mirror: float) -> None:
    frame = moved(np.diag([1.0, mirror]).T, turn(half_tangent)).T
    table = (box_polygon((1.0, 1.0, 2.0, 2.0)),)
    floor = layout_of("x", Plan(ONE_ROOM, [], [], 0.25, [table], NO_LINES, frame))
    assert floor.floor.sum() * GRID**2 == pytest.approx(11.0, rel=0.06)
    for point, expected in (((0.5, 0.5), True), ((1.5, 1.5), False), ((3.9, 2.9), True), ((4.1, 1.0), False)):
        x, y = moved(np.array(point), frame)
        i, j = round((y - floor.origin[1]) / GRID), round((x - floor.origin[0]) / GRID)
        assert floor.floor[i, j] == expected


def test_furniture_that_cuts_off_floor_is_taken_away_and_the_rest_stays() -> None:
    bar, harmless = (box_polygon((1.9, 0.0, 2.1, 2.9)),), (box_polygon((3.0, 1.0, 3.5, 1.5)),)
    plan = Plan(ONE_ROOM, [], [], 0.25, [bar, harmless], NO_LINES, np.eye(2))
    assert main_patch(layout_of("x", plan))[1] < 0.7
    left = cleared(plan)
    assert [piece is harmless for piece in left.pieces] == [True]


def test_a_room_filled_up_is_emptied() -> None:
    rooms = [*ONE_ROOM, (4.0, 0.0, 6.0, 3.0)]
    plan = Plan(rooms, [], [], 0.25, [(box_polygon((4.0, 0.0, 6.0, 3.0)),)], NO_LINES, np.eye(2))
    assert cleared(plan).pieces == []


def test_seams_inside_a_piece_are_not_walls() -> None:
    halves = (box_polygon((0.0, 0.0, 1.0, 1.0)), box_polygon((1.0, 0.0, 2.0, 1.0)))
    assert len(piece_outlines([halves])) == 6
    assert len(piece_outlines([(halves[0],), (halves[1],)])) == 8


def test_stamps_cover_what_lies_within_the_margin() -> None:
    field = np.zeros((80, 80), np.int16)
    stamp(field, round_polygon(2.0, 2.0, 0.5, 16), (0.0, 0.0), 0.2, 1)
    i, j = np.indices(field.shape)
    distance = np.hypot(j * GRID - 2.0, i * GRID - 2.0)
    assert field[distance < 0.68].all()
    assert not field[distance > 0.75].any()
