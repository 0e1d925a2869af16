"""The FTW agent (Jaderberg et al. 2019): torso, two timescales, heads, and its loss by V-trace or PPO."""

from agents.ftw.agent import Acted, FtwAgent, Thought, Weights
from agents.ftw.core import Latent, Memory
from agents.ftw.objective import Algorithm, Costs, Parts, objective
from agents.ftw.policy import FtwPolicy
from agents.ftw.trajectory import Outputs, Trajectory

__all__ = [
    "Acted",
    "Algorithm",
    "Costs",
    "FtwAgent",
    "FtwPolicy",
    "Latent",
    "Memory",
    "Outputs",
    "Parts",
    "Thought",
    "Trajectory",
    "Weights",
    "objective",
]
