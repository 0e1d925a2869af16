"""`umwelt demo ctf`: the past of a population is played again, and all there is of a run is on one page."""

import json
import sys

import matplotlib
import numpy as np
import pytest

import umwelt
from agents.ftw.saved import save_ftw_agent
from agents.population import Chief, found, founders
from probes.ctf_figures import draw_facts, draw_learning, draw_lineage, draw_payoffs, draw_ratings, draw_rewards
from probes.ctf_history import CHIEF, Life, curves_of, history_of, lives_of
from probes.ctf_page import CtfPageSettings, run
from probes.ctf_sections import learning_section
from probes.tournament import TournamentSettings
from probes.tournament import run as run_tournament
from tests.agents.ftw.rollouts import small_agent
from tests.agents.population.planted import play, quick

MAPS = "indoor:1000000-1000003"


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    found(folder / CHIEF, quick(seed=3), founders(6, 3))
    with Chief(folder / CHIEF) as chief:
        assert len(play(chief, 150, 1)) > 2
    return folder


def against(slot, won, drawn, lost):
    names = {"won": won, "drawn": drawn, "lost": lost, "n": won + drawn + lost}
    return {f"member/{slot:02d}/against/2/{name}": value for name, value in names.items()}


def metrics(folder):
    rows = [
        {"steps": 1_000_000, "seconds": 60.0, "loss": 0.5, "member/00/rating": 1000.0},
        {"steps": 2_000_000, "seconds": 120.0, **against(0, 1, 2, 1)},
        {"steps": 2_500_000, "seconds": 150.0, **against(1, 0, 1, 3)},
        {"steps": 4_000_000, "seconds": 240.0, **against(0, 4, 0, 0), **against(1, 1, 0, 3)},
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows


def known(score, so=True):
    measured = {"score": score, "kind": "score", "chance": 0.5, "n": 100, "interval": [score - 0.01, score + 0.01]}
    null = {**measured, "score": 0.5}
    return {"agent": measured, "untrained": null, "shuffled": null, "gain": [0.1, 0.3], "share": 0.3, "known": so}


STATE = {
    "agent": "runs/x/agents/member-00",
    "opponent": "itself",
    "offsets_s": [-5.0, 0.0],
    "units": 1024,
    "matches": {"train": 60, "validation": 10, "test": 30},
    "known_now": 1,
    "asked_now": 2,
    "facts": {
        "i_hold_flag": {"sentence": "I hold the opponents' flag.", "at": {"-5": known(0.8), "+0": known(0.95)}},
        "out": {"sentence": "I am tagged and wait.", "at": {"-5": {"refused": "rare"}, "+0": known(0.6, False)}},
        "hit": {"sentence": "I have been hit.", "at": {"-5": {"refused": "rare"}, "+0": {"refused": "rare"}}},
    },
}


def test_the_past_is_what_the_chief_says_it_was(population):
    history = history_of(population)
    with Chief(population / CHIEF) as chief:
        assert history.matches == 150
        assert history.rating[-1].tolist() == [member.rating for member in chief.members]
        assert (history.rating[0] == 1000.0).all()
        assert [life.birth for life in history.lives] == [birth.birth for birth in chief.births]
        living = {life.birth for life in history.lives if life.end == 150}
        assert living >= {member.birth for member in chief.members}
        assert history.living == tuple(member.hyperparameters for member in chief.members)
    assert history.at.tolist() == list(range(151))


def test_lives_end_where_others_begin(population):
    with Chief(population / CHIEF) as chief:
        births = chief.births
    one = births[0]
    child = one._replace(birth=2, slot=0, match=7, parent=1, replaced=0)
    other = one._replace(birth=1, slot=1)
    grandchild = one._replace(birth=3, slot=1, match=9, parent=2, replaced=1)
    assert lives_of([one, other, child, grandchild], 20) == (
        Life(0, 0, None, 0, 0, 7),
        Life(1, 1, None, 1, 0, 9),
        Life(2, 0, 1, 1, 7, 20),
        Life(3, 1, 2, 1, 9, 20),
    )


def test_curves_count_draws_half_and_go_by_rounds(tmp_path):
    curves = curves_of(metrics(tmp_path))
    assert list(curves) == ["2"]
    assert curves["2"].members == {0: [(2.0, 2.0, 4), (4.0, 4.0, 4)], 1: [(2.5, 0.5, 4), (4.0, 1.0, 4)]}
    assert curves["2"].rounds == [(2.5, 2.5, 8), (4.0, 5.0, 8)]
    row = learning_section(curves).tables[0].rows[0]
    assert [cell.split(" ")[0] for cell in row] == ["bot", "31", "62", "100", "8", "4"]


def test_figures_can_be_drawn(population):
    history = history_of(population)
    outsiders = {"2": history.rating[:, 0] + 5.0}
    off = history.living[0].__class__(**{**vars(history.living[0]), "rewards": (0.0,) * 13})
    history = history._replace(outsiders=outsiders, living=(off, *history.living[1:]))
    tournament = {
        "teams": ["a", "b"],
        "win_rate": [[None, 0.75], [0.25, None]],
        "ratings": [{"team": name, "rating": 1000.0, "low": 990.0, "high": 1010.0, "matches": 4} for name in "ab"],
    }
    figures = [draw_lineage(history), draw_ratings(history), draw_rewards(history), draw_payoffs(tournament)]
    figures += [draw_facts(STATE), draw_learning(curves_of(metrics(population)), "steps")]
    with matplotlib.rc_context():
        for figure in figures:
            figure.canvas.draw_idle()
            figure.draw_without_rendering()
    names = [label.get_text() for label in figures[4].axes[0].get_yticklabels()]
    assert names == ["i hold flag", "out"]
    lines = [line for line in figures[0].axes[0].get_lines() if len(np.unique(line.get_ydata())) == 1]
    assert len(lines) >= len(history.lives)


def test_the_page_tells_of_all_there_is(population, capsys, monkeypatch):
    metrics(population)
    monkeypatch.setattr(sys, "argv", ["umwelt", "demo", "ctf", str(population)])
    umwelt.main()
    page = population / "report" / "index.html"
    assert capsys.readouterr().out == f"{page}\n"
    told = page.read_text()
    assert "Lineage" in told
    assert "Against the yardstick" in told
    assert "Not made yet: the yardstick" in told
    assert "a tournament (" in told
    assert "umwelt probe game-state" in told
    for k in range(2):
        save_ftw_agent(population / "agents" / f"member-{k:02d}", small_agent(), {})
    run_tournament(TournamentSettings((str(population), "3"), matches=2, maps=(MAPS,), match_steps=30))
    run_tournament(TournamentSettings((str(population),), True, matches=2, maps=(MAPS,), match_steps=30))
    (population / "game_state").mkdir()
    (population / "game_state" / "game_state.json").write_text(json.dumps(STATE))
    run(CtfPageSettings(run=population, width=480, height=270, seconds=1.0))
    told = page.read_text()
    assert "data:video/mp4" in told
    assert "The first 1 s of it." in told
    assert "Who beats whom" in told
    assert "member-01 against bot random" in told
    assert "1 of 2 facts are surely better read" in told
    assert "Not made yet" not in told
    assert "http" not in told.replace("http-equiv", "")


def test_no_run_and_damaged_results_are_refused(population, tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no population"):
        run(CtfPageSettings(run=tmp_path))
    (tmp_path / "tournament.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        run(CtfPageSettings(run=population, tournament=tmp_path, out=tmp_path))
