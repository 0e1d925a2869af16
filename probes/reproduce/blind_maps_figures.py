"""Figures of the study, drawn from what was found: memory curves, collision units, excursions, second trips."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from agents.scoring import short
from probes.figures import draw_floor

Found = Mapping[str, Mapping[str, Any]]
COLOURS = ("#1f6fb4", "#e07b00", "#2a9d4a", "#7d5ba6", "#c2452d", "#5b6572")
UNTRAINED, SHUFFLED = "#9aa5b1", "#d62728"


def draw_memory(agents: Mapping[str, Found], others: Mapping[str, Found]) -> Figure:
    """Success and SPL against the number of inputs, of every agent; dashed: with all inputs.

    Args:
        others: among them agents that were trained with a window, which are drawn as diamonds.
    """
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    grid = np.ravel(figure.subplots(1, 2, sharey=True))
    for axes, measure, title in zip(grid, ("success", "spl"), ("success", "SPL"), strict=True):
        for (name, found), colour in zip(agents.items(), COLOURS * 9, strict=False):
            if "memory" not in found:
                continue
            windows = found["memory"]["windows"]
            scores = [windows[k][measure] for k in windows]
            x = [int(k) for k in windows]
            axes.plot(x, [s["score"] for s in scores], "-o", color=colour, ms=4, label=name)
            axes.fill_between(x, *np.transpose([s["interval"] for s in scores]), color=colour, alpha=0.15, lw=0)
            axes.axhline(found["memory"]["whole"][measure]["score"], color=colour, ls="--", lw=1)
        _draw_windowed(axes, measure, others)
        axes.axvline(1000, color="#5b6572", lw=0.8, ls=":")
        axes.set(
            xscale="log", ylim=(0, 1.02), title=title, xlabel="inputs that feed the state (dotted: the paper's 1,000)"
        )
        axes.set_xticks([1, 4, 16, 64, 256, 1024], ["1", "4", "16", "64", "256", "1024"])
        axes.minorticks_off()
        _bare(axes)
    grid[0].legend(frameon=False, fontsize=9)
    return figure


def _draw_windowed(axes: Axes, measure: str, others: Mapping[str, Found]) -> None:
    own = [found for found in others.values() if "window" in found and "houses" in found["evaluate"]]
    if own:
        x = [found["window"]["inputs"] for found in own]
        scores = [found["evaluate"]["houses"]["all"][measure] for found in own]
        y = np.array([s["score"] for s in scores])
        ends = np.array([[s["low"], s["high"]] for s in scores]).T
        reach = np.abs(ends - y)
        axes.errorbar(x, y, reach, fmt="D", color="#2b2f36", ms=6, capsize=3, label="trained with a window")


def draw_units(agents: Mapping[str, Found]) -> Figure:
    """Balanced accuracy on collisions against how many of the heaviest units are read."""
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for (name, found), colour in zip(agents.items(), COLOURS * 9, strict=False):
        if "collisions" not in found:
            continue
        own = found["collisions"]["any"]
        x, y = [int(k) for k in own["curve"]], list(own["curve"].values())
        axes.plot(x, y, color=colour, label=f"{name}: {len(own['units'])} of {own['n_units']}")
        axes.plot(len(own["units"]), own["pruned"]["score"], "o", color=colour)
        axes.axhline(own["untrained"]["score"], color=colour, ls=":", lw=1)
    axes.axhline(0.5, color=SHUFFLED, lw=0.8)
    axes.set(xscale="log", xlabel="units kept", ylabel="balanced accuracy", ylim=(0.45, 1.0))
    axes.xaxis.set_major_formatter("{x:g}")
    _bare(axes)
    axes.legend(frameon=False, fontsize=9)
    return figure


def draw_firing(walk: Mapping[str, Any]) -> Figure:
    """Collision units along one walk: where they fire on the path, and when, with the collisions."""
    path, touched = np.array(walk["path"]), np.array(walk["collided"])
    n = len(walk["units"])
    figure = Figure(figsize=(11, 3.9 + 1.1 * n), layout="constrained")
    grid = figure.add_gridspec(1 + n, n, height_ratios=[3.6, *[1.1] * n])
    for k, (name, values) in enumerate(walk["units"].items()):
        axes = figure.add_subplot(grid[0, k])
        axes.plot(-path[:, 1], path[:, 0], color="#d9dee4", lw=1, zorder=1)
        axes.scatter(-path[:, 1], path[:, 0], c=values, cmap="coolwarm", vmin=-2.5, vmax=2.5, s=9, zorder=2)
        axes.plot(-path[touched, 1], path[touched, 0], "o", mfc="none", mec="#1d232b", ms=6, mew=0.6, zorder=3)
        axes.set(title=name, xticks=[], yticks=[], aspect="equal")
        strip = figure.add_subplot(grid[1 + k, :])
        for t in np.flatnonzero(touched):
            strip.axvspan(t - 0.5, t + 0.5, color="#f2c6bd", lw=0)
        strip.plot(values, color="#1f6fb4", lw=1)
        strip.set_ylabel(name, fontsize=8)
        strip.set_xlim(0, len(values))
        _bare(strip)
    figure.axes[-1].set_xlabel("step (shaded: the action before it collided); activity in spreads from its mean")
    return figure


def draw_forgetting(agents: Mapping[str, Found]) -> Figure:
    """Relative error of decoded places against how long ago, on excursions and off, agents beside their nulls."""
    shown = [(name, found["excursions"]) for name, found in agents.items() if "excursions" in found]
    figure = Figure(figsize=(max(11.0, 5.2 * len(shown)), 4.2), layout="constrained")
    for axes, (name, found) in zip(
        np.ravel(figure.subplots(1, len(shown), sharey=True, squeeze=False)), shown, strict=True
    ):
        for side, style in (("excursion", "-o"), ("rest", "--s")):
            x = [int(k) for k in found[side]]
            for who, colour in (("agent", COLOURS[0]), ("untrained", UNTRAINED), ("shuffled", SHUFFLED)):
                scores = [found[side][str(k)][who] for k in x]
                axes.plot(x, [s["score"] for s in scores], style, color=colour, ms=4, lw=1.4, label=f"{who}, {side}")
                if who == "agent":
                    axes.fill_between(x, *np.transpose([s["interval"] for s in scores]), color=colour, alpha=0.13, lw=0)
        axes.set(title=name, xscale="log", xlabel="steps ago", ylim=(0, None))
        axes.set_xticks(x, [str(k) for k in x])
        axes.minorticks_off()
        _bare(axes)
    figure.axes[0].set_ylabel("error through distance")
    figure.axes[0].legend(frameon=False, fontsize=8)
    return figure


def draw_probes(agents: Mapping[str, Found]) -> Figure:
    """SPL of second trips by whose memory they begin with."""
    shown = [(name, found["transplant"]) for name, found in agents.items() if "transplant" in found]
    figure = Figure(figsize=(max(11.0, 4.6 * len(shown)), 4.0), layout="constrained")
    for axes, (name, found) in zip(
        np.ravel(figure.subplots(1, len(shown), sharey=True, squeeze=False)), shown, strict=True
    ):
        labels = list(found)
        for k, key in enumerate(labels):
            own = found[key]["taught"]["spl"]
            low, high = own["interval"]
            colour = COLOURS[0] if key.endswith("-trained") else UNTRAINED
            error = [[own["score"] - low], [high - own["score"]]]
            axes.bar(k, own["score"], 0.7, color=colour, yerr=error, ecolor="#444c56", capsize=2)
        axes.set_xticks(
            range(len(labels)), [key.replace("-to-", " to ").replace("-", "\n", 1) for key in labels], fontsize=8
        )
        axes.axhline(0.85, color="#5b6572", lw=0.8, ls=":")
        axes.set(title=name, ylim=(0, 1))
        _bare(axes)
    figure.axes[0].set_ylabel("SPL (dotted: the paper's, S to T with the memory)")
    return figure


def draw_second_trips(examples: Sequence[Mapping[str, Any]]) -> Figure:
    """Probe agents' paths over the first ones, on their floors."""
    columns = min(3, len(examples))
    rows = -(-len(examples) // columns)
    figure = Figure(figsize=(12, 4.0 * rows), layout="constrained")
    grid = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for axes, example in zip(grid, examples, strict=False):
        draw_floor(axes, example["layout"])
        first, second = np.array(example["first"]), np.array(example["second"])
        axes.plot(*first.T, color="#1f6fb4", lw=2.4, alpha=0.55, label="the agent, first")
        axes.plot(*second.T, color="#c2185b", lw=1.6, label="the probe, second")
        axes.plot(*second[0], "o", ms=8, mfc="white", mec="#2a9d4a", mew=2.2, zorder=5)
        axes.plot(*second[-1], "*", ms=14, color="#d62728", mec="white", zorder=5)
        axes.set_title(f"{short(example['layout'])}: SPL {example['spl']:.2f}", fontsize=10)
    for axes in grid[len(examples) :]:
        axes.set_axis_off()
    grid[0].legend(loc="upper left", fontsize=8)
    return figure


def _bare(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
