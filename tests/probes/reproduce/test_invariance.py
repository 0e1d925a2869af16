"""The command, whole and small: what it writes, that it goes on, and what it refuses."""

import json
import re
import shutil

import pytest
from filelock import FileLock

from probes.reproduce import invariance, trainings
from probes.reproduce.fitting import Recipe
from probes.reproduce.invariance import InvarianceSettings, run
from probes.reproduce.pictures import load_pictures
from probes.reproduce.trainings import Training, Work, load_runs, train_all
from tests.probes.reproduce.fake_sets import make_sets

QUICK = Recipe(epochs=1, batch=18, lr=1e-3)


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    return make_sets(tmp_path_factory.mktemp("sets"))


def settings_of(sets, out, **more):
    return InvarianceSettings(data=sets, out=out, resnet=QUICK, vit=QUICK, processes=1, resamples=0, **more)


@pytest.fixture(scope="module")
def done(sets, tmp_path_factory):
    out = tmp_path_factory.mktemp("done")
    run(settings_of(sets, out))
    return out


def test_results_and_a_page_are_written(done):
    results = json.loads((done / "results.json").read_text())
    assert len(list((done / "runs").iterdir())) == 2 * 7 * 3
    assert results["trainings"] == {"all": 42, "of_this_call": 42}
    assert results["verdict"] == results["claims"][0]["verdict"]
    assert results["pictures"] == {"fixed": 36, "yaw": 36, "scale": 36, "test": 30}
    assert len(results["table"]) == 28
    page = (done / "index.html").read_text()
    assert f"Verdict: {results['verdict']}" in page
    assert page.count("data:image/png") == 6
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"


def test_a_second_call_trains_what_is_missing_and_says_the_same(sets, done, tmp_path, capsys):
    out = shutil.copytree(done, tmp_path / "out")
    first = json.loads((out / "results.json").read_text())
    shutil.rmtree(out / "runs" / "vit-yaw-1")
    (out / "results.json").unlink()
    run(settings_of(sets, out, json=True))
    printed = capsys.readouterr()
    assert "41 of 42 trainings are there, 1 to go" in printed.err
    assert "vit-yaw-1: 1 of 1" in printed.err
    second = json.loads(printed.out)
    assert second == json.loads((out / "results.json").read_text())
    assert second["claims"] == first["claims"]
    assert second["table"] == first["table"]


def test_verdicts_are_said_in_words(sets, done, tmp_path, capsys):
    out = shutil.copytree(done, tmp_path / "out")
    run(settings_of(sets, out))
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("    ") for line in lines) == 4 * 4 + 8 + 1  # every difference of every claim
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == [
        *("learnt", "beyond untrained", "main source", "aligned", "further", "alike"),
        "The page",
    ]


def test_an_arm_has_its_seeds_weights_and_pictures(sets, done):
    runs = {name: json.loads((done / "runs" / name / "run.json").read_text()) for name in ("vit-fixed-0", "vit-yaw-0")}
    assert runs["vit-fixed-0"]["pictures"] == runs["vit-yaw-0"]["pictures"] == 36
    untrained = json.loads((done / "runs" / "resnet-untrained-2" / "run.json").read_text())
    assert untrained["loss"] is None
    assert set(untrained["factors"]) == {"camera_yaw", "character_scale"}
    assert untrained["factors"]["camera_yaw"]["values"]["45"]["invariance"]["n"] == 6
    assert len(untrained["factors"]["camera_yaw"]["without"]) == 6


def test_processes_side_by_side_say_the_same(sets, done, tmp_path):
    training = Training("vit", "yaw-augmented", 2)
    work = Work(sets, tmp_path, {"resnet": QUICK, "vit": QUICK}, 0)
    pictures, said = load_pictures(sets), []
    assert train_all(work, pictures, [training, Training("vit", "fixed", 0)], 2, said.append) == 2
    assert len(said) == 3
    here, there = (load_runs(Work(sets, out, {}, 0), [training])[training] for out in (done, tmp_path))
    assert {**here, "seconds": 0, "cpu_seconds": 0} == {**there, "seconds": 0, "cpu_seconds": 0}


class BrokenPool:
    """A pool whose processes are ended as soon as they have something to do."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, *_):
        raise trainings.BrokenProcessPool("ended")


def test_a_process_that_is_ended_is_told_of(sets, tmp_path, monkeypatch):
    monkeypatch.setattr(trainings, "ProcessPoolExecutor", BrokenPool)
    work = Work(sets, tmp_path, {"vit": QUICK}, 0)
    with pytest.raises(ChildProcessError, match="run the same command again"):
        train_all(work, load_pictures(sets), [Training("vit", "untrained", 0)], 2, lambda line: None)


def test_a_damaged_training_is_refused(sets, done, tmp_path):
    out = shutil.copytree(done, tmp_path / "out")
    weights = out / "runs" / "vit-yaw-1" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"weights.safetensors is not what was written"):
        run(settings_of(sets, out))
    (weights.parent / "MANIFEST.json").unlink()
    with pytest.raises(ValueError, match=r"has no MANIFEST.json: remove it"):
        run(settings_of(sets, out))


def test_a_folder_of_other_settings_is_refused(sets, done, tmp_path):
    out = shutil.copytree(done, tmp_path / "out")
    other = InvarianceSettings(data=sets, out=out, vit=QUICK, resnet=Recipe(2, 18, 1e-3), processes=1, resamples=0)
    with pytest.raises(ValueError, match="was begun with other recipes"):
        run(other)
    (out / "settings.json").write_text("{}")
    with pytest.raises(ValueError, match="is damaged"):
        run(settings_of(sets, out))


def test_a_folder_that_another_process_works_on_is_refused(sets, tmp_path, monkeypatch):
    monkeypatch.setattr(invariance, "PATIENCE", 0.1)
    with FileLock(tmp_path / ".lock"), pytest.raises(ValueError, match="another process works on"):
        run(settings_of(sets, tmp_path))


@pytest.mark.parametrize(
    ("more", "message"),
    [({"seeds": 2}, "--seeds must be at least 3, got 2"), ({"processes": 0}, "--processes must be at least 1, got 0")],
)
def test_too_few_seeds_or_processes_are_refused(sets, tmp_path, more, message):
    with pytest.raises(ValueError, match=message):
        run(InvarianceSettings(data=sets, out=tmp_path, **more))
