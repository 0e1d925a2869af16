"""Names of maps: ranges, single ones, files, lists, and what isn't a name."""

from pathlib import Path

import numpy as np
import pytest

from sims.ctf.maps import catalogue
from sims.ctf.maps.catalogue import load, map_names
from sims.ctf.maps.indoor import indoor
from tests.sims.ctf.maps.test_text import TEXT


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hall.ctf.txt"
    path.write_text(TEXT)
    return path


def test_ranges_single_names_and_files(file: Path) -> None:
    assert map_names("indoor:0-3") == ["indoor:0", "indoor:1", "indoor:2"]
    assert map_names("outdoor:1000000") == ["outdoor:1000000"]
    assert map_names(file) == [str(file)]
    assert map_names(["outdoor:5-7", file, "indoor:7"]) == ["outdoor:5", "outdoor:6", str(file), "indoor:7"]


@pytest.mark.parametrize("name", ["indoor:3", "outdoor:3"])
def test_generated_maps_are_loaded_by_name(name: str) -> None:
    map = load(name)
    assert map.name == name
    assert map.family == name.split(":")[0]


def test_files_are_loaded_by_path(file: Path) -> None:
    assert load(str(file)).name == str(file)


def test_what_is_loaded_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    unfair = indoor(3)._replace(surface=np.ones_like(indoor(3).surface))
    monkeypatch.setitem(catalogue.FAMILIES, "indoor", lambda seed: unfair)
    with pytest.raises(ValueError, match="`surface` isn't its own image"):
        load("indoor:3")


@pytest.mark.parametrize(
    ("maps", "match"),
    [
        ("caves:0-3", "unknown map family 'caves' in 'caves:0-3': expected one of indoor, outdoor"),
        ("indoor:3-3", "the stop is exclusive and must exceed the start"),
        (["indoor:0-3", "indoor:2"], "names 'indoor:2' more than once"),
        ([], "maps= is empty"),
        (7, "must be a string, a path or a list of these, got 7"),
        ("indoor:x", "can't read 'indoor:x': expected family:start-stop"),
    ],
)
def test_names_that_mean_nothing_are_refused(maps: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        map_names(maps)  # type: ignore[arg-type]


def test_missing_files_and_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no map file .*none.ctf.txt"):
        map_names(tmp_path / "none.ctf.txt")
    (tmp_path / "hall.txt").write_text(TEXT)
    with pytest.raises(ValueError, match=r"name such files \*.ctf.txt"):
        map_names(tmp_path / "hall.txt")


def test_a_range_is_not_one_map() -> None:
    with pytest.raises(ValueError, match=r"'indoor:0-3' names 3 maps: load one at a time"):
        load("indoor:0-3")
