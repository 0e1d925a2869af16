"""Files that appear whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from sims.core import files
from sims.core.files import check_folder, write_atomic, write_folder


def fill(folder):
    (folder / "a.bin").write_bytes(b"one")
    (folder / "b.bin").write_bytes(b"two")


def test_a_folder_is_written_and_checked(tmp_path):
    write_folder(tmp_path / "made", fill)
    check_folder(tmp_path / "made")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    def fail(folder):
        fill(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_folder(tmp_path / "made", fail)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_left_alone(tmp_path):
    write_folder(tmp_path / "made", fill)
    with pytest.raises(FileExistsError, match="exists already"):
        write_folder(tmp_path / "made", fill)
    check_folder(tmp_path / "made")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "a.bin").write_bytes(b"on"), "is not what was written"),
        (lambda folder: (folder / "b.bin").unlink(), "is missing"),
        (lambda folder: (folder / "MANIFEST.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "MANIFEST.json").write_text("{}"), "is damaged"),
    ],
)
def test_damage_is_found(tmp_path, damage, message):
    write_folder(tmp_path / "made", fill)
    damage(tmp_path / "made")
    with pytest.raises(ValueError, match=message):
        check_folder(tmp_path / "made")


def test_no_manifest_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        check_folder(tmp_path)


def test_write_atomic_replaces_or_leaves(tmp_path, monkeypatch):
    target = tmp_path / "file"
    write_atomic(target, b"old")

    def no_space(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_killed_at_any_moment_a_reader_finds_whole_folders_only(tmp_path):
    program = (
        "import sys, itertools\nfrom pathlib import Path\nfrom sims.core.files import write_folder\n"
        "def fill(folder):\n    [(folder / f'{k}.bin').write_bytes(bytes(200_000)) for k in range(5)]\n"
        "print('ready', flush=True)\n"
        "for k in itertools.count():\n    write_folder(Path(sys.argv[1]) / str(k), fill)\n"
    )
    for pause in (0.01, 0.05, 0.13):
        folder = tmp_path / str(pause)
        folder.mkdir()
        process = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        for made in folder.glob("[0-9]*"):
            check_folder(made)
