"""Figures of a population that plays Capture the Flag: its lineage, ratings, rewards, pay-offs, and what it knows."""

from collections.abc import Mapping
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.ftw.matches import wilson
from agents.population.members import SIGNS
from probes.ctf_history import Curve, History
from sims.ctf.state import EVENTS

FACT_PARTS = ("agent", "untrained", "shuffled")
INK, SOFT = "#22272e", "#8a94a0"
EACH_BOT = ("#2a9d4a", "#1f6fb4", "#e07b00", "#c2185b", "#7d5ba6", "#7f8791")


def founder_colours(n: int) -> list[Any]:
    """A colour for each founder."""
    return [matplotlib.colormaps["tab20" if n > 10 else "tab10"](k % 20) for k in range(n)]


def draw_lineage(history: History) -> Figure:
    """Lives as lines from birth to replacement, in the colour of the founder; a thin line leads to the parent."""
    n = len(history.founders)
    figure = Figure(figsize=(11, 1.4 + 0.34 * n), layout="constrained")
    axes = figure.add_subplot()
    colours = founder_colours(n)
    for life in history.lives:
        colour = colours[life.founder]
        axes.plot([life.begin, life.end], [life.slot] * 2, color=colour, lw=5, solid_capstyle="butt")
        if life.parent is not None:
            parent = history.lives[life.parent]
            axes.plot([life.begin] * 2, [parent.slot, life.slot], color=colour, lw=1.0)
            axes.plot(life.begin, life.slot, "o", ms=5, mfc="white", mec=colour, mew=1.4, zorder=3)
    axes.set_yticks(range(n), [f"slot {k}" for k in range(n)], fontsize=8)
    axes.set(xlabel="matches of the population", ylim=(n - 0.4, -0.6), xlim=(0, max(1, history.matches)))
    _plain(axes)
    return figure


def draw_ratings(history: History) -> Figure:
    """Elo of every slot against matches, in the colour of the founder of who lives there; outsiders dashed."""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    axes = figure.add_subplot()
    colours = founder_colours(len(history.founders))
    for life in history.lives:
        there = (history.at >= life.begin) & (history.at <= life.end)
        axes.plot(history.at[there], history.rating[there, life.slot], color=colours[life.founder], lw=1.3)
    for (name, rating), style in zip(
        history.outsiders.items(), ("--", ":", "-.") * len(history.outsiders), strict=False
    ):
        axes.plot(history.at, rating, color=INK, ls=style, lw=1.2, label=f"bot {name}")
    if history.outsiders:
        axes.legend(frameon=False, fontsize=8)
    axes.set(xlabel="matches of the population", ylabel="Elo", xlim=(0, max(1, history.matches)))
    axes.grid(alpha=0.25)
    _plain(axes)
    return figure


def draw_rewards(history: History) -> Figure:
    """What each event is worth: founders pale, who lives now in its founder's colour, their geometric means as bars."""
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    axes = figure.add_subplot()
    rows = np.arange(len(EVENTS))
    then, now = (np.array([each.rewards for each in who]) for who in (history.founders, history.living))
    for who, dy, colour, label in ((then, -0.16, SOFT, "founders"), (now, 0.16, "#1f6fb4", "now")):
        on = np.where(who > 0, who, np.nan)
        for k in rows:
            axes.plot(on[:, k], np.full(len(on), k + dy), "o", ms=4, alpha=0.55, color=colour, mew=0)
            if np.isfinite(on[:, k]).any():
                middle = np.exp(np.nanmean(np.log(on[:, k])))
                axes.plot([middle] * 2, [k + dy - 0.15, k + dy + 0.15], color=colour, lw=3)
        axes.plot([], [], "o", color=colour, label=label)
    signs = ("-" if sign < 0 else "+" for sign in SIGNS)
    axes.set_yticks(rows, [f"{name.replace('_', ' ')} ({sign})" for name, sign in zip(EVENTS, signs, strict=True)])
    axes.tick_params(axis="y", labelsize=8)
    axes.set(xscale="log", xlabel="reward, points", ylim=(len(EVENTS) - 0.4, -0.6))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.25, axis="x")
    axes.legend(frameon=False, fontsize=8)
    _plain(axes)
    return figure


def draw_payoffs(tournament: Mapping[str, Any]) -> Figure:
    """Ratings with their intervals, and win rates of row against column, both in the order of the ratings."""
    ratings = tournament["ratings"]
    order = np.argsort([-each["rating"] for each in ratings], kind="stable")
    names = [tournament["teams"][k] for k in order]
    rates = np.array([[np.nan if rate is None else rate for rate in row] for row in tournament["win_rate"]], np.float64)
    rates = rates[np.ix_(order, order)]
    n, size = len(names), max(3.6, 0.55 * len(names) + 1.4)
    figure = Figure(figsize=(5.2 + size + 0.8, size), layout="constrained")
    left, right = np.ravel(figure.subplots(1, 2, width_ratios=(4.4, size)))
    middle = np.array([ratings[k]["rating"] for k in order])
    ends = np.array(
        [[ratings[k]["rating"] - ratings[k]["low"], ratings[k]["high"] - ratings[k]["rating"]] for k in order]
    )
    left.errorbar(middle, np.arange(n), xerr=np.maximum(0.0, ends.T), fmt="o", color=INK, ms=5, capsize=2, lw=1.2)
    left.set_yticks(range(n), names, fontsize=8)
    left.set(xlabel="rating of the team; 400 points are odds of 10 to 1", ylim=(n - 0.5, -0.5))
    left.grid(alpha=0.25)
    _plain(left)
    right.imshow(rates, cmap="RdBu", vmin=0, vmax=1)
    for (i, j), rate in np.ndenumerate(rates):
        if np.isfinite(rate):
            dark = abs(rate - 0.5) > 0.3
            right.text(j, i, f"{100 * rate:.0f}", ha="center", va="center", fontsize=8, color="w" if dark else INK)
    right.set_xticks(range(n), names, rotation=90, fontsize=8)
    right.set_yticks(range(n), names, fontsize=8)
    right.set_title("win rate of row against column, %, draws half", fontsize=10)
    return figure


def draw_facts(state: Mapping[str, Any]) -> Figure:
    """Areas under the ROC curve of facts (rows, best first) at offsets (columns), of the agent and of both nulls."""
    offsets = [f"{offset:+g}" for offset in state["offsets_s"]]
    facts = {
        name: fact["at"] for name, fact in state["facts"].items() if any("agent" in at for at in fact["at"].values())
    }
    rank = {name: max(at["agent"]["score"] for at in each.values() if "agent" in at) for name, each in facts.items()}
    names = sorted(facts, key=lambda name: -(facts[name].get("+0", {}).get("agent", {}).get("score", rank[name] - 1.0)))
    figure = Figure(figsize=(11, 1.3 + 0.21 * len(names)), layout="constrained")
    image = None
    for axes, part in zip(np.ravel(figure.subplots(1, 3, sharey=True)), FACT_PARTS, strict=True):
        values = np.array(
            [
                [facts[name][k][part]["score"] if "agent" in facts[name][k] else np.nan for k in offsets]
                for name in names
            ]
        )
        axes.set_facecolor("#e3e6ea")
        image = axes.imshow(values, cmap="viridis", vmin=0.5, vmax=1.0, aspect="auto")
        for i, name in enumerate(names):
            for j, k in enumerate(offsets):
                if part == "agent" and facts[name][k].get("known"):
                    axes.plot(j, i, "o", ms=3.2, color="w", mec=INK, mew=0.6)
        axes.set_xticks(range(len(offsets)), ["now" if k == "+0" else f"{k} s" for k in offsets], fontsize=8)
        axes.set_title({"agent": "the agent", "untrained": "untrained", "shuffled": "another match"}[part], fontsize=10)
    figure.axes[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names], fontsize=7.5)
    if image is not None:
        figure.colorbar(image, ax=figure.axes, shrink=0.35, label="area under the ROC curve")
    return figure


def draw_learning(curves: Mapping[str, Curve], xlabel: str) -> Figure:
    """Win rates against bots: of all members together with Wilson's 95 % bands, and of each alone, pale."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    axes = figure.add_subplot()
    for (name, (members, rounds)), colour in zip(curves.items(), EACH_BOT * len(curves), strict=False):
        for own in members.values():
            axes.plot([e.steps for e in own], [e.points / e.n for e in own], color=colour, lw=0.6, alpha=0.45)
        x, share = [e.steps for e in rounds], [e.points / e.n for e in rounds]
        low, high = zip(*(wilson(e.points, e.n) for e in rounds), strict=True)
        axes.plot(x, share, color=colour, marker="o", ms=3, lw=1.8, label=f"against bot {name}")
        axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    axes.axhline(0.5, color=SOFT, lw=0.8, ls=":")
    axes.set(ylim=(0, 1.02), xlabel=xlabel, ylabel="win rate, draws half")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=9)
    _plain(axes)
    return figure


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
