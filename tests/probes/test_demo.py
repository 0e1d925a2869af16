"""The page of `umwelt demo`, small."""

import re

from probes.decoding import MapFit, PositionFit
from probes.demo import DemoSettings, run
from probes.report import Section, Table, write_page
from tests.agents.runs import small
from tests.sims.pointnav.rooms import room_file


def test_the_demo_writes_one_self_contained_page(tmp_path, capsys):
    maps = tmp_path / "maps"
    maps.mkdir()
    room_file(maps, [(5, 1, 5, 6)])
    settings = DemoSettings(
        maps=maps,
        out=tmp_path / "out",
        episodes=8,
        max_steps=300,
        train=small(tmp_path),
        probe_layouts=("houses:1000000-1000012",),
        probe_episodes=300,
        map_fit=MapFit(epochs=1),
        position_fit=PositionFit(offsets=(-4, 0, 4), epochs=1, samples=2000),
    )
    run(settings)
    said = capsys.readouterr().out
    assert said.rstrip().endswith(str(tmp_path / "out" / "index.html"))
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("data:video/mp4") == 1
    assert page.count("data:image/png") >= 9
    assert (tmp_path / "out" / "run" / "agent" / "agent.json").is_file()
    assert not re.search(r'(src|href)="(?!data:)', page), "nothing is loaded from elsewhere"
    for word in (
        "oracle",
        "clairvoyant-bug",
        "room",
        "offices",
        "env-steps/s",
        "95.1",
        "32.5",
        "agent trained here",
        "shuffled",
    ):
        assert word in page


def test_text_is_escaped_and_tables_are_whole(tmp_path):
    table = Table("a < b", ["name", "value"], [["<script>", "1"]])
    write_page(tmp_path / "page.html", "T & T", "lead", [Section("s", ["p"], [table])], "foot")
    page = (tmp_path / "page.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "T &amp; T" in page
