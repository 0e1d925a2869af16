"""The study as a command: what is answered is kept, and the table says what was found."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.checkpoint import save_agent
from agents.nets import BlindAgent
from agents.windowed import WindowedAgent
from probes.measures import Score
from probes.positions import Positions
from probes.reproduce import blind_maps_questions
from probes.reproduce.blind_maps import RESULTS, BlindMapsSettings, _text, run
from probes.reproduce.blind_maps_figures import (
    draw_firing,
    draw_forgetting,
    draw_memory,
    draw_probes,
    draw_second_trips,
    draw_units,
)
from probes.reproduce.blind_maps_page import positions_of, write_blind_maps_page
from probes.reproduce.blind_maps_questions import ask_all, documents
from probes.reproduce.blind_maps_study import MemoryFit, RecordFit, Study, answered, subject_of
from probes.reproduce.blind_maps_table import Cell, shown, table_of
from probes.reproduce.blind_maps_walk import _frames

SMALL = Study(
    episodes=8,
    max_steps=60,
    memory=MemoryFit(("houses:0-4",), 6, (1, 64)),
    record=RecordFit(("houses:0-12",), 72, 8),
)


def score(value, chance=0.5):
    return Score(value, chance, (value - 0.1, value + 0.1), 10).document()


def walks(value):
    trips = {name: score(value) for name in ("length_ratio", "off_the_first", "left_out")}
    return {"success": score(value), "spl": score(value), "trips": trips}


def planted():
    """What might have been found of an agent."""
    estimate = {"score": 0.9, "low": 0.8, "high": 0.95, "n": 100}
    floor = {"all": {"success": estimate, "spl": estimate}, "rows": {}}
    both = {"success": score(0.8), "spl": score(0.6)}
    readers = {"agent": score(0.6), "untrained": score(0.4), "shuffled": score(0.2)}
    collisions = {
        "units": ["h.0[1]", "c.0[2]"],
        "n_units": 16,
        "pruned": score(0.93),
        "untrained": score(0.9),
        "untrained_units": 5,
        "majority": 0.7,
        "curve": {"1": 0.7, "2": 0.93, "16": 0.94},
    }
    example = {
        "layout": "houses:0",
        "trip": 0,
        "spl": 0.7,
        "first": [[1.0, 1.0], [2.0, 1.0]],
        "second": [[1.0, 1.0], [2.0, 1.5]],
    }
    return {
        "evaluate": {"houses": floor, "offices": floor, "mazes": floor},
        "memory": {
            "windows": {"1": both, "16": both},
            "whole": both,
            "untrained": both,
            "saturates_at": 16,
            "metres_a_step": 0.1,
        },
        "collisions": {"any": collisions, "forward": collisions},
        "behaviour": {name: score(0.4) for name in ("wall_following", "turns_after_collision", "keeps_hand")},
        "positions": {"error": {str(k): {**readers, "constant": score(1.0)} for k in (-16, 0, 16)}, "refused": {}},
        "excursions": {
            "excursion": {"16": readers, "32": readers},
            "rest": {"16": readers, "32": readers},
            "overall": readers,
            "share": 0.3,
        },
        "transplant": {
            "s-to-t-zero": {"taught": walks(0.5), "untaught": walks(0.5), "examples": []},
            "s-to-t-trained": {
                "taught": walks(0.7),
                "untaught": walks(0.5),
                "shuffled": walks(0.4),
                "examples": [example, example],
            },
        },
    }


def test_the_table_has_our_numbers_beside_the_papers():
    lines = {line.measure: line for line in table_of([planted(), {}])}
    success = lines["success, houses"]
    assert success.paper == "95.1 ± 1.3 %"
    assert success.ours == [Cell(0.9, 0.8, 0.95), None]
    assert lines["units kept"].ours[0] == Cell(2, 2, 2)
    assert lines["units kept"].null[0] == Cell(5, 5, 5)
    assert lines["inputs from which on SPL is 95 % of its best"].ours[0] == Cell(16, 16, 16)
    assert lines["SPL, again, its memory"].null[0].score == 0.5
    assert lines["SPL, again, another trip's memory"].ours[0].score == 0.4
    assert lines["FORWARDs along a wall"].null[0] == Cell(0.5, 0.5, 0.5)
    assert "success, real floors" not in lines
    assert "SPL, back, its memory" not in lines
    assert success.document()["ours"] == [[0.9, 0.8, 0.95], None]
    assert table_of([{}]) == []


def test_agents_have_an_interval_of_their_own():
    others = [planted() for _ in range(3)]
    for value, own in zip((0.7, 0.8, 0.9), others, strict=True):
        own["evaluate"]["houses"]["all"]["success"] = {"score": value, "low": 0.0, "high": 1.0}
    line = table_of(others)[0]
    over = line.over_agents()
    assert over.score == pytest.approx(0.8)
    assert over.low == pytest.approx(0.8 - 4.303 * 0.1 / 3**0.5, abs=1e-3)
    assert line.document()["over_agents"] == list(over)
    assert line._replace(ours=line.ours[:2]).over_agents() is None
    assert "over agents" in _text(table_of(others), ["one", "two", "three"])
    assert "over agents" not in _text(table_of(others[:2]), ["one", "two"])


def test_cells_are_shown_for_people():
    assert shown(Cell(0.5, 0.25, 0.75), "%") == "50.0 [25.0, 75.0]"
    assert shown(Cell(1.234, 1.0, 2.0), "m") == "1.23 [1.00, 2.00]"
    assert shown(Cell(1024, 1024, 1024), "") == "1,024"
    assert shown(None, "%") == "-"


def test_what_is_answered_is_not_asked_again(tmp_path):
    path, asked = tmp_path / "a" / "memory.json", []

    def ask():
        asked.append(1)
        return {"x": 1}

    assert answered(path, {"k": (1, 2)}, ask)["found"] == {"x": 1}
    assert answered(path, {"k": (1, 2)}, ask)["found"] == {"x": 1}
    assert len(asked) == 1
    with pytest.raises(ValueError, match="another k: remove it"):
        answered(path, {"k": (1, 3)}, ask)
    path.write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        answered(path, {"k": (1, 2)}, ask)


def test_scores_come_back_out_of_their_json():
    found = {-4: {"agent": Score(1.0, 2.0, (0.5, 1.5), 7)}}
    document = {"error": {str(k): documents(scores) for k, scores in found.items()}, "refused": {"8": "short"}}
    assert positions_of(json.loads(json.dumps(document))) == Positions(found, {8: "short"})


def test_figures_and_page_are_drawn(tmp_path):
    agents = {"one": planted(), "two": planted()}
    others = {"bug0": {"evaluate": planted()["evaluate"]}}
    others["window-16"] = {**others["bug0"], "window": {"inputs": 16}}
    walk = {"path": [[0, 0], [1, 0], [1, 1]], "collided": [False, True, False], "units": {"h.0[1]": [0.1, 2.0, -1.0]}}
    for figure in (
        draw_memory(agents, others),
        draw_units(agents),
        draw_forgetting(agents),
        draw_probes(agents),
        draw_firing(walk),
        draw_second_trips(agents["one"]["transplant"]["s-to-t-trained"]["examples"]),
    ):
        figure.savefig(tmp_path / "figure.png")
    drawn = {len(draw_memory(agents, own).axes[0].get_legend_handles_labels()[1]) for own in (others, {})}
    assert drawn == {len(agents), len(agents) + 1}
    page = tmp_path / "index.html"
    write_blind_maps_page(page, agents, others, table_of(list(agents.values())), tmp_path, "foot")
    text = page.read_text()
    for words in ("95.1 ± 1.3 %", "bug0", "untaught", "What is forgotten?", "foot", "diamonds"):
        assert words in text
    write_blind_maps_page(page, agents, {}, table_of(list(agents.values())), tmp_path, "foot")
    assert "diamonds" not in page.read_text()


def test_frames_show_the_map_where_it_was_walked():
    mask = np.zeros((3, 96, 96), bool)
    mask[:, 44:52, 44:52] = True
    belief = np.zeros((3, 96, 96), np.float32)
    belief[:, 48:] = 1.0
    path = np.array([[0.1, 0.1], [0.4, 0.1], [0.7, 0.1]])
    frames = _frames(belief, belief[0] > 0.5, mask, path, np.array([False, True, False]), 0.5)
    assert len(frames) == 3
    height, width, _ = frames[0].shape
    assert height % 2 == width % 2 == 0
    forward, behind = frames[2][200, 100], frames[2][height - 200, 100]
    assert forward.min() > 250 > behind.max()


@pytest.fixture
def agent_folder(tmp_path):
    torch.manual_seed(0)
    save_agent(tmp_path / "small" / "agent", BlindAgent(4), {"steps": 0})
    return tmp_path / "small" / "agent"


@pytest.fixture(autouse=True)
def small_floors(monkeypatch):
    monkeypatch.setattr(blind_maps_questions, "FLOORS", {"houses": ("houses:0-3",), "mazes": ("mazes:0-2",)})


def test_the_command_asks_keeps_and_goes_on(agent_folder, tmp_path, capsys):
    out, results = tmp_path / "out", tmp_path / "results"
    settings = BlindMapsSettings(
        run=(agent_folder,),
        windowed=(str(tmp_path / "windowed"),),
        questions=("evaluate", "memory", "behaviour"),
        out=out,
        results=results,
        study=SMALL,
    )
    save_agent(tmp_path / "windowed", WindowedAgent(3, 3, 4), {"steps": 0})
    run(settings)
    text = capsys.readouterr().out
    assert "95.1 ± 1.3 %" in text
    assert (out / "index.html").is_file()
    found = json.loads((results / RESULTS).read_text())
    assert found["agents"]["small"]["hidden"] == 4
    assert set(found["found"]["small"]) == {"evaluate", "memory", "behaviour"}
    assert found["others"]["windowed"]["window"] == {"inputs": 3}
    assert set(found["others"]) == {"windowed", "oracle", "bug0", "bug1", "bug2", "tangent-bug", "clairvoyant-bug"}
    kept = {path: path.stat().st_mtime_ns for path in (out / "small").glob("*.json")}
    run(settings)
    assert kept == {path: path.stat().st_mtime_ns for path in (out / "small").glob("*.json")}
    run(replace(settings, questions=("memory",)))
    assert set(json.loads((results / RESULTS).read_text())["found"]["small"]) == {"evaluate", "memory", "behaviour"}


def test_an_agent_of_no_window_is_not_among_those_of_one(agent_folder, tmp_path):
    save_agent(tmp_path / "whole", BlindAgent(4), {"steps": 0})
    settings = BlindMapsSettings(
        run=(agent_folder,),
        windowed=(str(tmp_path / "whole"),),
        questions=("evaluate",),
        out=tmp_path / "o",
        study=SMALL,
    )
    with pytest.raises(ValueError, match="whole was trained with all its inputs"):
        run(settings)


def test_names_are_compared_before_anything_is_asked(agent_folder, tmp_path):
    save_agent(tmp_path / "other" / "small" / "agent", WindowedAgent(3, 3, 4), {"steps": 0})
    save_agent(tmp_path / "oracle", BlindAgent(4), {"steps": 0})
    settings = BlindMapsSettings(run=(agent_folder,), questions=("evaluate",), out=tmp_path / "out", study=SMALL)
    for change, name in (
        ({"windowed": (str(tmp_path / "other" / "small" / "agent"),)}, "small"),
        ({"run": (agent_folder, agent_folder), "windowed": ()}, "small"),
        ({"run": (tmp_path / "oracle",), "windowed": ()}, "oracle"),
    ):
        with pytest.raises(ValueError, match=f"rename a folder that is called {name}"):
            run(replace(settings, **change))
    with pytest.raises(ValueError, match="there is no agent to ask"):
        run(replace(settings, run=(), agents=(), windowed=()))
    assert not list((tmp_path / "out").glob("*/*.json"))


def test_a_question_asked_otherwise_is_refused(agent_folder, tmp_path):
    subject = subject_of("small", agent_folder)
    ask_all(subject, SMALL, tmp_path / "out", ("behaviour",), lambda line: None)
    with pytest.raises(ValueError, match="another seed: remove it"):
        ask_all(subject, Study(**{**vars(SMALL), "seed": 1}), tmp_path / "out", ("behaviour",), lambda line: None)
    (tmp_path / "out" / "small" / "behaviour.json").unlink()
    other = Study(**{**vars(SMALL), "record": RecordFit(("houses:0-13",), 72, 8)})
    with pytest.raises(ValueError, match="made with another layouts: remove it"):
        ask_all(subject, other, tmp_path / "out", ("behaviour",), lambda line: None)


def test_a_deep_agent_is_not_asked_how_long_its_memory_is(tmp_path):
    save_agent(tmp_path / "deep", BlindAgent(4, 2), {})
    said = []
    found = ask_all(subject_of("deep", tmp_path / "deep"), SMALL, tmp_path / "out", ("memory",), said.append)
    assert found == {}
    assert "2 layers" in said[0]


def test_agents_that_cannot_be_are_refused(agent_folder, tmp_path):
    with pytest.raises(ValueError, match="no pretrained agent 'nobody'"):
        run(BlindMapsSettings(agents=("nobody",), out=tmp_path / "out"))
    with pytest.raises(ValueError, match="need names of their own: rename a folder that is called small"):
        run(BlindMapsSettings(run=(agent_folder, agent_folder), out=tmp_path / "out"))
