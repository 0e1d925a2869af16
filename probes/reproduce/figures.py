"""Figures of the invariance reproduction: curves over a factor's values, bars by layer, the pictures themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from probes.reproduce.networks import ARCHITECTURES
from probes.reproduce.pictures import FIXED, VARIED, Pictures
from probes.reproduce.trainings import AUGMENTED, UNTRAINED
from probes.reproduce.verdict import Difference, interval_of_mean

Row = Mapping[str, Any]
"""Of `findings.table_of`."""

NETWORKS = {"resnet": "ResNet", "vit": "ViT"}
UNITS = {"camera_yaw": "degrees", "character_scale": "of the size in training"}
COLOURS = {"untrained": "#9aa5b1", "fixed": "#c2452d", "varied": "#1f6fb4"}


def _role(arm: str, factor: str) -> str | None:
    """What an arm is to a factor: `untrained`, `fixed`, `varied`, augmented or not; None if the other factor varies."""
    if arm == UNTRAINED:
        return "untrained"
    name, how = arm.removesuffix(AUGMENTED), " augmented" if arm.endswith(AUGMENTED) else ""
    return {FIXED: f"fixed{how}", VARIED[factor]: f"varied{how}"}.get(name)


def draw_by_value(table: Sequence[Row], kind: str, pictures: Pictures, title: str, chance: float) -> Figure:
    """Of every network, a number against the value of a factor: means over seeds, and their 95 % intervals.

    Args:
        kind: `accuracy`, `invariance`, or `equivariance`, from which its chance is taken off. chance: drawn as a line.
    """
    figure = Figure(figsize=(11, 7.4), layout="constrained")
    grid = figure.subplots(len(ARCHITECTURES), len(VARIED), sharey=True, squeeze=False)
    for row, architecture in enumerate(ARCHITECTURES):
        for column, factor in enumerate(VARIED):
            axes, asked = grid[row, column], pictures.asked[factor]
            axes.axvspan(asked.low, asked.high, color="#f4f0e4", lw=0)
            axes.axvline(asked.base, color="#5b6572", lw=0.8, ls=":")
            axes.axhline(chance, color="#5b6572", lw=0.8)
            for own in _of(table, architecture, factor):
                _curve(axes, own, kind, asked.base)
            axes.set_title(f"{NETWORKS[architecture]}, {factor}", fontsize=10)
            axes.set_xlabel(f"{factor}, {UNITS[factor]}")
            first, last = min(*asked.pairs, asked.base), max(*asked.pairs, asked.base)
            axes.set_xlim(first - 0.03 * (last - first), last + 0.03 * (last - first))
            _bare(axes)
        grid[row, 0].set_ylabel(title)
    if kind != "equivariance":
        grid[0, 0].set_ylim(min(0.0, grid[0, 0].get_ylim()[0] if kind == "invariance" else 0.0), 1.0)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def _curve(axes: Axes, row: Row, kind: str, base: float) -> None:
    """One arm's line; at the base there is accuracy alone, and a gap in the lines of what is asked of pairs."""
    name = _role(row["arm"], row["factor"])
    if name is None:
        return
    points = {float(value): _numbers(found, kind) for value, found in row["values"].items()}
    at_base = np.array(row["accuracy_at_base"])
    points[base] = at_base if kind == "accuracy" else np.full(len(at_base), np.nan)
    x = sorted(points)
    mean = [points[value].mean() for value in x]
    low, high = np.transpose([interval_of_mean(points[value]) for value in x])
    colour, augmented = COLOURS[name.removesuffix(" augmented")], name.endswith(" augmented")
    axes.plot(x, mean, color=colour, ls="--" if augmented else "-", marker="o", ms=4, lw=1.8, label=name)
    if not augmented:
        axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
        axes.vlines(x, low, high, color=colour, alpha=0.4, lw=1.2)


def _numbers(found: Mapping[str, Any], kind: str) -> NDArray[np.float64]:
    """`[seed]`."""
    values = np.array(found[kind], np.float64)
    return values - np.array(found["equivariance_chance"]) if kind == "equivariance" else values


def draw_layers(table: Sequence[Row]) -> Figure:
    """Invariance by layer, of networks that are untrained, trained without the factor's variation, and with it."""
    figure = Figure(figsize=(11, 6.4), layout="constrained")
    grid = figure.subplots(len(ARCHITECTURES), len(VARIED), sharey=True, squeeze=False)
    for row, architecture in enumerate(ARCHITECTURES):
        for column, factor in enumerate(VARIED):
            axes = grid[row, column]
            shown = [(_role(own["arm"], factor), own) for own in _of(table, architecture, factor)]
            shown = [(name, own["layers"]) for name, own in shown if name in COLOURS]
            for k, (name, layers) in enumerate(shown):
                values = np.array(list(layers.values()), np.float64)
                mean, ends = values.mean(1), np.array([interval_of_mean(own) for own in values])
                errors = np.stack([mean - ends[:, 0], ends[:, 1] - mean])
                x = np.arange(len(values)) + 0.27 * (k - 1)
                axes.bar(x, mean, 0.25, yerr=errors, color=COLOURS[name], label=name, ecolor="#444c56", capsize=1.5)
            axes.set_xticks(range(len(shown[0][1])), list(shown[0][1]), fontsize=8)
            axes.set_title(f"{NETWORKS[architecture]}, {factor}", fontsize=10)
            axes.axhline(0.0, color="#5b6572", lw=0.8)
            _bare(axes)
        grid[row, 0].set_ylabel("relative invariance")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_claims(claims: Mapping[str, Mapping[str, Difference]], smallest: float) -> Figure:
    """Every difference with the interval that the verdict goes by, claims below one another; seeds as points."""
    places = [(claim, place, found) for claim, own in claims.items() for place, found in own.items()]
    figure = Figure(figsize=(9.5, 0.9 + 0.27 * len(places)), layout="constrained")
    axes = figure.add_subplot()
    axes.axvline(0.0, color="#5b6572", lw=0.8)
    axes.axvline(smallest, color="#5b6572", lw=0.8, ls=":")
    for y, (_, _, found) in enumerate(places):
        axes.plot(found.interval, [y, y], color="#1d232b", lw=1.4)
        axes.plot(found.seeds, [y] * len(found.seeds), "o", color="#1f6fb4", ms=3.5, alpha=0.7)
        axes.plot(found.score, y, "|", color="#1d232b", ms=12, mew=2)
    axes.set_yticks(range(len(places)), [f"{claim}: {place}" for claim, place, _ in places], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlabel("difference of relative invariance")
    _bare(axes)
    return figure


def draw_scenes(pictures: Pictures) -> Figure:
    """A test scene of each of three objects: as in `fixed`, then at every other value of every factor."""
    base, n = np.flatnonzero(pictures.at_base()), len(pictures.classes)
    objects = np.unique(np.linspace(0, n - 1, min(3, n)).round().astype(int))
    of_object = [base[pictures.test.labels[base] == label] for label in objects]
    scenes = [own[-1 - k % len(own)] for k, own in enumerate(of_object)]  # in another world each, where there are more
    others = [own for asked in pictures.asked.values() for own in asked.pairs.values()]
    rows = [[scene, *(own[own[:, 0] == scene, 1][0] for own in others)] for scene in scenes]
    titles = [f"{factor.split('_')[1]} {value:g}" for factor, asked in pictures.asked.items() for value in asked.pairs]
    titles = ["as in training", *titles]
    figure = Figure(figsize=(1.15 * len(titles), 1.3 * len(rows)), layout="constrained")
    for axes, number in zip(np.ravel(figure.subplots(len(rows), len(titles))), np.ravel(rows), strict=True):
        axes.imshow(pictures.test.images[number])
        axes.set_axis_off()
    for axes, title in zip(figure.axes, titles, strict=False):
        axes.set_title(title, fontsize=8)
    return figure


def _of(table: Sequence[Row], architecture: str, factor: str) -> list[Row]:
    return [row for row in table if row["architecture"] == architecture and row["factor"] == factor]


def _bare(axes: Axes) -> None:
    axes.grid(axis="y", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
