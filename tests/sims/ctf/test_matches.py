"""Match files: a recorded match is played again exactly, and what isn't what was recorded is found out."""

import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sims.ctf.env import CaptureTheFlagVectorEnv
from sims.ctf.events import Event, write_events
from sims.ctf.matches import Recorder, digest, read_match, replay, verify, write_match
from sims.ctf.state import EVENTS, N_EVENTS
from tests.sims.ctf.arena import HALL

BOTS = {0: 5, 2: 4, 3: "runner"}


def recorded(maps="indoor:0-3", match=1, steps=200, bots=BOTS, **settings):
    """An env of three matches, one of which was recorded; its free slots press buttons."""
    env = CaptureTheFlagVectorEnv(3 * (4 - len(bots)), maps=maps, obs="vector", bots=bots, **settings)
    env.reset(seed=17)
    env.action_space.seed(3)
    recorder = Recorder(env, match)
    for _ in range(steps):
        env.step(env.action_space.sample())
        recorder.after_step()
    return env, recorder


@pytest.fixture(scope="module")
def played():
    return recorded(match_steps=200, hits_to_tag=1, respawn_steps=5, flag_return_steps=30)


def altered(match, step=50):
    """The match with one factor of one player changed: red 0 turns the other way."""
    actions = match.actions.copy()
    actions[step, 0, 0] = (actions[step, 0, 0] + 2) % 5
    return match._replace(actions=actions)


def test_a_match_with_bots_is_replayed_exactly(played, tmp_path):
    env, recorder = played
    assert recorder.over
    write_match(tmp_path / "one.match.parquet", recorder.file())
    match = read_match(tmp_path / "one.match.parquet")
    assert match.players == (5, "policy", 4, "runner")
    assert (match.seed, match.number, match.actions.shape) == (18, 0, (200, 4, 6))
    verify(match)
    clocks = [int(again.state.clock[0]) for again in replay(match)]
    assert clocks == list(range(1, 201))
    for again in replay(match):
        last = again
    for name, array in last.state._asdict().items():
        if name != "map":
            np.testing.assert_array_equal(array[0], getattr(env.final_state, name)[1], err_msg=name)
    assert digest(last.state, 0) == match.state_sha256


def test_a_file_says_what_the_recorder_says(played, tmp_path):
    match = played[1].file()
    write_match(tmp_path / "one.match.parquet", match)
    again = read_match(tmp_path / "one.match.parquet")
    np.testing.assert_array_equal(again.actions, match.actions)
    assert again._replace(actions=None) == match._replace(actions=None)


def test_replays_pass_through_the_states_that_were(tmp_path):
    env = CaptureTheFlagVectorEnv(1, maps="outdoor:2", obs="vector", bots={1: 3, 2: 3, 3: 3})
    env.reset(seed=5)
    recorder, places = Recorder(env), []
    for _ in range(60):
        env.step(np.array([[2, 1, 1, 2, 1, 1]]))
        recorder.after_step()
        places.append((env.state.x[0].copy(), env.state.z[0].copy()))
    assert not recorder.over
    for (x, z), again in zip(places, replay(recorder.file()), strict=True):
        np.testing.assert_array_equal(again.state.x[0], x)
        np.testing.assert_array_equal(again.state.z[0], z)


def test_later_matches_of_a_slot_are_replayed_too():
    env, first = recorded(match_steps=40, steps=40)
    second = Recorder(env, 1)
    while not second.over:
        env.step(env.action_space.sample())
        second.after_step()
    assert (first.file().number, second.file().number) == (0, 1)
    verify(first.file())
    verify(second.file())


def test_an_altered_action_is_found_out(played, tmp_path):
    match = altered(played[1].file())
    write_match(tmp_path / "one.match.parquet", match)
    with pytest.raises(ValueError, match="ends otherwise than when it was recorded: the file was altered"):
        verify(read_match(tmp_path / "one.match.parquet"))


def test_an_older_version_is_named_as_the_cause(played):
    with pytest.raises(ValueError, match=r"recorded with umwelt-sims 0\.0\.1 and this is"):
        verify(altered(played[1].file())._replace(version="0.0.1"))


def test_another_map_is_found_out(played):
    with pytest.raises(ValueError, match="'indoor:0' is another map today"):
        replay(played[1].file()._replace(map="indoor:0", map_sha256="0" * 64))


def test_text_maps_travel_in_the_file(tmp_path):
    drawing = tmp_path / "hall.ctf.txt"
    drawing.write_text(HALL)
    _, recorder = recorded(maps=str(drawing), steps=30, bots={3: "patrol"})
    drawing.unlink()
    write_match(tmp_path / "hall.match.parquet", recorder.file())
    match = read_match(tmp_path / "hall.match.parquet")
    assert match.map_text.strip() == HALL.strip()
    verify(match)


def test_events_add_up_to_the_totals(played, tmp_path):
    env, recorder = played
    write_events(tmp_path / "events.parquet", recorder.events, team_size=2)
    table = pq.read_table(tmp_path / "events.parquet")
    assert table.column_names == ["step", "seconds", "player", "team", "event", "x", "y", "z"]
    counts = np.zeros((4, N_EVENTS), int)
    for row in table.to_pylist():
        counts[row["player"], EVENTS.index(row["event"])] += 1
        assert row["team"] == ("red", "blue")[row["player"] // 2]
        assert row["seconds"] == pytest.approx(row["step"] / 15)
        assert 1 <= row["step"] <= 200
    np.testing.assert_array_equal(counts, env.final_state.totals[1])
    assert counts.sum() >= 10


def test_a_table_without_events_has_its_columns(tmp_path):
    write_events(tmp_path / "events.parquet", [], team_size=2)
    table = pq.read_table(tmp_path / "events.parquet")
    assert (table.num_rows, table.num_columns) == (0, 8)


def resealed(path, change):
    """Write a match file's table again with other metadata."""
    table = pq.read_table(path)
    document = json.loads(table.schema.metadata[b"umwelt.match"])
    change(document)
    pq.write_table(table.replace_schema_metadata({"umwelt.match": json.dumps(document)}), path)


DAMAGES = {
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-30]), "no Parquet file, or damaged"),
    "empty": (lambda path: path.write_bytes(b""), "no Parquet file, or damaged"),
    "text": (lambda path: path.write_text("hello"), "no Parquet file, or damaged"),
    "foreign": (lambda path: pq.write_table(pa.table({"actions": [1, 2]}), path), "no match file"),
    "score": (lambda path: resealed(path, lambda document: document.update(score=[9, 0])), "SHA-256 differs"),
    "seed": (lambda path: resealed(path, lambda document: document.update(seed=99)), "SHA-256 differs"),
    "lacking": (lambda path: resealed(path, lambda document: document.pop("rules")), "damaged"),
    "players": (lambda path: resealed(path, lambda document: document.update(players=[1])), "1 players"),
    "later": (lambda path: resealed(path, lambda document: document.update(format=2)), "pip install --upgrade"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused(played, tmp_path, damage):
    path = tmp_path / "one.match.parquet"
    write_match(path, played[1].file())
    harm, message = DAMAGES[damage]
    harm(path)
    with pytest.raises(ValueError, match=message):
        read_match(path)


def test_no_flipped_bit_is_read_as_another_match(played, tmp_path):
    path, match = tmp_path / "one.match.parquet", played[1].file()
    write_match(path, match)
    whole, random = path.read_bytes(), np.random.default_rng(0)
    for at in random.integers(len(whole), size=60):
        data = bytearray(whole)
        data[at] ^= 1 << int(random.integers(8))
        path.write_bytes(bytes(data))
        try:
            again = read_match(path)
        except ValueError:
            continue
        np.testing.assert_array_equal(again.actions, match.actions)
        assert again._replace(actions=None) == match._replace(actions=None)


def test_files_that_are_not_there_or_misnamed(played, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no match file"):
        read_match(tmp_path / "none.match.parquet")
    with pytest.raises(ValueError, match=r"call it one\.match\.parquet"):
        write_match(tmp_path / "one.parquet", played[1].file())
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_match(tmp_path / "nowhere" / "one.match.parquet", played[1].file())


def test_without_pyarrow_the_cure_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match="need pyarrow: pip install"):
        read_match(tmp_path / "one.match.parquet")
    with pytest.raises(ValueError, match="need pyarrow: pip install"):
        write_events(tmp_path / "events.parquet", [], team_size=2)


def test_recorders_refuse_what_they_can_not_keep():
    env, recorder = recorded(match_steps=20, steps=19)
    with pytest.raises(ValueError, match="19 steps old: begin to record right after reset"):
        Recorder(env, 0)
    with pytest.raises(ValueError, match="the env has matches 0 to 2"):
        Recorder(env, 3)
    with pytest.raises(ValueError, match="missed a step"):
        recorder.after_step()
    env.step(env.action_space.sample())
    with pytest.raises(ValueError, match="gone on without the recorder"):
        recorder.file()
    recorder.after_step()
    assert recorder.over
    with pytest.raises(ValueError, match="the match is over"):
        recorder.after_step()
    fresh = Recorder(env, 0, players={1: "agent-7"})
    with pytest.raises(ValueError, match="nothing has been recorded"):
        fresh.file()
    with pytest.raises(ValueError, match="names slot 4"):
        Recorder(env, 0, players={4: "agent-7"})
    env.step(env.action_space.sample())
    fresh.after_step()
    assert fresh.file().players == (5, "agent-7", 4, "runner")


def test_a_match_after_one_with_beams_is_recorded_as_if_it_were_the_first():
    env = CaptureTheFlagVectorEnv(4, maps="indoor:0-2", obs="vector", match_steps=12)
    env.reset(seed=0)
    for _ in range(12):
        env.step(np.tile((2, 1, 1, 1, 1, 0), (4, 1)))
    recorder = Recorder(env)
    while not recorder.over:
        env.step(np.tile((2, 1, 1, 2, 0, 0), (4, 1)))
        recorder.after_step()
    verify(recorder.file())


def test_numpys_integers_are_written_too(tmp_path):
    env = CaptureTheFlagVectorEnv(
        3, maps="indoor:0-2", obs="vector", match_steps=np.int64(5), bots={np.int64(3): np.int64(2)}
    )
    env.reset(seed=0)
    recorder = Recorder(env, players={0: np.int64(4)})
    for _ in range(5):
        env.step(np.tile((2, 1, 1, 2, 0, 0), (3, 1)))
        recorder.after_step()
    write_match(tmp_path / "a.match.parquet", recorder.file())
    assert read_match(tmp_path / "a.match.parquet").players == (4, "policy", "policy", 2)


def test_events_of_players_that_the_teams_have_not_are_refused(tmp_path):
    with pytest.raises(ValueError, match="two teams of 1 have no player 2: give the match's own team_size"):
        write_events(tmp_path / "events.parquet", [Event(1, 2, 0, 0.0, 0.0, 0.0)], team_size=1)
