"""The page of `umwelt probe failures`: how often, by what change, and pictures of where a model is wrong."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from probes.failures.looks import Look, Looks
from probes.failures.naming import Searched
from probes.failures.searching import Found
from probes.report import Section, Table, figure_picture
from probes.vision.figures import draw_pictures
from sims.scenes.factors import Discrete, Value

SELECTED = (
    "Only the rate of `random` says how often the model fails, on scenes drawn evenly from what was searched; its "
    "interval is Wilson's. The other strategies choose where to look: their rates say how well they search, and the "
    "failures shown below were selected, so that they say where the model fails and not how often."
)
TITLE_LENGTH = 24
"""Characters of a line above a small picture."""


class Shown(NamedTuple):
    """What the page is made of: the search, the pictures, and what people call the classes."""

    part: Searched
    found: Found
    looks: Looks
    names: Sequence[str]

    def said(self, look: Look) -> str:
        """What the model says, and how surely."""
        return f"{self.names[look.verdict.said]} ({100 * look.verdict.confidence:.0f} %)"

    def varied(self, look: Look) -> dict[str, Value]:
        """The searched factors of a scene."""
        return {name: look.factors[name] for name in self.part.space.names}


def sections_of(page: Shown, most: int) -> list[Section]:
    """The page; of the failures the `most` with the smallest margins."""
    found = [_searched_section(page), _rates_section(page)]
    if "one-at-a-time" in page.found.tried:
        found.append(_changes_section(page))
    return [*found, *_failures_section(page, most)]


def rate_rows(strategies: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """A row a strategy, of RATE_HEAD, from their documents."""
    rows = []
    for name, tried in strategies.items():
        rate, least = tried["rate"], tried["least_margin"]
        told = "-" if rate is None else f"{rate['score']:.2f} [{rate['interval'][0]:.2f}, {rate['interval'][1]:.2f}]"
        counts = [str(tried[column]) for column in ("tried", "flawed", "failing")]
        rows.append([name, *counts, told, "-" if least is None else f"{least:.2f}", str(tried["renders"])])
    return rows


RATE_HEAD = ["strategy", "looks", "not to be judged", "failures", "rate, 95 %", "least margin", "renders"]


def rounded(value: Value) -> str:
    """A factor's value to three digits; the whole of it is in the results."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _searched_section(page: Shown) -> Section:
    rows = []
    for factor in page.part.space.factors:
        if isinstance(factor, Discrete):
            values = ", ".join(map(str, factor.values[:8])) + (", ..." if len(factor.values) > 8 else "")
            rows.append([factor.name, f"{len(factor.values)} values: {values}", rounded(page.part.base[factor.name])])
        else:
            unit = "" if factor.unit == "1" else f" {factor.unit}"
            rows.append([factor.name, f"{factor.low:g} to {factor.high:g}{unit}", rounded(page.part.base[factor.name])])
    base, space = page.found.base, set(page.part.space.names)
    still = {name: value for name, value in base.factors.items() if name not in space}
    verdict = f"{page.said(base)}; {'wrong' if base.failing else 'right'}, margin {base.verdict.margin:.2f}"
    flaws = f" Its picture can't be judged: {', '.join(base.flaws)}." if base.flaws else ""
    return Section(
        "What was searched",
        [
            f"Scenes around a base, of which the model says: {verdict}.{flaws} The margin is the largest right logit "
            "less the largest wrong one; at 0 or below the model is wrong.",
            f"Never changed: {', '.join(f'{name} {rounded(value)}' for name, value in still.items())}.",
        ],
        [Table("searched factors", ["factor", "between", "in the base"], rows)],
    )


def _rates_section(page: Shown) -> Section:
    caption = (
        "Margins in the order of looking; the line is the least so far; pictures that can't be judged are left out."
    )
    return Section(
        "How often it fails",
        [SELECTED, "A picture in which the object is out of sight, cut off or hidden is nobody's failure."],
        [Table("looks of each strategy", RATE_HEAD, rate_rows(page.found.documents()))],
        [figure_picture(draw_margins(page.found), caption, "Margin against look, one panel a strategy")],
        wide=True,
    )


def _changes_section(page: Shown) -> Section:
    base = page.found.base
    rows = []
    for look in page.found.tried["one-at-a-time"].looks:
        changes = [f"{name} {rounded(v)}" for name, v in page.varied(look).items() if v != base.factors[name]]
        margin, right = f"{look.verdict.margin:.2f}", f"{100 * look.verdict.right:.0f} %"
        state = look.flaws[0] if look.flaws else "wrong" if look.failing else "right"
        rows.append([", ".join(changes) or "the base", margin, right, page.said(look), state])
    head = ["change", "margin", "on right classes", "it says", "and is"]
    return Section("One change at a time", [], [Table("changes in the order in which they were tried", head, rows)])


def _failures_section(page: Shown, most: int) -> list[Section]:
    failures, n = page.found.failures, len(page.found.failures)
    if not failures:
        return [Section("Where it fails", [f"No failure was found in {page.found.renders} renders."])]
    proved = sum(page.found.reproduced.values())
    chosen = failures[:most]
    titles = [f"{k + 1}. {_cut(page.names[look.verdict.said])}\n{_truth(page, look)}" for k, look in enumerate(chosen)]
    figure = draw_pictures([page.looks.image(look) for look in chosen], titles)
    caption = (
        f"{len(chosen)} of {n} failures, the smallest margins first: what it says, and how sure it is of the truth."
    )
    rows = [
        [
            str(k + 1),
            page.said(look),
            f"{look.verdict.margin:.2f}",
            *(rounded(value) for value in page.varied(look).values()),
            " ".join(page.found.found_by(look)) or "base",
            "yes" if page.found.reproduced[look.key] else "NO",
        ]
        for k, look in enumerate(failures)
    ]
    head = ["", "it says", "margin", *page.part.space.names, "found by", "same bytes again"]
    text = f"{proved} of {n} gave the same bytes when a fresh renderer was given their stored settings."
    pictures = [figure_picture(figure, caption, caption)]
    return [Section("Where it fails", [text], [Table("all failures", head, rows)], pictures, wide=True)]


def draw_margins(found: Found) -> Figure:
    """Margins of sound pictures in the order of looking, one panel a strategy, failures in another colour."""
    figure = Figure(figsize=(max(5.0, 3.6 * len(found.tried)), 3.2), layout="constrained")
    panels = figure.subplots(1, len(found.tried), sharey=True, squeeze=False)[0]
    for axes, (name, tried) in zip(panels, found.tried.items(), strict=True):
        sound = [(k + 1, look) for k, look in enumerate(tried.looks) if not look.flaws]
        for failing, colour in ((False, "C0"), (True, "C3")):
            points = [(k, look.verdict.margin) for k, look in sound if look.failing == failing]
            axes.scatter(*zip(*points, strict=True), s=18, color=colour) if points else None
        least = [min(look.verdict.margin for _, look in sound[: k + 1]) for k in range(len(sound))]
        axes.step([k for k, _ in sound], least, where="post", color="0.4", lw=1)
        axes.axhline(0.0, color="0.6", ls=":", lw=1)
        axes.set_title(name, fontsize=10)
        axes.set_xlabel("look")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("margin, logits")
    return figure


def _truth(page: Shown, look: Look) -> str:
    name = page.names[page.part.right[str(look.factors["character_name"])][0]]
    return f"{_cut(name)} {100 * look.verdict.right:.0f} %"


def _cut(text: str) -> str:
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 3]}..."
