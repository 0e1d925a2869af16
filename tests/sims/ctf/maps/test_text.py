"""Maps drawn as text: what they mean, every mistake with its line and column, and the way back."""

from pathlib import Path

import numpy as np
import pytest

from sims.ctf.maps.indoor import indoor
from sims.ctf.maps.outdoor import outdoor
from sims.ctf.maps.text import draw, parse, read_text

TEXT = """\
***********
*r   *    *
* R  *  * *
*         *
* *  *  B *
*    *   b*
***********
"""


def edited(line: int, column: int, character: str) -> str:
    """TEXT with another character (or several, or none) at a place counted from 1."""
    lines = TEXT.splitlines()
    row = lines[line - 1]
    lines[line - 1] = row[: column - 1] + character + row[column:]
    return "\n".join(lines)


def refused(text: str, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        parse(text, "hall")


def test_a_text_map_by_hand() -> None:
    map = parse(TEXT, "hall")
    assert map.name == "hall"
    assert map.family == "indoor"
    assert map.solid.shape == (7, 11)
    assert map.solid[5].tolist() == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]  # the second line: row 0 is the last one
    assert map.stands.tolist() == [[5.0, 9.0], [17.0, 5.0]]
    assert map.spawns.tolist() == [[[3.0, 11.0]], [[19.0, 3.0]]]
    assert map.spawn_headings.tolist() == [[0], [120]]
    assert map.heights.shape == (0, 0)
    assert map.surface[4, 1:4].tolist() == [1, 1, 1]
    assert map.surface[3, 5] == 0
    assert map.surface[5, 0] == 1  # walls that touch red's ground


def test_empty_lines_at_the_end_and_other_line_ends_are_the_same_map() -> None:
    plain = parse(TEXT, "hall")
    for text in (TEXT + "\n\n", TEXT.replace("\n", "\r\n"), TEXT.rstrip()):
        assert all(np.array_equal(a, b) for a, b in zip(parse(text, "hall")[2:], plain[2:], strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_drawing_and_parsing_an_indoor_map_gives_it_back(seed: int) -> None:
    map = indoor(seed)
    again = parse(draw(map), map.name)
    assert again.name == map.name
    assert again.family == map.family
    for a, b in zip(again[2:], map[2:], strict=True):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


def test_parsing_and_drawing_gives_the_text_back() -> None:
    assert draw(parse(TEXT, "hall")) == TEXT


def test_hills_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="draw indoor maps only"):
        draw(outdoor(0))


def test_two_things_in_a_cell_cannot_be_drawn() -> None:
    map = parse(TEXT, "hall")
    with pytest.raises(ValueError, match=r"cell \(4, 2\) of map 'hall' holds two things"):
        draw(map._replace(spawns=map.stands[:, None]))


@pytest.mark.parametrize("character", ["x", "\t", "#", "P"])
def test_unknown_characters_are_refused(character: str) -> None:
    refused(edited(3, 5, character), f"hall, line 3, column 5: {character!r} means nothing: use".replace("\\", "\\\\"))


def test_ragged_lines_are_refused() -> None:
    refused(edited(4, 11, ""), "hall, line 4, column 11: the line ends after 10 characters, but the longest has 11")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_empty_texts_are_refused(text: str) -> None:
    refused(text, "hall draws nothing")


def test_large_texts_are_refused() -> None:
    refused("\n".join(["*" * 41] * 3), "hall has 3 lines of 41 characters: use at most 40")


def test_an_open_rim_is_refused() -> None:
    refused(edited(1, 4, " "), "hall, line 1, column 4: ' ' lies on the rim: put")
    refused(edited(4, 11, " "), "hall, line 4, column 11: ' ' lies on the rim")


def test_missing_and_double_stands_are_refused() -> None:
    refused(edited(3, 3, " "), "hall has no flag stand of red: mark one cell with 'R'")
    refused(edited(5, 9, " "), "hall has no flag stand of blue")
    refused(edited(5, 5, "R"), "hall, line 5, column 5: a second 'R'")


def test_missing_and_too_many_spawn_points_are_refused() -> None:
    refused(edited(2, 2, " "), "hall has no spawn point of red: mark 1 to 8 cells with 'r'")
    refused(edited(6, 10, " "), "hall has no spawn point of blue")
    refused(TEXT.replace("*         *", "*rrrrrrrrr*"), "hall, line 4, column 9: more than 8 'r'")


def test_asymmetry_is_refused_at_its_first_cell() -> None:
    refused(edited(2, 4, "*"), r"hall, line 2, column 4: '\*' must be ' ', the image of ' ' at line 6, column 8")
    refused(edited(2, 3, "r"), "hall, line 2, column 3: 'r' must be ' '")
    refused(edited(6, 9, "b"), "hall, line 2, column 3: ' ' must be 'r', the image of 'b' at line 6, column 9")


def test_unreachable_bases_and_spawn_points_are_refused() -> None:
    refused(TEXT.replace("*         *", "*    *    *"), "map 'hall': no way leads from one base to the other")
    closed = TEXT.replace("*r   *    *", "*r*  *    *").replace("* R  *  * *", "**R  *  * *")
    closed = closed.replace("*    *   b*", "*    *  *b*").replace("* *  *  B *", "* *  *  B**")
    refused(closed, "no way leads from the spawn point at x = 3.0, y = 11.0")


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "hall.ctf.txt"
    path.write_text(TEXT, "utf-8-sig")
    assert read_text(path).name == str(path)
    assert draw(read_text(path)) == TEXT


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no map file .*none.ctf.txt"):
        read_text(tmp_path / "none.ctf.txt")
    (tmp_path / "hall.txt").write_text(TEXT)
    with pytest.raises(ValueError, match=r"name such files \*.ctf.txt"):
        read_text(tmp_path / "hall.txt")
    (tmp_path / "bad.ctf.txt").write_bytes(b"***\xff***")
    with pytest.raises(ValueError, match="isn't UTF-8 text"):
        read_text(tmp_path / "bad.ctf.txt")
