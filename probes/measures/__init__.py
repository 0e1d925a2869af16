"""Measures: arrays in, numbers out."""

from probes.measures.maps import masked_balanced_accuracy, masked_iou
from probes.measures.score import Score, score_of

__all__ = ["Score", "masked_balanced_accuracy", "masked_iou", "score_of"]
