"""Videos of matches: what is in a frame, and what `umwelt watch` writes and refuses."""

import json

import numpy as np
import pytest

from sims.ctf.events import Event
from sims.ctf.film import watch
from sims.ctf.film.broadcast import clock, layout, lines_of
from sims.ctf.film.draw import TEAM_INK, look, top_down
from sims.ctf.film.watch import WatchSettings, film, play_bots, run
from sims.ctf.matches import read_match, verify
from sims.ctf.state import CAPTURED, DROPPED, EVENTS, TAGGED_CARRIER
from tests.sims.ctf.arena import arena
from tests.sims.films import film_of

SMALL = {"width": 480, "height": 270}


def words(line):
    return "".join(word for word, _ in line.words)


@pytest.mark.kernels
def test_looking_stops_at_walls():
    maps, state, *_ = arena()
    state.x[0, 0], state.y[0, 0], state.yaw[0, 0] = 4.0, 10.0, 120
    metres = np.zeros(61)
    look(maps, state, 0, 0, 50.0, metres)
    assert metres[30] == pytest.approx(2.0)  # west, to the rim
    assert metres[0] == pytest.approx(np.hypot(2.0, 2.0))  # 45 degrees to its right: north-west
    look(maps, state, 0, 0, 1.5, metres)
    assert metres.max() == 1.5


@pytest.mark.parametrize("maps", ["indoor:7", "outdoor:7"])
def test_maps_show_everybody_where_they_are(maps):
    match = play_bots(WatchSettings(bots=("5", "4"), map=maps, seconds=2, seed=1))
    for env in watch.replay(match):
        last = env
    picture = top_down(last.maps, last.state, 0, 256)
    assert picture.shape == (256, 256, 3)
    rows, columns = last.maps.shape[0]
    scale = 256 / (2.0 * max(rows, columns))
    left, top = (256 - 2.0 * columns * scale) / 2, (256 - 2.0 * rows * scale) / 2
    for p in range(4):
        x = int(left + last.state.x[0, p] * scale)
        y = int(256 - top - last.state.y[0, p] * scale)  # north is up
        around = picture[y - 6 : y + 7, x - 6 : x + 7].reshape(-1, 3).astype(int)
        assert np.abs(around - TEAM_INK[p >= 2]).sum(axis=1).min() < 30


def test_drawing_changes_nothing():
    maps, state, *_ = arena()
    state.flag[0, 0], state.flag[0, 1], state.carrier[0, 1] = DROPPED, 1, 0
    state.respawn[0, 3], state.beam[0, 1] = 5, 2
    before = [array.copy() for array in state]
    first, second = top_down(maps, state, 0, 64), top_down(maps, state, 0, 64)
    np.testing.assert_array_equal(first, second)
    assert all(np.array_equal(a, b) for a, b in zip(before, state, strict=True))


def test_feed_lines_say_who_did_what_to_whom():
    _, state, *_ = arena()
    state.beam_to[0, 1] = 4.0, 4.0, 1.0
    events = [
        Event(15, 0, CAPTURED, 0.0, 0.0, 0.0),
        Event(15, 1, TAGGED_CARRIER, 0.0, 0.0, 0.0),
        Event(15, 2, EVENTS.index("tagged_with_flag"), 9.0, 9.0, 0.0),
        Event(15, 3, EVENTS.index("tagged_with_flag"), 4.0, 4.5, 0.0),
        Event(15, 3, EVENTS.index("opponent_captured"), 4.0, 4.5, 0.0),
    ]
    lines = lines_of(events, state, 0)
    said = ["red 1 captured the blue flag", "red 2 tagged blue 2, who had the red flag"]
    assert [words(line) for line in lines] == said
    assert [line.capture for line in lines] == [True, False]
    assert lines[1].words[2][1] == TEAM_INK[1]


def test_clocks():
    assert [clock(steps) for steps in (4500, 4499, 15 * 61, 14, 0)] == ["5:00", "4:59", "1:01", "0:00", "0:00"]


@pytest.mark.parametrize("team_size", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(480, 270), (1280, 720), (1920, 1080), (1000, 800)])
@pytest.mark.parametrize("aspect", [0.4, 1.0, 2.5])
def test_nothing_overlaps_or_sticks_out(team_size, size, aspect):
    places = layout(*size, team_size, aspect)
    boxes = [places.header, places.map, places.feed, *places.views, *places.plates]
    covered = np.zeros((size[1], size[0]), int)
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= size[0]
        assert 0 <= top < bottom <= size[1]
        covered[top:bottom, left:right] += 1
    assert covered.max() == 1
    assert len({(right - left, bottom - top) for left, top, right, bottom in places.views}) == 1


def test_bots_play_and_are_filmed(tmp_path, capsys):
    out = tmp_path / "duel.mp4"
    run(WatchSettings(bots=("5", "runner"), map="indoor:7", seed=3, seconds=2, out=out, json=True, **SMALL))
    document = json.loads(capsys.readouterr().out)
    assert document["match"] == str(tmp_path / "duel.match.parquet")
    assert document["players"] == [5, 5, "runner", "runner"]
    assert (document["steps"], document["frames"], document["seconds"]) == (30, 60, 4.0)  # 2 s of it the result
    seen = film_of(out, 480, 270)
    assert seen.shape == (60, 270, 480, 3)
    assert seen.std(axis=(1, 2, 3)).min() > 20
    verify(read_match(tmp_path / "duel.match.parquet"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["duel.match.parquet", "duel.mp4"]


def test_match_files_are_filmed_for_as_long_as_asked(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    match = play_bots(WatchSettings(bots=("2", "2"), team_size=1, map="indoor:1", seconds=2))
    watch.write_match(tmp_path / "one.match.parquet", match)
    run(WatchSettings(match=tmp_path / "one.match.parquet", seconds=1, **SMALL))
    assert len(film_of(tmp_path / "one.mp4", 480, 270)) == 15
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "one.mp4: indoor:1, 30 steps" in captured.err


@pytest.mark.parametrize("team_size", [3, 4])
def test_larger_teams_are_filmed(tmp_path, team_size):
    match = play_bots(WatchSettings(bots=("3", "3"), map="outdoor:1", team_size=team_size, seconds=0.2))
    video = film(match, tmp_path / "film.mp4", **SMALL)
    assert video.frames == 3 + 30


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({}, ValueError, "name a match file to watch, or who is to play"),
        ({"match": "no.match.parquet"}, FileNotFoundError, "there is no match file"),
        ({"match": "no.match.parquet", "seed": 3}, ValueError, "--seed is for bots"),
        ({"bots": ("5", "6")}, ValueError, "a level 1 to 5 or one of random"),
        ({"bots": ("5", "3"), "map": "indoor:0-4"}, ValueError, "names 4 maps: choose one"),
        ({"bots": ("5", "3"), "map": "castle:0"}, ValueError, "unknown map family"),
        ({"bots": ("5", "3"), "team_size": 5}, ValueError, "--team-size must be 1 to 4"),
        ({"bots": ("5", "3"), "seconds": 0}, ValueError, "--seconds must be a positive number"),
        ({"bots": ("5", "3"), "width": 481}, ValueError, "choose e.g. 1280 x 720"),
        ({"bots": ("5", "3"), "out": "film.avi"}, ValueError, r"must end in \.mp4"),
        ({"bots": ("5", "3"), "out": "nowhere/film.mp4"}, FileNotFoundError, "there is no folder nowhere"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(tmp_path, monkeypatch, settings, error, message):
    monkeypatch.chdir(tmp_path)
    paths = {name: tmp_path.__class__(settings[name]) for name in ("match", "out") if name in settings}
    with pytest.raises(error, match=message):
        run(WatchSettings(**{**settings, **paths}))
    assert list(tmp_path.iterdir()) == []


def test_a_match_that_plays_otherwise_is_not_filmed(tmp_path):
    match = play_bots(WatchSettings(bots=("3", "3"), seconds=1))
    watch.write_match(tmp_path / "one.match.parquet", match._replace(score=(7, 0)))
    with pytest.raises(ValueError, match="ends otherwise"):
        run(WatchSettings(match=tmp_path / "one.match.parquet", out=tmp_path / "one.mp4", **SMALL))
    assert not (tmp_path / "one.mp4").exists()
