"""Rules of the house that a linter doesn't know."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for folder in ("sims", "agents", "probes") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_file_is_unpickled_and_nothing_is_evaluated():
    forbidden = re.compile(r"\bpickle\b|allow_pickle\s*=\s*True|yaml\.load\(|torch\.load\(|(?<![.\w])(eval|exec)\(")
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}" for path in SOURCES for hit in forbidden.finditer(path.read_text())
    ]
    assert found == ["probes/vision/pretrained.py: torch.load("]  # other people's weights, in one place
    pretrained = (ROOT / "probes" / "vision" / "pretrained.py").read_text()
    assert 'torch.load(path, map_location="cpu", weights_only=True)' in pretrained


def test_importing_sims_registers_the_ids_and_loads_no_torch_and_no_renderer():
    program = (
        "import sys, sims, gymnasium\n"
        "ids = {'umwelt/PointNav-v0', 'umwelt/HabitatPointNav-v0', 'umwelt/Scene-v0', 'umwelt/CaptureTheFlag-v0'}\n"
        "assert ids <= set(gymnasium.registry)\n"
        "heavy = {'torch', 'matplotlib', 'PIL', 'imageio', 'numba', 'bpy', 'habitat_sim'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_stepping_a_world_loads_no_torch():
    program = (
        "import sys, sims, gymnasium\n"
        "env = gymnasium.make('umwelt/PointNav-v0', layouts='houses:0-1', goals_per_layout=1, starts_per_goal=2)\n"
        "env.reset(seed=0); env.step(1)\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_say_what_lives_there_and_stay_short(path):
    text = path.read_text()
    assert text.startswith('"""'), "the first line says what lives here"
    assert text.count("\n") <= 500
    assert not {"utils", "helpers", "common"} & set(path.relative_to(ROOT).with_suffix("").parts)


def test_the_assets_are_read_as_package_data():
    from importlib import resources

    assert (resources.files("assets") / "SOURCES.md").is_file()
