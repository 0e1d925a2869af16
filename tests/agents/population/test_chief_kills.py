"""Kills at random moments: at most the match being reported is lost, and the file is always consistent."""

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.population.census import after_match, begun, founders
from agents.population.chief import Chief, found
from tests.agents.population.planted import quick

REPORTING = """
import sys
from pathlib import Path

import numpy as np

from agents.population.chief import Chief
from tests.agents.population.planted import played

with Chief(Path(sys.argv[1])) as chief:
    rng = np.random.default_rng(chief.population.matches)
    print("ready", flush=True)
    while True:
        match = chief.next_match()
        chief.report(played(match, rng))
        print(match.number, flush=True)
"""


def kill_often(path, n_kills, seed):
    """Have a process report matches, and kill it, again and again; look at the file after each kill."""
    found(path, quick(seed=seed), founders(6, seed=seed))
    pauses, heard = random.Random(seed), []
    for _ in range(n_kills):
        process = subprocess.Popen(
            [sys.executable, "-c", REPORTING, str(path)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(pauses.uniform(0.0, 0.5))
        process.kill()
        lines = process.stdout.read().split("\n")[:-1]  # a line that the kill cut off was not heard
        process.wait()
        process.stdout.close()
        heard = look(path, heard + [int(line) for line in lines])
    return heard


def look(path, heard):
    """Compare the file with what was heard of it; returns the numbers of the matches that it has."""
    with Chief(path) as chief:
        numbers = [report.number for report in chief.reports()]
        assert numbers[: len(heard)] == heard, "a match that was reported is lost"
        assert len(numbers) - len(heard) in (0, 1), "matches that nobody reported"
        population, births = begun(chief.founding, founders(6, seed=chief.founding.seed))
        for report in chief.reports():
            population, born = after_match(chief.founding, population, report)
            births += born
        assert (population, births) == (chief.population, chief.births), "half a report"
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return numbers


def test_three_kills(tmp_path):
    assert len(kill_often(tmp_path / "chief.sqlite", 3, seed=0)) > 10


@pytest.mark.slow
def test_twenty_kills(tmp_path):
    assert len(kill_often(tmp_path / "chief.sqlite", 20, seed=1)) > 100
