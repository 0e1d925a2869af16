"""Accuracy and decodability by the factors that pictures are made of: right or wrong in, numbers with intervals out."""

from probes.measures.factors.by_value import accuracy, accuracy_by_value
from probes.measures.factors.contrasts import Contrast, seen_against_held_out, spurious_gap, training_partners
from probes.measures.factors.decodability import linear_decodability
from probes.measures.factors.groups import Group, WorstGroup, expected_minimum, worst_group
from probes.measures.factors.interactions import Interaction, interaction
from probes.measures.factors.pairs import PairedDelta, flip_rate, paired_delta, pairs_between

__all__ = [
    "Contrast",
    "Group",
    "Interaction",
    "PairedDelta",
    "WorstGroup",
    "accuracy",
    "accuracy_by_value",
    "expected_minimum",
    "flip_rate",
    "interaction",
    "linear_decodability",
    "paired_delta",
    "pairs_between",
    "seen_against_held_out",
    "spurious_gap",
    "training_partners",
    "worst_group",
]
