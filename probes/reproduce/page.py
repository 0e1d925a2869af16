"""The page of the invariance reproduction: the verdict first, then what it rests on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from probes.report import Picture, Section, Table, figure_picture, write_page
from probes.reproduce.figures import NETWORKS, draw_by_value, draw_claims, draw_layers, draw_scenes
from probes.reproduce.findings import Claim
from probes.reproduce.pictures import Pictures
from probes.reproduce.verdict import ALIKE, SMALLEST, Difference, interval_of_mean

LEAD = (
    "Bouchacourt, Ibrahim and Morcos (2021) find that networks trained on ImageNet owe their invariances mainly to the "
    "data, less to the architecture and to augmentation. Here the data are rendered, so that this can be tried "
    "directly: the same scenes, as many of them, with one factor varied or held still; a ResNet and a ViT, small, from "
    "scratch; and matched pairs in worlds that no training shows."
)
RELATIVE = (
    "Relative invariance is 1 where a change of the factor leaves a network's embedding as it is, and 0 where it moves "
    "it as far as another scene would: r = 1 - d(z, z') / d(z, z' of others)."
)
LIMITS = (
    "Small networks, ten objects, a few hundred pictures: what holds here need not hold of ImageNet, nor the other way "
    "round. An object is one shape in several surfaces; the jackknife over objects is all that speaks for other "
    "shapes. Untrained networks look invariant where most of a picture stays as it is; that is why the fixed training "
    "set, and not they, is the first comparison. The crops of the augmentation enlarge and never shrink."
)


def write_invariance_page(path: Path, claims: Sequence[Claim], results: dict[str, Any], pictures: Pictures) -> None:
    """Write the page; `results` are those of `results.json`."""
    table = results["table"]
    write_page(
        path,
        "Is invariance learnt from the training data?",
        LEAD,
        [
            _claims_section(claims),
            _values_section(table, pictures),
            _layers_section(table),
            _scenes_section(results, pictures),
            _accuracy_section(table, pictures),
        ],
        f"Made by `{results['command']}` on {results['date']}, {results['machine']}; the "
        f"{results['trainings']['all']} trainings took {results['cpu_seconds_of_all_trainings'] / 60:.0f} minutes of "
        "one core.",
    )


def _claims_section(claims: Sequence[Claim]) -> Section:
    rows = [[claim.name, claim.paper, claim.asked, claim.verdict] for claim in claims]
    places = [
        [
            f"{claim.name}: {place}",
            f"{found.score:+.3f}",
            _ends(found.over_seeds),
            _ends(found.over_objects),
            claim.verdicts[place],
        ]
        for claim in claims
        for place, found in claim.places.items()
    ]
    drawn: dict[str, dict[str, Difference]] = {claim.name: claim.places for claim in claims}
    caption = (
        f"Each difference with the wider of its two intervals (line), its seeds (points), and {SMALLEST} (dotted), the "
        "smallest that counts."
    )
    return Section(
        f"Verdict: {claims[0].verdict}",
        [
            "A claim holds if every one of its differences is above 0 by both intervals, over seeds and over objects, "
            f"and at least {SMALLEST}; it does not hold if one is surely below {SMALLEST}; anything else is undecided. "
            f"For `alike` a difference must surely lie within {ALIKE} of 0. The rule was written before the trainings.",
            RELATIVE,
        ],
        [
            Table("The paper's claims, in other words", ["claim", "the paper", "here", "verdict"], rows),
            Table("95 % intervals", ["difference", "mean", "over seeds", "over objects", "verdict"], places),
        ],
        [_picture(draw_claims(drawn, SMALLEST), caption)],
        wide=True,
    )


def _values_section(table: Sequence[dict[str, Any]], pictures: Pictures) -> Section:
    caption = (
        "Means over seeds with 95 % intervals; the background is darker where the varied set has pictures, and the "
        "dotted line is the value of the fixed set. Beyond the darker part no network was trained."
    )
    chances = "The mean cosine between the ways in which scenes move, less what it is for shuffled units."
    return Section(
        "Invariance against how far the factor changes",
        [RELATIVE],
        pictures=[
            _picture(draw_by_value(table, "invariance", pictures, "relative invariance", 0.0), caption),
            _picture(draw_by_value(table, "equivariance", pictures, "relative equivariance", 0.0), chances),
        ],
        wide=True,
    )


def _layers_section(table: Sequence[dict[str, Any]]) -> Section:
    caption = "Means over the values within training and over seeds; maps are read as means of 8 x 8 parts."
    return Section("Layer by layer", pictures=[_picture(draw_layers(table), caption)], wide=True)


def _scenes_section(results: dict[str, Any], pictures: Pictures) -> Section:
    counts = ", ".join(f"{name} {n}" for name, n in results["pictures"].items())
    caption = "Three test scenes, as in the fixed training set and at every other value of every factor."
    paragraphs = [
        f"Pictures: {counts}. The varied sets are the fixed one row by row, but for one factor. Trainings of one seed "
        "begin with the same weights and see the same scenes in the same order.",
        LIMITS,
    ]
    return Section("What is asked about", paragraphs, pictures=[_picture(draw_scenes(pictures), caption)], wide=True)


def _accuracy_section(table: Sequence[dict[str, Any]], pictures: Pictures) -> Section:
    chance = 1.0 / len(pictures.classes)
    rows = []
    for row in table:
        if row["factor"] == next(iter(pictures.asked)):
            numbers = [_mean(row["accuracy_trained"]), _mean(row["accuracy_at_base"])]
            rows.append([f"{NETWORKS[row['architecture']]}, {row['arm']}", *numbers])
    return Section(
        "How often the object is named right",
        [
            f"In worlds that were not trained on; chance is {chance:.2f}. A network that names few objects right has "
            "learnt little that could be invariant: read its curves above with that in mind."
        ],
        [Table("means over seeds, 95 % intervals", ["network", "training pictures", "test, as in fixed"], rows)],
        [
            _picture(
                draw_by_value(table, "accuracy", pictures, "accuracy", chance),
                "Accuracy against the value of a factor, drawn as the invariance is.",
            )
        ],
        wide=True,
    )


def _mean(values: Sequence[float]) -> str:
    own = np.array(values)
    return f"{own.mean():.3f} {_ends(interval_of_mean(own))}"


def _ends(interval: Sequence[float]) -> str:
    return f"[{interval[0]:.3f}, {interval[1]:.3f}]"


def _picture(figure: Any, caption: str) -> Picture:
    return figure_picture(figure, caption, caption)
