"""The README's examples run, and what it says of the command line is so."""

import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

import umwelt
from sims.scenes import open_pack
from sims.scenes.assets.cache import cache_folder, is_ready
from sims.scenes.cycles.install import cycles_is_ready
from sims.scenes.datasets.plan import plan_of
from sims.scenes.datasets.spec import parse_spec
from sims.scenes.placing import space_of
from tests.sims.scenes.unrealcv.doubled import open_server

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
CACHE, HAS_ANIMALS = cache_folder(), is_ready("animals")  # before the tests have a cache of their own
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_runs(number, tmp_path, monkeypatch):
    if re.search(r"Scene\(|Scene-v0", EXAMPLES[number]) and not cycles_is_ready():
        pytest.skip("there is no Blender: umwelt setup cycles")
    if 'pack="animals"' in EXAMPLES[number]:
        if not HAS_ANIMALS:
            pytest.skip("no animals in the cache: umwelt assets get animals")
        monkeypatch.setenv("UMWELT_CACHE", str(CACHE))
    monkeypatch.chdir(tmp_path)
    example = EXAMPLES[number]
    assert example.count("\n") <= 16
    with open_server() if "9000" in example else nullcontext() as server:
        if server:
            example = example.replace("9000", str(server.port))
        subprocess.run([sys.executable, "-W", "error", "-c", example], check=True)


def test_its_specification_is_one():
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    plan = plan_of(parse_spec(text), space_of(open_pack("basic")), open_pack("basic"))
    assert plan.table.num_rows == 32
    assert set(plan.table["split"].to_pylist()) == {"train", "test"}


def test_there_are_examples_and_both_commands_come_first():
    assert len(EXAMPLES) >= 3
    top = README[: README.index("## ")]
    assert "make demo" in top
    assert "make test" in top
    assert not re.search(r"@[A-Z]+@", README), "a figure was not filled in"


def test_every_verb_it_names_exists_and_every_verb_is_named():
    named = set(re.findall(r"^umwelt ([a-z]+)", README, re.MULTILINE))
    assert named == set(umwelt.VERBS)
