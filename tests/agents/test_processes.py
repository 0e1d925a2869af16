"""Learner processes: none is left behind, whenever the first is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

FIRST = """
import sys, time
from agents import processes

def wait(rank, work, argument, n, meeting):
    print(*(process.pid for process in children), flush=True)
    time.sleep(600)

def remember(*arguments, **options):
    children.extend(context.processes if (context := spawn(*arguments, **options)) else [])
    return context

if __name__ == "__main__":
    children, spawn, processes.spawn, processes._work = [], processes.spawn, remember, wait
    processes.run_learners(print, None, 2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="by a call that only Linux has")
def test_a_learner_that_waits_for_the_others_dies_with_the_first(tmp_path):
    """Killed at the learners' meeting, the first would leave the second waiting there for half an hour."""
    script = tmp_path / "first.py"
    script.write_text(FIRST)
    first = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    other = int(first.stdout.readline())
    time.sleep(3.0)  # it has come to the meeting, or is on its way there
    assert alive(other)
    first.kill()
    first.wait()
    first.stdout.close()
    for _ in range(100):
        if not alive(other):
            return
        time.sleep(0.1)
    raise AssertionError("the other learner is still there")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
