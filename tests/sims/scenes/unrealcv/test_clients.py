"""UnrealCV's official clients against our server, each in an environment of its own."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.sims.scenes.unrealcv.doubled import open_server

OFFICIAL = Path(__file__).with_name("official.py")
CHECKS = {"1.0.1": 18, "1.1.6": 44, "1.3.2": 44}


def python_with(version, tmp_path):
    """A Python with that client: this one's, one in the folder UMWELT_UNREALCV_ENVS, or a new environment."""
    import unrealcv

    if unrealcv.__version__ == version:
        return sys.executable
    kept = os.environ.get("UMWELT_UNREALCV_ENVS")
    folder = (Path(kept) if kept else tmp_path) / f"unrealcv-{version}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        command = [python, "-m", "pip", "install", "--quiet", f"unrealcv=={version}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"unrealcv {version} can't be installed: {done.stderr.strip().splitlines()[-1]}")
    return str(python)


@pytest.mark.parametrize(
    "version", ["1.3.2", *(pytest.param(version, marks=pytest.mark.slow) for version in ("1.0.1", "1.1.6"))]
)
def test_an_official_client(version, tmp_path):
    python = python_with(version, tmp_path)
    path = tmp_path / "socket"
    with open_server(unix=path) as server:
        command = [python, str(OFFICIAL), str(server.port), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    print(version, said)
    assert said["failed"] == []
    assert said["checks"] >= CHECKS[version]


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.0.1", "1.1.6"])
def test_the_renderer_by_an_older_client(version, tmp_path):
    """The tests of the renderer once more, with that client in place of the one that is installed."""
    (package,) = Path(python_with(version, tmp_path)).parents[1].glob("lib/python*/site-packages/unrealcv")
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "unrealcv").symlink_to(package.resolve())
    root = OFFICIAL.parents[4]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'only'}:{root}"}
    asked = [sys.executable, "-c", "import unrealcv; print(unrealcv.__file__)"]
    assert str(tmp_path) in subprocess.check_output(asked, text=True, env=environment)
    lax = "ignore::pytest.PytestUnraisableExceptionWarning"  # they leave a socket that could not connect to Python
    ours = str(OFFICIAL.with_name("test_unreal.py"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", lax, ours]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800, cwd=root, env=environment)
    assert done.returncode == 0, done.stdout
