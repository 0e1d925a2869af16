"""The parts of the page of a population that plays Capture the Flag, each made of results."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from agents.ftw.matches import wilson
from agents.population.evolution import RANGES
from agents.scoring import short
from probes.ctf_figures import draw_facts, draw_learning, draw_lineage, draw_payoffs, draw_ratings, draw_rewards
from probes.ctf_history import Curve, Evaluation, History
from probes.report import Picture, Section, Table, figure_picture
from sims.ctf.matches import MatchFile
from sims.ctf.state import STEPS_PER_SECOND


def learning_section(curves: Mapping[str, Curve], measured: Mapping[str, Any] | None = None) -> Section:
    """Win rates against bots as the population learned, and those of `umwelt tournament --yardstick`, if any."""
    tables, pictures, rows = [], [], []
    for name, (members, rounds) in curves.items():
        best = max((each[-1] for each in members.values()), key=lambda own: own.points / own.n)
        rows.append([f"bot {name}", *map(_rate, (rounds[0], rounds[-1], best)), str(rounds[-1].n), str(best.n)])
    if curves:
        head = ["", "all, first", "all, last", "best member, last", "matches", "of the best"]
        tables.append(Table("while learning: win rate, %; the best is chosen by the same matches", head, rows))
        pictures.append(
            figure_picture(
                draw_learning(curves, "million agent-steps of the population"),
                "Win rate against bots: all members together with their band, and each alone, pale.",
                "Curves of win rate against steps of training, one for each bot",
            )
        )
    if measured is not None:
        tables.append(_measured_table(measured))
    return Section(
        "Against the yardstick",
        [
            "Bots are scripted, see the state and not pictures, and never change. Matches are on maps that nobody "
            "trains on; draws count half; bands and brackets are Wilson's 95 % intervals."
        ],
        tables,
        pictures,
        wide=True,
    )


def _measured_table(measured: Mapping[str, Any]) -> Table:
    rows = []
    for name, each in measured["measured"].items():
        for bot, t in each.items():
            part = (t["part_won"], t["part_won_low"], t["part_won_high"])
            rates = [_bracketed(t["win_rate"], t["low"], t["high"]), _bracketed(*part)]
            rows.append([f"{name} against bot {bot}", *rates, f"{t['won']} / {t['drawn']} / {t['lost']}"])
    caption = f"afterwards, {measured['matches']} matches each on {', '.join(measured['maps'])}"
    return Table(caption, ["", "win rate, %", "part won, %", "won / drawn / lost"], rows)


def video_section(match: MatchFile, video: Picture) -> Section:
    """The match that the tournament kept."""
    half = len(match.players) // 2
    red, blue = (" and ".join(dict.fromkeys(map(str, team))) for team in (match.players[:half], match.players[half:]))
    return Section(
        "The best match",
        [
            f"Of all matches of the tournament with agents in them, that in which the losing side captured most: {red} "
            f"(red) against {blue} (blue) on {match.map}, {match.score[0]} to {match.score[1]} after "
            f"{len(match.actions) / STEPS_PER_SECOND:.0f} s. Agents see the views to the left and right, in fewer "
            "pixels, and not the map."
        ],
        pictures=[video],
        wide=True,
    )


def payoff_section(tournament: Mapping[str, Any]) -> Section:
    """Who beats whom."""
    circles = tournament["non_transitivity"]
    told = []
    if circles is not None:
        told = [
            f"Going in circles: {100 * circles['share']:.0f} % of the squared log-odds is what no rating can explain; "
            f"between players whom ratings describe, luck alone makes {100 * circles['chance']:.0f} %, and up to "
            f"{100 * circles['chance_high']:.0f} % in 95 of 100 such tournaments."
        ]
    rows = [
        [
            f"{pair['team']} against {pair['other']}",
            _bracketed(pair["win_rate"], pair["low"], pair["high"]),
            f"{pair['won']} / {pair['drawn']} / {pair['lost']}",
            f"{pair['captures']:.2f} : {pair['against']:.2f}",
        ]
        for pair in tournament["pairs"]
    ]
    table = Table("every pair, 95 % intervals", ["", "win rate, %", "won / drawn / lost", "captures a match"], rows)
    return Section(
        "Who beats whom",
        [
            f"A round robin on {', '.join(tournament['maps'])}: {tournament['matches']} matches of each pair, half of "
            f"them with sides swapped, {tournament['match_steps'] / STEPS_PER_SECOND:.0f} s each, teams of "
            f"{tournament['team_size']}. Ratings are by Bradley and Terry's model, with bootstrap 95 % intervals.",
            *told,
        ],
        [table] if len(rows) <= 40 else [],
        [
            figure_picture(
                draw_payoffs(tournament),
                "Left: ratings of teams. Right: how often the row beats the column.",
                "Ratings with intervals, and the matrix of win rates",
            )
        ],
        wide=True,
    )


def lineage_section(history: History) -> Section:
    """Who descends from whom."""
    living = [life for life in history.lives if life.end == history.matches]
    founders = {life.founder for life in living}
    return Section(
        "Lineage",
        [
            f"A member makes way for a copy of another that would beat it seven times in ten. That has happened "
            f"{len(history.lives) - len(history.founders)} times; the {len(living)} members of today descend from "
            f"{len(founders)} of {len(history.founders)} founders."
        ],
        pictures=[
            figure_picture(
                draw_lineage(history),
                "Every slot's members over the matches of the population, in the colour of the founder they descend "
                "from. A circle is a birth, the thin line leads to the parent.",
                "A tree of lines: lives of members, with births",
            )
        ],
        wide=True,
    )


def ratings_section(history: History) -> Section:
    """Elo over matches."""
    return Section(
        "Ratings",
        [
            "Elo as the chief keeps it, by which opponents are drawn and members compared. A copy begins with its "
            "parent's rating, so the mean rises with births: whether all have grown stronger, bots must say."
        ],
        pictures=[
            figure_picture(
                draw_ratings(history),
                "Elo of every slot, in the colour of its founder.",
                "Curves of ratings over the matches of the population",
            )
        ],
        wide=True,
    )


def rewards_section(history: History) -> Section:
    """What evolution made of rewards and hyperparameters."""
    rows = []
    for name, (low, high) in RANGES.items():
        if name == "rewards":
            continue
        then, now = (np.array([getattr(each, name) for each in who]) for who in (history.founders, history.living))
        rows.append([name.replace("_", " "), f"{low:g} to {high:g}", *(_spread(values) for values in (then, now))])
    return Section(
        "What evolution made of it",
        [
            "Every member has its own learning rate, costs, and rewards for the 13 events; who is copied hands them "
            "down, each changed by a fifth now and then."
        ],
        [Table("median (lowest to highest)", ["", "drawn from", "founders", "now"], rows)],
        [
            figure_picture(
                draw_rewards(history),
                "Each member's reward for each event; the sign is fixed. Bars: geometric means.",
                "Rewards of founders and of living members for 13 events",
            )
        ],
        wide=True,
    )


def facts_section(state: Mapping[str, Any]) -> Section:
    """What an agent's memory holds of the game."""
    now = {name: at for name, fact in state["facts"].items() if "agent" in (at := fact["at"].get("+0", {}))}
    best = sorted((name for name in now if now[name]["known"]), key=lambda name: -now[name]["agent"]["score"])
    rows = [
        [
            state["facts"][name]["sentence"],
            f"{100 * at['share']:.0f}",
            _area(at["agent"]),
            _area(at["untrained"]),
            _area(at["shuffled"]),
            f"{at['gain'][0]:+.2f} to {at['gain'][1]:+.2f}",
            "yes" if at["known"] else "",
        ]
        for name, at in sorted(now.items(), key=lambda item: -item[1]["agent"]["score"])
    ]
    refused = len(state["facts"]) - len(now)
    said = ", ".join(name.replace("_", " ") for name in best[:6])
    return Section(
        "What it knows of the game",
        [
            f"{short(str(state['agent']))} played {sum(state['matches'].values())} matches against "
            f"{short(str(state['opponent']))}. From the {state['units']} numbers of its recurrent memory a logistic "
            "regression was asked yes/no facts of the game, as they were 5 s and 1 s ago, are now, and will be; it "
            f"was scored on {state['matches']['test']} matches on maps that it did not learn from. Beside it: the "
            "memory of an agent that never learned, shown the same pictures and told the same actions; and the memory "
            "of another match at the same time, which knows the clock, and who plays, and nothing else.",
            f"{state['known_now']} of {state['asked_now']} facts are surely better read from its memory than from "
            f"either" + (f", best of all: {said}." if best else ".") + f" {refused} more were too rare or too common "
            "to be asked now.",
        ],
        [Table("now; areas under the ROC curve", _FACT_HEAD, rows)],
        [
            figure_picture(
                draw_facts(state),
                "0.5 is chance, grey was too rare or too common to be asked; white dots: surely known.",
                "Areas under the ROC curve of facts by offset in time, of the agent and of two nulls",
            )
        ],
        wide=True,
    )


_FACT_HEAD = ["", "so, %", "the agent", "untrained", "another match", "agent - untrained", "known"]


def _area(measured: Mapping[str, Any]) -> str:
    low, high = measured["interval"]
    return f"{measured['score']:.2f} [{low:.2f}, {high:.2f}]"


def _rate(own: Evaluation) -> str:
    return _bracketed(own.points / own.n, *wilson(own.points, own.n))


def _bracketed(share: float, low: float, high: float) -> str:
    return f"{100 * share:.0f} [{100 * low:.0f}, {100 * high:.0f}]"


def _spread(values: np.ndarray) -> str:
    return f"{np.median(values):.3g} ({values.min():.3g} to {values.max():.3g})"
