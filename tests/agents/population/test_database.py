"""What SQLite's errors become."""

import errno
import sqlite3

import pytest

from agents.population.database import explained, writing


@pytest.fixture
def path(tmp_path):
    """A small database."""
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
    connection.close()
    return tmp_path / "a.sqlite"


def insert(connection, path, then=lambda: None):
    with writing(connection, path):
        connection.execute("INSERT INTO t VALUES (1)")
        then()


def count(path):
    connection = sqlite3.connect(path)
    (n,) = connection.execute("SELECT count(*) FROM t").fetchone()
    connection.close()
    return n


def test_a_transaction_is_whole_or_not_at_all(path):
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(KeyError):
        insert(connection, path, then=lambda: {}["missing"])
    assert not connection.in_transaction
    seen = []
    insert(connection, path, then=lambda: seen.append(count(path)))
    connection.close()
    assert seen == [0]
    assert count(path) == 1


def test_a_file_that_may_not_be_written_says_so(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    with pytest.raises(OSError, match="see to the disk's space and rights, then resume") as caught:
        insert(connection, path)
    connection.close()
    assert caught.value.errno == errno.EROFS
    assert caught.value.filename == str(path)


def test_a_file_that_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(OSError, match="see to the disk's space and rights") as caught, explained(tmp_path):
        sqlite3.connect(tmp_path)
    assert caught.value.errno == errno.EACCES


def test_a_programs_own_mistake_is_not_called_damage(path):
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.ProgrammingError), explained(path):
        connection.execute("INSERT INTO t VALUES (?)", ())
    connection.close()
