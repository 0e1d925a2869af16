"""Training runs: resuming bit for bit, several learners, kills, damage, locks, numbers that are not finite."""

import errno
import json
import os
import random
import shutil
import time

import pytest
import torch

from agents import checkpoint, training
from agents.checkpoint import load_agent
from agents.ppo import NotFiniteError
from agents.runs import curve_of
from agents.windowed import WindowedAgent
from sims.core.locks import locked
from tests.agents.runs import UPDATE, arguments, checkpoints, final_weights, metrics, same, small, start


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    training.run(small(folder))
    return folder


@pytest.fixture(scope="module")
def whole_of_two(tmp_path_factory):
    """The same with two learners."""
    folder = tmp_path_factory.mktemp("runs") / "two"
    finish(start(arguments(small(folder, processes=2))))
    return folder


def finish(process):
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


class CrashError(Exception):
    """What a test stops a run with."""


def crash_after(monkeypatch, n_updates):
    """Let a run crash in its update number `n_updates`."""
    original, count = training.learn, [0]

    def learn(*args):
        count[0] += 1
        if count[0] > n_updates:
            raise CrashError
        return original(*args)

    monkeypatch.setattr(training, "learn", learn)


def crashed_run(folder, monkeypatch, n_updates, **changes):
    crash_after(monkeypatch, n_updates)
    with pytest.raises(CrashError):
        training.run(small(folder, **changes))
    monkeypatch.undo()


def test_a_run_leaves_what_the_design_says(whole):
    assert [path.name for path in checkpoints(whole)] == [f"step-{k * UPDATE:012d}" for k in (2, 4, 6)]
    rows = metrics(whole)
    assert [row["steps"] for row in rows] == [k * UPDATE for k in range(1, 7)]
    assert [("held_out/success" in row) for row in rows] == [False, False, True, False, False, True]
    assert rows[0]["lr"] == small("").lr
    assert rows[3]["lr"] == pytest.approx(0.5 * rows[0]["lr"])
    assert list((whole / "tensorboard").glob("events.*"))


def test_all_checkpoints_stay_where_that_is_asked_for(whole, tmp_path):
    training.run(small(tmp_path / "run", checkpoint_every=UPDATE, keep_checkpoints=0))
    assert [path.name for path in checkpoints(tmp_path / "run")] == [f"step-{k * UPDATE:012d}" for k in range(7)]
    assert same(final_weights(whole), final_weights(tmp_path / "run"))
    with pytest.raises(ValueError, match=r"--keep-checkpoints must be 0 \(all\) or more, got -1"):
        training.run(small(tmp_path / "other", keep_checkpoints=-1))


@pytest.mark.parametrize("n_updates", [0, 3, 5])
def test_a_resumed_run_is_the_uninterrupted_one_bit_for_bit(whole, tmp_path, monkeypatch, n_updates):
    crashed_run(tmp_path / "run", monkeypatch, n_updates)
    training.run(small(tmp_path / "run", resume=True))
    assert same(final_weights(whole), final_weights(tmp_path / "run"))
    assert metrics(tmp_path / "run") == metrics(whole)


def test_a_resume_without_options_takes_them_from_the_run(whole, tmp_path, monkeypatch):
    crashed_run(tmp_path / "run", monkeypatch, 3)
    training.run(training.TrainSettings(out=tmp_path / "run", resume=True))
    assert same(final_weights(whole), final_weights(tmp_path / "run"))


def test_an_agent_with_a_window_trains_resumes_and_is_loaded_as_one(tmp_path, monkeypatch):
    training.run(small(tmp_path / "whole", memory_window=4))
    agent = load_agent(tmp_path / "whole" / "agent")
    assert isinstance(agent, WindowedAgent)
    assert agent.memory_window == load_agent(tmp_path / "whole").memory_window == 4
    crashed_run(tmp_path / "run", monkeypatch, 2, memory_window=4)
    training.run(small(tmp_path / "run", resume=True))
    assert same(final_weights(tmp_path / "run"), agent.state_dict())
    assert metrics(tmp_path / "run") == metrics(tmp_path / "whole")


def test_another_seed_is_another_run(whole, tmp_path):
    training.run(small(tmp_path / "run", seed=1))
    assert not same(final_weights(whole), final_weights(tmp_path / "run"))


def test_two_learners_are_the_same_started_here_or_by_torchrun(whole, whole_of_two, tmp_path):
    finish(start(arguments(small(tmp_path / "run", processes=2)), torchrun=2))
    assert same(final_weights(whole_of_two), final_weights(tmp_path / "run"))
    assert metrics(whole_of_two) == metrics(tmp_path / "run")
    assert not same(final_weights(whole_of_two), final_weights(whole)), "each learner has its own random numbers"


def kill_and_resume(folder, n_kills, expected, seed):
    """Kill -9 a run of two learners at random moments, resume it each time, and compare what comes out."""
    chance = random.Random(seed)
    words = arguments(small(folder, processes=2))
    for k in range(n_kills):
        process = start([*words, *(["--resume"] if (folder / "settings.json").exists() else [])])
        began = time.monotonic()
        while k % 2 and process.poll() is None and not checkpoints(folder) and time.monotonic() - began < 60:
            time.sleep(0.05)  # every other kill comes when there is something to lose
        time.sleep(chance.uniform(0.0, 1.0) if k % 2 else chance.uniform(0.0, 8.0))
        process.kill()
        process.communicate()
        before = [path.name for path in checkpoints(folder)]
        for path in checkpoints(folder):
            checkpoint.load(path)
        assert before == sorted(before)
    finish(start([*words, *(["--resume"] if (folder / "settings.json").exists() else [])]))
    assert not list((folder / "checkpoints").glob(".tmp-*")), "what a kill left half-written is swept up"
    assert same(final_weights(expected), final_weights(folder))
    assert metrics(expected) == metrics(folder)


def test_kills_lose_nothing_but_the_work_since_the_last_checkpoint(whole_of_two, tmp_path):
    kill_and_resume(tmp_path / "run", 3, whole_of_two, seed=0)


@pytest.mark.slow
def test_twenty_kills_lose_nothing_but_the_work_since_the_last_checkpoint(whole_of_two, tmp_path):
    kill_and_resume(tmp_path / "run", 20, whole_of_two, seed=1)


@pytest.mark.parametrize("damage", ["truncate", "alter", "remove", "manifest"])
def test_a_damaged_checkpoint_is_passed_over_with_a_message(whole, tmp_path, monkeypatch, capsys, damage):
    crashed_run(tmp_path / "run", monkeypatch, 5)
    newest = checkpoints(tmp_path / "run")[-1]
    path = newest / ("MANIFEST.json" if damage == "manifest" else "weights.safetensors")
    data = path.read_bytes()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if damage != "alter" else data[:-1] + bytes([data[-1] ^ 1]))
    training.run(small(tmp_path / "run", resume=True))
    assert "passing over a damaged checkpoint" in capsys.readouterr().err
    assert same(final_weights(whole), final_weights(tmp_path / "run"))


def test_all_checkpoints_damaged_is_an_error_and_no_fresh_start(tmp_path, monkeypatch):
    crashed_run(tmp_path / "run", monkeypatch, 5)
    for path in checkpoints(tmp_path / "run"):
        (path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"checkpoints in .* are damaged: begin a new run"):
        training.run(small(tmp_path / "run", resume=True))


def test_a_second_process_on_the_same_run_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "LOCK_PATIENCE", 0.1)
    with locked(tmp_path / ".lock", "this run", 0.0):
        for resume in (False, True):
            with pytest.raises(ValueError, match="another process works on the run"):
                training.run(small(tmp_path, resume=resume))


def test_a_run_is_neither_begun_twice_nor_resumed_out_of_nothing(whole, tmp_path):
    with pytest.raises(ValueError, match="holds a run already: add --resume"):
        training.run(small(whole))
    with pytest.raises(ValueError, match="holds no run to resume"):
        training.run(small(tmp_path / "none", resume=True))
    with pytest.raises(ValueError, match="--hidden is 32 here and 16 in the run"):
        training.run(small(whole, resume=True, hidden=32))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "--steps must be at least 1, got 0"),
        ({"n_envs": 7, "processes": 2}, "--n-envs 7 can't be shared by 2 processes"),
        ({"n_envs": 1}, "can't be shared by 1 processes with 2 minibatches"),
        ({"lr": float("nan")}, "--lr must be above 0"),
        ({"layouts": ("castles:0-2",)}, "castles"),
        ({"memory_window": -1}, r"--memory-window must be 0 \(all inputs\) or more, got -1"),
    ],
)
def test_impossible_settings_are_refused(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        training.run(small(tmp_path / "run", **changes))


@pytest.mark.parametrize("name", ["reward", "observation"])
def test_what_is_not_finite_stops_the_run_and_is_never_saved(tmp_path, monkeypatch, name):
    original, count = training.collect, [0]

    def collect(env, agent, position, rollout, *rest):
        episodes = original(env, agent, position, rollout, *rest)
        count[0] += 1
        if count[0] == 4:
            (rollout.rewards if name == "reward" else rollout.obs)[2, 1] = float("nan")
        return episodes

    monkeypatch.setattr(training, "collect", collect)
    with pytest.raises(NotFiniteError, match=f"the {name} is not finite"):
        training.run(small(tmp_path / "run", checkpoint_every=UPDATE))
    assert checkpoints(tmp_path / "run")[-1].name == f"step-{3 * UPDATE:012d}"
    assert all(torch.isfinite(value).all() for value in final_weights(tmp_path / "run").values())


def test_a_full_disk_ends_the_run_and_leaves_the_last_checkpoint(whole, tmp_path, monkeypatch):
    original, count = checkpoint.save_file, [0]

    def save_file(tensors, path):
        count[0] += 1
        if count[0] == 8:
            path.write_bytes(b"part")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        original(tensors, path)

    monkeypatch.setattr(checkpoint, "save_file", save_file)
    with pytest.raises(OSError, match="No space left"):
        training.run(small(tmp_path / "run"))
    monkeypatch.undo()
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir() if path.name.startswith(".tmp")] == []
    training.run(small(tmp_path / "run", resume=True))
    assert same(final_weights(whole), final_weights(tmp_path / "run"))


def test_a_run_of_an_older_version_is_refused(whole, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(whole, folder)
    stored = json.loads((folder / "settings.json").read_text())
    del stored["senses"]
    (folder / "settings.json").write_text(json.dumps(stored))
    with pytest.raises(ValueError, match="does not say its senses: it is of an older version"):
        training.run(small(folder, resume=True))


def test_a_curve_is_means_over_consecutive_rows():
    rows = [{"steps": k, "seconds": 10.0 * k, "train/success": 0.1 * k} for k in range(1, 6)]
    rows[1]["held_out/success"] = 0.7
    points = curve_of(rows, 2)
    assert points == [
        {"steps": 3, "seconds": 30, "train/success": 0.2, "held_out/success": 0.7},
        {"steps": 5, "seconds": 50, "train/success": 0.45},
    ]
    assert curve_of([]) == []
