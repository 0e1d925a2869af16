"""Figures and tables of how alike networks are: matrices, and curves over training."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table as Drawn

from agents.scoring import short
from probes.measures import Measurement
from probes.report import Section, Table, figure_picture

if TYPE_CHECKING:
    from probes.similarity import Comparison

ACROSS = 3
"""Panels side by side: more could not be read."""

NO_WAY = 1e-6
"""What has come less far than this since its first checkpoint was there at once, but for rounding."""

MOST_SHOWN = 12
"""Of more networks than this the page draws the matrix and leaves the table to results.json."""


def similarity_sections(compared: Mapping[str, "Comparison"], over_training: bool) -> list[Section]:
    """The page's parts."""
    if over_training:
        return [_training_section(compared)]
    return [_matrix_section(part, each) for part, each in compared.items()]


def similarity_tables(compared: Mapping[str, "Comparison"]) -> str:
    """All matrices, for a terminal."""
    console = Console(width=180, file=sys.stdout)
    with console.capture() as capture:
        for part, each in compared.items():
            for measure, rows in each.measured.items():
                columns = each.names if len(rows[0]) == len(each.names) else each.names[-1:]
                table = Drawn(f"{part}, {measure} ({_kind(rows)})", *map(short, columns))
                for name, row in zip(each.names, rows, strict=True):
                    table.add_row(short(name), *map(_told, row))
                console.print(table)
    return capture.get()


def _matrix_section(part: str, compared: "Comparison") -> Section:
    names = [short(name) for name in compared.names]
    size = max(3.2, 0.5 * len(names) + 1.6)
    figure, panels = _panels(len(compared.measured), size, size + 0.4)
    for axes, (measure, rows) in zip(panels, compared.measured.items(), strict=True):
        values = np.array([[np.nan if isinstance(c, str) else c.score for c in row] for row in rows])
        alike = _kind(rows) == "similarity"
        farthest = 1.0 if alike else _chance(rows) or float(np.nanmax(values))
        image = axes.imshow(values, cmap="viridis" if alike else "viridis_r", vmin=0, vmax=farthest)
        axes.set_title(f"{measure}\n{'1' if alike else '0'} is the same", fontsize=10)
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        figure.colorbar(image, ax=axes, shrink=0.7)
        if len(names) <= MOST_SHOWN:
            middle = np.nanmean(values) if np.isfinite(values).any() else 0.0
            for (i, j), value in np.ndenumerate(values):
                dark = (value < middle) == alike
                axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color="w" if dark else "k")
    caption = "Row against column; PWCCA weighs by the row's units. Blank: refused, the reason is in results.json."
    picture = figure_picture(figure, caption, f"Matrices of similarity of {part} of {', '.join(names)}")
    tables = [] if len(names) > MOST_SHOWN else [_pairs_table(names, compared)]
    return Section(part, [], tables, [picture], wide=True)


def _pairs_table(names: list[str], compared: "Comparison") -> Table:
    rows = []
    for i, x in enumerate(names):
        for j, y in enumerate(names):
            if i != j:
                cells = (rows_of[i][j] for rows_of in compared.measured.values())
                rows.append([f"{x} against {y}", *(_told(cell) for cell in cells)])
    return Table("95 % intervals, and (chance)", ["", *compared.measured], rows)


def _training_section(compared: Mapping[str, "Comparison"]) -> Section:
    measures = list(next(iter(compared.values())).measured)
    figure, panels = _panels(len(measures), 4.6, 3.6)
    for axes, measure in zip(panels, measures, strict=True):
        for part, each in compared.items():
            cells = [row[0] for row in each.measured[measure]]
            there = [(k, c) for k, c in enumerate(cells) if not isinstance(c, str)]
            if not there:
                continue
            (line,) = axes.plot([k for k, _ in there], [c.score for _, c in there], marker="o", ms=3, label=part)
            spread = [(k, *c.interval) for k, c in there if c.interval is not None]
            if spread:
                axes.fill_between(*np.array(spread).T, color=line.get_color(), alpha=0.15, lw=0)
        names = next(iter(compared.values())).names
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
        axes.set(title=measure, xlabel="steps of training")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(frameon=False, fontsize=8)
    rows = [[part, *(f"{settled(each, measure)}" for measure in measures)] for part, each in compared.items()]
    return Section(
        "What settles first",
        ["Every checkpoint against the last one. A part has settled where it has come nine tenths of the way."],
        [Table("steps at which nine tenths of the way from the first checkpoint are behind", ["", *measures], rows)],
        [figure_picture(figure, "Checkpoints against the last.", "Similarity with the last checkpoint over training")],
        wide=True,
    )


def settled(compared: "Comparison", measure: str) -> str:
    """The first checkpoint from which on nine tenths of the way from the first to the last are behind.

    - where the measure refused, or where there was no way to go.
    """
    cells = [row[0] for row in compared.measured[measure]]
    scores = [cell.score for cell in cells if not isinstance(cell, str)]
    if len(scores) < len(cells) or abs(scores[0] - scores[-1]) < NO_WAY:
        return "-"
    left = [abs(score - scores[-1]) / abs(scores[0] - scores[-1]) for score in scores]
    late = [k for k, part in enumerate(left) if part > 0.1]
    return compared.names[late[-1] + 1]


def _panels(n: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with `n` panels of that size in inches, ACROSS in a row."""
    across = min(n, ACROSS)
    down = -(-n // across)
    figure = Figure(figsize=(width * across, height * down), layout="constrained")
    return figure, [figure.add_subplot(down, across, k + 1) for k in range(n)]


def _chance(rows: list[list[Measurement | str]]) -> float:
    """The largest chance of a matrix; 0 where there is none."""
    return max((cell.chance or 0.0 for row in rows for cell in row if not isinstance(cell, str)), default=0.0)


def _kind(rows: list[list[Measurement | str]]) -> str:
    found = [cell.kind for row in rows for cell in row if not isinstance(cell, str)]
    return found[0] if found else "refused"


def _told(cell: Measurement | str) -> str:
    if isinstance(cell, str):
        return "refused"
    interval = "" if cell.interval is None else f" [{cell.interval[0]:.2f}, {cell.interval[1]:.2f}]"
    return f"{cell.score:.2f}{interval}" + ("" if cell.chance is None else f" ({cell.chance:.2f})")
