"""ROS maps: hand-made rasters with answers computed by hand, and malformed ones."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sims.pointnav.floors.layout import GRID, Layout, clearance_field
from sims.pointnav.floors.maps import load_map

YAML = {
    "image": "map.pgm",
    "resolution": "1.0",
    "origin": "[10.0, 20.0, 0.0]",
    "negate": "0",
    "occupied_thresh": "0.65",
    "free_thresh": "0.196",
}


def write_raster(folder: Path, pixels: list[list[int]], **changes: str | None) -> Path:
    """A ROS map of an ascii pgm; a keyword replaces a line of the yaml, None leaves it out."""
    rows = "\n".join(" ".join(map(str, row)) for row in pixels)
    (folder / "map.pgm").write_text(f"P2\n# by hand\n{len(pixels[0])} {len(pixels)}\n255\n{rows}\n")
    return write_yaml(folder, **changes)


def write_yaml(folder: Path, **changes: str | None) -> Path:
    lines = {**YAML, **changes}
    path = folder / "map.yaml"
    path.write_text("".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None))
    return path


def at(layout: Layout, field: NDArray, x: float, y: float) -> float:
    """The value at the node nearest to a point of the world; 0 beyond the array."""
    j, i = round((x - layout.origin[0]) / GRID), round((y - layout.origin[1]) / GRID)
    inside = 0 <= i < field.shape[0] and 0 <= j < field.shape[1]
    return float(field[i, j]) if inside else 0.0


def segment_set(layout: Layout) -> set[tuple[float, ...]]:
    return {tuple(round(float(value), 6) for value in row) for row in layout.segments}


def test_the_top_row_of_the_image_lies_at_the_largest_y(tmp_path: Path) -> None:
    layout = load_map(write_raster(tmp_path, [[254, 0, 254], [254, 254, 0]]))
    expected = [[1, 1, 0], [1, 0, 1]]
    got = [[at(layout, layout.floor, 10.5 + column, 20.5 + row) for column in range(3)] for row in range(2)]
    assert got == expected
    assert segment_set(layout) == {
        (10, 20, 12, 20),
        (11, 21, 13, 21),
        (10, 22, 11, 22),
        (12, 22, 13, 22),
        (10, 20, 10, 22),
        (11, 21, 11, 22),
        (12, 20, 12, 22),
        (13, 21, 13, 22),
    }
    assert layout.floor.sum() == 4 * 20 * 20
    assert layout.segments.dtype == np.float64
    assert layout.floor.dtype == np.bool_


def test_nodes_lie_where_the_origin_says(tmp_path: Path) -> None:
    layout = load_map(write_raster(tmp_path, [[0, 254, 254]], resolution="0.1", origin="[-3.0, 7.0, 0.0]"))
    i, j = np.nonzero(layout.floor)
    np.testing.assert_allclose(np.unique(layout.origin[0] + GRID * j), [-2.875, -2.825, -2.775, -2.725])
    np.testing.assert_allclose(np.unique(layout.origin[1] + GRID * i), [7.025, 7.075])
    assert segment_set(layout) == {
        (-2.9, 7, -2.7, 7),
        (-2.9, 7.1, -2.7, 7.1),
        (-2.9, 7, -2.9, 7.1),
        (-2.7, 7, -2.7, 7.1),
    }


def test_clearance_runs_to_the_edge_of_the_free_cells(tmp_path: Path) -> None:
    layout = load_map(write_raster(tmp_path, [[254, 254], [254, 254]]))
    clearance = clearance_field(layout)
    assert at(layout, clearance, 10.325, 21.025) == pytest.approx(0.325, abs=1e-6)
    assert at(layout, clearance, 10.975, 21.025) == pytest.approx(0.975, abs=1e-6)
    assert clearance.max() == pytest.approx(0.975, abs=1e-6)


def test_negate_exchanges_black_and_white(tmp_path: Path) -> None:
    plain = load_map(write_raster(tmp_path, [[254, 0, 100]]))
    for negate in ("1", "true"):
        negated = load_map(write_raster(tmp_path, [[1, 255, 155]], negate=negate))
        np.testing.assert_array_equal(negated.floor, plain.floor)
        np.testing.assert_array_equal(negated.segments, plain.segments)


@pytest.mark.parametrize(
    ("value", "free_thresh", "is_free"),
    [
        (205, "0.196", False),  # (255 - 205) / 255 = 0.19608: map_saver's unknown
        (206, "0.196", True),
        (204, "0.2", False),  # 0.2 is not below 0.2
        (205, "0.2", True),
        (0, "0.65", False),
    ],
)
def test_only_occupancy_below_free_thresh_is_free(tmp_path: Path, value: int, free_thresh: str, is_free: bool) -> None:
    layout = load_map(write_raster(tmp_path, [[255, value]], free_thresh=free_thresh))
    assert at(layout, layout.floor, 11.5, 20.5) == is_free


def test_a_quarter_turn_of_yaw_turns_the_raster_about_its_corner(tmp_path: Path) -> None:
    layout = load_map(write_raster(tmp_path, [[254, 254, 0]], origin=f"[5.0, 6.0, {math.pi / 2}]"))
    i, j = np.nonzero(layout.floor)
    assert layout.origin[0] + GRID * j.min() == pytest.approx(4.025)
    assert layout.origin[0] + GRID * j.max() == pytest.approx(4.975)
    assert layout.origin[1] + GRID * i.min() == pytest.approx(6.025)
    assert layout.origin[1] + GRID * i.max() == pytest.approx(7.975)
    ends = layout.segments.reshape(-1, 2)
    np.testing.assert_allclose([ends.min(axis=0), ends.max(axis=0)], [[4, 6], [5, 8]], atol=1e-12)


def test_any_yaw_keeps_area_walls_and_places(tmp_path: Path) -> None:
    yaw = math.radians(30)
    pixels = [[254, 254, 0, 254], [254, 254, 254, 254]]
    straight = load_map(write_raster(tmp_path, pixels))
    turned = load_map(write_raster(tmp_path, pixels, origin=f"[10.0, 20.0, {yaw}]"))
    assert turned.floor.sum() == pytest.approx(straight.floor.sum(), rel=0.01)

    def lengths(layout: Layout) -> NDArray:
        return np.hypot(*(layout.segments[:, 2:] - layout.segments[:, :2]).T)

    np.testing.assert_allclose(lengths(turned), lengths(straight))
    for u, v, is_floor in [
        (2.5, 1.5, False),
        (2.5, 0.5, True),
        (3.9, 1.9, True),
        (4.1, 0.5, False),
        (0.1, -0.1, False),
    ]:
        x, y = 10 + u * math.cos(yaw) - v * math.sin(yaw), 20 + u * math.sin(yaw) + v * math.cos(yaw)
        assert at(turned, turned.floor, x, y) == is_floor


def test_all_kinds_of_pgm_give_the_same_map(tmp_path: Path) -> None:
    ascii_map = load_map(write_raster(tmp_path, [[254, 0], [205, 254]]))
    (tmp_path / "binary.pgm").write_bytes(b"P5\n# CREATOR: map_saver\n2 2\n255\n" + bytes([254, 0, 205, 254]))
    deep = (np.array([[254, 0], [205, 254]]) * 257).astype(">u2")
    (tmp_path / "deep.pgm").write_bytes(b"P5 2 2 65535\n" + deep.tobytes())
    for name in ("binary.pgm", "deep.pgm"):
        layout = load_map(write_yaml(tmp_path, image=name))
        np.testing.assert_array_equal(layout.floor, ascii_map.floor)
        np.testing.assert_array_equal(layout.segments, ascii_map.segments)


def save_png(folder: Path, pixels: list, mode: str) -> None:
    samples = np.array([pixels], np.uint16 if mode == "I;16" else np.uint8)
    Image.fromarray(samples).save(folder / "map.png")
    with Image.open(folder / "map.png") as image:
        assert image.mode == mode


@pytest.mark.parametrize(
    ("image_mode", "pixels", "map_mode", "expected"),
    [
        ("L", [255, 0, 206, 205], "trinary", [1, 0, 1, 0]),
        ("I;16", [65535, 0, 206 * 257, 205 * 257], "trinary", [1, 0, 1, 0]),
        # Averages 207, 205 and 85.
        ("RGB", [(255, 255, 111), (205, 205, 205), (255, 0, 0)], "trinary", [1, 0, 0]),
        # In trinary mode alpha is averaged in: 255, (3 * 255 + 0) / 4 = 191, (3 * 190 + 255) / 4 = 206.25.
        ("RGBA", [(255,) * 4, (255, 255, 255, 0), (190, 190, 190, 255)], "trinary", [1, 0, 1]),
        ("LA", [(255, 255), (255, 0), (190, 255)], "trinary", [1, 0, 1]),
        # In scale mode any transparency means unknown, and only colours are averaged.
        ("RGBA", [(255,) * 4, (255, 255, 255, 254), (190, 190, 190, 255)], "scale", [1, 0, 0]),
        # In raw mode the value is the occupancy in percent, and beyond 100 unknown.
        ("L", [0, 19, 20, 100, 101, 255], "raw", [1, 1, 0, 0, 0, 0]),
    ],
)
def test_channels_and_modes(tmp_path: Path, image_mode: str, pixels: list, map_mode: str, expected: list[int]) -> None:
    save_png(tmp_path, pixels, image_mode)
    layout = load_map(write_yaml(tmp_path, image="map.png", mode=map_mode))
    assert [at(layout, layout.floor, 10.5 + column, 20.5) for column in range(len(pixels))] == expected


def test_palettes_and_single_bits_are_read_as_colours(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[255, 0, 255]], np.uint8))
    for mode in ("P", "1"):
        picture.convert(mode).save(tmp_path / "map.png")
        layout = load_map(write_yaml(tmp_path, image="map.png"))
        assert [at(layout, layout.floor, 10.5 + column, 20.5) for column in range(3)] == [1, 0, 1]


def test_a_large_empty_raster_is_cropped_to_its_floor(tmp_path: Path) -> None:
    pixels = np.full((3000, 3000), 205, np.uint8)
    pixels[1000, 2000] = 254
    Image.fromarray(pixels).save(tmp_path / "map.png")
    layout = load_map(write_yaml(tmp_path, image="map.png"))
    assert layout.floor.shape == (24, 24)
    assert layout.floor.sum() == 400
    assert segment_set(layout) == {
        (2010, 2019, 2011, 2019),
        (2010, 2020, 2011, 2020),
        (2010, 2019, 2010, 2020),
        (2011, 2019, 2011, 2020),
    }


def test_numbers_that_pyyaml_takes_for_text_are_numbers(tmp_path: Path) -> None:
    layout = load_map(write_raster(tmp_path, [[254, 254]], resolution="1e0", origin="[1e1, 2e1, 0e0]"))
    assert layout.floor.sum() == 800


def test_an_absolute_image_path_and_yml_will_do(tmp_path: Path) -> None:
    path = write_raster(tmp_path, [[254]], image=str(tmp_path / "map.pgm"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    moved = path.rename(folder / "MAP.YML")
    layout = load_map(str(moved))
    assert layout.floor.sum() == 400
    assert layout.name == moved.as_posix()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *[({key: None}, f"expected the key '{key}', got none; add a line such as `{key}: ") for key in YAML],
        ({"image": "none.pgm"}, r"'image': expected an image at .*none\.pgm, got no such file; put it there"),
        ({"image": "3"}, r"'image': expected the image's file name, got 3; write for example `image: map\.pgm`"),
        ({"image": "''"}, "'image': expected the image's file name, got ''"),
        ({"image": "."}, "'image': expected an image at .*, got no such file"),
        ({"resolution": "fine"}, "'resolution': expected a finite number, got 'fine'; write for example"),
        ({"resolution": "true"}, "'resolution': expected a finite number, got True"),
        ({"resolution": "[1]"}, r"'resolution': expected a finite number, got \[1\]"),
        ({"resolution": ".nan"}, "'resolution': expected a finite number, got nan"),
        ({"resolution": "1" + "0" * 400}, "'resolution': expected a finite number, got 1000"),
        ({"resolution": "0"}, "'resolution': expected a positive number of metres a pixel, 0.0001 to 1000, got 0"),
        ({"resolution": "-0.05"}, "'resolution': expected a positive number of metres a pixel.* got -0.05"),
        ({"resolution": "0.001"}, "expected free cells that cover a node .* got 1 cells of 0.001 m"),
        (
            {"resolution": "1000"},
            r"expected at most 40,000,000 nodes of 0.05 m, got 400,160,016 .*check `resolution`",
        ),
        ({"origin": "[0, 0]"}, r"'origin': expected three finite numbers \[x, y, yaw\] within 1e7, got \[0, 0\]"),
        ({"origin": "0"}, "'origin': expected three finite numbers"),
        ({"origin": "[0, .inf, 0]"}, "'origin': expected three finite numbers"),
        ({"origin": "[0, 1e300, 0]"}, "'origin': expected three finite numbers"),
        ({"origin": "[x, y, 0]"}, "'origin': expected three finite numbers"),
        ({"negate": "2"}, "'negate': expected 0 or 1, got 2"),
        ({"negate": "black"}, "'negate': expected 0 or 1, got 'black'"),
        ({"free_thresh": "0.7"}, "expected 0 <= free_thresh <= occupied_thresh <= 1, got free_thresh 0.7 and occupied"),
        ({"free_thresh": "-0.1"}, "expected 0 <= free_thresh"),
        ({"occupied_thresh": "65"}, "expected 0 <= free_thresh"),
        ({"occupied_thresh": ".inf"}, "'occupied_thresh': expected a finite number, got inf"),
        (
            {"mode": "ternary"},
            "'mode': expected one of trinary, scale, raw, got 'ternary'; write for example `mode: tri",
        ),
        ({"mode": "raw", "negate": "1"}, "expected `negate: 0` with `mode: raw`.* invert the image"),
        ({"free_thresh": "0"}, "expected free space, got none: no pixel of .*map.pgm has an occupancy below"),
        ({"origin": "[0, 0"}, r"map\.yaml, line \d+: expected yaml, got: .*; correct it"),
        ({"origin": "2026-99-99"}, "expected yaml, got: .*month"),
    ],
)
def test_a_malformed_yaml_is_named_with_its_cure(tmp_path: Path, changes: dict[str, str | None], message: str) -> None:
    path = write_raster(tmp_path, [[254]], **changes)
    with pytest.raises(ValueError, match=message) as caught:
        load_map(path)
    assert str(caught.value).startswith(path.as_posix())


@pytest.mark.parametrize("text", ["", "# nothing\n", "just text", "[1, 2]"])
def test_a_yaml_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"map\.yaml: expected the keys image, resolution, .* is this a ROS map\?"):
        load_map(path)


def test_yaml_that_nests_too_deep_or_names_python_objects_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    for text in ("[" * 20_000, "image: !!python/object/apply:os.getcwd []"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"map\.yaml.*: expected yaml"):
            load_map(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        b"P5\n20 20\n255\n" + b"\xfe" * 399,
        b"P2\n2 2\n255\n254 254 254",
        b"P2\n2 2\n255\n254 254 254 none",
        b"P5\n0 0\n255\n",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 30,
        b"GIF89a\x01\0\x01\0\0\0\0;",
    ],
)
def test_an_unreadable_image_is_named_with_its_cure(tmp_path: Path, data: bytes) -> None:
    path = write_yaml(tmp_path)
    (tmp_path / "map.pgm").write_bytes(data)
    with pytest.raises(
        ValueError, match=r"map\.yaml: expected a whole pgm, png or bmp .*map\.pgm.*save the image again"
    ):
        load_map(path)


def test_a_truncated_png_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)).save(tmp_path / "map.png")
    whole = (tmp_path / "map.png").read_bytes()
    path = write_yaml(tmp_path, image="map.png")
    for length in range(0, len(whole) - 20, 211):
        (tmp_path / "map.png").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="expected a whole pgm, png or bmp image"):
            load_map(path)


@pytest.mark.parametrize("side", [10_000, 20_000])
def test_an_enormous_image_is_refused_before_it_is_read(tmp_path: Path, side: int) -> None:
    path = write_yaml(tmp_path)
    (tmp_path / "map.pgm").write_bytes(f"P5 {side} {side} 255\n".encode())
    with pytest.raises(ValueError, match=rf"expected an image of at most 89,478,485 pixels, got: .*{side**2}.*crop"):
        load_map(path)
