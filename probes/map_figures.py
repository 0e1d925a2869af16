"""Figures of what a memory holds: decoded maps beside true ones, and the error of positions over time."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agents.scoring import short
from probes.grid import CELL, CELLS
from probes.maps import Maps
from probes.measures import Score, masked_iou
from probes.positions import Positions
from probes.records import Record

HALF = CELLS * CELL / 2
SHADES = ListedColormap(["#3a4250", "#c3c8cf", "#ffffff", "#f3f4f6"])
"""Walls and floor inside the mask (0 and 2), and outside it (1 and 3)."""
PATH, START, END = "#e07b00", "#2a9d4a", "#d62728"
LINES = {
    "agent": ("#1f6fb4", "-", "trained agent"),
    "untrained": ("#7d5ba6", "--", "untrained agent, same path"),
    "shuffled": ("#d62728", ":", "shuffled episodes"),
    "constant": ("#7f8791", "-.", "always the mean"),
}


def draw_maps(record: Record, maps: Maps, shown: Sequence[int] | None = None, n: int = 4) -> Figure:
    """Decoded maps beside the true ones, a row an episode, forward up; only the cells that are asked about are strong.

    Args:
        record: what `maps` was decoded from.
        maps: see `decode_maps`; its `_fair` threshold is used.
        shown: which of the test episodes; by default `n` from the best to the median by that IoU, with masks of at
            least the median size.
    """
    predicted = maps.belief > maps.threshold
    iou = masked_iou(predicted, maps.true, maps.mask)
    if shown is None:
        shown = _telling(iou, maps.mask, n)
    figure = Figure(figsize=(9.6, 3.5 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 3, squeeze=False)
    for row, k in zip(grid, shown, strict=True):
        path = record.path(int(maps.split.test[k]))
        reach = _reach(maps.mask[k])
        name = short(record.layouts[int(maps.split.test[k])])
        _draw_belief(row[0], maps.belief[k], maps.mask[k], maps.threshold)
        _draw_cells(row[1], predicted[k], maps.mask[k], outside=False)
        _draw_cells(row[2], maps.true[k], maps.mask[k], outside=True)
        titles = ("how free it seems, by the memory", f"decoded: IoU {iou[k]:.2f}", f"true: {name}")
        for axes, title in zip(row, titles, strict=True):
            _draw_path(axes, path)
            axes.set_title(title, fontsize=10)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
    _add_scale(grid[0, 0])
    return figure


def _telling(iou: NDArray[np.float64], mask: NDArray[np.bool_], n: int) -> list[int]:
    """Episodes with much to show, evenly spread from the best to the median."""
    sizes = mask.sum((1, 2))
    large = np.flatnonzero(sizes >= np.median(sizes))
    ranked = large[np.argsort(-iou[large], kind="stable")]
    places = np.linspace(0, max(0, len(ranked) // 2), min(n, len(ranked))).astype(int)
    return [int(k) for k in ranked[places]]


def _image(grid: NDArray[np.generic]) -> NDArray[np.generic]:
    """A grid `[forward, left]` as an image whose rows go up and forward and whose columns go right."""
    return grid[:, ::-1]


def _draw_cells(axes: Axes, free: NDArray[np.bool_], mask: NDArray[np.bool_], outside: bool) -> None:
    shades = np.where(mask, np.where(free, 2, 0), np.where(free & outside, 3, 1))
    axes.imshow(
        _image(shades),
        origin="lower",
        extent=(-HALF, HALF, -HALF, HALF),
        cmap=SHADES,
        vmin=0,
        vmax=3,
        interpolation="nearest",
    )
    _outline(axes, mask)


def _draw_belief(axes: Axes, belief: NDArray[np.float32], mask: NDArray[np.bool_], threshold: float) -> None:
    """The belief inside the mask, grey at the threshold."""
    spread = max(1e-3, float(np.abs(belief[mask] - threshold).max())) if mask.any() else 1.0
    axes.set_facecolor("#e9ebee")
    axes.imshow(
        _image(np.ma.masked_array(belief, ~mask)),
        origin="lower",
        extent=(-HALF, HALF, -HALF, HALF),
        cmap="gray",
        vmin=threshold - spread,
        vmax=threshold + spread,
        interpolation="nearest",
    )
    _outline(axes, mask)


def _outline(axes: Axes, mask: NDArray[np.bool_]) -> None:
    """The edge of what is asked about."""
    middles = (np.arange(CELLS) + 0.5) * CELL - HALF
    axes.contour(middles, middles, _image(mask).astype(float), levels=[0.5], colors="#1f6fb4", linewidths=0.8)


def _draw_path(axes: Axes, path: NDArray[np.float64]) -> None:
    axes.plot(-path[:, 1], path[:, 0], color=PATH, lw=1.2, alpha=0.9)
    axes.plot(-path[0, 1], path[0, 0], "o", ms=6, mfc="white", mec=START, mew=2, zorder=5)
    axes.plot(-path[-1, 1], path[-1, 0], "*", ms=10, color=END, mec="white", zorder=5)


def _reach(mask: NDArray[np.bool_]) -> float:
    """Metres from the start to the farthest side of a square that holds the mask, and a little more."""
    i, j = np.nonzero(mask)
    farthest = max(np.abs(i + 0.5 - CELLS / 2).max(), np.abs(j + 0.5 - CELLS / 2).max()) if len(i) else CELLS / 2
    return min(HALF, (farthest + 3) * CELL)


def _add_scale(axes: Axes) -> None:
    left, bottom = axes.get_xlim()[0], axes.get_ylim()[0]
    margin = 0.06 * abs(left)
    axes.plot([left + margin, left + margin + 1.0], [bottom + margin] * 2, color="#22272e", lw=3)
    axes.annotate("1 m", (left + margin, bottom + margin), (2, 4), textcoords="offset points", fontsize=8)


def draw_position_error(positions: Positions) -> Figure:
    """The error of the position k steps ago and ahead, against k, with every null and 95 % intervals."""
    offsets = sorted(positions.error)
    x = np.array([np.sign(k) * (1 + np.log2(abs(k))) if k else 0.0 for k in offsets])
    figure = Figure(figsize=(8.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    for name, (colour, style, label) in LINES.items():
        scores: list[Score] = [positions.error[k][name] for k in offsets]
        for side in (x < 0, x == 0, x > 0):  # k = 0 asks another question
            some = [score for score, there in zip(scores, side, strict=True) if there]
            low, high = np.array([score.interval for score in some]).reshape(-1, 2).T
            marks = {"marker": "o", "ms": 4} if name == "agent" or side.sum() == 1 else {}
            axes.plot(
                x[side],
                [score.score for score in some],
                style,
                color=colour,
                lw=1.8,
                label=label if side[0] or side.all() else None,
                **marks,
            )
            axes.fill_between(x[side], low, high, color=colour, alpha=0.15, lw=0)
            if side.sum() == 1:
                axes.errorbar(
                    x[side],
                    [s.score for s in some],
                    np.abs([[some[0].score - low[0]], [high[0] - some[0].score]]),
                    color=colour,
                )
    axes.axvspan(-0.5, 0.5, color="#f0f1f3", zorder=0)
    axes.set_xticks(x, [f"{k:+d}" if k else "0\n(from\nstart)" for k in offsets], fontsize=8)
    axes.set(xlabel="steps k into the past (-) and the future (+)", ylabel="mean error, m", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    axes.legend(unique.values(), unique.keys(), frameon=False, fontsize=9)
    return figure
