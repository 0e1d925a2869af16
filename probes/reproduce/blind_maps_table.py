"""The paper's numbers beside ours: a row for each claim, made of what was found."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from probes.reproduce.verdict import LEAST_SEEDS, interval_of_mean

Found = Mapping[str, Mapping[str, Any]]
"""Of one agent, by question: see `blind_maps_questions.ask_all`."""

WORLD = "generated houses, not Matterport3D; size and training: the card"


class Cell(NamedTuple):
    """A number with its 95 % interval."""

    score: float
    low: float
    high: float


class Line(NamedTuple):
    """One row.

    Attributes:
        question, measure: what is asked. paper: what Wijmans et al. 2023 have. ours, null: of each agent, in the
            measure's unit; None where it was not asked, or where there is no null. null_is: what that is.
        differs: what is not as in the paper. unit: `%` (of shares), `m` or nothing.
    """

    question: str
    measure: str
    paper: str
    ours: list[Cell | None]
    null: list[Cell | None]
    null_is: str
    differs: str
    unit: str

    def document(self) -> dict[str, Any]:
        """As JSON, with `over_agents` beside the fields."""
        over = self.over_agents()
        return {
            **self._asdict(),
            **{n: [None if c is None else list(c) for c in getattr(self, n)] for n in ("ours", "null")},
            "over_agents": None if over is None else list(over),
        }

    def over_agents(self) -> Cell | None:
        """The mean over agents with its interval over them; None for fewer than three."""
        scores = [cell.score for cell in self.ours if cell is not None]
        if len(scores) < LEAST_SEEDS:
            return None
        return Cell(float(np.mean(scores)), *interval_of_mean(np.array(scores)))


class _Claim(NamedTuple):
    question: str
    measure: str
    paper: str
    ours: tuple[str, ...]  # the way to a score in `Found`
    null: tuple[str, ...]
    null_is: str = ""
    differs: str = ""
    unit: str = "%"


_HOUSES = ("evaluate", "houses", "all")
_COLLISIONS = ("collisions", "any")
_UNTRAINED = "an untrained agent on the same path"
CLAIMS = (
    _Claim("how well", "success, houses", "95.1 ± 1.3 %", (*_HOUSES, "success"), (), "", WORLD),
    _Claim("how well", "SPL, houses", "62.9 ± 1.6 %", (*_HOUSES, "spl"), (), "", WORLD),
    _Claim("how well", "success, offices", "", ("evaluate", "offices", "all", "success"), (), "", "not in the paper"),
    _Claim("how well", "success, mazes", "", ("evaluate", "mazes", "all", "success"), (), "", "not in the paper"),
    *(
        _Claim("how well", f"{label}, real floors", paper, ("evaluate", "maps", "all", name), (), "", "floor maps")
        for name, label, paper in (("success", "success", "95.1 ± 1.3 %"), ("spl", "SPL", "62.9 ± 1.6 %"))
    ),
    _Claim(
        "how long is its memory",
        "success with 1 input",
        "about 0",
        ("memory", "windows", "1", "success"),
        ("memory", "untrained", "success"),
        "an untrained agent",
        "post hoc: the state is made anew of the last input",
    ),
    _Claim(
        "how long is its memory",
        "inputs from which on SPL is 95 % of its best",
        "about 1,000 (89 m)",
        ("memory", "saturates_at"),
        (),
        "",
        "powers of two; post hoc",
        "",
    ),
    _Claim(
        "does it sense collisions",
        "balanced accuracy of the units kept",
        "95.7 %",
        (*_COLLISIONS, "pruned"),
        (*_COLLISIONS, "untrained"),
        _UNTRAINED,
        "scored on layouts apart",
    ),
    _Claim(
        "does it sense collisions",
        "units kept",
        "10 of 3072",
        (*_COLLISIONS, "kept"),
        (*_COLLISIONS, "untrained_units"),
        _UNTRAINED,
        "of 2 x layers x width",
        "",
    ),
    _Claim(
        "does it sense collisions",
        "commoner answer",
        "70.2 %",
        (*_COLLISIONS, "majority"),
        (),
    ),
    _Claim(
        "does it sense collisions",
        "balanced accuracy after FORWARD",
        "",
        ("collisions", "forward", "pruned"),
        ("collisions", "forward", "untrained"),
        _UNTRAINED,
        "not in the paper: the action tells nothing then",
    ),
    _Claim(
        "does it follow walls",
        "FORWARDs along a wall",
        "in pictures",
        ("behaviour", "wall_following"),
        ("behaviour", "wall_following", "chance"),
        "floor as near to a wall",
        "our measure",
    ),
    _Claim(
        "does it follow walls",
        "turns after a collision",
        "in pictures",
        ("behaviour", "turns_after_collision"),
        ("behaviour", "turns_after_collision", "chance"),
        "turns after a free FORWARD",
        "our measure",
    ),
    _Claim(
        "does it follow walls",
        "turns the way it turned before",
        "in pictures",
        ("behaviour", "keeps_hand"),
        ("behaviour", "keeps_hand", "chance"),
        "the same turns in any order",
        "our measure",
    ),
    _Claim(
        "what does the map look like",
        "IoU of free space",
        "32.5 % (untrained 12.5 %)",
        ("maps", "iou", "agent"),
        ("maps", "iou", "untrained"),
        _UNTRAINED,
        "smaller decoder; other floors",
    ),
    _Claim(
        "what does the map look like",
        "balanced accuracy, fair threshold",
        "",
        ("maps", "balanced_accuracy_fair", "agent"),
        ("maps", "balanced_accuracy_fair", "untrained"),
        _UNTRAINED,
        "not in the paper",
    ),
    *(
        _Claim(
            "where was I, where will I be",
            f"error at k = {k:+d}",
            "past better than future; grows with k",
            ("positions", "error", str(k), "agent"),
            ("positions", "error", str(k), "untrained"),
            _UNTRAINED,
            "",
            "m",
        )
        for k in (-256, -64, -16, 16, 64, 256)
    ),
    _Claim(
        "what is forgotten",
        "error at excursions less that at the rest",
        "above 0",
        ("excursions", "overall", "agent"),
        ("excursions", "overall", "untrained"),
        _UNTRAINED,
        "loops by an algorithm instead of labels by hand; relative errors",
        "%",
    ),
    *(
        _Claim(
            "is the map of use",
            f"SPL, {way}, {whose} memory",
            paper,
            ("transplant", f"{direction}-{begin}", walked, "spl"),
            ("transplant", f"{direction}-zero", "taught", "spl"),
            "zeros",
            "the probe begins with the agent's weights and trains for minutes",
        )
        for direction, way in (("s-to-t", "again"), ("t-to-s", "back"))
        for begin, walked, whose, paper in (
            ("trained", "taught", "its", "85.0 ± 1.6 %" if direction == "s-to-t" else ""),
            ("trained", "shuffled", "another trip's", ""),
            ("untrained", "taught", "an untrained agent's", ""),
        )
    ),
)  # fmt: skip


def table_of(found: Sequence[Found]) -> list[Line]:
    """A row for each claim that was asked of any of the agents."""
    lines = []
    for claim in CLAIMS:
        ours, null = ([_cell(_at(own, way)) for own in found] for way in (claim.ours, claim.null))
        if any(cell is not None for cell in ours):
            kept = (claim.null_is, claim.differs, claim.unit)
            lines.append(Line(claim.question, claim.measure, claim.paper, ours, null, *kept))
    return lines


def _at(found: Any, way: Sequence[str]) -> Any:
    """What lies at the end of the way; None where it breaks off, or where there is none."""
    if not way:
        return None
    for name in way:
        if name == "kept" and isinstance(found, Mapping):
            return len(found["units"])
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _cell(value: Any) -> Cell | None:
    """A score's document, an estimate's, or a bare number."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        low, high = value["interval"] if "interval" in value else (value["low"], value["high"])
        return Cell(value["score"], low, high)
    return Cell(float(value), float(value), float(value))


def shown(cell: Cell | None, unit: str) -> str:
    """A cell for people."""
    if cell is None:
        return "-"
    factor, digits = (100.0, 1) if unit == "%" else (1.0, 2 if unit == "m" else 0)
    text = f"{cell.score * factor:,.{digits}f}"
    return (
        text if cell.low == cell.high else f"{text} [{cell.low * factor:.{digits}f}, {cell.high * factor:.{digits}f}]"
    )
