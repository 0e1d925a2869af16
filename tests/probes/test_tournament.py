"""`umwelt tournament`: known strengths come out, every match is counted, and names mean what they say."""

import json
import sys

import numpy as np
import pytest

import umwelt
from agents.ftw.matches import Tally, pairings
from agents.ftw.saved import save_ftw_agent
from probes.entrants import entrants_named, held_out_maps, match_length, members_of, run_of
from probes.tournament import TournamentSettings, _worth, counted, run, tournament
from sims.ctf.matches import MatchFile, read_match, verify
from sims.ctf.state import RULES
from tests.agents.ftw.rollouts import small_agent

MAPS = "indoor:1000000-1000004"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "population"
    for k in range(2):
        save_ftw_agent(run / "agents" / f"member-{k:02d}", small_agent(tau=3 + k), {"member": k})
    (run / "agents" / "notes").mkdir()
    return run


def planted(chances, n_matches, seed=0):
    """A round robin in which row beats column with `chances[row][column]`, 2 to 1, else loses 0 to 3."""
    names = [f"t{k}" for k in range(len(chances))]
    fixtures = pairings([(name,) for name in names], n_matches)
    rng = np.random.default_rng(seed)
    score = np.zeros((len(fixtures), 2), np.int64)
    for k, fixture in enumerate(fixtures):
        i, j = sorted(int(name[1:]) for name in fixture.players)
        captures = (2, 1) if rng.random() < chances[i][j] else (0, 3)
        score[k] = captures if fixture.players[0] == names[i] else captures[::-1]
    return counted(tuple(names), score, n_matches)


def test_strong_teams_are_rated_higher_whichever_side_they_play():
    made = planted([[0.5, 0.75, 0.9], [0, 0.5, 0.75], [0, 0, 0.5]], 400)
    assert made.tallies[0][0] is None
    assert made.tallies[0][1].n == 400
    assert made.tallies[0][1].share == pytest.approx(0.75, abs=0.07)
    assert made.tallies[1][0] == Tally(*reversed(made.tallies[0][1]))
    assert made.captures[0, 1] == pytest.approx(2 * made.tallies[0][1].share)
    assert made.captures[1, 0] == pytest.approx(3 - 2 * made.tallies[0][1].share)
    rating = made.strengths.rating
    assert np.diff(rating) == pytest.approx([-190.8, -190.8], abs=40)  # 3 to 1, 400 log10 3
    assert made.circles.share < made.circles.chance_high
    assert (made.strengths.low < rating).all()
    assert (rating < made.strengths.high).all()


def test_rock_paper_scissors_is_seen_to_go_in_circles():
    made = planted([[0.5, 0.8, 0.2], [0, 0.5, 0.8], [0, 0, 0.5]], 200)
    assert made.circles.share > 0.9 > made.circles.chance_high
    document = json.loads(json.dumps(made.document()))
    assert document["win_rate"][0][0] is None
    assert document["win_rate"][0][1] == made.tallies[0][1].share
    assert [pair["team"] + pair["other"] for pair in document["pairs"]] == ["t0t1", "t0t2", "t1t2"]
    assert document["pairs"][0]["captures"] == made.captures[0, 1]


def test_bots_are_rated_in_their_order_and_the_best_match_is_kept():
    entrants = {"bot 1": 1, "bot 5": 5}
    teams = {name: (name,) * 2 for name in entrants}
    rules = RULES._replace(match_steps=900)
    made = tournament(entrants, teams, 6, record=True, maps=MAPS, rules=rules, batch=4)
    assert made.tallies[1][0].share > 0.5
    assert made.strengths.rating[1] > made.strengths.rating[0]
    assert made.circles is None
    verify(made.best)
    assert sum(made.best.score) > 0
    assert made.document()["best_match"]["players"] == list(made.best.players)


def test_the_command_writes_what_it_prints(folder, tmp_path, capsys):
    given = (str(folder), "1", f"{folder}/agents/member-01,3")
    settings = TournamentSettings(given, matches=2, maps=(MAPS,), match_steps=20, out=tmp_path / "out", json=True)
    run(settings)
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "out" / "tournament.json").read_text())
    assert document["teams"] == ["member-00", "member-01", "bot 1", "member-01, bot 3"]
    assert len(document["pairs"]) == 6
    assert document["matches"] == 2
    match = read_match(tmp_path / "out" / "best.match.parquet")
    assert list(match.players) == document["best_match"]["players"]


def test_a_run_is_its_members_and_keeps_its_own_tournament(folder, capsys):
    assert [path.name for path in members_of(folder)] == ["member-00", "member-01"]
    assert run_of(["2", str(folder)], "tournament") == folder / "tournament"
    assert run_of(["2"], "tournament") is None
    run(TournamentSettings((str(folder),), matches=2, maps=(MAPS,), match_steps=20))
    told = capsys.readouterr().out
    assert "member-00" in told
    assert "tournament.json" in told
    assert (folder / "tournament" / "tournament.json").is_file()


def test_the_yardstick_measures_agents_against_two_bots(folder, capsys):
    settings = TournamentSettings((str(folder),), True, matches=3, maps=(MAPS,), match_steps=20, json=True)
    run(settings)
    measured = json.loads(capsys.readouterr().out)["measured"]
    assert list(measured) == ["member-00", "member-01"]
    assert list(measured["member-00"]) == ["random", "2"]
    assert measured["member-00"]["2"]["n"] == 3
    assert json.loads((folder / "tournament" / "yardstick.json").read_text())["measured"] == measured
    run(TournamentSettings((str(folder / "agents" / "member-00"),), True, matches=2, maps=(MAPS,), match_steps=20))
    assert "bot random" in capsys.readouterr().out


def test_names_are_as_short_as_they_can_be(folder, tmp_path):
    again = tmp_path / "other" / "agents" / "member-00"
    save_ftw_agent(again, small_agent(), {})
    entrants, teams = entrants_named((str(folder / "agents" / "member-00"), str(again), "random"), 1)
    assert list(entrants) == ["population/agents/member-00", "other/agents/member-00", "bot random"]
    assert teams["bot random"] == ("bot random",)


def test_matches_are_as_long_as_in_training(tmp_path):
    for name, steps in (("short", 300), ("long", 900)):
        save_ftw_agent(tmp_path / name, small_agent(), {"trained_with": {"match_steps": steps}})
    save_ftw_agent(tmp_path / "unknown", small_agent(), {})
    short, long, unknown = (str(tmp_path / name) for name in ("short", "long", "unknown"))
    assert match_length((short, "2", unknown), None) == 300
    assert match_length((f"{long},{short}",), 45) == 45
    assert match_length((unknown, "2"), None) == 4500
    with pytest.raises(ValueError, match="match-steps 300 and 900: say --match-steps"):
        match_length((short, long), None)


def test_maps_are_those_that_training_kept_aside(tmp_path):
    for name, maps in (("fields", ["courts:5-9"]), ("mazes", ["indoor:5", "indoor:7"])):
        save_ftw_agent(tmp_path / name, small_agent(), {"trained_with": {"evaluate_maps": maps}})
    fields, mazes = str(tmp_path / "fields"), str(tmp_path / "mazes")
    assert held_out_maps((fields, "2"), None) == ("courts:5-9",)
    assert held_out_maps((fields, mazes), ("outdoor:1",)) == ("outdoor:1",)
    assert held_out_maps(("2", "3"), None) == ("indoor:1000000-1000200",)
    with pytest.raises(ValueError, match="say --maps"):
        held_out_maps((fields, mazes), None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "nobody is named"),
        (("2", "2"), "'bot 2' is named twice"),
        (("2", "runnner"), "no agent 'runnner': did you mean 'runner'"),
        (("2", "7"), "there is no agent '7': expected the folder"),
        (("1,2,3", "2"), "'1,2,3' is a team of 3, expected 2"),
        (("2",), "at least 2 teams, got 1: add a bot"),
        (("2", "3", "none"), "there is no agent 'none'"),
    ],
)
def test_names_that_mean_nothing_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        run(TournamentSettings(given, matches=1))


def test_no_matches_are_refused(folder):
    for yardstick, entrants in ((False, ("1", "2")), (True, (str(folder),))):
        with pytest.raises(ValueError, match="n_matches"):
            run(TournamentSettings(entrants, yardstick, matches=0, match_steps=10))


def test_the_best_match_is_close_and_of_agents():
    agent = small_agent()
    entrants = {"a": agent, "b": agent, "x": 3}
    match = MatchFile("", None, "", 0, 0, 1, RULES, ("a", "x"), (0, 0), "", "", np.zeros((1, 2, 6), np.int8))
    lopsided, close = match._replace(score=(0, 9)), match._replace(score=(1, 1))
    lost, won = match._replace(score=(0, 2)), match._replace(score=(2, 0))
    bots = match._replace(players=("x", "x"), score=(5, 5))
    order = [bots, lost, lopsided, won, close]
    worths = [_worth(each, entrants) for each in order]
    assert worths == sorted(worths)


@pytest.mark.parametrize("given", ["2", "{0}/agents/member-00,{0}/agents/member-01"])
def test_a_yardstick_is_for_copies_of_agents(given, folder):
    with pytest.raises(ValueError, match=r"brings its own bots: leave out '(bot 2|member-00, member-01)'"):
        run(TournamentSettings((given.format(folder),), yardstick=True))


def test_the_verb_is_there(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["umwelt", "tournament", "2", "2"])
    with pytest.raises(SystemExit, match="named twice"):
        umwelt.main()
