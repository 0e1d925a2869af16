"""The command, and, with Blender, that scenes are the same both ways."""

import json
import signal
import subprocess
import sys

import pytest

from sims.scenes.cycles.install import cycles_is_ready
from sims.scenes.packs import open_pack
from sims.scenes.placing import space_of
from sims.scenes.unrealcv import serve
from sims.scenes.unrealcv.bench import BenchSettings, run
from sims.scenes.unrealcv.serve import ServeSettings, open_server, parsed
from tests.sims.scenes.unrealcv.doubled import Raw

needs_cycles = pytest.mark.skipif(not cycles_is_ready(), reason="there is no Blender: umwelt setup cycles")


@needs_cycles
def test_the_command_serves_until_it_is_told_to_end(tmp_path):
    command = [
        "serve",
        "scenes",
        "--port",
        "0",
        "--unix",
        str(tmp_path / "s"),
        "--json",
        "--width",
        "32",
        "--height",
        "32",
    ]
    more = ["--files", str(tmp_path), "--factors", "world_name=Snow", "character_name=Drum", "camera_yaw=30"]
    with subprocess.Popen(
        [sys.executable, "-m", "umwelt", *command, *more], stdout=subprocess.PIPE, text=True
    ) as process:
        document = json.loads(process.stdout.readline())
        assert document["host"] == "127.0.0.1"
        with Raw(("127.0.0.1", document["port"])) as raw:
            assert raw.text("vget /level/name") == "Snow"
            assert raw.text("vget /camera/0/lit picture.png") == "picture.png"
        assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not (tmp_path / "s").exists()


@needs_cycles
def test_scenes_are_the_same_both_ways(capsys):
    run(BenchSettings(settings=2, commands=100))
    lines = {line["case"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert set(lines) == {"mask", "depth", "place", "turn", "command"}
    assert lines["mask"]["low"] >= 0.99
    assert lines["depth"]["high"] <= 0.005
    assert lines["place"]["high"] <= 1e-4
    assert lines["turn"]["high"] <= 0.01
    with pytest.raises(ValueError, match="--settings must be 1"):
        run(BenchSettings(settings=0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"host": "0.0.0.0"}, "0.0.0.0 is open to other machines"),
        ({"files": "nowhere"}, "there is no folder nowhere for files: make it first"),
        ({"width": 8}, "from 16 to 4096 pixels"),
        ({"factors": ("Teapot",)}, "--factors takes NAME=VALUE, got 'Teapot'"),
        ({"factors": ("character_name=Teepot",)}, "--factors character_name=Teepot: .*did you mean 'Teapot'"),
        ({"factors": ("camera_yaw=north",)}, "--factors camera_yaw=north"),
        ({"port": -1}, "there is nowhere to listen"),
    ],
)
def test_mistakes(settings, message, monkeypatch):
    monkeypatch.setattr(serve, "blender_command", lambda: [])
    from pathlib import Path

    if "files" in settings:
        settings = {"files": Path(settings["files"])}
    with pytest.raises(ValueError, match=message):
        open_server(ServeSettings(**{"port": 0, **settings}), print)


def test_a_token_is_read_from_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "blender_command", lambda: [])
    (tmp_path / "token").write_text("0123456789abcdef\n")
    with open_server(ServeSettings(port=0, token_file=tmp_path / "token"), print) as server:
        assert server.token == "0123456789abcdef"


def test_factors_of_pairs():
    space = space_of(open_pack("basic"))
    assert parsed(("camera_yaw=30", "world_name=Snow"), space) == {"camera_yaw": 30.0, "world_name": "Snow"}
