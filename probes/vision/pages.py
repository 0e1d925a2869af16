"""The parts of the page of `umwelt probe vision`, each made of answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from probes.measures.factors import Contrast
from probes.measures.measurement import Measurement
from probes.report import Section, Table, figure_picture
from probes.vision.activations import read_images
from probes.vision.asking import Answers
from probes.vision.figures import LOWEST_READ, draw_depth, draw_heat, draw_magnitudes, draw_pictures, draw_values
from probes.vision.layers import Layers, Trace
from probes.vision.retrieval import KINDS, Retrieval
from probes.vision.said import Said
from probes.vision.shifted import Shifted

LOWEST_SHOWN = -0.5
"""Where the colours of invariance begin; a change may be worse than another picture."""


def sections_of(answers: Answers) -> list[Section]:
    """All that was answered, and at the end what could not be."""
    found = []
    if answers.said is not None:
        found += [_said_section(answers.said, answers), *_steps_section(answers.said)]
    found += _invariance_sections(answers.layers)
    found += _decodability_section(answers.layers)
    if answers.shifted is not None:
        found.append(_shift_section(answers.shifted, answers.layers.names))
    found += _failures_section(answers)
    if answers.refused:
        lines = [f"{what}: {why}." for what, why in answers.refused.items()]
        found.append(Section("What could not be asked", lines))
    return found


def captions_section(found: Retrieval) -> Section:
    """Accuracy of a two-tower model by kind of question."""
    rows = [
        [
            kind,
            f"{100 * each.score:.1f} %",
            interval_of(each, 100.0, 1),
            f"{100 * (each.chance or 0):.1f} %",
            str(each.n),
            KINDS[kind],
        ]
        for kind, each in found.by_kind.items()
    ]
    head = ["", "right", "95 %", "chance", "questions", "what the wrong captions say"]
    return Section(
        "Which caption fits the picture?",
        [
            "Questions of PUG: SPAR's kind (Bordes et al. 2023): beside the right caption, at a random place, stand "
            "hard negatives that differ from it in one thing; the model chooses by cosine. No weights of such models "
            "can be had from a package registry: the suite's own tests of this are on planted models."
        ],
        [Table("accuracy by kind of question; intervals: Wilson's", head, rows)],
        wide=True,
    )


def _said_section(said: Said, answers: Answers) -> Section:
    names = {"top1": "right", "top5": "right among its five surest", "own": "right, of the data set's classes alone"}
    rows = [_row(names[name], found) for name, found in said.overall.items()]
    worst = [
        [
            factors,
            ", ".join(f"{shown(value)}" for value in found.groups[0].values.values()),
            f"{found.groups[0].accuracy:.3f}",
            f"{found.groups[0].n}",
            interval_of(found.worst),
            f"{found.worst.chance:.3f}",
            f"{found.p:.2g}",
        ]
        for factors, found in said.worst.items()
    ]
    n = len(np.unique(answers.pictures.assets))
    tables = [Table("all pictures", ["", "share", "95 %", "chance", "pictures"], rows)]
    if worst:
        head = ["groups", "worst", "accuracy", "pictures", "95 %", "of equals", "p"]
        tables.append(Table("the worst group, and how low the worst of equal groups would be", head, worst))
    if said.interactions:
        tables.append(_interactions_table(said))
    figure = draw_values(said.by_value)
    caption = "Accuracy by the values of each factor; bars: 95 % (Wilson's, widened for pictures of one object)."
    return Section(
        "What it says",
        [f"{said.overall['top1'].n} pictures of {n} objects. Intervals hold for objects like these."],
        tables,
        [figure_picture(figure, caption, "Accuracy by value with intervals, one panel a factor")],
        wide=True,
    )


def _interactions_table(said: Said) -> Table:
    rows = []
    for factors, found in said.interactions.items():
        pair = found.strongest
        effect = found.effects[pair]
        rows.append([factors, f"{shown(pair[0])}, {shown(pair[1])}", f"{effect.score:+.3f}", interval_of(effect)])
    caption = "interactions: what a combination adds to what its two values do alone; the largest of each, also by luck"
    return Table(caption, ["factors", "combination", "effect", "95 %"], rows)


def _steps_section(said: Said) -> list[Section]:
    tables = []
    for factor, steps in said.steps.items():
        rows = [
            [
                step.change.name,
                f"{step.delta.before:.3f}",
                f"{step.delta.after:.3f}",
                f"{step.delta.delta.score:+.3f}",
                interval_of(step.delta.delta),
                f"{step.delta.lost} / {step.delta.won}",
                f"{step.delta.p:.2g}",
                f"{step.flips.score:.3f}",
                f"{step.delta.delta.n}",
            ]
            for step in steps
        ]
        head = [factor, "before", "after", "change", "95 %", "lost / won", "p", "flips", "pairs"]
        tables.append(Table(f"accuracy as {factor} changes and nothing else does", head, rows))
    text = (
        "Matched pairs: pictures that differ in this factor alone. p: McNemar's exact test, which takes pairs for "
        "independent; flips: the share of pairs of which it says something else. Where there are too few objects to "
        "resample, there is no interval."
    )
    return [Section("What one change does", [text], tables)] if tables else []


def _invariance_sections(layers: Layers) -> list[Section]:
    sections = []
    if layers.invariance:
        heat = {factor: {name: m.score for name, m in found.items()} for factor, found in layers.invariance.items()}
        caption = "Relative invariance over all changes of each factor; layers in the order in which they are computed."
        pictures = [figure_picture(draw_heat(heat, layers.names, LOWEST_SHOWN, "invariance"), caption, caption)]
        curves = {
            factor: [(t.change.magnitude, t.found) for t in traces if t.change.magnitude is not None]
            for factor, traces in layers.by_change.items()
        }
        curves = {factor: points for factor, points in curves.items() if points}
        if curves:
            caption = "The same by the size of the change (angles in degrees, the shorter way); bars: 95 %."
            pictures.append(figure_picture(draw_magnitudes(curves, layers.names), caption, caption))
        text = (
            "r = 1 - d(z, z') / d(z, z' of other pictures) (Bouchacourt, Ibrahim, Morcos 2021), z and z' being a "
            "layer's values of two pictures that differ in one factor alone: 1 where it leaves no trace, 0 where "
            "changing it is as bad as taking another picture. One pair of each scene; intervals resample objects."
        )
        sections.append(Section("Invariance", [text], _invariance_tables(layers), pictures, wide=True))
    if layers.equivariance:
        caption = "Mean cosine between the moves of different pictures, mean over changes from the factor's base."
        means = {factor: _means(traces) for factor, traces in layers.equivariance.items()}
        figure = draw_heat(means, layers.names, LOWEST_SHOWN, "equivariance")
        text = (
            "Does the same change move all pictures the same way? 1 where it does, 0 where their ways have nothing in "
            "common. results.json has beside each number its chance, that of moves shuffled between pictures unit by "
            "unit, which a move that is one for all survives; the paper's measure is the difference."
        )
        sections.append(Section("Equivariance", [text], [], [figure_picture(figure, caption, caption)], wide=True))
    return sections


def _invariance_tables(layers: Layers) -> list[Table]:
    rows = [
        [factor, *(f"{m.score:.2f} {interval_of(m)}" if (m := found.get(name)) else "-" for name in layers.names)]
        for factor, found in layers.invariance.items()
    ]
    return [
        Table(
            "over all changes, with 95 % intervals where ten objects or more can be resampled",
            ["", *layers.names],
            rows,
        )
    ]


def _means(traces: Sequence[Trace]) -> dict[str, float]:
    """By layer, the mean over changes."""
    by_layer: dict[str, list[float]] = {}
    for trace in traces:
        for name, found in trace.found.items():
            by_layer.setdefault(name, []).append(found.score)
    return {name: float(np.mean(values)) for name, values in by_layer.items()}


def _decodability_section(layers: Layers) -> list[Section]:
    if not layers.decodability:
        return []
    named = {f"{name} ({layers.read[name].split(' of ')[0]})": found for name, found in layers.decodability.items()}
    caption = (
        "What a linear decoder of each layer's principal components reads; dotted: chance; bars: 95 %. An R2 below "
        f"{LOWEST_READ:g} is not shown."
    )
    figure = draw_depth(named, layers.names, "score")
    text = (
        "Balanced accuracy of values that are classes, R2 of values that are numbers, always on objects that the "
        "decoder was not fitted on (the object itself: in worlds that it was not fitted on)."
    )
    return [
        Section("What can be read from the layers", [text], [], [figure_picture(figure, caption, caption)], wide=True)
    ]


def _shift_section(shifted: Shifted, names: list[str]) -> Section:
    first, second = ("seen", "held out") if shifted.kind.startswith("held-out") else ("with the cue", "against it")
    found: Mapping[str, Contrast] = {
        **({"the model itself": shifted.own} if shifted.own is not None else {}),
        **{f"decoder of {name}": shifted.readouts[name] for name in names if name in shifted.readouts},
    }
    rows = [
        [
            name,
            *(f"{side.score:.3f} {interval_of(side)}" for side in (contrast.first, contrast.second)),
            f"{contrast.gap.score:+.3f} {interval_of(contrast.gap)}",
            f"{contrast.first.n} + {contrast.second.n}",
        ]
        for name, contrast in found.items()
    ]
    text = [
        f"The data set's shift: {shifted.text}. A model that was not trained on its training split shows here what the "
        "pictures do by themselves."
    ]
    if shifted.readouts:
        text.append("Decoders are linear, fitted on the layer's values of the training split, and asked on the test.")
    return Section("What its shift does", text, [Table("accuracy", ["", first, second, "gap", "pictures"], rows)])


def _failures_section(answers: Answers) -> list[Section]:
    if answers.said is None or answers.naming is None or not answers.said.wrong:
        return []
    wrong = answers.said.wrong
    data = answers.naming.asked.data
    images = [read_images(data, [each.picture])[0] for each in wrong]
    titles = [f"{each.said} {each.confidence:.2f}\nis {each.truth}" for each in wrong]
    n = round((1.0 - answers.said.overall["top1"].score) * answers.said.overall["top1"].n)
    caption = f"The {len(wrong)} surest of {n} failures: what it says and how surely, and what it is."
    picture = figure_picture(draw_pictures(images, titles), caption, caption)
    return [Section("Where it fails", pictures=[picture], wide=True)]


def interval_of(found: Measurement, factor: float = 1.0, digits: int = 3) -> str:
    """`[low, high]`, or nothing."""
    if found.interval is None:
        return ""
    low, high = found.interval
    return f"[{factor * low:.{digits}f}, {factor * high:.{digits}f}]"


def shown(value: Any) -> str:
    """A factor's value, for people."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _row(name: str, found: Measurement) -> list[str]:
    chance = "" if found.chance is None else f"{found.chance:.3f}"
    return [name, f"{found.score:.3f}", interval_of(found), chance, str(found.n)]
