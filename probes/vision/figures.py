"""Figures of what image models see: accuracy by value, factors by layer, curves over changes, failures."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from probes.measures.measurement import Measurement

ByLayer = Mapping[str, Measurement]
COLUMNS = 6
"""Failures side by side."""

LOWEST_READ = -0.5
"""Where the axis of what decoders read begins."""


def draw_values(by_value: Mapping[str, Mapping[Any, Measurement]]) -> Figure:
    """Accuracy by value, one panel a factor, with intervals and, dotted, chance."""
    rows = [max(2, len(values)) for values in by_value.values()]
    figure = Figure(figsize=(8.4, 0.9 * len(rows) + 0.22 * sum(rows)), layout="constrained")
    panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=[row + 1.5 for row in rows])
    for axes, (factor, values) in zip(panels[:, 0], by_value.items(), strict=True):
        height = np.arange(len(values))[::-1]
        _with_intervals(axes, list(values.values()), height, upright=False)
        axes.set_yticks(height, [_shown(value) for value in values], fontsize=8)
        axes.set_title(factor, fontsize=10, loc="left")
        axes.set_ylim(-0.7, len(values) - 0.3)
        axes.set_xlim(-0.02, 1.02)
        axes.grid(axis="x", alpha=0.3)
    panels[-1, 0].set_xlabel("accuracy")
    return figure


def draw_heat(found: Mapping[str, Mapping[str, float]], layers: Sequence[str], low: float, label: str) -> Figure:
    """Numbers by factor (rows) and layer, from `low` to 1; what could not be measured is left white."""
    grid = np.array([[values.get(layer, np.nan) for layer in layers] for values in found.values()])
    size = (2.4 + 0.72 * len(layers), 1.9 + 0.42 * len(found))
    figure = Figure(figsize=(max(6.0, size[0]), size[1]), layout="constrained")
    axes = figure.add_subplot()
    shown = axes.imshow(grid, cmap="viridis", vmin=low, vmax=1.0, aspect="auto")
    axes.set_xticks(range(len(layers)), layers, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(found)), list(found), fontsize=9)
    for (row, column), value in np.ndenumerate(grid):
        if np.isfinite(value):
            dark = value < low + 0.65 * (1.0 - low)
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color="w" if dark else "k")
    figure.colorbar(shown, ax=axes, label=label)
    return figure


def draw_magnitudes(curves: Mapping[str, Sequence[tuple[float, ByLayer]]], layers: Sequence[str]) -> Figure:
    """Invariance against the size of the change, one panel a factor, one line a layer, with intervals."""
    figure = Figure(figsize=(max(7.0, 4.8 * len(curves)), 4.2), layout="constrained")
    panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    colours = _colours(len(layers))
    for axes, (factor, points) in zip(panels, curves.items(), strict=True):
        sizes = np.array([size for size, _ in points])
        for k, layer in enumerate(layers):
            there = [(size, by_layer[layer]) for size, by_layer in points if layer in by_layer]
            if there:
                spread = (sizes.max() - sizes.min() or 1.0) * 0.006 * (k - len(layers) / 2)
                at = np.array([size for size, _ in there]) + spread
                label = f" {layer}"  # matplotlib leaves out labels that begin with _
                _with_intervals(axes, [found for _, found in there], at, upright=True, colour=colours[k], label=label)
        axes.set_xlabel(f"change of {factor}")
        axes.axhline(0.0, color="0.6", ls=":", lw=1)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("relative invariance")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8)
    return figure


def draw_depth(found: Mapping[str, ByLayer], layers: Sequence[str], label: str) -> Figure:
    """Scores over the layers, one line a name, with intervals and, dotted in its colour, its chance.

    What is below LOWEST_READ, as R2 can be without end, is cut off.
    """
    figure = Figure(figsize=(8.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for k, (name, by_layer) in enumerate(found.items()):
        at = np.array([x for x, layer in enumerate(layers) if layer in by_layer])
        values = [by_layer[layer] for layer in layers if layer in by_layer]
        _with_intervals(axes, values, at, upright=True, colour=f"C{k}", label=name)
    axes.set_xticks(range(len(layers)), list(layers), rotation=40, ha="right", fontsize=8)
    axes.set_ylabel(label)
    axes.set_ylim(bottom=max(LOWEST_READ, axes.get_ylim()[0]), top=1.05)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False, fontsize=9)
    return figure


def draw_pictures(images: Sequence[NDArray[np.uint8]], titles: Sequence[str]) -> Figure:
    """Pictures in rows of COLUMNS, each under its title."""
    rows = -(-len(images) // COLUMNS)
    figure = Figure(figsize=(1.75 * COLUMNS, 2.25 * rows), layout="constrained")
    for k, (image, title) in enumerate(zip(images, titles, strict=True)):
        axes = figure.add_subplot(rows, COLUMNS, k + 1)
        axes.imshow(image)
        axes.set_title(title, fontsize=7)
        axes.set_axis_off()
    return figure


def _with_intervals(
    axes: Axes,
    found: Sequence[Measurement],
    at: NDArray[Any],
    *,
    upright: bool,
    colour: Any = "C0",
    label: str | None = None,
) -> None:
    """Points with intervals at places along an axis, and their chance where it is one number."""
    scores = np.array([each.score for each in found])
    ends = np.array([each.interval or (each.score, each.score) for each in found])
    errors = np.abs(ends.T - scores)
    style = {"color": colour, "marker": "o", "ms": 4, "lw": 1.4, "elinewidth": 1.0, "label": label}
    if upright:
        axes.errorbar(at, scores, yerr=errors, **style)
    else:
        axes.errorbar(scores, at, xerr=errors, **{**style, "lw": 0.0})
    chances = {each.chance for each in found if each.chance is not None}
    if len(chances) == 1 and (chance := chances.pop()) != 0.0:
        line = axes.axhline if upright else axes.axvline
        line(chance, color=colour if upright else "0.5", ls=":", lw=1)


def _colours(n: int) -> list[Any]:
    """From the first layer to the last, dark to light."""
    return [colormaps["plasma"](0.05 + 0.8 * k / max(1, n - 1)) for k in range(n)]


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
