"""Every reason to refuse a map, each with its cure."""

import numpy as np
import pytest

from sims.ctf.maps.check import check, clearance
from sims.ctf.maps.indoor import indoor
from sims.ctf.maps.layout import HALF_TURN, Map, cell_of, centre_of, image, slopes, turned_cell
from sims.ctf.maps.outdoor import outdoor
from sims.ctf.state import N_HEADINGS


@pytest.fixture(scope="module")
def flat() -> Map:
    return indoor(0)


@pytest.fixture(scope="module")
def hilly() -> Map:
    return outdoor(0)


def changed(array: np.ndarray, at: object, value: float) -> np.ndarray:
    array = array.copy()
    array[at] = value
    return array


def refused(map: Map, match: str) -> None:
    with pytest.raises(ValueError, match=match) as refusal:
        check(map)
    assert repr(map.name) in str(refusal.value)


def test_good_maps_pass(flat: Map, hilly: Map) -> None:
    check(flat)
    check(hilly)


def test_maps_too_large_or_too_small_are_refused(flat: Map) -> None:
    refused(flat._replace(solid=np.ones((41, 20), np.uint8)), "41 by 20 cells: make both sides 3 to 40")
    refused(flat._replace(solid=np.ones((2, 20), np.uint8)), "make both sides")


@pytest.mark.parametrize("n", [0, 9])
def test_no_spawn_points_or_too_many_are_refused(flat: Map, n: int) -> None:
    refused(
        flat._replace(spawns=np.ones((2, n, 2)), spawn_headings=np.zeros((2, n), np.int32)),
        f"{n} spawn points a team: give each team 1 to 8",
    )


def test_too_many_obstacles_are_refused(hilly: Map) -> None:
    many = np.tile(hilly.obstacles[:1], (129, 1))
    refused(hilly._replace(obstacles=many, kinds=np.zeros(129, np.uint8)), "129 obstacles: place at most 128")


@pytest.mark.parametrize("field", ["surface", "heights", "obstacles", "kinds", "stands", "spawn_headings"])
def test_arrays_that_do_not_fit_are_refused(hilly: Map, field: str) -> None:
    short = getattr(hilly, field)[1:] if field != "obstacles" else hilly.obstacles[:, :3]
    refused(hilly._replace(**{field: short}), f"`{field}` has shape .*: its shape must be")


def test_heights_on_an_indoor_map_are_refused(flat: Map) -> None:
    rows, columns = flat.solid.shape
    refused(flat._replace(heights=np.zeros((2 * rows + 1, 2 * columns + 1), np.float32)), r"must be \(0, 0\)")


def test_an_open_rim_is_refused(flat: Map) -> None:
    refused(flat._replace(solid=changed(flat.solid, (0, 3), 0)), r"cell \(0, 3\) of the rim is open")


@pytest.mark.parametrize("field", ["solid", "surface", "heights"])
def test_grids_that_are_not_their_own_image_are_refused(hilly: Map, field: str) -> None:
    grid = getattr(hilly, field)
    value = np.nextafter(grid[5, 7], np.float32(99)) if field == "heights" else (grid[5, 7] + 1) % 2
    refused(hilly._replace(**{field: changed(grid, (5, 7), value)}), rf"`{field}` isn't its own image .* at \[5, 7\]")


def test_teams_that_are_not_swapped_are_refused(flat: Map) -> None:
    refused(flat._replace(surface=(flat.surface > 0).astype(np.uint8)), "with 1 and 2 swapped")
    refused(flat._replace(surface=changed(flat.surface, (0, 0), 3)), "`surface` holds 3")


@pytest.mark.parametrize("field", ["stands", "spawns"])
def test_points_that_are_not_images_are_refused(flat: Map, field: str) -> None:
    points = getattr(flat, field)
    moved = changed(points, (0,) * points.ndim, np.nextafter(points.flat[0], 99.0))
    refused(flat._replace(**{field: moved}), f"blue's `{field}` aren't the images of red's")


def test_headings_that_are_not_turned_are_refused(flat: Map) -> None:
    refused(flat._replace(spawn_headings=flat.spawn_headings + 240), "must be red's plus 120, modulo 240")
    refused(flat._replace(spawn_headings=flat.spawn_headings * 0), "must be red's plus 120")


def test_obstacles_without_an_image_or_a_body_are_refused(hilly: Map) -> None:
    x = np.nextafter(hilly.obstacles[0, 0], 99.0)
    refused(hilly._replace(obstacles=changed(hilly.obstacles, (0, 0), x)), "give each a twin at width - x")
    refused(hilly._replace(kinds=changed(hilly.kinds, 0, 1 - hilly.kinds[0])), "give each a twin")
    refused(hilly._replace(obstacles=changed(hilly.obstacles, np.s_[:, 3], 0.0)), "no radius or height")


def test_the_order_of_obstacles_does_not_matter(hilly: Map) -> None:
    check(hilly._replace(obstacles=hilly.obstacles[::-1], kinds=hilly.kinds[::-1]))


def moved(map: Map, field: str, point: tuple[float, float]) -> Map:
    points = getattr(map, field).copy()
    red = points[0] if field == "stands" else points[0, 0]
    red[:] = point
    points[1] = image(points[0], map.solid.shape)
    return map._replace(**{field: points})


@pytest.mark.parametrize(("field", "what"), [("stands", "stand"), ("spawns", "spawn point")])
def test_stands_and_spawn_points_need_room(flat: Map, hilly: Map, field: str, what: str) -> None:
    refused(moved(flat, field, (1.0, 1.0)), f"the {what} at x = 1.0, y = 1.0 is nearer than 0.4 m")
    refused(moved(flat, field, (-9.0, 1.0)), f"the {what} at x = -9.0")
    row, column = np.argwhere((flat.solid == 1)[1:-1, :-2] & (flat.solid == 0)[1:-1, 1:-1])[0]
    x, y = centre_of((row + 1, column + 1))
    refused(moved(flat, field, (x - 1.0 + 0.375, y)), f"the {what} at .* move it")
    obstacle = hilly.obstacles[0]
    refused(moved(hilly, field, (obstacle[0] + obstacle[2] + 0.375, obstacle[1])), f"the {what} at .* move it")


def test_clearance_by_hand(flat: Map, hilly: Map) -> None:
    solid = np.ones((3, 5), np.uint8)
    solid[1, 1:4] = 0
    corridor = flat._replace(solid=solid)
    assert clearance(corridor, 5.0, 3.0) == 1.0
    assert clearance(corridor, 2.25, 3.0) == 0.25
    assert clearance(corridor, 1.0, 3.0) == 0.0
    x, y, radius, _ = hilly.obstacles[0]
    assert clearance(hilly, x, y) == -radius


def walled(map: Map) -> Map:
    """The map with walls around red's stand and blue's."""
    solid = map.solid.copy()
    row, column = cell_of(map.stands[0])
    solid[row - 1 : row + 2, column - 1 : column + 2] = 1
    solid[row, column] = 0
    return map._replace(solid=solid | solid[::-1, ::-1])


def test_bases_without_a_way_between_them_are_refused(flat: Map) -> None:
    cut = walled(flat)
    inside = np.tile(cut.stands[:, None], (1, cut.spawns.shape[1], 1))
    refused(cut._replace(spawns=inside), "no way leads from one base to the other")


def test_a_spawn_point_without_a_way_is_refused(flat: Map) -> None:
    solid = np.ones((7, 9), np.uint8)
    solid[1:-1, 1:-1] = 0
    solid[1:-1, 4] = 1
    solid[3, 4] = 0
    solid[2, 1:3] = solid[1, 2] = 1
    solid |= solid[::-1, ::-1]
    red = np.array([centre_of((1, 1))])
    stand = np.array(centre_of((3, 1)))
    map = flat._replace(
        solid=solid,
        surface=np.zeros_like(solid),
        stands=np.stack([stand, image(stand, solid.shape)]),
        spawns=np.stack([red, image(red, solid.shape)]),
        spawn_headings=np.array([[0], [120]], np.int32),
    )
    refused(map, "no way leads from the spawn point at x = 3.0, y = 3.0")


def test_steep_ground_is_refused_where_players_go_only(hilly: Map) -> None:
    row, column = (2 * n + 1 for n in cell_of(hilly.stands[0]))
    heights = changed(hilly.heights, (row, column), hilly.heights[row, column] + 2.0)
    heights = changed(heights, (heights.shape[0] - 1 - row, heights.shape[1] - 1 - column), heights[row, column])
    refused(hilly._replace(heights=heights), "flatten it to 0.7 or make the cell solid")
    assert slopes(hilly.heights).max() > 1.0  # the cliffs


def test_slopes_by_hand() -> None:
    heights = np.array([[0.0, 3.0, 3.0], [4.0, 3.0, 3.0]], np.float32)
    assert slopes(heights).tolist() == [[5.0, 0.0]]


def test_images_by_hand() -> None:
    assert image(np.array([[1.0, 3.5]]), (3, 5)).tolist() == [[9.0, 2.5]]
    assert turned_cell((0, 1), (3, 5)) == (2, 3)
    assert cell_of(np.array(centre_of((2, 7)))) == (2, 7)
    assert 2 * HALF_TURN == N_HEADINGS
