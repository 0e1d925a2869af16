"""The command `umwelt probe`: both questions, from a folder to a document."""

import json
import subprocess
import sys

import pytest
import torch

from agents.checkpoint import save_agent
from agents.nets import BlindAgent
from probes.decoding import MapFit, MapsSettings, PositionFit, run
from probes.record import RecordSettings, record_run, write_record


def agent(folder, seed):
    torch.manual_seed(seed)
    save_agent(folder, BlindAgent(4), {})


def settings(folder, **changes):
    return MapsSettings(
        folder,
        **{
            "layouts": ("houses:1000000-1000016",),
            "episodes": 48,
            "moments": 4,
            "max_steps": 40,
            "maps": MapFit(states_per_episode=1, epochs=1),
            "positions": PositionFit(offsets=(-2, 0, 300), epochs=1),
            **changes,
        },
    )


def test_maps_are_recorded_decoded_written_and_drawn(tmp_path, capsys):
    agent(tmp_path / "run", 0)
    run(settings(tmp_path / "run", json=True, figures=tmp_path / "figures"))
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "run" / "probes" / "maps.json").read_text())
    assert told["maps"].keys() == {"iou", "iou_fair", "balanced_accuracy", "balanced_accuracy_fair"}
    for scores in [*told["maps"].values(), *told["position_error_m"].values()]:
        assert {"agent", "untrained", "shuffled"} <= scores.keys()
        assert all(score.keys() == {"score", "chance", "interval", "n"} for score in scores.values())
    assert told["position_error_m"].keys() == {"-2", "0"}
    assert told["position_refused"].keys() == {"300"}
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"maps.png", "positions.png"}
    run(settings(tmp_path / "run"))  # asks the same record again
    table = capsys.readouterr().out
    assert "balanced accuracy fair" in table
    assert "left out: k = 300" in table


def test_a_record_of_other_weights_is_refused_unless_it_is_named(tmp_path):
    agent(tmp_path / "run", 0)
    agent(tmp_path / "other", 1)
    recorded = RecordSettings(tmp_path / "other", layouts=("houses:1000000-1000002",), episodes=2, max_steps=5)
    write_record(tmp_path / "run" / "records", record_run(recorded))
    with pytest.raises(ValueError, match="of other weights than"):
        run(settings(tmp_path / "run"))
    with pytest.raises(ValueError, match="different layouts, 4 at least"):
        run(settings(tmp_path / "run", records=tmp_path / "run" / "records"))


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("record", "nowhere"), 1, "umwelt: nowhere holds no agent"),
        (("maps", "nowhere"), 1, "umwelt: nowhere holds no"),
    ],
)
def test_a_users_mistake_is_one_line_with_its_cure(words, status, message):
    done = subprocess.run(
        [sys.executable, "-m", "umwelt", "probe", *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(message)
