"""`umwelt bench population`: its lines on tiny sizes, and what is refused. Speed is never asserted."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from agents.population import bench
from agents.population.bench import AGAINST, BenchSettings, measure, training_of


def test_it_prints_a_line_for_every_side_and_nothing_else():
    words = ["bench", "population", "--populations", "1", "--repeats", "1", "--warm-up", "0", "--seconds", "1"]
    words += ["--height", "36", "--width", "36", "--matches", "2", "--rollout", "4", "--seats", "4"]
    words += ["--maps", "courts:0-2"]
    done = subprocess.run([sys.executable, "-m", "umwelt", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ours, theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert [ours["bench"], ours["case"], ours["unit"]] == ["population", "population of 1", "agent-steps/s"]
    assert ours["against"] == theirs["case"] == AGAINST
    assert ours["value"] > 0
    assert ours["ratio"] == pytest.approx(ours["value"] / theirs["value"])
    assert [theirs["against"], theirs["ratio"]] == [None, None]


def test_sides_take_turns_and_medians_are_compared(monkeypatch):
    rates, order = {bench._our_rate: iter([30.0, 50.0, 40.0] * 2), bench._sb3_rate: iter([2.0, 4.0, 100.0])}, []

    def apart(work, job, n_cores, threads):
        order.append((work.__name__, n_cores, threads))
        return next(rates[work])

    monkeypatch.setattr(bench, "apart", apart)
    one, two, theirs = measure(BenchSettings(processes=2))
    assert order == [("_our_rate", 2, 1), ("_sb3_rate", 2, 2)] * 3 + [("_our_rate", 2, 1)] * 3
    assert (one.ratio, two.ratio, theirs.ratio) == (10.0, 10.0, None)


def test_what_is_trained_is_what_the_issue_says():
    training = training_of(1, BenchSettings())
    assert (training.height, training.width, training.torso, training.core) == (84, 84, "small", "two-timescale")
    assert (training.opponents, training.algorithm, training.repeat) == ("self", "vtrace", 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repeats": 0}, "--repeats must be at least 1"),
        ({"populations": ()}, "--populations names none"),
        ({"seconds": 0.0}, "--seconds must be above 0"),
        ({"processes": 10**6}, "--processes must be 1 to"),
        ({"height": 8}, "frames must be 20 x 20 pixels or larger"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        next(measure(replace(BenchSettings(sb3=False), **changes)))
