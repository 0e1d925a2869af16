"""docs/unrealcv.md: its examples run, its mapping is one, and its table names every command."""

import re
import subprocess
import sys
from pathlib import Path

from sims.scenes.unrealcv.commands import TABLE
from sims.scenes.unrealcv.mapping import read_mapping
from tests.sims.scenes.unrealcv.doubled import open_server

PAGE = Path(__file__).resolve().parents[4] / "docs" / "unrealcv.md"
TEXT = PAGE.read_text() if PAGE.is_file() else ""
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


def rows(done):
    """The table's lines for commands that are done here, or for those that aren't; one for all lengths of vrun."""
    lines = {}
    for command in TABLE.commands:
        if (command.do is not None) == done:
            pattern = re.sub(r"^(vrun|vexec|vbp)( \[str])+$", r"\1 [str] ...", command.pattern)
            lines[pattern] = f"| `{pattern}` | {command.help} |"
    return list(lines.values())


def test_the_table_names_every_command():
    found = re.findall(r"^\| `v.*$", TEXT, re.MULTILINE)
    assert found == [*rows(True), *rows(False)]


def test_its_examples_run(tmp_path):
    assert len(PYTHON) == 3
    with open_server() as server:
        assert server.execute("vset /objects/spawn Teapot SM_Teapot_2") == b"SM_Teapot_2"
        (tmp_path / "mine.toml").write_text(TOML[0].replace("9000", str(server.port)))
        code = "\n".join(PYTHON).replace("9000", str(server.port))
        subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path, timeout=120)


def test_its_mapping_is_one(tmp_path):
    (text,) = TOML
    (tmp_path / "mine.toml").write_text(text)
    assert read_mapping(tmp_path / "mine.toml").models["Teapot"].object == "SM_Teapot_2"
