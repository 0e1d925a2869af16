"""How alike two representations `[sample, unit]` of the same samples are: the measures, and their streams."""

from probes.measures.similarity.cca import mean_cca, mean_cca_of, pwcca, pwcca_of, svcca, svcca_of
from probes.measures.similarity.chance import mean_by_chance, mean_squared_by_chance
from probes.measures.similarity.cka import linear_cka, linear_cka_of
from probes.measures.similarity.moments import Moments, MomentStream, moments_of
from probes.measures.similarity.procrustes import procrustes, procrustes_of
from probes.measures.similarity.rbf import RbfStream, rbf_cka
from probes.measures.similarity.together import MEASURES, compare

__all__ = [
    "MEASURES",
    "MomentStream",
    "Moments",
    "RbfStream",
    "compare",
    "linear_cka",
    "linear_cka_of",
    "mean_by_chance",
    "mean_cca",
    "mean_cca_of",
    "mean_squared_by_chance",
    "moments_of",
    "procrustes",
    "procrustes_of",
    "pwcca",
    "pwcca_of",
    "rbf_cka",
    "svcca",
    "svcca_of",
]
