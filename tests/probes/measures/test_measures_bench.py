"""`umwelt bench measures`: its lines on tiny sizes, and that both sides compute the same. Speed is never asserted."""

import json

import numpy as np
import pytest

from probes.measures import bench
from probes.measures.bench import BenchSettings, measure, plain_linear_cka, plain_pwcca, run
from probes.measures.similarity import linear_cka, pwcca

TINY = BenchSettings(samples=200, units=6, repeats=3, threads=1)


def test_it_prints_a_line_for_every_case_and_nothing_else(capsys):
    run(TINY)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["case"] for line in lines] == ["pwcca 200x6", "linear_cka 200x6", "stream 200x6", "stream 800x6"]
    assert {line["bench"] for line in lines} == {"measures"}
    for line in lines[:2]:
        assert (line["unit"], line["against"]) == ("s", "numpy.linalg.svd of both")
        assert line["ratio"] > 0
    for line in lines[2:]:
        assert (line["unit"], line["against"], line["ratio"]) == ("MiB", None, None)
        assert line["value"] > 0


def test_both_sides_compute_the_same():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 5)) + 4, rng.normal(size=(300, 7))
    y[:, 0] += x[:, 0]
    assert plain_pwcca(x, y) == pytest.approx(pwcca(x, y).score, abs=1e-12)
    assert plain_linear_cka(x, y) == pytest.approx(linear_cka(x, y).score, abs=1e-12)


def test_sides_take_turns(monkeypatch):
    order = []
    monkeypatch.setattr(bench, "pwcca", lambda x, y: order.append("ours") or pwcca(x, y))
    monkeypatch.setattr(bench, "plain_pwcca", lambda x, y: order.append("theirs") or plain_pwcca(x, y))
    figure = next(measure(TINY))
    assert order == ["ours", "theirs"] * 3
    assert len(figure.values) == 3


def test_a_wrong_side_is_found_out(monkeypatch):
    monkeypatch.setattr(bench, "plain_pwcca", lambda x, y: 0.5)
    with pytest.raises(ArithmeticError, match=r"pwcca 200x6 is .* by moments and 0.5 by SVD"):
        next(measure(TINY))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (BenchSettings(repeats=0), "--repeats must be at least 1"),
        (BenchSettings(units=0), "--units must be at least 1"),
        (BenchSettings(samples=100, units=30), "--samples must be at least 150, 5 a unit, got 100"),
        (BenchSettings(threads=1000), "--threads must be 1 to"),
    ],
)
def test_impossible_settings_are_refused_before_anything_runs(settings, message):
    with pytest.raises(ValueError, match=message):
        next(measure(settings))
