"""`umwelt train ctf` whole: runs that end, are killed, resumed and interrupted; nothing of them is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest
from safetensors.torch import load_file

from agents.ftw.saved import card_of, load_ftw_agent
from agents.population import crew as crews
from agents.population import training
from agents.population.local import Call
from agents.population.office import Office
from agents.population.sharing import Region
from agents.population.states import newest
from agents.population.training import one_thread_each, opened_chief, run, under_way
from agents.population.workers import Duty
from agents.ppo import NotFiniteError
from agents.runs import read_metrics
from sims.core.locks import locked
from tests.agents.population.planted import MIDDLE
from tests.agents.population.small import chief_of, small

PATIENCE = 120.0
"""Seconds in which something must have happened; kernels may have to be compiled first."""


@contextmanager
def a_crew(settings):
    said = []
    with (
        one_thread_each(),
        chief_of(settings) as chief,
        under_way(chief, settings, None, said.append) as (office, crew),
    ):
        yield office, crew, said
    assert not active_children()


def until(crew, happened):
    end = time.monotonic() + PATIENCE
    while not happened():
        crew.look_after(0.05)
        assert time.monotonic() < end, "nothing happened"


def test_a_run_leaves_metrics_checkpoints_and_agents_and_nobody(tmp_path, capsys):
    settings = small(tmp_path / "run", steps=600, checkpoint_every=0.02, json=True)
    run(settings)
    assert not active_children()
    assert not list(Path(tmp_path / "run" / "agents").glob(".tmp-*"))
    last = json.loads(capsys.readouterr().out)
    rows = read_metrics(settings.out)
    assert last == rows[-1]
    assert rows[-1]["steps"] >= 600
    assert rows[-1]["restarted"] == 0
    assert {"member/01/rating", "member/01/loss", "member/00/own/reward/captured", "member/00/event/captured"} <= set(
        rows[-1]
    )
    standing = newest(settings.out / "checkpoints", pytest.fail)
    assert standing.steps >= 600
    for slot in range(2):
        agent = load_ftw_agent(settings.out / "agents" / f"member-{slot:02d}")
        assert (agent.torso.frame, agent.repeat) == ((20, 20, 3), 2)
        card = card_of(settings.out / "agents" / f"member-{slot:02d}")
        assert card["slot"] == slot
        assert card["trained_with"]["match_steps"] == 16


class EnoughError(Exception):
    pass


def test_members_are_evaluated_while_the_run_goes_on(tmp_path, monkeypatch):
    evaluate, rates = training.evaluate, {}

    def until_all_are(office, settings):
        rates.update(office.rates)
        if len(rates) == settings.population:
            raise EnoughError
        if not office.duties:  # else a slow machine would do the first of them again and again
            evaluate(office, settings)

    monkeypatch.setattr(training, "evaluate", until_all_are)
    with pytest.raises(EnoughError):
        run(small(tmp_path / "run", steps=10**9, evaluate_every=0.001))
    assert [(key, sum(counts)) for key, counts in sorted(rates.items())] == [((0, "random"), 2), ((1, "random"), 2)]
    assert not active_children()


def test_who_is_killed_or_hangs_is_replaced_and_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(crews, "HUNG", 3.0)
    with a_crew(small(tmp_path)) as (office, crew, said):
        until(crew, lambda: office.steps > 0)
        for name in ("arena 0", "learner 0"):
            worker = next(worker for worker in crew.workers if worker.name == name)
            until(crew, lambda worker=worker: worker.begun)
            worker.process.kill()
            restarted, steps = crew.restarted, office.steps
            until(crew, lambda r=restarted, s=steps: crew.restarted > r and office.steps > s + 500)
        stopped = next(worker for worker in crew.workers if worker.name == "arena 0")
        until(crew, lambda: stopped.begun)
        os.kill(stopped.process.pid, signal.SIGSTOP)
        until(crew, lambda: crew.restarted == 3)
    assert "arena 0 has ended (exit code -9): another one takes its place" in said
    assert any("arena 0 has said nothing for" in line for line in said)


def a_run_that_loses_its_learner(settings):
    with a_crew(settings) as (office, crew, _):
        until(crew, lambda: office.steps > 0)
        next(worker for worker in crew.workers if worker.name == "learner 0").process.kill()
        until(crew, lambda: False)


def test_who_dies_again_and_again_ends_the_run_and_nobody_is_left(tmp_path):
    with pytest.raises(ChildProcessError, match=r"learner 0 has ended .* go on with --resume"):
        a_run_that_loses_its_learner(small(tmp_path, restarts=0))
    assert not active_children()


def test_a_nan_ends_the_run_names_the_member_and_is_never_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "founders_of", lambda settings: [MIDDLE, replace(MIDDLE, lr=1e37)])
    settings = small(tmp_path / "run", checkpoint_every=0.001)
    with pytest.raises(NotFiniteError, match=r"of member 1 in slot 1 is not finite: the run stops here"):
        run(settings)
    assert not active_children()
    for path in (settings.out / "checkpoints").glob("step-*"):
        weights = load_file(path / "member-01.weights.safetensors")
        assert all(bool(value.isfinite().all()) for value in weights.values())


def test_an_evaluation_is_told_once_be_it_the_same_as_the_last(tmp_path):
    settings = small(tmp_path)
    with chief_of(settings) as chief, closing(Region(1024)) as region:
        office = Office(chief, region, 4, 1, None)
        before, duty = training.Before(office, 0.0), Duty(0, "random", 4, 1)
        for _ in range(2):
            office.answer(0, Call("evaluated", (duty, (1, 2, 1))))
            assert before.row(office, 1.0, 0)["member/00/against/random/win_rate"] == 0.25
            assert "member/00/against/random/n" not in before.row(office, 2.0, 0)


def command(settings, *more):
    words = ["--population", "2", "--maps", *settings.maps, "--evaluate-maps", *settings.evaluate_maps]
    words += ["--evaluate-bots", "random", "--checkpoint-every", "0.03", "--evaluate-every", "0.05"]
    names = (
        "opponents",
        "algorithm",
        "core",
        "match_steps",
        "repeat",
        "height",
        "width",
        "hidden",
        "latent",
        "rollout",
        "seats",
        "matches",
        "learners",
    )
    for name in (*names, "steps", "evaluate_matches", "precision", "arenas", "keep_checkpoints"):
        words += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    return subprocess.Popen(
        [sys.executable, "umwelt.py", "train", "ctf", "--out", str(settings.out), *words, *more],
        cwd=Path(__file__).parents[3],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def descendants(pid):
    """Processes that `pid` has started, the kernel's way."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def killed(settings, n_checkpoints, *more):
    """A run that is killed once it has so many checkpoints; its processes must go down with it."""
    process, end = command(settings, *more), time.monotonic() + PATIENCE
    while len(list((settings.out / "checkpoints").glob("step-*"))) < n_checkpoints:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)
    children = descendants(process.pid)
    assert len(children) >= 2
    process.kill()
    process.communicate()
    end = time.monotonic() + 10.0
    while any(Path(f"/proc/{pid}").exists() for pid in children):
        assert time.monotonic() < end, "somebody outlived the run"
        time.sleep(0.05)


def resumed(settings):
    process = command(settings, "--resume")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    settings = small(tmp_path / "run", steps=4000)
    killed(settings, 2)
    before = newest(settings.out / "checkpoints", pytest.fail)
    resumed(settings)
    rows = read_metrics(settings.out)
    assert rows[-1]["steps"] >= 4000
    assert [row["steps"] for row in rows] == sorted(row["steps"] for row in rows)
    assert rows[-1]["seconds"] > before.seconds


@pytest.mark.slow
def test_many_kills_lose_nothing_that_was_kept(tmp_path):
    settings = small(tmp_path / "run", steps=10**9, keep_checkpoints=0)
    matches, more = 0, ()
    for k in range(20):
        killed(settings, 2 + k, *more)
        with opened_chief(settings.out, None) as chief:
            assert chief.population.matches >= matches
            matches = chief.population.matches
        more = ("--resume",)


def test_a_lost_ledger_is_taken_from_the_checkpoint_and_a_locked_one_is_not(tmp_path, capsys, monkeypatch):
    settings = small(tmp_path / "run", steps=10)
    run(settings)
    standing = newest(settings.out / "checkpoints", pytest.fail)
    path = settings.out / "chief.sqlite"
    path.write_bytes(b"nothing" * 100)
    with opened_chief(settings.out, standing) as chief:
        assert len(chief.members) == 2
    assert "goes on with the population as" in capsys.readouterr().err
    assert (settings.out / "damaged-chief.sqlite").read_bytes().startswith(b"nothing")
    held = locked(path.with_name(".chief.sqlite.lock"), "it", 0.0)
    monkeypatch.setattr(training, "LOCK_PATIENCE", 0.1)
    with (
        pytest.raises(ValueError, match="another process works on the population"),
        opened_chief(settings.out, standing),
    ):
        pass
    held.release()


def test_folders_that_hold_something_else_are_refused(tmp_path):
    settings = small(tmp_path / "run")
    settings.out.mkdir()
    with pytest.raises(ValueError, match="holds no run to resume"):
        run(replace(settings, resume=True))
    (settings.out / "settings.json").write_text("{}")
    with pytest.raises(ValueError, match="holds a run already: add --resume"):
        run(settings)
    held = locked(settings.out / ".lock", "it", 0.0)
    with pytest.raises(ValueError, match="another process works on the run"):
        run(settings)
    held.release()
