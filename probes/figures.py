"""Figures of navigation: paths over floors, bars of success and SPL, learning curves."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.evaluate import Estimate
from agents.scoring import short
from sims.pointnav.floors.catalogue import load_layout
from sims.pointnav.floors.layout import GRID

COLOURS = {
    "oracle": "#2a9d4a",
    "bug0": "#b0b7c0",
    "bug1": "#7d5ba6",
    "bug2": "#e07b00",
    "tangent-bug": "#1f6fb4",
    "clairvoyant-bug": "#c2185b",
    "trained agent": "#111820",
    "agent trained here": "#7f8791",
}


class Trip(NamedTuple):
    """One episode on one floor, walked by several policies."""

    layout: str
    title: str
    goal: tuple[float, float]  # world x, y, metres
    paths: Mapping[str, NDArray[np.float64]]  # policy -> world x, y, heading, [step, 3]
    outcomes: Mapping[str, str]  # policy -> a few words


def draw_trip(trip: Trip) -> Figure:
    """A floor with every policy's path from the start (green ring) to the goal (red star)."""
    figure = Figure(figsize=(6.4, 6.4), layout="constrained")
    axes = figure.add_subplot()
    draw_floor(axes, trip.layout)
    for name, path in trip.paths.items():
        label = f"{name}: {trip.outcomes[name]}"
        axes.plot(path[:, 0], path[:, 1], color=COLOURS.get(name), lw=2.0, alpha=0.85, label=label)
    start = next(iter(trip.paths.values()))[0]
    axes.plot(*start[:2], "o", ms=9, mfc="white", mec="#2a9d4a", mew=2.5, zorder=5)
    axes.plot(*trip.goal, "*", ms=16, color="#d62728", mec="white", zorder=5)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=1, frameon=False, fontsize=9)
    axes.set_title(trip.title, fontsize=11)
    return figure


def draw_floor(axes: Axes, name: str) -> None:
    """The floor of a layout in white, its walls in black, everything else in grey, with a scale bar."""
    layout = load_layout(name)
    n_y, n_x = layout.floor.shape
    x0, y0 = layout.origin
    extent = (x0 - GRID / 2, x0 + (n_x - 0.5) * GRID, y0 - GRID / 2, y0 + (n_y - 0.5) * GRID)
    axes.imshow(layout.floor, origin="lower", extent=extent, cmap="gray", vmin=-6, vmax=1, interpolation="nearest")
    axes.add_collection(LineCollection(list(layout.segments.reshape(-1, 2, 2)), colors="#22272e", linewidths=0.8))
    metres = 1.0 if max(n_x, n_y) * GRID < 12 else 5.0 if max(n_x, n_y) * GRID < 60 else 20.0
    axes.plot([extent[0] + 0.3, extent[0] + 0.3 + metres], [extent[2] + 0.25] * 2, color="#22272e", lw=3)
    axes.annotate(f"{metres:g} m", (extent[0] + 0.3, extent[2] + 0.25), (2, 4), textcoords="offset points", fontsize=8)
    axes.set_aspect("equal")
    axes.set_axis_off()


def draw_scores(scores: Mapping[str, Mapping[str, Mapping[str, Estimate]]]) -> Figure:
    """Bars of success and SPL with 95 % intervals: `scores[policy][floor][measure]`."""
    floors = list(next(iter(scores.values())))
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    for axes, measure, title in zip(
        np.ravel(figure.subplots(1, 2, sharey=True)), ("success", "spl"), ("success", "SPL"), strict=True
    ):
        width = 0.8 / len(scores)
        for k, (policy, by_floor) in enumerate(scores.items()):
            x = np.arange(len(floors)) + (k - (len(scores) - 1) / 2) * width
            _bars(axes, x, [by_floor[floor][measure] for floor in floors], width, policy)
        axes.set_xticks(
            np.arange(len(floors)), [short(floor) for floor in floors], rotation=0 if len(floors) < 6 else 35
        )
        axes.set_ylim(0, 1.02)
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    return figure


def draw_curves(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Success and SPL against steps, of training (lines) and on held-out floors (points): `agents.runs.curve_of`."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    for axes, measure, title in zip(
        np.ravel(figure.subplots(1, 2, sharey=True)), ("success", "spl"), ("success", "SPL"), strict=True
    ):
        for name, points in curves.items():
            for where, style in (
                ("train", {"lw": 1.6, "label": name}),
                ("held_out", {"ls": "", "marker": "o", "ms": 4}),
            ):
                x_y = [(p["steps"] / 1e6, p[f"{where}/{measure}"]) for p in points if f"{where}/{measure}" in p]
                axes.plot(*np.reshape(x_y, (-1, 2)).T, color=COLOURS.get(name), **style)
        axes.set(xscale="log", ylim=(0, 1.02), title=title, xlabel="million env-steps")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False)
    return figure


def _bars(axes: Axes, x: NDArray[np.floating], estimates: Sequence[Estimate], width: float, policy: str) -> None:
    scores = np.array([estimate.score for estimate in estimates])
    below = scores - [estimate.low for estimate in estimates]
    above = np.array([estimate.high for estimate in estimates]) - scores
    errors = np.maximum(0.0, np.stack([below, above]))
    axes.bar(
        x, scores, width * 0.92, yerr=errors, color=COLOURS.get(policy), label=policy, ecolor="#444c56", capsize=1.5
    )
