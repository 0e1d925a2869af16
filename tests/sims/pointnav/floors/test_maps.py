"""Map files: walls sealed where they leak, what all map files have in common, and the real floors of shared/maps."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from sims.pointnav.floors import maps
from sims.pointnav.floors.layout import GRID, Layout, clearance_field
from sims.pointnav.floors.maps import load_map

SHARED = Path(os.environ.get("UMWELT_SHARED_MAPS") or Path(__file__).resolve().parents[5] / "shared" / "maps")

NAVIGABLE = {
    "amrl/AHG1.vectormap.txt": 2315,
    "amrl/AHG2.vectormap.txt": 2171,
    "amrl/AHG_Apartment.vectormap.txt": 590,
    "amrl/ASE1.vectormap.txt": 356,
    "amrl/ASE4.vectormap.txt": 489,
    "amrl/GDC1.vectormap.txt": 1626,
    "amrl/GDC3.vectormap.txt": 2831,
    "amrl/GDC4.vectormap.txt": 2770,
    "amrl/NYU19.vectormap.txt": 1988,
    "bwi/1.yaml": 502,
    "bwi/2.yaml": 1029,
    "bwi/3ne.yaml": 888,
    "bwi/intel.yaml": 1658,
    "lpb/maze/map.yaml": 727,
    "lpb/narrow_graph/map.yaml": 139,
    "lpb/office01add/map.yaml": 153,
    "lpb/office02/map.yaml": 478,
    "lpb/room02/map.yaml": 274,
    "lpb/shopping_mall/map.yaml": 1176,
    "willow/willow-2010-02-18-0.10.yaml": 858,
}
"""Largest piece with 0.1 m clearance in m2, as first measured and looked at in a picture of each map."""

Walls = Sequence[tuple[float, ...]]

ROOM = [(0, 0, 4, 0), (4, 0, 4, 3), (4, 3, 0, 3), (0, 3, 0, 0)]
ROOM_WITH_GAP = [(0, 0, 1.6, 0), (2.4, 0, 4, 0), *ROOM[1:]]


def write_walls(folder: Path, walls: Walls) -> Path:
    path = folder / "plan.vectormap.txt"
    path.write_text("".join(", ".join(map(str, wall)) + "\n" for wall in walls))
    return path


def at(layout: Layout, field: NDArray, x: float, y: float) -> float:
    """The value at the node nearest to a point of the world; 0 beyond the array."""
    j, i = round((x - layout.origin[0]) / GRID), round((y - layout.origin[1]) / GRID)
    inside = 0 <= i < field.shape[0] and 0 <= j < field.shape[1]
    return float(field[i, j]) if inside else 0.0


def main_piece(clearance: NDArray) -> NDArray[np.bool_]:
    """The largest piece in which a disc of 0.1 m can roam."""
    pieces = np.empty(clearance.shape, np.int32)
    ndimage.label(clearance >= 0.1, output=pieces)
    return pieces == np.bincount(pieces.ravel())[1:].argmax() + 1


def leaks(layout: Layout, radius: float = 0.1) -> bool:
    """Whether the walls alone let a disc out of the main piece, to the border of a wider array without a floor."""
    wide = 40
    x, y = layout.origin
    free = np.ones(tuple(n + 2 * wide for n in layout.floor.shape), np.bool_)
    walls = layout._replace(origin=(x - wide * GRID, y - wide * GRID), floor=free)
    pieces = np.empty(free.shape, np.int32)
    ndimage.label(clearance_field(walls) >= radius, output=pieces)
    start = np.argwhere(main_piece(clearance_field(layout)))[0] + wide
    return pieces[tuple(start)] == pieces[0, 0]


def test_a_closed_room_is_its_inside(tmp_path: Path) -> None:
    path = write_walls(tmp_path, ROOM)
    path.write_text("\ufeff# a room\n\n" + path.read_text() + "  # the end\n", encoding="utf-8")
    layout = load_map(path)
    np.testing.assert_array_equal(layout.segments, ROOM)
    assert layout.floor.sum() == 80 * 60
    clearance = clearance_field(layout)
    assert at(layout, clearance, 0.325, 1.525) == pytest.approx(0.325, abs=1e-6)
    assert at(layout, clearance, 2.025, 1.525) == 1.0
    assert not layout.floor[[0, 1, -1, -2]].any()
    assert not layout.floor[:, [0, 1, -1, -2]].any()
    assert not leaks(layout)


def turned(walls: Walls, angle: float) -> Walls:
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return [tuple(row) for row in (np.array(walls).reshape(-1, 2) @ turn).reshape(-1, 4).tolist()]


@pytest.mark.parametrize("angle", [0.0, 0.3, 0.785, 2.0])
def test_a_door_to_the_outdoors_is_sealed(tmp_path: Path, angle: float) -> None:
    walls = turned(ROOM_WITH_GAP, angle)
    layout = load_map(write_walls(tmp_path, walls))
    np.testing.assert_array_equal(layout.segments[:5], walls)
    seals = layout.segments[5:]
    assert len(seals) > 0
    # A disc of 1 m dips 1 - sqrt(1 - 0.4^2) = 0.083 m into the gap of 0.8 m; seals lie there and nowhere else.
    inward = turned([tuple(row) for row in seals.tolist()], -angle)
    along, across = np.array(inward).reshape(-1, 2).T
    assert along.min() > 1.6 - 0.06
    assert along.max() < 2.4 + 0.06
    assert across.min() > -0.08
    assert across.max() < 0.083 + 0.08
    assert leaks(layout._replace(segments=np.array(walls)))
    assert not leaks(layout)
    assert main_piece(clearance_field(layout)).sum() * GRID**2 == pytest.approx(3.8 * 2.8, rel=0.04)


def test_a_gap_wider_than_the_disc_leaks_and_the_error_says_so(tmp_path: Path) -> None:
    path = write_walls(tmp_path, ROOM_WITH_GAP)
    with pytest.raises(ValueError, match=r"a disc of seal_radius 0.3 m rolls in .* pass a larger seal_radius"):
        load_map(path, seal_radius=0.3)
    assert load_map(path, seal_radius=0.5).floor.sum() == pytest.approx(80 * 60, rel=0.05)


def test_a_seal_radius_beyond_the_clearance_cap_seals_wider_gaps(tmp_path: Path) -> None:
    walls = [(0, 0, 5, 0), (7.6, 0, 12, 0), (12, 0, 12, 9), (12, 9, 0, 9), (0, 9, 0, 0)]
    path = write_walls(tmp_path, walls)
    with pytest.raises(ValueError, match="larger seal_radius"):
        load_map(path, seal_radius=1.2)
    layout = load_map(path, seal_radius=1.5)
    assert not leaks(layout)
    # The disc dips 1.5 - sqrt(1.5^2 - 1.3^2) = 0.752 m into the gap of 2.6 m.
    assert not at(layout, layout.floor, 6.3, 0.65)
    assert at(layout, layout.floor, 6.3, 0.85)


def test_corners_outdoors_and_the_insides_of_columns_are_solid(tmp_path: Path) -> None:
    ell = [(0, 0, 6, 0), (6, 0, 6, 3), (6, 3, 3, 3), (3, 3, 3, 6), (3, 6, 0, 6), (0, 6, 0, 0)]
    column = [(1, 1, 1.5, 1), (1.5, 1, 1.5, 1.5), (1.5, 1.5, 1, 1.5), (1, 1.5, 1, 1)]
    layout = load_map(write_walls(tmp_path, ell + column))
    np.testing.assert_array_equal(layout.segments, ell + column)
    for x, y, is_floor in [(3.15, 3.15, False), (1.25, 1.25, False), (2, 2, True), (5.5, 2.5, True), (5, 5, False)]:
        assert at(layout, layout.floor, x, y) == is_floor


def test_the_name_is_the_path_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_walls(tmp_path, ROOM)
    monkeypatch.chdir(tmp_path)
    assert load_map("plan.vectormap.txt").name == "plan.vectormap.txt"


@pytest.mark.parametrize(
    "line",
    ["1, 2, 3", "1, 2, 3, 4, 5", "1, 2, 3,", "a, b, c, d", "1 2 3 4", "1, 2, 3, nan", "inf, 2, 3, 4", "1, 2, 3, 1e300"],
)
def test_a_malformed_wall_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "plan.vectormap.txt"
    path.write_text(f"# walls\n\n0, 0, 4, 0\n{line}\n")
    with pytest.raises(ValueError, match=r"txt, line 4: expected four finite numbers .*; correct the line") as caught:
        load_map(path)
    assert repr(line) in str(caught.value)


def test_points_and_repeated_walls_are_left_out(tmp_path: Path) -> None:
    layout = load_map(write_walls(tmp_path, [(2, 2, 2, 2), *ROOM, ROOM[0], (0, 0, 0, 0)]))
    np.testing.assert_array_equal(layout.segments, ROOM)


@pytest.mark.parametrize("text", ["", "\n \n", "# x0, y0, x1, y1\n", "1, 2, 1, 2\n"])
def test_a_file_without_walls_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.vectormap.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"plan\.vectormap\.txt: expected a wall .* a line, got no wall at all"):
        load_map(path)


def test_walls_that_enclose_nothing_are_refused(tmp_path: Path) -> None:
    path = write_walls(tmp_path, [(0, 0, 9, 0), (0, 0, 0, 9)])
    with pytest.raises(ValueError, match=r"expected walls that enclose floor, .* at most 0\.2 m2 .*larger seal"):
        load_map(path)


@pytest.mark.parametrize(
    ("radius", "cure"), [(0.0, "larger"), (-1.0, "larger"), (2.1, "smaller"), (math.inf, "smaller")]
)
def test_a_seal_radius_out_of_range_is_refused(tmp_path: Path, radius: float, cure: str) -> None:
    path = write_walls(tmp_path, ROOM)
    with pytest.raises(ValueError, match=rf"seal_radius from 0.05 m to .*, 2.00 m, got {radius}; pass a {cure} seal_"):
        load_map(path, seal_radius=radius)
    with pytest.raises(ValueError, match="got nan"):
        load_map(path, seal_radius=math.nan)


def test_a_seal_disc_larger_than_the_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"leaves at most 1\d\.. m2 in one piece, less than itself; .* smaller one"):
        load_map(write_walls(tmp_path, ROOM), seal_radius=1.99)


def test_walls_that_span_a_county_are_refused(tmp_path: Path) -> None:
    path = write_walls(tmp_path, [*ROOM, (9000, 9000, 9001, 9000)])
    with pytest.raises(ValueError, match=r"at most 40,000,000 nodes of 0.05 m, got 32,4.* \(9,005 m x .*stray walls"):
        load_map(path)


def test_a_missing_file_is_file_not_found(tmp_path: Path) -> None:
    for name in ("none.yaml", "none.vectormap.txt"):
        with pytest.raises(FileNotFoundError, match=name):
            load_map(tmp_path / name)


@pytest.mark.parametrize("name", ["map.pgm", "map.txt", "vectormap", "map"])
def test_an_unknown_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=rf"expected a map named \*\.yaml .* got '{name}'; rename the file"):
        load_map(tmp_path / name)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").mkdir()
    with pytest.raises(ValueError, match="expected a map file, got a folder"):
        load_map(tmp_path / "map.yaml")


@pytest.mark.parametrize("name", ["map.yaml", "plan.vectormap.txt"])
def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"# one\n# two\n# caf\xe9\n")
    with pytest.raises(
        ValueError, match=rf"{name}, line 3: expected UTF-8 text, got byte 0xe9; save the file as UTF-8"
    ):
        load_map(tmp_path / name)


def shared_maps() -> list:
    paths = sorted([*SHARED.rglob("*.yaml"), *SHARED.rglob("*.vectormap.txt")])
    if not paths:
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no maps in {SHARED}; set UMWELT_SHARED_MAPS"))]
    return [pytest.param(path, id=path.relative_to(SHARED).as_posix()) for path in paths]


@pytest.mark.parametrize("path", shared_maps())
def test_a_real_floor_is_one_large_closed_space(path: Path) -> None:
    layout = load_map(path, seal_radius=1.5 if path.name.startswith("AHG1.") else 1.0)
    piece = main_piece(clearance_field(layout))
    area = float(piece.sum() * GRID**2)
    expected = NAVIGABLE.get(path.relative_to(SHARED).as_posix())
    assert area > 20
    assert expected is None or area == pytest.approx(expected, rel=0.02)
    assert not piece[[0, -1]].any()
    assert not piece[:, [0, -1]].any()
    assert not leaks(layout)
    assert np.isfinite(layout.segments).all()
    assert layout.floor.size < maps.MAX_NODES
