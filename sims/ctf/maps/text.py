"""Flat maps drawn as text, a character a cell, as DeepMind Lab's text levels are."""

from pathlib import Path

import numpy as np

from sims.ctf.maps.check import check
from sims.ctf.maps.layout import MAX_CELLS, MAX_SPAWNS, Map, cell_of, turned_cell
from sims.ctf.maps.teams import Cell, with_teams

ENDING = ".ctf.txt"

WALL, FLOOR = "*", " "
STANDS, SPAWNS = "RB", "rb"
"""Letters of red and blue: flag stands, and spawn points."""

SWAPPED = str.maketrans(STANDS + SPAWNS, STANDS[::-1] + SPAWNS[::-1])
MEANINGS = "'*' wall, ' ' floor, 'R' and 'B' the flag stands, 'r' and 'b' spawn points of red and blue"


def parse(text: str, name: str) -> Map:
    """The map that a text draws.

    Every character is a cell: `*` wall, space floor, `R` and `B` the flag stands, `r` and `b` spawn points of red and
    blue (1 to 8 a team). The first line is the far side, with the largest y. All lines are equally long, the outermost
    characters are walls, and the whole is its own image under the half turn with the teams swapped. Empty lines
    before and behind don't count. Who spawns looks along the shortest way to the other base.

    Args:
        text: the lines.
        name: of the map; messages name it too.

    Raises:
        ValueError: a character means nothing, lines differ in length, the rim is open, a stand is missing or double, a
            team has no spawn point or too many, the map isn't its own image, is too large, or has no way between the
            bases or from a spawn point. The message gives line and column, counted from 1.
    """
    lines = text.strip("\r\n").splitlines()
    _check_characters(lines, name)
    _check_shape(lines, name)
    _check_rim(lines, name)
    _check_letters(lines, name)
    _check_images(lines, name)
    rows = lines[::-1]
    solid = np.array([[character == WALL for character in row] for row in rows], np.uint8)
    map = with_teams(name, "indoor", solid, _cells(rows, "R")[0], _cells(rows, "r"))
    check(map)
    return map


def read_text(path: str | Path) -> Map:
    """The map that the file `path` (`*.ctf.txt`, UTF-8) draws, named after the path; see `parse`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: another ending, not UTF-8, or what `parse` refuses.
    """
    path = Path(path)
    if not path.name.endswith(ENDING):
        raise ValueError(f"{str(path)!r} isn't a map drawn as text: name such files *{ENDING}")
    if not path.is_file():
        raise FileNotFoundError(f"there is no map file {str(path)!r}: expected a text map *{ENDING}")
    try:
        return parse(path.read_text("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise ValueError(f"{str(path)!r} isn't UTF-8 text: save it as plain text with {MEANINGS}") from error


def draw(map: Map) -> str:
    """The text that `parse` turns into this map again.

    Raises:
        ValueError: the map is no flat one, or a stand or spawn point shares a cell with another.
    """
    if map.family != "indoor" or len(map.obstacles):
        raise ValueError(f"map {map.name!r} has hills or obstacles, which text can't show: draw indoor maps only")
    cells = [[WALL if solid else FLOOR for solid in row] for row in map.solid.tolist()]
    for letters, points in ((STANDS, map.stands[:, None]), (SPAWNS, map.spawns)):
        for letter, places in zip(letters, points, strict=True):
            for place in places:
                row, column = cell_of(place)
                if cells[row][column] != FLOOR:
                    raise ValueError(f"cell ({row}, {column}) of map {map.name!r} holds two things: text shows one")
                cells[row][column] = letter
    return "\n".join("".join(row) for row in cells[::-1]) + "\n"


def _at(name: str, line: int, column: int) -> str:
    return f"{name}, line {line + 1}, column {column + 1}"


def _cells(lines: list[str], letter: str) -> list[Cell]:
    return [(i, j) for i, line in enumerate(lines) for j, character in enumerate(line) if character == letter]


def _check_characters(lines: list[str], name: str) -> None:
    for i, line in enumerate(lines):
        for j, character in enumerate(line):
            if character not in WALL + FLOOR + STANDS + SPAWNS:
                raise ValueError(f"{_at(name, i, j)}: {character!r} means nothing: use {MEANINGS}")


def _check_shape(lines: list[str], name: str) -> None:
    if not lines:
        raise ValueError(f"{name} draws nothing: write a rectangle of characters, {MEANINGS}")
    width = max(len(line) for line in lines)
    if max(len(lines), width) > MAX_CELLS:
        raise ValueError(f"{name} has {len(lines)} lines of {width} characters: use at most {MAX_CELLS} of both")
    for i, line in enumerate(lines):
        if len(line) < width:
            raise ValueError(
                f"{_at(name, i, len(line))}: the line ends after {len(line)} characters, but the longest has {width}: "
                "make all lines equally long"
            )


def _check_rim(lines: list[str], name: str) -> None:
    for i, line in enumerate(lines):
        for j, character in enumerate(line):
            outermost = i in (0, len(lines) - 1) or j in (0, len(line) - 1)
            if outermost and character != WALL:
                raise ValueError(f"{_at(name, i, j)}: {character!r} lies on the rim: put '*' all round the map")


def _check_letters(lines: list[str], name: str) -> None:
    for letter, team in zip(STANDS, ("red", "blue"), strict=True):
        found = _cells(lines, letter)
        if not found:
            raise ValueError(f"{name} has no flag stand of {team}: mark one cell with {letter!r}")
        if len(found) > 1:
            raise ValueError(
                f"{_at(name, *found[1])}: a second {letter!r}: {team} has one flag stand, remove the other"
            )
    for letter, team in zip(SPAWNS, ("red", "blue"), strict=True):
        found = _cells(lines, letter)
        if not found:
            raise ValueError(f"{name} has no spawn point of {team}: mark 1 to {MAX_SPAWNS} cells with {letter!r}")
        if len(found) > MAX_SPAWNS:
            raise ValueError(f"{_at(name, *found[MAX_SPAWNS])}: more than {MAX_SPAWNS} {letter!r}: remove some")


def _check_images(lines: list[str], name: str) -> None:
    shape = len(lines), len(lines[0])
    for i, line in enumerate(lines):
        for j, character in enumerate(line):
            row, column = turned_cell((i, j), shape)
            wanted = lines[row][column].translate(SWAPPED)
            if character != wanted:
                raise ValueError(
                    f"{_at(name, i, j)}: {character!r} must be {wanted!r}, the image of {lines[row][column]!r} at line "
                    f"{row + 1}, column {column + 1} under the half turn (or change that one to match)"
                )
