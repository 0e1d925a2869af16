"""`umwelt probe game-state`: facts that the memory holds are found, others are not, and what is refused."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import umwelt
from agents.ftw.playing import Fixture, batches, steps_of
from agents.ftw.saved import save_ftw_agent
from probes.game_state import GameStateSettings, check_enough, run
from probes.game_state_decoding import LEAST_SAMPLES, decode_game_state
from probes.game_state_facts import FACTS
from probes.game_state_record import AGENT, Recording, record_matches, untrained_twin
from sims.ctf.state import RULES
from tests.agents.ftw.rollouts import small_agent

MAPS = "indoor:1000000-1000060"
SHORT = RULES._replace(match_steps=60)
UNITS = 24


def planted(held=True, n_matches=60, moments=10, players=2, rare=0.0, seed=0):
    """A recording of coin tosses of three facts, which the states hold linearly, with noise, or don't."""
    rng = np.random.default_rng(seed)
    n = n_matches * moments * players
    facts = (rng.random((3, 2, n)) < 0.4).astype(np.int8)
    facts[2] = rng.random((2, n)) < rare
    facts[:, 1, ::10] = -1
    held_facts = facts if held else rng.permutation(facts, axis=2)
    code = np.where(held_facts > 0, 1.0, -1.0).reshape(6, n).T @ rng.normal(size=(6, UNITS))
    states = (code + 0.1 * rng.normal(size=(n, UNITS))).astype(np.float16)
    match = np.repeat(np.arange(n_matches), moments * players)
    return Recording(
        states,
        rng.normal(size=(n, UNITS)).astype(np.float16),
        facts,
        match,
        match // 2,
        np.tile(np.repeat(np.arange(moments), players), n_matches),
        np.tile(np.arange(players), n_matches * moments),
        n_matches,
        ("one", "two", "three"),
        (0.0, 1.0),
    )


def test_facts_that_states_hold_are_read_and_the_nulls_fall_to_chance():
    found = decode_game_state(planted(rare=0.5))
    assert not found.refused
    for known in found.known.values():
        assert known.agent.score > 0.99
        assert known.agent.interval[0] > 0.98
        assert known.untrained.score == pytest.approx(0.5, abs=0.12)
        assert known.shuffled.score == pytest.approx(0.5, abs=0.12)
        assert known.gain[0] > 0.3
        assert known.is_known()
        assert known.agent.chance == 0.5
    assert found.known["one", 1.0].agent.n < found.known["one", 0.0].agent.n  # beyond the match nothing is asked


def test_facts_that_states_do_not_hold_are_not_read():
    found = decode_game_state(planted(held=False, rare=0.5))
    for known in found.known.values():
        assert known.agent.score == pytest.approx(0.5, abs=0.12)
        assert known.gain[0] < 0.0
        assert not known.is_known()


def test_no_match_and_no_map_is_on_two_sides():
    recording = planted()
    split = decode_game_state(recording).split
    assert sum(map(len, split)) == 60
    maps = [set((part // 2).tolist()) for part in split]
    assert not maps[0] & maps[2]
    assert not maps[1] & (maps[0] | maps[2])


def test_facts_that_are_too_rare_are_refused_with_the_number_that_would_do():
    found = decode_game_state(planted(rare=0.02))
    assert set(found.refused) == {("three", 0.0), ("three", 1.0)}
    why = found.refused["three", 0.0]
    assert "so in " in why
    assert f"expected {LEAST_SAMPLES} at least: record " in why
    would_do = int(why.split("record ")[1].split()[0])
    assert ("three", 0.0) in decode_game_state(planted(rare=0.02, n_matches=round(1.5 * would_do))).known
    assert "record many more matches" in decode_game_state(planted(rare=0.0)).refused["three", 0.0]
    assert "not so in 0 of" in decode_game_state(planted(rare=1.0)).refused["three", 0.0]


def test_a_fact_of_few_matches_is_refused():
    recording = planted(rare=0.0)
    in_some = np.isin(recording.match, np.arange(0, 60, 6))
    recording.facts[2, 0] = in_some
    recording.facts[2, 1] = np.where(recording.facts[2, 1] < 0, -1, recording.match < 58)
    found = decode_game_state(recording)
    assert "test matches, expected 5 at least" in found.refused["three", 0.0] + found.refused["three", 1.0]


def test_nothing_to_ask_too_few_samples_and_too_few_matches_are_refused():
    recording = planted()
    with pytest.raises(ValueError, match=r"no fact can be asked; one at \+0 s: so in 0 of"):
        decode_game_state(recording._replace(facts=np.zeros_like(recording.facts)))
    wide = np.zeros((len(recording.match), 600), np.float16)
    with pytest.raises(ValueError, match="too few for a decoder of 600 units"):
        decode_game_state(recording._replace(states=wide, untrained=wide))
    with pytest.raises(ValueError, match="episodes are left for the test"):
        decode_game_state(planted(n_matches=16))


@pytest.mark.parametrize("core", ["two-timescale", "lstm"])
def test_a_recording_holds_the_memory_of_each_player_at_its_moment(core):
    agent = small_agent(core)
    recording = record_matches(agent, 3, moments=4, maps=MAPS, rules=SHORT, seed=5)
    width = 48 if core == "two-timescale" else 24
    assert recording.states.shape == recording.untrained.shape == (3 * 4 * 4, width)
    assert recording.facts.shape == (len(FACTS), 5, 48)
    assert recording.step.reshape(3, 4, 4)[1, :, 2].tolist() == [14, 29, 44, 59]
    assert recording.player[:4].tolist() == [0, 1, 2, 3]
    fixtures = [Fixture((AGENT,) * 4, 5 + k) for k in range(3)]
    (batch,) = batches({AGENT: agent}, fixtures, maps=MAPS, rules=SHORT, seed=5)
    for moment in steps_of(batch):
        if moment.step == 29:
            memory = moment.minds[AGENT].memory
            parts = torch.cat([memory.h, memory.c, memory.h_slow, memory.c_slow], 1).half().numpy()
            np.testing.assert_array_equal(recording.states[recording.step == 29], parts)
            out = ~batch.env.privileged().in_play
            np.testing.assert_array_equal(recording.facts[0, 2][recording.step == 29], out.reshape(-1))
    names = [fact.name for fact in FACTS]
    late = recording.facts[names.index("second_half"), 2].reshape(3, 4, 4)
    assert late[0].tolist() == [[0] * 4, [0] * 4, [1] * 4, [1] * 4]
    assert (recording.facts[:, 0] == -1).all()  # five seconds before any moment of a match of four
    assert (recording.facts[:, 3].reshape(len(FACTS), 3, 4, 4)[:, :, -1] == -1).all()


def test_an_opponents_memory_is_not_recorded_and_seats_swap():
    recording = record_matches(small_agent(), 4, opponent=3, moments=2, maps=MAPS, rules=SHORT)
    assert recording.match.tolist() == np.repeat(np.arange(4), 4).tolist()
    assert recording.player.reshape(4, 2, 2)[:, 0].tolist() == [[0, 1], [2, 3], [0, 1], [2, 3]]
    assert (np.diff(recording.step.reshape(4, 4)) >= 0).all()


def test_the_twin_has_fresh_weights_and_is_told_what_the_agent_did():
    agent = small_agent(precision="bfloat16")
    with torch.no_grad():
        agent.heads.actor.bias[0] = 50.0  # one choice always
    twin = untrained_twin(agent, 3)
    assert twin.arguments["precision"] == "float32"
    assert twin.core.hidden == agent.core.hidden
    assert not torch.equal(twin.core.fast.weight, agent.core.fast.weight)
    assert torch.equal(untrained_twin(agent, 3).core.fast.weight, twin.core.fast.weight)
    recording = record_matches(agent, 2, moments=3, maps=MAPS, rules=SHORT)
    assert not np.array_equal(recording.states, recording.untrained)
    assert np.isfinite(recording.untrained.astype(np.float32)).all()


def test_the_twin_looks_as_seldom_as_the_agent():
    recording = record_matches(small_agent(repeat=20), 1, moments=60, maps=MAPS, rules=SHORT)
    untrained = recording.untrained.reshape(60, 4, -1)
    changed = [bool((untrained[t] != untrained[t - 1]).any()) for t in range(1, 60)]
    assert [t for t in range(1, 60) if changed[t - 1]] == [20, 40]


def test_moments_and_offsets_that_cant_be_are_refused():
    for offsets in ((), (0.0, 0.0), (float("nan"),)):
        with pytest.raises(ValueError, match="offsets must be seconds, each another"):
            record_matches(small_agent(), 1, offsets=offsets, maps=MAPS, rules=SHORT)
    with pytest.raises(ValueError, match="a match of 60 steps has no 61 moments"):
        record_matches(small_agent(), 1, moments=61, maps=MAPS, rules=SHORT)


def test_too_few_matches_are_refused_before_they_are_played():
    settings = GameStateSettings(Path("agent"), "2", 39, moments=6)
    with pytest.raises(ValueError, match=r"39 matches are too few for decoders of 48 units.*--matches 40 or more"):
        check_enough(small_agent(), settings)
    settings = replace(settings, matches=100, moments=1)
    with pytest.raises(ValueError, match="use --matches 829 or more"):  # 2 x 480 / (0.75 x 0.85 x 2) and a tenth
        check_enough(small_agent(hidden=120), settings)
    check_enough(small_agent(hidden=120), replace(settings, opponent="itself", matches=415))


def test_the_command_writes_what_it_prints(tmp_path, capsys, monkeypatch):
    save_ftw_agent(tmp_path / "agent", small_agent(), {})
    settings = GameStateSettings(
        tmp_path / "agent", "5", 44, moments=6, maps=(MAPS,), match_steps=180, out=tmp_path / "out", json=True
    )
    run(settings)
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "out" / "game_state.json").read_text())
    assert list(document["facts"]) == [fact.name for fact in FACTS]
    assert document["offsets_s"] == [-5.0, -1.0, 0.0, 1.0, 5.0]
    assert sum(document["matches"].values()) == 44
    assert document["asked_now"] >= 5
    now = document["facts"]["on_own_half"]["at"]["+0"]
    assert now["agent"]["interval"][0] <= now["agent"]["score"] <= now["agent"]["interval"][1]
    assert "many more matches" in document["facts"]["i_captured_lately"]["at"]["+0"]["refused"]
    command = ["umwelt", "probe", "game-state", str(tmp_path / "agent"), "--matches", "42", "--moments", "6"]
    monkeypatch.setattr(sys, "argv", [*command, "--match-steps", "90", "--maps", MAPS])
    umwelt.main()
    told = capsys.readouterr().out
    assert "against itself" in told
    assert "facts are known now" in told
