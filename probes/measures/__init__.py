"""Measures: arrays in, numbers out; `similarity`, `invariance`, `deformation`, `units` and `factors` beside these."""

from probes.measures.maps import masked_balanced_accuracy, masked_iou
from probes.measures.measurement import Measurement
from probes.measures.score import Score, score_of

__all__ = ["Measurement", "Score", "masked_balanced_accuracy", "masked_iou", "score_of"]
