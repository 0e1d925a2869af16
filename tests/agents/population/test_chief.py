"""The chief and its file: what it keeps, what it refuses, and what it says of damage and of a full disk."""

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agents.population import chief as chief_module
from agents.population import database
from agents.population.census import after_match, begun, founders, founding_to_json
from agents.population.chief import Chief, found
from agents.population.lineage import canonical
from tests.agents.population.planted import MIDDLE, play, played, quick


@pytest.fixture
def path(tmp_path):
    """The file of a population of six."""
    found(tmp_path / "chief.sqlite", quick(seed=5), founders(6, seed=5))
    return tmp_path / "chief.sqlite"


def said(chief):
    return chief.population, chief.births, chief.reports(), chief.lineage()


def test_what_was_reported_is_there_when_the_file_is_opened_again(path):
    with Chief(path) as chief:
        born = play(chief, 120)
        before = said(chief)
        number = chief.next_match().number
    assert len(born) > 3
    assert chief.births[6:] == tuple(born)
    with Chief(path) as chief:
        assert said(chief) == before
        assert chief.next_match().number == number + 1
        assert chief.founding == quick(seed=5)


def test_closed_it_is_one_file_and_a_lock(path):
    with Chief(path) as chief:
        play(chief, 3)
    assert sorted(p.name for p in path.parent.iterdir()) == [".chief.sqlite.lock", "chief.sqlite"]


def test_what_is_kept_is_what_the_log_gives(path):
    with Chief(path) as chief:
        play(chief, 120)
        population, births = begun(chief.founding, founders(6, seed=5))
        for report in chief.reports():
            population, born = after_match(chief.founding, population, report)
            births += born
        assert (population, births) == (chief.population, chief.births)
        assert canonical(founding_to_json(chief.founding), births) == chief.lineage()


def test_members_play_those_of_their_strength_and_seeds_differ(path):
    with Chief(path) as chief:
        matches = [chief.next_match() for _ in range(50)]
        assert [m.number for m in matches] == list(range(50))
        assert len({m.seed for m in matches}) == 50
        assert all(0 <= m.seed < 2**63 for m in matches)
        assert all(len(set(m.players)) == 4 for m in matches)
        assert {p for m in matches for p in m.players} == {m.individual for m in chief.members}


def test_opponents_from_outside_make_up_one_team(tmp_path):
    path = tmp_path / "chief.sqlite"
    found(path, quick(opponents=("bot-1", "bot-2")), [MIDDLE] * 3)
    with Chief(path) as chief:
        play(chief, 40)
        teams = [t for _ in range(40) for m in [chief.next_match()] for t in (m.players[:2], m.players[2:])]
        theirs = [team for team in teams if isinstance(team[0], str)]
        assert len(theirs) == 40
        assert {name for team in theirs for name in team} == {"bot-1", "bot-2"}
        assert all(team[0] == team[1] for team in teams)  # a member's rating is its own
        assert {team[0] for team in teams if team not in theirs} == {m.individual for m in chief.members}
        assert any(isinstance(team[0], str) for team in teams[::2])
        assert any(isinstance(team[0], str) for team in teams[1::2])
        outsiders = chief.population.outsiders
        assert list(outsiders) == ["bot-1", "bot-2"]
        assert sum(o.games for o in outsiders.values()) == 40
    with Chief(path) as chief:
        assert chief.population.outsiders == outsiders


def test_one_member_plays_itself(tmp_path):
    found(tmp_path / "one.sqlite", quick(), [MIDDLE])
    with Chief(tmp_path / "one.sqlite") as chief:
        play(chief, 30)
        assert [(m.rating, m.games) for m in chief.members] == [(1000.0, 0)]
        assert chief.population.matches == 30


def test_a_report_said_twice_counts_once(path):
    with Chief(path) as chief:
        play(chief, 5)
        before = said(chief)
        for report in chief.reports():
            assert chief.report(report) == ()
        assert said(chief) == before
        with pytest.raises(ValueError, match=r"match 3 was reported as Report.* and now as Report"):
            chief.report(chief.reports()[3]._replace(score=(9, 9)))
        assert said(chief) == before


def test_numbers_of_a_log_from_elsewhere_are_not_given_out_again(path):
    with Chief(path) as chief:
        match = chief.next_match()
        chief.report(played(match._replace(number=41), np.random.default_rng(0)))
        assert chief.next_match().number == 42
    with Chief(path) as chief:
        assert chief.next_match().number == 43


def test_a_report_that_cannot_be_changes_nothing(path):
    with Chief(path) as chief:
        play(chief, 5)
        before = said(chief)
        with pytest.raises(ValueError, match="names 0 players"):
            chief.report(chief.reports()[0]._replace(number=99, players=()))
        assert said(chief) == before


def test_a_second_process_is_refused(path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom agents.population.chief import Chief\n"
        "try:\n    Chief(Path(sys.argv[1]), patience=0.1)\nexcept ValueError as error:\n    print(error)\n"
    )
    with Chief(path) as chief:
        with pytest.raises(ValueError, match="another process works on the population in"):
            Chief(path, patience=0.0)
        heard = subprocess.run(
            [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, cwd=_root()
        ).stdout
        assert heard.startswith(f"another process works on the population in {path}: wait for it, or begin another run")
        play(chief, 1)
    Chief(path, patience=0.0).close()


def _root():
    return Path(__file__).parents[3]


def test_a_population_is_founded_once(path, tmp_path):
    with pytest.raises(FileExistsError, match="exists already: open it to go on"):
        found(path, quick(), [MIDDLE])
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        found(tmp_path / "nowhere" / "chief.sqlite", quick(), [MIDDLE])
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(FileNotFoundError, match=r"no population in .*other\.sqlite: begin a new run"):
        Chief(tmp_path / "other.sqlite")
    assert not (tmp_path / ".other.sqlite.lock").exists()


def test_others_may_read_while_the_chief_writes(path):
    with Chief(path) as chief:
        play(chief, 5)
        reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM matches").fetchone() == (5,)
        play(chief, 5, seed=1)
        assert reader.execute("SELECT count(*) FROM matches").fetchone() == (5,)
        reader.close()


def test_who_holds_the_file_for_writing_is_told_to_let_go(path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with Chief(path) as chief:
        play(chief, 2)
        before = said(chief)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ValueError, match=r"somebody else holds .* close what reads it, then resume"):
            chief.next_match()
        other.execute("ROLLBACK")
        other.close()
        assert said(chief) == before
        play(chief, 1)


def test_a_copy_is_a_whole_population(path, tmp_path):
    with Chief(path) as chief:
        play(chief, 40)
        chief.copy_to(tmp_path / "copy.sqlite")
        before = said(chief)
        play(chief, 5, seed=1)
        with pytest.raises(FileNotFoundError, match="there is no folder"):
            chief.copy_to(tmp_path / "nowhere" / "copy.sqlite")
    assert not list(tmp_path.glob(".tmp-*"))
    with Chief(tmp_path / "copy.sqlite") as chief:
        assert said(chief) == before


@pytest.fixture(scope="module")
def thirty_matches(tmp_path_factory):
    """The bytes of a file in which 30 matches are reported."""
    path = tmp_path_factory.mktemp("whole") / "chief.sqlite"
    found(path, quick(seed=5), founders(6, seed=5))
    with Chief(path) as chief:
        play(chief, 30)
    return path.read_bytes()


CURE = (
    r"is damaged \(.+\): remove it together with chief\.sqlite-wal and chief\.sqlite-shm, put the copy from the run's "
    "newest checkpoint in its place, or begin a new run"
)


def truncate(path, part):
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])


def scribble(path):
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 200] = os.urandom(200)
    path.write_bytes(data)


def sql(statement):
    def change(path):
        with sqlite3.connect(path) as connection:
            connection.execute(statement)
        connection.close()

    return change


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: truncate(path, 0.9999),
        lambda path: truncate(path, 0.9),
        lambda path: truncate(path, 0.5),
        lambda path: truncate(path, 0.01),
        lambda path: truncate(path, 0.0),
        scribble,
        lambda path: path.write_bytes(b"hello" * 10000),
        sql("DROP TABLE births"),
        sql("DELETE FROM run WHERE key = 'founding'"),
        sql("DELETE FROM members WHERE slot = 1"),
        sql("DELETE FROM members"),
        sql("DELETE FROM births WHERE birth = 1"),
        sql("UPDATE births SET hyperparameters = '{\"lr\": 3'"),
        sql("UPDATE births SET hyperparameters = '[3]'"),
        sql("UPDATE members SET birth = 999"),
        sql("UPDATE members SET rating = rating + 1e-9 WHERE slot = 2"),
        sql("UPDATE members SET games = games + 1 WHERE slot = 2"),
        sql("UPDATE births SET hyperparameters = replace(hyperparameters, '\"tau\": 1', '\"tau\": 2')"),
        sql("UPDATE matches SET red = red + 1 WHERE position = 20"),
        sql("UPDATE matches SET players = '[' WHERE position = 20"),
        sql("UPDATE matches SET map = 'outdoor:1' WHERE position = 20"),
        sql("DELETE FROM matches WHERE position = 29"),
        sql("DELETE FROM run WHERE key = 'seal'"),
        sql("UPDATE run SET value = '[]'"),
        sql("UPDATE run SET value = 'null'"),
    ],
)
def test_damage_is_found_and_the_cure_is_said(thirty_matches, tmp_path, damage):
    path = tmp_path / "chief.sqlite"
    path.write_bytes(thirty_matches)
    damage(path)
    with pytest.raises(ValueError, match=CURE):
        Chief(path)
    with pytest.raises(ValueError, match=CURE):  # and the lock has been let go
        Chief(path, patience=0.0)


def test_files_of_others_and_of_later_versions_are_refused(path, tmp_path):
    other = tmp_path / "other.sqlite"
    sql("CREATE TABLE t (a INTEGER)")(other)
    with pytest.raises(ValueError, match="is an SQLite file, but no population's"):
        Chief(other)
    sql("PRAGMA user_version=2")(path)
    with pytest.raises(ValueError, match="has format 2, and this version reads 1: pip install --upgrade umwelt-sims"):
        Chief(path)
    sql("PRAGMA user_version=0")(path)
    with pytest.raises(ValueError, match="has format 0, and this version reads 1: begin a new run"):
        Chief(path)


def test_on_a_full_disk_nothing_that_was_reported_is_lost(path):
    """SQLite is told that the disk ends where the file does."""
    with Chief(path) as chief:
        play(chief, 20)
        pages = chief._connection.execute("PRAGMA page_count").fetchone()[0]
        chief._connection.execute(f"PRAGMA max_page_count={pages}")
        before = said(chief)
        with pytest.raises(OSError, match="nothing that was reported is lost: see to the disk's space") as caught:
            play(chief, 2000)
        assert caught.value.errno == errno.ENOSPC
        assert said(chief)[2][:20] == before[2]
        before = said(chief)
        with pytest.raises(OSError, match="see to the disk's space"):
            play(chief, 2000)
        assert 0 <= chief.population.matches - before[0].matches < 5
        chief._connection.execute("PRAGMA max_page_count=100000")
        play(chief, 5)
        after = said(chief)
    with Chief(path) as chief:
        assert said(chief) == after


def test_a_full_disk_at_the_founding_leaves_nothing(tmp_path, monkeypatch):
    connect = sqlite3.connect

    def small(*args, **kwargs):
        connection = connect(*args, **kwargs)
        connection.execute("PRAGMA max_page_count=4")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(OSError, match="full"):
        found(tmp_path / "chief.sqlite", quick(), founders(6, seed=0))
    assert [p.name for p in tmp_path.iterdir()] == [".chief.sqlite.lock"]


def test_the_same_seats_are_drawn_the_same_after_a_restart(path):
    with Chief(path) as chief:
        here = [chief_module.drawn_players(chief.founding, chief.population, _rng(k)) for k in range(50)]
    with Chief(path) as chief:
        there = [chief_module.drawn_players(chief.founding, chief.population, _rng(k)) for k in range(50)]
    assert here == there


def _rng(k):
    return chief_module.stream(5, chief_module.MATCHMAKING, k)
