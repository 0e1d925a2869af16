"""The command line, as a user types it."""

import json
import subprocess
import sys

import pytest

import umwelt


def run(*arguments, check=True):
    done = subprocess.run([sys.executable, "-m", "umwelt", *arguments], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_every_verb(arguments):
    out = run(*arguments).stdout
    assert all(verb in out for verb in umwelt.VERBS)


def test_an_unknown_verb_is_an_error():
    done = run("fly", check=False)
    assert done.returncode == 2
    assert "usage" in done.stdout


def test_evaluate_prints_one_json_document():
    out = run(
        "evaluate", "oracle", "--layouts", "houses:1000000-1000003", "mazes:7", "--episodes", "20", "--json"
    ).stdout
    document = json.loads(out)
    assert document["success"].keys() == {"score", "low", "high", "n"}
    assert document["success"]["n"] == 20
    assert document["success"]["score"] == 1.0
    assert document["rows"].keys() == {"houses", "mazes"}
    assert document["policy"] == "oracle"


def test_evaluate_prints_a_table():
    out = run("evaluate", "bug2", "--layouts", "houses:1000000-1000002", "--episodes", "5", "--max-steps", "50").stdout
    assert "success %" in out
    assert "houses" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "bug9"), "there is no policy 'bug9'"),
        (("evaluate", "oracle", "--layouts", "castles:0-3"), "unknown layout family 'castles'"),
        (("evaluate", "oracle", "--layouts", "nowhere.yaml"), "there is no map file 'nowhere.yaml'"),
        (("evaluate", "oracle", "--episodes", "0"), "ask for at least one each"),
        (("bench", "pointnav", "--threads", "1000"), "--threads must be 1 to"),
        (("bench", "train", "--cases", "huge"), "--cases must be LAYERSxHIDDEN"),
        (("bench", "fly"), "there is no bench 'fly': expected one of pointnav, train, population, scenes"),
        (("demo", "--maps", "tests/agents"), "no map files"),
        (("watch",), "name a match file to watch, or who is to play"),
        (("watch", "nowhere.match.parquet"), "there is no match file 'nowhere.match.parquet'"),
        (("watch", "--bots", "5", "9"), "expected a level 1 to 5"),
    ],
)
def test_a_users_mistake_is_one_line_with_its_cure(arguments, message):
    done = run(*arguments, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("umwelt: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_bench_prints_json_lines_and_nothing_else():
    arguments = ("--n-envs", "64", "--steps", "5", "--repeats", "3", "--max-steps", "20", "--threads", "1")
    lines = [json.loads(line) for line in run("bench", "pointnav", *arguments).stdout.splitlines()]
    keys = {"bench", "case", "threads", "value", "low", "high", "unit", "against", "ratio", "machine"}
    assert all(line.keys() == keys for line in lines)
    assert [line["unit"] for line in lines] == ["env-steps/s", *["ns/env-step"] * 3]
    assert all(line["value"] > 0 for line in lines)


def test_the_trace_is_there_for_those_who_ask(monkeypatch):
    monkeypatch.setenv("UMWELT_TRACEBACK", "1")
    done = run("evaluate", "bug9", check=False)
    assert "Traceback" in done.stderr
    assert "there is no policy 'bug9'" in done.stderr
