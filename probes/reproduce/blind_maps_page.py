"""The page of the study: what the paper found, and what is found here, question by question."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.scoring import short
from probes.map_figures import draw_position_error
from probes.measures import Score
from probes.positions import Positions
from probes.report import Picture, Section, Table, figure_picture, video_picture, write_page
from probes.reproduce.blind_maps_figures import (
    Found,
    draw_firing,
    draw_forgetting,
    draw_memory,
    draw_probes,
    draw_second_trips,
    draw_units,
)
from probes.reproduce.blind_maps_table import Line, shown
from probes.reproduce.blind_maps_walk import FILM
from probes.reproduce.verdict import LEAST_SEEDS

LEAD = (
    "Wijmans et al. (ICLR 2023) train an agent that sees nothing to cross buildings that it has never been in, and ask "
    "what its memory holds. They find walls followed, collisions sensed by a few units, about a thousand steps "
    "remembered, a map that can be decoded and that another agent can use, and excursions forgotten. Every experiment "
    "is done again here, on agents of this suite, each number beside the paper's and beside its null."
)


def write_blind_maps_page(
    path: Path, agents: Mapping[str, Found], others: Mapping[str, Found], lines: Sequence[Line], out: Path, foot: str
) -> None:
    """Write the page to `path`.

    Args:
        agents: what was found of each. others: baselines and agents of a window, of which `evaluate` alone was asked.
        lines: the table. out: the study's folder, where films and pictures lie.
    """
    sections = [_table_section(list(agents), lines), _scores_section(agents, others)]
    makers = {
        "walk": lambda: _walk_section(agents, out),
        "memory": lambda: _memory_section(agents, others),
        "collisions": lambda: _collisions_section(agents),
        "behaviour": lambda: _behaviour_section(list(agents), lines),
        "maps": lambda: _maps_section(agents, out),
        "positions": lambda: _positions_section(agents),
        "excursions": lambda: _excursions_section(agents),
        "transplant": lambda: _transplant_section(agents),
    }
    sections += [make() for question, make in makers.items() if any(question in found for found in agents.values())]
    write_page(path, "The maps in the memories", LEAD, [s for s in sections if s is not None], foot)


def _table_section(names: Sequence[str], lines: Sequence[Line]) -> Section:
    several = len(names) >= LEAST_SEEDS
    head = ["", "the paper", *["over agents"] * several]
    for name in names:
        head += [short(name), "null"]
    rows = []
    for line in lines:
        row = [line.measure + (f" ({line.unit})" if line.unit else ""), line.paper or "-"]
        row += [shown(line.over_agents(), line.unit)] * several
        for own, null in zip(line.ours, line.null, strict=True):
            row += [shown(own, line.unit), shown(null, line.unit)]
        rows.append(row)
    notes = [[line.measure, line.null_is or "-", line.differs or "-"] for line in lines]
    return Section(
        "The paper's numbers beside ours",
        [
            "95 % intervals: whole layouts are resampled, all splits are by layout, and every decoder is scored on "
            "layouts that nothing was fitted on. Most telling is the null: an agent that never learned, shown the same "
            "walks. What its memory has too was not learned."
        ],
        [Table("", head, rows), Table("what differs", ["", "the null", "what differs"], notes)],
        wide=True,
    )


def _scores_section(agents: Mapping[str, Found], others: Mapping[str, Found]) -> Section | None:
    asked = {name: found["evaluate"] for name, found in {**agents, **others}.items() if "evaluate" in found}
    if not asked:
        return None
    floors = list(next(iter(asked.values())))
    rows = []
    for name, found in asked.items():
        cells = []
        for floor in floors:
            for measure in ("success", "spl"):
                own = found[floor]["all"][measure]
                cells.append(f"{100 * own['score']:.1f} [{100 * own['low']:.1f}, {100 * own['high']:.1f}]")
        rows.append([short(name), *cells])
    head = ["", *(f"{floor}: {measure}" for floor in floors for measure in ("success", "SPL"))]
    text = [
        "On floors that no training saw. The Bugs see no more than the agents do; the oracle reads the distance field."
    ]
    return Section("How well it finds its way", text, [Table("per cent", head, rows)], wide=True)


def _walk_section(agents: Mapping[str, Found], out: Path) -> Section:
    films = [
        video_picture(
            out / name / FILM,
            f"{name} on {found['walk']['layout']}: left what its memory gives away, right the truth. White is floor, "
            "dark is wall, grey was not near its path; red: it touched a wall. Up is where it first looked.",
            "Film of an agent's path with its decoded map beside the true one",
        )
        for name, found in agents.items()
        if "walk" in found
    ]
    text = ["One walk in a house that neither the agent nor the decoder has seen before."]
    return Section("A map grows in the memory", text, pictures=films, wide=True)


def _memory_section(agents: Mapping[str, Found], others: Mapping[str, Found]) -> Section:
    caption = "Success and SPL when only the last k inputs feed the state, with 95 % intervals; dashed: all inputs"
    text = [
        "At every step the state is made anew, from a blank one, out of the last k inputs. The agents were trained "
        "with all of them, so that a short window is also something that they never met."
    ]
    if any("window" in found for found in others.values()):
        caption += "; diamonds: agents that were trained with a window, on the houses of the evaluation"
        text.append("Agents that were trained with a window met nothing else.")
    return Section(
        "How long is its memory?", text, pictures=[_picture(draw_memory(agents, others), f"{caption}.")], wide=True
    )


def _collisions_section(agents: Mapping[str, Found]) -> Section:
    pictures = [
        _picture(
            draw_units(agents),
            "Balanced accuracy when the heaviest units of a sparse linear reader are kept; point: the fewest within a "
            "hundredth of the best; dotted: an untrained agent's, pruned alike; red: chance.",
        )
    ]
    for name, found in agents.items():
        if "walk" in found:
            caption = f"{name}: its heaviest collision units along the walk above; rings and shades: it had collided."
            pictures.append(_picture(draw_firing(found["walk"]), caption))
    text = [
        "A linear reader with an L1 penalty is asked whether the last action touched a wall, and its smallest weights "
        "are left out one by one. Beside it the same of an agent that never learned: how far it moved is among its "
        "inputs, so that any network's memory knows something of it."
    ]
    return Section("Does it sense collisions?", text, pictures=pictures, wide=True)


def _behaviour_section(names: Sequence[str], lines: Sequence[Line]) -> Section:
    own = [line for line in lines if line.question == "does it follow walls"]
    rows = []
    for line in own:
        cells = []
        for cell, null in zip(line.ours, line.null, strict=True):
            cells += [shown(cell, line.unit), shown(null, line.unit)]
        rows.append([line.measure, *cells])
    head = ["", *(part for name in names for part in (short(name), "chance"))]
    text = [
        "Along a wall: a step forward within 10 cm of one at both ends; its chance is the share of the floor that is "
        "as near. A wall that is kept on one hand is turned from in one direction."
    ]
    return Section("Does it follow walls?", text, [Table("per cent", head, rows)])


def _maps_section(agents: Mapping[str, Found], out: Path) -> Section:
    pictures = []
    for name, found in agents.items():
        if "maps" in found:
            told = found["maps"]["balanced_accuracy_fair"]
            scores = ", ".join(f"{who.replace('_', ' ')} {100 * own['score']:.1f}" for who, own in told.items())
            pictures.append(_png(out / name / "maps.png", f"{name}. Fair balanced accuracy, %: {scores}."))
    text = ["Decoded from final memories, in houses apart: how free each cell seems, the map, the truth."]
    return Section("What does the map look like?", text, pictures=pictures, wide=True)


def _positions_section(agents: Mapping[str, Found]) -> Section:
    pictures = [
        _picture(draw_position_error(positions_of(found["positions"])), f"{name}: mean error against k, with nulls.")
        for name, found in agents.items()
        if "positions" in found
    ]
    text = ["One decoder for each k says, from the memory now, where the agent was or will be k steps away."]
    return Section("Where was I, where will I be?", text, pictures=pictures)


def positions_of(found: Mapping[str, Any]) -> Positions:
    """What `decode_positions` gave, out of its JSON."""
    error = {int(k): {who: score_from(own) for who, own in scores.items()} for k, scores in found["error"].items()}
    return Positions(error, {int(k): why for k, why in found["refused"].items()})


def score_from(document: Mapping[str, Any]) -> Score:
    """A score out of its JSON."""
    low, high = document["interval"]
    return Score(document["score"], document["chance"], (low, high), document["n"])


def _excursions_section(agents: Mapping[str, Found]) -> Section:
    shares = ", ".join(
        f"{name} {100 * found['excursions']['share']:.0f} %" for name, found in agents.items() if "excursions" in found
    )
    text = [
        "An excursion is a loop of 3 m or more that leaves the path by a metre at least and rejoins it within half a "
        f"metre. Of all steps lie on one: {shares}. Solid: places on excursions that are over; dashed: places on the "
        "way. If the untrained agent's lines part as the trained one's do, it is the path's shape and not forgetting."
    ]
    caption = "Error of decoded places through their distance, against how long ago they were passed."
    return Section("What is forgotten?", text, pictures=[_picture(draw_forgetting(agents), caption)], wide=True)


def _transplant_section(agents: Mapping[str, Found]) -> Section:
    pictures = [_picture(draw_probes(agents), "SPL of second trips by the memory that the probe begins with.")]
    rows = []
    for name, found in agents.items():
        for probe, own in found.get("transplant", {}).items():
            rows += [
                [f"{short(name)}, {probe}, {how}", *_of_walks(own[how])]
                for how in ("taught", "untaught", "shuffled")
                if how in own
            ]
        examples = [own["examples"] for key, own in found.get("transplant", {}).items() if key.endswith("-trained")]
        if examples and examples[0]:
            caption = f"{name}: probe agents that begin with its memory, over its own paths, on test layouts."
            pictures.append(_picture(draw_second_trips(examples[0]), caption))
    head = ["", "success %", "SPL %", "second / first length", "second off the first, m", "first left out, m"]
    text = [
        "A probe agent walks from S to T again, or back, and begins with the first agent's final memory, with zeros, "
        "or with the memory of an agent that never learned. Untaught: the agent's own weights; shuffled: a taught "
        "probe with the memory of another trip."
    ]
    return Section("Is the map of use?", text, [Table("95 % intervals", head, rows)], pictures, wide=True)


def _of_walks(walks: Mapping[str, Any]) -> list[str]:
    shares = [walks["success"], walks["spl"]]
    trips = [walks["trips"][name] for name in ("length_ratio", "off_the_first", "left_out")]
    return [_text(own, 100.0, 1) for own in shares] + [_text(own, 1.0, 2) for own in trips]


def _text(own: Mapping[str, Any], factor: float, digits: int) -> str:
    low, high = own["interval"]
    return f"{own['score'] * factor:.{digits}f} [{low * factor:.{digits}f}, {high * factor:.{digits}f}]"


def _picture(figure: Any, caption: str) -> Picture:
    return figure_picture(figure, caption, caption)


def _png(path: Path, caption: str) -> Picture:
    return Picture(f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}", caption, caption)
